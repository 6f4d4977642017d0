/* org.classd.Roots: what is assumed of new documents in a folder. Higher at once, lower only by who may decide it. */
#include "registrar/api/folder.h"
#include "registrar/documents/watch.h"
#include "registrar/people/people.h"

#include "base/text.h"

#include <string.h>

static struct json *defaults_json(struct registrar *r, const struct store_defaults *d)
{
	const struct role_root *root = role_root_find(&r->role, d->root);
	OWN_MEM char *path =
	    text_format("%s%s%s", root ? root->path : "", text_is_empty(d->path) ? "" : "/", d->path ? d->path : "");
	struct json *to = json_object(), *scope = json_array();

	for (size_t i = 0; i < d->scope.n; i++)
		json_append_text(scope, d->scope.at[i]);
	json_set_text(to, "path", path ? path : "");
	json_set_text(to, "item", d->item);
	json_set_text(to, "level", d->level);
	json_set(to, "scope", scope);
	json_set_text(to, "responsible", d->responsible);
	json_set_text(to, "type", d->type);
	json_set_text(to, "set_by", d->set_by);
	return to;
}

struct listing {
	struct registrar *r;
	struct json *list;
};

static int add_to_list(const struct store_defaults *d, void *arg)
{
	struct listing *l = arg;

	json_append(l->list, defaults_json(l->r, d));
	return 0;
}

static int list(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct listing l = {.r = r};
	struct json *reply;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	l.list = json_array();
	result = store_defaults_list(r->store, add_to_list, &l);
	if (result < 0) {
		json_free(l.list);
		return result;
	}
	reply = json_object();
	json_set(reply, "defaults", l.list);
	return api_reply(call, reply);
}

/* ---- Set ---- */

struct folder {
	uint32_t root;
	char *path;
	char hash[2 * CELL_HASH + 1];
	const struct level *present;   /* that of the defaults in force there; NULL: none */
	const struct level *inherited; /* what would hold without defaults of its own */
	struct registrar *r;
};

static void folder_done(struct folder *f)
{
	free(f->path);
}

static const struct level *level_of(const struct policy *p, const char *level, const char *item)
{
	const struct item *found = item ? catalogue_find(&p->catalogue, item) : NULL;

	return level ? level_find(p, level) : found ? found->level : NULL;
}

/* The nearest folder that says a level counts (record_tag.c inherits value by value). */
static int take_present(const struct store_defaults *d, void *arg)
{
	struct folder *f = arg;
	const struct level *level = level_of(f->r->policy, d->level, d->item);

	f->present = f->present ? f->present : level;
	if (!text_equal(d->path, f->path) && !f->inherited)
		f->inherited = level;
	return 0;
}

static int find_folder(struct people_call *c, struct folder *ret)
{
	ret->r = c->r;
	if (!c->r->policy) {
		TRY(api_refuse(c->call, API_BUSY, "no-policy", "agent", "classctl status says why",
			       "no policy pack is loaded"));
		return PEOPLE_ANSWERED;
	}
	if (!folder_of_call(c->r, c->call, json_get_int(c->given, "directory", -1), &ret->root, &ret->path)) {
		TRY(api_refuse(c->call, API_INPUT, "not-watched", "directory",
			       "classctl status lists the watched roots", "that is no directory in a watched root"));
		return PEOPLE_ANSWERED;
	}
	(void)cell_hash(c->r->meta_key, CELL_PATH, ret->path, ret->hash); /* people_begin saw the key */
	return store_defaults_above(c->r->store, ret->root, ret->path, take_present, ret);
}

/* Does somebody who may decide that level do it? */
static bool may_decide(const struct people_call *c, const struct level *level)
{
	for (size_t i = 0; i < c->me->n_appointments; i++) {
		const struct appointment *a = &c->me->appointments[i];
		const struct level *ceiling = a->ceiling ? level_find(c->r->policy, a->ceiling) : NULL;

		if (a->confirmed_by && appointment_is_in_force(a, c->today) && ceiling && ceiling->rank >= level->rank)
			return true;
	}
	return false;
}

static int check_not_lower(struct people_call *c, const struct folder *f, const struct level *wanted)
{
	wanted = wanted ? wanted : f->inherited;
	if (!f->present || (wanted && wanted->rank >= f->present->rank) || may_decide(c, f->present))
		return 0;
	TRY(api_refuse(c->call, API_AUTHORITY, "lower-by-decision", "level",
		       "a responsible person for that level lowers it",
		       "what is assumed in this folder is %s, and you may only raise it", f->present->code));
	return PEOPLE_ANSWERED;
}

static bool scope_is_known(struct registrar *r, const char *entry)
{
	OWNED(store_person) struct store_person *p = NULL;

	if (text_starts(entry, "person:"))
		return store_person_load(r->store, entry + strlen("person:"), &p) == 0;
	return text_equal(entry, "*") || (text_starts(entry, "dept:") && entry[strlen("dept:")] != '\0');
}

static int refuse_unknown(struct people_call *c, const char *field, const char *given)
{
	TRY(api_refuse(c->call, API_INPUT, "unknown-name", field, "classctl policy show, classctl person list",
		       "the %s \"%.64s\" is not known", field, given));
	return PEOPLE_ANSWERED;
}

static int take_values(struct people_call *c, struct json *entry)
{
	const char *item = json_get_text(c->given, "item"), *level = json_get_text(c->given, "level");
	const char *responsible = json_get_text(c->given, "responsible"), *type;
	OWNED(store_person) struct store_person *p = NULL;
	const struct level *found = level ? level_find(c->r->policy, level) : NULL;
	int result;

	if (item && !catalogue_find(&c->r->policy->catalogue, item))
		return refuse_unknown(c, "item", item);
	if (level && !found)
		return refuse_unknown(c, "level", level);
	result = responsible ? store_person_load(c->r->store, responsible, &p) : 0;
	TRY(result);
	if (result)
		return refuse_unknown(c, "responsible", responsible);
	json_set_text(entry, "item", item);
	json_set_text(entry, "level", found ? found->code : NULL);
	json_set_text(entry, "responsible", responsible);
	result = people_take_line(c, "type", 32, false, &type);
	if (result)
		return result;
	json_set_text(entry, "type", type);
	return people_take_list(c, entry, "scope", scope_is_known);
}

static int keep_answer(const struct store_defaults *d, void *arg)
{
	struct listing *l = arg;

	l->list = defaults_json(l->r, d);
	return 0;
}

static int set(struct registrar *r, struct api_call *call)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *entry = NULL;
	struct listing answer = {.r = r};
	struct json *reply;
	int result = people_begin(r, call, RIGHT_ROOT_SET, &c);

	if (result == 0)
		result = find_folder(&c, &f);
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "root-defaults");
	json_set_text(entry, "what", "set");
	json_set_int(entry, "root", f.root);
	cell_set_path(entry, r->meta_key, f.path);
	result = take_values(&c, entry);
	if (result == 0)
		result = check_not_lower(&c, &f,
					 level_of(r->policy, json_get_text(json_look(entry), "level"),
						  json_get_text(json_look(entry), "item")));
	if (result == 0)
		result = people_change_only(&c, steal(&entry));
	if (result)
		return result < 0 ? result : 0;
	TRY(store_defaults_for(r->store, f.root, f.path, keep_answer, &answer));
	reply = json_object();
	json_set(reply, "defaults", answer.list);
	return api_reply(call, reply);
}

static int unset(struct registrar *r, struct api_call *call)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct json *entry;
	int result = people_begin(r, call, RIGHT_ROOT_SET, &c);

	if (result == 0)
		result = find_folder(&c, &f);
	if (result == 0)
		result = check_not_lower(&c, &f, NULL);
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "root-defaults");
	json_set_text(entry, "what", "unset");
	json_set_int(entry, "root", f.root);
	cell_set_path(entry, r->meta_key, f.path);
	result = people_change_only(&c, entry);
	if (result)
		return result < 0 ? result : 0;
	return api_reply(call, json_object());
}

static int rescan(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int result = people_begin(r, call, RIGHT_ROOT_SET, &c);

	if (result)
		return result < 0 ? result : 0;
	return watch_answer_rescan(r, call, json_get_bool(api_parameters(call), "digests"));
}

const struct api_method root_methods[] = {
    {"org.classd.Roots.List", list, 0},
    {"org.classd.Roots.Set", set, API_MUTATES | API_DESCRIPTORS},
    {"org.classd.Roots.Unset", unset, API_MUTATES | API_DESCRIPTORS},
    {"org.classd.Roots.Rescan", rescan, 0},
    {0},
};

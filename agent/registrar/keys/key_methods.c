/* org.classd.Keys: what there is, moving files to newer keys. Retiring and destroying: key_ends.c. */
#include "registrar/keys/key_methods.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX   24
#define FILES_MAX  SCAN_HELD
#define FILES_SHOW 100

/* ---- calls ---- */

void key_call_free(struct key_call *c)
{
	free(c);
}

static int take_name(struct people_call *p, const char *key, char ret[EPOCHS_NAME])
{
	const char *text = NULL;
	int result = people_take_line(p, key, EPOCHS_NAME - 1, false, &text);

	if (result == 0 && text)
		(void)snprintf(ret, EPOCHS_NAME, "%s", text);
	return result;
}

/* As the pack writes it, whatever way it was typed; a level that only keys know of as it is. */
static int take_level(struct people_call *p, char ret[EPOCHS_NAME])
{
	int result = take_name(p, "level", ret);
	const struct level *level = result == 0 ? level_find(p->r->policy, ret) : NULL;

	if (level)
		(void)snprintf(ret, EPOCHS_NAME, "%s", level->code);
	return result;
}

int key_call_new(struct people_call *p, struct key_call **ret)
{
	OWNED(key_call) struct key_call *c = calloc(1, sizeof(*c));
	const char *reason = NULL;
	int result;

	if (!c)
		return FAULT(ENOMEM, "call");
	c->call = p->call;
	c->today = p->today;
	c->files = json_get_int(p->given, "files", -1);
	c->limit = json_get_int(p->given, "limit", FILES_SHOW);
	c->undo = json_get_bool(p->given, "undo");
	c->shred = json_get_bool(p->given, "shred");
	c->scan = json_get_bool(p->given, "scan");
	c->may_see_files = right_is_granted(p->me->person.roles, RIGHT_KEYS);
	(void)snprintf(c->person, sizeof(c->person), "%s", p->me->person.id);
	result = take_level(p, c->level);
	if (result == 0)
		result = take_name(p, "epoch", c->epoch);
	if (result == 0)
		result = people_take_line(p, "reason", PEOPLE_TEXT_MAX, false, &reason);
	if (result)
		return result;
	(void)snprintf(c->reason, sizeof(c->reason), "%s", reason ? reason : "");
	*ret = steal(&c);
	return 0;
}

int key_call_find(struct registrar *r, struct key_call *c, const struct epoch **ret)
{
	*ret = epochs_find(r, c->level, c->epoch);
	if (*ret) {
		memcpy(c->key_id, (*ret)->key_id, sizeof(c->key_id));
		return 0;
	}
	if (!epochs_newest(r, c->level))
		TRY(api_refuse(c->call, API_NOT_FOUND, "no-level", "level", "classctl key status lists them",
			       "there is no key of a level \"%.64s\"", c->level));
	else
		TRY(api_refuse(c->call, API_NOT_FOUND, "no-epoch", "epoch", "classctl key status lists them",
			       "level %s has no epoch \"%.64s\"", c->level, c->epoch));
	return PEOPLE_ANSWERED;
}

struct json *key_entry(const struct key_call *c, const char *op, const char *what)
{
	struct json *entry = registrar_entry(op, c->person, api_uid(c->call));

	json_set_text(entry, "what", what);
	return entry;
}

int key_change(struct registrar *r, const struct key_call *c, struct json *entry)
{
	int result = registrar_change(r, entry);

	if (result <= 0)
		return result;
	TRY(api_refuse(c->call, API_FAILED, "read-only", "journal", "classctl status says why",
		       "the journal or the store cannot be written; nothing was changed"));
	return PEOPLE_ANSWERED;
}

int key_refuse_busy(struct api_call *call)
{
	return api_refuse(call, API_BUSY, "keeper-away", "keys", "try again in a moment",
			  "a process that is needed for it is not there");
}

/* ---- status ---- */

struct epoch_row {
	char since[32], by[PEOPLE_ID_MAX + 1], on[11];
};

static int take_row(const struct store_epoch *e, void *arg)
{
	struct epoch_row *row = arg;

	(void)snprintf(row->since, sizeof(row->since), "%s", e->since);
	(void)snprintf(row->by, sizeof(row->by), "%s", e->destroy_by ? e->destroy_by : "");
	(void)snprintf(row->on, sizeof(row->on), "%s", e->destroy_by && e->destroy_on ? e->destroy_on : "");
	return 0;
}

static const char *state_of(const struct epoch *epoch)
{
	if (epoch->state != EPOCH_OPEN)
		return epochs_state_name(epoch->state);
	return epoch->is_newest ? "current" : "old";
}

struct json *key_epoch_json(struct registrar *r, const struct epoch *epoch)
{
	const struct scan_result *scan = scan_last(r);
	struct json *to = json_object();
	struct epoch_row row = {0};
	int64_t documents = 0;

	if (store_epoch_by_key(r->store, epoch->key_id, take_row, &row) < 0 ||
	    store_document_count_of_key(r->store, epoch->key_id, &documents) < 0) {
		json_free(to);
		return NULL;
	}
	json_set_text(to, "level", epoch->level);
	json_set_text(to, "epoch", epoch->epoch);
	json_set_text(to, "key_id", epoch->key_id);
	json_set_text(to, "since", row.since);
	json_set_text(to, "state", state_of(epoch));
	json_set_bool(to, "readable", epoch->is_readable && epoch->state == EPOCH_OPEN);
	json_set_int(to, "documents", documents);
	json_set_int(to, "kept", (int64_t)scan_count(scan, epoch->key_id, SCAN_KEPT));
	json_set_int(to, "copies", (int64_t)scan_count(scan, epoch->key_id, SCAN_COPY));
	json_set_text(to, "destroy_by", row.by);
	json_set_text(to, "destroy_on", row.on);
	return to;
}

struct rotations {
	struct registrar *r;
	struct json *to;
	uint64_t after; /* only those that began behind this entry */
};

/* The open ones, and the last that ended of each level. */
static bool is_shown(const struct rotations *all, const struct store_rotation *rotation)
{
	struct json_view list = json_look(all->to);

	if (!rotation->ended)
		return true;
	for (size_t i = 0; i < json_n(list); i++)
		if (text_equal(json_get_text(json_at(list, i), "level"), rotation->level))
			return false;
	return true;
}

static int add_rotation(const struct store_rotation *rotation, void *arg)
{
	struct rotations *all = arg;
	struct json *to;

	if (rotation->id <= all->after || !is_shown(all, rotation))
		return 0;
	to = json_object();
	json_set_text(to, "level", rotation->level);
	json_set_text(to, "epoch", rotation->epoch);
	json_set_text(to, "mode", rotation->mode);
	json_set_text(to, "begun", rotation->begun);
	json_set_text(to, "by", rotation->person);
	json_set_text(to, "ended", rotation->ended ? rotation->ended : "");
	json_set_int(to, "moved", rotation->files);
	json_set_int(to, "left", rotation->ended ? 0 : (int64_t)rotate_left_count(all->r, rotation->level));
	json_append(all->to, to);
	return 0;
}

static int rotations_json(struct registrar *r, uint64_t after, struct json **ret)
{
	struct rotations all = {r, json_array(), after};
	int result = store_rotation_list(r->store, add_rotation, &all);

	if (result < 0)
		json_free(all.to);
	else
		*ret = all.to;
	return result < 0 ? result : 0;
}

static struct json *left_json(const struct registrar *r)
{
	struct json *list = json_array();

	for (size_t i = 0; i < rotate_left_n(r); i++) {
		const struct rotate_left *left = rotate_left_at(r, i);
		OWN_MEM char *path = text_escape(bytes_of_text(left->path));
		struct json *one = json_object();

		if (rotate_moves(r, left->level)) {
			json_set_text(one, "level", left->level);
			json_set_text(one, "epoch", left->epoch);
			json_set_text(one, "number", left->number);
			json_set_text(one, "path", path ? path : "");
			json_set_text(one, "why", left->why);
			json_append(list, one);
		} else
			json_free(one);
	}
	return list;
}

static int reply_status(struct registrar *r, const struct key_call *c)
{
	struct json *to = json_object(), *epochs = json_array(), *rotations;

	for (size_t i = 0; i < epochs_n(r); i++)
		json_append(epochs, key_epoch_json(r, epochs_at(r, i)));
	json_set(to, "epochs", epochs);
	json_set_text(to, "scanned", scan_last(r)->when);
	json_set_bool(to, "incomplete", scan_last(r)->is_incomplete);
	json_set_text(to, "escrow", epochs_escrow(r));
	json_set_bool(to, "rewrap_by_itself", r->policy && r->policy->rewrap_by_itself);
	json_set(to, "left", c->may_see_files ? left_json(r) : json_array());
	if (rotations_json(r, 0, &rotations) < 0) {
		json_free(to);
		return -EIO;
	}
	json_set(to, "rotations", rotations);
	return api_reply(c->call, to);
}

static int status_scanned(struct registrar *r, const struct scan_result *scan, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;

	return scan ? reply_status(r, c) : key_refuse_busy(c->call);
}

static int status_told(struct registrar *r, enum epoch_outcome outcome, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;

	if (outcome == 0)
		return key_refuse_busy(c->call);
	if (c->scan || !scan_last(r)->when[0])
		return scan_start(r, status_scanned, steal(&c));
	return reply_status(r, c);
}

static int status(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call p = {0};
	struct key_call *c = NULL;
	int result = people_begin(r, call, RIGHT_COUNTS, &p);

	if (result == 0)
		result = key_call_new(&p, &c);
	if (result)
		return result < 0 ? result : 0;
	return epochs_ask(r, status_told, c);
}

/* ---- which files ---- */

static const char *const kind_names[SCAN_KINDS] = {
    [SCAN_DOCUMENT] = "document", [SCAN_KEPT] = "kept", [SCAN_COPY] = "copy"};

static int files_scanned(struct registrar *r, const struct scan_result *scan, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;
	const struct epoch *epoch;
	struct json *to, *list;

	(void)r;
	if (!scan)
		return key_refuse_busy(c->call);
	if (key_call_find(r, c, &epoch))
		return 0;
	list = json_array();
	for (size_t i = 0; i < scan->n_files && (int64_t)json_n(json_look(list)) < c->limit; i++) {
		const struct scan_file *file = &scan->files[i];
		OWN_MEM char *path = text_escape(bytes_of_text(file->path));
		struct json *one;

		if (!text_equal(file->args.key_id, epoch->key_id))
			continue;
		one = json_object();
		json_set_text(one, "number", file->number);
		json_set_text(one, "kind", kind_names[file->kind]);
		json_set_text(one, "path", path ? path : "");
		json_append(list, one);
	}
	to = json_object();
	json_set(to, "files", list);
	json_set_int(to, "total", (int64_t)scan_total(scan, epoch->key_id));
	return api_reply(c->call, to);
}

static int files(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call p = {0};
	OWNED(key_call) struct key_call *c = NULL;
	const struct epoch *epoch;
	int result = people_begin(r, call, RIGHT_KEYS, &p);

	if (result == 0)
		result = key_call_new(&p, &c);
	if (result == 0)
		result = key_call_find(r, c, &epoch);
	if (result)
		return result < 0 ? result : 0;
	if (c->limit < 0 || c->limit > FILES_MAX)
		c->limit = FILES_MAX;
	if (epoch->is_newest)
		return api_refuse(call, API_STATE, "newest", "epoch", "classctl key status counts them",
				  "level %s seals with it: only files on older keys are listed", epoch->level);
	return scan_start(r, files_scanned, steal(&c));
}

/* ---- rotate ---- */

static bool is_word(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9')))
			return false;
	return n > 0 && n <= WORD_MAX;
}

/* The levels that are meant, each once. PEOPLE_ANSWERED: one is not known. */
static int take_levels(struct people_call *p, struct json *to)
{
	struct registrar *r = p->r;
	struct json_view given = json_get(p->given, "levels");
	bool all = json_get_bool(p->given, "all");

	if (all && json_n(given) > 0) {
		TRY(api_refuse(p->call, API_INPUT, "levels-and-all", "levels", "name levels, or all of them",
			       "levels are named, and all of them are meant"));
		return PEOPLE_ANSWERED;
	}
	for (size_t i = 0; i < json_n(given); i++) {
		const char *name = json_as_text(json_at(given, i));
		const struct level *level = level_find(r->policy, name);

		if (!epochs_newest(r, level ? level->code : name)) {
			TRY(api_refuse(p->call, API_NOT_FOUND, "no-level", "level", "classctl key status lists them",
				       "there is no key of a level \"%.64s\"", name));
			return PEOPLE_ANSWERED;
		}
		for (size_t k = 0; name && k < json_n(json_look(to)); k++)
			if (text_equal(json_as_text(json_at(json_look(to), k)), level ? level->code : name))
				name = NULL; /* said twice */
		if (name)
			json_append_text(to, level ? level->code : name);
	}
	for (size_t i = 0; all && i < epochs_n(r); i++)
		if (epochs_at(r, i)->is_newest)
			json_append_text(to, epochs_at(r, i)->level);
	if (json_n(json_look(to)) > 0)
		return 0;
	TRY(api_refuse(p->call, API_INPUT, "no-level", "levels", "name a level, or all of them", "no level is named"));
	return PEOPLE_ANSWERED;
}

struct rotation_wish {
	const char *word, *mode, *reason;
};

static int begin_level(struct people_call *p, const char *level, const struct rotation_wish *wish)
{
	struct registrar *r = p->r;
	struct json *entry = people_entry(p, "rotation");
	char epoch[EPOCHS_NAME];
	int result;

	epochs_next_name(epochs_newest(r, level)->epoch, p->today.year, wish->word, epoch);
	json_set_text(entry, "what", "begun");
	json_set_text(entry, "level", level);
	json_set_text(entry, "epoch", epoch);
	json_set_text(entry, "mode", wish->mode);
	json_set_text(entry, "incident", wish->word);
	if (!text_is_empty(wish->reason))
		cell_set_of(entry, "reason", r->meta_key, "note", "rotation", wish->reason);
	result = people_change_only(p, entry);
	return result ? result : epochs_make(r, level, epoch);
}

static int take_wish(struct people_call *p, struct rotation_wish *ret)
{
	int result = people_take_line(p, "reason", PEOPLE_TEXT_MAX, false, &ret->reason);

	ret->word = json_get_text(p->given, "incident");
	ret->mode = ret->word || json_get_bool(p->given, "reencrypt") ? "reencrypt" : "rewrap";
	if (result || !ret->word)
		return result;
	if (is_word(ret->word) && !text_is_empty(ret->reason))
		return 0;
	if (!is_word(ret->word))
		TRY(api_refuse(p->call, API_INPUT, "bad-word", "incident", "as in --incident leak",
			       "the word for the epoch is up to %d small letters and digits", WORD_MAX));
	else
		TRY(api_refuse(p->call, API_INPUT, "missing", "reason", "say with --reason what has happened",
			       "a rotation for an incident has a reason"));
	return PEOPLE_ANSWERED;
}

static int rotate(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call p = {0};
	OWNED(json) struct json *levels = json_array();
	struct rotation_wish wish = {0};
	uint64_t before = registrar_seq(r);
	struct json *to, *rotations;
	int result = people_begin(r, call, RIGHT_KEYS, &p);

	if (result == 0)
		result = take_wish(&p, &wish);
	if (result == 0 && (!role_peer(&r->role, ROLE_KEEPER, -1) || !r->policy))
		result = key_refuse_busy(call) < 0 ? -EIO : PEOPLE_ANSWERED;
	if (result == 0)
		result = take_levels(&p, levels);
	for (size_t i = 0; result == 0 && i < json_n(json_look(levels)); i++)
		result = begin_level(&p, json_as_text(json_at(json_look(levels), i)), &wish);
	if (result)
		return result < 0 ? result : 0;
	TRY(rotations_json(r, before, &rotations));
	to = json_object();
	json_set(to, "rotations", rotations);
	return api_reply(call, to);
}

const struct api_method key_methods[] = {
    {"org.classd.Keys.Status", status, 0},
    {"org.classd.Keys.Files", files, 0},
    {"org.classd.Keys.Rotate", rotate, API_MUTATES},
    {"org.classd.Keys.Retire", key_retire, API_MUTATES},
    {"org.classd.Keys.Destroy", key_destroy, API_MUTATES},
    {0},
};

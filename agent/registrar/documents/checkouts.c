#include "registrar/documents/checkouts_private.h"

#include "base/text.h"
#include "registrar/api/folder.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/records/case.h"
#include "registrar/store/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLOSE_LOOK_MS 50
#define CLOSE_MS      30000 /* so long Close waits for what is being sealed … */
#define CLOSE_OPEN_MS 5000  /* … and for a writer: the watcher hears a little later that it has closed the file */

int checkouts_take(const struct store_checkout *c, void *arg)
{
	struct checkouts *all = arg;
	struct checkout *one;

	if ((all->number && !text_equal(c->number, all->number)) ||
	    (all->path && (c->root != all->root || !text_equal(c->path, all->path))))
		return 0;
	one = arena_alloc(&all->texts, sizeof(*one));
	if (!one)
		return arena_check(&all->texts);
	*one = (struct checkout){.next = all->first,
				 .id = c->id,
				 .number = arena_text(&all->texts, c->number),
				 .person = arena_text(&all->texts, c->person),
				 .path = arena_text(&all->texts, c->path),
				 .since = arena_text(&all->texts, c->since),
				 .due = arena_text(&all->texts, c->due),
				 .root = c->root};
	all->first = one;
	return 0;
}

static int find_standing(struct registrar *r, const struct checkout *c, enum standing *ret)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct store_document d = {0};
	int found = look_seen(r->store, c->root, c->path, &a, &seen);
	int known = look_document(r->store, c->number, &a, &d);

	TRY(found);
	TRY(known);
	*ret = STANDING_CLEAN;
	if (found == STORE_NOT_FOUND || known == STORE_NOT_FOUND)
		return 0; /* nothing lies there any more */
	if (seen.event == SEEN_OPEN)
		*ret = STANDING_OPEN;
	else if (seen.event == SEEN_CHANGED || !seen.inspected || !text_equal(seen.sha256, d.sha256))
		*ret = STANDING_CHANGED;
	return 0;
}

/*
 * The checkout that this file is the content of. The path of a descriptor is a word of the mount namespace it was
 * opened in, so Attach may be made to name another's file: content comes only from a file of the checkout's holder.
 */
static int find_holders(struct registrar *r, const struct checkouts *all, uint32_t uid, const struct checkout **ret)
{
	*ret = NULL;
	for (const struct checkout *c = all->first; c && !*ret; c = c->next) {
		OWNED(store_person) struct store_person *holder = NULL;

		TRY(store_person_load(r->store, c->person, &holder));
		if (holder && holder->person.uid == uid)
			*ret = c;
	}
	return 0;
}

int checkouts_follow(struct registrar *r, const struct store_seen *seen)
{
	OWN_CHECKOUTS struct checkouts all = {.path = seen->path, .root = seen->root};
	const struct checkout *c;
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	int result;

	if (seen->ours || !seen->inspected || !seen->sha256 || seen->event == SEEN_CHANGED)
		return 0;
	TRY(store_checkout_list(r->store, NULL, checkouts_take, &all));
	TRY(find_holders(r, &all, seen->uid, &c));
	if (!c)
		return 0;
	result = look_document(r->store, c->number, &a, &d);
	TRY(result);
	if (result == STORE_NOT_FOUND || !d.sealed || text_equal(d.sha256, seen->sha256))
		return jobs_file_moved_on(r, c->number);
	result = jobs_content(r, c->number, seen->root, seen->path);
	return result < 0 ? result : 0;
}

/* What was saved there before it was attached. */
static int follow_name(struct registrar *r, uint32_t root, const char *path)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	int result = look_seen(r->store, root, path, &a, &seen);

	TRY(result);
	return result == 0 ? checkouts_follow(r, &seen) : 0;
}

/* Attach */

static int refuse_place(struct api_call *call)
{
	return api_refuse(call, API_INPUT, "not-a-checkout", "descriptor",
			  "Write the file into your own folder below the root of checkouts (classctl status).",
			  "The descriptor is not a file of yours below the root of checkouts.");
}

/* Does somebody else's file stand at that path? */
static int is_anothers(struct registrar *r, uint32_t root, const char *path, uid_t uid, bool *ret)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	int result = look_seen(r->store, root, path, &a, &seen);

	TRY(result);
	*ret = result == 0 && seen.uid != uid;
	return 0;
}

static int journal_checkout(struct registrar *r, struct case_of *c, uint32_t root, const char *path)
{
	struct json *entry = registrar_entry("checkout", c->person->person.id, api_uid(c->call));

	json_set_text(entry, "number", c->record->number);
	json_set_int(entry, "version", c->record->version);
	json_set_int(entry, "root", root);
	cell_set_path(entry, r->meta_key, path);
	return registrar_change(r, entry);
}

int checkouts_attach(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	int64_t i = json_get_int(p, "descriptor", -1);
	const struct role_root *root;
	struct descriptor d;
	struct json *reply;
	OWN_MEM char *path = NULL;
	OWN_FD int fd = -1;
	uint32_t id = 0;
	bool is_lie = false;
	int result = case_begin(r, call, &c);

	if (result == 0)
		result = case_load(&c, json_get_text(p, "number"));
	if (result == 0)
		result = case_may_open(&c);
	if (result != 0)
		return result < 0 ? result : 0;
	if (!api_look_descriptor(call, i, &d) || d.kind != DESCRIPTOR_FILE || d.uid != api_uid(call))
		return refuse_place(call);
	fd = api_take_descriptor(call, i);
	if (!folder_of_descriptor(r, fd, &id, &path))
		return refuse_place(call);
	root = role_root_find(&r->role, id);
	if (!root || root->kind != ROOT_CHECKOUT || text_is_empty(path) || !text_is_utf8(bytes_of_text(path)))
		return refuse_place(call);
	TRY(is_anothers(r, id, path, api_uid(call), &is_lie));
	if (is_lie)
		return refuse_place(call);
	result = journal_checkout(r, &c, id, path);
	TRY(result);
	if (result != 0)
		return api_refuse(call, API_FAILED, "read-only", "journal", "See classctl status.",
				  "The journal cannot be written.");
	reply = json_object();
	json_set_int(reply, "checkout", (int64_t)registrar_seq(r));
	TRY(api_reply(call, reply));
	return follow_name(r, id, path);
}

/* Close */

/* A name that Close must be sure of: the rows may be older than the last save, so it is looked at anew. */
struct sure {
	struct sure *next;
	uint64_t ticket; /* 0: not asked for */
	char sha256[65]; /* "": no answer */
	bool is_gone;
	uint32_t root;
	char path[];
};

struct closing {
	struct closing *next;
	struct loop_timer timer;
	struct registrar *r;
	struct api_call *call;
	struct sure *sure;
	char *person, *number; /* number NULL: all of the person's */
	uint64_t deadline_ms;
};

static void closing_free(struct closing *closing)
{
	struct closing **at = &closing->r->closings;

	while (*at && *at != closing)
		at = &(*at)->next;
	if (*at)
		*at = closing->next;
	while (closing->sure) {
		struct sure *sure = closing->sure;

		closing->sure = sure->next;
		free(sure);
	}
	loop_disarm(&closing->timer);
	free(closing->person);
	free(closing->number);
	free(closing);
}

void checkouts_end(struct registrar *r)
{
	while (r->closings)
		closing_free(r->closings);
}

static struct sure *sure_of(struct closing *closing, uint32_t root, const char *path)
{
	struct sure *sure = closing->sure;

	while (sure && (sure->root != root || strcmp(sure->path, path) != 0))
		sure = sure->next;
	return sure;
}

void checkouts_looked(struct registrar *r, const struct checkouts_look *look)
{
	for (struct closing *closing = r->closings; closing; closing = closing->next) {
		struct sure *sure = sure_of(closing, look->root, look->path);

		if (!sure || sure->ticket == 0 || look->job < sure->ticket)
			continue;
		sure->is_gone = look->is_gone;
		sure->ticket = 0; /* without a digest it is asked for once more */
		(void)snprintf(sure->sha256, sizeof(sure->sha256), "%s", look->sha256 ? look->sha256 : "");
	}
}

static int ask_sure(struct closing *closing, const struct checkout *c, struct sure **ret)
{
	struct store_seen whatever = {.root = c->root, .path = c->path};
	struct sure *sure = sure_of(closing, c->root, c->path);
	size_t n = strlen(c->path) + 1;

	if (!sure) {
		sure = calloc(1, sizeof(*sure) + n);
		if (!sure)
			return FAULT(ENOMEM, "close");
		sure->root = c->root;
		memcpy(sure->path, c->path, n);
		sure->next = closing->sure;
		closing->sure = sure;
	}
	*ret = sure;
	if (sure->ticket != 0 || sure->sha256[0] || sure->is_gone)
		return 0;
	return watch_examine_anew(closing->r, &whatever, &sure->ticket);
}

/* As find_standing(), by what an inspector saw after Close was called. */
static int find_sure_standing(struct closing *closing, const struct checkout *c, enum standing *ret)
{
	struct registrar *r = closing->r;
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct store_document d = {0};
	struct sure *sure = NULL;
	int found = look_seen(r->store, c->root, c->path, &a, &seen);
	int known = look_document(r->store, c->number, &a, &d);

	TRY(found);
	TRY(known);
	TRY(ask_sure(closing, c, &sure));
	*ret = STANDING_CLEAN;
	if (sure->is_gone || known == STORE_NOT_FOUND)
		return 0;
	if (found == 0 && seen.event == SEEN_OPEN)
		*ret = STANDING_OPEN;
	else if (!text_equal(sure->sha256, d.sha256))
		*ret = STANDING_CHANGED;
	return 0;
}

static int end_checkout(struct registrar *r, const struct closing *closing, const struct checkout *c)
{
	struct json *entry = registrar_entry("checkout-end", closing->person, api_uid(closing->call));

	json_set_int(entry, "checkout", c->id);
	return registrar_change(r, entry);
}

static char *whole_path(struct registrar *r, const struct checkout *c)
{
	const struct role_root *root = role_root_find(&r->role, c->root);

	return text_format("%s/%s", root ? root->path : "", c->path);
}

static int answer_close(struct closing *closing, const struct checkouts *all)
{
	struct json *closed = json_array(), *open = json_array(), *reply = json_object();

	for (const struct checkout *c = all->first; c; c = c->next) {
		OWN_MEM char *path = whole_path(closing->r, c);
		enum standing standing = STANDING_CHANGED;
		int result = find_sure_standing(closing, c, &standing);

		if (result == 0 && standing == STANDING_CLEAN)
			result = end_checkout(closing->r, closing, c);
		json_append_text(result == 0 && standing == STANDING_CLEAN ? closed : open, path);
	}
	json_set(reply, "closed", closed);
	json_set(reply, "open", open);
	return api_reply(closing->call, reply);
}

static int on_close_again(struct loop_timer *timer);

/* Ends what is clean. Something still to be sealed: waits, unless the time is over; then it counts as open. */
static int try_close(struct closing *closing)
{
	OWN_CHECKOUTS struct checkouts all = {.number = closing->number};
	bool is_late = loop_now_ms() >= closing->deadline_ms;
	bool is_patient = loop_now_ms() + CLOSE_MS < closing->deadline_ms + CLOSE_OPEN_MS;
	enum standing standing;
	size_t n_waiting = 0;
	int result;

	TRY(store_checkout_list(closing->r->store, closing->person, checkouts_take, &all));
	for (const struct checkout *c = all.first; c; c = c->next) {
		TRY(find_sure_standing(closing, c, &standing));
		n_waiting += standing == STANDING_CHANGED || (standing == STANDING_OPEN && is_patient);
	}
	if (n_waiting > 0 && !is_late)
		return loop_arm(&closing->r->role.loop, &closing->timer, CLOSE_LOOK_MS, on_close_again);
	result = answer_close(closing, &all);
	closing_free(closing);
	return result;
}

static int on_close_again(struct loop_timer *timer)
{
	return try_close(container_of(timer, struct closing, timer));
}

int checkouts_close(struct registrar *r, struct api_call *call)
{
	const char *number = json_get_text(api_parameters(call), "number");
	struct closing *closing = calloc(1, sizeof(*closing));

	if (!closing)
		return FAULT(ENOMEM, "close");
	*closing = (struct closing){.next = r->closings,
				    .r = r,
				    .call = call,
				    .person = text_copy(api_person(call)),
				    .number = text_copy(number),
				    .deadline_ms = loop_now_ms() + CLOSE_MS};
	r->closings = closing;
	if (!closing->person || (number && !closing->number)) {
		closing_free(closing);
		return FAULT(ENOMEM, "close");
	}
	return try_close(closing);
}

/* List */

int checkouts_list(struct registrar *r, struct api_call *call)
{
	OWN_CHECKOUTS struct checkouts all = {0};
	struct json *list, *reply;

	TRY(store_checkout_list(r->store, api_person(call), checkouts_take, &all));
	list = json_array();
	for (const struct checkout *c = all.first; c; c = c->next) {
		OWN_MEM char *path = whole_path(r, c);
		enum standing standing = STANDING_CLEAN;
		struct json *one = json_object();

		json_set_text(one, "record", c->number);
		json_set_text(one, "path", path);
		json_set_text(one, "since", c->since);
		if (find_standing(r, c, &standing) < 0)
			standing = STANDING_CHANGED;
		json_set_bool(one, "changed", standing != STANDING_CLEAN);
		json_append(list, one);
	}
	reply = json_object();
	json_set(reply, "checkouts", list);
	return api_reply(call, reply);
}

/* org.classd.Documents: files in watched folders, and their contents through descriptors. */
#include "base/text.h"
#include "registrar/api/folder.h"
#include "registrar/api/rows.h"
#include "registrar/custody/custody.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/jobs.h"
#include "registrar/records/case.h"
#include "registrar/records/hints.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIST_PAGE 100 /* for a client that takes one answer and says no limit */

/* One document */

static const char *kind_name(uint8_t kind)
{
	static const char *const names[] = {[SEEN_REGULAR] = "regular",
					    [SEEN_SYMLINK] = "symlink",
					    [SEEN_FIFO] = "fifo",
					    [SEEN_SOCKET] = "socket",
					    [SEEN_DEVICE] = "device"};

	return kind < array_n(names) && names[kind] ? names[kind] : "device";
}

/* Nobody but the sealer writes what is ours, and he publishes it whole: there is no settling to wait for. */
static const char *state_name(const struct store_seen *seen)
{
	if (seen->ours)
		return "settled";
	return seen->event == SEEN_OPEN ? "open" : seen->event == SEEN_CHANGED ? "changing" : "settled";
}

/* The register's word for an owner, else the number; a list has mostly the same one. */
struct holder {
	bool is_known;
	uint32_t uid;
	char name[64];
};

static int find_owner(struct registrar *r, uint32_t uid, struct holder *owner)
{
	OWNED(store_person) struct store_person *person = NULL;

	if (owner->is_known && owner->uid == uid)
		return 0;
	TRY(store_person_by_uid(r->store, uid, registrar_today(r), &person));
	*owner = (struct holder){.is_known = true, .uid = uid};
	if (person)
		(void)snprintf(owner->name, sizeof(owner->name), "%s", person->person.id);
	else
		(void)snprintf(owner->name, sizeof(owner->name), "uid %u", uid);
	return 0;
}

static void set_record(struct registrar *r, struct json *one, const struct record *record, bool blind)
{
	json_set_text(one, "record", record->number);
	if (blind)
		return;
	json_set_text(one, "record_state", record_state_name(record->state));
	json_set_text(one, "level", record_protection(r->policy, record)->code);
}

/* What one may know of a file: its name and facts, and of its record number, state and level. */
struct shown {
	const struct store_seen *seen;
	const struct record *record; /* NULL: none, or none of the caller's business */
	bool blind;		     /* he is to read it by himself: its number alone */
};

static int look_at(struct case_of *c, const struct store_seen *seen, const struct record *record, struct shown *ret)
{
	*ret = (struct shown){seen, record, false};
	return record ? record_is_blind(c, record, &ret->blind) : 0;
}

static int document_json(struct registrar *r, struct shown shown, struct holder *owner, struct json **ret)
{
	const struct store_seen *seen = shown.seen;
	const struct record *record = shown.record;
	const struct role_root *root = role_root_find(&r->role, seen->root);
	OWN_MEM char *path = text_format("%s/%s", root ? root->path : "", seen->path);
	time_t seconds = (time_t)(seen->mtime_ns / 1000000000u);
	char when[32] = "";
	struct tm tm;
	struct json *one;

	TRY(find_owner(r, seen->uid, owner));
	if (gmtime_r(&seconds, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	one = json_object();
	json_set_int(one, "root", seen->root);
	json_set_text(one, "path", path);
	json_set_text(one, "kind", kind_name(seen->kind));
	json_set_text(one, "state", state_name(seen));
	json_set_text(one, "owner", owner->name);
	json_set_int(one, "owner_uid", seen->uid);
	json_set_int(one, "size", (int64_t)seen->size);
	json_set_text(one, "modified", when);
	json_set_text(one, "type", seen->type);
	json_set_text(one, "digest", seen->sha256);
	json_set_text(one, "mark", seen->mark);
	hints_add(r->policy, seen->foreign, one);
	json_set_text(one, "suggested_item", seen->item);
	json_set_text(one, "suggested_level", seen->level);
	if (record && r->policy)
		set_record(r, one, record, shown.blind);
	json_set_text(one, "sealing", sealing_name(record ? jobs_sealing(r, record->number, NULL) : SEALING_NONE));
	*ret = one;
	return 0;
}

/* List */

struct listing {
	struct rows rows;
	struct store_seen_filter filter;
	char *below;
	bool unrecorded;
	struct holder owner;
	struct case_of *c; /* of this page */
};

static void listing_free(void *arg)
{
	struct listing *l = arg;

	rows_done(&l->rows);
	free(l->below);
	free(l);
}

/* Own files, those whose record one may see, and all for the secrecy office. *ret NULL: not shown. */
static int show_row(struct listing *l, const struct store_seen *seen, struct json **ret)
{
	OWNED(record) struct record *record = NULL;
	struct registrar *r = l->c->r;
	const struct role_root *root = role_root_find(&r->role, seen->root);
	bool mine = seen->uid == api_uid(l->c->call), visible;
	struct shown shown;

	if (!root || root->kind == ROOT_CHECKOUT || seen->kind != SEEN_REGULAR || (l->unrecorded && seen->number))
		return 0; /* a pipe or a link is no document */
	if (seen->number)
		TRY(store_record_load(r->store, seen->number, &record));
	visible = record && case_sees(l->c, record);
	if (!mine && !visible && !(l->c->person->person.roles & ACTOR_OFFICE))
		return 0;
	TRY(look_at(l->c, seen, visible ? record : NULL, &shown));
	return document_json(r, shown, &l->owner, ret);
}

static int list_one(const struct store_seen *seen, void *arg)
{
	struct listing *l = arg;
	struct json *one = NULL;

	l->filter.after = seen->id;
	TRY(show_row(l, seen, &one));
	if (one)
		rows_add(&l->rows, one);
	return rows_next(&l->rows);
}

/* The caller is asked for anew at each page: he may see less than at the last. */
static int next_page(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct listing *l = arg;
	int result = case_begin(r, call, &c);

	if (result != 0)
		return result < 0 ? result : 0;
	l->c = &c;
	l->filter.limit = rows_begin(&l->rows);
	TRY(store_seen_list(r->store, &l->filter, list_one, l));
	return rows_send(&l->rows, call);
}

static const struct api_pages listing = {next_page, listing_free};

static int refuse_folder(struct api_call *call)
{
	return api_refuse(call, API_INPUT, "not-a-folder", "directory", "classctl status lists the watched folders.",
			  "The descriptor is not a directory in a watched folder.");
}

static int list(struct registrar *r, struct api_call *call)
{
	struct json_view p = api_parameters(call);
	int64_t limit = json_get_int(p, "limit", api_wants_more(call) ? 0 : LIST_PAGE);
	struct store_seen_filter filter = {0};
	OWN_MEM char *below = NULL;
	struct listing *l;

	if (json_is_int(json_get(p, "directory")) &&
	    !folder_of_call(r, call, json_get_int(p, "directory", -1), &filter.root, &below))
		return refuse_folder(call);
	l = calloc(1, sizeof(*l));
	if (!l)
		return FAULT(ENOMEM, "list");
	*l = (struct listing){.filter = filter, .unrecorded = json_get_bool(p, "unrecorded"), .below = steal(&below)};
	l->filter.below = l->below;
	rows_init(&l->rows, call, "documents", limit);
	return api_stream(call, &listing, l);
}

/* Find */

static int refuse_unseen(struct api_call *call)
{
	return api_refuse(call, API_NOT_FOUND, "not-seen", "document",
			  "If it was saved just now, try again; classctl status lists the watched folders.",
			  "The agent has not seen this file in a watched folder.");
}

/* The row of the file that a case names: by its inode, or where the record's document is. */
static int seen_of_case(struct case_of *c, struct arena *a, struct store_seen *ret)
{
	struct store_document d = {0};
	int result = STORE_NOT_FOUND;

	if (c->file.path)
		return look_seen(c->r->store, c->file.root, c->file.path, a, ret);
	if (c->record)
		result = look_document(c->r->store, c->record->number, a, &d);
	return result == 0 ? look_seen(c->r->store, d.root, d.path, a, ret) : result;
}

static int find(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct json *one = NULL, *reply;
	struct shown shown;
	int result = case_begin(r, call, &c);

	if (result == 0)
		result = case_resolve(&c, json_get(api_parameters(call), "document"));
	if (result == CASE_NOT_SEEN)
		return refuse_unseen(call);
	if (result < 0 || result == CASE_ANSWERED)
		return result < 0 ? result : 0;
	result = seen_of_case(&c, &a, &seen);
	TRY(result);
	if (result == STORE_NOT_FOUND)
		return refuse_unseen(call);
	if (!c.record && seen.uid != api_uid(call) && !(c.person->person.roles & ACTOR_OFFICE))
		return refuse_unseen(call); /* not there and not yours look the same (requirements.md R25) */
	TRY(look_at(&c, &seen, c.record, &shown));
	TRY(document_json(r, shown, &(struct holder){0}, &one));
	reply = json_object();
	json_set(reply, "document", one);
	return api_reply(call, reply);
}

/* Read */

static bool is_purpose(const char *purpose)
{
	return text_equal(purpose, "open") || text_equal(purpose, "cat") || text_equal(purpose, "unseal") ||
	       text_equal(purpose, "sign") || text_equal(purpose, "export") || text_equal(purpose, "print");
}

/* Taking a document out for good needs an ended or unclassified record. 0, or the call is answered (1). */
static int check_purpose(struct case_of *c, const char *purpose, const char *reason)
{
	const struct record *record = c->record;
	/* A day that nobody can trust ends nothing. */
	struct date today = registrar_clock_is_suspect(c->r) ? (struct date){0} : c->today;
	bool is_free = record_is_over(c->r->policy, record, today);

	if (!is_purpose(purpose))
		TRY(api_refuse(c->call, API_INPUT, "unknown-purpose", "purpose", "Say open, cat, unseal, export or print.",
			       "\"%s\" is no purpose of reading.", purpose));
	else if (text_equal(purpose, "unseal") && !is_free)
		TRY(api_refuse(c->call, API_STATE, "still-classified", record->number,
			       "classctl release proposes an earlier end.",
			       "The record is %s; only released, expired and unclassified documents are unsealed.",
			       record_state_name(record->state)));
	else if (text_equal(purpose, "export") && text_is_empty(reason))
		TRY(api_refuse(c->call, API_INPUT, "no-reason", "reason", "Say who gets it, why and where.",
			       "A document is exported with a reason."));
	else
		return 0;
	return 1;
}

/* What two persons had destroyed is nobody's any more, also while a name of it is left. */
static int check_there(struct case_of *c)
{
	return c->record->state != RECORD_DESTROYED
		   ? 0
		   : case_refuse(c, API_STATE, "destroyed", "classctl show NUMBER tells when and by whom", "the document is destroyed");
}

static int read_content(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	struct jobs_reading what = {.purpose = json_get_text(p, "purpose"), .reason = json_get_text(p, "reason")};
	int64_t i = json_get_int(p, "pipe", -1);
	struct descriptor d;
	int result = case_begin(r, call, &c);

	if (result == 0)
		result = case_resolve(&c, json_get(p, "document"));
	if (result == CASE_NOT_SEEN || result == CASE_NO_RECORD)
		return api_refuse(call, API_NOT_FOUND, "no-record", "document", "classctl tag makes one.",
				  "The file has no record, so it is not sealed: it lies in clear.");
	if (result == 0)
		result = check_there(&c);
	if (result == 0)
		result = check_purpose(&c, what.purpose, what.reason);
	if (result == 0)
		result = case_may_open(&c);
	if (result == 0)
		result = custody_check_reading(&c, what.purpose, &what.consent);
	if (result != 0)
		return result < 0 ? result : 0;
	if (!api_look_descriptor(call, i, &d) || d.kind != DESCRIPTOR_PIPE || !d.is_writable)
		return api_refuse(call, API_INPUT, "not-a-pipe", "pipe", "Pass the write end of a pipe.",
				  "Content goes into a pipe only, and the descriptor is none that can be written.");
	what.number = c.record->number;
	what.person = c.person->person.id;
	return jobs_read(r, call, &what, api_take_descriptor(call, i));
}

static int restore(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int result = case_begin(r, call, &c);

	if (result == 0)
		result = case_resolve(&c, json_get(api_parameters(call), "document"));
	if (result == CASE_NOT_SEEN || result == CASE_NO_RECORD)
		return api_refuse(call, API_NOT_FOUND, "no-record", "document", "Name the record's number.",
				  "The file has no record here.");
	if (result == 0)
		result = check_there(&c);
	if (result != 0)
		return result < 0 ? result : 0;
	return jobs_restore(r, call, c.record->number, c.person->person.id);
}

const struct api_method document_methods[] = {
    {.name = "org.classd.Documents.List", .handle = list, .flags = API_STREAM | API_DESCRIPTORS},
    {.name = "org.classd.Documents.Find", .handle = find, .flags = API_DESCRIPTORS},
    {.name = "org.classd.Documents.Read",
     .handle = read_content,
     .flags = API_MUTATES | API_DESCRIPTORS | API_WHEN_FROZEN},
    {.name = "org.classd.Documents.Attach", .handle = checkouts_attach, .flags = API_MUTATES | API_DESCRIPTORS},
    {.name = "org.classd.Documents.Close", .handle = checkouts_close, .flags = API_MUTATES},
    {.name = "org.classd.Documents.Checkouts", .handle = checkouts_list},
    {.name = "org.classd.Documents.Restore", .handle = restore, .flags = API_MUTATES | API_DESCRIPTORS},
    {.name = NULL},
};

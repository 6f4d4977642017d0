/* The two calls, and the run: list the folder, list what is kept, then file by file. */
#include "registrar/oversight/recover_private.h"

#include "base/text.h"
#include "registrar/api/folder.h"
#include "registrar/documents/jobs_private.h"
#include "registrar/documents/watch_private.h"
#include "registrar/keys/rollback.h"
#include "registrar/people/people.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OPEN_DAYS      1     /* an opening holds today and tomorrow */
#define GRANT_MS       60000 /* the header is asked for at once */
#define PROGRESS_FILES 20

static void recovery_free(struct recovery *rec)
{
	if (!rec)
		return;
	loop_disarm(&rec->clear_timer);
	free(rec->folder);
	free(rec->files);
	arena_done(&rec->texts);
	json_free(rec->missing);
	json_free(rec->proofs);
	free(rec);
}
DEFINE_OWNED(recovery, struct recovery, recovery_free);

void recover_free(struct registrar *r)
{
	recovery_free(r->recovery);
	r->recovery = NULL;
}

struct json *recover_entry(const struct recovery *rec, const char *phase, const char *path)
{
	struct json *entry = registrar_entry("recover", rec->person, rec->uid);

	json_set_text(entry, "phase", phase);
	if (!path)
		return entry;
	json_set_int(entry, "root", rec->root);
	cell_set_path(entry, rec->r->meta_key, path);
	return entry;
}

/* ---- what is said ---- */

int recover_skip(struct recovery *rec, const struct recover_file *file, const char *why)
{
	OWN_MEM char *shown = text_escape(bytes_of_text(file->path));
	OWN_MEM char *line = text_format("%s: %s", shown ? shown : "?", why);
	struct json *entry = recover_entry(rec, "skipped", shown ? shown : "?");
	int result;

	rec->n_failed++;
	recover_say_missing(rec, line);
	cell_set_of(entry, "note", rec->r->meta_key, "note", "recover", why);
	result = registrar_change(rec->r, entry);
	return result == REGISTRAR_REFUSED ? 0 : result;
}

/* ---- the end ---- */

static int stop(struct recovery *rec, const char *code, const char *what)
{
	struct registrar *r = rec->r;
	struct json *entry = recover_entry(rec, "stopped", NULL);
	int result;

	cell_set_of(entry, "note", r->meta_key, "note", "recover", what);
	result = registrar_change(r, entry);
	TRY(result);
	TRY(api_refuse(rec->call, API_BUSY, code, "recover", "open and run it again: what is rebuilt already stays",
		       "%s", what));
	recover_free(r);
	return 0;
}

static int finish(struct recovery *rec)
{
	struct registrar *r = rec->r;
	struct json *entry, *reply;
	OWN_MEM char *more = NULL;

	if (rec->n_records > 0)
		recover_say_missing(rec, "what no sealed file carries: numbered copies and their holders, who knows a document, "
					 "consents, places of paper, tasks with their answers, lists handed over, findings, "
					 "histories; a backup has them");
	if (rec->n_missing > RECOVER_MISSING_MAX)
		more = text_format("and %lld more: classctl journal read",
				   (long long)(rec->n_missing - RECOVER_MISSING_MAX));
	if (more)
		json_append_text(rec->missing, more);
	entry = recover_entry(rec, "done", NULL);
	json_set_int(entry, "files", rec->n_read);
	json_set_int(entry, "records", rec->n_records);
	json_set_int(entry, "unverified", rec->n_unverified);
	json_set_int(entry, "failed", rec->n_failed);
	TRY(registrar_change(r, entry));
	if (r->read_only)
		return stop(rec, "read-only", "the journal cannot be written");
	TRY(watch_find_missing(r, rec->root));
	TRY(rollback_recovered(r));
	reply = recover_report(rec, "done");
	json_set(reply, "missing", steal(&rec->missing));
	json_set(reply, "proofs", steal(&rec->proofs));
	TRY(api_reply(rec->call, reply));
	recover_free(r);
	return 0;
}

static int look_for_clear(struct recovery *rec);

static int on_clear(struct loop_timer *timer)
{
	return look_for_clear(container_of(timer, struct recovery, clear_timer));
}

static int look_for_clear(struct recovery *rec)
{
	bool is_over = false;

	TRY(recover_say_clear(rec, &is_over));
	return is_over ? finish(rec) : loop_arm(&rec->r->role.loop, &rec->clear_timer, 0, on_clear);
}

/* ---- file by file ---- */

static int say_progress(struct recovery *rec)
{
	struct json *reply;

	if (!rec->wants_more || rec->n_read % PROGRESS_FILES != 0 || !api_has_taken_all(rec->call))
		return 0; /* who does not read hears the newest count when he does */
	reply = recover_report(rec, "reading");
	json_set(reply, "missing", json_array());
	json_set(reply, "proofs", json_array());
	return api_more(rec->call, reply);
}

/* Journalled before the key can be asked for (I4). What is not ours is asked for without a grant: only why. */
static int ask(struct recovery *rec, const struct recover_file *file)
{
	struct registrar *r = rec->r;
	bool is_hidden = text_equal(file->args.level, "-");
	struct frame_grant grant = {.record = is_hidden ? "*" : file->args.record,
				    .version = file->args.version,
				    .level = file->args.level,
				    .purpose = GRANT_RECOVER,
				    .person = rec->person,
				    .valid_ms = GRANT_MS};
	struct frame_header header = {.root = rec->root, .path = file->path, .verify = 1};
	int result = registrar_change(r, recover_entry(rec, "read", file->path));

	if (result)
		return result;
	header.intent = rec->intent = registrar_seq(r);
	if (file->is_ours) {
		header.grant = grant.grant = rec->intent;
		TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_grant, &grant, -1));
	}
	return registrar_send(r, ROLE_SEALER, rec->sealer, &frame_type_header, &header, -1);
}

static int end_file(struct recovery *rec)
{
	bool is_last = recover_is_newest(rec, rec->at);

	rec->at++;
	rec->n_read++;
	TRY(say_progress(rec));
	return is_last ? recover_end_record(rec) : 0;
}

/* The next file that somebody must read, or the end. */
static int next(struct recovery *rec)
{
	int result = 0;

	while (result == 0 && rec->at < rec->n_files) {
		const struct recover_file *file = &rec->files[rec->at];

		if (text_is_utf8(bytes_of_text(file->path)) && !recover_is_copy(rec, rec->at)) {
			result = ask(rec, file);
			if (result == 0)
				return 0;
			break;
		}
		result = recover_skip(
		    rec, file, recover_is_copy(rec, rec->at) ? "a copy of another file here" : "its name is not UTF-8");
		if (result == 0)
			result = end_file(rec);
	}
	if (result > 0)
		return stop(rec, "read-only", "the journal cannot be written");
	return result < 0 ? result : look_for_clear(rec);
}

/* Without the key there is at least the clear label: an inventory of what is there. */
static char *reason_of(const struct recover_file *file, const struct frame_opened *m)
{
	const char *said = jobs_outcome_text(m->outcome);
	bool is_known = m->detail[0] && text_is_utf8(bytes_of_text(m->detail));

	if ((m->outcome == SEAL_NO_KEY || m->outcome == SEAL_WRONG_KEY || m->outcome == SEAL_LOCKED) && file->is_ours)
		return text_format("%s %s (record %s, version %u, level %s)", said, is_known ? m->detail : "",
				   file->args.record, (unsigned)file->args.version, file->args.level);
	return text_format("%s%s%s", said, is_known ? " " : "", is_known ? m->detail : "");
}

static int take_opened(struct recovery *rec, const struct frame_opened *m)
{
	const struct recover_file *file = &rec->files[rec->at];
	OWN_MEM char *why = NULL;

	if (m->outcome == SEAL_DONE)
		return recover_take(rec, file, m);
	why = reason_of(file, m);
	return recover_skip(rec, file, why ? why : jobs_outcome_text(m->outcome));
}

static int put_off(struct recovery *rec)
{
	rec->defers = false;
	return recover_defer(rec) ? 0 : FAULT(ENOMEM, "recovery");
}

int recover_on_opened(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct recovery *rec = registrar_of(role)->recovery;
	int result;

	if (!rec || rec->sealer != from->peer_index || rec->intent != any->opened.intent || rec->at >= rec->n_files)
		return jobs_on_opened(role, from, any, fd); /* somebody else asked */
	rec->intent = 0;
	result = take_opened(rec, &any->opened);
	if (result == 0)
		result = rec->defers ? put_off(rec) : end_file(rec);
	if (result > 0)
		return stop(rec, "read-only", "the journal cannot be written");
	return result < 0 ? result : next(rec);
}

/* ---- listing ---- */

static int list(struct recovery *rec)
{
	struct frame_list m = {
	    .intent = rec->intent, .root = rec->root, .path = rec->is_listing_kept ? RECOVER_KEEP : rec->folder};

	return registrar_send(rec->r, ROLE_SEALER, rec->sealer, &frame_type_list, &m, -1);
}

int recover_on_found(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct recovery *rec = registrar_of(role)->recovery;

	(void)fd;
	if (!rec || rec->sealer != from->peer_index || rec->intent != any->found.intent)
		return 0;
	return recover_add_file(rec, &any->found) ? 0 : stop(rec, "no-memory", "there is not enough memory");
}

int recover_on_listed(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct recovery *rec = registrar_of(role)->recovery;
	const struct frame_listed *m = &any->listed;
	OWN_MEM char *line = NULL;

	(void)fd;
	if (!rec || rec->sealer != from->peer_index || rec->intent != m->intent)
		return 0;
	if (m->outcome != SEAL_DONE || m->detail[0])
		line = text_format("%s: %s", rec->is_listing_kept ? RECOVER_KEEP : "folder",
				   m->detail[0] ? m->detail : jobs_outcome_text(m->outcome));
	if (line && text_is_utf8(bytes_of_text(line)))
		recover_say_missing(rec, line);
	if (!rec->is_listing_kept) {
		rec->is_listing_kept = true;
		return list(rec);
	}
	rec->intent = 0;
	recover_sort(rec);
	return next(rec);
}

int recover_lost_sealer(struct registrar *r, int index)
{
	if (!r->recovery || r->recovery->sealer != index)
		return 0;
	return stop(r->recovery, "sealer-lost",
		    "The process that reads sealed files ended; it is being started again.");
}

/* ---- the calls ---- */

/* "1:HASH": which folder an opening is for. */
static char *folder_key(const struct recovery *rec)
{
	char hash[2 * CELL_HASH + 1];

	if (!cell_hash(rec->r->meta_key, CELL_PATH, rec->folder, hash))
		return NULL;
	return text_format("%u:%s", (unsigned)rec->root, hash);
}

struct opening {
	char *phase, *by, *of, *on;
};

static void opening_done(struct opening *o)
{
	free(o->phase);
	free(o->by);
	free(o->of);
	free(o->on);
}

static int load_opening(struct registrar *r, struct opening *ret)
{
	TRY(store_fact(r->store, "recovery", &ret->phase));
	TRY(store_fact(r->store, "recovery_by", &ret->by));
	TRY(store_fact(r->store, "recovery_of", &ret->of));
	TRY(store_fact(r->store, "recovery_on", &ret->on));
	return 0;
}

static bool is_open(const struct opening *o, const char *key, struct date today)
{
	struct date on;

	return text_equal(o->phase, "opened") && text_equal(o->of, key) && o->on && date_parse(o->on, &on) &&
	       date_to_days(today) - date_to_days(on) <= OPEN_DAYS;
}

static int open_it(struct people_call *c, struct recovery *rec, const char *key, const char *reason)
{
	struct json *entry = recover_entry(rec, "opened", rec->folder), *reply;
	char today[11];
	int result;

	date_format(c->today, today);
	json_set_text(entry, "opened_by", rec->person);
	json_set_text(entry, "opened_of", key);
	json_set_text(entry, "opened_on", today);
	cell_set_of(entry, "note", c->r->meta_key, "note", "recover", reason);
	result = people_change_only(c, entry);
	if (result)
		return result < 0 ? result : 0;
	recover_say_missing(rec, "a second security administrator runs it with the same command, today or tomorrow");
	reply = recover_report(rec, "opened");
	json_set(reply, "missing", steal(&rec->missing));
	json_set(reply, "proofs", json_array());
	return api_reply(c->call, reply);
}

static int refuse_read_only(struct people_call *c)
{
	return api_refuse(c->call, API_FAILED, "read-only", "journal", "see classctl status",
			  "what cannot be journalled is not done, and the journal cannot be written");
}

static int begin_it(struct people_call *c, struct recovery **rec, const char *by, const char *reason)
{
	struct registrar *r = c->r;
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, -1);
	struct json *entry;
	int result = people_other_hand(c, by);

	if (result)
		return result < 0 ? result : 0;
	if (!sealer || !role_peer(&r->role, ROLE_KEEPER, -1))
		return api_refuse(c->call, API_BUSY, "sealer-away", "recover", "try again in a moment",
				  "the process that reads sealed files is not there");
	if (r->is_frozen) /* who recovers by two persons has accepted, too */
		result = rollback_accept(r, &(struct acceptance){(*rec)->person, by, reason, (*rec)->uid});
	if (result)
		return result < 0 ? result : refuse_read_only(c);
	entry = recover_entry(*rec, "begun", (*rec)->folder);
	cell_set_of(entry, "note", r->meta_key, "note", "recover", reason);
	result = people_change_only(c, entry);
	if (result)
		return result < 0 ? result : 0;
	(*rec)->intent = registrar_seq(r);
	(*rec)->sealer = sealer->peer_index;
	r->recovery = steal(rec);
	return list(r->recovery);
}

static int new_recovery(struct people_call *c, struct recovery **ret)
{
	struct recovery *rec = *ret = calloc(1, sizeof(*rec));

	if (!rec)
		return FAULT(ENOMEM, "recovery");
	rec->r = c->r;
	rec->call = c->call;
	rec->wants_more = api_wants_more(c->call);
	rec->uid = api_uid(c->call);
	rec->missing = json_array();
	rec->proofs = json_array();
	(void)snprintf(rec->person, sizeof(rec->person), "%s", c->me->person.id);
	return 0;
}

/* Folder and agent are such that it can be done. PEOPLE_ANSWERED: they are not. */
static int check_recovery(struct people_call *c, struct recovery *rec)
{
	const struct role_root *root;
	bool is_found =
	    folder_of_call(c->r, c->call, json_get_int(c->given, "directory", -1), &rec->root, &rec->folder);

	root = is_found ? role_root_find(&c->r->role, rec->root) : NULL;
	if (!root || root->kind != ROOT_DOCUMENTS)
		TRY(api_refuse(c->call, API_INPUT, "not-watched", "directory",
			       "classctl status lists the watched roots; put the files into one",
			       "that is no directory in a watched root"));
	else if (!c->r->policy)
		TRY(api_refuse(c->call, API_BUSY, "no-policy", "agent", "classctl status says why",
			       "no policy pack is loaded"));
	else if (c->r->recovery)
		TRY(api_refuse(c->call, API_BUSY, "recovering", "recover", "wait until it is done",
			       "a recovery is under way"));
	else
		return 0;
	return PEOPLE_ANSWERED;
}

static int recover(struct people_call *c)
{
	OWNED(recovery) struct recovery *rec = NULL;
	OWN_MEM char *key = NULL;
	struct opening opening = {0};
	const char *reason = NULL;
	bool stands = false;
	int result = people_take_line(c, "reason", PEOPLE_TEXT_MAX, true, &reason);

	if (result == 0)
		result = new_recovery(c, &rec);
	if (result == 0)
		result = check_recovery(c, rec);
	if (result)
		return result < 0 ? result : 0;
	key = folder_key(rec);
	if (!key)
		return FAULT(ENOMEM, "recovery");
	result = load_opening(c->r, &opening);
	if (result == 0)
		result = people_stands(c->r, opening.by, RIGHT_RECOVER, &stands);
	if (result == 0)
		result = stands && is_open(&opening, key, c->today) ? begin_it(c, &rec, opening.by, reason)
								    : open_it(c, rec, key, reason);
	opening_done(&opening);
	return result;
}

int recover_method(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int result = people_begin(r, call, RIGHT_RECOVER, &c);

	if (result)
		return result < 0 ? result : 0;
	return recover(&c);
}

/*
 * Work that a client waits for: content into its pipe, a lost file back to its
 * name. It is journalled before the key can be asked for, and ends with the
 * sealer's answer or with the sealer.
 */
#include "registrar/documents/jobs_private.h"
#include "registrar/keys/rotate.h"

#include "base/text.h"
#include "registrar/custody/custody.h"
#include "registrar/people/cut.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define READ_TIMEOUT_MS 30000
#define PLACE_NOTE	"entry.note"

struct reading {
	struct reading *next;
	uint64_t id; /* of the journal entry: intent and grant */
	int sealer;
	struct api_call *call;
	struct arena texts;
	struct store_document document;
	char *name; /* of the plaintext */
	uint32_t version;
	bool gives;	     /* content, to the caller */
	jobs_header_fn then; /* with `with`: who asked for the label only */
	struct json *with;
};

static void reading_free(struct reading *reading)
{
	if (!reading)
		return;
	arena_done(&reading->texts);
	json_free(reading->with);
	free(reading->name);
	free(reading);
}
DEFINE_OWNED(reading, struct reading, reading_free);

static struct reading *take_reading(struct jobs *jobs, uint64_t id)
{
	struct reading **at = &jobs->readings;
	struct reading *found;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	return found;
}

void readings_free(struct jobs *jobs)
{
	while (jobs->readings)
		reading_free(take_reading(jobs, jobs->readings->id));
}

bool jobs_is_read(const struct registrar *r, const char *number)
{
	for (const struct reading *reading = r->jobs->readings; reading; reading = reading->next)
		if (text_equal(reading->document.number, number))
			return true;
	return false;
}

static int refuse_lost(struct reading *reading)
{
	return api_refuse(reading->call, API_BUSY, "sealer-lost", reading->document.number, "Try again.",
			  "The process that reads sealed files ended; it is being started again.");
}

int readings_lost_sealer(struct registrar *r, int index)
{
	for (struct reading **at = &r->jobs->readings; *at;) {
		struct reading *reading = *at;

		if (reading->sealer != index) {
			at = &reading->next;
			continue;
		}
		*at = reading->next;
		TRY(refuse_lost(reading));
		reading_free(reading);
	}
	return 0;
}

static int cut_one(struct registrar *r, struct reading *reading, const char *why)
{
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, reading->sealer);

	if (sealer)
		TRY(CHANNEL_SEND(sealer, cancel, -1, .intent = reading->id));
	return api_refuse(reading->call, API_AUTHORITY, why, reading->document.number, "Ask the secrecy office.",
			  "Reading was cut off: who asked for it may not read any more.");
}

int jobs_cut(struct registrar *r)
{
	for (struct reading **at = &r->jobs->readings; *at;) {
		struct reading *reading = *at;
		const char *person = api_person(reading->call), *why = NULL;

		if (reading->gives && person)
			TRY(cut_why(r, person, &why));
		if (!why) {
			at = &reading->next;
			continue;
		}
		*at = reading->next;
		TRY(cut_one(r, reading, why));
		reading_free(reading);
	}
	return 0;
}

/* The record's sealed document, or the call is answered (1). */
static int open_reading(struct registrar *r, struct api_call *call, const char *number, struct reading **ret)
{
	OWNED(reading) struct reading *reading = calloc(1, sizeof(*reading));
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, -1);
	int result;

	if (!reading)
		return FAULT(ENOMEM, "reading");
	result = look_document(r->store, number, &reading->texts, &reading->document);
	TRY(result);
	reading->call = call;
	if (result == STORE_NOT_FOUND)
		result = api_refuse(call, API_STATE, "no-document", number, "See classctl show.",
				    "The record has no document here.");
	else if (jobs_sealing(r, number, NULL) == SEALING_DESTROYED)
		result =
		    api_refuse(call, API_STATE, "key-destroyed", number, "classctl show NUMBER tells when and by whom.",
			       "The key of this document was destroyed; nobody can read it here any more.");
	else if (!reading->document.sealed)
		result = api_refuse(call, API_STATE, "not-sealed", reading->document.path,
				    "Open the file where it lies.", "The document is not sealed; it lies in clear.");
	else if (!sealer || !role_peer(&r->role, ROLE_KEEPER, -1))
		result = api_refuse(call, API_BUSY, "sealer-away", number, "Try again in a moment.",
				    "The process that reads sealed files is not there.");
	else {
		reading->sealer = sealer->peer_index;
		*ret = steal(&reading);
		return 0;
	}
	return result < 0 ? result : 1;
}

static int refuse_read_only(struct api_call *call)
{
	return api_refuse(call, API_FAILED, "read-only", "journal", "See classctl status for the reason.",
			  "What cannot be journalled is not done, and the journal cannot be written.");
}

static int send_unseal(struct registrar *r, struct reading *reading, const struct record *record,
		       const struct jobs_reading *what, int to)
{
	const struct store_document *d = &reading->document;
	struct frame_grant grant = {.grant = reading->id,
				    .record = record->id,
				    .level = d->level ? d->level : record_protection(r->policy, record)->code,
				    .purpose = text_equal(what->purpose, "unseal") ? GRANT_UNSEAL : GRANT_OPEN,
				    .person = what->person,
				    .valid_ms = READ_TIMEOUT_MS};
	struct frame_unseal unseal = {.intent = reading->id,
				      .grant = reading->id,
				      .root = d->root,
				      .path = d->path,
				      .timeout_ms = READ_TIMEOUT_MS};
	OWN_FD int pipe = to;

	/* While a newer file is on its way to the name, either may stand there. */
	if (d->header_mac && jobs_sealing(r, d->number, NULL) != SEALING_UNDER_WAY && !rotate_holds(r, d->number))
		(void)text_from_hex(d->header_mac, unseal.header_mac, sizeof(unseal.header_mac));
	TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_grant, &grant, -1));
	return registrar_send(r, ROLE_SEALER, reading->sealer, &frame_type_unseal, &unseal, steal_fd(&pipe));
}

static int journal_read(struct registrar *r, struct api_call *call, const struct jobs_reading *what)
{
	const char *op = strcmp(what->purpose, "unseal") == 0 ? "unseal" : "read"; /* the document leaves, or is read */
	struct json *entry = registrar_entry(op, what->person, api_uid(call));

	json_set_text(entry, "number", what->number);
	json_set_text(entry, "purpose", what->purpose);
	if (text_equal(what->purpose, "sign")) /* his program read it, to sign what it is: nobody has seen it */
		json_set_text(entry, "why", "sign");
	if (what->consent)
		json_set_int(entry, "consent", what->consent);
	if (what->knows)
		json_set_bool(entry, "knows", true);
	if (!text_is_empty(what->reason))
		cell_set_of(entry, "note", r->meta_key, "note", what->number, what->reason);
	return registrar_change(r, entry);
}

int jobs_read(struct registrar *r, struct api_call *call, const struct jobs_reading *what, int to)
{
	OWNED(record) struct record *record = NULL;
	OWNED(reading) struct reading *reading = NULL;
	OWN_FD int pipe = to;
	struct jobs_reading known = *what;
	int result;

	TRY(store_record_load(r->store, what->number, &record));
	if (!record)
		return api_refuse(call, API_NOT_FOUND, "no-record", what->number, "classctl list shows your records.",
				  "There is no such record, or it is not visible to you.");
	result = open_reading(r, call, what->number, &reading);
	if (result != 0)
		return result < 0 ? result : 0;
	TRY(labels_name(r, what->number, reading->document.path, &reading->name));
	known.knows = r->policy && scope_registers(r->policy, record);
	result = journal_read(r, call, &known);
	TRY(result);
	if (result != 0)
		return refuse_read_only(call);
	reading->id = registrar_seq(r);
	reading->version = record->version;
	reading->gives = true;
	TRY(send_unseal(r, reading, record, what, steal_fd(&pipe)));
	reading->next = r->jobs->readings;
	r->jobs->readings = steal(&reading);
	return 0;
}

/* The file was sealed anew meanwhile, maybe under another level's key: the grant was about the one before. */
static int has_moved_on(struct registrar *r, const struct reading *reading, uint8_t outcome, bool *ret)
{
	OWN_ARENA struct arena texts = {0};
	struct store_document now = {0};

	*ret = false;
	if (outcome != SEAL_NO_KEY && outcome != SEAL_CHANGED)
		return 0;
	TRY(look_document(r->store, reading->document.number, &texts, &now));
	*ret = jobs_sealing(r, reading->document.number, NULL) == SEALING_UNDER_WAY ||
	       !text_equal(now.header_mac, reading->document.header_mac);
	return 0;
}

static int refuse_moved_on(struct reading *reading)
{
	return api_refuse(reading->call, API_BUSY, "being-sealed", reading->document.path, "Try again in a moment.",
			  "The document is being sealed anew.");
}

/* By the sealer's outcome: how a client hears of it. */
static int refuse_outcome(struct reading *reading, uint8_t outcome, const char *detail)
{
	static const char *const advice[] = {
	    [SEAL_LOCKED] = "Unlock them, then try again.",
	    [SEAL_CHANGED] = "Try again; if it stays so, move that file away: classctl restore.",
	    [SEAL_DAMAGED] = "classctl restore brings back the kept copy.",
	    [SEAL_FOREIGN] = "classctl restore brings back the kept copy.",
	    [SEAL_GONE] = "classctl restore brings back the kept copy.",
	    [SEAL_WRONG_KEY] = "The key directory that was in use when it was sealed opens it, and so does escrow.",
	    [SEAL_UNREADABLE] = "Look after the disk; then try again.",
	    [SEAL_NEWER] = "Bring this machine's program up to date.",
	};
	const char *next = outcome < array_n(advice) && advice[outcome] ? advice[outcome] : "Try again.";
	enum api_class class = outcome == SEAL_GONE ? API_NOT_FOUND : outcome == SEAL_LOCKED ? API_BUSY : API_FAILED;

	return api_refuse(reading->call, class, jobs_outcome_name(outcome), reading->document.path, next, "%s%s%s",
			  outcome == SEAL_FAILED ? "Reading failed." : jobs_outcome_text(outcome), detail[0] ? " " : "",
			  detail);
}

static void set_time(struct json *p, int64_t s, uint32_t ns)
{
	time_t seconds = (time_t)s;
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_set_text(p, "modified", when);
	json_set_int(p, "nanoseconds", ns);
}

static void set_attributes(struct json *p, struct bytes list)
{
	struct cursor c = cursor_of(list);
	struct json *all = json_array();
	struct bytes name, value;

	while (sealed_attribute_next(&c, &name, &value)) {
		OWN_MEM char *text = text_format("%.*s", (int)name.n, (const char *)name.at);
		struct json *one = json_object();

		json_set_text(one, "name", text);
		json_set_bytes(one, "value", value);
		if (text && text_is_utf8(name))
			json_append(all, one);
		else
			json_free(one);
	}
	json_set(p, "attributes", all);
}

/* What the plaintext was when it was sealed, as the file's own record tells. */
static void set_file(struct json *p, const struct store_document *d, struct bytes facts)
{
	struct sealed_record file;
	OWN_MEM char *acl = NULL;

	if (sealed_record_parse_file(facts, &file) != 0 || !file.has_facts) {
		json_set_int(p, "mode", 0600);
		set_time(p, (int64_t)(d->mtime_ns / 1000000000u), (uint32_t)(d->mtime_ns % 1000000000u));
		return;
	}
	json_set_int(p, "mode", file.facts.mode);
	set_time(p, file.facts.mtime_s, file.facts.mtime_ns);
	json_set_int(p, "uid", file.facts.uid);
	json_set_int(p, "gid", file.facts.gid);
	acl = text_format("%.*s", (int)file.acl.n, (const char *)file.acl.at);
	if (file.acl.n)
		json_set_text(p, "acl", acl);
	if (file.attributes.n)
		set_attributes(p, file.attributes);
}

static struct json *reply_read(const struct reading *reading, struct bytes facts)
{
	const struct store_document *d = &reading->document;
	struct json *p = json_object();

	json_set_text(p, "record", d->number);
	json_set_int(p, "version", reading->version);
	json_set_text(p, "name", reading->name);
	json_set_int(p, "size", (int64_t)d->size);
	json_set_text(p, "digest", d->sha256 ? d->sha256 : "");
	set_file(p, d, facts);
	return p;
}

int jobs_on_unsealed(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	const struct frame_unsealed *m = &any->unsealed;
	OWNED(reading) struct reading *reading = take_reading(registrar_of(role)->jobs, m->intent);
	bool moved_on;

	(void)from;
	(void)fd;
	if (!reading)
		return 0;
	TRY(has_moved_on(registrar_of(role), reading, m->outcome, &moved_on));
	if (moved_on)
		return refuse_moved_on(reading);
	if (m->outcome != SEAL_DONE)
		return refuse_outcome(reading, m->outcome, m->detail);
	return api_reply(reading->call, reply_read(reading, m->facts));
}

/* The label, with the content verified and kept from everybody */

static int send_header(struct registrar *r, struct reading *reading, const struct record *record,
		       const struct jobs_reading *what)
{
	const struct store_document *d = &reading->document;
	struct frame_grant grant = {.grant = reading->id,
				    .record = record->id,
				    .level = d->level ? d->level : record_protection(r->policy, record)->code,
				    .purpose = GRANT_VERIFY,
				    .person = what->person,
				    .valid_ms = READ_TIMEOUT_MS};
	struct frame_header header = {
	    .intent = reading->id, .grant = reading->id, .root = d->root, .path = d->path, .verify = 1};

	TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_grant, &grant, -1));
	return registrar_send(r, ROLE_SEALER, reading->sealer, &frame_type_header, &header, -1);
}

int jobs_header(struct registrar *r, struct api_call *call, const struct jobs_reading *what, jobs_header_fn then,
		struct json *with)
{
	OWNED(json) struct json *kept = with;
	OWNED(record) struct record *record = NULL;
	OWNED(reading) struct reading *reading = NULL;
	int result = store_record_load(r->store, what->number, &record);

	TRY(result);
	if (result == 0)
		result = open_reading(r, call, what->number, &reading);
	if (result != 0)
		return result < 0 ? result : 0;
	result = journal_read(r, call, what);
	TRY(result);
	if (result != 0)
		return refuse_read_only(call);
	reading->id = registrar_seq(r);
	reading->then = then;
	reading->with = steal(&kept);
	TRY(send_header(r, reading, record, what));
	reading->next = r->jobs->readings;
	r->jobs->readings = steal(&reading);
	return 0;
}

int jobs_on_opened(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_opened *m = &any->opened;
	OWNED(reading) struct reading *reading = take_reading(r->jobs, m->intent);
	bool moved_on;

	(void)from;
	(void)fd;
	if (!reading || !reading->then)
		return 0;
	TRY(has_moved_on(r, reading, m->outcome, &moved_on));
	if (moved_on)
		return refuse_moved_on(reading);
	return reading->then(r, reading->call, &reading->document, m, steal(&reading->with));
}

/* Restore */

int jobs_restore(struct registrar *r, struct api_call *call, const char *number, const char *person)
{
	OWNED(reading) struct reading *reading = NULL;
	struct frame_restore restore;
	struct json *entry;
	int result = open_reading(r, call, number, &reading);

	if (result != 0)
		return result < 0 ? result : 0;
	if (rotate_holds(r, number))
		return api_refuse(call, API_BUSY, "rekeying", number, "Try again in a moment.",
				  "The document is just getting another key.");
	if (!reading->document.keep)
		return api_refuse(call, API_NOT_FOUND, "not-kept", number, "Look into your backups.",
				  "No copy of this document is kept.");
	entry = registrar_entry("restore", person, api_uid(call));
	json_set_text(entry, "number", number);
	result = registrar_change(r, entry);
	TRY(result);
	if (result != 0)
		return refuse_read_only(call);
	reading->id = registrar_seq(r);
	restore = (struct frame_restore){.intent = reading->id,
					 .root = reading->document.root,
					 .keep = reading->document.keep,
					 .target = reading->document.path};
	TRY(registrar_send(r, ROLE_SEALER, reading->sealer, &frame_type_restore, &restore, -1));
	reading->next = r->jobs->readings;
	r->jobs->readings = steal(&reading);
	return 0;
}

int jobs_on_restored(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_restored *m = &any->restored;
	OWNED(reading) struct reading *reading = take_reading(r->jobs, m->intent);
	struct json *entry, *p;

	(void)from;
	(void)fd;
	if (!reading)
		return 0;
	if (m->outcome != SEAL_DONE)
		return refuse_outcome(reading, m->outcome, m->detail);
	reading->document.dev = m->dev;
	reading->document.ino = m->ino;
	entry = registrar_entry("document", NULL, 0);
	json_set_text(entry, "number", reading->document.number);
	json_set(entry, "document", store_document_json(r->store, &reading->document));
	TRY(registrar_change(r, entry));
	p = json_object();
	json_set_text(p, "path", reading->document.path);
	return api_reply(reading->call, p);
}

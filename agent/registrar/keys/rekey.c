/* One file's move to the newest key of its level: intent, message, answer. */
#include "registrar/keys/rotate_private.h"

#include "base/text.h"
#include "registrar/documents/jobs_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLACE_PATH "intent.source"
#define PLACE_NOTE "note"
#define GRANT_MS   60000

void rekey_free(struct rekey *k)
{
	if (k)
		free(k->path);
	free(k);
}

static struct json *body_of(const struct rekey *k)
{
	struct json *body = json_object();

	json_set_int(body, "rotation", (int64_t)k->rotation);
	json_set_int(body, "kind", (int64_t)k->kind);
	json_set_int(body, "root", k->root);
	cell_set(body, "path", k->r->meta_key, PLACE_PATH, k->path);
	json_set_text(body, "keep", k->keep);
	json_set_text(body, "record", k->record);
	json_set_int(body, "version", k->version);
	json_set_text(body, "key_id", k->key_id);
	json_set_int(body, "ino", (int64_t)k->ino);
	json_set_bool(body, "reencrypt", k->reencrypt);
	return body;
}

static void take_text(struct json_view body, const char *key, char *ret, size_t n)
{
	const char *text = json_get_text(body, key);

	(void)snprintf(ret, n, "%s", text ? text : "");
}

struct rekey *rekey_load(struct registrar *r, const struct store_intent *intent)
{
	struct json_view body = intent->body;
	struct rekey *k = calloc(1, sizeof(*k));
	OWN_BUFFER struct buffer sealed = {0};
	OWN_ARENA struct arena a = {0};

	if (!k)
		return NULL;
	*k = (struct rekey){.r = r,
			    .intent = intent->id,
			    .sealer = -1,
			    .rotation = (uint64_t)json_get_int(body, "rotation", 0),
			    .kind = (enum scan_kind)json_get_int(body, "kind", SCAN_COPY),
			    .root = (uint32_t)json_get_int(body, "root", 0),
			    .version = (uint32_t)json_get_int(body, "version", 0),
			    .ino = (uint64_t)json_get_int(body, "ino", 0),
			    .reencrypt = json_get_bool(body, "reencrypt")};
	take_text(body, "keep", k->keep, sizeof(k->keep));
	take_text(body, "record", k->record, sizeof(k->record));
	take_text(body, "key_id", k->key_id, sizeof(k->key_id));
	(void)snprintf(k->number, sizeof(k->number), "%s", intent->number ? intent->number : "");
	if (json_get_bytes(body, "path", &sealed))
		k->path = text_copy(cell_text(&a, r->meta_key, PLACE_PATH, buffer_bytes(&sealed)));
	if (k->path)
		return k;
	rekey_free(k);
	return NULL;
}

int rekey_start(struct rotate *t, struct rekey *k)
{
	struct json *entry = registrar_entry("intent", NULL, 0);
	int result;

	json_set_text(entry, "kind", ROTATE_INTENT);
	json_set_text(entry, "number", k->number[0] ? k->number : NULL);
	json_set(entry, "body", body_of(k));
	result = registrar_change(t->r, entry);
	if (result != 0) {
		if (result > 0)
			result = rotate_leave(t, k, "The agent cannot write.", false);
		rekey_free(k);
		return result;
	}
	k->intent = registrar_seq(t->r);
	k->sealer = -1;
	k->next = t->flying;
	t->flying = k;
	t->n_flying++;
	return rekey_send(t, k);
}

int rekey_send(struct rotate *t, struct rekey *k)
{
	struct registrar *r = t->r;
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, -1);
	const struct epoch *epoch = epochs_by_key(r, k->key_id);
	struct frame_grant grant = {.grant = k->intent,
				    .record = k->record,
				    .version = k->version,
				    .level = epoch ? epoch->level : "",
				    .purpose = GRANT_REWRAP,
				    .person = "-",
				    .valid_ms = GRANT_MS};
	struct frame_rekey rekey = {.intent = k->intent,
				    .grant = k->intent,
				    .root = k->root,
				    .path = k->path,
				    .ino = k->ino,
				    .keep = k->keep,
				    .record = k->record,
				    .level = grant.level,
				    .reencrypt = k->reencrypt};

	if (!sealer || !epoch || !role_peer(&r->role, ROLE_KEEPER, -1))
		return 0; /* rotate_look() when they are there */
	k->sealer = sealer->peer_index;
	TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_grant, &grant, -1));
	return registrar_send(r, ROLE_SEALER, k->sealer, &frame_type_rekey, &rekey, -1);
}

/* ---- the answer ---- */

/* The record's document is that new file from now on. */
static int add_document(struct rekey *k, const struct frame_published *m, struct json *entry)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	char mac[65], tag[65];
	int result = look_document(k->r->store, k->number, &a, &d);

	TRY(result);
	if (result == STORE_NOT_FOUND || (k->kind == SCAN_KEPT && !text_equal(d.keep, jobs_last_part(k->path))))
		return 0;
	text_hex(m->header_mac, sizeof(m->header_mac), mac);
	text_hex(m->last_tag.at, m->last_tag.n < 32 ? m->last_tag.n : 0, tag);
	if (k->kind == SCAN_DOCUMENT) /* else its name in the folder is gone: the kept file is all there is */
		d.path = m->path;
	d.dev = m->dev;
	d.ino = m->ino;
	d.generation = 0; /* the watcher will see */
	d.header_mac = mac;
	d.last_tag = tag;
	d.key_id = m->key_id;
	d.facts = m->facts;
	d.escrow = m->escrow[0] ? m->escrow : d.escrow;
	json_set(entry, "document", store_document_json(k->r->store, &d));
	return 0;
}

static void add_note(const struct rekey *k, const struct epoch *to, struct json *entry)
{
	OWN_MEM char *path = text_escape(bytes_of_text(k->kind == SCAN_KEPT ? jobs_last_part(k->path) : k->path));
	OWN_MEM char *of = k->kind == SCAN_DOCUMENT ? text_copy("")
			   : k->kind == SCAN_KEPT   ? text_format(", the kept file %s", path)
						    : text_format(", the copy %s", path);
	OWN_MEM char *note = text_format("to the key %s %s%s", to->level, to->epoch, of ? of : "");

	if (k->number[0])
		cell_set_of(entry, "note", k->r->meta_key, "note", k->number, note);
}

static int journal_moved(struct rekey *k, const struct epoch *to, const struct frame_published *m)
{
	struct json *entry = registrar_entry(k->reencrypt ? "reencrypt" : "rewrap", NULL, 0);

	json_set_text(entry, "number", k->number[0] ? k->number : NULL);
	json_set_text(entry, "record", k->record);
	json_set_int(entry, "intent", (int64_t)k->intent);
	json_set_int(entry, "rotation", (int64_t)k->rotation);
	json_set_text(entry, "from", k->key_id);
	json_set_text(entry, "to", m->key_id);
	json_set_int(entry, "root", k->root);
	cell_set_path(entry, k->r->meta_key, k->path);
	add_note(k, to, entry);
	if (k->kind != SCAN_COPY && k->number[0])
		TRY(add_document(k, m, entry));
	return registrar_change(k->r, entry);
}

/* Nothing has changed; the next pass looks again. */
static int journal_failed(struct rotate *t, struct rekey *k, uint8_t outcome, const char *why)
{
	struct json *entry = registrar_entry("intent-end", NULL, 0);

	json_set_int(entry, "intent", (int64_t)k->intent);
	json_set_text(entry, "outcome", jobs_outcome_name(outcome));
	cell_set(entry, "detail", t->r->meta_key, PLACE_NOTE, why);
	TRY(rotate_leave(t, k, why, outcome == SEAL_DAMAGED));
	if (rotate_is_for_good(outcome))
		TRY(rotate_say(t, k, why));
	return registrar_change(t->r, entry);
}

static int fail(struct rotate *t, struct rekey *k, const struct frame_published *m)
{
	const char *said = jobs_outcome_text(m->outcome);
	bool is_known = m->detail[0] && text_is_utf8(bytes_of_text(m->detail));
	OWN_MEM char *why = text_format("%s%s%s", said, is_known ? " " : "", is_known ? m->detail : "");

	return journal_failed(t, k, m->outcome, why ? why : said);
}

static struct rekey *find_flying(struct rotate *t, uint64_t intent)
{
	struct rekey *k = t->flying;

	while (k && k->intent != intent)
		k = k->next;
	return k;
}

int rotate_on_published(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_published *m = &any->published;
	struct rekey *k = find_flying(r->rotate, m->intent);
	const struct epoch *to = m->outcome == SEAL_DONE ? epochs_by_key(r, m->key_id) : NULL;
	int result;

	if (!k)
		return jobs_on_published(role, from, any, fd);
	if (k->sealer != from->peer_index)
		return 0;
	if (to && !text_equal(m->key_id, k->key_id))
		result = journal_moved(k, to, m);
	else if (m->outcome == SEAL_DONE)
		result = journal_failed(r->rotate, k, SEAL_CHANGED, "It was sealed to the old key again.");
	else
		result = fail(r->rotate, k, m);
	TRY(result);
	if (result > 0) { /* read-only: it is sent again, and answered as before */
		k->sealer = -1;
		return 0;
	}
	r->rotate->n_moved += to != NULL;
	return rotate_landed(r->rotate, k);
}

/* What a sealed file says becomes journal entries, after what is there already was looked at. */
#include "registrar/oversight/recover_private.h"

#include "base/text.h"
#include "library/envelope.h"
#include "library/signature.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/labels.h"
#include "registrar/store/look.h"

#include <stdio.h>
#include <string.h>

/* One file on its way. */
struct take {
	struct recovery *rec;
	const struct recover_file *file;
	const struct frame_opened *opened;
	bool is_newest;	 /* of its record */
	bool is_renamed; /* its own number belongs to another record by now */
	struct recovered v;
	struct record *there; /* the present version of that record in the store; NULL */
	struct arena texts;
};

static void take_done(struct take *t)
{
	store_record_free(t->there);
	recovered_done(&t->v);
	arena_done(&t->texts);
}

/* A change, of which a refusal is told with the file. */
static int change(struct take *t, struct json *entry, bool *ret_done)
{
	int result = registrar_change(t->rec->r, entry);

	*ret_done = result == 0;
	if (result != REGISTRAR_REFUSED)
		return result;
	return recover_skip(t->rec, t->file, "the store refuses what it says");
}

/* ---- the number ---- */

/* Its own when it is free, else the next one. ret_was: the own one when it is not free. */
static int choose_number(struct take *t, const char **ret_was)
{
	struct registrar *r = t->rec->r;
	struct record *record = &t->v.record;
	OWNED(record) struct record *other = NULL;
	char number[STORE_NUMBER_MAX];
	bool fits = record->number && strlen(record->number) < STORE_NUMBER_MAX && text_is_line(record->number, 15);

	*ret_was = NULL;
	if (t->there) {
		t->is_renamed = record->number && !text_equal(record->number, t->there->number);
		record->number = arena_text(&t->texts, t->there->number);
		return arena_check(&t->texts);
	}
	if (fits)
		TRY(store_record_load(r->store, record->number, &other));
	if (fits && !other)
		return 0;
	t->rec->defers = !t->file->is_deferred; /* the next free one may be that of a record still to come */
	if (t->rec->defers)
		return 0;
	t->is_renamed = true;
	*ret_was = record->number ? record->number : "";
	TRY(store_next_number(r->store, registrar_today(r).year, number));
	record->number = arena_text(&t->texts, number);
	return arena_check(&t->texts);
}

/* ---- the document ---- */

/* A name that is only kept: where the record says that the file was. */
static const char *path_of(struct take *t)
{
	const struct record *record = &t->v.record;
	const char *slash = record->path ? strrchr(record->path, '/') : NULL;
	size_t n = slash ? (size_t)(slash + 1 - record->path) : 0;
	const char *name = t->v.name && text_is_line(t->v.name, 250) ? t->v.name : record->number;
	OWN_MEM char *path = NULL;

	if (!t->file->is_kept_only)
		return t->file->path;
	path = text_format("%.*s%s.age", (int)n, n ? record->path : "", name);
	return arena_text(&t->texts, path);
}

/* The kept name has the number in it: under another number it may be displaced at any time, so it is made anew. */
static struct json *document_json(struct take *t)
{
	const char *keep = t->is_renamed && !t->file->is_kept_only ? NULL : t->file->keep;
	const struct sealed_record *sealed = &t->v.sealed;
	char sha256[2 * SHA256_BYTES + 1], mac[2 * SHA256_BYTES + 1];
	OWN_BUFFER struct buffer facts = {0};
	struct store_document d = {.number = t->v.record.number,
				   .root = t->rec->root,
				   .path = path_of(t),
				   .dev = t->file->dev,
				   .ino = t->file->ino,
				   .size = sealed->length,
				   .sha256 = sha256,
				   .content = (uint32_t)t->v.label.content,
				   .sealed = true,
				   .keep = keep,
				   .level = t->v.label.protection,
				   .header_mac = mac,
				   .key_id = t->file->args.key_id};

	if (sealed_record_format_file(sealed, &facts) == 0 && facts.n <= SEALED_FILE_MAX)
		d.facts = buffer_bytes(&facts);
	if (sealed->has_facts && sealed->facts.mtime_s > 0)
		d.mtime_ns = (uint64_t)sealed->facts.mtime_s * 1000000000u + sealed->facts.mtime_ns;
	text_hex(sealed->digest, sizeof(sealed->digest), sha256);
	text_hex(t->opened->header_mac, sizeof(t->opened->header_mac), mac);
	return store_document_json(t->rec->r->store, &d);
}

/* The store knows the record and another place: right only if nothing of the old place is to be seen any more. */
static int place_anew(struct take *t)
{
	struct store *s = t->rec->r->store;
	struct store_document d = {0};
	struct store_seen seen = {0};
	struct json *entry;
	char sha256[2 * SHA256_BYTES + 1];
	bool done;
	int result = look_document(s, t->v.record.number, &t->texts, &d);

	TRY(result);
	if (result == 0 && t->file->is_kept_only)
		return 0;
	text_hex(t->v.sealed.digest, SHA256_BYTES, sha256);
	if (result == 0 && ((d.ino == t->file->ino && d.dev == t->file->dev) || !text_equal(d.sha256, sha256)))
		return 0;
	if (result == 0) {
		result = look_seen_by_file(s, d.dev, d.ino, &t->texts, &seen);
		TRY(result);
		if (result == 0)
			return 0;
	}
	entry = registrar_entry("document", t->rec->person, t->rec->uid);
	json_set_text(entry, "number", t->v.record.number);
	json_set(entry, "document", document_json(t));
	return change(t, entry, &done);
}

/* ---- record and labels ---- */

static struct json *label_json(const struct take *t, bool is_issue)
{
	struct json *label = json_object();
	char digest[2 * SHA256_BYTES + 1];

	text_hex(t->v.sealed.digest, SHA256_BYTES, digest);
	json_set_text(label, "kind", is_issue ? "issue" : "label");
	json_set_int(label, "version", is_issue ? t->v.record.version : (int64_t)t->v.label.version);
	json_set_text(label, "text", is_issue ? t->v.issue_text : t->v.label_text);
	json_set_text(label, "signature", is_issue ? t->v.issue_signature : t->v.signature);
	json_set_text(label, "digest", digest);
	json_set_text(label, "namespace", is_issue ? ISSUE_NAMESPACE : LABEL_NAMESPACE);
	return label;
}

/* What a person said, or was asked to say; a label that only describes is made anew when it is needed. */
static bool label_is_kept(const struct take *t)
{
	return t->v.signature || t->v.record.state == RECORD_PROPOSED ||
	       (labels_state(t->v.record.state)[0] == 'd' && record_is_in_force(&t->v.record) &&
		t->v.record.state != RECORD_CHANGED);
}

struct sought {
	const char *kind, *text;
	bool is_there;
};

static int seek_label(const struct store_label *label, void *arg)
{
	struct sought *sought = arg;

	sought->is_there = text_equal(label->text, sought->text);
	return sought->is_there;
}

static int has_label(const struct take *t, const char *kind, const char *text, bool *ret)
{
	struct sought sought = {.kind = kind, .text = text};
	int result = store_label_list(t->rec->r->store, t->v.record.number, kind, seek_label, &sought);

	TRY(result);
	*ret = sought.is_there;
	return 0;
}

static int write_issue(struct take *t)
{
	struct json *entry;
	bool is_there = true, done;

	if (t->v.issue_text)
		TRY(has_label(t, "issue", t->v.issue_text, &is_there));
	if (is_there)
		return 0;
	entry = recover_entry(t->rec, "issue", NULL);
	json_set_text(entry, "number", t->v.record.number);
	json_set(entry, "label", label_json(t, true));
	return change(t, entry, &done);
}

static void add_note(struct take *t, struct json *entry, const char *was)
{
	struct buffer note = {0};
	OWN_MEM char *text = NULL;

	buffer_add_format(&note, "rebuilt from %s", t->file->path);
	if (was)
		buffer_add_format(&note, "; its number %s belongs to another record",
				  was[0] ? was : "is not in it, or");
	if (t->v.differs)
		buffer_add_text(&note, "; what the agent wrote beside the label contradicts it: only the label counts");
	else if (!t->v.is_whole)
		buffer_add_text(&note, "; from the label alone");
	text = buffer_steal_text(&note);
	cell_set_of(entry, "note", t->rec->r->meta_key, "note", t->v.record.number, text);
}

static void add_set(const struct take *t, struct json *entry)
{
	struct json *set;

	if (!t->v.set_text || !t->v.set_signature)
		return;
	set = json_object();
	json_set_text(set, "text", t->v.set_text);
	json_set_text(set, "signature", t->v.set_signature);
	json_set(entry, "set", set);
}

static int write_record(struct take *t, const char *was)
{
	struct recovery *rec = t->rec;
	struct registrar *r = rec->r;
	struct json *entry;
	bool is_there = true, done;
	int result;

	if (!t->v.is_whole)
		record_compute_dates(r->policy, &t->v.record);
	entry = record_entry(r, &t->v.record, ACT_NEW, rec->person, rec->uid);
	json_set_text(entry, "act", "recover");
	if (!t->is_renamed || !t->file->is_kept_only || t->is_newest)
		json_set(entry, "document", document_json(t)); /* a newer file replaces it, unless that is damaged */
	if (label_is_kept(t))
		TRY(has_label(t, "label", t->v.label_text, &is_there));
	if (!is_there) {
		json_set(entry, "label", label_json(t, false));
		add_set(t, entry);
	}
	add_note(t, entry, was);
	result = change(t, entry, &done);
	if (result || !done)
		return result;
	rec->n_records += !t->there;
	return write_issue(t);
}

/* ---- what stands behind a decision ---- */

/* Signed by a key that the register gives to the person whom the label names as responsible, and that was good on the
 * day of the decision. */
static int check_signature(const struct take *t, enum recover_signature *ret)
{
	struct signature_demand demand = {.space = LABEL_NAMESPACE};
	OWNED(store_person) struct store_person *holder = NULL;
	char fingerprint[FINGERPRINT_TEXT];
	struct ssh_public_key key;
	int result;

	*ret = RECOVER_SIGNATURE_MISSING;
	if (!t->v.signature)
		return 0;
	result = signature_verify(t->v.sealed.label, bytes_of_text(t->v.signature), &demand, &key);
	*ret = RECOVER_SIGNATURE_INVALID;
	if (result)
		return result < 0 ? result : 0;
	signature_fingerprint(&key, fingerprint);
	result = store_person_by_key(t->rec->r->store, fingerprint, &holder);
	TRY(result);
	if (result != 0)
		*ret = RECOVER_SIGNATURE_UNKNOWN;
	else if (!text_equal(holder->person.id, t->v.label.responsible))
		*ret = RECOVER_SIGNATURE_OTHER;
	else
		*ret = store_key_fault(holder, fingerprint, t->v.label.decided) ? RECOVER_SIGNATURE_ENDED
										: RECOVER_SIGNATURE_KNOWN;
	return 0;
}

static int judge(struct take *t)
{
	const struct record *record = &t->v.record;
	const struct level *level = level_find(t->rec->r->policy, record->decided.level);
	struct recover_record *known = &t->rec->record;

	if (!date_is_set(record->decided_on) || record->state == RECORD_CHANGED)
		return 0; /* what was decided before is in an older file */
	known->is_checked = t->v.signature || (level ? level->needs_signature : record->state != RECORD_UNCLASSIFIED);
	return known->is_checked ? check_signature(t, &known->signature) : 0;
}

/* ---- persons ---- */

static int note_person(struct recovery *rec, const char *id)
{
	OWNED(store_person) struct store_person *person = NULL;
	OWN_MEM char *line = NULL;
	int result;

	if (text_is_empty(id))
		return 0;
	result = store_person_load(rec->r->store, id, &person);
	if (result != STORE_NOT_FOUND)
		return result < 0 ? result : 0;
	line = text_format("person %.64s, with appointments, trainings and keys", id);
	recover_say_missing(rec, line);
	return 0;
}

static int note_persons(const struct take *t)
{
	static const char person[] = "person:";
	const struct texts scope = record_classification(&t->v.record)->scope;

	TRY(note_person(t->rec, t->v.record.drafter));
	TRY(note_person(t->rec, t->v.record.responsible));
	for (size_t i = 0; i < scope.n; i++)
		if (text_starts(scope.at[i], person))
			TRY(note_person(t->rec, scope.at[i] + sizeof(person) - 1));
	return 0;
}

/* ---- one file ---- */

/* The store has that version, or a later one. */
static int already_there(struct take *t)
{
	int result = write_issue(t);

	return result ? result : place_anew(t);
}

static int take(struct take *t)
{
	struct recovery *rec = t->rec;
	const char *was;
	int result;

	TRY(store_record_by_id(rec->r->store, t->v.record.id, &t->there));
	TRY(choose_number(t, &was));
	if (rec->defers)
		return 0;
	(void)snprintf(rec->record.number, sizeof(rec->record.number), "%s", t->v.record.number);
	rec->record.wants_label = t->is_renamed && !t->file->is_kept_only && t->is_newest;
	if (t->there && t->there->version >= t->v.record.version)
		result = already_there(t);
	else
		result = write_record(t, was);
	if (result)
		return result;
	TRY(judge(t));
	TRY(recover_prove(rec, &t->v));
	return note_persons(t);
}

int recover_take(struct recovery *rec, const struct recover_file *file, const struct frame_opened *opened)
{
	struct take t = {.rec = rec,
			 .file = file,
			 .opened = opened,
			 .is_newest = recover_is_newest(rec, (size_t)(file - rec->files))};
	int result = recover_rebuild(opened->record, rec->r->meta_key, &t.texts, &t.v);

	if (result > 0)
		result = recover_skip(rec, file,
				      result == RECOVER_NEWER ? "it was made by a newer version"
							      : "the record in it does not read");
	else if (result == 0)
		result = take(&t);
	take_done(&t);
	return result;
}

int recover_end_record(struct recovery *rec)
{
	OWNED(record) struct record *record = NULL;
	struct recover_record known = rec->record;
	bool is_unverified = known.is_checked && known.signature != RECOVER_SIGNATURE_KNOWN;
	int result;

	rec->record = (struct recover_record){0};
	if (!known.number[0])
		return 0;
	rec->n_unverified += is_unverified;
	recover_say_proof(rec, &known);
	result = findings_set(rec->r,
			      &(struct findings_other){.code = FINDING_UNVERIFIED,
						       .about = {.number = known.number},
						       .evidence = "the key that signed the decision is not one of the "
								   "responsible person in the register",
						       .is_true = is_unverified},
			      NULL);
	if (result)
		return result;
	if (known.wants_label) /* the file learns its new number, and a kept link with it */
		result = jobs_relabel(rec->r, known.number);
	if (result)
		return result;
	TRY(store_record_load(rec->r->store, known.number, &record));
	return record ? findings_refresh(rec->r, record, NULL) : 0;
}

/* What a recovery says at its end: what is missing, and what was proved of each record. */
#include "registrar/oversight/recover_private.h"

#include "base/text.h"
#include "library/envelope.h"

#include <string.h>

#define CLEAR_NAMES_MAX 50

void recover_say_missing(struct recovery *rec, const char *line)
{
	struct json_view list = json_look(rec->missing);

	for (size_t i = 0; line && i < json_n(list); i++)
		if (text_equal(json_as_text(json_at(list, i)), line))
			return;
	if (line && rec->n_missing++ < RECOVER_MISSING_MAX)
		json_append_text(rec->missing, line);
}

struct json *recover_report(const struct recovery *rec, const char *phase)
{
	struct json *to = json_object();

	json_set_text(to, "phase", phase);
	json_set_int(to, "files", rec->n_read);
	json_set_int(to, "records", rec->n_records);
	json_set_int(to, "unverified", rec->n_unverified);
	json_set_int(to, "failed", rec->n_failed);
	return to;
}

#define CLEAR_STEP 1000 /* files of one turn */

struct clear_names {
	struct recovery *rec;
	int64_t passed;
};

static int say_clear(const struct store_seen *seen, void *arg)
{
	struct clear_names *names = arg;
	struct recovery *rec = names->rec;
	OWN_MEM char *line = NULL;

	names->passed++;
	rec->clear_after = seen->id;
	if (seen->number || seen->kind != SEEN_REGULAR || seen->ours || text_ends(seen->path, ".age"))
		return 0;
	if (rec->n_clear++ >= CLEAR_NAMES_MAX)
		return 0;
	line = text_format("%s: in clear, without a record: classctl tag", seen->path);
	recover_say_missing(rec, line);
	return 0;
}

int recover_say_clear(struct recovery *rec, bool *ret_over)
{
	struct clear_names names = {.rec = rec};
	struct store_seen_filter filter = {
	    .root = rec->root, .below = rec->folder, .after = rec->clear_after, .limit = CLEAR_STEP};
	OWN_MEM char *line = NULL;
	int result = store_seen_list(rec->r->store, &filter, say_clear, &names);

	TRY(result);
	*ret_over = names.passed < CLEAR_STEP;
	if (!*ret_over)
		return 0;
	if (rec->n_clear > CLEAR_NAMES_MAX)
		line = text_format("and %lld more in clear", (long long)(rec->n_clear - CLEAR_NAMES_MAX));
	if (line)
		recover_say_missing(rec, line);
	return 0;
}

/* ---- what was proved ---- */

struct sought_hash {
	const uint8_t *hash;
	bool is_there;
};

static int seek_hash(const struct store_label *label, void *arg)
{
	struct sought_hash *sought = arg;
	uint8_t hash[SHA256_BYTES];

	envelope_label_hash(bytes_of_text(label->text), hash);
	sought->is_there = memcmp(hash, sought->hash, sizeof(hash)) == 0;
	return sought->is_there;
}

/* The label before this one is that of another file, or the store has it. */
static int has_previous(struct recovery *rec, const char *number, const uint8_t hash[SHA256_BYTES], bool *ret)
{
	const struct recover_record *known = &rec->record;
	struct sought_hash sought = {.hash = hash};

	for (size_t i = 0; i < known->n_labels && !sought.is_there; i++)
		sought.is_there = memcmp(known->labels[i], hash, SHA256_BYTES) == 0;
	if (!sought.is_there)
		TRY(store_label_list(rec->r->store, number, "label", seek_hash, &sought));
	*ret = sought.is_there;
	return 0;
}

int recover_prove(struct recovery *rec, const struct recovered *v)
{
	struct recover_record *known = &rec->record;
	uint8_t hash[SHA256_BYTES];
	bool is_there = true, is_listed = false;

	known->n_files++;
	known->from = known->from ? known->from : (uint32_t)v->label.version;
	known->to = (uint32_t)v->label.version;
	if (!text_is_empty(v->label.previous) && text_from_hex(v->label.previous, hash, sizeof(hash)))
		TRY(has_previous(rec, known->number, hash, &is_there));
	/* A new header in the same file leaves of the label before only its hash, which the sealed record lists. */
	for (size_t i = 0; !is_there && i < v->sealed.n_previous; i++)
		is_listed = is_listed || memcmp(v->sealed.previous[i], hash, sizeof(hash)) == 0;
	known->n_hashes += is_listed;
	known->n_gaps += !is_there && !is_listed;
	if (known->n_labels < RECOVER_LABELS_MAX)
		envelope_label_hash(v->sealed.label, known->labels[known->n_labels++]);
	return 0;
}

static const char *signature_name(enum recover_signature signature)
{
	static const char *const names[] = {
	    [RECOVER_SIGNATURE_NONE] = "not-needed",	    [RECOVER_SIGNATURE_KNOWN] = "known-key",
	    [RECOVER_SIGNATURE_UNKNOWN] = "unknown-key",    [RECOVER_SIGNATURE_OTHER] = "key-of-another",
	    [RECOVER_SIGNATURE_ENDED] = "key-not-in-force", [RECOVER_SIGNATURE_INVALID] = "does-not-hold",
	    [RECOVER_SIGNATURE_MISSING] = "missing",
	};

	return names[signature];
}

void recover_say_proof(struct recovery *rec, const struct recover_record *known)
{
	struct json *proof;
	bool is_signed = known->signature == RECOVER_SIGNATURE_NONE || known->signature == RECOVER_SIGNATURE_KNOWN;

	if (rec->n_proofs++ >= RECOVER_PROOFS_MAX)
		return;
	proof = json_object();
	json_set_text(proof, "number", known->number);
	json_set_int(proof, "files", known->n_files);
	json_set_int(proof, "from", known->from);
	json_set_int(proof, "to", known->to);
	json_set_text(proof, "signature", signature_name(known->signature));
	json_set_text(proof, "labels", known->n_gaps ? "gap" : known->n_hashes ? "by-hash" : "unbroken");
	json_set_bool(proof, "proved", is_signed && known->n_gaps == 0);
	json_append(rec->proofs, proof);
}

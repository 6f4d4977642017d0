/* The header of a sealed file: composed from format/ (grammar, label, record) and libsodium. */
#include "library/envelope.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define RECORD_FORMAT 1
#define RECORD_INFO   "classd/v1/record"
#define RECORD_AD     "classd-label-v1\n"
#define COMMIT_TAG    "classd-commit-v1"
#define SCOPE_TAG     "classd-scope-v1"
#define OURS	      "classd/"
#define LABEL_FAMILY  "classd/label/"
#define BODY_MAX      ((size_t)64 * 1024)

const char *envelope_outcome_text(int outcome)
{
	static const char *const texts[] = {
	    [ENVELOPE_NOT_AGE] = "not an age file",
	    [ENVELOPE_FOREIGN] = "an age file that was not sealed here",
	    [ENVELOPE_NEWER] = "sealed by a newer version of this program",
	    [ENVELOPE_CUT] = "damaged: the file ends within its header",
	    [ENVELOPE_TOO_LARGE] = "the header is larger than we accept",
	    [ENVELOPE_MALFORMED] = "damaged: the header breaks its grammar",
	    [ENVELOPE_NO_KEY] = "not sealed to this key",
	    [ENVELOPE_HEADER_DAMAGED] = "damaged or altered: the header's check value is wrong",
	    [ENVELOPE_RECORD_DAMAGED] = "damaged or altered: the sealed record does not open",
	    [ENVELOPE_RECORD_MALFORMED] = "the sealed record or the label in it breaks its rules",
	    [ENVELOPE_LABEL_MISMATCH] = "the label contradicts the header or the record",
	    [ENVELOPE_CONTENT_CUT] = "damaged: the content ends where none can end",
	    [ENVELOPE_CONTENT_TOO_LARGE] = "the content is larger than we accept",
	};

	return outcome > 0 && (size_t)outcome < array_n(texts) ? texts[outcome] : "no error";
}

static int outcome_of_age(int bad)
{
	static const int outcomes[] = {
	    [AGE_NOT_AGE] = ENVELOPE_NOT_AGE,	  [AGE_NEWER] = ENVELOPE_NEWER,		[AGE_CUT] = ENVELOPE_CUT,
	    [AGE_TOO_LARGE] = ENVELOPE_TOO_LARGE, [AGE_MALFORMED] = ENVELOPE_MALFORMED,
	};

	return bad <= 0 ? bad : outcomes[bad];
}

/* Of a header that was parsed: what concerns whole small files and passphrases does not come up. */
static int outcome_of_identity(int bad)
{
	static const int outcomes[] = {
	    [IDENTITY_MALFORMED] = ENVELOPE_MALFORMED,
	    [IDENTITY_NOT_FOR_US] = ENVELOPE_NO_KEY,
	    [IDENTITY_DAMAGED] = ENVELOPE_HEADER_DAMAGED,
	};

	return bad <= 0 ? bad : outcomes[bad];
}

/* Of record and label, which a newer version may have written too. */
static int outcome_of_record(int bad)
{
	return bad <= 0 ? bad : bad == SEALED_RECORD_NEWER ? ENVELOPE_NEWER : ENVELOPE_RECORD_MALFORMED;
}

static int outcome_of_label(int bad)
{
	return bad <= 0 ? bad : bad == LABEL_NEWER ? ENVELOPE_NEWER : ENVELOPE_RECORD_MALFORMED;
}

static bool type_starts(const struct age_stanza *s, const char *start)
{
	size_t n = strlen(start);

	return s->args[0].n >= n && memcmp(s->args[0].at, start, n) == 0;
}

static bool is_type(const struct age_stanza *s, const char *type)
{
	return bytes_equal_text(s->args[0], type);
}

static bool is_zero(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.at[i])
			return false;
	return true;
}

/* Exactly one label, first; behind it recipients and at most one pad; nothing of ours that we do not know. */
static int check_stanzas(const struct age_header *h)
{
	const struct age_stanza *first = &h->stanzas[0];
	size_t n_pads = 0;
	bool ours = false;

	for (size_t i = 0; i < h->n_stanzas; i++)
		ours |= type_starts(&h->stanzas[i], OURS);
	if (!ours)
		return ENVELOPE_FOREIGN;
	if (!is_type(first, LABEL_STANZA))
		return type_starts(first, LABEL_FAMILY) ? ENVELOPE_NEWER : ENVELOPE_MALFORMED;
	for (size_t i = 1; i < h->n_stanzas; i++) {
		if (is_type(&h->stanzas[i], LABEL_STANZA))
			return ENVELOPE_MALFORMED;
		if (is_type(&h->stanzas[i], LABEL_PAD)) {
			if (++n_pads > 1 || !is_zero(h->stanzas[i].body))
				return ENVELOPE_MALFORMED;
		} else if (type_starts(&h->stanzas[i], OURS)) {
			return ENVELOPE_NEWER;
		}
	}
	return first->body.n > BODY_MAX ? ENVELOPE_TOO_LARGE : 0;
}

static int parse_ours(struct bytes start, struct envelope *e)
{
	int bad = check_stanzas(&e->header);

	if (bad)
		return bad;
	bad = label_args_parse(&e->header.stanzas[0], &e->args);
	if (bad)
		return bad == LABEL_NEWER ? ENVELOPE_NEWER : ENVELOPE_MALFORMED;
	e->payload_at = e->header.length + AGE_NONCE;
	if (e->payload_at % ENVELOPE_ALIGN != 0)
		return ENVELOPE_MALFORMED;
	if (start.n < e->payload_at)
		return ENVELOPE_CUT;
	memcpy(e->nonce, start.at + e->header.length, AGE_NONCE);
	return 0;
}

int envelope_parse(struct bytes start, struct envelope *ret)
{
	int bad;

	*ret = (struct envelope){0};
	bad = outcome_of_age(age_header_parse(start, &ret->header));
	if (bad)
		return bad;
	bad = parse_ours(start, ret);
	if (bad)
		envelope_done(ret);
	return bad;
}

void envelope_done(struct envelope *e)
{
	age_header_done(&e->header);
	*e = (struct envelope){0};
}

int envelope_unlock(const struct envelope *e, const struct secret *identity, struct secret **ret_file_key)
{
	return outcome_of_identity(identity_open_header(&e->header, identity, ret_file_key));
}

int envelope_check(const struct envelope *e, const struct secret *file_key)
{
	return outcome_of_identity(identity_check_header(&e->header, file_key));
}

/* What the sealed record is bound to: the exact clear line. */
static int record_ad(struct bytes line, struct buffer *ret)
{
	buffer_add_text(ret, RECORD_AD);
	buffer_add_bytes(ret, line);
	return buffer_check(ret);
}

static int record_key(const struct secret *file_key, struct secret **ret)
{
	return hkdf_sha256(file_key, (struct bytes){0}, bytes_of_text(RECORD_INFO), AEAD_KEY, ret);
}

static int open_list(const struct age_stanza *s, const struct secret *file_key, struct buffer *ret)
{
	OWNED(secret) struct secret *key = NULL;
	OWN_BUFFER struct buffer ad = {0};
	struct cursor c = cursor_of(s->body);
	uint8_t format = cursor_u8(&c);
	struct bytes nonce = cursor_take(&c, XCHACHA_NONCE);
	int bad;

	if (!c.bad && format != RECORD_FORMAT)
		return ENVELOPE_NEWER;
	if (c.bad)
		return ENVELOPE_RECORD_MALFORMED;
	TRY(record_key(file_key, &key));
	TRY(record_ad(s->line, &ad));
	bad = aead_xopen(&(struct aead){key, nonce.at, buffer_bytes(&ad)}, bytes_of(c.at, c.left), ret);
	return bad > 0 ? ENVELOPE_RECORD_DAMAGED : bad;
}

void envelope_commitment(const uint8_t salt[SEALED_SALT], const uint8_t content_digest[32], uint8_t ret[32])
{
	const struct bytes parts[] = {bytes_of_text(COMMIT_TAG), {salt, SEALED_SALT}, {content_digest, 32}};

	sha256_of_parts(parts, array_n(parts), ret);
}

int envelope_scope_hash(const struct sealed_record *r, uint8_t ret[32])
{
	OWN_BUFFER struct buffer scope = {0};

	sealed_record_scope_bytes(r, &scope);
	TRY(buffer_check(&scope));
	sha256_of_parts(
	    (const struct bytes[]){bytes_of_text(SCOPE_TAG), {r->salt, sizeof(r->salt)}, buffer_bytes(&scope)}, 3, ret);
	return 0;
}

void envelope_label_hash(struct bytes label_text, uint8_t ret[32])
{
	sha256_of(label_text, ret);
}

static bool is_hex_of(const char *hex, const uint8_t hash[32])
{
	char text[65];

	text_hex(hash, 32, text);
	return text_equal(hex, text);
}

/* The label, which a person signs, commits to the content and scope that the record names. */
static int check_bound(const struct label *l, const struct sealed_record *r)
{
	uint8_t hash[32];

	envelope_commitment(r->salt, r->digest, hash);
	if (!is_hex_of(l->commit, hash))
		return ENVELOPE_LABEL_MISMATCH;
	if (r->n_scope == 0)
		return l->scope ? ENVELOPE_LABEL_MISMATCH : 0;
	TRY(envelope_scope_hash(r, hash));
	return is_hex_of(l->scope, hash) ? 0 : ENVELOPE_LABEL_MISMATCH;
}

/* record and label out of the list of a content, both checked. */
static int parse_content(struct bytes list, struct sealed_record *record, struct label *label)
{
	int bad = outcome_of_record(sealed_record_parse(list, record));

	if (!bad)
		bad = outcome_of_label(label_parse(record->label, label));
	return bad ? bad : check_bound(label, record);
}

int envelope_open(const struct envelope *e, const struct secret *file_key, struct envelope_content *ret)
{
	struct envelope_content c = {0};
	int bad = envelope_check(e, file_key);

	if (!bad)
		bad = open_list(&e->header.stanzas[0], file_key, &c.list);
	if (!bad)
		bad = parse_content(buffer_bytes(&c.list), &c.record, &c.label);
	if (!bad && !label_args_match(&e->args, &c.label))
		bad = ENVELOPE_LABEL_MISMATCH;
	if (bad) {
		envelope_content_done(&c);
		return bad;
	}
	*ret = c;
	return 0;
}

void envelope_content_done(struct envelope_content *c)
{
	label_done(&c->label);
	if (c->list.at)
		wipe(c->list.at, c->list.n); /* names and titles */
	buffer_done(&c->list);
	*c = (struct envelope_content){0};
}

int envelope_new_file_key(struct secret **ret)
{
	return secret_new_random(AGE_FILE_KEY, ret);
}

int envelope_payload_key(const struct envelope *e, const struct secret *file_key, struct secret **ret)
{
	return identity_payload_key(file_key, e->nonce, ret);
}

int envelope_payload_key_of(struct bytes header_and_nonce, const struct secret *file_key, struct secret **ret)
{
	if (header_and_nonce.n < AGE_NONCE)
		return FAULT(EINVAL, "header of %zu bytes", header_and_nonce.n);
	return identity_payload_key(file_key, header_and_nonce.at + header_and_nonce.n - AGE_NONCE, ret);
}

static int write_label(const struct envelope_plan *p, struct bytes line, struct buffer *ret)
{
	OWNED(secret) struct secret *key = NULL;
	OWN_BUFFER struct buffer ad = {0};
	OWN_BUFFER struct buffer body = {0};
	uint8_t nonce[XCHACHA_NONCE];

	random_bytes(nonce, sizeof(nonce));
	buffer_u8(&body, RECORD_FORMAT);
	buffer_add(&body, nonce, sizeof(nonce));
	TRY(record_key(p->file_key, &key));
	TRY(record_ad(line, &ad));
	TRY(aead_xseal(&(struct aead){key, nonce, buffer_bytes(&ad)}, p->record, &body));
	age_write_stanza(ret, line, buffer_bytes(&body));
	return buffer_check(ret);
}

static int write_recipients(const struct envelope_plan *p, struct buffer *ret)
{
	for (size_t i = 0; i < p->n_recipients; i++) {
		int bad = outcome_of_identity(identity_wrap(&p->recipients[i], p->file_key, ret));

		if (bad)
			return bad;
	}
	return 0;
}

/* The clear line of a record that is fit to be sealed. */
static int plan_line(const struct envelope_plan *p, struct buffer *ret)
{
	struct sealed_record record;
	struct label label = {0};
	struct label_args args;
	char key_id[9];
	int bad = parse_content(p->record, &record, &label);

	if (!bad) {
		identity_key_id(&p->recipients[0], key_id);
		label_args_from(&label, key_id, p->level_hidden, &args);
		bad = outcome_of_label(label_args_format(&args, ret));
	}
	label_done(&label);
	return bad;
}

static int write_stanzas(const struct envelope_plan *p, struct buffer *ret)
{
	OWN_BUFFER struct buffer line = {0};
	int bad = plan_line(p, &line);

	age_write_begin(ret);
	if (!bad)
		bad = write_label(p, buffer_bytes(&line), ret);
	return bad ? bad : write_recipients(p, ret);
}

int envelope_write(const struct envelope_plan *p, struct buffer *ret)
{
	uint8_t nonce[AGE_NONCE];
	int bad;

	if (p->n_recipients == 0 || p->n_recipients > ENVELOPE_RECIPIENTS_MAX || ret->n ||
	    secret_length(p->file_key) != AGE_FILE_KEY)
		return FAULT(EINVAL, "plan of a header with %zu recipients", p->n_recipients);
	bad = write_stanzas(p, ret);
	if (bad)
		return bad;
	age_write_pad(ret, LABEL_PAD, ENVELOPE_ALIGN);
	TRY(identity_finish_header(p->file_key, ret));
	random_bytes(nonce, sizeof(nonce));
	buffer_add(ret, p->nonce ? p->nonce : nonce, sizeof(nonce));
	TRY(buffer_check(ret));
	return ret->n > AGE_HEADER_MAX ? ENVELOPE_TOO_LARGE : 0;
}

/*
 * The label: the canonical text that a responsible person signs, the clear
 * argument line that repeats a part of it in the file's header, and the issue
 * text. One key a line in fixed order, "key value" LF, unknown = "-", UTF-8.
 * Equal labels have equal bytes. Layout: classd-sealed(7).
 */
#ifndef FORMAT_LABEL_H
#define FORMAT_LABEL_H

#include "format/age.h"

#define LABEL_TEXT_MAX	((size_t)8192)
#define LABEL_LINE_MAX	((size_t)1024) /* one value */
#define LABEL_TOKEN_MAX ((size_t)96)   /* a token: printable ASCII without space */
#define LABEL_HASH_HEX	((size_t)64)   /* SHA-256 in lower-case hexadecimal, as sha256sum prints it */
#define LABEL_STANZA	"classd/label/v1"
#define LABEL_PAD	"classd/pad"
#define LABEL_SUITE	"1"
#define LABEL_NAMESPACE "label@classd"
#define ISSUE_NAMESPACE "issue@classd"
#define SET_NAMESPACE	"set@classd" /* a text that names the labels of decisions made in one go */

enum label_outcome {
	LABEL_TOO_LARGE = 1,
	LABEL_NEWER,	 /* another version of the text or of the suite */
	LABEL_MALFORMED, /* key missing, twice, unknown or out of order; a value that breaks its rule */
};

/* NULL is unknown ("-"). Whoever fills a label to format it lends the strings; a parsed label owns them (memory). */
struct label {
	const char *record;	/* UUID, lower case; required */
	uint64_t version;	/* from 1, +1 for every change of the label; required */
	uint64_t content;	/* from 1, +1 for every new content; required */
	const char *previous;	/* hash of the text of the label before this one */
	const char *state;	/* draft, proposed, decided; required */
	const char *regime;	/* state-secret, work-secret, other-protected, none */
	const char *level;	/* token: the level decided (or proposed, as state says) */
	const char *protection; /* token: the level whose key seals the file; required */
	const char
	    *term; /* a rule, never a computed date: "P10Y from issue", "until 2036-03-01", "event …", "long-term" */
	const char *basis;	 /* "item@version", "source NUMBER", "unclear matter", "no authority" */
	const char *scope;	 /* hash, see envelope_scope_hash() */
	const char *type;	 /* token: document type */
	const char *responsible; /* token: person */
	const char *role;	 /* token: kind of the appointment decided under */
	const char *drafter;	 /* token: person */
	const char *pack;	 /* token: policy pack and version, "cn@2026.1" */
	const char *decided;	 /* "2026-03-01" or "2026-03-01T08:30:00Z" */
	const char *commit;	 /* hash, see envelope_commitment(); required */
	char *memory;
};

/* Appends the text, or LABEL_MALFORMED when a value breaks its rule (then nothing is appended) or ENOMEM. */
int label_format(const struct label *l, struct buffer *ret) MUST_CHECK;
int label_parse(struct bytes text, struct label *ret) MUST_CHECK;
void label_done(struct label *l);
/* The key whose value label_format() would refuse first, or NULL: for messages. */
const char *label_first_wrong(const struct label *l);

/* The document went out. Sealed beside the label, so that issuing never touches label or content. */
struct issue_text {
	const char *label;  /* hash of the label's text; required */
	const char *number; /* document number, one line; required */
	const char *date;   /* "2026-03-01"; required */
	uint64_t copies;    /* at least 1 */
	char *memory;
};

int issue_format(const struct issue_text *i, struct buffer *ret) MUST_CHECK;
int issue_parse(struct bytes text, struct issue_text *ret) MUST_CHECK;
void issue_done(struct issue_text *i);

/* "-> classd/label/v1 <record> <version> <level> <policy> <key id> <suite>": readable without a key. It is
 * authenticated by the header MAC and is associated data of the sealed record. */
struct label_args {
	char record[37];
	uint64_t version;
	char level[LABEL_TOKEN_MAX + 1];  /* the label's protection level, or "-" where the policy hides it */
	char policy[LABEL_TOKEN_MAX + 1]; /* the label's pack, or "-" */
	char key_id[9];			  /* 8 hexadecimal digits, see identity_key_id() */
};

int label_args_format(const struct label_args *a, struct buffer *ret) MUST_CHECK; /* the whole line with LF */
int label_args_parse(const struct age_stanza *s, struct label_args *ret) MUST_CHECK;
/* Fills args from the label; level_hidden puts "-". The label must be one that label_format() accepts. */
void label_args_from(const struct label *l, const char key_id[9], bool level_hidden, struct label_args *ret);
/* What the clear line says is what the label says. */
bool label_args_match(const struct label_args *a, const struct label *l);

#endif

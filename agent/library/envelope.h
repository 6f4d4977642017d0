/*
 * The header of a sealed file: a valid age header whose first stanza carries
 * the label in clear and the sealed record encrypted. Byte layout and rules:
 * classd-sealed(7). The payload behind it is library/crypto's business.
 *
 * The sealer writes headers (it has the file key) and payload; the keeper gets
 * a header, holds the level key and gives the file key back; whoever has the
 * file key reads the record. Nothing of a header may be believed before
 * envelope_unlock() or envelope_check() said 0.
 */
#ifndef LIBRARY_ENVELOPE_H
#define LIBRARY_ENVELOPE_H

#include "format/label.h"
#include "format/sealed_record.h"
#include "library/identity.h"

#define ENVELOPE_ALIGN		((size_t)4096)
#define ENVELOPE_RECIPIENTS_MAX 16

/* Each names the layer that refused; envelope_outcome_text() says it to people. */
enum envelope_outcome {
	ENVELOPE_NOT_AGE = 1,	   /* not an age file */
	ENVELOPE_FOREIGN,	   /* an age file without our label */
	ENVELOPE_NEWER,		   /* made by a newer version */
	ENVELOPE_CUT,		   /* ends within the header */
	ENVELOPE_TOO_LARGE,	   /* beyond a limit */
	ENVELOPE_MALFORMED,	   /* header grammar, label line or recipients */
	ENVELOPE_NO_KEY,	   /* not sealed to this key */
	ENVELOPE_HEADER_DAMAGED,   /* header MAC */
	ENVELOPE_RECORD_DAMAGED,   /* tag of the sealed record */
	ENVELOPE_RECORD_MALFORMED, /* sealed record or label text inside it */
	ENVELOPE_LABEL_MISMATCH,   /* the label inside differs from the clear line, or does not commit to the record */
	ENVELOPE_CONTENT_CUT,	   /* for who knows the file's length: no content has a payload of that length */
	ENVELOPE_CONTENT_TOO_LARGE,
};

const char *envelope_outcome_text(int outcome);

/* A parsed header. The bytes it was parsed from must outlive it. */
struct envelope {
	struct age_header header;
	struct label_args args;	  /* clear label */
	uint8_t nonce[AGE_NONCE]; /* of the payload */
	size_t payload_at;	  /* offset of chunk 0: header and nonce */
};

/* start: first bytes of the file, up to AGE_HEADER_MAX + AGE_NONCE. ENVELOPE_CUT when more are needed (and exist). */
int envelope_parse(struct bytes start, struct envelope *ret) MUST_CHECK;
void envelope_done(struct envelope *e);
/* The file key, by an identity that one of the recipients is; the header MAC is verified. */
int envelope_unlock(const struct envelope *e, const struct secret *identity, struct secret **ret_file_key) MUST_CHECK;
/* For a holder of the file key: the header MAC. */
int envelope_check(const struct envelope *e, const struct secret *file_key) MUST_CHECK;

/* What is inside the label stanza. list owns the bytes that record and label borrow. */
struct envelope_content {
	struct buffer list;
	struct sealed_record record;
	struct label label;
};

/* Verifies the MAC, opens the record, parses the label, holds it against the clear line and its commit and scope
 * against the record. Signatures (library/signature) and the content's digest are the caller's business. */
int envelope_open(const struct envelope *e, const struct secret *file_key, struct envelope_content *ret) MUST_CHECK;
void envelope_content_done(struct envelope_content *c);

/* A header to write. */
struct envelope_plan {
	const struct secret *file_key;	    /* 16 bytes */
	struct bytes record;		    /* sealed_record_format() */
	const struct recipient *recipients; /* level key first, then escrow */
	size_t n_recipients;		    /* 1 to ENVELOPE_RECIPIENTS_MAX */
	const uint8_t *nonce; /* NULL: fresh payload; else rewrap: the nonce of the payload that is kept */
	bool level_hidden;    /* policy hides the level in the clear line */
};

/* Appends header and nonce to ret (which is empty): a multiple of ENVELOPE_ALIGN; the payload follows. The key id in
 * the clear line is that of the first recipient. Outcome ENVELOPE_RECORD_MALFORMED or _TOO_LARGE: the plan's fault. */
int envelope_write(const struct envelope_plan *p, struct buffer *ret) MUST_CHECK;
/* A fresh file key: 16 random bytes. */
int envelope_new_file_key(struct secret **ret) MUST_CHECK;
int envelope_payload_key(const struct envelope *e, const struct secret *file_key, struct secret **ret) MUST_CHECK;
/* The payload key of a header that envelope_write() just made. */
int envelope_payload_key_of(struct bytes header_and_nonce, const struct secret *file_key,
			    struct secret **ret) MUST_CHECK;

/* SHA-256("classd-commit-v1" || salt || SHA-256(content)): the label's commit, checkable with sha256sum. */
void envelope_commitment(const uint8_t salt[SEALED_SALT], const uint8_t content_digest[32], uint8_t ret[32]);
/* SHA-256("classd-scope-v1" || salt || scope entry of the record): the label's scope. */
int envelope_scope_hash(const struct sealed_record *r, uint8_t ret[32]) MUST_CHECK;
/* SHA-256 of a label's text, which names it: previous, issue. */
void envelope_label_hash(struct bytes label_text, uint8_t ret[32]);

#endif

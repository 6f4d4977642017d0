/*
 * X25519 identities as age writes them (age1…, AGE-SECRET-KEY-1…), the age
 * stanzas that wrap a file key to one or to a passphrase (scrypt), and small
 * whole age files in memory: level keys, escrow and machine keys at rest.
 * libsodium only, so the keeper can use it.
 */
#ifndef LIBRARY_IDENTITY_H
#define LIBRARY_IDENTITY_H

#include "format/age.h"
#include "library/sodium.h"

#define IDENTITY_TEXT	   75	     /* "AGE-SECRET-KEY-1" and 58 characters, NUL */
#define IDENTITY_LINES_MAX 1024	     /* an identity file with its comments: more is none */
#define RECIPIENT_TEXT	   63	     /* "age1" and 58 characters, NUL */
#define IDENTITY_FILE_MAX  AGE_CHUNK /* plaintext of a small age file: one chunk */

#define PASSPHRASE_LOG_N     18 /* to write with: 256 MiB and about a second */
#define PASSPHRASE_LOG_N_MAX 20 /* read and written: 1 GiB */

/* Each names the layer that refused; identity_outcome_text() says it to people. */
enum identity_outcome {
	IDENTITY_MALFORMED = 1,	   /* not such a text; a header or stanza that breaks its grammar */
	IDENTITY_MISTYPED,	   /* the checksum is wrong */
	IDENTITY_NOT_FOR_US,	   /* no stanza opens with this identity */
	IDENTITY_DAMAGED,	   /* the header's MAC is wrong */
	IDENTITY_TOO_LARGE,	   /* a header beyond our limits, or more than one chunk of payload */
	IDENTITY_PAYLOAD_DAMAGED,  /* the payload's tag is wrong, or the file ends before it */
	IDENTITY_NOT_AGE,	   /* the first line is something else */
	IDENTITY_NEWER,		   /* a version of age that we do not know */
	IDENTITY_CUT,		   /* the file ends within its header */
	IDENTITY_NOT_PASSPHRASE,   /* sealed to keys, not to a passphrase */
	IDENTITY_WRONG_PASSPHRASE, /* or its stanza was altered: the two cannot be told apart */
	IDENTITY_WORK_TOO_LARGE,   /* scrypt above PASSPHRASE_LOG_N_MAX, or without the memory for it */
};

const char *identity_outcome_text(int outcome);

struct recipient {
	uint8_t point[X25519_BYTES];
};

int identity_new(struct secret **ret) MUST_CHECK; /* 32 random bytes */
int identity_recipient(const struct secret *identity, struct recipient *ret) MUST_CHECK;
void recipient_to_text(const struct recipient *r, char ret[RECIPIENT_TEXT]);
int recipient_from_text(struct bytes text, struct recipient *ret) MUST_CHECK;
/* First 4 bytes of SHA-256 of the point in hexadecimal: which key a header asks for, without trying all. */
void identity_key_id(const struct recipient *r, char ret[9]);
/* The text is a secret of its own: "AGE-SECRET-KEY-1…" LF. */
int identity_to_text(const struct secret *identity, struct secret **ret) MUST_CHECK;
/* An identity file: the first line that begins with AGE-SECRET-KEY-1; comments and empty lines before it are skipped.
 */
int identity_from_text(struct bytes text, struct secret **ret) MUST_CHECK;

/* Stanzas. */
int identity_wrap(const struct recipient *to, const struct secret *file_key, struct buffer *header) MUST_CHECK;
/* 0; IDENTITY_NOT_FOR_US when the tag does not open; IDENTITY_MALFORMED when it is an X25519 stanza but broken. */
int identity_unwrap(const struct age_stanza *s, const struct secret *identity, struct secret **ret) MUST_CHECK;
/* Any stanza of the header, then its MAC. 0, or NOT_FOR_US, MALFORMED, DAMAGED. */
int identity_open_header(const struct age_header *h, const struct secret *identity, struct secret **ret) MUST_CHECK;
/* For a holder of the file key: 0, or IDENTITY_DAMAGED. */
int identity_check_header(const struct age_header *h, const struct secret *file_key) MUST_CHECK;
/* MAC over the header so far ("---" included) and the rest of its last line. */
int identity_finish_header(const struct secret *file_key, struct buffer *header) MUST_CHECK;
/* The key of the payload behind that nonce. */
int identity_payload_key(const struct secret *file_key, const uint8_t nonce[AGE_NONCE], struct secret **ret) MUST_CHECK;

/* A passphrase: the only recipient of its file. 0, or MALFORMED (an empty one), WORK_TOO_LARGE. */
int passphrase_wrap(const struct secret *passphrase, unsigned log_n, const struct secret *file_key,
		    struct buffer *header) MUST_CHECK;
/* The one scrypt stanza, then the header's MAC. 0, or NOT_PASSPHRASE, MALFORMED, WORK_TOO_LARGE, WRONG_PASSPHRASE,
 * DAMAGED. */
int passphrase_open_header(const struct age_header *h, const struct secret *passphrase, struct secret **ret) MUST_CHECK;
/* A passphrase beside other recipients: whoever knows it could forge files for them, so nobody opens such a header. */
bool passphrase_is_beside_others(const struct age_header *h);

/* Whole small files: `age -d -i` opens what agefile_seal() makes, agefile_open() opens what `age -r` makes. */
int agefile_seal(const struct secret *plain, const struct recipient *to, size_t n_to, struct buffer *ret) MUST_CHECK;
/* The same with stanzas of our own before those of the recipients (age_write_stanza()), which age passes over. */
struct agefile_plan {
	const struct recipient *to;
	size_t n_to;
	struct bytes stanzas;
};
int agefile_seal_plan(const struct secret *plain, const struct agefile_plan *plan, struct buffer *ret) MUST_CHECK;
int agefile_open(struct bytes file, const struct secret *identity, struct secret **ret) MUST_CHECK;
/* The same with a passphrase: `age -d` and `age -p`. log_n: PASSPHRASE_LOG_N. Both take N KiB of memory and block for
 * the time of one derivation; agefile_open_passphrase() tells WRONG_PASSPHRASE, DAMAGED and PAYLOAD_DAMAGED,
 * WORK_TOO_LARGE and NOT_PASSPHRASE apart. */
int agefile_seal_passphrase(const struct secret *plain, const struct secret *passphrase, unsigned log_n,
			    struct buffer *ret) MUST_CHECK;
int agefile_open_passphrase(struct bytes file, const struct secret *passphrase, struct secret **ret) MUST_CHECK;

#endif

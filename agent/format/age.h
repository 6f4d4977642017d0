/*
 * The age v1 file format (age-encryption.org/v1, C2SP "age"): header grammar,
 * the bytes under its MAC, and the arithmetic of the STREAM payload. Bytes
 * only: keys and ciphers are in library/.
 *
 *   file    = header nonce[16] chunk*
 *   header  = "age-encryption.org/v1" LF stanza+ "--- " base64(mac) LF
 *   stanza  = "-> " arg *(" " arg) LF body          (body: 64 columns, last line shorter)
 *   chunk   = 64 KiB ciphertext + 16 byte tag; the last one 1 to 64 KiB, 0 only in an empty file
 */
#ifndef FORMAT_AGE_H
#define FORMAT_AGE_H

#include "base/bytes.h"

/* Limits of ours; age has none. */
#define AGE_HEADER_MAX	((size_t)256 * 1024)
#define AGE_STANZAS_MAX 64
#define AGE_ARGS_MAX	16
#define AGE_ARG_MAX	1024
#define AGE_PAYLOAD_MAX (UINT64_C(1) << 40) /* plaintext bytes */

#define AGE_FILE_KEY	 ((size_t)16)
#define AGE_MAC		 ((size_t)32)
#define AGE_NONCE	 ((size_t)16)
#define AGE_CHUNK	 ((size_t)65536)
#define AGE_TAG		 ((size_t)16)
#define AGE_SEALED_CHUNK (AGE_CHUNK + AGE_TAG)
#define AGE_STREAM_NONCE ((size_t)12)

enum age_outcome {
	AGE_NOT_AGE = 1, /* the first line is something else */
	AGE_NEWER,	 /* age, but a version that we do not know */
	AGE_CUT,	 /* ends within the header: more bytes may help */
	AGE_TOO_LARGE,	 /* beyond a limit above */
	AGE_MALFORMED,	 /* breaks the grammar */
};

struct age_stanza {
	size_t n_args;
	struct bytes args[AGE_ARGS_MAX]; /* args[0] is the type; borrowed from the parsed bytes */
	struct bytes line; /* the whole argument line from "-> " to its LF; borrowed from the parsed bytes */
	struct bytes body; /* decoded; owned by the header */
};

struct age_header {
	size_t n_stanzas;
	struct age_stanza stanzas[AGE_STANZAS_MAX];
	struct bytes mac_input; /* first byte up to and including "---"; borrowed */
	uint8_t mac[AGE_MAC];
	size_t length; /* header bytes; the nonce begins here */
	uint8_t *bodies;
};

/* start: the beginning of a file (at most AGE_HEADER_MAX bytes are looked at), which must outlive ret.
 * An age_outcome, or the fault ENOMEM. On an outcome ret is empty. */
int age_header_parse(struct bytes start, struct age_header *ret) MUST_CHECK;
void age_header_done(struct age_header *h);
const char *age_outcome_text(int outcome);

/* Writing: begin, stanzas, (pad,) end, then the MAC over what the buffer holds from its first byte, then the nonce. */
void age_write_begin(struct buffer *to);
/* line: the whole argument line, "-> type arg…" LF. */
void age_write_stanza(struct buffer *to, struct bytes line, struct bytes body);
/* A stanza "-> type x…" of zero bytes so that header plus nonce end on a multiple of align (a power of two >= 512). */
void age_write_pad(struct buffer *to, const char *type, size_t align);
void age_write_end(struct buffer *to); /* "---" */
void age_write_mac(struct buffer *to, const uint8_t mac[AGE_MAC]);

/* The payload (everything behind the nonce). */
void age_chunk_nonce(uint64_t index, bool last, uint8_t ret[AGE_STREAM_NONCE]);
uint64_t age_chunk_count(uint64_t plain_length);    /* at least 1 */
uint64_t age_payload_length(uint64_t plain_length); /* ciphertext with tags */
/* Of so many payload bytes; false when no plaintext has that payload length (cut inside a tag, empty last chunk). */
bool age_plain_length(uint64_t payload_length, uint64_t *ret);

#endif

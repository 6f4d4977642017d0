/*
 * The journal: state/journal/entries, one canonical JSON line an entry, at
 * most 16 KiB (security.md 5.2), each naming the SHA-256 of the line before
 * ("prev", hex, without the newline; the first names 64 zeros). Appending only fills a buffer;
 * journal_sync() makes it durable. A crash may leave the last write in part:
 * an incomplete last line, or sectors of zeros within JOURNAL_BATCH before the
 * end. It is cut off at opening, because nobody was told of it (what stood
 * behind a hole is kept as journal/torn.OFFSET); anything else that does not
 * fit is damage and is shown, never repaired.
 */
#ifndef REGISTRAR_JOURNAL_H
#define REGISTRAR_JOURNAL_H

#include "library/chain.h"
#include "library/sodium.h"
#include "system/files.h"

#define JOURNAL_LINE_MAX CHAIN_LINE_MAX
#define JOURNAL_RESERVE	 (UINT64_C(4) << 20) /* bytes of disk kept allocated beyond the end */
#define JOURNAL_BATCH	 (UINT64_C(4) << 20) /* bytes written at most before a sync */

struct journal;

enum journal_outcome {
	JOURNAL_DAMAGED = 1, /* chain, number or form of an entry is wrong */
	JOURNAL_FULL,	     /* no space, or not writable: nothing was added */
	JOURNAL_TOO_LONG,    /* the entry is above 16 KiB or could not be formed */
	JOURNAL_STOP,	     /* the reader's callback ended the reading */
};

/* What the journal writes into every entry besides what it is given. */
struct journal_stamp {
	const char *boot; /* short boot id */
	uint64_t mono_ms; /* boot time */
	const char *time; /* RFC 3339, UTC */
};

/*
 * dir: the state directory; "journal/entries" is made in it when missing. Cuts off a torn last line and looks at the
 * last entry; the whole chain is journal_verify()'s. 0; JOURNAL_DAMAGED (opened for reading only); or a fault.
 */
int journal_open(const struct files *files, int dir, struct journal **ret) MUST_CHECK;
void journal_close(struct journal *j);
DEFINE_OWNED(journal, struct journal, journal_close);

/* Takes entry, adds boot, mono, prev, seq and t. ret: the entry as it is written. */
int journal_append(struct journal *j, struct json *entry, const struct journal_stamp *stamp,
		   struct json **ret) MUST_CHECK;
void journal_take_back(struct journal *j); /* forgets the last append; at most one, before anything else */
void journal_forget(struct journal *j);	   /* everything since the last sync */
/* Writes and syncs. JOURNAL_FULL: everything since the last sync is forgotten and the file is as it was. */
int journal_sync(struct journal *j) MUST_CHECK;

uint64_t journal_size(const struct journal *j);				    /* entries, with those not yet synced */
uint64_t journal_durable(const struct journal *j);			    /* entries synced */
void journal_last(const struct journal *j, char ret[2 * SHA256_BYTES + 1]); /* hash of the last entry, hex */
const char *journal_last_time(const struct journal *j);			    /* "" when empty */
const char *journal_last_boot(const struct journal *j);
uint64_t journal_last_mono(const struct journal *j);

/* Durable entries after number `after`. line is without newline. What the callback returns other than 0 ends it:
 * faults are passed on, anything positive is JOURNAL_STOP. */
typedef int (*journal_entry_fn)(uint64_t seq, struct bytes line, struct json_view entry, void *arg);
int journal_read(struct journal *j, uint64_t after, journal_entry_fn entry, void *arg) MUST_CHECK;

/* The same in parts, from the first entry on, with the chain followed: where it stands, and what is wrong with the entry
 * behind that (NULL: nothing). Begin with .tip = chain_start. */
struct journal_walk {
	uint64_t offset;
	struct chain tip;
	const char *why;
};
/* On by so many bytes. 0: there may be more; JOURNAL_STOP: the durable end is reached; JOURNAL_DAMAGED; or what the
 * callback returned. */
int journal_walk(struct journal *j, struct journal_walk *at, uint64_t bytes, journal_entry_fn entry,
		 void *arg) MUST_CHECK;

uint64_t journal_torn(const struct journal *j); /* bytes cut off at opening */

/* For a copy of the file: its durable bytes, and n of them from `at` on (which must lie before that end). */
uint64_t journal_bytes(const struct journal *j);
int journal_read_bytes(struct journal *j, uint64_t at, uint8_t *ret, size_t n) MUST_CHECK;
/* Hash of the last durable entry, hex. */
void journal_durable_hash(const struct journal *j, char ret[2 * SHA256_BYTES + 1]);

struct journal_verdict {
	uint64_t entries;   /* whole and in the chain, from the first on */
	uint64_t first_bad; /* 0: none */
	char hash[2 * SHA256_BYTES + 1];
	char detail[128]; /* what is wrong with the first bad one; "" */
};
int journal_verify(struct journal *j, struct journal_verdict *ret) MUST_CHECK;

#endif

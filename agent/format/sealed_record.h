/*
 * The sealed record: what rides encrypted in the label stanza of a sealed
 * file, enough to rebuild the record from the file alone. A list of
 * (type u16, length u32, value), types strictly ascending; an unknown even
 * type is refused, an unknown odd one ignored.
 */
#ifndef FORMAT_SEALED_RECORD_H
#define FORMAT_SEALED_RECORD_H

#include "base/bytes.h"

#define SEALED_RECORD_MAX     ((size_t)64 * 1024 - 64) /* with its frame the stanza body stays under 64 KiB */
#define SEALED_SIGNATURES_MAX 8
#define SEALED_SCOPE_MAX      512
#define SEALED_PREVIOUS_MAX   16
#define SEALED_SALT	      ((size_t)32)
#define SEALED_ATTRIBUTES_MAX ((size_t)16 * 1024) /* all extended attributes of a file, as they stand in the list */
#define SEALED_FILE_MAX	      ((size_t)6 * 1024)  /* the part about the file that is written: it is journalled, too */

enum sealed_record_outcome {
	SEALED_RECORD_MALFORMED = 1,
	SEALED_RECORD_TOO_LARGE,
	SEALED_RECORD_NEWER,   /* an even type that we do not know */
	SEALED_RECORD_MISSING, /* label, salt, digest or length is not there */
};

/* What the file was when it was sealed; given back at unseal. */
struct sealed_file_facts {
	uint32_t mode; /* permission bits */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
};

/* All bytes are borrowed: from the caller when formatting, from the parsed bytes after parsing. n == 0 is absent. */
struct sealed_record {
	struct bytes label; /* label text; required */
	size_t n_signatures;
	struct bytes signatures[SEALED_SIGNATURES_MAX]; /* deciders' SSHSIG blobs over the label text, first to last */
	struct bytes drafter_signature;			/* SSHSIG blob over the label text */
	uint8_t salt[SEALED_SALT];			/* of commitment and scope hash; required */
	uint8_t digest[32];				/* SHA-256 of the content; required */
	uint64_t length;				/* bytes of the content; required */
	struct bytes name;				/* original file name, no slash, UTF-8 or not */
	size_t n_scope;
	struct bytes scope[SEALED_SCOPE_MAX]; /* who may know: "person:li", "dept:planning"; UTF-8 lines */
	size_t n_previous;
	uint8_t previous[SEALED_PREVIOUS_MAX][32]; /* hashes of earlier label texts, newest first */
	struct bytes remnant;			   /* where plaintext may have been left; one UTF-8 line */
	bool has_facts;
	struct sealed_file_facts facts;
	struct bytes acl;	      /* POSIX ACL in long text form */
	struct bytes attributes;      /* extended attributes "user.…", see sealed_attribute_add() */
	struct bytes number;	      /* record number "2026-000123" */
	struct bytes title;	      /* UTF-8 line */
	struct bytes issue;	      /* issue text */
	struct bytes issue_signature; /* SSHSIG blob over the issue text */
	struct bytes set;	      /* text that names this label among those decided in one go */
	struct bytes set_signature;   /* SSHSIG blob over it */
	struct bytes meta; /* the registrar's own form of the record (JSON), for recovery; ignored by others */
};

/* Appends the list. An outcome (nothing appended) when something required is missing or a value breaks its rule. */
int sealed_record_format(const struct sealed_record *r, struct buffer *ret) MUST_CHECK;
int sealed_record_parse(struct bytes list, struct sealed_record *ret) MUST_CHECK;
/* The part about the file alone: facts, access list, attributes. The first appends nothing when nothing is known; the
 * second is the way back, all else of ret is empty. */
int sealed_record_format_file(const struct sealed_record *r, struct buffer *ret) MUST_CHECK;
int sealed_record_parse_file(struct bytes list, struct sealed_record *ret) MUST_CHECK;
/* One extended attribute to the end of a list, whose names ascend. */
void sealed_attribute_add(struct buffer *list, struct bytes name, struct bytes value);
/* The next one of a parsed list; false: there is none. */
bool sealed_attribute_next(struct cursor *list, struct bytes *ret_name, struct bytes *ret_value);
/* The value of the scope entry as it stands in the list: what the scope hash is taken over. */
void sealed_record_scope_bytes(const struct sealed_record *r, struct buffer *ret);

#endif

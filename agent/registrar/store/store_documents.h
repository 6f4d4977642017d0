/* Where the documents of records are, as the journal has it: part of store.h. */
#ifndef REGISTRAR_STORE_DOCUMENTS_H
#define REGISTRAR_STORE_DOCUMENTS_H

#include "base/text.h"

struct json;
struct store;

/* The document of a record, as the journal has it. */
struct store_document {
	const char *number;
	uint32_t root;
	const char *path; /* relative to the root; sealed: of the sealed file */
	uint64_t dev, ino, generation, size, mtime_ns;
	const char *sha256; /* of the plaintext, hex; NULL: not known */
	uint32_t content;   /* content version, from 1 */
	bool sealed;
	bool plain;			   /* a plaintext is still beside it, or it is not sealed */
	const char *keep;		   /* name in .classd/keep; NULL */
	const char *level;		   /* sealed: whose key it is sealed to, as its clear label says; NULL */
	const char *header_mac, *last_tag; /* hex; NULL */
	const char *escrow;		   /* sealed: key id of the escrow that opens it; NULL: not known */
	const char *key_id;		   /* sealed: of that key, 8 hexadecimal digits; NULL: not known yet */
	bool stale;			   /* sealed: the record has changed since the file got its header. Read only */
	struct bytes
	    facts; /* sealed: sealed_record_format_file(); none: as it was. Not read, see store_document_facts() */
};
/* The object for entries. */
struct json *store_document_json(const struct store *s, const struct store_document *d);
typedef int (*store_document_fn)(const struct store_document *d, void *arg);
/* 0 after one callback, or STORE_NOT_FOUND. */
int store_document_of(struct store *s, const char *number, store_document_fn each, void *arg) MUST_CHECK;
/* What the plaintext was; empty: not known. */
int store_document_facts(struct store *s, const char *number, struct buffer *ret) MUST_CHECK;
int store_document_list(struct store *s, const char *after, int64_t limit, store_document_fn each,
			void *arg) MUST_CHECK;

/* Documents that are recorded to lie at that name: one, unless it changed hands. */
int store_document_at(struct store *s, uint32_t root, const char *path, store_document_fn each, void *arg) MUST_CHECK;
/* A slice of all documents, from *at on (0: the first), which it moves on (0: that was the last): those of the root (0:
 * of all) that lie sealed and whose file no row of what is seen has. */
int store_document_astray(struct store *s, uint32_t root, int64_t *at, store_document_fn each, void *arg) MUST_CHECK;
int store_document_is_stale(struct store *s, const char *number, bool *ret) MUST_CHECK; /* one that is unknown is not */
/* Those whose file has an older header than the record asks for. */
int store_document_stale(struct store *s, store_document_fn each, void *arg) MUST_CHECK;
/* Of which that is the plaintext's digest and size: a template or a copy may be of several. */
struct store_content {
	const char *sha256;
	uint64_t size;
	bool sealed; /* whether the document lies sealed */
};
int store_document_by_content(struct store *s, const struct store_content *c, store_document_fn each,
			      void *arg) MUST_CHECK;

/* Sealed to that key; only numbers after `after` (NULL: from the first). */
int store_document_of_key(struct store *s, const char *key_id, const char *after, int64_t limit, store_document_fn each,
			  void *arg) MUST_CHECK;
int store_document_count_of_key(struct store *s, const char *key_id, int64_t *ret) MUST_CHECK;
/* The sealed document that has that inode. STORE_NOT_FOUND */
int store_document_by_file(struct store *s, uint64_t dev, uint64_t ino, store_document_fn each, void *arg) MUST_CHECK;
/* root 0: all; sealed: only those. */
int store_document_count(struct store *s, uint32_t root, bool sealed, int64_t *ret) MUST_CHECK;

#endif

/*
 * The label of a record: the text that is signed, and the sealed record that
 * carries it in the file. One maker for both, so that what is signed and what
 * is sealed cannot differ.
 */
#ifndef REGISTRAR_LABELS_H
#define REGISTRAR_LABELS_H

#include "format/label.h"
#include "format/sealed_record.h"
#include "registrar/registrar.h"
#include "registrar/store/store.h"

/* The content a label speaks of. */
struct labels_content {
	uint8_t digest[SHA256_BYTES];
	uint64_t length;
	uint32_t version;   /* of the content, from 1 */
	const char *name;   /* file name of the plaintext; NULL: unknown */
	struct bytes facts; /* what it was (sealed_record_parse_file()); none: who seals it sees for himself */
	/* Of a first version that was just written, undecided: its label text and its JSON. NULL: for labels_seal() to make. */
	const char *text, *meta;
};

/* draft, proposed, decided: what a label says of a record in that state. */
const char *labels_state(enum record_state state);

/*
 * The salt of commitment and scope hash: the same for the same record, content version and digest, unknown to
 * whoever lacks the metadata key (it travels in the sealed record). Needs r->meta_key.
 */
void labels_salt(const struct registrar *r, const struct record *record, const struct labels_content *content,
		 uint8_t ret[SEALED_SALT]);

/* Appends the label text of the record as it is (version, state, values). */
int labels_text(struct registrar *r, const struct record *record, const struct labels_content *content,
		struct buffer *ret) MUST_CHECK;
/*
 * 0; an enum sealed_record_outcome: what people have entered is more than a sealed file carries; or a fault.
 * Appends the sealed record (TLV) for that content: the newest stored label with its signatures when it is of this
 * record version, else labels_text(); and the clear arguments "<uuid> <version> <level> <policy>".
 */
int labels_seal(struct registrar *r, const struct record *record, const struct labels_content *content,
		struct buffer *ret_record, struct buffer *ret_args) MUST_CHECK;
/* The file name of the plaintext of the document at path: without .age; where the sealed name is the record's number,
 * the name that the record began with. ret: malloc'ed. */
int labels_name(struct registrar *r, const char *number, const char *path, char **ret) MUST_CHECK;
/* What a record without a file is, as text: what is signed of it is the digest of that. */
void labels_description(const struct record *record, struct buffer *ret);
/* The content as the store's document row of that record has it. STORE_NOT_FOUND: no digest is known yet.
 * storage keeps the name. */
int labels_content_of(struct registrar *r, const char *number, struct labels_content *ret, char **ret_name) MUST_CHECK;

#endif

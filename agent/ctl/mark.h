/*
 * The mark inside a document, written with the caller's rights into the
 * caller's own file (plaintext or checkout). No role ever edits a document.
 */
#ifndef CTL_MARK_H
#define CTL_MARK_H

#include "base/bytes.h"

/* What a document is to carry. */
struct mark_text {
	const char *text; /* lines of UTF-8 separated by LF; "": none, what stands there is taken away */
	bool strikes;	  /* a release: the mark that stands there stays, struck through, and the text follows it */
};

enum mark_write_outcome {
	MARK_WRITE_NO_PLACE = 1, /* the format cannot carry a mark that we can write */
	MARK_WRITE_LARGE,	 /* larger than what is marked */
	MARK_WRITE_LOCKED,	 /* encrypted by its own application */
	MARK_WRITE_SIGNED,	 /* signed: any change would break the signature */
	MARK_WRITE_UNSAFE,	 /* so odd that changing it could lose something of it */
	MARK_WRITE_DAMAGED,	 /* not what it says it is, or broken */
	MARK_WRITE_OUTCOMES
};

/*
 * Puts the mark at the head of the document `name` in the held directory, in
 * place of the one that stands there. The file is written anew beside itself and exchanged, so
 * it is whole at every moment; owner, mode and extended attributes stay.
 * Writing the same mark again leaves the bytes as they are.
 */
int mark_write(int directory, const char *name, const struct mark_text *mark) MUST_CHECK;
/* The same with the bytes of a document: appends the marked one. MARK_WRITE_SAME: it is marked like that already. */
int mark_bytes(struct bytes document, const struct mark_text *mark, struct buffer *ret) MUST_CHECK;

/* The same way for any change of a document's bytes. edit appends what the document becomes, or gives an outcome
 * (MARK_WRITE_SAME: it stays). */
typedef int (*document_edit_fn)(struct bytes document, const void *own, struct buffer *ret);
int document_edit(int directory, const char *name, document_edit_fn edit, const void *own) MUST_CHECK;

/* 0: it carries exactly this mark; MARK_WRITE_MISSING: it could and does not; why it cannot; or a fault. */
enum { MARK_WRITE_MISSING = MARK_WRITE_OUTCOMES, MARK_WRITE_SAME };
int mark_look(struct bytes document, const struct mark_text *mark) MUST_CHECK;
/* The word of that outcome for the agent: "format" "size" "encryption" "signature" "structure" "damage". */
const char *mark_outcome_word(int outcome);

#endif

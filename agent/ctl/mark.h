/*
 * The mark inside a document, written with the caller's rights into the
 * caller's own file (plaintext or checkout). No role ever edits a document.
 */
#ifndef CTL_MARK_H
#define CTL_MARK_H

#include "base/bytes.h"

enum mark_write_outcome {
	MARK_WRITE_NO_PLACE = 1, /* the format cannot carry a mark that we can write */
	MARK_WRITE_DAMAGED,	 /* not what it says it is, or broken */
};

/*
 * Puts the mark at the head of the document `name` in the held directory, in
 * place of the one that stands there. mark: lines of UTF-8 separated by LF; ""
 * takes the mark away. The file is written anew beside itself and exchanged, so
 * it is whole at every moment; owner, mode and extended attributes stay.
 * Writing the same mark again leaves the bytes as they are.
 */
int mark_write(int directory, const char *name, const char *mark) MUST_CHECK;

/* 1: a document that could carry this mark and does not; 0; or a fault. */
int mark_is_missing(struct bytes document, const char *mark) MUST_CHECK;

#endif

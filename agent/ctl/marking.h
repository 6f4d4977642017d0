/* The right mark in the right bytes: asked from the agent, written here, and their digest for the signature. */
#ifndef CTL_MARKING_H
#define CTL_MARKING_H

#include "ctl/document.h"
#include "ctl/mark.h"

/* The mark that the agent wants on a document. */
struct wanted {
	char *words; /* owned; what mark.text borrows */
	struct mark_text mark;
};
void wanted_done(struct wanted *w);
#define OWN_WANTED __attribute__((cleanup(wanted_done)))

struct mark_of {
	struct json *fields; /* corrections, taken; NULL: as proposed, or what a release leaves */
	int64_t copy;	     /* number of the copy; 0: none */
	bool releases;	     /* the mark that deciding the release leaves, which is not decided yet */
};
int marking_ask(struct ctl *ctl, const char *number, const struct mark_of *of, struct wanted *ret) MUST_CHECK;
/* A document with its mark, or why it has none. */
struct marked {
	char digest[65]; /* hexadecimal, of the bytes as they are now */
	int unmarked;	 /* an outcome of mark.h: it cannot carry the mark; 0 */
};
/* Writes it into the file at path; one that cannot carry it is said and left. */
int marking_write(const char *path, const struct mark_text *mark, int *ret_unmarked) MUST_CHECK;
/* Where the mark cannot stand in the document the agent journals a written notice in its place. unmarked 0: nothing. */
int marking_notice(struct ctl *ctl, const char *number, int unmarked) MUST_CHECK;
/*
 * Holds the caller's own plaintext open for writing, so that the agent does not seal it before its mark is written;
 * ret_fd is closed by the caller when the mark stands (-1: nothing to hold). false: a program has it open for writing;
 * it is not marked then, for what that program saves would be lost.
 */
bool marking_hold(const struct document *d, int *ret_fd) MUST_CHECK;
/* The document gets the mark, in the caller's file where it lies in clear and else through a checkout. d->number must be known. */
int marking_apply(struct ctl *ctl, const struct document *d, const struct mark_text *mark, struct marked *ret) MUST_CHECK;

#endif

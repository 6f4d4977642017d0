/*
 * A document as a person names it: NAME, NAME.age or a record number. Names
 * become descriptors here (O_PATH, links are not followed), so the agent looks
 * at the very file that was named, and never resolves a path for us.
 */
#ifndef CTL_DOCUMENT_H
#define CTL_DOCUMENT_H

#include "ctl/command.h"

#include <sys/stat.h>

struct document {
	const char *word; /* as typed */
	char *number;	  /* NULL: not known yet */
	char *path;	  /* of the file that was found; NULL: named by number */
	int fd;		  /* O_PATH; -1: named by number */
	const char
	    *name;	/* no file has that name: it may be one that a sealed file hides, and fd is its folder; NULL */
	bool is_sealed; /* by its name */
	struct stat st;
};

/* "2026-000123" */
bool document_is_number(const char *word);
/* What the word names: usage and input errors are said. */
int document_find(const char *word, struct document *ret) MUST_CHECK;
void document_done(struct document *d);
/* The reference for the API, as member `key` of the call's parameters, with its descriptor. */
void document_refer(const struct document *d, struct call *call, const char *key);
/* Calls a method that is about that record: its parameters get the number. word NULL: about none in particular. */
int document_ask(struct ctl *ctl, const char *word, struct call *call, struct reply *ret) MUST_CHECK;
/* Asks the agent for the record; ret gets the reply of Records.Show, d its number. */
int document_show(struct ctl *ctl, struct document *d, struct reply *ret) MUST_CHECK;
/* A document named by number whose file lies in clear and belongs to the caller gets path, descriptor and st; nothing
 * changes otherwise. record: of Records.Show, whose path is relative to its root. */
int document_locate(struct ctl *ctl, struct document *d, struct json_view record) MUST_CHECK;
/* Its file is the caller's own plaintext: marks are written there. */
bool document_is_own_clear(const struct document *d);
/* Makes d->number known. */
int document_number(struct ctl *ctl, struct document *d) MUST_CHECK;
/* SHA-256 of a regular file, by name; links are not followed. */
int document_digest(const char *path, uint8_t ret[32]) MUST_CHECK;
/* An existing folder as descriptor. */
int document_folder(const char *path, int *ret_fd) MUST_CHECK;

static inline void document_own_(struct document *d)
{
	document_done(d);
}
#define OWN_DOCUMENT __attribute__((cleanup(document_own_)))

#endif

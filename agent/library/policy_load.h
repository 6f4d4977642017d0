/*
 * Policy packs from files: *.yaml of one directory, checked as a whole; every defect is reported at once with file,
 * line, column and reason. A set with a defect yields no policy. A site overlay may only tighten (DESIGN 13).
 */
#ifndef LIBRARY_POLICY_LOAD_H
#define LIBRARY_POLICY_LOAD_H

#include "domain/policy.h"

enum { POLICY_BAD = 1, POLICY_MISSING = 2 /* no such directory or no *.yaml in it */ };

/* One file in memory. is_overlay: may only tighten. */
struct policy_source {
	const char *name; /* for messages */
	struct bytes text;
	bool is_overlay;
};

/*
 * Diagnostics are lines "file:line:column: reason\n" in report, sorted by file and position, at most 200.
 * 0 and a policy the caller frees; POLICY_BAD and a report; or a fault.
 */
int policy_parse(const struct policy_source *sources, size_t n, struct policy **ret, struct buffer *report) MUST_CHECK;
/* A whole set: the *.yaml of a folder, or texts; a site's part; and the day on which it is to rule. */
struct policy_set {
	const char *directory;		    /* NULL: the files below */
	const struct policy_source *files;  /* borrowed */
	size_t n_files;
	const char *overlay; /* folder of the site's part; NULL: none */
	struct date today;   /* set: the site's part also tightens the earlier set that holds on that day */
};
int policy_load_set(const struct policy_set *set, struct policy **ret, struct buffer *report) MUST_CHECK;
/* Reads the *.yaml of the directory, and of the overlay directory if not NULL and present. Paths are the caller's own
 * configuration. */
int policy_load(const char *directory, const char *overlay, struct policy **ret, struct buffer *report) MUST_CHECK;
/* The same beneath directory descriptors that are held already; overlay -1: none. */
int policy_load_at(int directory, int overlay, struct policy **ret, struct buffer *report) MUST_CHECK;

#endif

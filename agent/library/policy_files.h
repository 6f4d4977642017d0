/* Inside of policy_load and policy_cases: the *.yaml files of a folder in memory. Not for others. */
#ifndef LIBRARY_POLICY_FILES_H
#define LIBRARY_POLICY_FILES_H

#include "library/policy_load.h"

#define POLICY_FILES_MAX 64

struct policy_files {
	struct policy_source sources[POLICY_FILES_MAX];
	char *names[POLICY_FILES_MAX];
	struct buffer texts[POLICY_FILES_MAX];
	size_t n;
};

void policy_files_done(struct policy_files *files);
/*
 * Adds every *.yaml of the folder, in the order of names, to files; prefix stands before the names in messages. 0;
 * POLICY_MISSING when the folder cannot be listed or, for a pack, holds none; POLICY_BAD with a line of the report for
 * each that cannot be read; or a fault.
 */
int policy_files_add(struct policy_files *files, int directory, const char *prefix, bool overlay,
		     struct buffer *report) MUST_CHECK;
/* The same with texts that are in memory. */
int policy_files_add_texts(struct policy_files *files, const struct policy_source *sources, size_t n) MUST_CHECK;
/* A line of the report. */
void policy_files_complain(struct buffer *report, const char *name, const char *why);

#endif

/*
 * Cases of a pack: facts in, decision out (DESIGN 13). FOLDER/cases/ holds *.yaml, each with `defaults` (facts) and
 * `cases` (a list of facts with `check`, `name`, `expect`, and `rule`, the numbers of the rules it is about). The
 * format stands in policy/README.md.
 */
#ifndef LIBRARY_POLICY_CASES_H
#define LIBRARY_POLICY_CASES_H

#include "library/policy_load.h"

#define CASE_RULES 100

struct cases_count {
	size_t n, failed;
	uint32_t rules[CASE_RULES]; /* cases that name R00 to R99 */
};

/* Runs the cases of one text. Each failed or malformed one is a line "file:line:column: name: what" of report. 0, or a
 * fault. */
int policy_cases_run(const struct policy *p, const struct policy_source *source, struct cases_count *count,
		     struct buffer *report) MUST_CHECK;
/* Loads the pack of the folder without a site's part and runs its cases. 0; POLICY_MISSING: no pack or no cases there;
 * POLICY_BAD: the pack has errors, in report; or a fault. Failed cases are in count and report. */
int policy_cases_of(const char *folder, struct cases_count *count, struct buffer *report) MUST_CHECK;

#endif

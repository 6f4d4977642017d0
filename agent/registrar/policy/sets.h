/*
 * Policy sets that arrived as one file: where they lie, which one rules, and reading it. A set is its file in the state
 * directory, named by the SHA-256 of its manifest, which never changes, and a row in the store, which the journal makes.
 * The file is whole on the disk before the row is journalled; which set rules follows from the rows and the day alone,
 * so a kill at any moment leaves the old one or the new one (adr/0031).
 */
#ifndef REGISTRAR_SETS_H
#define REGISTRAR_SETS_H

#include "registrar/registrar.h"

#include "library/policy_load.h"

#define SETS_FOLDER "policy" /* in the state directory */

/* The set of the configured pack that rules today; 0: the folder of the pack does. While the clock is suspect: the one
 * that ran last. */
int sets_ruling(struct registrar *r, int64_t *ret) MUST_CHECK;
/* Which of the pack's sets of rules judges today, or, while the clock is suspect, the one that did last. NULL: none yet. */
int sets_in_force(struct registrar *r, const struct policy *pack, const struct policy **ret) MUST_CHECK;
/*
 * Reads it as it rules today, with the site's part; id 0: the folder of the configured pack. *ret_place (may be NULL)
 * names it for people. 0; an outcome of policy_load() with its report; or a fault.
 */
int sets_load(struct registrar *r, int64_t id, struct policy **ret, char **ret_place,
	      struct buffer *report) MUST_CHECK;
/* The file of that digest as it lies there. 0, POLICY_MISSING, or a fault. */
int sets_read(struct registrar *r, const char *digest, struct buffer *ret) MUST_CHECK;
/* The bytes under that digest, durable when this is 0. Another file of the same manifest (it is damaged, or has other
 * approvals) is replaced by it: this one was looked at just now. */
int sets_keep(struct registrar *r, const char *digest, struct bytes whole) MUST_CHECK;
/* Every file of a set that is installed or waits; for a backup. */
typedef int (*sets_file_fn)(const char *name, struct bytes content, void *arg);
int sets_files(struct registrar *r, sets_file_fn each, void *arg) MUST_CHECK;

#endif

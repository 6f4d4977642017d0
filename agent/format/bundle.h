/*
 * The manifest of a policy set that arrives as one file (adr/0031): which pack and version, from which day, for whom,
 * and the SHA-256 and size of every file. It is what approvers sign, so it has exactly one spelling: what is parsed
 * and written again is the same bytes.
 *
 *   classd-policy/v1
 *   pack cn
 *   version 2027.1
 *   effective 2027-01-01
 *   issued 2026-11-28
 *   issuer Provincial secrecy administration
 *   unit *                                       (or a line for each unit that it is for)
 *   file SHA256 SIZE NAME                        (sorted by name)
 */
#ifndef FORMAT_BUNDLE_H
#define FORMAT_BUNDLE_H

#include "base/bytes.h"
#include "base/date.h"

#define BUNDLE_MANIFEST	     "manifest"		/* its name in the archive */
#define BUNDLE_NAMESPACE     "policy@classd"	/* of the signatures over it */
#define BUNDLE_MANIFEST_MAX  ((size_t)32 << 10) /* bytes */
#define BUNDLE_FILES_MAX     64
#define BUNDLE_UNITS_MAX     64
#define BUNDLE_FILE_MAX	     ((uint64_t)8 << 20)  /* bytes of one file */
#define BUNDLE_BYTES_MAX     ((uint64_t)32 << 20) /* of all files together */
#define BUNDLE_NAME_MAX	     64
#define BUNDLE_LINE_MAX	     200
#define BUNDLE_APPROVALS_MIN 2
#define BUNDLE_APPROVALS_MAX 8

enum bundle_outcome {
	BUNDLE_MALFORMED = 1,
	BUNDLE_NEWER, /* a later form of manifests */
};

struct bundle_file {
	char name[BUNDLE_NAME_MAX + 1];
	char sha256[65]; /* hex */
	uint64_t size;
};

struct bundle {
	char pack[BUNDLE_NAME_MAX + 1], version[BUNDLE_NAME_MAX + 1];
	struct date effective, issued;
	char issuer[BUNDLE_LINE_MAX + 1];
	char units[BUNDLE_UNITS_MAX][BUNDLE_LINE_MAX + 1]; /* one "*": all */
	size_t n_units;
	struct bundle_file files[BUNDLE_FILES_MAX];
	size_t n_files;
};

/* "catalogue.yaml": letters, digits, '.', '-', '_', no '.' first, ends in .yaml. Nothing that is a path. */
bool bundle_name_is_valid(const char *name);
/* *ret_line: which line is wrong; ret is written only when the outcome is 0. */
int bundle_parse(struct bytes text, struct bundle *ret, size_t *ret_line) MUST_CHECK;
void bundle_write(const struct bundle *b, struct buffer *to);
bool bundle_is_for(const struct bundle *b, const char *unit);

#endif

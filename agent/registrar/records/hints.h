/* Labels of other systems in a file, as an inspector read them, and what they are likely to mean: hints, never more. */
#ifndef REGISTRAR_HINTS_H
#define REGISTRAR_HINTS_H

#include "domain/policy.h"
#include "library/json.h"

#define HINTS_MAX 8

struct hint {
	const char *kind, *policy, *label, *id, *until; /* "" where it does not say */
	const struct level *likely;			/* NULL: nothing is known of it */
};

/* Cuts the lines of the frame `facts` up, which the hints then point into; how many there are. policy may be NULL. */
size_t hints_read(const struct policy *p, char *lines, struct hint ret[HINTS_MAX]);
/* Adds member "labels" of org.classd.Documents to a document; none where there are none. lines may be NULL. */
void hints_add(const struct policy *p, const char *lines, struct json *document);

#endif

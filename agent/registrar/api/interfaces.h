/* The Varlink interfaces this agent speaks, from include/classd/ (built in), and the check of parameters against them.
 */
#ifndef REGISTRAR_INTERFACES_H
#define REGISTRAR_INTERFACES_H

#include "format/varlink.h"
#include "library/json.h"

#define INTERFACES_MAX 16

struct interfaces {
	size_t n;
	struct interface {
		const char *text;
		struct varlink_interface *parsed;
	} at[INTERFACES_MAX]; /* in the order of their names */
};

int interfaces_load(struct interfaces *ret) MUST_CHECK;
void interfaces_done(struct interfaces *all);
/* By the name of the interface; NULL: none. */
const struct interface *interfaces_find(const struct interfaces *all, struct bytes name);
/* By the full name "org.classd.Records.Tag"; NULL: none. */
const struct varlink_member *interfaces_method(const struct interfaces *all, const char *name);
/* The interface part of a full name: all before the last dot; empty when there is none. */
struct bytes interfaces_part(const char *method);

enum { INTERFACES_MISMATCH = 1 };
#define INTERFACES_WHERE_MAX 128

/*
 * Does the value have that type? INTERFACES_MISMATCH: ret_where names the first wrong, unknown or missing member
 * ("fields.scope"). An absent value is an empty object where a struct is asked for.
 */
int interfaces_check(struct json_view value, const struct varlink_type *type,
		     char ret_where[INTERFACES_WHERE_MAX]) MUST_CHECK;

/* Why this is not a Varlink call (parsed: the outcome of json_parse), as half a sentence; NULL: it is one. */
const char *interfaces_call_fault(struct json_view request, int parsed);

#endif

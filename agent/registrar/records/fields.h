/*
 * What a client says of a document (org.classd.Records.Fields), read into the
 * shapes of the domain. Texts are borrowed from the call's parameters.
 */
#ifndef REGISTRAR_FIELDS_H
#define REGISTRAR_FIELDS_H

#include "domain/proposal.h"
#include "library/json.h"

#define FIELDS_LIST_MAX 64

struct fields {
	bool any; /* at least one was given */
	const char *item, *level, *term, *responsible, *reason, *title, *type, *points, *regime,
	    *originator; /* NULL: not given */
	bool has_scope, has_sources, has_categories;
	size_t n_scope, n_sources, n_categories;
	const char *scope[FIELDS_LIST_MAX];
	const char *sources[FIELDS_LIST_MAX];
	const char *categories[FIELDS_LIST_MAX];
};

/* Why a value is refused; the texts are for api_refuse. */
struct fields_problem {
	const char *code;
	const char *field;
	const char *next;
	struct buffer what;
};

enum fields_outcome { FIELDS_REFUSED = 1 };

/* Reads and checks the form of each value (one line, known regime …). FIELDS_REFUSED fills *ret_problem. */
int fields_read(struct json_view given, struct fields *ret, struct fields_problem *ret_problem) MUST_CHECK;

/*
 * Lays the given fields over *what: an item brings level, term, basis and scope of its row, then the single values
 * replace them. Storage for lists stays in *fields. Unknown names give FIELDS_REFUSED.
 */
int fields_apply(const struct policy *p, const struct fields *fields, struct classification *what,
		 struct fields_problem *ret_problem) MUST_CHECK;
/* Everything against it by pack and catalogue; FIELDS_REFUSED with the first refusal and the number of others. */
int fields_check(const struct policy *p, const struct proposal *proposal,
		 struct fields_problem *ret_problem) MUST_CHECK;

#endif

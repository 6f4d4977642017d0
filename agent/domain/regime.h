/*
 * Regimes beside state secrets (domain.md A.1, B.8): work secrets, other protected information. They have no levels, items or statistics
 * of state secrets; what protects and marks them, how long, and who decides is a row of the pack.
 */
#ifndef DOMAIN_REGIME_H
#define DOMAIN_REGIME_H

#include "domain/level.h"
#include "domain/record.h"

enum regime_terms { REGIME_TERMS_NONE, REGIME_TERMS_MAY, REGIME_TERMS_MUST };
enum regime_decides { REGIME_DRAFTER, REGIME_RESPONSIBLE }; /* the later asks for more */

/* What protected information may be about; "specified": the mark must say it (32 CFR 2002.20(b)). */
struct regime_category {
	const char *code; /* "PRVCY" */
	struct names name;
	bool specified;
	const char *mark; /* as it stands in the mark: "SP-PRVCY" */
};

struct regime_categories {
	const struct regime_category *at;
	size_t n;
};

struct regime_rule {
	bool is_used; /* the pack knows it */
	struct names name;
	const struct level *sealed_as; /* whose keys seal it; NULL: state secrets, by their level; or nothing to protect */
	struct level held;	       /* what it asks for: code, rank and unlocking of sealed_as, all else its own */
	enum regime_terms terms;
	struct period max_term;	     /* unset: no cap */
	enum regime_decides decides; /* REGIME_DRAFTER: alone, where nothing speaks for a state secret */
	struct texts mark;	     /* its lines: {regime} {unit} {decided_by} */
	const char *mark_until;	     /* the line more where there is a term: {term} {until}; NULL: none */
	struct regime_categories categories;
	const char *category_begin, *category_between; /* "CUI//SP-CTI/PRVCY"; NULL: the mark tells none */
	const char *word;	     /* of the first line of its mark, by which it is known; NULL: none */
	struct texts mark_read;	     /* what else is read for the first line of its mark: "CONTROLLED" */
};

/* What the pack says of a regime other than that of state secrets; NULL: of state secrets, none, or unknown here. */
const struct regime_rule *regime_rule_of(const struct policy *p, enum regime regime);
/* Is it protected otherwise than by levels? Also where the pack does not know it. */
bool regime_is_other(enum regime regime);
/*
 * What protects a classification of that level in that regime: a classified level by itself, else what the regime asks for. One that the
 * pack does not know counts as the highest level. level NULL: not set, or unknown; NULL again where nothing is protected.
 */
const struct level *regime_holds(const struct policy *p, enum regime regime, const struct level *level);
/* Its mark, lines separated by newlines. Days are written as the pack writes them. */
struct regime_mark {
	const char *unit, *decided_by; /* NULL prints "-" */
	const struct term *term;
	struct date start;
	struct texts categories;
};
/* NULL: the regime has no such category. */
const struct regime_category *regime_category_find(const struct regime_rule *rule, const char *code);
/* What a text shows behind the first line's word is not what these categories ask for. One that is not specified may be
 * left out; what follows them behind another "//" is somebody else's business. */
bool regime_mark_differs(const struct regime_rule *rule, struct bytes text, struct texts categories);
void regime_make_mark(const struct policy *p, const struct regime_rule *rule, const struct regime_mark *facts,
		      struct buffer *ret);
/* The first line of its mark, by which a text shows it: "CUI". Empty: it has none that is always the same. */
void regime_mark_word(const struct regime_rule *rule, struct buffer *ret);
/*
 * Does a line of the text show the mark of a regime, "CUI" or "CUI//…"? REGIME_NONE: no. What is read is a hint and a
 * finding, never a decision.
 */
enum regime regime_of_mark(const struct policy *p, struct bytes text);
/* The values go over to another regime: who may know stays, level, item, sources and term do not. */
void regime_turn(const struct policy *p, enum regime to, struct classification *what);

#endif

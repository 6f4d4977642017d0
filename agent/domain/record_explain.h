/*
 * Which rules count for one record, with which values, and where each comes from: for `classctl policy explain NUMBER`.
 */
#ifndef DOMAIN_RECORD_EXPLAIN_H
#define DOMAIN_RECORD_EXPLAIN_H

#include "domain/finding.h"

struct rule_line {
	const char *path;    /* "levels.SECRET.max_term", "terms.expiry": the row of the pack that says so */
	char value[512];     /* what it says of this record; one line of UTF-8 */
	const char *article; /* where that row comes from; NULL: the pack does not say */
};

typedef void (*rule_line_fn)(const struct rule_line *line, void *arg);

/*
 * One line after the other: the set of rules, level, cap, term and its end, what the end does, review, protection, who
 * had to decide, deadlines that run, what is due, and each finding that is true now. facts as for finding_evaluate();
 * facts->policy and facts->record are asked. The rules are those of the day of the decision where they judge it.
 */
void record_explain(const struct finding_facts *facts, rule_line_fn line, void *arg);

#endif

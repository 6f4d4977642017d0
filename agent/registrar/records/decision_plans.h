/*
 * Planning single acts of a decision, and what they share. A plan leaves the record as decided in c->next, the act in
 * d->act, and is answered when not 0.
 */
#ifndef REGISTRAR_DECISION_PLANS_H
#define REGISTRAR_DECISION_PLANS_H

#include "registrar/records/decision.h"

/* c->next is decided by the caller, today, by d->act; answer is what granted it. */
void decision_by(struct case_of *c, struct decision *d, const struct authority_answer *answer);
/* While the clock is suspect nothing is lowered or released (DESIGN 9). to NULL: released. Answered when not 0. */
int decision_check_clock(struct case_of *c, const struct level *to) MUST_CHECK;
/* What another unit classified is lowered by that unit alone (domain.md R42), also where its content changed or somebody
 * disputes it. Answered when not 0. */
int decision_check_originator(struct case_of *c, const struct level *to) MUST_CHECK;
/* What the level asks for, beside what was asked before; an unknown level asks for a signature. */
void decision_ask_signature(struct decision *d, const struct level *level);

/* decision_refer.c */
int plan_unclear(struct case_of *c, struct decision *d, struct json_view parameters) MUST_CHECK;
int plan_settle(struct case_of *c, struct decision *d, struct json_view parameters) MUST_CHECK;
int plan_order(struct case_of *c, struct decision *d, struct json_view parameters) MUST_CHECK;
int plan_answer(struct case_of *c, struct decision *d, struct json_view parameters) MUST_CHECK;
/* decision_met.c */
int plan_met(struct case_of *c, struct decision *d, struct json_view parameters) MUST_CHECK;

#endif

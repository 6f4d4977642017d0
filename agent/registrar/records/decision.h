/*
 * One decision, planned twice from the same inputs: PrepareDecision shows the
 * text that will be signed, Decide makes it again and accepts only exactly
 * that text. What is decided is therefore what was seen, and a record that
 * moved in between is refused by itself.
 */
#ifndef REGISTRAR_DECISION_H
#define REGISTRAR_DECISION_H

#include "registrar/records/case.h"

struct decision {
	enum act act;	      /* the act of the journal */
	const char *space;    /* namespace of the signature */
	const char *kind;     /* "label" or "issue" */
	struct fields fields; /* corrections */
	struct buffer text;   /* what is signed */
	char *mark;	      /* what the document should carry; NULL: nothing */
	char *content_name;
	struct labels_content content;
	uint8_t salt[SEALED_SALT];
	bool needs_signature;
	enum signed_with signed_with; /* a signature, needed or not, is made with such a key */
	enum appointment_kind as;
	char role[64];		/* as what it is decided: "statutory", "stand-in:li" */
	char *note;		/* what history says of it; NULL: the reason that the client gives */
	char *label_hash;	/* issue */
	struct issue_text said; /* issue: the text that came back signed; its number, date and copies count */
};

/* Plans act ("approve", "correct", "unclassified", "issue", "refer-unclear", "answer", "settle", "order", or a kind of request) from the call's parameters; c->next is the
 * record as decided. Answered when not 0. */
int decision_plan(struct case_of *c, const char *act, struct json_view parameters, struct decision *ret) MUST_CHECK;
void decision_done(struct decision *d);
/* What the decision changes against proposal and catalogue, for people. */
struct json *decision_departures(struct case_of *c, const struct decision *d);

#endif

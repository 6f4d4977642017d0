/* The steps of one decision, for those that make one and those that make a set. */
#ifndef CTL_DECIDE_PRIVATE_H
#define CTL_DECIDE_PRIVATE_H

#include "ctl/document.h"
#include "ctl/quote.h"

struct decision {
	struct document document;
	struct reply shown;    /* Records.Show */
	struct reply prepared; /* Records.PrepareDecision */
	const char *act;
	char digest[65]; /* of the bytes that were seen here; "" for acts without content */
	int unmarked;	 /* why the document cannot carry the mark; 0 */
	char *signature; /* NULL: none needed */
	bool is_of_set;  /* as it was proposed, with others */
	bool quotes_it;  /* what speaks for it is to be shown */
	struct quotes quotes; /* of the content that has that digest */
	char *date;	 /* issue: the agent\'s today; NULL: given */
};

void decision_done(struct decision *d);
#define OWN_DECISION __attribute__((cleanup(decision_done)))
/* Finds and shows it; then act is to be set. */
int decision_start(struct ctl *ctl, const char *word, struct decision *d) MUST_CHECK;
int decision_see(struct ctl *ctl, struct decision *d) MUST_CHECK; /* reads and hashes, and marks what lacks its mark */
/* The same without writing a mark: of a set, where what is signed is what was shown. Refused where the mark is missing. */
int decision_see_whole(struct ctl *ctl, struct decision *d) MUST_CHECK;
int decision_prepare(struct ctl *ctl, const struct decision *d, struct reply *ret) MUST_CHECK;
int decision_check(struct ctl *ctl, struct decision *d) MUST_CHECK; /* what is to be signed is of what was seen */
/* set (taken) may be NULL. */
int decision_send(struct ctl *ctl, const struct decision *d, struct json *set, struct reply *ret) MUST_CHECK;

#endif

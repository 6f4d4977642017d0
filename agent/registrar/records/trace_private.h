/* Shared by the trace's files only. */
#ifndef REGISTRAR_TRACE_PRIVATE_H
#define REGISTRAR_TRACE_PRIVATE_H

#include "registrar/journal/journal.h"
#include "registrar/records/checks.h"
#include "registrar/records/trace.h"
#include "registrar/registrar.h"

#define TRACE_PERSONS 32
#define TRACE_SWEEPS  500 /* that are told one by one */

/* An entry that proposed or decided. */
struct trace_step {
	uint64_t seq; /* 0: there is none */
	uint32_t version;
	enum act act;
	char day[11]; /* of the journal */
};

struct trace {
	struct registrar *r;
	struct store *copy; /* only what the journal says */
	char number[STORE_NUMBER_MAX];
	char person[TRACE_PERSONS][64]; /* who drafted and who decided, by the store */
	size_t n_persons;
	struct journal_walk at;
	bool is_broken;			     /* the entry behind at.tip does not fit */
	uint64_t n_entries;		     /* about the record or one of those persons */
	struct trace_step proposed, decided; /* the last decision, and what it decided on */
	struct trace_step asked;	     /* since then, undecided */
	char due[11];			     /* the first day on which anything is due, at this place of the journal */
	struct buffer acts;		     /* of the agent since then, on what was due */
	struct json *sweeps;		     /* checks */
	uint64_t n_sweeps, n_all;	     /* that considered it; of all */
};

#endif

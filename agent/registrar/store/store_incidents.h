/* Leaks and losses in the index. Texts given to callbacks live as long as the call. */
#ifndef REGISTRAR_STORE_INCIDENTS_H
#define REGISTRAR_STORE_INCIDENTS_H

#include "registrar/store/store.h"

#define INCIDENTS_MAX 1000 /* of one list */

struct store_incident {
	int64_t id;
	const char *kind; /* "leak" "suspected" "loss" */
	struct texts numbers;
	const char *note, *by;
	int64_t discovered, due, reported; /* seconds since 1970; due 0: no rule, reported 0: not yet */
	const char *document;		   /* it was reported under; NULL */
	struct date closed;		   /* unset: open */
	const char *closed_by, *outcome;
};
typedef int (*store_incident_fn)(const struct store_incident *i, void *arg);
struct store_incident_filter {
	int64_t id; /* 0: all */
	bool only_open;
};
/* The newest first. The callback may change incidents and findings. */
int store_incident_list(struct store *s, const struct store_incident_filter *filter, store_incident_fn each,
			void *arg) MUST_CHECK;
/* Open ones, and how many of them should have been reported before that second. */
int store_incident_count(struct store *s, int64_t now, int64_t *ret_open, int64_t *ret_late) MUST_CHECK;
/* So many were entered in that year. */
typedef int (*store_incident_kind_fn)(const char *kind, int64_t n, void *arg);
int store_incident_kinds(struct store *s, int year, store_incident_kind_fn each, void *arg) MUST_CHECK;

#endif

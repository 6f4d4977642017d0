/* Who knows, in the index. Texts given to callbacks live as long as the call. */
#ifndef REGISTRAR_STORE_CUSTODY_H
#define REGISTRAR_STORE_CUSTODY_H

#include "registrar/store/store.h"

struct store_knower {
	int64_t id;
	const char *number;
	const char *person; /* NULL: nobody of the register, but `name` */
	const char *name, *since, *how, *by, *note;
	bool outside; /* not in scope when he was told */
};
struct store_knower_filter {
	const char *number, *person; /* one of both */
	bool outside;		     /* only those who were not in scope */
	bool told;		     /* only who was told, not who read here */
	int64_t after, limit;
};
typedef int (*store_knower_fn)(const struct store_knower *k, void *arg);
int store_knower_list(struct store *s, const struct store_knower_filter *filter, store_knower_fn each,
		      void *arg) MUST_CHECK;

struct store_copy {
	int64_t id, n, total;
	const char *number;
	const char *person, *name; /* one of both */
	const char *how, *state, *made, *by, *received, *due, *receipt_due, *ended; /* NULL: unset */
};
/* Still somewhere, and to be accounted for. */
bool store_copy_is_out(const struct store_copy *c);
/* Lost, or its receipt or return was due before that day. */
bool store_copy_is_late(const struct store_copy *c, const char *today);
typedef int (*store_copy_fn)(const struct store_copy *c, void *arg);
/* Of that record, or of that person (number NULL), by number and n. */
int store_copy_list(struct store *s, const char *number, const char *person, store_copy_fn each, void *arg) MUST_CHECK;
/* Numbers of records with a copy that is late on that day. The callback may change records. */
struct store_copy_late {
	const char *today, *after;
	int64_t limit;
};
typedef int (*store_number_fn)(const char *number, void *arg);
int store_copy_late(struct store *s, const struct store_copy_late *late, store_number_fn each, void *arg) MUST_CHECK;

struct store_consent {
	int64_t id, count, version; /* of the record, when it was given */
	const char *number, *purpose, *person, *until, *by, *given, *note, *used, *withdrawn;
};
typedef int (*store_consent_fn)(const struct store_consent *c, void *arg);
int store_consent_list(struct store *s, const char *number, store_consent_fn each, void *arg) MUST_CHECK;

struct store_destruction {
	int64_t id, n; /* n 0: the document */
	int64_t version; /* of the record, when it was proposed */
	const char *number, *method, *note, *witness, *by, *proposed, *confirmed_by, *confirmed, *withdrawn, *done;
};
/* Waits for its second person. */
static inline bool store_destruction_is_open(const struct store_destruction *d)
{
	return !d->confirmed && !d->withdrawn;
}
typedef int (*store_destruction_fn)(const struct store_destruction *d, void *arg);
/* After that id, at most limit; number NULL: of all. */
struct store_destruction_filter {
	const char *number;
	bool undone; /* only those that are confirmed, and not gone yet */
	int64_t after, limit;
};
int store_destruction_list(struct store *s, const struct store_destruction_filter *f, store_destruction_fn each,
			   void *arg) MUST_CHECK;

struct store_carrier {
	const char *place, *person, *name, *since; /* person and name: one of both, or none */
};
typedef int (*store_carrier_fn)(const struct store_carrier *c, void *arg);
int store_carrier_of(struct store *s, const char *number, store_carrier_fn each, void *arg) MUST_CHECK;

#endif

/* What the programs of this folder say of a scene: counts, what broke, and TAP. */
#ifndef TESTS_CRASH_REPORT_H
#define TESTS_CRASH_REPORT_H

#include "states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DROPPED 60 /* states that are tried without a sync, at least as many as there are operations */

/* I1, I2, I6: the promises. */
enum broken {
	BROKEN_I1,   /* a plaintext is left whose state says sealed */
	BROKEN_I2,   /* no complete readable copy */
	BROKEN_I6,   /* something acknowledged is no prefix of what came back */
	BROKEN_NAME, /* something half-written is to be seen, or left behind */
	BROKEN_WORK, /* asking again does not end the work */
	BROKEN_ACK,  /* acknowledged and not durable */
	BROKEN_KINDS
};

static const char *const broken_names[] = {"I1", "I2", "I6", "half-written", "stuck", "not-durable"};

struct report {
	size_t broken[BROKEN_KINDS];
	size_t told;
	bool is_quiet;
	const struct crash_state *state; /* under check */
};

/* One breach of the state under check; the first few are told in full. */
static inline void breach(struct report *r, enum broken kind, const char *why)
{
	r->broken[kind]++;
	if (r->is_quiet || r->told >= 3)
		return;
	r->told++;
	printf("# broken (%s): %s\n", broken_names[kind], why);
	state_tell(r->state);
}

static inline size_t report_sum(const struct report *r)
{
	size_t sum = 0;

	for (size_t i = 0; i < BROKEN_KINDS; i++)
		sum += r->broken[i];
	return sum;
}

/* The line that t_states.sh adds up. */
static inline void report_line(const char *scene, const struct model *m, size_t distinct, const struct report *r)
{
	printf("# scene %s: %zu operations, %zu syncs, %zu states", scene, m->n_ops, m->n_syncs, distinct);
	for (size_t i = 0; i < BROKEN_KINDS; i++)
		printf(", %s %zu", broken_names[i], r->broken[i]);
	printf("\n");
}

/* Ten times as many with CLASSD_LONG=1. */
static inline size_t report_most(size_t usual)
{
	const char *text = getenv("CLASSD_LONG");

	return text && strcmp(text, "1") == 0 ? 10 * usual : usual;
}

static inline uint64_t report_seed(void)
{
	const char *text = getenv("CLASSD_SEED");

	return text ? strtoull(text, NULL, 10) : 1;
}

/*
 * Each sync in turn does nothing. It is needed when that breaks something; `spare` has how the names of those begin
 * that break nothing here, with a NULL at the end. What is neither needed nor named is not ok.
 */
struct dropping {
	struct model *m;
	struct exploring *exploring;
	struct report *report;
	const char *const *spare;
};

static inline bool report_is_spare(const struct dropping *d, const char *name)
{
	for (size_t i = 0; d->spare && d->spare[i]; i++)
		if (strncmp(d->spare[i], name, strlen(d->spare[i])) == 0)
			return true;
	return false;
}

static inline bool report_drop_each(struct dropping *d, const char *scene, size_t *ret_needed)
{
	bool is_ok = true;

	for (size_t i = 0; i < d->m->n_syncs; i++) {
		char name[300];
		size_t sum;

		model_sync_name(d->m, i, name);
		*d->report = (struct report){.is_quiet = true};
		d->m->dropped = i;
		states_explore(d->m, d->exploring);
		sum = report_sum(d->report);
		*ret_needed += sum > 0;
		printf("# %s: without %s: %zu states, broken %zu%s\n", scene, name, d->exploring->distinct, sum,
		       sum > 0			  ? ""
		       : report_is_spare(d, name) ? ", known to be spare"
						  : ", NOT NEEDED");
		if (sum == 0 && !report_is_spare(d, name))
			is_ok = false;
	}
	d->m->dropped = MODEL_NEVER;
	return is_ok;
}

/* Where states are made: in memory when there is room. */
static inline void report_scratch(char ret[100])
{
	const char *base = getenv("TMPDIR");
	struct stat st;

	if (!base)
		base = stat("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(ret, 100, "%.60s/classd-crash-XXXXXX", base);
	if (!mkdtemp(ret))
		abort();
	(void)setenv("TMPDIR", ret, 1);
}

#endif

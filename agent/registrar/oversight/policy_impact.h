/*
 * What another pack would change: its rules against the running ones, and the records that they touch. The pack lies
 * beside the running one, in the folder of packs, which only root writes, or is a set that arrived (set-ID); nothing is
 * taken from the client but its name.
 */
#ifndef REGISTRAR_POLICY_IMPACT_H
#define REGISTRAR_POLICY_IMPACT_H

#include "registrar/api/api.h"

struct touched {
	const char *number, *level, *item; /* "" when not set */
	const char *why;
};
struct impact_range {
	int64_t after, most;
};
struct impact_seen {
	int64_t considered, last;
};
struct impact_sets {
	const struct policy *before, *after;
};
struct impact_take {
	int (*each)(const struct touched *touched, void *arg);
	void *arg;
};

/* Records that have not ended behind row `after`, at most `most` of them: each that the change touches goes to `each`,
 * whose positive result stops it. ret: how many were looked at, and the row of the last. */
int policy_impact_scan(struct registrar *r, const struct impact_sets *sets, const struct impact_range *range,
		       const struct impact_take *take, struct impact_seen *ret) MUST_CHECK;

int policy_method_diff(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_impact(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif

/* Scenarios that are one act: it is done, or memory ran out and that is said; afterwards it is done as before. */
#ifndef TESTS_FAULT_ACTS_H
#define TESTS_FAULT_ACTS_H

#include "faulty.h"

struct scene {
	const char *name;
	int (*act)(void); /* 0: done as it should; negative: a fault. Anything else is wrong. */
	unsigned every;
};

static inline bool act_run(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	unsigned descriptors = faults_descriptors();
	int r;

	(void)ret;
	faults_arm(fault);
	r = s->act();
	faults_disarm();
	if (r > 0)
		broken("memory ran out, and the answer is %d", r);
	if (r < 0 && faults.reported == 0)
		broken("a fault that nobody has said");
	r = s->act();
	if (r != 0)
		broken("asked again: %d", r);
	if (faults_descriptors() != descriptors)
		broken("descriptors: %u before, %u after", descriptors, faults_descriptors());
	return true;
}

static inline void acts_all(struct scene *scenes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		faults_all_of_memory(&scenes[i], scenes[i].name, scenes[i].every, act_run);
}

#endif

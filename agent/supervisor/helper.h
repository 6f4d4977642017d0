/*
 * Runs classd-protector for one act (classd/protector.h) and waits for it, with a deadline. Keys and words pass through
 * pipes that are made here and never read here.
 */
#ifndef SUPERVISOR_HELPER_H
#define SUPERVISOR_HELPER_H

#include "base/err.h"
#include "classd/protector.h"

#include <stdbool.h>
#include <sys/types.h>

#define HELPER_WORDS 12
#define HELPER_HUNG  64 /* beyond enum protector_exit: killed at its deadline, or died of foreign code */

struct helper {
	int program;			 /* borrowed: the executable */
	bool trial;			 /* variables that tests need are passed on */
	const char *words[HELPER_WORDS]; /* behind the program's name, NULL-ended */
	int fds[PROTECTOR_FDS];		 /* borrowed, by enum protector_fd; 0 or -1: /dev/null */
};

struct helper_answer {
	int exit;      /* enum protector_exit or HELPER_HUNG */
	char why[300]; /* one line, safe to print; "" none */
};

struct helper_run {
	pid_t pid;
	int said; /* owned: what it says on standard output */
};

/* Only starts it. */
int helper_start(const struct helper *helper, struct helper_run *ret) MUST_CHECK;
/* It has ended with that wait status. Closes `said`. */
void helper_ended(struct helper_run *run, int wait_status, struct helper_answer *ret);
/* Starts it and waits. timeout_ms 0: for ever (a person types). */
int helper_act(const struct helper *helper, unsigned timeout_ms, struct helper_answer *ret) MUST_CHECK;
/* Only starts it, with OUT as a pipe: ret_made as below, whatever comes of it. */
int helper_start_making(struct helper *helper, struct helper_run *ret, int *ret_made) MUST_CHECK;
/* The same with OUT as a pipe, of which the read end, with all that was made in it, is the caller's. -1 without. */
int helper_make(struct helper *helper, unsigned timeout_ms, int *ret_made, struct helper_answer *ret) MUST_CHECK;

/* Another pipe with the same content; the first one keeps it. */
int helper_copy(int pipe, int *ret) MUST_CHECK;

#endif

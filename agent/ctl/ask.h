/*
 * Short questions on a terminal. Nothing is asked where nobody answers (no
 * terminal, or --json): then the option that would have answered is named.
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "ctl/say.h"
#include "library/sodium.h"

bool ask_is_possible(void);
/* One line; an empty answer takes the default (NULL: none, asks again). End of input is a usage error.
 * option: what would have answered, "--item ID"; without a terminal it is named and nothing is asked. */
int ask_text(const char *question, const char *otherwise, const char *option, char **ret) MUST_CHECK;
/* A secret of one line, right into locked memory: without echo on a terminal, else the next line of standard input. An
 * empty one is refused. */
int ask_secret(const char *question, struct secret **ret) MUST_CHECK;
/* The same for a new one: on a terminal asked twice. */
int ask_new_secret(const char *question, const char *again, struct secret **ret) MUST_CHECK;
/* 0 for yes; CLASSD_EXIT_USAGE after a no, which is said. Without a terminal the answer is yes: the command said it. */
int ask_sure(const char *question) MUST_CHECK;

#endif

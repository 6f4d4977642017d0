/* Printing a person of the register; shared by the nouns that change one. */
#ifndef CTL_PERSON_H
#define CTL_PERSON_H

#include "ctl/command.h"

/* A reply with a member person. */
int person_print(struct ctl *ctl, const struct reply *reply) MUST_CHECK;
/* The call with the first word as id, and its reply printed. Takes call's parameters. */
int person_call(struct ctl *ctl, struct call *call) MUST_CHECK;

#endif

/* To whom what falls due has come by now (domain/escalation.h), one person at a time. */
#ifndef REGISTRAR_TOLD_H
#define REGISTRAR_TOLD_H

#include "domain/escalation.h"
#include "registrar/oversight/sweep.h"

/* The last step by which it has come to that person; ESCALATION_NOBODY: it has not. */
enum escalation told_to(struct registrar *r, const struct person *who, const struct sweep_line *line);

#endif

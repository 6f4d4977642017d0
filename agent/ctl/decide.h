/* A decision as every command makes it: the content is read and hashed here, and only a text that fits it is signed. */
#ifndef CTL_DECIDE_H
#define CTL_DECIDE_H

#include "ctl/command.h"

/* act: as PrepareDecision knows it; NULL: what waits for a decision about this document. Prints the record. */
int decide_act(struct ctl *ctl, const char *act) MUST_CHECK;

#endif

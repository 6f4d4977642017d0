/* Drafts in clear: how long one may lie there is the pack's rule (DESIGN 8, draft_in_clear). */
#ifndef REGISTRAR_DRAFTS_H
#define REGISTRAR_DRAFTS_H

#include "registrar/registrar.h"

/* Every minute: seals drafts that nobody has changed for the time their level allows. */
int drafts_start(struct registrar *r) MUST_CHECK;
/* One round, at that moment (nanoseconds since 1970). */
int drafts_seal_idle(struct registrar *r, uint64_t now_ns) MUST_CHECK;

#endif

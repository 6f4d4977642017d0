/* Shared by registrar.c and core.c only: what stands behind registrar.h. */
#ifndef REGISTRAR_CORE_H
#define REGISTRAR_CORE_H

#include "registrar/registrar.h"

int registrar_held_new(struct registrar *r) MUST_CHECK;
void registrar_held_free(struct registrar *r); /* whoever waits is told REGISTRAR_READ_ONLY */
/* Every mutating call is refused from now on; code is the degraded state. */
int registrar_become_read_only(struct registrar *r, const char *code, const char *why) MUST_CHECK;

/* Applies what the journal has more than the store. 0, or positive: the store does not take it, or does not belong to
 * this journal. */
enum core_outcome { CORE_STORE_FAILS = 1, CORE_AHEAD, CORE_DAMAGED };
int core_catch_up(struct registrar *r) MUST_CHECK;
struct json *core_note(const struct registrar *r, const char *what);

#endif

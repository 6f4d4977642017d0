/* What two persons had destroyed: the sealer removes it, however often it has to be told. */
#ifndef REGISTRAR_DESTRUCTION_H
#define REGISTRAR_DESTRUCTION_H

#include "registrar/api/api.h"

/* Tells a sealer of every document whose destruction is confirmed and not done: at a start, when a sealer is back, after a
 * confirmation, when a sealed file has moved, and at each sweep. */
int custody_remove_destroyed(struct registrar *r) MUST_CHECK;

/* Frame; row of main.c. */
int custody_on_destroyed(struct role *role, struct channel *from, const union frame_any *m, int *fd);

/* Handlers of org.classd.Custody. */
int custody_propose_destruction(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_confirm_destruction(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_withdraw_destruction(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_destructions(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif

/*
 * The escrow as the registrar knows it: which recipient two persons have
 * agreed on, whether the keeper has it, what still depends on an earlier one,
 * and whether somebody has tried to open a document with it lately. It never
 * sees a private half or a share.
 */
#ifndef REGISTRAR_ESCROW_H
#define REGISTRAR_ESCROW_H

#include "registrar/registrar.h"
#include "registrar/store/store.h"

struct api_call;
struct drill;

struct escrow {
	char recipient[STORE_RECIPIENT_MAX]; /* the keeper's; "": it has not said */
	char asked[STORE_RECIPIENT_MAX];     /* what it was told since it came up */
	uint32_t waiting;		     /* level keys that do not follow yet */
	struct api_call *confirming;	     /* waits for the keeper */
	struct drill *drills;
};

int escrow_new(struct registrar *r) MUST_CHECK; /* sets r->escrow */
void escrow_free(struct registrar *r);
/* Findings of the escrow: still on this machine, drill overdue, a change not finished. After every act. */
int escrow_follow(struct registrar *r) MUST_CHECK;
/* In every sweep: these findings, and the keeper is told again what it could not write. */
int escrow_sweep(struct registrar *r) MUST_CHECK;
/* Unset: there is no escrow yet. */
int escrow_drill_due(struct registrar *r, struct date *ret) MUST_CHECK;
/* Tells the keeper, and answers the call when that has said which escrow it has; with the keeper away at once. */
int escrow_install(struct registrar *r, const char *recipient, struct api_call *call) MUST_CHECK;
int escrow_keeper_down(struct registrar *r) MUST_CHECK;
void escrow_lost_sealer(struct registrar *r, int index);

/* Frames; rows of main.c. */
int escrow_on_is(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int escrow_on_carried(struct role *role, struct channel *from, const union frame_any *m, int *fd);

/* Rows of escrow_methods.c. */
int escrow_begin_drill(struct registrar *r, struct api_call *call);
int escrow_end_drill(struct registrar *r, struct api_call *call);
void escrow_drills_free(struct escrow *e);

#endif

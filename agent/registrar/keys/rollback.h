/*
 * An older state put back: a backup that was restored, or a state directory
 * that somebody exchanged (security.md 5.3; ADR 0018). Three witnesses: the
 * file that `classd --restore` leaves beside the store, the keeper's mark of
 * the journal, and sealed files whose label is newer than their record. Then
 * the agent is frozen: it reads and journals that, and changes nothing, until
 * two security administrators accept it.
 */
#ifndef REGISTRAR_ROLLBACK_H
#define REGISTRAR_ROLLBACK_H

#include "registrar/api/api.h"
#include "registrar/store/store.h"

#define ROLLBACK_RESTORED   "restored.json" /* the backup's manifest, in the registrar's state directory */
#define ROLLBACK_MARK_EVERY 4096	    /* entries, or: */
#define ROLLBACK_MARK_MS    60000u

struct rollback;

/* In prepare(), behind registrar_core_open(). Sets r->rollback; frozen when the state was restored. */
int rollback_new(struct registrar *r) MUST_CHECK;
void rollback_free(struct registrar *r);
/* In begin(): the mark follows the journal from then on. */
int rollback_start(struct registrar *r) MUST_CHECK;
/* With the metadata key: the finding. *ret_waits: frozen, so open work is not taken up before it is accepted. */
int rollback_begin(struct registrar *r, bool *ret_waits) MUST_CHECK;
int rollback_tell(struct registrar *r) MUST_CHECK;
/* In end(), when everything is settled, and whenever many entries came: the keeper learns how far the journal is. */
int rollback_mark(struct registrar *r) MUST_CHECK;
/* For registrar_settle(): so many entries are durable now. */
int rollback_settled(struct registrar *r) MUST_CHECK;

/* May this entry be written in a frozen state? What tells of it, what was read, and what settles it. */
bool rollback_allows(struct json_view entry);

/* A sealed file of ours: ret_is_newer when its label is newer than the record in the store (the agent is frozen then,
 * unless that was accepted and waits for `recover`). */
int rollback_look(struct registrar *r, const struct store_seen *seen, bool *ret_is_newer) MUST_CHECK;

/* It was accepted, and `recover` is still to come: what lies where is not known again. */
int rollback_waits(struct registrar *r, bool *ret) MUST_CHECK;

/* Two security administrators have accepted: the first one's id is by. 0, REGISTRAR_… or a fault. */
struct acceptance {
	const char *person, *by, *reason;
	uid_t uid;
};
int rollback_accept(struct registrar *r, const struct acceptance *a) MUST_CHECK;
/* The finding ends with a recovery that was done. */
int rollback_recovered(struct registrar *r) MUST_CHECK;

/* org.classd.Backup.Accept */
int rollback_method(struct registrar *r, struct api_call *call);
/* Frame; row of main.c. */
int rollback_on_marked(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif

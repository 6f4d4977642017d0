/*
 * A draft that nobody tagged: the agent makes it for a file whose protection is known although nobody has spoken, such
 * as a newer save beside a sealed document. Its drafter is the file's owner; DESIGN 6: protection starts with the
 * draft.
 */
#ifndef REGISTRAR_ADOPT_H
#define REGISTRAR_ADOPT_H

#include "registrar/registrar.h"
#include "registrar/store/store.h"

struct adoption {
	const struct store_seen *seen; /* inspected, without a record */
	const struct record *like;     /* whose department and, with is_same_hand, scope it gets; NULL: none */
	bool is_same_hand;
	const struct level *level; /* at least that; the root's floor counts too. NULL: only the floor */
	enum finding_code code;	   /* opened about the new record */
	const char *evidence;
};
/* 0; REGISTRAR_READ_ONLY or _REFUSED: nothing has changed; or a fault. */
int adopt_draft(struct registrar *r, const struct adoption *what) MUST_CHECK;

#endif

/*
 * classd --restore: a backup becomes the state directory of a machine that has
 * none. A child without root's rights opens and unpacks it (classctl backup
 * restore); here its files only get their owners and places. `initialised` comes
 * last: what is cut short never starts.
 */
#ifndef SUPERVISOR_RESTORE_H
#define SUPERVISOR_RESTORE_H

#include "supervisor/place.h"

struct restore {
	const char *backup, *identity; /* of the command line */
	const char *own;	       /* folder of this program */
};

/* Before place_take(): PLACE_REFUSED when there is a state already. */
int restore_check(const struct config *config) MUST_CHECK;
/* 0, PLACE_REFUSED (said), or a fault; *ret_status: exit status of the child where it refused. */
int restore_run(struct place *place, const struct restore *restore, int *ret_status) MUST_CHECK;
/* A restore was begun here and did not end. */
bool restore_was_cut(const struct place *place);

#endif

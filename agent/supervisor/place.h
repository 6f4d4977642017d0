/*
 * The place where an agent lives: its users, its state and runtime directories, the lock that keeps a second agent
 * out, and the descriptors that the roles get from here. Made once at start, as root where there is root.
 */
#ifndef SUPERVISOR_PLACE_H
#define SUPERVISOR_PLACE_H

#include "supervisor/config.h"

#include <sys/types.h>

struct identity {
	uid_t uid;
	gid_t gid;
};

struct place {
	const struct config *config;
	const char *state_dir;	 /* of config */
	const char *runtime_dir; /* of config */
	bool trial;
	bool is_root;  /* users can be changed, file systems mounted */
	bool one_user; /* trial only: all roles run as the user of the supervisor */
	struct identity users[ROLE_COUNT];
	int lock_fd;
	int state_fd; /* of state_dir */
	char *checkout_dir;
	bool has_checkouts;
	bool has_safe_checkouts; /* in memory that is not swapped */
	char *socket_path;	 /* NULL: none of our own making */
};

/* Something about the machine or the command that a person must put right; it was said on stderr. */
enum place_outcome { PLACE_REFUSED = 1 };

/* Users, directories and lock. A fresh state directory becomes a trial's for good when `trial` is set, and never else.
 */
int place_take(struct place *place, const struct config *config, bool trial) MUST_CHECK;
/* Only the state directory, to look at it: no users, no lock. */
int place_look(struct place *place, const struct config *config, bool trial) MUST_CHECK;
void place_leave(struct place *place); /* lets go; removes what is empty */

bool place_is_initialised(const struct place *place);
int place_set_initialised(const struct place *place) MUST_CHECK;

/* Gives each root its number: the one it had before, by its path, or the next. Numbers are in records for ever. */
int place_number_roots(const struct place *place, struct config *config) MUST_CHECK;

/* The tmpfs for checkouts, mounted if it is not yet. has_checkouts tells whether there is one now. */
int place_mount_checkouts(struct place *place) MUST_CHECK;

/* Owned descriptors for the roles. */
int place_open_socket(struct place *place, int *ret) MUST_CHECK;
/* At --init: the credential, or the file that the machine key is made in. */
int place_open_key(const struct place *place, int *ret) MUST_CHECK;
int place_open_state(const struct place *place, enum role_id role, int *ret) MUST_CHECK;

#endif

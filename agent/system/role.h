/*
 * The life of a role process. The supervisor starts it with its control
 * channel at descriptor 3; it is told its configuration, roots, resources and
 * peers, prepares, locks itself into its sandbox row, says ready, and runs.
 * Everything a role's main does beyond its own work is here, once.
 */
#ifndef SYSTEM_ROLE_H
#define SYSTEM_ROLE_H

#include "system/channel.h"
#include "system/loop.h"

#define ROLE_CONTROL_FD 3
#define ROLE_PEERS_MAX	16

struct role_root {
	uint32_t id;
	enum root_kind kind;
	enum root_mode mode;
	char *path;
	char *floor;	  /* level code; "" none */
	char *department; /* whose documents these are; "" none */
};

struct role_setting {
	char *key;
	char *value;
};

struct role_code {
	char *code;
	uint64_t count;
};

struct role;

/* One row for each message a role accepts, by sender. A message without a row is counted and dropped. */
struct role_row {
	enum role_id from;
	const struct frame_type *type;
	int (*handle)(struct role *role, struct channel *from, const union frame_any *message, int *fd);
};

struct role_description {
	enum role_id id;
	const struct role_row *rows;
	size_t n_rows;
	/* Before the sandbox: configuration and resources are there, peers may not be. Open what must be opened. */
	int (*prepare)(struct role *role);
	/* In the sandbox, before the loop. Peers come after it: role_peer() gives none yet. */
	int (*begin)(struct role *role);
	/* A peer's end arrived, or was lost (its requests are void; jobs are idempotent and asked again). NULL: nothing
	 * to do. */
	int (*peer_up)(struct role *role, struct channel *peer);
	int (*peer_down)(struct role *role, enum role_id id, uint8_t index);
	/* Orderly end: flush and close. NULL: nothing to do. */
	void (*end)(struct role *role);
};

struct role {
	const struct role_description *description;
	struct loop loop;
	struct channel control;
	uint8_t index;
	bool trial; /* one user may hold all roles; clock: file is allowed */
	bool init;
	bool ready_later; /* set in begin(): ready is what the role itself says, once, by role_say_ready() */
	uint32_t sealer_uid;
	char *state_dir;
	char *runtime_dir;
	struct role_setting *settings;
	size_t n_settings;
	struct role_root *roots;
	size_t n_roots;
	int resources[8]; /* by enum resource_kind, -1 when not given; owned */
	struct channel *peers[ROLE_PEERS_MAX];
	size_t n_peers;
	size_t turn;		 /* of role_peer() */
	bool is_going;		 /* in the sandbox, peers are heard */
	bool trace;		 /* trial only: CLASSD_SANDBOX_TRACE is set */
	struct role_code *codes; /* degraded now */
	size_t n_codes;
	void *own; /* the role's own state, set in prepare */
};

/*
 * main() of every role: returns the exit status. `role` is zeroed, at best static in main's file. A role that ends
 * itself with loop_stop() (an idle inspector) is started again when somebody sends `want`.
 */
int role_main(const struct role_description *description, struct role *role, int argc, char **argv);

int role_say_ready(struct role *role) MUST_CHECK;

/*
 * The supervisor passes each role's codes on to the registrar as `degraded` and `recovered` on the registrar's control
 * channel, the code written ROLE.INDEX/CODE ("watcher.0/queue-overflow"); the registrar has rows from ROLE_SUPERVISOR
 * for them. Its own stand there as "supervisor.0/CODE".
 */

/* First value of a setting, or `otherwise`. role_setting_next walks a list: pass NULL first, then the last one. */
const char *role_setting(const struct role *role, const char *key, const char *otherwise);
const char *role_setting_next(const struct role *role, const char *key, const char *last);
const struct role_root *role_root_find(const struct role *role, uint32_t id);
/* The open channel to that role, NULL when it is away. index -1: any of them, in turn. */
struct channel *role_peer(struct role *role, enum role_id id, int index);

/* Shown in `classctl status`, in the exit code and in sd_notify; repeated codes are counted, not repeated. */
int role_degraded(struct role *role, const char *code, const char *detail) MUST_CHECK;
int role_recovered(struct role *role, const char *code) MUST_CHECK;

#endif

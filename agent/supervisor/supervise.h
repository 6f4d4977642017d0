/*
 * Starts the roles, ties them together along ROLE_EDGES, starts again what died, and ends them in order. Holds no
 * document, key or record, and reads nothing that a role sends but four short messages.
 */
#ifndef SUPERVISOR_SUPERVISE_H
#define SUPERVISOR_SUPERVISE_H

#include "supervisor/place.h"

#define PROCESSES_MAX ROLE_PEERS_MAX
#define DEATHS_MANY   5

struct supervisor;

enum process_state { PROCESS_AWAY, PROCESS_STARTING, PROCESS_READY, PROCESS_ENDING };

struct process {
	struct supervisor *supervisor;
	enum role_id role;
	uint8_t index;
	enum process_state state;
	pid_t pid; /* 0: not running */
	struct channel control;
	struct loop_timer timer;      /* away: start again; ending: kill; ready: forget the deaths */
	uint64_t back_off_ms;	      /* of the next start after a death */
	uint64_t deaths[DEATHS_MANY]; /* boot time of the last ones, the newest first; 0 none */
	bool is_wanted;		      /* away and to be started (inspectors: somebody asked) */
};

struct code {
	enum role_id role;
	uint8_t index;
	char *code;
	char *detail;
};

struct supervisor {
	struct loop loop;
	struct place place;
	struct config config;
	struct config_source source;
	struct process processes[PROCESSES_MAX];
	size_t n_processes;
	struct code *codes; /* degraded now, of all roles */
	size_t n_codes;
	struct loop_timer watchdog;
	int programs[ROLE_COUNT]; /* executables, opened once: an upgrade beneath us changes nothing */
	int socket_fd;
	int key_fd;
	int escrow_fd;
	bool init;
	bool was_ready;
	bool is_ending;
	int status; /* of the exit: enum classd_exit */
};

/* Runs until a signal, or until --init is done. 0 or a fault; the exit status is in s->status. */
int supervise(struct supervisor *s) MUST_CHECK;

/* process.c */
int process_start(struct process *p) MUST_CHECK;
int process_stop(struct process *p) MUST_CHECK; /* orderly; killed when it takes too long */
/* The process with that pid has ended. */
int process_ended(struct process *p, int wait_status) MUST_CHECK;
const char *role_name(enum role_id id);

/* supervise.c */
int supervise_message(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd);
int supervise_set_code(struct process *from, const char *code, const char *detail) MUST_CHECK;
int supervise_clear_code(struct process *from, const char *code) MUST_CHECK; /* NULL: all of it */
int supervise_tell_registrar(struct supervisor *s) MUST_CHECK;		     /* all codes, after it started */

#endif

/*
 * Starts the roles, ties them together along ROLE_EDGES, starts again what died, and ends them in order. Holds no
 * document, key or record, and reads nothing that a role sends but five short messages.
 */
#ifndef SUPERVISOR_SUPERVISE_H
#define SUPERVISOR_SUPERVISE_H

#include "supervisor/place.h"
#include "supervisor/protectors.h"

#define PROCESSES_MAX ROLE_PEERS_MAX
#define DEATHS_MANY   5
#define UIDS_MAX      64

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

struct uids {
	uid_t at[UIDS_MAX];
	size_t n;
};

/* A try to open a protector while the agent runs locked (locked.c). */
struct unlocking {
	struct helper_run run; /* pid 0: none under way */
	int key;	       /* what it makes */
	enum protector_kind kind;
	uint64_t id;		    /* the registrar's */
	uint64_t not_before_ms;	    /* the next one */
	uint64_t wait_ms;	    /* after the next wrong one */
	struct loop_timer deadline; /* of the one under way */
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
	struct process self; /* not one of processes: in its name the supervisor says what is degraded */
	struct unlocking unlocking;
	struct loop_timer watchdog;
	struct loop_timer logouts;
	struct uids watched;	  /* have unlocked keys */
	struct uids missed;	  /* have checkouts, and had no process at the last look */
	int programs[ROLE_COUNT]; /* executables, opened once: an upgrade beneath us changes nothing */
	int socket_fd;
	struct protectors protectors;
	struct protectors_opened opened;
	int key_fd; /* --init: a file; else a pipe that only copies are made of; -1: locked */
	int escrow_fd;
	bool init;
	bool was_ready;
	bool registrar_knows; /* what protects the machine key was told since the start */
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

/* The registrar's control channel; NULL: it is not ready. */
struct channel *supervise_registrar(struct supervisor *s);

/* locked.c */
/* At start: what protects the key is told, and that it is locked. */
int locked_say(struct supervisor *s) MUST_CHECK;
int locked_tell_registrar(struct supervisor *s, bool is_news) MUST_CHECK;
/* Takes fd. */
int locked_try(struct supervisor *s, const struct frame_unlock_machine *m, int fd) MUST_CHECK;
bool locked_ended(struct supervisor *s, pid_t pid, int wait_status, int *ret); /* false: not its process */
void locked_done(struct supervisor *s);

/* logouts.c: once all are ready. */
int logouts_start(struct supervisor *s) MUST_CHECK;
/* What the registrar wants to hear of, besides owners of checkouts: that user has unlocked keys, or has not any more.
 */
int logouts_watch(struct supervisor *s, uid_t uid, bool on) MUST_CHECK;
/* One look: owners of folders in `checkouts` (NULL: no such folder), and those in watched, without a process in
 * `processes` (/proc). Those whom the look before has missed already are gone; missed is kept from look to look. */
struct logouts {
	const char *checkouts, *processes;
	const struct uids *watched;
	struct uids *missed;
};
void logouts_look(const struct logouts *l, struct uids *ret_gone);

#endif

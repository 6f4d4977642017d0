/*
 * The registrar's frame: one struct that its modules share, and the one way to
 * change anything.
 *
 * A change is one journal entry. registrar_change() appends it to the journal's
 * buffer and applies it to the store inside the open transaction, with the same
 * function that recovery uses (apply.h). At the end of the loop's turn (or
 * after CHANGES_MAX; while many documents are sealed after some more turns, unless somebody waits to be told)
 * registrar_settle() writes and syncs the journal, commits
 * the store and only then lets out what was held: API replies and messages to
 * other roles. So many changes of one turn share one sync, nothing is
 * acknowledged before it is durable, and when the journal cannot be written
 * everything held is answered with that error and nothing has changed.
 */
#ifndef REGISTRAR_REGISTRAR_H
#define REGISTRAR_REGISTRAR_H

#include "base/date.h"
#include "library/json.h"
#include "system/role.h"

struct api;
struct journal;
struct store;
struct jobs;
struct watch;
struct closing;
struct ending;
struct recovery;
struct backup;
struct escrow;
struct epochs;
struct scan;
struct rotate;
struct unlock;
struct rollback;
struct sweep;
struct decision_sets;
struct bell;
struct store_person;
struct policy;
struct secret;
struct clock;
struct files;
struct machine_locks;

#define CHANGES_MAX 2000

struct registrar_held;

struct registrar {
	struct role role; /* first: container_of from handlers */
	struct journal *journal;
	struct store *store;
	struct api *api;
	struct jobs *jobs;
	struct watch *watch;
	struct closing *closings;  /* calls that wait for what is being sealed (checkouts.c) */
	struct ending *endings;	   /* checkouts that are to end (checkouts_over.c) */
	struct recovery *recovery; /* NULL: none is under way */
	struct backup *backup;	   /* keys/backup.c */
	struct escrow *escrow;	   /* what the keeper says of it (keys/escrow.h) */
	struct epochs *epochs;	   /* keys of levels, as the keeper tells (keys/epochs.c) */
	struct scan *scan;	   /* which key every file is sealed to (keys/scan.c) */
	struct rotate *rotate;	   /* files on their way to newer keys (keys/rotate.c) */
	struct unlock *unlock;	   /* keys/unlock.c */
	struct rollback *rollback; /* keys/rollback.c */
	struct store_person *last_person; /* findings_facts.c: who decided the last record; forgotten when the register changes */
	struct bell *bells;	    /* oversight/bell.c: who waits to be rung */
	struct decision_sets *sets; /* records/decision_set.c; NULL: none was agreed on */
	struct policy *policy;	   /* the running pack; NULL: none loads, and nothing is changed */
	struct policy *pack;	   /* pack.c: what was loaded; policy is it, or one of its earlier sets */
	int64_t pack_set;	   /* the set that it came from (policy/sets.h); 0: the folder */
	int signals_fd;		   /* pack.c: sealed memfd for inspectors; -1 */
	uint32_t signals_version;
	uint64_t looked_with; /* of this program and the running pack: what inspectors say may be another thing with others */
	struct secret *meta_key; /* NULL until the keeper gave it: then only reading of facts without names */
	struct registrar_held *held;
	struct clock *clock;
	struct loop_timer settle_timer;
	struct loop_timer sweep_timer;	   /* sweep.c */
	struct loop_timer enforce_timer;   /* unrecorded.c … */
	int64_t enforce_after, enforce_taken;
	struct loop_timer scrub_timer;	   /* scrub.c … */
	uint64_t scrub_page;		   /* … and where it stands */
	struct sweep *sweep;		   /* the day's own one, while it is under way; else NULL */
	struct loop_timer drafts_timer;	   /* drafts.c */
	struct loop_timer reviews_timer;   /* policy/reviews.c */
	struct loop_timer checkouts_timer; /* checkouts_over.c */
	size_t n_changes;		   /* since the last settle */
	uint64_t gather_ms;		   /* how long changes that nobody waits for gather before a settle (jobs.c) */
	bool in_batch;			   /* the store's transaction is open */
	bool clock_told;		   /* the journal has that the clock is suspect */
	bool read_only;			   /* journal or store refuse writing: every mutating call is refused */
	bool is_without_pack;		   /* read-only for want of a policy pack alone */
	char read_only_why[128];
	struct machine_locks *machine_locks; /* keys/protectors.c; NULL: nothing was told yet */
	bool is_frozen; /* an older state was put back: nothing is changed before that is accepted */
	char frozen_why[200];
};

/* May work be taken up that nobody asked for? */
static inline bool registrar_may_work(const struct registrar *r)
{
	return !r->read_only && !r->is_frozen;
}

/*
 * The core: journal, store, clock. registrar_core_open() in prepare(), before the sandbox: opens (or makes) the journal
 * and the store in RESOURCE_STATE's directory, puts a bad store aside, applies what the journal has more, fixes the
 * zone. A store ahead of its journal, or a damaged journal: opened read-only, and degraded. files: NULL is the real
 * one. registrar_core_begin() in begin(), with the loop: the entry "start", and at the first start the two security
 * administrators of the settings "security_administrator=UID:LOGIN". They are entered when the metadata key is there:
 * call registrar_meta_key() from the frame's handler; it takes key.
 * registrar_core_close() in end(): settles what is pending.
 */
int registrar_core_open(struct registrar *r, const struct files *files) MUST_CHECK;
int registrar_core_begin(struct registrar *r) MUST_CHECK;
int registrar_meta_key(struct registrar *r, struct secret *key) MUST_CHECK;
void registrar_core_close(struct registrar *r);

static inline struct registrar *registrar_of(struct role *role)
{
	return (struct registrar *)(void *)((char *)role - offsetof(struct registrar, role));
}

/*
 * One change. `entry` is an object with at least "op" and the fields of that
 * op's row in apply.h; actor (person id or "-") and the uid are added by the
 * caller, seq, time, boot, mono and the hash of the entry before by the
 * journal. Takes entry. 0; REGISTRAR_READ_ONLY; REGISTRAR_REFUSED when the
 * entry is too long or the store's rules refuse it (what a client may get wrong is better checked before: the log has
 * a line about it, and nothing has changed); or a fault.
 */
enum registrar_outcome { REGISTRAR_READ_ONLY = 1, REGISTRAR_REFUSED };
int registrar_change(struct registrar *r, struct json *entry) MUST_CHECK;
/* An entry to fill: op, actor (NULL: the agent, "-") and uid. Fields of each op: apply.h. */
struct json *registrar_entry(const char *op, const char *person, uid_t uid);
/* Number of the newest entry, so the id of what the last change made. */
uint64_t registrar_seq(const struct registrar *r);

/* Lets a message out once everything changed so far is durable (at once when nothing is pending). Takes fd. */
int registrar_send(struct registrar *r, enum role_id to, int index, const struct frame_type *type, const void *message,
		   int fd) MUST_CHECK;
/* Calls done(arg, result) when everything changed so far is durable: result 0, or REGISTRAR_READ_ONLY. */
int registrar_when_durable(struct registrar *r, void (*done)(void *arg, int result), void *arg) MUST_CHECK;
int registrar_settle(struct registrar *r) MUST_CHECK;
/* Many store_seen_…() of one turn share a transaction, which the next settle ends. Fine at any time. */
int registrar_batch(struct registrar *r) MUST_CHECK;

/* Today in the agent's zone by its clock (system or file), never before the clock's floor. */
struct date registrar_today(struct registrar *r);
/* The moment as RFC 3339 in UTC, for entries; ret of 32 bytes. */
void registrar_now(struct registrar *r, char ret[32]);
/* The clock went back, or forward beyond what is plausible (DESIGN 9): nothing is lowered, released or expired until a
 * security administrator confirms (op "clock"). */
bool registrar_clock_is_suspect(struct registrar *r);
/* For that confirmation only: the day by the clock alone, and that it is right from now on. */
struct date registrar_clock_day(struct registrar *r);
void registrar_clock_confirmed(struct registrar *r);

#endif

/* Shared by the files of jobs.h. */
#ifndef REGISTRAR_JOBS_PRIVATE_H
#define REGISTRAR_JOBS_PRIVATE_H

#include "registrar/documents/jobs.h"
#include "registrar/records/labels.h"
#include "registrar/store/look.h"

#include <sys/queue.h>

#define JOBS_BUCKETS	  1024
#define JOBS_AT_SEALERS	  3000 /* intents that sealers know of at a time: the rest waits here, not in their queues */
#define JOBS_MANY	  16   /* from so many on changes gather before the disk is waited for … */
#define JOBS_GATHER_MS	  500  /* … so long */
#define JOBS_SEALERS	  256 /* a peer's index is a byte */
#define JOBS_IN_A_ROW	  500 /* neighbours go to the same sealer, so that its groups fill … */
#define JOBS_LARGE	  ((uint64_t)4 << 20) /* … unless they are as large as this */
#define JOBS_RETRY_MS	  1000		      /* first pause, doubled up to … */
#define JOBS_RETRY_MAX_MS 30000		      /* (DESIGN 8) */
#define JOBS_GRANT_MS	  60000
#define JOBS_STUCK_MS	  2000 /* what fails for longer is told: what passes by itself sooner is not */

enum job_phase {
	JOB_WAITS,     /* for the file to settle, for facts, for its turn, for the timer */
	JOB_SEALING,   /* intent journalled, seal or rewrap sent */
	JOB_DISPOSING, /* publication journalled, settle sent */
};

/* What an intent says; texts in an arena. */
struct job_plan {
	int64_t version; /* of the record */
	uint32_t root;
	const char *source; /* seal: the plaintext; rewrap: the sealed file */
	uint32_t target_root;
	const char *target;
	const char *keep, *level, *from_level;
	uint64_t dev, ino, size, mtime_ns, replace_ino;
	const char *sha256;
	uint32_t content;
	bool dispose, reencrypt;
};

/* What is to be done to one record's document. Forgotten when it is done. */
struct job {
	struct job *next;     /* in its bucket by number */
	struct job *next_due; /* in the queue of those whose turn comes */
	bool is_queued;
	LIST_ENTRY(job) flight, same_bucket; /* of those with an intent: all, and by it */
	LIST_ENTRY(job) same_source;	     /* of those whose plaintext is being taken */
	bool is_taking, is_vanished;	     /* it is one of them; and its name is gone */
	struct registrar *r;
	char number[STORE_NUMBER_MAX];
	enum job_phase phase;
	enum sealing shown;
	char detail[200];
	bool wants_seal, wants_label;
	uint32_t source_root; /* with source_path: new content is there; 0: the document itself */
	char *source_path;
	char taken[65];	      /* digest of the new content that the record knows of already */
	uint64_t intent;      /* 0: none */
	bool is_rewrap;	      /* kind of the intent */
	struct job_plan plan; /* of the intent; version 0: not read yet */
	struct arena plan_texts;
	int sealer; /* who has it; -1: nobody; set by job_set_sealer() */
	struct loop_timer retry;
	unsigned tries;
	uint64_t open_since_ms;	   /* 0: no program kept it from being sealed */
	uint32_t open_before;	   /* minutes that an earlier process has counted */
	bool is_locked;		   /* waits for somebody to unlock its key */
	bool is_told;		   /* that a program keeps it open: there is a finding of it */
	uint64_t failing_since_ms; /* 0: the last try did not fail */
	uint32_t stuck_by;	   /* of the reason that the finding tells; 0: there is none */
};

/* A file system that takes nothing for now: one job at a time tries whether it does again. */
struct jobs_gate {
	struct jobs_gate *next;
	uint32_t root;
	uint64_t until_ms; /* then the next one tries */
	bool is_trying;
	unsigned tries;
	char why[200];
};

struct reading;

struct jobs {
	struct registrar *r;
	struct job *by_number[JOBS_BUCKETS];
	struct job *due, **due_end;
	LIST_HEAD(job_list, job) flying;
	struct job_list by_intent[JOBS_BUCKETS]; /* two answers a job: its search must not grow with the others */
	struct job_list by_source[JOBS_BUCKETS]; /* plaintexts that are being taken, by their names */
	size_t n_in_flight, n_at_sealers; /* intents that are open; of those so many were sent */
	size_t at_sealer[JOBS_SEALERS];	  /* and so many to each */
	size_t n_sent;
	int sealer; /* that had the last one */
	struct loop_timer turn;
	struct reading *readings;
	struct jobs_gate *gates;
	size_t n_stuck_before; /* findings of an earlier process whose job has not been made yet */
};

struct json *job_plan_json(const struct registrar *r, const struct job_plan *p);
/* The plan of the intent in flight, read once from the store; borrowed until the job has landed. STORE_NOT_FOUND also
 * for an intent that does not read. */
int job_plan_load(struct job *job, const struct job_plan **ret) MUST_CHECK;
/* Notes the plan that has just become the intent, so that it need not be read. */
int job_plan_keep(struct job *job, const struct job_plan *p) MUST_CHECK;
void job_plan_forget(struct job *job);

/* The sealed name beside the plaintext: NAME.age, or NUMBER.age where the level hides names; where NAME.age is another
 * record's, the one that comes later is NAME.conflict-TIME.age (DESIGN 7). */
int job_target(struct job *job, const struct store_seen *source, const struct level *level, struct arena *a,
	       const char **ret) MUST_CHECK;
const char *job_keep(const struct job *job, uint32_t content, struct arena *a); /* in .classd/keep */

struct job *jobs_find(struct jobs *jobs, const char *number);
struct job *jobs_find_intent(struct jobs *jobs, uint64_t intent);
/* The job of that record, made when missing; NULL: memory ran out. */
struct job *jobs_get(struct registrar *r, const char *number);
void jobs_drop(struct job *job);
/* Its turn comes soon. */
int jobs_queue(struct job *job) MUST_CHECK;
/* Shows why it waits, and tries again later; is_failed: only a change of the file or of the record helps. */
int jobs_wait(struct job *job, enum sealing shown, const char *detail) MUST_CHECK;
/* The same for what somebody is writing to just now: after the pack's limit that is a finding. */
int jobs_wait_for_writer(struct job *job, enum sealing shown, const char *detail) MUST_CHECK;
/* It needs nothing any more: its findings close, and it is freed. */
int jobs_done(struct job *job) MUST_CHECK;
/* Its intent is journalled and is to be sent. */
void jobs_take_off(struct job *job, uint64_t intent, bool is_rewrap);
void jobs_leave_flight(struct job *job);
/* Its intent is over. Nothing wanted any more: it is freed; again: what is wanted is queued, else it waits. */
int jobs_landed(struct job *job, bool again) MUST_CHECK;

/* Its plaintext is being taken from now on. */
void jobs_begin_taking(struct job *job);

/* jobs_outcome.c */
enum sealing jobs_outcome_shown(uint8_t outcome);
/* The file system as a whole takes nothing. */
bool jobs_outcome_is_of_disk(uint8_t outcome);

void job_set_sealer(struct job *job, int sealer);
bool jobs_have_room(const struct jobs *jobs); /* sealers may be sent one more */

/* jobs_seal.c: one step, from what the store says now. */
int job_step(struct job *job) MUST_CHECK;
/* The intent cannot be done any more as it stands. */
int job_give_up(struct job *job, const char *outcome, enum sealing shown, const char *detail) MUST_CHECK;

/* jobs_send.c: the message of its phase, to a sealer that is there; when they have enough in hand, as its turn comes. */
struct job_known {
	const struct record *record; /* NULL: it is read from the store; what follows is of that record … */
	const char *text, *meta;     /* … as for labels_seal(); NULL: made anew */
};
int job_send(struct job *job) MUST_CHECK;
int job_send_known(struct job *job, const struct job_known *known) MUST_CHECK;

/* jobs_content.c: the source has other content than the record: what that makes of the record. Outcome 1: the job
 * waits. */
int job_take_content(struct job *job, struct record *record, struct store_document *document,
		     const struct store_seen *seen) MUST_CHECK;

/* jobs_stuck.c: what cannot be sealed. */
/* The try failed for job->detail: when it goes on failing there is a finding with the reason. */
int stuck_failed(struct job *job) MUST_CHECK;
/* The reason is gone, and the finding with it. */
int stuck_over(struct job *job) MUST_CHECK;
/* Findings of an earlier process: their jobs exist, and know of them. */
int stuck_begin(struct registrar *r) MUST_CHECK;
/* The file system of that root did not take a file: its jobs wait, and one at a time tries. */
int gate_shut(struct registrar *r, uint32_t root, const char *why) MUST_CHECK;
/* It took one: all go on. */
int gate_open(struct registrar *r, uint32_t root) MUST_CHECK;
/* NULL: the job may try, and if the gate was shut it is the one that does. Else why it waits. */
const char *gate_why(struct registrar *r, uint32_t root);
bool gate_is_shut(struct registrar *r, uint32_t root); /* or one job is just trying it */
void gates_free(struct jobs *jobs);

/* jobs_read.c */
void readings_free(struct jobs *jobs);
int readings_lost_sealer(struct registrar *r, int index) MUST_CHECK;

#endif

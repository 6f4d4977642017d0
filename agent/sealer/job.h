/* One job: what was asked, what it holds, and its next step. */
#ifndef SEALER_JOB_H
#define SEALER_JOB_H

#include "sealer/sealer.h"

/* What a step says. Every other answer of a step is a fault. */
enum step {
	STEP_AGAIN = 1, /* more to do */
	STEP_WAIT,	/* the step has put the job into a queue where something wakes it */
	STEP_END,	/* answered: free it */
};

typedef int (*job_step)(struct sealer *s, struct job *j);

enum job_kind {
	JOB_SEAL,
	JOB_REWRAP,
	JOB_UNSEAL,
	JOB_HEADER,
	JOB_RESTORE,
	JOB_LIST,
	JOB_DISCARD,
	JOB_CARRY,
	JOB_ALIAS,
	JOB_DESTROY
};

/* A sealed file that is being read. */
struct sealed_source {
	int fd;
	struct stat stat;
	struct buffer start; /* header and nonce, and what was read with them */
	struct envelope envelope;
	uint64_t plain_length;
	struct secret *file_key; /* of a rewrap that makes a new one */
};

struct job {
	TAILQ_ENTRY(job) link;
	struct job_queue *queue; /* where it stands */
	enum job_kind kind;
	job_step step;
	uint64_t intent;
	struct sealer_root *root, *target_root;
	char *path, *target, *keep, *level, *args;
	struct buffer record; /* sealed record of the registrar */
	struct buffer facts;  /* its part about the file, as it was written or read */
	uint8_t wanted_digest[32];
	uint8_t wanted_mac[32]; /* discard: header of the kept file; unseal: of the file that is meant, zeros: any */
	uint64_t dev, ino, size, mtime_ns;
	uint64_t replace_ino;
	uint64_t grant;
	uint64_t request; /* to the keeper, 0: none open */
	bool reencrypt;
	bool is_rekey; /* rewrap: label and record stay as they are in the file; args: its record */
	bool verifies; /* header: the content too */
	bool is_known; /* unseal, header: see known.c */
	bool in_flight;
	bool dispose;

	int dir, target_dir; /* of the plaintext; of the sealed name */
	const char *name, *target_name;
	int source;	    /* plaintext */
	struct stat before; /* of the plaintext (seal) */
	bool leased;
	bool superseded; /* an earlier try has sealed what was there; the source that is there now is not taken */
	struct sealed_source *from; /* rewrap, unseal, header */
	struct secret *file_key, *payload_key;
	struct digest *digest;
	uint64_t at; /* plaintext bytes done in this pass */

	int temp;	    /* the new sealed file */
	bool has_temp_name; /* in .classd, where there is no O_TMPFILE */
	ino_t temp_ino;
	struct buffer header; /* with nonce */
	uint64_t length;      /* of the plaintext */
	uint8_t digest_is[32];
	uint8_t header_mac[32];
	char escrow[9]; /* key id of the escrow that the new header opens with */
	uint8_t last_tag[AGE_TAG];
	char key_id[9];	 /* that the new file is sealed to */
	bool is_written; /* header and content, in one go */
	bool synced;	 /* with its content, by itself */
	bool read_back;
	ino_t keep_displaced; /* inode that stood at the keep name; 0 none */
	bool kept, named;     /* links that are ours to undo */
	struct stat published;

	int pipe;	     /* the client's */
	int stage[2];	     /* our pipe before it */
	uint64_t staged;     /* bytes in it */
	size_t stage_chunks; /* that it has room for */
	uint32_t timeout_ms;
	uint64_t deadline_ms; /* from the step that begins: a message may find a sealer that has slept for hours */

	struct listing *listing;
	uint64_t files_found;

	enum seal_outcome outcome;
	char detail[200];
	char conflict[300];
};

int job_new(enum job_kind kind, uint64_t intent, job_step first, struct job **ret) MUST_CHECK;
void job_free(struct sealer *s, struct job *j);
void job_move(struct job *j, struct job_queue *to);
struct job *job_find(struct job_queue *queue, uint64_t intent);

/* The job ends with that outcome: nothing has changed, or has been undone. Answers STEP_AGAIN; the next step reports.
 */
int job_fail(struct job *j, enum seal_outcome outcome, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same for a negated errno of the I/O table: disk full is an outcome of its own. */
int job_fail_io(struct job *j, int error, const char *what);
/* The same where an existing file was read: cut is damaged, and what the disk does not give is no word about the bytes.
 */
int job_fail_read(struct job *j, int error, const char *what);
/* For an outcome of safe_open. */
int job_fail_open(struct job *j, int outcome, const char *what);
int job_fail_envelope(struct job *j, int outcome);
/* Reports what the job has come to (by kind) and ends it. */
int job_answer(struct sealer *s, struct job *j);
/* A digest of the pool, started; false: the job waits for one. */
bool job_has_digest(struct sealer *s, struct job *j);
void job_drop_digest(struct sealer *s, struct job *j);

/* Steps of others that a job may go on with. */
int seal_begin(struct sealer *s, struct job *j);
int rewrap_begin(struct sealer *s, struct job *j);
int rekey_begin(struct sealer *s, struct job *j);
int unseal_begin(struct sealer *s, struct job *j);
int header_begin(struct sealer *s, struct job *j);
int carry_begin(struct sealer *s, struct job *j);
int restore_begin(struct sealer *s, struct job *j);
int list_begin(struct sealer *s, struct job *j);
int discard_begin(struct sealer *s, struct job *j);
int destroy_begin(struct sealer *s, struct job *j);
int alias_begin(struct sealer *s, struct job *j);
void list_free(struct sealer *s, struct listing *listing);

/* keys.c */
/* Recipients for the job's level. 0, or STEP_WAIT: they are asked for and the job waits. */
int keys_want(struct sealer *s, struct job *j, const struct level_key **ret);
/* Asks the keeper for the file key of j->from; the job waits. */
int keys_unwrap(struct sealer *s, struct job *j);

/* source.c */
/* Opens and parses the sealed file at j->path beneath its root: 0, or STEP_AGAIN after job_fail(). */
int source_open(struct sealer *s, struct job *j);
int source_parse(const struct files *f, int fd, const struct stat *stat, struct sealed_source *ret);
void source_free(const struct files *f, struct sealed_source *from);
/* Opens the payload from `at` (a multiple of AGE_CHUNK) into s->plain, at most so many chunks, with the key that
 * s->bulk has. 0, BULK_FORGED, or a negated errno. */
int source_slice(struct sealer *s, const struct sealed_source *from, uint64_t at, size_t max_chunks, size_t *ret_n);
/* The same without the content: reads the next slice and checks its tags. */
int source_check_slice(struct sealer *s, const struct sealed_source *from, uint64_t at, size_t *ret_n);

/* known.c */
bool known_has(const struct sealer *s, const struct stat *stat, const uint8_t mac[32]);
/* The file of j->header_mac was held against its label; before: as it was when its first byte was read, NULL: only we
 * had it. */
void known_add(struct sealer *s, const struct job *j, int fd, const struct stat *before);

/* facts.c */
/* Appends the extended attributes of j->source. 0, or STEP_AGAIN after job_fail(): there are more than a record takes.
 */
int facts_read(struct sealer *s, struct job *j, struct buffer *ret);
/* The part about the file into j->facts. 0, or STEP_AGAIN after job_fail(). */
int facts_note(struct job *j, const struct sealed_record *record);
/* What only the sealer sees of the file goes into the record, unless the registrar knows better (a checkout). */
void facts_add(struct job *j, struct sealed_record *record, struct bytes acl_text, struct bytes attributes);

/* write.c: the new sealed file. */
/* Temporary with header in memory, access list, room. 0, or STEP_AGAIN after job_fail(). */
int write_open(struct sealer *s, struct job *j, const struct sealed_record *record, const struct level_key *key,
	       const struct acl *acl);
/* Its name for the time being, where it had to have one. */
void write_drop_name(struct sealer *s, struct job *j);
/* Seals n bytes of s->plain as the next slice. 0 or a negated errno. */
int write_slice(struct sealer *s, struct job *j, size_t n);
/* Header at 0, MAC and last tag noted; then the group, for a large file after its own sync and read-back. */
int write_finish(struct sealer *s, struct job *j);
/* Reads back and verifies by tags: 0, 1 does not verify, or a negated errno. */
int write_verify_slice(struct sealer *s, struct job *j);

/* place.c: .classd of a root. */
int place_check(struct sealer *s, struct job *j, struct sealer_root *root); /* 0, or STEP_AGAIN after job_fail() */
void place_name(const struct job *j, const char *kind, char ret[32]);	    /* names that belong to the intent */
/* A name in .classd that was displaced: dropped when keep has it, else kept under a name of its own. */
int place_drop(struct sealer *s, struct sealer_root *root, const char *name, bool superseded);
/* Where a plaintext stands while it is looked at for the last time: in .classd, or, in a checkout, beside its own name.
 * Gives the directory and the name there. */
int place_aside(const struct job *j, char ret[32]);
/* A try that was killed after it had taken the plaintext: it goes back to its place. 0, or STEP_AGAIN after job_fail().
 */
int place_recover_taken(struct sealer *s, struct job *j);
/* Puts a file back from there to its directory; when the name is taken, beside it as NAME.conflict-TIME, which is
 * then in j->conflict. 0 or a negated errno. */
int place_put_back(struct sealer *s, struct job *j, const char *from);

/* seal.c: the lease on j->source; 0, or STEP_AGAIN after job_fail() when somebody writes. */
int seal_take_lease(struct sealer *s, struct job *j);
/* alias.c */
/* What was taken (`taken` in the root's .classd) goes for good, or, while it has other names, stays there as a witness
 * of them; how many there are is in j->detail then. 0 or a negated errno. */
int alias_take(struct sealer *s, struct job *j, const char *taken, const struct stat *stat);
/* An earlier try has done that: says again how many names there are. */
void alias_recall(struct sealer *s, struct job *j);
/* find.c: j->keep beneath j->target_root is whole as far as its header and length tell; j->header_mac, j->published. */
int find_kept(struct sealer *s, struct job *j);
/* dispose.c: the plaintext leaves its name if it is still the one that was read; then it goes if it still is. 0, or
 * STEP_AGAIN when it was put back or is gone: j->outcome says so. */
int dispose_take(struct sealer *s, struct job *j);
int dispose_drop(struct sealer *s, struct job *j);

/* publish.c, group.c */
int publish_keep(struct sealer *s, struct job *j);   /* 0, or STEP_AGAIN after job_fail() */
int publish_target(struct sealer *s, struct job *j); /* likewise */
void publish_undo(struct sealer *s, struct job *j);
int publish_drop_displaced(struct sealer *s, struct job *j);
int group_join(struct sealer *s, struct job *j);
/* Both lower *wait_ms to when the next group is due. */
int group_run(struct sealer *s, uint64_t *wait_ms);
int dispose_join(struct sealer *s, struct job *j);
int dispose_run(struct sealer *s, uint64_t *wait_ms);
/* Takes the plaintexts that may go, right before a sync of the file systems; drops them after it, and after the next
 * one their jobs report. */
int dispose_take_all(struct sealer *s, struct job_queue *taken);
int dispose_drop_all(struct sealer *s, struct job_queue *taken);
void dispose_report(struct sealer *s, struct job_queue *taken);
/* Messages that belong to these files, rows of sealer.c. */
int dispose_on_settle(struct sealer *s, const union frame_any *message, int *fd);
int keys_on_level_public(struct sealer *s, const union frame_any *message, int *fd);
int keys_on_file_key(struct sealer *s, const union frame_any *message, int *fd);
size_t queue_length(const struct job_queue *queue);
/* How long the first of a group waits for the others. */
uint64_t group_patience_ms(const struct sealer *s);
/* Lets fn (0, or not 0 after job_fail()) work on each job of a group; those that fail leave it and report. */
int group_each(struct sealer *s, struct job_queue *group, job_step fn);
/* What an earlier try of this intent has already published stands at that name: then j is filled from it and answered
 * with SEAL_DONE. false: not so. */
bool publish_is_done(struct sealer *s, struct job *j, const char *path);
/* The same for a seal that failed: its source is gone, another file by now, or one that cannot be had, and what was
 * published must not stay unknown to the registrar. A source that is there is left to it (superseded). */
bool publish_was_done(struct sealer *s, struct job *j);

#endif

/* Shared by the files of watch.h. */
#ifndef REGISTRAR_WATCH_PRIVATE_H
#define REGISTRAR_WATCH_PRIVATE_H

#include "registrar/documents/watch.h"
#include "registrar/store/look.h"

#define CONFLICT	".conflict-" /* the sealer's name for a newer save whose own name was taken again */
#define WATCH_ROOTS_MAX 256
#define LOOK_BUCKETS	1024
#define LOOKS_ASKED_MAX 64  /* examinations under way at a time … */
#define LOOKS_DUE_MAX	256 /* … so many more wait here, the rest in the store */
#define WATCH_GONE	256
#define MISSING_MS	1500 /* so long a name may be gone until its document counts as missing (save by rename) */

/* A file that an inspector is to look at. */
struct watch_look {
	struct watch_look *next;     /* in its bucket */
	struct watch_look *next_due; /* not asked for yet */
	uint64_t job;		     /* 0: not asked for yet */
	bool again;		     /* asked for once more meanwhile */
	uint32_t root;
	uint64_t dev, ino, size, mtime_ns; /* what was announced last … */
	uint64_t asked_dev, asked_ino;	   /* … and what the job on its way is about */
	uint8_t known[FRAME_HASH];	   /* its digest, if all that would be said of it is known; zeros: none */
	char path[];
};

/* A name that went a moment ago: what comes back to it is the same file saved anew, and no younger. */
struct watch_gone {
	uint64_t name; /* hash of root and path */
	uint64_t until_ms;
	char first_seen[32];
	char number[STORE_NUMBER_MAX]; /* of the record whose document in clear left that name */
	bool is_back;		       /* in time another file has the name */
};

struct degraded {
	struct degraded *next;
	char *code, *detail;
	char since[32];
	uint64_t count;
};

struct watch {
	struct registrar *r;
	struct watch_root roots[WATCH_ROOTS_MAX];
	size_t n_roots;
	struct degraded *degraded;
	struct watch_look *looks[LOOK_BUCKETS];
	struct watch_look *due, **due_end;
	size_t n_asked, n_due;
	uint64_t last_job;
	int64_t backlog; /* files with a greater id may wait for an inspector in the store; -1: none does */
	struct loop_timer retry;
	struct watch_waiting *waiting; /* for a rescan */
	bool is_changed;	       /* files without a record may be another thing than they were */
	bool has_nobodys;	       /* sealed files of ours whose record is not known (yet) */
	struct watch_gone gone[WATCH_GONE];
	size_t next_gone;
	uint64_t gone_until_ms;	 /* later none of them counts … */
	bool has_left;		 /* … but for whose name another file has meanwhile */
	struct loop_timer alive; /* the watcher is asked whether it still works */
	uint64_t n_asked_alive, n_alive;
	struct loop_timer aliases; /* then plaintexts with other names are asked for again */
	uint64_t aliases_ms;	   /* … after so long */
	struct watch_missing *missing; /* watch_missing.c */
};

/* watch_state.c. watch_root_of: NULL: there are too many. */
struct watch_root *watch_root_of(struct watch *watch, uint32_t id);
void watch_degraded_free(struct watch *watch);
void watch_forget_states(struct watch *watch); /* the watcher is away */

/* watch_seen.c */
/* Of most files nobody knows anything: then nothing follows from how they are, and this is all there is to ask. */
int watch_is_plain(struct registrar *r, uint32_t root, const char *path, struct store_plain *ret) MUST_CHECK;
/* A whole scan is done: what it did not meet is gone. */
int watch_forget_unmet(struct registrar *r, uint32_t root) MUST_CHECK;
/* … and what a listing of the root itself did not meet, which was left because there was nothing in it at all. */
int watch_forget_bare(struct registrar *r, struct watch_root *root) MUST_CHECK;
int watch_lost_rows(struct registrar *r)
    MUST_CHECK; /* what was told may not be in the store: all of it once more, soon */

/* watch_odd.c */
/* What the registrar knows a path by: the path itself where it is UTF-8. malloc'ed. */
int watch_path(const char *path, char **ret) MUST_CHECK;
int watch_follow_odd(struct registrar *r, const struct store_seen *seen) MUST_CHECK;

/* watch_alive.c */
void watch_alive_stop(struct watch *watch);

/* watch_rescan.c: a scan has ended, or a file was looked at. */
int watch_waiting_look(struct registrar *r) MUST_CHECK;
void watch_waiting_free(struct watch *watch);

/* watch_look.c */
void watch_looks_free(struct watch *watch);
/* The job on its way is about that very file, not about what had its name before. Ask before watch_looked(). */
bool watch_is_asked(struct registrar *r, uint64_t job, const struct store_seen *seen);
/* The job was answered, in whatever way. */
int watch_looked(struct registrar *r, uint64_t job, uint32_t root, const char *path) MUST_CHECK;
int watch_looks_again(struct registrar *r) MUST_CHECK; /* the watcher has forgotten what it was asked */
int watch_looks_due(struct registrar *r) MUST_CHECK;   /* whatever was not looked at is asked for, as its turn comes */

/* watch_names.c */
/* The finding of that code about that name: evidence NULL closes it. */
int watch_say(struct registrar *r, const struct store_seen *seen, enum finding_code code,
	      const char *evidence) MUST_CHECK;
/* The one thing that is wrong with a file without a record; FINDING_NONE: nothing (any more). */
int watch_say_stranger(struct registrar *r, const struct store_seen *seen, enum finding_code code,
		       const char *evidence) MUST_CHECK;
int watch_unsay(struct registrar *r, uint32_t root, const char *path) MUST_CHECK; /* the name is gone */
int watch_unsay_gone(struct registrar *r, uint32_t root) MUST_CHECK;		  /* every name that is gone */

/* Since when a file is there: a name that is empty for an instant while it is saved is not seen for the first time when
 * it is back, or who saves often would never come to the end of the grace period. */
void watch_note_gone(struct watch *watch, const struct store_seen *gone);
void watch_set_first_seen(struct watch *watch, uint32_t root, const char *path, char first_seen[32]);
bool watch_is_left(const struct watch *watch, uint32_t root, const char *path); /* watch_take_left() would find one */
/* The record whose document in clear left that name to the file that has it now, within the settle window; once.
 * Empty: none did. */
void watch_take_left(struct watch *watch, uint32_t root, const char *path, char ret_number[STORE_NUMBER_MAX]);

/* A sealer found .classd or a kept file displaced: a finding, and every sealed file gets its second link anew. */
int watch_keep_lost(struct registrar *r, const char *code, const char *detail) MUST_CHECK;

/* watch_aliases.c */
/* A plaintext that is sealed has other names: a finding until they are gone. */
int watch_say_aliases(struct registrar *r, const struct watch_taken *what) MUST_CHECK;
/* That path is none of a folder, but the link of such a plaintext that the sealer keeps. */
bool watch_is_witness(const char *path);

/* watch_identify.c */
/* A settled file that is no record's document by its inode: by its name or content it may be, or be a copy. */
int watch_identify(struct registrar *r, const struct store_seen *seen) MUST_CHECK;

/* watch_follow.c */
/* Where the document of the record is by now. */
int watch_note_moved(struct registrar *r, struct store_document *d, const struct store_seen *seen) MUST_CHECK;
/* What the row of that name means for records: after every change of it. */
int watch_follow(struct registrar *r, uint32_t root, const char *path) MUST_CHECK;

/* watch_missing.c */
int watch_missing_new(struct registrar *r) MUST_CHECK;
void watch_missing_free(struct watch *watch);
int watch_set_missing(struct registrar *r, const char *number, bool is_missing) MUST_CHECK;
/* Soon: every sealed document of the root (0: of all) is there, or a finding says that it is not. */
int watch_find_missing(struct registrar *r, uint32_t root) MUST_CHECK;
/* What left its name is looked for soon; also files without a record, where they may be another thing than they were. */
int watch_look_around(struct registrar *r) MUST_CHECK;
/* A name is gone. */
int watch_follow_gone(struct registrar *r, uint32_t root, const char *path) MUST_CHECK;

#endif

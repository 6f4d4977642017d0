/*
 * What watcher and inspectors say: the `seen` rows, which are visible at once,
 * and what follows from them: which file is which record's document, what is
 * to be looked at, what is missing, what is degraded. Nothing here is believed
 * of a document's content beyond what decides whether to look again.
 */
#ifndef REGISTRAR_WATCH_H
#define REGISTRAR_WATCH_H

#include "registrar/registrar.h"
#include "registrar/store/store.h"

struct watch;

int watch_new(struct registrar *r) MUST_CHECK; /* sets r->watch */
void watch_free(struct watch *watch);

struct watch_taken {
	const char *number;
	uint32_t root;
	const char *path;
	uint64_t dev, ino;
	unsigned long n_aliases;
	uint64_t intent;
};

/* The file is to be looked at by an inspector, when its turn comes. Asking twice is asking once. */
int watch_examine(struct registrar *r, const struct store_seen *seen) MUST_CHECK;
/* Likewise, but what is under way already does not count: answers whose job is at least *ret_ticket were looked for
 * after this call. */
int watch_examine_anew(struct registrar *r, const struct store_seen *seen, uint64_t *ret_ticket) MUST_CHECK;
/* The sealer has taken that plaintext. n_aliases: so many other names of it remain (hard links); the finding about
 * those that are in no watched folder is the record's. */
int watch_taken(struct registrar *r, const struct watch_taken *what) MUST_CHECK;
/* The plaintext of a job has lost its name, and not to the sealer. Another file that has the name by now stays. */
int watch_gone(struct registrar *r, const struct watch_taken *what) MUST_CHECK;
/* Findings about other names of plaintexts: they are asked for now, and again, until there are none. */
int watch_look_at_aliases(struct registrar *r) MUST_CHECK;
int watch_on_aliased(struct role *role, struct channel *from, const union frame_any *m, int *fd);
/* It was not taken: somebody was at it meanwhile. */
int watch_left(struct registrar *r, uint32_t root, const char *path) MUST_CHECK;
/* The metadata key is there: what was announced before is asked for again. */
int watch_begin(struct registrar *r) MUST_CHECK;
/* whole: everything is announced once more; else what is not as it was announced. */
int watch_rescan(struct registrar *r, uint32_t root, bool whole) MUST_CHECK;
int watch_lost_watcher(struct registrar *r) MUST_CHECK;
int watch_alive_start(struct registrar *r) MUST_CHECK; /* a watcher is there */

/* The path is only a spelling of one that is not UTF-8: the file can have no record. */
bool watch_is_odd(const char *path);

struct watch_root {
	uint32_t id;
	bool is_scanning;
	char *by;			   /* the watcher's back end; NULL: not told yet */
	char *by_why;			   /* it is not fanotify; "" it is */
	bool was_empty;			   /* at its last scan, though files were known */
	uint64_t files, directories, left; /* of the running scan, or the last one; left: known, not listed yet */
	uint64_t ignored, by_site;	   /* names that rules leave out; of those by rules of the configuration */
	char scanned[32];		   /* when the last scan ended; "": not yet */
	uint64_t begun, ended; /* scans, in this life of ours */
	bool is_bare;  /* nothing was in the folder itself, though files were known: see watch_forget_bare() */
	bool has_news; /* something was another thing than before, since the last scan began */
};
/* NULL: not heard of. */
const struct watch_root *watch_root(const struct registrar *r, uint32_t id);

/* Answers the call when every root of documents was scanned anew; digests: and every file in them was read once more. */
struct api_call;
int watch_answer_rescan(struct registrar *r, struct api_call *call, bool digests) MUST_CHECK;

struct watch_degraded {
	const char *code, *detail, *since;
	uint64_t count;
};
/* The i-th thing that is degraded, anywhere in the agent; false: there are no more. */
bool watch_degraded(const struct registrar *r, size_t i, struct watch_degraded *ret);
int watch_set_degraded(struct registrar *r, const char *code, const char *detail) MUST_CHECK;
void watch_set_recovered(struct registrar *r, const char *code);

/* Frames; rows of main.c. */
int watch_on_seen(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_folder(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_vanished(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_scan(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_watched_by(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_state(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_alive(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_unseen(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_unreadable(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_facts(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_degraded(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int watch_on_recovered(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif

/* Shared by the files of watch.h. */
#ifndef REGISTRAR_WATCH_PRIVATE_H
#define REGISTRAR_WATCH_PRIVATE_H

#include "registrar/look.h"
#include "registrar/watch.h"

#define WATCH_ROOTS_MAX 256
#define LOOK_BUCKETS	1024
#define LOOKS_ASKED_MAX 64   /* examinations under way at a time; the rest waits here */
#define MISSING_MS	1500 /* so long a name may be gone until its document counts as missing (save by rename) */

/* A file that an inspector is to look at. */
struct watch_look {
	struct watch_look *next;     /* in its bucket */
	struct watch_look *next_due; /* not asked for yet */
	uint64_t job;		     /* 0: not asked for yet */
	bool again;		     /* asked for once more meanwhile */
	uint32_t root;
	uint64_t dev, ino;
	char path[];
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
	size_t n_asked;
	uint64_t last_job;
	struct loop_timer missing; /* then the documents of roots with something missing are looked for */
};

/* watch_look.c */
void watch_looks_free(struct watch *watch);
/* The job was answered, in whatever way. */
int watch_looked(struct registrar *r, uint64_t job, uint32_t root, const char *path) MUST_CHECK;
int watch_looks_again(struct registrar *r) MUST_CHECK; /* the watcher has forgotten what it was asked */

/* watch_follow.c */
/* What the row of that name means for records: after every change of it. */
int watch_follow(struct registrar *r, uint32_t root, const char *path) MUST_CHECK;
/* A name is gone. */
int watch_follow_gone(struct registrar *r, const char *path) MUST_CHECK;
/* Every sealed document of the root (0: of all) is there, or a finding says that it is not. */
int watch_find_missing(struct registrar *r, uint32_t root) MUST_CHECK;

#endif

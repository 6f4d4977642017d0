/*
 * The inspector: looks into one file at a time and answers digest, type, the
 * mark, matches by offset. It is given read-only descriptors and opens
 * nothing; it remembers nothing between files; it ends when it is idle. What
 * breaks it (a hostile file) ends it: the watcher tells whose turn it was.
 */
#ifndef INSPECTOR_INSPECTOR_H
#define INSPECTOR_INSPECTOR_H

#include "inspector/extract.h"
#include "inspector/signals.h"
#include "library/crypto.h"
#include "system/role.h"

struct inspection; /* a job that waits */

struct inspector {
	struct role *role;
	struct extractor *extractor;
	struct digest *digest;
	struct signals *signals;
	struct inspection *first, *last;
	struct loop_timer work;	   /* the next job */
	struct loop_timer idle;	   /* nothing to do for so long: end */
	struct loop_timer patient; /* jobs wait a moment for the first signals */
	uint32_t idle_ms;
	bool unsignalled; /* none came: go on without */
};

/* What one file says. All but the fields of the job itself is filled. */
struct facts {
	enum inspect_outcome outcome;
	uint8_t sha256[FRAME_HASH];
	struct extract extract;
	struct mark_seen mark;
	struct buffer matches; /* text */
};

/* fd: read-only, borrowed. Of the job count size and mtime_ns, which other files than the one it means are
 * INSPECT_CHANGED by, and the known digest. */
int inspect_file(struct inspector *i, int fd, const struct frame_inspect *job, struct facts *ret) MUST_CHECK;
void facts_done(struct facts *f);

/* Of what is looked at from now on; over it the process ends. */
void inspector_limit_time(bool on);

extern const struct role_description inspector_description;

#endif

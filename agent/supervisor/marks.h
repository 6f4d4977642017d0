/*
 * Marks on whole file systems (fanotify), for the watcher: made in the process that is about to become it, while that
 * still has every right, so that a file system that does not answer holds up the watcher and not the supervisor.
 * Notification only: no event waits for an answer, none carries a descriptor.
 */
#ifndef SUPERVISOR_MARKS_H
#define SUPERVISOR_MARKS_H

#include "supervisor/supervise.h"

/*
 * Sends `fs_mark` for each root, and the group as a resource where at least one could be marked, on to_role, our end of
 * the control channel; then `prepared` on to_supervisor, the role's end: `go` can follow.
 */
int marks_make(const struct process *p, int to_role, int to_supervisor) MUST_CHECK;

/* `watch` of the configuration: a word of this table. */
bool marks_is_choice(const char *text);

#endif

/* Tasks in the index. Texts given to callbacks live as long as the call. */
#ifndef REGISTRAR_STORE_TASKS_H
#define REGISTRAR_STORE_TASKS_H

#include "domain/task.h"
#include "registrar/store/store.h"

struct store_task {
	struct task task;
	const char *opened_by; /* "-": the agent */
	const char *note;
	const char *outcome, *closed_by, *reply; /* NULL while it is open */
	const char *request;			 /* what its answer asked for; NULL: nothing */
	uint32_t version;			 /* of the record that the answer made; 0: none */
};
struct store_task_filter {
	const char *number, *owner; /* NULL: all */
	bool only_open;
	struct date late; /* set: only what is open and was due before that day */
	int64_t after, limit;
};
typedef int (*store_task_fn)(const struct store_task *t, void *arg);
int store_task_list(struct store *s, const struct store_task_filter *filter, store_task_fn each, void *arg) MUST_CHECK;
/* Open, and due before that day: at most limit behind that day ("") and id, in this order. The callback may change
 * tasks. */
struct store_task_late {
	struct date before;
	const char *due;
	int64_t id, limit;
};
int store_task_late(struct store *s, const struct store_task_late *late, store_task_fn each, void *arg) MUST_CHECK;
int store_task_load(struct store *s, int64_t id, store_task_fn each, void *arg) MUST_CHECK;
/* Has that person read the record after that entry of the journal? */
int store_has_read(struct store *s, const char *number, const char *person, int64_t after, bool *ret) MUST_CHECK;
/* The open task of that kind about a record; 0: none. */
int store_task_open_id(struct store *s, const char *number, enum task_kind kind, int64_t *ret) MUST_CHECK;

/* Who was told for a task, in the order it was entered. number: of the record that the task is about. */
struct store_notice {
	const char *whom, *how, *person;
	struct date given;
};
typedef int (*store_notice_fn)(const struct store_notice *n, void *arg);
int store_notice_list(struct store *s, int64_t task, const char *number, store_notice_fn each, void *arg) MUST_CHECK;

#endif

/* Opening, answering and moving tasks: the journal's entries. Who may is asked by the methods. */
#ifndef REGISTRAR_TASKS_H
#define REGISTRAR_TASKS_H

#include "registrar/registrar.h"
#include "registrar/store/store_tasks.h"

struct tasks_new {
	enum task_kind kind;
	const char *number, *owner;
	struct date due;    /* may be unset */
	const char *note;   /* may be NULL */
	const char *person; /* who opens it; NULL: the agent */
	uid_t uid;
};

int tasks_open(struct registrar *r, const struct tasks_new *t) MUST_CHECK;
/* Whoever answers for it. */
const char *tasks_owner(const struct record *record);
/* Asks whoever answers for this record (t names neither it nor him), unless he is asked already. *ret_opened: he was
 * not. */
int tasks_ask(struct registrar *r, const struct record *record, const struct tasks_new *t, bool *ret_opened) MUST_CHECK;
/* What opens it, for an entry of its own or as "asks" of a record's. */
void tasks_fill(struct registrar *r, const struct tasks_new *t, struct json *entry);

#endif

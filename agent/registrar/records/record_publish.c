/* Released is not public: what a review wanted to be published is looked at by itself once it is released (R44). */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/records/tasks.h"

#include <stdio.h>

struct wish {
	bool publish;	/* the last answer that asked for a release */
	char owner[64]; /* who gave it */
};

static int take_wish(const struct store_task *t, void *arg)
{
	struct wish *w = arg;

	if (t->task.is_open || !text_equal(t->request, "release"))
		return 0;
	w->publish = text_equal(t->outcome, "publish");
	(void)snprintf(w->owner, sizeof(w->owner), "%s", t->closed_by ? t->closed_by : "");
	return 0;
}

int record_ask_publication(struct case_of *c)
{
	struct wish w = {0};
	int status = store_task_list(c->r->store, &(struct store_task_filter){.number = c->next.number}, take_wish, &w);

	TRY(status);
	if (!w.publish)
		return 0;
	return tasks_open(c->r, &(struct tasks_new){.kind = TASK_PUBLISH,
						    .number = c->next.number,
						    .owner = w.owner,
						    .due = policy_deadline_of(c->r->policy, c->today, DEADLINE_REQUEST)});
}

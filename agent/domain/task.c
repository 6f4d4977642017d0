/* The kinds of tasks as a table. */
#include "domain/task.h"

#include "base/text.h"

static const struct {
	const char *name;
	enum finding_code finding;
	const char *outcomes[2];
	const char *words;
} kinds[TASK_KINDS] = {
    [TASK_CHALLENGE] = {"challenge", FINDING_DEADLINE, {"upheld", "rejected"}, "upheld or rejected"},
    [TASK_REVIEW] = {"review", FINDING_REVIEW_OVERDUE, {"keep", "act"}, "keep or act"},
    [TASK_REVIEW_EXPIRY] = {"review-expiry", FINDING_REVIEW_OVERDUE, {"keep", "act"}, "keep or act"},
};

const char *task_kind_name(enum task_kind kind)
{
	return kinds[kind].name;
}

bool task_kind_find(const char *name, enum task_kind *ret)
{
	for (int i = 0; i < TASK_KINDS; i++)
		if (text_equal(kinds[i].name, name)) {
			*ret = (enum task_kind)i;
			return true;
		}
	return false;
}

enum finding_code task_finding(enum task_kind kind)
{
	return kinds[kind].finding;
}

bool task_takes(enum task_kind kind, const char *outcome)
{
	return text_equal(kinds[kind].outcomes[0], outcome) || text_equal(kinds[kind].outcomes[1], outcome);
}

const char *task_outcomes(enum task_kind kind)
{
	return kinds[kind].words;
}

bool task_is_late(const struct task *t, struct date today)
{
	return t->is_open && date_is_set(t->due) && date_compare(today, t->due) > 0;
}

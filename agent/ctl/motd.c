/* motd: at a login, one line for each kind of thing that waits. */
#include "base/text.h"
#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/waiting.h"

#include <string.h>

static size_t late_of(struct json_view tasks, const char *today)
{
	size_t n = 0;

	for (size_t i = 0; i < json_n(tasks); i++) {
		const char *due = json_get_text(json_at(tasks, i), "due");

		n += !text_is_empty(due) && today && strcmp(due, today) < 0; /* ISO days sort as texts */
	}
	return n;
}

static size_t urgent_of(struct json_view tasks)
{
	size_t n = 0;

	for (size_t i = 0; i < json_n(tasks); i++)
		n += text_equal(json_get_text(json_at(tasks, i), "kind"), "urgent");
	return n;
}

struct digest {
	int64_t waiting; /* -1: not known */
	size_t tasks, late, findings, urgent;
	int64_t due, overdue;
};

/* What somebody may not ask, as an auditor may not, waits for him no more than nothing. */
static int ask_quietly(struct ctl *ctl, struct call *call, struct reply *ret)
{
	int result;

	call->quiet = "authority";
	result = ctl_call(ctl, call, ret);
	return call->hushed ? 0 : result;
}

/* What the pack's leads have brought to this person by now. */
static int ask_due(struct ctl *ctl, struct digest *ret)
{
	OWN_REPLY struct reply due = {0};
	struct call ask = {.method = "Oversight.Due", .parameters = json_object()};

	json_set_bool(ask.parameters, "mine", true);
	DO(ask_quietly(ctl, &ask, &due));
	struct json_view counts = json_get(due.at, "counts");
	for (size_t i = 0; i < json_n(counts); i++) {
		ret->due += json_get_int(json_at(counts, i), "n", 0);
		ret->overdue += json_get_int(json_at(counts, i), "late", 0);
	}
	return 0;
}

static int ask_all(struct ctl *ctl, struct digest *ret)
{
	OWN_REPLY struct reply tasks = {0};
	OWN_REPLY struct reply status = {0};
	OWN_REPLY struct reply findings = {0};
	struct call ask_tasks = {.method = "Records.Tasks"};
	struct call ask_status = {.method = "Agent.GetStatus"};
	struct call ask_findings = {.method = "Oversight.Findings"};

	DO(waiting_count(ctl, &ret->waiting));
	DO(ctl_call(ctl, &ask_tasks, &tasks));
	DO(ctl_call(ctl, &ask_status, &status));
	DO(ask_quietly(ctl, &ask_findings, &findings));
	ret->tasks = json_n(json_get(tasks.at, "tasks"));
	ret->late = late_of(json_get(tasks.at, "tasks"), json_get_text(status.at, "today"));
	ret->urgent = urgent_of(json_get(tasks.at, "tasks"));
	ret->findings = json_n(json_get(findings.at, "findings"));
	return ask_due(ctl, ret);
}

static int print_json(const struct digest *d)
{
	OWNED(json) struct json *to = json_object();

	json_set_int(to, "waiting", d->waiting < 0 ? 0 : d->waiting);
	json_set_int(to, "tasks", (int64_t)d->tasks);
	json_set_int(to, "late", (int64_t)d->late);
	json_set_int(to, "urgent", (int64_t)d->urgent);
	json_set_int(to, "due", d->due);
	json_set_int(to, "overdue", d->overdue);
	json_set_int(to, "findings", (int64_t)d->findings);
	return ctl_print_json(json_look(to));
}

/* Nothing when nothing waits. */
static int run_motd(struct ctl *ctl)
{
	struct digest d = {0};

	DO(ask_all(ctl, &d));
	if (ctl->json)
		return print_json(&d);
	if (d.urgent)
		say(_n("URGENT: %zu document is to be decided today: classctl queue",
		       "URGENT: %zu documents are to be decided today: classctl queue", d.urgent),
		    d.urgent);
	if (d.waiting > 0)
		say(_n("%lld document waits for you: classctl queue", "%lld documents wait for you: classctl queue",
		       d.waiting),
		    (long long)d.waiting);
	if (d.tasks)
		say(_n("%zu task is yours, %zu late: classctl tasks",
		       "%zu tasks are yours, %zu of them late: classctl tasks", d.tasks),
		    d.tasks, d.late);
	if (d.due)
		say(_n("%lld thing falls due that is yours or has come to you, %lld late: classctl due --mine",
		       "%lld things fall due that are yours or have come to you, %lld of them late: classctl due "
		       "--mine",
		       d.due),
		    (long long)d.due, (long long)d.overdue);
	if (d.findings)
		say(_n("%zu finding is open: classctl findings", "%zu findings are open: classctl findings",
		       d.findings),
		    d.findings);
	return 0;
}

const struct command motd_commands[] = {
    {"motd", GROUP_DECIDE, 0, 0, NULL, N_("one line for each kind of thing that waits for you, for a login"), run_motd, NULL,
     N_("Prints nothing when nothing waits."), "motd"},
    {0},
};

/* Costs what is due, not what exists: the store passes only records whose first due day has come. */
#include "registrar/oversight/sweep_private.h"

#include "base/text.h"
#include "domain/due.h"
#include "registrar/custody/custody_sweep.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/keys/escrow.h"
#include "registrar/keys/key_findings.h"
#include "registrar/keys/unlock.h"
#include "registrar/oversight/bell.h"
#include "registrar/oversight/findings.h"
#include "registrar/oversight/incidents.h"
#include "registrar/pack.h"
#include "registrar/records/tasks.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SWEEP_EVERY_MS (10 * 60 * 1000)

const char *sweep_skip_text(enum sweep_skip skip)
{
	static const char *const texts[SWEEP_SKIPS] = {
	    [SWEEP_SKIP_TOLD] = "its finding is open already",
	    [SWEEP_SKIP_ORIGINATOR] = "the originator or the pack does not let it expire by itself",
	    [SWEEP_SKIP_CLOCK] = "the clock is suspect",
	    [SWEEP_SKIP_LEAD] = "ends soon, nothing to do yet",
	};

	return texts[skip];
}

void sweep_tell(struct sweep *s, const struct sweep_line *line)
{
	if (s->line)
		s->line(line, s->arg);
}

/* Of whoever left: the day to come on which his off-post period ends, for lists that look ahead. */
static void tell_off_post(struct sweep *s, const struct person *p)
{
	struct date end = policy_off_post_end(s->r->policy, p->post, p->until);

	if (s->ahead && date_is_set(end) && date_compare(end, registrar_today(s->r)) >= 0 &&
	    date_compare(end, s->report->as_of) <= 0)
		sweep_tell(s, &(struct sweep_line){p->id, "off-post", store_category_name(p->post), end, end, ""});
}

static int on_person(const struct store_person *p, void *arg)
{
	struct sweep *s = arg;

	s->left--;
	(void)snprintf(s->person, sizeof(s->person), "%s", p->person.id);
	tell_off_post(s, &p->person);
	for (size_t i = 0; i < p->n_appointments; i++) {
		const struct appointment *a = &p->appointments[i];
		struct due due;
		bool ends = due_of_appointment(s->r->policy, a, s->report->as_of, &due);
		struct findings_count count = {0};
		OWN_MEM char *subject = text_format("appointment %s of %s", a->id, p->person.id);
		char until[11];
		OWN_MEM char *evidence = NULL;

		date_format(a->until, until);
		evidence = text_format("the appointment of %s ends on %s", p->person.id, until);
		if (!subject || !evidence)
			continue;
		s->report->considered++;
		if (ends) {
			s->report->due++;
			sweep_tell(s, &(struct sweep_line){p->person.id, due_kind_name(DUE_APPOINTMENT),
							   appointment_kind_name(a->kind), due.on, a->until,
							   p->person.id});
		}
		if (s->report->rehearsal)
			continue;
		TRY(findings_set(s->r,
				 &(struct findings_other){.code = FINDING_APPOINTMENT_ENDS,
							  .about = {.subject = subject},
							  .evidence = evidence,
							  .person = p->person.id,
							  .is_true = ends},
				 &count));
		s->report->acted += count.opened;
		s->report->skipped[SWEEP_SKIP_TOLD] += ends && !count.opened;
	}
	return 0;
}

/* What somebody was to look at, and did not. */
static int on_task(const struct store_task *t, void *arg)
{
	struct sweep *s = arg;
	OWNED(record) struct record *record = NULL;
	struct findings_count count = {0};
	int status = store_record_load_bare(s->r->store, t->task.number, &record);

	TRY(status);
	s->left--;
	s->task = t->task.id;
	date_format(t->task.due, s->task_due);
	s->report->considered++;
	s->report->due++;
	sweep_tell(s, &(struct sweep_line){t->task.number, task_kind_name(t->task.kind), t->task.owner, t->task.due,
					   t->task.due, t->task.owner});
	if (s->report->rehearsal || !record)
		return 0;
	status = findings_refresh(s->r, record, &count);
	TRY(status);
	s->report->failed += status > 0;
	s->report->acted += status == 0 && count.opened;
	s->report->skipped[SWEEP_SKIP_TOLD] += status == 0 && !count.opened;
	return 0;
}

static void tell_file(const struct store_seen *seen, void *arg)
{
	struct sweep *s = arg;

	sweep_tell(s,
		   &(struct sweep_line){seen->path, "unrecorded", "no record", s->report->as_of, s->report->as_of, ""});
}

/* Files without a record, once the grace period is over: what a look found is added when it is over. */
static int files_phase(struct sweep *s, bool *ret_over)
{
	struct unrecorded *files = &s->files;

	TRY(unrecorded_go(s->r, s->report->rehearsal, tell_file, s, files));
	*ret_over = files->is_over;
	if (!files->is_over)
		return 0;
	s->report->considered += files->considered;
	s->report->due += files->due;
	s->report->failed += files->failed;
	s->report->acted += files->sealed > files->told ? files->sealed : files->told;
	if (!s->report->rehearsal && files->due > files->told + files->failed)
		s->report->skipped[SWEEP_SKIP_TOLD] += files->due - files->told - files->failed;
	return 0;
}

static int journal_report(struct sweep *s)
{
	struct json *entry = registrar_entry("sweep", NULL, 0);
	struct json *skipped = json_object();
	char as_of[11];

	date_format(s->report->as_of, as_of);
	json_set_text(entry, "as_of", as_of);
	json_set_int(entry, "considered", s->report->considered);
	json_set_int(entry, "due", s->report->due);
	json_set_int(entry, "acted", s->report->acted);
	json_set_int(entry, "failed", s->report->failed);
	json_set_int(entry, "seconds_ms", (int64_t)(s->report->seconds * 1000));
	for (int k = 0; k < SWEEP_SKIPS; k++)
		if (s->report->skipped[k])
			json_set_int(skipped, sweep_skip_text((enum sweep_skip)k), s->report->skipped[k]);
	json_set(entry, "skipped", skipped);
	return registrar_change(s->r, entry);
}

static double seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* only measures */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- phases: each goes on where it stopped, and says whether it is over ---- */

static int due_phase(struct sweep *s, bool *ret_over)
{
	TRY(store_due_go(s->r->store, s->report->as_of, &s->due, SWEEP_STEP, sweep_on_record, s));
	*ret_over = s->due.is_over;
	return 0;
}

static int end_source(struct sweep *s)
{
	struct json *entry = registrar_entry("followed", NULL, 0);

	json_set_text(entry, "number", s->source);
	s->source[0] = '\0';
	return registrar_change(s->r, entry);
}

static int follow_source(struct sweep *s)
{
	char why[STORE_NUMBER_MAX + 32];

	(void)snprintf(why, sizeof(why), "its source %s: expire", s->source);
	TRY(findings_follow_on(s->r, s->source, why, &s->derived));
	return s->derived.is_over ? end_source(s) : 0;
}

/* What was derived from what has expired: after all that is due, because most of it ended on the same day. */
static int derived_phase(struct sweep *s, bool *ret_over)
{
	int status = 0;

	*ret_over = s->report->rehearsal;
	s->derived.left = SWEEP_STEP;
	while (!*ret_over && status == 0 && s->derived.left > 0) {
		if (!s->source[0]) {
			TRY(store_followed_next(s->r->store, s->source));
			s->derived = (struct store_children_at){.left = s->derived.left - 1};
		}
		*ret_over = !s->source[0];
		if (!*ret_over)
			status = follow_source(s);
	}
	*ret_over = *ret_over || status > 0; /* read-only: the next sweep finds them again */
	return status < 0 ? status : 0;
}

static int tasks_phase(struct sweep *s, bool *ret_over)
{
	const struct date before = date_add_days(s->report->as_of, s->ahead ? 1 : 0);
	const struct store_task_late late = {before, s->task_due, s->task, SWEEP_STEP};

	s->left = SWEEP_STEP;
	TRY(store_task_late(s->r->store, &late, on_task, s));
	*ret_over = s->left > 0;
	return 0;
}

static void tell_copy(const char *number, void *arg)
{
	struct date as_of = ((struct sweep *)arg)->report->as_of;

	sweep_tell(arg, &(struct sweep_line){number, "copy", "", as_of, as_of, ""});
}

static int copies_phase(struct sweep *s, bool *ret_over)
{
	return custody_sweep(s->r, &(struct custody_sweep){s->report, s->copies, SWEEP_STEP, tell_copy, s}, ret_over);
}

static int persons_phase(struct sweep *s, bool *ret_over)
{
	const struct store_person_filter filter = {.after = s->person, .limit = SWEEP_STEP};

	s->left = SWEEP_STEP;
	TRY(store_person_page(s->r->store, &filter, on_person, s));
	*ret_over = s->left > 0;
	return 0;
}

static int tell_suggestion(const struct store_finding *f, void *arg)
{
	struct sweep *s = arg;

	if (date_is_set(f->due) && date_compare(f->due, s->report->as_of) <= 0)
		sweep_tell(s, &(struct sweep_line){f->subject ? f->subject : "", "suggestion",
						   f->evidence ? f->evidence : "", f->due, f->due, ""});
	return 0;
}

/* What somebody suggested about the catalogue, and nobody has answered: only listed, it has its finding. */
static int suggestions_phase(struct sweep *s, bool *ret_over)
{
	const struct store_finding_filter open = {.state = "open", .code = FINDING_SUGGESTION, .limit = SWEEP_STEP};

	*ret_over = true;
	return s->ahead ? store_finding_list(s->r->store, &open, tell_suggestion, s) : 0;
}

/* The catalogue as a whole: whoever issues it looks at it, the office sees to it. */
static int catalogue_phase(struct sweep *s, bool *ret_over)
{
	struct date by = due_of_catalogue(s->r->policy);
	bool is_due = date_is_set(by) && date_compare(by, s->report->as_of) <= 0;
	struct findings_count count = {0};
	OWN_MEM char *evidence = text_format("version %s of %s", s->r->policy->catalogue.version, s->r->policy->id);

	*ret_over = true;
	if (!evidence)
		return FAULT(ENOMEM, "sweep");
	s->report->considered += date_is_set(by);
	s->report->due += is_due;
	if (is_due)
		sweep_tell(s, &(struct sweep_line){"", due_kind_name(DUE_CATALOGUE), evidence, by, by, ""});
	if (s->report->rehearsal)
		return 0;
	TRY(findings_set(s->r,
			 &(struct findings_other){.code = FINDING_CATALOGUE_OLD,
						  .about = {.subject = "catalogue"},
						  .evidence = evidence,
						  .is_true = is_due},
			 &count));
	s->report->acted += count.opened;
	s->report->skipped[SWEEP_SKIP_TOLD] += is_due && !count.opened;
	return 0;
}

static int tell_incident(const struct store_incident *i, void *arg)
{
	struct sweep *s = arg;
	OWN_MEM char *name = text_format("incident %lld", (long long)i->id);
	struct date due = date_from_days((int32_t)(i->due / 86400));

	if (!i->due || i->reported || date_compare(due, s->report->as_of) > 0)
		return 0;
	s->report->considered++;
	s->report->due++;
	sweep_tell(s, &(struct sweep_line){name ? name : "", "incident", i->kind, due, due, ""});
	return 0;
}

/* What is to be reported within hours (R74). */
static int incidents_phase(struct sweep *s, bool *ret_over)
{
	*ret_over = true;
	TRY(store_incident_list(s->r->store, &(struct store_incident_filter){.only_open = true}, tell_incident, s));
	return s->report->rehearsal ? 0 : incidents_follow(s->r);
}

static int keys_phase(struct sweep *s, bool *ret_over)
{
	*ret_over = true;
	if (s->report->rehearsal)
		return 0;
	TRY(unlock_findings(s->r));
	TRY(escrow_sweep(s->r));
	return key_findings_follow(s->r);
}

static int (*const phases[])(struct sweep *s, bool *ret_over) = {
    due_phase,	       derived_phase,	tasks_phase, copies_phase, persons_phase,
    suggestions_phase, catalogue_phase, incidents_phase, files_phase, keys_phase,
};

int sweep_new(struct registrar *r, const struct sweep_order *order, struct sweep **ret)
{
	struct sweep *s = calloc(1, sizeof(*s));

	if (!s)
		return FAULT(ENOMEM, "sweep");
	*s = (struct sweep){.r = r,
			    .report = &s->own,
			    .line = order->line,
			    .arg = order->arg,
			    .ahead = order->ahead,
			    .suspect = registrar_clock_is_suspect(r)};
	s->own = (struct sweep_report){.as_of = date_is_set(order->as_of) ? order->as_of : registrar_today(r),
				       .rehearsal = date_is_set(order->as_of)};
	*ret = s;
	return 0;
}

void sweep_free(struct sweep *s)
{
	if (s && s->is_wide && s->r->store)
		database_narrow(store_database(s->r->store));
	free(s);
}

const struct sweep_report *sweep_report(const struct sweep *s)
{
	return s->report;
}

int sweep_step(struct sweep *s, bool *ret_done)
{
	double start = seconds_now();
	bool over = false;

	if (!s->is_wide && !s->report->rehearsal) {
		int result = database_widen(store_database(s->r->store));

		TRY(result < 0 ? result : 0);
		s->is_wide = true;
	}
	TRY(phases[s->phase](s, &over));
	s->phase += over;
	s->report->seconds += seconds_now() - start;
	*ret_done = s->phase == array_n(phases);
	if (!*ret_done || s->report->rehearsal)
		return 0;
	bell_day(s->r);
	return journal_report(s);
}

int sweep_run(struct registrar *r, const struct sweep_order *order, struct sweep_report *ret)
{
	OWNED(sweep) struct sweep *s = NULL;
	bool done = false;

	TRY(sweep_new(r, order, &s));
	while (!done)
		TRY(sweep_step(s, &done));
	*ret = s->own;
	return 0;
}

static int on_timer(struct loop_timer *timer);

static int flag_missed(struct registrar *r, struct date last, struct date today)
{
	char text[11];
	OWN_MEM char *evidence = NULL;

	date_format(last, text);
	evidence = text_format("the last sweep before today was on %s", text);
	return findings_set(
	    r,
	    &(struct findings_other){.code = FINDING_SWEEP_MISSED,
				     .about = {.subject = "sweep"},
				     .evidence = evidence ? evidence : "",
				     .is_true = date_is_set(last) && date_to_days(today) - date_to_days(last) > 1},
	    NULL);
}

/* In steps, so that everybody is served between them. */
static int on_turn(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, sweep_timer);
	bool done = true;

	if (registrar_may_work(r) && r->policy)
		TRY(sweep_step(r->sweep, &done));
	if (!done)
		return loop_arm(&r->role.loop, timer, 0, on_turn);
	sweep_free(r->sweep);
	r->sweep = NULL;
	return loop_arm(&r->role.loop, timer, SWEEP_EVERY_MS, on_timer);
}

static int on_timer(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, sweep_timer);
	struct date last, today = registrar_today(r);

	TRY(pack_follow(r));
	if (r->policy && r->meta_key && registrar_may_work(r)) {
		TRY(incidents_follow(r)); /* hours do not wait for the day's sweep */
		TRY(store_last_sweep(r->store, &last));
		if (date_compare(last, today) != 0) {
			TRY(flag_missed(r, last, today));
			TRY(sweep_new(r, &(struct sweep_order){0}, &r->sweep));
			return on_turn(timer);
		}
	}
	return loop_arm(&r->role.loop, timer, SWEEP_EVERY_MS, on_timer);
}

int sweep_start(struct registrar *r)
{
	return loop_arm(&r->role.loop, &r->sweep_timer, 5000, on_timer);
}

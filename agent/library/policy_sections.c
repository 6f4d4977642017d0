/* The parts of a pack: which keys there are, what they mean in struct policy, and what a site may tighten. */
#include <string.h>

#include "base/text.h"
#include "domain/finding.h"
#include "library/policy_read.h"

#define UNLOCK_IDLE_DEFAULT  30 /* security.md 2.2 */
#define CALENDAR_YEAR_MONTHS 24 /* from one January to the end of the next December */

static void read_pack(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct policy, id, "id", kind_text, NULL, true),
	    FIELD(struct policy, version, "version", kind_text, NULL, true),
	    FIELD(struct policy, effective, "effective", kind_date, NULL, true),
	    FIELD(struct policy, title, "title", kind_names, NULL, true),
	    FIELD(struct policy, languages, "languages", kind_names, NULL, true),
	};

	read_fields(r, v, fields, array_n(fields), r->p);
}

/* Calls read for each entry of a map whose key find knows. */
#define FOR_EACH_NAMED(r, v, type, find, what, body)                                                                   \
	struct authority_of outer_;                                                                                    \
                                                                                                                       \
	(void)authority_enter(r, v, &outer_);                                                                          \
	for (const struct yaml_node *e = is_map(r, v) ? (v)->child : NULL; e; e = e->next) {                           \
		type which;                                                                                            \
                                                                                                                       \
		if (e == outer_.at)                                                                                    \
			continue;                                                                                      \
		if (!find(e->key->text, &which))                                                                       \
			complain(r, e->key, "%.80s is not %s", e->key->text, what);                                    \
		else                                                                                                   \
			body;                                                                                          \
	}                                                                                                              \
	authority_leave(r, &outer_);

static bool post_find(const char *name, enum post *ret)
{
	static const char *const posts[POST_N] = {"none", "general", "important", "core"};

	for (int i = 0; i < POST_N; i++)
		if (strcmp(posts[i], name) == 0) {
			*ret = (enum post)i;
			return true;
		}
	return false;
}

static void read_posts(struct reader *r, const struct yaml_node *v)
{
	static const struct field name = {"name", &kind_names, 0, NULL, false};

	FOR_EACH_NAMED(r, v, enum post, post_find, "none, general, important or core",
		       read_field(r, e, &name, &r->p->post_names[which]))
}

/* How long whoever left such a post is still bound. */
static void read_off_post(struct reader *r, const struct yaml_node *v)
{
	static const struct field period = {"off_post", &kind_period, 0, NULL, false};

	FOR_EACH_NAMED(r, v, enum post, post_find, "none, general, important or core",
		       read_field(r, e, &period, &r->p->off_post[which]))
}

static bool read_leads(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	uint16_t *leads = ret;
	size_t n = 0;

	(void)param;
	if (!is_list(r, v))
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next, n++) {
		if (n == POLICY_LEADS || !kind_u16.read(r, child, NULL, &leads[n]) || leads[n] == 0 ||
		    (n && leads[n] >= leads[n - 1])) {
			complain(r, child, "lead times are at most %d numbers of days, falling", POLICY_LEADS);
			return false;
		}
	}
	return true;
}
static const struct kind kind_leads = {sizeof(((struct policy *)0)->leads), read_leads, NULL};

static void read_terms(struct reader *r, const struct yaml_node *v)
{
	static const char *const leaps[] = {"feb28", "mar1", NULL};
	static const char *const edges[] = {"on-day", "after-day", NULL};
	static const char *const expiries[] = {"notify", "dated", "auto", NULL};
	static const struct field fields[] = {
	    FIELD(struct policy, term_kinds, "kinds", kind_term_kinds, NULL, true),
	    FIELD(struct policy, event_only_without_date, "event_only_without_date", kind_bool_up, NULL, false),
	    FIELD(struct policy, reason_at_longest_term, "reason_at_longest", kind_bool_up, NULL, false),
	    FIELD(struct policy, permanent_years, "permanent_years", kind_u16_some, NULL, false),
	    FIELD(struct policy, leap, "leap", kind_choice, leaps, true),
	    FIELD(struct policy, edge, "over", kind_choice, edges, true),
	    FIELD(struct policy, expiry, "expiry", kind_choice, expiries, true),
	    FIELD(struct policy, leads, "leads", kind_leads, NULL, true),
	    FIELD(struct policy, review_interval, "review_every", kind_period_down, NULL, false),
	};

	read_fields(r, v, fields, array_n(fields), r->p);
}

static void read_marks(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct mark_rules, banner, "banner", kind_text, NULL, true),
	    FIELD(struct mark_rules, separator, "separator", kind_text, NULL, false),
	    FIELD(struct mark_rules, separators, "separators", kind_texts, NULL, false),
	    FIELD(struct mark_rules, prefixes, "prefixes", kind_texts, NULL, false),
	    FIELD(struct mark_rules, caveats, "caveats", kind_texts, NULL, false),
	    FIELD(struct mark_rules, block_original, "block_original", kind_texts, NULL, false),
	    FIELD(struct mark_rules, block_derived, "block_derived", kind_texts, NULL, false),
	    FIELD(struct mark_rules, block_needed, "block_needed", kind_bool, NULL, false),
	    FIELD(struct mark_rules, many_sources, "many_sources", kind_text, NULL, true),
	    FIELD(struct mark_rules, released, "released", kind_text, NULL, true),
	    FIELD(struct mark_rules, expired, "expired", kind_text, NULL, false),
	    FIELD(struct mark_rules, scope, "scope", kind_text, NULL, false),
	    FIELD(struct mark_rules, scope_and, "scope_and", kind_text, NULL, false),
	    FIELD(struct mark_rules, copy, "copy", kind_text, NULL, false),
	    FIELD(struct mark_rules, years, "years", kind_text, NULL, true),
	    FIELD(struct mark_rules, months, "months", kind_text, NULL, true),
	    FIELD(struct mark_rules, days, "days", kind_text, NULL, true),
	    FIELD(struct mark_rules, year_words, "year_words", kind_texts, NULL, true),
	    FIELD(struct mark_rules, month_words, "month_words", kind_texts, NULL, true),
	    FIELD(struct mark_rules, day_words, "day_words", kind_texts, NULL, true),
	    FIELD(struct mark_rules, date, "date", kind_text, NULL, true),
	    FIELD(struct mark_rules, date_compact, "date_compact", kind_text, NULL, true),
	    FIELD(struct mark_rules, long_term, "long_term", kind_text, NULL, true),
	};

	read_fields(r, v, fields, array_n(fields), &r->p->marks);
}

static bool read_training(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const clocks[] = {"ever", "months", "calendar-year", NULL};
	static const char *const lapses[] = {"finding", "refuse", NULL};
	static const struct field fields[] = {
	    FIELD(struct training_rule, clock, "clock", kind_choice, clocks, true),
	    FIELD(struct training_rule, months, "months", kind_u16, NULL, false),
	    FIELD(struct training_rule, hours, "hours", kind_u16, NULL, false),
	    FIELD(struct training_rule, lapse, "lapse", kind_choice, lapses, true),
	};
	struct training_rule *rule = ret;
	bool overlay = r->overlay;

	(void)param;
	if (r->earlier && v->kind == YAML_TEXT && strcmp(v->text, "none") == 0)
		return true;
	rule->needed = true;
	r->overlay = false; /* a rule is given whole, and compared whole */
	read_fields(r, v, fields, array_n(fields), rule);
	r->overlay = overlay;
	if (rule->clock == TRAINING_MONTHS && rule->months == 0)
		complain(r, v, "how many months does a training count?");
	return true;
}
static bool looser_training(const void *old, const void *new)
{
	const struct training_rule *before = old;
	const struct training_rule *after = new;

	return before->needed &&
	       (after->clock < before->clock || after->lapse < before->lapse || after->hours < before->hours ||
		(after->clock == before->clock && after->months > before->months) ||
		(before->clock == TRAINING_MONTHS && after->clock == TRAINING_CALENDAR_YEAR &&
		 before->months < CALENDAR_YEAR_MONTHS));
}
static const struct kind kind_training = {sizeof(struct training_rule), read_training, looser_training};

static void read_appointments(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct kind_rule, name, "name", kind_names, NULL, true),
	    FIELD(struct kind_rule, acts, "may", kind_acts, NULL, true),
	    FIELD(struct kind_rule, original, "original", kind_bool, NULL, true),
	    FIELD(struct kind_rule, derived, "derived", kind_bool, NULL, true),
	    FIELD(struct kind_rule, has_ceiling, "ceiling", kind_bool_up, NULL, true),
	    FIELD(struct kind_rule, derived_ceiling, "derived_ceiling", kind_bool_up, NULL, false),
	    FIELD(struct kind_rule, alone, "alone", kind_bool, NULL, false),
	    FIELD(struct kind_rule, needs_until, "needs_until", kind_bool_up, NULL, false),
	    FIELD(struct kind_rule, training, "training", kind_training, NULL, false),
	};

	FOR_EACH_NAMED(r, v, enum appointment_kind, appointment_kind_find, "a kind of appointment", {
		r->p->kinds[which].is_used |= !r->overlay && !r->earlier;
		size_t before = path_enter(r, e->key->text);
		read_fields(r, e, fields, array_n(fields), &r->p->kinds[which]);
		path_leave(r, before);
	})
}

static void read_two_persons(struct reader *r, const struct yaml_node *v)
{
	uint64_t acts = 0;

	if (!kind_acts.read(r, v, NULL, &acts))
		return;
	if (r->earlier)
		(void)memset(r->p->two_persons, 0, sizeof(r->p->two_persons));
	for (int act = 0; act < ACTS; act++)
		r->p->two_persons[act] |= (acts >> act) & 1;
}

static void read_disputes(struct reader *r, const struct yaml_node *v)
{
	static const char *const interims[] = {"highest-claimed", "current", NULL};
	static const struct field fields[] = {
	    FIELD(struct policy, interim, "interim", kind_choice, interims, true),
	    FIELD(struct policy, doubt_goes_down, "doubt_goes_down", kind_bool, NULL, true),
	    FIELD(struct policy, challenger_hidden, "challenger_hidden", kind_bool_up, NULL, false),
	    FIELD(struct policy, challenge_again_months, "challenge_again_months", kind_u16_down, NULL, false),
	};

	read_fields(r, v, fields, array_n(fields), r->p);
}

static bool deadline_find(const char *name, enum deadline *ret)
{
	for (int i = 0; i < DEADLINES; i++)
		if (strcmp(deadline_name((enum deadline)i), name) == 0) {
			*ret = (enum deadline)i;
			return true;
		}
	return false;
}

static void read_deadlines(struct reader *r, const struct yaml_node *v)
{
	static const struct field span = {"deadline", &kind_span, 0, NULL, false};

	FOR_EACH_NAMED(r, v, enum deadline, deadline_find, "a deadline",
		       read_field(r, e, &span, &r->p->deadlines[which]))
}

static bool read_weekend(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};
	uint8_t *weekend = ret;
	int day;

	(void)param;
	if (!is_list(r, v))
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next) {
		if (!kind_choice.read(r, child, days, &day))
			return false;
		*weekend |= (uint8_t)(1u << day);
	}
	if (*weekend == 0x7f)
		complain(r, v, "a week has a working day");
	return *weekend != 0x7f;
}
static const struct kind kind_weekend = {sizeof(uint8_t), read_weekend, NULL};

static const struct yaml_node *child_at(const struct yaml_node *v, const char *key)
{
	const struct yaml_node *child = yaml_get(v, key);

	return child ? child : v;
}

/* A list against the calendar's bounds and against itself; off says whether its days are free or worked. */
static void check_days(struct reader *r, const struct yaml_node *at, struct dates days, bool off)
{
	const struct calendar *c = &r->p->calendar;
	char text[11];

	for (size_t i = 0; i < days.n; i++) {
		bool weekend = c->weekend & (1u << date_weekday(days.at[i]));

		date_format(days.at[i], text);
		if (date_compare(days.at[i], c->covers_from) < 0 || date_compare(days.at[i], c->covers_until) > 0)
			complain(r, at, "%s lies outside what the calendar covers", text);
		else if (i && date_compare(days.at[i], days.at[i - 1]) == 0)
			complain(r, at, "%s stands twice", text);
		else if (!off && !weekend)
			complain(r, at, "%s is a working day anyhow", text);
	}
}

static void check_calendar(struct reader *r, const struct yaml_node *v)
{
	const struct calendar *c = &r->p->calendar;
	char text[11];

	if (v->kind != YAML_MAP || !date_is_set(c->covers_from) || !date_is_set(c->covers_until))
		return;
	if (date_compare(c->covers_until, c->covers_from) < 0) {
		complain(r, child_at(v, "until"), "the calendar ends before it begins");
		return;
	}
	check_days(r, child_at(v, "holidays"), c->holidays, true);
	check_days(r, child_at(v, "workdays"), c->workdays, false);
	for (size_t i = 0, k = 0; i < c->holidays.n && k < c->workdays.n;) {
		int order = date_compare(c->holidays.at[i], c->workdays.at[k]);

		date_format(c->holidays.at[i], text);
		if (order == 0)
			complain(r, child_at(v, "workdays"), "%s is a holiday and a working day", text);
		i += order <= 0;
		k += order >= 0;
	}
}

static void read_calendar(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct calendar, weekend, "weekend", kind_weekend, NULL, true),
	    FIELD(struct calendar, covers_from, "from", kind_date_free, NULL, true),
	    FIELD(struct calendar, covers_until, "until", kind_date_free, NULL, true),
	    FIELD(struct calendar, holidays, "holidays", kind_dates, NULL, true),
	    FIELD(struct calendar, workdays, "workdays", kind_dates, NULL, true),
	};

	read_fields(r, v, fields, array_n(fields), &r->p->calendar);
	check_calendar(r, v);
}

/* What is meant where the pack is silent is tightened by a site like what it says. */
static void say_storage_defaults(struct policy *p)
{
	p->rotation_days = policy_rotation_days(p);
	p->escrow_drill = policy_escrow_drill_days(p);
	p->escrow_change = policy_escrow_change_days(p);
}

static void read_storage(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct policy, keep_versions, "keep_versions", kind_u16_up, NULL, true),
	    FIELD(struct policy, keep_decided, "keep_decided", kind_bool_up, NULL, true),
	    FIELD(struct policy, grace_minutes, "grace", kind_minutes, NULL, true),
	    FIELD(struct policy, open_minutes, "open_limit", kind_minutes_some, NULL, true),
	    FIELD(struct policy, rewrap_by_itself, "rewrap_by_itself", kind_bool_up, NULL, false),
	    FIELD(struct policy, rotation_days, "rotation_days", kind_u16_some, NULL, false),
	    FIELD(struct policy, power_off_days, "power_off_days", kind_u16_down, NULL, true),
	    FIELD(struct policy, unlock_idle_minutes, "unlock_idle", kind_minutes, NULL, false),
	    FIELD(struct policy, appointment_lead, "appointment_lead", kind_u16_up, NULL, true),
	    FIELD(struct policy, escrow_drill, "escrow_drill_days", kind_u16_some, NULL, false),
	    FIELD(struct policy, escrow_change, "escrow_change_days", kind_u16_some, NULL, false),
	};

	if (!r->overlay)
		r->p->unlock_idle_minutes = UNLOCK_IDLE_DEFAULT;
	else
		say_storage_defaults(r->p);
	read_fields(r, v, fields, array_n(fields), r->p);
	if (r->p->unlock_idle_minutes == 0)
		complain(r, v, "unlock_idle is at least a minute");
}

/* The same of a finding. */
static void say_finding_defaults(const struct policy *p, enum finding_code code, struct finding_rule *rule)
{
	const struct finding_kind *kind = finding_kind(code);

	rule->severity = finding_severity(p, code);
	if (kind && rule->due.days == 0)
		rule->due = kind->due;
}

static void read_findings(struct reader *r, const struct yaml_node *v)
{
	static const char *const severities[] = {"default", "note", "minor", "major", "grave", NULL};
	static const char *const owners[] = {
	    "default", "drafter", "responsible", "secrecy-office", "security-administrator", "system-administrator",
	    NULL};
	static const struct field fields[] = {
	    FIELD(struct finding_rule, severity, "severity", kind_choice_up, severities, false),
	    FIELD(struct finding_rule, owner, "owner", kind_choice, owners, false),
	    FIELD(struct finding_rule, due, "due", kind_span, NULL, false),
	};

	for (const struct yaml_node *e = is_map(r, v) ? v->child : NULL; e; e = e->next) {
		const char *digits = e->key->text + 1;
		uint64_t code;

		if (e->key->text[0] != 'D' || !text_to_u64(digits + (*digits == '0'), FINDING_CODES_MAX - 1, &code) ||
		    code == 0)
			complain(r, e->key, "%.80s is not a code like D07", e->key->text);
		else {
			size_t before = path_enter(r, e->key->text);

			if (r->overlay)
				say_finding_defaults(r->p, (enum finding_code)code, &r->p->findings[code]);
			read_fields(r, e, fields, array_n(fields), &r->p->findings[code]);
			path_leave(r, before);
		}
	}
}

const struct section policy_sections[] = {
    {"pack", read_pack, true},
    {"levels", read_levels, true},
    {"units", read_units, false},
    {"unit", read_unit, false},
    {"posts", read_posts, true},
    {"off_post", read_off_post, false},
    {"terms", read_terms, true},
    {"marks", read_marks, true},
    {"regimes", read_regimes, true},
    {"appointments", read_appointments, true},
    {"two_persons", read_two_persons, true},
    {"disputes", read_disputes, true},
    {"derived", read_derived, false},
    {"exemptions", read_exemptions, false},
    {"requests", read_requests, false},
    {"reviews", read_reviews, false},
    {"sets", read_sets, false},
    {"escalation", read_escalation, false},
    {"incidents", read_incidents, false},
    {"custody", read_custody, false},
    {"labels", read_labels, false},
    {"return_reasons", read_returns, false},
    {"deadlines", read_deadlines, true},
    {"calendar", read_calendar, true},
    {"storage", read_storage, true},
    {"findings", read_findings, false},
    {"statistics", read_statistics, false},
    {"catalogue", read_catalogue, true},
    {"sources", read_sources, false},
    {"earlier", read_earlier, false},
};
const size_t policy_sections_n = array_n(policy_sections);

const struct section *section_find(const char *key)
{
	for (size_t i = 0; i < policy_sections_n; i++)
		if (strcmp(policy_sections[i].key, key) == 0)
			return &policy_sections[i];
	return NULL;
}

/* The parts of a pack: which keys there are, what they mean in struct policy, and what a site may tighten. */
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

#define IDLE_MINUTES_DEFAULT 480
#define UNLOCK_IDLE_DEFAULT  30 /* security.md 2.2 */

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
	for (const struct yaml_node *e = is_map(r, v) ? (v)->child : NULL; e; e = e->next) {                           \
		type which;                                                                                            \
                                                                                                                       \
		if (!find(e->key->text, &which))                                                                       \
			complain(r, e->key, "%.80s is not %s", e->key->text, what);                                    \
		else                                                                                                   \
			body;                                                                                          \
	}

static void read_regimes(struct reader *r, const struct yaml_node *v)
{
	static const struct field name = {"name", &kind_names, 0, NULL, false};

	FOR_EACH_NAMED(r, v, enum regime, regime_find, "a regime", {
		r->p->regimes[which] = true;
		read_field(r, e, &name, &r->p->regime_names[which]);
	})
}

static const char *const draft_rules[] = {"until-idle", "until-submit", "never", NULL};
static const char *const signed_with[] = {"any", "token", "verified-token", NULL};
static const char *const unlock_modes[] = {"machine", "person", NULL};
static const struct field level_fields[] = {
    FIELD(struct level, code, "code", kind_text_free, NULL, true),
    FIELD(struct level, name, "name", kind_names, NULL, true),
    FIELD(struct level, portion, "portion", kind_text, NULL, false),
    FIELD(struct level, max_term, "max_term", kind_period_down, NULL, false),
    FIELD(struct level, missing_term, "missing_term", kind_period, NULL, false),
    FIELD(struct level, opaque_name, "opaque_name", kind_bool_up, NULL, false),
    FIELD(struct level, draft_in_clear, "draft_in_clear", kind_choice_up, draft_rules, false),
    FIELD(struct level, draft_idle_minutes, "draft_idle", kind_minutes, NULL, false),
    FIELD(struct level, needs_post, "needs_post", kind_post, NULL, false),
    FIELD(struct level, needs_clearance, "needs_clearance", kind_bool_up, NULL, false),
    FIELD(struct level, needs_undertaking, "needs_undertaking", kind_bool_up, NULL, false),
    FIELD(struct level, unlock, "unlock", kind_choice_up, unlock_modes, false),
    FIELD(struct level, needs_signature, "signature", kind_bool_up, NULL, false),
    FIELD(struct level, signed_with, "signed_with", kind_choice_up, signed_with, false),
    FIELD(struct level, decides_alone, "alone", kind_bool, NULL, false),
};

static void check_level(struct reader *r, const struct yaml_node *at, const struct level *l)
{
	if (l->code && !level_code_is_valid(l->code))
		complain(r, yaml_get(at, "code"), "a level's code is 1 to 24 of A-Z 0-9 -");
	for (const struct level *other = r->levels; other < l; other++)
		if (names_equal_folded(other->code, l->code) || text_equal(other->name.official, l->name.official) ||
		    names_equal_folded(other->name.english, l->name.english))
			complain(r, at, "two levels share a name with %s", other->code ? other->code : "one before");
}

/* A demand that nobody would ever check. */
static void check_signed_with(struct reader *r, const struct yaml_node *at, const struct level *l)
{
	if (l->signed_with != SIGNED_WITH_ANY && !l->needs_signature)
		complain(r, yaml_get(at, "signed_with"), "signed_with without signature: true asks for nothing");
}

static void add_level(struct reader *r, const struct yaml_node *at, size_t rank)
{
	struct level *l = &r->levels[rank];

	l->rank = (uint8_t)rank;
	l->draft_idle_minutes = IDLE_MINUTES_DEFAULT;
	read_fields(r, at, level_fields, array_n(level_fields), l);
	check_level(r, at, l);
	check_signed_with(r, at, l);
}

static void tighten_level(struct reader *r, const struct yaml_node *at)
{
	const struct yaml_node *code = yaml_get(at, "code");
	const struct level *l = code && code->kind == YAML_TEXT ? level_find(r->p, code->text) : NULL;

	if (!l) {
		complain(r, at, "a site tightens levels that the policy has, each by its code");
		return;
	}
	read_fields(r, at, level_fields, array_n(level_fields), &r->levels[l->rank]);
	check_signed_with(r, at, &r->levels[l->rank]);
}

static void read_levels(struct reader *r, const struct yaml_node *v)
{
	size_t rank = 0;

	if (!is_list(r, v))
		return;
	if (r->overlay) {
		for (const struct yaml_node *at = v->child; at; at = at->next)
			tighten_level(r, at);
		return;
	}
	if (v->n < 2 || v->n > 16) {
		complain(r, v, "a policy has 2 to 16 levels, the first of them unclassified");
		return;
	}
	r->levels = reader_alloc(r, v->n, sizeof(*r->levels));
	for (const struct yaml_node *at = v->child; at && r->levels; at = at->next)
		add_level(r, at, rank++);
	r->p->levels = r->levels;
	r->p->n_levels = r->levels ? v->n : 0;
}

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

static bool read_term_kinds(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	bool *kinds = ret;

	(void)param;
	if (!is_list(r, v))
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next) {
		enum term_kind kind;

		if (child->kind != YAML_TEXT || !term_kind_find(child->text, &kind) || kind == TERM_NONE) {
			complain(r, child, "a kind of term is period, date, event or long-term");
			return false;
		}
		kinds[kind] = true;
	}
	return true;
}
static const struct kind kind_term_kinds = {sizeof(((struct policy *)0)->term_kinds), read_term_kinds, NULL};

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
	static const char *const expiries[] = {"notify", "auto", NULL};
	static const struct field fields[] = {
	    FIELD(struct policy, term_kinds, "kinds", kind_term_kinds, NULL, true),
	    FIELD(struct policy, event_only_without_date, "event_only_without_date", kind_bool_up, NULL, false),
	    FIELD(struct policy, reason_at_longest_term, "reason_at_longest", kind_bool_up, NULL, false),
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
	    FIELD(struct mark_rules, block_original, "block_original", kind_texts, NULL, false),
	    FIELD(struct mark_rules, block_derived, "block_derived", kind_texts, NULL, false),
	    FIELD(struct mark_rules, block_needed, "block_needed", kind_bool, NULL, false),
	    FIELD(struct mark_rules, many_sources, "many_sources", kind_text, NULL, true),
	    FIELD(struct mark_rules, released, "released", kind_text, NULL, true),
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
		(after->clock == before->clock && after->months > before->months));
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
		r->p->kinds[which].is_used |= !r->overlay;
		read_fields(r, e, fields, array_n(fields), &r->p->kinds[which]);
	})
}

static void read_two_persons(struct reader *r, const struct yaml_node *v)
{
	uint32_t acts = 0;

	if (!kind_acts.read(r, v, NULL, &acts))
		return;
	for (int act = 0; act < ACTS; act++)
		r->p->two_persons[act] |= (acts >> act) & 1;
}

static void read_disputes(struct reader *r, const struct yaml_node *v)
{
	static const char *const interims[] = {"highest-claimed", "current", NULL};
	static const struct field fields[] = {
	    FIELD(struct policy, interim, "interim", kind_choice, interims, true),
	    FIELD(struct policy, doubt_goes_down, "doubt_goes_down", kind_bool, NULL, true),
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
}

static void read_storage(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct policy, keep_versions, "keep_versions", kind_u16_up, NULL, true),
	    FIELD(struct policy, keep_decided, "keep_decided", kind_bool_up, NULL, true),
	    FIELD(struct policy, grace_minutes, "grace", kind_minutes, NULL, true),
	    FIELD(struct policy, open_minutes, "open_limit", kind_minutes, NULL, true),
	    FIELD(struct policy, rewrap_by_itself, "rewrap_by_itself", kind_bool_up, NULL, false),
	    FIELD(struct policy, rotation_days, "rotation_days", kind_u16_down, NULL, false),
	    FIELD(struct policy, power_off_days, "power_off_days", kind_u16_down, NULL, true),
	    FIELD(struct policy, unlock_idle_minutes, "unlock_idle", kind_minutes, NULL, false),
	    FIELD(struct policy, appointment_lead, "appointment_lead", kind_u16_up, NULL, true),
	    FIELD(struct policy, escrow_drill, "escrow_drill_days", kind_u16_down, NULL, false),
	    FIELD(struct policy, escrow_change, "escrow_change_days", kind_u16_down, NULL, false),
	};

	if (!r->overlay)
		r->p->unlock_idle_minutes = UNLOCK_IDLE_DEFAULT;
	read_fields(r, v, fields, array_n(fields), r->p);
	if (r->p->unlock_idle_minutes == 0)
		complain(r, v, "unlock_idle is at least a minute");
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
		else
			read_fields(r, e, fields, array_n(fields), &r->p->findings[code]);
	}
}

const struct section policy_sections[] = {
    {"pack", read_pack, true},
    {"regimes", read_regimes, true},
    {"levels", read_levels, true},
    {"posts", read_posts, true},
    {"terms", read_terms, true},
    {"marks", read_marks, true},
    {"appointments", read_appointments, true},
    {"two_persons", read_two_persons, true},
    {"disputes", read_disputes, true},
    {"deadlines", read_deadlines, true},
    {"calendar", read_calendar, true},
    {"storage", read_storage, true},
    {"findings", read_findings, false},
    {"catalogue", read_catalogue, true},
};
const size_t policy_sections_n = array_n(policy_sections);

/* Who may decide. The order of the tests is the order of the reasons, so a refusal names the first thing in the way. */
#include "domain/authority.h"

#include <string.h>

#include "base/text.h"
#include "domain/scope.h"

#define BIT(act) (UINT64_C(1) << (act))
/* Acts that set level, term and scope, and so need item or source; the others only look at what is set. */
#define SETTING                                                                                                        \
	(BIT(ACT_APPROVE) | BIT(ACT_CORRECT) | BIT(ACT_ANSWER) | BIT(ACT_CHANGE) | BIT(ACT_EXTEND) | BIT(ACT_SETTLE) | \
	 BIT(ACT_ORDER))

/* Acts on what is decided that belong to the unit it came from (Regulations 2024 art. 22; NATO and EU: originator). */
#define OF_ORIGINATOR                                                                                                  \
	(BIT(ACT_REQUEST_CHANGE) | BIT(ACT_CHANGE) | BIT(ACT_REQUEST_EXTEND) | BIT(ACT_EXTEND) |                       \
	 BIT(ACT_REQUEST_RELEASE) | BIT(ACT_RELEASE) | BIT(ACT_MET) | BIT(ACT_REQUEST_PUBLISH) | BIT(ACT_PUBLISH))

bool person_is_valid_on(const struct person *p, struct date on)
{
	return date_compare(on, p->from) >= 0 && (!date_is_set(p->until) || date_compare(on, p->until) <= 0);
}

bool person_is_suspended_on(const struct person *p, struct date on)
{
	return date_is_set(p->suspended_from) && date_compare(on, p->suspended_from) >= 0 &&
	       (!date_is_set(p->suspended_until) || date_compare(on, p->suspended_until) <= 0);
}

/* The second person is neither who entered it nor who gains by it. */
static bool is_confirmed(const struct appointment *a)
{
	return a->confirmed_by && !text_equal(a->confirmed_by, a->entered_by) &&
	       !text_equal(a->confirmed_by, a->person);
}

bool appointment_is_in_force(const struct appointment *a, struct date on)
{
	return is_confirmed(a) && date_compare(on, a->from) >= 0 &&
	       (!date_is_set(a->until) || date_compare(on, a->until) <= 0);
}

bool authority_in_scope(struct texts scope, const struct person *p)
{
	for (size_t i = 0; i < scope.n; i++) {
		const char *entry = scope.at[i];
		const char *department = text_starts(entry, "dept:") ? entry + 5 : "";

		if (strcmp(entry, "*") == 0 || (text_starts(entry, "person:") && text_equal(entry + 7, p->id)))
			return true;
		if (*department && texts_cover((struct texts){&department, 1}, p->department, '/'))
			return true;
	}
	return false;
}

/* One training's last day by the pack's rule, or the earlier day it says itself. */
static struct date trained_by(const struct training *t, const struct training_rule *rule, enum date_leap leap)
{
	struct date until = {9999, 12, 31};

	if (rule->clock == TRAINING_MONTHS)
		until = date_add(t->on, (struct period){.months = rule->months}, leap);
	else if (rule->clock == TRAINING_CALENDAR_YEAR) /* once in each year: the next one has until its end */
		until = (struct date){(int16_t)(t->on.year + 1), 12, 31};
	return date_is_set(t->valid_until) && date_compare(t->valid_until, until) < 0 ? t->valid_until : until;
}

static bool counts(const struct authority_question *q, const struct training *t)
{
	return text_equal(t->person, q->person->id) && date_compare(t->on, q->on) <= 0;
}

struct date authority_trained_until(const struct authority_question *q, enum appointment_kind kind)
{
	const struct training_rule *rule = &q->policy->kinds[kind].training;
	struct date best = {0};

	for (size_t i = 0; i < q->n_trainings; i++) {
		const struct training *t = &q->trainings[i];
		unsigned hours = 0;

		if (!counts(q, t))
			continue;
		for (size_t k = 0; k < q->n_trainings; k++)
			if (counts(q, &q->trainings[k]) && date_compare(q->trainings[k].on, t->on) >= 0)
				hours += q->trainings[k].hours;
		if (hours >= rule->hours && date_compare(trained_by(t, rule, q->policy->leap), best) > 0)
			best = trained_by(t, rule, q->policy->leap);
	}
	return best;
}

/* Facts of one question, worked out once. */
struct matter {
	const struct authority_question *q;
	const struct classification *now;
	const struct level *level; /* what the ceiling must reach: the higher of what is set and what is decided */
	const struct level *decided;
	const char *items[2];	    /* both must be covered; NULL: none */
	const struct level *source; /* the level a derived decision equals; NULL: unknown or not derived */
	bool derived;
	bool by_guide; /* derived because the catalogue is a guide; somebody with original authority may differ */
	bool deciding;
};

static struct matter matter_of(const struct authority_question *q)
{
	const struct record *r = q->record;
	const struct classification *now = record_classification(r);
	struct matter m = {.q = q, .now = now};
	const struct item *item;

	m.decided = level_find(q->policy, q->level ? q->level : now->level);
	m.level = m.decided && r->decided.level
		      ? level_max(m.decided, level_for_protection(q->policy, r->decided.level))
		      : m.decided;
	m.items[0] = q->item ? q->item : now->item;
	m.items[1] = r->decided.item;
	m.source = level_for_protection(q->policy, q->source_level);
	m.derived = m.source || (!q->item && now->basis == BASIS_DERIVED);
	item = catalogue_find(&q->policy->catalogue, m.items[0]);
	if (!m.derived && q->policy->catalogue.is_guide && item) {
		m.derived = m.by_guide = true;
		m.source = item->level;
	}
	return m;
}

static bool covers_matter(const struct appointment *a, const char *item)
{
	return text_is_empty(item) ? texts_has(a->matters, "*") : texts_cover(a->matters, item, '.');
}

/* Saying of a new document that it is not secret: no level, item or source is at stake. */
static bool is_plain_denial(const struct matter *m)
{
	return m->level && !level_is_classified(m->level) && !m->derived && text_is_empty(m->items[0]);
}

static bool covers_matters(const struct appointment *a, const struct matter *m)
{
	if ((m->derived && text_is_empty(m->items[0])) ||
	    is_plain_denial(m)) /* settled by the source, or there is none */
		return true;
	return covers_matter(a, m->items[0]) && (text_is_empty(m->items[1]) || covers_matter(a, m->items[1]));
}

static bool covers_department(const struct appointment *a, const struct record *r)
{
	return text_is_empty(r->department) ? texts_has(a->departments, "*")
					    : texts_cover(a->departments, r->department, '/');
}

/* Who must not decide: the one who proposed this very thing. */
struct party {
	const char *person, *key;
	uint32_t uid;
};

static struct party proposer_of(const struct authority_question *q)
{
	const struct record *r = q->record;

	if (r->requester && r->request == q->act) /* of a release the one who asked, not who once drafted */
		return (struct party){.person = r->requester, .uid = r->requester_uid};
	if (q->proposer)
		return (struct party){q->proposer, q->proposer_key, q->proposer_uid};
	return (struct party){r->drafter, r->drafter_key, r->drafter_uid};
}

/* Whoever disputes what is decided does not settle it: that would be a change, or a release, by one person. */
static bool began_dispute(const struct authority_question *q)
{
	return q->act == ACT_SETTLE && q->record->requester &&
	       (text_equal(q->record->requester, q->person->id) || q->record->requester_uid == q->person->uid);
}

static enum authority_reason check_own(const struct matter *m, const struct kind_rule *rule)
{
	const struct authority_question *q = m->q;
	const struct party proposer = proposer_of(q);

	if (rule->alone && !q->policy->two_persons[q->act])
		return AUTHORITY_GRANTED;
	if (!q->policy->two_persons[q->act] && !(BIT(q->act) & SETTING))
		return AUTHORITY_GRANTED; /* returning or refusing one's own request harms nobody */
	if (text_equal(proposer.person, q->person->id) || began_dispute(q))
		return AUTHORITY_OWN_PERSON;
	if (proposer.person && proposer.uid == q->person->uid)
		return AUTHORITY_OWN_UID;
	if (proposer.key && text_equal(proposer.key, q->key))
		return AUTHORITY_OWN_KEY;
	return AUTHORITY_GRANTED;
}

/* What the site is bounds what anybody there may be given; nothing is derived from it (domain.md A.4). */
static bool is_above_unit(const struct policy *p, const struct level *level)
{
	return p->unit && level_is_classified(level) && (!p->unit->decides || level->rank > p->unit->decides->rank);
}

/* A derived decision equals its source; an original one keeps below the ceiling. */
static enum authority_reason check_level(const struct matter *m, const struct appointment *a,
					 const struct kind_rule *rule)
{
	const struct level *ceiling = level_find(m->q->policy, a->ceiling);
	bool setting = BIT(m->q->act) & SETTING;
	bool like_source = !m->source || m->decided == m->source;
	bool derived = m->derived && !(m->by_guide && rule->original && !(rule->derived && like_source));

	if (is_plain_denial(m) || m->q->act == ACT_ANSWER || m->q->act == ACT_ORDER) /* it was decided above; here it is entered */
		return AUTHORITY_GRANTED;
	if (setting && !(derived ? rule->derived : rule->original))
		return derived ? AUTHORITY_ORIGINAL_ONLY : AUTHORITY_DERIVED_ONLY;
	if (!derived && rule->has_ceiling && setting && is_above_unit(m->q->policy, m->decided))
		return AUTHORITY_UNIT;
	if ((derived ? rule->derived_ceiling : rule->has_ceiling) && (!ceiling || m->level->rank > ceiling->rank))
		return AUTHORITY_CEILING;
	return setting && derived && !like_source ? AUTHORITY_NOT_LIKE_SOURCE : AUTHORITY_GRANTED;
}

/* One appointment against the matter: granted, or the first thing in the way. */
static enum authority_reason check_appointment(const struct matter *m, const struct appointment *a)
{
	const struct authority_question *q = m->q;
	const struct kind_rule *rule = &q->policy->kinds[a->kind];
	enum authority_reason reason;

	if (!rule->is_used || (m->deciding && !(rule->acts & BIT(q->act))))
		return AUTHORITY_NO_APPOINTMENT;
	if (!is_confirmed(a))
		return AUTHORITY_NOT_CONFIRMED;
	if (date_compare(q->on, a->from) < 0)
		return AUTHORITY_NOT_YET;
	if (date_is_set(a->until) ? date_compare(q->on, a->until) > 0 : rule->needs_until)
		return AUTHORITY_LAPSED;
	if (!covers_department(a, q->record))
		return AUTHORITY_WRONG_DEPARTMENT;
	if (!covers_matters(a, m))
		return AUTHORITY_WRONG_MATTER;
	if (!m->deciding)
		return AUTHORITY_GRANTED;
	reason = check_level(m, a, rule);
	return reason ? reason : check_own(m, rule);
}

/* Training comes last: it alone may be a finding instead of a refusal. */
static enum authority_reason check_training(const struct matter *m, const struct appointment *a,
					    struct authority_answer *ret)
{
	const struct training_rule *rule = &m->q->policy->kinds[a->kind].training;
	struct date until = rule->needed ? authority_trained_until(m->q, a->kind) : m->q->on;

	ret->training_lapsed = date_compare(until, m->q->on) < 0;
	if (!ret->training_lapsed || rule->lapse != TRAINING_REFUSE)
		return AUTHORITY_GRANTED;
	ret->date = until;
	return AUTHORITY_TRAINING;
}

static void fill_detail(const struct matter *m, struct authority_answer *ret)
{
	const struct appointment *a = ret->by;

	if (ret->reason == AUTHORITY_NOT_YET)
		ret->date = a->from;
	else if (ret->reason == AUTHORITY_LAPSED)
		ret->date = a->until;
	else if (ret->reason == AUTHORITY_WRONG_DEPARTMENT)
		ret->text = m->q->record->department;
	else if (ret->reason == AUTHORITY_WRONG_MATTER)
		ret->text = covers_matter(a, m->items[0]) ? m->items[1] : m->items[0];
	else if (ret->reason == AUTHORITY_CEILING)
		ret->text = a->ceiling;
	else if (ret->reason == AUTHORITY_UNIT)
		ret->text = m->q->policy->unit->code;
	else if (ret->reason == AUTHORITY_NOT_LIKE_SOURCE)
		ret->text = m->source->code;
}

/* The person's appointment that grants this, else the one that came nearest. */
static void check_appointments(const struct matter *m, struct authority_answer *ret)
{
	struct authority_answer nearest = {.reason = AUTHORITY_NO_APPOINTMENT, .level = m->level};

	for (size_t i = 0; i < m->q->n_appointments; i++) {
		const struct appointment *a = &m->q->appointments[i];
		struct authority_answer now = {.by = a, .level = m->level};

		if (!text_equal(a->person, m->q->person->id))
			continue;
		now.reason = check_appointment(m, a);
		if (!now.reason && m->deciding)
			now.reason = check_training(m, a, &now);
		if (!now.reason && !now.training_lapsed) {
			*ret = now;
			return;
		}
		if (!now.reason ? nearest.reason != AUTHORITY_GRANTED : nearest.reason && now.reason > nearest.reason)
			nearest = now;
	}
	*ret = nearest;
	if (ret->by)
		fill_detail(m, ret);
}

static enum authority_reason check_access(const struct person *p, const struct level *level, struct date on,
					  struct authority_answer *ret)
{
	ret->level = level;
	if (p->post < level->needs_post)
		return AUTHORITY_NO_POST;
	if (level->needs_clearance && date_compare(p->cleared_until, on) < 0) {
		ret->date = p->cleared_until;
		return AUTHORITY_NO_CLEARANCE;
	}
	if (level->needs_undertaking && (!date_is_set(p->undertaking_on) || date_compare(p->undertaking_on, on) > 0))
		return AUTHORITY_NO_UNDERTAKING;
	return AUTHORITY_GRANTED;
}

static enum authority_reason check_person(const struct authority_question *q, struct authority_answer *ret)
{
	if (!q->person || !person_is_valid_on(q->person, q->on))
		return AUTHORITY_NO_PERSON;
	if (person_is_suspended_on(q->person, q->today)) {
		ret->date = q->person->suspended_from;
		return AUTHORITY_SUSPENDED;
	}
	return AUTHORITY_GRANTED;
}

/* A decision is made today, on something proposed no later; only what comes from paper carries an earlier day. */
static bool is_backdated(const struct authority_question *q)
{
	const struct record *r = q->record;
	bool imported = r->entry == ENTRY_IMPORTED;

	if (date_compare(q->on, q->today) > 0 || (!imported && date_compare(q->on, q->today) < 0))
		return true;
	return (date_is_set(r->drafted) && !imported && date_compare(q->on, r->drafted) < 0) ||
	       (date_is_set(r->proposed_on) && date_compare(q->on, r->proposed_on) < 0);
}

bool authority_may_alone(const struct policy *p, const struct record *r)
{
	const struct regime_rule *rule = regime_rule_of(p, r->regime);

	return rule && rule->decides == REGIME_DRAFTER && !level_is_classified(record_claims(p, r));
}

static bool decides_alone(const struct matter *m)
{
	const struct authority_question *q = m->q;

	return q->act == ACT_APPROVE && text_equal(q->record->drafter, q->person->id) && !level_is_classified(m->level) &&
	       authority_may_alone(q->policy, q->record);
}

static void check_deciding(struct matter *m, struct authority_answer *ret)
{
	const struct authority_question *q = m->q;
	const struct level *needed;

	m->deciding = true;
	ret->date = (struct date){0};
	if (q->person->roles & (ACTOR_AUDITOR | ACTOR_SYSTEM_ADMIN))
		ret->reason = AUTHORITY_WRONG_ROLE;
	else if (!m->level) {
		ret->reason = AUTHORITY_UNKNOWN_LEVEL;
		ret->text = q->level ? q->level : m->now->level;
	} else {
		needed = level_max(m->level, record_protection(q->policy, q->record));
		ret->reason = check_access(q->person, needed, q->on, ret);
		if (!ret->reason && !decides_alone(m))
			check_appointments(m, ret);
	}
}

/* Acts that decide nothing: by the part somebody has in this record. */
static void check_taking_part(struct matter *m, const struct record_step *step, struct authority_answer *ret)
{
	const struct person *p = m->q->person;
	const struct record *r = m->q->record;
	bool is_drafter = r->state == RECORD_NONE || text_equal(r->drafter, p->id);

	if (p->roles & ACTOR_AUDITOR)
		ret->reason = AUTHORITY_WRONG_ROLE;
	else if (((step->who & ACTOR_DRAFTER) && is_drafter) || (step->who & p->roles))
		ret->reason = AUTHORITY_GRANTED;
	else if (!(step->who & ACTOR_RESPONSIBLE))
		ret->reason = AUTHORITY_WRONG_ROLE;
	else if (!text_equal(r->responsible, p->id)) {
		check_appointments(m, ret);
		if (ret->reason == AUTHORITY_NO_APPOINTMENT)
			ret->reason = AUTHORITY_WRONG_ROLE;
	}
}

void authority_check(const struct authority_question *q, struct authority_answer *ret)
{
	const struct record_step *step = record_step_find(q->record->state, q->act);
	struct authority_question dated = *q; /* by the rules of the day the decision says */
	struct authority_answer answer = {0};
	struct matter m;

	dated.policy = policy_on(q->policy, q->on);
	q = &dated;
	m = matter_of(q);
	answer.level = m.level;
	answer.reason = check_person(q, &answer);
	if (answer.reason == AUTHORITY_NO_PERSON) {
		*ret = answer;
		return;
	}
	if (!step)
		answer = (struct authority_answer){.reason = AUTHORITY_WRONG_STATE,
						   .text = record_state_name(q->record->state)};
	else if (!answer.reason && (BIT(q->act) & OF_ORIGINATOR) && !text_is_empty(q->record->originator))
		answer = (struct authority_answer){.reason = AUTHORITY_NOT_ORIGINATOR, .text = q->record->originator};
	else if (step->decides && is_backdated(q))
		answer = (struct authority_answer){.reason = AUTHORITY_BACKDATED, .date = q->on};
	else if (!answer.reason && step->decides)
		check_deciding(&m, &answer);
	else if (!answer.reason)
		check_taking_part(&m, step, &answer);
	*ret = answer;
}

void authority_check_unlock(const struct authority_question *q, struct authority_answer *ret)
{
	const struct level *level = level_find(q->policy, q->level);
	struct authority_answer answer = {.level = level};

	answer.reason = check_person(q, &answer);
	if (!answer.reason && (q->person->roles & (ACTOR_AUDITOR | ACTOR_SYSTEM_ADMIN)))
		answer.reason = AUTHORITY_WRONG_ROLE;
	else if (!answer.reason && !level)
		answer.reason = AUTHORITY_UNKNOWN_LEVEL;
	else if (!answer.reason)
		answer.reason = check_access(q->person, level, q->on, &answer);
	*ret = answer;
}

/* While something waits for a decision, whoever may decide it may read it. */
static bool waits(const struct record *r)
{
	static const uint64_t waiting = BIT(RECORD_PROPOSED) | BIT(RECORD_PROVISIONAL) | BIT(RECORD_REPORTED) |
					BIT(RECORD_DISPUTED) | BIT(RECORD_CHANGED);

	return (waiting & BIT(r->state)) || r->request != ACT_NEW;
}

static bool is_party(struct matter *m)
{
	const struct person *p = m->q->person;
	const struct record *r = m->q->record;
	struct authority_answer by_appointment = {0};

	if (text_equal(r->drafter, p->id) || text_equal(r->responsible, p->id) || scope_admits(m->q->policy, r, p))
		return true;
	if (!waits(r))
		return false;
	check_appointments(m, &by_appointment);
	return !by_appointment.reason;
}

/* A draft that is tagged lower leaves the file as high as it was sealed: only a decision takes that away. */
static const struct level *protection_of_file(const struct authority_question *q)
{
	const struct level *level = record_protection(q->policy, q->record);

	return waits(q->record) || q->record->state == RECORD_DRAFT
		   ? level_max(level, level_for_protection(q->policy, q->sealed_at))
		   : level;
}

void authority_check_open(const struct authority_question *q, struct authority_answer *ret)
{
	const struct record *r = q->record;
	const struct level *level = protection_of_file(q);
	struct authority_answer answer = {.level = level};
	struct matter m = matter_of(q);

	answer.reason = check_person(q, &answer);
	if (!answer.reason && (q->person->roles & ACTOR_AUDITOR))
		answer.reason = AUTHORITY_WRONG_ROLE;
	if (!answer.reason && !(text_equal(r->drafter, q->person->id) && text_is_empty(r->decided.level))) {
		if (q->person->roles & ACTOR_SYSTEM_ADMIN) /* runs the machine and reads nothing but his own drafts */
			answer.reason = AUTHORITY_WRONG_ROLE;
		else
			answer.reason = check_access(q->person, level, q->on, &answer);
		if (!answer.reason && !is_party(&m))
			answer.reason = AUTHORITY_NOT_IN_SCOPE;
	}
	*ret = answer;
}

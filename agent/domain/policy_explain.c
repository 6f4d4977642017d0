/* Sentences over the pack's tables. */
#include "domain/policy_explain.h"

#include "base/text.h"

static void add_names(struct buffer *b, struct names names)
{
	buffer_add_text(b, names.official);
	if (!text_equal(names.official, names.english))
		buffer_add_format(b, " (%s)", names.english);
}

static void add_term(const struct policy *p, struct buffer *b, const struct term *t)
{
	if (t->kind == TERM_NONE)
		buffer_add_text(b, "no limit");
	else
		mark_make_term(p, t, b);
}

/* What a level or a regime asks of whoever reads it, and of its drafts. */
static void add_demands(const struct policy *p, const struct level *l, struct buffer *b)
{
	static const char *const drafts[] = {"until it is idle", "until it is submitted", "never"};
	static const char *const signatures[] = {
	    "; decisions are signed",
	    "; decisions are signed with a security token",
	    "; decisions are signed with a security token that verifies its person",
	};

	buffer_add_format(b, "; a draft lies in clear %s", drafts[l->draft_in_clear]);
	if (l->needs_post != POST_NONE) {
		buffer_add_text(b, "; needs ");
		add_names(b, p->post_names[l->needs_post]);
	}
	buffer_add_format(b, "%s%s%s%s%s\n", l->needs_clearance ? ", a clearance in force" : "",
			  l->needs_undertaking ? ", a signed undertaking" : "",
			  l->needs_signature ? signatures[l->signed_with] : "",
			  l->opaque_name ? "; file names are hidden" : "",
			  l->unlock == UNLOCK_PERSON ? "; read only after a person unlocks" : "");
}

static void explain_level(const struct policy *p, const struct level *l, struct buffer *b)
{
	const struct term cap = policy_cap(p, l, NULL);

	buffer_add_format(b, "%s ", l->code);
	add_names(b, l->name);
	if (!level_is_classified(l)) {
		buffer_add_text(b, ": not protected\n");
		return;
	}
	buffer_add_text(b, ": at most ");
	add_term(p, b, &cap);
	add_demands(p, l, b);
}

static void add_training(struct buffer *b, const struct training_rule *t)
{
	if (!t->needed)
		return;
	buffer_add_text(b, "; training ");
	if (t->clock == TRAINING_MONTHS)
		buffer_add_format(b, "every %u months", t->months);
	else
		buffer_add_text(b, t->clock == TRAINING_CALENDAR_YEAR ? "every calendar year" : "once");
	if (t->hours)
		buffer_add_format(b, ", %u hours", t->hours);
	buffer_add_text(b, t->lapse == TRAINING_REFUSE ? ", without it nothing is decided" : ", without it a finding");
}

static void explain_kind(const struct policy *p, enum appointment_kind kind, struct buffer *b)
{
	const struct kind_rule *rule = &p->kinds[kind];
	const char *between = " may ";

	buffer_add_format(b, "%s ", appointment_kind_name(kind));
	add_names(b, rule->name);
	buffer_add_text(b, ":");
	for (int act = 0; act < ACTS; act++)
		if (rule->acts >> act & 1) {
			buffer_add_format(b, "%s%s", between, act_name((enum act)act));
			between = ", ";
		}
	buffer_add_format(b, "; %s",
			  !rule->original ? "by a source only"
			  : rule->derived ? "originally or by a source"
					  : "originally");
	buffer_add_format(b, "; %s", rule->has_ceiling ? "up to the appointment's level" : "without a ceiling");
	buffer_add_text(b, rule->alone ? "; also the own proposal" : "; never the own proposal");
	if (rule->needs_until)
		buffer_add_text(b, "; with a last day");
	add_training(b, &rule->training);
	buffer_add_text(b, "\n");
}

static void explain_item(const struct policy *p, const struct item *item, struct buffer *b)
{
	const struct term cap = policy_cap(p, item->level, item);

	buffer_add_format(b, "%s ", item->id);
	add_names(b, item->title);
	buffer_add_format(b, ": %s", item->level->code);
	if (item->prohibited) {
		buffer_add_text(b, "; may not be classified\n");
		return;
	}
	buffer_add_text(b, ", ");
	add_term(p, b, &item->term);
	buffer_add_text(b, ", at most ");
	add_term(p, b, &cap);
	buffer_add_text(b, item->long_term ? ", or long-term; may know it:" : "; may know it:");
	for (size_t i = 0; i < item->scope.n; i++)
		buffer_add_format(b, " %s", item->scope.at[i]);
	buffer_add_text(b, "\n");
}

static void explain_deadline(const struct policy *p, enum deadline which, struct buffer *b)
{
	struct span span = p->deadlines[which];

	if (span.days)
		buffer_add_format(b, "%s: %u %sdays\n", deadline_name(which), span.days,
				  span.working ? "working " : "");
}

static void explain_regime(const struct policy *p, const struct regime_rule *rule, struct buffer *b)
{
	static const char *const terms[] = {"has no term", "may have a term", "has a term"};
	const struct term cap = {.kind = TERM_PERIOD, .period = rule->max_term};

	add_names(b, rule->name);
	if (!rule->sealed_as) {
		buffer_add_text(b, "\n");
		return;
	}
	buffer_add_format(b, ": no level and no item; sealed with the keys of %s; decided by %s; %s", rule->held.code,
			  rule->decides == REGIME_DRAFTER ? "its drafter alone, where nothing speaks for a state secret"
							  : "a responsible person",
			  terms[rule->terms]);
	if (period_is_set(rule->max_term)) {
		buffer_add_text(b, ", at most ");
		add_term(p, b, &cap);
	}
	add_demands(p, &rule->held, b);
	for (size_t i = 0; i < rule->mark.n; i++)
		buffer_add_format(b, "%s%s", i ? " | " : "  mark: ", rule->mark.at[i]);
	buffer_add_format(b, "%s%s\n", rule->mark_until ? " | " : "", rule->mark_until ? rule->mark_until : "");
	for (size_t i = 0; i < rule->categories.n; i++) {
		const struct regime_category *c = &rule->categories.at[i];

		buffer_add_format(b, "  %s ", c->code);
		add_names(b, c->name);
		buffer_add_format(b, ": %s%s%s\n", c->specified ? "specified, " : "", rule->category_begin ? "in the mark " : "",
				  rule->category_begin ? c->mark : "");
	}
}

static void explain_all(const struct policy *p, struct buffer *b)
{
	char day[11];

	date_format(p->effective, day);
	buffer_add_format(b, "%s %s, from %s: ", p->id, p->version, day);
	add_names(b, p->title);
	buffer_add_text(b, "\n\nLevels\n");
	for (size_t i = 0; i < p->n_levels; i++)
		explain_level(p, &p->levels[i], b);
	buffer_add_text(b, "\nRegimes\n");
	for (int regime = 0; regime < REGIME_N; regime++)
		if (p->regimes[regime].is_used) {
			buffer_add_format(b, "%s ", regime_name((enum regime)regime));
			explain_regime(p, &p->regimes[regime], b);
		}
	buffer_add_text(b, "\nWho decides\n");
	for (int kind = 1; kind < APPOINTMENT_KINDS; kind++)
		if (p->kinds[kind].is_used)
			explain_kind(p, (enum appointment_kind)kind, b);
	buffer_add_text(b, "always two persons:");
	for (int act = 0; act < ACTS; act++)
		if (p->two_persons[act])
			buffer_add_format(b, " %s", act_name((enum act)act));
	buffer_add_format(b, "\n\nTime\nat the end of a term: %s\nlead times in days:",
			  p->expiry == EXPIRY_AUTO ? "the record expires" : "the originator is told");
	for (size_t i = 0; i < POLICY_LEADS && p->leads[i]; i++)
		buffer_add_format(b, " %u", p->leads[i]);
	buffer_add_text(b, "\n");
	for (int which = 0; which < DEADLINES; which++)
		explain_deadline(p, (enum deadline)which, b);
	buffer_add_format(b, "\nCatalogue %s: %zu items\n", p->catalogue.version, p->catalogue.n);
}

int policy_explain(const struct policy *p, const char *what, struct buffer *ret)
{
	const struct level *level = level_find(p, what);
	const struct item *item = catalogue_find(&p->catalogue, what);
	enum appointment_kind kind = APPOINTMENT_NONE;
	enum regime regime = REGIME_N;

	if (text_is_empty(what))
		explain_all(p, ret);
	else if (level)
		explain_level(p, level, ret);
	else if (item)
		explain_item(p, item, ret);
	else if (appointment_kind_find(what, &kind) && p->kinds[kind].is_used)
		explain_kind(p, kind, ret);
	else if (regime_find(what, &regime) && p->regimes[regime].is_used)
		explain_regime(p, &p->regimes[regime], ret);
	else
		return POLICY_EXPLAIN_UNKNOWN;
	return 0;
}

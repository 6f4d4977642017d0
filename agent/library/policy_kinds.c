/* Values of a pack: each kind says how it is read and what would loosen it. */
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

/* Complains that a value does not have its form; always false. */
static bool not_a(struct reader *r, const struct yaml_node *v, const char *what)
{
	complain(r, v, "%.80s is not %s", v->kind == YAML_TEXT ? v->text : "this", what);
	return false;
}

static bool read_text(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	const char *text = line_of(r, v);
	const char *copy = text ? policy_text(r->owner, text) : NULL;

	(void)param;
	r->failed |= text && !copy;
	*(const char **)ret = copy;
	return copy;
}
static bool never(const void *old, const void *new)
{
	(void)old;
	(void)new;
	return false;
}
const struct kind kind_text = {sizeof(const char *), read_text, NULL};
const struct kind kind_text_free = {sizeof(const char *), read_text, never};

static bool read_names(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const struct field fields[] = {
	    FIELD(struct names, official, "official", kind_text, NULL, true),
	    FIELD(struct names, english, "english", kind_text, NULL, true),
	};
	struct names *names = ret;

	if (v->kind == YAML_MAP) {
		read_fields(r, v, fields, array_n(fields), names);
		return names->official && names->english;
	}
	if (!read_text(r, v, param, &names->official))
		return false;
	names->english = names->official;
	return true;
}
const struct kind kind_names = {sizeof(struct names), read_names, NULL};

static bool read_bool(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	bool yes = v->kind == YAML_TEXT && strcmp(v->text, "true") == 0;

	(void)param;
	if (!yes && !(v->kind == YAML_TEXT && strcmp(v->text, "false") == 0))
		return not_a(r, v, "true or false");
	*(bool *)ret = yes;
	return true;
}
static bool looser_bool(const void *old, const void *new)
{
	return *(const bool *)old && !*(const bool *)new;
}
const struct kind kind_bool = {sizeof(bool), read_bool, NULL};
const struct kind kind_bool_up = {sizeof(bool), read_bool, looser_bool};

static bool read_u16(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	uint64_t n;

	(void)param;
	if (v->kind != YAML_TEXT || !text_to_u64(v->text, UINT16_MAX, &n))
		return not_a(r, v, "a number up to 65535");
	*(uint16_t *)ret = (uint16_t)n;
	return true;
}
static bool lower_u16(const void *old, const void *new)
{
	return *(const uint16_t *)new < *(const uint16_t *)old;
}
static bool higher_u16(const void *old, const void *new)
{
	return *(const uint16_t *)new > *(const uint16_t *)old;
}
const struct kind kind_u16 = {sizeof(uint16_t), read_u16, NULL};
const struct kind kind_u16_up = {sizeof(uint16_t), read_u16, lower_u16};
static bool higher_or_none_u16(const void *old, const void *new)
{
	const uint16_t *before = old, *after = new;

	return *before && (*after > *before || *after == 0);
}
const struct kind kind_u16_down = {sizeof(uint16_t), read_u16, higher_u16};
const struct kind kind_u16_some = {sizeof(uint16_t), read_u16, higher_or_none_u16};

/* The number before one of the units, and which unit; -1: none. */
static int number_with_unit(const char *text, const char *const *units, size_t n, uint64_t max, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	char number[12];

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	memcpy(number, text, digits);
	number[digits] = '\0';
	for (size_t i = 0; i < n; i++)
		if (strcmp(text + digits, units[i]) == 0 && text_to_u64(number, max, ret))
			return (int)i;
	return -1;
}

static bool read_minutes(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const units[] = {"min", "h", "d"};
	static const uint32_t minutes[] = {1, 60, 1440};
	uint64_t n;
	int unit = v->kind == YAML_TEXT ? number_with_unit(v->text, units, array_n(units), 10000, &n) : -1;

	(void)param;
	if (unit < 0)
		return not_a(r, v, "a time like 30min, 8h or 2d");
	*(uint32_t *)ret = (uint32_t)n * minutes[unit];
	return true;
}
static bool looser_minutes(const void *old, const void *new)
{
	return *(const uint32_t *)new > *(const uint32_t *)old;
}
static bool longer_or_none(const void *old, const void *new)
{
	return looser_minutes(old, new) || (*(const uint32_t *)old && *(const uint32_t *)new == 0);
}
const struct kind kind_minutes = {sizeof(uint32_t), read_minutes, looser_minutes};
const struct kind kind_minutes_some = {sizeof(uint32_t), read_minutes, longer_or_none};

static bool read_period(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	(void)param;
	if (r->earlier && v->kind == YAML_TEXT && strcmp(v->text, "none") == 0) /* there was no such rule then */
		return true;
	if (v->kind != YAML_TEXT || !period_parse(v->text, ret))
		return not_a(r, v, "a period like 10y, 6m or 30d");
	return true;
}
static bool looser_period(const void *old, const void *new)
{
	const struct period *before = old;

	return period_is_set(*before) && period_compare(*(const struct period *)new, *before) > 0;
}
const struct kind kind_period = {sizeof(struct period), read_period, NULL};
const struct kind kind_period_down = {sizeof(struct period), read_period, looser_period};

static bool read_term(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	(void)param;
	if (v->kind != YAML_TEXT || !term_parse_cli(v->text, ret) || !term_is_complete(ret))
		return not_a(r, v, "a term like 10y, 2030-06-30, event:TEXT@2030-06-30 or long-term");
	return true;
}
static bool looser_term(const void *old, const void *new)
{
	struct date anywhere = {2000, 3, 1};
	const struct term *before = old, *after = new;

	if (before->kind == TERM_NONE || before->kind == TERM_LONG)
		return false;
	/* whether a day comes before the end of a period depends on the start */
	return after->kind != before->kind || term_compare(after, before, anywhere, DATE_LEAP_FEB28) > 0;
}
const struct kind kind_term = {sizeof(struct term), read_term, looser_term};

static bool read_date(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	(void)param;
	if (v->kind != YAML_TEXT || !date_parse(v->text, ret))
		return not_a(r, v, "a day like 2030-06-30");
	return true;
}
const struct kind kind_date = {sizeof(struct date), read_date, NULL};
const struct kind kind_date_free = {sizeof(struct date), read_date, never};

static bool read_choice(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	const char *const *names = param;
	OWN_BUFFER struct buffer all = {0};
	OWN_MEM char *words = NULL;

	for (int i = 0; names[i]; i++) {
		if (v->kind == YAML_TEXT && strcmp(names[i], v->text) == 0) {
			*(int *)ret = i;
			return true;
		}
		buffer_add_format(&all, "%s%s", i ? ", " : "", names[i]);
	}
	words = buffer_steal_text(&all);
	complain(r, v, "%.80s is not one of: %s", v->kind == YAML_TEXT ? v->text : "this", words ? words : "");
	return false;
}
static bool lower_int(const void *old, const void *new)
{
	return *(const int *)new < *(const int *)old;
}
const struct kind kind_choice = {sizeof(int), read_choice, NULL};
const struct kind kind_choice_up = {sizeof(int), read_choice, lower_int};

/* From when it stays in clear longest to never. */
static int closeness(const void *rule)
{
	static const int order[] = {[DRAFT_UNTIL_SUBMIT] = 0, [DRAFT_UNTIL_IDLE] = 1, [DRAFT_NEVER] = 2};

	return order[*(const enum draft_rule *)rule];
}
static bool read_draft(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const rules[] = {"until-idle", "until-submit", "never", NULL};

	(void)param;
	return read_choice(r, v, rules, ret);
}
static bool longer_in_clear(const void *old, const void *new)
{
	return closeness(new) < closeness(old);
}
const struct kind kind_draft = {sizeof(enum draft_rule), read_draft, longer_in_clear};

static bool read_post(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const posts[] = {"none", "general", "important", "core", NULL};

	(void)param;
	return read_choice(r, v, posts, ret);
}
const struct kind kind_post = {sizeof(enum post), read_post, lower_int};

static bool read_texts(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	struct texts *texts = ret;
	const char **at;

	if (!is_list(r, v))
		return false;
	at = reader_alloc(r, v->n ? v->n : 1, sizeof(*at));
	if (!at)
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next)
		if (!read_text(r, child, param, &at[texts->n++]))
			return false;
	texts->at = at;
	return true;
}
const struct kind kind_texts = {sizeof(struct texts), read_texts, NULL};
const struct kind kind_texts_free = {sizeof(struct texts), read_texts, never};

static bool read_span(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const units[] = {"d", "wd"};
	uint64_t n = 0;
	int unit = v->kind == YAML_TEXT ? number_with_unit(v->text, units, array_n(units), 3650, &n) : -1;

	(void)param;
	if (unit < 0 && !(v->kind == YAML_TEXT && strcmp(v->text, "none") == 0))
		return not_a(r, v, "a deadline like 10d, 10wd (working days) or none");
	*(struct span *)ret = (struct span){(uint16_t)n, unit == 1};
	return true;
}
static bool looser_span(const void *old, const void *new)
{
	const struct span *before = old;
	const struct span *after = new;

	return before->days && (after->days == 0 || after->days > before->days || (after->working && !before->working));
}
const struct kind kind_span = {sizeof(struct span), read_span, looser_span};

static bool read_level(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	const struct level *l = v->kind == YAML_TEXT ? level_find(r->p, v->text) : NULL;

	(void)param;
	if (!l)
		return not_a(r, v, "a level of this policy");
	*(const struct level **)ret = l;
	return true;
}
static bool looser_level(const void *old, const void *new)
{
	return (*(const struct level *const *)new)->rank < (*(const struct level *const *)old)->rank;
}
static bool higher_level(const void *old, const void *new)
{
	const struct level *before = *(const struct level *const *)old;

	return !before || (*(const struct level *const *)new)->rank > before->rank;
}
const struct kind kind_level = {sizeof(const struct level *), read_level, looser_level};
const struct kind kind_level_down = {sizeof(const struct level *), read_level, higher_level};

static int by_day(const void *a, const void *b)
{
	return date_compare(*(const struct date *)a, *(const struct date *)b);
}

static bool read_dates(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	struct dates *dates = ret;
	struct date *at;

	if (!is_list(r, v))
		return false;
	at = reader_alloc(r, v->n ? v->n : 1, sizeof(*at));
	if (!at)
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next)
		if (!read_date(r, child, param, &at[dates->n++]))
			return false;
	qsort(at, dates->n, sizeof(*at), by_day);
	dates->at = at;
	return true;
}
const struct kind kind_dates = {sizeof(struct dates), read_dates, never};

static bool read_acts(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	uint64_t acts = 0;
	enum act act;

	(void)param;
	if (!is_list(r, v))
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next) {
		if (child->kind != YAML_TEXT || !act_find(child->text, &act))
			return not_a(r, child, "an act");
		acts |= UINT64_C(1) << act;
	}
	*(uint64_t *)ret = acts;
	return true;
}
const struct kind kind_acts = {sizeof(uint64_t), read_acts, NULL};

static bool read_term_kinds(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	bool *kinds = ret;

	(void)param;
	if (!is_list(r, v))
		return false;
	for (const struct yaml_node *child = v->child; child; child = child->next) {
		enum term_kind kind;

		if (child->kind != YAML_TEXT || !term_kind_find(child->text, &kind)) {
			complain(r, child, "a kind of term is none, period, date, event or long-term");
			return false;
		}
		kinds[kind] = true;
	}
	return true;
}
const struct kind kind_term_kinds = {sizeof(((struct policy *)0)->term_kinds), read_term_kinds, NULL};

/* Terms: reading and writing the rule, and what day it gives. */
#include "domain/term.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define EXEMPT "exempt "

static const char *const kind_names[TERM_KINDS] = {
    [TERM_NONE] = "none",   [TERM_PERIOD] = "period",  [TERM_DATE] = "date",
    [TERM_EVENT] = "event", [TERM_LONG] = "long-term",
};

const char *term_kind_name(enum term_kind kind)
{
	return kind_names[kind];
}

bool term_kind_find(const char *name, enum term_kind *ret)
{
	for (int i = 0; i < TERM_KINDS; i++)
		if (text_equal(kind_names[i], name)) {
			*ret = (enum term_kind)i;
			return true;
		}
	return false;
}

/* Takes n bytes of text as the event. Leading and trailing spaces would make two rules of one. */
static bool take_event(const char *text, size_t n, struct term *t)
{
	if (n == 0 || n > TERM_EVENT_MAX || text[0] == ' ' || text[n - 1] == ' ')
		return false;
	memcpy(t->event, text, n);
	t->event[n] = '\0';
	return text_is_line(t->event, TERM_EVENT_MAX);
}

/* A text without check date that looks as if it had one would read differently after being written. */
static bool looks_dated(const char *text)
{
	size_t n = strlen(text);
	struct date d;

	if (n < 11 || !date_parse(text + n - 10, &d))
		return false;
	return text[n - 11] == '@' || (n >= 17 && strncmp(text + n - 17, " check ", 7) == 0);
}

/* "TEXT<between>DATE" or "TEXT": the last `between` counts only when a date follows it. */
static bool parse_event(const char *text, const char *between, struct term *t)
{
	const char *cut = NULL;

	t->kind = TERM_EVENT;
	for (const char *at = strstr(text, between); at; at = strstr(at + 1, between))
		cut = at;
	if (cut && date_parse(cut + strlen(between), &t->date))
		return take_event(text, (size_t)(cut - text), t);
	return !looks_dated(text) && take_event(text, strlen(text), t);
}

/* After "long-term": nothing, or `between` and a date. */
static bool parse_long(const char *rest, const char *between, struct term *t)
{
	t->kind = TERM_LONG;
	return !*rest || (text_starts(rest, between) && date_parse(rest + strlen(between), &t->date));
}

static bool parse_from_issue(const char *text, struct term *t)
{
	static const char tail[] = " from issue";
	char period[32];
	size_t n = strlen(text);

	if (!text_ends(text, tail) || n - (sizeof(tail) - 1) >= sizeof(period))
		return false;
	memcpy(period, text, n - (sizeof(tail) - 1));
	period[n - (sizeof(tail) - 1)] = '\0';
	t->kind = TERM_PERIOD;
	return period[0] == 'P' && period_parse(period, &t->period);
}

static bool parse_rule(const char *text, struct term *t)
{
	if (strcmp(text, "-") == 0)
		return true;
	if (text_starts(text, "until ")) {
		t->kind = TERM_DATE;
		return date_parse(text + 6, &t->date);
	}
	if (text_starts(text, "event "))
		return parse_event(text + 6, " check ", t);
	if (text_starts(text, "long-term"))
		return parse_long(text + 9, " review ", t);
	return parse_from_issue(text, t);
}

static bool parse_cli(const char *text, struct term *t)
{
	if (text_starts(text, "event:"))
		return parse_event(text + 6, "@", t);
	if (text_starts(text, "long-term"))
		return parse_long(text + 9, "@", t);
	if (date_parse(text, &t->date)) {
		t->kind = TERM_DATE;
		return true;
	}
	t->kind = TERM_PERIOD;
	return period_parse(text, &t->period);
}

/* A code and what stands between it and the rest; *text is moved behind it. false: no such code stands there. */
static bool take_code(const char **text, char behind, struct term *t)
{
	size_t n = strspn(*text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	if (n == 0 || n > TERM_CODE_MAX || (*text)[n] != behind)
		return false;
	memcpy(t->code, *text, n);
	*text += n + 1;
	return true;
}

static bool fits_code(const struct term *t)
{
	return !t->code[0] || t->kind == TERM_DATE || t->kind == TERM_EVENT || t->kind == TERM_LONG;
}

bool term_parse_rule(const char *text, struct term *ret)
{
	struct term t = {0};

	if (text && text_starts(text, EXEMPT)) {
		text += strlen(EXEMPT);
		if (!take_code(&text, ' ', &t))
			return false;
	}
	if (!text || !parse_rule(text, &t) || !fits_code(&t))
		return false;
	*ret = t;
	return true;
}

bool term_parse_cli(const char *text, struct term *ret)
{
	struct term t = {0};

	if (text)
		(void)take_code(&text, ':', &t); /* most have none */
	if (!text || !parse_cli(text, &t) || !fits_code(&t))
		return false;
	*ret = t;
	return true;
}

static void format_rule(const struct term *t, char *ret, size_t room)
{
	char period[32];
	char date[11];

	period_format(t->period, period);
	date_format(t->date, date);
	switch (t->kind) {
	case TERM_PERIOD:
		(void)snprintf(ret, room, "%s from issue", period);
		break;
	case TERM_DATE:
		(void)snprintf(ret, room, "until %s", date);
		break;
	case TERM_EVENT:
		(void)snprintf(ret, room, "event %s%s%s", t->event, *date ? " check " : "", date);
		break;
	case TERM_LONG:
		(void)snprintf(ret, room, "long-term%s%s", *date ? " review " : "", date);
		break;
	case TERM_NONE:
	case TERM_KINDS:
		(void)snprintf(ret, room, "-");
		break;
	}
}

static void format_cli(const struct term *t, char *ret, size_t room)
{
	char date[11];

	date_format(t->date, date);
	switch (t->kind) {
	case TERM_PERIOD:
		period_format(t->period, ret);
		break;
	case TERM_DATE:
		(void)snprintf(ret, room, "%s", date);
		break;
	case TERM_EVENT:
		(void)snprintf(ret, room, "event:%s%s%s", t->event, *date ? "@" : "", date);
		break;
	case TERM_LONG:
		(void)snprintf(ret, room, "long-term%s%s", *date ? "@" : "", date);
		break;
	case TERM_NONE:
	case TERM_KINDS:
		ret[0] = '\0';
		break;
	}
}

void term_format_rule(const struct term *t, char ret[TERM_TEXT_MAX])
{
	int n = t->code[0] ? snprintf(ret, TERM_TEXT_MAX, EXEMPT "%s ", t->code) : 0;

	format_rule(t, ret + n, TERM_TEXT_MAX - (size_t)n);
}

void term_format_cli(const struct term *t, char ret[TERM_TEXT_MAX])
{
	int n = t->code[0] ? snprintf(ret, TERM_TEXT_MAX, "%s:", t->code) : 0;

	format_cli(t, ret + n, TERM_TEXT_MAX - (size_t)n);
}

bool term_equal(const struct term *a, const struct term *b)
{
	char left[TERM_TEXT_MAX];
	char right[TERM_TEXT_MAX];

	term_format_rule(a, left);
	term_format_rule(b, right);
	return strcmp(left, right) == 0;
}

bool term_is_complete(const struct term *t)
{
	switch (t->kind) {
	case TERM_PERIOD:
		return period_is_set(t->period);
	case TERM_DATE:
		return date_is_valid(t->date);
	case TERM_EVENT:
		return t->event[0] && date_is_valid(t->date);
	case TERM_LONG:
		return true;
	case TERM_NONE:
	case TERM_KINDS:
		break;
	}
	return false;
}

struct date term_end(const struct term *t, struct date start, enum date_leap leap)
{
	struct date end = {0};

	if (t->kind == TERM_DATE)
		return t->date;
	if (t->kind == TERM_PERIOD && date_is_set(start))
		end = date_add(start, t->period, leap);
	return end;
}

struct date term_check(const struct term *t, struct date start, enum date_leap leap)
{
	if (t->kind == TERM_EVENT || t->kind == TERM_LONG)
		return t->date;
	return term_end(t, start, leap);
}

/* Days that order terms: a day, or the two infinities. */
static int32_t length_of(const struct term *t, struct date start, enum date_leap leap)
{
	struct date end = t->kind == TERM_EVENT ? t->date : term_end(t, start, leap);

	if (t->kind == TERM_LONG)
		return INT32_MAX;
	return date_is_set(end) ? date_to_days(end) : INT32_MAX - 1;
}

int term_compare(const struct term *a, const struct term *b, struct date start, enum date_leap leap)
{
	int32_t left;
	int32_t right;

	if (a->kind == TERM_PERIOD && b->kind == TERM_PERIOD && !date_is_set(start))
		return period_compare(a->period, b->period);
	left = length_of(a, start, leap);
	right = length_of(b, start, leap);
	return left < right ? -1 : left > right;
}

bool term_is_over(struct date end, struct date today, enum term_edge edge)
{
	int order = date_compare(today, end);

	return date_is_set(end) && (edge == TERM_OVER_ON_DAY ? order >= 0 : order > 0);
}

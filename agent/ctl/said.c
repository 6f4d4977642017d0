#include "ctl/said.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS_MAX 16

static struct {
	char *code[LEVELS_MAX], *name[LEVELS_MAX];
	size_t n;
	bool asked;
} levels;

static bool shows_official(void)
{
	/* Translated as "official names" where people know levels by the pack's official names. */
	return text_equal(_("english names"), "official names");
}

void said_learn(struct client *client)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Policy.Get", .quiet = QUIET_ALL};
	struct json_view list;

	if (levels.asked || !shows_official())
		return;
	levels.asked = true;
	if (client_call(client, &call, &reply))
		return;
	list = json_get(reply.at, "levels");
	for (size_t i = 0; i < json_n(list) && levels.n < LEVELS_MAX; i++) {
		levels.code[levels.n] = text_copy(json_get_text(json_at(list, i), "code"));
		levels.name[levels.n] = say_safe(json_get_text(json_at(list, i), "name"));
		levels.n++;
	}
}

const char *said_level(const char *code)
{
	for (size_t i = 0; code && i < levels.n; i++)
		if (text_equal(levels.code[i], code) && !text_is_empty(levels.name[i]))
			return levels.name[i];
	return code;
}

/* ---- terms ---- */

static const char *unit_of(char unit, unsigned long n)
{
	switch (unit) {
	case 'Y':
	case 'y':
		return ngettext("year", "years", n);
	case 'M':
	case 'm':
		return ngettext("month", "months", n);
	case 'D':
	case 'd':
		return ngettext("day", "days", n);
	default:
		return NULL;
	}
}

/* "P1Y6M" (ISO 8601), or as a command takes it, "1y6m"; false: it is none. */
static bool say_period(const char *text, struct buffer *to)
{
	const char *at = text + (*text == 'P');

	if (!*at)
		return false;
	while (*at) {
		char *end;
		unsigned long n = strtoul(at, &end, 10);
		const char *unit = end != at ? unit_of(*end, n) : NULL;

		if (!unit)
			return false;
		if (to->n)
			buffer_add_text(to, " ");
		buffer_add_format(to, _("%lu %s"), n, unit); /* a period, as in "5 years" */
		at = end + 1;
	}
	return true;
}

char *said_term(const char *term)
{
	OWN_BUFFER struct buffer words = {0};

	if (!text_is_empty(term) && say_period(term, &words))
		return buffer_steal_text(&words);
	return words_say(term);
}

char *said_basis(const char *basis)
{
	static const char item[] = "item ";

	if (basis && strncmp(basis, item, strlen(item)) == 0)
		return text_format(_("item %s"), basis + strlen(item));
	return words_say(basis);
}

/* ---- cells ---- */

void cell_words(struct table *t, const char *text)
{
	OWN_MEM char *words = words_say(text);

	table_cell(t, words);
}

void cell_level(struct table *t, const char *code)
{
	table_cell(t, said_level(code));
}

void cell_term(struct table *t, const char *term)
{
	OWN_MEM char *words = said_term(term);

	table_cell(t, words);
}

void say_words(const char *label, const char *text)
{
	OWN_MEM char *words = words_say(text);

	say_field(label, words);
}

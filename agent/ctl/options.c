/* The option parser. It knows nothing of commands. */
#include "ctl/options.h"

#include "base/date.h"
#include "base/text.h"

#include <assert.h>
#include <string.h>

enum { WORD_MAX = 64, NEAR = 2 };

size_t options_distance(const char *a, const char *b, size_t most)
{
	size_t row[WORD_MAX + 1];
	size_t n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return most + 1;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n] <= most ? row[n] : most + 1;
}

static const struct option_row *find_long(struct options *o, const char *name, size_t n)
{
	const struct option_row *nearest = NULL;
	size_t best = NEAR + 1;
	char word[WORD_MAX + 1];

	if (n > WORD_MAX)
		return NULL;
	memcpy(word, name, n);
	word[n] = 0;
	for (size_t t = 0; t < array_n(o->tables); t++)
		for (const struct option_row *r = o->tables[t]; r && r->name; r++) {
			size_t distance = options_distance(word, r->name, NEAR);

			if (distance == 0)
				return r;
			if (distance < best) {
				best = distance;
				nearest = r;
			}
		}
	o->hint = nearest ? nearest->name : NULL;
	return NULL;
}

static const struct option_row *find_letter(const struct options *o, char letter)
{
	for (size_t t = 0; t < array_n(o->tables); t++)
		for (const struct option_row *r = o->tables[t]; r && r->name; r++)
			if (r->letter == letter)
				return r;
	return NULL;
}

static bool is_given(const struct options *o, const struct option_row *row)
{
	for (size_t i = 0; i < o->n_given; i++)
		if (o->given[i].row == row)
			return true;
	return false;
}

static int take(struct options *o, const struct option_row *row, const char *value)
{
	uint64_t number;
	struct date date;

	if (row->kind != OPTION_LIST && row->kind != OPTION_FLAG && is_given(o, row))
		return OPTIONS_TWICE;
	if (row->kind == OPTION_NUMBER && !text_to_u64(value, INT64_MAX, &number))
		return OPTIONS_BAD_NUMBER;
	if (row->kind == OPTION_DATE && !date_parse(value, &date))
		return OPTIONS_BAD_DATE;
	if (o->n_given == OPTIONS_MAX)
		return OPTIONS_TOO_MANY;
	o->given[o->n_given++] = (struct option_given){row, value};
	return 0;
}

/* One argument that begins with a dash; *i moves on when the value is the next argument. */
static int parse_option(struct options *o, int n, char *const *argv, int *i)
{
	const char *at = argv[*i];
	bool is_long = at[1] == '-';
	const char *equals = is_long ? strchr(at, '=') : NULL;
	const struct option_row *row;
	const char *value = NULL;

	if (is_long)
		row = find_long(o, at + 2, equals ? (size_t)(equals - at - 2) : strlen(at + 2));
	else
		row = at[2] ? NULL : find_letter(o, at[1]);
	if (!row)
		return OPTIONS_UNKNOWN;
	if (equals)
		value = equals + 1;
	if (row->kind == OPTION_FLAG)
		return value ? OPTIONS_WITH_VALUE : take(o, row, NULL);
	if (!value && *i + 1 < n)
		value = argv[++*i];
	return value ? take(o, row, value) : OPTIONS_NO_VALUE;
}

int options_parse(struct options *o, int n, char *const *argv)
{
	bool ended = false;

	for (int i = 1; i < n; i++) {
		int outcome = 0;

		o->bad = argv[i];
		if (!ended && text_equal(argv[i], "--"))
			ended = true;
		else if (!ended && argv[i][0] == '-' && argv[i][1])
			outcome = parse_option(o, n, argv, &i);
		else if (o->n_words == OPTIONS_MAX)
			outcome = OPTIONS_TOO_MANY;
		else
			o->words[o->n_words++] = argv[i];
		if (outcome)
			return outcome;
	}
	o->bad = NULL;
	return 0;
}

static const struct option_given *given(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->n_given; i++)
		if (text_equal(o->given[i].row->name, name))
			return &o->given[i];
	return NULL;
}

bool options_flag(const struct options *o, const char *name)
{
	return given(o, name) != NULL;
}

const char *options_text(const struct options *o, const char *name)
{
	const struct option_given *g = given(o, name);

	return g ? g->value : NULL;
}

uint64_t options_number(const struct options *o, const char *name, uint64_t otherwise)
{
	const char *text = options_text(o, name);
	uint64_t number = otherwise;

	bool is_number = !text || text_to_u64(text, INT64_MAX, &number);

	assert(is_number); /* it was checked when it was parsed */
	return is_number ? number : otherwise;
}

char *options_part(const struct options *o, const char *name, size_t i)
{
	for (size_t g = 0; g < o->n_given; g++) {
		if (!text_equal(o->given[g].row->name, name))
			continue;
		for (const char *at = o->given[g].value; *at;) {
			size_t n = strcspn(at, ",");

			if (n && i-- == 0)
				return text_format("%.*s", (int)n, at);
			at += n;
			at += *at == ',';
		}
	}
	return NULL;
}

/* The reasons for which proposals are sent back. A site adds its own, behind those of the pack; none is taken away. */
#include "library/policy_read.h"

#include "base/text.h"

#include <string.h>

#define REASONS_MAX 40
#define CODE_MAX    32

static bool is_code(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= CODE_MAX && !text[n] && text[0] >= 'a';
}

static bool is_said_before(const struct return_reason *at, size_t n, const char *code)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(at[i].code, code))
			return true;
	return false;
}

static bool never_looser(const void *old, const void *new)
{
	(void)old;
	(void)new;
	return false; /* words only */
}

static bool read_text(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	return kind_names.read(r, v, param, ret);
}
static const struct kind kind_names_free = {sizeof(struct names), read_text, never_looser};

static void read_reason(struct reader *r, const struct yaml_node *at, struct return_reason *rows, size_t n)
{
	static const struct field fields[] = {
	    FIELD(struct return_reason, code, "code", kind_text_free, NULL, true),
	    FIELD(struct return_reason, text, "text", kind_names_free, NULL, true),
	};
	const struct yaml_node *code = yaml_get(at, "code");

	read_fields(r, at, fields, array_n(fields), &rows[n]);
	if (!rows[n].code || !rows[n].text.official) {
		if (r->overlay)
			complain(r, at, "a reason has code and text");
		return;
	}
	if (!is_code(rows[n].code))
		complain(r, code, "a code is of a-z, 0-9 and -, begins with a letter and has at most %d of them", CODE_MAX);
	else if (is_said_before(rows, n, rows[n].code))
		complain(r, code, "the code %s stands here twice", rows[n].code);
	if (!text_is_line(rows[n].text.official, 200) || !text_is_line(rows[n].text.english, 200))
		complain(r, yaml_get(at, "text"), "a reason is one line of at most 200 bytes");
}

void read_returns(struct reader *r, const struct yaml_node *v)
{
	struct return_reasons had = r->overlay ? r->p->returns : (struct return_reasons){0};
	struct return_reason *rows;
	size_t n = had.n;

	if (!is_list(r, v))
		return;
	if (v->n == 0 || v->n + had.n > REASONS_MAX) {
		complain(r, v, "a list of 1 to %d reasons stands here", REASONS_MAX);
		return;
	}
	rows = reader_alloc(r, v->n + had.n, sizeof(*rows));
	if (!rows)
		return;
	for (size_t i = 0; i < had.n; i++)
		rows[i] = had.at[i];
	for (const struct yaml_node *at = v->child; at; at = at->next)
		read_reason(r, at, rows, n++);
	r->p->returns = (struct return_reasons){rows, n};
}

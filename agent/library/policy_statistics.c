/* The form of the pack's annual return. */
#include <string.h>

#include "library/policy_read.h"

#define ROWS_MAX 60

static const struct field row_fields[] = {
    FIELD(struct annual_row, label, "label", kind_names, NULL, true),
    FIELD(struct annual_row, of, "of", kind_choice, annual_of_names, true),
    FIELD(struct annual_row, by, "by", kind_choice, annual_by_names, false),
    FIELD(struct annual_row, original, "original", kind_bool, NULL, false),
};

static bool fits(const struct annual_row *row)
{
	if (row->of == ANNUAL_FINDINGS)
		return row->by == ANNUAL_TOTAL || row->by == ANNUAL_CODE;
	if (row->of == ANNUAL_CHALLENGES)
		return row->by == ANNUAL_TOTAL;
	if (row->of == ANNUAL_INCIDENTS)
		return row->by == ANNUAL_TOTAL || row->by == ANNUAL_KIND;
	if (row->of >= ANNUAL_ACTS)
		return row->by == ANNUAL_TOTAL || row->by == ANNUAL_LEVEL;
	return row->by != ANNUAL_CODE;
}

static void read_rows(struct reader *r, const struct yaml_node *v)
{
	struct annual_row *rows;

	if (!v || !is_list(r, v))
		return;
	if (v->n == 0 || v->n > ROWS_MAX) {
		complain(r, v, "an annual return has 1 to %d rows", ROWS_MAX);
		return;
	}
	rows = reader_alloc(r, v->n, sizeof(*rows));
	r->p->annual.rows = rows;
	for (const struct yaml_node *at = v->child; at && rows; at = at->next) {
		struct annual_row *row = &rows[r->p->annual.n++];

		read_fields(r, at, row_fields, array_n(row_fields), row);
		if (!fits(row))
			complain(r, at, "%s is not counted by %s", annual_of_names[row->of], annual_by_names[row->by]);
		if (row->original && row->of != ANNUAL_OFFICERS)
			complain(r, at, "original is said of officers alone");
	}
}

void read_statistics(struct reader *r, const struct yaml_node *v)
{
	static const struct field title[] = {FIELD(struct annual, title, "title", kind_names, NULL, true)};

	if (!is_map(r, v))
		return;
	if (r->overlay) {
		complain(r, v, "the form of the annual return is the pack's");
		return;
	}
	for (const struct yaml_node *at = v->child; at; at = at->next)
		if (strcmp(at->key->text, "title") == 0)
			read_field(r, at, title, &r->p->annual);
		else if (strcmp(at->key->text, "rows") != 0)
			complain(r, at->key, "there is no %.60s here: title and rows", at->key->text);
	read_rows(r, yaml_get(v, "rows"));
	if (!r->p->annual.title.official || !r->p->annual.n)
		complain(r, v, "an annual return has a title and rows");
}

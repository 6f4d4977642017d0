/* Reading maps by tables of fields, where in the pack that is, and what is wrong with it. */
#include "library/policy_read.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TEXT_MAX       1000
#define COMPLAINTS_MAX 200

void complain(struct reader *r, const struct yaml_node *at, const char *format, ...)
{
	struct complaint *more;
	va_list args;
	char *text = NULL;
	int n;

	if (r->n_complaints == COMPLAINTS_MAX)
		return;
	more = reallocarray(r->complaints, r->n_complaints + 1, sizeof(*more));
	if (!more) {
		r->failed = true;
		return;
	}
	r->complaints = more;
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	r->complaints[r->n_complaints++] =
	    (struct complaint){r->file, at ? at->line : 1, at ? at->column : 1, n < 0 ? NULL : text};
}

static int by_place(const void *left, const void *right)
{
	const struct complaint *a = left;
	const struct complaint *b = right;
	int order = strcmp(a->file, b->file);

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

void complaints_write(struct reader *r, struct buffer *report)
{
	if (r->n_complaints)
		qsort(r->complaints, r->n_complaints, sizeof(*r->complaints), by_place);
	for (size_t i = 0; i < r->n_complaints; i++) {
		const struct complaint *c = &r->complaints[i];
		OWN_MEM char *safe = text_escape(bytes_of_text(c->text)); /* it quotes the file */

		buffer_add_format(report, "%s:%u:%u: %s\n", c->file, c->line, c->column, safe ? safe : "wrong");
	}
}

void complaints_done(struct reader *r)
{
	for (size_t i = 0; i < r->n_complaints; i++)
		free(r->complaints[i].text);
	free(r->complaints);
	r->complaints = NULL;
	r->n_complaints = 0;
}

void *reader_alloc(struct reader *r, size_t n, size_t size)
{
	void *at = policy_alloc(r->owner, n, size);

	r->failed |= !at;
	return at;
}

size_t path_enter(struct reader *r, const char *key)
{
	size_t before = r->path.n;
	int n = snprintf(r->path.text + before, sizeof(r->path.text) - before, "%s%.60s", before ? "." : "", key);

	r->path.n = before + (size_t)n < sizeof(r->path.text) ? before + (size_t)n : before;
	r->path.text[r->path.n] = '\0';
	return before;
}

void path_leave(struct reader *r, size_t before)
{
	r->path.n = before;
	r->path.text[before] = '\0';
}

/* What the pack itself sets is remembered with its place, so that the table of sources can be held against it. */
static void note_row(struct reader *r, const struct yaml_node *v)
{
	const struct yaml_node *at = v->key ? v->key : v;
	struct row *more = r->rows;
	const char *path;

	if (r->overlay || r->earlier || r->path.n == 0 || text_starts(r->path.text, "catalogue."))
		return;
	if (r->n_rows == r->rows_room) {
		size_t room = r->rows_room ? 2 * r->rows_room : 128;

		more = reallocarray(r->rows, room, sizeof(*more));
		r->failed |= !more;
		if (!more)
			return;
		r->rows = more;
		r->rows_room = room;
	}
	path = policy_text(r->owner, r->path.text);
	r->failed |= !path;
	if (path)
		r->rows[r->n_rows++] =
		    (struct row){.path = path, .file = r->file, .line = at->line, .column = at->column};
}

bool is_map(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_MAP)
		complain(r, v, "keys and values are expected here");
	return v->kind == YAML_MAP;
}

bool is_list(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_LIST)
		complain(r, v, "a list is expected here");
	return v->kind == YAML_LIST;
}

const char *line_of(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_TEXT || !*v->text || !text_is_line(v->text, TEXT_MAX)) {
		complain(r, v, "one line of text is expected here");
		return NULL;
	}
	return v->text;
}

static const struct field *field_named(const struct field *fields, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

/* A site that names who allowed it may loosen what that authority covers; it is told and journalled. */
static bool is_allowed(struct reader *r, const struct yaml_node *v)
{
	OWN_MEM char *text = NULL;

	if (!r->authority || r->n_loosened == LOOSENED_MAX)
		return false;
	text = text_format("%s:%u:%u: %s, by %s", r->file, v->line, v->column, r->path.text, r->authority);
	r->loosened[r->n_loosened] = text ? policy_text(r->owner, text) : NULL;
	r->failed |= !r->loosened[r->n_loosened];
	r->n_loosened++;
	return r->authority_used = true;
}

static void read_value(struct reader *r, const struct yaml_node *v, const struct field *f, void *base)
{
	max_align_t fresh[32] = {0};
	char *at = (char *)base + f->offset;

	assert(f->kind->size <= sizeof(fresh));
	if (r->overlay && !f->kind->looser) {
		complain(r, v->key ? v->key : v, "a site may not change %s", f->key);
		return;
	}
	if (!f->kind->read(r, v, f->param, fresh))
		return;
	if (r->overlay && f->kind->looser(at, fresh) && !is_allowed(r, v))
		complain(r, v, "a site may only tighten %s, or name the authority for it", f->key);
	else
		memcpy(at, fresh, f->kind->size);
}

void read_field(struct reader *r, const struct yaml_node *v, const struct field *f, void *base)
{
	size_t before = v->key ? path_enter(r, v->key->text) : r->path.n;

	note_row(r, v);
	read_value(r, v, f, base);
	path_leave(r, before);
}

/* In a site's part a map may say by whose authority it loosens; then it has to loosen something. */
bool authority_enter(struct reader *r, const struct yaml_node *map, struct authority_of *ret_outer)
{
	const struct yaml_node *v = r->overlay ? yaml_get(map, "authority") : NULL;

	*ret_outer = (struct authority_of){r->authority, r->authority_used, v};
	if (!v)
		return false;
	r->authority = line_of(r, v);
	r->authority_used = false;
	return true;
}

void authority_leave(struct reader *r, const struct authority_of *outer)
{
	if (!outer->at)
		return;
	if (r->authority && !r->authority_used)
		complain(r, outer->at, "an authority is named, but nothing beside it is looser");
	r->authority = outer->authority;
	r->authority_used = outer->used;
}

void read_fields(struct reader *r, const struct yaml_node *map, const struct field *fields, size_t n, void *base)
{
	struct authority_of outer;

	if (!is_map(r, map))
		return;
	(void)authority_enter(r, map, &outer);
	for (const struct yaml_node *v = map->child; v; v = v->next) {
		const struct field *f = field_named(fields, n, v->key->text);

		if (f)
			read_field(r, v, f, base);
		else if (v != outer.at)
			complain(r, v->key, "unknown key %.80s", v->key->text);
	}
	for (size_t i = 0; i < n && !r->overlay && !r->earlier; i++)
		if (fields[i].required && !yaml_get(map, fields[i].key))
			complain(r, map, "the key %s is missing", fields[i].key);
	authority_leave(r, &outer);
}

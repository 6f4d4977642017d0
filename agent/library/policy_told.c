/* What a pack says, value by value, as text: complete whatever parts there are, because it is taken from the tree. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

/* What a list's entry is named by, in paths. */
static const struct yaml_node *name_of(const struct yaml_node *v)
{
	static const char *const keys[] = {"code", "id", "until"};

	for (size_t i = 0; v->kind == YAML_MAP && i < array_n(keys); i++) {
		const struct yaml_node *name = yaml_get(v, keys[i]);

		if (name && name->kind == YAML_TEXT)
			return name;
	}
	return NULL;
}

static struct told_row *room_for(struct reader *r, struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->n_told; i++)
		if (strcmp(p->told[i].path, path) == 0)
			return &p->told[i];
	if (p->n_told == p->room_told) {
		size_t room = p->room_told ? 2 * p->room_told : 64;
		struct told_row *more = reader_alloc(r, room, sizeof(*more));

		if (!more)
			return NULL;
		if (p->n_told)
			memcpy(more, p->told, p->n_told * sizeof(*more));
		p->told = more;
		p->room_told = room;
	}
	return &p->told[p->n_told++];
}

/* Path and value share a piece of memory: there are hundreds. */
static void set_row(struct reader *r, struct policy *p, const struct told_row *is)
{
	struct told_row *row = room_for(r, p, is->path);
	size_t n = strlen(is->path) + 1, m = strlen(is->value) + 1;
	char *both = row ? reader_alloc(r, n + m, 1) : NULL;

	if (!both) {
		p->n_told -= row && !row->path; /* a new one is the last */
		return;
	}
	memcpy(both, is->path, n);
	memcpy(both + n, is->value, m);
	*row = (struct told_row){both, both + n, is->is_list};
}

/* A map without a name, as one line. */
static void add_flat(struct buffer *b, const struct yaml_node *v)
{
	if (v->kind == YAML_TEXT)
		buffer_add_text(b, v->text);
	for (const struct yaml_node *e = v->kind == YAML_TEXT ? NULL : v->child; e; e = e->next) {
		buffer_add_format(b, "%s%s%s", e == v->child ? "" : ", ", e->key ? e->key->text : "",
				  e->key ? ": " : "");
		add_flat(b, e);
	}
}

static void tell_lines(struct reader *r, struct policy *p, const char *path, const struct yaml_node *list)
{
	OWN_BUFFER struct buffer lines = {0};

	for (const struct yaml_node *e = list->child; e; e = e->next) {
		buffer_add_text(&lines, e == list->child ? "" : "\n");
		add_flat(&lines, e);
	}
	OWN_MEM char *text = buffer_steal_text(&lines);
	r->failed |= !text;
	set_row(r, p, &(struct told_row){path, text ? text : "", true});
}

static void tell_entry(struct reader *r, struct policy *p, const char *path, const struct yaml_node *v);

static void tell_within(struct reader *r, struct policy *p, const char *path, const struct yaml_node *v, bool is_entry)
{
	char inner[PATH_MAX_BYTES];

	for (const struct yaml_node *e = v->child; e; e = e->next) {
		const struct yaml_node *name = v->kind == YAML_LIST ? name_of(e) : e->key;

		/* an entry's name stands in its path; an authority is told as what it loosens */
		if (!name || (is_entry && e == name_of(v)) || strcmp(name->text, "authority") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%.*s.%.60s", PATH_MAX_BYTES - 64, path, name->text);
		if (v->kind == YAML_LIST)
			tell_entry(r, p, inner, e);
		else
			tell(r, p, inner, e);
	}
}

static void tell_entry(struct reader *r, struct policy *p, const char *path, const struct yaml_node *v)
{
	tell_within(r, p, path, v, true);
}

void tell(struct reader *r, struct policy *p, const char *path, const struct yaml_node *v)
{
	if (v->kind == YAML_TEXT)
		set_row(r, p, &(struct told_row){path, v->text, false});
	else if (v->kind == YAML_LIST && !(v->child && name_of(v->child)))
		tell_lines(r, p, path, v);
	else
		tell_within(r, p, path, v, false);
}

void tell_again(struct reader *r, struct policy *set, const struct policy *of)
{
	set->told = reader_alloc(r, of->n_told ? of->n_told : 1, sizeof(*set->told));
	set->n_told = set->room_told = set->told ? of->n_told : 0;
	if (set->told && of->n_told)
		memcpy(set->told, of->told, of->n_told * sizeof(*set->told));
}

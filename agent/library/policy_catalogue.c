/* The catalogue of a pack: chapters of items, each checked against levels and caps where it stands. */
#include <string.h>

#include "base/text.h"
#include "domain/task.h"
#include "library/policy_read.h"

#define ITEMS_MAX 20000

static bool read_scope(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	return kind_texts.read(r, v, param, ret);
}

/* Whoever may know it by the site's list may know it by the pack's. */
static bool is_wider(const void *old, const void *new)
{
	const struct texts *before = old, *after = new;
	size_t at = 0;

	return before->n && task_scope_outside(*after, *before, &at);
}
static const struct kind kind_scope = {sizeof(struct texts), read_scope, is_wider};

static const struct field item_fields[] = {
    FIELD(struct item, id, "id", kind_text_free, NULL, true),
    FIELD(struct item, title, "title", kind_names, NULL, true),
    FIELD(struct item, level, "level", kind_level, NULL, true),
    FIELD(struct item, term, "term", kind_term, NULL, false),
    FIELD(struct item, max_term, "max_term", kind_term, NULL, false),
    FIELD(struct item, long_term, "long_term", kind_bool, NULL, false),
    FIELD(struct item, exemption, "exemption", kind_text, NULL, false),
    FIELD(struct item, permanent, "permanent", kind_bool, NULL, false),
    FIELD(struct item, reason, "reason", kind_text, NULL, false),
    FIELD(struct item, scope, "scope", kind_scope, NULL, false),
    FIELD(struct item, producer, "producer", kind_text, NULL, false),
    FIELD(struct item, prohibited, "prohibited", kind_bool_up, NULL, false),
    FIELD(struct item, signals, "signals", kind_texts_free, NULL, false),
};

/* The node to point at: the key's value, else the whole item. */
static const struct yaml_node *place(const struct yaml_node *at, const char *key)
{
	const struct yaml_node *v = yaml_get(at, key);

	return v ? v : at;
}

static bool id_is_valid(const char *id)
{
	size_t n = strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-");

	return n > 0 && n <= CATALOGUE_ID_MAX && id[n] == '\0';
}

static void check_id(struct reader *r, const struct yaml_node *at, const struct item *item)
{
	if (item->id && !id_is_valid(item->id))
		complain(r, place(at, "id"), "an item's id is 1 to %d letters, digits, dots and hyphens",
			 CATALOGUE_ID_MAX);
}

static void check_term(struct reader *r, const struct yaml_node *at, const struct item *item)
{
	struct date anywhere = {2000, 3, 1};
	struct term cap = policy_cap(r->p, item->level, item);
	char text[TERM_TEXT_MAX];

	term_format_cli(&cap, text);
	if (item->long_term && !r->p->term_kinds[TERM_LONG])
		complain(r, place(at, "long_term"), "this policy has no long-term");
	if (!policy_allows_term(r->p, item->level, item->term.kind))
		complain(r, place(at, "term"), "this policy has no term of the kind %s at this level",
			 term_kind_name(item->term.kind));
	else if (item->term.kind == TERM_LONG && !item->long_term)
		complain(r, place(at, "term"), "long-term, but long_term is not true");
	else if (item->term.kind == TERM_PERIOD && cap.kind != TERM_NONE &&
		 term_compare(&item->term, &cap, anywhere, r->p->leap) > 0)
		complain(r, place(at, "term"), "the term is longer than the longest allowed here, %s", text);
	if (item->max_term.kind != TERM_NONE && period_is_set(item->level->max_term) &&
	    item->max_term.kind == TERM_PERIOD && period_compare(item->max_term.period, item->level->max_term) > 0)
		complain(r, place(at, "max_term"), "max_term is longer than its level allows");
}

static void check_item(struct reader *r, const struct yaml_node *at, const struct item *item)
{
	check_id(r, at, item);
	if (item->exemption && r->p->n_exemptions && !policy_exemption(r->p, item->exemption))
		complain(r, place(at, "exemption"), "this policy has no exemption %.20s", item->exemption);
	if (!item->level)
		return;
	if (!level_is_classified(item->level)) {
		if (item->term.kind != TERM_NONE)
			complain(r, place(at, "term"), "an unclassified item has no term");
		return;
	}
	if (item->prohibited)
		complain(r, place(at, "level"), "a prohibited subject is unclassified");
	if (!yaml_get(at, "term") && !r->overlay && !policy_allows_term(r->p, item->level, TERM_NONE))
		complain(r, at, "the key term is missing");
	else if (item->term.kind != TERM_NONE)
		check_term(r, at, item);
	if (item->scope.n == 0)
		complain(r, place(at, "scope"), "who may know it? scope is missing");
}

static struct item *item_named(struct reader *r, const struct yaml_node *at)
{
	const struct yaml_node *id = yaml_get(at, "id");
	const struct item *item = id && id->kind == YAML_TEXT ? catalogue_find(&r->p->catalogue, id->text) : NULL;

	return item ? &r->items[item - r->p->catalogue.items] : NULL;
}

static void tighten_item(struct reader *r, const struct yaml_node *at)
{
	struct item *item = item_named(r, at);

	if (!item) {
		complain(r, at, "a site tightens items that the policy has, each by its id");
		return;
	}
	read_fields(r, at, item_fields, array_n(item_fields), item);
	check_item(r, at, item);
}

/* An item and where it stands, for the search by id. */
struct entry {
	const struct item *item;
	const struct yaml_node *at;
};

static int by_id(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	int order = strcmp(a->item->id, b->item->id);

	return order ? order : (a->item > b->item) - (a->item < b->item);
}

/* Sorts the items by id; an id that stands twice is told where it stands again. */
static void sort_items(struct reader *r, struct entry *entries, size_t n)
{
	const struct item **sorted = reader_alloc(r, n ? n : 1, sizeof(*sorted));

	qsort(entries, n, sizeof(*entries), by_id);
	for (size_t i = 0; sorted && i < n; i++) {
		sorted[i] = entries[i].item;
		if (i && strcmp(entries[i - 1].item->id, entries[i].item->id) == 0)
			complain(r, place(entries[i].at, "id"), "two items have the id %s", entries[i].item->id);
	}
	r->p->catalogue.by_id = n == r->p->catalogue.n ? sorted : NULL;
}

struct chapter {
	struct names title;
	const struct yaml_node *items;
};

static bool read_items_later(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	(void)param;
	*(const struct yaml_node **)ret = v;
	return is_list(r, v);
}
static const struct kind kind_items = {sizeof(const struct yaml_node *), read_items_later, NULL};

/* Adds the items of one chapter; room for them was made by count_items. Gives those with an id. */
static size_t add_chapter(struct reader *r, const struct yaml_node *v, struct entry *entries)
{
	static const struct field fields[] = {
	    FIELD(struct chapter, title, "title", kind_names, NULL, true),
	    FIELD(struct chapter, items, "items", kind_items, NULL, true),
	};
	struct chapter chapter = {0};
	size_t n = 0;

	read_fields(r, v, fields, array_n(fields), &chapter);
	for (const struct yaml_node *at = chapter.items ? chapter.items->child : NULL; at; at = at->next) {
		struct item *item = &r->items[r->p->catalogue.n++];

		item->group = chapter.title;
		read_fields(r, at, item_fields, array_n(item_fields), item);
		check_item(r, at, item);
		if (item->id)
			entries[n++] = (struct entry){item, at};
	}
	return n;
}

static size_t count_items(const struct yaml_node *chapters)
{
	size_t n = 0;

	for (const struct yaml_node *v = chapters->child; v; v = v->next) {
		const struct yaml_node *items = yaml_get(v, "items");

		n += items && items->kind == YAML_LIST ? items->n : 0;
	}
	return n;
}

static bool read_chapters(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	size_t n = v->kind == YAML_LIST ? count_items(v) : 0;
	OWN_MEM struct entry *entries = calloc(n ? n : 1, sizeof(*entries));

	(void)param;
	(void)ret;
	if (!is_list(r, v))
		return false;
	if (n == 0 || n > ITEMS_MAX) {
		complain(r, v, "a catalogue has 1 to %d items", ITEMS_MAX);
		return false;
	}
	r->items = reader_alloc(r, n, sizeof(*r->items));
	r->failed |= !entries;
	if (!r->items || !entries)
		return false;
	r->p->catalogue.items = r->items;
	n = 0;
	for (const struct yaml_node *chapter = v->child; chapter; chapter = chapter->next)
		n += add_chapter(r, chapter, entries + n);
	sort_items(r, entries, n);
	return true;
}
static const struct kind kind_chapters = {0, read_chapters, NULL};

static bool always_tighter(const void *old, const void *new)
{
	(void)old;
	(void)new;
	return false; /* each field of each item has its own rule */
}

static bool read_tighter_items(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	(void)param;
	(void)ret;
	if (!r->overlay)
		complain(r, v, "items stand in chapters");
	else if (is_list(r, v))
		for (const struct yaml_node *at = v->child; at; at = at->next)
			tighten_item(r, at);
	return false;
}
static const struct kind kind_tighter_items = {0, read_tighter_items, always_tighter};

void fit_items(struct reader *r)
{
	struct date anywhere = {2000, 3, 1};

	for (size_t i = 0; r->items && i < r->p->catalogue.n; i++) {
		struct item *item = &r->items[i];
		struct term cap = item->level ? policy_cap(r->p, item->level, item) : (struct term){0};

		if (item->term.kind == TERM_PERIOD && cap.kind != TERM_NONE &&
		    term_compare(&item->term, &cap, anywhere, r->p->leap) > 0)
			item->term = cap;
	}
}

void read_catalogue(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct catalogue, version, "version", kind_text, NULL, true),
	    FIELD(struct catalogue, title, "title", kind_text, NULL, false),
	    FIELD(struct catalogue, is_guide, "is_guide", kind_bool, NULL, false),
	    FIELD(struct catalogue, reviewed, "reviewed", kind_date_free, NULL, false),
	    FIELD(struct catalogue, review_interval, "review_every", kind_period_down, NULL, false),
	    FIELD(struct catalogue, items, "chapters", kind_chapters, NULL, true),
	    FIELD(struct catalogue, items, "items", kind_tighter_items, NULL, false),
	};

	bool was_earlier = r->earlier;

	if (was_earlier) { /* another one, whole, and not the differences from what came after it */
		r->p->catalogue = (struct catalogue){0};
		r->items = NULL;
		r->earlier = false;
	}
	read_fields(r, v, fields, array_n(fields), &r->p->catalogue);
	r->earlier = was_earlier;
}

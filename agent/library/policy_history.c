/* What held before, and where the rules come from. */
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

#define EARLIER_MAX 16

/* ---- sources: a table of paths and articles ---- */

static bool is_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	return strncmp(path, above, n) == 0 && (path[n] == '\0' || path[n] == '.');
}

static void check_path(struct reader *r, const struct yaml_node *key)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (is_below(r->rows[i].path, key->text))
			return;
	if (!section_find(key->text))
		complain(r, key, "the pack has no rule %.80s", key->text);
}

void read_sources(struct reader *r, const struct yaml_node *v)
{
	struct source_row *rows;
	size_t n = 0;

	if (!is_map(r, v))
		return;
	if (r->overlay || r->earlier) {
		complain(r, v, "sources stand in the pack itself");
		return;
	}
	rows = reader_alloc(r, v->n ? v->n : 1, sizeof(*rows));
	for (const struct yaml_node *e = v->child; rows && e; e = e->next) {
		const char *article = line_of(r, e);

		check_path(r, e->key);
		rows[n].path = policy_text(r->owner, e->key->text);
		rows[n].article = policy_text(r->owner, article ? article : "-");
		r->failed |= !rows[n].path || !rows[n].article;
		n++;
	}
	r->p->sources = rows;
	r->p->n_sources = rows && !r->failed ? n : 0;
	r->sources_file = r->file;
}

/* Parts whose rows are names and versions, not rules. */
static bool needs_source(const char *path)
{
	return !is_below(path, "pack") && !is_below(path, "catalogue") && !is_below(path, "sources") &&
	       !is_below(path, "earlier");
}

void check_sources(struct reader *r)
{
	if (!r->sources_file)
		return;
	for (size_t i = 0; i < r->n_rows; i++) {
		const struct yaml_node at = {.line = r->rows[i].line, .column = r->rows[i].column};

		r->file = r->rows[i].file;
		if (needs_source(r->rows[i].path) && !policy_source_of(r->p, r->rows[i].path))
			complain(r, &at, "the table of sources does not say where %s comes from", r->rows[i].path);
	}
}

/* ---- earlier: sets of rules, the newest first, each as differences from the one after it ---- */

struct era {
	struct date until;
	const char *version;
};

/* Copies what the sets may differ in, also because a site tightens only what holds today; pointers into it move along.
 */
static bool copy_tables(struct reader *r, struct policy *set)
{
	struct level *levels = reader_alloc(r, set->n_levels, sizeof(*levels));
	struct item *items = reader_alloc(r, set->catalogue.n ? set->catalogue.n : 1, sizeof(*items));
	struct unit_rule *units = reader_alloc(r, set->n_units ? set->n_units : 1, sizeof(*units));
	const struct item **by_id = reader_alloc(r, set->catalogue.n ? set->catalogue.n : 1, sizeof(*by_id));

	if (!levels || !items || !units || !by_id)
		return false;
	for (size_t i = 0; set->catalogue.by_id && i < set->catalogue.n; i++)
		by_id[i] = &items[set->catalogue.by_id[i] - set->catalogue.items];
	memcpy(levels, set->levels, set->n_levels * sizeof(*levels));
	for (size_t i = 0; i < set->catalogue.n; i++) {
		items[i] = set->catalogue.items[i];
		items[i].level = items[i].level ? &levels[items[i].level->rank] : NULL;
	}
	for (size_t i = 0; i < set->n_units; i++) {
		units[i] = set->units[i];
		units[i].decides = units[i].decides ? &levels[units[i].decides->rank] : NULL;
		units[i].settles = units[i].settles ? &levels[units[i].settles->rank] : NULL;
	}
	for (size_t i = 0; i < set->n_units; i++)
		units[i].reports_unit = units[i].reports_unit ? &units[set->units[i].reports_unit - set->units] : NULL;
	r->levels = levels;
	r->items = items;
	r->units = units;
	set->levels = levels;
	set->catalogue.items = items;
	set->catalogue.by_id = set->catalogue.by_id ? by_id : NULL;
	set->units = units;
	return true;
}

static bool may_differ(const char *key)
{
	static const char *const parts[] = {"regimes",	"levels",  "units",	"terms",    "appointments", "two_persons",
					    "disputes", "derived", "deadlines", "calendar", "findings",	    "catalogue"};

	for (size_t i = 0; i < array_n(parts); i++)
		if (strcmp(parts[i], key) == 0)
			return true;
	return false;
}

static void read_parts(struct reader *r, const struct yaml_node *at)
{
	for (const struct yaml_node *v = at->child; v; v = v->next) {
		const char *key = v->key->text;

		if (strcmp(key, "until") == 0 || strcmp(key, "version") == 0)
			continue;
		if (may_differ(key)) {
			section_find(key)->read(r, v);
			if (strcmp(key, "catalogue") != 0)
				tell(r, r->p, key, v);
		} else
			complain(r, v->key, "an earlier set cannot differ in %.80s", key);
	}
}

static bool read_era(struct reader *r, const struct yaml_node *at, struct era *ret)
{
	static const struct field until = FIELD(struct era, until, "until", kind_date, NULL, true);
	static const struct field version = FIELD(struct era, version, "version", kind_text, NULL, true);
	const struct yaml_node *day = yaml_get(at, "until");
	const struct yaml_node *name = yaml_get(at, "version");

	if (!is_map(r, at))
		return false;
	if (!day || !name) {
		complain(r, at, "an earlier set has `until`, its last day, and `version`");
		return false;
	}
	read_field(r, day, &until, ret);
	read_field(r, name, &version, ret);
	return date_is_set(ret->until) && ret->version;
}

/* The pack itself tells of it, too: under the day that it ends on. */
static void tell_set(struct reader *r, const struct yaml_node *at, const struct policy *set)
{
	char path[32] = "earlier.";

	date_format(set->until, path + strlen(path));
	tell(r, r->owner, path, at);
}

/* One set: the later one, copied, with what was different. NULL: complained. */
static struct policy *add_set(struct reader *r, struct policy *later, const struct yaml_node *at)
{
	struct policy *set;
	struct era era = {0};
	struct date limit = later->until;

	if (!date_is_set(limit))
		limit = date_add_days(later->effective, -1);
	if (!read_era(r, at, &era))
		return NULL;
	if (date_compare(era.until, limit) > 0 || (date_is_set(later->until) && date_compare(era.until, limit) == 0)) {
		complain(r, yaml_get(at, "until"), "this set does not end before the next one begins");
		return NULL;
	}
	set = reader_alloc(r, 1, sizeof(*set));
	if (!set)
		return NULL;
	*set = *later;
	set->memory = NULL;
	set->earlier = NULL;
	set->until = era.until;
	set->effective = (struct date){0};
	if (later->earlier == NULL && date_is_set(later->until))
		later->effective = date_add_days(era.until, 1);
	set->version = era.version;
	r->p = set;
	tell_again(r, set, later);
	if (!copy_tables(r, set))
		return NULL;
	read_parts(r, at);
	tell_set(r, at, set);
	return set;
}

void read_earlier(struct reader *r, const struct yaml_node *v)
{
	struct policy *now = r->p;
	struct policy *later = now;
	struct reader kept = *r;

	if (!is_list(r, v))
		return;
	if (r->overlay || v->n > EARLIER_MAX) {
		complain(r, v, "a pack itself says what held before, in at most %d sets", EARLIER_MAX);
		return;
	}
	r->earlier = true;
	for (const struct yaml_node *at = v->child; at && later; at = at->next) {
		struct policy *set = add_set(r, later, at);

		if (set)
			later->earlier = set;
		later = set;
	}
	r->earlier = false;
	r->p = now;
	r->levels = kept.levels;
	r->items = kept.items;
	r->units = kept.units;
}

/* ---- what all sets share, and what a site tightens in the one that holds now ---- */

void history_share(struct reader *r)
{
	for (struct policy *set = r->owner->earlier; set; set = set->earlier) {
		set->sources = r->owner->sources;
		set->n_sources = r->owner->n_sources;
		set->loosened = r->owner->loosened;
	}
}

bool history_enter(struct reader *r, struct date today)
{
	struct policy *set = r->owner;

	while (date_is_set(today) && set->earlier && date_compare(set->earlier->until, today) >= 0)
		set = set->earlier;
	if (set == r->owner)
		return false;
	r->p = set;
	/* copies that add_set() made for this set alone */
	r->levels = (struct level *)(uintptr_t)set->levels;
	r->items = (struct item *)(uintptr_t)set->catalogue.items;
	r->units = (struct unit_rule *)(uintptr_t)set->units;
	return true;
}

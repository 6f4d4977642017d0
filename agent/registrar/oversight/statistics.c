/* One look at the year's counts for each row of the form; other regimes are told beside it and never added. */
#include "registrar/oversight/statistics.h"

#include "base/text.h"
#include "library/sodium.h"
#include "registrar/store/store_incidents.h"
#include "registrar/store/tallies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys of a row, each with its number ---- */

struct cell {
	char key[80];
	int64_t n;
};

struct cells {
	struct cell *at;
	size_t n, room, last;
	bool failed;
};

static void cells_done(struct cells *c)
{
	free(c->at);
}
#define OWN_CELLS __attribute__((cleanup(cells_done)))

static size_t find_cell(struct cells *c, const char *key)
{
	if (c->last < c->n && text_equal(c->at[c->last].key, key))
		return c->last; /* most come one after the other */
	for (size_t i = 0; i < c->n; i++)
		if (text_equal(c->at[i].key, key))
			return i;
	return c->n;
}

static void add_to(struct cells *c, const char *key, int64_t n)
{
	size_t i = find_cell(c, key);

	if (i == c->room) {
		size_t room = c->room ? 2 * c->room : 16;
		struct cell *grown = reallocarray(c->at, room, sizeof(*grown));

		if (!grown) {
			c->failed = true;
			return;
		}
		c->at = grown;
		c->room = room;
	}
	if (i == c->n) {
		c->at[c->n] = (struct cell){.n = 0};
		(void)snprintf(c->at[c->n++].key, sizeof(c->at[0].key), "%s", key);
	}
	c->at[i].n += n;
	c->last = i;
}

static int compare_cells(const void *a, const void *b)
{
	return strcmp(((const struct cell *)a)->key, ((const struct cell *)b)->key);
}

/* ---- what a row counts ---- */

struct counting {
	struct registrar *r;
	int year;
	struct date at; /* its end, or today */
	const struct annual_row *row;
	struct cells cells;
};

static int count_act(const struct store_act *a, void *arg)
{
	struct counting *c = arg;
	const struct annual_act act = {a->act, a->regime, a->level, a->kind, a->term, a->approver, a->department};

	if (annual_takes(c->row->of, &act))
		add_to(&c->cells, annual_key(c->row->by, &act), a->n);
	return 0;
}

static int count_holding(const struct store_holding *h, void *arg)
{
	struct counting *c = arg;
	char at[11];
	bool over;

	date_format(c->at, at);
	over = h->until[0] && strcmp(h->until, at) < 0;
	if (annual_is_secret(h->regime) && annual_is_held(h->state) && (c->row->of == ANNUAL_HELD || over))
		add_to(&c->cells, c->row->by == ANNUAL_LEVEL ? h->level : "", h->n);
	return 0;
}

/* Once, by the highest level of his appointments. */
static int count_officer(const struct store_person *p, void *arg)
{
	struct counting *c = arg;
	const char *highest = NULL;
	int rank = -1;

	for (size_t i = 0; i < p->n_appointments; i++) {
		const struct appointment *a = &p->appointments[i];
		const char *code = a->ceiling ? a->ceiling : p->levels[i].n ? p->levels[i].at[p->levels[i].n - 1] : "";
		const struct level *level = level_find(c->r->policy, code);

		if (c->row->original && !c->r->policy->kinds[a->kind].original)
			continue;
		if (!a->confirmed_by || !appointment_is_in_force(a, c->at) || (highest && (!level || level->rank <= rank)))
			continue;
		highest = code;
		rank = level ? level->rank : -1;
	}
	if (highest)
		add_to(&c->cells, c->row->by == ANNUAL_LEVEL ? highest : "", 1);
	return 0;
}

static int count_found(const struct store_found *f, void *arg)
{
	struct counting *c = arg;

	add_to(&c->cells, c->row->by == ANNUAL_CODE ? f->code : "", f->n);
	return 0;
}

static int count_incident(const char *kind, int64_t n, void *arg)
{
	struct counting *c = arg;

	add_to(&c->cells, c->row->by == ANNUAL_KIND ? kind : "", n);
	return 0;
}

static int count_row(struct counting *c)
{
	int64_t n = 0;

	if (c->row->of < ANNUAL_ACTS)
		return store_acts(c->r->store, c->year, count_act, c);
	switch ((int)c->row->of) {
	case ANNUAL_HELD:
	case ANNUAL_OVERDUE:
		return store_holdings(c->r->store, c->at, count_holding, c);
	case ANNUAL_OFFICERS:
		return store_person_list(c->r->store, false, count_officer, c);
	case ANNUAL_CHALLENGES:
		TRY(store_challenges(c->r->store, c->year, &n));
		add_to(&c->cells, "", n);
		return 0;
	case ANNUAL_INCIDENTS:
		return store_incident_kinds(c->r->store, c->year, count_incident, c);
	default:
		return store_found(c->r->store, c->year, count_found, c);
	}
}

/* Who may not see names sees that it is the same person. */
static const char *shown_key(const struct counting *c, const char *key, bool names, char ret[16])
{
	uint8_t digest[SHA256_BYTES];
	char message[112];

	if (c->row->by != ANNUAL_APPROVER || names || !key[0])
		return key;
	(void)snprintf(message, sizeof(message), "classd-pseudonym-v1 %s", key);
	hmac_sha256(c->r->meta_key, bytes_of_text(message), digest);
	memcpy(ret, "p-", 2);
	text_hex(digest, 4, ret + 2);
	return ret;
}

static void add_rows(struct counting *c, bool names, struct json *list)
{
	char pseudonym[16];

	if (c->cells.n == 0)
		add_to(&c->cells, "", 0); /* a row without anything is told, too */
	if (c->cells.n)
		qsort(c->cells.at, c->cells.n, sizeof(*c->cells.at), compare_cells);
	for (size_t i = 0; i < c->cells.n; i++) {
		struct json *to = json_object();
		const char *english = c->row->label.english;

		json_set_text(to, "label", c->row->label.official);
		json_set_text(to, "english", english ? english : c->row->label.official);
		json_set_text(to, "of", annual_of_names[c->row->of]);
		json_set_text(to, "by", annual_by_names[c->row->by]);
		json_set_text(to, "key", shown_key(c, c->cells.at[i].key, names, pseudonym));
		json_set_int(to, "n", c->cells.at[i].n);
		json_append(list, to);
	}
}

/* ---- other regimes ---- */

static int count_other(const struct store_holding *h, void *arg)
{
	struct counting *c = arg;

	if (!annual_is_secret(h->regime) && annual_is_held(h->state))
		add_to(&c->cells, h->regime, h->n);
	return 0;
}

static int other_regimes(struct registrar *r, struct date at, struct json *list)
{
	OWN_CELLS struct cells cells = {0};
	struct counting c = {.r = r, .at = at};
	int status = store_holdings(r->store, at, count_other, &c);

	cells = c.cells;
	TRY(status);
	for (size_t i = 0; i < cells.n; i++) {
		struct json *to = json_object();

		json_set_text(to, "regime", cells.at[i].key);
		json_set_int(to, "n", cells.at[i].n);
		json_append(list, to);
	}
	return 0;
}

static int add_form(struct registrar *r, int year, bool names, struct json *to)
{
	const struct annual *form = r->policy->annual.n ? &r->policy->annual : &annual_usual;
	struct date end = {(int16_t)year, 12, 31}, today = registrar_today(r);
	OWNED(json) struct json *rows = json_array();
	OWNED(json) struct json *other = json_array();
	int status = 0;

	if (date_compare(today, end) < 0)
		end = today;
	json_set_text(to, "title", form->title.official);
	json_set_text(to, "english", form->title.english ? form->title.english : form->title.official);
	json_set_date(to, "at", end);
	for (size_t i = 0; i < form->n && status == 0; i++) {
		struct counting c = {.r = r, .year = year, .at = end, .row = &form->rows[i]};

		status = count_row(&c);
		if (status == 0)
			add_rows(&c, names, rows);
		if (c.cells.failed)
			status = FAULT(ENOMEM, "statistics");
		cells_done(&c.cells);
	}
	if (status == 0)
		status = other_regimes(r, end, other);
	json_set(to, "rows", steal(&rows));
	json_set(to, "other_regimes", steal(&other));
	return status;
}

int statistics_make(struct registrar *r, int year, bool names, struct json **ret)
{
	OWNED(json) struct json *to = json_object();
	const char *source = policy_source_of(r->policy, "statistics");

	json_set_int(to, "year", year);
	json_set_text(to, "pack", r->policy->id);
	json_set_text(to, "version", r->policy->version);
	json_set_text(to, "source", source ? source : "");
	TRY(add_form(r, year, names, to));
	*ret = steal(&to);
	return 0;
}

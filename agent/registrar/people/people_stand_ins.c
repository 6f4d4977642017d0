/* An appointment that ends takes those with it who stand in for its holder and would hold more than he does then. */
#include "registrar/people/people.h"

#include "base/text.h"
#include "domain/appointment.h"

#include <errno.h>
#include <stdlib.h>

struct ending {
	struct people_call *c;
	struct date last;	  /* day of the appointment that ends */
	struct appointment *left; /* of the principal, as they are then */
	size_t n_left;
	struct standing {
		struct standing *next;
		const char *person;
		int64_t id;
	} * first;
	struct arena texts;
};

static int take_one(const char *person, int64_t id, void *arg)
{
	struct ending *e = arg;
	struct standing *one = arena_alloc(&e->texts, sizeof(*one));

	if (!one)
		return arena_check(&e->texts);
	*one = (struct standing){e->first, arena_text(&e->texts, person), id};
	e->first = one;
	return arena_check(&e->texts);
}

static bool is_number(const struct appointment *a, int64_t id)
{
	uint64_t number;

	return text_to_u64(a->id, INT64_MAX, &number) && (int64_t)number == id;
}

/* What is over or ended already is left as it is. */
static bool loses_it(const struct ending *e, const struct appointment *a)
{
	struct appointment from_now = *a;

	if (date_is_set(a->until) && date_compare(a->until, e->c->today) < 0)
		return false;
	if (date_compare(a->from, e->c->today) < 0)
		from_now.from = e->c->today;
	return stand_in_check(e->c->r->policy, &from_now, e->left, e->n_left) != STAND_IN_GOOD;
}

static int end_one(struct ending *e, const struct standing *one)
{
	struct registrar *r = e->c->r;
	OWNED(store_person) struct store_person *p = NULL;
	struct json *entry;
	char last[11];
	int result = store_person_load(r->store, one->person, &p);

	TRY(result);
	for (size_t i = 0; result == 0 && i < p->n_appointments; i++) {
		if (!is_number(&p->appointments[i], one->id) || !loses_it(e, &p->appointments[i]))
			continue;
		entry = registrar_entry("appointment-end", e->c->me->person.id, api_uid(e->c->call));
		date_format(e->last, last);
		json_set_text(entry, "id", one->person);
		json_set_text(entry, "on", last);
		json_set_int(entry, "appointment", one->id);
		cell_set_of(entry, "note", r->meta_key, "note", one->person, "who is stood in for holds it no more");
		return people_change_only(e->c, entry);
	}
	return 0;
}

/* In the order that a crash between two entries leaves nobody with more than he should have. */
int people_end_stand_ins(struct people_call *c, int64_t appointment, struct date last)
{
	const struct store_person *principal = c->subject;
	OWN_MEM struct appointment *left = calloc(principal->n_appointments + 1, sizeof(*left));
	struct ending e = {.c = c, .last = last, .left = left, .n_left = principal->n_appointments};
	int result;

	if (!left)
		return FAULT(ENOMEM, "stand-ins");
	for (size_t i = 0; i < e.n_left; i++) {
		left[i] = principal->appointments[i];
		if (is_number(&left[i], appointment))
			left[i].until = last;
	}
	result = c->r->policy ? store_stand_in_list(c->r->store, principal->person.id, take_one, &e) : 0;
	for (const struct standing *one = e.first; one && result == 0; one = one->next)
		result = end_one(&e, one);
	arena_done(&e.texts);
	return result;
}

#include "registrar/oversight/told.h"

#include "base/text.h"
#include "registrar/store/store.h"

/* The head of the department that the owner belongs to, or of one above it. */
static bool is_superior(struct registrar *r, const struct person *me, const char *owner)
{
	OWNED(store_person) struct store_person *person = NULL;

	if (!(me->roles & ACTOR_HEAD) || text_equal(me->id, owner) || text_is_empty(me->department) ||
	    store_person_load(r->store, owner, &person))
		return false;
	return texts_cover((struct texts){&me->department, 1}, person->person.department, '/');
}

static bool answers_for(struct registrar *r, const struct person *me, const char *number)
{
	OWNED(record) struct record *record = NULL;

	return store_record_load(r->store, number, &record) == 0 && text_equal(record->responsible, me->id);
}

enum escalation told_to(struct registrar *r, const struct person *who, const struct sweep_line *line)
{
	enum escalation now = escalation_at(r->policy, line->day, registrar_today(r));

	if (text_equal(line->kind, "incident")) /* its hours are the office's from the first */
		return who->roles & ACTOR_OFFICE ? ESCALATION_OFFICE : ESCALATION_NOBODY;
	if (now >= ESCALATION_OFFICE && (who->roles & ACTOR_OFFICE))
		return ESCALATION_OFFICE;
	if (now >= ESCALATION_SUPERIOR && is_superior(r, who, line->owner))
		return ESCALATION_SUPERIOR;
	if (now >= ESCALATION_RESPONSIBLE && answers_for(r, who, line->number))
		return ESCALATION_RESPONSIBLE;
	return now >= ESCALATION_OWNER && text_equal(line->owner, who->id) ? ESCALATION_OWNER : ESCALATION_NOBODY;
}

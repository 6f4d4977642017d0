/* The rows of org.classd.Custody, and what its handlers share. */
#include "registrar/custody/custody.h"

#include "base/text.h"
#include "registrar/custody/destruction.h"

#define CUSTODY(name) "org.classd.Custody." name

const struct api_method custody_methods[] = {
    {CUSTODY("GetScope"), custody_get_scope, 0},
    {CUSTODY("ChangeScope"), custody_change_scope, API_MUTATES},
    {CUSTODY("Told"), custody_told, API_MUTATES},
    {CUSTODY("Knowers"), custody_knowers, API_STREAM},
    {CUSTODY("MakeCopies"), custody_make_copies, API_MUTATES},
    {CUSTODY("MoveCopy"), custody_move_copy, API_MUTATES},
    {CUSTODY("Copies"), custody_copies, 0},
    {CUSTODY("GiveConsent"), custody_consent, API_MUTATES},
    {CUSTODY("WithdrawConsent"), custody_withdraw_consent, API_MUTATES},
    {CUSTODY("Consents"), custody_consents, 0},
    {CUSTODY("ProposeDestruction"), custody_propose_destruction, API_MUTATES},
    {CUSTODY("ConfirmDestruction"), custody_confirm_destruction, API_MUTATES},
    {CUSTODY("WithdrawDestruction"), custody_withdraw_destruction, API_MUTATES},
    {CUSTODY("Destructions"), custody_destructions, API_STREAM},
    {CUSTODY("NewCarrier"), custody_new_carrier, API_MUTATES},
    {CUSTODY("GetCarrier"), custody_get_carrier, 0},
    {CUSTODY("MoveCarrier"), custody_move_carrier, API_MUTATES},
    {CUSTODY("Import"), custody_import, API_MUTATES | API_DESCRIPTORS | API_STREAM},
    {0},
};

bool custody_answers_for(const struct case_of *c, const char *department)
{
	if (c->person->person.roles & ACTOR_AUDITOR)
		return false;
	if (c->person->person.roles & ACTOR_OFFICE)
		return true;
	for (size_t i = 0; i < c->person->n_appointments; i++) {
		const struct appointment *a = &c->person->appointments[i];

		if (appointment_is_in_force(a, c->today) && texts_cover(a->departments, department, '/'))
			return true;
	}
	return false;
}

bool custody_sees(const struct case_of *c)
{
	const char *me = c->person->person.id;

	return text_equal(c->record->drafter, me) || text_equal(c->record->responsible, me) ||
	       custody_answers_for(c, c->record->department ? c->record->department : "");
}

bool custody_is_line(const char *text, size_t max)
{
	return !text_is_empty(text) && text_is_line(text, max);
}

int custody_refuse_read_only(struct case_of *c)
{
	return case_refuse(c, API_FAILED, "read-only", "classctl status says why", "nothing can be written");
}

int custody_begin(struct registrar *r, struct api_call *call, struct case_of *c)
{
	int status = case_begin(r, call, c);

	return status == 0 ? case_load(c, json_get_text(api_parameters(call), "number")) : status;
}

int custody_cut_why(struct registrar *r, const char *number, const char *person, const char **ret)
{
	OWNED(record) struct record *record = NULL;
	OWNED(store_person) struct store_person *p = NULL;
	bool is_party;

	*ret = NULL;
	TRY(store_record_load(r->store, number, &record));
	TRY(store_person_load(r->store, person, &p));
	if (!record || !p || !r->policy || record->admissions.n == 0)
		return 0;
	is_party = text_equal(record->drafter, person) || text_equal(record->responsible, person);
	if (!is_party && scope_is_dropped(record, &p->person))
		*ret = "scope";
	return 0;
}

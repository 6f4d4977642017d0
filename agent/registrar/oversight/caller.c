#include "registrar/oversight/caller.h"

void caller_done(struct caller *c)
{
	store_person_free(c->person);
}

int caller_of(struct registrar *r, struct api_call *call, struct caller *ret)
{
	int status = store_person_by_uid(r->store, (uint32_t)api_uid(call), registrar_today(r), &ret->person);

	TRY(status);
	if (ret->person && person_is_suspended_on(&ret->person->person, registrar_today(r))) {
		TRY(api_refuse(call, API_AUTHORITY, "suspended", "caller", "ask the secrecy office", "%s is suspended",
			       ret->person->person.id));
		return CALLER_ANSWERED;
	}
	return 0;
}

bool caller_has(const struct caller *c, enum right right)
{
	return c->person && right_is_granted(c->person->person.roles, right);
}

int caller_refuse(struct api_call *call)
{
	return api_refuse(call, API_AUTHORITY, "wrong-role", "caller", "ask the secrecy office",
			  "this is for the secrecy office, security administrators and responsible persons");
}

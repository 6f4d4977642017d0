#include "registrar/people/cut.h"

#include "registrar/api/api.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/jobs.h"
#include "registrar/store/store.h"

int cut_why(struct registrar *r, const char *person, const char **ret)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct date today = registrar_today(r);

	TRY(store_person_load(r->store, person, &p));
	*ret = NULL;
	if (!p || !p->is_confirmed || !person_is_valid_on(&p->person, today))
		*ret = "left";
	else if (person_is_suspended_on(&p->person, today))
		*ret = "suspended";
	return 0;
}

static int is_cut(struct registrar *r, const char *person, bool *ret)
{
	const char *why;

	TRY(cut_why(r, person, &why));
	*ret = why != NULL;
	return 0;
}

int cut_look(struct registrar *r)
{
	TRY(api_cut(r, is_cut)); /* before the refusals of the reads: those are to arrive */
	TRY(jobs_cut(r));
	return checkouts_soon(r);
}

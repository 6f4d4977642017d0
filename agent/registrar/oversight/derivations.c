#include "registrar/oversight/derivations.h"

#include "base/text.h"
#include "registrar/store/record_json.h"
#include "registrar/store/store_derivations.h"

#define FACT "derivations"

static int enter(const struct record *record, void *arg)
{
	struct registrar *r = arg;
	int status = 0;

	for (size_t i = 0; i < record->decided.sources.n && status == 0; i++)
		if (record_source_is_number(record->decided.sources.at[i]))
			status = store_child_put(r->store, record->decided.sources.at[i], record->number);
	return status;
}

int derivations_fill(struct registrar *r)
{
	OWN_MEM char *known = NULL;
	int status;

	if (r->read_only)
		return 0;
	TRY(store_fact(r->store, FACT, &known));
	if (known)
		return 0;
	status = store_mark(r->store);
	if (status)
		return status < 0 ? status : 0;
	status = store_derived(r->store, "", STORE_NO_LIMIT, enter, r);
	if (status == 0)
		status = store_set_fact(r->store, FACT, "filled");
	if (status == 0)
		status = store_release(r->store);
	if (status == 0)
		return 0;
	TRY(store_return(r->store)); /* the disk is full: all of it or nothing, and again at the next start */
	return status < 0 ? status : 0;
}

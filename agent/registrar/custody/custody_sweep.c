#include "registrar/custody/custody_sweep.h"

#include "registrar/custody/destruction.h"
#include "registrar/oversight/findings.h"

#include <stdio.h>

struct looking {
	struct registrar *r;
	const struct custody_sweep *s;
	int64_t n;
};

static int look(const char *number, void *arg)
{
	struct looking *l = arg;
	struct sweep_report *report = l->s->report;
	OWNED(record) struct record *record = NULL;
	struct findings_count count = {0};
	int status = store_record_load(l->r->store, number, &record);

	TRY(status);
	l->n++;
	(void)snprintf(l->s->after, STORE_NUMBER_MAX, "%s", number);
	report->considered++;
	report->due++;
	l->s->tell(number, l->s->arg);
	if (report->rehearsal || !record)
		return 0;
	status = findings_refresh(l->r, record, &count);
	TRY(status);
	report->failed += status > 0;
	report->acted += status == 0 && count.opened;
	report->skipped[SWEEP_SKIP_TOLD] += status == 0 && !count.opened;
	return 0;
}

int custody_sweep(struct registrar *r, const struct custody_sweep *s, bool *ret_over)
{
	struct looking l = {r, s, 0};
	char day[11];

	if (!s->report->rehearsal)
		TRY(custody_remove_destroyed(r)); /* what could not be removed yet */
	date_format(s->report->as_of, day);
	TRY(store_copy_late(r->store, &(struct store_copy_late){day, s->after, s->limit}, look, &l));
	*ret_over = l.n < s->limit;
	return 0;
}

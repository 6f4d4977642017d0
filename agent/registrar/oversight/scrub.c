#include "registrar/oversight/scrub.h"

#include "registrar/store/store.h"

#define FIRST_MS  (20 * 1000) /* what everybody does at a start comes first */
#define BETWEEN_MS 20
#define DAILY_MS   (24 * 60 * 60 * 1000)
#define PAGES	   256 /* 1 MiB */

int scrub_step(struct registrar *r, bool *ret_over)
{
	int result = store_look_through(r->store, &r->scrub_page, PAGES);

	TRY(result);
	*ret_over = result > 0;
	if (*ret_over)
		r->scrub_page = 0;
	return 0;
}

static int on_timer(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, scrub_timer);
	bool is_over = false;

	TRY(scrub_step(r, &is_over));
	return loop_arm(&r->role.loop, timer, is_over ? DAILY_MS : BETWEEN_MS, on_timer);
}

int scrub_start(struct registrar *r)
{
	return loop_arm(&r->role.loop, &r->scrub_timer, FIRST_MS, on_timer);
}

/*
 * A watcher that is stopped, or waits for a file system that never answers, looks like quiet folders. It is asked now
 * and then whether it still works; what it does not answer until the next time is a state that everybody sees.
 */
#include "registrar/documents/watch_private.h"

#include "base/text.h"

#define STUCK  "watcher-stuck"
#define POLL_S 20
#define POLLS  3 /* so many times the interval of polling */

static int ask(struct registrar *r);

static int on_due(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct watch, alive)->r;

	if (r->watch->n_alive != r->watch->n_asked_alive && role_peer(&r->role, ROLE_WATCHER, -1))
		TRY(role_degraded(&r->role, STUCK,
				  "the watcher does not answer: what happens in the folders is not seen"));
	return ask(r);
}

static int ask(struct registrar *r)
{
	struct channel *watcher = role_peer(&r->role, ROLE_WATCHER, -1);
	uint64_t poll_s = POLL_S;

	if (!watcher)
		return 0; /* its return begins anew */
	if (r->watch->n_alive == r->watch->n_asked_alive) {
		r->watch->n_asked_alive++;
		TRY(CHANNEL_SEND(watcher, ask_alive, -1, .n = r->watch->n_asked_alive));
	}
	(void)text_to_u64(role_setting(&r->role, "poll_s", ""), 86400, &poll_s); /* absent: as it was */
	return loop_arm(&r->role.loop, &r->watch->alive, poll_s * POLLS * 1000, on_due);
}

int watch_alive_start(struct registrar *r)
{
	r->watch->n_alive = r->watch->n_asked_alive;
	TRY(role_recovered(&r->role, STUCK));
	return ask(r);
}

void watch_alive_stop(struct watch *watch)
{
	loop_disarm(&watch->alive);
}

int watch_on_alive(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	struct registrar *r = registrar_of(role);

	(void)from;
	(void)fd;
	if (m->alive.n != r->watch->n_asked_alive)
		return 0; /* of an earlier life */
	r->watch->n_alive = m->alive.n;
	return role_recovered(&r->role, STUCK);
}

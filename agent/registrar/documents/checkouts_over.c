/*
 * Checkouts that end by themselves: nothing changed for the idle limit, nobody
 * of that user is there any more, the person is suspended, or the agent has
 * just started. That it is to end is journalled (checkout-due) before anything
 * is done; its row goes (checkout-end) only when the plaintext has gone. So a
 * kill at any moment leaves either the plaintext with its row, which is taken
 * up again, or neither. What is not sealed yet, or open for writing, stays.
 */
#include "registrar/documents/checkouts_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/keys/unlock.h"
#include "registrar/oversight/findings.h"
#include "registrar/custody/custody.h"
#include "registrar/people/cut.h"
#include "registrar/store/look.h"
#include "system/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define ROUND_MS      10000
#define AGAIN_MS      1000  /* the first pause, doubled up to … */
#define AGAIN_MOST_MS 30000 /* … and at most so long for an answer of the sealer */
#define TRIES_PATIENT 3	    /* after so many the person and the office hear of it */
#define NS_PER_MINUTE UINT64_C(60000000000)
#define IDLE_MINUTES  60
#define GONE_FOR_GOOD 2 /* looks in a row without a file: a save by rename leaves no name for a moment */

/* A checkout that is to end. */
struct ending {
	struct ending *next;
	int64_t checkout;
	uint64_t next_ms; /* not looked at before */
	unsigned tries, gone;
	int sealer; /* who was asked; -1: nobody */
};

void checkouts_over_free(struct registrar *r)
{
	while (r->endings) {
		struct ending *ending = r->endings;

		r->endings = ending->next;
		free(ending);
	}
	loop_disarm(&r->checkouts_timer);
}

static struct ending *find_ending(struct registrar *r, int64_t checkout)
{
	struct ending *ending = r->endings;

	while (ending && ending->checkout != checkout)
		ending = ending->next;
	return ending;
}

static struct ending *get_ending(struct registrar *r, int64_t checkout)
{
	struct ending *ending = find_ending(r, checkout);

	if (ending)
		return ending;
	ending = calloc(1, sizeof(*ending));
	if (ending) {
		*ending = (struct ending){.next = r->endings, .checkout = checkout, .sealer = -1};
		r->endings = ending;
	}
	return ending;
}

static void drop_ending(struct registrar *r, int64_t checkout)
{
	for (struct ending **at = &r->endings; *at; at = &(*at)->next)
		if ((*at)->checkout == checkout) {
			struct ending *ending = *at;

			*at = ending->next;
			free(ending);
			return;
		}
}

/* Looks again after a pause that grows. */
static void wait_more(struct ending *ending)
{
	uint64_t ms = (uint64_t)AGAIN_MS << (ending->tries < 5 ? ending->tries : 5);

	ending->tries++;
	ending->sealer = -1;
	ending->next_ms = loop_now_ms() + (ms < AGAIN_MOST_MS ? ms : AGAIN_MOST_MS);
}

/* ---- what is said of it ---- */

static int set_finding(struct registrar *r, const struct checkout *c, const char *evidence)
{
	int result = findings_set(r,
				  &(struct findings_other){.code = FINDING_STILL_OPEN,
							   .about = {.root = c->root, .path = c->path},
							   .evidence = evidence ? evidence : "",
							   .person = c->person,
							   .is_true = evidence != NULL},
				  NULL);

	return result < 0 ? result : 0;
}

/* It does not go: said when that is no passing thing. */
static int stays(struct registrar *r, const struct checkout *c, struct ending *ending, const char *evidence)
{
	wait_more(ending);
	return ending->tries > TRIES_PATIENT ? set_finding(r, c, evidence) : 0;
}

static int journal_due(struct registrar *r, const struct checkout *c, const char *why)
{
	struct json *entry = registrar_entry("checkout-due", NULL, 0);
	int result;

	json_set_int(entry, "checkout", c->id);
	json_set_text(entry, "why", why);
	result = registrar_change(r, entry);
	if (result == 0)
		log_say(LOG_NOTICE, "event=checkout-due number=%s why=%s", c->number, why);
	return result < 0 ? result : 0;
}

static int journal_end(struct registrar *r, const struct checkout *c)
{
	struct json *entry = registrar_entry("checkout-end", NULL, 0);
	int result;

	json_set_int(entry, "checkout", c->id);
	result = registrar_change(r, entry);
	if (result != 0)
		return result < 0 ? result : 0; /* read-only: the next round */
	drop_ending(r, c->id);
	return set_finding(r, c, NULL);
}

/* ---- ending one ---- */

/* What lies there is sealed: the sealer makes sure of it once more and takes it. */
static int send_discard(struct registrar *r, const struct checkout *c, struct ending *ending,
			const struct store_seen *seen, const struct store_document *d)
{
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, -1);
	struct frame_discard m = {.checkout = (uint64_t)c->id,
				  .root = c->root,
				  .path = c->path,
				  .ino = seen->ino, /* 0: nothing was seen; then nothing may be there */
				  .sealed_root = d->root,
				  .keep = d->keep};

	if (!text_from_hex(d->sha256, m.sha256, sizeof(m.sha256)) ||
	    !text_from_hex(d->header_mac, m.header_mac, sizeof(m.header_mac)))
		return stays(r, c, ending, "the sealed form of this checkout is not known");
	if (!sealer)
		return 0;
	ending->sealer = sealer->peer_index;
	ending->next_ms = loop_now_ms() + AGAIN_MOST_MS;
	return registrar_send(r, ROLE_SEALER, ending->sealer, &frame_type_discard, &m, -1);
}

/* The last change first: the job of that record seals it, if it does not do so already. */
static int seal_first(struct registrar *r, const struct checkout *c, struct ending *ending,
		      const struct store_seen *seen)
{
	enum sealing sealing = jobs_sealing(r, c->number, NULL);
	int result = 0;

	if (!seen->inspected)
		result = watch_examine(r, seen);
	else if (seen->event != SEEN_CHANGED && (sealing == SEALING_SEALED || sealing == SEALING_NONE))
		result = checkouts_follow(r, seen);
	TRY(result);
	return stays(r, c, ending, "the checkout should be over, but its last change is not sealed yet");
}

/* What has that name is somebody else's: whose, Attach could be deceived about, so it is left alone. */
static int is_anothers(struct registrar *r, const struct checkout *c, const struct store_seen *seen, bool *ret)
{
	OWNED(store_person) struct store_person *holder = NULL;

	TRY(store_person_load(r->store, c->person, &holder));
	*ret = seen->path && (!holder || holder->person.uid != seen->uid);
	return 0;
}

static int go_on(struct registrar *r, const struct checkout *c, const struct store_seen *seen,
		 const struct store_document *d)
{
	struct ending *ending = get_ending(r, c->id);
	bool is_other;

	if (!ending)
		return FAULT(ENOMEM, "checkout");
	if (loop_now_ms() < ending->next_ms)
		return 0;
	TRY(is_anothers(r, c, seen, &is_other));
	if (is_other)
		return journal_end(r, c);
	if (!d->sealed || !d->keep || !d->sha256 || !d->header_mac)
		return stays(r, c, ending, "the checkout should be over, but its document is not sealed");
	if (seen->path && seen->event == SEEN_OPEN)
		return stays(r, c, ending, "the checkout should be over, but a program still has it open");
	if (seen->path && (seen->event == SEEN_CHANGED || !seen->inspected || !text_equal(seen->sha256, d->sha256)))
		return seal_first(r, c, ending, seen);
	return send_discard(r, c, ending, seen, d);
}

/* ---- why one ends ---- */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* compared with the file's own time stamps */
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t checkouts_idle_ns(const struct role *role)
{
	uint64_t minutes = IDLE_MINUTES;

	(void)text_to_u64(role_setting(role, "checkout_idle_minutes", ""), 10000, &minutes); /* absent: as it was */
	return minutes * NS_PER_MINUTE;
}

bool checkouts_is_idle(const struct store_seen *seen, uint64_t idle_ns, uint64_t now)
{
	/* By the time of the last change of the inode: nobody can set it, as a program may the other one. */
	return seen->ctime_ns != 0 && seen->ctime_ns <= now && now - seen->ctime_ns >= idle_ns;
}

/* NULL: it goes on. */
static int find_why(struct registrar *r, const struct checkout *c, const struct store_seen *seen, const char **ret)
{
	TRY(cut_why(r, c->person, ret));
	if (!*ret)
		TRY(custody_cut_why(r, c->number, c->person, ret));
	if (!*ret && seen->path && checkouts_is_idle(seen, checkouts_idle_ns(&r->role), now_ns()))
		*ret = "idle";
	return 0;
}

static int look_at(struct registrar *r, const struct checkout *c)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct store_document d = {0};
	const char *why = c->due;

	TRY(look_seen(r->store, c->root, c->path, &a, &seen));
	TRY(look_document(r->store, c->number, &a, &d));
	if (why)
		return go_on(r, c, &seen, &d);
	TRY(find_why(r, c, &seen, &why));
	if (!why)
		return set_finding(r, c, NULL);
	if (text_equal(why, "idle") && seen.event == SEEN_OPEN)
		return set_finding(r, c, "nothing was changed for the time allowed, but a program still has it open");
	TRY(journal_due(r, c, why));
	return go_on(r, c, &seen, &d);
}

/* ---- rounds ---- */

static int on_round(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, checkouts_timer);
	OWN_CHECKOUTS struct checkouts all = {0};

	if (r->meta_key && r->policy && registrar_may_work(r)) {
		TRY(store_checkout_list(r->store, NULL, checkouts_take, &all));
		for (const struct checkout *c = all.first; c; c = c->next)
			TRY(look_at(r, c));
	}
	return loop_arm(&r->role.loop, timer, r->endings ? AGAIN_MS : ROUND_MS, on_round);
}

int checkouts_start(struct registrar *r)
{
	return loop_arm(&r->role.loop, &r->checkouts_timer, 0, on_round);
}

/* ---- frames ---- */

/* By the person's uid, which Attach has compared with the file's owner. */
static int is_of(struct registrar *r, const struct checkout *c, uint32_t uid, bool *ret)
{
	OWNED(store_person) struct store_person *person = NULL;

	*ret = uid == UID_EVERYBODY;
	if (*ret)
		return 0;
	TRY(store_person_load(r->store, c->person, &person));
	*ret = person && person->person.uid == uid;
	return 0;
}

int checkouts_on_over(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	struct registrar *r = registrar_of(role);
	OWN_CHECKOUTS struct checkouts all = {0};
	uint32_t uid = m->checkouts_over.uid;
	bool is_his;

	(void)from;
	(void)fd;
	TRY(unlock_logged_out(r, uid));
	if (!registrar_may_work(r))
		return 0;
	TRY(store_checkout_list(r->store, NULL, checkouts_take, &all));
	for (const struct checkout *c = all.first; c; c = c->next) {
		TRY(is_of(r, c, uid, &is_his));
		if (is_his && !c->due)
			TRY(journal_due(r, c, uid == UID_EVERYBODY ? "agent-start" : "logout"));
	}
	return checkouts_soon(r);
}

static int on_outcome(struct registrar *r, const struct checkout *c, struct ending *ending,
		      const struct frame_discarded *m)
{
	struct store_seen whatever = {.root = c->root, .path = c->path};
	uint64_t ticket;

	ending->gone = m->outcome == SEAL_GONE ? ending->gone + 1 : 0;
	if (m->outcome == SEAL_DONE || ending->gone >= GONE_FOR_GOOD)
		return journal_end(r, c);
	if (m->outcome == SEAL_CHANGED)
		TRY(watch_examine_anew(r, &whatever, &ticket));
	if (m->outcome == SEAL_STILL_OPEN)
		return stays(r, c, ending, "the checkout should be over, but a program still has it open");
	return stays(r, c, ending, "the checkout should be over, but its plaintext could not be taken away");
}

int checkouts_on_discarded(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_discarded *m = &any->discarded;
	struct ending *ending = find_ending(r, (int64_t)m->checkout);
	OWN_CHECKOUTS struct checkouts all = {0};

	(void)fd;
	if (!ending || ending->sealer != from->peer_index)
		return 0; /* an answer to somebody who is no more; it is asked for again */
	TRY(store_checkout_list(r->store, NULL, checkouts_take, &all));
	for (const struct checkout *c = all.first; c; c = c->next)
		if (c->id == ending->checkout)
			return on_outcome(r, c, ending, m);
	drop_ending(r, ending->checkout); /* closed meanwhile */
	return 0;
}

void checkouts_lost_sealer(struct registrar *r, int index)
{
	for (struct ending *ending = r->endings; ending; ending = ending->next)
		if (ending->sealer == index) {
			ending->sealer = -1;
			ending->next_ms = 0;
		}
}

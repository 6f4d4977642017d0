#include "registrar/registrar.h"

#include "base/text.h"
#include "registrar/core.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/journal/apply.h"
#include "registrar/journal/clock.h"
#include "registrar/journal/journal.h"
#include "registrar/keys/rollback.h"
#include "registrar/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What waits for the next settle: a message to another role, or somebody to be told. */
struct held {
	void (*done)(void *arg, int result); /* NULL: a message */
	void *arg;
	enum role_id to;
	int index;
	struct buffer message;
	int fd;
};

struct registrar_held {
	struct held *at;
	size_t n, room;
};

static int hold(struct registrar *r, const struct held *what)
{
	struct registrar_held *h = r->held;

	if (h->n == h->room) {
		struct held *more = reallocarray(h->at, h->room + 64, sizeof(*more));

		if (!more)
			return FAULT(ENOMEM, "holding until durable");
		h->at = more;
		h->room += 64;
	}
	h->at[h->n++] = *what;
	return 0;
}

static int send_held(struct registrar *r, struct held *h)
{
	struct channel *to = role_peer(&r->role, h->to, h->index);
	struct cursor c = cursor_of(buffer_bytes(&h->message));
	const struct frame_type *type;
	union frame_any message;

	/* A peer that is away asks again when it is back: its work is an intent. */
	if (!to || frame_decode(&c, &type, &message))
		return 0;
	return channel_send(to, type, &message, steal_fd(&h->fd));
}

/* Everything held gets `result`; what is held while they are told waits for the next time. */
static int release(struct registrar *r, int result)
{
	struct registrar_held now = *r->held;
	int failed = 0;

	*r->held = (struct registrar_held){0};
	for (size_t i = 0; i < now.n; i++) {
		struct held *h = &now.at[i];

		if (h->done)
			h->done(h->arg, result);
		else if (result == 0 && failed == 0)
			failed = send_held(r, h);
		buffer_done(&h->message);
		close_fd(&h->fd);
	}
	free(now.at);
	return failed;
}

int registrar_held_new(struct registrar *r)
{
	r->held = calloc(1, sizeof(*r->held));
	return r->held ? 0 : FAULT(ENOMEM, "registrar");
}

void registrar_held_free(struct registrar *r)
{
	if (!r->held)
		return;
	(void)release(r, REGISTRAR_READ_ONLY); /* nothing is sent with this result, so nothing can fail */
	free(r->held);
	r->held = NULL;
}

/* ---- when writing fails ---- */

int registrar_become_read_only(struct registrar *r, const char *code, const char *why)
{
	r->read_only = true;
	(void)snprintf(r->read_only_why, sizeof(r->read_only_why), "%s", why);
	return role_degraded(&r->role, code, why);
}

#define RETRY_MS       1000
#define ROWS_GATHER_MS 50 /* rows of files alone: nobody waits for them, and any scan tells them again */

static const char store_unwritable[] = "the store cannot be written";

/* What came last was told to nobody and is lost: what jobs believe of it, and files that were seen meanwhile. */
static int on_writable_again(struct registrar *r)
{
	if (!r->jobs || !r->meta_key)
		return 0;
	TRY(jobs_writable_again(r));
	return watch_begin(r);
}

static int on_retry(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, settle_timer);
	int result;

	/* What is durable and not in the store comes first; then a line that says so proves that both take writing. */
	result = core_catch_up(r);
	if (result == 0) {
		r->read_only = false;
		result = registrar_change(r, core_note(r, "writable-again"));
	}
	if (result == 0)
		result = registrar_settle(r);
	if (result < 0)
		return result;
	r->read_only = r->read_only || result > 0;
	if (r->read_only)
		return loop_arm(&r->role.loop, &r->settle_timer, RETRY_MS, on_retry);
	TRY(role_recovered(&r->role, "journal-unwritable"));
	TRY(role_recovered(&r->role, "store-unwritable"));
	return on_writable_again(r);
}

static int fail_writing(struct registrar *r, const char *code, const char *why, int result)
{
	TRY(registrar_become_read_only(r, code, why));
	TRY(release(r, result));
	if (r->role.loop.epoll_fd <= 0)
		return 0;
	return loop_arm(&r->role.loop, &r->settle_timer, RETRY_MS, on_retry);
}

/* ---- changing ---- */

struct json *registrar_entry(const char *op, const char *person, uid_t uid)
{
	struct json *entry = json_object();

	json_set_text(entry, "op", op);
	json_set_text(entry, "actor", person ? person : "-");
	json_set_int(entry, "uid", uid);
	return entry;
}

uint64_t registrar_seq(const struct registrar *r)
{
	return journal_size(r->journal);
}

static int on_settle_timer(struct loop_timer *timer)
{
	return registrar_settle(container_of(timer, struct registrar, settle_timer));
}

static int arm_settle(struct registrar *r, uint64_t ms)
{
	if (r->role.loop.epoll_fd <= 0 || r->settle_timer.loop)
		return 0; /* without a loop the caller settles; armed already */
	return loop_arm(&r->role.loop, &r->settle_timer, ms, on_settle_timer);
}

int registrar_batch(struct registrar *r)
{
	int result;

	if (r->in_batch || r->read_only)
		return 0;
	result = database_begin(store_database(r->store));
	if (result)
		return result < 0 ? result : fail_writing(r, "store-unwritable", store_unwritable, REGISTRAR_READ_ONLY);
	r->in_batch = true;
	return arm_settle(r, ROWS_GATHER_MS);
}

/* An entry that cannot be applied is our own mistake or a full disk: it leaves no trace but a line in the log. */
static int take_back(struct registrar *r, const char *op, bool marked, int result)
{
	static const char *const why[] = {[APPLY_UNKNOWN_OP] = "unknown operation",
					  [APPLY_MALFORMED] = "a field is missing or wrong",
					  [APPLY_CONFLICT] = "conflicts with what is there"};

	journal_take_back(r->journal);
	if (marked)
		TRY(database_return(store_database(r->store)));
	if (result < 0)
		return result;
	(void)FAULT(EINVAL, "an entry \"%s\" is not applied: %s", op, why[result]);
	return REGISTRAR_REFUSED;
}

/* The disk is full: SQLite may have undone the whole transaction already, so all of this turn is given up. */
static int give_up_batch(struct registrar *r)
{
	journal_forget(r->journal);
	database_roll_back(store_database(r->store));
	r->in_batch = false;
	r->n_changes = 0;
	TRY(fail_writing(r, "store-unwritable", store_unwritable, REGISTRAR_READ_ONLY));
	return REGISTRAR_READ_ONLY;
}

static int append_and_apply(struct registrar *r, struct json *entry)
{
	OWN_MEM char *op = text_copy(json_get_text(json_look(entry), "op"));
	OWNED(json) struct json *kept = NULL;
	struct journal_stamp stamp = {.boot = clock_boot(r->clock), .mono_ms = loop_now_ms()};
	int64_t seconds = clock_seconds(r->clock);
	char now[CLOCK_TEXT];
	bool marked;
	int result;

	clock_format(seconds, now);
	stamp.time = now;
	result = journal_append(r->journal, entry, &stamp, &kept);
	if (result < 0)
		return result;
	if (result == JOURNAL_DAMAGED)
		return give_up_batch(r);
	if (result) {
		(void)FAULT(EMSGSIZE, "an entry \"%s\" is longer than the journal takes", op ? op : "?");
		return REGISTRAR_REFUSED;
	}
	marked = !apply_needs_no_mark(json_look(kept));
	if (marked)
		TRY(database_mark(store_database(r->store)));
	result = apply_entry(r->store, json_look(kept));
	if (result == APPLY_STORE_FAILS)
		return give_up_batch(r);
	if (result)
		return take_back(r, op ? op : "?", marked, result);
	if (marked)
		TRY(database_release(store_database(r->store)));
	clock_note_seconds(r->clock, seconds, stamp.mono_ms);
	return 0;
}

/* A clock that went ahead stays suspect over a restart: the journal says so, once. */
static int tell_of_clock(struct registrar *r)
{
	struct json *entry;

	if (r->clock_told || !clock_is_ahead(r->clock))
		return 0;
	r->clock_told = true;
	entry = registrar_entry("clock", NULL, 0);
	json_set_text(entry, "what", "suspect");
	TRY(registrar_change(r, entry));
	return role_degraded(&r->role, "clock-suspect", "the clock went further ahead than is plausible");
}

int registrar_change(struct registrar *r, struct json *entry)
{
	int result;

	if (r->read_only || (r->is_frozen && !rollback_allows(json_look(entry)))) {
		json_free(entry);
		return REGISTRAR_READ_ONLY;
	}
	result = tell_of_clock(r);
	if (result == 0)
		result = registrar_batch(r);
	if (result || r->read_only) {
		json_free(entry);
		return result ? result : REGISTRAR_READ_ONLY;
	}
	if (json_is_present(json_get(json_look(entry), "id"))) { /* every entry about a person has it */
		store_person_free(r->last_person);
		r->last_person = NULL;
	}
	result = append_and_apply(r, entry);
	if (result)
		return result;
	if (r->n_changes == 0) { /* rows alone would have waited longer */
		loop_disarm(&r->settle_timer);
		TRY(arm_settle(r, r->gather_ms));
	}
	return ++r->n_changes >= CHANGES_MAX ? registrar_settle(r) : 0;
}

int registrar_send(struct registrar *r, enum role_id to, int index, const struct frame_type *type, const void *message,
		   int fd)
{
	struct held h = {.to = to, .index = index, .fd = fd};
	int result;

	frame_encode(&h.message, type, message);
	result = buffer_check(&h.message);
	if (result == 0)
		result = r->n_changes > 0 ? hold(r, &h) : send_held(r, &h);
	if (result == 0 && r->n_changes > 0)
		return 0; /* the queue owns buffer and descriptor now */
	buffer_done(&h.message);
	close_fd(&h.fd);
	return result;
}

int registrar_when_durable(struct registrar *r, void (*done)(void *arg, int result), void *arg)
{
	struct held h = {.done = done, .arg = arg, .fd = -1};

	if (r->n_changes == 0) {
		done(arg, 0);
		return 0;
	}
	loop_disarm(&r->settle_timer);
	TRY(arm_settle(r, 0)); /* first: a fault says that it is not held */
	return hold(r, &h);
}

/* ---- settling ---- */

static int commit(struct registrar *r)
{
	char hash[2 * SHA256_BYTES + 1];
	int result;

	journal_last(r->journal, hash);
	result = store_counts_write(r->store);
	if (result == 0)
		result = database_run(store_database(r->store), "UPDATE applied SET seq=?,hash=?",
				      VALUES(value_int((int64_t)journal_size(r->journal)), value_text(hash)));
	return result ? result : database_commit(store_database(r->store));
}

int registrar_settle(struct registrar *r)
{
	int result;

	loop_disarm(&r->settle_timer);
	if (!r->in_batch)
		return release(r, 0);
	r->in_batch = false;
	r->n_changes = 0;
	result = journal_sync(r->journal);
	if (result) {
		database_roll_back(store_database(r->store));
		TRY(result);
		return fail_writing(r, "journal-unwritable", "the journal cannot be written", REGISTRAR_READ_ONLY);
	}
	result = commit(r);
	if (result == 0)
		result = release(r, 0);
	if (result == 0)
		return rollback_settled(r);
	TRY(result);
	/* The changes are durable and acknowledged; the store takes them from the journal when it can. */
	database_roll_back(store_database(r->store));
	return fail_writing(r, "store-unwritable", store_unwritable, 0);
}

/* ---- time ---- */

struct date registrar_today(struct registrar *r)
{
	return clock_today(r->clock);
}

void registrar_now(struct registrar *r, char ret[32])
{
	clock_format(clock_seconds(r->clock), ret);
}

bool registrar_clock_is_suspect(struct registrar *r)
{
	return clock_is_suspect(r->clock);
}

struct date registrar_clock_day(struct registrar *r)
{
	return clock_raw_day(r->clock);
}

void registrar_clock_confirmed(struct registrar *r)
{
	clock_confirm(r->clock);
	r->clock_told = false;
}

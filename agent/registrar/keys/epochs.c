#include "registrar/keys/epochs.h"

#include "base/text.h"
#include "registrar/keys/rotate.h"
#include "registrar/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct waiter {
	struct waiter *next;
	uint64_t id; /* told with the answer to this one */
	epochs_told_fn then;
	void *arg;
};

struct list {
	struct epoch *at;
	size_t n, room;
};

struct epochs {
	struct list now;
	struct list next; /* being told */
	uint64_t last_id;
	uint64_t last_set; /* of the answers: to a change, not to a question */
	char escrow[9];
	struct waiter *waiters;
};

int epochs_new(struct registrar *r)
{
	r->epochs = calloc(1, sizeof(*r->epochs));
	return r->epochs ? 0 : FAULT(ENOMEM, "epochs");
}

void epochs_free(struct registrar *r)
{
	struct epochs *e = r->epochs;

	if (!e)
		return;
	while (e->waiters) {
		struct waiter *first = e->waiters;

		e->waiters = first->next;
		(void)first->then(r, 0, first->arg); /* it ends: nothing is sent any more */
		free(first);
	}
	free(e->now.at);
	free(e->next.at);
	free(e);
	r->epochs = NULL;
}

size_t epochs_n(const struct registrar *r)
{
	return r->epochs->now.n;
}

const struct epoch *epochs_at(const struct registrar *r, size_t i)
{
	return &r->epochs->now.at[i];
}

const struct epoch *epochs_find(const struct registrar *r, const char *level, const char *epoch)
{
	for (size_t i = 0; i < r->epochs->now.n; i++)
		if (text_equal(r->epochs->now.at[i].level, level) && text_equal(r->epochs->now.at[i].epoch, epoch))
			return &r->epochs->now.at[i];
	return NULL;
}

const struct epoch *epochs_by_key(const struct registrar *r, const char *key_id)
{
	for (size_t i = 0; i < r->epochs->now.n; i++)
		if (text_equal(r->epochs->now.at[i].key_id, key_id))
			return &r->epochs->now.at[i];
	return NULL;
}

const struct epoch *epochs_newest(const struct registrar *r, const char *level)
{
	for (size_t i = 0; i < r->epochs->now.n; i++)
		if (r->epochs->now.at[i].is_newest && text_equal(r->epochs->now.at[i].level, level))
			return &r->epochs->now.at[i];
	return NULL;
}

const char *epochs_escrow(const struct registrar *r)
{
	return r->epochs->escrow;
}

static const char *const state_names[] = {
    [EPOCH_OPEN] = "open", [EPOCH_RETIRED] = "retired", [EPOCH_DESTROYED] = "destroyed"};

const char *epochs_state_name(enum epoch_state state)
{
	return state_names[state];
}

/* ---- names ---- */

/* "2026-r3" and "2026-r3-leak" give 3, "2026" 1. */
static unsigned long number_of(const char *epoch)
{
	const char *r = strstr(epoch, "-r");
	char *end = NULL;
	unsigned long n = r ? strtoul(r + 2, &end, 10) : 0;

	return r && end != r + 2 && n < 1000000 ? n : 1;
}

void epochs_next_name(const char *newest, int year, const char *word, char ret[EPOCHS_NAME])
{
	long last = newest ? strtol(newest, NULL, 10) : 0;

	if (!newest || last < year) {
		(void)snprintf(ret, EPOCHS_NAME, "%d", year);
		return;
	}
	(void)snprintf(ret, EPOCHS_NAME, "%ld-r%lu%s%.64s", last, number_of(newest) + 1, word ? "-" : "",
		       word ? word : "");
	if (strverscmp(ret, newest) <= 0) /* a name of another kind, made by hand */
		(void)snprintf(ret, EPOCHS_NAME, "%.100s-r2", newest);
}

/* ---- asking ---- */

static int wait_for(struct registrar *r, uint64_t id, epochs_told_fn then, void *arg)
{
	struct waiter *waiter = then ? calloc(1, sizeof(*waiter)) : NULL;

	if (!then)
		return 0;
	if (!waiter)
		return FAULT(ENOMEM, "epochs");
	*waiter = (struct waiter){r->epochs->waiters, id, then, arg};
	r->epochs->waiters = waiter;
	return 0;
}

int epochs_ask(struct registrar *r, epochs_told_fn then, void *arg)
{
	struct frame_epochs_ask m = {.id = ++r->epochs->last_id};

	if (!role_peer(&r->role, ROLE_KEEPER, -1))
		return then ? then(r, 0, arg) : 0;
	TRY(wait_for(r, m.id, then, arg));
	return registrar_send(r, ROLE_KEEPER, 0, &frame_type_epochs_ask, &m, -1);
}

int epochs_make(struct registrar *r, const char *level, const char *epoch)
{
	struct frame_epoch m = {.level = level, .epoch = epoch};

	TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_epoch, &m, -1));
	return epochs_ask(r, NULL, NULL);
}

int epochs_set(struct registrar *r, const char *level, const char *epoch, enum epoch_state state, epochs_told_fn then,
	       void *arg)
{
	struct frame_epoch_set m = {
	    .id = ++r->epochs->last_id, .level = level, .epoch = epoch, .state = (uint8_t)state};

	if (!role_peer(&r->role, ROLE_KEEPER, -1))
		return then ? then(r, 0, arg) : 0; /* it is told when it is back */
	r->epochs->last_set = m.id;
	TRY(wait_for(r, m.id, then, arg));
	return registrar_send(r, ROLE_KEEPER, 0, &frame_type_epoch_set, &m, -1);
}

/* Those up to that id; 0: all. */
static int tell_waiters(struct registrar *r, uint64_t id, enum epoch_outcome outcome)
{
	struct waiter **at = &r->epochs->waiters, *told = NULL;

	while (*at) {
		struct waiter *waiter = *at;

		if (id != 0 && waiter->id > id) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->next = told;
		told = waiter;
	}
	while (told) {
		struct waiter *next = told->next;
		int result = told->then(r, outcome, told->arg);

		free(told);
		told = next;
		TRY(result);
	}
	return 0;
}

int epochs_lost_keeper(struct registrar *r)
{
	r->epochs->next.n = 0;
	return tell_waiters(r, 0, 0);
}

/* ---- being told ---- */

static struct epoch *add(struct list *list)
{
	if (list->n == list->room) {
		struct epoch *more = reallocarray(list->at, list->room + 32, sizeof(*more));

		if (!more)
			return NULL;
		list->at = more;
		list->room += 32;
	}
	list->at[list->n] = (struct epoch){0};
	return &list->at[list->n++];
}

int epochs_on_is(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	const struct frame_epoch_is *m = &any->epoch_is;
	struct epochs *e = registrar_of(role)->epochs;
	struct epoch *one;

	(void)from;
	(void)fd;
	if (m->state < EPOCH_OPEN || m->state > EPOCH_DESTROYED || strlen(m->level) >= EPOCHS_NAME ||
	    strlen(m->epoch) >= EPOCHS_NAME || strlen(m->key_id) != sizeof(one->key_id) - 1)
		return 0;
	one = add(&e->next);
	if (!one)
		return FAULT(ENOMEM, "epochs");
	memcpy(one->level, m->level, strlen(m->level) + 1);
	memcpy(one->epoch, m->epoch, strlen(m->epoch) + 1);
	memcpy(one->key_id, m->key_id, sizeof(one->key_id));
	one->state = (enum epoch_state)m->state;
	one->is_readable = m->readable != 0;
	return 0;
}

static void mark_newest(struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct epoch *e = &list->at[i];

		e->is_newest = e->state != EPOCH_DESTROYED;
		for (size_t k = 0; k < list->n && e->is_newest; k++)
			if (text_equal(list->at[k].level, e->level) && list->at[k].state != EPOCH_DESTROYED &&
			    strverscmp(list->at[k].epoch, e->epoch) > 0)
				e->is_newest = false;
	}
}

static int by_name(const void *left, const void *right)
{
	const struct epoch *a = left, *b = right;
	int order = strcmp(a->level, b->level);

	return order ? order : strverscmp(a->epoch, b->epoch);
}

static int see_state(const struct store_epoch *e, void *arg)
{
	for (int i = EPOCH_OPEN; i <= EPOCH_DESTROYED; i++)
		if (text_equal(e->state, state_names[i]))
			*(enum epoch_state *)arg = (enum epoch_state)i;
	return 0;
}

static int journal_known(struct registrar *r, const struct epoch *e)
{
	struct json *entry = registrar_entry("epoch", NULL, 0);
	int result;

	json_set_text(entry, "what", "known");
	json_set_text(entry, "key_id", e->key_id);
	json_set_text(entry, "level", e->level);
	json_set_text(entry, "epoch", e->epoch);
	json_set_text(entry, "state", state_names[e->state]);
	result = registrar_change(r, entry);
	return result < 0 ? result : 0;
}

/* What is new goes into the journal; what was destroyed stays so, whoever says it; else the journal's word counts. */
static int reconcile(struct registrar *r, const struct epoch *e, bool may_tell)
{
	enum epoch_state wanted = EPOCH_OPEN;
	int result = store_epoch_by_key(r->store, e->key_id, see_state, &wanted);

	TRY(result);
	if (result == STORE_NOT_FOUND || (e->state == EPOCH_DESTROYED && wanted != EPOCH_DESTROYED))
		return journal_known(r, e);
	if (wanted == e->state || !may_tell)
		return 0;
	return epochs_set(r, e->level, e->epoch, wanted, NULL, NULL);
}

int epochs_on_end(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	struct epochs *e = r->epochs;
	struct list old = e->now;
	bool may_tell = any->epochs_end.id > e->last_set;

	(void)from;
	(void)fd;
	e->now = e->next;
	old.n = 0;
	e->next = old;
	mark_newest(&e->now);
	if (e->now.n > 0)
		qsort(e->now.at, e->now.n, sizeof(*e->now.at), by_name);
	(void)snprintf(e->escrow, sizeof(e->escrow), "%s", any->epochs_end.escrow);
	for (size_t i = 0; i < e->now.n; i++)
		TRY(reconcile(r, &e->now.at[i], may_tell));
	TRY(tell_waiters(r, any->epochs_end.id, (enum epoch_outcome)any->epochs_end.outcome));
	TRY(rotate_by_itself(r));
	return rotate_look(r);
}

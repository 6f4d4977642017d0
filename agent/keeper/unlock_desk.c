/* What registrar and keeper say to each other about levels that persons unlock. */
#include "keeper/unlock_desk.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

static int tell_key(struct channel *registrar, struct keeper_key *key)
{
	OWN_BUFFER struct buffer persons = {0};
	OWN_MEM char *lines = NULL;
	char text[RECIPIENT_TEXT];

	for (size_t i = 0; i < key->n_persons; i++) {
		recipient_to_text(&key->persons[i], text);
		buffer_add_format(&persons, "%s\n", text);
	}
	lines = buffer_steal_text(&persons);
	if (!lines)
		return FAULT(ENOMEM, "state of a key");
	key->is_told = true;
	return CHANNEL_SEND(registrar, key_state, -1, .level = key->level, .epoch = key->epoch,
			    .is_of_persons = key->is_of_persons, .is_open = key->identity != NULL, .persons = lines);
}

static int tell_keys(struct unlock_desk *desk, struct channel *registrar, bool all)
{
	struct keeper *k = desk->keeper;

	if (all)
		TRY(CHANNEL_SEND(registrar, key_state, -1, .level = "")); /* what follows is all there is */
	for (size_t i = 0; i < k->n_keys; i++)
		if (all || !k->keys[i].is_told)
			TRY(tell_key(registrar, &k->keys[i]));
	desk->n_told = k->n_keys;
	return 0;
}

int unlock_desk_tell(struct unlock_desk *desk)
{
	struct channel *registrar = role_peer(desk->role, ROLE_REGISTRAR, -1);
	struct keeper *k = desk->keeper;

	if (registrar) /* fewer: one was destroyed */
		TRY(tell_keys(desk, registrar, k->n_keys < desk->n_told));
	if (k->n_unwritten == 0)
		return role_recovered(desk->role, "key-not-rewritten");
	k->n_unwritten = 0;
	return role_degraded(desk->role, "key-not-rewritten",
			     "a level key could not be written for those who may read it");
}

static int tell_over(void *context, const char *person, const char *why)
{
	struct unlock_desk *desk = context;
	struct channel *registrar = role_peer(desk->role, ROLE_REGISTRAR, -1);

	return registrar ? CHANNEL_SEND(registrar, lock, -1, .person = person, .why = why) : 0;
}

/* Boot time counts through sleep, monotonic time does not. */
static struct unlock_moment moment(void)
{
	uint64_t now_ms = loop_now_ms(), awake_ms;
	struct timespec awake;

	(void)clock_gettime(CLOCK_MONOTONIC, &awake); /* every kernel has it */
	awake_ms = (uint64_t)awake.tv_sec * 1000 + (uint64_t)awake.tv_nsec / 1000000;
	return (struct unlock_moment){now_ms, now_ms > awake_ms ? now_ms - awake_ms : 0};
}

static int on_look(struct loop_timer *timer)
{
	return unlock_desk_look(container_of(timer, struct unlock_desk, timer));
}

int unlock_desk_look(struct unlock_desk *desk)
{
	struct unlock_told told = {tell_over, desk};
	uint64_t ms;

	TRY(unlock_look(desk->keeper, moment(), &told, &ms));
	TRY(unlock_desk_tell(desk));
	if (ms == UINT64_MAX)
		loop_disarm(&desk->timer);
	else
		TRY(loop_arm(&desk->role->loop, &desk->timer, ms, on_look));
	return 0;
}

int unlock_desk_on_level_mode(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	struct unlock_desk *desk = self->own;

	(void)from;
	(void)fd;
	TRY(unlock_set_level(desk->keeper, &m->level_mode));
	return unlock_desk_tell(desk);
}

int unlock_desk_on_lock(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	struct unlock_desk *desk = self->own;
	struct unlock_told told = {tell_over, desk};

	(void)from;
	(void)fd;
	TRY(unlock_lock(desk->keeper, m->lock.person, m->lock.why, &told));
	return unlock_desk_look(desk);
}

static int read_identity(uint8_t *at, size_t *n, void *context)
{
	ssize_t got = files_linux.pread(&files_linux, *(int *)context, at, *n, 0);

	*n = got > 0 ? (size_t)got : 0;
	return 0;
}

static int parse_identity(struct bytes text, void *context)
{
	return identity_from_text(text, context);
}

/* From a memfd that cannot change under us, right into memory that is locked. 0, or an identity_outcome. */
static int take_identity(int fd, struct secret **ret)
{
	const int sealed = F_SEAL_SHRINK | F_SEAL_WRITE;
	OWNED(secret) struct secret *text = NULL;
	int seals = fd >= 0 ? fcntl(fd, F_GET_SEALS) : -1;

	if (seals < 0 || (seals & sealed) != sealed)
		return IDENTITY_MALFORMED;
	TRY(secret_new_filled(IDENTITY_LINES_MAX, read_identity, &fd, &text));
	return secret_lend(text, parse_identity, ret);
}

static int tell_unlocked(struct unlock_desk *desk, uint64_t id, const char *person, enum key_outcome outcome)
{
	struct channel *registrar = role_peer(desk->role, ROLE_REGISTRAR, -1);
	OWN_BUFFER struct buffer levels = {0};
	OWN_MEM char *lines = NULL;

	unlock_levels(desk->keeper, person, &levels);
	lines = buffer_steal_text(&levels);
	if (!lines)
		return FAULT(ENOMEM, "unlocked levels");
	return registrar ? CHANNEL_SEND(registrar, unlocked, -1, .id = id, .outcome = (uint8_t)outcome,
					.person = person, .levels = lines)
			 : 0;
}

int unlock_desk_on_unlock(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	struct unlock_order order = {m->unlock.person, m->unlock.recipient, moment()};
	OWNED(secret) struct secret *identity = NULL;
	enum key_outcome outcome = KEY_NO_IDENTITY;
	struct unlock_desk *desk = self->own;
	int r = take_identity(*fd, &identity);

	(void)from;
	TRY(r);
	TRY(unlock_desk_look(desk)); /* what has idled is not taken for open */
	if (r == 0)
		TRY(unlock_open(desk->keeper, &order, identity, &outcome));
	TRY(unlock_desk_look(desk));
	return tell_unlocked(desk, m->unlock.id, order.person, outcome);
}

int unlock_desk_tell_all(struct unlock_desk *desk, struct channel *registrar)
{
	struct keeper *k = desk->keeper;

	TRY(tell_keys(desk, registrar, true));
	for (size_t i = 0; i < KEEPER_SESSIONS; i++)
		if (k->sessions[i].person[0])
			TRY(tell_unlocked(desk, 0, k->sessions[i].person, KEY_DONE));
	return 0;
}

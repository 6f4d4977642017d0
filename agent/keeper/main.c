/* classd-keeper: the process around keeper.h. */
#include "keeper/backup.h"
#include "keeper/epochs.h"
#include "keeper/escrow.h"
#include "keeper/keeper.h"
#include "keeper/unlock_desk.h"
#include "keeper/waiting.h"
#include "system/role.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct role role;
static struct keeper keeper;
static struct mark mark;
static struct waiting waiting;
static struct loop_timer waiting_over;
static struct unlock_desk unlock_desk = {.role = &role, .keeper = &keeper};

#define SEALERS_MAX 16

static int send_level(struct channel *to, uint64_t id, const char *level)
{
	const struct keeper_key *key = keeper_level(&keeper, level);
	struct frame_level_public answer = {.id = id,
					    .outcome = key && keeper_is_durable(&keeper) ? KEY_DONE : KEY_UNKNOWN_LEVEL,
					    .level = level,
					    .epoch = key ? key->epoch : "",
					    .key_id = key ? key->key_id : ""};

	if (key) {
		memcpy(answer.public, key->recipient.point, sizeof(answer.public));
		memcpy(answer.escrow, keeper.wrap_to[1].point, sizeof(answer.escrow));
	}
	return channel_send(to, &frame_type_level_public, &answer, -1);
}

/* ---- answers to sealers ---- */

struct answer_to {
	struct channel *sealer;
	struct frame_file_key message;
};

static int answer_with(struct bytes key, void *context)
{
	struct answer_to *to = context;

	to->message.key = key;
	return channel_send(to->sealer, &frame_type_file_key, &to->message, -1); /* copies; wiped when sent */
}

static int answer_unwrap(const struct waiting_request *request)
{
	OWNED(secret) struct secret *key = NULL;
	enum key_outcome outcome = KEY_BAD_HEADER;
	struct answer_to to = {role_peer(&role, ROLE_SEALER, request->sealer), {.id = request->id}};

	if (!to.sealer)
		return 0; /* it is another one by then, and asks again */
	TRY(keeper_unwrap(&keeper, request->grant, buffer_bytes(&request->header), loop_now_ms(), &key, &outcome,
			  &to.message.detail));
	to.message.outcome = (uint8_t)outcome;
	return key ? secret_lend(key, answer_with, &to) : answer_with((struct bytes){0}, &to);
}

/* Of a level that nobody has told of: "unknown", its time is over. */
static int answer_level_key(const struct waiting_request *request)
{
	struct channel *sealer = role_peer(&role, ROLE_SEALER, request->sealer);
	OWN_MEM char *level = text_format("%.*s", (int)request->header.n, (const char *)request->header.at);

	if (!level)
		return FAULT(ENOMEM, "level");
	return sealer ? send_level(sealer, request->id, level) : 0;
}

static int answer_request(const struct waiting_request *request)
{
	return request->grant ? answer_unwrap(request) : answer_level_key(request);
}

static int answer_level(const char *level)
{
	struct waiting_request request;

	while (waiting_take_level(&waiting, level, &request)) {
		int r = answer_request(&request);

		waiting_request_done(&request);
		TRY(r);
	}
	return 0;
}

static int answer_waiting(uint64_t grant)
{
	struct waiting_request request;

	while (waiting_take(&waiting, grant, loop_now_ms(), &request)) {
		int r = answer_request(&request);

		waiting_request_done(&request);
		TRY(r);
	}
	return 0;
}

static int on_waiting_over(struct loop_timer *timer)
{
	uint64_t ms;

	TRY(answer_waiting(0));
	ms = waiting_ms(&waiting, loop_now_ms());
	return ms == UINT64_MAX ? 0 : loop_arm(&role.loop, timer, ms, on_waiting_over);
}

static int wait_for_registrar(struct waiting_request *request)
{
	struct waiting_request oldest;
	int r = waiting_add(&waiting, request, &oldest) ? answer_request(&oldest) : 0;

	waiting_request_done(&oldest);
	TRY(r);
	return waiting_over.loop ? 0 : loop_arm(&role.loop, &waiting_over, WAITING_MS, on_waiting_over);
}

static int on_level_key(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	struct waiting_request request = {
	    .id = m->level_key.id, .sealer = from->peer_index, .until_ms = loop_now_ms() + WAITING_MS};
	int r;

	(void)self;
	(void)fd;
	if (keeper_level(&keeper, m->level_key.level))
		return send_level(from, m->level_key.id, m->level_key.level);
	buffer_add_text(&request.header, m->level_key.level);
	r = buffer_check(&request.header);
	if (r == 0)
		r = wait_for_registrar(&request);
	waiting_request_done(&request);
	return r;
}

/* ---- keys ---- */

/* Sealers remember the key of a level for a while: from now on it is another one. */
static int tell_sealers(struct role *self, const char *level)
{
	for (int i = 0; i < SEALERS_MAX; i++) {
		struct channel *sealer = role_peer(self, ROLE_SEALER, i);

		if (sealer)
			TRY(send_level(sealer, 0, level));
	}
	return 0;
}

/* A directory that takes nothing changes nothing, and whoever asked hears it: a keeper that ended for it would end
 * again at each start, and nobody could read. */
static int say_written(struct role *self, bool is_written)
{
	return is_written ? role_recovered(self, "keys-unwritable")
			  : role_degraded(self, "keys-unwritable", "the key directory cannot be written");
}

static int on_epoch(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	enum key_outcome outcome;
	size_t n = keeper.n_keys;
	bool is_written = keeper_add_epoch(&keeper, m->epoch.level, m->epoch.epoch, &outcome) == 0;

	(void)fd;
	if (!is_written)
		outcome = KEY_NO_IDENTITY;
	if (!is_written || keeper.n_keys > n) /* one that was there before says nothing of the disk */
		TRY(say_written(self, is_written));
	TRY(unlock_desk_tell(&unlock_desk));
	if (keeper.n_keys > n)
		TRY(tell_sealers(self, m->epoch.level));
	TRY(answer_level(m->epoch.level));
	return CHANNEL_SEND(from, epoch_ready, -1, .level = m->epoch.level, .epoch = m->epoch.epoch,
			    .outcome = (uint8_t)outcome);
}

/* ---- epochs ---- */

static int send_epoch(const struct frame_epoch_is *epoch, void *context)
{
	return channel_send(context, &frame_type_epoch_is, epoch, -1);
}

static int send_epochs(struct channel *to, uint64_t id, enum epoch_outcome outcome)
{
	char escrow[9];

	identity_key_id(&keeper.wrap_to[1], escrow);
	TRY(epochs_each(&keeper, id, send_epoch, to));
	return CHANNEL_SEND(to, epochs_end, -1, .id = id, .outcome = (uint8_t)outcome, .escrow = escrow);
}

static int on_epochs_ask(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	(void)self;
	(void)fd;
	return send_epochs(from, m->epochs_ask.id, EPOCH_DONE);
}

static int on_epoch_set(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	const struct frame_epoch_set *set = &m->epoch_set;
	enum epoch_outcome outcome = EPOCH_UNKNOWN;
	bool is_known = set->state >= EPOCH_OPEN && set->state <= EPOCH_DESTROYED;
	bool is_written =
	    !is_known || epochs_set(&keeper, set->level, set->epoch, (enum epoch_state)set->state, &outcome) == 0;

	(void)fd;
	if (!is_written)
		outcome = EPOCH_UNWRITTEN;
	TRY(say_written(self, is_written));
	TRY(unlock_desk_tell(&unlock_desk));
	return send_epochs(from, set->id, outcome);
}

/* ---- escrow ---- */

static int send_escrow(struct channel *to, enum key_outcome outcome)
{
	char recipient[RECIPIENT_TEXT];

	recipient_to_text(&keeper.wrap_to[1], recipient);
	return CHANNEL_SEND(to, escrow_is, -1, .recipient = recipient, .waiting = (uint32_t)escrow_waiting(&keeper),
			    .outcome = (uint8_t)outcome);
}

/* Key files that waited for their persons, or for a disk: tried whenever somebody reads, for then some key is open. */
static int follow_escrow(struct role *self)
{
	struct channel *registrar = role_peer(self, ROLE_REGISTRAR, -1);
	size_t before = escrow_waiting(&keeper);

	if (before == 0 || escrow_resume(&keeper) < 0 || escrow_waiting(&keeper) == before || !registrar)
		return 0;
	TRY(role_recovered(self, "escrow-unwritable"));
	return send_escrow(registrar, KEY_DONE);
}

static int on_escrow(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	enum key_outcome outcome;
	struct recipient to;
	int r = recipient_from_text(bytes_of_text(m->escrow.recipient), &to);

	(void)fd;
	TRY(r);
	if (r > 0)
		return send_escrow(from, KEY_BAD_HEADER);
	outcome = escrow_change(&keeper, &to) == 0 ? KEY_DONE : KEY_NO_IDENTITY;
	TRY(outcome == KEY_DONE
		? role_recovered(self, "escrow-unwritable")
		: role_degraded(self, "escrow-unwritable", "level keys could not be wrapped to the new escrow"));
	for (size_t i = 0; i < keeper.n_keys; i++)
		TRY(tell_sealers(self, keeper.keys[i].level));
	return send_escrow(from, outcome);
}

/* A header that did not fit into the frame comes in a memfd that cannot shrink or change under us; else it is none. */
static int read_long_header(int fd, struct buffer *ret)
{
	const int sealed = F_SEAL_SHRINK | F_SEAL_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & sealed) != sealed)
		return 0;
	for (size_t max = AGE_HEADER_MAX + AGE_NONCE; ret->n < max;) {
		uint8_t *room = buffer_reserve(ret, max - ret->n);
		int got = room ? (int)files_linux.pread(&files_linux, fd, room, max - ret->n, ret->n) : -ENOMEM;

		if (got <= 0)
			return got == 0 ? 0 : FAULT(-got, "header");
		ret->n += (size_t)got;
	}
	return 0;
}

static int on_grant(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	(void)from;
	(void)fd;
	TRY(follow_escrow(self));
	keeper_add_grant(&keeper, &m->grant, loop_now_ms());
	return keeper_has_grant(&keeper, m->grant.grant) ? answer_waiting(m->grant.grant) : 0;
}

static int on_unwrap(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	struct waiting_request request = {.id = m->unwrap.id,
					  .grant = m->unwrap.grant,
					  .sealer = from->peer_index,
					  .until_ms = loop_now_ms() + WAITING_MS};
	bool waits = request.grant != 0 && !keeper_has_grant(&keeper, request.grant);
	int r = unlock_desk_look(&unlock_desk); /* the machine may have slept a moment ago */

	(void)self;
	TRY(r);
	if (*fd >= 0)
		r = read_long_header(*fd, &request.header);
	else
		buffer_add_bytes(&request.header, m->unwrap.header);
	if (r == 0)
		r = buffer_check(&request.header);
	if (r == 0)
		r = waits ? wait_for_registrar(&request) : answer_request(&request);
	waiting_request_done(&request);
	return r;
}

static int on_pack_keys(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	struct frame_packed_keys answer = {.id = m->pack_keys.id, .outcome = KEY_BAD_HEADER};

	(void)self;
	if (*fd >= 0 && backup_pack_keys(&keeper, *fd, &answer.files) == 0) /* a fault is that backup's alone */
		answer.outcome = KEY_DONE;
	return channel_send(from, &frame_type_packed_keys, &answer, -1);
}

static int on_mark(struct role *self, struct channel *from, const union frame_any *m, int *fd)
{
	(void)from;
	(void)fd;
	return mark_write(&keeper, &mark, &m->mark, m->mark.accept == 1) == 0
		   ? role_recovered(self, "mark-unwritable")
		   : role_degraded(self, "mark-unwritable", "the mark of the journal cannot be written");
}

static const struct role_row rows[] = {
    {ROLE_REGISTRAR, &frame_type_grant, on_grant},
    {ROLE_REGISTRAR, &frame_type_epoch, on_epoch},
    {ROLE_REGISTRAR, &frame_type_epochs_ask, on_epochs_ask},
    {ROLE_REGISTRAR, &frame_type_epoch_set, on_epoch_set},
    {ROLE_REGISTRAR, &frame_type_escrow, on_escrow},
    {ROLE_SEALER, &frame_type_level_key, on_level_key},
    {ROLE_SEALER, &frame_type_unwrap, on_unwrap},
    {ROLE_REGISTRAR, &frame_type_pack_keys, on_pack_keys},
    {ROLE_REGISTRAR, &frame_type_mark, on_mark},
    {ROLE_REGISTRAR, &frame_type_level_mode, unlock_desk_on_level_mode},
    {ROLE_REGISTRAR, &frame_type_unlock, unlock_desk_on_unlock},
    {ROLE_REGISTRAR, &frame_type_lock, unlock_desk_on_lock},
};

/* Made with the keys: where it is missing later, somebody took it away. */
static int open_mark(const struct role *self)
{
	TRY(mark_read(&keeper, &mark));
	return self->init ? mark_write(&keeper, &mark, &(struct frame_mark){0}, true) : 0;
}

static int prepare(struct role *self)
{
	int store = self->resources[RESOURCE_STATE], machine = self->resources[RESOURCE_MACHINE_KEY];
	int r = 0;

	TRY(sodium_start());
	self->own = &unlock_desk;
	if (store < 0 || machine < 0)
		return FAULT(EINVAL, "key directory or machine key is missing");
	if (self->init) {
		r = keeper_initialise(&files_linux, store, machine, self->resources[RESOURCE_ESCROW_OUT]);
		close_fd(&self->resources[RESOURCE_ESCROW_OUT]);
	}
	TRY(r);
	if (r == 0)
		r = keeper_open(&keeper, &files_linux, store, machine);
	TRY(r);
	close_fd(&self->resources[RESOURCE_MACHINE_KEY]);
	if (r == KEEPER_UNINITIALISED)
		return FAULT(ENOKEY, "no machine key or escrow yet: run classd --init with --escrow-out");
	return r == KEEPER_WRONG_KEY ? FAULT(EKEYREJECTED, "this machine key opens none of the level keys")
				     : open_mark(self);
}

static int send_meta_key(struct bytes key, void *context)
{
	return CHANNEL_SEND(context, meta_key, -1, .key = key);
}

static int send_mark(struct channel *registrar)
{
	struct frame_marked m = {.state = (uint8_t)mark.state, .entries = mark.entries};

	memcpy(m.last, mark.last, sizeof(m.last));
	return channel_send(registrar, &frame_type_marked, &m, -1);
}

static int peer_up(struct role *self, struct channel *peer)
{
	OWNED(secret) struct secret *key = NULL;

	if (peer->peer_role != ROLE_REGISTRAR)
		return 0;
	if (keeper.n_unreadable > 0)
		TRY(role_degraded(self, "key-unreadable", "some level keys do not open with this machine key"));
	TRY(keeper_meta_key(&keeper, &key));
	TRY(send_mark(peer)); /* before the key, with which persons are served */
	TRY(secret_lend(key, send_meta_key, peer));
	TRY(unlock_desk_tell_all(&unlock_desk, peer));
	return send_escrow(peer, KEY_DONE);
}

static int peer_down(struct role *self, enum role_id id, uint8_t index)
{
	(void)self;
	if (id == ROLE_SEALER)
		waiting_drop(&waiting, index);
	return 0;
}

static void end(struct role *self)
{
	(void)self;
	for (size_t i = 0; i < WAITING_MAX; i++)
		waiting_request_done(&waiting.places[i]);
	keeper_done(&keeper);
}

int main(int argc, char **argv)
{
	static const struct role_description description = {
	    .id = ROLE_KEEPER,
	    .rows = rows,
	    .n_rows = array_n(rows),
	    .prepare = prepare,
	    .peer_up = peer_up,
	    .peer_down = peer_down,
	    .end = end,
	};

	return role_main(&description, &role, argc, argv);
}

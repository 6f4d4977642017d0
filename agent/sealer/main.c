/* classd-sealer: the process around sealer.h. */
#include "sealer/sealer.h"
#include "system/acl.h"
#include "system/role.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CROWDED_BYTES ((size_t)1 << 20)

struct process {
	struct sealer sealer;
	struct loop_timer turn;
	struct loop_source pipes;
};

static struct role role;
static struct process process;
static struct files files;

static int to_registrar(void *context, const struct frame_type *type, const void *message, int fd)
{
	struct channel *registrar = role_peer(context, ROLE_REGISTRAR, -1);

	if (registrar)
		return channel_send(registrar, type, message, fd);
	close_fd(&fd); /* it asks again when it is back */
	return 0;
}

static int to_keeper(void *context, const struct frame_type *type, const void *message, int fd)
{
	struct channel *keeper = role_peer(context, ROLE_KEEPER, -1);

	if (keeper)
		return channel_send(keeper, type, message, fd);
	close_fd(&fd);
	return SEALER_KEEPER_AWAY;
}

static int degraded(void *context, const char *code, const char *detail)
{
	return role_degraded(context, code, detail);
}

static bool is_crowded(void *context)
{
	struct channel *registrar = role_peer(context, ROLE_REGISTRAR, -1);

	return registrar && channel_queued(registrar) > CROWDED_BYTES;
}

static int run(void)
{
	uint64_t wait_ms;

	TRY(sealer_turn(&process.sealer, loop_now_ms(), &wait_ms));
	if (wait_ms == UINT64_MAX)
		loop_disarm(&process.turn);
	return wait_ms == UINT64_MAX ? 0 : loop_arm(&role.loop, &process.turn, wait_ms, process.turn.due);
}

static int on_turn(struct loop_timer *timer)
{
	(void)timer;
	return run();
}

static int on_pipes(struct loop_source *source, uint32_t events)
{
	(void)source;
	(void)events;
	return run();
}

static int on_message(const struct frame_type *type, const union frame_any *message, int *fd)
{
	TRY(sealer_message(&process.sealer, type, message, fd));
	return loop_arm(&role.loop, &process.turn, 0, process.turn.due); /* after all that came with it */
}

#define ON(message_)                                                                                                   \
	static int on_##message_(struct role *self, struct channel *from, const union frame_any *m, int *fd)           \
	{                                                                                                              \
		(void)self;                                                                                            \
		(void)from;                                                                                            \
		return on_message(&frame_type_##message_, m, fd);                                                      \
	}
ON(seal)
ON(settle)
ON(rewrap)
ON(rekey)
ON(unseal)
ON(header)
ON(carry)
ON(restore)
ON(list)
ON(discard)
ON(alias)
ON(destroy)
ON(level_public)
ON(file_key)

static const struct role_row rows[] = {
    {ROLE_REGISTRAR, &frame_type_seal, on_seal},
    {ROLE_REGISTRAR, &frame_type_settle, on_settle},
    {ROLE_REGISTRAR, &frame_type_rewrap, on_rewrap},
    {ROLE_REGISTRAR, &frame_type_rekey, on_rekey},
    {ROLE_REGISTRAR, &frame_type_unseal, on_unseal},
    {ROLE_REGISTRAR, &frame_type_header, on_header},
    {ROLE_REGISTRAR, &frame_type_carry, on_carry},
    {ROLE_REGISTRAR, &frame_type_restore, on_restore},
    {ROLE_REGISTRAR, &frame_type_list, on_list},
    {ROLE_REGISTRAR, &frame_type_discard, on_discard},
    {ROLE_REGISTRAR, &frame_type_alias, on_alias},
    {ROLE_REGISTRAR, &frame_type_destroy, on_destroy},
    {ROLE_KEEPER, &frame_type_level_public, on_level_public},
    {ROLE_KEEPER, &frame_type_file_key, on_file_key},
};

/* A root that is not there is the watcher's finding; when it comes, the supervisor starts us anew. */
static int prepare(struct role *self)
{
	const struct sealer_ports ports = {self, to_registrar, to_keeper, degraded, is_crowded};

	process.turn.due = on_turn;
	files = files_linux;
	acl_equip(&files);
	TRY(sodium_start());
	TRY(sealer_init(&process.sealer, &files, &ports, geteuid()));
	for (size_t i = 0; i < self->n_roots; i++) {
		const struct role_root *root = &self->roots[i];
		int fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			TRY(sealer_add_root(&process.sealer, root->id, root->kind, fd));
	}
	return 0;
}

static int begin(struct role *self)
{
	return loop_watch(&self->loop, &process.pipes, process.sealer.pipes, EPOLLIN, on_pipes);
}

static int peer_up(struct role *self, struct channel *peer)
{
	(void)self;
	return peer->peer_role == ROLE_KEEPER ? sealer_keeper_up(&process.sealer) : 0;
}

static int peer_down(struct role *self, enum role_id id, uint8_t index)
{
	(void)self;
	(void)index;
	if (id == ROLE_REGISTRAR)
		sealer_registrar_lost(&process.sealer);
	return 0;
}

static void end(struct role *self)
{
	(void)self;
	loop_unwatch(&process.pipes);
	loop_disarm(&process.turn);
	sealer_done(&process.sealer);
}

int main(int argc, char **argv)
{
	static const struct role_description description = {
	    .id = ROLE_SEALER,
	    .rows = rows,
	    .n_rows = array_n(rows),
	    .prepare = prepare,
	    .begin = begin,
	    .peer_up = peer_up,
	    .peer_down = peer_down,
	    .end = end,
	};

	return role_main(&description, &role, argc, argv);
}

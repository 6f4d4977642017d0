/* From descriptor 3 to the loop. What a role may hear is its table; what it may do is its sandbox row. */
#include "system/role.h"

#include "system/log.h"
#include "system/sandbox.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define EXIT_NOT_STARTED_BY_CLASSD 64

/* Configuration, as it was told */

const char *role_setting_next(const struct role *role, const char *key, const char *last)
{
	bool passed = !last;

	for (size_t i = 0; i < role->n_settings; i++) {
		const struct role_setting *setting = &role->settings[i];

		if (passed && text_equal(setting->key, key))
			return setting->value;
		passed = passed || setting->value == last;
	}
	return NULL;
}

const char *role_setting(const struct role *role, const char *key, const char *otherwise)
{
	const char *value = role_setting_next(role, key, NULL);

	return value ? value : otherwise;
}

const struct role_root *role_root_find(const struct role *role, uint32_t id)
{
	for (size_t i = 0; i < role->n_roots; i++)
		if (role->roots[i].id == id)
			return &role->roots[i];
	return NULL;
}

static int handle_start(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	const struct frame_start *start = &message->start;

	(void)from;
	(void)fd;
	if (role->state_dir)
		return 0;
	if (start->role != role->description->id)
		return FAULT(EINVAL, "started as role %u", start->role);
	role->index = start->index;
	role->trial = start->trial;
	role->init = start->init;
	role->sealer_uid = start->sealer_uid;
	role->state_dir = text_copy(start->state_dir);
	role->runtime_dir = text_copy(start->runtime_dir);
	return role->state_dir && role->runtime_dir ? 0 : FAULT(ENOMEM, "start");
}

static int handle_setting(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	struct role_setting *at = reallocarray(role->settings, role->n_settings + 1, sizeof(*at));

	(void)from;
	(void)fd;
	if (!at)
		return FAULT(ENOMEM, "keep a setting");
	role->settings = at;
	at = &role->settings[role->n_settings++];
	*at = (struct role_setting){text_copy(message->setting.key), text_copy(message->setting.value)};
	return at->key && at->value ? 0 : FAULT(ENOMEM, "keep a setting");
}

static int handle_root(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	const struct frame_root *root = &message->root;
	struct role_root *at = reallocarray(role->roots, role->n_roots + 1, sizeof(*at));

	(void)from;
	(void)fd;
	if (!at)
		return FAULT(ENOMEM, "keep a root");
	role->roots = at;
	at = &role->roots[role->n_roots++];
	*at = (struct role_root){.id = root->id, .kind = root->kind, .mode = root->mode};
	at->path = text_copy(root->path);
	at->floor = text_copy(root->floor);
	at->department = text_copy(root->department);
	return at->path && at->floor && at->department ? 0 : FAULT(ENOMEM, "keep a root");
}

static int handle_resource(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	uint8_t kind = message->resource.kind;

	(void)from;
	if (kind >= array_n(role->resources) || *fd < 0)
		return FAULT(EINVAL, "resource %u", kind);
	close_fd(&role->resources[kind]);
	role->resources[kind] = steal_fd(fd);
	return 0;
}

/* Peers */

struct channel *role_peer(struct role *role, enum role_id id, int index)
{
	for (size_t i = 0; i < role->n_peers; i++) {
		size_t at = index < 0 ? (role->turn + i) % role->n_peers : i;
		struct channel *peer = role->peers[at];

		if (!peer->source.loop || peer->peer_role != id || (index >= 0 && peer->peer_index != index))
			continue;
		role->turn = index < 0 ? at + 1 : role->turn;
		return peer;
	}
	return NULL;
}

static void peer_remove(struct role *role, struct channel *peer)
{
	for (size_t i = 0; i < role->n_peers; i++)
		if (role->peers[i] == peer)
			role->peers[i--] = role->peers[--role->n_peers];
	channel_close(peer);
	free(peer);
}

static int on_peer_lost(struct channel *peer)
{
	struct role *role = peer->owner;
	enum role_id id = peer->peer_role;
	uint8_t index = peer->peer_index;

	peer_remove(role, peer);
	return role->is_going && role->description->peer_down ? role->description->peer_down(role, id, index) : 0;
}

static int on_message(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd)
{
	struct role *role = from->owner;
	const struct role_description *description = role->description;

	for (size_t i = 0; i < description->n_rows; i++)
		if (description->rows[i].from == from->peer_role && description->rows[i].type == type)
			return description->rows[i].handle(role, from, message, fd);
	from->malformed++;
	log_say(LOG_WARNING, "dropped %s from role %u: not its to send", type->name, from->peer_role);
	return 0;
}

static int peer_open(struct role *role, struct channel *peer)
{
	TRY(channel_open(peer, &role->loop, steal_fd(&peer->fd)));
	return role->description->peer_up ? role->description->peer_up(role, peer) : 0;
}

static struct channel *peer_find(const struct role *role, uint8_t id, uint8_t index)
{
	for (size_t i = 0; i < role->n_peers; i++)
		if (role->peers[i]->peer_role == id && role->peers[i]->peer_index == index)
			return role->peers[i];
	return NULL;
}

/* Before `go` the end is only kept: nothing is heard before the role is in its sandbox. */
static int handle_peer(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	const struct frame_peer *end = &message->peer;
	struct channel *peer = peer_find(role, end->role, end->index);

	(void)from;
	if (peer) /* its successor is known before its end was: what it said last is heard */
		TRY(peer->source.loop ? channel_lose(peer) : on_peer_lost(peer));
	if (*fd < 0 || role->n_peers == array_n(role->peers))
		return FAULT(EINVAL, "peer %u.%u", end->role, end->index);
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return FAULT(ENOMEM, "keep a peer");
	*peer = (struct channel){.fd = steal_fd(fd),
				 .peer_role = end->role,
				 .peer_index = end->index,
				 .owner = role,
				 .message = on_message,
				 .lost = on_peer_lost};
	role->peers[role->n_peers++] = peer;
	return role->is_going ? peer_open(role, peer) : 0;
}

/* What is degraded */

static struct role_code *code_find(struct role *role, const char *code)
{
	for (size_t i = 0; i < role->n_codes; i++)
		if (text_equal(role->codes[i].code, code))
			return &role->codes[i];
	return NULL;
}

int role_degraded(struct role *role, const char *code, const char *detail)
{
	struct role_code *at = code_find(role, code);

	if (at) {
		at->count++;
		return 0;
	}
	at = reallocarray(role->codes, role->n_codes + 1, sizeof(*at));
	if (!at)
		return FAULT(ENOMEM, "keep a code");
	role->codes = at;
	at[role->n_codes] = (struct role_code){text_copy(code), 1};
	if (!at[role->n_codes].code)
		return FAULT(ENOMEM, "keep a code");
	role->n_codes++;
	log_say(LOG_WARNING, "degraded: %s: %s", code, detail);
	return CHANNEL_SEND(&role->control, degraded, -1, .code = code, .detail = detail);
}

int role_recovered(struct role *role, const char *code)
{
	struct role_code *at = code_find(role, code);

	if (!at)
		return 0;
	log_say(LOG_NOTICE, "recovered: %s, seen %llu times", code, (unsigned long long)at->count);
	TRY(CHANNEL_SEND(&role->control, recovered, -1, .code = code));
	free(at->code);
	*at = role->codes[--role->n_codes];
	return 0;
}

/* From go to ready */

static void add_path(struct sandbox_path *paths, size_t *n, const char *path, bool writable)
{
	if (text_starts(path, "file:"))
		path += strlen("file:");
	if (path[0] == '/')
		paths[(*n)++] = (struct sandbox_path){path, writable};
}

static int enter_sandbox(struct role *role)
{
	const struct sandbox_row *row = sandbox_row(role->description->id);
	OWN_MEM struct sandbox_path *paths = NULL;
	OWN_MEM char *state = NULL;
	const char *missing = "";
	size_t n = 0;

	paths = calloc(role->n_roots + role->n_settings + 1, sizeof(*paths));
	if (!paths)
		return FAULT(ENOMEM, "list the paths of the sandbox");
	for (size_t i = 0; row->roots != SANDBOX_ROOTS_NONE && i < role->n_roots; i++)
		add_path(paths, &n, role->roots[i].path, row->roots == SANDBOX_ROOTS_WRITE);
	for (const char *const *key = row->reads; *key; key++)
		for (const char *at = NULL; (at = role_setting_next(role, *key, at));)
			add_path(paths, &n, at, false);
	if (row->state) {
		state = text_format("%s/%s", role->state_dir, row->state);
		if (!state)
			return FAULT(ENOMEM, "name the state directory");
		add_path(paths, &n, state, true);
	}
	TRY(sandbox_enter(row, (struct sandbox_paths){paths, n}, role->trace, &missing));
	return missing[0] ? role_degraded(role, "sandbox", missing) : 0;
}

static int handle_go(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	const struct role_description *description = role->description;

	(void)from;
	(void)message;
	(void)fd;
	if (role->is_going)
		return 0;
	if (!role->state_dir)
		return FAULT(EINVAL, "go before start");
	role->trace = role->trial && getenv("CLASSD_SANDBOX_TRACE");
	if (description->prepare)
		TRY(description->prepare(role));
	TRY(enter_sandbox(role));
	if (description->begin)
		TRY(description->begin(role));
	role->is_going = true;
	for (size_t i = 0; i < role->n_peers; i++)
		TRY(peer_open(role, role->peers[i]));
	return role->ready_later ? 0 : role_say_ready(role);
}

int role_say_ready(struct role *role)
{
	return CHANNEL_SEND(&role->control, ready, -1);
}

static int handle_stop(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	(void)from;
	(void)message;
	(void)fd;
	loop_stop(&role->loop);
	return 0;
}

static const struct role_row control_rows[] = {
    {ROLE_SUPERVISOR, &frame_type_start, handle_start}, {ROLE_SUPERVISOR, &frame_type_setting, handle_setting},
    {ROLE_SUPERVISOR, &frame_type_root, handle_root},	{ROLE_SUPERVISOR, &frame_type_resource, handle_resource},
    {ROLE_SUPERVISOR, &frame_type_peer, handle_peer},	{ROLE_SUPERVISOR, &frame_type_go, handle_go},
    {ROLE_SUPERVISOR, &frame_type_stop, handle_stop},
};

static int on_control(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd)
{
	for (size_t i = 0; i < array_n(control_rows); i++)
		if (control_rows[i].type == type)
			return control_rows[i].handle(from->owner, from, message, fd);
	return on_message(from, type, message, fd);
}

static int on_control_lost(struct channel *control)
{
	struct role *role = control->owner;

	channel_close(control);
	loop_stop(&role->loop); /* nobody is left to restart the others */
	return 0;
}

/* main */

static void role_done(struct role *role)
{
	while (role->n_peers > 0) {
		channel_flush(role->peers[role->n_peers - 1]);
		peer_remove(role, role->peers[role->n_peers - 1]);
	}
	channel_flush(&role->control);
	channel_close(&role->control);
	for (size_t i = 0; i < array_n(role->resources); i++)
		close_fd(&role->resources[i]);
	for (size_t i = 0; i < role->n_settings; i++) {
		free(role->settings[i].key);
		free(role->settings[i].value);
	}
	for (size_t i = 0; i < role->n_roots; i++) {
		free(role->roots[i].path);
		free(role->roots[i].floor);
		free(role->roots[i].department);
	}
	for (size_t i = 0; i < role->n_codes; i++)
		free(role->codes[i].code);
	free(role->settings);
	free(role->roots);
	free(role->codes);
	free(role->state_dir);
	free(role->runtime_dir);
	loop_done(&role->loop);
}

static int role_run(struct role *role)
{
	struct ucred supervisor;
	socklen_t n = sizeof(supervisor);

	if (getsockopt(ROLE_CONTROL_FD, SOL_SOCKET, SO_PEERCRED, &supervisor, &n) < 0)
		return FAULT(errno, "ask who is at the control channel");
	TRY(sandbox_prepare(supervisor.pid));
	TRY(loop_init(&role->loop));
	role->control.owner = role;
	role->control.peer_role = ROLE_SUPERVISOR;
	role->control.message = on_control;
	role->control.lost = on_control_lost;
	TRY(channel_open(&role->control, &role->loop, ROLE_CONTROL_FD));
	TRY(loop_run(&role->loop, NULL));
	if (role->is_going && role->description->end)
		role->description->end(role);
	return 0;
}

int role_main(const struct role_description *description, struct role *role, int argc, char **argv)
{
	struct stat control;
	int r;

	log_start();
	if (argc != 1 || fstat(ROLE_CONTROL_FD, &control) < 0 || !S_ISSOCK(control.st_mode)) {
		(void)fprintf(stderr, "%s: a part of classd, started by it alone; see classd(8)\n", argv[0]);
		return EXIT_NOT_STARTED_BY_CLASSD;
	}
	role->description = description;
	role->control.fd = role->loop.epoll_fd = role->loop.signal_fd = -1;
	for (size_t i = 0; i < array_n(role->resources); i++)
		role->resources[i] = -1;
	r = role_run(role);
	role_done(role);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * A root is scanned and heard while memory runs out. Every file is announced,
 * or the role ends by a fault that it says, and a watcher that begins anew
 * announces all: none is missed in silence (I8).
 */
#include "acts.h"

#include "watcher/watcher.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FILES 4

static struct {
	struct role role;
	struct channel peer;
	struct loop_source source;
	struct loop_timer deadline;
	int end;
	char root[96];
	int dir;
	unsigned seen; /* bits of files */
	unsigned wanted;
	bool is_scanned, is_late;
} w;

static int dispatch(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd)
{
	for (size_t i = 0; i < watcher_description.n_rows; i++)
		if (watcher_description.rows[i].type == type)
			return watcher_description.rows[i].handle(&w.role, from, message, fd);
	return 0;
}

static int on_lost(struct channel *peer)
{
	channel_close(peer);
	w.role.n_peers = 0;
	return -EPIPE;
}

static void note(const struct frame_type *type, const union frame_any *m)
{
	const char *slash;

	if (type == &frame_type_scan && m->scan.done)
		w.is_scanned = true;
	if (type != &frame_type_seen)
		return;
	slash = strrchr(m->seen.path, '/');
	slash = slash ? slash + 1 : m->seen.path;
	if (slash[0] >= '0' && slash[0] < '0' + 2 * FILES)
		w.seen |= 1u << (slash[0] - '0');
}

/* At the registrar's end. */
static int on_heard(struct loop_source *source, uint32_t events)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t n = recv(source->fd, frame, sizeof(frame), MSG_DONTWAIT);
	struct cursor c = cursor_of(bytes_of(frame, n > 0 ? (size_t)n : 0));
	const struct frame_type *type;
	union frame_any any;

	(void)events;
	if (n <= 0)
		loop_stop(&w.role.loop);
	memory.paused++;
	while (frame_decode(&c, &type, &any) == 0)
		note(type, &any);
	memory.paused--;
	if (w.is_scanned && (w.seen & w.wanted) == w.wanted)
		loop_stop(&w.role.loop);
	return 0;
}

static int on_late(struct loop_timer *timer)
{
	(void)timer;
	w.is_late = true;
	loop_stop(&w.role.loop);
	return 0;
}

static int run_until(unsigned wanted)
{
	int r;

	w.wanted = wanted;
	w.role.loop.stopping = false;
	TRY(loop_arm(&w.role.loop, &w.deadline, 20000, on_late));
	r = w.is_scanned && (w.seen & wanted) == wanted ? 0 : loop_run(&w.role.loop, NULL);
	loop_disarm(&w.deadline);
	if (r == 0 && w.is_late)
		broken("files were missed in silence: %x of %x", w.seen & wanted, wanted);
	return r;
}

static void put(unsigned i)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%s%u", i % 2 ? "a/" : "", i);
	(void)close(openat(w.dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int connect_registrar(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	w.end = pair[1];
	w.peer = (struct channel){
	    .fd = -1, .peer_role = ROLE_REGISTRAR, .owner = &w.role, .message = dispatch, .lost = on_lost};
	TRY(channel_open(&w.peer, &w.role.loop, pair[0]));
	w.role.peers[w.role.n_peers++] = &w.peer;
	TRY(loop_watch(&w.role.loop, &w.source, w.end, EPOLLIN, on_heard));
	return watcher_description.peer_up(&w.role, &w.peer);
}

static int watch(void)
{
	TRY(watcher_description.prepare(&w.role));
	TRY(watcher_description.begin(&w.role));
	TRY(connect_registrar());
	TRY(run_until((1u << FILES) - 1));
	for (unsigned i = FILES; i < 2 * FILES; i++)
		put(i);
	return run_until((1u << 2 * FILES) - 1);
}

static int act_watch(void)
{
	static struct role_setting settings[] = {{(char *)(uintptr_t) "settle_ms", (char *)(uintptr_t) "1"}};
	static struct role_root root;
	int r;

	memory.paused++;
	remove_beneath(w.dir);
	memory.paused--;
	assert_int_equal(mkdirat(w.dir, "a", 0700), 0);
	for (unsigned i = 0; i < FILES; i++)
		put(i);
	root = (struct role_root){.id = 7, .kind = ROOT_DOCUMENTS, .mode = ROOT_OBSERVE, .path = w.root};
	w.role = (struct role){.description = &watcher_description,
			       .settings = settings,
			       .n_settings = 1,
			       .roots = &root,
			       .n_roots = 1,
			       .trial = true,
			       .sealer_uid = getuid()};
	w.role.control.fd = -1;
	memset(w.role.resources, 0xff, sizeof(w.role.resources));
	w.peer = (struct channel){.fd = -1};
	w.end = -1;
	w.seen = 0;
	w.is_scanned = w.is_late = false;
	assert_int_equal(loop_init(&w.role.loop), 0);
	r = watch();
	watcher_description.end(&w.role);
	loop_unwatch(&w.source);
	close_fd(&w.end);
	if (w.peer.queue)
		channel_close(&w.peer);
	for (size_t i = 0; i < w.role.n_codes; i++)
		free(w.role.codes[i].code);
	free(w.role.codes);
	loop_disarm(&w.deadline);
	loop_done(&w.role.loop);
	return r;
}

static struct scene scenes[] = {{"a root is scanned and heard", act_watch, 1}};

int main(int argc, char **argv)
{
	faults_begin(argc, argv);
	faults_in_memory();
	(void)snprintf(w.root, sizeof(w.root), "%.50s/watcher-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(w.root));
	w.dir = open(w.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	acts_all(scenes, array_n(scenes));
	remove_beneath(w.dir);
	(void)close(w.dir);
	(void)rmdir(w.root);
	return faults_end();
}

/* The watcher in a process of its own test: real directories, real events, and the test at the registrar's end. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/ignore.h"
#include "watcher/watcher.h"

#define DEADLINE_MS 20000

struct world {
	struct role role;
	struct channel peers[3]; /* registrar, inspectors 0 and 1 */
	int ends[3];
	struct loop_source sources[3];
	struct loop_timer deadline;
	char *base;
	char *root;
	struct buffer heard;  /* one line a message */
	struct buffer bodies; /* what inspectors read from the descriptors they got */
	const char *wanted;
	bool found;
	bool mute;	  /* inspectors do not answer */
	const char *rule; /* of the site: a name to be ignored */
	const char *leave_side_files_s;
};

static struct world *world;
static bool by_fanotify; /* the same tests run on both back ends */

static void add_line(const union frame_any *m, const struct frame_type *type)
{
	static const char *const events[] = {"", "scanned", "changed", "settled", "open"};

	if (type == &frame_type_seen)
		buffer_add_format(&world->heard, "seen %s %s kind=%u ours=%u size=%llu\n", events[m->seen.event],
				  m->seen.path, m->seen.kind, m->seen.ours, (unsigned long long)m->seen.size);
	else if (type == &frame_type_vanished)
		buffer_add_format(&world->heard, "vanished %s\n", m->vanished.path);
	else if (type == &frame_type_unseen)
		buffer_add_format(&world->heard, "unseen %s\n", m->unseen.path);
	else if (type == &frame_type_folder)
		buffer_add_format(&world->heard, "folder %u %s\n", m->folder.done, m->folder.path);
	else if (type == &frame_type_alive)
		buffer_add_format(&world->heard, "alive %llu\n", (unsigned long long)m->alive.n);
	else if (type == &frame_type_scan && m->scan.ignored)
		buffer_add_format(&world->heard, "scan %u files=%llu dirs=%llu ignored=%llu/%llu %s\n", m->scan.done,
				  (unsigned long long)m->scan.files, (unsigned long long)m->scan.directories,
				  (unsigned long long)m->scan.ignored, (unsigned long long)m->scan.by_site,
				  m->scan.reason);
	else if (type == &frame_type_scan)
		buffer_add_format(&world->heard, "scan %u files=%llu dirs=%llu %s\n", m->scan.done,
				  (unsigned long long)m->scan.files, (unsigned long long)m->scan.directories,
				  m->scan.reason);
	else if (type == &frame_type_watch_state)
		buffer_add_format(&world->heard, "state %s %u count=%llu %s\n", m->watch_state.code,
				  m->watch_state.degraded, (unsigned long long)m->watch_state.count,
				  m->watch_state.detail);
	else if (type == &frame_type_watched_by)
		buffer_add_format(&world->heard, "by %s: %s\n", m->watched_by.by, m->watched_by.reason);
	else if (type == &frame_type_unreadable)
		buffer_add_format(&world->heard, "unreadable %llu %s: %s\n", (unsigned long long)m->unreadable.job,
				  m->unreadable.path, m->unreadable.reason);
	else if (type == &frame_type_inspect)
		buffer_add_format(&world->heard, "inspect %llu %s\n", (unsigned long long)m->inspect.job,
				  m->inspect.path);
}

static int dispatch(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd)
{
	for (size_t i = 0; i < watcher_description.n_rows; i++)
		if (watcher_description.rows[i].type == type)
			return watcher_description.rows[i].handle(&world->role, from, message, fd);
	return 0;
}

static int on_lost(struct channel *peer)
{
	uint8_t id = peer->peer_role, index = peer->peer_index;

	for (size_t i = 0; i < world->role.n_peers; i++)
		if (world->role.peers[i] == peer)
			world->role.peers[i--] = world->role.peers[--world->role.n_peers];
	channel_close(peer);
	return watcher_description.peer_down(&world->role, id, index);
}

static void say(size_t end, const struct frame_type *type, const void *message)
{
	OWN_BUFFER struct buffer b = {0};

	frame_encode(&b, type, message);
	assert_int_equal(send(world->ends[end], b.at, b.n, 0), (ssize_t)b.n);
}
#define SAY(end, name, ...) say((end), &frame_type_##name, &(struct frame_##name){__VA_ARGS__})

static void look_for_wanted(void)
{
	buffer_u8(&world->heard, 0);
	world->heard.n--;
	world->found = strstr((const char *)world->heard.at, world->wanted);
	if (world->found)
		loop_stop(&world->role.loop);
}

static int on_heard(struct loop_source *source, uint32_t events)
{
	static uint8_t frame[FRAME_MAX];
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {frame, sizeof(frame)};
	struct msghdr message = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(source->fd, &message, MSG_DONTWAIT);
	struct cursor c = cursor_of(bytes_of(frame, n > 0 ? (size_t)n : 0));
	const struct frame_type *type;
	union frame_any any;
	char body[64];
	int fd = -1;

	(void)events;
	if (n > 0 && CMSG_FIRSTHDR(&message)) {
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		n = read(fd, body, sizeof(body));
		buffer_add(&world->bodies, body, n > 0 ? (size_t)n : 0);
		assert_int_equal(write(fd, "x", 1), -1);
		close_fd(&fd);
	}
	while (frame_decode(&c, &type, &any) == 0) {
		add_line(&any, type);
		if (type == &frame_type_inspect && !world->mute)
			SAY((size_t)(source - world->sources), inspected, .job = any.inspect.job);
	}
	look_for_wanted();
	return 0;
}

static int on_deadline(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(&world->role.loop);
	return 0;
}

/* Runs the watcher until a line was heard. What was heard before counts too. */
static void hear(const char *line)
{
	world->wanted = line;
	look_for_wanted();
	world->role.loop.stopping = false;
	assert_int_equal(loop_arm(&world->role.loop, &world->deadline, DEADLINE_MS, on_deadline), 0);
	if (!world->found)
		assert_int_equal(loop_run(&world->role.loop, NULL), 0);
	if (!world->found)
		print_error("not heard: %s\nheard:\n%s", line, (const char *)world->heard.at);
	assert_true(world->found);
}

static void hear_nothing_of(const char *line)
{
	buffer_u8(&world->heard, 0);
	world->heard.n--;
	assert_null(strstr((const char *)world->heard.at, line));
}

static void forget_heard(void)
{
	buffer_clear(&world->heard);
}

static void connect_peer(size_t i, uint8_t id, uint8_t index)
{
	int pair[2];
	struct channel *peer = &world->peers[i];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	*peer = (struct channel){.fd = -1,
				 .peer_role = id,
				 .peer_index = index,
				 .owner = &world->role,
				 .message = dispatch,
				 .lost = on_lost};
	assert_int_equal(channel_open(peer, &world->role.loop, pair[0]), 0);
	world->role.peers[world->role.n_peers++] = peer;
	world->ends[i] = pair[1];
	assert_int_equal(loop_watch(&world->role.loop, &world->sources[i], pair[1], EPOLLIN, on_heard), 0);
	assert_int_equal(watcher_description.peer_up(&world->role, peer), 0);
}

static void disconnect_peer(size_t i)
{
	loop_unwatch(&world->sources[i]);
	close_fd(&world->ends[i]);
}

static const char *in_root(const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", world->root, name);
	return path[turn];
}

static void put(const char *name, const char *text)
{
	OWN_FD int fd = open(in_root(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What the supervisor's child does (supervisor/marks.c). -1: not allowed here. */
static int mark(const char *path)
{
	OWN_FD int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);

	if (fd >= 0 && fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
				     FAN_CREATE | FAN_CLOSE_WRITE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE |
					 FAN_ATTRIB | FAN_ONDIR,
				     AT_FDCWD, path) == 0)
		return steal_fd(&fd);
	return -1;
}

static void pass_mark(void)
{
	struct statfs fs;
	struct stat s;
	union frame_any m = {.fs_mark = {.root = 7, .reason = ""}};

	world->role.resources[RESOURCE_FILE_EVENTS] = mark(world->base);
	assert_true(world->role.resources[RESOURCE_FILE_EVENTS] >= 0);
	assert_int_equal(statfs(world->base, &fs) | stat(world->base, &s), 0);
	memcpy(&m.fs_mark.fsid, &fs.f_fsid, sizeof(m.fs_mark.fsid));
	m.fs_mark.dev = s.st_dev;
	assert_int_equal(dispatch(&world->role.control, &frame_type_fs_mark, &m, NULL), 0);
}

static void start(void)
{
	static struct role_setting settings[] = {{(char *)(uintptr_t) "settle_ms", (char *)(uintptr_t) "30"},
						 {(char *)(uintptr_t) "side_files_s", NULL},
						 {(char *)(uintptr_t) "ignore", NULL}};
	static struct role_root root;

	root = (struct role_root){.id = 7, .kind = ROOT_DOCUMENTS, .mode = ROOT_OBSERVE, .path = world->root};
	world->role.description = &watcher_description;
	world->role.settings = settings;
	settings[1].value = (char *)(uintptr_t)(world->leave_side_files_s ? world->leave_side_files_s : "900");
	settings[2].value = (char *)(uintptr_t)world->rule;
	world->role.n_settings = world->rule ? 3 : 2;
	world->role.roots = &root;
	world->role.n_roots = 1;
	world->role.trial = true;
	world->role.sealer_uid = getuid();
	if (by_fanotify)
		pass_mark();
	assert_int_equal(watcher_description.prepare(&world->role), 0);
	assert_int_equal(watcher_description.begin(&world->role), 0);
	connect_peer(0, ROLE_REGISTRAR, 0);
}

static int set_up(void **state)
{
	char path[] = "/tmp/classd-test-watcher-XXXXXX";

	(void)state;
	world = calloc(1, sizeof(*world));
	assert_non_null(mkdtemp(path));
	world->base = text_copy(path);
	world->root = text_format("%s/root", path);
	memset(world->ends, 0xff, sizeof(world->ends));
	world->role.control.fd = -1;
	memset(world->role.resources, 0xff, sizeof(world->role.resources));
	assert_int_equal(mkdir(world->root, 0700), 0);
	return loop_init(&world->role.loop);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	watcher_description.end(&world->role);
	for (size_t i = 0; i < 3; i++) {
		disconnect_peer(i);
		if (world->peers[i].queue)
			channel_close(&world->peers[i]);
	}
	for (size_t i = 0; i < world->role.n_codes; i++)
		free(world->role.codes[i].code);
	free(world->role.codes);
	loop_disarm(&world->deadline);
	loop_done(&world->role.loop);
	(void)nftw(world->base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world->base);
	free(world->root);
	buffer_done(&world->heard);
	buffer_done(&world->bodies);
	free(world);
	return 0;
}

static void test_a_first_scan_finds_everything_once(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_root("a"), 0700), 0);
	assert_int_equal(mkdir(in_root("a/b"), 0700), 0);
	assert_int_equal(mkdir(in_root(".classd"), 0700), 0);
	put("a/b/机密.docx", "abc");
	put("x.age", "ours");
	put(".classd/temporary", "-");
	put("a/.~lock.x.odt#", "-");
	put("a/x~", "-");
	assert_int_equal(symlink("/etc/passwd", in_root("a/link")), 0);
	assert_int_equal(mkfifo(in_root("a/pipe"), 0600), 0);
	start();
	hear("scan 1 files=4 dirs=3 ignored=3/0 \n");
	hear("seen changed a/b/机密.docx kind=1 ours=0 size=3");
	hear("seen scanned x.age kind=1 ours=1");
	hear("seen scanned a/link kind=2");
	hear("seen scanned a/pipe kind=3");
	hear("seen settled a/b/机密.docx");
	hear_nothing_of("classd");
	hear_nothing_of("lock");
	hear_nothing_of("x~");
}

static void test_a_saved_file_is_seen_at_once_and_then_settles(void **state)
{
	(void)state;
	start();
	hear("scan 1");
	put("new.txt", "hello");
	hear("seen changed new.txt kind=1 ours=0 size=5");
	hear_nothing_of("settled");
	hear("seen settled new.txt kind=1 ours=0 size=5");
	assert_int_equal(unlink(in_root("new.txt")), 0);
	hear("vanished new.txt\n");
	put("sealed.age", "-");
	hear("seen changed sealed.age kind=1 ours=1");
}

static void test_a_writer_that_stays_is_told_and_its_close_is_heard(void **state)
{
	int fd;

	(void)state;
	start();
	hear("scan 1");
	fd = open(in_root("open.odt"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "ab", 2), 2);
	hear("seen open open.odt");
	hear_nothing_of("settled");
	assert_int_equal(write(fd, "cd", 2), 2);
	close_fd(&fd);
	hear("seen settled open.odt kind=1 ours=0 size=4");
}

static void test_a_rescan_does_not_settle_what_is_open(void **state)
{
	int fd;

	(void)state;
	start();
	fd = open(in_root("open.odt"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	hear("seen open open.odt");
	forget_heard();
	SAY(0, rescan, .root = 7, .whole = 1);
	hear("seen open open.odt");
	hear("scan 1 files=1 dirs=1 \n");
	hear_nothing_of("scanned");
	forget_heard();
	SAY(0, rescan, .root = 7);
	hear("scan 1 files=1 dirs=1 \n");
	hear_nothing_of("scanned");
	close_fd(&fd);
	hear("seen settled open.odt");
}

static void test_directories_that_fill_before_they_are_watched(void **state)
{
	(void)state;
	start();
	hear("scan 1");
	assert_int_equal(mkdir(in_root("a"), 0700), 0);
	assert_int_equal(mkdir(in_root("a/b"), 0700), 0);
	assert_int_equal(mkdir(in_root("a/b/c"), 0700), 0);
	put("a/b/c/deep.txt", "x");
	hear("seen changed a/b/c/deep.txt");
	hear("seen settled a/b/c/deep.txt");
	forget_heard();
	put("a/b/c/later.txt", "x");
	hear("seen settled a/b/c/later.txt");
}

static void test_a_moved_directory_is_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_root("old"), 0700), 0);
	assert_int_equal(mkdir(in_root("old/sub"), 0700), 0);
	put("old/sub/f.txt", "x");
	start();
	hear("scan 1");
	assert_int_equal(renameat2(AT_FDCWD, in_root("old"), AT_FDCWD, in_root("new"), RENAME_NOREPLACE), 0);
	hear("vanished old/\n");
	hear(" new/sub/f.txt kind=1");
	forget_heard();
	put("new/sub/g.txt", "x");
	hear("seen changed new/sub/g.txt");
	assert_int_equal(renameat2(AT_FDCWD, in_root("new"), AT_FDCWD, in_root("../away"), RENAME_NOREPLACE), 0);
	hear("vanished new/\n");
}

static void test_a_missing_root_is_a_state_with_a_way_back(void **state)
{
	(void)state;
	assert_int_equal(rmdir(world->root), 0);
	start();
	hear("state root-missing 1");
	assert_int_equal(mkdir(world->root, 0700), 0);
	put("f.txt", "x");
	hear("state root-missing 0");
	hear("f.txt kind=1");
	hear("scan 1 files=1 dirs=1 \n");
	assert_int_equal(unlink(in_root("f.txt")), 0);
	assert_int_equal(rmdir(world->root), 0);
	forget_heard();
	hear("state root-missing 1");
}

static void test_a_folder_takes_the_name_of_a_file(void **state)
{
	(void)state;
	put("plan", "x");
	start();
	hear("scan 1");
	forget_heard();
	assert_int_equal(unlink(in_root("plan")), 0);
	assert_int_equal(mkdir(in_root("plan"), 0700), 0);
	put("plan/a.txt", "x");
	hear("vanished plan\n");
	hear("plan/a.txt kind=1");
}

static void test_the_back_end_is_told(void **state)
{
	(void)state;
	start();
	hear(by_fanotify ? "by fanotify: \n" : "by inotify: its directories have no handles\n");
	hear("scan 1");
	forget_heard();
	disconnect_peer(0);
	/* Its end is heard first. */
	assert_int_equal(loop_arm(&world->role.loop, &world->deadline, 50, on_deadline), 0);
	world->role.loop.stopping = false;
	assert_int_equal(loop_run(&world->role.loop, NULL), 0);
	connect_peer(0, ROLE_REGISTRAR, 0);
	hear(by_fanotify ? "by fanotify: \n" : "by inotify: ");
}

static void test_an_overflow_is_followed_by_a_rescan(void **state)
{
	const struct heard lost = {.by = BY_INOTIFY, .mask = IN_Q_OVERFLOW, .name = ""};
	struct watcher *w;

	(void)state;
	put("kept.txt", "x");
	start();
	hear("scan 1");
	hear("seen settled kept.txt");
	forget_heard();
	w = world->role.own;
	events_forget(w->roots[0].dir);
	put("lost.txt", "x"); /* nobody hears of it */
	assert_int_equal(events_push(w, &lost), 0);
	assert_int_equal(watcher_work(w), 0);
	hear("state queue-overflow 1");
	hear("folder 0 \nseen");
	hear("seen changed lost.txt");
	hear("state queue-overflow 0");
	hear("scan 1 files=2 dirs=1 \n");
	hear("seen settled lost.txt");
}

/* A rescan says nothing of what the registrar knows, and everything to one who knows nothing. */
static void test_a_rescan_tells_what_changed(void **state)
{
	struct watcher *w;

	(void)state;
	assert_int_equal(mkdir(in_root("a"), 0700), 0);
	assert_int_equal(mkdir(in_root("b"), 0700), 0);
	assert_int_equal(mkdir(in_root("b/c"), 0700), 0);
	put("a/same.txt", "x");
	put("b/old.txt", "x");
	start();
	hear("scan 1");
	hear("seen settled a/same.txt");
	hear("seen settled b/old.txt");
	forget_heard();
	w = world->role.own;
	events_forget(tree_child(&w->tree, w->roots[0].dir, "b"));
	put("b/old.txt", "longer"); /* nobody hears of it, nor that b/c goes */
	assert_int_equal(rmdir(in_root("b/c")), 0);
	SAY(0, rescan, .root = 7);
	hear("scan 1 files=2 dirs=3 \n");
	hear("folder 0 b\nseen");
	hear("folder 1 b\nvanished b/c/\n");
	hear_nothing_of("folder 0 a");
	hear_nothing_of("same.txt");
	hear("seen settled b/old.txt");
	forget_heard();
	SAY(0, rescan, .root = 7);
	hear("scan 1 files=2 dirs=3 \n");
	hear_nothing_of("folder");
	forget_heard();
	SAY(0, rescan, .root = 7, .whole = 1);
	hear("scan 1 files=2 dirs=3 \n");
	hear("a/same.txt");
	hear("b/old.txt");
}

static void test_a_loss_that_comes_again_is_counted(void **state)
{
	const struct heard lost = {.by = BY_INOTIFY, .mask = IN_Q_OVERFLOW, .name = ""};
	struct watcher *w;

	(void)state;
	start();
	hear("scan 1");
	w = world->role.own;
	for (int i = 0; i < 5; i++)
		assert_int_equal(events_push(w, &lost), 0);
	assert_int_equal(watcher_work(w), 0);
	hear("state queue-overflow 1 count=1 the kernel dropped");
	hear("state queue-overflow 0 count=5");
	assert_true(w->roots[0].tries > 0); /* the next one, if it is soon, waits longer */
	hear_nothing_of("state queue-overflow 1 count=2");
}

static void test_a_path_that_nobody_can_name_is_a_state(void **state)
{
	char name[200];
	size_t depth;

	(void)state;
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	put("f.txt", "x");
	start();
	hear("scan 1");
	assert_int_equal(chdir(world->root), 0);
	for (depth = 0; depth < 25; depth++)
		assert_true(mkdir(name, 0700) == 0 && chdir(name) == 0);
	hear("state path-too-long 1 count=1 paths of more than 4095 bytes");
	forget_heard();
	SAY(0, rescan, .root = 7);
	hear("scan 1 files=1 dirs=21 \n"); /* nothing else is lost by it */
	while (depth--)
		assert_true(chdir("..") == 0 && rmdir(name) == 0);
	assert_int_equal(chdir("/"), 0);
	SAY(0, rescan, .root = 7);
	hear("state path-too-long 0");
}

static void test_a_time_set_by_hand_is_no_change(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_root("d"), 0700), 0);
	start();
	hear("scan 1");
	assert_int_equal(utimensat(AT_FDCWD, in_root("d"), NULL, 0), 0);
	forget_heard();
	SAY(0, rescan, .root = 7);
	hear("scan 1 files=0 dirs=2 \n");
	hear_nothing_of("silent-watcher");
}

/* Events that are really lost: taken out of the queue by somebody else. */
static void test_stolen_events_are_noticed_and_healed(void **state)
{
	struct watcher *w;
	_Alignas(8) char raw[4096];
	bool stolen = false;

	(void)state;
	assert_int_equal(mkdir(in_root("d"), 0700), 0);
	start();
	hear("scan 1");
	w = world->role.own;
	put("d/stolen.txt", "x");
	/* Whichever tells of it, does so no more. */
	for (int fd = w->fanotify_fd, i = 0; i < 2; fd = w->inotify_fd, i++)
		while (fd >= 0 && read(fd, raw, sizeof(raw)) > 0)
			stolen = true;
	assert_true(stolen);
	forget_heard();
	SAY(0, rescan, .root = 7);
	hear("seen changed d/stolen.txt");
	hear("state silent-watcher 1");
	hear("state silent-watcher 0");
	put("d/next.txt", "x");
	hear("seen settled d/next.txt");
}

static void test_the_site_ignores_names_and_they_are_counted(void **state)
{
	(void)state;
	put("a.bak", "x");
	put("a~", "x");
	put("a.txt", "x");
	assert_int_equal(mkdir(in_root("node_modules"), 0700), 0);
	put("node_modules/b.txt", "x");
	world->rule = "node_modules/";
	start();
	hear("scan 1 files=2 dirs=1 ignored=2/1 \n");
	hear_nothing_of("node_modules");
}

static void test_a_side_file_that_stays_is_a_file(void **state)
{
	(void)state;
	world->leave_side_files_s = "0";
	put("a.txt~", "the whole document, in clear");
	put("b.txt~", "");
	put(".~lock.a.odt#", "li");
	start();
	hear("scan 1 files=1 dirs=1 ignored=2/0 \n");
	hear("seen changed a.txt~ kind=1 ours=0 size=28");
	hear_nothing_of("b.txt~");
	hear_nothing_of("lock");
}

static void test_a_question_is_answered(void **state)
{
	(void)state;
	start();
	SAY(0, ask_alive, .n = 42);
	hear("alive 42\n");
}

static void test_a_lost_registrar_gets_a_rescan_when_it_is_back(void **state)
{
	(void)state;
	put("f.txt", "x");
	start();
	hear("scan 1");
	disconnect_peer(0);
	forget_heard();
	put("g.txt", "x");
	assert_int_equal(loop_arm(&world->role.loop, &world->deadline, 50, on_deadline), 0);
	world->role.loop.stopping = false;
	assert_int_equal(loop_run(&world->role.loop, NULL), 0);
	connect_peer(0, ROLE_REGISTRAR, 0);
	hear("scan 0 files=0 dirs=0 registrar");
	hear("scan 1 files=2 dirs=1 \n");
	hear("g.txt");
}

static void ask_for(uint64_t job, const char *name, uint64_t wrong_ino)
{
	struct stat s;

	assert_int_equal(lstat(in_root(name), &s), 0);
	SAY(0, examine, .job = job, .root = 7, .path = name, .dev = s.st_dev, .ino = s.st_ino + wrong_ino);
}

static void test_a_file_is_handed_over_read_only_or_refused(void **state)
{
	(void)state;
	put("f.txt", "content");
	assert_int_equal(symlink("/etc/passwd", in_root("link")), 0);
	assert_int_equal(mkfifo(in_root("pipe"), 0600), 0);
	start();
	connect_peer(1, ROLE_INSPECTOR, 0);
	ask_for(1, "f.txt", 0);
	hear("inspect 1 f.txt");
	assert_true(bytes_equal_text(buffer_bytes(&world->bodies), "content"));
	ask_for(2, "f.txt", 1);
	hear("unreadable 2 f.txt: another file has the name");
	ask_for(3, "link", 0);
	hear("unreadable 3 link: ");
	ask_for(4, "pipe", 0);
	hear("unreadable 4 pipe: not a regular file");
	SAY(0, examine, .job = 5, .root = 7, .path = "../../etc/passwd", .dev = 1, .ino = 1);
	hear("unreadable 5 ");
	SAY(0, examine, .job = 6, .root = 8, .path = "f.txt", .dev = 1, .ino = 1);
	hear("unreadable 6 f.txt: no such root");
	hear_nothing_of("inspect 2");
}

static void test_jobs_flow_in_a_window_and_survive_an_inspector(void **state)
{
	(void)state;
	put("f.txt", "x");
	start();
	hear("scan 1");
	world->mute = true;
	connect_peer(1, ROLE_INSPECTOR, 0);
	for (uint64_t job = 1; job <= 40; job++)
		ask_for(job, "f.txt", 0);
	hear("inspect 16 f.txt");
	hear_nothing_of("inspect 17 ");
	disconnect_peer(1); /* it died over job 1 */
	connect_peer(2, ROLE_INSPECTOR, 1);
	hear("inspect 17 f.txt");
	forget_heard();
	world->mute = false;
	for (uint64_t job = 17; job <= 32; job++)
		SAY(2, inspected, .job = job);
	hear("inspect 40 f.txt");
	hear("inspect 1 f.txt");
	hear("inspect 8 f.txt");
}

static void test_a_file_that_ends_inspectors_is_given_up(void **state)
{
	(void)state;
	put("f.txt", "x");
	start();
	hear("scan 1");
	world->mute = true;
	ask_for(1, "f.txt", 0);
	for (unsigned i = 0; i < 4; i++) {
		forget_heard();
		connect_peer(1 + i % 2, ROLE_INSPECTOR, (uint8_t)(i % 2));
		hear("inspect 1 f.txt");
		hear_nothing_of("unreadable");
		disconnect_peer(1 + i % 2);
	}
	hear("unreadable 1 f.txt: its inspection ended badly, four times");
}

static void test_side_files_are_ignored(void **state)
{
	(void)state;
	static const char *const side[] = {".~lock.a.odt#", "4913", "~$a.docx", ".#a.txt", "a.docx.trashinfo"};
	static const char *const new[] = {"a.swp", "b~", "#a.txt#", "lu5.tmp", ".~WRD1.tmp", "a.docx.part"};
	static const char *const documents[] = {"a.docx", "b.age", ".hidden.odt", "机密.txt", "x.bak"};
	const char *at[] = {"*.bak", "node_modules/"};
	const struct ignore_rules none = {0}, site = {at, 2};

	for (size_t i = 0; i < array_n(side); i++)
		assert_int_equal(ignore_name(&none, side[i], false), IGNORED_SIDE_FILE);
	for (size_t i = 0; i < array_n(new); i++)
		assert_int_equal(ignore_name(&none, new[i], false), IGNORED_WHILE_NEW);
	for (size_t i = 0; i < array_n(documents); i++)
		assert_int_equal(ignore_name(&none, documents[i], false), IGNORED_NOT);
	assert_int_equal(ignore_name(&none, ".classd", true), IGNORED_SIDE_FILE);
	assert_int_equal(ignore_name(&none, "4913", true), IGNORED_NOT);
	assert_int_equal(ignore_name(&none, ".Trash-1000", true), IGNORED_NOT); /* thrown away is not gone */
	assert_int_equal(ignore_name(&site, "x.bak", false), IGNORED_BY_SITE);
	assert_int_equal(ignore_name(&site, "x.bak", true), IGNORED_NOT);
	assert_int_equal(ignore_name(&site, "node_modules", true), IGNORED_BY_SITE);
	assert_int_equal(ignore_name(&site, "node_modules", false), IGNORED_NOT);
	assert_int_equal(ignore_name(&site, "b~", false), IGNORED_WHILE_NEW);
	assert_int_equal(ignore_name(&(struct ignore_rules){(const char *[]){"old*~"}, 1}, "old.txt~", false),
			 IGNORED_BY_SITE);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_side_files_are_ignored),
	    IN_WORLD(test_a_first_scan_finds_everything_once),
	    IN_WORLD(test_a_saved_file_is_seen_at_once_and_then_settles),
	    IN_WORLD(test_a_writer_that_stays_is_told_and_its_close_is_heard),
	    IN_WORLD(test_a_rescan_does_not_settle_what_is_open),
	    IN_WORLD(test_directories_that_fill_before_they_are_watched),
	    IN_WORLD(test_a_moved_directory_is_followed),
	    IN_WORLD(test_a_missing_root_is_a_state_with_a_way_back),
	    IN_WORLD(test_a_folder_takes_the_name_of_a_file),
	    IN_WORLD(test_the_back_end_is_told),
	    IN_WORLD(test_an_overflow_is_followed_by_a_rescan),
	    IN_WORLD(test_a_loss_that_comes_again_is_counted),
	    IN_WORLD(test_a_path_that_nobody_can_name_is_a_state),
	    IN_WORLD(test_a_rescan_tells_what_changed),
	    IN_WORLD(test_a_time_set_by_hand_is_no_change),
	    IN_WORLD(test_stolen_events_are_noticed_and_healed),
	    IN_WORLD(test_the_site_ignores_names_and_they_are_counted),
	    IN_WORLD(test_a_side_file_that_stays_is_a_file),
	    IN_WORLD(test_a_question_is_answered),
	    IN_WORLD(test_a_lost_registrar_gets_a_rescan_when_it_is_back),
	    IN_WORLD(test_a_file_is_handed_over_read_only_or_refused),
	    IN_WORLD(test_jobs_flow_in_a_window_and_survive_an_inspector),
	    IN_WORLD(test_a_file_that_ends_inspectors_is_given_up),
	};

	int failed = cmocka_run_group_tests_name("watcher", tests, NULL, NULL), group = mark("/tmp");

	by_fanotify = group >= 0;
	close_fd(&group);
	return failed + (by_fanotify ? cmocka_run_group_tests_name("watcher_fanotify", tests, NULL, NULL) : 0);
}

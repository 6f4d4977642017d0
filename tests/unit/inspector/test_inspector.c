/* The role as its peers see it: jobs in, facts out, one at a time, and an end when nothing is left to do. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "inspector/inspector.h"

#define DEADLINE_MS 20000
#define ABC_SHA256  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct world {
	struct role role;
	struct channel peers[2]; /* watcher, registrar */
	int ends[2];
	struct loop_source sources[2];
	struct loop_timer deadline;
	struct buffer heard;
	const char *wanted;
	bool found;
} world;

static int dispatch(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd)
{
	for (size_t i = 0; i < inspector_description.n_rows; i++)
		if (inspector_description.rows[i].type == type)
			return inspector_description.rows[i].handle(&world.role, from, message, fd);
	return 0;
}

static int on_lost(struct channel *peer)
{
	channel_close(peer);
	return 0;
}

static bool is_heard(void)
{
	buffer_u8(&world.heard, 0);
	world.heard.n--;
	return strstr((const char *)world.heard.at, world.wanted);
}

static int on_heard(struct loop_source *source, uint32_t events)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t n = recv(source->fd, frame, sizeof(frame), MSG_DONTWAIT);
	struct cursor c = cursor_of(bytes_of(frame, n > 0 ? (size_t)n : 0));
	const struct frame_type *type;
	union frame_any m;
	char sha256[65];

	(void)events;
	while (frame_decode(&c, &type, &m) == 0) {
		if (type == &frame_type_facts) {
			text_hex(m.facts.sha256, 32, sha256);
			buffer_add_format(&world.heard,
					  "facts %d %s outcome=%d type=%s sha=%s mark=%s/%s/%s matches=%s.\n",
					  (int)m.facts.job, m.facts.path, m.facts.outcome, m.facts.type, sha256,
					  m.facts.mark, m.facts.mark_level, m.facts.mark_term, m.facts.matches);
		} else if (type == &frame_type_inspected)
			buffer_add_format(&world.heard, "inspected %d.\n", (int)m.inspected.job);
	}
	world.found = is_heard();
	if (world.found)
		loop_stop(&world.role.loop);
	return 0;
}

static int on_deadline(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(&world.role.loop);
	return 0;
}

static void hear(const char *line)
{
	world.wanted = line;
	world.found = is_heard();
	world.role.loop.stopping = false;
	assert_int_equal(loop_arm(&world.role.loop, &world.deadline, DEADLINE_MS, on_deadline), 0);
	if (!world.found)
		assert_int_equal(loop_run(&world.role.loop, NULL), 0);
	if (!world.found)
		print_error("not heard: %s\nheard:\n%s", line, (const char *)world.heard.at);
	assert_true(world.found);
}

static void connect_peer(size_t i, uint8_t id)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	world.peers[i] =
	    (struct channel){.fd = -1, .peer_role = id, .owner = &world.role, .message = dispatch, .lost = on_lost};
	assert_int_equal(channel_open(&world.peers[i], &world.role.loop, pair[0]), 0);
	world.role.peers[world.role.n_peers++] = &world.peers[i];
	world.ends[i] = pair[1];
	assert_int_equal(loop_watch(&world.role.loop, &world.sources[i], pair[1], EPOLLIN, on_heard), 0);
	assert_int_equal(inspector_description.peer_up(&world.role, &world.peers[i]), 0);
}

/* As from the wire: the descriptor is given. */
static void say(size_t from, const struct frame_type *type, const union frame_any *message, int fd)
{
	assert_int_equal(dispatch(&world.peers[from], type, message, &fd), 0);
	close_fd(&fd);
}

static int file_with(const char *text)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void give_job(uint64_t job, const char *path, const char *text, uint64_t wrong_size)
{
	int fd = file_with(text);
	struct stat s;
	union frame_any m;

	assert_int_equal(fstat(fd, &s), 0);
	m.inspect =
	    (struct frame_inspect){.job = job,
				   .root = 1,
				   .path = path,
				   .size = (uint64_t)s.st_size + wrong_size,
				   .mtime_ns = (uint64_t)s.st_mtim.tv_sec * 1000000000 + (uint64_t)s.st_mtim.tv_nsec};
	say(0, &frame_type_inspect, &m, fd);
}

/* Whose digest is known: if it is that one, all else is. */
static void give_known(uint64_t job, const char *path, const char *text, const char *sha256)
{
	int fd = file_with(text);
	struct stat s;
	union frame_any m = {.inspect = {.job = job, .root = 1, .path = path}};

	assert_int_equal(fstat(fd, &s), 0);
	m.inspect.size = (uint64_t)s.st_size;
	m.inspect.mtime_ns = (uint64_t)s.st_mtim.tv_sec * 1000000000 + (uint64_t)s.st_mtim.tv_nsec;
	assert_true(text_from_hex(sha256, m.inspect.known, sizeof(m.inspect.known)));
	say(0, &frame_type_inspect, &m, fd);
}

static void give_signals(const char *lines)
{
	say(1, &frame_type_signals, &(union frame_any){.signals = {.version = 1}}, file_with(lines));
}

static void test_jobs_wait_for_the_signals_and_are_answered(void **state)
{
	(void)state;
	give_job(1, "a/one.txt", "abc", 0);
	give_signals("phrase\t3.2\treserve ratio\nlevel\tS\tSECRET\n");
	hear("facts 1 a/one.txt outcome=1 type=text/plain sha=" ABC_SHA256 " mark=// matches=.\n");
	hear("inspected 1.");
	give_job(2, "two.txt", "SECRET//X\nthe reserve ratio\n", 0);
	give_job(3, "three.txt", "", 0);
	hear("facts 2 two.txt outcome=1");
	hear("mark=SECRET//X/S///X matches=3.2 101 14+13\n.");
	hear("facts 3 three.txt outcome=1 type=application/x-empty sha=e3b0c442");
	hear("inspected 3.");
}

static void test_what_is_as_it_was_is_not_looked_at(void **state)
{
	(void)state;
	give_signals("phrase\t3.2\treserve ratio\nlevel\tS\tSECRET\n");
	give_known(11, "same.txt", "abc", ABC_SHA256);
	hear("facts 11 same.txt outcome=6 type= sha=" ABC_SHA256 " mark=// matches=.\n");
	hear("inspected 11.");
	give_known(12, "other.txt", "abd", ABC_SHA256);
	hear("facts 12 other.txt outcome=1 type=text/plain sha=a52d159f");
	hear("inspected 12.");
}

static void test_a_file_that_changed_is_said_to_have_changed(void **state)
{
	(void)state;
	give_signals("");
	give_job(4, "changed.txt", "abc", 1);
	hear("facts 4 changed.txt outcome=2 type= sha=0000");
	hear("inspected 4.");
}

static void test_a_job_without_a_descriptor_is_only_counted(void **state)
{
	(void)state;
	say(0, &frame_type_inspect, &(union frame_any){.inspect = {.job = 5, .path = ""}}, -1);
	hear("inspected 5.");
}

static void test_new_signals_replace_the_old(void **state)
{
	(void)state;
	give_signals("phrase\t9.1\treserve ratio\n");
	give_job(6, "six.txt", "reserve ratio", 0);
	hear("matches=9.1 101 0+13\n.");
}

static void test_idle_it_ends(void **state)
{
	struct inspector *i = world.role.own;

	(void)state;
	give_job(7, "seven.txt", "abc", 0);
	hear("inspected 7.");
	i->idle_ms = 1; /* only now: the end is not to come before the answer was heard */
	give_signals("");
	world.wanted = "nothing that is ever said";
	assert_int_equal(loop_arm(&world.role.loop, &world.deadline, DEADLINE_MS, on_deadline), 0);
	assert_int_equal(loop_run(&world.role.loop, NULL), 0);
	assert_non_null(world.deadline.loop); /* it was not the deadline that ended it */
}

static int set_up(void **state)
{
	(void)state;
	world.role.description = &inspector_description;
	world.role.control.fd = -1;
	if (loop_init(&world.role.loop) || inspector_description.prepare(&world.role) ||
	    inspector_description.begin(&world.role))
		return -1;
	connect_peer(0, ROLE_WATCHER);
	connect_peer(1, ROLE_REGISTRAR);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	inspector_description.end(&world.role);
	for (size_t i = 0; i < 2; i++) {
		loop_unwatch(&world.sources[i]);
		close_fd(&world.ends[i]);
		channel_close(&world.peers[i]);
	}
	loop_disarm(&world.deadline);
	loop_done(&world.role.loop);
	buffer_done(&world.heard);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_jobs_wait_for_the_signals_and_are_answered),
	    cmocka_unit_test(test_what_is_as_it_was_is_not_looked_at),
	    cmocka_unit_test(test_a_file_that_changed_is_said_to_have_changed),
	    cmocka_unit_test(test_a_job_without_a_descriptor_is_only_counted),
	    cmocka_unit_test(test_new_signals_replace_the_old),
	    cmocka_unit_test(test_idle_it_ends),
	};

	return cmocka_run_group_tests_name("inspector", tests, set_up, tear_down);
}

#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "system/channel.h"

struct end {
	struct channel channel;
	size_t n;
	size_t n_fds;
	uint64_t last;
	bool is_lost;
	size_t drained;
};

struct fixture {
	struct loop loop;
	struct end a, b;
	struct loop_timer stop;
	int raw; /* the other end of b, when a is not a channel */
};

static int on_message(struct channel *channel, const struct frame_type *type, const union frame_any *message, int *fd)
{
	struct end *end = channel->owner;

	end->n++;
	if (type == &frame_type_rescan)
		end->last = message->rescan.root;
	if (type == &frame_type_setting)
		end->last = strlen(message->setting.value);
	if (*fd >= 0) {
		int kept = steal_fd(fd);

		end->n_fds += fcntl(kept, F_GETFD) == FD_CLOEXEC;
		close(kept);
	}
	return 0;
}

static int on_lost(struct channel *channel)
{
	struct end *end = channel->owner;

	end->is_lost = true;
	channel_close(channel);
	return 0;
}

static int on_drained(struct channel *channel)
{
	((struct end *)channel->owner)->drained++;
	return 0;
}

static void end_open(struct fixture *f, struct end *end, int fd)
{
	end->channel =
	    (struct channel){.fd = -1, .owner = end, .message = on_message, .lost = on_lost, .drained = on_drained};
	assert_int_equal(channel_open(&end->channel, &f->loop, fd), 0);
}

static int setup(void **state)
{
	static struct fixture fixture;
	int pair[2];

	fixture = (struct fixture){.raw = -1};
	assert_int_equal(loop_init(&fixture.loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	fixture.raw = pair[0];
	end_open(&fixture, &fixture.b, pair[1]);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	channel_close(&f->a.channel);
	channel_close(&f->b.channel);
	close_fd(&f->raw);
	loop_done(&f->loop);
	return 0;
}

static int on_stop(struct loop_timer *timer)
{
	loop_stop(timer->loop ? timer->loop : &container_of(timer, struct fixture, stop)->loop);
	return 0;
}

/* Everything is local and ready at once, so a few turns with a timer behind them are the end of it. */
static void run(struct fixture *f)
{
	for (int turn = 0; turn < 2000; turn++) {
		assert_int_equal(loop_arm(&f->loop, &f->stop, 0, on_stop), 0);
		assert_int_equal(loop_run(&f->loop, NULL), 0);
	}
}

static void both_channels(struct fixture *f)
{
	end_open(f, &f->a, steal_fd(&f->raw));
}

static void test_small_messages_share_a_frame(void **state)
{
	struct fixture *f = *state;
	int pair[2];
	uint8_t frame[FRAME_MAX];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	end_open(f, &f->a, pair[0]);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(CHANNEL_SEND(&f->a.channel, rescan, -1, .root = i), 0);
	run(f);
	assert_int_equal(recv(pair[1], frame, sizeof(frame), MSG_DONTWAIT),
			 10 * channel_message_size(&frame_type_rescan, &(struct frame_rescan){0}));
	assert_int_equal(recv(pair[1], frame, sizeof(frame), MSG_DONTWAIT), -1);
	close(pair[1]);
}

static void test_messages_and_descriptors_arrive_in_order(void **state)
{
	struct fixture *f = *state;

	both_channels(f);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(
		    CHANNEL_SEND(&f->a.channel, rescan, i % 10 == 0 ? open("/dev/null", O_RDONLY) : -1, .root = i), 0);
	run(f);
	assert_int_equal(f->b.n, 100);
	assert_int_equal(f->b.n_fds, 10);
	assert_int_equal(f->b.last, 99);
	assert_false(f->b.is_lost);
}

static void test_malformed_frames_are_dropped_whole_and_counted(void **state)
{
	struct fixture *f = *state;
	static uint8_t huge[FRAME_MAX + 1];
	OWN_BUFFER struct buffer b = {0};

	frame_encode(&b, &frame_type_rescan, &(struct frame_rescan){.root = 1});
	buffer_add_text(&b, "rubbish after a good message");
	assert_int_equal(send(f->raw, b.at, b.n, 0), (ssize_t)b.n);
	assert_int_equal(send(f->raw, "\0", 1, 0), 1);
	assert_int_equal(send(f->raw, huge, sizeof(huge), 0), (ssize_t)sizeof(huge));
	buffer_clear(&b);
	frame_encode(&b, &frame_type_rescan, &(struct frame_rescan){.root = 7});
	assert_int_equal(send(f->raw, b.at, b.n, 0), (ssize_t)b.n);
	run(f);
	assert_int_equal(f->b.channel.malformed, 3);
	assert_int_equal(f->b.n, 1);
	assert_int_equal(f->b.last, 7);
	assert_false(f->b.is_lost);
}

static int count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_more_than_one_descriptor_closes_the_channel_and_leaks_none(void **state)
{
	struct fixture *f = *state;
	OWN_BUFFER struct buffer b = {0};
	struct iovec part;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct msghdr message = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	int fds[2] = {0, 1}, before = count_descriptors();

	frame_encode(&b, &frame_type_rescan, &(struct frame_rescan){.root = 1});
	part = (struct iovec){b.at, b.n};
	control.header =
	    (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fds)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
	assert_true(sendmsg(f->raw, &message, 0) > 0);
	run(f);
	assert_true(f->b.is_lost);
	assert_int_equal(f->b.n, 0);
	assert_int_equal(count_descriptors(), before - 1); /* ours is closed, theirs did not come in */
}

static void test_the_queue_is_bounded(void **state)
{
	struct fixture *f = *state;
	static char text[60000];
	int pair[2];

	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	end_open(f, &f->a, pair[0]);
	for (size_t i = 0; i < 2 * CHANNEL_QUEUE_MAX / sizeof(text); i++)
		assert_int_equal(CHANNEL_SEND(&f->a.channel, setting, -1, .value = text), 0);
	assert_true(channel_queued(&f->a.channel) <= CHANNEL_QUEUE_MAX);
	run(f);
	assert_true(f->a.is_lost);
	assert_int_equal(CHANNEL_SEND(&f->a.channel, rescan, open("/dev/null", O_RDONLY)), 0); /* dropped */
	close(pair[1]);
}

static void test_a_slow_peer_gets_everything_later(void **state)
{
	struct fixture *f = *state;
	static char text[60000];

	memset(text, 'x', sizeof(text) - 1);
	both_channels(f);
	for (int i = 0; i < 50; i++)
		assert_int_equal(CHANNEL_SEND(&f->a.channel, setting, -1, .value = text), 0);
	run(f);
	assert_int_equal(f->b.n, 50);
	assert_int_equal(f->b.last, sizeof(text) - 1);
	assert_int_equal(f->a.drained, 1);
	assert_int_equal(channel_queued(&f->a.channel), 0);
}

static void test_a_closed_peer_is_lost_once_what_it_sent_is_read(void **state)
{
	struct fixture *f = *state;

	both_channels(f);
	assert_int_equal(CHANNEL_SEND(&f->a.channel, rescan, -1, .root = 3), 0);
	channel_flush(&f->a.channel);
	channel_close(&f->a.channel);
	run(f);
	assert_int_equal(f->b.last, 3);
	assert_true(f->b.is_lost);
	assert_false(channel_is_open(&f->b.channel));
}

/* Frames of their own, as from a peer that has had time to send them. */
static void send_raw(struct fixture *f, uint32_t root)
{
	OWN_BUFFER struct buffer frame = {0};

	frame_encode(&frame, &frame_type_rescan, &(struct frame_rescan){.root = root});
	assert_int_equal(send(f->raw, frame.at, frame.n, MSG_NOSIGNAL), (ssize_t)frame.n);
}

static void test_a_peer_that_ends_with_something_unread_is_heard(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CHANNEL_SEND(&f->b.channel, rescan, -1, .root = 9), 0);
	channel_flush(&f->b.channel);
	for (uint32_t i = 1; i <= 3; i++)
		send_raw(f, i);
	close_fd(&f->raw); /* resets the connection */
	run(f);
	assert_int_equal(f->b.n, 3);
	assert_int_equal(f->b.last, 3);
	assert_true(f->b.is_lost);
}

static void test_a_peer_that_cannot_be_sent_to_is_heard(void **state)
{
	struct fixture *f = *state;

	send_raw(f, 1);
	send_raw(f, 2);
	close_fd(&f->raw);
	assert_int_equal(CHANNEL_SEND(&f->b.channel, rescan, -1, .root = 9), 0); /* fails before it is read */
	run(f);
	assert_int_equal(f->b.n, 2);
	assert_true(f->b.is_lost);
}

static void test_a_peer_that_is_given_up_is_heard(void **state)
{
	struct fixture *f = *state;

	send_raw(f, 1);
	send_raw(f, 2);
	assert_int_equal(channel_lose(&f->b.channel), 0);
	assert_int_equal(f->b.n, 2);
	assert_true(f->b.is_lost);
	assert_false(channel_is_open(&f->b.channel));
}

static void test_a_message_above_the_frame_is_our_fault(void **state)
{
	struct fixture *f = *state;
	static char text[FRAME_MAX];

	memset(text, 'x', sizeof(text) - 1);
	assert_true(CHANNEL_SEND(&f->b.channel, setting, -1, .value = text) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_small_messages_share_a_frame, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_messages_and_descriptors_arrive_in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_malformed_frames_are_dropped_whole_and_counted, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_more_than_one_descriptor_closes_the_channel_and_leaks_none, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_the_queue_is_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_slow_peer_gets_everything_later, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_closed_peer_is_lost_once_what_it_sent_is_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_peer_that_ends_with_something_unread_is_heard, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_peer_that_cannot_be_sent_to_is_heard, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_peer_that_is_given_up_is_heard, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_message_above_the_frame_is_our_fault, setup, teardown),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}

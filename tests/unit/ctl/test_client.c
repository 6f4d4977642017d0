/* Framing and refusals, against an agent that is the other end of a socket pair. */
#include "test.h"

#include "base/text.h"
#include "ctl/content.h"
#include "ctl/options.h"
#include "library/crypto.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct ends {
	struct client *client;
	int agent;
};

static int set_up(void **state)
{
	struct ends *e = calloc(1, sizeof(*e));
	int pair[2];

	if (!e || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || client_new(pair[0], &e->client) != 0)
		return -1;
	e->agent = pair[1];
	*state = e;
	/* what a refusal says is not the test's output */
	return freopen("/dev/null", "w", stderr) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct ends *e = *state;

	client_free(e->client);
	close_fd(&e->agent);
	free(e);
	return 0;
}

/* The answer waits in the socket before the question is asked: no second process needed. */
static void answer(const struct ends *e, const char *text)
{
	assert_int_equal(write(e->agent, text, strlen(text) + 1), (ssize_t)strlen(text) + 1);
}

/* What came to the agent, and the descriptor beside it (-1: none). */
static int receive(int agent, char *ret, size_t room)
{
	char control[CMSG_SPACE(sizeof(int) * 4)];
	struct iovec part = {.iov_base = ret, .iov_len = room};
	struct msghdr m = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int fd = -1;

	assert_true(recvmsg(agent, &m, MSG_CMSG_CLOEXEC) > 0);
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	if (head && head->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static void test_call(void **state)
{
	struct ends *e = *state;
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Tag", .parameters = json_object(), .more = true};
	char seen[1024] = "";

	json_set_text(call.parameters, "number", "2026-000001");
	answer(e, "{\"parameters\":{\"n\":1},\"continues\":true}");
	answer(e, "{\"parameters\":{\"n\":2}}");
	assert_int_equal(client_call(e->client, &call, &reply), 0);
	assert_null(call.parameters);
	assert_true(reply.continues);
	assert_int_equal(json_get_int(reply.at, "n", 0), 1);
	assert_int_equal(client_next(e->client, &reply), 0);
	assert_false(reply.continues);
	assert_int_equal(json_get_int(reply.at, "n", 0), 2);
	assert_int_equal(receive(e->agent, seen, sizeof(seen)), -1);
	assert_string_equal(seen, "{\"method\":\"org.classd.Records.Tag\",\"more\":true,"
				  "\"parameters\":{\"number\":\"2026-000001\"}}");
}

static void test_descriptor(void **state)
{
	struct ends *e = *state;
	struct call call = {.method = "Roots.Set", .parameters = json_object()};
	char seen[1024];
	OWN_FD int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(call_pass(&call, null), 0);
	answer(e, "{\"parameters\":{}}");
	assert_int_equal(client_call(e->client, &call, NULL), 0);
	OWN_FD int got = receive(e->agent, seen, sizeof(seen));
	assert_true(got >= 0);
}

#define REFUSED(class)                                                                                                 \
	"{\"error\":\"org.classd.Records.Refused\",\"parameters\":{\"class\":\"" class "\",\"code\":\"c\",\"what\":"   \
										       "\"no\",\"where\":\"\","        \
										       "\"next\":\"\"}}"

static void test_refusals(void **state)
{
	static const struct {
		const char *answer;
		int code;
	} cases[] = {
	    {REFUSED("input"), CLASSD_EXIT_INPUT},
	    {REFUSED("authority"), CLASSD_EXIT_AUTHORITY},
	    {REFUSED("state"), CLASSD_EXIT_STATE},
	    {REFUSED("not-found"), CLASSD_EXIT_NOT_FOUND},
	    {REFUSED("busy"), CLASSD_EXIT_BUSY},
	    {REFUSED("failed"), CLASSD_EXIT_FAILED},
	    {REFUSED("of tomorrow"), CLASSD_EXIT_FAILED},
	    {"{\"error\":\"org.classd.Records.Refused\"}", CLASSD_EXIT_FAILED},
	    {"{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"m\"}}",
	     CLASSD_EXIT_FAILED},
	    {"{\"parameters\":", CLASSD_EXIT_FAILED},
	    {"[]", CLASSD_EXIT_FAILED},
	    {"", CLASSD_EXIT_FAILED},
	    {"{\"a\":1,\"a\":2}", CLASSD_EXIT_FAILED},
	};
	struct ends *e = *state;

	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_REPLY struct reply reply = {0};
		struct call call = {.method = "Records.Tag"};

		answer(e, cases[i].answer);
		assert_int_equal(client_call(e->client, &call, &reply), cases[i].code);
		assert_null(reply.message);
	}
}

static void test_hang_up(void **state)
{
	struct ends *e = *state;
	struct call call = {.method = "Agent.GetStatus"};

	assert_int_equal(write(e->agent, "{\"par", 5), 5); /* half an answer, and then nothing */
	assert_int_equal(shutdown(e->agent, SHUT_WR), 0);
	assert_int_equal(client_call(e->client, &call, NULL), CLASSD_EXIT_NO_AGENT);
}

enum { CONTENT_BYTES = 300000 }; /* more than a pipe holds */

/* An agent that fills the pipe it was given, then answers with that digest. */
static void serve_content(int agent, const char *digest)
{
	static char byte[CONTENT_BYTES];
	char seen[1024];
	char text[512];
	int fd = receive(agent, seen, sizeof(seen));

	memset(byte, 'x', sizeof(byte));
	for (size_t at = 0; at < sizeof(byte);) {
		ssize_t n = write(fd, byte + at, sizeof(byte) - at);
		if (n < 0)
			_exit(1);
		at += (size_t)n;
	}
	(void)close(fd);
	int n = snprintf(text, sizeof(text),
			 "{\"parameters\":{\"record\":\"2026-000001\",\"version\":2,\"name\":\"a.txt\",\"size\":300000,"
			 "\"digest\":\"%s\",\"mode\":416,\"modified\":\"2026-03-01T08:30:00Z\"}}",
			 digest);
	_exit(write(agent, text, (size_t)n + 1) < 0);
}

static int read_content(struct ends *e, const char *digest, struct content *ret)
{
	struct ctl ctl = {.client = e->client};
	struct document d = {.word = "2026-000001", .number = (char[]){"2026-000001"}, .fd = -1};
	const struct content_order order = {.purpose = "cat", .to = -1};
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		serve_content(e->agent, digest);
	int result = content_read(&ctl, &d, &order, ret);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return result;
}

static void test_content(void **state)
{
	OWN_CONTENT struct content c = {0};
	OWN_CONTENT struct content other = {0};
	OWNED(digest) struct digest *digest = NULL;
	uint8_t hash[32];
	char hex[65];

	assert_int_equal(digest_new(&digest), 0);
	for (int i = 0; i < CONTENT_BYTES; i++)
		assert_int_equal(digest_add(digest, bytes_of("x", 1)), 0);
	assert_int_equal(digest_end(digest, hash), 0);
	text_hex(hash, sizeof(hash), hex);
	assert_int_equal(read_content(*state, hex, &c), 0);
	assert_string_equal(c.name, "a.txt");
	assert_int_equal(c.version, 2);
	assert_int_equal(c.mode, 0640);
	assert_int_equal(c.modified.tv_sec, 1772353800);
	assert_memory_equal(c.digest, hash, sizeof(hash));
	hex[0] = hex[0] == '0' ? '1' : '0'; /* content that is not what the agent says it is */
	assert_int_equal(read_content(*state, hex, &other), CLASSD_EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_call, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_descriptor, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_hang_up, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_content, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

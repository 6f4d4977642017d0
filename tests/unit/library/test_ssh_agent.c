#include "test.h"

#include <string.h>
#include <sys/socket.h>

#include "format/ssh_wire.h"
#include "library/ssh_agent.h"

/* What the agent will answer is written before we ask. */
static int ask_list(struct bytes answer, struct ssh_agent_key *keys, size_t *n)
{
	OWN_FD int ours = -1;
	OWN_FD int agent = -1;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ours = pair[0];
	agent = pair[1];
	assert_int_equal(send(agent, answer.at, answer.n, 0), answer.n);
	assert_int_equal(shutdown(agent, SHUT_WR), 0);
	return ssh_agent_list(ours, keys, 2, n);
}

static void put_key(struct buffer *to, uint8_t first, const char *comment)
{
	OWN_BUFFER struct buffer blob = {0};
	struct ssh_public_key k = {.kind = SSH_ED25519, .point = {first}};

	ssh_public_key_write_blob(&k, &blob);
	ssh_put(to, buffer_bytes(&blob));
	ssh_put_text(to, comment);
}

static void frame(const struct buffer *content, struct buffer *ret)
{
	buffer_clear(ret);
	ssh_put(ret, buffer_bytes(content));
}

static void test_list(void **state)
{
	struct ssh_agent_key keys[2];
	OWN_BUFFER struct buffer content = {0};
	OWN_BUFFER struct buffer answer = {0};
	size_t n = 0;

	(void)state;
	buffer_u8(&content, 12);
	buffer_u32(&content, 4);
	put_key(&content, 1, "li\x1b[31m");
	ssh_put_text(&content, "an RSA key, which is not for us");
	ssh_put_text(&content, "rsa");
	put_key(&content, 2, "wang");
	put_key(&content, 3, "one more than there is room for");
	frame(&content, &answer);
	assert_int_equal(ask_list(buffer_bytes(&answer), keys, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(keys[1].key.point[0], 2);
	assert_string_equal(keys[0].comment, "li?[31m");
	for (size_t cut = 0; cut < answer.n; cut++)
		assert_int_equal(ask_list(bytes_of(answer.at, cut), keys, &n), SSH_AGENT_GARBLED);
}

static void test_refusals(void **state)
{
	struct ssh_agent_key keys[2];
	int fd = -1;
	size_t n = 0;

	(void)state;
	assert_int_equal(ask_list(bytes_of("\0\0\0\1\5", 5), keys, &n), SSH_AGENT_REFUSED);
	assert_int_equal(ask_list(bytes_of("\0\0\0\0", 4), keys, &n), SSH_AGENT_GARBLED);
	assert_int_equal(ask_list(bytes_of("\377\377\377\377", 4), keys, &n), SSH_AGENT_GARBLED);
	/* A count that promises more than there is. */
	assert_int_equal(ask_list(bytes_of("\0\0\0\5\14\377\377\377\377", 9), keys, &n), SSH_AGENT_GARBLED);
	assert_int_equal(ssh_agent_open("/nonexistent/agent.sock", &fd), SSH_AGENT_ABSENT);
	assert_int_equal(ssh_agent_open(NULL, &fd), SSH_AGENT_ABSENT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

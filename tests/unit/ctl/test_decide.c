/*
 * Deciding against an agent that lies: classctl signs only a text about exactly the bytes it read. The agent is a
 * second process at the other end of a socket pair; its exit status says whether a valid signature reached it.
 */
#include "test.h"

#include "base/text.h"
#include "ctl/child.h"
#include "ctl/command.h"
#include "format/label.h"
#include "library/envelope.h"
#include "library/signature.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NUMBER	"2026-000001"
#define RECORD	"0192f0c4-7a3b-7c1d-8e2f-0123456789ab"
#define CONTENT "the plan, marked"

enum lie { HONEST, OTHER_CONTENT, OTHER_RECORD, OTHER_LEVEL, OTHER_NAMESPACE, OTHER_DIGEST, NO_DECISION, NO_LABEL };

struct fake {
	enum lie lie;
	int fd;
	int pipe; /* came with the request */
	bool decided;
};

static void hex_of(const char *text, char ret[65])
{
	uint8_t hash[32];

	sha256_of(bytes_of_text(text), hash);
	text_hex(hash, sizeof(hash), ret);
}

/* The text to sign, as the agent would have it. */
static char *label_text(enum lie lie)
{
	OWN_BUFFER struct buffer text = {0};
	uint8_t salt[SEALED_SALT] = {7};
	uint8_t digest[32];
	uint8_t commitment[32];
	char commit[65];

	sha256_of(bytes_of_text(lie == OTHER_CONTENT ? "another plan" : CONTENT), digest);
	envelope_commitment(salt, digest, commitment);
	text_hex(commitment, sizeof(commitment), commit);
	struct label label = {
	    .record = lie == OTHER_RECORD ? "0192f0c4-7a3b-7c1d-8e2f-ba9876543210" : RECORD,
	    .version = 2,
	    .content = 1,
	    .state = lie == NO_DECISION ? "proposed" : "decided",
	    .level = lie == OTHER_LEVEL ? "CONFIDENTIAL" : "SECRET",
	    .protection = "SECRET",
	    .commit = commit,
	};
	if (lie == NO_LABEL)
		return text_copy("I owe you everything\n");
	return label_format(&label, &text) == 0 ? buffer_steal_text(&text) : NULL;
}

static struct json *record_json(void)
{
	struct json *record = json_object();
	struct json *proposed = json_object();

	json_set_text(proposed, "level", "SECRET");
	json_set_text(record, "number", NUMBER);
	json_set_text(record, "id", RECORD);
	json_set_text(record, "state", "proposed");
	json_set(record, "proposed", proposed);
	return record;
}

static struct json *answer_show(struct fake *f, struct json_view parameters)
{
	struct json *reply = json_object();

	(void)f, (void)parameters;
	json_set(reply, "record", record_json());
	return reply;
}

static struct json *answer_queue(struct fake *f, struct json_view parameters)
{
	struct json *reply = json_object();

	(void)f, (void)parameters;
	json_set(reply, "entries", json_array());
	return reply;
}

static struct json *answer_read(struct fake *f, struct json_view parameters)
{
	struct json *reply = json_object();
	char hex[65];

	(void)parameters;
	if (write(f->pipe, CONTENT, strlen(CONTENT)) < 0)
		_exit(3);
	(void)close(f->pipe);
	hex_of(CONTENT, hex);
	json_set_text(reply, "record", NUMBER);
	json_set_text(reply, "name", "plan.txt");
	json_set_text(reply, "digest", hex);
	return reply;
}

static struct json *answer_prepare(struct fake *f, struct json_view parameters)
{
	struct json *reply = json_object();
	uint8_t salt[SEALED_SALT] = {7};
	OWN_MEM char *text = label_text(f->lie);
	char hex[2 * SEALED_SALT + 1];
	char digest[65];

	if (!text_equal(json_get_text(parameters, "act"), "approve"))
		_exit(3);
	text_hex(salt, sizeof(salt), hex);
	hex_of(f->lie == OTHER_DIGEST ? "another plan" : CONTENT, digest);
	json_set_text(reply, "text", text);
	json_set_text(reply, "namespace", f->lie == OTHER_NAMESPACE ? "git" : LABEL_NAMESPACE);
	json_set_text(reply, "salt", hex);
	json_set_text(reply, "digest", digest);
	json_set_text(reply, "mark", "SECRET");
	json_set(reply, "departures", json_array());
	json_set_bool(reply, "signature_needed", true);
	return reply;
}

static struct json *answer_decide(struct fake *f, struct json_view parameters)
{
	const struct signature_demand demand = {.space = LABEL_NAMESPACE};
	struct json *reply = json_object();

	f->decided = signature_verify(bytes_of_text(json_get_text(parameters, "text")),
				      bytes_of_text(json_get_text(parameters, "signature")), &demand, NULL) == 0;
	json_set(reply, "record", record_json());
	return reply;
}

static const struct {
	const char *method;
	struct json *(*answer)(struct fake *f, struct json_view parameters);
} methods[] = {
    {"org.classd.Records.Show", answer_show},	  {"org.classd.Records.Queue", answer_queue},
    {"org.classd.Documents.Read", answer_read},	  {"org.classd.Records.PrepareDecision", answer_prepare},
    {"org.classd.Records.Decide", answer_decide},
};

/* One request a message: classctl waits for the answer before it asks again. false: it hung up. */
static bool receive(struct fake *f, char *ret, size_t room)
{
	char control[CMSG_SPACE(sizeof(int) * 4)];
	struct iovec part = {.iov_base = ret, .iov_len = room};
	struct msghdr m = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};

	if (recvmsg(f->fd, &m, MSG_CMSG_CLOEXEC) <= 0)
		return false;
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	if (head && head->cmsg_type == SCM_RIGHTS)
		memcpy(&f->pipe, CMSG_DATA(head), sizeof(f->pipe));
	return true;
}

static void serve(struct fake *f)
{
	char request[16384];

	while (receive(f, request, sizeof(request))) {
		OWNED(json) struct json *message = NULL;
		OWNED(json) struct json *whole = json_object();
		const char *method;

		if (json_parse(bytes_of_text(request), &message) != 0)
			_exit(3);
		method = json_get_text(json_look(message), "method");
		for (size_t i = 0; i < array_n(methods); i++)
			if (text_equal(method, methods[i].method))
				json_set(whole, "parameters",
					 methods[i].answer(f, json_get(json_look(message), "parameters")));
		OWN_MEM char *text = json_text(whole);
		if (!text || write(f->fd, text, strlen(text) + 1) < 0)
			_exit(3);
	}
	_exit(f->decided ? 0 : 1);
}

/* A key of the real ssh-keygen, in a folder that the test makes. */
static int set_up(void **state)
{
	char folder[] = "/tmp/classd-test-XXXXXX";
	int status;

	if (!mkdtemp(folder))
		return -1;
	char *path = text_format("%s/key", folder);
	const char *const argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, NULL};
	*state = path;
	return child_run(argv, -1, -1, &status) == 0 && status == 0 && freopen("/dev/null", "w", stderr) &&
		       freopen("/dev/null", "r", stdin)
		   ? 0
		   : -1;
}

static int tear_down(void **state)
{
	OWN_MEM char *path = *state;
	OWN_MEM char *public = text_format("%s.pub", path);

	(void)unlink(path), (void)unlink(public);
	*strrchr(path, '/') = 0;
	(void)rmdir(path);
	return 0;
}

/* approve, against an agent with that lie. ret_agent: its exit status. */
static int approve(char *key, enum lie lie, int *ret_agent)
{
	char *argv[] = {(char[]){"classctl"}, (char[]){"approve"}, (char[]){NUMBER},
			(char[]){"--json"},   (char[]){"--key"},   key};
	struct ctl ctl = {0};
	int pair[2];
	int status;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct fake f = {.lie = lie, .fd = pair[1], .pipe = -1};

		(void)close(pair[0]);
		serve(&f);
	}
	(void)close(pair[1]);
	assert_int_equal(client_new(pair[0], &ctl.client), 0);
	(void)fflush(stdout);
	int out = dup(STDOUT_FILENO);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(out >= 0 && null >= 0 && dup2(null, STDOUT_FILENO) >= 0);
	int result = command_run(&ctl, (int)array_n(argv), argv);
	(void)fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	(void)close(out), (void)close(null);
	assert_int_equal(waitpid(child, &status, 0), child);
	*ret_agent = WEXITSTATUS(status);
	return result;
}

static void test_honest(void **state)
{
	int agent;

	assert_int_equal(approve(*state, HONEST, &agent), 0);
	assert_int_equal(agent, 0);
}

static void test_lies(void **state)
{
	int agent;

	for (enum lie lie = OTHER_CONTENT; lie <= NO_LABEL; lie++) {
		assert_int_equal(approve(*state, lie, &agent), CLASSD_EXIT_FAILED);
		assert_int_equal(agent, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_honest),
	    cmocka_unit_test(test_lies),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

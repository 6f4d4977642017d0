/* The API as a client meets it, over a socket pair; the store and the methods behind it are stand-ins. */
#include "api_fixture.h"

#include "format/varlink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>

static unsigned n_pipes;
static int flood; /* this many answers of a kilobyte each; 0: two small ones */

static int who(struct registrar *r, struct api_call *call)
{
	struct json *p = json_object();

	(void)r;
	json_set_int(p, "uid", (int64_t)api_uid(call));
	json_set_text(p, "person", api_person(call));
	return api_reply(call, p);
}

static int echo(struct registrar *r, struct api_call *call)
{
	struct json *p = json_object();

	(void)r;
	json_set_text(p, "text", json_get_text(api_parameters(call), "text"));
	return api_reply(call, p);
}

/* An answer of which a part is missing: a mistake of ours, or no memory. */
static int broken(struct registrar *r, struct api_call *call)
{
	struct json *p = json_object();

	(void)r;
	json_set(p, "part", NULL);
	return api_reply(call, p);
}

static int count(struct registrar *r, struct api_call *call)
{
	char text[1001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	for (int i = 0; i < (flood ? flood : 2) && api_wants_more(call); i++) {
		struct json *p = json_object();

		if (flood)
			json_set_text(p, "text", text);
		assert_int_equal(api_more(call, p), 0);
	}
	if (flood)
		loop_stop(&r->role.loop);
	return api_reply(call, json_object());
}

static int take_pipe(struct registrar *r, struct api_call *call)
{
	struct json_view p = api_parameters(call);
	OWN_FD int fd = api_take_descriptor(call, json_get_int(p, "pipe", -1));

	(void)r;
	if (fd < 0)
		return api_refuse(call, API_INPUT, "not-a-pipe", "pipe", "Pass a pipe.", "Descriptor %d is no pipe.",
				  (int)json_get_int(p, "pipe", -1));
	n_pipes++;
	return api_reply(call, json_object());
}

static int never(struct registrar *r, struct api_call *call)
{
	(void)r;
	(void)call;
	return -EIO;
}

const struct api_method agent_methods[] = {
    {.name = "org.classd.Agent.WhoAmI", .handle = who, .flags = API_ANYONE},
    {.name = NULL},
};
const struct api_method document_methods[] = {
    {.name = "org.classd.Documents.Read", .handle = take_pipe, .flags = API_DESCRIPTORS},
    {.name = "org.classd.Documents.Find", .handle = echo},
    {.name = "org.classd.Documents.Checkouts", .handle = broken},
    {.name = NULL},
};
const struct api_method record_methods[] = {
    {.name = "org.classd.Records.Tag", .handle = never},
    {.name = "org.classd.Records.Return", .handle = echo, .flags = API_MUTATES},
    {.name = NULL},
};
const struct api_method person_methods[] = {{.name = NULL}};
const struct api_method root_methods[] = {{.name = NULL}};
const struct api_method policy_methods[] = {
    {.name = "org.classd.Policy.Search", .handle = echo},
    {.name = NULL},
};
const struct api_method oversight_methods[] = {
    {.name = "org.classd.Oversight.Findings", .handle = count, .flags = API_STREAM},
    {.name = NULL},
};
const struct api_method journal_methods[] = {{.name = NULL}};
const struct api_method backup_methods[] = {{.name = NULL}};
const struct api_method custody_methods[] = {{.name = NULL}};
const struct api_method protector_methods[] = {{.name = NULL}};
const struct api_method escrow_methods[] = {{.name = NULL}};
const struct api_method key_methods[] = {{.name = NULL}};
const struct api_method unlock_methods[] = {{.name = NULL}};

/* Tests */

static void it_introduces_itself(void **state)
{
	const char *answer = ask("{\"method\":\"org.varlink.service.GetInfo\"}");

	(void)state;
	has(answer, "\"product\":\"classd\"");
	has(answer, "\"org.classd.Records\"");
	has(answer, "\"org.varlink.service\"");
	answer = ask("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		     "\"parameters\":{\"interface\":\"org.classd.Roots\"}}");
	has(answer, "method Unset(directory: int) -> ()\\n");
	has(ask("{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":\"a.b\"}}"),
	    "org.varlink.service.InterfaceNotFound");
}

static void what_is_not_there_is_named(void **state)
{
	(void)state;
	has(ask("{\"method\":\"org.example.Nothing.Do\"}"), "{\"interface\":\"org.example.Nothing\"}");
	has(ask("{\"method\":\"Do\"}"), "org.varlink.service.InterfaceNotFound");
	has(ask("{\"method\":\"org.classd.Agent.Fly\"}"), "{\"method\":\"org.classd.Agent.Fly\"}");
	has(ask("{\"method\":\"org.classd.Persons.List\"}"), "org.varlink.service.MethodNotImplemented");
}

static void whoever_is_suspended_calls_nothing(void **state)
{
	static const char *const calls[] = {
	    "{\"method\":\"org.classd.Documents.Find\",\"parameters\":{\"document\":{\"number\":\"1\"}}}",
	    "{\"method\":\"org.classd.Documents.Read\"}",
	    "{\"method\":\"org.classd.Records.Tag\",\"parameters\":[]}",
	    "{\"method\":\"org.classd.Records.Return\"}",
	    "{\"method\":\"org.classd.Oversight.Findings\",\"more\":true}",
	};

	(void)state;
	li_is_suspended = true;
	for (size_t i = 0; i < array_n(calls); i++)
		has(ask(calls[i]), "\"code\":\"suspended\"");
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "\"person\":\"li\""); /* who he is he may hear */
}

/* What cannot be answered is said, and the connection goes on. */
static void a_broken_answer_is_one_error(void **state)
{
	(void)state;
	has(ask("{\"method\":\"org.classd.Documents.Checkouts\"}"), "\"code\":\"no-answer\"");
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "\"person\":\"li\"");
}

static int is_li(struct registrar *r, const char *person, bool *ret)
{
	assert_ptr_equal(r, &registrar);
	*ret = text_equal(person, "li");
	return 0;
}

static int is_nobody(struct registrar *r, const char *person, bool *ret)
{
	(void)r;
	(void)person;
	*ret = false;
	return 0;
}

static void what_waits_for_a_slow_reader_can_be_cut(void **state)
{
	static const char call[] = "{\"method\":\"org.classd.Oversight.Findings\",\"more\":true}";

	(void)state;
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li");
	assert_int_equal(api_cut(&registrar, is_li), 0); /* nothing is on its way: the connection stays */
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li");
	flood = 900; /* fits a client's buffer, and no socket's */
	client.n = 0;
	say(call, sizeof(call), NULL, 0);
	registrar.role.loop.stopping = false;
	assert_int_equal(loop_run(&registrar.role.loop, NULL), 0);
	assert_int_equal(api_cut(&registrar, is_nobody), 0);
	assert_int_equal(api_cut(&registrar, is_li), 0);
	await_answers(SIZE_MAX);
	assert_true(client.is_closed);
	assert_in_range(answers(), 1, 899);
}

static void parameters_are_held_against_the_interface(void **state)
{
	static const struct {
		const char *call, *where;
	} bad[] = {
	    {"{\"method\":\"org.classd.Policy.Search\"}", "text"},
	    {"{\"method\":\"org.classd.Policy.Search\",\"parameters\":[]}", ""},
	    {"{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":1}}", "text"},
	    {"{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"a\",\"limit\":\"9\"}}", "limit"},
	    {"{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"a\",\"uid\":0}}", "uid"},
	    {"{\"method\":\"org.classd.Documents.Find\",\"parameters\":{\"document\":{\"path\":\"/\"}}}",
	     "document.path"},
	    {"{\"method\":\"org.classd.Records.Tag\",\"parameters\":{\"document\":{},\"fields\":{\"scope\":[1]}}}",
	     "fields.scope"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++) {
		char expected[128];

		(void)snprintf(
		    expected, sizeof(expected),
		    "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"%s\"}}",
		    bad[i].where);
		assert_string_equal(ask(bad[i].call), expected);
	}
	assert_string_equal(
	    ask("{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"a\",\"limit\":null}}"),
	    "{\"parameters\":{\"text\":\"a\"}}");
}

static void identity_is_the_sockets(void **state)
{
	(void)state;
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "\"person\":\"li\"");
	close_fd(&client.fd);
	connect_as(NOBODY_HERE);
	assert_string_equal(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "{\"parameters\":{\"uid\":1999}}");
	has(ask("{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"a\"}}"), "\"code\":\"no-person\"");
	close_fd(&client.fd);
	connect_as(0);
	has(ask("{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"a\"}}"), "\"code\":\"no-person\"");
}

static void garbage_gets_one_clear_word(void **state)
{
	static const char *const bad[] = {
	    "",
	    "x",
	    "[]",
	    "{\"method\":1}",
	    "{\"parameters\":{}}",
	    "{\"method\":\"a.b\",\"method\":\"a.b\"}",
	    "{\"method\":\"a.b\",\"sudo\":true}",
	    "{\"method\":\"a.b\",\"upgrade\":true}",
	    "{\"method\":\"a.b\",\"parameters\":{\"a\":[[[[[[[[[]]]]]]]]]}}",
	    "{\"method\":\"\xff\"}",
	};

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++) {
		close_fd(&client.fd);
		connect_as(LI);
		has(ask(bad[i]), "\"error\":\"org.classd.Agent.Refused\"");
		has(client.in, "\"code\":\"malformed-message\"");
		await_answers(2);
		assert_true(client.is_closed);
	}
}

static void an_endless_message_ends(void **state)
{
	static char big[VARLINK_MESSAGE_MAX];

	(void)state;
	memset(big, ' ', sizeof(big));
	say(big, sizeof(big), NULL, 0);
	await_answers(2);
	assert_true(client.is_closed);
	has(client.in, "larger than 64 KiB");
}

static void half_a_message_is_told_so(void **state)
{
	(void)state;
	say("{\"method\":", 10, NULL, 0);
	await_answers(2); /* its five seconds are part of the interface */
	assert_true(client.is_closed);
	has(client.in, "did not come to its end");
}

static void half_messages_wait_and_several_are_answered_in_order(void **state)
{
	static const char two[] = "{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"one\"}}\0"
				  "{\"method\":\"org.classd.Policy.Search\",\"parameters\":{\"text\":\"two\"}}";

	(void)state;
	say(two, 20, NULL, 0);
	say(two + 20, sizeof(two) - 20, NULL, 0);
	await_answers(2);
	assert_string_equal(client.in, "{\"parameters\":{\"text\":\"one\"}}");
	assert_string_equal(client.in + strlen(client.in) + 1, "{\"parameters\":{\"text\":\"two\"}}");
}

static void many_small_messages_do_not_nest(void **state)
{
	static char many[60000];
	static const char one[] = "{\"method\":\"org.classd.Agent.Fly\"}";
	size_t n = sizeof(many) / sizeof(one);

	(void)state;
	for (size_t i = 0; i < n; i++)
		memcpy(many + i * sizeof(one), one, sizeof(one));
	say(many, n * sizeof(one), NULL, 0);
	await_answers(n);
	assert_false(client.is_closed);
}

static void answers_wait_until_they_are_durable(void **state)
{
	static const char change[] =
	    "{\"method\":\"org.classd.Records.Return\",\"parameters\":{\"number\":\"1\",\"reason\":\"x\"}}";
	struct loop *loop = &registrar.role.loop;

	(void)state;
	for (int result = 0; result <= REGISTRAR_READ_ONLY; result += REGISTRAR_READ_ONLY) {
		holding = true;
		n_held = 0;
		client.n = 0;
		say(change, sizeof(change), NULL, 0);
		loop->stopping = false;
		assert_int_equal(loop_run(loop, NULL), 0); /* the stand-in stops it */
		assert_int_equal(n_held, 1);
		assert_int_equal(recv(client.fd, client.in, 1, MSG_DONTWAIT), -1);
		held[0].done(held[0].arg, result);
		await_answers(1);
		if (result == 0)
			assert_string_equal(client.in, "{\"parameters\":{}}");
		else
			has(client.in, "\"code\":\"journal-not-written\"");
	}
}

static void who_leaves_is_forgotten(void **state)
{
	static const char change[] =
	    "{\"method\":\"org.classd.Records.Return\",\"parameters\":{\"number\":\"1\",\"reason\":\"x\"}}";
	struct loop *loop = &registrar.role.loop;

	(void)state;
	holding = true;
	say(change, sizeof(change), NULL, 0);
	loop->stopping = false;
	assert_int_equal(loop_run(loop, NULL), 0);
	close_fd(&client.fd);
	connect_as(LI);
	holding = false;
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li");
	held[0].done(held[0].arg, 0);
}

static void read_only_refuses_only_changes(void **state)
{
	(void)state;
	registrar.read_only = true;
	has(ask("{\"method\":\"org.classd.Records.Return\",\"parameters\":{\"number\":\"1\",\"reason\":\"x\"}}"),
	    "\"code\":\"read-only\"");
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li");
}

static void a_broken_method_is_answered(void **state)
{
	(void)state;
	has(ask("{\"method\":\"org.classd.Records.Tag\",\"parameters\":{\"document\":{},\"fields\":{}}}"),
	    "\"error\":\"org.classd.Records.Refused\",\"parameters\":{\"class\":\"failed\",\"code\":\"internal\"");
}

static void more_and_oneway(void **state)
{
	static const char oneway[] = "{\"method\":\"org.classd.Agent.WhoAmI\",\"oneway\":true}\0"
				     "{\"method\":\"org.classd.Oversight.Findings\",\"more\":true}";

	(void)state;
	say(oneway, sizeof(oneway), NULL, 0);
	await_answers(3);
	assert_string_equal(client.in, "{\"continues\":true,\"parameters\":{}}");
	assert_int_equal(answers(), 3);
	assert_string_equal(ask("{\"method\":\"org.classd.Oversight.Findings\"}"), "{\"parameters\":{}}");
}

/* Descriptors */

static const char reading[] =
    "{\"method\":\"org.classd.Documents.Read\",\"parameters\":{\"document\":{\"number\":\"1\"},"
    "\"pipe\":0,\"purpose\":\"cat\"}}";

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void pipes_are_taken(void **state)
{
	int ends[2];
	size_t before = open_descriptors();

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	say(reading, sizeof(reading), &ends[1], 1);
	await_answers(1);
	assert_string_equal(client.in, "{\"parameters\":{}}");
	assert_int_equal(n_pipes, 1);
	close_fd(&ends[0]);
	close_fd(&ends[1]);
	assert_int_equal(open_descriptors(), before);
}

static void descriptors_that_are_not_asked_for_are_refused(void **state)
{
	static const char other[] = "{\"method\":\"org.classd.Agent.WhoAmI\"}";
	int ends[2];
	size_t before = open_descriptors();

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	say(other, sizeof(other), ends, 2);
	await_answers(1);
	has(client.in, "\"code\":\"descriptors\"");
	close_fd(&ends[0]);
	close_fd(&ends[1]);
	assert_int_equal(open_descriptors(), before);
}

/* With two messages in one read nobody can tell whose they are. */
static void two_messages_with_descriptors_close(void **state)
{
	char two[2 * sizeof(reading)];
	int ends[2];

	(void)state;
	memcpy(two, reading, sizeof(reading));
	memcpy(two + sizeof(reading), reading, sizeof(reading));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	say(two, sizeof(two), &ends[1], 1);
	await_answers(1);
	assert_true(client.is_closed);
	assert_int_equal(n_pipes, 0);
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

static void too_many_descriptors_close(void **state)
{
	int fds[API_DESCRIPTORS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < array_n(fds); i++)
		fds[i] = client.fd;
	say(reading, sizeof(reading), fds, array_n(fds));
	await_answers(1);
	assert_true(client.is_closed);
}

/* A file of an unknown file system may be served by the client itself: it is neither read nor closed, and its sender
 * passes no more. A memory file has a device of that kind. */
static void a_file_that_may_hang_is_parked(void **state)
{
	size_t before = open_descriptors();
	int fd = memfd_create("hostile", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	for (unsigned i = 0; i < API_PARKED_OF_ONE; i++) {
		client.n = 0;
		say(reading, sizeof(reading), &fd, 1);
		await_answers(1);
		has(client.in, "\"code\":\"not-a-pipe\"");
	}
	close_fd(&fd);
	assert_int_equal(open_descriptors(), before + API_PARKED_OF_ONE);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	say(reading, sizeof(reading), &fd, 1);
	close_fd(&fd);
	await_answers(2);
	assert_true(client.is_closed);
	assert_int_equal(open_descriptors(), before + API_PARKED_OF_ONE - 1); /* its connection */
}

static void a_fifo_and_a_path_are_looked_at_only(void **state)
{
	char name[] = "/tmp/classd-test-XXXXXX";
	char fifo[64];
	struct descriptor d;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(name));
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", name);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_PATH | O_CLOEXEC);
	assert_true(descriptor_look(fd, NULL, 0, &d));
	assert_true(d.is_path && d.is_closable && !d.is_writable);
	assert_int_equal(d.kind, DESCRIPTOR_PIPE);
	close_fd(&fd);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(descriptor_look(fd, &(uint64_t){0}, 1, &d));
	assert_int_equal(d.kind, DESCRIPTOR_DIRECTORY);
	assert_true(descriptor_look(fd, &d.dev, 1, &d));
	assert_true(d.is_closable);
	close_fd(&fd);
	assert_false(descriptor_look(fd, NULL, 0, &d));
	assert_int_equal(unlink(fifo), 0);
	assert_int_equal(rmdir(name), 0);
}

/* Quota: the one too many hears why. */
static void one_user_has_so_many_connections(void **state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int fds[API_CONNECTIONS_OF_ONE + 1];
	socklen_t n = sizeof(name);

	(void)state;
	assert_int_equal(bind(listening, (struct sockaddr *)&name, sizeof(sa_family_t)), 0); /* the kernel names it */
	assert_int_equal(listen(listening, 64), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&name, &n), 0);
	registrar.role.resources[RESOURCE_API_SOCKET] = listening;
	assert_int_equal(api_start(&registrar), 0);
	close_fd(&client.fd);
	for (size_t i = 0; i < array_n(fds); i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&name, n), 0);
	}
	client = (struct client){.fd = fds[array_n(fds) - 1]};
	await_answers(1);
	has(client.in, "\"code\":\"too-many-connections\"");
	for (size_t i = 0; i + 1 < array_n(fds); i++)
		close_fd(&fds[i]);
	close_fd(&client.fd);
	client.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client.fd, (struct sockaddr *)&name, n), 0);
	client.n = 0;
	has(ask("{\"method\":\"org.varlink.service.GetInfo\"}"), "classd");
	close_fd(&listening);
}

/* Whatever the bytes are, the next client is served. */
static void noise_harms_nobody(void **state)
{
	static const char letters[] = "{}[]\":,\\0123emthodnull \0org.classd.Agent.WhoAmI";
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char noise[200];

		for (size_t i = 0; i < sizeof(noise); i++) {
			seed = seed * 1103515245u + 12345u;
			noise[i] = letters[(seed >> 16) % sizeof(letters)];
		}
		noise[sizeof(noise) - 1] = 0;
		close_fd(&client.fd);
		connect_as(LI);
		say(noise, sizeof(noise), NULL, 0);
		await_answers(1);
	}
	close_fd(&client.fd);
	connect_as(LI);
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li");
}

static int start(void **state)
{
	flood = 0;
	n_pipes = 0;
	return api_begin(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, api_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_introduces_itself),
	    TEST(what_is_not_there_is_named),
	    TEST(parameters_are_held_against_the_interface),
	    TEST(whoever_is_suspended_calls_nothing),
	    TEST(what_waits_for_a_slow_reader_can_be_cut),
	    TEST(identity_is_the_sockets),
	    TEST(garbage_gets_one_clear_word),
	    TEST(an_endless_message_ends),
	    TEST(half_a_message_is_told_so),
	    TEST(half_messages_wait_and_several_are_answered_in_order),
	    TEST(many_small_messages_do_not_nest),
	    TEST(answers_wait_until_they_are_durable),
	    TEST(who_leaves_is_forgotten),
	    TEST(read_only_refuses_only_changes),
	    TEST(a_broken_method_is_answered),
	    TEST(a_broken_answer_is_one_error),
	    TEST(more_and_oneway),
	    TEST(pipes_are_taken),
	    TEST(descriptors_that_are_not_asked_for_are_refused),
	    TEST(two_messages_with_descriptors_close),
	    TEST(too_many_descriptors_close),
	    TEST(a_file_that_may_hang_is_parked),
	    TEST(a_fifo_and_a_path_are_looked_at_only),
	    TEST(one_user_has_so_many_connections),
	    TEST(noise_harms_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Long answers: how far they run ahead of who reads them, who is served meanwhile, and how they end. */
#include "api_fixture.h"

#include <errno.h>

#define PAGE_BYTES ((size_t)100000)
#define PAGES	   200

/* The method: numbered pages of which few fit into a socket. */

static struct {
	int made, freed; /* pages; arguments */
	int pages;	 /* in all */
	int silent;	 /* before this page it says nothing once */
	int fails;	 /* instead of this one */
	size_t most;	 /* that waited in the agent when a page was asked for */
	int rests;	 /* after so many pages nothing is said before it is woken */
	struct api_call *call;
	bool is_silent;
} stream;
static char filler[PAGE_BYTES + 1];

static size_t waiting(void)
{
	size_t n = 0;

	for (const struct api_connection *c = api_server(&registrar)->connections; c; c = c->next)
		n = c->fd >= 0 && c->out.n > n ? c->out.n : n;
	return n;
}

static int next_page(struct registrar *r, struct api_call *call, void *arg)
{
	struct json *p;

	assert_ptr_equal(r, &registrar);
	assert_int_equal(*(int *)arg, 7);
	assert_true(api_has_taken_all(call));
	stream.most = waiting() > stream.most ? waiting() : stream.most;
	if (stream.made == stream.silent && !stream.is_silent) {
		stream.is_silent = true;
		return 0;
	}
	if (stream.made == stream.fails)
		return -EIO;
	stream.call = call;
	if (stream.made + 1 == stream.rests)
		api_stream_rest(call);
	p = json_object();
	json_set_int(p, "page", stream.made++);
	json_set_text(p, "filler", filler);
	return stream.made == stream.pages ? api_reply(call, p) : api_more(call, p);
}

static void done(void *arg)
{
	stream.freed++;
	free(arg);
}

static int begin_stream(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_page, done};
	int *arg = malloc(sizeof(*arg));

	(void)r;
	assert_non_null(arg);
	*arg = 7;
	return api_stream(call, &pages, arg);
}

static int who(struct registrar *r, struct api_call *call)
{
	struct json *p = json_object();

	(void)r;
	json_set_text(p, "person", api_person(call));
	return api_reply(call, p);
}

const struct api_method agent_methods[] = {
    {.name = "org.classd.Agent.WhoAmI", .handle = who, .flags = API_ANYONE},
    {.name = NULL},
};
const struct api_method oversight_methods[] = {
    {.name = "org.classd.Oversight.Findings", .handle = begin_stream, .flags = API_STREAM},
    {.name = "org.classd.Oversight.Due", .handle = begin_stream, .flags = API_STREAM | API_MUTATES},
    {.name = NULL},
};
const struct api_method document_methods[] = {{.name = NULL}};
const struct api_method record_methods[] = {{.name = NULL}};
const struct api_method person_methods[] = {{.name = NULL}};
const struct api_method root_methods[] = {{.name = NULL}};
const struct api_method policy_methods[] = {{.name = NULL}};
const struct api_method journal_methods[] = {{.name = NULL}};
const struct api_method backup_methods[] = {{.name = NULL}};
const struct api_method custody_methods[] = {{.name = NULL}};
const struct api_method protector_methods[] = {{.name = NULL}};
const struct api_method escrow_methods[] = {{.name = NULL}};
const struct api_method key_methods[] = {{.name = NULL}};
const struct api_method unlock_methods[] = {{.name = NULL}};

/* What the tests do with it */

static const char reads[] = "{\"method\":\"org.classd.Oversight.Findings\",\"more\":true}";
static const char mutates[] = "{\"method\":\"org.classd.Oversight.Due\",\"more\":true}";

static bool (*awaited)(void);

static int on_look(struct loop_timer *timer)
{
	if (awaited())
		loop_stop(&registrar.role.loop);
	else
		assert_int_equal(loop_arm(&registrar.role.loop, timer, 0, on_look), 0);
	return 0;
}

/* Turns of the loop until it is so; nobody reads meanwhile. */
static void await(bool (*what)(void))
{
	struct loop *loop = &registrar.role.loop;
	struct loop_timer look = {0};

	awaited = what;
	loop->stopping = false;
	assert_int_equal(loop_arm(loop, &look, 0, on_look), 0);
	assert_int_equal(loop_arm(loop, &client.deadline, DEADLINE_MS, on_late), 0);
	assert_int_equal(loop_run(loop, NULL), 0);
	loop_disarm(&look);
	loop_disarm(&client.deadline);
	assert_false(client.is_late);
}

static bool page_waits(void)
{
	return waiting() > 0;
}

static bool is_freed(void)
{
	return stream.freed > 0;
}

/* Reads what is there, and gives it to look() answer by answer. The end of the last one that has begun stays. */
static void take(size_t most, void (*look)(const char *answer))
{
	char *end;
	ssize_t n;

	while (client.n < most && (n = recv(client.fd, client.in + client.n, most - client.n, MSG_DONTWAIT)) > 0)
		client.n += (size_t)n;
	while ((end = memchr(client.in, 0, client.n))) {
		look(client.in);
		client.n -= (size_t)(end + 1 - client.in);
		memmove(client.in, end + 1, client.n);
	}
}

static int n_seen;
static bool was_last;

static void look_at_page(const char *answer)
{
	char page[32];

	(void)snprintf(page, sizeof(page), "\"page\":%d", n_seen++);
	has(answer, page);
	was_last = !strstr(answer, "\"continues\":true");
}

static void begin_reading(const char *call)
{
	say(call, strlen(call) + 1, NULL, 0);
	await(page_waits);
}

static bool is_over(void)
{
	take(sizeof(client.in), look_at_page);
	return was_last;
}

/* A second client's question, whatever the first one does. */
static void another_is_served(void)
{
	static struct client first;

	first = client;
	connect_as(LI);
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li");
	close_fd(&client.fd);
	client = first;
}

static int start(void **state)
{
	memset(&stream, 0, sizeof(stream));
	stream.pages = PAGES;
	stream.silent = stream.fails = -1;
	memset(filler, 'x', PAGE_BYTES);
	n_seen = 0;
	was_last = false;
	return api_begin(state);
}

/* Tests */

static void all_pages_come_in_order(void **state)
{
	(void)state;
	stream.silent = 3;
	begin_reading(reads);
	await(is_over);
	assert_int_equal(n_seen, PAGES);
	assert_int_equal(stream.made, PAGES);
	assert_int_equal(stream.freed, 1);
	assert_true(stream.is_silent);
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "li"); /* the connection goes on */
}

static void a_slow_reader_holds_one_page(void **state)
{
	int before;

	(void)state;
	begin_reading(reads);
	for (int i = 0; i < 100; i++) {
		assert_in_range(waiting(), 1, PAGE_BYTES + 200);
		before = stream.made;
		another_is_served();
		take(client.n + 10000, look_at_page); /* less than a page at a time */
		another_is_served();
		assert_in_range(stream.made, before, before + 4);
	}
	assert_in_range(stream.made, 10, PAGES - 1); /* a million bytes were read */
	assert_int_equal(stream.most, 0);
	await(is_over);
	assert_int_equal(n_seen, PAGES);
}

/* Somebody looks at it in a pager: what is there stays for him. */
static void a_reader_may_stop_for_long(void **state)
{
	const struct api_connection *c;

	(void)state;
	begin_reading(reads);
	c = api_server(&registrar)->connections;
	assert_true(c->timer.due_ms > loop_now_ms() + API_IDLE_MS);
	take(client.n + 10000, look_at_page);
	await(page_waits);
	assert_true(c->timer.due_ms > loop_now_ms() + API_IDLE_MS);
	await(is_over);
	(void)ask("{\"method\":\"org.classd.Agent.WhoAmI\"}");
	assert_in_range(c->timer.due_ms, 1, loop_now_ms() + API_IDLE_MS); /* without a request it may not */
}

/* Requests without reading: one answer waits, and what else was asked waits unheard. */
static void who_does_not_read_is_not_heard(void **state)
{
	static const char call[] = "{\"method\":\"org.classd.Oversight.Findings\"}";
	ssize_t n = 0;
	int asked = 0;

	(void)state;
	stream.pages = 1;
	while (asked < 1000 && (n = send(client.fd, call, sizeof(call), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
		stream.made = 0;
		asked++;
		if (asked % 10 == 0)
			another_is_served();
	}
	assert_in_range(waiting(), 1, PAGE_BYTES + 200);
	assert_in_range(stream.freed, 1, asked - 1);
	assert_in_range(asked, 100, 1000);
}

static void a_reader_that_stops_and_goes_is_forgotten(void **state)
{
	int made;

	(void)state;
	begin_reading(reads);
	made = stream.made;
	for (int i = 0; i < 10; i++)
		another_is_served();
	assert_int_equal(stream.made, made);
	assert_int_equal(stream.freed, 0);
	close_fd(&client.fd);
	await(is_freed);
	connect_as(LI);
	another_is_served();
	assert_int_equal(stream.made, made);
	assert_int_equal(stream.freed, 1);
}

static void one_who_goes_while_a_page_is_held_is_forgotten(void **state)
{
	(void)state;
	holding = true;
	say(reads, sizeof(reads), NULL, 0);
	registrar.role.loop.stopping = false;
	assert_int_equal(loop_run(&registrar.role.loop, NULL), 0); /* the stand-in stops it */
	assert_int_equal(n_held, 1);
	close_fd(&client.fd);
	await(is_freed);
	assert_int_equal(stream.made, 1);
	connect_as(LI);
	held[0].done(held[0].arg, 0); /* to nobody */
	holding = false;
	another_is_served();
	assert_int_equal(stream.made, 1);
}

static void the_next_waits_until_the_last_is_durable(void **state)
{
	(void)state;
	holding = true;
	say(reads, sizeof(reads), NULL, 0);
	registrar.role.loop.stopping = false;
	assert_int_equal(loop_run(&registrar.role.loop, NULL), 0);
	holding = false;
	for (int i = 0; i < 5; i++)
		another_is_served();
	assert_int_equal(stream.made, 1);
	held[0].done(held[0].arg, 0);
	await(is_over);
	assert_int_equal(n_seen, PAGES);
}

static void look_at_nothing(const char *answer)
{
	was_last = !strstr(answer, "\"continues\":true");
	if (was_last)
		(void)snprintf(filler, sizeof(filler), "%s", answer);
}

static bool is_refused(void)
{
	take(sizeof(client.in), look_at_nothing);
	return was_last;
}

static void ends_with(const char *code)
{
	int made = stream.made;

	await(is_refused);
	has(filler, code);
	assert_int_equal(stream.made, made);
	assert_int_equal(stream.freed, 1);
	has(ask("{\"method\":\"org.classd.Agent.WhoAmI\"}"), "{\"parameters\":"); /* the connection goes on */
}

static bool are_two_read(void)
{
	take(sizeof(client.in), look_at_page);
	return n_seen == 2;
}

static void read_until_it_rests(void)
{
	stream.rests = 2;
	say(reads, sizeof(reads), NULL, 0);
	await(are_two_read);
}

static void one_that_rests_waits_to_be_woken(void **state)
{
	(void)state;
	read_until_it_rests();
	for (int i = 0; i < 10; i++)
		another_is_served();
	assert_int_equal(stream.made, 2);
	assert_int_equal(stream.freed, 0);
	api_stream_wake(stream.call);
	await(is_over);
	assert_int_equal(n_seen, PAGES);
	assert_int_equal(stream.freed, 1);
}

static void one_that_rests_and_goes_is_forgotten(void **state)
{
	(void)state;
	read_until_it_rests();
	close_fd(&client.fd);
	await(is_freed);
	connect_as(LI);
	another_is_served();
	assert_int_equal(stream.made, 2);
}

static void who_is_suspended_while_it_rests_sees_nothing_more(void **state)
{
	(void)state;
	read_until_it_rests();
	li_is_suspended = true;
	api_stream_wake(stream.call);
	ends_with("\"code\":\"suspended\"");
}

static void who_is_suspended_meanwhile_sees_nothing_more(void **state)
{
	(void)state;
	begin_reading(reads);
	li_is_suspended = true;
	ends_with("\"code\":\"suspended\"");
}

static void who_leaves_meanwhile_sees_nothing_more(void **state)
{
	(void)state;
	begin_reading(reads);
	li = NULL;
	ends_with("\"code\":\"no-person\"");
}

static void who_takes_over_a_user_id_sees_nothing(void **state)
{
	(void)state;
	begin_reading(reads);
	li = "zhao";
	ends_with("\"code\":\"no-person\"");
}

static void what_changes_things_ends_when_the_agent_only_reads(void **state)
{
	(void)state;
	begin_reading(mutates);
	registrar.is_frozen = true;
	ends_with("\"code\":\"frozen\"");
	api_end(state);
	start(state);
	begin_reading(mutates);
	registrar.read_only = true;
	ends_with("\"code\":\"read-only\"");
}

static void what_reads_goes_on_when_the_agent_only_reads(void **state)
{
	(void)state;
	begin_reading(reads);
	registrar.is_frozen = registrar.read_only = true;
	await(is_over);
	assert_int_equal(n_seen, PAGES);
}

static int is_li(struct registrar *r, const char *person, bool *ret)
{
	(void)r;
	*ret = text_equal(person, "li");
	return 0;
}

static void what_waits_can_be_cut(void **state)
{
	(void)state;
	begin_reading(reads);
	assert_int_equal(api_cut(&registrar, is_li), 0);
	assert_int_equal(stream.freed, 1);
	await_answers(SIZE_MAX);
	assert_true(client.is_closed);
	assert_in_range(stream.made, 1, PAGES - 1);
}

static void what_breaks_on_the_way_is_said(void **state)
{
	(void)state;
	stream.fails = 5;
	begin_reading(reads);
	await(is_refused);
	has(filler, "\"code\":\"internal\"");
	assert_int_equal(stream.made, 5);
	assert_int_equal(stream.freed, 1);
	stream.fails = 0;
	stream.made = 0;
	has(ask(reads), "\"code\":\"internal\"");
	assert_int_equal(stream.freed, 2);
}

static void who_wants_one_answer_gets_the_last(void **state)
{
	(void)state;
	(void)ask("{\"method\":\"org.classd.Oversight.Findings\"}");
	has(client.in, "\"page\":199");
	assert_int_equal(answers(), 1);
	assert_int_equal(stream.freed, 1);
}

static void the_agent_ends_in_the_midst(void **state)
{
	(void)state;
	begin_reading(reads);
	assert_int_equal(stream.freed, 0);
	api_free(registrar.api);
	registrar.api = NULL;
	assert_int_equal(stream.freed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, api_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_pages_come_in_order),
	    TEST(a_slow_reader_holds_one_page),
	    TEST(a_reader_may_stop_for_long),
	    TEST(who_does_not_read_is_not_heard),
	    TEST(a_reader_that_stops_and_goes_is_forgotten),
	    TEST(one_who_goes_while_a_page_is_held_is_forgotten),
	    TEST(the_next_waits_until_the_last_is_durable),
	    TEST(one_that_rests_waits_to_be_woken),
	    TEST(one_that_rests_and_goes_is_forgotten),
	    TEST(who_is_suspended_while_it_rests_sees_nothing_more),
	    TEST(who_is_suspended_meanwhile_sees_nothing_more),
	    TEST(who_leaves_meanwhile_sees_nothing_more),
	    TEST(who_takes_over_a_user_id_sees_nothing),
	    TEST(what_changes_things_ends_when_the_agent_only_reads),
	    TEST(what_reads_goes_on_when_the_agent_only_reads),
	    TEST(what_waits_can_be_cut),
	    TEST(what_breaks_on_the_way_is_said),
	    TEST(who_wants_one_answer_gets_the_last),
	    TEST(the_agent_ends_in_the_midst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

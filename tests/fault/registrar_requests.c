/*
 * A registrar with its store, its pack and a client on a socket: memory runs
 * out while a request is read, done and answered. It answers, or ends by a
 * fault that it says; nothing of a change is half there, and a registrar that
 * starts again answers the same request.
 */
#include "faulty.h"
#include "registrar/core_fixture.h"

#include "library/policy_load.h"
#include "registrar/api/api.h"
#include "registrar/api/api_connection.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/keys/backup.h"
#include "registrar/keys/epochs.h"
#include "registrar/keys/escrow.h"
#include "registrar/keys/protectors.h"
#include "registrar/keys/rollback.h"
#include "registrar/keys/rotate.h"
#include "registrar/keys/scan.h"
#include "registrar/keys/unlock.h"
#include "registrar/oversight/recover.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#define SUN 2001
#define LI  1001

struct scene {
	const char *name; /* of the method */
	uid_t uid;
	const char *parameters; /* and what else the call has */
	const char *answer;	/* must be in it */
	unsigned every;
};

static struct scene scenes[] = {
    {"org.varlink.service.GetInfo", LI, "{}", "\"product\"", 1},
    {"org.classd.Agent.GetStatus", SUN, "{}", "\"parameters\"", 1},
    {"org.classd.Agent.WhoAmI", SUN, "{}", "\"parameters\"", 1},
    {"org.classd.Agent.Fly", LI, "{}", "MethodNotFound", 1},
    {"org.classd.Persons.List", SUN, "{}", "\"persons\"", 1},
    {"org.classd.Persons.Show", SUN, "{\"id\":\"sun\"}", "\"person\"", 1},
    {"org.classd.Persons.Add", SUN,
     "{\"id\":\"new\",\"name\":\"New\",\"login\":\"3001:new\",\"departments\":[\"planning\"],\"roles\":[\"drafter\"]}",
     "", 1},
    {"org.classd.Persons.Suspend", SUN, "{\"id\":\"nobody\",\"reason\":\"none\"}", "Refused", 1},
    {"org.classd.Records.List", SUN, "{}", "\"records\"", 1},
    {"org.classd.Records.Queue", SUN, "{}", "\"entries\"", 1},
    {"org.classd.Records.Show", SUN, "{\"document\":{\"number\":\"2026-000001\"}}", "", 1},
    {"org.classd.Records.Submit", SUN, "{\"number\":\"2026-000001\"}", "", 1},
    {"org.classd.Oversight.Findings", SUN, "{}", "\"findings\"", 1},
    {"org.classd.Oversight.Due", SUN, "{}", "\"lines\"", 1},
    {"org.classd.Journal.Verify", SUN, "{}", "", 1},
    {"org.classd.Journal.Read", SUN, "{\"after\":0}", "", 1},
    {"org.classd.Policy.Get", SUN, "{}", "\"levels\"", 1},
    {"org.classd.Policy.Search", SUN, "{\"text\":\"plan\"}", "\"items\"", 1},
    {"org.classd.Roots.List", SUN, "{}", "\"defaults\"", 1},
    {"org.classd.Documents.List", SUN, "{}", "\"documents\"", 1},
    {"org.classd.Documents.Checkouts", SUN, "{}", "\"checkouts\"", 1},
    {"org.classd.Keys.Status", SUN, "{}", "", 1},
    {"org.classd.Escrow.GetStatus", SUN, "{}", "", 1},
    {"org.classd.Unlock.Show", SUN, "{}", "", 1},
    /* More than a page: put there for it. */
    {"org.classd.Records.List", SUN, "{\"mine\":true},\"more\":true", "\"2026-000250\"", 301},
};

static struct fixture fixture;
static struct policy *policy;
static bool is_open;

static struct {
	struct loop_source source;
	struct loop_timer deadline;
	int fd;
	struct buffer in;
	bool is_closed, is_late;
} client;

/* ---- the role without its process ---- */

static int open_registrar(void)
{
	uint8_t key[AEAD_KEY] = "a metadata key of thirty-two b.";
	struct registrar *r = &fixture.r;
	struct secret *meta = NULL;

	*r = (struct registrar){.signals_fd = -1};
	r->role.control.fd = -1;
	r->role.trial = true;
	r->role.state_dir = fixture.dir;
	r->role.settings = fixture.settings;
	r->role.n_settings = 3;
	r->role.sealer_uid = 1777;
	for (size_t i = 0; i < array_n(r->role.resources); i++)
		r->role.resources[i] = -1;
	TRY(loop_init(&r->role.loop));
	TRY(registrar_core_open(r, NULL));
	TRY(watch_new(r));
	TRY(jobs_new(r));
	TRY(escrow_new(r));
	TRY(epochs_new(r));
	TRY(scan_new(r));
	TRY(rotate_new(r));
	TRY(unlock_new(r));
	TRY(api_new(r));
	TRY(backup_new(r));
	TRY(rollback_new(r));
	r->policy = policy; /* reading it takes longer than all the rest */
	TRY(registrar_core_begin(r));
	TRY(secret_new_from(key, sizeof(key), &meta));
	return registrar_meta_key(r, meta);
}

static void close_registrar(void)
{
	struct registrar *r = &fixture.r;

	backup_free(r);
	registrar_core_close(r);
	epochs_free(r);
	scan_free(r);
	rotate_free(r);
	api_free(r->api);
	checkouts_end(r);
	recover_free(r);
	protectors_free(r);
	escrow_free(r);
	rollback_free(r);
	checkouts_over_free(r);
	jobs_free(r->jobs);
	unlock_free(r->unlock);
	watch_free(r->watch);
	close_fd(&r->signals_fd);
	while (r->role.n_codes > 0)
		free(r->role.codes[--r->role.n_codes].code);
	free(r->role.codes);
	loop_done(&r->role.loop);
	is_open = false;
}

static void ensure_open(void)
{
	if (is_open)
		return;
	assert_int_equal(open_registrar(), 0);
	is_open = true;
}

/* ---- a client ---- */

/* A whole answer that says that no other follows. */
static bool has_all(void)
{
	const char *at = (const char *)client.in.at;
	size_t n = client.in.n, begin = n;

	if (n == 0 || at[n - 1] != 0)
		return false;
	for (begin = n - 1; begin > 0 && at[begin - 1] != 0; begin--)
		;
	return !strstr(at + begin, "\"continues\":true");
}

static int on_answer(struct loop_source *source, uint32_t events)
{
	ssize_t n;

	(void)events;
	memory.paused++;
	n = read(client.fd, buffer_reserve(&client.in, 1 << 20), 1 << 20);
	memory.paused--;
	client.in.n += n > 0 ? (size_t)n : 0;
	client.is_closed = n <= 0;
	if (client.is_closed)
		loop_unwatch(source);
	if (client.is_closed || has_all())
		loop_stop(&fixture.r.role.loop);
	return 0;
}

static int on_late(struct loop_timer *timer)
{
	(void)timer;
	client.is_late = true;
	loop_stop(&fixture.r.role.loop);
	return 0;
}

/* 0: it was answered, or the connection was closed; or the fault that ends the role. */
static int ask(const struct scene *s, const struct fault *fault)
{
	OWN_MEM char *text = text_format("{\"method\":\"%s\",\"parameters\":%s}", s->name, s->parameters);
	struct loop *loop = &fixture.r.role.loop;
	int ends[2], r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	client.fd = ends[0];
	client.is_closed = client.is_late = false;
	buffer_clear(&client.in);
	assert_int_equal(write(client.fd, text, strlen(text) + 1), (ssize_t)strlen(text) + 1);
	loop->stopping = false;
	assert_int_equal(loop_watch(loop, &client.source, client.fd, EPOLLIN, on_answer), 0);
	assert_int_equal(loop_arm(loop, &client.deadline, 20000, on_late), 0);
	faults_arm(fault);
	r = api_adopt(&fixture.r, ends[1], s->uid);
	if (r == 0)
		r = loop_run(loop, NULL);
	faults_disarm();
	loop_unwatch(&client.source);
	loop_disarm(&client.deadline);
	close_fd(&client.fd);
	if (r == 0 && client.is_late)
		broken("no answer");
	/* The end of the connection, which its side hears in the next turns. */
	for (int i = 0; r == 0 && api_server(&fixture.r)->connections; i++) {
		loop->stopping = false;
		if (i > 1000) {
			broken("the connection does not end");
			break;
		}
		assert_int_equal(loop_arm(loop, &client.deadline, i > 0, on_late), 0);
		r = loop_run(loop, NULL);
		loop_disarm(&client.deadline);
	}
	return r;
}

static bool has_answer(const char *wanted)
{
	buffer_u8(&client.in, 0);
	client.in.n--;
	for (size_t i = 0; i + 1 < client.in.n; i++) /* all of them as one */
		client.in.at[i] = client.in.at[i] ? client.in.at[i] : '\n';
	return client.in.n > 0 && strstr((const char *)client.in.at, wanted) &&
	       strstr((const char *)client.in.at, "\"parameters\"");
}

static bool run(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	int r;

	(void)ret;
	ensure_open();
	r = ask(s, fault);
	if (r > 0)
		broken("an outcome %d where none can be", r);
	if (r < 0 && faults.reported == 0)
		broken("a fault that nobody has said");
	if (r != 0) {
		close_registrar();
		ensure_open();
	}
	r = ask(s, &(struct fault){0});
	if (r != 0 || !has_answer(s->answer))
		broken("asked again: %d %.200s", r, (const char *)client.in.at);
	return true;
}

/* What was acknowledged is there, and the store is what the journal says. */
static void check_end(void)
{
	struct journal_verdict verdict;

	ensure_open();
	assert_int_equal(registrar_settle(&fixture.r), 0);
	if (fixture.r.read_only)
		broken("the registrar is read-only: %s", fixture.r.read_only_why);
	if (journal_verify(fixture.r.journal, &verdict) != 0)
		broken("%s", verdict.detail);
	close_registrar();
}

/* Drafts of the caller. */
static void put_many(void)
{
	ensure_open();
	for (int i = 101; i <= 250; i++) {
		char number[STORE_NUMBER_MAX];
		struct record record;

		(void)snprintf(number, sizeof(number), "2026-%06d", i);
		record = fixture_record(number, 1);
		record.drafter = "sun";
		record.drafter_uid = SUN;
		fixture_put(&fixture, &record, ACT_TAG, NULL);
	}
	assert_int_equal(registrar_settle(&fixture.r), 0);
}

int main(int argc, char **argv)
{
	OWN_BUFFER struct buffer report = {0};
	struct record record;
	int dir;

	faults_begin(argc, argv);
	faults.of_memory = true;
	assert_int_equal(sodium_start(), 0);
	fixture_make(&fixture);
	assert_int_equal(policy_load("policy/cn", NULL, &policy, &report), 0);
	ensure_open();
	record = fixture_record("2026-000001", 1);
	fixture_put(&fixture, &record, ACT_TAG, NULL);
	assert_int_equal(registrar_settle(&fixture.r), 0);
	for (size_t i = 0; i < array_n(scenes); i++) {
		if (i + 1 == array_n(scenes))
			put_many();
		faults_all_of_memory(&scenes[i], scenes[i].name, scenes[i].every, run);
	}
	check_end();
	policy_free(policy);
	buffer_done(&client.in);
	dir = open(fixture.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	remove_beneath(dir);
	(void)close(dir);
	(void)rmdir(fixture.dir);
	return faults_end();
}

/* A registrar's API without a registrar: the store behind it is a stand-in, the client is in the same loop. Included
 * once by a test, which defines the tables of methods. */
#ifndef TESTS_UNIT_REGISTRAR_API_FIXTURE_H
#define TESTS_UNIT_REGISTRAR_API_FIXTURE_H

#include "test.h"

#include "base/text.h"
#include "registrar/api/api.h"
#include "registrar/api/api_connection.h"
#include "registrar/store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define DEADLINE_MS 20000
#define LI	    1501
#define NOBODY_HERE 1999

/* Stand-ins */

static bool holding; /* replies wait, as before a sync */
static struct {
	void (*done)(void *arg, int result);
	void *arg;
} held[8];
static size_t n_held;
static bool li_is_suspended;
static const char *li = "li"; /* whom that user id belongs to; NULL: nobody */

int registrar_when_durable(struct registrar *r, void (*done)(void *arg, int result), void *arg)
{
	if (!holding) {
		done(arg, 0);
		return 0;
	}
	assert_true(n_held < array_n(held));
	held[n_held].done = done;
	held[n_held++].arg = arg;
	loop_stop(&r->role.loop);
	return 0;
}

struct date registrar_today(struct registrar *r)
{
	(void)r;
	return (struct date){2026, 11, 21};
}

int store_person_by_uid(struct store *s, uint32_t uid, struct date on, struct store_person **ret)
{
	(void)s;
	assert_true(date_is_set(on));
	if (uid != LI || !li)
		return STORE_NOT_FOUND;
	*ret = calloc(1, sizeof(**ret));
	assert_non_null(*ret);
	(*ret)->person.id = li;
	if (li_is_suspended)
		(*ret)->person.suspended_from = (struct date){2026, 11, 21};
	return 0;
}

int store_person_of_uid(struct store *s, uint32_t uid, struct store_person **ret)
{
	return store_person_by_uid(s, uid, (struct date){2026, 11, 21}, ret);
}

void store_person_free(struct store_person *p)
{
	free(p);
}

/* A client in the same loop */

struct client {
	struct loop_source source;
	struct loop_timer deadline;
	int fd;
	char in[1 << 20];
	size_t n;
	size_t wanted; /* answers */
	bool is_closed;
	bool is_late;
};

static struct registrar registrar;
static struct client client;

static inline size_t answers(void)
{
	size_t n = 0;

	for (size_t i = 0; i < client.n; i++)
		n += client.in[i] == 0;
	return n;
}

static inline int on_answer(struct loop_source *source, uint32_t events)
{
	ssize_t n = read(client.fd, client.in + client.n, sizeof(client.in) - client.n);

	(void)events;
	if (n <= 0) {
		client.is_closed = true;
		loop_unwatch(source);
	} else {
		client.n += (size_t)n;
	}
	if (client.is_closed || answers() >= client.wanted)
		loop_stop(&registrar.role.loop);
	return 0;
}

static inline int on_late(struct loop_timer *timer)
{
	(void)timer;
	client.is_late = true;
	loop_stop(&registrar.role.loop);
	return 0;
}

static inline void connect_as(uid_t uid)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	client = (struct client){.fd = ends[0]};
	assert_int_equal(api_adopt(&registrar, ends[1], uid), 0);
}

/* Runs until so many answers are there or the connection is closed. */
static inline void await_answers(size_t n)
{
	struct loop *loop = &registrar.role.loop;

	client.wanted = n;
	loop->stopping = false;
	assert_int_equal(loop_watch(loop, &client.source, client.fd, EPOLLIN, on_answer), 0);
	assert_int_equal(loop_arm(loop, &client.deadline, DEADLINE_MS, on_late), 0);
	assert_int_equal(loop_run(loop, NULL), 0);
	loop_unwatch(&client.source);
	loop_disarm(&client.deadline);
	assert_false(client.is_late);
}

static inline void say(const char *at, size_t n, const int *fds, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char at[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)at, .iov_len = n};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (n_fds > 0) {
		struct cmsghdr *h;

		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, n_fds * sizeof(int));
	}
	assert_int_equal(sendmsg(client.fd, &m, MSG_NOSIGNAL), n);
}

/* One call, one answer. */
static inline const char *ask(const char *text)
{
	client.n = 0;
	say(text, strlen(text) + 1, NULL, 0);
	await_answers(1);
	return client.in;
}

static inline void has(const char *answer, const char *part)
{
	if (!strstr(answer, part)) {
		print_error("%s\nhas no %s\n", answer, part);
		fail();
	}
}

static inline int api_begin(void **state)
{
	(void)state;
	registrar = (struct registrar){.role.sealer_uid = 1777};
	assert_int_equal(loop_init(&registrar.role.loop), 0);
	assert_int_equal(api_new(&registrar), 0);
	holding = li_is_suspended = false;
	li = "li";
	n_held = 0;
	connect_as(LI);
	return 0;
}

static inline int api_end(void **state)
{
	(void)state;
	close_fd(&client.fd);
	api_free(registrar.api);
	loop_done(&registrar.role.loop);
	return 0;
}

#endif

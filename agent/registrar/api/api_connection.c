#include "registrar/api/api_connection.h"

#include "format/varlink.h"
#include "registrar/api/descriptor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define READ_BYTES ((size_t)16384)
#define PAUSE_MS   1000

/* Descriptors */

static size_t parked_of(const struct api_server *server, uid_t uid)
{
	size_t n = 0;

	for (size_t i = 0; i < server->n_parked; i++)
		n += server->parked[i].uid == uid;
	return n;
}

/* Without room for control data the kernel itself drops what is sent, and never flushes it. */
static bool may_pass(const struct api_server *server, uid_t uid)
{
	return server->n_parked + API_DESCRIPTORS_MAX <= API_PARKED_MAX && parked_of(server, uid) < API_PARKED_OF_ONE;
}

void api_descriptor_drop(struct api_server *server, uid_t uid, int *fd)
{
	struct descriptor d;

	if (*fd < 0)
		return;
	if (descriptor_look(*fd, server->home, server->n_home, &d) && !d.is_closable &&
	    server->n_parked < API_PARKED_MAX)
		server->parked[server->n_parked++] = (struct api_parked){.fd = steal_fd(fd), .uid = uid};
	else
		close_fd(fd);
}

static void drop_descriptors(struct api_connection *c)
{
	for (size_t i = 0; i < c->n_descriptors; i++)
		api_descriptor_drop(c->server, c->uid, &c->descriptors[i]);
	c->n_descriptors = 0;
}

/* Life */

static int on_timer(struct loop_timer *timer);
static int on_ready(struct loop_source *source, uint32_t events);

static void connection_free(struct api_connection *c)
{
	struct api_connection **at = &c->server->connections;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	loop_disarm(&c->timer);
	buffer_done(&c->in);
	buffer_done(&c->out);
	free(c);
}

void api_connection_close(struct api_connection *c)
{
	if (c->fd < 0)
		return;
	loop_unwatch(&c->source);
	close_fd(&c->fd);
	drop_descriptors(c);
	c->server->gone(c);
	c->call = NULL;
	/* Whoever called us may still look at it, so it is freed later; without a timer, with the server. */
	if (loop_arm(c->server->loop, &c->timer, 0, on_timer) < 0)
		c->is_busy = true;
}

/* What came is no message, and nothing that follows is heard; the client is told why. */
static int refuse_rest(struct api_connection *c, int fault)
{
	buffer_clear(&c->in);
	c->is_busy = true;
	c->is_timed = false;
	return c->server->message(c, (struct bytes){0}, fault);
}

static int on_timer(struct loop_timer *timer)
{
	struct api_connection *c = container_of(timer, struct api_connection, timer);

	if (c->fd >= 0 && c->is_timed && !c->is_busy && !c->is_closing)
		return refuse_rest(c, VARLINK_INCOMPLETE);
	if (c->fd < 0)
		connection_free(c);
	else
		api_connection_close(c);
	return 0;
}

/* What the connection waits for decides what wakes it and how long it may take. */
static int set_watch(struct api_connection *c)
{
	bool reads = !c->is_busy && !c->is_closing && c->out.n == 0; /* who does not read is not heard */
	uint32_t events = (reads ? (uint32_t)EPOLLIN : 0u) | (c->out.n > 0 ? (uint32_t)EPOLLOUT : 0u);
	bool is_request = reads && c->in.n > 0;
	bool was_request = c->is_timed;

	if (c->fd < 0)
		return 0;
	TRY(loop_change(&c->source, events));
	c->is_timed = is_request;
	if (is_request && was_request)
		return 0; /* more of it does not buy more time */
	if (!reads && c->out.n == 0) {
		loop_disarm(&c->timer);
		return 0;
	}
	return loop_arm(c->server->loop, &c->timer,
			is_request     ? API_REQUEST_MS
			: c->out.n > 0 ? API_READER_MS
				       : API_IDLE_MS,
			on_timer);
}

/* Out */

static int flush_out(struct api_connection *c)
{
	while (c->fd >= 0 && c->out.n > 0) {
		ssize_t n = send(c->fd, c->out.at, c->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0) {
			api_connection_close(c);
			return 0;
		}
		buffer_drop_front(&c->out, (size_t)n);
	}
	if (c->is_closing && !c->is_busy && c->out.n == 0)
		api_connection_close(c);
	return 0;
}

int api_connection_send(struct api_connection *c, const char *text)
{
	size_t n = strlen(text) + 1;

	if (c->fd < 0)
		return 0;
	if (c->out.n + n > API_OUT_MAX && c->out.n > 0) {
		api_connection_close(c); /* it asks and does not read */
		return 0;
	}
	buffer_add(&c->out, text, n);
	if (c->out.failed) {
		api_connection_close(c);
		return 0;
	}
	TRY(flush_out(c));
	return set_watch(c);
}

/* In */

static bool take_control(struct api_connection *c, struct msghdr *message)
{
	bool fits = true;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		size_t n = h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS
			       ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int)
			       : 0;

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
			if (c->n_descriptors < API_DESCRIPTORS_MAX) {
				c->descriptors[c->n_descriptors++] = fd;
				continue;
			}
			fits = false;
			api_descriptor_drop(c->server, c->uid, &fd);
		}
	}
	return fits && !(message->msg_flags & MSG_CTRUNC);
}

/* Descriptors belong to one message: they come with its first bytes, once, and nothing is behind it. */
static bool is_alone(const struct api_connection *c, size_t n_before, size_t n_read)
{
	const uint8_t *end = memchr(c->in.at, 0, c->in.n);

	if (c->n_descriptors > n_before && (n_before > 0 || c->in.n > n_read))
		return false;
	return !end || end == c->in.at + c->in.n - 1;
}

/* One read. false: the connection is to be closed. */
static bool receive(struct api_connection *c, bool *ret_more)
{
	union {
		struct cmsghdr align;
		char at[CMSG_SPACE(API_DESCRIPTORS_MAX * sizeof(int))];
	} control;
	uint8_t *room = buffer_reserve(&c->in, READ_BYTES);
	struct iovec part = {.iov_base = room, .iov_len = READ_BYTES};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	size_t before = c->n_descriptors;
	ssize_t n;

	*ret_more = false;
	if (!room)
		return false;
	if (may_pass(c->server, c->uid)) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	n = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!take_control(c, &message))
		return false;
	if (n == 0) {
		c->is_closing = true; /* it said its last word and may still read */
		return c->out.n > 0;
	}
	c->in.n += (size_t)n;
	*ret_more = true;
	return c->n_descriptors == 0 || is_alone(c, before, (size_t)n);
}

/* Takes the next whole message, or finds that it can be none; false: it is not there yet. */
static bool take_message(struct api_connection *c, struct buffer *ret, int *ret_fault)
{
	struct bytes text = {0};
	size_t used = 0;
	int result = varlink_message_take(buffer_bytes(&c->in), &text, &used);

	*ret_fault = result;
	if (result == VARLINK_INCOMPLETE)
		return false;
	if (result == VARLINK_TOO_LARGE)
		return true;
	buffer_clear(ret);
	buffer_add_bytes(ret, text);
	buffer_drop_front(&c->in, used);
	if (ret->failed)
		api_connection_close(c);
	return !ret->failed;
}

/* Hands over whole messages, one after the other: an answer may come at once, and then the next is due. */
static int deliver(struct api_connection *c)
{
	OWN_BUFFER struct buffer message = {0};
	int fault = 0;

	c->is_delivering = true;
	while (!c->is_busy && !c->is_closing && c->out.n == 0 && c->fd >= 0 && take_message(c, &message, &fault)) {
		if (fault == VARLINK_TOO_LARGE) {
			TRY(refuse_rest(c, fault));
			break;
		}
		c->is_busy = true;
		c->is_timed = false;
		TRY(c->server->message(c, buffer_bytes(&message), fault));
	}
	c->is_delivering = false;
	return 0;
}

static int on_ready(struct loop_source *source, uint32_t events)
{
	struct api_connection *c = container_of(source, struct api_connection, source);
	bool more = false;

	if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)) {
		api_connection_close(c);
		return 0;
	}
	if (events & EPOLLOUT)
		TRY(flush_out(c));
	if (c->fd >= 0 && (events & EPOLLIN) && !c->is_busy && !receive(c, &more))
		api_connection_close(c);
	if (c->fd >= 0 && (more || (events & EPOLLOUT)))
		TRY(deliver(c));
	TRY(flush_out(c));
	if (c->fd >= 0 && (events & EPOLLOUT) && c->out.n == 0)
		c->server->drained(c);
	return set_watch(c);
}

int api_connection_resume(struct api_connection *c)
{
	drop_descriptors(c);
	c->call = NULL;
	c->is_busy = false;
	if (c->is_delivering)
		return 0;
	TRY(deliver(c));
	TRY(flush_out(c));
	return set_watch(c);
}

/* Accepting */

int api_server_adopt(struct api_server *server, int fd, uid_t uid)
{
	struct api_connection *c = calloc(1, sizeof(*c));

	if (!c) {
		close_fd(&fd);
		return FAULT(ENOMEM, "connection");
	}
	*c = (struct api_connection){.server = server, .fd = fd, .uid = uid, .next = server->connections};
	server->connections = c;
	TRY(loop_watch(server->loop, &c->source, fd, EPOLLIN, on_ready));
	return loop_arm(server->loop, &c->timer, API_REQUEST_MS, on_timer);
}

static bool is_above_quota(const struct api_server *server, uid_t uid)
{
	size_t all = 0, own = 0;

	for (const struct api_connection *c = server->connections; c; c = c->next) {
		all++;
		own += c->uid == uid;
	}
	return all >= API_CONNECTIONS_MAX || own >= API_CONNECTIONS_OF_ONE;
}

static int on_pause_over(struct loop_timer *timer)
{
	struct api_server *server = container_of(timer, struct api_server, pause);

	return loop_change(&server->source, EPOLLIN);
}

static int on_client(struct loop_source *source, uint32_t events)
{
	struct api_server *server = container_of(source, struct api_server, source);
	OWN_FD int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred who = {0};
	socklen_t n = sizeof(who);

	(void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
		TRY(loop_change(source, 0));
		return loop_arm(server->loop, &server->pause, PAUSE_MS, on_pause_over);
	}
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
		return 0; /* it left before we looked */
	if (is_above_quota(server, who.uid)) {
		/* One clear word, if it fits into an empty socket; nobody waits for it. */
		(void)!send(fd, server->refusal, server->refusal_n, MSG_DONTWAIT | MSG_NOSIGNAL);
		return 0;
	}
	return api_server_adopt(server, steal_fd(&fd), who.uid);
}

int api_server_start(struct api_server *server, int listening)
{
	return loop_watch(server->loop, &server->source, listening, EPOLLIN, on_client);
}

void api_server_stop(struct api_server *server)
{
	loop_unwatch(&server->source);
	loop_disarm(&server->pause);
	while (server->connections) {
		struct api_connection *c = server->connections;

		api_connection_close(c);
		connection_free(c);
	}
}

/* Framing: JSON and a NUL each way. A reply that is not Varlink ends the connection, not the program's manners. */
#include "ctl/client.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define INTERFACE_START "org.classd."

static const struct {
	const char *name;
	enum classd_exit code;
} classes[] = {
    {"input", CLASSD_EXIT_INPUT},	  {"authority", CLASSD_EXIT_AUTHORITY}, {"state", CLASSD_EXIT_STATE},
    {"not-found", CLASSD_EXIT_NOT_FOUND}, {"busy", CLASSD_EXIT_BUSY},		{"failed", CLASSD_EXIT_FAILED},
};

void reply_done(struct reply *r)
{
	json_free(r->message);
	*r = (struct reply){0};
}

const char *reply_text(struct json_view object, const char *key)
{
	const char *text = json_get_text(object, key);

	return text ? text : "";
}

int client_new(int fd, struct client **ret)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return FAULT(ENOMEM, "a connection");
	c->fd = fd;
	*ret = c;
	return 0;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	close_fd(&c->fd);
	buffer_done(&c->in);
	free(c);
}

static int no_agent(const char *path, int error)
{
	const char *next = error == EACCES
			       ? _("ask the system administrator to let you use the socket")
			       : _("start the agent (systemctl start classd), or name its socket with --socket");

	return say_error(CLASSD_EXIT_NO_AGENT, path, next, _("the agent does not answer: %s"), strerror(error));
}

int client_open(const char *path, struct client **ret)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(to.sun_path))
		return say_error(CLASSD_EXIT_USAGE, path, NULL, _("the name of the socket is too long"));
	memcpy(to.sun_path, path, strlen(path));
	OWN_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FAULT(errno, "make a socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return no_agent(path, errno);
	DO(client_new(fd, ret));
	(void)steal_fd(&fd);
	return 0;
}

int64_t call_pass(struct call *call, int fd)
{
	assert(call->n_descriptors < CALL_DESCRIPTORS);
	call->descriptors[call->n_descriptors] = fd;
	return (int64_t)call->n_descriptors++;
}

static int lost(void)
{
	return say_error(CLASSD_EXIT_NO_AGENT, NULL, _("look at the agent's log, then try again"),
			 _("the agent closed the connection"));
}

static int garbled(void)
{
	return say_error(CLASSD_EXIT_FAILED, NULL, _("use the classctl that belongs to the running agent"),
			 _("the agent's answer cannot be read"));
}

/* The descriptors go with the first byte, the rest as far as it needs. */
static int send_all(struct client *c, const char *text, size_t n, const struct call *call)
{
	union {
		struct cmsghdr align;
		char at[CMSG_SPACE(sizeof(int) * CALL_DESCRIPTORS)];
	} control = {0};
	size_t fd_bytes = sizeof(int) * call->n_descriptors;
	struct iovec part = {.iov_base = (void *)(uintptr_t)text, .iov_len = n};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd_bytes) {
		message.msg_control = control.at;
		message.msg_controllen = CMSG_SPACE(fd_bytes);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(fd_bytes);
		memcpy(CMSG_DATA(head), call->descriptors, fd_bytes);
	}
	while (part.iov_len) {
		ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return lost();
		part.iov_base = (char *)part.iov_base + sent;
		part.iov_len -= (size_t)sent;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	return 0;
}

static int send_call(struct client *c, struct call *call)
{
	OWNED(json) struct json *message = json_object();
	OWN_MEM char *method = text_format(INTERFACE_START "%s", call->method);

	json_set_text(message, "method", method);
	json_set(message, "parameters", call->parameters ? call->parameters : json_object());
	call->parameters = NULL;
	if (call->more)
		json_set_bool(message, "more", true);
	OWN_MEM char *text = json_text(message);
	if (!text)
		return FAULT(ENOMEM, "a request");
	DO(send_all(c, text, strlen(text) + 1, call));
	if (call->closes) /* a pipe ends only when we hold no writing end ourselves */
		(void)close(call->descriptors[call->n_descriptors - 1]);
	call->closes = false;
	return 0;
}

/* What came with a NUL at its end, or nothing yet. */
static const uint8_t *find_end(const struct client *c)
{
	return c->in.n ? memchr(c->in.at, 0, c->in.n) : NULL;
}

static int receive(struct client *c)
{
	uint8_t *room = buffer_reserve(&c->in, 65536);

	if (!room)
		return FAULT(ENOMEM, "an answer");
	ssize_t got = recv(c->fd, room, 65536, 0);
	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0)
		return lost();
	c->in.n += (size_t)got;
	return c->in.n > CLIENT_REPLY_MAX ? garbled() : 0;
}

/* Content from the pipe; closes it at its end. */
static int drain(struct sink *s)
{
	_Alignas(64) uint8_t at[65536]; /* the kernel copies to such a place several times as fast */
	ssize_t got = read(s->fd, at, sizeof(at));

	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return FAULT(errno, "read the content");
	if (got == 0) {
		close_fd(&s->fd);
		return 0;
	}
	return s->take(s, bytes_of(at, (size_t)got));
}

/* Until a whole answer is there; takes content meanwhile, for the agent cannot finish while the pipe is full. */
static int wait_answer(struct client *c, struct sink *s)
{
	while (!find_end(c)) {
		struct pollfd ends[2] = {{.fd = c->fd, .events = POLLIN}, {.fd = s ? s->fd : -1, .events = POLLIN}};

		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			return FAULT(errno, "wait for the agent");
		if (ends[1].revents)
			DO(drain(s));
		if (ends[0].revents)
			DO(receive(c));
	}
	return 0;
}

static int take_answer(struct client *c, struct json **ret)
{
	const uint8_t *end = find_end(c);
	size_t n = (size_t)(end - c->in.at);
	int outcome = json_parse(bytes_of(c->in.at, n), ret);

	buffer_drop_front(&c->in, n + 1);
	TRY(outcome);
	return outcome ? garbled() : 0;
}

static int say_refused(struct json_view at, struct call *call)
{
	const char *class = json_get_text(at, "class");
	const char *what = json_get_text(at, "what");
	const char *next = json_get_text(at, "next");
	enum classd_exit code = CLASSD_EXIT_FAILED;

	for (size_t i = 0; i < array_n(classes); i++)
		if (text_equal(class, classes[i].name))
			code = classes[i].code;
	call->hushed = call->quiet && (text_equal(call->quiet, QUIET_ALL) || text_equal(call->quiet, class) ||
				       text_equal(call->quiet, json_get_text(at, "code")));
	if (call->hushed)
		return (int)code;
	OWN_MEM char *safe_what = words_say(text_is_empty(what) ? "refused" : what);
	OWN_MEM char *safe_where = say_safe(json_get_text(at, "where"));
	OWN_MEM char *safe_next = words_say(next);
	return say_error(code, safe_where, safe_next, "%s", safe_what ? safe_what : "");
}

static int say_protocol(const char *error, struct json_view at)
{
	const char *detail = json_get_text(at, "parameter");

	if (!detail)
		detail = json_get_text(at, "method");
	OWN_MEM char *where = say_safe(detail);
	OWN_MEM char *safe = say_safe(error);
	return say_error(CLASSD_EXIT_FAILED, where, _("use the classctl that belongs to the running agent"),
			 _("the agent does not take this request (%s)"), safe ? safe : "");
}

static int look(struct reply *r, struct call *call)
{
	struct json_view whole = json_look(r->message);
	const char *error = json_get_text(whole, "error");

	if (!json_is_object(whole))
		return garbled();
	r->at = json_get(whole, "parameters");
	r->continues = json_get_bool(whole, "continues");
	if (!error)
		return 0;
	return text_ends(error, ".Refused") ? say_refused(r->at, call) : say_protocol(error, r->at);
}

int client_call(struct client *c, struct call *call, struct reply *ret)
{
	OWN_REPLY struct reply r = {0};

	DO(send_call(c, call));
	DO(wait_answer(c, call->sink));
	DO(take_answer(c, &r.message));
	DO(look(&r, call));
	while (call->sink && call->sink->fd >= 0)
		DO(drain(call->sink));
	if (ret) {
		reply_done(ret);
		*ret = r;
		r = (struct reply){0};
	}
	return 0;
}

int client_next(struct client *c, struct reply *ret)
{
	reply_done(ret);
	DO(wait_answer(c, NULL));
	DO(take_answer(c, &ret->message));
	return look(ret, &(struct call){0});
}

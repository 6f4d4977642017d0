/* ssh-agent: one request, one answer, both a 32-bit length and that many bytes. What it says is not trusted. */
#include "library/ssh_agent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/text.h"
#include "format/ssh_wire.h"
#include "library/signature.h"

#define REQUEST_LIST 11
#define ANSWER_LIST  12
#define REQUEST_SIGN 13
#define ANSWER_SIGN  14
#define ANSWER_MAX   ((size_t)256 * 1024)
#define LIST_MS	     5000
#define SIGN_MS	     120000 /* a person looks for the token and touches it */

int ssh_agent_open(const char *path, int *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWN_FD int fd = -1;

	if (text_is_empty(path) || strlen(path) >= sizeof(address.sun_path))
		return SSH_AGENT_ABSENT;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FAULT(errno, "socket for ssh-agent");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return SSH_AGENT_ABSENT;
	*ret = steal_fd(&fd);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int r;

	do {
		int64_t left = until_ms - now_ms();

		r = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : SSH_AGENT_GARBLED;
}

static int send_all(int fd, struct bytes b, int64_t until_ms)
{
	while (b.n) {
		ssize_t n;

		if (wait_for(fd, POLLOUT, until_ms))
			return SSH_AGENT_GARBLED;
		n = send(fd, b.at, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return SSH_AGENT_GARBLED;
		if (n > 0)
			b = bytes_of(b.at + n, b.n - (size_t)n);
	}
	return 0;
}

static int receive_all(int fd, uint8_t *at, size_t n, int64_t until_ms)
{
	while (n) {
		ssize_t got;

		if (wait_for(fd, POLLIN, until_ms))
			return SSH_AGENT_GARBLED;
		got = recv(fd, at, n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return SSH_AGENT_GARBLED;
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
	return 0;
}

/* Sends request; answer: type byte and content. wanted: the type that means yes. */
static int ask(int fd, const struct buffer *request, uint8_t wanted, int within_ms, struct buffer *answer)
{
	OWN_BUFFER struct buffer framed = {0};
	int64_t until = now_ms() + within_ms;
	uint8_t length[4];
	struct cursor c = cursor_of(bytes_of(length, sizeof(length)));
	uint8_t *at;
	size_t n;

	ssh_put(&framed, buffer_bytes(request));
	TRY(buffer_check(request));
	TRY(buffer_check(&framed));
	if (send_all(fd, buffer_bytes(&framed), until) || receive_all(fd, length, sizeof(length), until))
		return SSH_AGENT_GARBLED;
	n = cursor_u32(&c);
	if (n == 0 || n > ANSWER_MAX)
		return SSH_AGENT_GARBLED;
	at = buffer_reserve(answer, n);
	TRY(buffer_check(answer));
	if (receive_all(fd, at, n, until))
		return SSH_AGENT_GARBLED;
	answer->n += n;
	return at[0] == wanted ? 0 : SSH_AGENT_REFUSED;
}

static void copy_comment(struct bytes from, char ret[128])
{
	size_t n = from.n < 127 ? from.n : 127;

	memset(ret, 0, 128);
	for (size_t i = 0; i < n; i++)
		ret[i] = from.at[i] < 32 || from.at[i] > 126 ? '?' : (char)from.at[i];
}

static int parse_list(struct cursor *c, struct ssh_agent_key *ret, size_t room, size_t *ret_n)
{
	uint32_t n = cursor_u32(c);
	size_t kept = 0;

	for (uint32_t i = 0; i < n && !c->bad; i++) {
		struct bytes blob = ssh_take(c), comment = ssh_take(c);

		if (c->bad || kept == room || ssh_public_key_parse_blob(blob, &ret[kept].key))
			continue;
		copy_comment(comment, ret[kept++].comment);
	}
	*ret_n = kept;
	return cursor_at_end(c) ? 0 : SSH_AGENT_GARBLED;
}

int ssh_agent_list(int fd, struct ssh_agent_key *ret, size_t room, size_t *ret_n)
{
	OWN_BUFFER struct buffer request = {0};
	OWN_BUFFER struct buffer answer = {0};
	struct cursor c;
	int bad;

	buffer_u8(&request, REQUEST_LIST);
	bad = ask(fd, &request, ANSWER_LIST, LIST_MS, &answer);
	if (bad)
		return bad;
	c = cursor_of(buffer_bytes(&answer));
	(void)cursor_u8(&c); /* the type, already looked at */
	return parse_list(&c, ret, room, ret_n);
}

static int request_signature(int fd, const struct ssh_public_key *key, struct bytes to_sign, struct buffer *answer)
{
	OWN_BUFFER struct buffer request = {0};
	OWN_BUFFER struct buffer blob = {0};

	ssh_public_key_write_blob(key, &blob);
	TRY(buffer_check(&blob));
	buffer_u8(&request, REQUEST_SIGN);
	ssh_put(&request, buffer_bytes(&blob));
	ssh_put(&request, to_sign);
	buffer_u32(&request, 0); /* flags: they concern RSA */
	return ask(fd, &request, ANSWER_SIGN, SIGN_MS, answer);
}

int ssh_agent_sign(int fd, const struct ssh_public_key *key, struct bytes text, const char *space, struct sshsig *ret)
{
	OWN_BUFFER struct buffer to_sign = {0};
	OWN_BUFFER struct buffer answer = {0};
	struct sshsig s = {.key = *key, .hash = SSHSIG_SHA512};
	struct cursor c;
	int bad;

	if (strlen(space) >= sizeof(s.space))
		return FAULT(EINVAL, "namespace of %zu bytes", strlen(space));
	memcpy(s.space, space, strlen(space) + 1);
	signature_to_sign(text, space, &to_sign);
	TRY(buffer_check(&to_sign));
	bad = request_signature(fd, key, buffer_bytes(&to_sign), &answer);
	if (bad)
		return bad;
	c = cursor_of(buffer_bytes(&answer));
	(void)cursor_u8(&c); /* the type, already looked at */
	if (sshsig_take_raw(ssh_take(&c), &s) || !cursor_at_end(&c))
		return SSH_AGENT_GARBLED;
	*ret = s;
	return 0;
}

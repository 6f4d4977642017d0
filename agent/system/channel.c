/*
 * Outgoing frames wait in a list; the last one gathers small messages until it is sent. What a peer sends is checked
 * as a whole before the first handler sees it, so a bad tail cannot follow a good head.
 */
#include "system/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define RETRY_MS     10	  /* the kernel is short of memory or of descriptors in flight */
#define HEAR_OUT_MAX 4096 /* frames of a peer that is lost: more than its socket holds */

struct out_frame {
	struct out_frame *next;
	struct buffer content;
	int fd;	     /* owned; -1 none */
	bool secret; /* wiped before it is freed; gathers nothing else */
};

struct channel_queue {
	struct out_frame *first;
	struct out_frame *last;
	size_t bytes;
	bool blocked;  /* the peer takes no more for now */
	bool overflow; /* past the bound: lost at the next turn */
};

static bool carries_secret(const struct frame_type *type)
{
	return type == &frame_type_meta_key || type == &frame_type_file_key;
}

static void out_frame_free(struct out_frame *frame)
{
	if (frame->secret && frame->content.at)
		explicit_bzero(frame->content.at, frame->content.room);
	buffer_done(&frame->content);
	close_fd(&frame->fd);
	free(frame);
}

static void queue_pop(struct channel_queue *queue)
{
	struct out_frame *frame = queue->first;

	queue->first = frame->next;
	if (!queue->first)
		queue->last = NULL;
	queue->bytes -= frame->content.n;
	out_frame_free(frame);
}

void channel_close(struct channel *channel)
{
	loop_unwatch(&channel->source);
	loop_disarm(&channel->flush);
	if (channel->queue) {
		while (channel->queue->first)
			queue_pop(channel->queue);
		free(channel->queue);
		channel->queue = NULL;
	}
	close_fd(&channel->fd);
}

size_t channel_queued(const struct channel *channel)
{
	return channel->queue ? channel->queue->bytes : 0;
}

/* Sending */

enum send_outcome { SENT, SEND_BLOCKED, SEND_RETRY, SEND_LOST };

static enum send_outcome send_frame(int fd, const struct out_frame *frame)
{
	struct iovec part = {.iov_base = frame->content.at, .iov_len = frame->content.n};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (frame->fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.header), &frame->fd, sizeof(int));
	}
	while (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			return SEND_BLOCKED;
		if (errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS)
			return SEND_RETRY;
		if (errno != EINTR)
			return SEND_LOST;
	}
	return SENT;
}

static int on_flush(struct loop_timer *timer);

static int set_blocked(struct channel *channel, bool blocked)
{
	if (channel->queue->blocked == blocked)
		return 0;
	channel->queue->blocked = blocked;
	return loop_change(&channel->source, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int flush(struct channel *channel)
{
	struct channel_queue *queue = channel->queue;
	bool was_blocked = queue->blocked;

	if (queue->overflow)
		return channel_lose(channel);
	while (queue->first) {
		switch (send_frame(channel->fd, queue->first)) {
		case SENT:
			queue_pop(queue);
			break;
		case SEND_BLOCKED:
			return set_blocked(channel, true);
		case SEND_RETRY:
			TRY(set_blocked(channel, false));
			return loop_arm(channel->source.loop, &channel->flush, RETRY_MS, on_flush);
		case SEND_LOST:
			return channel_lose(channel);
		}
	}
	TRY(set_blocked(channel, false));
	return was_blocked && channel->drained ? channel->drained(channel) : 0;
}

static int on_flush(struct loop_timer *timer)
{
	return flush(container_of(timer, struct channel, flush));
}

void channel_flush(struct channel *channel)
{
	while (channel->queue && channel->queue->first && send_frame(channel->fd, channel->queue->first) == SENT)
		queue_pop(channel->queue);
}

static size_t field_size(const struct frame_field *field, const void *at)
{
	switch (field->kind) {
	case FRAME_KIND_u8:
		return 1;
	case FRAME_KIND_u32:
		return 4;
	case FRAME_KIND_u64:
		return 8;
	case FRAME_KIND_text:
		return 5 + bytes_of_text(*(const char *const *)at).n;
	case FRAME_KIND_bytes:
		return 4 + ((const struct bytes *)at)->n;
	case FRAME_KIND_hash:
		return FRAME_HASH;
	}
	return 0;
}

size_t channel_message_size(const struct frame_type *type, const void *message)
{
	size_t n = sizeof(uint16_t) + sizeof(uint32_t);

	for (size_t i = 0; i < type->n_fields; i++)
		n += field_size(&type->fields[i], (const char *)message + type->fields[i].offset);
	return n;
}

static int queue_add_frame(struct channel_queue *queue, size_t room, bool secret)
{
	struct out_frame *frame = calloc(1, sizeof(*frame));

	if (!frame)
		return FAULT(ENOMEM, "queue a frame");
	frame->fd = -1;
	frame->secret = secret;
	/* Reserved in one piece: a secret leaves no copies behind by growing. */
	if (!buffer_reserve(&frame->content, room)) {
		out_frame_free(frame);
		return FAULT(ENOMEM, "queue a frame of %zu bytes", room);
	}
	if (queue->last)
		queue->last->next = frame;
	else
		queue->first = frame;
	queue->last = frame;
	return 0;
}

static bool can_gather(const struct out_frame *last, size_t n)
{
	return last && last->fd < 0 && !last->secret && last->content.n + n <= FRAME_MAX;
}

int channel_send(struct channel *channel, const struct frame_type *type, const void *message, int fd)
{
	size_t n = channel_message_size(type, message);
	struct channel_queue *queue = channel->queue;
	OWN_FD int taken = fd;

	if (n > FRAME_MAX)
		return FAULT(EMSGSIZE, "send %s: %zu bytes", type->name, n);
	if (!queue || queue->overflow)
		return 0; /* the peer is gone or given up: its lost callback tells the owner */
	if (queue->bytes + n > CHANNEL_QUEUE_MAX) {
		queue->overflow = true;
		return loop_arm(channel->source.loop, &channel->flush, 0, on_flush);
	}
	if (fd >= 0 || carries_secret(type) || !can_gather(queue->last, n))
		TRY(queue_add_frame(queue, n, carries_secret(type)));
	frame_encode(&queue->last->content, type, message);
	TRY(buffer_check(&queue->last->content));
	queue->bytes += n;
	if (fd >= 0)
		queue->last->fd = steal_fd(&taken);
	if (queue->blocked || channel->flush.loop)
		return 0;
	return loop_arm(channel->source.loop, &channel->flush, 0, on_flush);
}

/* Receiving */

struct in_frame {
	size_t n;
	int fd;
	uint8_t content[FRAME_MAX];
};

enum take_outcome { TAKEN = 1, TAKE_NOTHING, TAKE_MALFORMED, TAKE_LOST, TAKE_HOSTILE };

/* Keeps the first descriptor and closes what a hostile peer put beside it. */
static void take_descriptors(struct msghdr *message, int *ret_fd)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (*ret_fd < 0)
				*ret_fd = fd;
			else
				close_fd(&fd);
		}
	}
}

static enum take_outcome take_frame(int fd, struct in_frame *ret)
{
	struct iovec part = {.iov_base = ret->content, .iov_len = sizeof(ret->content)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	/* Room for exactly one descriptor (CMSG_SPACE has room for two): more set MSG_CTRUNC. */
	struct msghdr message = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	ret->fd = -1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? TAKE_NOTHING : TAKE_LOST;
	take_descriptors(&message, &ret->fd);
	if (message.msg_flags & MSG_CTRUNC)
		return TAKE_HOSTILE;
	if (n == 0)
		return TAKE_LOST;
	ret->n = (size_t)n;
	return message.msg_flags & MSG_TRUNC ? TAKE_MALFORMED : TAKEN;
}

static bool is_well_formed(const struct in_frame *frame, bool *ret_secret)
{
	struct cursor c = cursor_of(bytes_of(frame->content, frame->n));
	const struct frame_type *type;
	union frame_any any;
	int outcome;

	*ret_secret = false;
	while ((outcome = frame_decode(&c, &type, &any)) == 0)
		*ret_secret |= carries_secret(type);
	return outcome == FRAME_END;
}

static int deliver(struct channel *channel, struct in_frame *frame)
{
	struct cursor c = cursor_of(bytes_of(frame->content, frame->n));
	const struct frame_type *type;
	union frame_any any;

	while (channel_is_open(channel) && frame_decode(&c, &type, &any) == 0)
		TRY(channel->message(channel, type, &any, &frame->fd));
	return 0;
}

static int take_one(struct channel *channel, enum take_outcome *ret)
{
	struct in_frame frame;
	enum take_outcome outcome = take_frame(channel->fd, &frame);
	bool secret = false;
	int r = 0;

	if (outcome == TAKEN && !is_well_formed(&frame, &secret))
		outcome = TAKE_MALFORMED;
	if (outcome == TAKE_MALFORMED)
		channel->malformed++;
	else if (outcome == TAKEN)
		r = deliver(channel, &frame);
	close_fd(&frame.fd);
	if (secret)
		explicit_bzero(frame.content, frame.n);
	*ret = outcome;
	return r;
}

/* A peer that ended with something unread resets the connection, and that is told once before what it had sent; so is
 * the failure to send to it. */
static int hear_out(struct channel *channel)
{
	enum take_outcome outcome = TAKEN;
	unsigned ends = 0;

	for (size_t n = 0; n < HEAR_OUT_MAX && ends < 2 && channel_is_open(channel); n++) {
		TRY(take_one(channel, &outcome));
		if (outcome == TAKE_NOTHING || outcome == TAKE_HOSTILE)
			return 0;
		ends += outcome == TAKE_LOST;
	}
	return 0;
}

static int tell_lost(struct channel *channel)
{
	loop_unwatch(&channel->source);
	loop_disarm(&channel->flush);
	return channel->lost(channel);
}

int channel_lose(struct channel *channel)
{
	TRY(hear_out(channel));
	return channel_is_open(channel) ? tell_lost(channel) : 0;
}

static int on_readable(struct channel *channel)
{
	enum take_outcome outcome;

	TRY(take_one(channel, &outcome));
	if (outcome == TAKE_LOST)
		return channel_lose(channel);
	return outcome == TAKE_HOSTILE ? tell_lost(channel) : 0;
}

static int on_ready(struct loop_source *source, uint32_t events)
{
	struct channel *channel = container_of(source, struct channel, source);

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		return on_readable(channel);
	return flush(channel);
}

int channel_open(struct channel *channel, struct loop *loop, int fd)
{
	OWN_FD int taken = fd;

	channel->fd = -1;
	channel->malformed = 0;
	channel->queue = calloc(1, sizeof(*channel->queue));
	if (!channel->queue)
		return FAULT(ENOMEM, "open a channel");
	TRY(loop_watch(loop, &channel->source, fd, EPOLLIN, on_ready));
	channel->fd = steal_fd(&taken);
	return 0;
}

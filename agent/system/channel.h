/*
 * One end of an edge between two processes: a SOCK_SEQPACKET socket on the
 * loop, with a queue of outgoing frames. Small messages sent in one turn of
 * the loop share a frame. Nobody blocks: what the peer does not take waits in
 * the queue (bounded by bytes; past the bound the peer is treated as lost).
 */
#ifndef SYSTEM_CHANNEL_H
#define SYSTEM_CHANNEL_H

#include "system/frame.h"
#include "system/loop.h"

struct channel;

/*
 * One message arrived. `fd`: the frame's descriptor or -1; a handler that
 * keeps it takes it with steal_fd(), else it is closed. Returns 0 or a fault.
 * Malformed frames are dropped and counted before any handler sees them.
 */
typedef int (*channel_message_fn)(struct channel *channel, const struct frame_type *type,
				  const union frame_any *message, int *fd);
/* The peer is gone. The channel may be closed and freed here (and only here; elsewhere it may be closed). */
typedef int (*channel_lost_fn)(struct channel *channel);
/* The peer had fallen behind and has now taken everything. */
typedef int (*channel_drained_fn)(struct channel *channel);

#define CHANNEL_QUEUE_MAX ((size_t)16 << 20)

struct channel {
	struct loop_source source;
	struct loop_timer flush; /* due 0: sends what was gathered in this turn */
	int fd;			 /* owned */
	uint8_t peer_role;	 /* enum role_id */
	uint8_t peer_index;
	void *owner;
	channel_message_fn message;
	channel_lost_fn lost;
	channel_drained_fn drained; /* NULL: nothing to do */
	struct channel_queue *queue;
	uint64_t malformed; /* frames dropped */
};

/* Takes fd. owner and callbacks must be set in *channel before. */
int channel_open(struct channel *channel, struct loop *loop, int fd) MUST_CHECK;
void channel_close(struct channel *channel); /* fine when closed */
static inline bool channel_is_open(const struct channel *channel)
{
	return channel->fd >= 0;
}

/* The peer is gone or given up: what it has sent is heard, then the owner is told. For those who know it before the
 * channel does; the channel does the same by itself. A handler may have closed it meanwhile. */
int channel_lose(struct channel *channel) MUST_CHECK;

/*
 * Queues one message. `fd` (-1: none) is taken in any case and sent with a
 * frame of its own. A frame whose type carries a secret is wiped after sending
 * and after its handler. To a closed channel it is dropped. 0 or a fault
 * (memory, or a message above FRAME_MAX: who passes on what others wrote
 * bounds it first, see channel_message_size).
 */
int channel_send(struct channel *channel, const struct frame_type *type, const void *message, int fd) MUST_CHECK;
#define CHANNEL_SEND(channel, name, fd, ...)                                                                           \
	channel_send((channel), &frame_type_##name, &(struct frame_##name){__VA_ARGS__}, (fd))

/* Bytes of one message on the wire. */
size_t channel_message_size(const struct frame_type *type, const void *message);
/* Bytes that wait for the peer: who produces much stops at some bound and goes on in `drained`. */
size_t channel_queued(const struct channel *channel);
/* Sends now what the peer takes without waiting: for the orderly end of a process. */
void channel_flush(struct channel *channel);

#endif

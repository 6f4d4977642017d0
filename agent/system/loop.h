/*
 * The event loop of every process: level-triggered epoll, one timer heap, and
 * signals through signalfd. Sources and timers are embedded in their owners
 * (container_of) and allocate nothing. A callback returns 0 or a fault, which
 * stops the loop. Callbacks may add and remove any source or timer.
 */
#ifndef SYSTEM_LOOP_H
#define SYSTEM_LOOP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_source;
struct loop_timer;

/* events: EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLERR bits. */
typedef int (*loop_source_fn)(struct loop_source *source, uint32_t events);
typedef int (*loop_timer_fn)(struct loop_timer *timer);

struct loop_source {
	struct loop *loop; /* NULL: not watched */
	int fd;		   /* borrowed */
	loop_source_fn ready;
};

struct loop_timer {
	struct loop *loop; /* NULL: not armed */
	uint64_t due_ms;   /* boot time */
	size_t place;	   /* in the heap */
	loop_timer_fn due;
};

struct loop {
	int epoll_fd;
	int signal_fd;
	bool stopping;
	uint32_t turns; /* since memory was last given back */
	struct loop_timer **heap;
	size_t n_timers;
	size_t room;
};

int loop_init(struct loop *loop) MUST_CHECK; /* blocks SIGTERM SIGINT SIGHUP SIGCHLD for signalfd; ignores SIGPIPE */
void loop_done(struct loop *loop);

int loop_watch(struct loop *loop, struct loop_source *source, int fd, uint32_t events, loop_source_fn ready) MUST_CHECK;
int loop_change(struct loop_source *source, uint32_t events) MUST_CHECK;
void loop_unwatch(struct loop_source *source); /* fine when not watched */

/* Arms, or moves, the timer to `ms` from now. */
int loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t ms, loop_timer_fn due) MUST_CHECK;
void loop_disarm(struct loop_timer *timer);

/* `on_signal` gets each signal number; NULL: SIGTERM and SIGINT stop the loop, others are ignored. */
int loop_run(struct loop *loop, int (*on_signal)(struct loop *loop, int signal)) MUST_CHECK;
void loop_stop(struct loop *loop);

uint64_t loop_now_ms(void); /* CLOCK_BOOTTIME: counts through suspend */

#endif

/*
 * One event is taken from epoll at a time: a callback may then free any source without leaving a stale pointer in a
 * batch, and the kernel's ready list, which moves a taken source to its end, keeps the turns fair.
 */
#include "system/loop.h"

#include "base/own.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>

#define BURST_TURNS 200	 /* so much work leaves memory worth giving back … */
#define REST_MS	    1000 /* … when so long nothing has come */

uint64_t loop_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for a clock that every kernel we run on has */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int loop_init(struct loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN};
	sigset_t signals;

	*loop = (struct loop){.epoll_fd = -1, .signal_fd = -1};
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return FAULT(errno, "set up signals");
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return FAULT(errno, "make an epoll descriptor");
	loop->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_fd < 0)
		return FAULT(errno, "make a signal descriptor");
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->signal_fd, &event) < 0)
		return FAULT(errno, "watch the signal descriptor");
	return 0;
}

void loop_done(struct loop *loop)
{
	while (loop->n_timers > 0)
		loop_disarm(loop->heap[0]);
	free(loop->heap);
	close_fd(&loop->signal_fd);
	close_fd(&loop->epoll_fd);
	*loop = (struct loop){.epoll_fd = -1, .signal_fd = -1};
}

int loop_watch(struct loop *loop, struct loop_source *source, int fd, uint32_t events, loop_source_fn ready)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return FAULT(errno, "watch descriptor %d", fd);
	*source = (struct loop_source){.loop = loop, .fd = fd, .ready = ready};
	return 0;
}

int loop_change(struct loop_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) < 0)
		return FAULT(errno, "change the watch of descriptor %d", source->fd);
	return 0;
}

void loop_unwatch(struct loop_source *source)
{
	if (!source->loop)
		return;
	/* A descriptor that was closed already left the epoll set by itself. */
	(void)epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	source->loop = NULL;
}

/* The timer heap: heap[0] is due first; each timer knows its place. */

static void heap_put(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void heap_up(struct loop *loop, size_t place)
{
	struct loop_timer *timer = loop->heap[place];

	while (place > 0 && loop->heap[(place - 1) / 2]->due_ms > timer->due_ms) {
		heap_put(loop, place, loop->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	heap_put(loop, place, timer);
}

static void heap_down(struct loop *loop, size_t place)
{
	struct loop_timer *timer = loop->heap[place];

	for (;;) {
		size_t child = 2 * place + 1;

		if (child >= loop->n_timers)
			break;
		if (child + 1 < loop->n_timers && loop->heap[child + 1]->due_ms < loop->heap[child]->due_ms)
			child++;
		if (loop->heap[child]->due_ms >= timer->due_ms)
			break;
		heap_put(loop, place, loop->heap[child]);
		place = child;
	}
	heap_put(loop, place, timer);
}

static int heap_make_room(struct loop *loop)
{
	size_t room = loop->room ? 2 * loop->room : 16;
	struct loop_timer **heap;

	if (loop->n_timers < loop->room)
		return 0;
	heap = reallocarray(loop->heap, room, sizeof(struct loop_timer *));
	if (!heap)
		return FAULT(ENOMEM, "grow the timer heap");
	loop->heap = heap;
	loop->room = room;
	return 0;
}

int loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t ms, loop_timer_fn due)
{
	loop_disarm(timer);
	TRY(heap_make_room(loop));
	timer->loop = loop;
	timer->due_ms = loop_now_ms() + ms;
	timer->due = due;
	heap_put(loop, loop->n_timers++, timer);
	heap_up(loop, timer->place);
	return 0;
}

void loop_disarm(struct loop_timer *timer)
{
	struct loop *loop = timer->loop;
	struct loop_timer *last;

	if (!loop)
		return;
	timer->loop = NULL;
	last = loop->heap[--loop->n_timers];
	if (last == timer)
		return;
	heap_put(loop, timer->place, last);
	heap_up(loop, last->place);
	heap_down(loop, last->place);
}

/* Timers that a callback arms anew wait for the next turn, so that sources get theirs. */
static int run_timers(struct loop *loop)
{
	uint64_t now = loop_now_ms();

	for (size_t n = loop->n_timers; n > 0 && loop->n_timers > 0 && !loop->stopping; n--) {
		struct loop_timer *timer = loop->heap[0];

		if (timer->due_ms > now)
			break;
		loop_disarm(timer);
		TRY(timer->due(timer));
	}
	return 0;
}

static int wait_ms(const struct loop *loop)
{
	uint64_t now;

	if (loop->n_timers == 0)
		return -1;
	now = loop_now_ms();
	if (loop->heap[0]->due_ms <= now)
		return 0;
	return loop->heap[0]->due_ms - now > INT32_MAX ? INT32_MAX : (int)(loop->heap[0]->due_ms - now);
}

static int take_signals(struct loop *loop, int (*on_signal)(struct loop *loop, int signal))
{
	struct signalfd_siginfo info;

	while (!loop->stopping && read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (on_signal)
			TRY(on_signal(loop, (int)info.ssi_signo));
		else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			loop_stop(loop);
	}
	return 0;
}

/* As epoll_wait(2) for one event. What a burst had of memory goes back to the system when the loop comes to rest:
 * pieces of lasting things between what was freed would hold all of it for ever. */
static int wait_for(struct loop *loop, struct epoll_event *ret)
{
	int ms = wait_ms(loop), n;
	bool rests = loop->turns >= BURST_TURNS && (ms < 0 || ms > REST_MS);

	n = epoll_wait(loop->epoll_fd, ret, 1, rests ? REST_MS : ms);
	loop->turns += n > 0;
	if (n == 0 && rests) {
		(void)malloc_trim(0); /* nothing to give back is fine */
		loop->turns = 0;
	}
	return n;
}

int loop_run(struct loop *loop, int (*on_signal)(struct loop *loop, int signal))
{
	struct epoll_event event;

	loop->stopping = false;
	while (!loop->stopping) {
		int n = wait_for(loop, &event);

		if (n < 0 && errno != EINTR)
			return FAULT(errno, "wait for events");
		if (n > 0 && !event.data.ptr) {
			TRY(take_signals(loop, on_signal));
		} else if (n > 0) {
			struct loop_source *source = event.data.ptr;

			TRY(source->ready(source, event.events));
		}
		TRY(run_timers(loop));
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

#include "test.h"

#include <signal.h>
#include <sys/epoll.h>

#include "base/own.h"
#include "system/loop.h"

struct fixture {
	struct loop loop;
	struct loop_timer timers[8];
	struct loop_source sources[2];
	int order[16];
	size_t n;
};

static struct fixture *fixture_of(struct loop *loop)
{
	return container_of(loop, struct fixture, loop);
}

static int note(struct loop_timer *timer)
{
	size_t place = timer->due_ms & 7;
	struct fixture *f = container_of(timer - place, struct fixture, timers);

	f->order[f->n++] = (int)place;
	return 0;
}

static int stop(struct loop_timer *timer)
{
	struct fixture *f = container_of(timer, struct fixture, timers[7]);

	loop_stop(&f->loop);
	return 0;
}

/* due_ms is set by hand so that its low bits name the place and the order does not depend on the clock. */
static void test_timers_run_in_order_and_disarmed_ones_never(void **state)
{
	static const uint64_t due[] = {500, 300, 400, 100, 200, 350, 50};
	struct fixture f = {0};

	(void)state;
	assert_int_equal(loop_init(&f.loop), 0);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(loop_arm(&f.loop, &f.timers[i], 0, note), 0);
		loop_disarm(&f.timers[i]);
	}
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(loop_arm(&f.loop, &f.timers[i], due[i] * 1000000, note), 0);
	loop_disarm(&f.timers[2]);
	loop_disarm(&f.timers[6]);
	loop_disarm(&f.timers[6]);
	for (size_t i = 0; i < 7; i++)
		f.timers[i].due_ms = due[i] * 8 + i; /* long past; the heap keeps its order */
	assert_int_equal(loop_arm(&f.loop, &f.timers[7], 0, stop), 0);
	assert_int_equal(loop_run(&f.loop, NULL), 0);
	assert_int_equal(f.n, 5);
	assert_int_equal(f.order[0], 3);
	assert_int_equal(f.order[1], 4);
	assert_int_equal(f.order[2], 1);
	assert_int_equal(f.order[3], 5);
	assert_int_equal(f.order[4], 0);
	loop_done(&f.loop);
}

static int first_removes_both(struct loop_source *source, uint32_t events)
{
	struct fixture *f = fixture_of(source->loop);

	(void)events;
	f->n++;
	loop_unwatch(&f->sources[0]);
	loop_unwatch(&f->sources[1]);
	loop_stop(&f->loop);
	return 0;
}

static void test_a_callback_may_remove_another_ready_source(void **state)
{
	struct fixture f = {0};
	int a[2], b[2];

	(void)state;
	assert_int_equal(pipe(a) | pipe(b), 0);
	assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
	assert_int_equal(loop_init(&f.loop), 0);
	assert_int_equal(loop_watch(&f.loop, &f.sources[0], a[0], EPOLLIN, first_removes_both), 0);
	assert_int_equal(loop_watch(&f.loop, &f.sources[1], b[0], EPOLLIN, first_removes_both), 0);
	assert_int_equal(loop_run(&f.loop, NULL), 0);
	assert_int_equal(f.n, 1);
	loop_done(&f.loop);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static int faulty(struct loop_timer *timer)
{
	(void)timer;
	return -5;
}

static void test_a_fault_stops_the_loop_and_comes_out(void **state)
{
	struct fixture f = {0};

	(void)state;
	assert_int_equal(loop_init(&f.loop), 0);
	assert_int_equal(loop_arm(&f.loop, &f.timers[0], 0, faulty), 0);
	assert_int_equal(loop_run(&f.loop, NULL), -5);
	loop_done(&f.loop);
}

static int on_signal(struct loop *loop, int signal)
{
	fixture_of(loop)->order[0] = signal;
	loop_stop(loop);
	return 0;
}

static void test_signals_arrive_as_events(void **state)
{
	struct fixture f = {0};

	(void)state;
	assert_int_equal(loop_init(&f.loop), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(loop_run(&f.loop, on_signal), 0);
	assert_int_equal(f.order[0], SIGHUP);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(loop_run(&f.loop, NULL), 0);
	loop_done(&f.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_timers_run_in_order_and_disarmed_ones_never),
	    cmocka_unit_test(test_a_callback_may_remove_another_ready_source),
	    cmocka_unit_test(test_a_fault_stops_the_loop_and_comes_out),
	    cmocka_unit_test(test_signals_arrive_as_events),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}

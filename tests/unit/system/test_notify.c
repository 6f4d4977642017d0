#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/notify.h"

static void test_the_manager_hears_what_is_sent(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char text[64] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/tmp/classd-notify.%d", (int)getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
	notify_send("STATUS=%d folders", 3);
	assert_int_equal(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 16);
	assert_string_equal(text, "STATUS=3 folders");
	unlink(at.sun_path);
	notify_send("READY=1"); /* nobody there: no error */
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	notify_send("READY=1");
	close(fd);
}

static void test_the_watchdog_is_for_its_process_only(void **state)
{
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
}

static void test_descriptors_meant_for_another_are_not_taken(void **state)
{
	(void)state;
	unsetenv("LISTEN_FDS");
	assert_int_equal(notify_listen_fd(), -1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(notify_listen_fd(), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_manager_hears_what_is_sent),
	    cmocka_unit_test(test_the_watchdog_is_for_its_process_only),
	    cmocka_unit_test(test_descriptors_meant_for_another_are_not_taken),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}

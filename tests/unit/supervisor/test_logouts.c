/* Who is not there any more: owners of checkouts and those who have unlocked, against the processes there are. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "supervisor/supervise.h"

struct room {
	char path[64];
	char *checkouts, *processes;
};

static int setup(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	assert_non_null(room);
	(void)snprintf(room->path, sizeof(room->path), "/tmp/logouts-XXXXXX");
	assert_non_null(mkdtemp(room->path));
	room->checkouts = text_format("%s/open", room->path);
	room->processes = text_format("%s/proc", room->path);
	assert_int_equal(mkdir(room->checkouts, 0700), 0);
	assert_int_equal(mkdir(room->processes, 0700), 0);
	*state = room;
	return 0;
}

static int teardown(void **state)
{
	struct room *room = *state;
	OWN_MEM char *command = text_format("rm -rf '%s'", room->path);
	int result = system(command);

	free(room->checkouts);
	free(room->processes);
	free(room);
	return result;
}

/* A process, or a folder of checkouts, of our own user: others cannot be made without root. */
static void make(const char *in, const char *name)
{
	OWN_MEM char *path = text_format("%s/%s", in, name);

	assert_int_equal(mkdir(path, 0700), 0);
}

static void test_whoever_has_unlocked_is_looked_for(void **state)
{
	struct room *room = *state;
	struct uids watched = {.at = {getuid(), 4000000}, .n = 2}, missed = {0}, gone;
	struct logouts l = {.processes = room->processes, .watched = &watched, .missed = &missed};

	make(room->processes, "17");
	logouts_look(&l, &gone);
	assert_int_equal(gone.n, 0); /* missed once is not gone */
	logouts_look(&l, &gone);
	assert_int_equal(gone.n, 1);
	assert_int_equal(gone.at[0], 4000000);
	assert_int_equal(watched.n, 2);
	watched = (struct uids){0}; /* nobody: the processes are not looked at, and nobody is gone */
	logouts_look(&l, &gone);
	assert_int_equal(gone.n, 0);
	assert_int_equal(missed.n, 0);
}

static void test_owners_of_checkouts_too(void **state)
{
	struct room *room = *state;
	struct uids watched = {0}, missed = {0}, gone;
	struct logouts l = {room->checkouts, room->processes, &watched, &missed};

	make(room->checkouts, "1001");
	make(room->checkouts, "other");
	logouts_look(&l, &gone);
	logouts_look(&l, &gone);
	assert_int_equal(gone.n, 1);
	assert_int_equal(gone.at[0], getuid());
	make(room->processes, "18");
	logouts_look(&l, &gone);
	assert_int_equal(gone.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_whoever_has_unlocked_is_looked_for, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_owners_of_checkouts_too, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

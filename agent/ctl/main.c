/* classctl: the command line. An ordinary client: it has the caller's rights and nobody trusts it. */
#include "ctl/command.h"

int main(int argc, char **argv)
{
	struct ctl ctl = {0};

	words_start();
	say_start();
	int result = command_run(&ctl, argc, argv);
	if (result == 0)
		result = say_flush();
	return result < 0 ? CLASSD_EXIT_FAILED : result == SAY_CLOSED ? 0 : result;
}

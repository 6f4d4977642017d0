/* classctl: the command line. An ordinary client: it has the caller's rights and nobody trusts it. */
#include "ctl/command.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct ctl ctl = {0};

	words_start();
	say_start();
	int result = command_run(&ctl, argc, argv);
	if (fflush(stdout) != 0 && result == 0)
		result = say_error(CLASSD_EXIT_FAILED, NULL, NULL, _("the output could not be written"));
	return result < 0 ? CLASSD_EXIT_FAILED : result;
}

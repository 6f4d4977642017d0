/* classd-watcher: see watcher.h. */
#include "watcher/watcher.h"

static struct role role;

int main(int argc, char **argv)
{
	return role_main(&watcher_description, &role, argc, argv);
}

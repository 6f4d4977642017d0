/* classd-inspector: see inspector.h. */
#include "inspector/inspector.h"

static struct role role;

int main(int argc, char **argv)
{
	return role_main(&inspector_description, &role, argc, argv);
}

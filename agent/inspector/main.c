/* classd-inspector: see inspector.h; with --quote: see quote.h. */
#include "inspector/inspector.h"
#include "inspector/quote.h"

#include "base/text.h"

static struct role role;

int main(int argc, char **argv)
{
	if (argc == 2 && text_equal(argv[1], "--quote"))
		return quote_main();
	return role_main(&inspector_description, &role, argc, argv);
}

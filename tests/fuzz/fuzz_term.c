/* Terms: what parses must be written so that it parses to the same. */
#include "fuzz.h"

#include <string.h>

#include "domain/term.h"

static void check(const struct term *t)
{
	char text[TERM_TEXT_MAX];
	struct term again;
	struct date start = {2024, 2, 29};

	term_format_rule(t, text);
	MUST(term_parse_rule(text, &again) && term_equal(t, &again));
	term_format_cli(t, text);
	MUST(t->kind == TERM_NONE || (term_parse_cli(text, &again) && term_equal(t, &again)));
	MUST(t->kind == TERM_NONE || term_compare(t, &again, start, DATE_LEAP_MAR1) == 0);
	(void)term_is_complete(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[1024];
	struct term t;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (term_parse_rule(text, &t))
		check(&t);
	if (term_parse_cli(text, &t))
		check(&t);
	return 0;
}

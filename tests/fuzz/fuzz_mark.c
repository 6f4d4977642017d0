/* Marks in any text: every mark found lies inside the text and names a level. Both shapes of marks are tried. */
#include "fuzz.h"

#include "domain/policy.h"

static const char *const stars[] = {"★", "*"};
static const char *const years[] = {"年"}, *const months[] = {"个月", "月"}, *const days[] = {"天", "日"};
static const char *const block[] = {"Classified By: {classified_by}", "Reason: {reason}",
				    "Declassify On: {declassify_on}"};
static const struct level joined_levels[] = {
    {.code = "U", .rank = 0, .name = {"非密", "u"}},
    {.code = "C", .rank = 1, .name = {"秘密", "c"}},
    {.code = "S", .rank = 2, .name = {"机密", "s"}},
};
static const struct level banner_levels[] = {
    {.code = "U", .rank = 0, .name = {"UNCLASSIFIED", "u"}},
    {.code = "S", .rank = 1, .name = {"SECRET", "s"}},
    {.code = "TS", .rank = 2, .name = {"TOP SECRET", "ts"}},
};
static const struct policy joined = {
    .levels = joined_levels,
    .n_levels = 3,
    .marks = {.separator = "★",
	      .separators = {stars, 2},
	      .year_words = {years, 1},
	      .month_words = {months, 2},
	      .day_words = {days, 2},
	      .long_term = "长期"},
};
static const struct policy banner = {
    .levels = banner_levels,
    .n_levels = 3,
    .marks = {.block_original = {block, 3}, .block_needed = true, .long_term = "50X1-HUM"},
};

static void scan(const struct policy *p, struct bytes text)
{
	struct mark_found found[16];
	size_t n = mark_scan(p, text, found, array_n(found));

	for (size_t i = 0; i < n; i++)
		MUST(found[i].level && found[i].n && found[i].at <= text.n && found[i].n <= text.n - found[i].at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scan(&joined, bytes_of(data, size));
	scan(&banner, bytes_of(data, size));
	return 0;
}

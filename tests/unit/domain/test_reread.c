#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/reread.h"
#include "library/sodium.h"

/* As many as the pack says, and each by the journal alone. */
static void test_as_many_as_the_pack_says(void **state)
{
	static const uint16_t percents[] = {0, 2, 10, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		unsigned drawn = 0;

		for (uint32_t n = 0; n < 20000; n++) {
			uint8_t digest[SHA256_BYTES];

			sha256_of(bytes_of((const char *)&n, sizeof(n)), digest);
			drawn += reread_is_drawn(bytes_of((const char *)digest, sizeof(digest)), percents[i]);
		}
		assert_in_range(drawn, percents[i] * 170u, percents[i] * 230u);
	}
}

static void test_readers_are_drawn_evenly(void **state)
{
	unsigned n[3] = {0};

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t digest[SHA256_BYTES];

		sha256_of(bytes_of((const char *)&i, sizeof(i)), digest);
		n[reread_reader(bytes_of((const char *)digest, sizeof(digest)), 3)]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_in_range(n[i], 850, 1150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_many_as_the_pack_says),
	    cmocka_unit_test(test_readers_are_drawn_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

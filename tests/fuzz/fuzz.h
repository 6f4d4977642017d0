/*
 * A fuzz target is tests/fuzz/fuzz_NAME.c, or tests/fuzz/ROOM/fuzz_NAME.c when
 * it needs a role's objects; its seeds are tests/fuzz/corpus/NAME/. libFuzzer
 * runs it with `make fuzz T=NAME SECONDS=N`; replay.c runs the seeds in
 * `make check`.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What must hold for every input. abort() is what both drivers notice. */
#define MUST(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			abort();                                                                                       \
	} while (0)

#endif

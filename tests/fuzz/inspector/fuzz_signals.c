/* Signals and a text, split at the first NUL: every place that is answered lies in the text. */
#include "fuzz.h"
#include "inspector/signals.h"

#include <stdio.h>
#include <string.h>

static void check(char *answer, size_t text_n)
{
	for (char *line = strtok(answer, "\n"); line; line = strtok(NULL, "\n")) {
		char *at = strrchr(line, ' ');
		size_t from, length;
		int used;

		MUST(at);
		for (at++; sscanf(at, "%zu+%zu%n", &from, &length, &used) == 2; at += used + (at[used] == ','))
			MUST(length > 0 && from + length <= text_n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *zero = n ? memchr(data, 0, n) : NULL;
	struct bytes lines = bytes_of(data, zero ? (size_t)(zero - data) : n);
	struct bytes text = zero ? bytes_of(zero + 1, n - lines.n - 1) : bytes_of(NULL, 0);
	OWNED(signals) struct signals *signals = NULL;
	OWN_BUFFER struct buffer answer = {0};
	struct mark_seen mark;

	MUST(signals_new(lines, &signals) == 0);
	MUST(signals_match(signals, text, &answer) == 0);
	MUST(signals_find_mark(signals, text, &mark) == 0);
	MUST(strlen(mark.mark) <= SIGNALS_MARK_MAX && strlen(mark.term) <= SIGNALS_MARK_MAX);
	buffer_u8(&answer, 0);
	check((char *)answer.at, text.n);
	return 0;
}

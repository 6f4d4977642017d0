/* From the words of a command line to the row that they name. */
#include "ctl/command.h"

#include "base/text.h"

#include <string.h>

/* How many of the words spell the name; 0: they do not. */
static size_t words_spell(const char *name, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!text_starts(name, words[i]))
			return 0;
		name += strlen(words[i]);
		if (!*name)
			return i + 1;
		if (*name++ != ' ')
			return 0;
	}
	return 0;
}

const struct command *command_find(const char *const *words, size_t n, size_t *ret_n)
{
	const struct command *c, *found = NULL;
	size_t most = 0;

	for (size_t i = 0; (c = command_at(i)); i++) {
		size_t used = words_spell(c->name, words, n);

		if (used > most) {
			most = used;
			found = c;
		}
	}
	if (found)
		*ret_n = most;
	return found;
}

const char *command_nearest(const char *word)
{
	enum { NEAR = 2 };
	const struct command *c;
	const char *nearest = NULL;
	size_t best = NEAR + 1;

	for (size_t i = 0; (c = command_at(i)); i++) {
		size_t distance = options_distance(word, c->name, NEAR);

		if (distance < best) {
			best = distance;
			nearest = c->name;
		}
	}
	return nearest;
}

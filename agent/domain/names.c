/* Lists of names and how they cover each other. */
#include "domain/names.h"

#include <string.h>

#include "base/text.h"

bool texts_has(struct texts list, const char *text)
{
	for (size_t i = 0; i < list.n; i++)
		if (text_equal(list.at[i], text))
			return true;
	return false;
}

static bool covers(const char *wide, const char *text, char separator)
{
	size_t n = strlen(wide);

	if (strcmp(wide, "*") == 0)
		return true;
	return n > 0 && strncmp(wide, text, n) == 0 && (text[n] == '\0' || text[n] == separator);
}

bool texts_cover(struct texts list, const char *text, char separator)
{
	if (text_is_empty(text))
		return false;
	for (size_t i = 0; i < list.n; i++)
		if (covers(list.at[i], text, separator))
			return true;
	return false;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool names_equal_folded(const char *a, const char *b)
{
	if (!a || !b)
		return false;
	while (*a && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return fold(*a) == fold(*b);
}

/*
 * Names that are not UTF-8. Neither journal nor client can say them, so such a file can have no record; it is known by
 * a spelling of its own, and a finding asks for another name. In a spelling each byte that is no UTF-8 is the
 * replacement character with two digits; so that no other name is spelled alike, one that has this character itself is
 * spelled, too.
 */
#include "registrar/documents/watch_private.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT    "\xef\xbf\xbd"
#define CHAR_MAX_BYTES 4

bool watch_is_odd(const char *path)
{
	return strstr(path, REPLACEMENT);
}

/* Bytes of the character that the text begins with; 0: it begins with none, or with one that is to be spelled. */
static size_t plain_char(const char *text)
{
	size_t left = strnlen(text, CHAR_MAX_BYTES);

	if (text_starts(text, REPLACEMENT))
		return 0;
	for (size_t n = 1; n <= left; n++)
		if (text_is_utf8(bytes_of(text, n)))
			return n;
	return 0;
}

int watch_path(const char *path, char **ret)
{
	OWN_BUFFER struct buffer out = {0};

	if (text_is_utf8(bytes_of_text(path)) && !watch_is_odd(path)) { /* nearly every one */
		*ret = text_copy(path);
		return *ret ? 0 : FAULT(ENOMEM, "spell a path");
	}
	while (*path) {
		size_t n = plain_char(path);

		if (n)
			buffer_add(&out, path, n);
		else
			buffer_add_format(&out, REPLACEMENT "%02x", (unsigned char)*path);
		path += n ? n : 1;
	}
	*ret = buffer_steal_text(&out);
	return *ret ? 0 : FAULT(ENOMEM, "spell a path");
}

int watch_follow_odd(struct registrar *r, const struct store_seen *seen)
{
	return watch_say(r, seen, FINDING_UNREADABLE, "its name is not UTF-8, so it can have no record: rename it");
}

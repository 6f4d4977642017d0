/* Finds the translations: an uninstalled classctl speaks the languages of its own build folder. */
#include "ctl/words.h"

#include "base/text.h"

#include <limits.h>
#include <locale.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *words_program_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = 0;
	char *slash = strrchr(path, '/');
	if (slash)
		*slash = 0;
	return text_copy(path);
}

const char *words_of(const char *text)
{
	return text_is_empty(text) ? "" : gettext(text);
}

static const char *const sentences[] = {
#include "ctl/sentences.inc"
};

#define VALUES_MAX 6

struct values {
	struct bytes at[VALUES_MAX];
	size_t n;
};

#define HOLES "%{"

/* Length of the place of a value ("%s", "%.40s", "%2$s", "{level}"), 0: none. */
static size_t hole(const char *at)
{
	if (*at == '{')
		return strcspn(at, "}") + 1;
	return *at == '%' ? 2 + strspn(at + 1, ".0123456789$hlz") : 0;
}

/* The sentence is this pattern; ret gets what stands in its holes. */
static bool match(const char *pattern, const char *text, struct values *ret)
{
	*ret = (struct values){.n = 0};
	for (;;) {
		size_t fixed = strcspn(pattern, HOLES);
		const char *after;

		if (strncmp(pattern, text, fixed) != 0)
			return false;
		pattern += fixed;
		text += fixed;
		if (!*pattern)
			return !*text;
		if (ret->n == VALUES_MAX)
			return false;
		pattern += hole(pattern);
		fixed = strcspn(pattern, HOLES);
		/* The value ends where what follows it begins; at the end of the pattern it is the rest. */
		after = pattern[fixed] ? memmem(text, strlen(text), pattern, fixed) : text + strlen(text) - fixed;
		if (!after || strlen(text) < fixed)
			return false;
		ret->at[ret->n++] = bytes_of(text, (size_t)(after - text));
		text = after;
	}
}

static char *fill(const char *pattern, const struct values *values)
{
	OWN_BUFFER struct buffer b = {0};

	for (size_t i = 0, next = 0; pattern[i];) {
		size_t n = hole(pattern + i);
		size_t which =
		    n > 3 && pattern[i] == '%' && pattern[i + 2] == '$' ? (size_t)(pattern[i + 1] - '1') : next++;

		if (!n) {
			n = strcspn(pattern + i, HOLES);
			next--;
			buffer_add(&b, pattern + i, n);
		} else if (which < values->n)
			buffer_add_bytes(&b, values->at[which]);
		i += n;
	}
	return text_escape(buffer_bytes(&b));
}

char *words_say(const char *text)
{
	const char *words = words_of(text);
	struct values values;

	if (text_is_empty(text))
		return text_copy("");
	for (size_t i = 0; words == text && i < array_n(sentences); i++)
		if (match(sentences[i], text, &values))
			return fill(gettext(sentences[i]), &values);
	return text_escape(bytes_of_text(words));
}

char *words_files_in(int64_t files, int64_t folders)
{
	OWN_MEM char *of = text_format(_n("%lld file", "%lld files", files), (long long)files);
	OWN_MEM char *in = text_format(_n("%lld folder", "%lld folders", folders), (long long)folders);

	return text_format(_("%s in %s"), of ? of : "", in ? in : "");
}

void words_start(void)
{
	OWN_MEM char *folder = words_program_folder();
	OWN_MEM char *beside = folder ? text_format("%s/locale", folder) : NULL;
	struct stat st;

	(void)setlocale(LC_ALL, ""); /* an unknown locale leaves English */
	if (beside && stat(beside, &st) == 0 && S_ISDIR(st.st_mode))
		(void)bindtextdomain("classd", beside);
	else
		(void)bindtextdomain("classd", CLASSD_PREFIX "/share/locale");
	(void)bind_textdomain_codeset("classd", "UTF-8");
	(void)textdomain("classd");
}

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

/* Finds packs: an uninstalled classctl takes those of its own tree. */
#include "ctl/policy_place.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/words.h"

static bool is_folder(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *policy_place(const char *pack)
{
	static const char *const places[] = {"../share/classd/policy", "../../policy"};
	OWN_MEM char *own = words_program_folder();

	if (pack && (strchr(pack, '/') || is_folder(pack)))
		return text_copy(pack);
	for (size_t i = 0; own && i < array_n(places); i++) {
		OWN_MEM char *path = text_format("%s/%s", own, places[i]);
		OWN_MEM char *real = path ? realpath(path, NULL) : NULL;

		if (is_folder(real))
			return pack ? text_format("%s/%s", real, pack) : text_copy(real);
	}
	return pack ? text_format(CLASSD_PREFIX "/share/classd/policy/%s", pack)
		    : text_copy(CLASSD_PREFIX "/share/classd/policy");
}

int policy_names_of(const char *folder, struct policy_names **ret)
{
	OWNED(policy_names) struct policy_names *names = calloc(1, sizeof(*names));
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, NULL, alphasort);
	bool failed = !names;

	for (int i = 0; i < n; i++) {
		OWN_MEM char *file = text_format("%s/%s/pack.yaml", folder, entries[i]->d_name);
		struct stat st;
		char **more = NULL;

		if (!failed && file && entries[i]->d_name[0] != '.' && stat(file, &st) == 0)
			more = reallocarray(names->at, names->n + 1, sizeof(*more));
		if (more) {
			names->at = more;
			names->at[names->n] = text_copy(entries[i]->d_name);
			failed |= !names->at[names->n++];
		}
		free(entries[i]);
	}
	free(entries);
	if (failed)
		return FAULT(ENOMEM, "policy packs");
	*ret = steal(&names);
	return 0;
}

void policy_names_free(struct policy_names *names)
{
	for (size_t i = 0; names && i < names->n; i++)
		free(names->at[i]);
	if (names)
		free(names->at);
	free(names);
}

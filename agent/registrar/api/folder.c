#include "registrar/api/folder.h"

#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool below(const struct role_root *root, const char *path, char **ret)
{
	size_t n = strlen(root->path);

	while (n > 1 && root->path[n - 1] == '/')
		n--;
	if (strncmp(path, root->path, n) != 0 || (path[n] && path[n] != '/'))
		return false;
	*ret = text_copy(path[n] ? path + n + 1 : "");
	return *ret != NULL;
}

bool folder_of_descriptor(struct registrar *r, int fd, uint32_t *ret_root, char **ret_path)
{
	char name[64], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path) - 1);
	if (n <= 0)
		return false;
	path[n] = 0;
	for (size_t k = 0; k < r->role.n_roots; k++) {
		if (below(&r->role.roots[k], path, ret_path)) {
			*ret_root = r->role.roots[k].id;
			return true;
		}
	}
	return false;
}

bool folder_of_call(struct registrar *r, struct api_call *call, int64_t i, uint32_t *ret_root, char **ret_path)
{
	struct descriptor d;
	OWN_FD int fd = -1;

	if (!api_look_descriptor(call, i, &d) || d.kind != DESCRIPTOR_DIRECTORY)
		return false;
	fd = api_take_descriptor(call, i);
	return folder_of_descriptor(r, fd, ret_root, ret_path);
}

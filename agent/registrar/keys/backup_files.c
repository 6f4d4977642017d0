/* The small files of a backup: what the keeper packed, which roots there are, how the agent is set up. */
#include "registrar/keys/backup_private.h"

#include "base/text.h"
#include "registrar/policy/sets.h"
#include "registrar/store/store.h"
#include "system/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS_MAX	 ((size_t)64 << 20)
#define POLICY_FILE_MAX	 ((size_t)4 << 20)
#define POLICY_FILES_MAX 512
#define ROOTS_MAX	 4096
#define KEY_NAME	 (BACKUP_NAME_MAX + 40)

int backup_read_keys(int fd, struct buffer *ret)
{
	int result = lseek(fd, 0, SEEK_SET) < 0 ? -errno : files_read_rest(&files_linux, fd, KEYS_MAX, ret);

	return result < 0 ? FAULT(-result, "the packed keys") : 0;
}

/* "NAME SIZE" LF and the bytes. false: there is no further one, or it does not read. */
static bool next_key(struct bytes *left, char name[KEY_NAME], struct bytes *ret)
{
	const uint8_t *end = left->n > 0 ? memchr(left->at, '\n', left->n) : NULL;
	size_t head = end ? (size_t)(end - left->at) : 0;
	char line[BACKUP_NAME_MAX + 24], *space;
	uint64_t size;

	if (!end || head >= sizeof(line))
		return false;
	memcpy(line, left->at, head);
	line[head] = '\0';
	space = strchr(line, ' ');
	if (!space || !text_to_u64(space + 1, left->n - head - 1, &size))
		return false;
	*space = '\0';
	(void)snprintf(name, KEY_NAME, "%s%s", BACKUP_KEYS, line);
	*ret = bytes_of(end + 1, size);
	*left = bytes_of(end + 1 + size, left->n - head - 1 - size);
	return backup_name_is_valid(name);
}

bool backup_find_escrow(const struct buffer *keys, struct recipient *ret)
{
	struct bytes left = buffer_bytes(keys), content;
	char name[KEY_NAME];

	while (next_key(&left, name, &content)) {
		while (content.n > 0 && content.at[content.n - 1] == '\n')
			content.n--;
		if (text_equal(name, BACKUP_KEYS "escrow.pub"))
			return recipient_from_text(content, ret) == 0;
	}
	return false;
}

static int write_whole(struct backup_run *run, const char *name, struct bytes content)
{
	run->files++;
	return backup_write_whole(run->out, name, content);
}

static int add_keys(struct backup_run *run)
{
	OWN_BUFFER struct buffer keys = {0};
	char name[KEY_NAME];
	struct bytes left, content;

	TRY(backup_read_keys(run->keys, &keys));
	left = buffer_bytes(&keys);
	while (next_key(&left, name, &content))
		TRY(write_whole(run, name, content));
	return left.n == 0 ? 0 : FAULT(EPROTO, "the packed keys do not read");
}

/* "ID PATH" lines, as the supervisor numbers roots. A number that is in use by records is never given again. */
static int add_roots(struct backup_run *run)
{
	const struct registrar *r = run->r;
	OWN_BUFFER struct buffer text = {0};
	int64_t last = 0;
	int result = database_int(store_database(r->store), "SELECT max(root) FROM documents", NO_VALUES, 0, &last);

	if (result)
		return result < 0 ? result : FAULT(EIO, "the store does not read");
	for (size_t i = 0; i < r->role.n_roots; i++)
		if (r->role.roots[i].kind == ROOT_DOCUMENTS && r->role.roots[i].id > last)
			last = r->role.roots[i].id;
	for (uint32_t id = 1; id <= last && id <= ROOTS_MAX; id++) {
		const struct role_root *root = role_root_find(&r->role, id);

		buffer_add_format(&text, "%u %s\n", (unsigned)id, root ? root->path : "-");
	}
	TRY(buffer_check(&text));
	return write_whole(run, BACKUP_ROOTS, buffer_bytes(&text));
}

/* The configuration as it is in force; for a person who sets up the new machine. */
static int add_settings(struct backup_run *run)
{
	const struct registrar *r = run->r;
	OWN_BUFFER struct buffer text = {0};

	for (size_t i = 0; i < r->role.n_settings; i++)
		buffer_add_format(&text, "%s: %s\n", r->role.settings[i].key, r->role.settings[i].value);
	for (size_t i = 0; i < r->role.n_roots; i++)
		if (r->role.roots[i].kind == ROOT_DOCUMENTS)
			buffer_add_format(&text, "root: %s %s floor=%s department=%s\n", r->role.roots[i].path,
					  r->role.roots[i].mode == ROOT_ENFORCE ? "enforce" : "observe",
					  r->role.roots[i].floor, r->role.roots[i].department);
	TRY(buffer_check(&text));
	return write_whole(run, "settings", buffer_bytes(&text));
}

/* ---- the pack in force ---- */

static int add_policy_file(struct backup_run *run, int dir, const char *inside, const char *name)
{
	OWN_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	OWN_MEM char *path = text_format("%s/%s", inside, name);
	OWN_BUFFER struct buffer content = {0};
	struct stat st;

	if (!path)
		return FAULT(ENOMEM, "policy");
	/* What cannot be read does not rule, either: the pack is checked as a whole when it is loaded. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !backup_name_is_valid(path) ||
	    files_read_rest(&files_linux, fd, POLICY_FILE_MAX, &content) != 0)
		return 0;
	return write_whole(run, path, buffer_bytes(&content));
}

static int add_policy_directory(struct backup_run *run, const char *path, const char *inside)
{
	DIR *dir = path ? opendir(path) : NULL;
	const struct dirent *entry;
	int result = 0;

	for (size_t n = 0; dir && result == 0 && n < POLICY_FILES_MAX && (entry = readdir(dir)); n++)
		if (text_ends(entry->d_name, ".yaml"))
			result = add_policy_file(run, dirfd(dir), inside, entry->d_name);
	if (dir)
		(void)closedir(dir); /* only read */
	return result;
}

static int add_set(const char *name, struct bytes content, void *arg)
{
	OWN_MEM char *path = text_format(BACKUP_SETS "%s", name);

	return path ? write_whole(arg, path, content) : FAULT(ENOMEM, "a policy set");
}

static int add_policy(struct backup_run *run)
{
	const struct role *role = &run->r->role;
	const char *pack = role_setting(role, "pack", "");
	OWN_MEM char *path = text_format("%s/%s", role_setting(role, "policy_dir", ""), pack);
	OWN_MEM char *inside = text_format("policy/%s", pack);

	if (!path || !inside)
		return FAULT(ENOMEM, "policy");
	TRY(add_policy_directory(run, path, inside));
	TRY(add_policy_directory(run, role_setting(role, "policy_overlay", NULL), "policy.d"));
	return sets_files(run->r, add_set, run);
}

int backup_add_small_files(struct backup_run *run)
{
	TRY(backup_write_manifest(run->out, &run->manifest));
	run->files += 2; /* the list of sums as well */
	TRY(add_keys(run));
	TRY(add_roots(run));
	TRY(add_settings(run));
	return add_policy(run);
}

#include "ctl/policy_file.h"

#include "base/text.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MOST ((size_t)(BUNDLE_BYTES_MAX + ((uint64_t)1 << 20)))

bool policy_file_is(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int policy_file_read(const char *path, struct buffer *ret)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	OWN_MEM char *where = say_safe(path);
	struct stat st;
	int result;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return say_error(CLASSD_EXIT_INPUT, where, _("name the file that the issuer sent"),
				 _("the bundle cannot be read"));
	result = files_read_rest(&files_linux, fd, MOST, ret);
	if (result == -EFBIG)
		return say_error(CLASSD_EXIT_INPUT, where, _("a set of rules has at most 32 MiB"),
				 _("the bundle is too large"));
	return result == 0 ? 0 : FAULT(-result, "read %s", where ? where : "");
}

int policy_file_load(const char *path, struct buffer *ret_whole, struct policy_bundle **ret)
{
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *line = NULL, *safe = NULL, *where = say_safe(path);
	int result;

	TRY(sodium_start());
	DO(policy_file_read(path, ret_whole));
	result = policy_bundle_read(buffer_bytes(ret_whole), NULL, ret, &report);
	if (result <= 0)
		return result;
	line = buffer_steal_text(&report);
	if (line && strchr(line, '\n'))
		*strchr(line, '\n') = '\0';
	safe = say_safe(line);
	return say_error(CLASSD_EXIT_INPUT, where, _("get it from the issuer again"), "%s", safe ? safe : "");
}

/* Beside the old one first, so that at every moment one of both is there, whole. */
static int put(int dir, const char *name, struct bytes content, bool replaces)
{
	OWN_MEM char *beside = text_format(".%s.new", name);
	const struct files *f = &files_linux;
	int result = files_create_whole(f, dir, name, 0644, content);

	if (result != -EEXIST || !replaces)
		return result;
	if (!beside)
		return -ENOMEM;
	(void)f->unlink(f, dir, beside); /* of a run that was cut off */
	result = files_create_whole(f, dir, beside, 0644, content);
	if (result == 0)
		result = f->move(f, dir, beside, dir, name, RENAME_EXCHANGE);
	(void)f->unlink(f, dir, beside); /* what is left is the old one, or nothing */
	return result;
}

int policy_file_save(const struct policy_bundle *b, const char *path, bool replaces)
{
	OWN_BUFFER struct buffer whole = {0};
	const char *slash = strrchr(path, '/');
	OWN_MEM char *folder = slash ? text_format("%.*s", (int)(slash - path + 1), path) : text_copy(".");
	OWN_MEM char *where = say_safe(path);
	OWN_FD int dir = folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int result;

	if (dir < 0 || text_is_empty(slash ? slash + 1 : path))
		return say_error(CLASSD_EXIT_INPUT, where, _("name a file in a folder that is there"),
				 _("the bundle cannot be written there"));
	TRY(policy_bundle_write(b, &whole));
	result = put(dir, slash ? slash + 1 : path, buffer_bytes(&whole), replaces);
	if (result == -EEXIST)
		return say_error(CLASSD_EXIT_INPUT, where, _("name another file"), _("there is such a file already"));
	return result < 0 ? say_error(CLASSD_EXIT_FAILED, where, NULL, "%s", strerror(-result)) : 0;
}

int policy_file_seal(struct bytes whole, int *ret)
{
	OWN_FD int fd = memfd_create("bundle", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int result = fd < 0 ? -errno : files_write_all(&files_linux, fd, whole.at, whole.n);

	if (result == 0 && (lseek(fd, 0, SEEK_SET) < 0 ||
			    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0))
		result = -errno;
	if (result < 0)
		return FAULT(-result, "memory for a bundle");
	*ret = steal_fd(&fd);
	return 0;
}

int policy_file_say(const struct ctl *ctl, const struct policy_bundle *b)
{
	OWNED(json) struct json *whole = json_object();
	OWN_BUFFER struct buffer units = {0};
	char effective[11], issued[11];

	date_format(b->manifest.effective, effective);
	date_format(b->manifest.issued, issued);
	for (size_t i = 0; i < b->manifest.n_units; i++)
		buffer_add_format(&units, "%s%s", i ? ", " : "", b->manifest.units[i]);
	OWN_MEM char *for_whom = buffer_steal_text(&units);
	OWN_MEM char *pack = text_format("%s %s", b->manifest.pack, b->manifest.version);
	if (ctl->json) {
		json_set_text(whole, "pack", b->manifest.pack);
		json_set_text(whole, "version", b->manifest.version);
		json_set_text(whole, "effective", effective);
		json_set_text(whole, "digest", b->digest);
		json_set_int(whole, "approvals", (int64_t)b->n_approvals);
		return ctl_print_json(json_look(whole));
	}
	say_field(_("policy"), pack);
	say_field(_("effective"), effective);
	say_field(_("issued"), issued);
	say_field(_("issuer"), b->manifest.issuer);
	say_field(_("for"), for_whom);
	say_field(_("digest"), b->digest);
	for (size_t i = 0; i < b->n_approvals; i++)
		say_field(_("approved with"), b->keys[i]);
	return 0;
}

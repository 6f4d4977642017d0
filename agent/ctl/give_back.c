/* What a document was besides its content, given back to the file that it has become again: with the caller's rights.
 */
#include "base/text.h"
#include "ctl/content.h"
#include "system/acl.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define USER_ATTRIBUTE "user."

/* Whether its group is the one that it had. */
static bool give_owner(int fd, const struct content *c, struct json *lost)
{
	struct stat now;

	if (!c->has_owner || fstat(fd, &now) < 0)
		return false;
	if (now.st_uid == c->uid && now.st_gid == c->gid)
		return true;
	if (fchown(fd, c->uid, c->gid) == 0)
		return true;
	if (now.st_uid != c->uid)
		json_append_text(lost, "owner");
	if (now.st_gid == c->gid || fchown(fd, (uid_t)-1, c->gid) == 0)
		return true;
	json_append_text(lost, "group");
	return false;
}

/* With a list the group's bits of the mode are its mask: without it they would give the group what it never had. */
static int give_rights(int fd, const struct content *c, bool has_group, struct json *lost)
{
	OWNED(acl) struct acl *acl = NULL;
	mode_t mode = c->mode & (has_group && !c->acl ? 0777 : 0707);
	int r;

	if (fchmod(fd, mode) < 0)
		return FAULT(errno, "restore the mode of %s", c->name);
	if (!c->acl)
		return 0;
	r = acl_parse(c->acl, has_group, &acl);
	if (r == 0)
		r = acl_to_file(acl, fd);
	if (r != 0)
		json_append_text(lost, "access list");
	return 0;
}

static void give_attributes(int fd, const struct content *c, struct json *lost)
{
	struct json_view all = c->attributes ? json_look(c->attributes) : (struct json_view){0};

	for (size_t i = 0; i < json_n(all); i++) {
		OWN_BUFFER struct buffer value = {0};
		const char *name = json_get_text(json_at(all, i), "name");

		if (name && text_starts(name, USER_ATTRIBUTE) && json_get_bytes(json_at(all, i), "value", &value) &&
		    fsetxattr(fd, name, value.at ? (const void *)value.at : "", value.n, 0) == 0)
			continue;
		OWN_MEM char *what = text_format("attribute %s", name ? name : "");
		json_append_text(lost, what);
	}
}

int content_give_back(int fd, const struct content *c, struct json *lost)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->modified};
	bool has_group = give_owner(fd, c, lost);

	give_attributes(fd, c, lost); /* a file that one may not write any more takes none */
	TRY(give_rights(fd, c, has_group, lost));
	if (c->modified.tv_sec && futimens(fd, times) < 0)
		json_append_text(lost, "time");
	return 0;
}

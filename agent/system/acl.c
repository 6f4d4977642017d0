/* The only file that knows libacl. */
#include "system/acl.h"

#include <acl/libacl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>

struct acl {
	acl_t list;
};

static int wrap(acl_t list, struct acl **ret)
{
	struct acl *acl = list ? calloc(1, sizeof(*acl)) : NULL;

	if (!acl) {
		int error = errno ? errno : ENOMEM;

		if (list)
			(void)acl_free(list); /* frees memory only */
		return -error;
	}
	acl->list = list;
	*ret = acl;
	return 0;
}

int acl_of_file(int fd, struct acl **ret)
{
	acl_t list = acl_get_fd(fd);
	int plain = list ? acl_equiv_mode(list, NULL) : -1;

	if (!list && errno != ENOTSUP)
		return -errno;
	if (list && plain == 1)
		return wrap(list, ret);
	if (list)
		(void)acl_free(list); /* frees memory only */
	return -ENODATA;
}

int acl_to_file(const struct acl *acl, int fd)
{
	return acl_set_fd(fd, acl->list) == 0 ? 0 : -errno;
}

static int get_acl(const struct files *f, int fd, struct acl **ret)
{
	(void)f;
	return acl_of_file(fd, ret);
}

static int set_acl(const struct files *f, int fd, const struct acl *acl)
{
	(void)f;
	return acl_to_file(acl, fd);
}

void acl_equip(struct files *f)
{
	f->get_acl = get_acl;
	f->set_acl = set_acl;
}

/* An entry; id -1 where its tag has none. */
static int add(acl_t *list, acl_tag_t tag, int64_t id, bool may_read, bool may_write)
{
	uint32_t number = (uint32_t)id;
	acl_permset_t permissions;
	acl_entry_t entry;

	if (acl_create_entry(list, &entry) != 0 || acl_set_tag_type(entry, tag) != 0 ||
	    (id >= 0 && acl_set_qualifier(entry, &number) != 0) || acl_get_permset(entry, &permissions) != 0 ||
	    acl_clear_perms(permissions) != 0 || (may_read && acl_add_perm(permissions, ACL_READ) != 0) ||
	    (may_write && acl_add_perm(permissions, ACL_WRITE) != 0))
		return -errno;
	return 0;
}

/* Adds a reader unless the list has an entry of that tag and id: a list with two is refused by the kernel. */
static int add_reader(acl_t *list, acl_tag_t tag, uint32_t id)
{
	acl_entry_t entry;

	for (int r = acl_get_entry(*list, ACL_FIRST_ENTRY, &entry); r == 1;
	     r = acl_get_entry(*list, ACL_NEXT_ENTRY, &entry)) {
		acl_tag_t have;
		uint32_t *number;
		bool same;

		if (acl_get_tag_type(entry, &have) != 0)
			return -errno;
		number = have == tag ? acl_get_qualifier(entry) : NULL;
		same = number && *number == id;
		if (number)
			(void)acl_free(number); /* frees memory only */
		if (same)
			return 0;
	}
	return add(list, tag, id, true, false);
}

static bool may_read(acl_entry_t entry)
{
	acl_permset_t permissions;

	return acl_get_permset(entry, &permissions) == 0 && acl_get_perm(permissions, ACL_READ) == 1;
}

/* The bit of the entry with this tag; the mask is what the group bits of a file with a list show. */
static bool tag_may_read(acl_t list, acl_tag_t tag)
{
	acl_entry_t entry;
	acl_tag_t have;

	for (int r = acl_get_entry(list, ACL_FIRST_ENTRY, &entry); r == 1;
	     r = acl_get_entry(list, ACL_NEXT_ENTRY, &entry))
		if (acl_get_tag_type(entry, &have) == 0 && have == tag)
			return may_read(entry);
	return false;
}

static int add_named(acl_t *to, acl_t before)
{
	acl_entry_t entry;

	for (int r = acl_get_entry(before, ACL_FIRST_ENTRY, &entry); r == 1;
	     r = acl_get_entry(before, ACL_NEXT_ENTRY, &entry)) {
		acl_tag_t tag;
		uint32_t *number, id;

		if (acl_get_tag_type(entry, &tag) != 0)
			return -errno;
		if ((tag != ACL_USER && tag != ACL_GROUP) || !may_read(entry))
			continue;
		number = acl_get_qualifier(entry);
		if (!number)
			return -errno;
		id = *number;
		(void)acl_free(number); /* frees memory only */
		r = add_reader(to, tag, id);
		if (r < 0)
			return r;
	}
	return 0;
}

static int fill(acl_t *list, const struct stat *plain, acl_t before)
{
	bool masked = before && !tag_may_read(before, ACL_MASK);
	bool group = before ? tag_may_read(before, ACL_GROUP_OBJ) && !masked : plain->st_mode & S_IRGRP;
	int r = add(list, ACL_USER_OBJ, -1, true, true);

	if (r == 0)
		r = add_reader(list, ACL_USER, plain->st_uid);
	if (r == 0)
		r = add(list, ACL_GROUP_OBJ, -1, false, false); /* the sealer's own group */
	if (r == 0 && group)
		r = add_reader(list, ACL_GROUP, plain->st_gid);
	if (r == 0 && before && !masked)
		r = add_named(list, before);
	if (r == 0)
		r = add(list, ACL_MASK, -1, true, false);
	if (r == 0)
		r = add(list, ACL_OTHER, -1, plain->st_mode & S_IROTH, false);
	if (r == 0 && acl_valid(*list) != 0)
		r = -EINVAL;
	return r;
}

int acl_for_sealed(const struct stat *plain, const struct acl *before, struct acl **ret)
{
	acl_t list = acl_init(8);
	int r;

	if (!list)
		return -errno;
	r = fill(&list, plain, before ? before->list : NULL);
	if (r == 0)
		return wrap(list, ret);
	(void)acl_free(list); /* frees memory only */
	return r;
}

int acl_format(const struct acl *acl, struct buffer *ret)
{
	char *text = acl_to_any_text(acl->list, NULL, '\n', TEXT_NUMERIC_IDS);

	if (!text)
		return -errno;
	buffer_add_text(ret, text);
	(void)acl_free(text); /* frees memory only */
	return ret->failed ? -ENOMEM : 0;
}

static int take_group_rights(acl_t list)
{
	acl_permset_t permissions;
	acl_entry_t entry;
	acl_tag_t tag;

	for (int r = acl_get_entry(list, ACL_FIRST_ENTRY, &entry); r == 1;
	     r = acl_get_entry(list, ACL_NEXT_ENTRY, &entry))
		if (acl_get_tag_type(entry, &tag) != 0 ||
		    (tag == ACL_GROUP_OBJ &&
		     (acl_get_permset(entry, &permissions) != 0 || acl_clear_perms(permissions) != 0)))
			return -errno;
	return 0;
}

int acl_parse(const char *text, bool keeps_group, struct acl **ret)
{
	acl_t list = acl_from_text(text);
	int r = list ? 0 : -errno;

	if (list && acl_valid(list) != 0)
		r = -EINVAL;
	if (r == 0 && !keeps_group)
		r = take_group_rights(list);
	if (r == 0)
		return wrap(list, ret);
	if (list)
		(void)acl_free(list); /* frees memory only */
	return r;
}

void acl_drop(struct acl *acl)
{
	if (acl)
		(void)acl_free(acl->list); /* frees memory only */
	free(acl);
}

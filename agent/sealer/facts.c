/*
 * What a file is besides its content: owner, mode, times, access list and extended attributes ride in its sealed record
 * and come back with it. Attributes of users only: "security." is this machine's word about the file and "trusted."
 * its administrator's; neither may travel.
 */
#include "sealer/job.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX ((size_t)64 * 1024) /* what the kernel lists at most */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in the order of a sealed record; at most `room`. */
static size_t sort_names(const char *names, size_t n, const char **ret, size_t room)
{
	size_t count = 0;

	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		if (text_starts(name, "user.") && count < room)
			ret[count++] = name;
	qsort(ret, count, sizeof(*ret), by_name);
	return count;
}

static int too_much(struct job *j)
{
	return job_fail(j, SEAL_REFUSED,
			"its access list and extended attributes are more than the %zu KiB that a sealed file carries",
			SEALED_FILE_MAX / 1024);
}

/* One that goes while we look is no attribute of the file any more. */
static int add_one(struct sealer *s, struct job *j, const char *name, struct buffer *ret)
{
	ssize_t n = s->files->get_attribute(s->files, j->source, name, s->plain, SEALED_FILE_MAX);

	if (n == -ENODATA)
		return 0;
	if (n == -ERANGE)
		return too_much(j);
	if (n < 0)
		return job_fail_read(j, (int)n, "extended attributes");
	sealed_attribute_add(ret, bytes_of_text(name), bytes_of(s->plain, (size_t)n));
	return ret->n > SEALED_FILE_MAX ? too_much(j) : 0;
}

int facts_read(struct sealer *s, struct job *j, struct buffer *ret)
{
	OWN_MEM char *names = NULL;
	OWN_MEM const char **sorted = NULL;
	ssize_t n;
	size_t count;
	int r = 0;

	if (j->root->kind == ROOT_CHECKOUT) /* the registrar knows what the document was */
		return 0;
	n = s->files->list_attributes(s->files, j->source, NULL, 0);
	if (n == 0 || n == -EOPNOTSUPP || n == -ENOSYS)
		return 0;
	names = malloc(NAMES_MAX + 1);
	sorted = calloc(NAMES_MAX / 2, sizeof(*sorted));
	if (!names || !sorted)
		return FAULT(ENOMEM, "extended attributes");
	n = s->files->list_attributes(s->files, j->source, names, NAMES_MAX);
	if (n < 0)
		return n == -ERANGE || n == -E2BIG ? too_much(j) : job_fail_read(j, (int)n, "extended attributes");
	names[n] = 0;
	count = sort_names(names, (size_t)n, sorted, NAMES_MAX / 2);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_one(s, j, sorted[i], ret);
	if (r == 0)
		TRY(buffer_check(ret));
	return r;
}

int facts_note(struct job *j, const struct sealed_record *record)
{
	int r = sealed_record_format_file(record, &j->facts);

	TRY(r);
	if (r > 0)
		return job_fail(j, SEAL_REFUSED, "what the file is cannot be written into a sealed file (%d)", r);
	if (j->facts.n <= SEALED_FILE_MAX || j->kind == JOB_UNSEAL)
		return 0;
	if (j->kind == JOB_SEAL)
		return too_much(j);
	buffer_clear(&j->facts); /* of another program: it stays in the file */
	return 0;
}

void facts_add(struct job *j, struct sealed_record *record, struct bytes acl_text, struct bytes attributes)
{
	if (j->root->kind == ROOT_CHECKOUT) { /* what it was, with the time of the save */
		record->facts.mtime_s = j->before.st_mtim.tv_sec;
		record->facts.mtime_ns = (uint32_t)j->before.st_mtim.tv_nsec;
		return;
	}
	if (record->has_facts)
		return;
	record->has_facts = true;
	record->facts = (struct sealed_file_facts){
	    .mode = j->before.st_mode & 07777,
	    .uid = j->before.st_uid,
	    .gid = j->before.st_gid,
	    .mtime_s = j->before.st_mtim.tv_sec,
	    .mtime_ns = (uint32_t)j->before.st_mtim.tv_nsec,
	};
	record->acl = acl_text;
	record->attributes = attributes;
}

/*
 * A document is destroyed: two persons said so, and the journal has it. The one place where the only copies of a document
 * are removed (I2): the sealed name, if it still is that very file, and every content version that is kept, if it has no
 * other name. Asked again, what is gone is gone.
 */
#include "sealer/job.h"

#include "base/text.h"
#include "system/safe_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VERSIONS_MAX 100000

/* 1: it went; 0: there is none. */
static int remove_name(struct sealer *s, int dir, const char *name)
{
	int r = s->files->unlink(s->files, dir, name);

	return r == -ENOENT ? 0 : r == 0 ? 1 : r;
}

/* Another file at its name is not it: whoever asks looks again first, and nothing is removed. */
static int check_name(struct sealer *s, struct job *j, bool *ret_there)
{
	struct stat there;
	int r = safe_open_parent(s->files, j->root->fd, j->path, &j->dir, &j->name);

	*ret_there = false;
	if (r == SAFE_OPEN_GONE)
		return 0;
	if (r != 0)
		return job_fail_open(j, r, "the sealed file");
	r = s->files->stat_at(s->files, j->dir, j->name, &there);
	if (r == -ENOENT)
		return 0;
	if (r != 0)
		return job_fail_io(j, r, "the sealed file");
	*ret_there = there.st_ino == (ino_t)j->ino;
	return *ret_there ? 0 : job_fail(j, SEAL_CHANGED, "another file has its name");
}

/* "2026-000123.4.age" is kept beside .3, .2, .1. false: there is no such name. */
static bool kept_name(const struct job *j, uint64_t version, char ret[128])
{
	const char *end = strstr(j->keep, ".");
	int prefix = end ? (int)(end - j->keep) : 0;

	(void)snprintf(ret, 128, "%.*s.%llu.age", prefix, j->keep, (unsigned long long)version);
	return prefix > 0;
}

static uint64_t links_kept(struct sealer *s, const struct job *j, ino_t ino)
{
	uint64_t n = 0;
	struct stat st;
	char name[128];

	for (uint64_t v = 1; v <= j->size && kept_name(j, v, name); v++)
		n += s->files->stat_at(s->files, j->root->keep, name, &st) == 0 && st.st_ino == ino;
	return n;
}

/* With the sealed name gone, what is kept has no other name: else the file was moved or linked, and nobody told yet. What
 * is kept stays then, because by it alone that is known. */
static int check_last(struct sealer *s, struct job *j)
{
	char name[128];
	struct stat st;

	for (uint64_t v = 1; v <= j->size && kept_name(j, v, name); v++) {
		int r = s->files->stat_at(s->files, j->root->keep, name, &st);

		if (r < 0 && r != -ENOENT)
			return job_fail_io(j, r, "a kept version");
		if (r == 0 && st.st_nlink > 1 && (uint64_t)st.st_nlink > links_kept(s, j, st.st_ino))
			return job_fail(j, SEAL_CHANGED, "the file has another name");
	}
	return 0;
}

static int remove_kept(struct sealer *s, struct job *j)
{
	char name[128];

	for (uint64_t v = 1; v <= j->size && kept_name(j, v, name); v++) {
		int r = remove_name(s, j->root->keep, name);

		if (r < 0)
			return job_fail_io(j, r, "a kept version");
		j->files_found += (uint64_t)r;
	}
	return 0;
}

static int make_durable(struct sealer *s, struct job *j)
{
	int r = s->files->sync(s->files, j->root->keep);

	if (r == 0 && j->dir >= 0)
		r = s->files->sync(s->files, j->dir);
	return r == 0 ? 0 : job_fail_io(j, r, "the folder");
}

int destroy_begin(struct sealer *s, struct job *j)
{
	bool is_there;
	int r = safe_name(j->keep) && j->size <= VERSIONS_MAX ? 0 : job_fail(j, SEAL_REFUSED, "no name of a kept file");

	if (r == 0)
		r = place_check(s, j, j->root);
	if (r == 0)
		r = check_name(s, j, &is_there);
	if (r == 0 && is_there) {
		r = remove_name(s, j->dir, j->name);
		j->files_found += r > 0;
		r = r < 0 ? job_fail_io(j, r, "the sealed file") : 0;
	}
	if (r == 0)
		r = check_last(s, j);
	if (r == 0)
		r = remove_kept(s, j);
	if (r == 0)
		r = make_durable(s, j);
	if (r != 0)
		return r;
	j->step = job_answer;
	return STEP_AGAIN;
}

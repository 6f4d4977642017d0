/*
 * .classd: the sealer's own directory in each root. keep/ holds a second link
 * of every sealed file, so that deleting in the folder loses nothing; names
 * made of an intent are ours for the length of that intent.
 */
#include "sealer/job.h"

#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define CLASSD_DIR ".classd"

static bool is_ours(struct sealer *s, const struct stat *stat)
{
	return S_ISDIR(stat->st_mode) && stat->st_uid == s->uid && (stat->st_mode & 077) == 0;
}

/* Opened and private. 0 or a negated errno; -EACCES: somebody else's. */
static int open_own(struct sealer *s, int parent, const char *name, int *ret, struct stat *ret_stat)
{
	const struct files *f = s->files;
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW, .resolve = SAFE_RESOLVE};
	int fd, r = f->make_dir(f, parent, name, 0700);

	if (r != 0 && r != -EEXIST)
		return r;
	fd = f->open(f, parent, name, &how);
	if (fd < 0)
		return fd == -ELOOP || fd == -ENOTDIR || fd == -EXDEV ? -EACCES : fd;
	r = f->stat(f, fd, ret_stat);
	if (r == 0 && !is_ours(s, ret_stat))
		r = -EACCES;
	if (r == 0) {
		*ret = fd;
		return 0;
	}
	(void)f->close(f, fd); /* not used */
	return r;
}

/* What stands there is not ours: it is moved aside, never removed. */
static int set_aside(struct sealer *s, struct sealer_root *root)
{
	const struct files *f = s->files;
	char name[64];

	(void)snprintf(name, sizeof(name), CLASSD_DIR ".displaced-%lld", (long long)time(NULL));
	TRY(s->ports.degraded(s->ports.context, "keep-displaced",
			      "the directory " CLASSD_DIR " of a root is not ours"));
	return f->move(f, root->fd, CLASSD_DIR, root->fd, name, RENAME_NOREPLACE);
}

static int open_classd(struct sealer *s, struct sealer_root *root)
{
	struct stat stat, keep_stat;
	int classd = -1, keep = -1;
	int r = open_own(s, root->fd, CLASSD_DIR, &classd, &stat);

	if (r == -EACCES) {
		r = set_aside(s, root);
		if (r == 0)
			r = open_own(s, root->fd, CLASSD_DIR, &classd, &stat);
	}
	if (r == 0)
		r = open_own(s, classd, "keep", &keep, &keep_stat);
	if (r == 0)
		r = s->files->sync(s->files, classd); /* the name of keep */
	if (r == 0)
		r = s->files->sync(s->files, root->fd);
	if (r != 0) {
		close_fd(&classd);
		close_fd(&keep);
		return r;
	}
	close_fd(&root->classd);
	close_fd(&root->keep);
	root->classd = classd;
	root->keep = keep;
	root->classd_ino = stat.st_ino;
	return 0;
}

int place_check(struct sealer *s, struct job *j, struct sealer_root *root)
{
	const struct files *f = s->files;
	struct stat stat;
	int r;

	if (root->classd >= 0) {
		r = f->stat_at(f, root->fd, CLASSD_DIR, &stat);
		if (r == 0 && stat.st_ino == root->classd_ino && is_ours(s, &stat))
			return 0;
		TRY(s->ports.degraded(s->ports.context, "keep-displaced",
				      "the directory " CLASSD_DIR " of a root was taken away"));
	}
	r = open_classd(s, root);
	return r == 0 ? 0 : job_fail_io(j, r, CLASSD_DIR);
}

void place_name(const struct job *j, const char *kind, char ret[32])
{
	(void)snprintf(ret, 32, "%016llx.%s", (unsigned long long)j->intent, kind);
}

int place_drop(struct sealer *s, struct sealer_root *root, const char *name, bool superseded)
{
	const struct files *f = s->files;
	char orphan[64];
	struct stat stat;
	int r = f->stat_at(f, root->classd, name, &stat);

	if (r == -ENOENT)
		return 0;
	if (r != 0)
		return r;
	if (superseded || stat.st_nlink >= 2)
		return f->unlink(f, root->classd, name);
	(void)snprintf(orphan, sizeof(orphan), "displaced-%llu-%lld.age", (unsigned long long)stat.st_ino,
		       (long long)time(NULL));
	return f->move(f, root->classd, name, root->keep, orphan, RENAME_NOREPLACE);
}

static void conflict_name(const char *name, unsigned n, char ret[300])
{
	time_t now = time(NULL);
	char when[32] = "", more[16] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	if (n > 0)
		(void)snprintf(more, sizeof(more), "-%u", n);
	(void)snprintf(ret, 300, "%.200s.conflict-%s%s", name, when, more);
}

int place_aside(const struct job *j, char ret[32])
{
	if (j->root->kind != ROOT_CHECKOUT) {
		place_name(j, "old", ret);
		return j->root->classd;
	}
	(void)snprintf(ret, 32, ".~%016llx.old", (unsigned long long)j->intent); /* nobody looks at such names */
	return j->dir;
}

int place_recover_taken(struct sealer *s, struct job *j)
{
	char taken[32];
	struct stat stat;
	int r = s->files->stat_at(s->files, place_aside(j, taken), taken, &stat);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = place_put_back(s, j, taken);
	return r == 0 ? 0 : job_fail_io(j, r, "plaintext that was taken");
}

int place_put_back(struct sealer *s, struct job *j, const char *from)
{
	const struct files *f = s->files;
	char own[32];
	int aside = place_aside(j, own);
	int r = f->move(f, aside, from, j->dir, j->name, RENAME_NOREPLACE);

	for (unsigned n = 0; r == -EEXIST && n < 1000; n++) {
		conflict_name(j->name, n, j->conflict);
		r = f->move(f, aside, from, j->dir, j->conflict, RENAME_NOREPLACE);
	}
	return r;
}

/*
 * Other names of a plaintext (hard links). They lead to it after it is sealed, and where they are nobody here may look.
 * So the link that was taken stays in .classd as a witness, which costs nothing while the bytes are there anyhow: when it
 * is the last one it goes, and with it the finding (adr/0022).
 */
#include "sealer/job.h"

#include "base/text.h"
#include "system/safe_open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define WITNESS ".alias"

/* Witnesses of that inode: the names that are ours. */
static int count_witnesses(struct sealer *s, struct sealer_root *root, ino_t ino, uint64_t *ret)
{
	const struct files *f = s->files;
	_Alignas(struct dirent64) uint8_t raw[4096];
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY, .resolve = SAFE_RESOLVE};
	int dir = f->open(f, root->classd, ".", &how);
	ssize_t n = dir < 0 ? dir : f->entries(f, dir, raw, sizeof(raw));

	*ret = 0;
	for (; n > 0; n = f->entries(f, dir, raw, sizeof(raw)))
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(raw + at);

			*ret += entry->d_ino == ino && text_ends(entry->d_name, WITNESS);
			at += entry->d_reclen;
		}
	if (dir >= 0)
		(void)f->close(f, dir); /* only read */
	return n < 0 ? (int)n : 0;
}

/* Names that are not ours; `taken`: one more of ours that is no witness. */
static int count_others(struct sealer *s, struct sealer_root *root, const struct stat *stat, uint64_t taken,
			uint64_t *ret)
{
	uint64_t ours;
	int r = count_witnesses(s, root, stat->st_ino, &ours);

	ours += taken;
	*ret = (uint64_t)stat->st_nlink > ours ? (uint64_t)stat->st_nlink - ours : 0;
	return r;
}

static void say(struct job *j, uint64_t others)
{
	if (others > 0)
		(void)job_fail(j, SEAL_DONE, "aliased: %llu other names of the plaintext remain",
			       (unsigned long long)others);
}

int alias_take(struct sealer *s, struct job *j, const char *taken, const struct stat *stat)
{
	const struct files *f = s->files;
	char witness[32];
	uint64_t others = 0;
	int r = 0;

	if (stat->st_nlink > 1)
		r = count_others(s, j->root, stat, 1, &others);
	if (r != 0)
		return r;
	if (others == 0)
		return f->unlink(f, j->root->classd, taken);
	place_name(j, "alias", witness);
	r = f->move(f, j->root->classd, taken, j->root->classd, witness, RENAME_NOREPLACE);
	say(j, others);
	return r;
}

void alias_recall(struct sealer *s, struct job *j)
{
	char witness[32];
	struct stat stat;
	uint64_t others;

	place_name(j, "alias", witness);
	if (j->root->classd >= 0 && s->files->stat_at(s->files, j->root->classd, witness, &stat) == 0 &&
	    count_others(s, j->root, &stat, 0, &others) == 0)
		say(j, others > 0 ? others : 1); /* none: the next look takes the witness */
}

int alias_begin(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	char witness[32];
	struct stat stat;
	int r = place_check(s, j, j->root);

	if (r != 0)
		return r;
	place_name(j, "alias", witness);
	r = f->stat_at(f, j->root->classd, witness, &stat);
	if (r == 0)
		r = count_others(s, j->root, &stat, 0, &j->files_found);
	if (r == 0 && j->files_found == 0) {
		r = f->unlink(f, j->root->classd, witness);
		if (r == 0) {
			s->flushes++;
			r = f->sync(f, j->root->classd);
		}
	}
	if (r != 0)
		return job_fail_io(j, r, "other names of the plaintext");
	j->step = job_answer;
	return STEP_AGAIN;
}

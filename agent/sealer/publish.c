/*
 * Giving a complete sealed file its names. A link replaces nothing; where an
 * older file of ours must give way, the two are exchanged, what was displaced
 * is looked at, and goes only when it is the one we meant.
 */
#include "sealer/job.h"

#include "base/text.h"
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static bool has_label_of(const struct job *j, const struct label_args *a)
{
	OWN_BUFFER struct buffer args = {0};

	if (j->is_rekey) /* the label stays; at first only the record is known */
		return text_starts(j->args, a->record);
	buffer_add_format(&args, "%s %llu %s %s", a->record, (unsigned long long)a->version, a->level, a->policy);
	return !args.failed && bytes_equal_text(buffer_bytes(&args), j->args);
}

/* What a try of the same label left that was killed, or that a power cut has given back: whole, for a name is given
 * only to content that is durable, and superseded by the present try. */
static bool is_earlier_try(struct sealer *s, struct job *j, int dir, const char *name)
{
	struct sealed_source old = {.fd = -1};
	bool is_it = false;

	if (safe_open_regular(s->files, dir, name, O_RDONLY, &old.fd, &old.stat) != 0)
		return false;
	if (old.stat.st_uid == s->uid && source_parse(s->files, old.fd, &old.stat, &old) == 0)
		is_it = has_label_of(j, &old.envelope.args);
	envelope_done(&old.envelope);
	buffer_done(&old.start);
	(void)s->files->close(s->files, old.fd); /* only read */
	return is_it;
}

/* Network file systems may say that a change failed which was made: what stands there tells. */
static bool is_ours_at(struct sealer *s, const struct job *j, int dir, const char *name)
{
	struct stat stat;

	return s->files->stat_at(s->files, dir, name, &stat) == 0 && stat.st_ino == j->temp_ino;
}

static int link_ours(struct sealer *s, const struct job *j, int dir, const char *name)
{
	int r = s->files->link_fd(s->files, j->temp, dir, name);

	return r == 0 || is_ours_at(s, j, dir, name) ? 0 : r;
}

/* Theirs goes back to its name, ours goes. When even that fails both stay, and the next try finds them. */
static int exchange_back(struct sealer *s, struct job *j, int dir, const char *name, const char *aside)
{
	const struct files *f = s->files;
	int r = f->move(f, j->target_root->classd, aside, dir, name, RENAME_EXCHANGE);

	if (r != 0)
		j->named = true; /* nothing may be undone any more: the sealed file has its name */
	else
		r = f->unlink(f, j->target_root->classd, aside);
	return r;
}

/* Puts our file at dir/name in place of what stands there, which is then `aside` in .classd. -ESTALE: it was not one of
 * the allowed inodes (NULL: any), and stands there again. */
static int exchange(struct sealer *s, struct job *j, int dir, const char *name, const char *aside,
		    const ino_t allowed[2])
{
	const struct files *f = s->files;
	struct sealer_root *root = j->target_root;
	struct stat stat;
	int r = f->stat_at(f, dir, name, &stat);

	if (r == 0 && allowed && stat.st_ino != allowed[0] && stat.st_ino != allowed[1])
		return -ESTALE;
	if (r == 0)
		r = place_drop(s, root, aside, is_earlier_try(s, j, root->classd, aside));
	if (r == 0)
		r = f->link_fd(f, j->temp, root->classd, aside);
	if (r == 0)
		r = f->move(f, root->classd, aside, dir, name, RENAME_EXCHANGE);
	if (r != 0 && !is_ours_at(s, j, dir, name)) /* `aside` is ours or absent: the next try drops it */
		return r;
	r = f->stat_at(f, root->classd, aside, &stat);
	if (r != 0) {
		(void)exchange_back(s, j, dir, name, aside); /* the first error is the one to tell */
		return r;
	}
	if (allowed && stat.st_ino != allowed[0] && stat.st_ino != allowed[1]) {
		/* Somebody replaced the file between look and exchange. */
		r = exchange_back(s, j, dir, name, aside);
		return r == 0 ? -ESTALE : r;
	}
	return 0;
}

/* A file of the same content version at the keep name is an earlier try's, or the file before a rewrap. */
int publish_keep(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	struct stat stat;
	char aside[32];
	int r;

	if (j->is_rekey && !j->keep[0]) /* a copy, or a file that is only kept: it has its one name */
		return 0;
	r = link_ours(s, j, j->target_root->keep, j->keep);
	if (r == -EEXIST) {
		place_name(j, "keep", aside);
		r = f->stat_at(f, j->target_root->keep, j->keep, &stat);
		if (r == 0)
			r = exchange(s, j, j->target_root->keep, j->keep, aside, NULL);
		if (r == 0)
			j->keep_displaced = stat.st_ino;
	}
	if (r != 0)
		return job_fail_io(j, r, "link in .classd/keep");
	j->kept = true;
	return 0;
}

int publish_target(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	ino_t allowed[2] = {j->replace_ino ? (ino_t)j->replace_ino : j->keep_displaced, j->keep_displaced};
	struct stat there;
	int r = link_ours(s, j, j->target_dir, j->target_name);

	/* The name may be one try's and the link in keep another's, or be lost. */
	if (r == -EEXIST && f->stat_at(f, j->target_dir, j->target_name, &there) == 0 && there.st_ino != allowed[0] &&
	    there.st_ino != allowed[1] && is_earlier_try(s, j, j->target_dir, j->target_name))
		allowed[1] = there.st_ino;
	if (r == -EEXIST && (allowed[0] || allowed[1])) {
		char aside[32];

		place_name(j, "name", aside);
		r = exchange(s, j, j->target_dir, j->target_name, aside, allowed);
	}
	if (r == -EEXIST || r == -ESTALE)
		return job_fail(j, SEAL_NAME_TAKEN, "%s is another file", j->target ? j->target : j->path);
	if (r != 0)
		return job_fail_io(j, r, "link");
	j->named = true;
	r = f->stat_at(f, j->target_dir, j->target_name, &j->published);
	if (r == 0 && j->published.st_ino != j->temp_ino)
		return job_fail(j, SEAL_CHANGED, "the sealed file was replaced as soon as it had its name");
	return r == 0 ? 0 : job_fail_io(j, r, "sealed file");
}

void publish_undo(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	char aside[32];

	if (!j->kept || j->named) /* a named file is complete and stays: the next try finds it */
		return;
	place_name(j, "keep", aside);
	/* What fails here leaves a complete file in keep, which the next try of this version finds and displaces. */
	if (!j->keep_displaced)
		(void)f->unlink(f, j->target_root->keep, j->keep);
	else if (f->move(f, j->target_root->classd, aside, j->target_root->keep, j->keep, RENAME_EXCHANGE) == 0)
		(void)f->unlink(f, j->target_root->classd, aside);
	j->kept = false;
}

/* After a lost register another record may have had this number: what it kept is not ours to drop. */
static bool is_of_this_record(struct sealer *s, struct job *j, const char *name)
{
	struct sealed_source old = {.fd = -1};
	bool is_same = false;

	if (safe_open_regular(s->files, j->target_root->classd, name, O_RDONLY, &old.fd, &old.stat) != 0)
		return false;
	if (source_parse(s->files, old.fd, &old.stat, &old) == 0)
		is_same = text_starts(j->args, old.envelope.args.record);
	envelope_done(&old.envelope);
	buffer_done(&old.start);
	(void)s->files->close(s->files, old.fd); /* only read */
	return is_same;
}

/* An earlier try's, or the file whose content the new one has under its name: no other that got there in between. */
static bool is_superseded(struct sealer *s, struct job *j, const char *name)
{
	struct stat stat;

	if (j->kind != JOB_REWRAP)
		return is_earlier_try(s, j, j->target_root->classd, name);
	return s->files->stat_at(s->files, j->target_root->classd, name, &stat) == 0 && stat.st_ino == j->ino &&
	       is_of_this_record(s, j, name);
}

/* Both names at once, whether this try displaced something or one that was killed: what is not there is not missed. The
 * file at the keep name is the same content version as what it displaced, verified and durable. */
int publish_drop_displaced(struct sealer *s, struct job *j)
{
	char aside[32];
	int r;

	place_name(j, "name", aside);
	r = place_drop(s, j->target_root, aside, is_superseded(s, j, aside));
	if (r != 0)
		return r;
	place_name(j, "keep", aside);
	return place_drop(s, j->target_root, aside, is_of_this_record(s, j, aside));
}

/* Says again what an earlier try had done; a seal then waits for settle like any other. */
static int publish_again(struct sealer *s, struct job *j)
{
	int r = job_answer(s, j);

	if (r != STEP_END || j->kind != JOB_SEAL)
		return r;
	job_move(j, &s->published);
	return STEP_WAIT;
}

/* Only we can write in keep, and what we own elsewhere is ours, too. */
static bool is_published(struct sealer *s, struct job *j, const struct stat *found)
{
	struct stat keep;

	if (j->is_rekey && !j->keep[0])
		return found->st_uid == s->uid && found->st_ino != j->ino;
	return s->files->stat_at(s->files, j->target_root->keep, j->keep, &keep) == 0 && keep.st_ino == found->st_ino &&
	       keep.st_ino != j->ino && keep.st_ino != j->replace_ino;
}

/* The try that did it may have been killed before it synced: what is said again must be durable. */
static int sync_again(struct sealer *s, struct job *j)
{
	int r = s->files->sync(s->files, j->target_root->keep);

	if (r == 0)
		r = s->files->sync(s->files, j->target_dir);
	if (r == 0)
		r = s->files->sync(s->files, j->target_root->classd);
	s->flushes += 3;
	return r;
}

/* Same inode in keep and at the name, and the label that this job would write. */
bool publish_is_done(struct sealer *s, struct job *j, const char *path)
{
	const struct files *f = s->files;
	struct sealed_source found = {.fd = -1};
	bool done = false;

	if (safe_open_regular(f, j->target_root->fd, path, O_RDONLY, &found.fd, &found.stat) != 0)
		return false;
	if (is_published(s, j, &found.stat) && source_parse(f, found.fd, &found.stat, &found) == 0) {
		done = has_label_of(j, &found.envelope.args) &&
		       files_pread_all(f, found.fd, j->last_tag, AGE_TAG, (uint64_t)found.stat.st_size - AGE_TAG) == 0;
		memcpy(j->header_mac, found.envelope.header.mac, sizeof(j->header_mac));
		memcpy(j->key_id, found.envelope.args.key_id, sizeof(j->key_id));
	}
	envelope_done(&found.envelope);
	buffer_done(&found.start);
	(void)f->close(f, found.fd); /* only read */
	if (!done || publish_drop_displaced(s, j) != 0 || sync_again(s, j) != 0)
		return false;
	j->published = found.stat;
	memcpy(j->digest_is, j->wanted_digest, sizeof(j->digest_is));
	j->step = publish_again;
	job_move(j, &s->ready);
	return true;
}

bool publish_was_done(struct sealer *s, struct job *j)
{
	if (!publish_is_done(s, j, j->target))
		return false;
	j->superseded = j->outcome != SEAL_GONE;
	if (j->source >= 0)
		(void)s->files->close(s->files, j->source); /* only read */
	j->source = -1;
	j->outcome = SEAL_DONE;
	j->detail[0] = '\0';
	return true;
}

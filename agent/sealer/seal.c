/* Sealing a plaintext, up to the point where its group publishes it. */
#include "sealer/job.h"

#include "base/text.h"
#include "system/acl.h"
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static uint64_t mtime_ns(const struct stat *stat)
{
	return (uint64_t)stat->st_mtim.tv_sec * 1000000000u + (uint64_t)stat->st_mtim.tv_nsec;
}

static bool is_the_one(const struct job *j, const struct stat *stat)
{
	return stat->st_dev == j->dev && stat->st_ino == j->ino && (uint64_t)stat->st_size == j->size &&
	       mtime_ns(stat) == j->mtime_ns;
}

/* Nobody may be writing. Where leases cannot be had, size and time before and after are all there is. */
int seal_take_lease(struct sealer *s, struct job *j)
{
	int r = s->files->lease(s->files, j->source, F_RDLCK);

	if (r == 0) {
		j->leased = true;
		return 0;
	}
	if (r == -EAGAIN || r == -EBUSY)
		return job_fail(j, SEAL_STILL_OPEN, "somebody has it open for writing");
	if (s->no_lease_said)
		return 0;
	s->no_lease_said = true;
	return s->ports.degraded(s->ports.context, "no-lease", strerror(-r));
}

/* No checkout is there after a power cut; what was published from one is looked for in its own folder. */
static int fail_without_source(struct sealer *s, struct job *j, int outcome)
{
	int r = job_fail_open(j, outcome, j->path);

	if (safe_open_parent(s->files, j->target_root->fd, j->target, &j->target_dir, &j->target_name) != 0)
		j->target_dir = -1;
	return r;
}

static int open_places(struct sealer *s, struct job *j)
{
	const char *slash;
	int r = safe_open_parent(s->files, j->root->fd, j->path, &j->dir, &j->name);

	if (r != 0)
		return fail_without_source(s, j, r);
	slash = strrchr(j->target, '/');
	r = slash ? (int)(slash - j->target) : 0;
	if (j->root == j->target_root && (size_t)r == (size_t)(j->name - j->path) - (j->name > j->path) &&
	    strncmp(j->path, j->target, (size_t)r) == 0) {
		j->target_dir = j->dir;
		j->target_name = slash ? slash + 1 : j->target;
		return safe_name(j->target_name) ? 0 : job_fail_open(j, SAFE_OPEN_REFUSED, j->target);
	}
	r = safe_open_parent(s->files, j->target_root->fd, j->target, &j->target_dir, &j->target_name);
	return r == 0 ? 0 : job_fail_open(j, r, j->target);
}

static int open_source(struct sealer *s, struct job *j)
{
	int r = safe_open_regular(s->files, j->dir, j->name, O_RDONLY | O_NOATIME, &j->source, &j->before);

	if (r != 0)
		return job_fail_open(j, r, j->path);
	if (!is_the_one(j, &j->before))
		return job_fail(j, SEAL_CHANGED, "it is not the file that the job names");
	if (j->size > AGE_PAYLOAD_MAX)
		return job_fail(j, SEAL_REFUSED, "larger than a sealed file can be");
	j->length = j->size;
	return seal_take_lease(s, j);
}

/* Who may read the sealed form: as the file that it replaces, else as the plaintext. */
static int access_list(struct sealer *s, struct job *j, struct acl **ret, struct buffer *ret_text)
{
	const struct files *f = s->files;
	OWNED(acl) struct acl *before = NULL;
	struct stat stat;
	OWN_FD int old = -1;
	int r = f->get_acl(f, j->source, &before);

	if (r == 0)
		r = acl_format(before, ret_text);
	if (r != 0 && r != -ENODATA && r != -EOPNOTSUPP)
		return r;
	if (j->replace_ino && safe_open_regular(f, j->target_dir, j->target_name, O_RDONLY, &old, &stat) == 0 &&
	    stat.st_ino == j->replace_ino && f->get_acl(f, old, ret) == 0)
		return 0;
	return acl_for_sealed(&j->before, before, ret);
}

static int prepare(struct sealer *s, struct job *j, const struct level_key *key)
{
	OWNED(acl) struct acl *acl = NULL;
	OWN_BUFFER struct buffer text = {0}, attributes = {0};
	struct sealed_record record;
	int r = sealed_record_parse(buffer_bytes(&j->record), &record);

	TRY(r);
	if (r > 0)
		return job_fail(j, SEAL_FAILED, "the record is malformed (%d)", r);
	if (record.length != j->size || !bytes_equal_constant(record.digest, j->wanted_digest, sizeof(record.digest)))
		return job_fail(j, SEAL_FAILED, "the record is about another content");
	r = access_list(s, j, &acl, &text);
	if (r != 0)
		return job_fail_io(j, r, "access list");
	r = facts_read(s, j, &attributes);
	if (r != 0)
		return r;
	facts_add(j, &record, buffer_bytes(&text), buffer_bytes(&attributes));
	TRY(envelope_new_file_key(&j->file_key));
	return write_open(s, j, &record, key, acl);
}

/* The bytes were those of the job, from first to last, and nobody wrote meanwhile. */
static int check_content(struct sealer *s, struct job *j)
{
	struct stat now;
	int r = s->files->stat(s->files, j->source, &now);

	if (r != 0)
		return job_fail_io(j, r, j->path);
	TRY(digest_end(j->digest, j->digest_is));
	job_drop_digest(s, j);
	if (!is_the_one(j, &now) || (j->leased && s->files->lease(s->files, j->source, -1) != F_RDLCK))
		return job_fail(j, SEAL_CHANGED, "somebody wrote while it was sealed");
	if (!bytes_equal_constant(j->digest_is, j->wanted_digest, sizeof(j->digest_is)))
		return job_fail(j, SEAL_CHANGED, "the content is not the one that the job names");
	secret_free(steal(&j->file_key));
	return write_finish(s, j);
}

static int pass(struct sealer *s, struct job *j)
{
	uint64_t left = j->length - j->at;
	size_t n = left < SEALER_SLICE_CHUNKS * AGE_CHUNK ? (size_t)left : SEALER_SLICE_CHUNKS * AGE_CHUNK;
	int r = files_pread_all(s->files, j->source, s->plain, n, j->at);

	if (r == -ENODATA)
		return job_fail(j, SEAL_CHANGED, "it became shorter while it was sealed");
	if (r != 0)
		return job_fail_read(j, r, "reading");
	TRY(digest_add(j->digest, bytes_of(s->plain, n)));
	r = write_slice(s, j, n);
	if (r != 0)
		return job_fail_io(j, r, "writing");
	return j->at < j->length ? STEP_AGAIN : check_content(s, j);
}

static int start(struct sealer *s, struct job *j)
{
	const struct level_key *key;
	int r = keys_want(s, j, &key);

	if (r != 0)
		return r;
	if (!job_has_digest(s, j))
		return STEP_WAIT;
	r = prepare(s, j, key);
	if (r != 0)
		return r;
	TRY(digest_start(j->digest));
	j->step = pass;
	return pass(s, j);
}

int seal_begin(struct sealer *s, struct job *j)
{
	int r = place_check(s, j, j->target_root);

	/* A checkout needs no .classd: nothing is taken from it. */
	if (r == 0 && j->root != j->target_root && j->root->kind != ROOT_CHECKOUT)
		r = place_check(s, j, j->root);
	if (r == 0)
		r = open_places(s, j);
	if (r == 0 && j->root->kind != ROOT_CHECKOUT)
		r = place_recover_taken(s, j);
	if (r == 0)
		r = open_source(s, j);
	if (r != 0)
		return r;
	j->step = start;
	return start(s, j);
}

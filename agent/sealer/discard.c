/*
 * The end of a checkout: its plaintext goes from memory. Only content that is
 * sealed already, as the kept file's header shows, and only when nobody writes:
 * an unsealed change is never lost here, it is SEAL_CHANGED.
 */
#include "sealer/job.h"

#include "base/text.h"
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define READ_BYTES (SEALER_SLICE_CHUNKS * AGE_CHUNK)

/* The folder that classctl made for it. Other files may be in it, or it is gone: then it stays as it is. */
static int remove_folder(struct sealer *s, struct job *j)
{
	char *slash = strchr(j->path, '/');

	if (slash && !strchr(slash + 1, '/') && (j->outcome == SEAL_DONE || j->outcome == SEAL_GONE)) {
		*slash = 0;
		(void)s->files->remove_dir(s->files, j->root->fd, j->path);
		*slash = '/';
	}
	return job_answer(s, j);
}

static int take(struct sealer *s, struct job *j)
{
	int r = dispose_take(s, j);

	if (r == 0)
		r = dispose_drop(s, j);
	TRY(r);
	j->step = remove_folder;
	return STEP_AGAIN;
}

static int read_some(struct sealer *s, struct job *j)
{
	uint64_t left = (uint64_t)j->before.st_size - j->at;
	size_t n = left < READ_BYTES ? (size_t)left : READ_BYTES;
	int r = files_pread_all(s->files, j->source, s->plain, n, j->at);

	if (r == -ENODATA)
		return job_fail(j, SEAL_CHANGED, "it became shorter while it was read");
	if (r != 0)
		return job_fail_read(j, r, "reading");
	TRY(digest_add(j->digest, bytes_of(s->plain, n)));
	j->at += n;
	if (j->at < (uint64_t)j->before.st_size)
		return STEP_AGAIN;
	TRY(digest_end(j->digest, j->digest_is));
	job_drop_digest(s, j);
	if (!bytes_equal_constant(j->digest_is, j->wanted_digest, sizeof(j->digest_is)))
		return job_fail(j, SEAL_CHANGED, "its content is not the sealed one");
	return take(s, j);
}

static int start(struct sealer *s, struct job *j)
{
	if (!job_has_digest(s, j))
		return STEP_WAIT;
	TRY(digest_start(j->digest));
	j->step = read_some;
	return read_some(s, j);
}

/* The sealed form is there, and is the one that the registrar has journalled for this content. */
static int check_sealed(struct sealer *s, struct job *j)
{
	int r = place_check(s, j, j->target_root);

	if (r == 0)
		r = find_kept(s, j);
	if (r == 0 && !bytes_equal_constant(j->header_mac, j->wanted_mac, sizeof(j->header_mac)))
		r = job_fail(j, SEAL_CHANGED, "the kept file has another header");
	if (r == STEP_AGAIN && j->outcome == SEAL_GONE)
		j->outcome = SEAL_FAILED; /* the sealed file is gone, not the plaintext */
	return r;
}

static int open_plaintext(struct sealer *s, struct job *j)
{
	int r = safe_open_parent(s->files, j->root->fd, j->path, &j->dir, &j->name);

	if (r != 0)
		return job_fail_open(j, r, "the checkout");
	r = place_recover_taken(s, j);
	if (r != 0)
		return r;
	r = safe_open_regular(s->files, j->root->fd, j->path, O_RDONLY | O_NOATIME, &j->source, &j->before);
	if (r != 0)
		return job_fail_open(j, r, "the plaintext");
	if (j->before.st_ino != j->ino)
		return job_fail(j, SEAL_CHANGED, "it is not the file that the job names");
	return seal_take_lease(s, j);
}

int discard_begin(struct sealer *s, struct job *j)
{
	int r;

	if (j->root->kind != ROOT_CHECKOUT)
		return job_fail(j, SEAL_REFUSED, "this folder is not one of checkouts");
	r = check_sealed(s, j);
	if (r == 0)
		r = open_plaintext(s, j);
	if (r == STEP_AGAIN && j->outcome == SEAL_GONE)
		j->step = remove_folder;
	if (r != 0)
		return r;
	j->step = start;
	return start(s, j);
}

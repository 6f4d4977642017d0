/*
 * Reading a sealed file for somebody who may: label and record alone, or the
 * content. Every chunk is verified before the first byte leaves, and content
 * leaves into a pipe only, never waiting for its reader.
 */
#include "sealer/job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RECORD_INLINE_MAX ((size_t)60 * 1024)
#define PIPE_BYTES	  (1 << 20) /* what a user may have without asking */

/* At least so many bytes where the system allows it. What it has in the end. */
static int widen(int pipe, int bytes)
{
	int has = fcntl(pipe, F_GETPIPE_SZ);

	if (has < bytes && fcntl(pipe, F_SETPIPE_SZ, bytes) >= 0)
		has = fcntl(pipe, F_GETPIPE_SZ);
	return has;
}

/*
 * The foreign pipe is only ever spliced into, from a pipe of our own: a splice can be told not to wait whatever flags
 * the client sets on its descriptor, a write cannot.
 */
static int open_stage(struct sealer *s, struct job *j)
{
	struct epoll_event event = {.events = EPOLLOUT | EPOLLONESHOT, .data.ptr = j};
	int room;

	if (pipe2(j->stage, O_CLOEXEC | O_NONBLOCK) != 0)
		return FAULT(errno, "pipe");
	room = widen(j->stage[1], (int)(SEALER_SLICE_CHUNKS * AGE_CHUNK));
	j->stage_chunks = room < 2 * (int)AGE_CHUNK ? 1 : (size_t)room / AGE_CHUNK;
	if (j->stage_chunks > SEALER_SLICE_CHUNKS)
		j->stage_chunks = SEALER_SLICE_CHUNKS;
	if (j->length > AGE_CHUNK)
		(void)widen(j->pipe, PIPE_BYTES); /* fewer turns of the two ends; it works with any */
	if (epoll_ctl(s->pipes, EPOLL_CTL_ADD, j->pipe, &event) != 0)
		return FAULT(errno, "epoll");
	return 0;
}

static int wait_for_reader(struct sealer *s, struct job *j)
{
	struct epoll_event event = {.events = EPOLLOUT | EPOLLONESHOT, .data.ptr = j};

	if (j->deadline_ms <= s->now_ms)
		return job_fail(j, SEAL_FAILED, "the reader is too slow");
	if (epoll_ctl(s->pipes, EPOLL_CTL_MOD, j->pipe, &event) != 0)
		return FAULT(errno, "epoll");
	job_move(j, &s->for_pipe);
	return STEP_WAIT;
}

static int put_stage(struct job *j, const uint8_t *at, size_t n)
{
	ssize_t put = write(j->stage[1], at, n);

	if (put < 0 && errno != EAGAIN && errno != EINTR)
		return job_fail_io(j, -errno, "pipe");
	if (put > 0) {
		j->staged += (uint64_t)put;
		j->at += (uint64_t)put;
	}
	return 0;
}

/* Carrying: the bytes of the sealed file themselves, which whoever may see the folder may read anyway. */
static int fill_sealed(struct sealer *s, struct job *j)
{
	uint64_t left = j->length - j->at;
	size_t n = left < AGE_CHUNK ? (size_t)left : AGE_CHUNK;
	int r = files_pread_all(s->files, j->from->fd, s->sealed, n, j->at);

	return r == 0 ? put_stage(j, s->sealed, n) : job_fail_io(j, r, "reading");
}

/* Fills the stage, from the chunk that holds j->at on. Opened anew each time, so that no plaintext lingers while we
 * wait.
 */
static int fill_stage(struct sealer *s, struct job *j)
{
	size_t n, skip = (size_t)(j->at % AGE_CHUNK);
	int r;

	TRY(bulk_set_key(s->bulk, j->payload_key));
	r = source_slice(s, j->from, j->at - skip, j->stage_chunks, &n);
	if (r > 0)
		return job_fail(j, SEAL_DAMAGED, "the file changed while it was read");
	if (r < 0)
		return job_fail_read(j, r, "reading");
	if (n <= skip)
		return 0;
	r = put_stage(j, s->plain + skip, n - skip);
	wipe(s->plain, n);
	return r;
}

static int release(struct sealer *s, struct job *j)
{
	ssize_t moved;
	int r;

	if (j->staged == 0 && j->at == j->length) {
		j->step = job_answer;
		return STEP_AGAIN;
	}
	if (j->staged == 0) {
		r = j->kind == JOB_CARRY ? fill_sealed(s, j) : fill_stage(s, j);
		if (r != 0)
			return r;
	}
	moved = splice(j->stage[0], NULL, j->pipe, NULL, (size_t)j->staged, SPLICE_F_NONBLOCK);
	if (moved < 0 && errno == EAGAIN)
		return wait_for_reader(s, j);
	if (moved < 0 && errno != EINTR)
		return job_fail(j, SEAL_FAILED, "the reader went away: %s", strerror(errno));
	j->staged -= moved > 0 ? (uint64_t)moved : 0;
	return STEP_AGAIN;
}

/* The label commits to a digest (envelope_open): bytes that verify but are not those of the label never leave (I5). */
static int check_bound(struct sealer *s, struct job *j)
{
	struct envelope_content content = {0};
	int r;

	if (j->digest)
		TRY(digest_end(j->digest, j->digest_is));
	job_drop_digest(s, j);
	r = envelope_open(&j->from->envelope, j->file_key, &content);
	TRY(r);
	if (r > 0)
		return job_fail_envelope(j, r);
	if (j->is_known)
		memcpy(j->digest_is, content.record.digest, sizeof(j->digest_is));
	r = facts_note(j, &content.record);
	if (r != 0) {
		envelope_content_done(&content);
		return r;
	}
	if (content.record.length != j->length ||
	    !bytes_equal_constant(content.record.digest, j->digest_is, sizeof(j->digest_is)))
		r = job_fail(j, SEAL_DAMAGED, "the label belongs to another content");
	else if (!j->is_known)
		known_add(s, j, j->from->fd, &j->from->stat);
	envelope_content_done(&content);
	return r;
}

static int describe(struct job *j, const struct envelope_content *content)
{
	const struct label_args *a = &j->from->envelope.args;
	OWN_BUFFER struct buffer args = {0};

	buffer_add_format(&args, "%s %llu %s %s %s", a->record, (unsigned long long)a->version, a->level, a->policy,
			  a->key_id);
	free(j->args);
	j->args = buffer_steal_text(&args);
	buffer_clear(&j->record);
	if (content->list.n <= RECORD_INLINE_MAX)
		buffer_add_bytes(&j->record, buffer_bytes(&content->list));
	else
		return job_fail(j, SEAL_FAILED, "the record is larger than a frame");
	TRY(buffer_check(&j->record));
	return j->args ? 0 : FAULT(ENOMEM, "label arguments");
}

static int read_header(struct sealer *s, struct job *j)
{
	struct envelope_content content = {0};
	int r = envelope_open(&j->from->envelope, j->file_key, &content);

	(void)s;
	TRY(r);
	r = r > 0 ? job_fail_envelope(j, r) : describe(j, &content);
	envelope_content_done(&content);
	TRY(r);
	j->step = job_answer;
	return STEP_AGAIN;
}

static int verify(struct sealer *s, struct job *j)
{
	size_t n;
	int r;

	TRY(bulk_set_key(s->bulk, j->payload_key));
	r = j->is_known ? source_check_slice(s, j->from, j->at, &n)
			: source_slice(s, j->from, j->at, SEALER_SLICE_CHUNKS, &n);
	if (r > 0)
		return job_fail(j, SEAL_DAMAGED, "the content does not verify at byte %llu", (unsigned long long)j->at);
	if (r < 0)
		return job_fail_read(j, r, "reading");
	if (!j->is_known) {
		TRY(digest_add(j->digest, bytes_of(s->plain, n)));
		wipe(s->plain, n);
	}
	j->at += n;
	if (j->at < j->length)
		return STEP_AGAIN;
	r = check_bound(s, j);
	if (r != 0)
		return r;
	if (j->kind == JOB_HEADER) {
		j->step = read_header;
		return STEP_AGAIN;
	}
	secret_free(steal(&j->file_key));
	j->at = 0;
	j->step = release;
	TRY(open_stage(s, j));
	return STEP_AGAIN;
}

static int start_verify(struct sealer *s, struct job *j)
{
	j->is_known = known_has(s, &j->from->stat, j->header_mac);
	if (!j->is_known && !job_has_digest(s, j))
		return STEP_WAIT;
	if (j->digest)
		TRY(digest_start(j->digest));
	TRY(envelope_payload_key(&j->from->envelope, j->file_key, &j->payload_key));
	j->length = j->from->plain_length;
	j->step = verify;
	return STEP_AGAIN;
}

/* Only a pipe, and only asked what may be asked of a foreign descriptor: the rest could hang on a hostile file system.
 */
static bool is_pipe_to_write(int fd)
{
	struct statx what;
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH) &&
	       statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &what) == 0 && S_ISFIFO(what.stx_mode);
}

/* An older file of the same record, put back to its name, has a label that holds, too: it is not the one that is meant.
 */
static bool is_meant(const struct job *j)
{
	static const uint8_t any[sizeof(j->wanted_mac)];

	return memcmp(j->wanted_mac, any, sizeof(any)) == 0 ||
	       memcmp(j->wanted_mac, j->header_mac, sizeof(j->header_mac)) == 0;
}

int unseal_begin(struct sealer *s, struct job *j)
{
	int r;

	j->deadline_ms = s->now_ms + j->timeout_ms;
	if (!is_pipe_to_write(j->pipe))
		return job_fail(j, SEAL_REFUSED, "content goes into a pipe only");
	r = source_open(s, j);
	if (r != 0)
		return r;
	if (!is_meant(j))
		return job_fail(j, SEAL_CHANGED, "It is not the newest sealed file of its record.");
	j->step = start_verify;
	return keys_unwrap(s, j);
}

int carry_begin(struct sealer *s, struct job *j)
{
	int r;

	if (!is_pipe_to_write(j->pipe))
		return job_fail(j, SEAL_REFUSED, "content goes into a pipe only");
	r = source_open(s, j);
	if (r != 0)
		return r;
	if (!is_meant(j))
		return job_fail(j, SEAL_CHANGED, "It is not the newest sealed file of its record.");
	j->length = (uint64_t)j->from->stat.st_size;
	j->step = release;
	TRY(open_stage(s, j));
	return STEP_AGAIN;
}

int header_begin(struct sealer *s, struct job *j)
{
	int r = source_open(s, j);

	if (r != 0)
		return r;
	j->step = j->verifies ? start_verify : read_header;
	return keys_unwrap(s, j);
}

/* The life of a job, its ways to fail, and its answer. */
#include "sealer/job.h"

#include "base/text.h"
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int job_new(enum job_kind kind, uint64_t intent, job_step first, struct job **ret)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return FAULT(ENOMEM, "job");
	*j = (struct job){.kind = kind,
			  .intent = intent,
			  .step = first,
			  .dir = -1,
			  .target_dir = -1,
			  .source = -1,
			  .temp = -1,
			  .pipe = -1,
			  .stage = {-1, -1},
			  .outcome = SEAL_DONE};
	*ret = j;
	return 0;
}

static void drop(const struct files *f, int *fd)
{
	if (*fd >= 0)
		(void)f->close(f, *fd); /* what had to be durable was synced */
	*fd = -1;
}

void job_free(struct sealer *s, struct job *j)
{
	if (j->queue)
		job_move(j, NULL);
	if (j->in_flight)
		s->in_flight--;
	job_drop_digest(s, j);
	if (j->dir == j->target_dir)
		j->target_dir = -1;
	drop(s->files, &j->dir);
	drop(s->files, &j->target_dir);
	drop(s->files, &j->source); /* and with it the lease */
	write_drop_name(s, j);
	drop(s->files, &j->temp);
	drop(s->files, &j->pipe);
	drop(s->files, &j->stage[0]);
	drop(s->files, &j->stage[1]);
	source_free(s->files, j->from);
	list_free(s, j->listing);
	secret_free(j->file_key);
	secret_free(j->payload_key);
	buffer_done(&j->record);
	buffer_done(&j->facts);
	buffer_done(&j->header);
	free(j->path);
	free(j->target);
	free(j->keep);
	free(j->level);
	free(j->args);
	free(j);
}

void job_move(struct job *j, struct job_queue *to)
{
	if (j->queue)
		TAILQ_REMOVE(j->queue, j, link);
	j->queue = to;
	if (to)
		TAILQ_INSERT_TAIL(to, j, link);
}

struct job *job_find(struct job_queue *queue, uint64_t intent)
{
	struct job *j;

	TAILQ_FOREACH(j, queue, link)
	if (j->intent == intent)
		return j;
	return NULL;
}

int job_fail(struct job *j, enum seal_outcome outcome, const char *format, ...)
{
	va_list list;

	j->outcome = outcome;
	va_start(list, format);
	(void)vsnprintf(j->detail, sizeof(j->detail), format, list); /* a cut detail still says enough */
	va_end(list);
	j->step = job_answer;
	return STEP_AGAIN;
}

int job_fail_io(struct job *j, int error, const char *what)
{
	enum seal_outcome outcome = SEAL_FAILED;

	if (error == -ENOSPC || error == -EDQUOT)
		outcome = SEAL_NO_SPACE;
	else if (error == -EROFS)
		outcome = SEAL_READ_ONLY;
	else if (error == -EIO)
		outcome = SEAL_DISK;
	else if (error == -ENOENT)
		outcome = SEAL_GONE;
	return job_fail(j, outcome, "%s: %s", what, strerror(-error));
}

int job_fail_read(struct job *j, int error, const char *what)
{
	if (error == -ENODATA)
		return job_fail(j, SEAL_DAMAGED, "%s: it ends before its length", what);
	return error == -ENOENT ? job_fail_io(j, error, what)
				: job_fail(j, SEAL_UNREADABLE, "%s: %s", what, strerror(-error));
}

int job_fail_open(struct job *j, int outcome, const char *what)
{
	switch (outcome) {
	case SAFE_OPEN_GONE:
		return job_fail(j, SEAL_GONE, "%s: no such file", what);
	case SAFE_OPEN_REFUSED:
		return job_fail(j, SEAL_REFUSED, "%s: not a regular file beneath the root", what);
	case SAFE_OPEN_DENIED:
		return job_fail_read(j, -EACCES, what);
	default:
		return job_fail_read(j, -errno, what);
	}
}

int job_fail_envelope(struct job *j, int outcome)
{
	static const enum seal_outcome outcomes[] = {
	    [ENVELOPE_NOT_AGE] = SEAL_FOREIGN,
	    [ENVELOPE_FOREIGN] = SEAL_FOREIGN,
	    [ENVELOPE_NEWER] = SEAL_NEWER,
	    [ENVELOPE_NO_KEY] = SEAL_WRONG_KEY,
	};
	bool is_said = (size_t)outcome < array_n(outcomes) && outcomes[outcome];

	return job_fail(j, is_said ? outcomes[outcome] : SEAL_DAMAGED, "%s", envelope_outcome_text(outcome));
}

bool job_has_digest(struct sealer *s, struct job *j)
{
	if (!j->digest && s->n_digests > 0)
		j->digest = s->digests[--s->n_digests];
	else if (!j->digest)
		job_move(j, &s->for_digest);
	return j->digest;
}

void job_drop_digest(struct sealer *s, struct job *j)
{
	struct job *next = TAILQ_FIRST(&s->for_digest);

	if (!j->digest)
		return;
	s->digests[s->n_digests++] = steal(&j->digest);
	if (next)
		job_move(next, &s->ready);
}

static int answer_published(struct sealer *s, struct job *j)
{
	struct frame_published m = {
	    .intent = j->intent,
	    .outcome = (uint8_t)j->outcome,
	    .detail = j->detail,
	    .path = j->target ? j->target : j->path,
	    .dev = j->published.st_dev,
	    .ino = j->published.st_ino,
	    .size = (uint64_t)j->published.st_size,
	    .mtime_ns = (uint64_t)j->published.st_mtim.tv_sec * 1000000000u + (uint64_t)j->published.st_mtim.tv_nsec,
	    .key_id = j->outcome == SEAL_DONE ? j->key_id : "",
	    .last_tag = bytes_of(j->last_tag, j->outcome == SEAL_DONE ? sizeof(j->last_tag) : 0),
	};

	m.escrow = j->escrow;
	m.facts = buffer_bytes(&j->facts);
	memcpy(m.sha256, j->digest_is, sizeof(m.sha256));
	memcpy(m.header_mac, j->header_mac, sizeof(m.header_mac));
	return s->ports.to_registrar(s->ports.context, &frame_type_published, &m, -1);
}

static int answer_unsealed(struct sealer *s, struct job *j)
{
	struct frame_unsealed m = {
	    .intent = j->intent, .outcome = (uint8_t)j->outcome, .detail = j->detail, .size = j->length};

	m.facts = buffer_bytes(&j->facts);
	memcpy(m.sha256, j->digest_is, sizeof(m.sha256));
	return s->ports.to_registrar(s->ports.context, &frame_type_unsealed, &m, -1);
}

static int answer_carried(struct sealer *s, struct job *j)
{
	struct frame_carried m = {
	    .intent = j->intent, .outcome = (uint8_t)j->outcome, .detail = j->detail, .size = j->length};

	return s->ports.to_registrar(s->ports.context, &frame_type_carried, &m, -1);
}

static int answer_opened(struct sealer *s, struct job *j)
{
	struct frame_opened m = {.intent = j->intent,
				 .outcome = (uint8_t)j->outcome,
				 .detail = j->detail,
				 .args = j->args,
				 .record = buffer_bytes(&j->record)};

	memcpy(m.header_mac, j->header_mac, sizeof(m.header_mac));
	return s->ports.to_registrar(s->ports.context, &frame_type_opened, &m, -1);
}

static int answer_restored(struct sealer *s, struct job *j)
{
	struct frame_restored m = {.intent = j->intent,
				   .outcome = (uint8_t)j->outcome,
				   .detail = j->detail,
				   .dev = j->published.st_dev,
				   .ino = j->published.st_ino};

	return s->ports.to_registrar(s->ports.context, &frame_type_restored, &m, -1);
}

static int answer_listed(struct sealer *s, struct job *j)
{
	struct frame_listed m = {
	    .intent = j->intent, .outcome = (uint8_t)j->outcome, .detail = j->detail, .files = j->files_found};

	return s->ports.to_registrar(s->ports.context, &frame_type_listed, &m, -1);
}

static int answer_discarded(struct sealer *s, struct job *j)
{
	struct frame_discarded m = {.checkout = j->intent, .outcome = (uint8_t)j->outcome, .detail = j->detail};

	return s->ports.to_registrar(s->ports.context, &frame_type_discarded, &m, -1);
}

static int answer_aliased(struct sealer *s, struct job *j)
{
	struct frame_aliased m = {.intent = j->intent,
				  .root = j->root ? j->root->id : 0,
				  .outcome = (uint8_t)j->outcome,
				  .detail = j->detail,
				  .names = j->files_found};

	return s->ports.to_registrar(s->ports.context, &frame_type_aliased, &m, -1);
}

static int answer_destroyed(struct sealer *s, struct job *j)
{
	struct frame_destroyed m = {
	    .intent = j->intent, .outcome = (uint8_t)j->outcome, .detail = j->detail, .names = j->files_found};

	return s->ports.to_registrar(s->ports.context, &frame_type_destroyed, &m, -1);
}

int job_answer(struct sealer *s, struct job *j)
{
	static int (*const by_kind[])(struct sealer *, struct job *) = {
	    [JOB_SEAL] = answer_published,    [JOB_REWRAP] = answer_published, [JOB_UNSEAL] = answer_unsealed,
	    [JOB_HEADER] = answer_opened,     [JOB_RESTORE] = answer_restored, [JOB_LIST] = answer_listed,
	    [JOB_DISCARD] = answer_discarded, [JOB_CARRY] = answer_carried,
	    [JOB_ALIAS] = answer_aliased,     [JOB_DESTROY] = answer_destroyed,
	};

	if (j->kind == JOB_SEAL && j->outcome != SEAL_DONE && publish_was_done(s, j))
		return STEP_WAIT;
	TRY(by_kind[j->kind](s, j));
	return STEP_END;
}

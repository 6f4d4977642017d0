/*
 * Taking the plaintext, after its sealed form is published, durable and
 * journalled. Whatever stands at the name is taken, then looked at: only the
 * very file that was sealed, unchanged, goes. A newer save is put back, or
 * beside a still newer one. Between taking and dropping time passes: who had
 * found the name before, and opens the file only now, is seen by the lease.
 */
#include "sealer/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define DISPOSE_SOME (SEALER_GROUP / 2) /* of them are worth a sync of their own */
#define ASIDE_MS     20			/* that a file lies taken before it is looked at for the last time */

static int answer(struct sealer *s, struct job *j, enum seal_outcome outcome, const char *detail)
{
	struct frame_disposed m = {
	    .intent = j->intent, .outcome = (uint8_t)outcome, .detail = detail, .conflict = j->conflict};

	if (j->kind == JOB_DISCARD)
		return job_answer(s, j);
	return s->ports.to_registrar(s->ports.context, &frame_type_disposed, &m, -1);
}

static int finish(struct sealer *s, struct job *j)
{
	TRY(answer(s, j, j->outcome, j->detail));
	return STEP_END;
}

/* As job_fail(), for this half of the job. */
static int give_up(struct job *j, enum seal_outcome outcome, const char *detail)
{
	(void)job_fail(j, outcome, "%s", detail);
	j->step = finish;
	return STEP_AGAIN;
}

/* The registrar asks again as long as it takes; the plaintext is where it was. */
static int give_up_io(struct job *j, int error, const char *what)
{
	(void)job_fail_io(j, error, what);
	j->step = finish;
	return STEP_AGAIN;
}

static bool is_unchanged(struct sealer *s, struct job *j)
{
	struct stat now;

	return s->files->stat(s->files, j->source, &now) == 0 && now.st_size == j->before.st_size &&
	       now.st_mtim.tv_sec == j->before.st_mtim.tv_sec && now.st_mtim.tv_nsec == j->before.st_mtim.tv_nsec &&
	       /* a broken lease: a writer waits in open(), and would write into what we unlink */
	       (!j->leased || s->files->lease(s->files, j->source, -1) == F_RDLCK);
}

static int put_back(struct sealer *s, struct job *j, const char *taken)
{
	int r = place_put_back(s, j, taken);

	/* Durable before the intent ends: then nobody would look for it any more where it was taken to. */
	j->root->dirty = j->root->kind != ROOT_CHECKOUT;
	if (r == 0)
		return give_up(j, SEAL_CHANGED,
			       j->conflict[0] ? "newer saves came: one has the conflict name" : "a newer save came");
	return give_up(j, SEAL_FAILED, "a newer save could not be put back; it lies where it was taken to");
}

static bool is_the_one(struct sealer *s, struct job *j, int aside, const char *taken, struct stat *ret)
{
	return s->files->stat_at(s->files, aside, taken, ret) == 0 && ret->st_ino == j->before.st_ino &&
	       ret->st_dev == j->before.st_dev && is_unchanged(s, j);
}

int dispose_take(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	char taken[32];
	struct stat stat;
	int aside = place_aside(j, taken), r;

	if (j->superseded)
		return give_up(j, SEAL_CHANGED, "another file, or a writer, has the name of what was sealed");
	if (j->source < 0) /* an earlier try took it: that it is gone was not durable then, or was not told */
		return 0;
	if (!is_unchanged(s, j))
		return give_up(j, SEAL_CHANGED, "the file has changed since it was sealed");
	r = f->move(f, j->dir, j->name, aside, taken, RENAME_NOREPLACE);
	if (r == -ENOENT)
		return give_up(j, SEAL_GONE, "the plaintext is no longer there");
	if (r != 0)
		return give_up_io(j, r, "the plaintext could not be taken");
	return is_the_one(s, j, aside, taken, &stat) ? 0 : put_back(s, j, taken);
}

int dispose_drop(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	char taken[32];
	struct stat stat;
	int aside = place_aside(j, taken), r;

	if (j->source < 0) {
		j->root->dirty = true;
		alias_recall(s, j);
		j->step = finish;
		return 0;
	}
	if (!is_the_one(s, j, aside, taken, &stat))
		return put_back(s, j, taken);
	j->outcome = SEAL_DONE;
	r = j->root->kind == ROOT_CHECKOUT ? f->unlink(f, aside, taken) : alias_take(s, j, taken, &stat);
	if (r != 0)
		return put_back(s, j, taken);
	j->root->dirty = j->root->kind != ROOT_CHECKOUT; /* memory is not synced */
	j->step = finish;
	return 0;
}

static void sync_dirty(struct sealer *s)
{
	for (size_t i = 0; i < s->n_roots; i++) {
		struct sealer_root *root = &s->roots[i];

		if (!root->dirty)
			continue;
		root->dirty = false;
		s->flushes++;
		root->sync_error = s->files->sync_all(s->files, root->classd);
	}
}

int dispose_take_all(struct sealer *s, struct job_queue *taken)
{
	for (size_t n = 0; n < SEALER_GROUP && !TAILQ_EMPTY(&s->settled); n++)
		job_move(TAILQ_FIRST(&s->settled), taken);
	return group_each(s, taken, dispose_take);
}

int dispose_drop_all(struct sealer *s, struct job_queue *taken)
{
	return group_each(s, taken, dispose_drop);
}

void dispose_report(struct sealer *s, struct job_queue *taken)
{
	while (!TAILQ_EMPTY(taken)) {
		struct job *j = TAILQ_FIRST(taken);

		if (j->outcome == SEAL_DONE && j->root->kind != ROOT_CHECKOUT && j->root->sync_error != 0)
			(void)give_up_io(j, j->root->sync_error, "the plaintext is taken, but that is not durable yet");
		job_move(j, &s->ready);
	}
}

int dispose_join(struct sealer *s, struct job *j)
{
	if (TAILQ_EMPTY(&s->settled))
		s->settle_since_ms = s->now_ms;
	job_move(j, &s->settled);
	return 0;
}

/* The registrar hears of an unlink only when it is durable: until then a power cut may bring the plaintext back. */
static int drop_taken(struct sealer *s)
{
	TRY(dispose_drop_all(s, &s->taken));
	sync_dirty(s);
	dispose_report(s, &s->taken);
	return 0;
}

static void sleep_till(const struct sealer *s, uint64_t due, uint64_t *wait_ms)
{
	uint64_t ms = due > s->now_ms ? due - s->now_ms : 0;

	*wait_ms = ms < *wait_ms ? ms : *wait_ms;
}

int dispose_run(struct sealer *s, uint64_t *wait_ms)
{
	uint64_t due = s->settle_since_ms + group_patience_ms(s);
	size_t n = queue_length(&s->settled);
	bool more = n < DISPOSE_SOME && !TAILQ_EMPTY(&s->published);

	if (!TAILQ_EMPTY(&s->taken) && s->taken_ms + ASIDE_MS <= s->now_ms)
		TRY(drop_taken(s));
	if (!TAILQ_EMPTY(&s->taken)) {
		sleep_till(s, s->taken_ms + ASIDE_MS, wait_ms);
		return 0;
	}
	if (n == 0)
		return 0;
	if ((more || queue_length(&s->written) > SEALER_FEW) && due > s->now_ms) { /* the group's sync is theirs, too */
		sleep_till(s, due, wait_ms);
		return 0;
	}
	TRY(dispose_take_all(s, &s->taken));
	sync_dirty(s); /* what was put back, before its answer */
	s->taken_ms = s->now_ms;
	sleep_till(s, s->now_ms + ASIDE_MS, wait_ms);
	return 0;
}

int dispose_on_settle(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_settle *m = &message->settle;
	struct job *j = job_find(&s->published, m->intent);
	struct frame_disposed unknown = {
	    .intent = m->intent, .outcome = SEAL_FAILED, .detail = "this intent is not under way: ask to seal again"};

	(void)fd;
	if (!j)
		return s->ports.to_registrar(s->ports.context, &frame_type_disposed, &unknown, -1);
	j->dispose = m->dispose && j->root->kind != ROOT_CHECKOUT;
	if (j->dispose)
		return dispose_join(s, j);
	if (j->superseded)
		(void)give_up(j, SEAL_CHANGED, "another file, or a writer, has the name of what was sealed");
	j->step = finish;
	job_move(j, &s->ready);
	return 0;
}

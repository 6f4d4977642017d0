/*
 * Publishing in groups: the disk is waited for once for the content of all and
 * once for their names, not for each file. While a group waits for the disk the
 * next one gathers by itself.
 */
#include "sealer/job.h"

#include <errno.h>
#include <fcntl.h>

size_t queue_length(const struct job_queue *queue)
{
	size_t n = 0;
	struct job *j;

	TAILQ_FOREACH(j, queue, link)
	n++;
	return n;
}

int group_join(struct sealer *s, struct job *j)
{
	if (TAILQ_EMPTY(&s->written))
		s->group_since_ms = s->now_ms;
	s->group_last_ms = s->now_ms;
	job_move(j, &s->written);
	return STEP_WAIT;
}

int group_each(struct sealer *s, struct job_queue *group, job_step fn)
{
	struct job *next;

	for (struct job *j = TAILQ_FIRST(group); j; j = next) {
		int r;

		next = TAILQ_NEXT(j, link); /* fn may move the job on */
		r = fn(s, j);
		TRY(r);
		if (r == 0)
			continue;
		publish_undo(s, j);
		job_move(j, &s->ready);
	}
	return 0;
}

static int sync_one_content(struct sealer *s, struct job *j)
{
	int r;

	if (j->synced)
		return 0;
	s->flushes++;
	r = s->files->sync(s->files, j->temp);
	return r == 0 ? 0 : job_fail_io(j, r, "sync");
}

static int sync_one_keep(struct sealer *s, struct job *j)
{
	int r = s->files->sync(s->files, j->target_root->keep);

	s->flushes++;
	return r == 0 ? 0 : job_fail_io(j, r, "sync of .classd/keep");
}

static int sync_one_name(struct sealer *s, struct job *j)
{
	int r = s->files->sync(s->files, j->target_dir);

	s->flushes++;
	return r == 0 ? 0 : job_fail_io(j, r, "sync of the directory");
}

static int fail_by_root(struct sealer *s, struct job *j)
{
	(void)s;
	return j->target_root->dirty ? job_fail_io(j, j->target_root->sync_error, "sync of the file system") : 0;
}

/* One syncfs for each root of the group. A root whose sync failed stays dirty, and its jobs fail. */
static int sync_all(struct sealer *s, struct job_queue *group)
{
	struct job *j;

	TAILQ_FOREACH(j, group, link)
	j->target_root->dirty = true;
	for (size_t i = 0; i < s->n_roots; i++) {
		struct sealer_root *root = &s->roots[i];

		if (!root->dirty)
			continue;
		s->flushes++;
		root->sync_error = s->files->sync_all(s->files, root->classd);
		root->dirty = root->sync_error != 0;
	}
	TRY(group_each(s, group, fail_by_root));
	for (size_t i = 0; i < s->n_roots; i++)
		s->roots[i].dirty = false;
	return 0;
}

static int sync_content(struct sealer *s, struct job_queue *group, bool few)
{
	return few ? group_each(s, group, sync_one_content) : sync_all(s, group);
}

static int sync_names(struct sealer *s, struct job_queue *group, bool few)
{
	return few ? group_each(s, group, sync_one_name) : sync_all(s, group);
}

/* The proof shall come from the disk, not from memory. All are forgotten first, so that they are read ahead together.
 */
static int forget(struct sealer *s, struct job *j)
{
	if (!j->read_back) {
		(void)s->files->advise(s->files, j->temp, 0, 0, POSIX_FADV_DONTNEED); /* a hint */
		(void)s->files->advise(s->files, j->temp, 0, 0, POSIX_FADV_WILLNEED);
	}
	return 0;
}

static int read_back(struct sealer *s, struct job *j)
{
	int r = 0;

	if (j->read_back)
		return 0;
	do
		r = write_verify_slice(s, j);
	while (r == 0 && j->at < j->length);
	if (r < 0)
		return job_fail_read(j, r, "reading back");
	if (r > 0)
		return job_fail(j, SEAL_DAMAGED, "what was read back is not what was written");
	j->read_back = true;
	return 0;
}

/* The names are durable: the displaced go. After a rewrap nobody asks again who would find what a power cut gives back;
 * a seal still waits for the sync of its plaintext's end. */
static int drop_displaced(struct sealer *s, struct job *j)
{
	if (publish_drop_displaced(s, j) != 0)
		TRY(s->ports.degraded(s->ports.context, "leftover", "a displaced sealed file stays in .classd"));
	j->target_root->dropped = j->target_root->dropped || j->kind == JOB_REWRAP;
	return 0;
}

static int sync_drops(struct sealer *s)
{
	for (size_t i = 0; i < s->n_roots; i++) {
		if (!s->roots[i].dropped)
			continue;
		s->roots[i].dropped = false;
		s->flushes++;
		if (s->files->sync(s->files, s->roots[i].classd) != 0)
			TRY(s->ports.degraded(s->ports.context, "sync", ".classd failed to sync"));
	}
	return 0;
}

/* The registrar hears of it. */
static int report(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;

	if (j->kind == JOB_REWRAP) {
		j->step = job_answer;
		job_move(j, &s->ready);
		return 0;
	}
	TRY(job_answer(s, j));
	write_drop_name(s, j);
	known_add(s, j, j->temp, NULL);
	(void)f->close(f, j->temp); /* durable by now */
	j->temp = -1;
	if (j->target_dir >= 0 && j->target_dir != j->dir)
		(void)f->close(f, j->target_dir); /* likewise */
	j->target_dir = -1;
	buffer_done(&j->header);
	buffer_done(&j->record);
	secret_free(steal(&j->payload_key));
	job_move(j, &s->published);
	return 0;
}

/* A name is given only to content that is durable: a power cut must not leave a name of half a file (tests/crash). */
static int publish(struct sealer *s)
{
	struct job_queue group = TAILQ_HEAD_INITIALIZER(group), taken = TAILQ_HEAD_INITIALIZER(taken);
	size_t n = 0;
	bool few;

	for (; n < SEALER_GROUP && !TAILQ_EMPTY(&s->written); n++)
		job_move(TAILQ_FIRST(&s->written), &group);
	few = n <= SEALER_FEW;
	if (!few)
		TRY(dispose_take_all(s, &taken));
	TRY(sync_content(s, &group, few));
	TRY(dispose_drop_all(s, &taken));
	TRY(group_each(s, &group, forget));
	TRY(group_each(s, &group, read_back));
	TRY(group_each(s, &group, publish_keep));
	if (few)
		TRY(group_each(s, &group, sync_one_keep));
	TRY(group_each(s, &group, publish_target));
	TRY(sync_names(s, &group, few));
	dispose_report(s, &taken);
	TRY(group_each(s, &group, drop_displaced));
	TRY(sync_drops(s));
	TRY(group_each(s, &group, report));
	if (!TAILQ_EMPTY(&s->written))
		s->group_since_ms = s->group_last_ms = s->now_ms;
	return 0;
}

/* A seal or rewrap that is on its way to the group, or starts when a place in flight is free again. */
static bool more_will_come(struct sealer *s, size_t n)
{
	size_t waiting = n + queue_length(&s->published) + queue_length(&s->settled) + queue_length(&s->taken);

	return s->in_flight > waiting || (!TAILQ_EMPTY(&s->starting) && s->in_flight < s->in_flight_max);
}

uint64_t group_patience_ms(const struct sealer *s)
{
	bool are_many = s->in_flight >= SEALER_GROUP || !TAILQ_EMPTY(&s->starting);

	return are_many ? SEALER_MANY_MS : SEALER_GROUP_MS;
}

int group_run(struct sealer *s, uint64_t *wait_ms)
{
	size_t n = queue_length(&s->written);
	uint64_t due = s->group_since_ms + group_patience_ms(s);

	if (n == 0)
		return 0;
	if (!more_will_come(s, n)) {
		uint64_t more_ms = s->in_flight >= SEALER_STREAM ? SEALER_GROUP_MS : SEALER_QUIET_MS;
		uint64_t quiet = n == 1 ? s->now_ms : s->group_last_ms + more_ms;

		due = quiet < due ? quiet : due;
	}
	if (n >= SEALER_GROUP || due <= s->now_ms) {
		*wait_ms = 0;
		return publish(s);
	}
	if (due - s->now_ms < *wait_ms)
		*wait_ms = due - s->now_ms;
	return 0;
}

/* Jobs come in a queue, one is done a turn, so that the supervisor is heard in between. */
#include "inspector/inspector.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define IDLE_S	    30
#define PATIENCE_MS 1500
#define WALL_S	    30 /* of one file; then the kernel ends the process */
#define CPU_S	    10
#define SIGNALS_MAX ((size_t)16 << 20)

struct inspection {
	struct inspection *next;
	struct frame_inspect job; /* path: below */
	int fd;
	char path[];
};

static void inspection_free(struct inspection *job)
{
	close_fd(&job->fd);
	free(job);
}
DEFINE_OWNED(inspection, struct inspection, inspection_free);

/* A file that makes a library spin must not stop the others for ever: both signals end the process. */
void inspector_limit_time(bool on)
{
	const struct itimerval wall = {.it_value.tv_sec = on ? WALL_S : 0}, cpu = {.it_value.tv_sec = on ? CPU_S : 0};

	(void)setitimer(ITIMER_REAL, &wall, NULL); /* fails only for values that are no times */
	(void)setitimer(ITIMER_PROF, &cpu, NULL);
}

static const char *text_of(struct buffer *b)
{
	buffer_u8(b, 0);
	return b->failed ? "" : (const char *)b->at;
}

#define FOREIGN_LINES 4 /* more would tell nobody more */

static void add_foreign(const struct foreign_labels *labels, struct buffer *to)
{
	for (size_t i = 0; i < labels->n && i < FOREIGN_LINES; i++) {
		const struct foreign_label *l = &labels->at[i];
		const char *const fields[] = {foreign_kind_name(l->kind), l->policy, l->level, l->id, l->until};

		for (size_t k = 0; k < array_n(fields); k++) {
			for (const char *at = fields[k]; *at; at++)
				buffer_add(to, *at == '\t' ? " " : at, 1);
			buffer_add_text(to, k + 1 < array_n(fields) ? "\t" : "\n");
		}
	}
}

static int send_facts(struct inspector *i, const struct frame_inspect *job, struct facts *f)
{
	struct channel *registrar = role_peer(i->role, ROLE_REGISTRAR, -1);
	OWN_BUFFER struct buffer foreign = {0};
	struct frame_facts facts = {.job = job->job,
				    .root = job->root,
				    .path = job->path,
				    .dev = job->dev,
				    .ino = job->ino,
				    .size = job->size,
				    .mtime_ns = job->mtime_ns,
				    .outcome = (uint8_t)f->outcome,
				    .type = f->extract.type,
				    .text_bytes = f->extract.text.n,
				    .mark = f->mark.mark,
				    .mark_level = f->mark.level,
				    .mark_term = f->mark.term,
				    .matches = text_of(&f->matches),
				    .sealed_args = text_of(&f->extract.sealed_args)};

	add_foreign(&f->extract.foreign, &foreign);
	facts.foreign = text_of(&foreign);
	if (!registrar)
		return 0; /* lost this moment: it asks again when it is back */
	memcpy(facts.sha256, f->sha256, sizeof(facts.sha256));
	if (channel_message_size(&frame_type_facts, &facts) > FRAME_MAX)
		facts.sealed_args = facts.matches = ""; /* only a forged header is so long */
	return channel_send(registrar, &frame_type_facts, &facts, -1);
}

static int work(struct inspector *i, struct inspection *job)
{
	struct channel *watcher = role_peer(i->role, ROLE_WATCHER, -1);
	struct facts facts;
	int r;

	inspector_limit_time(true);
	r = inspect_file(i, job->fd, &job->job, &facts);
	inspector_limit_time(false);
	if (r == 0)
		r = send_facts(i, &job->job, &facts);
	facts_done(&facts);
	TRY(r);
	return watcher ? CHANNEL_SEND(watcher, inspected, -1, .job = job->job.job) : 0;
}

static int on_idle(struct loop_timer *timer)
{
	struct inspector *i = container_of(timer, struct inspector, idle);

	loop_stop(&i->role->loop);
	return 0;
}

static int on_work(struct loop_timer *timer);

static int go_on(struct inspector *i)
{
	if (!i->first)
		return loop_arm(&i->role->loop, &i->idle, i->idle_ms, on_idle);
	/* Without a registrar nobody would hear the answer: its end is on its way, or it is being restarted. */
	if ((!i->signals && !i->unsignalled) || i->work.loop || !role_peer(i->role, ROLE_REGISTRAR, -1))
		return 0;
	return loop_arm(&i->role->loop, &i->work, 0, on_work);
}

static int on_work(struct loop_timer *timer)
{
	struct inspector *i = container_of(timer, struct inspector, work);
	OWNED(inspection) struct inspection *job = i->first;

	if (!job)
		return go_on(i);
	i->first = job->next;
	if (!i->first)
		i->last = NULL;
	TRY(work(i, job));
	return go_on(i);
}

static int on_patience_over(struct loop_timer *timer)
{
	struct inspector *i = container_of(timer, struct inspector, patient);

	i->unsignalled = true;
	return go_on(i);
}

static int on_inspect(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	struct inspector *i = role->own;
	const struct frame_inspect *wanted = &message->inspect;
	size_t n = strlen(wanted->path) + 1;
	struct inspection *job;

	if (*fd < 0)
		return CHANNEL_SEND(from, inspected, -1, .job = wanted->job);
	job = calloc(1, sizeof(*job) + n);
	if (!job)
		return FAULT(ENOMEM, "remember a job");
	job->fd = steal_fd(fd);
	job->job = *wanted;
	memcpy(job->path, wanted->path, n);
	job->job.path = job->path;
	*(i->last ? &i->last->next : &i->first) = job;
	i->last = job;
	loop_disarm(&i->idle);
	if (!i->signals && !i->unsignalled && !i->patient.loop)
		TRY(loop_arm(&role->loop, &i->patient, PATIENCE_MS, on_patience_over));
	return go_on(i);
}

static int read_signals(int fd, struct buffer *ret)
{
	struct stat s;
	uint8_t *room;
	ssize_t n;

	if (fstat(fd, &s) < 0 || s.st_size < 0 || (size_t)s.st_size > SIGNALS_MAX)
		return 0;
	room = buffer_reserve(ret, (size_t)s.st_size + 1);
	TRY(buffer_check(ret));
	while ((n = pread(fd, room + ret->n, (size_t)s.st_size - ret->n, (off_t)ret->n)) > 0)
		ret->n += (size_t)n;
	return 0;
}

static int on_signals(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	struct inspector *i = role->own;
	OWN_BUFFER struct buffer lines = {0};
	struct signals *signals;

	(void)from;
	(void)message;
	if (*fd < 0)
		return 0;
	TRY(read_signals(*fd, &lines));
	TRY(signals_new(buffer_bytes(&lines), &signals));
	signals_free(i->signals);
	i->signals = signals;
	loop_disarm(&i->patient);
	return go_on(i);
}

static int prepare(struct role *role)
{
	struct inspector *i = calloc(1, sizeof(*i));
	uint64_t idle_s = IDLE_S;

	if (!i)
		return FAULT(ENOMEM, "begin to inspect");
	role->own = i;
	i->role = role;
	(void)text_to_u64(role_setting(role, "inspector_idle_s", ""), UINT32_MAX / 1000,
			  &idle_s); /* absent: as it was */
	i->idle_ms = (uint32_t)idle_s * 1000;
	/* libarchive turns times of zip entries into local time, for which the C library would open files. */
	if (setenv("TZ", "UTC0", 1) != 0)
		return FAULT(errno, "set the time zone");
	TRY(digest_new(&i->digest));
	return extractor_new(&i->extractor);
}

static int begin(struct role *role)
{
	return go_on(role->own);
}

static int peer_up(struct role *role, struct channel *peer)
{
	(void)peer;
	return go_on(role->own);
}

static void end(struct role *role)
{
	struct inspector *i = role->own;

	if (!i)
		return;
	while (i->first) {
		struct inspection *job = i->first;

		i->first = job->next;
		inspection_free(job);
	}
	loop_disarm(&i->work);
	loop_disarm(&i->idle);
	loop_disarm(&i->patient);
	signals_free(i->signals);
	digest_free(i->digest);
	extractor_free(i->extractor);
	free(i);
	role->own = NULL;
}

static const struct role_row rows[] = {
    {ROLE_WATCHER, &frame_type_inspect, on_inspect},
    {ROLE_REGISTRAR, &frame_type_signals, on_signals},
};

const struct role_description inspector_description = {
    .id = ROLE_INSPECTOR,
    .rows = rows,
    .n_rows = array_n(rows),
    .prepare = prepare,
    .begin = begin,
    .peer_up = peer_up,
    .end = end,
};

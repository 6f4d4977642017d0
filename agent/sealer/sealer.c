/* The sealer as a whole: its messages, its queues, and whose turn it is. */
#include "sealer/job.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define SLICE_BYTES    (SEALER_SLICE_CHUNKS * AGE_CHUNK)
#define SEALED_BYTES   (SEALER_SLICE_CHUNKS * AGE_SEALED_CHUNK)
#define STEPS_PER_TURN 32
#define ALL_QUEUES     11 /* with the NULL behind the last */
#define CROWDED_MS     10

/* A job in flight holds up to four descriptors; others need some, too. */
static size_t most_in_flight(void)
{
	const rlim_t wanted = 4 * SEALER_IN_FLIGHT + 256;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* then there are fewer */
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur >= wanted ? SEALER_IN_FLIGHT
	       : limit.rlim_cur < 272	? 4
					: ((size_t)limit.rlim_cur - 256) / 4;
}

int sealer_init(struct sealer *s, const struct files *files, const struct sealer_ports *ports, uid_t uid)
{
	*s = (struct sealer){
	    .files = files, .ports = *ports, .uid = uid, .pipes = -1, .in_flight_max = most_in_flight()};
	TAILQ_INIT(&s->ready);
	TAILQ_INIT(&s->starting);
	TAILQ_INIT(&s->for_digest);
	TAILQ_INIT(&s->for_key);
	TAILQ_INIT(&s->written);
	TAILQ_INIT(&s->published);
	TAILQ_INIT(&s->settled);
	TAILQ_INIT(&s->taken);
	TAILQ_INIT(&s->for_pipe);
	TAILQ_INIT(&s->for_room);
	TRY(bulk_new(&s->bulk));
	for (; s->n_digests < SEALER_DIGESTS; s->n_digests++)
		TRY(digest_new(&s->digests[s->n_digests]));
	s->plain = bytes_block(SLICE_BYTES);
	s->sealed = bytes_block(SEALER_HEADER_ROOM + SEALED_BYTES);
	if (!s->plain || !s->sealed)
		return FAULT(ENOMEM, "buffers");
	s->sealed += SEALER_HEADER_ROOM;
	s->pipes = epoll_create1(EPOLL_CLOEXEC);
	if (s->pipes < 0)
		return FAULT(errno, "epoll");
	/* A broken lease is asked for (F_GETLEASE), not signalled; the default action would end us. */
	if (signal(SIGIO, SIG_IGN) == SIG_ERR)
		return FAULT(errno, "signal");
	return 0;
}

static struct job_queue *const *all_queues(struct sealer *s, struct job_queue *ret[ALL_QUEUES])
{
	struct job_queue *queues[] = {&s->ready,     &s->starting, &s->for_digest, &s->for_key,	 &s->written,
				      &s->published, &s->settled,  &s->taken,	   &s->for_pipe, &s->for_room,
				      NULL};

	memcpy(ret, queues, sizeof(queues));
	return ret;
}

void sealer_registrar_lost(struct sealer *s)
{
	struct job_queue *queues[ALL_QUEUES];

	for (struct job_queue *const *q = all_queues(s, queues); *q; q++)
		while (!TAILQ_EMPTY(*q))
			job_free(s, TAILQ_FIRST(*q));
}

void sealer_done(struct sealer *s)
{
	if (s->files)
		sealer_registrar_lost(s);
	for (size_t i = 0; i < s->n_roots; i++) {
		close_fd(&s->roots[i].fd);
		close_fd(&s->roots[i].classd);
		close_fd(&s->roots[i].keep);
	}
	free(s->roots);
	bulk_free(s->bulk);
	while (s->n_digests > 0)
		digest_free(s->digests[--s->n_digests]);
	free(s->plain);
	free(s->sealed ? s->sealed - SEALER_HEADER_ROOM : NULL);
	close_fd(&s->pipes);
	*s = (struct sealer){.pipes = -1};
}

/* Jobs hold pointers into the array: roots come before the first job. */
int sealer_add_root(struct sealer *s, uint32_t id, enum root_kind kind, int fd)
{
	struct sealer_root *more = reallocarray(s->roots, s->n_roots + 1, sizeof(*more));
	struct stat stat;

	if (more)
		s->roots = more;
	if (!more || s->files->stat(s->files, fd, &stat) != 0) {
		close_fd(&fd);
		return FAULT(more ? EIO : ENOMEM, "root %u", id);
	}
	s->roots[s->n_roots++] =
	    (struct sealer_root){.id = id, .kind = kind, .fd = fd, .dev = stat.st_dev, .classd = -1, .keep = -1};
	return 0;
}

static struct sealer_root *find_root(struct sealer *s, uint32_t id)
{
	for (size_t i = 0; i < s->n_roots; i++)
		if (s->roots[i].id == id)
			return &s->roots[i];
	return NULL;
}

static int no_root(struct sealer *s, struct job *j)
{
	(void)s;
	return job_fail(j, SEAL_REFUSED, "this folder is not one of ours");
}

struct job_texts {
	const char *path, *target, *keep, *level, *args;
};

/* Makes the job and queues it; what is wrong with it already is said by its first step. */
static int add(struct sealer *s, struct job *j, uint32_t root, struct job_texts t)
{
	j->root = find_root(s, root);
	if (!j->target_root)
		j->target_root = j->root;
	j->path = text_copy(t.path ? t.path : "");
	j->keep = text_copy(t.keep ? t.keep : "");
	j->level = text_copy(t.level ? t.level : "");
	j->args = text_copy(t.args ? t.args : "");
	j->target = text_copy(t.target);
	if (!j->path || !j->keep || !j->level || !j->args || (t.target && !j->target) || j->record.failed) {
		job_free(s, j);
		return FAULT(ENOMEM, "job");
	}
	if (!j->root)
		j->step = no_root;
	job_move(j, j->kind == JOB_SEAL || j->kind == JOB_REWRAP ? &s->starting : &s->ready);
	return 0;
}

static bool is_known(struct sealer *s, uint64_t intent, enum job_kind kind)
{
	struct job_queue *queues[ALL_QUEUES];

	for (struct job_queue *const *q = all_queues(s, queues); *q; q++) {
		const struct job *j = job_find(*q, intent);

		if (j && j->kind == kind)
			return true;
	}
	return false;
}

static int on_seal(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_seal *m = &message->seal;
	struct job *j;

	(void)fd;
	j = job_find(&s->published, m->intent);
	if (j && j->kind == JOB_SEAL) { /* the registrar lost what it was told: it journals it before anything goes */
		int r = job_answer(s, j);

		return r < 0 ? r : 0;
	}
	if (is_known(s, m->intent, JOB_SEAL)) /* asked twice: the answer comes once */
		return 0;
	TRY(job_new(JOB_SEAL, m->intent, seal_begin, &j));
	j->dev = m->dev;
	j->ino = m->ino;
	j->size = m->size;
	j->mtime_ns = m->mtime_ns;
	j->replace_ino = m->replace_ino;
	memcpy(j->wanted_digest, m->sha256, sizeof(j->wanted_digest));
	buffer_add_bytes(&j->record, m->record);
	if (m->target_root != 0)
		j->target_root = find_root(s, m->target_root);
	if (m->target_root != 0 && !j->target_root)
		j->step = no_root;
	return add(s, j, m->root, (struct job_texts){m->path, m->target, m->keep, m->level, m->args});
}

static int on_rewrap(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_rewrap *m = &message->rewrap;
	struct job *j;

	(void)fd;
	if (is_known(s, m->intent, JOB_REWRAP))
		return 0;
	TRY(job_new(JOB_REWRAP, m->intent, rewrap_begin, &j));
	j->ino = m->ino;
	j->grant = m->grant;
	j->reencrypt = m->reencrypt;
	buffer_add_bytes(&j->record, m->record);
	return add(s, j, m->root, (struct job_texts){m->path, NULL, m->keep, m->level, m->args});
}

static int on_rekey(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_rekey *m = &message->rekey;
	struct job *j;

	(void)fd;
	if (is_known(s, m->intent, JOB_REWRAP))
		return 0;
	TRY(job_new(JOB_REWRAP, m->intent, rekey_begin, &j));
	j->ino = m->ino;
	j->grant = m->grant;
	j->reencrypt = m->reencrypt;
	j->is_rekey = true;
	return add(s, j, m->root, (struct job_texts){m->path, NULL, m->keep, m->level, m->record});
}

static int on_unseal(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_unseal *m = &message->unseal;
	struct job *j;

	TRY(job_new(JOB_UNSEAL, m->intent, unseal_begin, &j));
	j->grant = m->grant;
	j->pipe = steal_fd(fd);
	j->timeout_ms = m->timeout_ms;
	memcpy(j->wanted_mac, m->header_mac, sizeof(j->wanted_mac));
	return add(s, j, m->root, (struct job_texts){.path = m->path});
}

static int on_carry(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_carry *m = &message->carry;
	struct job *j;

	TRY(job_new(JOB_CARRY, m->intent, carry_begin, &j));
	j->pipe = steal_fd(fd);
	j->deadline_ms = s->now_ms + m->timeout_ms;
	memcpy(j->wanted_mac, m->header_mac, sizeof(j->wanted_mac));
	return add(s, j, m->root, (struct job_texts){.path = m->path});
}

/* Wherever it stands, it ends with its next step; what the pipe has got by then is cut short. */
static int on_cancel(struct sealer *s, const union frame_any *message, int *fd)
{
	struct job_queue *queues[ALL_QUEUES];

	(void)fd;
	for (struct job_queue *const *q = all_queues(s, queues); *q; q++) {
		struct job *j = job_find(*q, message->cancel.intent);

		if (!j || j->kind != JOB_UNSEAL)
			continue;
		(void)job_fail(j, SEAL_REFUSED, "cancelled");
		j->request = 0;
		job_move(j, &s->ready);
		return 0;
	}
	return 0;
}

static int on_header(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_header *m = &message->header;
	struct job *j;

	(void)fd;
	TRY(job_new(JOB_HEADER, m->intent, header_begin, &j));
	j->grant = m->grant;
	j->verifies = m->verify != 0;
	return add(s, j, m->root, (struct job_texts){.path = m->path});
}

static int on_restore(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_restore *m = &message->restore;
	struct job *j;

	(void)fd;
	TRY(job_new(JOB_RESTORE, m->intent, restore_begin, &j));
	return add(s, j, m->root, (struct job_texts){.keep = m->keep, .target = m->target});
}

static int on_list(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_list *m = &message->list;
	struct job *j;

	(void)fd;
	TRY(job_new(JOB_LIST, m->intent, list_begin, &j));
	return add(s, j, m->root, (struct job_texts){.path = m->path});
}

static int on_discard(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_discard *m = &message->discard;
	struct job *j;

	(void)fd;
	if (is_known(s, m->checkout, JOB_DISCARD))
		return 0;
	TRY(job_new(JOB_DISCARD, m->checkout, discard_begin, &j));
	j->ino = m->ino;
	memcpy(j->wanted_digest, m->sha256, sizeof(j->wanted_digest));
	memcpy(j->wanted_mac, m->header_mac, sizeof(j->wanted_mac));
	j->target_root = find_root(s, m->sealed_root);
	if (!j->target_root)
		j->step = no_root;
	return add(s, j, m->root, (struct job_texts){.path = m->path, .keep = m->keep});
}

static int on_alias(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_alias *m = &message->alias;
	struct job *j;

	(void)fd;
	TRY(job_new(JOB_ALIAS, m->intent, alias_begin, &j));
	return add(s, j, m->root, (struct job_texts){0});
}

static int on_destroy(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_destroy *m = &message->destroy;
	struct job *j;

	(void)fd;
	if (is_known(s, m->intent, JOB_DESTROY))
		return 0;
	TRY(job_new(JOB_DESTROY, m->intent, destroy_begin, &j));
	j->ino = m->ino;
	j->size = m->versions;
	return add(s, j, m->root, (struct job_texts){.path = m->path, .keep = m->keep});
}

int sealer_message(struct sealer *s, const struct frame_type *type, const union frame_any *message, int *fd)
{
	static const struct {
		enum frame_code code;
		int (*handle)(struct sealer *s, const union frame_any *message, int *fd);
	} rows[] = {
	    {FRAME_TYPE_seal, on_seal},
	    {FRAME_TYPE_settle, dispose_on_settle},
	    {FRAME_TYPE_rewrap, on_rewrap},
	    {FRAME_TYPE_rekey, on_rekey},
	    {FRAME_TYPE_unseal, on_unseal},
	    {FRAME_TYPE_cancel, on_cancel},
	    {FRAME_TYPE_header, on_header},
	    {FRAME_TYPE_carry, on_carry},
	    {FRAME_TYPE_restore, on_restore},
	    {FRAME_TYPE_list, on_list},
	    {FRAME_TYPE_discard, on_discard},
	    {FRAME_TYPE_alias, on_alias},
	    {FRAME_TYPE_destroy, on_destroy},
	    {FRAME_TYPE_level_public, keys_on_level_public},
	    {FRAME_TYPE_file_key, keys_on_file_key},
	};

	for (size_t i = 0; i < array_n(rows); i++)
		if (rows[i].code == type->code)
			return rows[i].handle(s, message, fd);
	return 0;
}

/* Jobs whose reader takes more, went away, or has had its time. */
static void wake_readers(struct sealer *s)
{
	struct epoll_event events[32];
	struct job *next;
	int n = TAILQ_EMPTY(&s->for_pipe) ? 0 : epoll_wait(s->pipes, events, array_n(events), 0);

	for (int i = 0; i < n; i++)
		job_move(events[i].data.ptr, &s->ready);
	for (struct job *j = TAILQ_FIRST(&s->for_pipe); j; j = next) {
		next = TAILQ_NEXT(j, link);
		if (j->deadline_ms <= s->now_ms)
			job_move(j, &s->ready);
	}
}

/* Listings go on when the registrar has taken what it was told. */
static void wake_listings(struct sealer *s)
{
	while (!TAILQ_EMPTY(&s->for_room) && !s->ports.is_crowded(s->ports.context))
		job_move(TAILQ_FIRST(&s->for_room), &s->ready);
}

static bool may_start(const struct sealer *s)
{
	return !TAILQ_EMPTY(&s->starting) && s->in_flight < s->in_flight_max;
}

/* How long nothing is due of what waits for time. */
static void lower_wait(struct sealer *s, uint64_t *wait_ms)
{
	const struct job *j;

	if (!TAILQ_EMPTY(&s->for_room) && *wait_ms > CROWDED_MS)
		*wait_ms = CROWDED_MS;
	TAILQ_FOREACH(j, &s->for_pipe, link)
	if (j->deadline_ms < s->now_ms + *wait_ms || *wait_ms == UINT64_MAX)
		*wait_ms = j->deadline_ms > s->now_ms ? j->deadline_ms - s->now_ms : 0;
	if (!TAILQ_EMPTY(&s->ready) || may_start(s))
		*wait_ms = 0;
}

/* Keys and texts of the jobs in hand go with the turn that leaves nothing to do at once. */
static void forget(struct sealer *s)
{
	if (!TAILQ_EMPTY(&s->ready))
		return;
	bulk_forget(s->bulk);
	wipe(s->plain, SLICE_BYTES);
}

static int run_step(struct sealer *s, struct job *j)
{
	int r = j->step(s, j);

	TRY(r);
	if (r == STEP_END)
		job_free(s, j);
	else if (r == STEP_AGAIN)
		job_move(j, &s->ready); /* behind the others */
	return 0;
}

int sealer_turn(struct sealer *s, uint64_t now_ms, uint64_t *ret_wait_ms)
{
	uint64_t wait_ms = UINT64_MAX;

	s->now_ms = now_ms;
	wake_readers(s);
	wake_listings(s);
	for (int i = 0; i < STEPS_PER_TURN; i++) {
		struct job *j = TAILQ_FIRST(&s->ready);

		if (!j && may_start(s)) {
			j = TAILQ_FIRST(&s->starting);
			j->in_flight = true;
			s->in_flight++;
		}
		if (!j)
			break;
		TRY(run_step(s, j));
	}
	TRY(dispose_run(s, &wait_ms));
	TRY(group_run(s, &wait_ms));
	forget(s);
	lower_wait(s, &wait_ms);
	*ret_wait_ms = wait_ms;
	return 0;
}

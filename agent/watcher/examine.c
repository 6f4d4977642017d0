/*
 * Jobs for inspectors. A few are with each inspector at a time, so that a
 * burst costs a few descriptors; the rest waits by name. When an inspector
 * ends badly, the job at its head is the one to suspect: it gets three more
 * chances, then it is reported; the others are handed out again.
 */
#include "watcher/watcher.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#define WINDOW	  16
#define TRIES	  4 /* an inspector may be killed by somebody else, and by chance over the same file */
#define QUEUE_MAX 200000
#define WANT_MS	  2000
#define SLOTS	  16

struct job {
	struct job *next;
	uint64_t id;
	uint64_t dev;
	uint64_t ino;
	uint32_t root;
	uint8_t tries;
	uint8_t known[FRAME_HASH];
	char path[];
};

struct job_list {
	struct job *first;
	struct job *last;
	size_t n;
};

struct examine {
	struct job_list waiting;
	struct job_list with[SLOTS]; /* by inspector, in the order they were handed over */
	struct loop_timer want;	     /* asked the supervisor for an inspector */
	struct watcher *watcher;
};

static void append(struct job_list *list, struct job *job)
{
	job->next = NULL;
	if (list->last)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
	list->n++;
}

static struct job *take_first(struct job_list *list)
{
	struct job *job = list->first;

	if (!job)
		return NULL;
	list->first = job->next;
	if (!list->first)
		list->last = NULL;
	list->n--;
	return job;
}

static void list_done(struct job_list *list)
{
	while (list->first)
		free(take_first(list));
}

int examine_new(struct watcher *w)
{
	w->examine = calloc(1, sizeof(*w->examine));
	if (!w->examine)
		return FAULT(ENOMEM, "make the list of jobs");
	w->examine->watcher = w;
	return 0;
}

void examine_registrar_lost(struct watcher *w)
{
	list_done(&w->examine->waiting);
}

void examine_free(struct watcher *w)
{
	if (!w->examine)
		return;
	loop_disarm(&w->examine->want);
	list_done(&w->examine->waiting);
	for (size_t i = 0; i < SLOTS; i++)
		list_done(&w->examine->with[i]);
	free(w->examine);
	w->examine = NULL;
}

static int refuse(struct watcher *w, const struct job *job, const char *reason)
{
	struct channel *registrar = role_peer(w->role, ROLE_REGISTRAR, -1);

	if (!registrar)
		return 0;
	return CHANNEL_SEND(registrar, unreadable, -1, .job = job->id, .root = job->root, .path = job->path,
			    .reason = reason);
}

/* The channel to an inspector that has room for a job. */
static struct channel *free_inspector(struct watcher *w, bool *ret_any)
{
	struct channel *best = NULL;

	*ret_any = false;
	for (size_t i = 0; i < w->role->n_peers; i++) {
		struct channel *peer = w->role->peers[i];

		if (peer->peer_role != ROLE_INSPECTOR || !channel_is_open(peer) || peer->peer_index >= SLOTS)
			continue;
		*ret_any = true;
		if (w->examine->with[peer->peer_index].n < WINDOW &&
		    (!best || w->examine->with[peer->peer_index].n < w->examine->with[best->peer_index].n))
			best = peer;
	}
	return best;
}

static const char *reason_of(int error)
{
	return error == EMFILE || error == ENFILE ? "too many open files" : strerror(error);
}

static uint64_t nanoseconds(const struct statx_timestamp *t)
{
	return t->tv_sec < 0 ? 0 : (uint64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* Takes the job: it goes to the inspector, or its refusal to the registrar. */
static int hand_over(struct watcher *w, struct job *taken, struct channel *to)
{
	const struct watched_root *root = watcher_root(w, taken->root);
	OWN_MEM struct job *job = taken;
	struct frame_inspect wanted;
	OWN_FD int fd = -1;
	struct statx s;

	if (!root || root->fd < 0)
		return refuse(w, job, "no such root");
	fd = watcher_open_regular(root, job->path, &s);
	if (fd < 0)
		return refuse(w, job, errno == ESTALE ? "not a regular file" : reason_of(errno));
	if (job->ino == 0) { /* whatever has the name */
		job->ino = s.stx_ino;
		job->dev = makedev(s.stx_dev_major, s.stx_dev_minor);
	}
	if (job->ino != s.stx_ino || job->dev != makedev(s.stx_dev_major, s.stx_dev_minor))
		return refuse(w, job, UNREADABLE_TAKEN);
	wanted = (struct frame_inspect){.job = job->id,
					.root = job->root,
					.path = job->path,
					.dev = job->dev,
					.ino = job->ino,
					.size = s.stx_size,
					.mtime_ns = nanoseconds(&s.stx_mtime)};
	memcpy(wanted.known, job->known, sizeof(wanted.known));
	TRY(channel_send(to, &frame_type_inspect, &wanted, steal_fd(&fd)));
	append(&w->examine->with[to->peer_index], steal(&job));
	return 0;
}

static int pump(struct watcher *w);

static int on_want(struct loop_timer *timer)
{
	struct examine *examine = container_of(timer, struct examine, want);

	return pump(examine->watcher);
}

static int pump(struct watcher *w)
{
	struct examine *examine = w->examine;
	bool any = true;

	while (examine->waiting.first) {
		struct channel *to = free_inspector(w, &any);

		if (!to)
			break;
		TRY(hand_over(w, take_first(&examine->waiting), to));
	}
	/* Idle inspectors end themselves: one more is asked for when there is none, or when those there have their
	 * hands full. */
	if (examine->want.loop || examine->waiting.n <= (any ? WINDOW : 0))
		return 0;
	TRY(CHANNEL_SEND(&w->role->control, want, -1, .role = ROLE_INSPECTOR));
	return loop_arm(&w->role->loop, &examine->want, WANT_MS, on_want);
}

int examine_want(struct watcher *w, const struct frame_examine *wanted)
{
	size_t n = strlen(wanted->path) + 1;
	OWN_MEM struct job *job = calloc(1, sizeof(*job) + n);

	if (!job)
		return FAULT(ENOMEM, "remember a job");
	*job = (struct job){.id = wanted->job, .dev = wanted->dev, .ino = wanted->ino, .root = wanted->root};
	memcpy(job->path, wanted->path, n);
	memcpy(job->known, wanted->known, sizeof(job->known));
	if (w->examine->waiting.n >= QUEUE_MAX)
		return refuse(w, job, "too many jobs wait");
	append(&w->examine->waiting, steal(&job));
	return pump(w);
}

int examine_inspected(struct watcher *w, uint8_t inspector, uint64_t id)
{
	struct job_list *list = &w->examine->with[inspector % SLOTS];

	/* In the order they were handed over: what was before it is done too. */
	for (struct job *job = list->first; job; job = job->next)
		if (job->id == id) {
			bool last = false;

			while (!last) {
				struct job *done = take_first(list);

				last = done == job;
				free(done);
			}
			break;
		}
	return pump(w);
}

int examine_inspector_up(struct watcher *w)
{
	loop_disarm(&w->examine->want);
	return pump(w);
}

int examine_inspector_lost(struct watcher *w, uint8_t inspector)
{
	struct job_list *list = &w->examine->with[inspector % SLOTS];
	bool head = true;
	struct job *job;

	while ((job = take_first(list))) {
		job->tries += head;
		head = false;
		if (job->tries < TRIES) {
			append(&w->examine->waiting, job);
			continue;
		}
		OWN_MEM struct job *given_up = job;
		TRY(refuse(w, given_up, "its inspection ended badly, four times"));
	}
	return pump(w);
}

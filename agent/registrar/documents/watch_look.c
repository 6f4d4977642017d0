/* Which files inspectors look at, and when: so many at a time, each once. */
#include "registrar/documents/watch_private.h"

#include "system/frame.h"

#include <errno.h>
#include <string.h>

static struct watch_look **bucket_of(struct watch *watch, uint32_t root, const char *path)
{
	uint32_t hash = 2166136261u ^ root;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 16777619u;
	return &watch->looks[hash % LOOK_BUCKETS];
}

static struct watch_look **find(struct watch *watch, uint32_t root, const char *path)
{
	struct watch_look **at = bucket_of(watch, root, path);

	while (*at && ((*at)->root != root || strcmp((*at)->path, path) != 0))
		at = &(*at)->next;
	return at;
}

static void queue(struct watch *watch, struct watch_look *look)
{
	look->job = 0;
	look->next_due = NULL;
	*watch->due_end = look;
	watch->due_end = &look->next_due;
	watch->n_due++;
}

static bool is_for(const struct watch_look *look, const struct store_seen *seen)
{
	return look->dev == seen->dev && look->ino == seen->ino && look->size == seen->size &&
	       look->mtime_ns == seen->mtime_ns;
}

static void set_wanted(struct watch_look *look, const struct store_seen *seen)
{
	look->dev = seen->dev;
	look->ino = seen->ino;
	look->size = seen->size;
	look->mtime_ns = seen->mtime_ns;
}

static int add(struct registrar *r, const struct store_seen *seen)
{
	struct watch_look **at = find(r->watch, seen->root, seen->path);
	size_t n = strlen(seen->path) + 1;
	struct watch_look *look = *at;

	if (look) { /* saved once more meanwhile: the answer on its way may be about what was there before */
		look->again = look->again || (look->job != 0 && !is_for(look, seen));
		memset(look->known, 0, sizeof(look->known));
		set_wanted(look, seen);
		return 0;
	}
	look = calloc(1, sizeof(*look) + n);
	if (!look)
		return FAULT(ENOMEM, "examination");
	look->root = seen->root;
	set_wanted(look, seen);
	memcpy(look->path, seen->path, n);
	*at = look;
	queue(r->watch, look);
	return 0;
}

static int take_due(const struct store_seen *seen, void *arg)
{
	struct registrar *r = arg;
	bool is_new = !*find(r->watch, seen->root, seen->path);
	struct watch_look *look;

	r->watch->backlog = seen->id;
	TRY(add(r, seen));
	look = *find(r->watch, seen->root, seen->path);
	if (is_new && seen->sha256 && seen->looked_with == r->looked_with)
		(void)text_from_hex(seen->sha256, look->known, sizeof(look->known)); /* else it is looked at as new */
	return 0;
}

/* First all names, then what is in them: while a scan goes on only what somebody works on is looked at. */
static bool is_scanning(const struct watch *watch)
{
	for (size_t i = 0; i < watch->n_roots; i++)
		if (watch->roots[i].is_scanning)
			return true;
	return false;
}

static int fetch(struct registrar *r)
{
	struct watch *watch = r->watch;
	int64_t before = watch->backlog;
	int result;

	if (before < 0 || !r->meta_key || is_scanning(watch))
		return 0;
	result = store_seen_due(r->store, before, LOOKS_ASKED_MAX, take_due, r);
	if (watch->backlog == before)
		watch->backlog = -1;
	return result < 0 ? result : 0;
}

/* What was taken from the store may all be here already: then some more. */
static int fill(struct registrar *r)
{
	struct watch *watch = r->watch;

	for (int64_t before = -2; !watch->due && watch->backlog != before;) {
		before = watch->backlog;
		TRY(fetch(r));
	}
	return 0;
}

static int send_look(struct channel *watcher, const struct watch_look *look)
{
	struct frame_examine wanted = {
	    .job = look->job, .root = look->root, .path = look->path, .dev = look->dev, .ino = look->ino};

	memcpy(wanted.known, look->known, sizeof(wanted.known));
	return channel_send(watcher, &frame_type_examine, &wanted, -1);
}

/* Asks for as many as may be under way; without a watcher they wait for watch_looks_again(). */
static int ask(struct registrar *r)
{
	struct watch *watch = r->watch;

	while (watch->n_asked < LOOKS_ASKED_MAX) {
		struct channel *watcher = role_peer(&r->role, ROLE_WATCHER, -1);
		struct watch_look *look;

		if (!watcher)
			return 0;
		TRY(fill(r));
		look = watch->due;
		if (!look)
			return 0;
		watch->due = look->next_due;
		watch->n_due--;
		if (!watch->due)
			watch->due_end = &watch->due;
		look->job = ++watch->last_job;
		look->asked_dev = look->dev;
		look->asked_ino = look->ino;
		watch->n_asked++;
		TRY(send_look(watcher, look));
	}
	return 0;
}

/* Left to the store, which knows that it was not looked at. */
static void leave(struct watch *watch, int64_t id)
{
	if (watch->backlog < 0 || watch->backlog >= id)
		watch->backlog = id - 1;
}

int watch_examine(struct registrar *r, const struct store_seen *seen)
{
	struct watch *watch = r->watch;
	bool is_new = !*find(watch, seen->root, seen->path);

	if (is_new && seen->id != 0 && !seen->ours &&
	    (watch->n_due >= LOOKS_DUE_MAX || (seen->event == SEEN_SCANNED && is_scanning(watch))))
		leave(watch, seen->id);
	else
		TRY(add(r, seen));
	return ask(r);
}

int watch_looks_due(struct registrar *r)
{
	r->watch->backlog = 0;
	return ask(r);
}

bool watch_is_asked(struct registrar *r, uint64_t job, const struct store_seen *seen)
{
	const struct watch_look *look = *find(r->watch, seen->root, seen->path);

	return look && look->job == job && look->asked_dev == seen->dev && look->asked_ino == seen->ino;
}

int watch_looked(struct registrar *r, uint64_t job, uint32_t root, const char *path)
{
	struct watch_look **at = find(r->watch, root, path);
	struct watch_look *look = *at;

	if (!look || look->job != job)
		return 0;
	r->watch->n_asked--;
	if (look->again) {
		look->again = false;
		queue(r->watch, look);
		return ask(r);
	}
	*at = look->next;
	free(look);
	if (r->watch->n_asked <= LOOKS_ASKED_MAX / 2) /* many go in one message */
		TRY(ask(r));
	return r->watch->n_asked == 0 ? watch_waiting_look(r) : 0;
}

int watch_examine_anew(struct registrar *r, const struct store_seen *seen, uint64_t *ret_ticket)
{
	struct watch_look *look = *find(r->watch, seen->root, seen->path);

	*ret_ticket = r->watch->last_job + 1;
	if (look && look->job != 0)
		look->again = true;
	TRY(add(r, seen)); /* somebody waits for it */
	return ask(r);
}

int watch_looks_again(struct registrar *r)
{
	struct watch *watch = r->watch;

	for (size_t i = 0; i < LOOK_BUCKETS; i++)
		for (struct watch_look *look = watch->looks[i]; look; look = look->next)
			if (look->job != 0)
				queue(watch, look);
	watch->n_asked = 0;
	return ask(r);
}

void watch_looks_free(struct watch *watch)
{
	for (size_t i = 0; i < LOOK_BUCKETS; i++)
		while (watch->looks[i]) {
			struct watch_look *look = watch->looks[i];

			watch->looks[i] = look->next;
			free(look);
		}
}

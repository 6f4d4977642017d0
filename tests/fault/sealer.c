/*
 * Every file operation of the sealer's work fails in every way at every call,
 * once or for good, and is the last before a kill. Whatever happens: a complete
 * copy of every document is readable at that moment and after it (I2), nothing
 * half-written has a name, no plaintext is left in the agent's hands (I1), the
 * answer is true, and asking again brings the work to its end.
 */
#include "scenes.h"

/* ---- what the directory holds ---- */

struct look {
	struct world *w;
	struct scene *s;
	struct bulk *bulk;
	/* for each content: sealed files with it, names in clear, taken ones */
	unsigned sealed[SCENE_CONTENTS], clear[SCENE_CONTENTS], taken[SCENE_CONTENTS];
	unsigned foreign; /* something that belongs to no content: half-written */
	unsigned left;	  /* in .classd, besides keep */
	char which[256];
	struct {
		ino_t ino;
		int content;
	} seen[24]; /* names of one file are read once */
	size_t n_seen;
};

static int which_content(const struct look *look, struct bytes b)
{
	for (size_t i = 0; i < look->s->n_contents; i++)
		if (bytes_equal(b, bytes_of(look->s->contents[i].at, look->s->contents[i].n)))
			return (int)i;
	return -1;
}

static bool open_payload(struct look *look, struct bytes sealed, const struct envelope *e, struct buffer *ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	uint64_t length, chunks;

	if (envelope_unlock(e, look->w->escrow, &file_key) != 0 ||
	    envelope_payload_key(e, file_key, &payload_key) != 0 ||
	    !age_plain_length(sealed.n - e->payload_at, &length) || bulk_set_key(look->bulk, payload_key) != 0)
		return false;
	chunks = age_chunk_count(length);
	for (uint64_t i = 0; i < chunks; i++) {
		size_t n = i + 1 < chunks ? AGE_CHUNK : (size_t)(length - i * AGE_CHUNK);
		struct bytes chunk = {sealed.at + e->payload_at + i * AGE_SEALED_CHUNK, n + AGE_TAG};

		if (bulk_open_chunk(look->bulk, i, i + 1 == chunks, chunk, buffer_reserve(ret, n + 1)) != 0)
			return false;
		ret->n += n;
	}
	return true;
}

/* The content that a sealed file has, read as its escrow would read it; -1: it does not open, or has another. */
static int sealed_content(struct look *look, struct bytes sealed)
{
	OWN_BUFFER struct buffer plain = {0};
	struct scene *s = look->s;
	struct envelope e;
	int r = -1;

	for (size_t i = 0; i < s->n_opened; i++)
		if (bytes_equal(buffer_bytes(&s->opened[i].bytes), sealed))
			return s->opened[i].content;
	if (envelope_parse(sealed, &e) != 0)
		return -1;
	if (open_payload(look, sealed, &e, &plain))
		r = which_content(look, buffer_bytes(&plain));
	envelope_done(&e);
	if (r >= 0 && s->n_opened < array_n(s->opened)) {
		s->opened[s->n_opened].content = r;
		buffer_add_bytes(&s->opened[s->n_opened++].bytes, sealed);
	}
	return r;
}

static void look_at_file(struct look *look, int dir, const char *name, bool in_classd, bool in_keep)
{
	OWN_BUFFER struct buffer all = {0};
	OWN_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;
	int content;

	assert_true(fd >= 0 && fstat(fd, &stat) == 0);
	for (size_t i = 0; i < look->n_seen; i++)
		if (look->seen[i].ino == stat.st_ino) {
			look->left += in_classd && !in_keep;
			look->sealed[look->seen[i].content]++;
			return;
		}
	assert_non_null(buffer_reserve(&all, (size_t)stat.st_size + 1));
	assert_int_equal(read(fd, all.at, (size_t)stat.st_size), stat.st_size);
	all.n = (size_t)stat.st_size;
	look->left += in_classd && !in_keep;
	content = sealed_content(look, buffer_bytes(&all));
	if (content >= 0) {
		look->sealed[content]++;
		assert_true(look->n_seen < array_n(look->seen));
		look->seen[look->n_seen].ino = stat.st_ino;
		look->seen[look->n_seen++].content = content;
		return;
	}
	content = which_content(look, buffer_bytes(&all));
	if (content >= 0 && in_classd && !in_keep && text_ends(name, ".alias")) {
		look->clear[content]++; /* beside a name that its owner gave it; it goes with that */
		look->left--;
	} else if (content >= 0 && strcmp(name, "theirs") == 0) {
		look->clear[content]++; /* not ours, wherever it lies */
		look->left -= in_classd && !in_keep;
	} else if (content < 0 || in_keep) {
		look->foreign++;
		(void)snprintf(look->which, sizeof(look->which), "%s", name);
	} else if (in_classd) {
		look->taken[content]++;
	} else {
		look->clear[content]++;
	}
}

static void look_beneath(struct look *look, int dir, bool in_classd, bool in_keep)
{
	DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;

	assert_non_null(list);
	while ((entry = readdir(list))) {
		OWN_FD int below = -1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (below >= 0)
			look_beneath(look, below, in_classd || strcmp(entry->d_name, ".classd") == 0,
				     in_classd && strcmp(entry->d_name, "keep") == 0);
		else
			look_at_file(look, dir, entry->d_name, in_classd, in_keep);
	}
	(void)closedir(list);
}

static struct bulk *reader;

static struct look look_now(struct world *w, struct scene *s, const char *when)
{
	struct look look = {.w = w, .s = s, .bulk = reader};

	look_beneath(&look, w->dir, false, false);
	if (look.foreign > 0)
		broken("%s: %s is neither a plaintext nor a sealed file that opens", when, look.which);
	for (size_t i = 0; i < s->n_contents; i++) {
		if (s->contents[i].is_gone)
			continue;
		/* The taken one counts: it is whole, and the next try puts it back to its place, which is looked at. */
		if (s->contents[i].is_needed && look.sealed[i] + look.clear[i] + look.taken[i] == 0)
			broken("%s: I2: no complete copy of content %zu", when, i);
		if (look.clear[i] > 0 || look.sealed[i] > 0)
			s->contents[i].is_needed = true; /* it has been saved */
	}
	return look;
}

/* ---- what is said ---- */

static struct world *world;
static struct scene *scene_now;
static struct faulty *faulty_now;

/* A process that is no more says nothing. */
static int say(void *context, const struct frame_type *type, const void *message, int fd)
{
	if (faulty_now && faulty_now->dead) {
		close_fd(&fd);
		return 0;
	}
	return MEMORY_PAUSED(world_registrar(context, type, message, fd));
}

static int ask_keeper(void *context, const struct frame_type *type, const void *message, int fd)
{
	return MEMORY_PAUSED(world_keeper(context, type, message, fd));
}

/* The end of the process by a fault is an answer where memory ran out, and must have been said. */
static void check_result(const struct fault *fault, int r)
{
	bool is_memory = fault->kind == FAULT_MEMORY || fault->kind == FAULT_MEMORY_FROM;

	if (r != 0 && r != -ELOOP && !is_memory)
		broken("the sealer ends by a fault: %s", strerror(-r));
	if (r > 0)
		broken("an outcome %d where none can be", r);
	if (r < 0 && faults.reported == 0)
		broken("a fault that nobody has said");
}

static void at_fault(void *context)
{
	struct faulty *x = context;

	if (x->fault.kind != FAULT_OF) /* begins like the fault of one call, which looks */
		(void)look_now(world, scene_now, "at the fault");
}

/* A state that says "sealed" is true, and whatever was asked was answered. */
static void check_answers(struct world *w, struct scene *s, const struct look *look)
{
	for (size_t i = 0; i < w->n_answers; i++) {
		const struct answer *a = &w->answers[i % WORLD_ANSWERS];

		if (a->type != FRAME_TYPE_found && a->outcome != SEAL_DONE && !a->detail[0])
			broken("an answer of type %u with outcome %u says nothing", a->type, a->outcome);
	}
	for (size_t i = 0; i < s->n_wanted; i++) {
		const struct wanted *wanted = &s->wanted[i];

		if (wanted->type == FRAME_TYPE_disposed && !world_answer(w, FRAME_TYPE_published, wanted->intent))
			broken("intent %llu was never answered", (unsigned long long)wanted->intent);
		if (wanted->type != FRAME_TYPE_disposed && !world_answer(w, wanted->type, wanted->intent))
			broken("intent %llu was never answered", (unsigned long long)wanted->intent);
	}
	for (size_t i = 0; i < s->n_contents; i++) {
		const struct answer *a = world_answer(w, FRAME_TYPE_destroyed, 9);

		if (a && a->outcome == SEAL_DONE && s->contents[i].is_gone && look->sealed[i] > 0)
			broken("said to be destroyed, and content %zu is there", i);
	}
	for (size_t i = 0; i < s->n_asked && s->n_asked == s->n_contents; i++) {
		const struct answer *a = world_answer(w, FRAME_TYPE_published, s->asked[i].m.intent);
		const struct answer *b = world_answer(w, FRAME_TYPE_disposed, s->asked[i].m.intent);

		if (a && a->outcome == SEAL_DONE && look->sealed[i] == 0)
			broken("published, and there is no sealed file");
		if (b && b->outcome == SEAL_DONE && !s->contents[i].is_clear_too && look->clear[i] + look->taken[i] > 0)
			broken("I1: disposed, and the plaintext is there");
	}
}

/* The fault is over, the registrar has asked again. */
static void check_end(struct world *w, struct scene *s)
{
	struct look look = look_now(w, s, "at the end");

	for (size_t i = 0; i < s->n_contents; i++) {
		const struct content *c = &s->contents[i];

		if (c->is_gone && look.sealed[i] + look.clear[i] + look.taken[i] > 0)
			broken("content %zu was destroyed, and is there at the end", i);
		if (c->is_gone)
			continue;
		if (c->is_needed && c->is_sealed && look.sealed[i] == 0)
			broken("content %zu is not sealed at the end", i);
		if (c->is_needed && !c->is_sealed && look.clear[i] == 0)
			broken("content %zu is not in its place at the end", i);
		if (look.taken[i] > 0 || (look.clear[i] > 0 && !c->is_clear_too))
			broken("I1: content %zu is there in clear at the end", i);
	}
	if (look.left > 0)
		broken("%u files are left in .classd", look.left);
	for (size_t i = 0; i < s->n_wanted; i++) {
		const struct wanted *wanted = &s->wanted[i];
		const struct answer *a = world_answer(w, wanted->type, wanted->intent);

		if (!a || a->outcome != wanted->outcome)
			broken("at the end: intent %llu, type %u: outcome %d (%s)", (unsigned long long)wanted->intent,
			       wanted->type, a ? a->outcome : -1, a ? a->detail : "no answer");
	}
}

/* ---- one run ---- */

static void begin_sealer(struct world *w)
{
	const struct sealer_ports ports = {w, say, ask_keeper, world_degraded, world_is_crowded};

	scene_restart(w, &ports);
}

static void once_more(struct world *w, struct scene *s, const struct fault *fault)
{
	w->sealer.files = &w->files;
	/* A kill, and every second fault, is followed by a new process; the others are asked again in the old one. */
	if (fault->kind == FAULT_KILL || fault->at % 2 == 0)
		begin_sealer(w);
	if (s->act(w, s) != 0 || (s->finish && s->finish(w, s) != 0))
		broken("asked again, the sealer ends");
	check_end(w, s);
}

static bool run(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	struct world *w = world;
	unsigned descriptors;
	struct look look;
	int r;

	remove_beneath(w->dir);
	w->files.move = files_linux.move;
	w->now_ms = 1000;
	begin_sealer(w);
	descriptors = faults_descriptors();
	scene_clear(s);
	s->prepare(w, s);
	begin_sealer(w);
	faulty_init(ret, &w->files, *fault);
	ret->at_fault = at_fault;
	ret->context = ret;
	scene_now = s;
	faulty_now = ret;
	w->sealer.files = &ret->table;
	faults_arm(fault);
	r = s->act(w, s);
	faults_disarm();
	check_result(fault, r);
	look = look_now(w, s, "after the fault");
	if (!ret->dead && r == 0)
		check_answers(w, s, &look);
	if (ret->dead || r != 0)
		begin_sealer(w);
	faulty_now = NULL;
	once_more(w, s, fault);
	remove_beneath(w->dir);
	begin_sealer(w);
	if (faults_descriptors() != descriptors)
		broken("descriptors: %u before, %u after", descriptors, faults_descriptors());
	scene_clear(s);
	return ret->hit;
}

/* What our reader takes for whole, stock age takes for whole, too. */
static void check_with_age(struct scene *s)
{
	struct faulty x;
	static const struct fault none;

	faults.scene = s->name;
	(void)run(s, &none, &x);
	s->prepare(world, s);
	if (s->act(world, s) != 0 || !world_age_opens(world, "doc.age", s->contents[0].at, s->contents[0].n))
		broken("age does not open what our reader opens");
	(void)unlinkat(world->dir, "escrow.key", 0);
}

int main(int argc, char **argv)
{
	void *state;

	faults_begin(argc, argv);
	faults_in_memory();
	assert_int_equal(world_setup(&state), 0);
	assert_int_equal(bulk_new(&reader), 0);
	world = state;
	for (size_t i = 0; i < array_n(scenes); i++)
		faults_all(&scenes[i], scenes[i].name, scenes[i].every, run);
	for (size_t i = 0; i < 3; i++)
		check_with_age(&scenes[i]);
	scene_clear(&scenes[0]);
	bulk_free(reader);
	(void)world_teardown(&state);
	return faults_end();
}

/*
 * Every file operation of the keeper's work fails in every way at every call,
 * once or for good, and is the last before a kill. Whatever happens: each key
 * that was there can be read by the machine (or the person it was given to) and
 * by an escrow, the store never names a key that it does not hold, and asking
 * again brings the work to its end.
 */
#include "faulty.h"
#include "keeper/room.h"

#include "keeper/backup.h"
#include "keeper/epochs.h"
#include "keeper/escrow.h"
#include "keeper/unlock.h"

#include <sys/mman.h>

#define FILES_MAX 24

struct scene {
	const char *name;
	void (*prepare)(struct room *room);
	int (*act)(struct room *room); /* 0: done; negative: a fault; positive: an outcome that is not "done" */
	bool (*is_done)(struct room *room);
	bool is_first; /* there is no keeper yet */
	const char *destroyed;

	/* What lies there before, made once. */
	struct kept {
		char name[100];
		struct buffer content;
	} kept[FILES_MAX];
	size_t n_kept;
	struct {
		char file[100];
		char id[9];
	} keys[8];
	size_t n_keys;
};

static struct secret *other_escrow, *person;
static struct recipient other_escrow_is, person_is;
static char person_text[RECIPIENT_TEXT];

/* ---- the scenes ---- */

static int outcome_of(int r, enum key_outcome outcome)
{
	return r != 0 ? r : outcome != KEY_DONE;
}

static void prepare_none(struct room *room)
{
	(void)room;
}

static void prepare_two(struct room *room)
{
	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
}

static void prepare_three(struct room *room)
{
	prepare_two(room);
	add_epoch(room, "SECRET", "2027");
}

static int act_first(struct room *room)
{
	int r = keeper_initialise(room->keeper.files, room->store, room->machine, room->escrow);
	const struct files *f = room->keeper.files;

	if (r != 0)
		return r;
	keeper_done(&room->keeper);
	return keeper_open(&room->keeper, f, room->store, room->machine);
}

static int act_open(struct room *room)
{
	const struct files *f = room->keeper.files;
	int r;

	keeper_done(&room->keeper);
	r = keeper_open(&room->keeper, f, room->store, room->machine);
	return r != 0 ? r : room->keeper.n_unreadable > 0;
}

static int add(struct room *room, const char *level, const char *epoch)
{
	enum key_outcome outcome = KEY_DONE;

	return outcome_of(keeper_add_epoch(&room->keeper, level, epoch, &outcome), outcome);
}

static int act_new_level(struct room *room)
{
	return add(room, "INTERNAL", "2026");
}

static int act_new_epoch(struct room *room)
{
	return add(room, "SECRET", "2027");
}

static bool has(struct room *room, const char *level, const char *epoch)
{
	const struct keeper_key *key = keeper_level(&room->keeper, level);

	return key && text_equal(key->epoch, epoch);
}

static bool has_internal(struct room *room)
{
	return has(room, "INTERNAL", "2026");
}

static bool has_epoch(struct room *room)
{
	return has(room, "SECRET", "2027") && has(room, "TOP", "2026");
}

static int set(struct room *room, enum epoch_state state)
{
	enum epoch_outcome outcome = EPOCH_DONE;
	int r = epochs_set(&room->keeper, "SECRET", "2026", state, &outcome);

	return r != 0 ? r : outcome != EPOCH_DONE;
}

static int act_retire(struct room *room)
{
	return set(room, EPOCH_RETIRED);
}

static int act_reopen(struct room *room)
{
	return set(room, EPOCH_OPEN);
}

static int act_destroy(struct room *room)
{
	return set(room, EPOCH_DESTROYED);
}

static const struct keeper_key *old_key(struct room *room)
{
	for (size_t i = 0; i < room->keeper.n_keys; i++)
		if (text_equal(room->keeper.keys[i].level, "SECRET") && text_equal(room->keeper.keys[i].epoch, "2026"))
			return &room->keeper.keys[i];
	return NULL;
}

static void prepare_retired(struct room *room)
{
	prepare_three(room);
	assert_int_equal(act_retire(room), 0);
}

static bool is_retired(struct room *room)
{
	const struct keeper_key *key = old_key(room);

	return key && key->is_retired;
}

static bool is_open(struct room *room)
{
	const struct keeper_key *key = old_key(room);

	return key && !key->is_retired && key->identity;
}

static bool is_destroyed(struct room *room)
{
	struct stat stat;

	return !old_key(room) && epochs_is_gone(&room->keeper, "SECRET", "2026") &&
	       fstatat(room->store, "SECRET.2026.age", &stat, 0) != 0 &&
	       fstatat(room->store, "SECRET.2026.pub", &stat, 0) != 0;
}

static int act_escrow(struct room *room)
{
	return escrow_change(&room->keeper, &other_escrow_is);
}

static bool is_other_escrow(struct room *room)
{
	struct stat stat;

	return bytes_equal_constant(room->keeper.wrap_to[1].point, other_escrow_is.point, X25519_BYTES) &&
	       escrow_waiting(&room->keeper) == 0 && fstatat(room->store, "escrow.rewrap", &stat, 0) != 0;
}

static int act_persons(struct room *room)
{
	OWN_MEM char *lines = MEMORY_PAUSED(text_format("li %s\n", person_text));
	struct frame_level_mode m = {.level = "SECRET", .is_person = true, .idle_ms = 1000, .persons = lines};
	int r;

	room->keeper.n_unwritten = 0;
	r = unlock_set_level(&room->keeper, &m);
	return r != 0 ? r : room->keeper.n_unwritten > 0;
}

static bool is_of_persons(struct room *room)
{
	return old_key(room) && old_key(room)->is_of_persons;
}

static int act_mark(struct room *room)
{
	struct frame_mark now = {.entries = 12, .last = {9}};
	struct mark m;
	int r = mark_read(&room->keeper, &m);

	return r != 0 ? r : mark_write(&room->keeper, &m, &now, false);
}

/* At the first start. */
static int act_first_mark(struct room *room)
{
	struct frame_mark now = {.entries = 12, .last = {9}};
	struct mark m;
	int r = mark_read(&room->keeper, &m);

	return r != 0 ? r : mark_write(&room->keeper, &m, &now, true);
}

static void prepare_mark(struct room *room)
{
	struct frame_mark now = {.entries = 10, .last = {7}};
	struct mark m;

	prepare_two(room);
	assert_int_equal(mark_read(&room->keeper, &m), 0);
	assert_int_equal(mark_write(&room->keeper, &m, &now, false), 0);
}

static bool is_marked(struct room *room)
{
	struct mark m;

	return mark_read(&room->keeper, &m) == 0 && m.state == MARK_THERE && m.entries == 12;
}

static int act_pack(struct room *room)
{
	OWN_FD int fd = memfd_create("packed", MFD_CLOEXEC);
	uint64_t files = 0;
	int r = backup_pack_keys(&room->keeper, fd, &files);

	if (r == 0 && files != 6)
		broken("a backup was said to be whole, and has %llu files", (unsigned long long)files);
	return r;
}

static void prepare_without_public(struct room *room)
{
	prepare_two(room);
	assert_int_equal(unlinkat(room->store, "SECRET.2026.pub", 0), 0);
}

static bool has_public(struct room *room)
{
	struct stat stat;

	return fstatat(room->store, "SECRET.2026.pub", &stat, 0) == 0;
}

static bool always(struct room *room)
{
	(void)room;
	return true;
}

static struct scene scenes[] = {
    {"the first start", prepare_none, act_first, always, .is_first = true},
    {"opening", prepare_three, act_open, always, .destroyed = NULL},
    {"opening without a public half", prepare_without_public, act_open, has_public, .destroyed = NULL},
    {"a key for a level", prepare_two, act_new_level, has_internal, .destroyed = NULL},
    {"a key for a new epoch", prepare_two, act_new_epoch, has_epoch, .destroyed = NULL},
    {"an epoch retires", prepare_three, act_retire, is_retired, .destroyed = NULL},
    {"an epoch is opened again", prepare_retired, act_reopen, is_open, .destroyed = NULL},
    {"an epoch is destroyed", prepare_three, act_destroy, is_destroyed, .destroyed = "SECRET.2026.age"},
    {"another escrow", prepare_two, act_escrow, is_other_escrow, .destroyed = NULL},
    {"a level of persons", prepare_two, act_persons, is_of_persons, .destroyed = NULL},
    {"the first mark", prepare_two, act_first_mark, is_marked, .destroyed = NULL},
    {"the next mark", prepare_mark, act_mark, is_marked, .destroyed = NULL},
    {"keys for a backup", prepare_two, act_pack, always, .destroyed = NULL},
};

/* ---- what lies there ---- */

static void read_whole(int dir, const char *name, struct buffer *ret)
{
	OWN_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	buffer_clear(ret);
	assert_true(fd >= 0);
	assert_int_equal(files_read_rest(&files_linux, fd, 1 << 20, ret), 0);
}

static void keep_all(struct scene *s, int dir, const char *prefix)
{
	DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;

	while ((entry = readdir(list))) {
		struct kept *kept = &s->kept[s->n_kept];

		if (entry->d_type != DT_REG)
			continue;
		assert_true(++s->n_kept <= FILES_MAX);
		(void)snprintf(kept->name, sizeof(kept->name), "%s%.80s", prefix, entry->d_name);
		read_whole(dir, entry->d_name, &kept->content);
	}
	(void)closedir(list);
}

static void open_places(struct room *room)
{
	room->machine = openat(room->store, "other/machine.key", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	room->escrow = openat(room->store, "other/escrow.key", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
}

static void put_back(struct scene *s, struct room *room)
{
	remove_beneath(room->store);
	assert_int_equal(mkdirat(room->store, "other", 0700), 0);
	for (size_t i = 0; i < s->n_kept; i++) {
		OWN_FD int fd = openat(room->store, s->kept[i].name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(files_write_all(&files_linux, fd, s->kept[i].content.at, s->kept[i].content.n), 0);
	}
	open_places(room);
	if (!s->is_first)
		assert_int_equal(keeper_open(&room->keeper, &files_linux, room->store, room->machine), 0);
}

static void close_all(struct room *room)
{
	keeper_done(&room->keeper);
	room->keeper = (struct keeper){0};
	close_fd(&room->machine);
	close_fd(&room->escrow);
}

/* Made once for the scene; each run begins with a copy. */
static void make_first(struct scene *s, struct room *room)
{
	bool is_first = s->is_first;

	s->is_first = true;
	put_back(s, room);
	s->is_first = is_first;
	if (is_first)
		return close_all(room);
	assert_int_equal(keeper_initialise(&files_linux, room->store, room->machine, room->escrow), 0);
	assert_int_equal(keeper_open(&room->keeper, &files_linux, room->store, room->machine), 0);
	s->prepare(room);
	for (size_t i = 0; i < room->keeper.n_keys; i++) {
		const struct keeper_key *key = &room->keeper.keys[i];

		(void)snprintf(s->keys[i].file, sizeof(s->keys[i].file), "%.40s.%.40s.age", key->level, key->epoch);
		memcpy(s->keys[i].id, key->key_id, sizeof(s->keys[i].id));
	}
	s->n_keys = room->keeper.n_keys;
	keep_all(s, room->store, "");
	close_fd(&room->machine);
	{
		OWN_FD int other = openat(room->store, "other", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		keep_all(s, other, "other/");
	}
	close_all(room);
}

/* ---- what must hold ---- */

static bool opens_with(struct bytes file, const struct secret *identity)
{
	OWNED(secret) struct secret *text = NULL;

	return identity && agefile_open(file, identity, &text) == 0;
}

static struct secret *first_escrow(struct room *room)
{
	OWN_BUFFER struct buffer text = {0};
	struct secret *identity = NULL;

	read_whole(room->store, "other/escrow.key", &text);
	return identity_from_text(buffer_bytes(&text), &identity) == 0 ? identity : NULL;
}

/* Every key of before, read as those would read it who may. `k`: a keeper opened on what lies there now. */
static void check_keys(struct scene *s, struct room *room, const struct keeper *k, const char *when)
{
	OWNED(secret) struct secret *escrow = s->is_first ? NULL : first_escrow(room);

	for (size_t i = 0; i < s->n_keys; i++) {
		OWN_BUFFER struct buffer file = {0};
		struct stat stat;

		if (s->destroyed && text_equal(s->destroyed, s->keys[i].file))
			continue;
		if (fstatat(room->store, s->keys[i].file, &stat, 0) != 0) { /* a key is never removed */
			broken("%s: %s is gone", when, s->keys[i].file);
			continue;
		}
		read_whole(room->store, s->keys[i].file, &file);
		if (!opens_with(buffer_bytes(&file), k->machine_identity) && !opens_with(buffer_bytes(&file), person))
			broken("%s: %s opens with neither the machine nor the person", when, s->keys[i].file);
		if (!opens_with(buffer_bytes(&file), escrow) && !opens_with(buffer_bytes(&file), other_escrow))
			broken("%s: %s opens with no escrow", when, s->keys[i].file);
	}
}

/* What a keeper that starts now makes of it. */
static void check_store(struct scene *s, struct room *room, const char *when)
{
	OWN_BUFFER struct buffer escrow = {0};
	struct keeper k = {0};
	struct stat stat;
	int r = keeper_open(&k, &files_linux, room->store, room->machine);

	if (s->is_first && fstatat(room->store, "escrow.pub", &stat, 0) == 0) {
		OWNED(secret) struct secret *identity = first_escrow(room);
		struct recipient is;

		if (!identity || identity_recipient(identity, &is) != 0 || r != 0)
			broken("%s: the store names an escrow whose identity nobody has", when);
		else if (!bytes_equal_constant(is.point, k.wrap_to[1].point, X25519_BYTES))
			broken("%s: the store names another escrow", when);
	}
	if (!s->is_first && r != 0)
		broken("%s: the keeper does not start: %d", when, r);
	if (!s->is_first && k.n_unreadable > 0)
		broken("%s: %zu key files do not open", when, k.n_unreadable);
	if (!s->is_first && r == 0)
		check_keys(s, room, &k, when);
	keeper_done(&k);
}

static struct room room_now;

static bool run(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	struct room *room = &room_now;
	unsigned descriptors = faults_descriptors();
	int r;

	put_back(s, room);
	faulty_init(ret, &files_linux, *fault);
	room->keeper.files = &ret->table;
	faults_arm(fault);
	r = s->act(room);
	faults_disarm();
	room->keeper.files = &files_linux;
	if (r < 0 && faults.reported == 0)
		broken("a fault that nobody has said");
	if (r == 0 && !ret->dead && !ret->hit && !s->is_done(room)) /* of memory, too: nothing is done in part */
		broken("it says done, and is not");
	check_store(s, room, "after the fault");
	/* The keeper ends by a fault, and is started again; what it could answer it goes on from. */
	if (r < 0 || ret->dead || fault->at % 2 == 0 || s->is_first) {
		keeper_done(&room->keeper);
		room->keeper = (struct keeper){.files = &files_linux};
		if (s->is_first) { /* the file of the identity is removed, and named anew */
			close_fd(&room->machine);
			close_fd(&room->escrow);
			(void)unlinkat(room->store, "other/escrow.key", 0);
			open_places(room);
		} else if (keeper_open(&room->keeper, &files_linux, room->store, room->machine) != 0) {
			broken("it does not start again");
		}
	}
	room->keeper.files = &files_linux;
	r = s->act(room);
	if (r != 0)
		broken("asked again: %d", r);
	else if (!s->is_done(room))
		broken("asked again it says done, and is not");
	check_store(s, room, "at the end");
	keeper_done(&room->keeper);
	room->keeper = (struct keeper){0};
	if (keeper_open(&room->keeper, &files_linux, room->store, room->machine) != 0 || !s->is_done(room))
		broken("it is not so after a start");
	close_all(room);
	if (faults_descriptors() != descriptors)
		broken("descriptors: %u before, %u after", descriptors, faults_descriptors());
	return ret->hit;
}

static void clear(struct scene *s)
{
	for (size_t i = 0; i < s->n_kept; i++)
		buffer_done(&s->kept[i].content);
	s->n_kept = 0;
}

int main(int argc, char **argv)
{
	struct room *room = &room_now;

	faults_begin(argc, argv);
	faults_in_memory();
	assert_int_equal(sodium_start(), 0);
	assert_int_equal(identity_new(&other_escrow), 0);
	assert_int_equal(identity_new(&person), 0);
	assert_int_equal(identity_recipient(other_escrow, &other_escrow_is), 0);
	assert_int_equal(identity_recipient(person, &person_is), 0);
	recipient_to_text(&person_is, person_text);
	(void)snprintf(room->path, sizeof(room->path), "%.50s/keeper-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(room->path));
	room->store = open(room->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < array_n(scenes); i++) {
		make_first(&scenes[i], room);
		faults_all(&scenes[i], scenes[i].name, 1, run);
		clear(&scenes[i]);
	}
	remove_beneath(room->store);
	(void)close(room->store);
	(void)rmdir(room->path);
	secret_free(other_escrow);
	secret_free(person);
	return faults_end();
}

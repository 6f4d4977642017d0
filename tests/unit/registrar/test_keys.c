/* Epochs and rotations with a keeper and a sealer that are played here, on one loop with the registrar's core. */
#include "core_fixture.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/keys/epochs.h"
#include "registrar/keys/key_findings.h"
#include "registrar/keys/rotate.h"
#include "registrar/keys/scan.h"
#include "registrar/oversight/recover.h"
#include "registrar/store/look.h"

#include <sys/socket.h>

#define DOCUMENTS 40
#define FILES	  (DOCUMENTS + 2) /* and a kept version, and a copy */
#define OLD_KEY	  "00000001"
#define NEW_KEY	  "00000002"

struct file {
	char path[48], number[STORE_NUMBER_MAX], record[40];
	const char *key_id;
	uint64_t ino;
	bool is_anew;  /* it was encrypted anew */
	uint8_t fails; /* with this outcome */
};

struct play {
	struct fixture f;
	struct channel ends[2]; /* the registrar's: keeper, sealer */
	struct channel peers[2];
	struct role_root root;
	struct policy policy;
	struct file files[FILES];
	bool has_new_key, sealer_is_dead;
	enum epoch_state keeper_says; /* of the old key */
	int dies_after;		      /* so many moves the sealer is killed; -1: never */
	unsigned n_moves, n_sets;
	uint64_t next_ino;
	struct loop_timer look;
	bool (*is_over)(struct play *p);
	uint64_t deadline_ms;
};

/* ---- the peers ---- */

static int tell_epoch(struct play *p, uint64_t id, const char *epoch, const char *key_id, enum epoch_state state)
{
	return CHANNEL_SEND(&p->peers[0], epoch_is, -1, .id = id, .level = "SECRET", .epoch = epoch, .key_id = key_id,
			    .state = (uint8_t)state, .readable = 1);
}

static int tell_epochs(struct play *p, uint64_t id)
{
	TRY(tell_epoch(p, id, "2026", OLD_KEY, p->keeper_says));
	if (p->has_new_key)
		TRY(tell_epoch(p, id, "2026-r2", NEW_KEY, EPOCH_OPEN));
	return CHANNEL_SEND(&p->peers[0], epochs_end, -1, .id = id, .outcome = EPOCH_DONE, .escrow = "eeeeeeee");
}

static int on_keeper(struct channel *channel, const struct frame_type *type, const union frame_any *m, int *fd)
{
	struct play *p = channel->owner;

	(void)fd;
	if (type == &frame_type_epoch) {
		assert_string_equal(m->epoch.epoch, "2026-r2");
		p->has_new_key = true;
	} else if (type == &frame_type_epochs_ask)
		return tell_epochs(p, m->epochs_ask.id);
	else if (type == &frame_type_epoch_set) {
		p->n_sets++;
		assert_string_equal(m->epoch_set.epoch, "2026");
		p->keeper_says = (enum epoch_state)m->epoch_set.state;
		return tell_epochs(p, m->epoch_set.id);
	}
	return 0;
}

static int list(struct play *p, const struct frame_list *m)
{
	for (size_t i = 0; i < FILES; i++) {
		const struct file *file = &p->files[i];
		bool is_kept = text_starts(file->path, ".classd");
		OWN_MEM char *args = text_format("%s 1 SECRET us@1 %s", file->record, file->key_id);

		if (is_kept == text_equal(m->path, ".classd"))
			TRY(CHANNEL_SEND(&p->peers[1], found, -1, .intent = m->intent, .path = file->path, .args = args,
					 .dev = 1, .ino = file->ino, .nlink = i < DOCUMENTS ? 2 : 1));
	}
	return CHANNEL_SEND(&p->peers[1], listed, -1, .intent = m->intent, .outcome = SEAL_DONE, .detail = "");
}

static int move(struct play *p, const struct frame_rekey *m)
{
	struct frame_published answer = {
	    .intent = m->intent, .outcome = SEAL_GONE, .detail = "", .path = m->path, .key_id = "", .dev = 1};

	for (size_t i = 0; i < FILES; i++) {
		struct file *file = &p->files[i];

		if (!text_equal(file->path, m->path))
			continue;
		assert_string_equal(m->level, "SECRET");
		answer.outcome = file->fails ? file->fails : SEAL_DONE;
		if (!file->fails && file->ino == m->ino) { /* else it was done before: said again */
			file->ino = p->next_ino++;
			file->key_id = NEW_KEY;
			file->is_anew = m->reencrypt;
			p->n_moves++;
		}
		answer.ino = file->ino;
		answer.key_id = file->fails ? "" : file->key_id;
	}
	if (p->dies_after >= 0 && p->n_moves >= (unsigned)p->dies_after)
		p->sealer_is_dead = true; /* it had done it, and could not say so */
	return p->sealer_is_dead ? 0 : channel_send(&p->peers[1], &frame_type_published, &answer, -1);
}

static int on_sealer(struct channel *channel, const struct frame_type *type, const union frame_any *m, int *fd)
{
	struct play *p = channel->owner;

	(void)fd;
	if (p->sealer_is_dead)
		return 0;
	if (type == &frame_type_list)
		return list(p, &m->list);
	return type == &frame_type_rekey ? move(p, &m->rekey) : 0;
}

static int on_registrar(struct channel *channel, const struct frame_type *type, const union frame_any *m, int *fd)
{
	struct play *p = channel->owner;
	static const struct {
		const struct frame_type *type;
		int (*handle)(struct role *role, struct channel *from, const union frame_any *m, int *fd);
	} rows[] = {{&frame_type_epoch_is, epochs_on_is},
		    {&frame_type_epochs_end, epochs_on_end},
		    {&frame_type_found, scan_on_found},
		    {&frame_type_listed, scan_on_listed},
		    {&frame_type_published, rotate_on_published}};

	for (size_t i = 0; i < array_n(rows); i++)
		if (rows[i].type == type)
			return rows[i].handle(&p->f.r.role, channel, m, fd);
	return 0;
}

static int on_lost(struct channel *channel)
{
	channel_close(channel);
	return 0;
}

/* ---- the stage ---- */

static void start(struct play *p)
{
	static const enum role_id roles[2] = {ROLE_KEEPER, ROLE_SEALER};
	struct registrar *r = &p->f.r;

	fixture_open(&p->f, NULL);
	assert_int_equal(loop_init(&r->role.loop), 0);
	r->policy = &p->policy;
	r->role.roots = &p->root;
	r->role.n_roots = 1;
	assert_int_equal(jobs_new(r), 0);
	assert_int_equal(epochs_new(r), 0);
	assert_int_equal(scan_new(r), 0);
	assert_int_equal(rotate_new(r), 0);
	for (int i = 0; i < 2; i++) {
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
		p->ends[i] = (struct channel){
		    .peer_role = (uint8_t)roles[i], .owner = p, .message = on_registrar, .lost = on_lost};
		p->peers[i] = (struct channel){.owner = p, .message = i ? on_sealer : on_keeper, .lost = on_lost};
		assert_int_equal(channel_open(&p->ends[i], &r->role.loop, fds[0]), 0);
		assert_int_equal(channel_open(&p->peers[i], &r->role.loop, fds[1]), 0);
		r->role.peers[i] = &p->ends[i];
	}
	r->role.n_peers = 2;
	assert_int_equal(rotate_begin(r), 0);
	assert_int_equal(epochs_ask(r, NULL, NULL), 0);
}

/* A kill: what was not settled is gone. */
static void stop(struct play *p)
{
	struct registrar *r = &p->f.r;

	for (int i = 0; i < 2; i++) {
		channel_close(&p->ends[i]);
		channel_close(&p->peers[i]);
	}
	r->role.n_peers = 0;
	epochs_free(r);
	scan_free(r);
	rotate_free(r);
	jobs_free(r->jobs);
	loop_disarm(&r->settle_timer);
	loop_disarm(&p->look);
	fixture_close(&p->f);
	loop_done(&r->role.loop);
}

static int on_look(struct loop_timer *timer)
{
	struct play *p = container_of(timer, struct play, look);

	if (p->is_over(p) || loop_now_ms() > p->deadline_ms) {
		loop_stop(&p->f.r.role.loop);
		return 0;
	}
	return loop_arm(&p->f.r.role.loop, timer, 2, on_look);
}

static void run_until(struct play *p, bool (*is_over)(struct play *p))
{
	p->is_over = is_over;
	p->deadline_ms = loop_now_ms() + 20000;
	p->f.r.role.loop.stopping = false;
	assert_int_equal(loop_arm(&p->f.r.role.loop, &p->look, 0, on_look), 0);
	assert_int_equal(loop_run(&p->f.r.role.loop, NULL), 0);
	assert_true(is_over(p));
}

static void put_document(struct play *p, struct file *file, unsigned i)
{
	struct record record;
	struct store_document d;
	struct json *entry = registrar_entry("document", NULL, 0);

	(void)snprintf(file->number, sizeof(file->number), "2026-%06u", i + 1);
	(void)snprintf(file->path, sizeof(file->path), "d%u.txt.age", i);
	(void)snprintf(file->record, sizeof(file->record), "0192f0c4-1111-7222-8333-%012u", i + 1);
	record = fixture_record(file->number, 1);
	record.id = file->record;
	fixture_put(&p->f, &record, ACT_NEW, NULL);
	/* Of one the store does not know the key: it was sealed by an earlier version. */
	d = (struct store_document){.number = file->number,
				    .root = 1,
				    .path = file->path,
				    .dev = 1,
				    .ino = file->ino,
				    .sha256 = "ab",
				    .content = 1,
				    .sealed = true,
				    .level = "SECRET",
				    .keep = "kept.age",
				    .key_id = i == 3 ? NULL : file->key_id};
	json_set_text(entry, "number", file->number);
	json_set(entry, "document", store_document_json(p->f.r.store, &d));
	assert_int_equal(registrar_change(&p->f.r, entry), 0);
}

static int setup(void **state)
{
	struct play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->root = (struct role_root){.id = 1, .kind = ROOT_DOCUMENTS};
	p->dies_after = -1;
	p->keeper_says = EPOCH_OPEN;
	p->next_ino = 1000;
	fixture_make(&p->f);
	fixture_open(&p->f, NULL);
	for (unsigned i = 0; i < FILES; i++) {
		p->files[i].ino = 100 + i;
		p->files[i].key_id = OLD_KEY;
		if (i < DOCUMENTS)
			put_document(p, &p->files[i], i);
		else
			memcpy(p->files[i].record, p->files[0].record, sizeof(p->files[i].record));
	}
	(void)snprintf(p->files[DOCUMENTS].path, 48, ".classd/keep/2026-000001.1.age");
	(void)snprintf(p->files[DOCUMENTS + 1].path, 48, "a copy.age");
	assert_int_equal(registrar_settle(&p->f.r), 0);
	fixture_close(&p->f);
	start(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct play *p = *state;

	stop(p);
	fixture_open(&p->f, NULL);
	fixture_remove(&p->f);
	free(p);
	return 0;
}

/* ---- what is asked ---- */

static bool knows_old(struct play *p)
{
	return epochs_by_key(&p->f.r, OLD_KEY) != NULL;
}

struct rotations {
	unsigned open, ended;
	int64_t files;
};

static int count_rotation(const struct store_rotation *rotation, void *arg)
{
	struct rotations *all = arg;

	all->open += !rotation->ended;
	all->ended += rotation->ended != NULL;
	all->files += rotation->files;
	return 0;
}

static struct rotations rotations(struct play *p)
{
	struct rotations all = {0};

	assert_int_equal(store_rotation_list(p->f.r.store, count_rotation, &all), 0);
	return all;
}

static bool has_ended(struct play *p)
{
	struct rotations all = rotations(p);

	return all.ended > 0 && all.open == 0;
}

static bool is_dead(struct play *p)
{
	return p->sealer_is_dead;
}

static bool has_left(struct play *p)
{
	return rotate_left_n(&p->f.r) > 0;
}

static void begin(struct play *p, const char *mode)
{
	struct json *entry = registrar_entry("rotation", "sun", 2001);

	run_until(p, knows_old);
	json_set_text(entry, "what", "begun");
	json_set_text(entry, "level", "SECRET");
	json_set_text(entry, "epoch", "2026-r2");
	json_set_text(entry, "mode", mode);
	assert_int_equal(registrar_change(&p->f.r, entry), 0);
	assert_int_equal(epochs_make(&p->f.r, "SECRET", "2026-r2"), 0);
}

static int count_intent(const struct store_intent *intent, void *arg)
{
	(void)intent;
	++*(unsigned *)arg;
	return 0;
}

static void assert_all_moved(struct play *p, bool anew)
{
	unsigned intents = 0;

	for (size_t i = 0; i < FILES; i++) {
		assert_string_equal(p->files[i].key_id, NEW_KEY);
		assert_int_equal(p->files[i].is_anew, anew);
	}
	for (size_t i = 0; i < DOCUMENTS; i++) {
		OWN_ARENA struct arena a = {0};
		struct store_document d = {0};

		assert_int_equal(look_document(p->f.r.store, p->files[i].number, &a, &d), 0);
		assert_string_equal(d.key_id, NEW_KEY);
		assert_int_equal(d.ino, p->files[i].ino);
		assert_string_equal(d.keep, "kept.age");
	}
	assert_int_equal(store_intent_list(p->f.r.store, NULL, count_intent, &intents), 0);
	assert_int_equal(intents, 0);
	assert_false(rotate_is_flying(&p->f.r));
	assert_int_equal(p->n_moves, FILES); /* each once */
	assert_int_equal(rotations(p).files, FILES);
}

static void test_everything_moves_once(void **state)
{
	struct play *p = *state;

	begin(p, "rewrap");
	run_until(p, has_ended);
	assert_all_moved(p, false);
	assert_int_equal(scan_total(scan_last(&p->f.r), OLD_KEY), 0);
	assert_int_equal(scan_count(scan_last(&p->f.r), NEW_KEY, SCAN_DOCUMENT), DOCUMENTS);
	assert_int_equal(scan_count(scan_last(&p->f.r), NEW_KEY, SCAN_KEPT), 1);
	assert_int_equal(scan_count(scan_last(&p->f.r), NEW_KEY, SCAN_COPY), 1);
}

static void test_everything_is_encrypted_anew(void **state)
{
	struct play *p = *state;

	begin(p, "reencrypt");
	run_until(p, has_ended);
	assert_all_moved(p, true);
}

/* Sealer and registrar are killed again and again, after what was done and before it was said. */
static void test_kills(void **state)
{
	struct play *p = *state;

	begin(p, "rewrap");
	for (int n = 3; n < FILES; n += 7) {
		p->dies_after = n;
		run_until(p, is_dead);
		p->sealer_is_dead = false;
		p->dies_after = -1;
		if (n % 2) {
			stop(p);
			start(p);
		} else
			assert_int_equal(rotate_lost_sealer(&p->f.r, 0), 0);
	}
	run_until(p, has_ended);
	assert_all_moved(p, false);
}

static void test_what_cannot_be_moved_is_named_and_tried_again(void **state)
{
	struct play *p = *state;
	const struct rotate_left *left;

	p->files[7].fails = SEAL_DAMAGED;
	begin(p, "rewrap");
	run_until(p, has_left);
	assert_int_equal(rotations(p).open, 1);
	assert_int_equal(rotate_left_n(&p->f.r), 1);
	left = rotate_left_at(&p->f.r, 0);
	assert_string_equal(left->number, p->files[7].number);
	assert_string_equal(left->path, p->files[7].path);
	assert_string_equal(left->level, "SECRET");
	assert_string_equal(left->epoch, "2026");
	assert_true(left->is_damaged);
	assert_non_null(strstr(left->why, "damaged"));
	assert_int_equal(rotate_left_count(&p->f.r, "SECRET"), 1);
	p->files[7].fails = 0;
	run_until(p, has_ended);
	assert_all_moved(p, false);
}

static void set_state(struct play *p, const char *state)
{
	struct json *entry = registrar_entry("epoch", "sun", 2001);

	json_set_text(entry, "what", "state");
	json_set_text(entry, "key_id", OLD_KEY);
	json_set_text(entry, "state", state);
	assert_int_equal(registrar_change(&p->f.r, entry), 0);
}

static bool is_told_retired(struct play *p)
{
	const struct epoch *epoch = epochs_by_key(&p->f.r, OLD_KEY);

	return epoch && epoch->state == EPOCH_RETIRED;
}

static bool has_finding(struct play *p)
{
	const struct store_about about = {.subject = "keys of SECRET"};
	int64_t id = 0;

	assert_int_equal(store_finding_open_id(p->f.r.store, FINDING_OLD_KEYS, &about, &id), 0);
	return id > 0;
}

static bool has_no_finding(struct play *p)
{
	return !has_finding(p);
}

static void test_a_rotation_that_does_not_end_is_a_finding(void **state)
{
	struct play *p = *state;

	p->files[7].fails = SEAL_NO_KEY;
	p->policy.rotation_days = 10;
	begin(p, "rewrap");
	run_until(p, has_left);
	assert_int_equal(key_findings_refresh(&p->f.r), 0);
	assert_false(has_finding(p));
	fixture_set_clock(&p->f, "2026-05-14");
	assert_int_equal(key_findings_refresh(&p->f.r), 0);
	assert_false(has_finding(p));
	fixture_set_clock(&p->f, "2026-05-15");
	assert_int_equal(key_findings_refresh(&p->f.r), 0);
	assert_true(has_finding(p));
	p->files[7].fails = 0;
	run_until(p, has_ended);
	run_until(p, has_no_finding);
}

/* An old file comes back after its key was retired: a look finds it. */
static void test_a_file_on_a_retired_key_is_a_finding(void **state)
{
	struct play *p = *state;

	begin(p, "rewrap");
	run_until(p, has_ended);
	p->keeper_says = EPOCH_RETIRED;
	set_state(p, "retired");
	assert_int_equal(epochs_ask(&p->f.r, NULL, NULL), 0);
	p->files[5].key_id = OLD_KEY;
	p->files[5].ino = 77;
	run_until(p, is_told_retired);
	assert_int_equal(key_findings_follow(&p->f.r), 0);
	run_until(p, has_finding);
	p->files[5].key_id = NEW_KEY;
	assert_int_equal(key_findings_follow(&p->f.r), 0);
	run_until(p, has_no_finding);
}

/* A new year's key is there, and the pack says that files follow. */
static void test_files_follow_by_themselves(void **state)
{
	struct play *p = *state;

	p->policy.rewrap_by_itself = true;
	p->has_new_key = true;
	assert_int_equal(epochs_ask(&p->f.r, NULL, NULL), 0);
	run_until(p, has_ended);
	assert_all_moved(p, false);
	assert_int_equal(epochs_ask(&p->f.r, NULL, NULL), 0);
	p->files[5].key_id = OLD_KEY; /* once for each epoch: what comes back is a person's business */
	run_until(p, knows_old);
	assert_int_equal(rotations(p).open, 0);
}

static bool was_set(struct play *p)
{
	return p->n_sets > 0 && p->keeper_says == EPOCH_RETIRED;
}

static int see_state(const struct store_epoch *e, void *arg)
{
	(void)snprintf(arg, 16, "%s", e->state);
	return 0;
}

static void assert_state(struct play *p, const char *state)
{
	char is[16] = "";

	assert_int_equal(store_epoch_by_key(p->f.r.store, OLD_KEY, see_state, is), 0);
	assert_string_equal(is, state);
}

static bool is_told_destroyed(struct play *p)
{
	const struct epoch *epoch = epochs_by_key(&p->f.r, OLD_KEY);

	return epoch && epoch->state == EPOCH_DESTROYED;
}

/* The journal's word counts when the keeper was away; a destroyed key is destroyed whoever says it. */
static void test_the_keeper_is_told_again(void **state)
{
	struct play *p = *state;

	run_until(p, knows_old);
	assert_state(p, "open");
	set_state(p, "retired");
	assert_int_equal(registrar_settle(&p->f.r), 0);
	stop(p); /* before the keeper heard of it */
	start(p);
	run_until(p, was_set);
	assert_int_equal(p->n_sets, 1);
	p->keeper_says = EPOCH_DESTROYED;
	assert_int_equal(epochs_ask(&p->f.r, NULL, NULL), 0);
	run_until(p, is_told_destroyed);
	assert_state(p, "destroyed");
	assert_int_equal(p->n_sets, 1);
}

static void test_names(void **state)
{
	static const struct {
		const char *newest;
		int year;
		const char *word, *next;
	} rows[] = {{NULL, 2026, NULL, "2026"},
		    {"2025-r7", 2026, NULL, "2026"},
		    {"2026", 2026, NULL, "2026-r2"},
		    {"2026", 2026, "leak", "2026-r2-leak"},
		    {"2026-r2-leak", 2026, NULL, "2026-r3"},
		    {"2026-r9", 2026, NULL, "2026-r10"},
		    {"2026-r10", 2026, "x", "2026-r11-x"},
		    {"2027", 2026, NULL, "2027-r2"},
		    {"2026-incident", 2026, NULL, "2026-r2"},
		    {"2026-zulu", 2026, NULL, "2026-zulu-r2"}};

	(void)state;
	for (size_t i = 0; i < array_n(rows); i++) {
		char name[EPOCHS_NAME];

		epochs_next_name(rows[i].newest, rows[i].year, rows[i].word, name);
		assert_string_equal(name, rows[i].next);
		if (rows[i].newest)
			assert_true(strverscmp(name, rows[i].newest) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_everything_moves_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_everything_is_encrypted_anew, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_kills, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_cannot_be_moved_is_named_and_tried_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_keeper_is_told_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_rotation_that_does_not_end_is_a_finding, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_file_on_a_retired_key_is_a_finding, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_files_follow_by_themselves, setup, teardown),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Opening and closing of journal, store and clock, and recovery of the store from the journal. */
#include "registrar/core.h"

#include "base/text.h"
#include "registrar/journal/apply.h"
#include "registrar/journal/clock.h"
#include "registrar/journal/journal.h"
#include "registrar/people/people.h"
#include "registrar/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REPLAY_GROUP 1000

/* ---- recovery ---- */

struct replay {
	struct registrar *r;
	uint64_t from;	       /* what the store has … */
	const char *from_hash; /* … and the hash of that entry */
	char hash[2 * SHA256_BYTES + 1];
	uint64_t in_group;
	int outcome; /* enum core_outcome, why it stopped */
};

static int end_group(struct replay *p, uint64_t seq)
{
	struct store *s = p->r->store;
	int result = store_counts_write(s);

	p->in_group = 0;
	if (result == 0)
		result = store_set_applied(s, seq, p->hash);
	if (result == 0)
		result = database_commit(store_database(s));
	return result > 0 ? APPLY_STORE_FAILS : result;
}

static int replay_entry(uint64_t seq, struct bytes line, struct json_view entry, void *arg)
{
	struct replay *p = arg;
	uint8_t hash[SHA256_BYTES];
	int result = 0;

	sha256_of(line, hash);
	text_hex(hash, sizeof(hash), p->hash);
	if (seq == p->from) { /* the last one that it has: is it the same one? */
		p->outcome = text_equal(p->hash, p->from_hash) ? 0 : CORE_DAMAGED;
		return p->outcome;
	}
	if (p->in_group++ == 0)
		result = database_begin(store_database(p->r->store));
	if (result == 0)
		result = apply_entry(p->r->store, entry);
	if (result == 0 && p->in_group == REPLAY_GROUP)
		result = end_group(p, seq);
	if (result > 0) {
		p->outcome = result == APPLY_STORE_FAILS ? CORE_STORE_FAILS : CORE_DAMAGED;
		(void)FAULT(EBADMSG, "entry %llu of the journal cannot be applied", (unsigned long long)seq);
	}
	return result;
}

int core_catch_up(struct registrar *r)
{
	char from_hash[2 * SHA256_BYTES + 1];
	struct replay p = {.r = r, .from_hash = from_hash};
	int result = store_applied(r->store, &p.from, from_hash);

	if (result)
		return result < 0 ? result : CORE_STORE_FAILS;
	if (p.from > journal_durable(r->journal))
		return CORE_AHEAD;
	result = journal_read(r->journal, p.from > 0 ? p.from - 1 : 0, replay_entry, &p);
	if (result == 0 && p.in_group > 0)
		result = end_group(&p, journal_durable(r->journal));
	database_roll_back(store_database(r->store));
	if (result < 0)
		return result;
	if (p.outcome)
		return p.outcome;
	return result == JOURNAL_DAMAGED ? CORE_DAMAGED : result ? CORE_STORE_FAILS : 0;
}

struct json *core_note(const struct registrar *r, const char *what)
{
	struct json *entry = registrar_entry("note", NULL, 0);

	(void)r;
	json_set_text(entry, "what", what);
	return entry;
}

/* ---- opening ---- */

/* SQLite wants a path; the directory is known by descriptor. */
static int state_path(struct registrar *r, int dir, const char *name, char **ret)
{
	OWN_MEM char *link = text_format("/proc/self/fd/%d", dir);
	char path[PATH_MAX];
	ssize_t n = link ? readlink(link, path, sizeof(path) - 1) : -1;

	if (n < 0)
		n = snprintf(path, sizeof(path), "%s", r->role.state_dir);
	path[n] = '\0';
	*ret = text_format("%s/%s", path, name);
	return *ret ? 0 : FAULT(ENOMEM, "registrar");
}

/* A damaged store is put aside and a new one filled from the journal. */
static int open_store(struct registrar *r, const char *path)
{
	OWN_BUFFER struct buffer detail = {0};
	char now[CLOCK_TEXT];
	int result = store_is_marked(path) ? STORE_BAD : store_open(path, &r->store);

	if (result == STORE_NEWER)
		return FAULT(EPROTO, "the store was made by a later version of classd");
	if (result == 0)
		result = store_check(r->store, &detail);
	if (result != STORE_BAD)
		return result;
	store_close(r->store);
	r->store = NULL;
	clock_format(clock_seconds(r->clock), now);
	TRY(store_quarantine(path, now));
	TRY(role_degraded(&r->role, "store-rebuilt", "the store was damaged: put aside, rebuilt from the journal"));
	result = store_open(path, &r->store);
	return result > 0 ? FAULT(EIO, "no new store can be made") : result;
}

static void zone_of_system(char ret[64])
{
	char link[256];
	ssize_t n = readlink("/etc/localtime", link, sizeof(link) - 1);
	const char *name;

	link[n > 0 ? n : 0] = '\0';
	name = strstr(link, "zoneinfo/");
	(void)snprintf(ret, 64, "%.63s", name ? name + strlen("zoneinfo/") : "UTC");
}

/* Fixed at the first start (DESIGN 9); read before the sandbox closes the zone files. */
static int set_zone(struct registrar *r)
{
	OWN_MEM char *zone = NULL;
	int result = store_fact(r->store, "zone", &zone);
	const char *setting = role_setting(&r->role, "zone", NULL);
	char own[64];

	if (result < 0)
		return result;
	zone_of_system(own);
	if (setenv("TZ", zone ? zone : setting ? setting : own, 1))
		return FAULT(errno, "zone");
	tzset();
	return 0;
}

static int follow_journal(struct registrar *r)
{
	int result = core_catch_up(r);

	if (result < 0)
		return result;
	if (result == CORE_AHEAD)
		return registrar_become_read_only(
		    r, "journal-behind", "the store has entries that the journal lacks: the journal was cut off");
	if (result == CORE_DAMAGED)
		return registrar_become_read_only(
		    r, "journal-damaged", "the journal does not fit itself or the store: classctl journal verify");
	if (result == CORE_STORE_FAILS)
		return registrar_become_read_only(r, "store-unwritable", "the store cannot be written");
	return 0;
}

static int open_clock(struct registrar *r)
{
	OWN_MEM char *state = NULL;
	int result = store_fact(r->store, "clock", &state);

	if (result < 0)
		return result;
	clock_note(r->clock, journal_last_time(r->journal), journal_last_boot(r->journal),
		   journal_last_mono(r->journal));
	r->clock_told = text_equal(state, "suspect");
	if (r->clock_told)
		clock_suspect(r->clock);
	return 0;
}

int registrar_core_open(struct registrar *r, const struct files *files)
{
	OWN_MEM char *path = NULL;
	OWN_FD int own_dir = -1;
	int dir = r->role.resources[RESOURCE_STATE], result;
	bool damaged;

	if (dir < 0)
		dir = own_dir = open(r->role.state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return FAULT(errno, "%s", r->role.state_dir);
	TRY(sodium_start());
	TRY(registrar_held_new(r));
	TRY(clock_open(role_setting(&r->role, "clock", "system"), r->role.trial, &r->clock));
	result = journal_open(files ? files : &files_linux, dir, &r->journal);
	TRY(result);
	damaged = result == JOURNAL_DAMAGED;
	TRY(state_path(r, dir, "store.db", &path));
	TRY(open_store(r, path));
	TRY(store_watch(r->store, path));
	if (damaged)
		TRY(registrar_become_read_only(r, "journal-damaged", "the last entry of the journal does not read"));
	else
		TRY(follow_journal(r));
	TRY(set_zone(r));
	return open_clock(r);
}

/* ---- starting ---- */

int registrar_core_begin(struct registrar *r)
{
	struct json *entry = registrar_entry("start", NULL, 0);
	const char *zone = getenv("TZ");
	int result;

	json_set_bool(entry, "trial", r->role.trial);
	json_set_bool(entry, "init", r->role.init);
	json_set_text(entry, "zone", zone);
	json_set_text(entry, "version", CLASSD_VERSION);
	json_set_text(entry, "clock", role_setting(&r->role, "clock", "system"));
	if (journal_torn(r->journal) > 0)
		json_set_int(entry, "torn", (int64_t)journal_torn(r->journal));
	if (r->clock_told)
		TRY(role_degraded(&r->role, "clock-suspect", "the clock was suspect when the agent last ran"));
	result = registrar_change(r, entry);
	if (result > 0)
		return 0; /* read-only: said by its degraded state */
	return result ? result : registrar_settle(r);
}

int registrar_meta_key(struct registrar *r, struct secret *key)
{
	if (r->meta_key) { /* the keeper came back: it is the same key */
		secret_free(key);
		return 0;
	}
	r->meta_key = key;
	TRY(secret_begin_hmac(key));
	store_set_meta_key(r->store, key);
	return r->read_only ? 0 : people_enter_first(r);
}

void registrar_core_close(struct registrar *r)
{
	/* What fails here was acknowledged to nobody. */
	if (r->journal && r->store && !r->read_only && registrar_settle(r))
		database_roll_back(store_database(r->store));
	registrar_held_free(r);
	store_person_free(r->last_person);
	r->last_person = NULL;
	store_close(r->store);
	journal_close(r->journal);
	clock_close(r->clock);
	secret_free(r->meta_key);
	r->store = NULL;
	r->journal = NULL;
	r->clock = NULL;
	r->meta_key = NULL;
}

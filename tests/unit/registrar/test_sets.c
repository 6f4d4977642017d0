/* Which set of rules runs, at every step of its way in and out, also when the process dies behind that step. */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "library/policy_bundle.h"
#include "registrar/policy/sets.h"
#include "registrar/store/store_sets.h"

#include <sys/stat.h>

static struct role_setting settings[6];

/* A registrar over the pack us, whose state may be opened again as after a kill: nothing is settled on the way. */
static void open_again(struct fixture *f)
{
	for (size_t i = 0; i < 3; i++)
		settings[i] = f->settings[i];
	settings[3] = (struct role_setting){(char *)(uintptr_t) "pack", (char *)(uintptr_t) "us"};
	settings[4] = (struct role_setting){(char *)(uintptr_t) "policy_dir", (char *)(uintptr_t) "policy"};
	settings[5] = (struct role_setting){(char *)(uintptr_t) "policy_overlay", (char *)(uintptr_t) "build/no-such"};
	fixture_open(f, NULL);
	f->r.role.settings = settings;
	f->r.role.n_settings = array_n(settings);
}

/* What was not settled is lost. */
static void die(struct fixture *f)
{
	f->r.read_only = true; /* closing writes nothing */
	fixture_close(f);
	open_again(f);
}

static int64_t ruling(struct fixture *f)
{
	int64_t id = -1;

	assert_int_equal(sets_ruling(&f->r, &id), 0);
	return id;
}

/* The pack us once more under that version, from that day on. */
static void make(const char *version, const char *day, struct buffer *ret, char digest[65])
{
	OWNED(policy_bundle) struct policy_bundle *b = NULL;
	OWN_BUFFER struct buffer report = {0};
	int dir = open("policy/us", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t hash[SHA256_BYTES];

	assert_true(dir >= 0);
	assert_int_equal(policy_bundle_collect(dir, &b, &report), 0);
	assert_int_equal(close(dir), 0);
	(void)snprintf(b->manifest.pack, sizeof(b->manifest.pack), "us");
	(void)snprintf(b->manifest.version, sizeof(b->manifest.version), "%s", version);
	(void)snprintf(b->manifest.issuer, sizeof(b->manifest.issuer), "issuer");
	(void)snprintf(b->manifest.units[b->manifest.n_units++], sizeof(b->manifest.units[0]), "*");
	assert_true(date_parse(day, &b->manifest.effective));
	assert_true(date_parse(day, &b->manifest.issued));
	bundle_write(&b->manifest, &b->text);
	assert_int_equal(policy_bundle_write(b, ret), 0);
	sha256_of(buffer_bytes(&b->text), hash);
	text_hex(hash, sizeof(hash), digest);
}

static int64_t propose(struct fixture *f, const char *digest, int64_t drops)
{
	struct json *entry = registrar_entry("policy-set", "anna", 2001);

	json_set_text(entry, "what", "proposed");
	json_set_int(entry, "drops", drops);
	json_set_text(entry, "digest", digest);
	json_set_text(entry, "pack", "us");
	json_set_text(entry, "version", "9");
	assert_int_equal(registrar_change(&f->r, entry), 0);
	return (int64_t)registrar_seq(&f->r);
}

static void confirm(struct fixture *f, int64_t set, const char *starts)
{
	struct json *entry = registrar_entry("policy-set", "boris", 2002);

	json_set_text(entry, "what", "confirmed");
	json_set_int(entry, "set", set);
	json_set_text(entry, "starts", starts);
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

static void assert_loads(struct fixture *f, int64_t id, int outcome)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};

	assert_int_equal(sets_load(&f->r, id, &p, NULL, &report), outcome);
	assert_true((outcome == 0) == (p != NULL));
}

static void test_a_kill_leaves_the_old_or_the_new(void **state)
{
	struct fixture f;
	OWN_BUFFER struct buffer whole = {0};
	char digest[65];
	int64_t set;

	(void)state;
	fixture_make(&f);
	open_again(&f);
	make("9", "2026-05-04", &whole, digest);
	assert_int_equal(sets_keep(&f.r, digest, buffer_bytes(&whole)), 0);
	die(&f); /* its file is there, and nobody spoke of it */
	assert_int_equal(ruling(&f), 0);
	assert_int_equal(sets_keep(&f.r, digest, buffer_bytes(&whole)), 0); /* again is no other thing */
	(void)propose(&f, digest, 0);
	die(&f); /* not durable */
	assert_int_equal(ruling(&f), 0);
	set = propose(&f, digest, 0);
	assert_int_equal(registrar_settle(&f.r), 0);
	die(&f);
	assert_int_equal(ruling(&f), 0); /* waits for its second person */
	assert_loads(&f, set, 0);
	confirm(&f, set, "2026-05-04");
	die(&f);
	assert_int_equal(ruling(&f), 0);
	confirm(&f, set, "2026-05-04");
	assert_int_equal(registrar_settle(&f.r), 0);
	die(&f);
	assert_int_equal(ruling(&f), set);
	assert_loads(&f, set, 0);
	assert_loads(&f, 0, 0);
	fixture_remove(&f);
}

static void test_the_day_decides_and_the_way_back(void **state)
{
	struct fixture f;
	int64_t first, later, drop;

	(void)state;
	fixture_make(&f);
	open_again(&f);
	first = propose(&f, "a", 0);
	confirm(&f, first, "2026-05-04");
	later = propose(&f, "b", 0);
	confirm(&f, later, "2026-05-06");
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(ruling(&f), first);
	fixture_set_clock(&f, "2026-05-05");
	assert_int_equal(ruling(&f), first);
	fixture_set_clock(&f, "2026-05-06");
	assert_int_equal(ruling(&f), later);
	drop = propose(&f, "", later);
	assert_int_equal(ruling(&f), later);
	confirm(&f, drop, "2026-05-06");
	assert_int_equal(ruling(&f), first);
	confirm(&f, propose(&f, "", first), "2026-05-06");
	assert_int_equal(ruling(&f), 0); /* the pack that came with the program */
	fixture_remove(&f);
}

/* A clock that went ahead does not bring the rules of a later year. */
static void test_a_suspect_clock_brings_no_other_rules(void **state)
{
	struct fixture f;
	struct json *entry;
	int64_t first;

	(void)state;
	fixture_make(&f);
	open_again(&f);
	first = propose(&f, "a", 0);
	confirm(&f, first, "2026-05-04");
	entry = registrar_entry("policy", NULL, 0);
	json_set_text(entry, "pack", "us");
	json_set_text(entry, "version", "9");
	json_set_int(entry, "set", first);
	assert_int_equal(registrar_change(&f.r, entry), 0);
	confirm(&f, propose(&f, "b", 0), "2027-05-06");
	assert_int_equal(registrar_settle(&f.r), 0);
	fixture_set_clock(&f, "2028-01-01");
	clock_suspect(f.r.clock); /* as where it is no file */
	assert_true(registrar_clock_is_suspect(&f.r));
	assert_int_equal(ruling(&f), first);
	registrar_clock_confirmed(&f.r);
	assert_false(registrar_clock_is_suspect(&f.r));
	assert_true(ruling(&f) > first);
	fixture_remove(&f);
}

static void test_what_is_not_whole_does_not_load(void **state)
{
	struct fixture f;
	OWN_BUFFER struct buffer whole = {0};
	char digest[65], other[65];
	int64_t set;

	(void)state;
	fixture_make(&f);
	open_again(&f);
	make("9", "2026-05-04", &whole, digest);
	set = propose(&f, digest, 0);
	assert_loads(&f, set, POLICY_BAD); /* its file is not there */
	assert_int_equal(sets_keep(&f.r, digest, bytes_of(whole.at, whole.n / 2)), 0);
	assert_loads(&f, set, POLICY_BAD); /* half of it */
	make("10", "2026-05-04", &whole, other);
	memset(other, 'a', 64);
	set = propose(&f, other, 0);
	assert_int_equal(sets_keep(&f.r, other, buffer_bytes(&whole)), 0);
	assert_loads(&f, set, POLICY_BAD); /* another one's */
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_kill_leaves_the_old_or_the_new),
	    cmocka_unit_test(test_the_day_decides_and_the_way_back),
	    cmocka_unit_test(test_a_suspect_clock_brings_no_other_rules),
	    cmocka_unit_test(test_what_is_not_whole_does_not_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

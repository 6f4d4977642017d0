/* What may stand in a set of like cases, and what makes two cases alike: one difference at a time. */
#include "registrar/core_fixture.h"

#include "library/policy_load.h"
#include "registrar/records/decision_set.h"

static struct policy *cn;

static const char *const planning[] = {"dept:planning"}, *const two[] = {"dept:planning", "dept:office"},
	   *const office[] = {"dept:office"};

/* As the catalogue of cn has it. */
static struct record proposal(void)
{
	struct record r = fixture_record("2026-000001", 2);

	r.state = RECORD_PROPOSED;
	r.pack = "cn";
	r.pack_version = "2025.1";
	r.type = "report";
	r.proposed = (struct classification){
	    .level = "CONFIDENTIAL", .basis = BASIS_ITEM, .item = "1.4", .scope = {planning, 1}};
	assert_true(term_parse_cli("6m", &r.proposed.term));
	r.proposed_on = (struct date){2026, 5, 4};
	return r;
}

static const char *excluded(const struct record *record)
{
	static struct registrar registrar;
	struct case_of c = {.r = &registrar, .today = {2026, 5, 4}, .next = *record};

	registrar.policy = cn;
	return decision_set_excludes(&c, record);
}

static void say_release(struct record *r)
{
	r->request = ACT_RELEASE;
}
static void say_extension(struct record *r)
{
	r->request = ACT_EXTEND;
}
static void say_change(struct record *r)
{
	r->request = ACT_CHANGE;
}
static void is_decided(struct record *r)
{
	r->state = RECORD_CLASSIFIED;
}
static void is_unclear(struct record *r)
{
	r->proposed.basis = BASIS_UNCLEAR;
	r->proposed.item = NULL;
}
static void is_derived(struct record *r)
{
	r->proposed.basis = BASIS_DERIVED;
	r->proposed.item = NULL;
}
static void has_unknown_item(struct record *r)
{
	r->proposed.item = "99.9";
}
static void is_open(struct record *r)
{
	r->proposed.level = "UNCLASSIFIED";
}
static void is_work_secret(struct record *r)
{
	r->regime = REGIME_WORK_SECRET;
}
static void is_highest(struct record *r)
{
	r->proposed.item = "1.2";
	r->proposed.level = "TOP-SECRET";
	assert_true(term_parse_cli("20y", &r->proposed.term));
}
static void would_lower(struct record *r)
{
	r->floor = "SECRET";
}
static void has_other_level(struct record *r)
{
	r->proposed.level = "SECRET";
}
static void has_other_term(struct record *r)
{
	assert_true(term_parse_cli("5m", &r->proposed.term));
}

static void test_each_exclusion(void **state)
{
	static const struct {
		void (*change)(struct record *r);
		const char *why;
	} cases[] = {
	    {say_release, "no first decision"},	  {say_extension, "no first decision"},
	    {say_change, "no first decision"},	  {is_decided, "no first decision"},
	    {is_unclear, "is unclear"},		  {is_derived, "is unclear"},
	    {has_unknown_item, "is unclear"},	  {is_open, "no secret"},
	    {is_work_secret, "no secret"},	  {is_highest, "the highest level"},
	    {would_lower, "would lower"},	  {has_other_level, "departs from the catalogue"},
	    {has_other_term, "departs from the catalogue"},
	};
	struct record good = proposal();

	(void)state;
	assert_null(excluded(&good));
	for (size_t i = 0; i < array_n(cases); i++) {
		struct record r = proposal();
		const char *why;

		cases[i].change(&r);
		why = excluded(&r);
		if (!why || !strstr(why, cases[i].why))
			print_error("%s: %s\n", cases[i].why, why ? why : "(taken)");
		assert_non_null(why);
		assert_non_null(strstr(why, cases[i].why));
	}
}

static void has_other_item(struct record *r)
{
	r->proposed.item = "1.6";
}
static void has_more_scope(struct record *r)
{
	r->proposed.scope = (struct texts){two, 2};
}
static void has_other_scope(struct record *r)
{
	r->proposed.scope = (struct texts){office, 1};
}
static void has_other_type(struct record *r)
{
	r->type = "minutes";
}
static void has_no_type(struct record *r)
{
	r->type = NULL;
}
static void is_of_other_version(struct record *r)
{
	r->pack_version = "2025.2";
}
static void is_of_other_pack(struct record *r)
{
	r->pack = "us";
}
static void has_other_title(struct record *r)
{
	r->title = "another";
	r->drafter = "qian";
	r->number = "2026-000002";
}

static void test_each_likeness(void **state)
{
	static void (*const differ[])(struct record *r) = {
	    has_other_item,  has_other_level, has_other_term,	   has_more_scope,   has_other_scope,
	    has_other_type, has_no_type,	is_of_other_version, is_of_other_pack,
	};
	struct record a = proposal(), b = proposal();

	(void)state;
	assert_true(decision_set_is_like(&a, &b));
	has_other_title(&b);
	assert_true(decision_set_is_like(&a, &b));
	for (size_t i = 0; i < array_n(differ); i++) {
		struct record other = proposal();

		differ[i](&other);
		if (decision_set_is_like(&a, &other))
			print_error("difference %zu\n", i);
		assert_false(decision_set_is_like(&a, &other));
	}
}

/* A set names a record and the hash of its label, on a line of its own. */
static void test_what_a_set_names(void **state)
{
	static const char label[] = "classd-label/v1\nrecord a\n";
	uint8_t raw[SHA256_BYTES];
	char hash[2 * SHA256_BYTES + 1];
	OWN_MEM char *good = NULL;
	OWN_MEM char *headless = NULL;
	OWN_MEM char *open_ended = NULL;

	(void)state;
	sha256_of(bytes_of_text(label), raw);
	text_hex(raw, sizeof(raw), hash);
	good = text_format("classd-set/v1\nrecord b %s\nrecord a %s\n", hash, hash);
	headless = text_format("record a %s\n", hash);
	open_ended = text_format("classd-set/v1\nrecord a %s", hash);
	assert_true(decision_set_names(good, "a", label));
	assert_true(decision_set_names(good, "b", label));
	assert_false(decision_set_names(good, "c", label));
	assert_false(decision_set_names(good, "a", "classd-label/v1\nrecord a\n\n"));
	assert_false(decision_set_names(headless, "a", label));
	assert_false(decision_set_names(open_ended, "a", label));
}

static int load(void **state)
{
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	return policy_load("policy/cn", NULL, &cn, &report);
}

static int unload(void **state)
{
	(void)state;
	policy_free(cn);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_exclusion),
	    cmocka_unit_test(test_each_likeness),
	    cmocka_unit_test(test_what_a_set_names),
	};

	return cmocka_run_group_tests(tests, load, unload);
}

#include "core_fixture.h"

#include "base/text.h"
#include "library/policy_load.h"
#include "library/signature.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/keys/unlock.h"
#include "registrar/people/people.h"

#include <stdarg.h>

#define SUN  2001u
#define MOON 2002u
#define LI   1001u
#define AUDI 1002u

/* A call without a socket: what was asked, and what was answered. */
struct api_call {
	struct registrar *r;
	struct json *parameters;
	uid_t uid;
	struct json *reply;
	char refused[64];
};

struct json_view api_parameters(const struct api_call *call)
{
	return json_look(call->parameters);
}

uid_t api_uid(const struct api_call *call)
{
	return call->uid;
}

int api_reply(struct api_call *call, struct json *parameters)
{
	call->reply = parameters;
	return 0;
}

int api_refuse(struct api_call *call, enum api_class kind, const char *code, const char *where, const char *next,
	       const char *what, ...)
{
	assert_true(kind >= API_INPUT && kind <= API_FAILED);
	assert_non_null(where);
	assert_true(!text_is_empty(next) && !text_is_empty(what));
	(void)snprintf(call->refused, sizeof(call->refused), "%s", code);
	return 0;
}

bool api_wants_more(const struct api_call *call)
{
	(void)call;
	return false;
}

int api_more(struct api_call *call, struct json *parameters)
{
	(void)call;
	(void)parameters;
	fail(); /* it wants one answer */
	return 0;
}

/* Until it is answered. */
int api_stream(struct api_call *call, const struct api_pages *pages, void *arg)
{
	while (!call->reply && !call->refused[0])
		assert_int_equal(pages->next(call->r, call, arg), 0);
	pages->done(arg);
	return 0;
}

static unsigned n_soon; /* that who may read has changed */

int unlock_soon(struct registrar *r)
{
	assert_non_null(r);
	n_soon++;
	return 0;
}

/* Nothing is watched or sealed here. */
int watch_begin(struct registrar *r)
{
	assert_non_null(r);
	return 0;
}

int jobs_writable_again(struct registrar *r)
{
	assert_non_null(r);
	return 0;
}

/* Asks store, policy and keeper together: tests/system/t_unlock.sh. */
int people_reach(struct registrar *r, struct api_call *call)
{
	(void)r;
	(void)call;
	return 0;
}

/* The code of the refusal, or "ok"; the reply may be looked at until the next call. */
static struct json *last_reply;

static const char *ask(struct fixture *f, const char *method, uid_t uid, const char *parameters)
{
	static char code[64];
	struct api_call call = {.r = &f->r, .uid = uid};

	json_free(last_reply);
	last_reply = NULL;
	assert_int_equal(json_parse(bytes_of_text(parameters), &call.parameters), 0);
	for (const struct api_method *m = person_methods; m->name; m++)
		if (strcmp(m->name + strlen("org.classd.Persons."), method) == 0)
			assert_int_equal(m->handle(&f->r, &call), 0);
	if (strcmp(method, "ConfirmClock") == 0)
		assert_int_equal(people_confirm_clock(&f->r, &call), 0);
	assert_int_equal(registrar_settle(&f->r), 0);
	assert_true((call.reply != NULL) != (call.refused[0] != '\0')); /* answered once */
	last_reply = call.reply;
	json_free(call.parameters);
	(void)snprintf(code, sizeof(code), "%s", call.refused[0] ? call.refused : "ok");
	return code;
}

static const char *answer(const char *key)
{
	return json_get_text(json_get(json_look(last_reply), "person"), key);
}

static const char add_li[] = "{\"id\":\"li\",\"name\":\"李伟\",\"login\":\"1001:li\",\"departments\":[\"planning\"],"
			     "\"roles\":[\"drafter\",\"responsible\"],\"category\":\"important\","
			     "\"cleared_until\":\"2030-01-01\",\"undertaking\":\"2026-01-01\"}";
static const char confirm_li[] = "{\"id\":\"li\",\"what\":\"person\"}";

static const char pack[] = "../../policy/cn";

static void open_with_li(struct fixture *f)
{
	fixture_make(f);
	fixture_open(f, NULL);
	assert_string_equal(ask(f, "Add", SUN, add_li), "ok");
	assert_string_equal(answer("state"), "pending");
	assert_string_equal(ask(f, "Confirm", MOON, confirm_li), "ok");
	assert_string_equal(answer("state"), "valid");
}

static void close_with_li(struct fixture *f)
{
	json_free(last_reply);
	last_reply = NULL;
	policy_free(f->r.policy);
	fixture_remove(f);
}

static void test_the_first_two_come_from_the_configuration(void **state)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(store_person_by_uid(f.r.store, SUN, (struct date){2026, 5, 4}, &p), 0);
	assert_string_equal(p->person.id, "sun");
	assert_int_equal(p->person.roles, ACTOR_SECURITY_ADMIN);
	store_person_free(steal(&p));
	assert_int_equal(store_person_by_uid(f.r.store, SUN, (struct date){2026, 5, 3}, &p), STORE_NOT_FOUND);
	/* Once only: a changed configuration enters nobody else. */
	fixture_close(&f);
	f.settings[1].value = (char *)(uintptr_t) "2009:mallory";
	fixture_open(&f, NULL);
	assert_int_equal(store_person_load(f.r.store, "mallory", &p), STORE_NOT_FOUND);
	fixture_remove(&f);
}

static void test_two_persons_enter_a_third(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_string_equal(ask(&f, "Add", 0, add_li), "no-person");  /* root */
	assert_string_equal(ask(&f, "Add", LI, add_li), "no-person"); /* nobody yet */
	assert_string_equal(ask(&f, "Add", SUN, add_li), "ok");
	assert_string_equal(ask(&f, "Add", SUN, add_li), "already-there");
	assert_string_equal(ask(&f, "Confirm", LI, confirm_li), "no-person");
	assert_string_equal(ask(&f, "Confirm", SUN, confirm_li), "own-entry");
	assert_string_equal(ask(&f, "Confirm", MOON, confirm_li), "ok");
	assert_string_equal(answer("name"), "李伟");
	assert_string_equal(answer("login"), "li");
	assert_string_equal(ask(&f, "Confirm", MOON, confirm_li), "nothing-waits");
	assert_string_equal(ask(&f, "Add", LI, add_li), "wrong-role");
	assert_string_equal(ask(&f, "Show", LI, "{\"id\":\"li\"}"), "ok");
	assert_string_equal(ask(&f, "Show", LI, "{\"id\":\"sun\"}"), "no-such-person");
	close_with_li(&f);
}

static void test_bad_persons_are_refused(void **state)
{
	static const struct {
		const char *parameters, *code;
	} cases[] = {
	    {"{\"id\":\"Li Wei\",\"name\":\"x\",\"login\":\"1001:li\"}", "bad-id"},
	    {"{\"id\":\"li\",\"login\":\"1001:li\"}", "missing"},
	    {"{\"id\":\"li\",\"name\":\"a\\nb\",\"login\":\"1001:li\"}", "bad-text"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"li\"}", "bad-login"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"0:root\"}", "system-user"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"65534:nobody\"}", "system-user"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"2001:li\"}", "already-there"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"1001:li\",\"roles\":[\"king\"]}", "unknown-name"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"1001:li\",\"roles\":[\"auditor\",\"drafter\"]}",
	     "roles-conflict"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"1001:li\",\"roles\":[\"auditor\","
	     "\"security-administrator\"]}",
	     "roles-conflict"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"1001:li\",\"category\":\"vip\"}", "unknown-category"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"1001:li\",\"until\":\"2026-02-30\"}", "bad-date"},
	    {"{\"id\":\"li\",\"name\":\"x\",\"login\":\"1001:li\",\"departments\":[\"\"]}", "unknown-name"},
	};
	struct fixture f;
	uint64_t seq;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	seq = registrar_seq(&f.r);
	for (size_t i = 0; i < array_n(cases); i++)
		assert_string_equal(ask(&f, "Add", SUN, cases[i].parameters), cases[i].code);
	assert_int_equal(registrar_seq(&f.r), seq);
	close_with_li(&f);
}

static void test_a_change_waits_for_another_hand(void **state)
{
	static const char give[] = "{\"id\":\"li\",\"roles\":[\"secrecy-office\"],\"until\":\"2027-01-01\"}";
	static const char other[] = "{\"id\":\"li\",\"category\":\"core\"}";
	static const char blindly[] = "{\"id\":\"li\",\"what\":\"change\"}";
	static const char confirm[] =
	    "{\"id\":\"li\",\"what\":\"change\",\"which\":\"roles=secrecy-office; until=2027-01-01\"}";
	OWNED(store_person) struct store_person *p = NULL;
	struct fixture f;

	(void)state;
	open_with_li(&f);
	assert_string_equal(ask(&f, "Change", SUN, "{\"id\":\"li\"}"), "nothing-given");
	assert_string_equal(ask(&f, "Change", SUN, give), "ok");
	assert_string_equal(answer("state"), "change-pending");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_int_equal(p->person.roles, 0); /* not yet */
	store_person_free(steal(&p));
	assert_string_equal(answer("change"), "roles=secrecy-office; until=2027-01-01");
	assert_string_equal(ask(&f, "Confirm", SUN, confirm), "own-entry");
	assert_string_equal(ask(&f, "Confirm", MOON, blindly), "other-change");
	assert_string_equal(ask(&f, "Change", SUN, other), "ok"); /* after the other one has looked at it */
	assert_string_equal(ask(&f, "Confirm", MOON, confirm), "other-change");
	assert_string_equal(ask(&f, "Change", SUN, give), "ok");
	assert_string_equal(ask(&f, "Confirm", MOON, confirm), "ok");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_int_equal(p->person.roles, ACTOR_OFFICE);
	assert_int_equal(p->person.post, POST_IMPORTANT); /* not what was replaced */
	assert_string_equal(p->person.name, "李伟");
	assert_string_equal(p->departments.at[0], "planning");
	store_person_free(steal(&p));
	assert_int_equal(store_person_by_uid(f.r.store, LI, (struct date){2027, 1, 2}, &p), STORE_NOT_FOUND);
	/* What somebody else entered about me I do not confirm either. */
	assert_string_equal(ask(&f, "Change", SUN, "{\"id\":\"moon\",\"category\":\"core\"}"), "ok");
	assert_string_equal(ask(&f, "Confirm", MOON, "{\"id\":\"moon\",\"what\":\"change\"}"), "own-person");
	close_with_li(&f);
}

static void test_suspension_is_quick_and_not_for_oneself(void **state)
{
	struct fixture f;

	(void)state;
	open_with_li(&f);
	assert_string_equal(ask(&f, "Suspend", SUN, "{\"id\":\"sun\",\"reason\":\"x\"}"), "own-person");
	assert_string_equal(ask(&f, "Suspend", SUN, "{\"id\":\"li\",\"reason\":\"\"}"), "missing");
	n_soon = 0;
	assert_string_equal(ask(&f, "Suspend", SUN, "{\"id\":\"li\",\"reason\":\"lost key\"}"), "ok");
	assert_int_equal(n_soon, 1); /* whatever he has open is looked at */
	assert_string_equal(answer("state"), "suspended");
	assert_string_equal(ask(&f, "Show", LI, "{\"id\":\"li\"}"), "suspended");
	assert_string_equal(ask(&f, "Suspend", SUN, "{\"id\":\"li\",\"reason\":\"x\"}"), "already-suspended");
	assert_string_equal(ask(&f, "Suspend", MOON, "{\"id\":\"li\",\"reason\":\"found\",\"lift\":true}"), "ok");
	assert_string_equal(answer("state"), "valid");
	close_with_li(&f);
}

static void load_pack(struct fixture *f)
{
	OWN_BUFFER struct buffer report = {0};
	const char *from = access(pack, F_OK) == 0 ? pack : "policy/cn";

	assert_int_equal(policy_load(from, NULL, &f->r.policy, &report), 0);
}

static bool stands(struct fixture *f, const char *person, enum right right)
{
	bool does = true;

	assert_int_equal(people_stands(&f->r, person, right, &does), 0);
	return does;
}

/* What the first hand of two proposed counts while it is in its place. */
static void test_a_hand_that_was_taken_away_counts_for_nothing(void **state)
{
	struct fixture f;

	(void)state;
	open_with_li(&f);
	assert_true(stands(&f, "sun", RIGHT_RECOVER));
	assert_true(stands(&f, "moon", RIGHT_KEY_DESTROY));
	assert_false(stands(&f, "li", RIGHT_RECOVER));
	assert_false(stands(&f, "nobody", RIGHT_RECOVER));
	assert_false(stands(&f, NULL, RIGHT_RECOVER));
	assert_false(stands(&f, "", RIGHT_RECOVER));
	assert_string_equal(ask(&f, "Suspend", MOON, "{\"id\":\"sun\",\"reason\":\"x\"}"), "ok");
	assert_false(stands(&f, "sun", RIGHT_RECOVER));
	assert_true(stands(&f, "moon", RIGHT_RECOVER));
	close_with_li(&f);
}

static void test_appointments_need_document_and_second_person(void **state)
{
	char appoint[512];
	OWNED(store_person) struct store_person *p = NULL;
	const char *level;
	struct fixture f;

	(void)state;
	open_with_li(&f);
	load_pack(&f);
	level = f.r.policy->levels[f.r.policy->n_levels - 1].code;
#define APPOINT(who, kind, level, matter, from, until, document)                                                       \
	(snprintf(appoint, sizeof(appoint),                                                                            \
		  "{\"id\":\"%s\",\"kind\":\"%s\",\"levels\":[\"%s\"],\"departments\":[\"planning\"],"                 \
		  "\"matters\":[\"%s\"],\"from\":\"%s\",\"until\":\"%s\",\"document\":\"%s\"}",                        \
		  who, kind, level, matter, from, until, document),                                                    \
	 appoint)
	assert_string_equal(ask(&f, "Appoint", SUN, APPOINT("li", "king", level, "*", "2026-05-04", "2027-05-04", "7")),
			    "unknown-kind");
	assert_string_equal(
	    ask(&f, "Appoint", SUN, APPOINT("li", "designated", "X9", "*", "2026-05-04", "2027-05-04", "7")),
	    "unknown-name");
	assert_string_equal(
	    ask(&f, "Appoint", SUN, APPOINT("li", "designated", level, "99.99", "2026-05-04", "2027-05-04", "7")),
	    "unknown-name");
	assert_string_equal(
	    ask(&f, "Appoint", SUN, APPOINT("li", "designated", level, "*", "2026-05-04", "2026-05-03", "7")),
	    "ends-before-it-begins");
	assert_string_equal(
	    ask(&f, "Appoint", SUN, APPOINT("li", "designated", level, "*", "2026-05-04", "2027-05-04", "")),
	    "missing");
	assert_string_equal(
	    ask(&f, "Appoint", SUN, APPOINT("sun", "designated", level, "*", "2026-05-04", "2027-05-04", "7")),
	    "own-person");
	assert_string_equal(
	    ask(&f, "Appoint", SUN, APPOINT("li", "designated", level, "*", "2026-05-04", "2027-05-04", "No. 7")),
	    "ok");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_int_equal(p->n_appointments, 1);
	assert_null(p->appointments[0].confirmed_by);
	assert_string_equal(p->appointments[0].ceiling, level);
	assert_string_equal(p->appointments[0].document, "No. 7");
	store_person_free(steal(&p));
	assert_string_equal(ask(&f, "Confirm", SUN, "{\"id\":\"li\",\"what\":\"appointment\"}"), "own-entry");
	assert_string_equal(ask(&f, "Confirm", MOON, "{\"id\":\"li\",\"what\":\"appointment\"}"), "ok");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_string_equal(p->appointments[0].confirmed_by, "moon");
	assert_true(appointment_is_in_force(&p->appointments[0], (struct date){2026, 5, 4}));
	(void)snprintf(appoint, sizeof(appoint), "{\"id\":\"li\",\"appointment\":%s,\"reason\":\"moved\"}",
		       p->appointments[0].id);
	store_person_free(steal(&p));
	assert_string_equal(ask(&f, "EndAppointment", SUN, "{\"id\":\"li\",\"appointment\":77777,\"reason\":\"x\"}"),
			    "no-such-appointment");
	assert_string_equal(ask(&f, "EndAppointment", SUN, appoint), "ok");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_false(appointment_is_in_force(&p->appointments[0], (struct date){2026, 5, 4}));
	close_with_li(&f);
}

static void test_trainings_are_of_the_past(void **state)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct fixture f;

	(void)state;
	open_with_li(&f);
	assert_string_equal(
	    ask(&f, "Train", SUN, "{\"id\":\"li\",\"content\":\"law\",\"hours\":8,\"held\":\"2026-05-05\"}"),
	    "bad-training");
	assert_string_equal(
	    ask(&f, "Train", SUN, "{\"id\":\"li\",\"content\":\"law\",\"hours\":0,\"held\":\"2026-05-04\"}"),
	    "bad-training");
	assert_string_equal(ask(&f, "Train", SUN,
				"{\"id\":\"li\",\"content\":\"law\",\"hours\":8,\"held\":\"2026-05-01\","
				"\"valid_until\":\"2027-05-01\"}"),
			    "ok");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_int_equal(p->n_trainings, 1);
	assert_int_equal(p->trainings[0].hours, 8);
	assert_string_equal(p->taught[0].content, "law");
	close_with_li(&f);
}

/* ---- keys ---- */

struct pen {
	struct secret *seed;
	struct buffer line;
};

static void pen_make(struct pen *p)
{
	struct ssh_public_key key = {.kind = SSH_ED25519};

	*p = (struct pen){0};
	assert_int_equal(secret_new_random(ED25519_SEED, &p->seed), 0);
	assert_int_equal(ed25519_public(p->seed, key.point), 0);
	ssh_public_key_write_line(&key, &p->line);
	buffer_u8(&p->line, 0);
}

static void pen_done(struct pen *p)
{
	secret_free(p->seed);
	buffer_done(&p->line);
}

static const char *register_key(struct fixture *f, uid_t uid, const struct pen *new, const struct pen *by,
				const char *space)
{
	OWNED(json) struct json *parameters = json_object();
	OWN_BUFFER struct buffer armor = {0};
	OWN_MEM char *text = NULL;
	struct sshsig signature;

	assert_int_equal(signature_sign(bytes_of_text((const char *)new->line.at), space, by->seed, &signature), 0);
	sshsig_write_armor(&signature, &armor);
	buffer_u8(&armor, 0);
	json_set_text(parameters, "key", (const char *)new->line.at);
	json_set_text(parameters, "proof", (const char *)armor.at);
	text = json_text(parameters);
	return ask(f, "RegisterKey", uid, text);
}

static const char *fault_on(const struct store_person *p, size_t i, const char *day)
{
	return store_key_fault(p, p->keys[i].fingerprint, day);
}

/* Of two keys, one is revoked today. */
static void expect_standing(struct fixture *f)
{
	OWNED(store_person) struct store_person *p = NULL;
	size_t revoked;
	OWN_MEM char *same = NULL;

	assert_int_equal(store_person_load(f->r.store, "li", &p), 0);
	revoked = text_is_empty(p->keys[0].revoked);
	same = text_format("%sT10:00:00Z", p->keys[revoked].revoked);
	assert_null(fault_on(p, revoked, "2001-01-01"));
	assert_null(fault_on(p, revoked, p->keys[revoked].revoked));
	assert_null(fault_on(p, revoked, same));
	assert_non_null(fault_on(p, revoked, "2099-01-01"));
	assert_non_null(fault_on(p, revoked, "2099-01-01T00:00:00Z"));
	assert_non_null(fault_on(p, revoked, "-"));
	assert_non_null(fault_on(p, revoked, NULL));
	assert_null(fault_on(p, !revoked, "2099-01-01"));
	assert_null(fault_on(p, !revoked, NULL));
	assert_non_null(store_key_fault(p, "SHA256:none", "2099-01-01"));
	p->keys[!revoked].is_confirmed = false;
	assert_non_null(fault_on(p, !revoked, "2099-01-01"));
}

static void test_keys_are_vouched_for(void **state)
{
	struct pen first, second, other;
	OWNED(store_person) struct store_person *p = NULL;
	char revoke[256];
	struct fixture f;

	(void)state;
	open_with_li(&f);
	pen_make(&first);
	pen_make(&second);
	pen_make(&other);
	assert_string_equal(register_key(&f, LI, &first, &other, "key@classd"), "proof-by-other-key");
	assert_string_equal(register_key(&f, LI, &first, &first, "label@classd"), "bad-proof");
	assert_string_equal(register_key(&f, LI, &first, &first, "key@classd"), "ok");
	assert_string_equal(json_get_text(json_look(last_reply), "state"), "pending");
	assert_string_equal(register_key(&f, SUN, &first, &first, "key@classd"), "key-known");
	assert_string_equal(ask(&f, "Confirm", MOON, "{\"id\":\"li\",\"what\":\"key\"}"), "ok");
	assert_string_equal(register_key(&f, LI, &second, &second, "key@classd"), "proof-by-other-key");
	assert_string_equal(register_key(&f, LI, &second, &first, "key@classd"), "ok");
	assert_string_equal(json_get_text(json_look(last_reply), "state"), "valid");
	assert_int_equal(store_person_load(f.r.store, "li", &p), 0);
	assert_int_equal(p->n_keys, 2);
	(void)snprintf(revoke, sizeof(revoke), "{\"id\":\"li\",\"fingerprint\":\"%s\",\"reason\":\"lost\"}",
		       p->keys[0].fingerprint);
	assert_string_equal(ask(&f, "RevokeKey", LI, revoke), "ok");
	assert_string_equal(ask(&f, "RevokeKey", LI, revoke), "no-such-key");
	expect_standing(&f);
	assert_string_equal(ask(&f, "RegisterKey", LI, "{\"key\":\"rubbish\",\"proof\":\"\"}"), "bad-key");
	pen_done(&first);
	pen_done(&second);
	pen_done(&other);
	close_with_li(&f);
}

static void test_a_person_sets_time_right(void **state)
{
	struct fixture f;

	(void)state;
	open_with_li(&f);
	assert_string_equal(ask(&f, "ConfirmClock", SUN, "{\"day\":\"2026-05-04\"}"), "clock-not-suspect");
	fixture_set_clock(&f, "2037-01-01");
	assert_string_equal(ask(&f, "Train", SUN,
				"{\"id\":\"li\",\"content\":\"law\",\"hours\":8,"
				"\"held\":\"2026-05-01\"}"),
			    "ok");
	fixture_set_clock(&f, "2026-06-01");
	assert_int_equal(registrar_today(&f.r).year, 2037);
	assert_string_equal(ask(&f, "ConfirmClock", LI, "{\"day\":\"2026-06-01\"}"), "wrong-role");
	assert_string_equal(ask(&f, "ConfirmClock", SUN, "{\"day\":\"2026-06-02\"}"), "other-day");
	assert_string_equal(ask(&f, "ConfirmClock", SUN, "{\"day\":\"2026-06-01\"}"), "ok");
	assert_false(registrar_clock_is_suspect(&f.r));
	assert_int_equal(registrar_today(&f.r).year, 2026);
	/* Also for the next start. */
	fixture_close(&f);
	fixture_open(&f, NULL);
	assert_false(registrar_clock_is_suspect(&f.r));
	assert_int_equal(registrar_today(&f.r).year, 2026);
	close_with_li(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_first_two_come_from_the_configuration),
	    cmocka_unit_test(test_two_persons_enter_a_third),
	    cmocka_unit_test(test_bad_persons_are_refused),
	    cmocka_unit_test(test_a_change_waits_for_another_hand),
	    cmocka_unit_test(test_suspension_is_quick_and_not_for_oneself),
	    cmocka_unit_test(test_a_hand_that_was_taken_away_counts_for_nothing),
	    cmocka_unit_test(test_appointments_need_document_and_second_person),
	    cmocka_unit_test(test_trainings_are_of_the_past),
	    cmocka_unit_test(test_a_person_sets_time_right),
	    cmocka_unit_test(test_keys_are_vouched_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

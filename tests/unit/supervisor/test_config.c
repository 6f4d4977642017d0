#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "supervisor/config.h"

#define GOOD                                                                                                           \
	"unit: 某部 planning\n"                                                                                      \
	"pack: cn\n"                                                                                                   \
	"zone: UTC\n"

struct fixture {
	char path[64];
	struct config config;
	char *reason;
};

static int setup(void **state)
{
	static struct fixture f;
	int fd;

	f = (struct fixture){.path = "/tmp/classd-config.XXXXXX"};
	fd = mkstemp(f.path);
	assert_true(fd >= 0);
	close(fd);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	config_done(&f->config);
	free(f->reason);
	return 0;
}

static int load(struct fixture *f, const char *text, bool trial)
{
	const struct config_source source = {.path = f->path, .trial = trial, .default_policy = "/policy"};
	int fd = open(f->path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	config_done(&f->config);
	free(f->reason);
	f->reason = NULL;
	return config_load(&source, &f->config, &f->reason);
}

static void test_defaults_are_filled_in(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, GOOD "roots: [{path: /srv/a}, {path: /srv/b, mode: enforce, floor: secret}]\n", true),
			 0);
	assert_string_equal(config_text(&f->config, "unit"), "某部 planning");
	assert_string_equal(config_text(&f->config, "policy_dir"), "/policy");
	assert_string_equal(config_text(&f->config, "state_dir"), "/var/lib/classd");
	assert_int_equal(config_number(&f->config, "settle_ms"), 300);
	assert_string_equal(config_text(&f->config, "watch"), "auto");
	assert_int_equal(f->config.n_roots, 2);
	assert_int_equal(f->config.roots[0].mode, ROOT_OBSERVE);
	assert_int_equal(f->config.roots[1].mode, ROOT_ENFORCE);
	assert_string_equal(f->config.roots[1].floor, "secret");
	assert_string_equal(f->config.roots[1].department, "");
}

static void test_administrators_become_uids(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, GOOD "security_administrators: [daemon, bin]\n", false), 0);
	assert_string_equal(config_text(&f->config, "security_administrator"), "1:daemon");
}

#define SIGNER "li ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

static void test_a_signer_is_a_name_and_a_key(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, GOOD "policy_signers: [" SIGNER " li@home]\n", true), 0);
	assert_string_equal(config_text(&f->config, "policy_signers"), SIGNER);
}

static void test_every_mistake_is_named_with_its_place(void **state)
{
	static const struct {
		const char *text, *wanted;
		bool trial;
	} cases[] = {
	    {"", ":1:1: a configuration is a map", true},
	    {"- a\n", ":1:1: a configuration is a map", true},
	    {"pack: cn\nzone: UTC\n", "the key 'unit' is missing", true},
	    {GOOD, "the key 'security_administrators' is missing", false},
	    {GOOD "color: red\n", ":4:1: unknown key 'color'", true},
	    {GOOD "pack: us\n", ":4:", true},
	    {GOOD "settle_ms: 5\n", ":4:12: settle_ms is a number from 10 to 60000", true},
	    {GOOD "ignore: '*.bak'\n", ":4:9: ignore is a list of at most 64 names", true},
	    {GOOD "ignore: ['*']\n", ":4:10: ignore: '*' needs two characters", true},
	    {GOOD "ignore: ['*.*']\n", ":4:10: ignore: '*.*' needs two characters", true},
	    {GOOD "ignore: ['*.[a-z]*']\n", ":4:10: ignore: '*.[a-z]*' needs two characters", true},
	    {GOOD "ignore: ['*.docx']\n", ":4:10: ignore: '*.docx' would hide documents", true},
	    {GOOD "ignore: ['re*rt*']\n", ":4:10: ignore: 're*rt*' would hide documents", true},
	    {GOOD "ignore: ['2026-*.age']\n", ":4:10: ignore: '2026-*.age' would hide documents", true},
	    {GOOD "ignore: ['*an*/']\n", ":4:10: ignore: '*an*/' would hide documents", true},
	    {GOOD "ignore: ['a/b.bak']\n", ":4:10: ignore: 'a/b.bak' names a path", true},
	    {GOOD "ignore: ['']\n", ":4:10: ignore: '' is not one line", true},
	    {GOOD "ignore: [{a: b}]\n", ":4:10: ignore: '' is not a name", true},
	    {GOOD "settle_ms: 3e2\n", ":4:12: settle_ms is a number", true},
	    {GOOD "settle_ms: [1]\n", ":4:12: settle_ms is a number", true},
	    {GOOD "state_dir: var\n", ":4:12: state_dir is an absolute path", true},
	    {GOOD "state_dir: /var/../etc\n", ":4:12: state_dir is an absolute path", true},
	    {GOOD "watch: closely\n", ":4:8: watch is 'auto', 'inotify' or 'fanotify'", true},
	    {GOOD "watch: [auto]\n", ":4:8: watch is 'auto', 'inotify' or 'fanotify'", true},
	    {GOOD "clock: sundial\n", ":4:8: clock is 'system' or", true},
	    {GOOD "clock: file:/x\n", ":4:8: clock: a file clock is for trials only", false},
	    {"unit: u\npack: A/B\nzone: UTC\n", ":2:7: pack is a name", true},
	    {"unit: u\npack: us\nzone: Mars/Base\n", ":3:7: zone: no time zone 'Mars/Base'", true},
	    {"unit: u\npack: us\nzone: ../../../etc/passwd\n", ":3:7: zone: no time zone", true},
	    {GOOD "security_administrators: [daemon]\n", ":4:26: security_administrators is a list of at least two",
	     false},
	    {GOOD "security_administrators: [daemon, daemon]\n",
	     ":4:35: security_administrators: 'daemon' is there twice", true},
	    {GOOD "security_administrators: [root]\n", ":4:27: security_administrators: 'root' is no person", true},
	    {GOOD "security_administrators: [no-such-login]\n", "no user 'no-such-login'", true},
	    {GOOD "policy_signers: x\n", ":4:17: policy_signers is a list", true},
	    {GOOD "policy_signers: [li]\n", ":4:18: policy_signers: it is a name, a blank and", true},
	    {GOOD "policy_signers: [li ssh-rsa AAAA]\n", ":4:18: policy_signers: it is a name, a blank and", true},
	    {GOOD "policy_signers: [" SIGNER ", " SIGNER "]\n", ": policy_signers: it has this key twice", true},
	    {GOOD "roots: /srv\n", ":4:8: roots is a list of maps", true},
	    {GOOD "roots: [{mode: observe}]\n", ":4:9: a root needs a path", true},
	    {GOOD "roots: [{path: /srv, mode: sometimes}]\n", ":4:28: mode is 'observe' or 'enforce'", true},
	    {GOOD "roots: [{path: /srv, colour: red}]\n", ":4:22: unknown key 'colour' in a root", true},
	    {GOOD "roots: [{path: /srv}, {path: /srv/a}]\n", "lie in each other", true},
	    {GOOD "roots: [{path: /var/lib}]\n", "root /var/lib and state_dir /var/lib/classd lie in each other", true},
	    {GOOD "unit2: \"\n", ":", true},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < array_n(cases); i++) {
		int r = load(f, cases[i].text, cases[i].trial);

		if (r != CONFIG_BAD || !strstr(f->reason, cases[i].wanted) || !text_starts(f->reason, f->path))
			fail_msg("%s gives %d %s, wanted %s", cases[i].text, r, f->reason, cases[i].wanted);
		assert_int_equal(f->config.n_settings, 0);
	}
}

static void test_a_file_that_others_can_write_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(f->path, 0666), 0);
	assert_int_equal(load(f, GOOD, true), CONFIG_BAD);
	assert_non_null(strstr(f->reason, "writable by nobody else"));
	free(f->reason);
	f->reason = NULL;
	unlink(f->path);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(config_load(&(struct config_source){.path = f->path}, &f->config, &f->reason), CONFIG_BAD);
	rmdir(f->path);
}

static void test_equal_is_equal_in_everything(void **state)
{
	struct fixture *f = *state;
	struct config other;

	assert_int_equal(load(f, GOOD "roots: [{path: /a}]\n", true), 0);
	other = f->config;
	f->config = (struct config){0};
	assert_int_equal(load(f, GOOD "roots: [{path: /a}]\n", true), 0);
	assert_true(config_equal(&f->config, &other));
	assert_int_equal(load(f, GOOD "roots: [{path: /a, mode: enforce}]\n", true), 0);
	assert_false(config_equal(&f->config, &other));
	assert_int_equal(load(f, GOOD "roots: [{path: /a}]\nsettle_ms: 301\n", true), 0);
	assert_false(config_equal(&f->config, &other));
	config_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_defaults_are_filled_in, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_administrators_become_uids, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_signer_is_a_name_and_a_key, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_every_mistake_is_named_with_its_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_file_that_others_can_write_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_equal_is_equal_in_everything, setup, teardown),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

/* Shares: any threshold of them give the secret, fewer do not, Debian's gfcombine agrees, wrong uses are refused. */
#include "test.h"

#include "base/text.h"
#include "library/gfshare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N	  5
#define THRESHOLD 3

static void make(struct secret **secret, struct share *shares)
{
	assert_int_equal(secret_new_random(75, secret), 0);
	assert_int_equal(shares_split(*secret, N, THRESHOLD, shares), 0);
}

static bool gives_it(const struct share *all, unsigned bits, const struct secret *secret)
{
	OWNED(secret) struct secret *got = NULL;
	struct share some[N];
	size_t n = 0;

	for (unsigned i = 0; i < N; i++)
		if (bits & 1u << i)
			some[n++] = all[i];
	assert_int_equal(shares_combine(some, n, &got), 0);
	return secret_equal(got, secret);
}

static void test_threshold(void **state)
{
	OWNED(secret) struct secret *secret = NULL;
	struct share shares[N];
	(void)state;

	make(&secret, shares);
	for (unsigned bits = 1; bits < 1u << N; bits++)
		assert_int_equal(gives_it(shares, bits, secret), __builtin_popcount(bits) >= THRESHOLD);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(shares[i].number, i + 1);
		assert_int_equal(secret_length(shares[i].bytes), 75);
		assert_false(secret_equal(shares[i].bytes, secret));
	}
	shares_done(shares, N);
	assert_null(shares[0].bytes);
}

static void test_fresh_every_time(void **state)
{
	OWNED(secret) struct secret *secret = NULL;
	struct share first[N], second[N];
	(void)state;

	make(&secret, first);
	assert_int_equal(shares_split(secret, N, THRESHOLD, second), 0);
	for (size_t i = 0; i < N; i++)
		assert_false(secret_equal(first[i].bytes, second[i].bytes));
	shares_done(second + 1, N - 1);
	/* One share of another splitting among them: something else comes out. */
	struct share mixed[THRESHOLD] = {second[0], first[1], first[2]};
	OWNED(secret) struct secret *got = NULL;
	assert_int_equal(shares_combine(mixed, THRESHOLD, &got), 0);
	assert_false(secret_equal(got, secret));
	shares_done(second, 1);
	shares_done(first, N);
}

static int write_share(struct bytes at, void *file)
{
	return fwrite(at.at, 1, at.n, file) == at.n ? 0 : 1;
}

static int equals(struct bytes at, void *context)
{
	const uint8_t *other = context;

	return memcmp(at.at, other, at.n) ? 1 : 0;
}

/* The one thing that must hold when this program is gone. */
static void test_stock_program_combines(void **state)
{
	OWNED(secret) struct secret *secret = NULL;
	struct share shares[N];
	char dir[] = "/tmp/test_gfshare.XXXXXX";
	uint8_t got[80];
	(void)state;

	if (system("command -v gfcombine >/dev/null") != 0)
		skip();
	make(&secret, shares);
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < N; i += 2) {
		OWN_MEM char *path = text_format("%s/share.%03u", dir, shares[i].number);
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		assert_int_equal(secret_lend(shares[i].bytes, write_share, file), 0);
		assert_int_equal(fclose(file), 0);
	}
	OWN_MEM char *command = text_format("cd %s && gfcombine -o key share.001 share.003 share.005", dir);
	OWN_MEM char *key = text_format("%s/key", dir);
	OWN_MEM char *clean = text_format("rm -r %s", dir);
	assert_int_equal(system(command), 0);
	FILE *file = fopen(key, "r");
	assert_non_null(file);
	assert_int_equal(fread(got, 1, sizeof(got), file), 75);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(secret_lend(secret, equals, got), 0);
	assert_int_equal(system(clean), 0);
	shares_done(shares, N);
}

static void test_wrong_uses(void **state)
{
	OWNED(secret) struct secret *secret = NULL;
	OWNED(secret) struct secret *shorter = NULL;
	OWNED(secret) struct secret *got = NULL;
	struct share shares[N], none[1];
	(void)state;

	make(&secret, shares);
	assert_int_equal(shares_split(secret, 5, 1, none), SHARES_BAD_THRESHOLD);
	assert_int_equal(shares_split(secret, 5, 0, none), SHARES_BAD_THRESHOLD);
	assert_int_equal(shares_split(secret, 2, 3, none), SHARES_BAD_THRESHOLD);
	assert_int_equal(shares_split(secret, 256, 3, none), SHARES_BAD_THRESHOLD);
	assert_int_equal(shares_combine(shares, 0, &got), SHARES_BAD_THRESHOLD);
	assert_int_equal(shares_combine((struct share[]){shares[0], shares[0]}, 2, &got), SHARES_BAD_NUMBER);
	assert_int_equal(shares_combine((struct share[]){{0, shares[0].bytes}, shares[1]}, 2, &got), SHARES_BAD_NUMBER);
	assert_int_equal(secret_new_random(74, &shorter), 0);
	assert_int_equal(shares_combine((struct share[]){shares[0], {2, shorter}}, 2, &got), SHARES_BAD_LENGTH);
	assert_int_equal(shares_combine((struct share[]){shares[0], {2, NULL}}, 2, &got), SHARES_BAD_LENGTH);
	assert_null(got);
	shares_done(shares, N);
}

static void test_most_shares(void **state)
{
	OWNED(secret) struct secret *secret = NULL;
	OWNED(secret) struct secret *got = NULL;
	static struct share shares[SHARES_MAX];
	(void)state;

	assert_int_equal(secret_new_random(75, &secret), 0);
	assert_int_equal(shares_split(secret, SHARES_MAX, SHARES_MAX, shares), 0);
	assert_int_equal(shares_combine(shares, SHARES_MAX, &got), 0);
	assert_true(secret_equal(got, secret));
	secret_free(steal(&got));
	assert_int_equal(shares_combine(shares, SHARES_MAX - 1, &got), 0);
	assert_false(secret_equal(got, secret));
	shares_done(shares, SHARES_MAX);
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threshold),
	    cmocka_unit_test(test_fresh_every_time),
	    cmocka_unit_test(test_stock_program_combines),
	    cmocka_unit_test(test_wrong_uses),
	    cmocka_unit_test(test_most_shares),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}

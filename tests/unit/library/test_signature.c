#include "test.h"

#include <string.h>

#include "format/label.h"
#include "library/signature.h"
#include "library/token.h"

static const struct bytes text = {(const uint8_t *)"classd-label/v1\n", 16};

struct fixture {
	struct secret *seed;
	struct sshsig plain, token;
};

static void sign_as_token(struct fixture *f, uint8_t flags)
{
	assert_int_equal(token_sign(f->seed, text, LABEL_NAMESPACE, flags, &f->token), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(sodium_start(), 0);
	assert_int_equal(secret_new_random(ED25519_SEED, &f->seed), 0);
	assert_int_equal(signature_sign(text, LABEL_NAMESPACE, f->seed, &f->plain), 0);
	sign_as_token(f, SSHSIG_PRESENT);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	secret_free(f->seed);
	free(f);
	return 0;
}

static int verify(const struct sshsig *s, struct bytes over, struct signature_demand demand)
{
	OWN_BUFFER struct buffer blob = {0};
	OWN_BUFFER struct buffer armor = {0};
	struct ssh_public_key key = {0};
	int by_blob, by_armor;

	if (!demand.space)
		demand.space = LABEL_NAMESPACE;
	sshsig_write_blob(s, &blob);
	sshsig_write_armor(s, &armor);
	by_blob = signature_verify(over, buffer_bytes(&blob), &demand, &key);
	by_armor = signature_verify(over, buffer_bytes(&armor), &demand, NULL);
	assert_int_equal(by_blob, by_armor);
	if (by_blob == 0)
		assert_true(ssh_public_key_equal(&key, &s->key));
	return by_blob;
}

static void test_what_is_demanded(void **state)
{
	const struct fixture *f = *state;
	const struct ssh_public_key *plain = &f->plain.key, *token = &f->token.key;
	const struct {
		const struct sshsig *s;
		struct signature_demand demand;
		int outcome;
	} cases[] = {
	    {&f->plain, {0}, 0},
	    {&f->plain, {.key = plain, .present = true, .verified = true}, 0},
	    {&f->plain, {.key = token}, SIGNATURE_OTHER_KEY},
	    {&f->plain, {.space = ISSUE_NAMESPACE}, SIGNATURE_OTHER_NAMESPACE},
	    {&f->plain, {.token = true}, SIGNATURE_NOT_PRESENT},
	    {&f->token, {.key = token, .present = true, .token = true}, 0},
	    {&f->token, {.key = token, .verified = true}, SIGNATURE_NOT_VERIFIED},
	    {&f->token, {.key = plain}, SIGNATURE_OTHER_KEY},
	};

	for (size_t i = 0; i < array_n(cases); i++)
		if (verify(cases[i].s, text, cases[i].demand) != cases[i].outcome)
			fail_msg("case %zu: %d", i, verify(cases[i].s, text, cases[i].demand));
}

static void test_flags_of_a_token(void **state)
{
	struct fixture *f = *state;

	sign_as_token(f, 0);
	assert_int_equal(verify(&f->token, text, (struct signature_demand){0}), 0);
	assert_int_equal(verify(&f->token, text, (struct signature_demand){.present = true}), SIGNATURE_NOT_PRESENT);
	f->token.flags = SSHSIG_PRESENT; /* claimed afterwards */
	assert_int_equal(verify(&f->token, text, (struct signature_demand){.present = true}), SIGNATURE_WRONG);
	sign_as_token(f, SSHSIG_PRESENT | SSHSIG_VERIFIED);
	assert_int_equal(verify(&f->token, text, (struct signature_demand){.verified = true}), 0);
	f->token.counter++;
	assert_int_equal(verify(&f->token, text, (struct signature_demand){0}), SIGNATURE_WRONG);
}

static void test_forgeries(void **state)
{
	struct fixture *f = *state;
	OWN_BUFFER struct buffer blob = {0};
	struct signature_demand demand = {.space = LABEL_NAMESPACE};

	assert_int_equal(verify(&f->plain, bytes_of(text.at, text.n - 1), demand), SIGNATURE_WRONG);
	sshsig_write_blob(&f->plain, &blob);
	for (size_t i = 0; i < blob.n * 8; i++) {
		blob.at[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_true(signature_verify(text, buffer_bytes(&blob), &demand, NULL) > 0);
		blob.at[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(signature_verify(text, bytes_of("", 0), &demand, NULL), SIGNATURE_MALFORMED);
	assert_int_equal(signature_verify(text, bytes_of_text("-----BEGIN"), &demand, NULL), SIGNATURE_MALFORMED);
}

/* A right signature followed by more than a signature can have, as a blob and between the lines of armor. */
static void test_oversized(void **state)
{
	const struct fixture *f = *state;
	OWN_BUFFER struct buffer blob = {0};
	OWN_BUFFER struct buffer armor = {0};
	OWN_BUFFER struct buffer line = {0};
	struct signature_demand demand = {.space = LABEL_NAMESPACE};
	struct ssh_public_key key;

	sshsig_write_blob(&f->plain, &blob);
	sshsig_write_armor(&f->plain, &armor);
	assert_int_equal(signature_verify(text, buffer_bytes(&blob), &demand, NULL), 0);
	for (size_t n = SSHSIG_BLOB_MAX - blob.n; n <= ((size_t)1 << 22); n = n * 4 + 1) {
		OWN_BUFFER struct buffer large = {0};
		uint8_t *more;

		buffer_add_bytes(&large, buffer_bytes(&blob));
		more = buffer_reserve(&large, n);
		memset(more, 0, n);
		large.n += n;
		assert_int_equal(signature_verify(text, buffer_bytes(&large), &demand, NULL), SIGNATURE_MALFORMED);
		buffer_clear(&large);
		buffer_add_bytes(&large, buffer_bytes(&armor));
		more = buffer_reserve(&large, n);
		memset(more, '\n', n); /* ends of lines, which armor may have */
		large.n += n;
		assert_int_equal(signature_verify(text, buffer_bytes(&large), &demand, NULL),
				 large.n <= SSHSIG_ARMOR_MAX ? 0 : SIGNATURE_MALFORMED);
	}
	ssh_public_key_write_line(&f->plain.key, &line);
	assert_int_equal(ssh_public_key_parse_line(buffer_bytes(&line), &key), 0);
	while (line.n <= SSHSIG_BLOB_MAX)
		buffer_u8(&line, ' ');
	assert_int_equal(ssh_public_key_parse_line(buffer_bytes(&line), &key), SSHSIG_MALFORMED);
}

static void test_key_files(void **state)
{
	OWNED(secret) struct secret *seed = NULL;
	struct ssh_public_key key;

	(void)state;
	assert_int_equal(signature_key_load(bytes_of_text("not a key"), &key, &seed), SIGNATURE_MALFORMED);
	assert_int_equal(signature_key_load(bytes_of_text("-----BEGIN OPENSSH PRIVATE KEY-----\n!!!!\n"
							  "-----END OPENSSH PRIVATE KEY-----\n"),
					    &key, &seed),
			 SIGNATURE_MALFORMED);
	assert_null(seed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_what_is_demanded), TEST(test_flags_of_a_token), TEST(test_forgeries),
	    TEST(test_oversized),	 TEST(test_key_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

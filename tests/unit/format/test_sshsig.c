#include "test.h"

#include <string.h>

#include "format/sshsig.h"

#define PUBLIC_LINE "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g li@office\n"

static struct sshsig sample(enum ssh_key_kind kind)
{
	struct sshsig s = {.key = {.kind = kind}, .space = "label@classd", .hash = SSHSIG_SHA512};

	for (uint8_t i = 0; i < 32; i++)
		s.key.point[i] = (uint8_t)(i + 1);
	memset(s.signature, 0x5a, sizeof(s.signature));
	if (kind == SSH_SK_ED25519) {
		memcpy(s.key.application, "ssh:classd", 11);
		s.flags = SSHSIG_PRESENT | SSHSIG_VERIFIED;
		s.counter = 77;
	}
	return s;
}

static void test_public_key_line(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct sshsig s = sample(SSH_ED25519);
	struct ssh_public_key k;

	(void)state;
	assert_int_equal(ssh_public_key_parse_line(bytes_of_text(PUBLIC_LINE), &k), 0);
	assert_true(ssh_public_key_equal(&k, &s.key));
	ssh_public_key_write_line(&k, &b);
	assert_memory_equal(b.at, PUBLIC_LINE, b.n);
	assert_int_equal(ssh_public_key_parse_line(bytes_of_text("ssh-rsa AAAAB3NzaC1yc2E= x"), &k),
			 SSHSIG_UNKNOWN_KEY);
	assert_int_equal(ssh_public_key_parse_line(bytes_of_text(PUBLIC_LINE PUBLIC_LINE), &k), SSHSIG_MALFORMED);
	assert_int_equal(ssh_public_key_parse_line(bytes_of_text("ssh-ed25519"), &k), SSHSIG_MALFORMED);
	assert_int_equal(ssh_public_key_parse_line(bytes_of_text(""), &k), SSHSIG_MALFORMED);
	/* The word in clear and the blob must say the same. */
	assert_int_equal(ssh_public_key_parse_line(bytes_of_text("sk-" PUBLIC_LINE), &k), SSHSIG_UNKNOWN_KEY);
}

static void test_blob_and_armor_come_back(void **state)
{
	(void)state;
	for (int kind = SSH_ED25519; kind <= SSH_SK_ED25519; kind++) {
		OWN_BUFFER struct buffer blob = {0};
		OWN_BUFFER struct buffer armor = {0};
		OWN_BUFFER struct buffer again = {0};
		struct sshsig s = sample((enum ssh_key_kind)kind), back;

		sshsig_write_blob(&s, &blob);
		sshsig_write_armor(&s, &armor);
		assert_int_equal(sshsig_parse(buffer_bytes(&blob), &back), 0);
		assert_true(ssh_public_key_equal(&s.key, &back.key));
		assert_string_equal(back.space, "label@classd");
		assert_int_equal(back.counter, s.counter);
		assert_int_equal(back.flags, s.flags);
		sshsig_write_blob(&back, &again);
		assert_true(bytes_equal(buffer_bytes(&blob), buffer_bytes(&again)));
		assert_int_equal(sshsig_parse(buffer_bytes(&armor), &back), 0);
		assert_memory_equal(back.signature, s.signature, sizeof(s.signature));
	}
}

/* Whatever single bit changes, it is refused or it is another signature: one encoding only. */
static void test_cut_and_flipped(void **state)
{
	OWN_BUFFER struct buffer blob = {0};
	struct sshsig s = sample(SSH_SK_ED25519), back;

	(void)state;
	sshsig_write_blob(&s, &blob);
	for (size_t n = 0; n < blob.n; n++)
		assert_int_not_equal(sshsig_parse_blob(bytes_of(blob.at, n), &back), 0);
	for (size_t i = 0; i < blob.n * 8; i++) {
		OWN_BUFFER struct buffer again = {0};

		blob.at[i / 8] ^= (uint8_t)(1 << i % 8);
		if (sshsig_parse_blob(buffer_bytes(&blob), &back) == 0) {
			sshsig_write_blob(&back, &again);
			assert_true(bytes_equal(buffer_bytes(&blob), buffer_bytes(&again)));
		}
		blob.at[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	buffer_u8(&blob, 0);
	assert_int_equal(sshsig_parse_blob(buffer_bytes(&blob), &back), SSHSIG_MALFORMED);
	blob.at[9] = 2;
	assert_int_equal(sshsig_parse_blob(buffer_bytes(&blob), &back), SSHSIG_NEWER);
}

static void test_bytes_to_sign(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	uint8_t hash[32] = {1};

	(void)state;
	sshsig_write_to_sign("ns", SSHSIG_SHA256, bytes_of(hash, sizeof(hash)), &b);
	assert_int_equal(b.n, 6 + 4 + 2 + 4 + 4 + 6 + 4 + 32);
	assert_memory_equal(b.at, "SSHSIG\0\0\0\2ns\0\0\0\0\0\0\0\6sha256\0\0\0\40\1", 31);
	sshsig_write_to_sign("ns", SSHSIG_SHA512, bytes_of(hash, sizeof(hash)), &b);
	assert_true(b.failed); /* a hash of the wrong length is never signed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public_key_line),
	    cmocka_unit_test(test_blob_and_armor_come_back),
	    cmocka_unit_test(test_cut_and_flipped),
	    cmocka_unit_test(test_bytes_to_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"

#include <string.h>

#include "format/base64.h"
#include "format/ssh_key.h"
#include "format/ssh_wire.h"

/* What ssh-keygen writes for a seed, built here piece by piece (PROTOCOL.key). */
struct parts {
	const char *cipher, *kdf, *kind, *kind_inside;
	uint32_t n_keys, check;
	uint8_t last_of_pair;
	size_t padding;
};

static const struct parts good = {"none", "none", "ssh-ed25519", "ssh-ed25519", 1, 7, 32, 0};

static void build(const struct parts *p, struct buffer *ret)
{
	OWN_BUFFER struct buffer public = {0};
	OWN_BUFFER struct buffer inside = {0};
	uint8_t seed[32], point[32];

	for (uint8_t i = 0; i < 32; i++) {
		seed[i] = (uint8_t)(100 + i);
		point[i] = (uint8_t)(i + 1);
	}
	ssh_put_text(&public, p->kind);
	ssh_put(&public, bytes_of(point, 32));
	buffer_u32(&inside, 7);
	buffer_u32(&inside, p->check);
	ssh_put_text(&inside, p->kind_inside);
	ssh_put(&inside, bytes_of(point, 32));
	buffer_u32(&inside, 64);
	buffer_add(&inside, seed, 32);
	point[31] = p->last_of_pair;
	buffer_add(&inside, point, 32);
	ssh_put_text(&inside, "li@office");
	for (uint8_t i = 1; inside.n % 8 || i <= p->padding; i++)
		buffer_u8(&inside, i);
	buffer_clear(ret);
	buffer_add(ret, "openssh-key-v1", 15);
	ssh_put_text(ret, p->cipher);
	ssh_put_text(ret, p->kdf);
	ssh_put_text(ret, "");
	buffer_u32(ret, p->n_keys);
	ssh_put(ret, buffer_bytes(&public));
	ssh_put(ret, buffer_bytes(&inside));
}

static int parse(const struct parts *p)
{
	OWN_BUFFER struct buffer b = {0};
	struct ssh_key_view v;

	build(p, &b);
	return ssh_key_parse(buffer_bytes(&b), &v);
}

static void test_seed_is_found(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct ssh_key_view v;

	(void)state;
	build(&good, &b);
	assert_int_equal(ssh_key_parse(buffer_bytes(&b), &v), 0);
	assert_int_equal(v.seed.n, 32);
	assert_int_equal(v.seed.at[31], 131);
	assert_int_equal(v.key.point[31], 32);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(ssh_key_parse(bytes_of(b.at, n), &v), SSH_KEY_MALFORMED);
}

static void test_other_keys(void **state)
{
	struct parts p = good;

	(void)state;
	p.cipher = "aes256-ctr";
	p.kdf = "bcrypt";
	assert_int_equal(parse(&p), SSH_KEY_ENCRYPTED);
	p = good;
	p.kind = "ssh-rsa";
	assert_int_equal(parse(&p), SSH_KEY_OTHER_TYPE);
	p = good;
	p.kind_inside = "ssh-rsa";
	assert_int_equal(parse(&p), SSH_KEY_MALFORMED);
	p = good;
	p.n_keys = 2;
	assert_int_equal(parse(&p), SSH_KEY_MALFORMED);
	p = good;
	p.check = 8;
	assert_int_equal(parse(&p), SSH_KEY_MALFORMED);
	p = good;
	p.last_of_pair = 33; /* the two public halves differ */
	assert_int_equal(parse(&p), SSH_KEY_MALFORMED);
	p = good;
	p.padding = 16;
	assert_int_equal(parse(&p), SSH_KEY_MALFORMED);
}

static void test_armor(void **state)
{
	static const char text[] =
	    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\r\nBBBB\n-----END OPENSSH PRIVATE KEY-----\n\n";
	uint8_t room[sizeof(text)];
	size_t n = 0;

	(void)state;
	assert_true(ssh_key_strip_armor(bytes_of_text(text), room, &n));
	assert_true(bytes_equal_text(bytes_of(room, n), "AAAABBBB"));
	for (size_t cut = 0; cut < strlen(text) - 2; cut++)
		assert_false(ssh_key_strip_armor(bytes_of(text, cut), room, &n));
	assert_false(ssh_key_strip_armor(bytes_of_text("-----BEGIN RSA PRIVATE KEY-----\n"), room, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seed_is_found),
	    cmocka_unit_test(test_other_keys),
	    cmocka_unit_test(test_armor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

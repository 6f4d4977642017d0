/* openssh-key-v1 with one unencrypted ssh-ed25519 key. */
#include "format/ssh_key.h"

#include <string.h>

#include "format/ssh_wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1" /* with its NUL */
#define BLOCK 8		       /* of cipher "none" */
#define SEED  32

bool ssh_key_strip_armor(struct bytes text, uint8_t *ret, size_t *ret_n)
{
	size_t n = 0, begin = strlen(BEGIN), end = strlen(END);

	while (text.n && (text.at[text.n - 1] == '\n' || text.at[text.n - 1] == '\r'))
		text.n--;
	if (text.n < begin + end || memcmp(text.at, BEGIN, begin) != 0 || memcmp(text.at + text.n - end, END, end) != 0)
		return false;
	for (size_t i = begin; i < text.n - end; i++)
		if (text.at[i] != '\n' && text.at[i] != '\r')
			ret[n++] = text.at[i];
	*ret_n = n;
	return true;
}

/* 1, 2, 3 … up to the block size: what follows the comment. */
static bool is_padding(struct cursor *c)
{
	size_t n = c->left;

	for (size_t i = 1; i <= n; i++)
		if (cursor_u8(c) != i)
			return false;
	return !c->bad && n < BLOCK;
}

static int parse_private(struct bytes section, struct ssh_key_view *ret)
{
	struct cursor c = cursor_of(section);
	uint32_t check = cursor_u32(&c);
	bool same = cursor_u32(&c) == check;
	struct bytes kind = ssh_take(&c), point = ssh_take(&c), pair = ssh_take(&c);

	(void)ssh_take(&c); /* comment */
	if (c.bad || !same || !bytes_equal_text(kind, ssh_key_kind_name(SSH_ED25519)) || pair.n != 2 * SEED ||
	    !bytes_equal(point, bytes_of(ret->key.point, SEED)) ||
	    !bytes_equal(bytes_of(pair.at + SEED, SEED), point) || !is_padding(&c))
		return SSH_KEY_MALFORMED;
	ret->seed = bytes_of(pair.at, SEED);
	return 0;
}

int ssh_key_parse(struct bytes blob, struct ssh_key_view *ret)
{
	struct cursor c = cursor_of(blob);
	struct ssh_key_view v = {0};
	struct bytes magic = cursor_take(&c, sizeof(MAGIC)), cipher = ssh_take(&c), kdf = ssh_take(&c);
	struct bytes options = ssh_take(&c);
	uint32_t n_keys = cursor_u32(&c);
	struct bytes public = ssh_take(&c), private = ssh_take(&c);
	int bad;

	if (!cursor_at_end(&c) || n_keys != 1 || !bytes_equal(magic, bytes_of(MAGIC, sizeof(MAGIC))))
		return SSH_KEY_MALFORMED;
	bad = ssh_public_key_parse_blob(public, &v.key);
	if (bad == SSHSIG_UNKNOWN_KEY || (!bad && v.key.kind != SSH_ED25519))
		return SSH_KEY_OTHER_TYPE;
	if (bad)
		return SSH_KEY_MALFORMED;
	if (!bytes_equal_text(cipher, "none"))
		return SSH_KEY_ENCRYPTED;
	if (!bytes_equal_text(kdf, "none") || options.n)
		return SSH_KEY_MALFORMED;
	bad = parse_private(private, &v);
	if (!bad)
		*ret = v;
	return bad;
}

/* SSHSIG over a text: which bytes are hashed, which are signed, and what a token's flags must say. */
#include "library/signature.h"

#include <errno.h>
#include <string.h>

#include "format/base64.h"

const char *signature_outcome_text(int outcome)
{
	static const char *const texts[] = {
	    [SIGNATURE_MALFORMED] = "not an SSH signature of a kind that we accept",
	    [SIGNATURE_OTHER_NAMESPACE] = "a signature made for another purpose",
	    [SIGNATURE_OTHER_KEY] = "signed with another key",
	    [SIGNATURE_WRONG] = "the signature is not over this text",
	    [SIGNATURE_NOT_PRESENT] = "the signature was not made with a touched security token",
	    [SIGNATURE_NOT_VERIFIED] = "the security token did not verify its owner",
	    [SIGNATURE_KEY_ENCRYPTED] = "the key file has a passphrase",
	    [SIGNATURE_KEY_OTHER] = "the key is not an Ed25519 key",
	};

	return outcome > 0 && (size_t)outcome < array_n(texts) ? texts[outcome] : "no error";
}

static void write_to_sign(struct bytes text, const char *space, enum sshsig_hash hash, struct buffer *ret)
{
	uint8_t hashed[SHA512_BYTES];
	size_t n = hash == SSHSIG_SHA512 ? SHA512_BYTES : SHA256_BYTES;

	if (hash == SSHSIG_SHA512)
		sha512_of(text, hashed);
	else
		sha256_of(text, hashed);
	sshsig_write_to_sign(space, hash, bytes_of(hashed, n), ret);
}

void signature_to_sign(struct bytes text, const char *space, struct buffer *ret)
{
	write_to_sign(text, space, SSHSIG_SHA512, ret);
}

/* What a token signs instead (PROTOCOL.u2f): application, flags and counter around the hash. */
static void write_token_message(const struct sshsig *s, struct bytes to_sign, struct buffer *ret)
{
	uint8_t hash[SHA256_BYTES];

	sha256_of(bytes_of_text(s->key.application), hash);
	buffer_add(ret, hash, sizeof(hash));
	buffer_u8(ret, s->flags);
	buffer_u32(ret, s->counter);
	sha256_of(to_sign, hash);
	buffer_add(ret, hash, sizeof(hash));
}

static int verify_bytes(struct bytes text, const struct sshsig *s)
{
	OWN_BUFFER struct buffer to_sign = {0};
	OWN_BUFFER struct buffer token = {0};
	struct bytes message;

	write_to_sign(text, s->space, s->hash, &to_sign);
	TRY(buffer_check(&to_sign));
	message = buffer_bytes(&to_sign);
	if (s->key.kind == SSH_SK_ED25519) {
		write_token_message(s, message, &token);
		TRY(buffer_check(&token));
		message = buffer_bytes(&token);
	}
	return ed25519_verify(s->key.point, message, s->signature) ? SIGNATURE_WRONG : 0;
}

/* A plain key has no flags: where presence is demanded of tokens only, it passes; where a token is, it does not. */
static int check_flags(const struct sshsig *s, const struct signature_demand *d)
{
	if (s->key.kind != SSH_SK_ED25519)
		return d->token ? SIGNATURE_NOT_PRESENT : 0;
	if ((d->present || d->token) && !(s->flags & SSHSIG_PRESENT))
		return SIGNATURE_NOT_PRESENT;
	return d->verified && !(s->flags & SSHSIG_VERIFIED) ? SIGNATURE_NOT_VERIFIED : 0;
}

int signature_verify(struct bytes text, struct bytes signature, const struct signature_demand *demand,
		     struct ssh_public_key *ret_key)
{
	struct sshsig s;
	int bad;

	if (sshsig_parse(signature, &s))
		return SIGNATURE_MALFORMED;
	if (strcmp(s.space, demand->space) != 0)
		return SIGNATURE_OTHER_NAMESPACE;
	if (demand->key && !ssh_public_key_equal(&s.key, demand->key))
		return SIGNATURE_OTHER_KEY;
	bad = verify_bytes(text, &s);
	if (!bad)
		bad = check_flags(&s, demand);
	if (!bad && ret_key)
		*ret_key = s.key;
	return bad;
}

int signature_sign(struct bytes text, const char *space, const struct secret *seed, struct sshsig *ret)
{
	OWN_BUFFER struct buffer to_sign = {0};
	struct sshsig s = {.key = {.kind = SSH_ED25519}, .hash = SSHSIG_SHA512};

	if (strlen(space) >= sizeof(s.space))
		return FAULT(EINVAL, "namespace of %zu bytes", strlen(space));
	memcpy(s.space, space, strlen(space) + 1);
	signature_to_sign(text, space, &to_sign);
	TRY(buffer_check(&to_sign));
	TRY(ed25519_public(seed, s.key.point));
	TRY(ed25519_sign(seed, buffer_bytes(&to_sign), s.signature));
	*ret = s;
	return 0;
}

void signature_fingerprint(const struct ssh_public_key *k, char ret[FINGERPRINT_TEXT])
{
	OWN_BUFFER struct buffer blob = {0};
	OWN_BUFFER struct buffer text = {0};
	uint8_t hash[SHA256_BYTES];

	ret[0] = '\0';
	ssh_public_key_write_blob(k, &blob);
	sha256_of(buffer_bytes(&blob), hash);
	buffer_add_text(&text, "SHA256:");
	base64_encode(bytes_of(hash, sizeof(hash)), BASE64_RAW, &text);
	buffer_u8(&text, 0);
	if (!blob.failed && !text.failed)
		memcpy(ret, text.at, FINGERPRINT_TEXT);
}

/* Base64 shrinks, so it is decoded where it stands: no second copy of a key. */
static int fill_blob(uint8_t *at, size_t *n, void *context)
{
	const struct bytes *text = context;
	size_t length;

	if (!ssh_key_strip_armor(*text, at, &length) || !base64_decode(bytes_of(at, length), BASE64_PADDED, at, n))
		return SIGNATURE_MALFORMED;
	return 0;
}

struct loaded {
	struct ssh_key_view view; /* its seed is valid only while lent */
	struct secret *seed;
};

static int fill_seed(uint8_t *at, size_t *n, void *context)
{
	const struct loaded *l = context;

	memcpy(at, l->view.seed.at, *n);
	return 0;
}

static int take_key(struct bytes blob, void *context)
{
	static const int outcomes[] = {
	    [SSH_KEY_MALFORMED] = SIGNATURE_MALFORMED,
	    [SSH_KEY_ENCRYPTED] = SIGNATURE_KEY_ENCRYPTED,
	    [SSH_KEY_OTHER_TYPE] = SIGNATURE_KEY_OTHER,
	};
	struct loaded *l = context;
	int bad = ssh_key_parse(blob, &l->view);

	return bad ? outcomes[bad] : secret_new_filled(ED25519_SEED, fill_seed, l, &l->seed);
}

/* The file's public half is not believed: a wrong one would let a signature give the seed away. */
static int check_pair(const struct loaded *l)
{
	uint8_t point[ED25519_PUBLIC];

	TRY(ed25519_public(l->seed, point));
	return bytes_equal_constant(point, l->view.key.point, sizeof(point)) ? 0 : SIGNATURE_MALFORMED;
}

int signature_key_load(struct bytes text, struct ssh_public_key *ret_key, struct secret **ret_seed)
{
	OWNED(secret) struct secret *blob = NULL;
	struct loaded l = {0};
	int bad;

	if (text.n > SSH_KEY_FILE_MAX)
		return SIGNATURE_MALFORMED;
	bad = secret_new_filled(text.n + 3, fill_blob, &text, &blob);
	if (!bad)
		bad = secret_lend(blob, take_key, &l);
	if (!bad)
		bad = check_pair(&l);
	if (bad) {
		secret_free(l.seed);
		return bad;
	}
	*ret_key = l.view.key;
	*ret_seed = l.seed;
	return 0;
}

/* X25519 recipients of age: HKDF and one ChaCha20-Poly1305 for the file key, and small files in memory. */
#include "library/identity.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "format/base64.h"
#include "format/bech32.h"

#define SECRET_PREFIX "age-secret-key-"
#define SECRET_START  "AGE-SECRET-KEY-1"
#define PUBLIC_PREFIX "age"
#define WRAP_INFO     "age-encryption.org/v1/X25519"
#define WRAPPED	      (AGE_FILE_KEY + AEAD_TAG)
#define SHARE_TEXT    43

static const uint8_t zero_nonce[CHACHA_NONCE];

const char *identity_outcome_text(int outcome)
{
	static const char *const texts[] = {
	    [IDENTITY_MALFORMED] = "the key or the header breaks its grammar",
	    [IDENTITY_MISTYPED] = "mistyped or altered: the checksum is wrong",
	    [IDENTITY_NOT_FOR_US] = "not sealed to this key",
	    [IDENTITY_DAMAGED] = "damaged or altered: the header's check value is wrong",
	    [IDENTITY_TOO_LARGE] = "larger than we accept",
	    [IDENTITY_PAYLOAD_DAMAGED] = "damaged or altered: the content does not open",
	    [IDENTITY_NOT_AGE] = "not an age file",
	    [IDENTITY_NEWER] = "an age file of a newer version",
	    [IDENTITY_CUT] = "damaged: the file ends within its header",
	    [IDENTITY_NOT_PASSPHRASE] = "sealed to keys, not to a passphrase",
	    [IDENTITY_WRONG_PASSPHRASE] = "another passphrase",
	    [IDENTITY_WORK_TOO_LARGE] = "the passphrase's work factor is larger than we accept or have memory for",
	};

	return outcome > 0 && (size_t)outcome < array_n(texts) ? texts[outcome] : "no error";
}

int identity_new(struct secret **ret)
{
	return secret_new_random(X25519_BYTES, ret);
}

int identity_recipient(const struct secret *identity, struct recipient *ret)
{
	return x25519_public(identity, ret->point);
}

void recipient_to_text(const struct recipient *r, char ret[RECIPIENT_TEXT])
{
	char text[BECH32_ROOM];

	bech32_encode(PUBLIC_PREFIX, bytes_of(r->point, sizeof(r->point)), false, text);
	memcpy(ret, text, RECIPIENT_TEXT);
}

static int outcome_of_bech32(int bad)
{
	return bad == BECH32_BAD_CHECKSUM ? IDENTITY_MISTYPED : bad ? IDENTITY_MALFORMED : 0;
}

int recipient_from_text(struct bytes text, struct recipient *ret)
{
	return outcome_of_bech32(bech32_decode(text, PUBLIC_PREFIX, ret->point, sizeof(ret->point)));
}

void identity_key_id(const struct recipient *r, char ret[9])
{
	uint8_t hash[SHA256_BYTES];

	sha256_of(bytes_of(r->point, sizeof(r->point)), hash);
	text_hex(hash, 4, ret);
}

static int write_identity(struct bytes identity, void *context)
{
	char text[BECH32_ROOM];

	bech32_encode(SECRET_PREFIX, identity, true, text);
	text[IDENTITY_TEXT - 1] = '\n';
	memcpy(context, text, IDENTITY_TEXT);
	wipe(text, sizeof(text));
	return 0;
}

static int fill_identity_text(uint8_t *at, size_t *n, void *context)
{
	(void)n;
	return secret_lend(*(const struct secret **)context, write_identity, at);
}

int identity_to_text(const struct secret *identity, struct secret **ret)
{
	if (secret_length(identity) != X25519_BYTES)
		return FAULT(EINVAL, "identity of %zu bytes", secret_length(identity));
	return secret_new_filled(IDENTITY_TEXT, fill_identity_text, &identity, ret);
}

static int read_identity(uint8_t *at, size_t *n, void *context)
{
	const struct bytes *line = context;

	return outcome_of_bech32(bech32_decode(*line, SECRET_PREFIX, at, *n));
}

/* The first line that is neither empty nor a comment. */
static struct bytes first_line(struct bytes text)
{
	while (text.n) {
		const uint8_t *end = memchr(text.at, '\n', text.n);
		size_t n = end ? (size_t)(end - text.at) : text.n;
		size_t length = n && text.at[n - 1] == '\r' ? n - 1 : n;

		if (length && text.at[0] != '#')
			return bytes_of(text.at, length);
		text = bytes_of(text.at + n + (end != NULL), text.n - n - (end != NULL));
	}
	return text;
}

int identity_from_text(struct bytes text, struct secret **ret)
{
	struct bytes line = first_line(text);

	if (line.n < strlen(SECRET_START) || memcmp(line.at, SECRET_START, strlen(SECRET_START)) != 0)
		return IDENTITY_MALFORMED;
	return secret_new_filled(X25519_BYTES, read_identity, &line, ret);
}

/* HKDF(shared, salt = share || recipient, WRAP_INFO). */
static int wrap_key(const struct secret *mine, const uint8_t *peer, const uint8_t *share, const uint8_t *recipient,
		    struct secret **ret)
{
	OWNED(secret) struct secret *shared = NULL;
	uint8_t salt[2 * X25519_BYTES];
	int r = x25519_shared(mine, peer, &shared);

	if (r)
		return r;
	memcpy(salt, share, X25519_BYTES);
	memcpy(salt + X25519_BYTES, recipient, X25519_BYTES);
	return hkdf_sha256(shared, bytes_of(salt, sizeof(salt)), bytes_of_text(WRAP_INFO), AEAD_KEY, ret);
}

int identity_wrap(const struct recipient *to, const struct secret *file_key, struct buffer *header)
{
	OWNED(secret) struct secret *ephemeral = NULL;
	OWNED(secret) struct secret *key = NULL;
	OWN_BUFFER struct buffer line = {0};
	OWN_BUFFER struct buffer body = {0};
	uint8_t share[X25519_BYTES];
	int r;

	TRY(secret_new_random(X25519_BYTES, &ephemeral));
	TRY(x25519_public(ephemeral, share));
	r = wrap_key(ephemeral, to->point, share, to->point, &key);
	if (r)
		return r < 0 ? r : IDENTITY_MALFORMED; /* a recipient that hides nothing */
	TRY(aead_seal_secret(&(struct aead){key, zero_nonce, {0}}, file_key, &body));
	buffer_add_text(&line, "-> X25519 ");
	base64_encode(bytes_of(share, sizeof(share)), BASE64_RAW, &line);
	buffer_u8(&line, '\n');
	age_write_stanza(header, buffer_bytes(&line), buffer_bytes(&body));
	TRY(buffer_check(&line));
	return buffer_check(header);
}

static bool is_x25519(const struct age_stanza *s)
{
	return bytes_equal_text(s->args[0], "X25519");
}

int identity_unwrap(const struct age_stanza *s, const struct secret *identity, struct secret **ret)
{
	OWNED(secret) struct secret *key = NULL;
	uint8_t share[X25519_BYTES], mine[X25519_BYTES];
	int r;

	if (!is_x25519(s))
		return IDENTITY_NOT_FOR_US;
	/* The body's length is checked before any key is used: it must not help to try many keys at once. */
	if (s->n_args != 2 || s->body.n != WRAPPED || s->args[1].n != SHARE_TEXT ||
	    !base64_decode_exact(s->args[1], BASE64_RAW, share, sizeof(share)))
		return IDENTITY_MALFORMED;
	TRY(x25519_public(identity, mine));
	r = wrap_key(identity, share, share, mine, &key);
	if (r)
		return r < 0 ? r : IDENTITY_MALFORMED;
	r = aead_open_secret(&(struct aead){key, zero_nonce, {0}}, s->body, ret);
	return r > 0 ? IDENTITY_NOT_FOR_US : r;
}

static int header_mac(const struct secret *file_key, struct bytes header, uint8_t ret[AGE_MAC])
{
	OWNED(secret) struct secret *key = NULL;

	TRY(hkdf_sha256(file_key, (struct bytes){0}, bytes_of_text("header"), SHA256_BYTES, &key));
	hmac_sha256(key, header, ret);
	return 0;
}

int identity_check_header(const struct age_header *h, const struct secret *file_key)
{
	uint8_t mac[AGE_MAC];

	if (secret_length(file_key) != AGE_FILE_KEY)
		return IDENTITY_DAMAGED;
	TRY(header_mac(file_key, h->mac_input, mac));
	return bytes_equal_constant(mac, h->mac, sizeof(mac)) ? 0 : IDENTITY_DAMAGED;
}

int identity_open_header(const struct age_header *h, const struct secret *identity, struct secret **ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	int r;

	if (passphrase_is_beside_others(h))
		return IDENTITY_MALFORMED;
	/* All stanzas are looked at, so that a broken one is told whatever its place. */
	for (size_t i = 0; i < h->n_stanzas; i++) {
		OWNED(secret) struct secret *found = NULL;

		r = identity_unwrap(&h->stanzas[i], identity, &found);
		if (r < 0 || r == IDENTITY_MALFORMED)
			return r;
		if (r == 0 && !file_key)
			file_key = steal(&found);
	}
	if (!file_key)
		return IDENTITY_NOT_FOR_US;
	r = identity_check_header(h, file_key);
	if (r == 0)
		*ret = steal(&file_key);
	return r;
}

int identity_finish_header(const struct secret *file_key, struct buffer *header)
{
	uint8_t mac[AGE_MAC];

	age_write_end(header);
	TRY(buffer_check(header));
	TRY(header_mac(file_key, buffer_bytes(header), mac));
	age_write_mac(header, mac);
	return buffer_check(header);
}

int identity_payload_key(const struct secret *file_key, const uint8_t nonce[AGE_NONCE], struct secret **ret)
{
	return hkdf_sha256(file_key, bytes_of(nonce, AGE_NONCE), bytes_of_text("payload"), AEAD_KEY, ret);
}

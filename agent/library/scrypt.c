/*
 * The passphrase recipient of age: "-> scrypt SALT LOGN", alone in its header.
 * The work factor comes from the file, so it is held against our limit before
 * any memory is taken for it.
 */
#include "library/identity.h"

#include <string.h>

#include "format/base64.h"

#define SCRYPT_TYPE  "scrypt"
#define SCRYPT_LABEL "age-encryption.org/v1/scrypt"
#define SALT	     ((size_t)16)
#define SALT_TEXT    22
#define WRAPPED	     (AGE_FILE_KEY + AEAD_TAG)

static const uint8_t zero_nonce[CHACHA_NONCE];

static bool is_scrypt(const struct age_stanza *s)
{
	return bytes_equal_text(s->args[0], SCRYPT_TYPE);
}

static size_t count_scrypt(const struct age_header *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_stanzas; i++)
		n += is_scrypt(&h->stanzas[i]);
	return n;
}

bool passphrase_is_beside_others(const struct age_header *h)
{
	return h->n_stanzas > 1 && count_scrypt(h) > 0;
}

static int wrap_key(const struct secret *passphrase, const uint8_t salt[SALT], unsigned log_n, struct secret **ret)
{
	uint8_t labelled[sizeof(SCRYPT_LABEL) - 1 + SALT];
	int r;

	memcpy(labelled, SCRYPT_LABEL, sizeof(SCRYPT_LABEL) - 1);
	memcpy(labelled + sizeof(SCRYPT_LABEL) - 1, salt, SALT);
	r = scrypt_sha256(passphrase, bytes_of(labelled, sizeof(labelled)), log_n, AEAD_KEY, ret);
	return r > 0 ? IDENTITY_WORK_TOO_LARGE : r;
}

int passphrase_wrap(const struct secret *passphrase, unsigned log_n, const struct secret *file_key,
		    struct buffer *header)
{
	OWNED(secret) struct secret *key = NULL;
	OWN_BUFFER struct buffer line = {0};
	OWN_BUFFER struct buffer body = {0};
	uint8_t salt[SALT];
	int r;

	if (secret_length(passphrase) == 0)
		return IDENTITY_MALFORMED;
	if (log_n == 0 || log_n > PASSPHRASE_LOG_N_MAX)
		return IDENTITY_WORK_TOO_LARGE;
	random_bytes(salt, sizeof(salt));
	r = wrap_key(passphrase, salt, log_n, &key);
	if (r)
		return r;
	TRY(aead_seal_secret(&(struct aead){key, zero_nonce, {0}}, file_key, &body));
	buffer_add_text(&line, "-> " SCRYPT_TYPE " ");
	base64_encode(bytes_of(salt, sizeof(salt)), BASE64_RAW, &line);
	buffer_add_format(&line, " %u\n", log_n);
	TRY(buffer_check(&line));
	age_write_stanza(header, buffer_bytes(&line), buffer_bytes(&body));
	return buffer_check(header);
}

/* Decimal, no sign, no leading zero: 1 to PASSPHRASE_LOG_N_MAX. */
static int parse_log_n(struct bytes text, unsigned *ret)
{
	unsigned n = 0;

	if (text.n == 0 || text.at[0] == '0')
		return IDENTITY_MALFORMED;
	for (size_t i = 0; i < text.n; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return IDENTITY_MALFORMED;
		if (n <= PASSPHRASE_LOG_N_MAX)
			n = n * 10 + (unsigned)(text.at[i] - '0');
	}
	if (n > PASSPHRASE_LOG_N_MAX)
		return IDENTITY_WORK_TOO_LARGE;
	*ret = n;
	return 0;
}

static int unwrap(const struct age_stanza *s, const struct secret *passphrase, struct secret **ret)
{
	OWNED(secret) struct secret *key = NULL;
	uint8_t salt[SALT];
	unsigned log_n;
	int r;

	/* The body's length is checked before any key is used: it must not help to try many passphrases at once. */
	if (s->n_args != 3 || s->body.n != WRAPPED || s->args[1].n != SALT_TEXT ||
	    !base64_decode_exact(s->args[1], BASE64_RAW, salt, sizeof(salt)))
		return IDENTITY_MALFORMED;
	r = parse_log_n(s->args[2], &log_n);
	if (r == 0)
		r = wrap_key(passphrase, salt, log_n, &key);
	if (r)
		return r;
	r = aead_open_secret(&(struct aead){key, zero_nonce, {0}}, s->body, ret);
	return r > 0 ? IDENTITY_WRONG_PASSPHRASE : r;
}

int passphrase_open_header(const struct age_header *h, const struct secret *passphrase, struct secret **ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	int r;

	if (count_scrypt(h) == 0)
		return IDENTITY_NOT_PASSPHRASE;
	if (passphrase_is_beside_others(h))
		return IDENTITY_MALFORMED;
	r = unwrap(&h->stanzas[0], passphrase, &file_key);
	if (r == 0)
		r = identity_check_header(h, file_key);
	if (r == 0)
		*ret = steal(&file_key);
	return r;
}

#include "library/gfshare.h"

#include <errno.h>
#include <libgfshare.h>
#include <string.h>

DEFINE_OWNED(gfshare_ctx, gfshare_ctx, gfshare_ctx_free);

/* The library brings no good source of its own; ours does not fail. */
static void fill_random(unsigned char *at, unsigned int n)
{
	random_bytes(at, n);
}

static int xor_into(struct bytes from, void *context)
{
	uint8_t *to = context;

	for (size_t i = 0; i < from.n; i++)
		to[i] ^= from.at[i];
	return 0;
}

/* s under the pad, in ordinary memory: without the pad it says nothing. */
static int hide(const struct secret *s, const struct secret *pad, struct buffer *ret)
{
	uint8_t *at = buffer_reserve(ret, secret_length(s));

	if (!at)
		return FAULT(ENOMEM, "a share");
	memset(at, 0, secret_length(s));
	ret->n = secret_length(s);
	TRY(secret_lend(s, xor_into, at));
	return secret_lend(pad, xor_into, at);
}

struct filling {
	gfshare_ctx *context;
	uint8_t place;
	const struct secret *pad;
};

static int fill_share(uint8_t *at, size_t *n, void *context)
{
	const struct filling *f = context;

	(void)n;
	gfshare_ctx_enc_getshare(f->context, f->place, at);
	return secret_lend(f->pad, xor_into, at);
}

static int fill_secret(uint8_t *at, size_t *n, void *context)
{
	const struct filling *f = context;

	(void)n;
	gfshare_ctx_dec_extract(f->context, at);
	return secret_lend(f->pad, xor_into, at);
}

static int split_hidden(gfshare_ctx *context, const struct secret *pad, size_t n, struct share *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct filling f = {context, (uint8_t)i, pad};

		ret[i].number = (uint8_t)(i + 1);
		TRY(secret_new_filled(secret_length(pad), fill_share, &f, &ret[i].bytes));
	}
	return 0;
}

int shares_split(const struct secret *s, size_t n, size_t threshold, struct share *ret)
{
	OWNED(gfshare_ctx) gfshare_ctx *context = NULL;
	OWNED(secret) struct secret *pad = NULL;
	OWN_BUFFER struct buffer hidden = {0};
	uint8_t numbers[SHARES_MAX];
	int result;

	if (threshold < 2 || threshold > n || n > SHARES_MAX)
		return SHARES_BAD_THRESHOLD;
	if (secret_length(s) == 0)
		return SHARES_BAD_LENGTH;
	memset(ret, 0, n * sizeof(*ret));
	for (size_t i = 0; i < n; i++)
		numbers[i] = (uint8_t)(i + 1);
	TRY(secret_new_random(secret_length(s), &pad));
	TRY(hide(s, pad, &hidden));
	gfshare_fill_rand = fill_random;
	context = gfshare_ctx_init_enc(numbers, (unsigned)n, (unsigned char)threshold, (unsigned)hidden.n);
	if (!context)
		return FAULT(ENOMEM, "shares");
	gfshare_ctx_enc_setsecret(context, hidden.at);
	result = split_hidden(context, pad, n, ret);
	if (result)
		shares_done(ret, n);
	return result;
}

static int check_shares(const struct share *shares, size_t n)
{
	if (n == 0 || n > SHARES_MAX)
		return SHARES_BAD_THRESHOLD;
	for (size_t i = 0; i < n; i++) {
		if (!shares[i].bytes || secret_length(shares[i].bytes) == 0 ||
		    secret_length(shares[i].bytes) != secret_length(shares[0].bytes))
			return SHARES_BAD_LENGTH;
		for (size_t k = 0; k < i; k++)
			if (shares[k].number == shares[i].number)
				return SHARES_BAD_NUMBER;
		if (shares[i].number == 0)
			return SHARES_BAD_NUMBER;
	}
	return 0;
}

int shares_combine(const struct share *shares, size_t n, struct secret **ret)
{
	OWNED(gfshare_ctx) gfshare_ctx *context = NULL;
	OWNED(secret) struct secret *pad = NULL;
	uint8_t numbers[SHARES_MAX];
	int result = check_shares(shares, n);

	if (result)
		return result;
	for (size_t i = 0; i < n; i++)
		numbers[i] = shares[i].number;
	TRY(secret_new_random(secret_length(shares[0].bytes), &pad));
	gfshare_fill_rand = fill_random; /* with which it wipes */
	context = gfshare_ctx_init_dec(numbers, (unsigned)n, (unsigned)secret_length(pad));
	if (!context)
		return FAULT(ENOMEM, "shares");
	/* The factors of interpolation add up to one: what all shares are hidden under, their secret is, too. */
	for (size_t i = 0; i < n; i++) {
		OWN_BUFFER struct buffer hidden = {0};

		TRY(hide(shares[i].bytes, pad, &hidden));
		gfshare_ctx_dec_giveshare(context, (uint8_t)i, hidden.at);
	}
	return secret_new_filled(secret_length(pad), fill_secret, &(struct filling){context, 0, pad}, ret);
}

void shares_done(struct share *shares, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		secret_free(shares[i].bytes);
		shares[i] = (struct share){0};
	}
}

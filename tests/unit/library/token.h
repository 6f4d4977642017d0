/* What a security token signs, in software: flags and counter as a test wants them. */
#ifndef TESTS_LIBRARY_TOKEN_H
#define TESTS_LIBRARY_TOKEN_H

#include <string.h>

#include "library/signature.h"

#define TOKEN_APPLICATION "ssh:"
#define TOKEN_COUNTER	  258

/* The token's public key for that seed. */
static inline int token_key(const struct secret *seed, struct ssh_public_key *ret)
{
	*ret = (struct ssh_public_key){.kind = SSH_SK_ED25519, .application = TOKEN_APPLICATION};
	return ed25519_public(seed, ret->point);
}

/* Application, flags and counter are signed with the hash (PROTOCOL.u2f). */
static inline int token_sign(const struct secret *seed, struct bytes text, const char *space, uint8_t flags,
			     struct sshsig *ret)
{
	OWN_BUFFER struct buffer to_sign = {0};
	OWN_BUFFER struct buffer message = {0};
	struct sshsig s = {.hash = SSHSIG_SHA512, .flags = flags, .counter = TOKEN_COUNTER};
	uint8_t hash[SHA256_BYTES];
	int bad = token_key(seed, &s.key);

	memcpy(s.space, space, strlen(space) + 1);
	signature_to_sign(text, space, &to_sign);
	sha256_of(bytes_of_text(TOKEN_APPLICATION), hash);
	buffer_add(&message, hash, sizeof(hash));
	buffer_u8(&message, flags);
	buffer_u32(&message, TOKEN_COUNTER);
	sha256_of(buffer_bytes(&to_sign), hash);
	buffer_add(&message, hash, sizeof(hash));
	if (!bad)
		bad = ed25519_sign(seed, buffer_bytes(&message), s.signature);
	if (!bad)
		*ret = s;
	return bad;
}

#endif

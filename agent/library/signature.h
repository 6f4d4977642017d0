/*
 * Signatures of persons on texts: SSHSIG with Ed25519, plain or on a token.
 * `ssh-keygen -Y verify` accepts what this makes and the other way round.
 */
#ifndef LIBRARY_SIGNATURE_H
#define LIBRARY_SIGNATURE_H

#include "format/ssh_key.h"
#include "format/sshsig.h"
#include "library/sodium.h"

#define FINGERPRINT_TEXT 51 /* "SHA256:" and 43 characters, NUL */

enum signature_outcome {
	SIGNATURE_MALFORMED = 1,   /* not an SSHSIG, or of a version, key type or hash that we do not take */
	SIGNATURE_OTHER_NAMESPACE, /* made for another purpose */
	SIGNATURE_OTHER_KEY,	   /* not by the key that was asked for */
	SIGNATURE_WRONG,	   /* not over this text */
	SIGNATURE_NOT_PRESENT,	   /* token was not touched */
	SIGNATURE_NOT_VERIFIED,	   /* token did not verify its person */
	SIGNATURE_KEY_ENCRYPTED,   /* signature_key_load: has a passphrase */
	SIGNATURE_KEY_OTHER,	   /* signature_key_load: not ssh-ed25519 */
};

const char *signature_outcome_text(int outcome);

struct signature_demand {
	const char *space;		  /* LABEL_NAMESPACE, ISSUE_NAMESPACE */
	const struct ssh_public_key *key; /* NULL: any key; the caller then looks at ret_key */
	bool present;			  /* a token's signature must carry presence … */
	bool verified;			  /* … and user verification */
	bool token;			  /* a key that is not on a token is refused (SIGNATURE_NOT_PRESENT) */
};

/* signature: blob or armor. ret_key (may be NULL) is the key that made it; written only when the result is 0. */
int signature_verify(struct bytes text, struct bytes signature, const struct signature_demand *demand,
		     struct ssh_public_key *ret_key) MUST_CHECK;
/* With a plain Ed25519 seed. */
int signature_sign(struct bytes text, const char *space, const struct secret *seed, struct sshsig *ret) MUST_CHECK;
/* The bytes that an agent or token must sign for it (sshsig_take_raw() takes its answer). */
void signature_to_sign(struct bytes text, const char *space, struct buffer *ret);
/* "SHA256:…" as ssh-keygen -l prints it. */
void signature_fingerprint(const struct ssh_public_key *k, char ret[FINGERPRINT_TEXT]);
/* An OpenSSH private key file without passphrase. The caller wipes text. */
int signature_key_load(struct bytes text, struct ssh_public_key *ret_key, struct secret **ret_seed) MUST_CHECK;

#endif

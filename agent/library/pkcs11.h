/*
 * PKCS#11 (loaded with p11-kit): wraps a few bytes with the RSA key of a token and gets them back. The module is
 * foreign code that runs in the process that calls this: call it only where nothing else is at stake.
 */
#ifndef LIBRARY_PKCS11_H
#define LIBRARY_PKCS11_H

#include "library/sodium.h"

#define PKCS11_SECRET_MAX ((size_t)128)
#define PKCS11_KEY_ID_MAX 64 /* bytes */

enum pkcs11_outcome {
	PKCS11_NO_MODULE = 1, /* not a PKCS#11 module, or it does not start */
	PKCS11_ABSENT,	      /* no token with that label */
	PKCS11_NO_PIN,	      /* it wants one and none was given */
	PKCS11_WRONG_PIN,
	PKCS11_LOCKED,	/* too many wrong ones */
	PKCS11_NO_KEY,	/* no RSA key with that id that decrypts; or, without an id, not exactly one */
	PKCS11_DAMAGED, /* not wrapped with this key */
	PKCS11_REFUSED, /* it answers with an error */
};

struct pkcs11_place {
	const char *module;	  /* path of the shared object */
	const char *token;	  /* label */
	const char *key;	  /* CKA_ID in hexadecimal; "" when wrapping: the only one there is */
	const struct secret *pin; /* NULL: none, or the reader asks for it */
};

struct pkcs11_wrapped {
	char key[2 * PKCS11_KEY_ID_MAX + 1];
	const char
	    *method; /* "oaep-sha256" or "oaep-sha1" (RFC 8017 7.1): the first one that the token can do both ways */
	struct buffer bytes;
};

/* 0 or an outcome. *ret_why: the module's own words, malloc'ed or NULL. */
int pkcs11_wrap(const struct pkcs11_place *place, const struct secret *plain, struct pkcs11_wrapped *ret,
		char **ret_why) MUST_CHECK;
/* Of `wrapped` method and bytes count; the key is the place's. */
int pkcs11_unwrap(const struct pkcs11_place *place, const struct pkcs11_wrapped *wrapped, struct secret **ret,
		  char **ret_why) MUST_CHECK;
/* The static name of a method, or NULL. */
const char *pkcs11_method(struct bytes name);

#endif

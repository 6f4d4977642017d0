/*
 * TPM 2 (libtss2-esys): seals a few bytes to one TPM and gets them back, nothing else. The object hangs below the
 * owner's standard ECC storage key, made anew each time, so that tpm2-tools open it too (tpm2_createprimary -C o -G
 * ecc, tpm2_load, tpm2_unseal). What is secret crosses the bus only inside a salted session: a listener on the board
 * sees nothing, and a stand-in for the TPM is another storage key.
 */
#ifndef LIBRARY_TPM_H
#define LIBRARY_TPM_H

#include "library/sodium.h"

#define TPM_PCRS	24
#define TPM_SECRET_MAX	((size_t)128)
#define TPM_TCTI_COMMON "device:/dev/tpmrm0"

enum tpm_outcome {
	TPM_ABSENT = 1, /* nobody answers there */
	TPM_OTHER,	/* another TPM, or one whose owner was cleared */
	TPM_CHANGED,	/* the measured state (PCR) is not the one it was sealed with */
	TPM_DAMAGED,	/* not such an object */
	TPM_REFUSED,	/* it answers with an error */
};

/* Where, and under which measured state. */
struct tpm_place {
	const char *tcti; /* tpm2-tss's name of the way there: "device:/dev/tpmrm0", "swtpm:path=SOCKET" */
	uint32_t pcrs;	  /* bit n: PCR n of the SHA-256 bank must be as it was; 0: whatever they are */
};

/* Nothing of it is secret. */
struct tpm_object {
	struct buffer parent;  /* name of the storage key */
	struct buffer public;  /* TPM2B_PUBLIC as on the wire */
	struct buffer private; /* TPM2B_PRIVATE */
};

/* 0 or an outcome. At most TPM_SECRET_MAX bytes. *ret_why: the TPM's own words, malloc'ed or NULL. */
int tpm_seal(const struct tpm_place *place, const struct secret *plain, struct tpm_object *ret,
	     char **ret_why) MUST_CHECK;
int tpm_unseal(const struct tpm_place *place, const struct tpm_object *object, struct secret **ret,
	       char **ret_why) MUST_CHECK;
void tpm_object_done(struct tpm_object *object);

#endif

/*
 * A policy set as one file: a plain tar of the manifest (format/bundle.h), the approvers' signatures over it and the
 * files that it names, in that order and nothing else, so that `tar`, `ssh-keygen -Y verify` and `sha256sum` are enough
 * to check one. Nothing is unpacked to a disk. What is wrong is one line of report, as "FILE:LINE:COLUMN: reason" where
 * it is about a text.
 */
#ifndef LIBRARY_POLICY_BUNDLE_H
#define LIBRARY_POLICY_BUNDLE_H

#include "format/bundle.h"
#include "library/policy_load.h"
#include "library/signature.h"

enum policy_bundle_outcome {
	POLICY_BUNDLE_DAMAGED = 1, /* no bundle, cut off, or not what its manifest says */
	POLICY_BUNDLE_UNTRUSTED,   /* signatures are missing, wrong, or by somebody this site does not trust */
};

/* Whose signatures count here. Borrowed. */
struct policy_signer {
	const char *name;
	struct ssh_public_key key;
};
struct policy_trust {
	const struct policy_signer *signers;
	size_t n;
};

struct policy_bundle {
	struct bundle manifest;
	char digest[65]; /* SHA-256 of the manifest, hex: it stands for the whole set */
	struct buffer text, approvals[BUNDLE_APPROVALS_MAX];
	size_t n_approvals;
	char approved_by[BUNDLE_APPROVALS_MAX][BUNDLE_NAME_MAX + 1]; /* names of trust; "": none was given */
	char keys[BUNDLE_APPROVALS_MAX][FINGERPRINT_TEXT];
	struct buffer files[BUNDLE_FILES_MAX]; /* as in the manifest */
};

void policy_bundle_free(struct policy_bundle *b);
DEFINE_OWNED(policy_bundle, struct policy_bundle, policy_bundle_free);

/*
 * Reads all of it. With trust, at least BUNDLE_APPROVALS_MIN approvals must be there, each by a key of trust, no two by
 * one name or one key; that is known before the first byte of a pack is looked at. Without (NULL) signatures must only
 * be over this manifest. 0 and a bundle that the caller frees; an outcome and a report; or a fault.
 */
int policy_bundle_read(struct bytes whole, const struct policy_trust *trust, struct policy_bundle **ret,
		       struct buffer *report) MUST_CHECK;
/* Its files as sources, for policy_load_set(); at most BUNDLE_FILES_MAX. Borrowed from the bundle. */
size_t policy_bundle_sources(const struct policy_bundle *b, struct policy_source ret[BUNDLE_FILES_MAX]);
/* A bundle of the *.yaml files in that folder: files, and their part of the manifest. POLICY_BUNDLE_DAMAGED: too many, too
 * large, or with names that a bundle does not take. */
int policy_bundle_collect(int directory, struct policy_bundle **ret, struct buffer *report) MUST_CHECK;
/* The name of the approval with that index: "approval-1.sig". */
void policy_bundle_approval_name(size_t i, char ret[24]);
/* All of the bundle, of which manifest, text, approvals and files are set. */
int policy_bundle_write(const struct policy_bundle *b, struct buffer *to) MUST_CHECK;

#endif

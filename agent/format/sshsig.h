/*
 * SSHSIG signatures (OpenSSH PROTOCOL.sshsig) with Ed25519 keys, plain and on
 * FIDO tokens (PROTOCOL.u2f): public keys, the signed bytes, the signature
 * blob and its armor. Bytes only: who signs and verifies is library/signature.
 */
#ifndef FORMAT_SSHSIG_H
#define FORMAT_SSHSIG_H

#include "base/bytes.h"

#define SSH_APPLICATION_MAX 128
#define SSHSIG_BLOB_MAX	    ((size_t)4096)
#define SSHSIG_ARMOR_MAX    ((size_t)8192)

enum sshsig_outcome {
	SSHSIG_MALFORMED = 1,
	SSHSIG_NEWER,	    /* another version */
	SSHSIG_UNKNOWN_KEY, /* a key type or hash that we do not take */
};

enum ssh_key_kind { SSH_ED25519, SSH_SK_ED25519 };
enum sshsig_hash { SSHSIG_SHA512, SSHSIG_SHA256 };

struct ssh_public_key {
	enum ssh_key_kind kind;
	uint8_t point[32];
	char application[SSH_APPLICATION_MAX]; /* SSH_SK_ED25519: "ssh:…"; else "" */
};

bool ssh_public_key_equal(const struct ssh_public_key *a, const struct ssh_public_key *b);
/* "ssh-ed25519" or "sk-ssh-ed25519@openssh.com". */
const char *ssh_key_kind_name(enum ssh_key_kind kind);
int ssh_public_key_parse_blob(struct bytes blob, struct ssh_public_key *ret) MUST_CHECK;
void ssh_public_key_write_blob(const struct ssh_public_key *k, struct buffer *to);
/* A line of id_ed25519.pub: "type base64 [comment]"; the comment and a line end are ignored. */
int ssh_public_key_parse_line(struct bytes line, struct ssh_public_key *ret) MUST_CHECK;
void ssh_public_key_write_line(const struct ssh_public_key *k, struct buffer *to); /* without comment and line end */

#define SSHSIG_PRESENT	0x01 /* flags of a token: it was touched */
#define SSHSIG_VERIFIED 0x04 /* and the person was verified by PIN or finger */

struct sshsig {
	struct ssh_public_key key;
	char space[SSH_APPLICATION_MAX]; /* namespace */
	enum sshsig_hash hash;
	uint8_t signature[64];
	uint8_t flags;	  /* SSH_SK_ED25519 only */
	uint32_t counter; /* SSH_SK_ED25519 only */
};

int sshsig_parse_blob(struct bytes blob, struct sshsig *ret) MUST_CHECK;
int sshsig_parse_armor(struct bytes text, struct sshsig *ret) MUST_CHECK;
/* Either form, told apart by its first bytes. */
int sshsig_parse(struct bytes either, struct sshsig *ret) MUST_CHECK;
void sshsig_write_blob(const struct sshsig *s, struct buffer *to);
void sshsig_write_armor(const struct sshsig *s, struct buffer *to); /* what ssh-keygen -Y verify -s reads */
/* What the key signs: namespace, hash name and the hash of the message. hash_n is 64 or 32. */
void sshsig_write_to_sign(const char *space, enum sshsig_hash hash, struct bytes hashed, struct buffer *to);
/* The inner signature as ssh-agent returns it: "type", 64 bytes, and for a token flags and counter. Fills signature,
 * flags and counter of s, whose key is set. */
int sshsig_take_raw(struct bytes raw, struct sshsig *s) MUST_CHECK;

#endif

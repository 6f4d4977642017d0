/* The unencrypted OpenSSH private key file (PROTOCOL.key, "openssh-key-v1") with one Ed25519 key. */
#ifndef FORMAT_SSH_KEY_H
#define FORMAT_SSH_KEY_H

#include "format/sshsig.h"

#define SSH_KEY_FILE_MAX ((size_t)16384)

enum ssh_key_outcome {
	SSH_KEY_MALFORMED = 1,
	SSH_KEY_ENCRYPTED,  /* has a passphrase: let ssh-keygen -Y sign or an agent do it */
	SSH_KEY_OTHER_TYPE, /* not ssh-ed25519 (also a token's key, which holds no secret) */
};

struct ssh_key_view {
	struct ssh_public_key key;
	struct bytes seed; /* 32 secret bytes, borrowed from the parsed bytes */
};

/* The text between the BEGIN and END lines, line ends removed into ret (room text.n), or false. */
bool ssh_key_strip_armor(struct bytes text, uint8_t *ret, size_t *ret_n);
/* The decoded bytes. */
int ssh_key_parse(struct bytes blob, struct ssh_key_view *ret) MUST_CHECK;

#endif

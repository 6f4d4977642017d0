/*
 * A client of ssh-agent (draft-miller-ssh-agent) over its socket, blocking,
 * with a deadline on every read. For classctl, which signs with the caller's
 * own agent.
 */
#ifndef LIBRARY_SSH_AGENT_H
#define LIBRARY_SSH_AGENT_H

#include "format/sshsig.h"

#define SSH_AGENT_KEYS_MAX 64

enum ssh_agent_outcome {
	SSH_AGENT_ABSENT = 1, /* no socket there, or nobody listens */
	SSH_AGENT_REFUSED,    /* the agent said no: key not held, person declined, token absent */
	SSH_AGENT_GARBLED,    /* it does not speak the protocol, or hung up */
};

struct ssh_agent_key {
	struct ssh_public_key key;
	char comment[128];
};

/* path: $SSH_AUTH_SOCK. ret: a connected descriptor, close-on-exec. */
int ssh_agent_open(const char *path, int *ret) MUST_CHECK;
/* Ed25519 keys only, plain and on tokens; others are passed over. */
int ssh_agent_list(int fd, struct ssh_agent_key *ret, size_t room, size_t *ret_n) MUST_CHECK;
/* Signs the text for the namespace with that key: a person may have to touch a token, so up to two minutes. */
int ssh_agent_sign(int fd, const struct ssh_public_key *key, struct bytes text, const char *space,
		   struct sshsig *ret) MUST_CHECK;

#endif

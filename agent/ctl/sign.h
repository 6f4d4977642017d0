/*
 * The caller's signature on a text: by ssh-agent when it holds a registered
 * key, else by a key file, else by ssh-keygen, which knows passphrases and
 * tokens. Keys never leave their place but into a struct secret.
 */
#ifndef CTL_SIGN_H
#define CTL_SIGN_H

#include "ctl/command.h"

#define KEY_NAMESPACE "key@classd"
#define SIGN_OPTION                                                                                                    \
	{                                                                                                              \
		"key", 'k', OPTION_TEXT, "FILE",                                                                       \
		    N_("sign with this key file (else ssh-agent, else ~/.ssh/id_ed25519)")                             \
	}

/* With a key that the agent knows as the caller's, or the file of --key. ret: SSHSIG in armor. */
int sign_text(struct ctl *ctl, const char *text, const char *space, char **ret) MUST_CHECK;
/* With that private key file, whether or not it is registered. */
int sign_with_file(const char *path, const char *text, const char *space, char **ret) MUST_CHECK;
/* Below the caller's home; malloc'ed; NULL: no home. */
char *sign_default_file(void);
/* The line of path.pub without its end and comment; NULL: not readable or no Ed25519 key. malloc'ed. */
char *sign_public_line(const char *path);

#endif

/* The age identity with which a person unlocks levels: a file of his own under a passphrase, which stock age opens. */
#ifndef CTL_UNLOCK_KEY_H
#define CTL_UNLOCK_KEY_H

#include "ctl/command.h"
#include "library/identity.h"

/* Makes one, in the file of --new or the default one, and registers its recipient for the person. */
int unlock_key_enroll(struct ctl *ctl, const char *person) MUST_CHECK;
/* Asks the passphrase and opens the file (NULL: the default one): the identity as text, and its recipient. */
int unlock_key_open(const char *file, struct secret **ret_text, char ret_recipient[RECIPIENT_TEXT]) MUST_CHECK;

#endif

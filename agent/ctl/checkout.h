/*
 * A checkout: the plaintext in a folder of the caller's own below the agent's
 * checkout root, which lies in memory. Each settled change there is sealed as
 * a new version until the checkout is closed.
 */
#ifndef CTL_CHECKOUT_H
#define CTL_CHECKOUT_H

#include "ctl/content.h"

struct checkout {
	char *folder;
	char *path; /* folder/NAME */
	struct content content;
};

/* Reads, writes the file and tells the agent whose plaintext it is. Nothing stays when it fails. */
int checkout_make(struct ctl *ctl, const struct document *d, struct checkout *ret) MUST_CHECK;
/* number NULL: all of the caller. Names still open are said, and CLASSD_EXIT_STATE is given. */
int checkout_close(struct ctl *ctl, const char *number, struct reply *ret) MUST_CHECK;
void checkout_done(struct checkout *c); /* frees; the files stay */
#define OWN_CHECKOUT __attribute__((cleanup(checkout_done)))

#endif

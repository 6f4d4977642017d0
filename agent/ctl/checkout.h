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
/* The path of a checkout that the caller has of that record already; ret NULL: none. malloc'ed. */
int checkout_standing(struct ctl *ctl, const char *number, char **ret) MUST_CHECK;
/*
 * Ends the caller's checkouts of that record (NULL: all): waits until the agent has sealed what lies there, tells it,
 * and takes the plaintext away. What a program still has open stays and is named in open; CLASSD_EXIT_STATE then.
 * closed, open: arrays that get paths.
 */
int checkout_close(struct ctl *ctl, const char *number, struct json *closed, struct json *open) MUST_CHECK;
void checkout_done(struct checkout *c); /* frees; the files stay */
#define OWN_CHECKOUT __attribute__((cleanup(checkout_done)))

#endif

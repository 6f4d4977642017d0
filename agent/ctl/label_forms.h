/* A record as the properties that other systems know as a label. */
#ifndef CTL_LABEL_FORMS_H
#define CTL_LABEL_FORMS_H

#include "ctl/label_parts.h"

/* As Records.Label says it. None is NULL; "" is not known. */
struct label_facts {
	const char *policy, *level; /* for others */
	const char *name, *mark;    /* ours */
	const char *created, *succession;
	const char *msip_site, *msip_id, *msip_name;
};

/* The properties; their names hold the id of the label, so they are made. */
struct label_form {
	char *names[8];
	size_t n;
	char *id, *header;
	struct label_properties properties; /* which borrow from the facts, too */
};

void label_form_done(struct label_form *f);
int label_make_bails(const struct label_facts *facts, struct label_form *ret) MUST_CHECK;
int label_make_msip(const struct label_facts *facts, struct label_form *ret) MUST_CHECK; /* msip_id is known */

#endif

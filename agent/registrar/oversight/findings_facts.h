/*
 * What the rules of findings are asked with (domain/finding.h): the record, its
 * sources, the decider's authority on that day, and what others saw of its file.
 */
#ifndef REGISTRAR_FINDINGS_FACTS_H
#define REGISTRAR_FINDINGS_FACTS_H

#include "registrar/registrar.h"
#include "registrar/store/look.h"

struct findings_facts {
	struct finding_facts facts;
	bool knows_text; /* an inspector has read the document as it is; else nothing follows about mark and content */
	struct arena texts;
	struct authority_answer authority;
	struct record *parent;
};

/* For one record as it is or is about to be. ret to findings_facts_done(), also after a fault. */
int findings_facts_gather(struct registrar *r, const struct record *record, struct findings_facts *ret) MUST_CHECK;
void findings_facts_done(struct findings_facts *f);
#define OWN_FINDINGS_FACTS __attribute__((cleanup(findings_facts_done)))

#endif

/* What is overdue of keys: a rotation that does not end, files on a retired key. */
#ifndef REGISTRAR_KEY_FINDINGS_H
#define REGISTRAR_KEY_FINDINGS_H

#include "registrar/registrar.h"

/* With the sweep: looks into every file first where a key is retired, for an old file may have been put back. */
int key_findings_follow(struct registrar *r) MUST_CHECK;
/* From what is known now: after a rotation or a look. */
int key_findings_refresh(struct registrar *r) MUST_CHECK;

#endif

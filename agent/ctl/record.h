/* Printing records, and waiting until one is sealed. */
#ifndef CTL_RECORD_H
#define CTL_RECORD_H

#include "ctl/command.h"

/* "SECRET, 10y, catalogue 3.2, for dept:planning": malloc'ed; NULL: nothing there. */
char *record_values(struct json_view values);
/* What counts of a record: the level, or the name of a regime that has none. */
const char *record_level(struct json_view record);
/* "2026-000123 draft: title, level, until" and the next step for the person. */
void record_say(struct json_view record);
/* The record of a reply as text or JSON. */
int record_print(struct ctl *ctl, const struct reply *reply) MUST_CHECK;
/* A command with one document and --reason, asked for where it is missing: calls that method, prints its record. */
int record_with_reason(struct ctl *ctl, const char *method) MUST_CHECK;
/* The same for a declaration, with what speaks against it when somebody must confirm it. */
int record_print_declared(struct ctl *ctl, const struct reply *reply) MUST_CHECK;
/* Until the document is sealed; --wait. Says what it waits for on a terminal. */
int record_wait_sealed(struct ctl *ctl, const char *number) MUST_CHECK;
/* Its checks by the agent; asked again for half a minute while its file is being sealed. */
int record_verify(struct ctl *ctl, const char *number, struct reply *ret) MUST_CHECK;
/* Until its content is that digest. */
int record_wait_digest(struct ctl *ctl, const char *number, const char *digest_hex) MUST_CHECK;
/* Until no sealing is under way: what lies in clear now stays there, or is sealed. */
int record_wait_quiet(struct ctl *ctl, const char *number) MUST_CHECK;

#endif

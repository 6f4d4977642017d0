/* The tables of the store, as the steps that made them. A step that was released is never changed: a new one follows.
 */
#ifndef REGISTRAR_SCHEMA_H
#define REGISTRAR_SCHEMA_H

#include <stddef.h>

extern const char *const schema_steps[]; /* step i brings user_version from i to i + 1 */
extern const size_t schema_n_steps;

/* Tables that come from the journal, in the order of store_dump(); ended by NULL. */
extern const char *const schema_journalled[];

#endif

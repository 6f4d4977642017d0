/* Which records were derived from which. */
#ifndef REGISTRAR_STORE_DERIVATIONS_H
#define REGISTRAR_STORE_DERIVATIONS_H

#include "registrar/store/store.h"

/* At most limit records whose decision was derived from sources, behind that number (""): in its order. The callback
 * may change records. */
int store_derived(struct store *s, const char *after, int64_t limit, store_record_fn each, void *arg) MUST_CHECK;

/* Those that were derived from that record. The callback may change records. */
int store_children(struct store *s, const char *source, store_record_fn each, void *arg) MUST_CHECK;
/* Enters that one was derived from the other, of records from before that was kept. */
int store_child_put(struct store *s, const char *source, const char *number) MUST_CHECK;

#endif

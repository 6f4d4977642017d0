/* Properties that users and programs give a document, by name: <property name=…> of OOXML, <user-defined name=…> of
 * OpenDocument. Damage ends the reading and keeps what was read. */
#ifndef LIBRARY_PROPERTIES_H
#define LIBRARY_PROPERTIES_H

#include "base/bytes.h"

#define PROPERTY_NAME_MAX  256
#define PROPERTY_VALUE_MAX 16384 /* a binding in XMP is one value */


typedef void (*property_fn)(void *own, const char *name, struct bytes value);

/* Calls take for each. extra: an element of that local name counts as a property of that name, as in XMP; NULL: none.
 * 0, or a fault. */
int properties_each(struct bytes xml, const char *extra, property_fn take, void *own) MUST_CHECK;

#endif

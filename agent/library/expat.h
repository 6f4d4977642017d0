/*
 * expat for parts of documents: elements and text, nothing else. A document
 * type declaration (and with it every entity of its own), deep nesting and
 * long names are refused: no office program writes them, attacks do.
 */
#ifndef LIBRARY_EXPAT_H
#define LIBRARY_EXPAT_H

#include "base/bytes.h"

#define XML_DEPTH_MAX 64
#define XML_NAME_MAX  1024 /* bytes */

enum xml_outcome {
	XML_BROKEN = 1, /* not well-formed */
	XML_REFUSED,	/* a limit above, or a document type declaration */
};

/* name: as written, with its prefix. attributes: name, value, …, NULL. Any handler may be NULL. */
struct xml_handlers {
	void *own;
	void (*start)(void *own, const char *name, const char **attributes);
	void (*end)(void *own, const char *name);
	void (*text)(void *own, struct bytes text);
};

struct xml;

int xml_new(const struct xml_handlers *handlers, struct xml **ret) MUST_CHECK;
void xml_free(struct xml *x);
DEFINE_OWNED(xml, struct xml, xml_free);
/* 0, an outcome, or a fault when memory ran out; after either the parser takes nothing more. */
int xml_feed(struct xml *x, struct bytes part, bool last) MUST_CHECK;
/* In a handler: where in all that was fed the present tag or text begins, and how long it is. */
size_t xml_at(const struct xml *x);
size_t xml_length(const struct xml *x);

/* What stands behind the last colon of a name. */
const char *xml_local_name(const char *name);

#endif

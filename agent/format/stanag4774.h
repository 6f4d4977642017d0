/*
 * A confidentiality label (ADatP-4774) bound to a document (ADatP-4778), as we write it: strictly. Reading, which is
 * tolerant, is library/foreign.h. XML is built as text; nothing that is given needs to be escaped before.
 */
#ifndef FORMAT_STANAG4774_H
#define FORMAT_STANAG4774_H

#include "base/bytes.h"

#define STANAG4774_SPACE "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
#define STANAG4778_SPACE "urn:nato:stanag:4778:bindinginformation:1:0"
#define STANAG_OURS	 "classd-label" /* Id of the binding that we wrote */

struct stanag_label {
	const char *policy;	    /* PolicyIdentifier */
	const char *oid;	    /* its URI, "urn:oid:…"; "" none */
	const char *classification;
	const char *created;	    /* 2026-01-15T00:00:00Z */
	const char *review;	    /* the same; must be given when succession is not (4.3) */
	const char *succession;	    /* when it becomes the successor; "" it does not */
	const char *successor;	    /* its classification then */
	bool alternative;	    /* beside the label of an originator, which stays */
};

struct stanag_reference {
	const char *uri;  /* "./report.pdf", "pack:///word/document.xml" */
	const char *type; /* MIME type; "" not said */
};

struct stanag_references {
	const struct stanag_reference *at;
	size_t n; /* at least one */
};

/* false: what must be there is missing. */
bool stanag_label_is_complete(const struct stanag_label *l);
/* One MetadataBinding, with its own name spaces: it can stand in a container of somebody else. */
void stanag_write_binding(const struct stanag_label *l, struct stanag_references to, struct buffer *ret);
/* The whole of a detached or embedded binding: one container with that binding. */
void stanag_write(const struct stanag_label *l, struct stanag_references to, struct buffer *ret);

#endif

/* Labels of other systems in the bytes of a document or beside it: written strictly, what others wrote there stays. */
#ifndef CTL_LABEL_PARTS_H
#define CTL_LABEL_PARTS_H

#include "ctl/mark_parts.h"
#include "format/stanag4774.h"
#include "library/foreign.h"

enum label_outcome {
	LABEL_NO_PLACE = 100, /* this kind of document does not carry such a label */
	LABEL_SIGNED,	      /* a signature covers what is there */
	LABEL_OTHERS,	      /* a label of that kind stands there that is not ours, and there is room for one only */
};

/* A sidecar or a part: old is what stands there ("" nothing); a label of ours in it is replaced, one of others gets ours
 * as an alternative beside it. 0, LABEL_SIGNED, LABEL_NO_PLACE (it is no binding) or a fault. */
int label_bind(struct bytes old, const struct stanag_label *l, struct stanag_references to, struct buffer *ret) MUST_CHECK;
/* The same as a custom XML part of an OOXML document, bound to all its parts that hold content. */
int label_put_part(struct parts *parts, const struct stanag_label *l) MUST_CHECK;

/* The same in the XMP packet of a PDF (ADatP-4778.2, profile XMP), bound to the file of that name. Appends the document.
 * Also MARK_WRITE_SAME: it says so already. */
int label_put_pdf(struct bytes document, const struct stanag_label *l, const char *name, struct buffer *ret) MUST_CHECK;

struct label_property {
	const char *name, *value;
};
/* Properties of OOXML or OpenDocument that make up one label of `kind`. policy: its site or type; id: how ours is known.
 * 0, LABEL_NO_PLACE, LABEL_OTHERS or a fault. */
struct label_properties {
	enum foreign_kind kind;
	const char *policy, *id;
	struct label_property at[8];
	size_t n;
};
int label_put_properties(struct parts *parts, const struct label_properties *properties) MUST_CHECK;

/* What labels a document of any format carries. 0 or a fault. */
int label_read(struct bytes document, struct foreign_labels *ret) MUST_CHECK;

#endif

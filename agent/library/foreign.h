/*
 * Labels of other systems in documents: read as far as they can be understood, for a hint and never for a decision.
 * ADatP-4774 in any XML (with the errors that programs are known to make), Microsoft's LabelInfo and MSIP_Label_
 * properties, the urn:bails: properties of TSCP that LibreOffice writes, the IC-ISM attributes of a whole resource, the
 * display marking of XEP-0258. Input of any origin.
 */
#ifndef LIBRARY_FOREIGN_H
#define LIBRARY_FOREIGN_H

#include "base/bytes.h"

enum foreign_kind { FOREIGN_STANAG, FOREIGN_MSIP, FOREIGN_BAILS, FOREIGN_ISM, FOREIGN_XMPP };

/* What is not as its standard says; a set of bits. */
enum foreign_defect {
	FOREIGN_NO_SPACE = 1,	/* a label in no or another name space than that of its standard */
	FOREIGN_NO_DATE = 2,	/* it does not say when it was made */
	FOREIGN_NO_REVIEW = 4,	/* neither review nor succession */
	FOREIGN_ODD_NAME = 8,	/* element names of another case, or misspelt */
};

#define FOREIGN_TEXT 160
#define FOREIGN_MAX  8

struct foreign_label {
	enum foreign_kind kind;
	unsigned defects;
	bool is_alternative;	    /* beside the originator's */
	bool is_info;		    /* of LabelInfo */
	bool is_off;		    /* removed, or not enabled: it says nothing */
	char policy[FOREIGN_TEXT];  /* PolicyIdentifier; site of a Microsoft label; type of urn:bails:; ownerProducer of IC-ISM; "XMPP" */
	char level[FOREIGN_TEXT];   /* as written; "" where only an id is known */
	char id[FOREIGN_TEXT];	    /* of a Microsoft label, or a category; "" */
	char created[40], until[40]; /* as written; "" */
};

struct foreign_labels {
	struct foreign_label at[FOREIGN_MAX]; /* further ones are left out */
	size_t n;
};

/* The labels in an XML text: a binding, a sidecar, a custom part, LabelInfo. 0, or a fault. */
int foreign_read_xml(struct bytes xml, struct foreign_labels *ret) MUST_CHECK;
/* Does a text look like XML with labels? Cheap, and no more than a guess. */
bool foreign_is_likely(struct bytes text);
/* Those in the properties of a document (library/properties.h). 0, or a fault. */
int foreign_read_properties(struct bytes xml, struct foreign_labels *ret) MUST_CHECK;
/* The binding that an XMP packet holds as text (ADatP-4778.2, profile XMP). 0, or a fault. */
int foreign_read_xmp(struct bytes xmp, struct foreign_labels *ret) MUST_CHECK;
/* Of a Microsoft label that LabelInfo and properties tell of, one stays; what is off or says nothing goes. */
void foreign_settle(struct foreign_labels *labels);

const char *foreign_kind_name(enum foreign_kind kind); /* "4774" "msip" "bails" "ism" "xep-0258" */
const char *foreign_defect_text(enum foreign_defect defect);

#endif

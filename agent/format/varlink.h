/*
 * Varlink (varlink.org): messages are JSON objects ended by a NUL on a stream;
 * an interface is a text that names types, methods and errors. Here are the
 * framing with its limits (DESIGN 11) and a parser of interface texts; no JSON
 * and no socket.
 */
#ifndef FORMAT_VARLINK_H
#define FORMAT_VARLINK_H

#include "base/bytes.h"

#define VARLINK_MESSAGE_MAX ((size_t)65536) /* with its NUL */
#define VARLINK_DEPTH_MAX   8u

enum varlink_outcome {
	VARLINK_INCOMPLETE = 1, /* no NUL yet, and room for one is left */
	VARLINK_TOO_LARGE,
	VARLINK_TOO_DEEP, /* brackets outside of strings nest deeper than VARLINK_DEPTH_MAX */
	VARLINK_MALFORMED,
};

/*
 * The first message of what was received. On 0 and on VARLINK_TOO_DEEP ret is the message without its NUL (borrowed)
 * and ret_used counts its bytes with the NUL.
 */
int varlink_message_take(struct bytes received, struct bytes *ret, size_t *ret_used) MUST_CHECK;

enum varlink_kind {
	VARLINK_BOOL,
	VARLINK_INT,
	VARLINK_FLOAT,
	VARLINK_STRING,
	VARLINK_OBJECT, /* any JSON object */
	VARLINK_ARRAY,	/* of element */
	VARLINK_MAP,	/* string keys to element */
	VARLINK_STRUCT, /* fields */
	VARLINK_ENUM,	/* fields without types */
	VARLINK_NAMED,	/* element is the named type's */
};

struct varlink_type {
	enum varlink_kind kind;
	bool is_optional; /* may be null or absent */
	const char *name; /* VARLINK_NAMED */
	struct varlink_type *element;
	struct varlink_field *fields; /* in the order of the text */
};

struct varlink_field {
	struct varlink_field *next;
	const char *name;
	struct varlink_type *type; /* NULL in an enum */
};

enum varlink_member_kind { VARLINK_TYPE, VARLINK_METHOD, VARLINK_ERROR };

struct varlink_member {
	struct varlink_member *next;
	enum varlink_member_kind kind;
	const char *name;
	struct varlink_type *type;  /* of the type or error; parameters of the method */
	struct varlink_type *reply; /* VARLINK_METHOD */
};

struct varlink_interface {
	const char *name;
	struct varlink_member *members; /* in the order of the text */
	void *memory;
};

/* 0 and an interface; VARLINK_MALFORMED with the line in ret_line and a reason (static text) in ret_reason; or ENOMEM.
 */
int varlink_interface_parse(struct bytes text, struct varlink_interface **ret, unsigned *ret_line,
			    const char **ret_reason) MUST_CHECK;
void varlink_interface_free(struct varlink_interface *i);
DEFINE_OWNED(varlink_interface, struct varlink_interface, varlink_interface_free);
const struct varlink_member *varlink_find(const struct varlink_interface *i, enum varlink_member_kind kind,
					  const char *name);

#endif

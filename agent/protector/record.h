/*
 * The text that a protector's file is where no standard form exists: "classd-protector/v1", then lines "NAME VALUE" in
 * the order of the kind's list. Bytes are lower-case hexadecimal, "-" is nothing.
 */
#ifndef PROTECTOR_RECORD_H
#define PROTECTOR_RECORD_H

#include "base/bytes.h"

#define RECORD_FIELDS_MAX 8
#define RECORD_FILE_MAX	  ((size_t)16384)

struct record_text {
	const char *kind;
	const char *const *names; /* NULL-ended */
	char *values[RECORD_FIELDS_MAX];
};

/* false: not of this kind, a line is missing, twice, unknown or in another order, or a value is not one line. */
bool record_parse(struct bytes file, struct record_text *ret);
void record_write(const struct record_text *record, struct buffer *ret);
void record_done(struct record_text *record);

/* false: not hexadecimal, or memory ran out. */
bool record_bytes(const char *value, struct buffer *ret);
/* malloc'ed, NULL when memory ran out. */
char *record_hex(struct bytes b);

#endif

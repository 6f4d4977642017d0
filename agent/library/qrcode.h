/* libqrencode: text as a square of dark and light modules (ISO/IEC 18004). Bitmap only; who draws it is elsewhere. */
#ifndef LIBRARY_QRCODE_H
#define LIBRARY_QRCODE_H

#include "base/bytes.h"

#define QRCODE_QUIET 4 /* modules that stay light around it, which readers need */

struct qrcode {
	size_t side;   /* modules in a row */
	uint8_t *dark; /* side * side of them, row by row: 1 is dark */
};

enum qrcode_outcome { QRCODE_BAD_TEXT = 1 /* too long, or another character than capitals, digits and " $%*+-./:" */ };

/* In the dense alphanumeric mode, with an error correction that bears a quarter of the square being lost. */
int qrcode_new(struct bytes text, struct qrcode *ret) MUST_CHECK;
void qrcode_done(struct qrcode *q); /* wipes: the text may be a secret */
#define OWN_QRCODE __attribute__((cleanup(qrcode_done)))
/* Outside, where the quiet zone is, everything is light. */
bool qrcode_is_dark(const struct qrcode *q, size_t row, size_t column);

#endif

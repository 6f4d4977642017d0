#include "library/qrcode.h"

#include "library/sodium.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>

/* The library answers ERANGE for what is too long and EINVAL for a character that is not of the mode. */
static int encode(QRinput *input, struct bytes text, QRcode **ret)
{
	if (QRinput_append(input, QR_MODE_AN, (int)text.n, text.at) == 0)
		*ret = QRcode_encodeInput(input);
	if (*ret)
		return 0;
	return errno == ENOMEM ? FAULT(ENOMEM, "a square code") : QRCODE_BAD_TEXT;
}

static int keep(const QRcode *code, struct qrcode *ret)
{
	size_t side = (size_t)code->width;
	uint8_t *dark = calloc(side, side);

	if (!dark)
		return FAULT(ENOMEM, "a square code");
	for (size_t i = 0; i < side * side; i++)
		dark[i] = code->data[i] & 1; /* the other bits tell what the module is for */
	*ret = (struct qrcode){side, dark};
	return 0;
}

int qrcode_new(struct bytes text, struct qrcode *ret)
{
	QRinput *input = text.n > 0 && text.n < 4296 ? QRinput_new2(0, QR_ECLEVEL_Q) : NULL;
	QRcode *code = NULL;
	int result;

	if (!input)
		return text.n > 0 && text.n < 4296 ? FAULT(errno, "a square code") : QRCODE_BAD_TEXT;
	result = encode(input, text, &code);
	if (result == 0)
		result = keep(code, ret);
	if (code)
		wipe(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	QRinput_free(input);
	return result;
}

void qrcode_done(struct qrcode *q)
{
	if (q->dark)
		wipe(q->dark, q->side * q->side);
	free(q->dark);
	*q = (struct qrcode){0};
}

bool qrcode_is_dark(const struct qrcode *q, size_t row, size_t column)
{
	return row < q->side && column < q->side && q->dark[row * q->side + column];
}

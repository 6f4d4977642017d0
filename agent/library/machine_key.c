#include "library/machine_key.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MACHINE_PURPOSE "classd/v1/machine"
#define MARK_PURPOSE	"classd/v1/protectors"

int machine_key_new(struct secret **ret)
{
	return secret_new_random(MACHINE_KEY_BYTES, ret);
}

static int fill_hex(struct bytes key, void *context)
{
	uint8_t *at = context;

	text_hex(key.at, key.n, (char *)at); /* its NUL makes room for the newline */
	at[2 * key.n] = '\n';
	return 0;
}

static int hex_of(uint8_t *at, size_t *n, void *context)
{
	*n = MACHINE_KEY_LINE;
	return secret_lend(context, fill_hex, at);
}

int machine_key_to_text(const struct secret *key, struct secret **ret)
{
	return secret_new_filled(MACHINE_KEY_LINE, hex_of, (void *)(uintptr_t)key, ret);
}

/* The n bytes at `at`, with room for a NUL behind them, become the key in place. */
static int parse_in_place(uint8_t *at, size_t *n)
{
	if (*n < 2 * MACHINE_KEY_BYTES || *n > MACHINE_KEY_LINE || (*n == MACHINE_KEY_LINE && at[*n - 1] != '\n'))
		return MACHINE_KEY_NONE;
	at[2 * MACHINE_KEY_BYTES] = 0;
	/* Each byte lands behind the digits that are still to come. */
	if (!text_from_hex((char *)at, at, MACHINE_KEY_BYTES))
		return MACHINE_KEY_NONE;
	*n = MACHINE_KEY_BYTES;
	return 0;
}

static int fill_from_text(uint8_t *at, size_t *n, void *context)
{
	const struct bytes *text = context;

	memcpy(at, text->at, text->n);
	*n = text->n;
	return parse_in_place(at, n);
}

int machine_key_from_text(struct bytes text, struct secret **ret)
{
	if (text.n < 2 * MACHINE_KEY_BYTES || text.n > MACHINE_KEY_LINE)
		return MACHINE_KEY_NONE;
	return secret_new_filled(MACHINE_KEY_LINE + 1, fill_from_text, &text, ret);
}

struct reading {
	const struct files *f;
	int fd;
	int error;
};

static ssize_t read_part(struct reading *r, uint8_t *at, size_t n, size_t offset)
{
	ssize_t got = r->f->pread(r->f, r->fd, at, n, offset);

	return got == -ESPIPE ? r->f->read(r->f, r->fd, at, n) : got;
}

static int fill_from_file(uint8_t *at, size_t *n, void *context)
{
	struct reading *r = context;
	unsigned tries = 0;
	size_t got = 0;

	while (got < *n) {
		ssize_t more = read_part(r, at + got, *n - got, got);

		if (files_again((int)more, &tries))
			continue;
		r->error = more < 0 ? (int)more : 0;
		if (more <= 0)
			break;
		got += (size_t)more;
	}
	*n = got;
	return r->error < 0 ? MACHINE_KEY_NONE : parse_in_place(at, n);
}

int machine_key_read(const struct files *f, int fd, struct secret **ret)
{
	struct reading r = {f, fd, 0};
	int answer = secret_new_filled(MACHINE_KEY_LINE + 1, fill_from_file, &r, ret);

	return r.error < 0 ? FAULT(-r.error, "read the machine key") : answer;
}

struct writing {
	const struct files *f;
	int fd;
};

static int write_line(struct bytes line, void *context)
{
	const struct writing *w = context;
	int r = files_write_all(w->f, w->fd, line.at, line.n);

	if (r == 0)
		r = w->f->sync(w->f, w->fd);
	return r == 0 || r == -EINVAL ? 0 : FAULT(-r, "write the machine key"); /* EINVAL: a pipe has no disk */
}

int machine_key_write(const struct files *f, int fd, const struct secret *key)
{
	OWNED(secret) struct secret *line = NULL;
	struct writing w = {f, fd};

	TRY(machine_key_to_text(key, &line));
	return secret_lend(line, write_line, &w);
}

int machine_key_identity(const struct secret *key, struct secret **ret)
{
	return hkdf_sha256(key, (struct bytes){0}, bytes_of_text(MACHINE_PURPOSE), X25519_BYTES, ret);
}

int machine_key_mark(const struct secret *key, struct secret **ret)
{
	return hkdf_sha256(key, (struct bytes){0}, bytes_of_text(MARK_PURPOSE), MACHINE_KEY_BYTES, ret);
}

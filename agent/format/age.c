/* age v1: a reader of lines that cannot leave its bytes, and the payload's arithmetic. */
#include "format/age.h"

#include <errno.h>
#include <string.h>

#include "format/base64.h"

#define MAGIC		"age-encryption.org/v1\n"
#define MAGIC_ANY	"age-encryption.org/"
#define COLUMNS		64
#define BODY_LINE_BYTES 48 /* 64 columns */

/* What is left to read, and where decoded bodies go (room for all of them was made before). */
struct reader {
	struct bytes left;
	bool whole; /* the limit was not reached: an end is an end */
	uint8_t *body_at;
};

static int at_end(const struct reader *r)
{
	return r->whole ? AGE_CUT : AGE_TOO_LARGE;
}

/* The next line without its LF. */
static int take_line(struct reader *r, struct bytes *ret)
{
	const uint8_t *end = r->left.n ? memchr(r->left.at, '\n', r->left.n) : NULL;

	if (!end)
		return at_end(r);
	*ret = bytes_of(r->left.at, (size_t)(end - r->left.at));
	r->left = bytes_of(end + 1, r->left.n - ret->n - 1);
	return 0;
}

static bool line_starts(struct bytes line, const char *start)
{
	size_t n = strlen(start);

	return line.n >= n && memcmp(line.at, start, n) == 0;
}

/* "-> arg arg": one space between, visible ASCII within. */
static int parse_args(struct bytes line, struct age_stanza *ret)
{
	size_t begin = 3;

	for (size_t i = 3; i <= line.n; i++) {
		if (i < line.n && line.at[i] != ' ') {
			if (line.at[i] < 33 || line.at[i] > 126)
				return AGE_MALFORMED;
			continue;
		}
		if (i == begin)
			return AGE_MALFORMED; /* empty argument */
		if (i - begin > AGE_ARG_MAX || ret->n_args == AGE_ARGS_MAX)
			return AGE_TOO_LARGE;
		ret->args[ret->n_args++] = bytes_of(line.at + begin, i - begin);
		begin = i + 1;
	}
	return ret->n_args ? 0 : AGE_MALFORMED;
}

/* Full lines of 64 columns, then a shorter one, which may be empty. */
static int parse_body(struct reader *r, struct age_stanza *ret)
{
	struct bytes line;
	size_t n;

	ret->body = bytes_of(r->body_at, 0);
	do {
		int bad = take_line(r, &line);

		if (bad)
			return bad;
		if (line.n > COLUMNS || !base64_decode(line, BASE64_RAW, r->body_at, &n))
			return AGE_MALFORMED;
		r->body_at += n;
		ret->body.n += n;
	} while (line.n == COLUMNS);
	return 0;
}

static int parse_stanza(struct reader *r, struct bytes line, struct age_header *ret)
{
	struct age_stanza *s = &ret->stanzas[ret->n_stanzas];
	int bad;

	if (ret->n_stanzas == AGE_STANZAS_MAX)
		return AGE_TOO_LARGE;
	s->line = bytes_of(line.at, line.n + 1);
	bad = parse_args(line, s);
	if (!bad)
		bad = parse_body(r, s);
	if (!bad)
		ret->n_stanzas++;
	return bad;
}

static int parse_mac(struct bytes line, const uint8_t *start, struct age_header *ret)
{
	ret->mac_input = bytes_of(start, (size_t)(line.at - start) + 3);
	ret->length = (size_t)(line.at - start) + line.n + 1;
	if (!line_starts(line, "--- ") || ret->n_stanzas == 0 ||
	    !base64_decode_exact(bytes_of(line.at + 4, line.n - 4), BASE64_RAW, ret->mac, AGE_MAC))
		return AGE_MALFORMED;
	return 0;
}

static int parse_magic(struct reader *r)
{
	size_t n = r->left.n < strlen(MAGIC) ? r->left.n : strlen(MAGIC);

	if (memcmp(r->left.at, MAGIC, n) != 0)
		return line_starts(r->left, MAGIC_ANY) ? AGE_NEWER : AGE_NOT_AGE;
	if (n < strlen(MAGIC))
		return AGE_CUT;
	r->left = bytes_of(r->left.at + n, r->left.n - n);
	return 0;
}

static int parse_lines(struct reader *r, const uint8_t *start, struct age_header *ret)
{
	struct bytes line;
	int bad = parse_magic(r);

	while (!bad) {
		bad = take_line(r, &line);
		if (bad)
			return bad;
		if (line_starts(line, "---"))
			return parse_mac(line, start, ret);
		bad = line_starts(line, "-> ") ? parse_stanza(r, line, ret) : AGE_MALFORMED;
	}
	return bad;
}

int age_header_parse(struct bytes start, struct age_header *ret)
{
	struct reader r = {.left = start, .whole = start.n <= AGE_HEADER_MAX};
	int bad;

	*ret = (struct age_header){0};
	if (start.n == 0)
		return AGE_CUT;
	r.left.n = r.whole ? start.n : AGE_HEADER_MAX;
	ret->bodies = malloc(base64_decoded_room(r.left.n));
	if (!ret->bodies)
		return FAULT(ENOMEM, "age header");
	r.body_at = ret->bodies;
	bad = parse_lines(&r, start.at, ret);
	if (bad)
		age_header_done(ret);
	return bad;
}

void age_header_done(struct age_header *h)
{
	free(h->bodies);
	*h = (struct age_header){0};
}

const char *age_outcome_text(int outcome)
{
	static const char *const texts[] = {
	    [AGE_NOT_AGE] = "not an age file",
	    [AGE_NEWER] = "an age file of a newer version",
	    [AGE_CUT] = "the file ends within its header",
	    [AGE_TOO_LARGE] = "the header is larger than we accept",
	    [AGE_MALFORMED] = "the header breaks the age grammar",
	};

	return outcome > 0 && (size_t)outcome < array_n(texts) ? texts[outcome] : "no error";
}

void age_write_begin(struct buffer *to)
{
	buffer_add_text(to, MAGIC);
}

void age_write_stanza(struct buffer *to, struct bytes line, struct bytes body)
{
	buffer_add_bytes(to, line);
	for (size_t at = 0;; at += BODY_LINE_BYTES) {
		size_t n = body.n - at < BODY_LINE_BYTES ? body.n - at : BODY_LINE_BYTES;

		base64_encode(bytes_of(body.at ? body.at + at : NULL, n), BASE64_RAW, to);
		buffer_u8(to, '\n');
		if (n < BODY_LINE_BYTES)
			return; /* the last line is the one that is not full, even if empty */
	}
}

/* Columns and LFs of a body of n bytes. */
static size_t body_text_length(size_t n)
{
	size_t full = n / BODY_LINE_BYTES;

	return full * (COLUMNS + 1) + base64_encoded_length(n - full * BODY_LINE_BYTES, BASE64_RAW) + 1;
}

/*
 * The lengths that base64 text can have leave gaps (no line has 1 mod 4
 * characters, and a body of full lines needs an empty one), so the "x"
 * argument takes up the difference: the largest body that fits and an
 * argument of what is then missing.
 */
void age_write_pad(struct buffer *to, const char *type, size_t align)
{
	size_t fixed = to->n + strlen("->  \n") + strlen(type) + strlen("--- \n") +
		       base64_encoded_length(AGE_MAC, BASE64_RAW) + AGE_NONCE;
	size_t least = fixed + 2; /* one x, and the LF of an empty body */
	size_t gap = (least + align - 1) / align * align - fixed;
	size_t body = gap * 3 / 4;
	OWN_BUFFER struct buffer line = {0};
	OWN_BUFFER struct buffer zero = {0};
	uint8_t *at;

	while (body && body_text_length(body) + 1 > gap)
		body--;
	buffer_add_format(&line, "-> %s ", type);
	for (size_t x = gap - body_text_length(body); x; x--)
		buffer_u8(&line, 'x');
	buffer_u8(&line, '\n');
	at = buffer_reserve(&zero, body);
	if (!at || line.failed) {
		to->failed = true;
		return;
	}
	memset(at, 0, body);
	age_write_stanza(to, buffer_bytes(&line), bytes_of(at, body));
}

void age_write_end(struct buffer *to)
{
	buffer_add_text(to, "---");
}

void age_write_mac(struct buffer *to, const uint8_t mac[AGE_MAC])
{
	buffer_u8(to, ' ');
	base64_encode(bytes_of(mac, AGE_MAC), BASE64_RAW, to);
	buffer_u8(to, '\n');
}

void age_chunk_nonce(uint64_t index, bool last, uint8_t ret[AGE_STREAM_NONCE])
{
	memset(ret, 0, AGE_STREAM_NONCE);
	for (unsigned i = 0; i < 8; i++)
		ret[3 + i] = (uint8_t)(index >> (56 - 8 * i));
	ret[11] = last;
}

uint64_t age_chunk_count(uint64_t plain_length)
{
	return plain_length == 0 ? 1 : (plain_length - 1) / AGE_CHUNK + 1;
}

uint64_t age_payload_length(uint64_t plain_length)
{
	return plain_length + age_chunk_count(plain_length) * AGE_TAG;
}

bool age_plain_length(uint64_t payload_length, uint64_t *ret)
{
	uint64_t full = payload_length / AGE_SEALED_CHUNK, rest = payload_length % AGE_SEALED_CHUNK;

	if (rest == 0 && full > 0) {
		*ret = full * AGE_CHUNK;
		return true;
	}
	/* A last chunk without content is allowed only where there is no other. */
	if (rest < AGE_TAG || (rest == AGE_TAG && full > 0))
		return false;
	*ret = full * AGE_CHUNK + rest - AGE_TAG;
	return true;
}

/* SSHSIG and the public keys in it. Everything is parsed to its last byte; what is left over is refused. */
#include "format/sshsig.h"

#include <string.h>

#include "base/text.h"
#include "format/base64.h"
#include "format/ssh_wire.h"

#define PREAMBLE      "SSHSIG"
#define VERSION	      1
#define BEGIN	      "-----BEGIN SSH SIGNATURE-----\n"
#define END	      "-----END SSH SIGNATURE-----"
#define ARMOR_COLUMNS 70

static const struct {
	const char *name;
	size_t hashed;
} hashes[] = {[SSHSIG_SHA512] = {"sha512", 64}, [SSHSIG_SHA256] = {"sha256", 32}};

static const char *const kinds[] = {
    [SSH_ED25519] = "ssh-ed25519",
    [SSH_SK_ED25519] = "sk-ssh-ed25519@openssh.com",
};

const char *ssh_key_kind_name(enum ssh_key_kind kind)
{
	return kinds[kind];
}

bool ssh_public_key_equal(const struct ssh_public_key *a, const struct ssh_public_key *b)
{
	return a->kind == b->kind && memcmp(a->point, b->point, sizeof(a->point)) == 0 &&
	       strcmp(a->application, b->application) == 0;
}

static bool kind_of(struct bytes name, enum ssh_key_kind *ret)
{
	for (size_t i = 0; i < array_n(kinds); i++) {
		if (bytes_equal_text(name, kinds[i])) {
			*ret = (enum ssh_key_kind)i;
			return true;
		}
	}
	return false;
}

/* Printable text of a fixed room: a name, not a document. */
static bool take_name(struct bytes from, char ret[SSH_APPLICATION_MAX])
{
	if (from.n == 0 || from.n >= SSH_APPLICATION_MAX)
		return false;
	for (size_t i = 0; i < from.n; i++)
		if (from.at[i] < 32 || from.at[i] > 126)
			return false;
	memcpy(ret, from.at, from.n);
	ret[from.n] = '\0';
	return true;
}

int ssh_public_key_parse_blob(struct bytes blob, struct ssh_public_key *ret)
{
	struct cursor c = cursor_of(blob);
	struct bytes kind = ssh_take(&c);
	struct ssh_public_key k = {0};
	struct bytes point;

	if (c.bad)
		return SSHSIG_MALFORMED;
	if (!kind_of(kind, &k.kind))
		return SSHSIG_UNKNOWN_KEY;
	point = ssh_take(&c);
	if (point.n != sizeof(k.point))
		return SSHSIG_MALFORMED;
	memcpy(k.point, point.at, sizeof(k.point));
	if (k.kind == SSH_SK_ED25519 && !take_name(ssh_take(&c), k.application))
		return SSHSIG_MALFORMED;
	if (!cursor_at_end(&c))
		return SSHSIG_MALFORMED;
	*ret = k;
	return 0;
}

void ssh_public_key_write_blob(const struct ssh_public_key *k, struct buffer *to)
{
	ssh_put_text(to, kinds[k->kind]);
	ssh_put(to, bytes_of(k->point, sizeof(k->point)));
	if (k->kind == SSH_SK_ED25519)
		ssh_put_text(to, k->application);
}

static struct bytes take_word(struct bytes *line)
{
	size_t n = 0;
	struct bytes word;

	while (n < line->n && line->at[n] != ' ' && line->at[n] != '\t')
		n++;
	word = bytes_of(line->at, n);
	while (n < line->n && (line->at[n] == ' ' || line->at[n] == '\t'))
		n++;
	*line = bytes_of(line->at + n, line->n - n);
	return word;
}

static bool is_one_line(struct bytes line)
{
	const uint8_t *end = line.n ? memchr(line.at, '\n', line.n) : NULL;

	return !end || end == line.at + line.n - 1;
}

int ssh_public_key_parse_line(struct bytes line, struct ssh_public_key *ret)
{
	uint8_t blob[1024];
	struct ssh_public_key k;
	struct bytes kind, text;
	size_t n;
	int bad;

	if (line.n > SSHSIG_BLOB_MAX || !is_one_line(line))
		return SSHSIG_MALFORMED;
	while (line.n && (line.at[line.n - 1] == '\n' || line.at[line.n - 1] == '\r'))
		line.n--;
	kind = take_word(&line);
	text = take_word(&line);
	if (!kind_of(kind, &k.kind))
		return text.n ? SSHSIG_UNKNOWN_KEY : SSHSIG_MALFORMED;
	if (base64_decoded_room(text.n) > sizeof(blob) || !base64_decode(text, BASE64_PADDED, blob, &n))
		return SSHSIG_MALFORMED;
	bad = ssh_public_key_parse_blob(bytes_of(blob, n), &k);
	if (!bad && !bytes_equal_text(kind, kinds[k.kind]))
		bad = SSHSIG_MALFORMED; /* the word in clear says another type than the blob */
	if (!bad)
		*ret = k;
	return bad;
}

void ssh_public_key_write_line(const struct ssh_public_key *k, struct buffer *to)
{
	OWN_BUFFER struct buffer blob = {0};

	ssh_public_key_write_blob(k, &blob);
	buffer_add_format(to, "%s ", kinds[k->kind]);
	base64_encode(buffer_bytes(&blob), BASE64_PADDED, to);
	to->failed |= blob.failed;
}

int sshsig_take_raw(struct bytes raw, struct sshsig *s)
{
	struct cursor c = cursor_of(raw);
	struct bytes kind = ssh_take(&c);
	struct bytes signature = ssh_take(&c);
	uint8_t flags = 0;
	uint32_t counter = 0;

	if (s->key.kind == SSH_SK_ED25519) {
		flags = cursor_u8(&c);
		counter = cursor_u32(&c);
	}
	if (!cursor_at_end(&c) || signature.n != sizeof(s->signature) || !bytes_equal_text(kind, kinds[s->key.kind]))
		return SSHSIG_MALFORMED;
	memcpy(s->signature, signature.at, signature.n);
	s->flags = flags;
	s->counter = counter;
	return 0;
}

static bool hash_of(struct bytes name, enum sshsig_hash *ret)
{
	for (size_t i = 0; i < array_n(hashes); i++) {
		if (bytes_equal_text(name, hashes[i].name)) {
			*ret = (enum sshsig_hash)i;
			return true;
		}
	}
	return false;
}

int sshsig_parse_blob(struct bytes blob, struct sshsig *ret)
{
	struct cursor c = cursor_of(blob);
	struct sshsig s = {0};
	struct bytes preamble = cursor_take(&c, strlen(PREAMBLE));
	uint32_t version = cursor_u32(&c);
	struct bytes key = ssh_take(&c), space = ssh_take(&c), reserved = ssh_take(&c);
	struct bytes hash = ssh_take(&c), raw = ssh_take(&c);
	int bad;

	if (blob.n > SSHSIG_BLOB_MAX || !bytes_equal_text(preamble, PREAMBLE))
		return SSHSIG_MALFORMED;
	if (version != VERSION)
		return SSHSIG_NEWER;
	/* Nothing signs the reserved field, so content there would be somebody else's addition. */
	if (!cursor_at_end(&c) || reserved.n || !take_name(space, s.space))
		return SSHSIG_MALFORMED;
	if (!hash_of(hash, &s.hash))
		return SSHSIG_UNKNOWN_KEY;
	bad = ssh_public_key_parse_blob(key, &s.key);
	if (!bad)
		bad = sshsig_take_raw(raw, &s);
	if (!bad)
		*ret = s;
	return bad;
}

static void put_signature(const struct sshsig *s, struct buffer *to)
{
	OWN_BUFFER struct buffer raw = {0};

	ssh_put_text(&raw, kinds[s->key.kind]);
	ssh_put(&raw, bytes_of(s->signature, sizeof(s->signature)));
	if (s->key.kind == SSH_SK_ED25519) {
		buffer_u8(&raw, s->flags);
		buffer_u32(&raw, s->counter);
	}
	ssh_put(to, buffer_bytes(&raw));
	to->failed |= raw.failed;
}

void sshsig_write_blob(const struct sshsig *s, struct buffer *to)
{
	OWN_BUFFER struct buffer key = {0};

	ssh_public_key_write_blob(&s->key, &key);
	buffer_add_text(to, PREAMBLE);
	buffer_u32(to, VERSION);
	ssh_put(to, buffer_bytes(&key));
	ssh_put_text(to, s->space);
	ssh_put_text(to, "");
	ssh_put_text(to, hashes[s->hash].name);
	put_signature(s, to);
	to->failed |= key.failed;
}

/* The base64 between the two lines of armor, line ends taken out, into ret (room text.n). */
static bool strip_armor(struct bytes text, uint8_t *ret, size_t *ret_n)
{
	size_t n = 0, begin = strlen(BEGIN), end = strlen(END);

	while (text.n && (text.at[text.n - 1] == '\n' || text.at[text.n - 1] == '\r'))
		text.n--;
	if (text.n < begin + end || memcmp(text.at, BEGIN, begin) != 0 ||
	    memcmp(text.at + text.n - end, END, end) != 0 || text.at[text.n - end - 1] != '\n')
		return false;
	for (size_t i = begin; i < text.n - end; i++)
		if (text.at[i] != '\n' && text.at[i] != '\r')
			ret[n++] = text.at[i];
	*ret_n = n;
	return true;
}

int sshsig_parse_armor(struct bytes text, struct sshsig *ret)
{
	uint8_t base64[SSHSIG_ARMOR_MAX], blob[SSHSIG_ARMOR_MAX];
	size_t n;

	if (text.n > sizeof(base64) || !strip_armor(text, base64, &n) ||
	    !base64_decode(bytes_of(base64, n), BASE64_PADDED, blob, &n))
		return SSHSIG_MALFORMED;
	return sshsig_parse_blob(bytes_of(blob, n), ret);
}

int sshsig_parse(struct bytes either, struct sshsig *ret)
{
	return either.n && either.at[0] == '-' ? sshsig_parse_armor(either, ret) : sshsig_parse_blob(either, ret);
}

void sshsig_write_armor(const struct sshsig *s, struct buffer *to)
{
	OWN_BUFFER struct buffer blob = {0};
	OWN_BUFFER struct buffer base64 = {0};

	sshsig_write_blob(s, &blob);
	base64_encode(buffer_bytes(&blob), BASE64_PADDED, &base64);
	buffer_add_text(to, BEGIN);
	for (size_t i = 0; i < base64.n; i += ARMOR_COLUMNS) {
		buffer_add(to, base64.at + i, base64.n - i < ARMOR_COLUMNS ? base64.n - i : ARMOR_COLUMNS);
		buffer_u8(to, '\n');
	}
	buffer_add_text(to, END "\n");
	to->failed |= blob.failed || base64.failed;
}

void sshsig_write_to_sign(const char *space, enum sshsig_hash hash, struct bytes hashed, struct buffer *to)
{
	buffer_add_text(to, PREAMBLE);
	ssh_put_text(to, space);
	ssh_put_text(to, "");
	ssh_put_text(to, hashes[hash].name);
	ssh_put(to, hashed);
	to->failed |= hashed.n != hashes[hash].hashed; /* our own mistake: nothing is signed */
}

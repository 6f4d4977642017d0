/*
 * Our side of the cross tests with age and ssh-keygen: one small command each,
 * from standard input to standard output. Exit status: 0, or the layer that
 * refused (see enum), with a line on standard error.
 */
#include <stdio.h>
#include <string.h>

#include "library/crypto.h"
#include "library/envelope.h"
#include "library/sample.h"
#include "library/signature.h"
#include "library/ssh_agent.h"

enum status { USAGE = 2, HEADER = 10, NO_MATCH, HMAC, PAYLOAD, LABEL, SIGNATURE, FAULTY = 99 };

static int say(int status, const char *what)
{
	(void)fprintf(stderr, "peer: %s\n", what);
	return status;
}

static void read_all(FILE *from, struct buffer *ret)
{
	uint8_t *at;

	while ((at = buffer_reserve(ret, 1 << 20))) {
		size_t n = fread(at, 1, 1 << 20, from);

		if (n == 0)
			return;
		ret->n += n;
	}
}

static void read_file(const char *path, struct buffer *ret)
{
	FILE *f = fopen(path, "re");

	if (f) {
		read_all(f, ret);
		(void)fclose(f);
	}
}

static int write_all(struct bytes b)
{
	return fwrite(b.at, 1, b.n, stdout) == b.n && fflush(stdout) == 0 ? 0 : say(FAULTY, "cannot write");
}

static int seal_payload(struct bulk *bulk, struct bytes plain, struct buffer *to)
{
	uint64_t n = age_chunk_count(plain.n);

	for (uint64_t i = 0; i < n; i++) {
		size_t at = (size_t)i * AGE_CHUNK;
		size_t length = i + 1 < n ? AGE_CHUNK : plain.n - at;
		uint8_t *room = buffer_reserve(to, length + AGE_TAG);

		if (!room || bulk_seal_chunk(bulk, i, i + 1 == n, bytes_of(plain.at + at, length), room))
			return FAULTY;
		to->n += length + AGE_TAG;
	}
	return 0;
}

/* Everything is verified before the caller gets a byte. */
static int open_payload(struct bulk *bulk, struct bytes payload, struct buffer *to)
{
	uint64_t length, n;

	if (!age_plain_length(payload.n, &length))
		return PAYLOAD;
	n = age_chunk_count(length);
	for (uint64_t i = 0; i < n; i++) {
		size_t at = (size_t)i * AGE_SEALED_CHUNK;
		size_t sealed = i + 1 < n ? AGE_SEALED_CHUNK : payload.n - at;
		uint8_t *room = buffer_reserve(to, sealed - AGE_TAG);

		if (!room || bulk_open_chunk(bulk, i, i + 1 == n, bytes_of(payload.at + at, sealed), room))
			return PAYLOAD;
		to->n += sealed - AGE_TAG;
	}
	return 0;
}

static int with_payload_key(const struct secret *file_key, const uint8_t *nonce, struct bulk **ret)
{
	OWNED(secret) struct secret *key = NULL;

	return bulk_new(ret) || identity_payload_key(file_key, nonce, &key) || bulk_set_key(*ret, key) ? FAULTY : 0;
}

typedef int open_header_fn(const struct age_header *h, const struct secret *with, struct secret **ret_file_key);

/* open_header: with an identity or a passphrase. */
static int open_file(struct bytes file, open_header_fn *open_header, const struct secret *with, struct buffer *to)
{
	static const int status[] = {
	    [IDENTITY_MALFORMED] = HEADER,
	    [IDENTITY_NOT_FOR_US] = NO_MATCH,
	    [IDENTITY_DAMAGED] = HMAC,
	    [IDENTITY_NOT_PASSPHRASE] = NO_MATCH,
	    [IDENTITY_WRONG_PASSPHRASE] = NO_MATCH,
	    [IDENTITY_WORK_TOO_LARGE] = HEADER,
	};
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	struct age_header h;
	size_t at;
	int bad;

	if (age_header_parse(file, &h))
		return HEADER;
	bad = open_header(&h, with, &file_key);
	at = h.length;
	age_header_done(&h);
	if (bad)
		return bad < 0 ? FAULTY : status[bad];
	if (file.n < at + AGE_NONCE)
		return HEADER;
	if (with_payload_key(file_key, file.at + at, &bulk))
		return FAULTY;
	return open_payload(bulk, bytes_of(file.at + at + AGE_NONCE, file.n - at - AGE_NONCE), to);
}

static int decrypt(struct bytes file, const struct secret *identity, struct buffer *to)
{
	return open_file(file, identity_open_header, identity, to);
}

static int load_identity(const char *path, struct secret **ret)
{
	OWN_BUFFER struct buffer text = {0};

	read_file(path, &text);
	return identity_from_text(buffer_bytes(&text), ret) ? say(USAGE, "no identity in that file") : 0;
}

static int run_decrypt(char **args, struct bytes in)
{
	OWNED(secret) struct secret *identity = NULL;
	OWN_BUFFER struct buffer out = {0};
	int bad = load_identity(args[0], &identity);

	if (!bad)
		bad = decrypt(in, identity, &out);
	return bad ? say(bad, "refused") : write_all(buffer_bytes(&out));
}

/* A passphrase is the file's bytes. */
static int load_passphrase(const char *path, struct secret **ret)
{
	OWN_BUFFER struct buffer text = {0};

	read_file(path, &text);
	return secret_new_from(text.at, text.n, ret) ? FAULTY : 0;
}

static int run_decrypt_passphrase(char **args, struct bytes in)
{
	OWNED(secret) struct secret *passphrase = NULL;
	OWN_BUFFER struct buffer out = {0};
	int bad = load_passphrase(args[0], &passphrase);

	if (!bad)
		bad = open_file(in, passphrase_open_header, passphrase, &out);
	return bad ? say(bad, "refused") : write_all(buffer_bytes(&out));
}

static int write_secret(struct bytes at, void *context)
{
	(void)context;
	return write_all(at);
}

/* A small file through agefile_…_passphrase(), which hold it in secret memory. */
static int run_seal_passphrase(char **args, struct bytes in)
{
	OWNED(secret) struct secret *passphrase = NULL;
	OWNED(secret) struct secret *plain = NULL;
	OWN_BUFFER struct buffer out = {0};
	OWN_BUFFER struct buffer copy = {0};
	uint64_t log_n;
	int bad = load_passphrase(args[0], &passphrase);

	buffer_add_bytes(&copy, in);
	if (bad || !text_to_u64(args[1], UINT32_MAX, &log_n) || secret_new_from(copy.at, copy.n, &plain))
		return USAGE;
	bad = agefile_seal_passphrase(plain, passphrase, (unsigned)log_n, &out);
	return bad ? say(HEADER, identity_outcome_text(bad)) : write_all(buffer_bytes(&out));
}

static int run_open_passphrase(char **args, struct bytes in)
{
	OWNED(secret) struct secret *passphrase = NULL;
	OWNED(secret) struct secret *plain = NULL;
	int bad = load_passphrase(args[0], &passphrase);

	if (bad)
		return bad;
	bad = agefile_open_passphrase(in, passphrase, &plain);
	return bad ? say(HEADER, identity_outcome_text(bad)) : secret_lend(plain, write_secret, NULL);
}

static int run_encrypt(char **args, struct bytes in)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	OWN_BUFFER struct buffer out = {0};
	struct recipient to;
	uint8_t nonce[AGE_NONCE];

	if (recipient_from_text(bytes_of_text(args[0]), &to))
		return say(USAGE, "not a recipient");
	age_write_begin(&out);
	random_bytes(nonce, sizeof(nonce));
	if (envelope_new_file_key(&file_key) || identity_wrap(&to, file_key, &out) ||
	    identity_finish_header(file_key, &out) || with_payload_key(file_key, nonce, &bulk))
		return FAULTY;
	buffer_add(&out, nonce, sizeof(nonce));
	return seal_payload(bulk, in, &out) ? FAULTY : write_all(buffer_bytes(&out));
}

static int run_seal(char **args, struct bytes in)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	OWN_BUFFER struct buffer record = {0};
	OWN_BUFFER struct buffer out = {0};
	struct recipient to[2];
	struct envelope_plan plan = {.recipients = to, .n_recipients = 2};

	if (recipient_from_text(bytes_of_text(args[0]), &to[0]) ||
	    recipient_from_text(bytes_of_text(args[1]), &to[1]) || envelope_new_file_key(&file_key))
		return say(USAGE, "not a recipient");
	if (sample_record(in, 1, "secret", &record))
		return say(FAULTY, "no sample record");
	plan.file_key = file_key;
	plan.record = buffer_bytes(&record);
	if (envelope_write(&plan, &out) || with_payload_key(file_key, out.at + out.n - AGE_NONCE, &bulk) ||
	    seal_payload(bulk, in, &out))
		return FAULTY;
	return write_all(buffer_bytes(&out));
}

static int run_label(char **args, struct bytes in)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *file_key = NULL;
	struct envelope_content c = {0};
	struct envelope e;
	int bad = load_identity(args[0], &identity);

	if (bad)
		return bad;
	bad = envelope_parse(in, &e);
	if (!bad)
		bad = envelope_unlock(&e, identity, &file_key);
	if (!bad)
		bad = envelope_open(&e, file_key, &c);
	if (!bad)
		bad = write_all(c.record.label);
	else
		bad = say(LABEL, envelope_outcome_text(bad));
	envelope_content_done(&c);
	envelope_done(&e);
	return bad;
}

static void print_hex(const char *what, struct bytes b)
{
	(void)printf("%s ", what);
	for (size_t i = 0; i < b.n; i++)
		(void)printf("%02x", b.at[i]);
	(void)putchar('\n');
}

static int print_secret(struct bytes b, void *what)
{
	print_hex(what, b);
	return 0;
}

static int print_derived(const struct secret *file_key, struct bytes salt, const char *info, char *what)
{
	OWNED(secret) struct secret *key = NULL;

	if (hkdf_sha256(file_key, salt, bytes_of_text(info), 32, &key))
		return FAULTY;
	return secret_lend(key, print_secret, what);
}

static void print_entries(struct bytes list)
{
	struct cursor c = cursor_of(list);

	while (c.left) {
		size_t at = list.n - c.left;
		unsigned type = cursor_u16(&c);
		struct bytes value = cursor_take(&c, cursor_u32(&c));

		(void)printf("entry at %zu: type %u, %zu bytes\n", at, type, value.n);
	}
}

/* The numbers of the worked example in classd-sealed(7). */
static int run_explain(char **args, struct bytes in)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *file_key = NULL;
	struct envelope_content c = {0};
	struct envelope e;
	int bad;

	if (load_identity(args[0], &identity) || envelope_parse(in, &e) || envelope_unlock(&e, identity, &file_key) ||
	    envelope_open(&e, file_key, &c))
		return LABEL;
	(void)printf("payload at %zu\n", e.payload_at);
	print_hex("header MAC", bytes_of(e.header.mac, sizeof(e.header.mac)));
	print_hex("record nonce", bytes_of(e.header.stanzas[0].body.at + 1, XCHACHA_NONCE));
	print_hex("payload nonce", bytes_of(e.nonce, sizeof(e.nonce)));
	print_hex("content digest", bytes_of(c.record.digest, sizeof(c.record.digest)));
	print_entries(buffer_bytes(&c.list));
	bad = secret_lend(file_key, print_secret, (char[]){"file key"}) ||
	      print_derived(file_key, (struct bytes){0}, "header", (char[]){"header key"}) ||
	      print_derived(file_key, (struct bytes){0}, "classd/v1/record", (char[]){"record key"}) ||
	      print_derived(file_key, bytes_of(e.nonce, AGE_NONCE), "payload", (char[]){"payload key"});
	envelope_content_done(&c);
	envelope_done(&e);
	return bad ? FAULTY : 0;
}

/* Does the chunk with that byte still open? A reader of the whole file opens every chunk, so one refusal is enough. */
static bool chunk_opens(struct bulk *bulk, struct bytes payload, size_t byte)
{
	static uint8_t plain[AGE_CHUNK];
	size_t i = byte / AGE_SEALED_CHUNK, at = i * AGE_SEALED_CHUNK;
	bool last = payload.n - at <= AGE_SEALED_CHUNK;

	return bulk_open_chunk(bulk, i, last, bytes_of(payload.at + at, last ? payload.n - at : AGE_SEALED_CHUNK),
			       plain) == 0;
}

/* Flips every bit up to the payload and every STEP-th of it, and cuts in many places: how many were let through. */
static int run_attack(char **args, struct bytes in)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer out = {0};
	struct envelope e;
	size_t tried = 0, taken = 0, head;
	uint64_t step;

	if (load_identity(args[0], &identity) || !text_to_u64(args[1], UINT32_MAX, &step) || step == 0 ||
	    envelope_parse(in, &e) || envelope_unlock(&e, identity, &file_key) ||
	    with_payload_key(file_key, e.nonce, &bulk))
		return USAGE;
	head = e.payload_at;
	buffer_add_bytes(&file, in);
	for (size_t bit = 0; bit < in.n * 8; bit += bit < head * 8 ? 1 : step, tried++) {
		struct bytes payload = bytes_of(file.at + head, file.n - head);

		file.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		taken += bit < head * 8 ? decrypt(buffer_bytes(&file), identity, &out) == 0
					: chunk_opens(bulk, payload, bit / 8 - head);
		file.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		buffer_clear(&out);
	}
	for (size_t n = 0; n < in.n; n += n < head ? 1 : 8191, tried++) {
		taken += decrypt(bytes_of(in.at, n), identity, &out) == 0;
		buffer_clear(&out);
	}
	(void)printf("%zu tried, %zu taken\n", tried, taken);
	envelope_done(&e);
	return decrypt(in, identity, &out); /* and the untouched file still opens */
}

static int write_armor(const struct sshsig *s)
{
	OWN_BUFFER struct buffer out = {0};

	sshsig_write_armor(s, &out);
	return buffer_check(&out) ? FAULTY : write_all(buffer_bytes(&out));
}

static int run_sign(char **args, struct bytes in)
{
	OWNED(secret) struct secret *seed = NULL;
	OWN_BUFFER struct buffer text = {0};
	struct ssh_public_key key;
	struct sshsig s;
	int bad;

	read_file(args[0], &text);
	bad = signature_key_load(buffer_bytes(&text), &key, &seed);
	if (!bad)
		bad = signature_sign(in, args[1], seed, &s);
	return bad ? say(SIGNATURE, signature_outcome_text(bad)) : write_armor(&s);
}

static int run_agent(char **args, struct bytes in)
{
	struct ssh_agent_key keys[SSH_AGENT_KEYS_MAX];
	OWN_FD int fd = -1;
	struct sshsig s;
	size_t n = 0;

	if (ssh_agent_open(getenv("SSH_AUTH_SOCK"), &fd))
		return say(SIGNATURE, "no agent");
	if (ssh_agent_list(fd, keys, SSH_AGENT_KEYS_MAX, &n) || n == 0)
		return say(SIGNATURE, "the agent holds no key for us");
	if (ssh_agent_sign(fd, &keys[0].key, in, args[0], &s))
		return say(SIGNATURE, "the agent did not sign");
	return write_armor(&s);
}

static int load_public(const char *path, struct ssh_public_key *ret)
{
	OWN_BUFFER struct buffer line = {0};

	read_file(path, &line);
	return ssh_public_key_parse_line(buffer_bytes(&line), ret) ? say(USAGE, "no public key in that file") : 0;
}

static int run_verify(char **args, struct bytes in)
{
	OWN_BUFFER struct buffer signature = {0};
	struct ssh_public_key key;
	struct signature_demand demand = {.space = args[2], .key = &key, .present = true};
	int bad = load_public(args[0], &key);

	read_file(args[1], &signature);
	if (!bad)
		bad = signature_verify(in, buffer_bytes(&signature), &demand, NULL);
	return bad ? say(SIGNATURE, signature_outcome_text(bad)) : 0;
}

static int run_fingerprint(char **args, struct bytes in)
{
	char text[FINGERPRINT_TEXT];
	struct ssh_public_key key;

	(void)in;
	if (load_public(args[0], &key))
		return USAGE;
	signature_fingerprint(&key, text);
	return puts(text) < 0 ? FAULTY : 0;
}

static const struct command {
	const char *name;
	int n_args;
	int (*run)(char **args, struct bytes in);
} commands[] = {
    {"encrypt", 1, run_encrypt},
    {"decrypt", 1, run_decrypt},
    {"seal", 2, run_seal},
    {"label", 1, run_label},
    {"attack", 2, run_attack},
    {"sign", 2, run_sign},
    {"explain", 1, run_explain},
    {"agent", 1, run_agent},
    {"verify", 3, run_verify},
    {"fingerprint", 1, run_fingerprint},
    {"decrypt-passphrase", 1, run_decrypt_passphrase},
    {"open-passphrase", 1, run_open_passphrase},
    {"seal-passphrase", 2, run_seal_passphrase},
};

int main(int argc, char **argv)
{
	OWN_BUFFER struct buffer in = {0};

	if (sodium_start())
		return FAULTY;
	for (size_t i = 0; argc > 1 && i < array_n(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 != commands[i].n_args)
			continue;
		read_all(stdin, &in);
		if (buffer_check(&in))
			return FAULTY;
		return commands[i].run(argv + 2, buffer_bytes(&in));
	}
	return say(
	    USAGE,
	    "encrypt RECIPIENT | decrypt IDENTITY | seal RECIPIENT RECIPIENT | label IDENTITY | "
	    "explain IDENTITY | attack IDENTITY STEP | sign KEY SPACE | agent SPACE | verify PUBLIC SIGNATURE SPACE | "
	    "fingerprint PUBLIC | decrypt-passphrase FILE | open-passphrase FILE | seal-passphrase FILE LOGN");
}

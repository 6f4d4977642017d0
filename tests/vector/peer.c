/*
 * Our side of the cross tests with age and ssh-keygen: one small command each,
 * from standard input to standard output. Exit status: 0, or the layer that
 * refused (see whole.h), with a line on standard error.
 */
#include "whole.h"

#include "library/ssh_agent.h"
#include "library/token.h"

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
	OWN_BUFFER struct buffer out = {0};
	struct recipient to;

	if (recipient_from_text(bytes_of_text(args[0]), &to))
		return say(USAGE, "not a recipient");
	return encrypt(in, &to, &out) ? FAULTY : write_all(buffer_bytes(&out));
}

static int run_seal(char **args, struct bytes in)
{
	OWN_BUFFER struct buffer out = {0};
	struct recipient to[2];

	if (recipient_from_text(bytes_of_text(args[0]), &to[0]) || recipient_from_text(bytes_of_text(args[1]), &to[1]))
		return say(USAGE, "not a recipient");
	return seal(in, to, &out) ? FAULTY : write_all(buffer_bytes(&out));
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

/* Offset, type and length as they stand, and the value where it is short. */
static void print_entries(struct bytes list)
{
	struct cursor c = cursor_of(list);

	while (c.left) {
		size_t at = list.n - c.left;
		unsigned type = cursor_u16(&c);
		struct bytes value = cursor_take(&c, cursor_u32(&c));

		(void)printf("%zu: %04x %08zx", at, type, value.n);
		if (value.n <= 48)
			print_hex("", value);
		else
			(void)puts(" ...");
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
	print_hex("record tag",
		  bytes_of(e.header.stanzas[0].body.at + e.header.stanzas[0].body.n - AEAD_TAG, AEAD_TAG));
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

/* The label stanza again from its line, its nonce and the list, by classd-sealed(7). */
static int put_label(const struct age_stanza *s, const struct secret *file_key, struct bytes list, struct buffer *out)
{
	OWNED(secret) struct secret *key = NULL;
	OWN_BUFFER struct buffer ad = {0};
	OWN_BUFFER struct buffer body = {0};

	buffer_add(&body, s->body.at, 1 + XCHACHA_NONCE);
	buffer_add_text(&ad, "classd-label-v1\n");
	buffer_add_bytes(&ad, s->line);
	if (hkdf_sha256(file_key, (struct bytes){0}, bytes_of_text("classd/v1/record"), AEAD_KEY, &key) ||
	    aead_xseal(&(struct aead){key, s->body.at + 1, buffer_bytes(&ad)}, list, &body))
		return FAULTY;
	age_write_stanza(out, s->line, buffer_bytes(&body));
	return 0;
}

static int rebuild(const struct envelope *e, const struct secret *file_key, struct bytes plain, struct bytes list)
{
	OWNED(bulk) struct bulk *bulk = NULL;
	OWN_BUFFER struct buffer out = {0};

	age_write_begin(&out);
	if (put_label(&e->header.stanzas[0], file_key, list, &out))
		return FAULTY;
	for (size_t i = 1; i + 1 < e->header.n_stanzas; i++) /* recipients: their ephemeral keys are gone */
		age_write_stanza(&out, e->header.stanzas[i].line, e->header.stanzas[i].body);
	age_write_pad(&out, LABEL_PAD, ENVELOPE_ALIGN);
	if (identity_finish_header(file_key, &out) || with_payload_key(file_key, e->nonce, &bulk))
		return FAULTY;
	buffer_add(&out, e->nonce, AGE_NONCE);
	return seal_payload(bulk, plain, &out) ? FAULTY : write_all(buffer_bytes(&out));
}

/* rebuild IDENTITY DOCUMENT TYPE: the example again from its document, keys and nonces; TYPE: one entry more, 0 none.
 */
static int run_rebuild(char **args, struct bytes in)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *file_key = NULL;
	OWN_BUFFER struct buffer plain = {0};
	OWN_BUFFER struct buffer list = {0};
	struct envelope e;
	uint64_t type;
	int bad;

	read_file(args[1], &plain);
	if (load_identity(args[0], &identity) || !text_to_u64(args[2], UINT16_MAX, &type) || envelope_parse(in, &e) ||
	    envelope_unlock(&e, identity, &file_key) || sample_record(buffer_bytes(&plain), 1, "secret", &list))
		return LABEL;
	if (type) {
		buffer_u16(&list, (uint16_t)type);
		buffer_u32(&list, 1);
		buffer_u8(&list, 'x');
	}
	bad = rebuild(&e, file_key, buffer_bytes(&plain), buffer_bytes(&list));
	envelope_done(&e);
	return bad;
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

/* sk-sign KEY SPACE FLAGS: what a token with that key's seed would sign, in software. */
static int run_sk_sign(char **args, struct bytes in)
{
	OWNED(secret) struct secret *seed = NULL;
	OWN_BUFFER struct buffer text = {0};
	struct ssh_public_key key;
	struct sshsig s;
	uint64_t flags;

	read_file(args[0], &text);
	if (!text_to_u64(args[2], 255, &flags) || signature_key_load(buffer_bytes(&text), &key, &seed) ||
	    token_sign(seed, in, args[1], (uint8_t)flags, &s))
		return USAGE;
	return write_armor(&s);
}

static int run_sk_public(char **args, struct bytes in)
{
	OWN_BUFFER struct buffer line = {0};
	struct ssh_public_key key;

	(void)in;
	if (load_public(args[0], &key))
		return USAGE;
	key.kind = SSH_SK_ED25519;
	memcpy(key.application, TOKEN_APPLICATION, sizeof(TOKEN_APPLICATION));
	ssh_public_key_write_line(&key, &line);
	buffer_u8(&line, '\n');
	return write_all(buffer_bytes(&line));
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
    {"sign", 2, run_sign},
    {"explain", 1, run_explain},
    {"agent", 1, run_agent},
    {"verify", 3, run_verify},
    {"fingerprint", 1, run_fingerprint},
    {"rebuild", 3, run_rebuild},
    {"sk-sign", 3, run_sk_sign},
    {"sk-public", 1, run_sk_public},
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
	return say(USAGE,
		   "encrypt RECIPIENT | decrypt IDENTITY | seal RECIPIENT RECIPIENT | label IDENTITY | "
		   "explain IDENTITY | sign KEY SPACE | agent SPACE | verify PUBLIC SIGNATURE SPACE | "
		   "fingerprint PUBLIC | decrypt-passphrase FILE | open-passphrase FILE | seal-passphrase FILE LOGN | "
		   "rebuild IDENTITY DOCUMENT TYPE | sk-sign KEY SPACE FLAGS | sk-public PUBLIC");
}

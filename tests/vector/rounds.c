/*
 * Many rounds with a peer: files of sizes around every border of a chunk, and signatures. Peers run as processes of
 * their own; their exit status counts, and every byte. Exit status 0 only when nothing was wrong.
 */
#include "whole.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "library/ssh_agent.h"
#include "library/token.h"
#include "system/files.h"

#define SIZE_MOST 200000
#define AROUND	  18 /* a tag and two bytes on either side of a border */

extern char **environ;

/* Every third size is any; the others walk along the borders of the first four chunks. */
static size_t size_of_round(size_t i)
{
	size_t k = i - i / 3, border = k / (2 * AROUND + 1) % 4 * AGE_CHUNK, d = k % (2 * AROUND + 1);
	uint32_t any;

	random_bytes(&any, sizeof(any));
	if (i % 3 == 2)
		return any % SIZE_MOST;
	return border + d < AROUND ? AROUND - d : border + d - AROUND;
}

static int random_content(size_t i, struct buffer *ret)
{
	size_t n = size_of_round(i);

	buffer_clear(ret);
	if (!buffer_reserve(ret, n + 1))
		return FAULTY;
	random_bytes(ret->at, n);
	ret->n = n;
	return 0;
}

/* A file in memory that a process can have as its standard input or output. */
static int rewrite(int fd, struct bytes content)
{
	if (ftruncate(fd, 0) || files_pwrite_all(&files_linux, fd, content.at, content.n, 0) ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return FAULTY;
	return 0;
}

/* The process's exit status; -1 when it did not run. in and out are its standard input and output. */
static int run(char *const *argv, int in, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;

	if (posix_spawn_file_actions_init(&actions) || posix_spawn_file_actions_adddup2(&actions, in, 0) ||
	    posix_spawn_file_actions_adddup2(&actions, out, 1))
		return -1;
	status = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (status != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* The peer turns content into ret; false: it said no. */
static bool peer_says(char *const *argv, struct bytes content, struct buffer *ret)
{
	static int in = -1, out = -1;

	if (in < 0) {
		in = memfd_create("in", MFD_CLOEXEC);
		out = memfd_create("out", MFD_CLOEXEC);
	}
	buffer_clear(ret);
	return rewrite(in, content) == 0 && rewrite(out, (struct bytes){0}) == 0 && run(argv, in, out) == 0 &&
	       lseek(out, 0, SEEK_SET) == 0 && files_read_rest(&files_linux, out, SIZE_MAX / 2, ret) == 0;
}

struct keys {
	struct secret *identity[2];
	struct recipient to[2];
	char text[RECIPIENT_TEXT];
};

static int load_keys(char **paths, struct keys *ret)
{
	for (size_t i = 0; i < 2; i++)
		if (load_identity(paths[i], &ret->identity[i]) || identity_recipient(ret->identity[i], &ret->to[i]))
			return USAGE;
	recipient_to_text(&ret->to[0], ret->text);
	return 0;
}

static int count_of(const char *text, size_t *ret)
{
	uint64_t n;

	if (!text_to_u64(text, 1000000, &n))
		return say(USAGE, "not a number");
	*ret = (size_t)n;
	return 0;
}

/* Plain age files and sealed documents by turns. */
static int write_ours(size_t i, struct bytes plain, const struct keys *k, struct buffer *ret)
{
	buffer_clear(ret);
	return i % 2 ? seal(plain, k->to, ret) : encrypt(plain, &k->to[0], ret);
}

/* age LEVEL-KEY ESCROW-KEY N: Debian's age. */
static int run_age(char **args)
{
	OWN_BUFFER struct buffer plain = {0};
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer back = {0};
	struct keys k = {0};
	char *const decrypts[] = {(char[]){"age"}, (char[]){"-d"}, (char[]){"-i"}, args[0], NULL};
	char *const encrypts[] = {(char[]){"age"}, (char[]){"-r"}, k.text, NULL};
	size_t n, ours = 0, theirs = 0;

	if (load_keys(args, &k) || count_of(args[2], &n))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		if (random_content(i, &plain) || write_ours(i, buffer_bytes(&plain), &k, &file))
			return FAULTY;
		ours += peer_says(decrypts, buffer_bytes(&file), &back) &&
			bytes_equal(buffer_bytes(&back), buffer_bytes(&plain));
		if (!peer_says(encrypts, buffer_bytes(&plain), &file))
			continue;
		buffer_clear(&back);
		theirs += decrypt(buffer_bytes(&file), k.identity[0], &back) == 0 &&
			  bytes_equal(buffer_bytes(&back), buffer_bytes(&plain));
	}
	(void)printf("%zu of %zu files of ours opened by age, %zu of %zu of age's by us\n", ours, n, theirs, n);
	return ours == n && theirs == n ? 0 : PAYLOAD;
}

static int write_file(const char *directory, const char *name, size_t i, struct bytes content)
{
	OWN_MEM char *path = text_format("%s/%s.%zu", directory, name, i);
	OWN_FD int fd = path ? open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600) : -1;

	return fd >= 0 && files_write_all(&files_linux, fd, content.at, content.n) == 0 ? 0 : FAULTY;
}

static int read_numbered(const char *directory, const char *name, size_t i, struct buffer *ret)
{
	OWN_MEM char *path = text_format("%s/%s.%zu", directory, name, i);

	buffer_clear(ret);
	if (!path || access(path, R_OK))
		return FAULTY;
	read_file(path, ret);
	return 0;
}

/* give DIRECTORY LEVEL-KEY ESCROW-KEY N: ours.N, and the SHA-256 of their contents in ours.sums. */
static int run_give(char **args)
{
	OWN_BUFFER struct buffer plain = {0};
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer sums = {0};
	struct keys k = {0};
	size_t n;

	if (load_keys(args + 1, &k) || count_of(args[3], &n))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		uint8_t hash[32];
		char hex[65];

		if (random_content(i, &plain) || write_ours(i, buffer_bytes(&plain), &k, &file) ||
		    write_file(args[0], "ours", i, buffer_bytes(&file)))
			return FAULTY;
		sha256_of(buffer_bytes(&plain), hash);
		text_hex(hash, 32, hex);
		buffer_add_format(&sums, "%s %zu\n", hex, plain.n);
	}
	return write_file(args[0], "sums", 0, buffer_bytes(&sums));
}

/* take DIRECTORY LEVEL-KEY ESCROW-KEY N: theirs.N, whose contents have the SHA-256 in theirs.sum.N. */
static int run_take(char **args)
{
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer sum = {0};
	OWN_BUFFER struct buffer back = {0};
	struct keys k = {0};
	size_t n, taken = 0;

	if (load_keys(args + 1, &k) || count_of(args[3], &n))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		uint8_t hash[32];
		char hex[65];

		buffer_clear(&back);
		if (read_numbered(args[0], "theirs", i, &file) || read_numbered(args[0], "theirs.sum", i, &sum) ||
		    decrypt(buffer_bytes(&file), k.identity[0], &back))
			continue;
		sha256_of(buffer_bytes(&back), hash);
		text_hex(hash, 32, hex);
		taken += bytes_equal_text(buffer_bytes(&sum), hex);
	}
	(void)printf("%zu of %zu of theirs by us\n", taken, n);
	return taken == n ? 0 : PAYLOAD;
}

static int put_signature_file(const char *directory, const char *name, size_t i, const struct sshsig *s)
{
	OWN_BUFFER struct buffer armor = {0};

	sshsig_write_armor(s, &armor);
	return write_file(directory, name, i, buffer_bytes(&armor));
}

/* sign DIRECTORY KEY SPACE N: random texts text.N, our signatures plain.N and, by the same seed on a software token,
 * token.N (touched) with every other one's person verified. */
static int run_sign(char **args)
{
	OWNED(secret) struct secret *seed = NULL;
	OWN_BUFFER struct buffer file = {0};
	struct ssh_public_key key;
	size_t n;

	read_file(args[1], &file);
	if (count_of(args[3], &n) || signature_key_load(buffer_bytes(&file), &key, &seed))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		uint8_t text[600];
		struct bytes b = bytes_of(text, i % sizeof(text));
		struct sshsig plain, token;

		random_bytes(text, sizeof(text));
		if (write_file(args[0], "text", i, b) || signature_sign(b, args[2], seed, &plain) ||
		    put_signature_file(args[0], "plain", i, &plain) ||
		    token_sign(seed, b, args[2], i % 2 ? SSHSIG_PRESENT : SSHSIG_PRESENT | SSHSIG_VERIFIED, &token) ||
		    put_signature_file(args[0], "token", i, &token))
			return FAULTY;
	}
	return 0;
}

/* agent DIRECTORY PUBLIC SPACE N: the agent signs text.N, we verify it and leave it in agent.N. */
static int run_agent(char **args)
{
	OWN_BUFFER struct buffer text = {0};
	struct ssh_public_key key;
	struct signature_demand demand = {.space = args[2], .key = &key};
	OWN_FD int fd = -1;
	size_t n, good = 0;

	if (load_public(args[1], &key) || count_of(args[3], &n) || ssh_agent_open(getenv("SSH_AUTH_SOCK"), &fd))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		OWN_BUFFER struct buffer blob = {0};
		struct sshsig s;

		if (read_numbered(args[0], "text", i, &text) ||
		    ssh_agent_sign(fd, &key, buffer_bytes(&text), args[2], &s) ||
		    put_signature_file(args[0], "agent", i, &s))
			return FAULTY;
		sshsig_write_blob(&s, &blob);
		good += signature_verify(buffer_bytes(&text), buffer_bytes(&blob), &demand, NULL) == 0;
	}
	(void)printf("%zu of %zu of the agent's by us\n", good, n);
	return good == n ? 0 : SIGNATURE;
}

/* verify DIRECTORY PUBLIC SPACE N: text.N.sig is good for text.N, and for nothing else. */
static int run_verify(char **args)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_BUFFER struct buffer signature = {0};
	struct ssh_public_key key;
	size_t n, good = 0, refused = 0;

	if (load_public(args[1], &key) || count_of(args[3], &n))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		OWN_MEM char *name = text_format("%s/text.%zu.sig", args[0], i);
		struct signature_demand demand = {.space = args[2], .key = &key, .present = true}, other = demand;

		if (read_numbered(args[0], "text", i, &text))
			return FAULTY;
		buffer_clear(&signature);
		read_file(name, &signature);
		good += signature_verify(buffer_bytes(&text), buffer_bytes(&signature), &demand, NULL) == 0;
		other.space = "other@classd";
		refused += signature_verify(buffer_bytes(&text), buffer_bytes(&signature), &other, NULL) ==
			   SIGNATURE_OTHER_NAMESPACE;
		buffer_u8(&text, 0);
		refused +=
		    signature_verify(buffer_bytes(&text), buffer_bytes(&signature), &demand, NULL) == SIGNATURE_WRONG;
	}
	(void)printf("%zu of %zu of ssh-keygen's by us, %zu of %zu altered ones refused\n", good, n, refused, 2 * n);
	return good == n && refused == 2 * n ? 0 : SIGNATURE;
}

/* check DIRECTORY ALLOWED-SIGNERS PERSON SPACE NAME N: ssh-keygen verifies NAME.N over text.N. */
static int run_check(char **args)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_BUFFER struct buffer said = {0};
	size_t n, good = 0;

	if (count_of(args[5], &n))
		return USAGE;
	for (size_t i = 0; i < n; i++) {
		OWN_MEM char *name = text_format("%s/%s.%zu", args[0], args[4], i);
		char *const argv[] = {(char[]){"ssh-keygen"},
				      (char[]){"-Y"},
				      (char[]){"verify"},
				      (char[]){"-f"},
				      args[1],
				      (char[]){"-I"},
				      args[2],
				      (char[]){"-n"},
				      args[3],
				      (char[]){"-s"},
				      name,
				      NULL};

		good += read_numbered(args[0], "text", i, &text) == 0 && peer_says(argv, buffer_bytes(&text), &said);
	}
	(void)printf("%zu of %zu (%s) verified by ssh-keygen\n", good, n, args[4]);
	return good == n ? 0 : SIGNATURE;
}

static const struct command {
	const char *name;
	int n_args;
	int (*run)(char **args);
} commands[] = {
    {"age", 3, run_age},     {"give", 4, run_give},	{"take", 4, run_take},	 {"sign", 4, run_sign},
    {"agent", 4, run_agent}, {"verify", 4, run_verify}, {"check", 6, run_check},
};

int main(int argc, char **argv)
{
	if (sodium_start())
		return FAULTY;
	for (size_t i = 0; argc > 1 && i < array_n(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 == commands[i].n_args)
			return commands[i].run(argv + 2);
	return say(USAGE, "see rounds.c for the commands");
}

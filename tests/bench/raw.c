/*
 * Streams a file through the bulk cipher and back: what the format costs
 * without records, journal or disk. raw loop: libcrypto alone, the floor.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "library/crypto.h"
#include "library/identity.h"

#define BATCH 16 /* chunks a read */

static _Alignas(4096) uint8_t plain[BATCH * AGE_CHUNK], sealed[BATCH * AGE_SEALED_CHUNK];

static size_t read_full(int fd, uint8_t *at, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, at + got, n - got);

		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

static bool write_full(int fd, const uint8_t *at, size_t n)
{
	return write(fd, at, n) == (ssize_t)n;
}

static int open_keys(const char *recipient, int out, struct bulk **ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	OWN_BUFFER struct buffer header = {0};
	struct recipient to;
	uint8_t nonce[AGE_NONCE];

	random_bytes(nonce, sizeof(nonce));
	age_write_begin(&header);
	if (recipient_from_text(bytes_of_text(recipient), &to) || secret_new_random(AGE_FILE_KEY, &file_key) ||
	    identity_wrap(&to, file_key, &header))
		return 1;
	age_write_pad(&header, "classd/pad", 4096); /* as in every sealed file */
	if (identity_finish_header(file_key, &header) || identity_payload_key(file_key, nonce, &payload_key) ||
	    bulk_new(ret) || bulk_set_key(*ret, payload_key))
		return 1;
	buffer_add(&header, nonce, sizeof(nonce));
	return buffer_check(&header) || !write_full(out, header.at, header.n);
}

static int encrypt(int in, int out, const char *recipient)
{
	OWNED(bulk) struct bulk *bulk = NULL;
	uint64_t index = 0;
	bool last = false;

	if (open_keys(recipient, out, &bulk))
		return 1;
	/* The benchmark's file is no multiple of a batch, so a short read is its end. */
	while (!last) {
		size_t n = read_full(in, plain, sizeof(plain)), at = 0, to = 0;

		last = n < sizeof(plain);
		for (; at < n; at += AGE_CHUNK, index++) {
			size_t size = n - at < AGE_CHUNK ? n - at : AGE_CHUNK;

			if (bulk_seal_chunk(bulk, index, last && at + size == n, bytes_of(plain + at, size),
					    sealed + to))
				return 1;
			to += size + AGE_TAG;
		}
		if (!write_full(out, sealed, to))
			return 1;
	}
	return 0;
}

static int loop(int in, int out)
{
	static const uint8_t key[32];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	size_t n = 1;

	if (EVP_EncryptInit_ex2(context, cipher, key, NULL, NULL) != 1)
		return 1;
	for (uint64_t index = 0; n; index++) {
		size_t to = 0;

		n = read_full(in, plain, sizeof(plain));
		for (size_t at = 0; at < n; at += AGE_CHUNK) {
			uint8_t nonce[12] = {0};
			int size = (int)(n - at < AGE_CHUNK ? n - at : AGE_CHUNK), done = 0;

			memcpy(nonce, &index, sizeof(index));
			nonce[8] = (uint8_t)(at / AGE_CHUNK);
			if (EVP_EncryptInit_ex2(context, NULL, NULL, nonce, NULL) != 1 ||
			    EVP_EncryptUpdate(context, sealed + to, &done, plain + at, size) != 1 ||
			    EVP_EncryptFinal_ex(context, sealed + to + done, &done) != 1 ||
			    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, sealed + to + size) != 1)
				return 1;
			to += (size_t)size + AGE_TAG;
		}
		if (!write_full(out, sealed, to))
			return 1;
	}
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return 0;
}

int main(int argc, char **argv)
{
	OWN_FD int in = argc > 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	OWN_FD int out = argc > 2 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	if (in < 0 || out < 0 || sodium_start()) {
		(void)fputs("raw IN OUT [RECIPIENT]: with a recipient an age file, else the bare loop\n", stderr);
		return 2;
	}
	return argc > 3 ? encrypt(in, out, argv[3]) : loop(in, out);
}

/*
 * The machine key: 32 bytes that everything at rest on this machine hangs on. It travels and lies as one line of 64
 * hexadecimal digits, so that a person can copy it and stock tools can carry it. What is derived from it has a
 * purpose of its own each.
 */
#ifndef LIBRARY_MACHINE_KEY_H
#define LIBRARY_MACHINE_KEY_H

#include "library/sodium.h"
#include "system/files.h"

#define MACHINE_KEY_BYTES ((size_t)32)
#define MACHINE_KEY_LINE  (2 * MACHINE_KEY_BYTES + 1) /* with its newline */

enum machine_key_outcome { MACHINE_KEY_NONE = 1 /* not such a line */ };

int machine_key_new(struct secret **ret) MUST_CHECK;
/* The line, as a secret of its own. */
int machine_key_to_text(const struct secret *key, struct secret **ret) MUST_CHECK;
/* Exactly 64 hexadecimal digits, and at most a newline. */
int machine_key_from_text(struct bytes text, struct secret **ret) MUST_CHECK;
/* From the beginning of a file, or all that a pipe whose writer is gone still holds. 0 or MACHINE_KEY_NONE. */
int machine_key_read(const struct files *f, int fd, struct secret **ret) MUST_CHECK;
/* Durable where fd is a file. */
int machine_key_write(const struct files *f, int fd, const struct secret *key) MUST_CHECK;
/* HKDF(machine key, "classd/v1/machine") as an X25519 identity. */
int machine_key_identity(const struct secret *key, struct secret **ret) MUST_CHECK;
/* HKDF(machine key, "classd/v1/protectors"), of the same size: may lie in clear, tells the key from any other, and is
 * nothing that anybody could wrap a key to. */
int machine_key_mark(const struct secret *key, struct secret **ret) MUST_CHECK;

#endif

/*
 * Descriptors that clients pass. Only F_GETFL and statx(AT_STATX_DONT_SYNC)
 * touch them: anything else may wait for ever on a file system that the client
 * itself serves (FUSE). That holds for close() too, which flushes; so what is
 * not known to be harmless is parked and not closed, and its sender is not
 * allowed to pass more (api_connection.c). F_GET_SEALS is the third harmless
 * call: the kernel answers it for memory files only and asks no file system. A
 * memfd that can neither shrink nor be written any more is DESCRIPTOR_MEMORY;
 * it is forwarded unread.
 */
#ifndef REGISTRAR_DESCRIPTOR_H
#define REGISTRAR_DESCRIPTOR_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum descriptor_kind { DESCRIPTOR_OTHER, DESCRIPTOR_FILE, DESCRIPTOR_DIRECTORY, DESCRIPTOR_PIPE, DESCRIPTOR_MEMORY };

struct descriptor {
	enum descriptor_kind kind;
	bool is_path;	  /* O_PATH */
	bool is_writable; /* opened for writing */
	bool is_closable; /* close() cannot wait for the sender */
	uint64_t dev, ino;
	uint64_t size;
	uint64_t mtime_ns;
	uint32_t uid;
	uint32_t mode; /* permission bits */
};

/* The device number as frames and roots carry it. */
uint64_t descriptor_dev(uint32_t major, uint32_t minor);
/* false: not a descriptor. home: devices that are known to be the machine's own (of roots and checkouts). */
bool descriptor_look(int fd, const uint64_t *home, size_t n_home, struct descriptor *ret);

#endif

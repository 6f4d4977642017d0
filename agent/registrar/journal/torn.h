/*
 * What a power cut leaves of a write that was not synced yet: sectors of it, and zeros where the others were to be. An
 * entry has no such byte.
 */
#ifndef REGISTRAR_TORN_H
#define REGISTRAR_TORN_H

#include "system/files.h"

/*
 * tail: the end of the journal, from offset start on. True when it has zeros, all of them such holes: each begins with
 * a sector, or with the line with which the write began, and ends with a sector or with the file. Other zeros are
 * damage. ret: where the first one begins.
 */
bool torn_hole(struct bytes tail, uint64_t start, size_t *ret);
/* Keeps what is to be cut off at that offset as "torn.OFFSET" in folder: a disk that lost what it had must not lose it
 * once more. 0, also when it is there already, or a negated errno. */
int torn_keep(const struct files *files, int folder, struct bytes torn, uint64_t at) MUST_CHECK;

#endif

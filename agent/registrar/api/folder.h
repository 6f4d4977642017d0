/* A directory that a client passed, as root and path below it. */
#ifndef REGISTRAR_FOLDER_H
#define REGISTRAR_FOLDER_H

#include "registrar/api/api.h"

/*
 * The i-th descriptor of the call as a watched folder or one below it: root id and relative path ("" for the root
 * itself, malloc'ed). false: it is none. Only the kernel's name of the descriptor is read (readlink of /proc/self/fd):
 * a client in a mount namespace of its own can lie about it, and gains nothing, because what follows is about rows of
 * the named folder that belong to the caller.
 */
bool folder_of_descriptor(struct registrar *r, int fd, uint32_t *ret_root, char **ret_path);
bool folder_of_call(struct registrar *r, struct api_call *call, int64_t i, uint32_t *ret_root, char **ret_path);

#endif

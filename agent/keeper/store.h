/* The key directory and the machine key's file. */
#ifndef KEEPER_STORE_H
#define KEEPER_STORE_H

#include "keeper/keeper.h"

#define ESCROW_FILE "escrow.pub"
#define ESCROW_MARK "escrow.rewrap" /* while key files follow another escrow */

/* May stand in LEVEL.EPOCH.age. */
bool store_is_word(const char *text);
/* One line of 64 hexadecimal digits. 0, KEEPER_UNINITIALISED when it is not that, or a fault. */
int store_read_machine_key(const struct files *f, int fd, struct secret **ret) MUST_CHECK;
int store_read_escrow(const struct files *f, int store, struct recipient *ret) MUST_CHECK;

/* Names made, exchanged or removed are durable when it answers 0. */
int store_sync(const struct files *f, int store) MUST_CHECK;
/* Whole content of a file of ours; 0, or KEEPER_UNINITIALISED: it is not there. */
int store_read_file(const struct files *f, int store, const char *name, struct buffer *ret) MUST_CHECK;
/* An answer other than 0 ends the walk. */
typedef int (*store_name_fn)(const char *name, void *context);
int store_each_name(const struct files *f, int store, store_name_fn fn, void *context) MUST_CHECK;
/* Each LEVEL.EPOCH.age: `key` has level and epoch of the name and nothing else. */
typedef int (*store_key_fn)(const struct keeper_key *key, void *context);
int store_each_key(const struct files *f, int store, store_key_fn fn, void *context) MUST_CHECK;

#endif

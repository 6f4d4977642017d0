/* The key directory and the machine key's file. */
#ifndef KEEPER_STORE_H
#define KEEPER_STORE_H

#include "keeper/keeper.h"

/* May stand in LEVEL.EPOCH.age. */
bool store_is_word(const char *text);
/* One line of 64 hexadecimal digits. 0, KEEPER_UNINITIALISED when it is not that, or a fault. */
int store_read_machine_key(const struct files *f, int fd, struct secret **ret) MUST_CHECK;
/* HKDF(machine key, "classd/v1/machine") as an X25519 identity. */
int store_machine_identity(const struct secret *machine, struct secret **ret) MUST_CHECK;
int store_read_escrow(const struct files *f, int store, struct recipient *ret) MUST_CHECK;

/* 0, or an identity_outcome: not for this machine, damaged, or no key. */
int store_read_key(const struct files *f, int store, const char *name, const struct secret *machine_identity,
		   struct secret **ret) MUST_CHECK;
/* Durable when it answers 0; replaces nothing. */
int store_write_key(const struct files *f, int store, const char *name, const struct secret *identity,
		    const struct recipient wrap_to[2]) MUST_CHECK;

/* `key` has level and epoch of the name and nothing else. An answer other than 0 ends the walk. */
typedef int (*store_key_fn)(const char *name, const struct keeper_key *key, void *context);
int store_each_key(const struct files *f, int store, store_key_fn fn, void *context) MUST_CHECK;

#endif

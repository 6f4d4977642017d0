/*
 * The keeper's work, apart from its process: the only holder of private keys.
 * It makes level keys, gives out their public halves, and opens the header of
 * one sealed file against one grant. It looks at no document, no JSON, no
 * policy, and a private key never leaves it.
 */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "library/identity.h"
#include "system/files.h"
#include "system/frame.h"

#define KEEPER_GRANTS	  1024 /* open at one time; the oldest gives way */
#define KEEPER_KEYS	  1024
#define KEEPER_SESSIONS	  64
#define KEEPER_TEXT	  128
#define KEEPER_RECORD_ANY "*" /* with GRANT_RECOVER only */

enum keeper_outcome {
	KEEPER_UNINITIALISED = 1, /* no machine key or no escrow recipient yet: run --init */
	KEEPER_WRONG_KEY,	  /* the machine key opens none of the level keys */
};

/*
 * X25519 identity of one level and epoch. At rest its private half is an age file (LEVEL.EPOCH.age), wrapped to the
 * machine and to escrow, or, where persons unlock the level, to them and to escrow; its public half lies beside it in
 * clear (LEVEL.EPOCH.pub), so that sealing goes on while the private half is not in memory.
 */
struct keeper_key {
	char level[KEEPER_TEXT];
	char epoch[KEEPER_TEXT];
	char key_id[9];
	struct recipient recipient;
	struct secret *identity; /* NULL: locked */
	bool is_of_persons;
	struct recipient *persons; /* to whom its file is wrapped; owned */
	size_t n_persons;
	bool is_told;	   /* the registrar knows how it stands */
	bool wants_escrow; /* its file is still wrapped to an earlier escrow (escrow.h) */
	bool is_retired;   /* opens nothing until that is undone (epochs.h) */
};

/* An epoch whose key was destroyed: what is left is that it was there. */
struct keeper_gone {
	char level[KEEPER_TEXT];
	char epoch[KEEPER_TEXT];
	char key_id[9];
};

struct keeper_grant {
	uint64_t id; /* 0: free */
	uint64_t until_ms;
	uint32_t version; /* 0: any */
	uint8_t purpose;
	char record[KEEPER_TEXT];
	char level[KEEPER_TEXT];
	char person[KEEPER_TEXT];
};

/* Who unlocks a level, as the registrar says. */
struct keeper_level {
	char level[KEEPER_TEXT];
	bool is_of_persons;
	struct recipient *persons; /* may read it, at most KEY_FILE_PERSONS; owned */
	size_t n_persons;
};

/* A person who has shown that the identity of that recipient is his; the identity itself is forgotten at once. */
struct keeper_session {
	char person[KEEPER_TEXT]; /* "": free */
	struct recipient recipient;
	uint64_t used_ms; /* last read for him */
};

struct keeper {
	const struct files *files;
	int store;		/* borrowed: the key directory */
	struct secret *machine; /* the machine key */
	struct secret *machine_identity;
	struct secret *vouching;     /* with it the machine vouches for what key files say in clear */
	struct recipient wrap_to[2]; /* machine, escrow: level keys at rest */
	struct keeper_key *keys;
	size_t n_keys;
	struct keeper_gone *gone;
	size_t n_gone;
	size_t n_unreadable; /* key files that did not open */
	bool unsynced;	     /* the key directory could not be synced at the start */
	struct keeper_level *levels;
	size_t n_levels;
	struct keeper_session sessions[KEEPER_SESSIONS];
	uint64_t idle_ms;   /* a session ends so long after its last use */
	uint64_t slept_ms;  /* of the machine, when it was last looked */
	size_t n_unwritten; /* rewrites of key files that failed since the last look */
	struct keeper_grant grants[KEEPER_GRANTS];
	size_t next_grant;
};

/*
 * First start: a machine key into `machine_fd` when that is empty, and one
 * escrow identity, which is written to `escrow_fd` as an age identity file and
 * forgotten; the store keeps its public half. What is there already stays,
 * but for an escrow whose identity is not: when `escrow_fd` is empty beside
 * it, an earlier first start did not end, and another one takes its place.
 * KEEPER_UNINITIALISED: there is no escrow yet and no escrow_fd.
 */
int keeper_initialise(const struct files *f, int store, int machine_fd, int escrow_fd) MUST_CHECK;
/* Reads the machine key and all level keys. 0 or a keeper_outcome. Unreadable single keys are counted. */
int keeper_open(struct keeper *k, const struct files *f, int store, int machine_fd) MUST_CHECK;
/* What lies in the key directory would survive a power cut. Tries once more to sync it if not: until it does nothing is
 * sealed to a key that might be lost. */
bool keeper_is_durable(struct keeper *k);
void keeper_done(struct keeper *k);

/* HKDF(machine key, "classd/v1/meta"): 32 bytes. */
int keeper_meta_key(const struct keeper *k, struct secret **ret) MUST_CHECK;
/* Makes the level's key of that epoch, unless it or a newer one is there, or was. *ret is KEY_DONE, KEY_UNKNOWN_LEVEL
 * (no such name can be) or KEY_NO_IDENTITY (its file is there and does not open: none is made beside it). */
int keeper_add_epoch(struct keeper *k, const char *level, const char *epoch, enum key_outcome *ret) MUST_CHECK;
/* Wipes it from memory. */
void keeper_forget(struct keeper *k, struct keeper_key *key);
/* Newest epoch of a level; NULL: unknown level. */
const struct keeper_key *keeper_level(const struct keeper *k, const char *level);

void keeper_add_grant(struct keeper *k, const struct frame_grant *grant, uint64_t now_ms);
/* It was heard of and is not used up; whether its time is over is keeper_unwrap()'s to say. */
bool keeper_has_grant(const struct keeper *k, uint64_t grant);
/* The file key of a header (with its nonce), if the grant is about what the label in it says. The grant is used up
 * either way. ret_detail is a static text. */
int keeper_unwrap(struct keeper *k, uint64_t grant, struct bytes header, uint64_t now_ms, struct secret **ret_file_key,
		  enum key_outcome *ret, const char **ret_detail) MUST_CHECK;

#endif

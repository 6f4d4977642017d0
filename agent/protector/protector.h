/*
 * classd-protector: opens or makes one protector of the machine key, once, and ends. A process of its own because TPM
 * libraries and PKCS#11 modules are foreign code: a fault, a hang or a back door in them must reach neither the keeper,
 * which holds all other keys, nor the supervisor, which is root for as long as the agent runs. It parses nothing but
 * its own files, which only root can write, and ends within the supervisor's deadline.
 */
#ifndef PROTECTOR_PROTECTOR_H
#define PROTECTOR_PROTECTOR_H

#include "classd/protector.h"
#include "library/sodium.h"

#define PARAMETERS_MAX 8

/* One act and what it has to work with. */
struct act {
	const char *parameters[PARAMETERS_MAX + 1]; /* "NAME=VALUE", NULL-ended */
	struct secret *word;			    /* NULL: none */
	struct buffer file;			    /* open: the protector's file */
	char *why;				    /* malloc'ed: one line for people */
};

/* The value of a parameter, "" when it was not given. */
const char *act_parameter(const struct act *act, const char *name);
/* Keeps the sentence and gives `exit` back. */
int act_say(struct act *act, enum protector_exit exit, const char *format, ...) PRINTF_LIKE(3, 4);

/* In this room positive results are enum protector_exit, with their sentence in act->why. The key's line, see
 * library/machine_key.h, is what every kind keeps. */
struct kind {
	const char *name;
	int (*open)(struct act *act, struct secret **ret_line); /* NULL: the file is the line */
	int (*make)(struct act *act, const struct secret *line, struct buffer *ret_file); /* NULL: not made here */
};

const struct kind *kind_find(const char *name);
extern const struct kind kind_plain[2]; /* "file", "credential" */
extern const struct kind kind_passphrase;
extern const struct kind kind_tpm;
extern const struct kind kind_token;

/* ask.c: one line without echo, typed twice when the parameter "twice" is given, of at least "least" characters. */
int ask(struct act *act, struct secret **ret) MUST_CHECK;

#endif

/*
 * What protects the machine key at rest, and how it is opened at start. A protector is a file that classd-protector
 * opens (agent/protector), in state_dir/protectors; a plain file and a credential of the service manager are
 * protectors too. The key itself is only ever held as a pipe.
 */
#ifndef SUPERVISOR_PROTECTORS_H
#define SUPERVISOR_PROTECTORS_H

#include "supervisor/helper.h"
#include "supervisor/place.h"

#define PROTECTORS_MARK "machine.mark" /* in state_dir: tells the machine key from any other (machine_key_mark()) */

/* In the order in which they are tried. */
enum protector_kind {
	PROTECTED_BY_CREDENTIAL,
	PROTECTED_BY_TPM,
	PROTECTED_BY_TOKEN,
	PROTECTED_BY_PASSPHRASE,
	PROTECTED_BY_NOTHING, /* a file in clear */
	PROTECTOR_KINDS,
};

struct protector_row {
	const char *name;
	const char *file;	/* below state_dir; NULL: given by the service manager */
	const char *credential; /* where the key or its passphrase or PIN may come from; NULL: nowhere */
	const char *prompt;	/* for that word; NULL: it needs none */
	const char *thief;	/* what somebody with the disk alone still needs */
	bool outlives_tpm;	/* opens though the TPM is gone: what never leaves a TPM alone */
};

const struct protector_row *protector_row(enum protector_kind kind);
/* PROTECTOR_KINDS: no such name. */
enum protector_kind protector_kind_find(const char *name);

struct protectors {
	const struct place *place;
	int program; /* borrowed: classd-protector */
	unsigned timeout_ms;
};

/* `name` below state_dir, or the row's own file. -1 and errno: not there. */
int protectors_open_file(const struct protectors *p, enum protector_kind kind);
bool protectors_has(const struct protectors *p, enum protector_kind kind);
/* The word's credential, readable; -1: none. */
int protectors_open_word(enum protector_kind kind);
/* Since when, RFC 3339; "" unknown. */
void protectors_since(const struct protectors *p, enum protector_kind kind, char ret[32]);

/* One protector, its file at fd. word: -1 none. *ret_key: a pipe, -1 unless the answer is PROTECTOR_DONE. */
int protectors_try(const struct protectors *p, enum protector_kind kind, int fd, int word, int *ret_key,
		   struct helper_answer *ret) MUST_CHECK;
/* The same without waiting for it; *ret_key is to be believed when it ended well. */
int protectors_start(const struct protectors *p, enum protector_kind kind, const int file_and_word[2],
		     struct helper_run *ret, int *ret_key) MUST_CHECK;
/* Asks at the terminal, or takes a line of standard input. twice: a new one, see act `ask`. *ret_word: a pipe. */
int protectors_ask(const struct protectors *p, enum protector_kind kind, bool is_new, int *ret_word,
		   struct helper_answer *ret) MUST_CHECK;

/* At start. ask: kinds (bits) whose word a person is asked for. */
struct protectors_opened {
	int key;		  /* owned; -1: none opened, the agent starts locked */
	enum protector_kind kind; /* of what opened */
	char *why;		  /* malloc'ed: what those said that did not open; NULL: none was tried in vain */
};

/* PLACE_REFUSED: what a person was asked for did not open (said). */
int protectors_open(const struct protectors *p, unsigned ask, struct protectors_opened *ret) MUST_CHECK;

/* The machine key lies in clear in a file, on a disk that is not encrypted as a whole, and nothing else holds it. */
bool protectors_are_none(const struct protectors *p);
/* "KIND SINCE" lines of all that are there. */
void protectors_list(const struct protectors *p, struct buffer *ret);

#endif

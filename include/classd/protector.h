/*
 * What passes between the supervisor and classd-protector, which it starts for one act and then waits for:
 *
 *   classd-protector open KIND              FILE, WORD?, MARK? -> OUT: the machine key
 *   classd-protector make KIND [NAME=VALUE] KEY, WORD?         -> OUT: the protector's file
 *   classd-protector same                   KEY, FILE          are these two the same machine key?
 *   classd-protector mark                   KEY                -> OUT: the machine's mark
 *   classd-protector ask [NAME=VALUE]       standard input     -> OUT: one line that a person typed
 *
 * Machine keys and typed words go through pipes: a pipe's memory is the kernel's, is never swapped, and the supervisor,
 * which holds both ends, need not look at it. On standard output the program says in one line why not.
 */
#ifndef CLASSD_PROTECTOR_H
#define CLASSD_PROTECTOR_H

/* Descriptors; one that is not needed is /dev/null. */
enum protector_fd {
	PROTECTOR_FILE = 3, /* what is kept on disk; or the second key of `same` */
	PROTECTOR_KEY,	    /* the machine key's line */
	PROTECTOR_WORD,	    /* passphrase or PIN, without a newline; empty: there is none */
	PROTECTOR_OUT,
	PROTECTOR_MARK, /* the machine's mark: keys of other machines are refused; empty: not known yet */
	PROTECTOR_FDS,	/* one more than the last */
};

enum protector_exit {
	PROTECTOR_DONE = 0,
	PROTECTOR_BROKEN = 1, /* a fault beneath; standard error has it */
	PROTECTOR_SHUT,	      /* it does not open, or cannot be made */
	PROTECTOR_NEEDS_WORD, /* a passphrase or PIN, and there was none */
	PROTECTOR_WRONG_WORD,
	PROTECTOR_DIFFERS, /* the keys are not the same, or it is another machine's */
	PROTECTOR_NOBODY,  /* ask: the input ended, or the person broke off */
};

#define PROTECTOR_WORD_MAX 1024 /* bytes */

#endif

/*
 * What classctl says. In this room every positive result of a function is an
 * exit code of classd/exit.h whose message was printed where it arose, so it is
 * passed up unchanged like a fault: DO() does both.
 */
#ifndef CTL_SAY_H
#define CTL_SAY_H

#include "base/bytes.h"
#include "classd/exit.h"
#include "ctl/words.h"

#define DO(call)                                                                                                       \
	do {                                                                                                           \
		int do_ = (call);                                                                                      \
		if (do_ != 0)                                                                                          \
			return do_;                                                                                    \
	} while (0)

/* On stderr: "classctl: WHAT", then where and next on lines of their own (NULL or "": left out). Gives code back. */
int say_error(enum classd_exit code, const char *where, const char *next, const char *what, ...) PRINTF_LIKE(4, 5);
/* One line on stderr: a remark, nothing that a script reads. */
void say_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* One line on stdout. */
void say(const char *format, ...) PRINTF_LIKE(1, 2);
/* What was said so far reaches its reader now. SAY_CLOSED: nobody reads any more (`| head` has enough), which is no
 * error and ends the command without a word. */
#define SAY_CLOSED 1000
int say_flush(void) MUST_CHECK;
/* Untrusted text, safe to print; "" for NULL. malloc'ed; NULL without memory. */
char *say_safe(const char *text);
/* The text on stdout, each of its lines made safe. */
void say_text(const char *text);
/* "label:   text" on stdout, values in one column; nothing when text is NULL or empty. The text is made safe. */
void say_field(const char *label, const char *text);
/* Faults become lines of the same form. Called once. */
void say_start(void);

#endif

/* Words for people: every message of classctl goes through _() (gettext, domain "classd"). */
#ifndef CTL_WORDS_H
#define CTL_WORDS_H

#include <libintl.h>

#define _(text)	 gettext(text)
#define N_(text) text /* in tables: translated where it is printed */

/* A word or sentence of the agent, translated where a translation is known; "" for NULL and "" (which gettext would
 * answer with its own header). */
const char *words_of(const char *text);
/* What the agent says, for people: also a sentence with values in it, which is known by its pattern. malloc'ed; control
 * characters are made visible. */
char *words_say(const char *text);
/* Language of the environment; messages beside the program when it runs from its build folder, else the installed. */
void words_start(void);
/* Path of a file that belongs to this program: beside it when not installed, else below the prefix. malloc'ed. */
char *words_program_folder(void);

#endif

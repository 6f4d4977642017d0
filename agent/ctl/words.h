/* Words for people: every message of classctl goes through _() (gettext, domain "classd"). */
#ifndef CTL_WORDS_H
#define CTL_WORDS_H

#include <libintl.h>
#include <stdint.h>

#define _(text)	 gettext(text)
#define N_(text) text /* in tables: translated where it is printed */
/* What is counted: the form for that number in the language of the environment. Both forms take the same values. */
#define _n(one, many, n) ngettext(one, many, (unsigned long)(n))
#define N_n(one, many)	 one, many /* in tables: both forms */

/* A word or sentence of the agent, translated where a translation is known; "" for NULL and "" (which gettext would
 * answer with its own header). */
const char *words_of(const char *text);
/* What the agent says, for people: also a sentence with values in it, which is known by its pattern. malloc'ed; control
 * characters are made visible. */
char *words_say(const char *text);
/* "3 files in 1 folder". malloc'ed */
char *words_files_in(int64_t files, int64_t folders);
/* Language of the environment; messages beside the program when it runs from its build folder, else the installed. */
void words_start(void);
/* Path of a file that belongs to this program: beside it when not installed, else below the prefix. malloc'ed. */
char *words_program_folder(void);

#endif

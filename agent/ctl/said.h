/*
 * Values of a record as the person reads them: levels by the pack's official names where the messages are in the
 * language of the packs' offices, periods in words. What a command takes stays as it is: codes and "10y".
 */
#ifndef CTL_SAID_H
#define CTL_SAID_H

#include "ctl/command.h"
#include "ctl/table.h"

/* Asks once for the names of levels, if this language shows them; a refusal leaves the codes. */
void said_learn(struct client *client);
/* The name that is shown for this code; the code itself without one. Lives as long as the program. */
const char *said_level(const char *code);
/* "P1Y6M" as "1 year 6 months"; a day, an event, a code stay. malloc'ed, "" for NULL. */
char *said_term(const char *term);
/* "item 3.2" and the other bases. malloc'ed. */
char *said_basis(const char *basis);

/* The next cell: a sentence or word of the agent, a level, a term. */
void cell_words(struct table *t, const char *text);
void cell_level(struct table *t, const char *code);
void cell_term(struct table *t, const char *term);
/* A field, as say_field() prints one, with a sentence or word of the agent. */
void say_words(const char *label, const char *text);

#endif

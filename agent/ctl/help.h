/* Help and completion, both from the table of commands. */
#ifndef CTL_HELP_H
#define CTL_HELP_H

#include "ctl/command.h"

#include <stdio.h>

void help_of_all(FILE *to);
void help_of_command(const struct command *c, FILE *to);
/* The commands that begin with as many of the words as any does ("person", "key escrow"); false: none. */
bool help_of_prefix(const char *const *words, size_t n, FILE *to);
/* A bash completion script. */
void completion_for_bash(FILE *to);

#endif

/* What the commands of the escrow share. */
#ifndef CTL_ESCROW_H
#define CTL_ESCROW_H

#include "ctl/command.h"
#include "library/gfshare.h"

/* Before a secret is in this process: no core file, no debugger of the same user; says when memory may be swapped. */
int escrow_guard(void) MUST_CHECK;
int escrow_status(struct ctl *ctl, struct reply *ret) MUST_CHECK;
/* Refused here, before anything is printed or typed, when the agent would refuse it later. */
int escrow_check_may(const struct reply *status, const char *act) MUST_CHECK;
/* One line of a terminal or standard input into locked memory; seen while it is typed, gone when it was taken. */
int escrow_read_line(const char *question, struct secret **ret) MUST_CHECK;

int escrow_run_create(struct ctl *ctl);
int escrow_run_drill(struct ctl *ctl);
extern const struct option_row escrow_create_options[];
extern const struct option_row escrow_drill_options[];

#endif

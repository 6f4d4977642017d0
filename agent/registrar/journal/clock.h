/*
 * Time that decisions may lean on (DESIGN 9, security.md 6.6): the system's
 * clock, or a file in a trial, never before the newest journal entry, and
 * suspect when it moved further than time can have passed.
 */
#ifndef REGISTRAR_CLOCK_H
#define REGISTRAR_CLOCK_H

#include "base/date.h"
#include "base/err.h"

#define CLOCK_TEXT 32

struct clock;

/* setting: "system" or "file:PATH" ("2030-06-30", "2030-06-30 09:00", or RFC 3339; trial only). power_off_days: a gap
 * that is plausible over a power-off. */
int clock_open(const char *setting, bool trial, struct clock **ret) MUST_CHECK;
void clock_close(struct clock *c);
void clock_set_power_off(struct clock *c, unsigned days);

/* The newest entry's time, boot id and boot time: the floor. Passed over while the clock is suspect. */
void clock_note(struct clock *c, const char *time, const char *boot, uint64_t mono_ms);
void clock_note_seconds(struct clock *c, int64_t seconds, uint64_t mono_ms); /* the same of an entry of this boot */
void clock_suspect(struct clock *c); /* it was, when the agent last ran */
void clock_confirm(struct clock *c); /* a security administrator says that it is right as it is now */
bool clock_is_suspect(struct clock *c);
bool clock_is_ahead(struct clock *c);	    /* suspect until somebody confirms it */
struct date clock_raw_day(struct clock *c); /* without the floor */

int64_t clock_seconds(struct clock *c); /* since 1970, never below the floor */
struct date clock_today(struct clock *c);
void clock_format(int64_t seconds, char ret[CLOCK_TEXT]); /* RFC 3339, UTC */
bool clock_parse(const char *text, int64_t *ret);
const char *clock_boot(const struct clock *c); /* 8 digits of the boot id */

#endif

/*
 * Civil dates (proleptic Gregorian) and periods, without clock or zone: who
 * needs "today" is given it. A period is whole years, months or days, as
 * classification terms are written ("10y", "6m", "30d", ISO 8601 "P10Y").
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Year 0 = no date. */
struct date {
	int16_t year;
	uint8_t month; /* 1..12 */
	uint8_t day;   /* 1..31 */
};

struct period {
	uint16_t years;
	uint16_t months;
	uint32_t days;
};

/* What a whole-year step does with 29 February (no source fixes it: a pack option, domain.md R32). */
enum date_leap { DATE_LEAP_FEB28, DATE_LEAP_MAR1 };

bool date_is_set(struct date d);
bool date_is_valid(struct date d); /* 1900..9999 and a day of that month */
/* "2030-06-30" only; false for anything else, also for days that do not exist. */
bool date_parse(const char *text, struct date *ret);
void date_format(struct date d, char ret[11]); /* "" when unset */
int date_compare(struct date a, struct date b);

int32_t date_to_days(struct date d); /* days since 1970-01-01 */
struct date date_from_days(int32_t days);
/* What would lie outside 1900..9999 is the nearest day that can be written. */
struct date date_add_days(struct date d, int32_t days);
/* Years and months first (a day past the month's end becomes its last day, 29 February by leap), then days; not beyond
 * 9999-12-31. */
struct date date_add(struct date d, struct period p, enum date_leap leap);
/* So many months earlier: a day past the month's end becomes its last day. Not before 1900-01-01. */
struct date date_back_months(struct date d, uint16_t months);
int date_weekday(struct date d); /* 0 Sunday .. 6 Saturday */

/* "10y" "6m" "30d" "P10Y" "P6M" "P30D" and sums of them like "P1Y6M"; false: anything else, zero, or over 200 years. */
bool period_parse(const char *text, struct period *ret);
void period_format(struct period p, char ret[32]); /* ISO 8601: "P10Y" */
bool period_is_set(struct period p);
/* Order by length from a common start: compares start+a with start+b from 2000-03-01. */
int period_compare(struct period a, struct period b);

#endif

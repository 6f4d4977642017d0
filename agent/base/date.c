/* Days are counted with March as first month of a shifted year, so leap days fall at a year's end. */
#include "base/date.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

bool date_is_set(struct date d)
{
	return d.year != 0;
}

static bool is_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint8_t days_in_month(int year, int month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

bool date_is_valid(struct date d)
{
	return d.year >= 1900 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
	       d.day <= days_in_month(d.year, d.month);
}

bool date_parse(const char *text, struct date *ret)
{
	unsigned v[3] = {0, 0, 0};
	struct date d;

	if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	for (size_t i = 0, part = 0; i < 10; i++) {
		if (i == 4 || i == 7) {
			part++;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			return false;
		v[part] = v[part] * 10 + (unsigned)(text[i] - '0');
	}
	if (v[1] > 12 || v[2] > 31)
		return false;
	d = (struct date){(int16_t)v[0], (uint8_t)v[1], (uint8_t)v[2]};
	if (!date_is_valid(d))
		return false;
	*ret = d;
	return true;
}

static void put_digits(unsigned number, size_t n, char *ret)
{
	for (; n > 0; number /= 10)
		ret[--n] = (char)('0' + number % 10);
}

void date_format(struct date d, char ret[11])
{
	if (!date_is_set(d)) {
		ret[0] = 0;
		return;
	}
	put_digits((unsigned)(d.year % 10000), 4, ret);
	put_digits(d.month % 100u, 2, ret + 5);
	put_digits(d.day % 100u, 2, ret + 8);
	ret[4] = ret[7] = '-';
	ret[10] = 0;
}

int date_compare(struct date a, struct date b)
{
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	if (a.month != b.month)
		return a.month < b.month ? -1 : 1;
	return a.day == b.day ? 0 : a.day < b.day ? -1 : 1;
}

int32_t date_to_days(struct date d)
{
	int32_t y = d.month <= 2 ? d.year - 1 : d.year;
	int32_t era = y / 400;
	int32_t of_era = y - era * 400;
	int32_t shifted = (d.month + 9) % 12;
	int32_t of_year = (153 * shifted + 2) / 5 + d.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date date_from_days(int32_t days)
{
	int32_t z = days + 719468;
	int32_t era = z / 146097;
	int32_t of_era = z - era * 146097;
	int32_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int32_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int32_t shifted = (5 * of_year + 2) / 153;
	int32_t month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct date){(int16_t)(era * 400 + y + (month <= 2 ? 1 : 0)), (uint8_t)month,
			     (uint8_t)(of_year - (153 * shifted + 2) / 5 + 1)};
}

static const struct date first_day = {1900, 1, 1}, last_day = {9999, 12, 31};

/* A day that could not be read again once it is written would stop whoever stores it. */
struct date date_add_days(struct date d, int32_t days)
{
	int64_t day = (int64_t)date_to_days(d) + days;

	if (day > date_to_days(last_day))
		return last_day;
	return day < date_to_days(first_day) ? first_day : date_from_days((int32_t)day);
}

struct date date_add(struct date d, struct period p, enum date_leap leap)
{
	int32_t months = d.month - 1 + p.months + 12 * (int32_t)p.years;
	struct date r = {(int16_t)(d.year + months / 12), (uint8_t)(months % 12 + 1), d.day};
	uint8_t last = days_in_month(r.year, r.month);

	if (r.year > last_day.year)
		return last_day;
	if (d.month == 2 && d.day == 29 && r.month == 2 && last == 28 && leap == DATE_LEAP_MAR1)
		r = (struct date){r.year, 3, 1};
	else if (r.day > last)
		r.day = last;
	return p.days ? date_add_days(r, (int32_t)p.days) : r;
}

struct date date_back_months(struct date d, uint16_t months)
{
	int32_t back = d.year * 12 + d.month - 1 - months;
	struct date r = {(int16_t)(back / 12), (uint8_t)(back % 12 + 1), d.day};

	if (back < first_day.year * 12)
		return first_day;
	if (r.day > days_in_month(r.year, r.month))
		r.day = days_in_month(r.year, r.month);
	return r;
}

int date_weekday(struct date d)
{
	return (int)(((date_to_days(d) + 4) % 7 + 7) % 7);
}

bool period_parse(const char *text, struct period *ret)
{
	struct period p = {0};
	uint32_t n = 0;
	bool digits = false;

	if (!text)
		return false;
	if (*text == 'P')
		text++;
	for (; *text; text++) {
		char unit = (char)(*text | 0x20);

		if (*text >= '0' && *text <= '9') {
			n = n * 10 + (uint32_t)(*text - '0');
			digits = true;
			if (n > 100000)
				return false;
			continue;
		}
		if (!digits || n > 65535)
			return false;
		if (unit == 'y' && !p.years && !p.months && !p.days)
			p.years = (uint16_t)n;
		else if (unit == 'm' && !p.months && !p.days)
			p.months = (uint16_t)n;
		else if (unit == 'd' && !p.days)
			p.days = n;
		else
			return false;
		n = 0;
		digits = false;
	}
	if (digits || !period_is_set(p) || p.years > 200 || p.months > 2400 || p.days > 73050)
		return false;
	*ret = p;
	return true;
}

void period_format(struct period p, char ret[32])
{
	int n = snprintf(ret, 32, "P");

	if (p.years)
		n += snprintf(ret + n, (size_t)(32 - n), "%uY", p.years);
	if (p.months)
		n += snprintf(ret + n, (size_t)(32 - n), "%uM", p.months);
	if (p.days)
		n += snprintf(ret + n, (size_t)(32 - n), "%uD", p.days);
	if (n == 1)
		ret[0] = 0;
}

bool period_is_set(struct period p)
{
	return p.years || p.months || p.days;
}

int period_compare(struct period a, struct period b)
{
	struct date start = {2000, 3, 1};

	return date_compare(date_add(start, a, DATE_LEAP_FEB28), date_add(start, b, DATE_LEAP_FEB28));
}

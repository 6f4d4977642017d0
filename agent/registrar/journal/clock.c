#include "registrar/journal/clock.h"

#include "base/text.h"
#include "system/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY	   INT64_C(86400)
#define BACK_JUMP  INT64_C(120) /* seconds: an adjustment, not a jump */
#define SLACK	   (36 * 3600)	/* on top of one percent of the time that passed */
#define BUILD_DATE 20000 * DAY	/* 2024-10-04: no clock is right that is before the program */

struct clock {
	int file; /* -1: the system's clock */
	char *path;
	char boot[9];
	int64_t floor;
	char floor_boot[40];
	uint64_t floor_mono_ms;
	unsigned power_off_days;
	bool is_suspect;
};

static void read_boot(char ret[9])
{
	OWN_FD int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memcpy(ret, "00000000", 9); /* without it every start counts as a new boot */
	if (fd >= 0 && read(fd, ret, 8) == 8)
		ret[8] = '\0';
}

int clock_open(const char *setting, bool trial, struct clock **ret)
{
	struct clock *c = calloc(1, sizeof(*c));

	if (!c)
		return FAULT(ENOMEM, "clock");
	*c = (struct clock){.file = -1, .floor = BUILD_DATE, .power_off_days = 45};
	read_boot(c->boot);
	if (text_starts(setting, "file:") && trial) {
		c->path = text_copy(setting + strlen("file:"));
		c->file = open(c->path, O_RDONLY | O_CLOEXEC); /* held for when the sandbox forbids opening */
	}
	*ret = c;
	return 0;
}

void clock_close(struct clock *c)
{
	if (!c)
		return;
	close_fd(&c->file);
	free(c->path);
	free(c);
}

void clock_set_power_off(struct clock *c, unsigned days)
{
	c->power_off_days = days;
}

void clock_format(int64_t seconds, char ret[CLOCK_TEXT])
{
	time_t at = (time_t)seconds;
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&at, &tm))
		(void)strftime(ret, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static bool in_zone(struct date day, const unsigned time[3], int64_t *ret)
{
	struct tm tm = {.tm_year = day.year - 1900,
			.tm_mon = day.month - 1,
			.tm_mday = day.day,
			.tm_hour = (int)time[0],
			.tm_min = (int)time[1],
			.tm_sec = (int)time[2],
			.tm_isdst = -1};

	*ret = (int64_t)mktime(&tm);
	/* A zone may leave a day out (Apia had no 2011-12-30): that day does not exist there. */
	return *ret != -1 && tm.tm_mday == day.day && tm.tm_mon == day.month - 1;
}

/* "09:00" "09:00:30" "09:00:30Z"; *ret_utc when it ends with Z. */
static bool parse_time(const char *text, unsigned ret[3], bool *ret_utc)
{
	int n = 0;

	if (sscanf(text, "%2u:%2u%n", &ret[0], &ret[1], &n) != 2 || n != 5)
		return false;
	text += n;
	if (text[0] == ':' && sscanf(text, ":%2u%n", &ret[2], &n) == 1 && n == 3)
		text += n;
	*ret_utc = text[0] == 'Z';
	text += *ret_utc;
	return ret[0] < 24 && ret[1] < 60 && ret[2] < 60 && text[strspn(text, "\n")] == '\0';
}

/* RFC 3339 in UTC; without Z it is time in the agent's zone, and a date alone is noon of that day. */
bool clock_parse(const char *text, int64_t *ret)
{
	unsigned time[3] = {12, 0, 0};
	struct date date;
	bool utc = false;
	char day[11];

	if (!text || strlen(text) < 10)
		return false;
	memcpy(day, text, 10);
	day[10] = '\0';
	text += 10;
	if (!date_parse(day, &date))
		return false;
	if (text[strspn(text, "\n")] == '\0')
		return in_zone(date, time, ret);
	if ((text[0] != 'T' && text[0] != ' ') || !parse_time(text + 1, time, &utc))
		return false;
	if (!utc)
		return in_zone(date, time, ret);
	*ret = date_to_days(date) * DAY + time[0] * 3600 + time[1] * 60 + time[2];
	return true;
}

/* What the clock says by itself. A file that does not read keeps time standing at the floor. */
static int64_t raw_seconds(struct clock *c)
{
	struct timespec now;
	char text[40] = "";
	int64_t seconds;
	int fd;

	if (!c->path) {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		return now.tv_sec;
	}
	fd = open(c->path, O_RDONLY | O_CLOEXEC); /* it may have been replaced */
	if (fd >= 0) {
		close_fd(&c->file);
		c->file = fd;
	}
	if (c->file < 0 || pread(c->file, text, sizeof(text) - 1, 0) <= 0 || !clock_parse(text, &seconds))
		return c->floor;
	return seconds;
}

static bool is_plausible(struct clock *c, int64_t raw)
{
	int64_t passed = (int64_t)(loop_now_ms() - c->floor_mono_ms) / 1000;

	if (c->path || c->floor <= BUILD_DATE)
		return true; /* in a trial time is what the file says; before the first entry nothing is known */
	if (strcmp(c->floor_boot, c->boot) == 0)
		return raw <= c->floor + passed + passed / 100 + SLACK;
	return raw <= c->floor + (int64_t)c->power_off_days * DAY;
}

static void raise_floor(struct clock *c, int64_t seconds, const char *boot, uint64_t mono_ms)
{
	if (c->is_suspect || seconds < c->floor)
		return;
	c->floor = seconds;
	c->floor_mono_ms = mono_ms;
	(void)snprintf(c->floor_boot, sizeof(c->floor_boot), "%s", boot ? boot : "");
}

void clock_note(struct clock *c, const char *time, const char *boot, uint64_t mono_ms)
{
	int64_t seconds;

	if (clock_parse(time, &seconds))
		raise_floor(c, seconds, boot, mono_ms);
}

void clock_note_seconds(struct clock *c, int64_t seconds, uint64_t mono_ms)
{
	raise_floor(c, seconds, c->boot, mono_ms);
}

void clock_suspect(struct clock *c)
{
	c->is_suspect = true;
}

void clock_confirm(struct clock *c)
{
	c->is_suspect = false;
	c->floor = raw_seconds(c);
	c->floor_mono_ms = loop_now_ms();
	(void)snprintf(c->floor_boot, sizeof(c->floor_boot), "%s", c->boot);
}

/* Forward it stays so until somebody confirms, or the wrong time would become the floor; back it mends itself. */
bool clock_is_ahead(struct clock *c)
{
	if (!is_plausible(c, raw_seconds(c)))
		c->is_suspect = true;
	return c->is_suspect;
}

bool clock_is_suspect(struct clock *c)
{
	return clock_is_ahead(c) || raw_seconds(c) < c->floor - BACK_JUMP;
}

int64_t clock_seconds(struct clock *c)
{
	int64_t raw = raw_seconds(c);

	return raw > c->floor ? raw : c->floor;
}

static struct date day_of(int64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm tm;

	if (!localtime_r(&at, &tm))
		return (struct date){0};
	return (struct date){(int16_t)(tm.tm_year + 1900), (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday};
}

struct date clock_today(struct clock *c)
{
	return day_of(clock_seconds(c));
}

struct date clock_raw_day(struct clock *c)
{
	return day_of(raw_seconds(c));
}

const char *clock_boot(const struct clock *c)
{
	return c->boot;
}

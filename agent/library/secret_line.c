#include "library/secret_line.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>

#define CTRL_C	 0x03
#define CTRL_D	 0x04
#define CTRL_U	 0x15
#define ERASE	 0x7f
#define ERASE_BS 0x08

struct line {
	int fd;
	bool is_broken_off; /* Ctrl-C, or the input's end before a line */
	int error;
};

/* Takes the last character, however many bytes of UTF-8 it has. */
static size_t erase_one(const uint8_t *at, size_t n)
{
	while (n > 0 && (at[n - 1] & 0xc0) == 0x80)
		n--;
	return n > 0 ? n - 1 : 0;
}

/* One key of a terminal that neither echoes nor edits. true: the line goes on. */
static bool take_key(uint8_t key, uint8_t *at, size_t *n, struct line *line)
{
	if (key == CTRL_C || (key == CTRL_D && *n == 0))
		line->is_broken_off = true;
	if (key == '\n' || key == '\r' || key == CTRL_D || line->is_broken_off)
		return false;
	if (key == ERASE || key == ERASE_BS)
		*n = erase_one(at, *n);
	else if (key == CTRL_U)
		*n = 0;
	else if (*n < SECRET_LINE_MAX)
		at[(*n)++] = key;
	return true;
}

static int fill_line(uint8_t *at, size_t *ret_n, void *context)
{
	struct line *line = context;
	bool is_terminal = isatty(line->fd);
	size_t n = 0;
	uint8_t key;
	ssize_t got;

	/* Byte by byte: what stands behind the line is for the next question. */
	while ((got = read(line->fd, &key, 1)) == 1 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		if (is_terminal ? !take_key(key, at, &n, line) : key == '\n')
			break;
		if (!is_terminal && n == SECRET_LINE_MAX)
			break;
		if (!is_terminal)
			at[n++] = key;
	}
	wipe(&key, sizeof(key));
	line->error = got < 0 ? errno : 0;
	line->is_broken_off |= got == 0 && n == 0;
	*ret_n = n;
	return 0;
}

static int read_line(struct line *line, const char *prompt, struct secret **ret)
{
	struct termios old, quiet;
	bool is_terminal = tcgetattr(line->fd, &old) == 0;
	int r;

	if (is_terminal) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG); /* a signal would leave the terminal mute */
		quiet.c_cc[VMIN] = 1;
		quiet.c_cc[VTIME] = 0;
		if (tcsetattr(line->fd, TCSAFLUSH, &quiet) < 0)
			return FAULT(errno, "quiet the terminal");
		(void)fprintf(stderr, "%s: ", prompt); /* last: who answers at once is not echoed, and not lost */
	}
	r = secret_new_filled(SECRET_LINE_MAX, fill_line, line, ret);
	if (is_terminal) {
		(void)tcsetattr(line->fd, TCSAFLUSH, &old); /* the next program sets its own */
		(void)fputc('\n', stderr);
	}
	return r < 0 || line->error == 0 ? r : FAULT(line->error, "read from standard input");
}

static int count_characters(struct bytes b, void *context)
{
	size_t *n = context;

	*n = 0;
	for (size_t i = 0; i < b.n; i++)
		*n += (b.at[i] & 0xc0) != 0x80;
	return 0;
}

size_t secret_line_characters(const struct secret *line)
{
	size_t n = 0;
	int r = secret_lend(line, count_characters, &n);

	(void)r; /* counting cannot fail */
	return n;
}

int secret_line_read(int fd, const char *prompt, struct secret **ret)
{
	OWNED(secret) struct secret *typed = NULL;
	struct line line = {.fd = fd};

	TRY(read_line(&line, prompt, &typed));
	if (line.is_broken_off)
		return SECRET_LINE_NONE;
	*ret = steal(&typed);
	return 0;
}

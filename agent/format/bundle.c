/* Manifests: lines of a key and a value, in a fixed order. */
#include "format/bundle.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TITLE  "classd-policy/v1"
#define FAMILY "classd-policy/"

static bool is_name(const char *v)
{
	return v[0] != '\0' && v[0] != '.' && strlen(v) <= BUNDLE_NAME_MAX &&
	       v[strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+")] == '\0';
}

bool bundle_name_is_valid(const char *name)
{
	return is_name(name) && text_ends(name, ".yaml") && !strchr(name, '+');
}

static bool is_line(const char *v)
{
	size_t n = strlen(v);

	return n > 0 && v[0] != ' ' && v[n - 1] != ' ' && text_is_line(v, BUNDLE_LINE_MAX);
}

/* ---- the lines ---- */

static bool take_pack(struct bundle *b, const char *v)
{
	(void)snprintf(b->pack, sizeof(b->pack), "%s", v);
	return is_name(v);
}

static bool take_version(struct bundle *b, const char *v)
{
	(void)snprintf(b->version, sizeof(b->version), "%s", v);
	return is_name(v);
}

static bool take_effective(struct bundle *b, const char *v)
{
	return date_parse(v, &b->effective);
}

static bool take_issued(struct bundle *b, const char *v)
{
	return date_parse(v, &b->issued);
}

static bool take_issuer(struct bundle *b, const char *v)
{
	(void)snprintf(b->issuer, sizeof(b->issuer), "%s", v);
	return is_line(v);
}

static bool take_unit(struct bundle *b, const char *v)
{
	bool alone = b->n_units == 0 || (!text_equal(v, "*") && !text_equal(b->units[0], "*"));

	if (b->n_units == BUNDLE_UNITS_MAX || !alone || !is_line(v) || bundle_is_for(b, v))
		return false;
	(void)snprintf(b->units[b->n_units++], sizeof(b->units[0]), "%s", v);
	return true;
}

static bool take_file(struct bundle *b, const char *v)
{
	struct bundle_file *f = &b->files[b->n_files];
	const char *size = strchr(v, ' '), *name = size ? strchr(size + 1, ' ') : NULL;
	char digits[24];

	if (!name || b->n_files == BUNDLE_FILES_MAX || size - v != 64 || name - size > (ptrdiff_t)sizeof(digits) ||
	    strspn(v, "0123456789abcdef") != 64)
		return false;
	(void)snprintf(f->sha256, sizeof(f->sha256), "%.64s", v);
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(name - size - 1), size + 1);
	if (!text_to_u64(digits, BUNDLE_FILE_MAX, &f->size) || (digits[0] == '0' && digits[1]) ||
	    !bundle_name_is_valid(name + 1))
		return false;
	(void)snprintf(f->name, sizeof(f->name), "%s", name + 1);
	/* sorted, so none is there twice */
	return b->n_files++ == 0 || strcmp(f[-1].name, f->name) < 0;
}

static const struct {
	const char *key;
	bool (*take)(struct bundle *b, const char *value);
	bool repeats;
} lines[] = {
    {"pack", take_pack, false},	    {"version", take_version, false}, {"effective", take_effective, false},
    {"issued", take_issued, false}, {"issuer", take_issuer, false},   {"unit", take_unit, true},
    {"file", take_file, true},
};

/* The row that this line belongs to: the present one if it repeats, or the next. */
static bool take_line(struct bundle *b, char *line, size_t *row)
{
	char *space = strchr(line, ' ');

	if (!space)
		return false;
	*space = '\0';
	if (*row < array_n(lines) && lines[*row].repeats && text_equal(line, lines[*row].key))
		return lines[*row].take(b, space + 1);
	*row = *row == SIZE_MAX ? 0 : *row + 1;
	return *row < array_n(lines) && text_equal(line, lines[*row].key) && lines[*row].take(b, space + 1);
}

static bool is_small_enough(const struct bundle *b)
{
	uint64_t all = 0;

	for (size_t i = 0; i < b->n_files; i++)
		all += b->files[i].size;
	return all <= BUNDLE_BYTES_MAX;
}

static int parse_lines(char *text, struct bundle *b, size_t *ret_line)
{
	size_t row = SIZE_MAX;
	char *line;

	for (*ret_line = 1; (line = strsep(&text, "\n")); ++*ret_line) {
		if (!text) /* behind the last line feed */
			return *line || row != array_n(lines) - 1 || !is_small_enough(b) ? BUNDLE_MALFORMED : 0;
		if (*ret_line == 1 && !text_equal(line, TITLE))
			return text_starts(line, FAMILY) ? BUNDLE_NEWER : BUNDLE_MALFORMED;
		if (*ret_line > 1 && !take_line(b, line, &row))
			return BUNDLE_MALFORMED;
	}
	return BUNDLE_MALFORMED;
}

int bundle_parse(struct bytes text, struct bundle *ret, size_t *ret_line)
{
	OWN_MEM struct bundle *b = calloc(1, sizeof(*b));
	OWN_MEM char *copy = calloc(1, text.n + 1);
	int outcome;

	*ret_line = 1;
	if (!b || !copy)
		return FAULT(ENOMEM, "a manifest");
	if (text.n > BUNDLE_MANIFEST_MAX || (text.n && memchr(text.at, '\0', text.n)))
		return BUNDLE_MALFORMED;
	if (text.n)
		memcpy(copy, text.at, text.n);
	outcome = parse_lines(copy, b, ret_line);
	if (outcome == 0)
		*ret = *b;
	return outcome;
}

void bundle_write(const struct bundle *b, struct buffer *to)
{
	char effective[11], issued[11];

	date_format(b->effective, effective);
	date_format(b->issued, issued);
	buffer_add_format(to, TITLE "\npack %s\nversion %s\neffective %s\nissued %s\nissuer %s\n", b->pack, b->version,
			  effective, issued, b->issuer);
	for (size_t i = 0; i < b->n_units; i++)
		buffer_add_format(to, "unit %s\n", b->units[i]);
	for (size_t i = 0; i < b->n_files; i++)
		buffer_add_format(to, "file %s %llu %s\n", b->files[i].sha256, (unsigned long long)b->files[i].size,
				  b->files[i].name);
}

bool bundle_is_for(const struct bundle *b, const char *unit)
{
	for (size_t i = 0; i < b->n_units; i++)
		if (text_equal(b->units[i], "*") || text_equal(b->units[i], unit))
			return true;
	return false;
}

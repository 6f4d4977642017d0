#include "ctl/quote.h"

#include "base/text.h"
#include "ctl/child.h"
#include "ctl/content.h"
#include "ctl/table.h"
#include "library/sodium.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ANSWER_MAX   ((size_t)64 << 10)
#define NARROW	     20 /* columns: with less room nothing is indented */
#define FIELDS	     5
#define NUMBER_MAX   UINT32_MAX

void quotes_done(struct quotes *q)
{
	for (size_t i = 0; i < q->n; i++) {
		free(q->at[i].place);
		free(q->at[i].phrase);
		free(q->at[i].passage);
	}
	free(q->type);
	*q = (struct quotes){0};
}

/* ---- the run ---- */

static char *find_inspector(void)
{
	static const char *const places[] = {"libexec", "../libexec"};
	OWN_MEM char *own = words_program_folder();

	for (size_t i = 0; own && i < array_n(places); i++) {
		char *path = text_format("%s/%s/classd/classd-inspector", own, places[i]);

		if (path && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int put(const char *name, struct bytes b, int *ret)
{
	OWN_FD int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return FAULT(errno, "memory for a quotation");
	TRY(content_write(fd, b));
	*ret = steal_fd(&fd);
	return 0;
}

static int take_answer(int fd, struct buffer *ret)
{
	uint8_t some[4096];
	ssize_t n;

	while ((n = read(fd, some, sizeof(some))) != 0) {
		if (n < 0 && errno != EINTR)
			return FAULT(errno, "read a quotation");
		if (n > 0 && ret->n < ANSWER_MAX)
			buffer_add(ret, some, (size_t)n);
	}
	return buffer_check(ret);
}

static int run(const char *program, struct bytes content, struct bytes phrases, struct buffer *ret, int *ret_status)
{
	const char *const argv[] = {program, "--quote", NULL};
	OWN_FD int in = -1;
	OWN_FD int extra = -1;
	OWN_FD int from = -1;
	struct child child;
	int ends[2];

	TRY(put("content", content, &in));
	TRY(put("phrases", phrases, &extra));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	from = ends[0];
	int result = child_start(argv, &(struct child_ends){in, ends[1], extra}, &child);
	close_fd(&ends[1]);
	TRY(result);
	result = take_answer(from, ret);
	int waited = child_wait(&child, ret_status);
	return result ? result : waited;
}

/* ---- its answer ---- */

static const struct {
	const char *place;
	const char *words; /* with a number, where it has one */
} places[] = {
    {"paragraph", N_("paragraph %llu")}, {"line", N_("line %llu")},   {"page", N_("page %llu")},
    {"cell", N_("text of a cell")},	 {"sheet", N_("sheet %llu")}, {"slide", N_("slide %llu")},
    {"notes", N_("notes of slide %llu")},	 {"header", N_("header")},    {"footer", N_("footer")},
    {"footnote", N_("footnote")},	 {"comment", N_("comment")},  {"struck", N_("struck through")},
};

static char *place_words(const char *place, uint64_t number)
{
	for (size_t i = 0; i < array_n(places); i++) {
		const char *words = _(places[i].words), *hole = strstr(words, "%llu");

		if (!text_equal(places[i].place, place))
			continue;
		return hole ? text_format("%.*s%llu%s", (int)(hole - words), words, (unsigned long long)number,
					  hole + strlen("%llu"))
			    : text_copy(words);
	}
	return text_copy("");
}

static size_t split(char *line, char *ret[FIELDS])
{
	size_t n = 0;

	for (char *part; n < FIELDS && (part = strsep(&line, "\t"));)
		ret[n++] = part;
	return line ? 0 : n;
}

static bool take_quote(struct quotes *q, char *const field[FIELDS])
{
	uint64_t number = 0;

	if (q->n == QUOTES_MAX || !text_to_u64(field[2], NUMBER_MAX, &number))
		return false;
	q->at[q->n] = (struct quote){place_words(field[1], number), say_safe(field[3]), say_safe(field[4])};
	q->n++;
	return q->at[q->n - 1].place && q->at[q->n - 1].phrase && q->at[q->n - 1].passage;
}

static bool take_line(struct quotes *q, char *line)
{
	char *field[FIELDS];
	size_t n = split(line, field);
	uint64_t first, second;

	if (n == 4 && text_equal(field[0], "content") && strlen(field[1]) < sizeof(q->digest) && !q->type &&
	    text_to_u64(field[3], NUMBER_MAX, &first)) {
		memcpy(q->digest, field[1], strlen(field[1]) + 1);
		q->type = say_safe(field[2]);
		q->text_bytes = (size_t)first;
		return q->type;
	}
	if (n == 3 && text_equal(field[0], "found") && text_to_u64(field[1], NUMBER_MAX, &first) &&
	    text_to_u64(field[2], NUMBER_MAX, &second)) {
		q->phrases = (size_t)first;
		q->places = (size_t)second;
		return true;
	}
	return n == FIELDS && text_equal(field[0], "quote") && take_quote(q, field);
}

/* What a document has made of an inspector is not believed either: a line that does not fit makes all of it broken. */
static bool take_lines(struct quotes *q, char *answer, const char *digest)
{
	char *line;

	while ((line = strsep(&answer, "\n")) && *line)
		if (!take_line(q, line))
			return false;
	return text_equal(q->digest, digest);
}

static int ask_phrases(struct ctl *ctl, const char *item, struct buffer *ret, size_t *ret_n)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Policy.Item", .parameters = json_object()};

	json_set_text(call.parameters, "id", item);
	DO(ctl_call(ctl, &call, &reply));
	struct json_view signals = json_get(reply.at, "signals");
	for (size_t i = 0; i < json_n(signals); i++)
		buffer_add_format(ret, "phrase\t%s\t%s\n", item, json_as_text(json_at(signals, i)));
	*ret_n = json_n(signals);
	return buffer_check(ret);
}

int quotes_of(struct ctl *ctl, struct bytes content, const char *digest, const char *item, struct quotes *ret)
{
	OWN_MEM char *program = find_inspector();
	OWN_BUFFER struct buffer phrases = {0};
	OWN_BUFFER struct buffer answer = {0};
	OWN_MEM char *text = NULL;
	uint8_t raw[32];
	char hash[65];
	int status = 0;

	*ret = (struct quotes){.state = QUOTES_NOT_HERE};
	sha256_of(content, raw);
	text_hex(raw, sizeof(raw), hash);
	if (!text_equal(hash, digest)) { /* it was not kept while it was read */
		ret->state = QUOTES_TOO_LARGE;
		return 0;
	}
	DO(ask_phrases(ctl, item, &phrases, &ret->item_phrases));
	if (ret->item_phrases == 0)
		ret->state = QUOTES_NO_PHRASES;
	if (!program || ret->item_phrases == 0)
		return 0;
	DO(run(program, content, buffer_bytes(&phrases), &answer, &status));
	text = buffer_steal_text(&answer);
	ret->state = status == 0 && text && take_lines(ret, text, digest) ? QUOTES_DONE : QUOTES_BROKEN;
	return 0;
}

/* ---- for a person ---- */

static size_t step_of(const char *at)
{
	size_t n = 1;

	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* How many bytes of the text fit into that many columns; a word is kept whole where that is possible. */
static size_t fitting(const char *text, size_t columns)
{
	size_t used = 0, blank = 0, at = 0;

	while (text[at]) {
		char one[8] = {0};
		size_t n = step_of(text + at);

		memcpy(one, text + at, n < sizeof(one) ? n : sizeof(one) - 1);
		used += text_columns(one);
		if (used > columns)
			return blank ? blank : at ? at : n;
		at += n;
		blank = (unsigned char)one[0] >= 0xe2 || one[0] == ' ' ? at : blank;
	}
	return at;
}

static void say_wrapped(const char *text, size_t indent, void (*line)(const char *format, ...))
{
	size_t width = table_width(), room;

	if (!width) {
		line("%*s%s", (int)indent, "", text);
		return;
	}
	indent = width >= NARROW + indent ? indent : 0;
	room = width - indent;
	for (size_t n; *text; text += n) {
		n = fitting(text, room);
		line("%*s%.*s", (int)indent, "", (int)n, text);
	}
}

static char *summary(const struct quotes *q)
{
	static const char *const words[] = {
	    [QUOTES_NO_PHRASES] = N_("the item has no phrases to look for: open it"),
	    [QUOTES_TOO_LARGE] = N_("too large to be quoted: open it"),
	    [QUOTES_NOT_HERE] = N_("cannot be quoted here: classd-inspector is not installed beside classctl"),
	    [QUOTES_BROKEN] = N_("cannot be quoted: reading its text broke off; be careful with it"),
	    [QUOTES_OTHER] = N_("its mark was written just now: run the command again to see it quoted"),
	};

	if (q->state != QUOTES_DONE)
		return text_copy(_(words[q->state]));
	if (q->text_bytes == 0)
		return text_format(_("no text can be read in it (%s): open it"), q->type);
	if (q->phrases == 0)
		return text_format(_n("the %zu phrase of the item does not stand in its text",
				      "none of the %zu phrases of the item stands in its text", q->item_phrases),
				   q->item_phrases);
	return text_format(_n("%zu of %zu phrase of the item, places: %zu", "%zu of %zu phrases of the item, places: %zu",
			      q->item_phrases),
			   q->phrases, q->item_phrases, q->places);
}

void quotes_say(const struct quotes *q, size_t indent, void (*line)(const char *format, ...))
{
	OWN_MEM char *found = q->state == QUOTES_NOT_ASKED ? NULL : summary(q);
	OWN_MEM char *head = found ? text_format("%s %s", _("evidence:"), found) : NULL;

	if (head)
		say_wrapped(head, indent, line);
	for (size_t i = 0; i < q->n && q->state == QUOTES_DONE; i++) {
		OWN_MEM char *text = text_format("%s [%s] %s", q->at[i].place, q->at[i].phrase, q->at[i].passage);

		if (text)
			say_wrapped(text, indent + 2, line);
	}
}

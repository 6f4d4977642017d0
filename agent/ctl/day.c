/*
 * day: a drafter's new documents of a morning, each with what the catalogue's signals suggest; what is ticked is tagged and
 * submitted in one go. Nothing is ticked by itself, and a suggestion is no more than one.
 */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/content.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/open.h"
#include "ctl/pages.h"
#include "ctl/quote.h"
#include "ctl/said.h"
#include "ctl/tag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MIN 16 /* hexadecimal digits of a digest that name it */
#define DAY_MAX	 50

struct day {
	struct ctl *ctl;
	struct json *list;
	size_t n;
	bool skipped[DAY_MAX]; /* by word */
};

/* Regular, settled, read by an inspector, and his own. */
static int keep(struct json_view one, void *arg)
{
	struct day *d = arg;

	if (json_get_int(one, "owner_uid", -1) != (int64_t)getuid() || text_is_empty(json_get_text(one, "digest")) ||
	    !text_equal(json_get_text(one, "kind"), "regular") || d->n == DAY_MAX)
		return 0;
	d->n++;
	json_append(d->list, json_copy(one));
	return 0;
}

static int gather(struct day *d)
{
	struct call call = {.method = "Documents.List", .parameters = json_object()};

	json_set_bool(call.parameters, "unrecorded", true);
	return pages_each(d->ctl, &call, "documents", keep, d);
}

static int item_of(struct day *d, const char *id, struct reply *ret)
{
	struct call call = {.method = "Policy.Item", .parameters = json_object()};

	json_set_text(call.parameters, "id", id);
	return ctl_call(d->ctl, &call, ret);
}

/* The caller's own file, read with his rights. Nothing in ret: it is not there, or larger than what is quoted. */
static int read_file(const char *path, struct buffer *ret)
{
	OWN_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat s;
	uint8_t *room;
	ssize_t n;

	if (fd < 0 || fstat(fd, &s) < 0 || !S_ISREG(s.st_mode) || (size_t)s.st_size > CONTENT_KEEP_MAX)
		return 0;
	room = buffer_reserve(ret, (size_t)s.st_size + 1);
	TRY(buffer_check(ret));
	while (ret->n < (size_t)s.st_size && (n = read(fd, room + ret->n, (size_t)s.st_size - ret->n)) != 0) {
		if (n < 0 && errno != EINTR)
			return FAULT(errno, "read %s", path);
		ret->n += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int say_evidence(struct day *d, struct json_view one, const char *item)
{
	OWN_BUFFER struct buffer content = {0};
	OWN_QUOTES struct quotes quotes = {0};

	DO(read_file(reply_text(one, "path"), &content));
	DO(quotes_of(d->ctl, buffer_bytes(&content), reply_text(one, "digest"), item, &quotes));
	quotes_say(&quotes, 2, say);
	return 0;
}

static int say_document(struct day *d, struct json_view one)
{
	OWN_REPLY struct reply item = {0};
	OWN_MEM char *path = say_safe(json_get_text(one, "path"));
	const char *said = ctl_text(d->ctl, "item");
	const char *suggested = said ? said : json_get_text(one, "suggested_item");

	say("%s", path ? path : "");
	say("  %s", reply_text(one, "digest"));
	if (text_is_empty(suggested)) {
		say("  %s", _("nothing is suggested: say --item, or tag it by itself"));
		return 0;
	}
	DO(item_of(d, suggested, &item));
	struct json_view at = json_get(item.at, "item");
	OWN_MEM char *title = say_safe(json_get_text(at, "title"));
	OWN_MEM char *term = said_term(json_get_text(item.at, "usual_term"));
	say(_("  suggested: %s %s, %s, %s"), reply_text(at, "id"), title ? title : "", said_level(reply_text(at, "level")),
	    term ? term : "");
	if (json_get_int(item.at, "of", 0) > 0)
		say(_n("  term: median of %lld record of this item", "  term: median of %lld records of this item",
		       json_get_int(item.at, "of", 0)),
		    (long long)json_get_int(item.at, "of", 0));
	return say_evidence(d, one, suggested);
}

static int list_all(struct day *d)
{
	struct json_view list = json_look(d->list);

	for (size_t i = 0; i < json_n(list); i++)
		DO(say_document(d, json_at(list, i)));
	if (!json_n(list))
		say_note("%s", _("there are no new documents of yours"));
	return 0;
}

/* The one whose path the word names. */
static struct json_view find(const struct day *d, const char *word)
{
	struct json_view list = json_look(d->list), none = {NULL};
	OWN_MEM char *real = realpath(word, NULL);

	for (size_t i = 0; real && i < json_n(list); i++) {
		const char *path = json_get_text(json_at(list, i), "path");
		OWN_MEM char *end = path && path[0] != '/' ? text_format("/%s", path) : text_copy(path);

		if (end && text_ends(real, end))
			return json_at(list, i);
	}
	return none;
}

static bool is_named(const struct ctl *ctl, const char *digest)
{
	char *part;
	bool found = false;

	for (size_t i = 0; !found && (part = options_part(&ctl->options, "tick", i)); i++) {
		found = strlen(part) >= TICK_MIN && text_starts(digest, part);
		free(part);
	}
	return found;
}

/* Shown, and then asked; an empty answer skips. */
static int ask_document(struct day *d, struct json_view one, size_t i)
{
	DO(say_document(d, one));
	DO(say_flush());
	for (;;) {
		OWN_MEM char *said = NULL;

		DO(ask_text(_("t tick, s skip, o open, q quit"), "s", "--tick", &said));
		if (text_equal(said, "q"))
			return say_error(CLASSD_EXIT_USAGE, NULL, NULL,
					 _("stopped as you wished; nothing was changed"));
		if (text_equal(said, "o"))
			TRY(open_file(ctl_word(d->ctl, i))); /* what did not work was said */
		d->skipped[i] = text_equal(said, "s");
		if (d->skipped[i] || text_equal(said, "t"))
			return 0;
	}
}

/* What is ticked is what lies there now. */
static int check_content(struct json_view one, const char *word)
{
	uint8_t raw[32];
	char hex[65];

	DO(document_digest(word, raw));
	text_hex(raw, sizeof(raw), hex);
	if (text_equal(hex, json_get_text(one, "digest")))
		return 0;
	return say_error(CLASSD_EXIT_STATE, word, "classctl day",
			 _("its content is not the one that was listed: look again"));
}

static int tick(struct day *d, struct json_view one, size_t i)
{
	const char *word = ctl_word(d->ctl, i);

	if (is_named(d->ctl, json_get_text(one, "digest"))) {
		if (!d->ctl->json)
			DO(say_document(d, one));
	} else if (!ask_is_possible() || d->ctl->json) {
		return say_error(CLASSD_EXIT_USAGE, word, _("name what you have looked at: --tick DIGEST, for each"),
				 _("it is not ticked"));
	} else {
		DO(ask_document(d, one, i));
	}
	return d->skipped[i] ? 0 : check_content(one, word);
}

/* All are ticked before the first is tagged: an answer that is no leaves everything as it was. */
static int check_all(struct day *d)
{
	for (size_t i = 0; i < d->ctl->options.n_words; i++) {
		const char *word = ctl_word(d->ctl, i);
		struct json_view one = find(d, word);

		if (!json_is_present(one))
			return say_error(CLASSD_EXIT_NOT_FOUND, word, "classctl day",
					 _("this is no new document of yours"));
		if (text_is_empty(json_get_text(one, "suggested_item")) && !ctl_flag(d->ctl, "item"))
			return say_error(CLASSD_EXIT_INPUT, word, "classctl tag --item ID",
					 _("nothing says what kind of matter this is"));
		DO(tick(d, one, i));
	}
	return 0;
}

static int propose_all(struct day *d)
{
	for (size_t i = 0; i < d->ctl->options.n_words; i++) {
		struct json_view one = find(d, ctl_word(d->ctl, i));
		struct json *fields;

		if (d->skipped[i])
			continue;
		fields = fields_of(d->ctl);
		if (!ctl_flag(d->ctl, "item"))
			json_set_text(fields, "item", json_get_text(one, "suggested_item"));
		DO(tag_and_submit(d->ctl, ctl_word(d->ctl, i), fields));
	}
	return 0;
}

static int run_day(struct ctl *ctl)
{
	OWNED(json) struct json *list = json_array();
	struct day d = {.ctl = ctl, .list = list};

	DO(gather(&d));
	if (ctl_word(ctl, 0)) {
		DO(check_all(&d));
		return propose_all(&d);
	}
	return ctl->json ? ctl_print_json(json_look(list)) : list_all(&d);
}

static const struct option_row day_options[] = {
    {"tick", 0, OPTION_LIST, "DIGEST", N_("this content was looked at: of each document, 16 digits or more")},
    FIELD_VALUES,
    FIELD_DRAFTING,
    {"urgent", 0, OPTION_FLAG, NULL, N_("ask for a decision today")},
    {"wait", 'w', OPTION_FLAG, NULL, N_("wait until the document is sealed")},
    {0},
};

const struct command day_commands[] = {
    {"day", GROUP_DOCUMENT, 0, DAY_MAX, N_("[FILE…]"), N_("your new documents with what is suggested; ticked ones are submitted"),
     run_day, day_options,
     N_("Without files it lists what of yours has no record yet, with the item that its text suggests and the digest of its\n"
	"content, and quotes the passages in which the item's phrases stand. With files each is shown and ticked, by an answer or by\n"
	"--tick, then tagged and submitted as suggested."),
     "day\nday report.docx --tick 5f2b0c… --responsible wang"},
    {0},
};

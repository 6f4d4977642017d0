/*
 * day: a drafter's new documents of a morning, each with what the catalogue's signals suggest; what is ticked is tagged and
 * submitted in one go. Nothing is ticked by itself, and a suggestion is no more than one.
 */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/decide_private.h"
#include "ctl/fields.h"
#include "ctl/pages.h"
#include "ctl/tag.h"

#include <errno.h>
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

static int say_document(struct day *d, struct json_view one)
{
	OWN_REPLY struct reply item = {0};
	OWN_MEM char *path = say_safe(json_get_text(one, "path"));
	const char *suggested = json_get_text(one, "suggested_item");

	say("%s", path ? path : "");
	say("  %s", reply_text(one, "digest"));
	if (text_is_empty(suggested)) {
		say("  %s", _("nothing is suggested: say --item, or tag it by itself"));
		return 0;
	}
	DO(item_of(d, suggested, &item));
	struct json_view at = json_get(item.at, "item");
	OWN_MEM char *title = say_safe(json_get_text(at, "title"));
	say(_("  suggested: %s %s, %s, %s"), reply_text(at, "id"), title ? title : "", reply_text(at, "level"),
	    reply_text(item.at, "usual_term"));
	if (json_get_int(item.at, "of", 0) > 0)
		say(_("  term: median of %lld records of this item"), (long long)json_get_int(item.at, "of", 0));
	return 0;
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

static int tick(struct day *d, struct json_view one, const char *word)
{
	if (is_named(d->ctl, json_get_text(one, "digest")))
		return 0;
	if (!ask_is_possible() || d->ctl->json)
		return say_error(CLASSD_EXIT_USAGE, word, _("name what you have looked at: --tick DIGEST, for each"),
				 _("it is not ticked"));
	DO(say_document(d, one));
	return ask_sure(_("Propose this as suggested?"));
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
		DO(tick(d, one, word));
	}
	return 0;
}

static int propose_all(struct day *d)
{
	for (size_t i = 0; i < d->ctl->options.n_words; i++) {
		struct json_view one = find(d, ctl_word(d->ctl, i));
		struct json *fields = fields_of(d->ctl);

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
	"content. With files each is ticked, by an answer or by --tick, then tagged and submitted as suggested."),
     "day\nday report.docx --tick 5f2b0c… --responsible wang"},
    {0},
};

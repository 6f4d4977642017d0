/*
 * decide: like cases in one go. Each is shown and ticked, one in so many was opened before, each gets a decision of its
 * own, and one signature stands over the labels of all. Nothing is ticked by itself.
 */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/decide_private.h"
#include "ctl/marking.h"
#include "ctl/record.h"
#include "ctl/sign.h"
#include "ctl/table.h"
#include "format/label.h"
#include "library/envelope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET_MAX	      10
#define TICK_MIN      16 /* hexadecimal digits of a digest that name it */

struct ticked {
	struct decision at[SET_MAX];
	size_t n;
};

static void ticked_done(struct ticked *t)
{
	for (size_t i = 0; i < t->n; i++)
		decision_done(&t->at[i]);
}

static void say_case(struct json_view one)
{
	OWN_MEM char *title = say_safe(json_get_text(one, "title"));
	OWN_MEM char *reason = say_safe(json_get_text(one, "reason"));

	say("  %s %s%s, %s%s%s", reply_text(one, "number"), json_get_bool(one, "opened") ? _("(opened) ") : "", title ? title : "",
	    reply_text(one, "drafter"), text_is_empty(reason) ? "" : ": ", reason ? reason : "");
	say("    %s", reply_text(one, "digest"));
}

static void say_set(struct json_view set)
{
	struct json_view differs = json_get(set, "differs"), cases = json_get(set, "cases");
	OWN_MEM char *title = say_safe(json_get_text(set, "title"));
	const char *last = json_get_text(set, "last");

	say("%s %s: %s, %s", reply_text(set, "item"), title ? title : "", reply_text(set, "level"), reply_text(set, "term"));
	if (text_is_empty(last))
		say("  %s", _("the first of its kind that you decide"));
	else if (!json_n(differs))
		say(_("  as the last one, %s"), last);
	for (size_t i = 0; i < json_n(differs); i++)
		say(_("  other than %s: %s"), last, words_of(json_as_text(json_at(differs, i))));
	for (size_t i = 0; i < json_n(cases); i++)
		say_case(json_at(cases, i));
}

static int list_sets(struct json_view likes)
{
	struct json_view sets = json_get(likes, "sets"), alone = json_get(likes, "alone");

	for (size_t i = 0; i < json_n(sets); i++)
		say_set(json_at(sets, i));
	for (size_t i = 0; i < json_n(alone); i++)
		say("%s: %s", reply_text(json_at(alone, i), "number"), words_of(json_get_text(json_at(alone, i), "why")));
	if (!json_n(sets) && !json_n(alone))
		say_note("%s", _("nothing waits for you"));
	return 0;
}

static struct json_view find_case(struct json_view likes, const char *number, struct json_view *ret_set)
{
	struct json_view sets = json_get(likes, "sets"), none = {NULL};

	for (size_t i = 0; i < json_n(sets); i++) {
		struct json_view cases = json_get(json_at(sets, i), "cases");

		for (size_t k = 0; k < json_n(cases); k++)
			if (text_equal(json_get_text(json_at(cases, k), "number"), number)) {
				*ret_set = json_at(sets, i);
				return json_at(cases, k);
			}
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

static const char *why_alone(struct json_view likes, const char *number)
{
	struct json_view alone = json_get(likes, "alone");

	for (size_t i = 0; i < json_n(alone); i++)
		if (text_equal(json_get_text(json_at(alone, i), "number"), number))
			return json_get_text(json_at(alone, i), "why");
	return NULL;
}

/* By its digest on the command line, or by an answer to its own question. */
static int tick(struct ctl *ctl, struct json_view one, const char *number)
{
	const char *digest = json_get_text(one, "digest");

	if (is_named(ctl, digest))
		return 0;
	if (!ask_is_possible() || ctl->json)
		return say_error(CLASSD_EXIT_USAGE, number, _("name what you have looked at: --tick DIGEST, for each"),
				 _("it is not ticked"));
	say_case(one);
	return ask_sure(_("Decide this as proposed?"));
}

static int take_words(struct ctl *ctl, struct json_view likes, struct json *cases)
{
	struct json_view set = {NULL};

	for (size_t i = 0; i < ctl->options.n_words; i++) {
		const char *number = ctl_word(ctl, i), *why = why_alone(likes, number);
		struct json_view one = find_case(likes, number, &set);
		struct json *to;

		if (!json_is_present(one))
			return say_error(CLASSD_EXIT_STATE, number, "classctl decide", "%s",
					 why ? words_of(why) : _("it does not wait for you"));
		DO(tick(ctl, one, number));
		to = json_object();
		json_set_text(to, "number", number);
		json_set_text(to, "digest", json_get_text(one, "digest"));
		json_append(cases, to);
	}
	return 0;
}

static int see_all(struct ctl *ctl, struct ticked *t)
{
	for (size_t i = 0; i < ctl->options.n_words; i++) {
		struct decision *d = &t->at[t->n++];

		*d = (struct decision){.document = {.fd = -1}, .act = "approve", .is_of_set = true};
		DO(decision_start(ctl, ctl_word(ctl, i), d));
		DO(decision_see(ctl, d));
		DO(decision_prepare(ctl, d, &d->prepared));
		DO(decision_check(ctl, d));
	}
	return 0;
}

/* One line for each: its record, and the hash of the label that its decision signs. */
static char *set_text(const struct ticked *t)
{
	OWN_BUFFER struct buffer b = {0};

	buffer_add_text(&b, "classd-set/v1\n");
	for (size_t i = 0; i < t->n; i++) {
		uint8_t raw[32];
		char hex[65];

		envelope_label_hash(bytes_of_text(json_get_text(t->at[i].prepared.at, "text")), raw);
		text_hex(raw, sizeof(raw), hex);
		buffer_add_format(&b, "record %s %s\n",
				  reply_text(json_get(t->at[i].shown.at, "record"), "id"), hex);
	}
	return buffer_steal_text(&b);
}

static int decide_all(struct ctl *ctl, struct ticked *t)
{
	OWN_MEM char *text = set_text(t);
	OWN_MEM char *signature = NULL;

	if (!text)
		return FAULT(ENOMEM, "a set of decisions");
	if (ask_is_possible() && !ctl->json) {
		say_note("%s", text);
		DO(ask_sure(_("Sign this?")));
	}
	DO(sign_text(ctl, text, SET_NAMESPACE, &signature));
	for (size_t i = 0; i < t->n; i++) {
		struct decision *d = &t->at[i];

		DO(sign_text(ctl, json_get_text(d->prepared.at, "text"), LABEL_NAMESPACE, &d->signature));
	}
	for (size_t i = 0; i < t->n; i++) {
		OWN_REPLY struct reply reply = {0};
		struct json *set = json_object();

		json_set_text(set, "text", text);
		json_set_text(set, "signature", signature);
		DO(decision_send(ctl, &t->at[i], set, &reply));
		DO(marking_notice(ctl, t->at[i].document.number, t->at[i].unmarked));
		DO(record_print(ctl, &reply));
	}
	return 0;
}

static int run_decide(struct ctl *ctl)
{
	OWN_REPLY struct reply likes = {0};
	OWN_REPLY struct reply agreed = {0};
	__attribute__((cleanup(ticked_done))) struct ticked ticked = {.n = 0};
	struct call ask = {.method = "Records.LikeCases"};
	struct call agree = {.method = "Records.AgreeSet"};
	struct json *cases;

	DO(ctl_call(ctl, &ask, &likes));
	if (!ctl_word(ctl, 0))
		return ctl->json ? ctl_print_json(likes.at) : list_sets(likes.at);
	if (ctl->options.n_words > SET_MAX)
		return say_error(CLASSD_EXIT_USAGE, NULL, "classctl decide", _("a set has at most %d cases"), SET_MAX);
	cases = json_array();
	int result = take_words(ctl, likes.at, cases);
	agree.parameters = json_object();
	json_set(agree.parameters, "cases", cases);
	if (result) {
		json_free(agree.parameters);
		return result;
	}
	DO(ctl_call(ctl, &agree, &agreed));
	DO(see_all(ctl, &ticked));
	return decide_all(ctl, &ticked);
}

static const struct option_row decide_options[] = {
    {"tick", 0, OPTION_LIST, "DIGEST", N_("this content was looked at: of each case, 16 digits or more")},
    SIGN_OPTION,
    {0},
};

const struct command decide_set_commands[] = {
    {"decide", GROUP_DECIDE, 0, SET_MAX, N_("[NUMBER…]"), N_("like cases in one go: shown, each ticked, a sample opened"), run_decide,
     decide_options,
     N_("Without numbers it shows what waits in sets of like cases, and what is decided by itself only: the highest level,\n"
	"releases, extensions, changes, what departs from the catalogue, lowers or is unclear. Each case is ticked, by an answer or by\n"
	"--tick with the digest of its content; one in five must have been opened since it was proposed. Each record gets\n"
	"its own decision and signature, and one signature stands over the labels of all."),
     "decide\ndecide 2026-000123 2026-000124 --tick 5f2b0c… --tick 90ab12…"},
    {0},
};

/*
 * decide: like cases in one go. Each is shown and ticked, one in so many was opened before, each gets a decision of its
 * own, and one signature stands over the labels of all. Nothing is ticked by itself.
 */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/decide_set.h"
#include "ctl/marking.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/sign.h"
#include "ctl/table.h"
#include "format/label.h"
#include "library/envelope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MIN 16 /* hexadecimal digits of a digest that name it */

void set_work_done(struct set_work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		decision_done(&w->at[i].d);
		free(w->at[i].code);
		free(w->at[i].reason);
	}
}

static char *value_of(const char *what, const char *value)
{
	if (text_equal(what, "term"))
		return said_term(value);
	return say_safe(text_equal(what, "level") ? said_level(value) : value);
}

static void say_differences(struct json_view differs, const char *indent)
{
	for (size_t i = 0; i < json_n(differs); i++) {
		struct json_view one = json_at(differs, i);
		const char *what = json_get_text(one, "what");
		OWN_MEM char *last = value_of(what, json_get_text(one, "last"));
		OWN_MEM char *now = value_of(what, json_get_text(one, "now"));

		say(_("%s%s: %s, last time %s"), indent, words_of(what),
		    text_is_empty(now) ? "-" : now, text_is_empty(last) ? "-" : last);
	}
}

void set_say_case(struct json_view one, const struct decision *d)
{
	OWN_MEM char *title = say_safe(json_get_text(one, "title"));
	OWN_MEM char *reason = say_safe(json_get_text(one, "reason"));

	say("  %s %s%s, %s%s%s", reply_text(one, "number"), json_get_bool(one, "opened") ? _("(opened) ") : "", title ? title : "",
	    reply_text(one, "drafter"), text_is_empty(reason) ? "" : ": ", reason ? reason : "");
	say("    %s", reply_text(one, "digest"));
	say_differences(json_get(one, "differs"), "    ");
	if (d)
		quotes_say(&d->quotes, 4, say);
}

/* ---- seeing ---- */

static int say_changed(const char *number)
{
	return say_error(CLASSD_EXIT_STATE, number, "classctl decide",
			 _("its content is not the one that was listed: look again"));
}

/* What is shown, ticked and signed is this content. */
static int see(struct ctl *ctl, struct json_view one, struct decision *d)
{
	*d = (struct decision){.document = {.fd = -1}, .act = "approve", .is_of_set = true, .quotes_it = !ctl->json};
	DO(decision_start(ctl, reply_text(one, "number"), d));
	DO(decision_see_whole(ctl, d));
	return text_equal(d->digest, reply_text(one, "digest")) ? 0 : say_changed(reply_text(one, "number"));
}

/* ---- listing ---- */

/* One that cannot be read now is listed all the same; why was said. */
static int list_case(struct ctl *ctl, struct json_view one)
{
	OWN_DECISION struct decision d = {.document = {.fd = -1}};
	int result = see(ctl, one, &d);

	TRY(result);
	set_say_case(one, result ? NULL : &d);
	return 0;
}

static void say_set_head(struct json_view set)
{
	OWN_MEM char *title = say_safe(json_get_text(set, "title"));
	OWN_MEM char *last_title = say_safe(json_get_text(set, "last_title"));
	OWN_MEM char *term = said_term(json_get_text(set, "term"));
	const char *last = json_get_text(set, "last");

	say("%s %s: %s, %s", reply_text(set, "item"), title ? title : "", said_level(reply_text(set, "level")), term ? term : "");
	if (text_is_empty(last))
		say("  %s", _("the first of its kind that you decide"));
	else
		say(_("  last decided: %s %s, on %s"), last, last_title ? last_title : "", reply_text(set, "last_on"));
	say_differences(json_get(set, "differs"), "  ");
}

/* shown: how many more are read and quoted. */
static int say_set(struct ctl *ctl, struct json_view set, size_t *shown)
{
	struct json_view cases = json_get(set, "cases");

	say_set_head(set);
	for (size_t i = 0; i < json_n(cases); i++) {
		if (*shown) {
			DO(list_case(ctl, json_at(cases, i)));
			--*shown;
		} else {
			set_say_case(json_at(cases, i), NULL);
			say("    %s", _("evidence: is shown when its number is given"));
		}
	}
	return 0;
}

/* So many as one set has are read for it: a long queue is not read whole, and nobody becomes its knower by a list. */
static int list_sets(struct ctl *ctl, struct json_view likes)
{
	struct json_view sets = json_get(likes, "sets"), alone = json_get(likes, "alone");
	size_t shown = SET_MAX;

	for (size_t i = 0; i < json_n(sets); i++)
		DO(say_set(ctl, json_at(sets, i), &shown));
	for (size_t i = 0; i < json_n(alone); i++)
		say("%s: %s", reply_text(json_at(alone, i), "number"), words_of(json_get_text(json_at(alone, i), "why")));
	if (!json_n(sets) && !json_n(alone))
		say_note("%s", _("nothing waits for you"));
	return 0;
}

/* ---- ticking ---- */

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

bool set_is_named(const struct ctl *ctl, const char *digest)
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

static struct json_view set_of(struct json_view likes, const char *number)
{
	struct json_view set = {NULL};

	(void)find_case(likes, number, &set);
	return set;
}

/* Each case, before anything is read: what is not ticked on the command line can only be asked about. */
static int find_words(struct set_work *w, struct json_view *cases)
{
	struct ctl *ctl = w->ctl;
	struct json_view set = {NULL};

	for (size_t i = 0; i < ctl->options.n_words; i++) {
		const char *number = ctl_word(ctl, i), *why = why_alone(w->likes, number);

		cases[i] = find_case(w->likes, number, &set);
		if (!json_is_present(cases[i]))
			return say_error(CLASSD_EXIT_STATE, number, "classctl decide", "%s",
					 why ? words_of(why) : _("it does not wait for you"));
		if (!set_is_named(ctl, json_get_text(cases[i], "digest")) && (!ask_is_possible() || ctl->json))
			return say_error(CLASSD_EXIT_USAGE, number,
					 _("name what you have looked at: --tick DIGEST, for each"),
					 _("it is not ticked"));
	}
	return 0;
}

static int see_words(struct set_work *w)
{
	struct json_view cases[SET_MAX];

	DO(find_words(w, cases));
	for (size_t i = 0; i < w->ctl->options.n_words; i++) {
		struct set_case *c = &w->at[w->n++];

		c->shown = cases[i];
		c->d = (struct decision){.document = {.fd = -1}};
		c->opened = json_get_bool(cases[i], "opened");
		c->answer = set_is_named(w->ctl, json_get_text(cases[i], "digest")) ? SET_TICKED : SET_SKIPPED;
		DO(see(w->ctl, cases[i], &c->d));
	}
	return 0;
}

static size_t count(const struct set_work *w, enum set_answer answer)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->at[i].answer == answer;
	return n;
}

static int agree(struct set_work *w)
{
	OWN_REPLY struct reply agreed = {0};
	struct call call = {.method = "Records.AgreeSet", .parameters = json_object()};
	struct json *cases = json_array();

	for (size_t i = 0; i < w->n; i++) {
		struct json *to;

		if (w->at[i].answer != SET_TICKED)
			continue;
		to = json_object();
		json_set_text(to, "number", w->at[i].d.document.number);
		json_set_text(to, "digest", w->at[i].d.digest);
		json_append(cases, to);
	}
	json_set(call.parameters, "cases", cases);
	return ctl_call(w->ctl, &call, &agreed);
}

/* ---- deciding ---- */

/* One line for each: its record, and the hash of the label that its decision signs. */
static char *set_text(const struct set_work *w)
{
	OWN_BUFFER struct buffer b = {0};

	buffer_add_text(&b, "classd-set/v1\n");
	for (size_t i = 0; i < w->n; i++) {
		const struct decision *d = &w->at[i].d;
		uint8_t raw[32];
		char hex[65];

		if (w->at[i].answer != SET_TICKED)
			continue;
		envelope_label_hash(bytes_of_text(json_get_text(d->prepared.at, "text")), raw);
		text_hex(raw, sizeof(raw), hex);
		buffer_add_format(&b, "record %s %s\n", reply_text(json_get(d->shown.at, "record"), "id"), hex);
	}
	return buffer_steal_text(&b);
}

static int prepare_all(struct set_work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct decision *d = &w->at[i].d;

		if (w->at[i].answer != SET_TICKED)
			continue;
		DO(decision_prepare(w->ctl, d, &d->prepared));
		DO(decision_check(w->ctl, d));
	}
	return 0;
}

static int sign_all(struct set_work *w, const char *text, char **ret)
{
	if (ask_is_possible() && !w->ctl->json) {
		say_note("%s", text);
		DO(ask_sure(_("Sign this?")));
	}
	DO(sign_text(w->ctl, text, SET_NAMESPACE, ret));
	for (size_t i = 0; i < w->n; i++) {
		struct decision *d = &w->at[i].d;

		if (w->at[i].answer == SET_TICKED)
			DO(sign_text(w->ctl, json_get_text(d->prepared.at, "text"), LABEL_NAMESPACE, &d->signature));
	}
	return 0;
}

static int send_one(struct set_work *w, const struct decision *d, const char *text, const char *signature)
{
	OWN_REPLY struct reply reply = {0};
	struct json *set = json_object();

	json_set_text(set, "text", text);
	json_set_text(set, "signature", signature);
	DO(decision_send(w->ctl, d, set, &reply));
	DO(marking_notice(w->ctl, d->document.number, d->unmarked));
	return record_print(w->ctl, &reply);
}

static int decide_all(struct set_work *w)
{
	OWN_MEM char *text = NULL;
	OWN_MEM char *signature = NULL;

	DO(agree(w));
	DO(prepare_all(w));
	text = set_text(w);
	if (!text)
		return FAULT(ENOMEM, "a set of decisions");
	DO(sign_all(w, text, &signature));
	for (size_t i = 0; i < w->n; i++)
		if (w->at[i].answer == SET_TICKED)
			DO(send_one(w, &w->at[i].d, text, signature));
	return 0;
}

static int send_back(struct set_work *w, const struct set_case *c)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Return", .parameters = json_object()};

	json_set_text(call.parameters, "number", c->d.document.number);
	json_set_text(call.parameters, "code", c->code);
	json_set_text(call.parameters, "reason", c->reason);
	DO(ctl_call(w->ctl, &call, &reply));
	return record_print(w->ctl, &reply);
}

static int do_set(struct set_work *w)
{
	DO(see_words(w));
	if (!w->ctl->json) {
		say_set_head(set_of(w->likes, ctl_word(w->ctl, 0)));
		DO(set_ask(w));
	}
	if (!count(w, SET_TICKED) && !count(w, SET_RETURNED))
		return say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("nothing is ticked; nothing was changed"));
	if (count(w, SET_TICKED))
		DO(decide_all(w));
	for (size_t i = 0; i < w->n; i++)
		if (w->at[i].answer == SET_RETURNED)
			DO(send_back(w, &w->at[i]));
	return 0;
}

static int run_decide(struct ctl *ctl)
{
	OWN_REPLY struct reply likes = {0};
	__attribute__((cleanup(set_work_done))) struct set_work w = {.ctl = ctl};
	struct call ask = {.method = "Records.LikeCases"};

	DO(ctl_call(ctl, &ask, &likes));
	if (!ctl_word(ctl, 0))
		return ctl->json ? ctl_print_json(likes.at) : list_sets(ctl, likes.at);
	w.likes = likes.at;
	w.sample = (size_t)json_get_int(likes.at, "sample", 1);
	w.sample = w.sample ? w.sample : 1;
	w.most = (size_t)json_get_int(likes.at, "most", SET_MAX);
	if (ctl->options.n_words > w.most || ctl->options.n_words > SET_MAX)
		return say_error(CLASSD_EXIT_USAGE, NULL, "classctl decide",
				 _n("a set has at most %zu case", "a set has at most %zu cases", w.most), w.most);
	return do_set(&w);
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
	"releases, extensions, changes, what departs from the catalogue, lowers or is unclear. Each case is shown with the passages\n"
	"of its text in which the item's phrases stand, and ticked, by an answer (t tick, s skip, o open, r return) or by --tick with\n"
	"the digest of its content; as many as the pack says, one in five at least, must have been opened. Each record gets\n"
	"its own decision and signature, and one signature stands over the labels of all."),
     "decide\ndecide 2026-000123 2026-000124 --tick 5f2b0c… --tick 90ab12…"},
    {0},
};

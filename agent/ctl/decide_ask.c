/* Case by case on a terminal: tick, skip, open, return. Nothing is ticked by itself, and an empty answer skips. */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/decide_set.h"
#include "ctl/open.h"
#include "ctl/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int ask_ready(struct set_work *w, struct set_case *c)
{
	OWN_REPLY struct reply pack = {0};
	OWN_MEM char *said = NULL;
	struct call call = {.method = "Policy.Get"};
	uint64_t n = 0;

	DO(ctl_call(w->ctl, &call, &pack));
	struct json_view reasons = json_get(pack.at, "return_reasons");
	for (size_t i = 0; i < json_n(reasons); i++) {
		OWN_MEM char *text = say_safe(json_get_text(json_at(reasons, i), "text"));

		say_note("  %zu  %s", i + 1, text ? text : "");
	}
	DO(ask_text(_("Why? A number of the list, or in words (nothing: not returned)"), "", "--reason", &said));
	if (text_is_empty(said))
		return 0;
	if (text_to_u64(said, json_n(reasons), &n) && n > 0)
		c->code = text_copy(json_get_text(json_at(reasons, n - 1), "code"));
	else
		c->reason = steal(&said);
	c->answer = SET_RETURNED;
	return c->code || c->reason ? 0 : FAULT(ENOMEM, "a reason");
}

static int take_tick(struct set_work *w, struct set_case *c, bool *ret_done)
{
	(void)w;
	c->answer = SET_TICKED;
	*ret_done = true;
	return 0;
}

static int take_skip(struct set_work *w, struct set_case *c, bool *ret_done)
{
	(void)w;
	(void)c;
	*ret_done = true;
	return 0;
}

/* What was looked at may be ticked then; the case is asked about again. */
static int take_open(struct set_work *w, struct set_case *c, bool *ret_done)
{
	int result = open_document(w->ctl, &c->d.document);

	(void)ret_done;
	TRY(result); /* else it was said what did not work, and another answer is possible */
	c->opened = c->opened || result == 0;
	return 0;
}

static int take_return(struct set_work *w, struct set_case *c, bool *ret_done)
{
	DO(ask_ready(w, c));
	*ret_done = c->answer == SET_RETURNED;
	return 0;
}

static int take_quit(struct set_work *w, struct set_case *c, bool *ret_done)
{
	(void)w;
	(void)c;
	(void)ret_done;
	return say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("stopped as you wished; nothing was changed"));
}

static const struct {
	char key;
	int (*take)(struct set_work *w, struct set_case *c, bool *ret_done);
} answers[] = {{'t', take_tick}, {'s', take_skip}, {'o', take_open}, {'r', take_return}, {'q', take_quit}};

static int ask_case(struct set_work *w, struct set_case *c)
{
	bool done = false;

	while (!done) {
		OWN_MEM char *said = NULL;

		DO(ask_text(_("t tick, s skip, o open, r return, q quit"), "s", "--tick", &said));
		for (size_t i = 0; i < array_n(answers); i++)
			if (said[0] == answers[i].key && !said[1])
				DO(answers[i].take(w, c, &done));
	}
	return 0;
}

int set_ask(struct set_work *w)
{
	size_t opened = 0, needed = (w->n + w->sample - 1) / w->sample;

	for (size_t i = 0; i < w->n; i++)
		opened += w->at[i].opened;
	if (opened < needed)
		say_note(_("%zu of %zu must have been opened since they were proposed, and %zu were"), needed, w->n, opened);
	for (size_t i = 0; i < w->n; i++) {
		struct set_case *c = &w->at[i];

		set_say_case(c->shown, &c->d);
		DO(say_flush());
		if (c->answer == SET_SKIPPED)
			DO(ask_case(w, c));
	}
	return 0;
}

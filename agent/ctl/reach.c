/* person reach: what somebody could read and did read, for the day he leaves. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/table.h"

#include <errno.h>

static void add_records(struct table *t, struct json_view records)
{
	for (size_t i = 0; i < json_n(records); i++) {
		struct json_view one = json_at(records, i);

		table_cell(t, json_get_text(one, "number"));
		table_cell(t, json_get_text(one, "level"));
		table_cell(t, words_of(json_get_text(one, "state")));
		table_cell(t, words_of(json_get_text(one, "why")));
	}
}

static void add_reads(struct table *t, struct json_view reads)
{
	for (size_t i = 0; i < json_n(reads); i++) {
		struct json_view one = json_at(reads, i);

		table_cell(t, json_get_text(one, "number"));
		table_cell(t, json_get_text(one, "time"));
		table_cell(t, words_of(json_get_text(one, "act")));
	}
}

static void say_held(struct json_view reply)
{
	struct json_view checkouts = json_get(reply, "checkouts"), keys = json_get(reply, "keys");
	struct json_view rotate = json_get(reply, "rotate"), copies = json_get(reply, "copies"), told = json_get(reply, "told");

	for (size_t i = 0; i < json_n(told); i++) {
		struct json_view t = json_at(told, i);
		OWN_MEM char *line = text_format("%s %s, %s: %s", reply_text(t, "number"), reply_text(t, "since"),
						 words_of(json_get_text(t, "how")), reply_text(t, "at"));

		say_field(i ? "" : _("was told"), line);
	}
	for (size_t i = 0; i < json_n(copies); i++) {
		struct json_view k = json_at(copies, i);
		OWN_MEM char *line = text_format("%s: %lld/%lld, %s", reply_text(k, "number"), (long long)json_get_int(k, "n", 0),
						 (long long)json_get_int(k, "of", 0), words_of(json_get_text(k, "state")));

		say_field(i ? "" : _("holds a copy"), line);
	}
	for (size_t i = 0; i < json_n(checkouts); i++)
		say_field(_("open now"), json_get_text(json_at(checkouts, i), "number"));
	for (size_t i = 0; i < json_n(keys); i++) {
		struct json_view key = json_at(keys, i);
		OWN_MEM char *line =
		    text_format("%s (%s%s)", reply_text(key, "fingerprint"), words_of(json_get_text(key, "state")),
				json_n(json_get(key, "wraps")) ? _(", level keys are wrapped to it") : "");

		say_field(_("key"), line);
	}
	say_field(_("off-post until"), json_get_text(reply, "off_post"));
	for (size_t i = 0; i < json_n(rotate); i++)
		say_note(_("Had the keys of %s in hand: classctl key rotate %s makes new ones."),
			 json_as_text(json_at(rotate, i)), json_as_text(json_at(rotate, i)));
}

struct shown {
	struct table records, reads;
	size_t n_records, n_reads;
	bool is_counted; /* the records were */
};

static void shown_done(struct shown *s)
{
	table_done(&s->records);
	table_done(&s->reads);
}

/* Records come first; with the first page of the rest they have all been shown. */
static int say_page(struct shown *s, const struct reply *reply)
{
	struct json_view records = json_get(reply->at, "records"), reads = json_get(reply->at, "reads");

	s->n_records += json_n(records);
	add_records(&s->records, records);
	DO(table_print(&s->records, table_width(), stdout));
	if (json_is_array(reads) && !s->is_counted) {
		say(_n("Could read on %s: %zu record.", "Could read on %s: %zu records.", s->n_records),
		    reply_text(reply->at, "on"), s->n_records);
		s->is_counted = true;
	}
	s->n_reads += json_n(reads);
	add_reads(&s->reads, reads);
	DO(table_print(&s->reads, table_width(), stdout));
	return say_flush();
}

static int say_all(struct ctl *ctl, struct reply *reply)
{
	__attribute__((cleanup(shown_done))) struct shown s = {0};

	table_init(&s.records, (const char *[]){_("number"), _("level"), _("state"), _("why"), NULL});
	table_init(&s.reads, (const char *[]){_("number"), _("time"), _("act"), NULL});
	DO(say_page(&s, reply));
	while (reply->continues) {
		DO(ctl_next(ctl, reply));
		DO(say_page(&s, reply));
	}
	say(_n("Has read or taken out: %zu time.", "Has read or taken out: %zu times.", s.n_reads), s.n_reads);
	say_held(reply->at);
	return 0;
}

static int run_reach(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Persons.Reach", .parameters = json_object(), .more = true};

	json_set_text(call.parameters, "id", ctl_word(ctl, 0));
	DO(ctl_call(ctl, &call, &reply));
	if (!ctl->json)
		return say_all(ctl, &reply);
	for (;;) {
		DO(ctl_print_json(reply.at));
		DO(say_flush());
		if (!reply.continues)
			return 0;
		DO(ctl_next(ctl, &reply));
	}
}

const struct command reach_commands[] = {
    {"person reach", GROUP_REGISTER, 1, 1, N_("ID"), N_("what a person could read and did read, and what is left"),
     run_reach, NULL,
     N_("By scope, clearance and post on that day: today, or the last one of whoever is suspended or has left.\n"
	"Secrecy office and security administrators."),
     "person reach li\nperson reach li --json"},
    {0},
};

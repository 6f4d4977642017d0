/* trace: one record's chain, from the catalogue's item to every sweep, each link checked. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>
#include <stdlib.h>

struct links {
	struct json_view link[2]; /* what the journal says, what signature and file say */
	struct table table;
	struct json *all;
	size_t wrong;
};

/* The order of the chain; what a newer agent adds follows behind it. */
static const char *const chain[] = {
    "item",	  "proposed", "authority",	 "decided",	"signature",   "key",
    "commitment", "set",      "issue signature", "asked since", "sealed file", "label in the file",
    "sweep",	  "sweeps",   "store",		 "register",	"journal"};

static bool is_in_chain(const char *what)
{
	for (size_t i = 0; i < array_n(chain); i++)
		if (text_equal(chain[i], what))
			return true;
	return false;
}

static void add_link(struct links *l, struct json_view one)
{
	const char *result = json_get_text(one, "result");

	l->wrong += !text_equal(result, "ok") && !text_equal(result, "none");
	json_append(l->all, json_copy(one));
	table_cell(&l->table, words_of(json_get_text(one, "what")));
	table_cell(&l->table, text_equal(result, "failed") ? _("broken") : words_of(result));
	cell_words(&l->table, json_get_text(one, "detail"));
}

/* Those of one name; NULL: those that the chain does not have. */
static void add_links(struct links *l, const char *what)
{
	for (size_t from = 0; from < array_n(l->link); from++)
		for (size_t i = 0; i < json_n(l->link[from]); i++) {
			struct json_view one = json_at(l->link[from], i);
			const char *named = json_get_text(one, "what");

			if (what ? text_equal(named, what) : !is_in_chain(named))
				add_link(l, one);
		}
}

static int print_links(struct ctl *ctl, struct links *l)
{
	OWNED(json) struct json *reply = json_object();

	table_init(&l->table, (const char *[]){_("link"), _("result"), _("detail"), NULL});
	l->all = json_array();
	for (size_t i = 0; i < array_n(chain); i++)
		add_links(l, chain[i]);
	add_links(l, NULL);
	json_set(reply, "links", l->all);
	DO(ctl->json ? ctl_print_json(json_look(reply)) : table_print(&l->table, table_width(), stdout));
	if (l->wrong && !ctl->json)
		say_note(_("broken links: %zu"), l->wrong);
	return l->wrong ? CLASSD_EXIT_FINDINGS : 0;
}

static int run_trace(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply traced = {0};
	OWN_REPLY struct reply verified = {0};
	struct call trace = {.method = "Records.Trace", .more = true};
	struct links links = {0};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	trace.parameters = json_object();
	json_set_text(trace.parameters, "number", d.number);
	DO(ctl_call(ctl, &trace, &traced));
	DO(record_verify(ctl, d.number, &verified));
	links.link[0] = json_get(traced.at, "checks");
	links.link[1] = json_get(verified.at, "checks");
	int result = print_links(ctl, &links);
	table_done(&links.table);
	return result;
}

const struct command trace_commands[] = {
    {"trace", GROUP_OVERSIGHT, 1, 1, N_("DOCUMENT"), N_("follow one record's chain through journal, register and file"),
     run_trace, NULL,
     N_("From the catalogue's item over proposal, authority, decision and signature to the sealed file and every "
	"sweep\n"
	"that considered it; each link is checked while it is printed. The whole journal is read. Exits with 10 when "
	"a\n"
	"link is broken."),
     "trace 2026-000123"},
    {0},
};

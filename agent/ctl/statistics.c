/* statistics, ledger: numbers of all records, as a table, CSV or JSON. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>
#include <string.h>

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

static int form_of(const struct ctl *ctl, enum form *ret)
{
	static const char *const names[] = {"table", "csv", "json"};
	const char *given = ctl_text(ctl, "format");

	*ret = ctl->json ? FORM_JSON : FORM_TABLE;
	for (size_t i = 0; given && i < array_n(names); i++)
		if (text_equal(given, names[i])) {
			*ret = (enum form)i;
			return 0;
		}
	return given ? say_error(CLASSD_EXIT_USAGE, "--format", "table, csv or json", _("there is no such format")) : 0;
}

/* RFC 4180; what a spreadsheet would take for a formula is told as text. */
static void csv_cell(const char *text, bool is_first)
{
	bool starts = text && strchr("=+-@", text[0]) && text[0];

	(void)fputs(is_first ? "\"" : ",\"", stdout);
	if (starts)
		(void)fputc('\'', stdout);
	for (const char *c = text ? text : ""; *c; c++) {
		if (*c == '"')
			(void)fputc('"', stdout);
		(void)fputc(*c, stdout);
	}
	(void)fputc('"', stdout);
}

static void csv_rows(struct json_view rows, const char *const *keys)
{
	for (size_t k = 0; keys[k]; k++)
		csv_cell(keys[k], k == 0);
	(void)fputs(",\"n\"\r\n", stdout);
	for (size_t i = 0; i < json_n(rows); i++) {
		for (size_t k = 0; keys[k]; k++)
			csv_cell(json_get_text(json_at(rows, i), keys[k]), k == 0);
		(void)printf(",%lld\r\n", (long long)json_get_int(json_at(rows, i), "n", 0));
	}
}

static void print_label(struct table *t, struct json_view row)
{
	const char *official = json_get_text(row, "label"), *english = json_get_text(row, "english");
	OWN_MEM char *both = text_equal(official, english)
				 ? NULL
				 : text_format("%s / %s", reply_text(row, "label"), reply_text(row, "english"));

	table_cell(t, both ? both : official);
}

/* What a row counts by: a level, a term, a person … */
static void print_key(struct table *t, struct json_view row)
{
	const char *by = json_get_text(row, "by"), *key = json_get_text(row, "key");

	if (text_equal(by, "level"))
		cell_level(t, key);
	else if (text_equal(by, "term"))
		cell_term(t, key);
	else
		cell_words(t, key);
}

static int print_statistics(struct json_view r)
{
	OWN_TABLE struct table t = {0};
	struct json_view rows = json_get(r, "rows"), other = json_get(r, "other_regimes");
	OWN_MEM char *title = say_safe(json_get_text(r, "title"));

	say("%s %lld (%s %s, %s)", title ? title : "", (long long)json_get_int(r, "year", 0), reply_text(r, "pack"),
	    reply_text(r, "version"), reply_text(r, "at"));
	table_init(&t, (const char *[]){_("row"), _("of"), _("count"), NULL});
	for (size_t i = 0; i < json_n(rows); i++) {
		print_label(&t, json_at(rows, i));
		print_key(&t, json_at(rows, i));
		table_number(&t, json_get_int(json_at(rows, i), "n", 0));
	}
	DO(table_print(&t, table_width(), stdout));
	for (size_t i = 0; i < json_n(other); i++)
		say(_("not among them: %s, %lld held"), words_of(json_get_text(json_at(other, i), "regime")),
		    (long long)json_get_int(json_at(other, i), "n", 0));
	return 0;
}

static int run_statistics(struct ctl *ctl)
{
	static const char *const keys[] = {"label", "english", "of", "by", "key", NULL};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Oversight.Statistics"};
	enum form form;

	DO(form_of(ctl, &form));
	call.parameters = json_object();
	ctl_set(ctl, call.parameters, "year", "year");
	DO(ctl_call(ctl, &call, &reply));
	if (form == FORM_JSON)
		return ctl_print_json(reply.at);
	if (form == FORM_TABLE)
		return print_statistics(reply.at);
	csv_rows(json_get(reply.at, "rows"), keys);
	return say_flush();
}

static int print_ledger(struct json_view r)
{
	OWN_TABLE struct table t = {0};
	struct json_view rows = json_get(r, "rows");

	table_init(&t, (const char *[]){_("regime"), _("level"), _("state"), _("due"), _("count"), NULL});
	for (size_t i = 0; i < json_n(rows); i++) {
		struct json_view row = json_at(rows, i);

		table_cell(&t, words_of(json_get_text(row, "regime")));
		cell_level(&t, json_get_text(row, "level"));
		table_cell(&t, words_of(json_get_text(row, "state")));
		table_cell(&t, words_of(json_get_text(row, "due")));
		table_number(&t, json_get_int(row, "n", 0));
	}
	if (!json_n(rows))
		say_note("%s", _("there were no records"));
	return table_print(&t, table_width(), stdout);
}

static int run_ledger(struct ctl *ctl)
{
	static const char *const keys[] = {"regime", "level", "state", "due", NULL};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Oversight.Ledger"};
	enum form form;

	DO(form_of(ctl, &form));
	call.parameters = json_object();
	ctl_set(ctl, call.parameters, "at", "at");
	DO(ctl_call(ctl, &call, &reply));
	if (form == FORM_JSON)
		return ctl_print_json(reply.at);
	if (form == FORM_TABLE)
		return print_ledger(reply.at);
	csv_rows(json_get(reply.at, "rows"), keys);
	return say_flush();
}

#define FORMAT_OPTION                                                                                                  \
	{                                                                                                              \
		"format", 0, OPTION_TEXT, "FORM", N_("table, csv or json")                                             \
	}
static const struct option_row statistics_options[] = {
    {"year", 0, OPTION_NUMBER, "YEAR", N_("that year (else the present one, up to today)")},
    FORMAT_OPTION,
    {0},
};
static const struct option_row ledger_options[] = {
    {"at", 0, OPTION_DATE, "DATE", N_("as it was at the end of that day (else today)")},
    FORMAT_OPTION,
    {0},
};

const struct command statistics_commands[] = {
    {"statistics", GROUP_OVERSIGHT, 0, 0, NULL, N_("the annual return of a year, in the pack's form"), run_statistics,
     statistics_options,
     N_("State secrets only: what other regimes hold is told below the table and never added. Who may see numbers "
	"only\n"
	"gets a pseudonym for each approver."),
     "statistics --year 2026\nstatistics --format csv >return.csv"},
    {"ledger", GROUP_OVERSIGHT, 0, 0, NULL, N_("how many records there are, in what state, due when"), run_ledger,
     ledger_options, N_("At the end of any day since the first; from the journal, so that it stays what it was."),
     "ledger\nledger --at 2026-06-30 --format csv"},
    {0},
};

/* mark: the mark of a record, written into the caller's own document or into a copy that left sealed storage. */
#include "base/text.h"
#include "ctl/marking.h"
#include "ctl/record.h"

#include <string.h>

static int print(struct ctl *ctl, const char *number, const struct wanted *wanted, int unmarked)
{
	OWNED(json) struct json *whole = json_object();

	if (!ctl->json) {
		say_text(wanted->words);
		return 0;
	}
	json_set_text(whole, "record", number);
	json_set_text(whole, "mark", wanted->words);
	json_set_bool(whole, "strikes", wanted->mark.strikes);
	json_set_text(whole, "unmarked", unmarked ? mark_outcome_word(unmarked) : "");
	return ctl_print_json(json_look(whole));
}

static int mark_copy(struct ctl *ctl, const char *number, const struct wanted *wanted)
{
	int unmarked;

	DO(marking_write(ctl_text(ctl, "file"), &wanted->mark, &unmarked));
	return print(ctl, number, wanted, unmarked);
}

/* What is proposed or decided got its mark with that; other bytes would be another document. */
static bool is_drafted(struct json_view record)
{
	return text_equal(json_get_text(record, "state"), "draft");
}

static int run_mark(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply shown = {0};
	OWN_WANTED struct wanted wanted = {0};
	struct marked marked = {0};
	OWN_FD int held = -1;

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_show(ctl, &d, &shown));
	DO(marking_ask(ctl, d.number, &(struct mark_of){.copy = (int64_t)options_number(&ctl->options, "copy", 0)}, &wanted));
	if (ctl_text(ctl, "file"))
		return mark_copy(ctl, d.number, &wanted);
	if (!is_drafted(json_get(shown.at, "record"))) {
		DO(print(ctl, d.number, &wanted, 0));
		return say_error(CLASSD_EXIT_STATE, d.number, _("--file COPY marks a copy that was taken out"),
				 _("the document got its mark when it was proposed or decided, and stays as it is; another decision "
				   "(classctl change) writes it anew"));
	}
	DO(document_locate(ctl, &d, json_get(shown.at, "record")));
	if (!marking_hold(&d, &held))
		return say_error(CLASSD_EXIT_STATE, d.number, NULL, _("a program still has it open"));
	DO(marking_apply(ctl, &d, &wanted.mark, &marked));
	DO(marking_notice(ctl, d.number, marked.unmarked));
	close_fd(&held);
	DO(record_wait_digest(ctl, d.number, marked.digest)); /* what comes next finds the document as it is now */
	return print(ctl, d.number, &wanted, marked.unmarked);
}

static const struct option_row mark_options[] = {
    {"file", 0, OPTION_TEXT, "COPY", N_("mark this file of yours, a copy that was exported or unsealed")},
    {"copy", 0, OPTION_NUMBER, "N", N_("the number of that copy, where the policy numbers copies")},
    {0},
};

const struct command mark_commands[] = {
    {"mark", GROUP_DOCUMENT, 1, 1, N_("DOCUMENT"), N_("write the mark into a draft, or into a copy"), run_mark,
     mark_options,
     N_("submit, approve and a release mark the document by themselves. This marks a draft before that, or with --file a\n"
	"copy. Once a release is decided or the term is over, the mark that stands in the copy is struck through and the\n"
	"words of the policy follow it."),
     "mark report.docx\nmark 2026-000123 --file ~/carry/report.docx --copy 2"},
    {0},
};

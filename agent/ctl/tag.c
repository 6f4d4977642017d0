/* tag, submit, declare, withdraw: what a drafter does with a document. */
#include "ctl/tag.h"
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/fields.h"
#include "ctl/marking.h"
#include "ctl/progress.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <string.h>
#include <time.h>

enum { LOOK_AGAIN_MS = 150 };

/* Holds the document for its mark; with --wait, once no program has it open. false: one has. */
static bool hold(struct ctl *ctl, const struct document *d, int *ret_fd)
{
	struct timespec rest = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
	struct progress p;
	bool held;

	progress_start(&p, !ctl->json);
	while (!(held = marking_hold(d, ret_fd)) && ctl_flag(ctl, "wait")) {
		progress_show(&p, "%s: %s", d->word, _("a program still has it open"));
		(void)nanosleep(&rest, NULL); /* woken early only looks earlier */
	}
	progress_end(&p);
	if (!held)
		say_note("%s: %s", d->word,
			 _("a program still has it open: it is sealed without its mark when it is closed, and marked "
			   "before it is decided (--wait waits and marks it)"));
	return held;
}

static int send_proposal(struct ctl *ctl, const struct document *d, const char *digest, struct reply *ret)
{
	struct call call = {.method = "Records.Submit", .parameters = json_object()};

	json_set_text(call.parameters, "number", d->number);
	json_set_text(call.parameters, "digest", digest);
	json_set_bool(call.parameters, "urgent", ctl_flag(ctl, "urgent"));
	return ctl_call(ctl, &call, ret);
}

/* may_mark: no program has it open. Marks it, hashes the bytes that carry the mark, proposes exactly these. */
static int propose(struct ctl *ctl, const struct document *d, bool may_mark, struct reply *ret)
{
	OWN_WANTED struct wanted wanted = {0};
	struct marked marked = {0};

	if (!may_mark)
		return send_proposal(ctl, d, NULL, ret);
	DO(marking_ask(ctl, d->number, &(struct mark_of){0}, &wanted));
	DO(marking_apply(ctl, d, &wanted.mark, &marked));
	DO(send_proposal(ctl, d, marked.digest, ret));
	return marking_notice(ctl, d->number, marked.unmarked);
}

static int print_submitted(struct ctl *ctl, const struct document *d, struct reply *reply)
{
	OWN_DOCUMENT struct document again = {.fd = -1};
	OWNED(json) struct json *whole = json_object();

	if (!ctl_flag(ctl, "wait"))
		return record_print(ctl, reply);
	DO(record_wait_sealed(ctl, d->number));
	DO(document_find(d->number, &again));
	DO(document_show(ctl, &again, reply));
	if (!ctl->json)
		return record_print(ctl, reply);
	json_set(whole, "record", json_copy(json_get(reply->at, "record")));
	return ctl_print_json(json_look(whole));
}

static int submit(struct ctl *ctl, struct document *d)
{
	OWN_REPLY struct reply reply = {0};
	OWN_FD int held = -1;

	DO(document_show(ctl, d, &reply));
	if (!text_equal(json_get_text(json_get(reply.at, "record"), "carrier"), "file")) {
		DO(send_proposal(ctl, d, NULL, &reply)); /* nothing to mark here, and nothing to seal */
		return record_print(ctl, &reply);
	}
	DO(document_locate(ctl, d, json_get(reply.at, "record")));
	bool may_mark = hold(ctl, d, &held);
	DO(propose(ctl, d, may_mark, &reply));
	close_fd(&held);
	return print_submitted(ctl, d, &reply);
}

static int run_submit(struct ctl *ctl)
{
	for (size_t i = 0; i < ctl->options.n_words; i++) {
		OWN_DOCUMENT struct document d = {.fd = -1};

		DO(document_find(ctl_word(ctl, i), &d));
		DO(submit(ctl, &d));
	}
	return 0;
}

/* Does the folder of this document have a default for it? */
static bool has_default(struct json_view defaults, const char *path, const char *key)
{
	for (size_t i = 0; path && i < json_n(defaults); i++) {
		struct json_view row = json_at(defaults, i);
		const char *start = json_get_text(row, "path");

		if (start && text_starts(path, start) && !text_is_empty(json_get_text(row, key)))
			return true;
	}
	return false;
}

static int search_items(struct ctl *ctl, const char *words, struct reply *ret)
{
	struct call call = {.method = "Policy.Search", .parameters = json_object()};

	json_set_text(call.parameters, "text", words);
	json_set_int(call.parameters, "limit", 9);
	return ctl_call(ctl, &call, ret);
}

static void say_items(struct json_view items)
{
	for (size_t i = 0; i < json_n(items); i++) {
		struct json_view item = json_at(items, i);
		OWN_MEM char *title = say_safe(json_get_text(item, "title"));
		OWN_MEM char *term = said_term(json_get_text(item, "term"));

		say_note("  %s  %s (%s, %s)", reply_text(item, "id"), title ? title : "",
			 said_level(reply_text(item, "level")), term ? term : "");
	}
}

/* An item by number, or words to search until one is named. ret is its row. */
static int ask_item(struct ctl *ctl, const char *suggested, struct reply *ret)
{
	for (;;) {
		OWN_MEM char *answer = NULL;

		DO(ask_text(_("Matter of the catalogue (number, or words to search)"), suggested, "--item ID",
			    &answer));
		struct call call = {.method = "Policy.Item", .parameters = json_object(), .quiet = "not-found"};
		json_set_text(call.parameters, "id", answer);
		int result = ctl_call(ctl, &call, ret);
		if (result != CLASSD_EXIT_NOT_FOUND)
			return result;
		DO(search_items(ctl, answer, ret));
		if (!json_n(json_get(ret->at, "items")))
			say_note("%s",
				 _("nothing in the catalogue matches; try other words, or run again with --unsure"));
		say_items(json_get(ret->at, "items"));
	}
}

/* One value with the catalogue's as default; departed when the answer is another. */
static int ask_value(const struct ctl *ctl, struct json *fields, const char *key, const char *question,
		     const char *otherwise, bool *departed)
{
	OWN_MEM char *answer = NULL;

	if (ctl_flag(ctl, key))
		return 0;
	DO(ask_text(question, otherwise ? otherwise : "", "", &answer));
	if (text_is_empty(answer) || text_equal(answer, otherwise))
		return 0;
	json_set_text(fields, key, answer);
	*departed = true;
	return 0;
}

/* Labels of other systems in it, and what each is likely to mean: whoever answers knows of them. */
static void say_labels(struct json_view document)
{
	struct json_view labels = json_get(document, "labels");

	for (size_t i = 0; i < json_n(labels); i++) {
		struct json_view one = json_at(labels, i);
		OWN_MEM char *policy = say_safe(json_get_text(one, "policy"));
		OWN_MEM char *label = say_safe(json_get_text(one, "label"));
		const char *likely = json_get_text(one, "likely");

		say_note("%s %s: %s%s%s", _("it carries a label of another system:"), policy ? policy : "",
			 label ? label : "", text_is_empty(likely) ? "" : "; ", text_is_empty(likely) ? "" : likely);
	}
}

static int ask_fields(struct ctl *ctl, struct json_view document, struct json *fields)
{
	OWN_REPLY struct reply item = {0};
	bool departed = false;
	bool named = false;

	if (ctl_flag(ctl, "item") || ctl_flag(ctl, "from"))
		return 0;
	say_labels(document);
	DO(ask_item(ctl, json_get_text(document, "suggested_item"), &item));
	struct json_view row = json_get(item.at, "item");
	json_set_text(fields, "item", json_get_text(row, "id"));
	DO(ask_value(ctl, fields, "level", _("Level"), json_get_text(row, "level"), &departed));
	const char *usual = json_get_text(item.at, "usual_term");
	if (json_get_int(item.at, "of", 0) > 0)
		say_note(_n("median of %lld record of this item: %s; the catalogue says %s",
			    "median of %lld records of this item: %s; the catalogue says %s",
			    json_get_int(item.at, "of", 0)),
			 (long long)json_get_int(item.at, "of", 0), usual ? usual : "", reply_text(row, "term"));
	DO(ask_value(ctl, fields, "term", _("Term"), usual, &departed));
	DO(ask_value(ctl, fields, "responsible", _("Responsible person (empty: by the matter)"), NULL, &named));
	if (!departed || ctl_flag(ctl, "reason"))
		return 0;
	OWN_MEM char *reason = NULL;
	DO(ask_text(_("Reason for departing from the catalogue"), NULL, "--reason TEXT", &reason));
	json_set_text(fields, "reason", reason);
	return 0;
}

/* Something must say what the document is: an option, the folder's default, an answer, or --unsure. */
static int complete_fields(struct ctl *ctl, const struct document *d, struct json *fields)
{
	OWN_REPLY struct reply document = {0};
	OWN_REPLY struct reply roots = {0};
	struct call find = {.method = "Documents.Find"};
	struct call list = {.method = "Roots.List"};

	if (ctl_flag(ctl, "unsure") || ctl_flag(ctl, "item") || ctl_flag(ctl, "level") || ctl_flag(ctl, "from") ||
	    fields_other_regime(ctl) || document_is_number(d->word)) /* a draft changes only what is given */
		return 0;
	document_refer(d, &find, "document");
	DO(ctl_call(ctl, &find, &document));
	DO(ctl_call(ctl, &list, &roots));
	struct json_view at = json_get(document.at, "document");
	const char *path = d->path && d->path[0] == '/' ? d->path : json_get_text(at, "path");
	if (!text_is_empty(json_get_text(at, "record")) || has_default(json_get(roots.at, "defaults"), path, "item"))
		return 0; /* a draft changes only what is given */
	if (ctl->json || !ask_is_possible())
		return say_error(CLASSD_EXIT_USAGE, "--item ID",
				 _("name the matter (classctl policy search WORDS), or say --unsure"),
				 _("nothing says what kind of matter this is"));
	return ask_fields(ctl, at, fields);
}

static int tag(struct ctl *ctl, const struct document *d, struct reply *ret)
{
	OWNED(json) struct json *fields = fields_of(ctl);
	struct call call = {.method = "Records.Tag"};

	DO(complete_fields(ctl, d, fields));
	document_refer(d, &call, "document");
	json_set(call.parameters, "fields", steal(&fields));
	if (ctl_flag(ctl, "unsure"))
		json_set_bool(call.parameters, "unsure", true);
	return ctl_call(ctl, &call, ret);
}

int tag_and_submit(struct ctl *ctl, const char *word, struct json *with)
{
	OWNED(json) struct json *fields = with;
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_FD int held = -1;
	struct call call = {.method = "Records.Tag"};

	DO(document_find(word, &d));
	bool may_mark = hold(ctl, &d, &held);
	document_refer(&d, &call, "document");
	json_set(call.parameters, "fields", steal(&fields));
	DO(ctl_call(ctl, &call, &reply));
	free(d.number);
	d.number = text_copy(json_get_text(json_get(reply.at, "record"), "number"));
	DO(propose(ctl, &d, may_mark, &reply));
	close_fd(&held);
	return print_submitted(ctl, &d, &reply);
}

static int tag_one(struct ctl *ctl, const char *word)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_FD int held = -1;
	bool submits = ctl_flag(ctl, "submit");

	DO(document_find(word, &d));
	bool may_mark =
	    submits && hold(ctl, &d, &held); /* before it is tagged: drafts of high levels are sealed at once */
	DO(tag(ctl, &d, &reply));
	if (!submits)
		return record_print(ctl, &reply);
	free(d.number);
	d.number = text_copy(json_get_text(json_get(reply.at, "record"), "number"));
	DO(propose(ctl, &d, may_mark, &reply));
	close_fd(&held);
	return print_submitted(ctl, &d, &reply);
}

/* One reply a file. */
static int say_tagged(struct ctl *ctl, const struct reply *reply, struct progress *p, size_t *refused)
{
	const char *why = json_get_text(reply->at, "refused");
	OWN_MEM char *path = say_safe(json_get_text(reply->at, "path"));
	const char *number = json_get_text(reply->at, "number");
	OWN_MEM char *safe = words_say(why ? why : text_is_empty(number) ? "no record" : number);

	*refused += why != NULL;
	if (ctl->json)
		return ctl_print_json(reply->at);
	progress_end(p);
	if (!text_is_empty(path))
		say("%s: %s", path, safe ? safe : "");
	progress_show(p, "%lld / %lld", (long long)json_get_int(reply->at, "done", 0),
		      (long long)json_get_int(reply->at, "total", 0));
	return 0;
}

static int tag_folder(struct ctl *ctl, const char *word)
{
	OWN_FD int fd = -1;
	OWN_REPLY struct reply reply = {0};
	struct progress p;
	size_t refused = 0;
	struct call call = {.method = "Records.TagFolder", .parameters = json_object(), .more = true};

	DO(document_folder(word, &fd));
	json_set_int(call.parameters, "directory", call_pass(&call, fd));
	json_set(call.parameters, "fields", fields_of(ctl));
	json_set_bool(call.parameters, "submit", ctl_flag(ctl, "submit"));
	json_set_bool(call.parameters, "dry_run", ctl_flag(ctl, "dry-run"));
	ctl_set(ctl, call.parameters, "max", "max");
	progress_start(&p, !ctl->json);
	int result = ctl_call(ctl, &call, &reply);
	while (result == 0) {
		result = say_tagged(ctl, &reply, &p, &refused);
		if (result || !reply.continues)
			break;
		result = ctl_next(ctl, &reply);
	}
	progress_end(&p);
	DO(result);
	if (ctl_flag(ctl, "dry-run") && !ctl->json)
		say_note("%s", _("nothing was changed; without --dry-run it is done"));
	return refused ? say_error(CLASSD_EXIT_INPUT, word, _("tag these one by one"),
				   _n("%zu file was refused", "%zu files were refused", refused), refused)
		       : 0;
}

static int run_tag(struct ctl *ctl)
{
	for (size_t i = 0; i < ctl->options.n_words; i++)
		DO(ctl_flag(ctl, "recursive") ? tag_folder(ctl, ctl_word(ctl, i)) : tag_one(ctl, ctl_word(ctl, i)));
	return 0;
}

static int run_declare(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Declare"};

	if (!ctl_flag(ctl, "not-secret"))
		return say_error(CLASSD_EXIT_USAGE, "--not-secret", _("say what you declare"),
				 _("an option is missing"));
	DO(document_find(ctl_word(ctl, 0), &d));
	document_refer(&d, &call, "document");
	ctl_set(ctl, call.parameters, "reason", "reason");
	ctl_set(ctl, call.parameters, "title", "title");
	DO(ctl_call(ctl, &call, &reply));
	return record_print_declared(ctl, &reply);
}

static int run_withdraw(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Withdraw"};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	ctl_set(ctl, call.parameters, "reason", "reason");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

#define SUBMIT_OPTIONS                                                                                                 \
	{"wait", 'w', OPTION_FLAG, NULL, N_("wait until the document is sealed")},                                     \
	{                                                                                                              \
		"urgent", 0, OPTION_FLAG, NULL, N_("ask for a decision today")                                         \
	}

static const struct option_row tag_options[] = {
    FIELD_VALUES,
    FIELD_DRAFTING,
    {"unsure", 'u', OPTION_FLAG, NULL, N_("no guess: interim protection, and the responsible person decides")},
    {"recursive", 'r', OPTION_FLAG, NULL, N_("all documents of yours below a folder")},
    {"dry-run", 'n', OPTION_FLAG, NULL, N_("with --recursive: only show the set")},
    {"max", 0, OPTION_NUMBER, "N", N_("with --recursive: at most so many, or nothing is done; else 10000")},
    {"submit", 0, OPTION_FLAG, NULL, N_("propose it at once, as classctl submit does")},
    SUBMIT_OPTIONS,
    {0},
};
static const struct option_row submit_options[] = {SUBMIT_OPTIONS, {0}};
static const struct option_row declare_options[] = {
    {"not-secret", 0, OPTION_FLAG, NULL, N_("the document holds nothing that needs protection")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why, when something speaks against it")},
    {"title", 0, OPTION_TEXT, "TEXT", N_("title of the record (else the name of the file)")},
    {0},
};
static const struct option_row withdraw_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why")},
    {0},
};

const struct command tag_commands[] = {
    {"tag", GROUP_DOCUMENT, 1, WORDS_ANY, N_("DOCUMENT…"), N_("say what a document is: makes or changes its draft"),
     run_tag, tag_options,
     N_("On a terminal it asks: the matter of the catalogue (number or search), then level, term and scope with the\n"
	"catalogue's values as defaults; a reason only where the answer departs from them. Scripts give options.\n"
	"A draft is protected and freely edited, and asks nobody for anything."),
     "tag report.docx\ntag --item 3.2 --level secret --term 10y --scope dept:planning --responsible li report.docx\n"
     "tag -r plans/ --item 3.2 --submit\ntag --unsure note.odt"},
    {"submit", GROUP_DECIDE, 1, WORDS_ANY, N_("DOCUMENT…"), N_("propose a draft: marks the document and has it sealed"),
     run_submit, submit_options,
     N_("The mark is written into the document where its format carries one. It is sealed as soon as no program has "
	"it\n"
	"open for writing; you can still open it with classctl open. While a program has it open the mark cannot be\n"
	"written: with --wait it waits for that, else the mark is written before the decision (classctl approve)."),
     "submit report.docx\nsubmit --wait 2026-000123"},
    {"declare", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("declare a document not secret"), run_declare, declare_options,
     N_("Alone only when nothing speaks against it (a mark, a match of the catalogue, known content). Else the\n"
	"responsible person confirms."),
     "declare --not-secret menu.odt"},
    {"withdraw", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("take a proposal back: it is a draft again"), run_withdraw,
     withdraw_options, NULL, "withdraw 2026-000123"},
    {0},
};

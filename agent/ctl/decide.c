/*
 * approve, return, issue. A decision is signed over what the decider's
 * own program saw: the content is read and hashed here, the label's commitment
 * is computed again, and only a text that says exactly that is signed.
 */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/content.h"
#include "ctl/decide.h"
#include "ctl/decide_private.h"
#include "ctl/fields.h"
#include "ctl/mark.h"
#include "ctl/marking.h"
#include "ctl/record.h"
#include "ctl/sign.h"
#include "format/label.h"
#include "library/envelope.h"

#include <errno.h>
#include <string.h>

void decision_done(struct decision *d)
{
	document_done(&d->document);
	reply_done(&d->shown);
	reply_done(&d->prepared);
	quotes_done(&d->quotes);
	free(d->signature);
	free(d->date);
}
/* Level, term and scope are decided, and the document carries the mark of them. */
static bool sets_values(const struct decision *d)
{
	static const char *const acts[] = {"approve", "correct", "change", "extend", "refer-unclear",
					  "answer",  "settle",	"order"};

	for (size_t i = 0; i < array_n(acts); i++)
		if (text_equal(d->act, acts[i]))
			return true;
	return false;
}

/* The decider says other values than were asked for. */
static bool corrects(const struct ctl *ctl, const struct decision *d)
{
	return !d->is_of_set && sets_values(d) && fields_correct(ctl);
}

/* What a decision about this record would be. */
static const char *act_of(const struct ctl *ctl, struct json_view record)
{
	const char *request = json_get_text(record, "request");

	if (!text_is_empty(request))
		return request;
	if (text_equal(json_get_text(record, "state"), "proposed") &&
	    text_equal(json_get_text(record, "regime"), "none"))
		return "unclassified";
	return fields_correct(ctl) ? "correct" : "approve";
}

/* Of what is no file the description is seen and signed. */
static const char *description_of(const struct decision *d)
{
	const char *text = json_get_text(json_get(d->shown.at, "record"), "description");

	return text_is_empty(text) ? NULL : text;
}

static int see_description(struct decision *d)
{
	uint8_t digest[32];

	sha256_of(bytes_of_text(description_of(d)), digest);
	text_hex(digest, sizeof(digest), d->digest);
	say_note("%s", description_of(d));
	return 0;
}

/* The item that the decision is about. */
static const char *item_of(const struct ctl *ctl, const struct decision *d)
{
	const char *said = corrects(ctl, d) ? ctl_text(ctl, "item") : NULL;

	return said ? said : json_get_text(json_get(d->shown.at, "catalogue"), "id");
}

/* Reads the whole content as the agent gives it and keeps its digest. ret may be NULL. */
static int see_content(struct ctl *ctl, struct decision *d, struct buffer *ret)
{
	OWN_CONTENT struct content content = {0};
	OWN_BUFFER struct buffer own = {0};
	struct buffer *keep = ret || !d->quotes_it ? ret : &own;
	const struct content_order order = {.purpose = "sign", .to = -1, .keep = keep};
	const char *item = item_of(ctl, d);

	if (description_of(d))
		return see_description(d);
	DO(content_read(ctl, &d->document, &order, &content));
	text_hex(content.digest, sizeof(content.digest), d->digest);
	if (!d->quotes_it || text_is_empty(item))
		return 0;
	return quotes_of(ctl, buffer_bytes(keep), d->digest, item, &d->quotes);
}

/* The content and whether it carries its mark: 0, or an outcome of mark_look(). */
static int look_for_mark(struct ctl *ctl, struct decision *d, struct wanted *wanted, int *ret_missing)
{
	OWN_BUFFER struct buffer content = {0};
	struct mark_of of = {.fields = corrects(ctl, d) ? fields_of(ctl) : NULL,
			     .releases = text_equal(d->act, "release")};

	DO(marking_ask(ctl, d->document.number, &of, wanted));
	DO(see_content(ctl, d, &content));
	*ret_missing = mark_look(buffer_bytes(&content), &wanted->mark);
	TRY(*ret_missing);
	if (*ret_missing != MARK_WRITE_MISSING)
		d->unmarked = text_is_empty(wanted->words) || wanted->mark.strikes ? 0 : *ret_missing;
	return 0;
}

int decision_see_whole(struct ctl *ctl, struct decision *d)
{
	OWN_WANTED struct wanted wanted = {0};
	int missing = 0;

	if (description_of(d))
		return see_description(d);
	DO(look_for_mark(ctl, d, &wanted, &missing));
	if (missing != MARK_WRITE_MISSING)
		return 0;
	return say_error(CLASSD_EXIT_STATE, d->document.number, "classctl approve NUMBER",
			 _("it does not carry its mark, which is written with the decision: decide it by itself"));
}

/*
 * What is decided carries its mark: where the content does not (a program had it open when it was submitted, the
 * decision corrects it, or releases it) it is marked first, so that the signature covers the mark.
 */
static int see_marked(struct ctl *ctl, struct decision *d)
{
	OWN_WANTED struct wanted wanted = {0};
	struct marked marked = {0};
	int missing = 0;

	if (description_of(d))
		return see_description(d);
	DO(look_for_mark(ctl, d, &wanted, &missing));
	if (missing != MARK_WRITE_MISSING)
		return 0;
	say_note("%s: %s", d->document.number, _("the document is marked before it is decided"));
	DO(document_locate(ctl, &d->document, json_get(d->shown.at, "record")));
	DO(marking_apply(ctl, &d->document, &wanted.mark, &marked));
	memcpy(d->digest, marked.digest, sizeof(d->digest));
	if (d->quotes.state != QUOTES_NOT_ASKED && !text_equal(d->quotes.digest, d->digest))
		d->quotes.state = QUOTES_OTHER;
	return 0;
}

static int say_other_text(const struct decision *d, const char *what)
{
	return say_error(CLASSD_EXIT_FAILED, d->document.number, _("do not sign; tell the secrecy office"),
			 _("the text to sign does not fit what was read here: %s"), what);
}

/* SHA-256("classd-commit-v1" || salt || SHA-256(content)), over the digest of what we read. */
static bool commits_to(const struct label *label, const char *salt_hex, const char *digest_hex)
{
	uint8_t salt[SEALED_SALT];
	uint8_t digest[32];
	uint8_t commitment[32];
	char hex[65];

	if (!salt_hex || !text_from_hex(salt_hex, salt, sizeof(salt)) ||
	    !text_from_hex(digest_hex, digest, sizeof(digest)))
		return false;
	envelope_commitment(salt, digest, commitment);
	text_hex(commitment, sizeof(commitment), hex);
	return text_equal(hex, label->commit);
}

static int check_label(const struct ctl *ctl, const struct decision *d, const char *text)
{
	struct label label = {0};
	struct json_view r = json_get(d->shown.at, "record");
	bool stands = text_equal(d->act, "settle") || text_equal(d->act, "order");
	const char *base = stands ? "decided" : "proposed";
	const char *wrong = NULL;

	if (label_parse(bytes_of_text(text), &label) != 0)
		return say_other_text(d, _("it is no label"));
	if (!text_equal(label.record, json_get_text(r, "id")))
		wrong = _("it names another record");
	else if (!text_equal(label.state, text_equal(d->act, "refer-unclear") ? "proposed" : "decided"))
		wrong = _("it is not a decision");
	else if (!commits_to(&label, json_get_text(d->prepared.at, "salt"), d->digest))
		wrong = _("it commits to other content");
	else if (sets_values(d) && !corrects(ctl, d) &&
		 !text_equal(label.level, json_get_text(json_get(r, base), "level")))
		wrong = stands ? _("its level is not the one in force") : _("its level is not the proposed one");
	label_done(&label);
	return wrong ? say_other_text(d, wrong) : 0;
}

static int check_issue(const struct decision *d, const char *text)
{
	struct issue_text issue = {0};
	const char *label = json_get_text(d->shown.at, "label");
	uint8_t hash[32];
	char hex[65];

	if (issue_parse(bytes_of_text(text), &issue) != 0)
		return say_other_text(d, _("it is no issue text"));
	envelope_label_hash(bytes_of_text(label), hash);
	text_hex(hash, sizeof(hash), hex);
	bool same = text_equal(issue.label, hex);
	issue_done(&issue);
	return same ? 0 : say_other_text(d, _("it names another label"));
}

/* What the paper says on which a decision rests. */
static void set_paper(struct ctl *ctl, struct json *parameters)
{
	ctl_set(ctl, parameters, "document", "document");
	ctl_set(ctl, parameters, "date", "on");
	ctl_set(ctl, parameters, "reason", "reason");
	ctl_set(ctl, parameters, "claim", "claim");
}

int decision_prepare(struct ctl *ctl, const struct decision *d, struct reply *ret)
{
	struct call call = {.method = "Records.PrepareDecision", .parameters = json_object()};

	json_set_text(call.parameters, "number", d->document.number);
	json_set_text(call.parameters, "act", d->act);
	if (corrects(ctl, d))
		json_set(call.parameters, "fields", fields_of(ctl));
	if (!d->is_of_set)
		set_paper(ctl, call.parameters);
	if (text_equal(d->act, "issue")) {
		ctl_set(ctl, call.parameters, "document_number", "document-number");
		json_set_text(call.parameters, "date", d->date ? d->date : ctl_text(ctl, "date"));
		ctl_set(ctl, call.parameters, "copies", "copies");
	}
	return ctl_call(ctl, &call, ret);
}

static void say_departures(struct json_view departures)
{
	for (size_t i = 0; i < json_n(departures); i++) {
		OWN_MEM char *safe = words_say(json_as_text(json_at(departures, i)));
		say_note("%s %s", _("departs from the catalogue:"), safe ? safe : "");
	}
}

/* The whole text is shown before it is signed: nobody signs what he has not seen. */
static int sign(struct ctl *ctl, struct decision *d, const char *text)
{
	const char *space = json_get_text(d->prepared.at, "namespace");
	const char *wanted = text_equal(d->act, "issue") ? ISSUE_NAMESPACE : LABEL_NAMESPACE;

	if (!json_get_bool(d->prepared.at, "signature_needed") && !ctl_text(ctl, "key"))
		return 0;
	if (!text_equal(space, wanted))
		return say_other_text(d, _("it asks for a signature of another kind"));
	if (ask_is_possible() && !ctl->json) {
		OWN_MEM char *safe = say_safe(json_get_text(d->prepared.at, "mark"));

		quotes_say(&d->quotes, 0, say_note);
		say_note("%s", text);
		say_note("%s %s", _("mark:"), safe ? safe : "");
		DO(ask_sure(_("Sign this?")));
	}
	return sign_text(ctl, text, space, &d->signature);
}

int decision_check(struct ctl *ctl, struct decision *d)
{
	const char *text = json_get_text(d->prepared.at, "text");
	const char *digest = json_get_text(d->prepared.at, "digest");

	if (text_is_empty(text))
		return say_other_text(d, _("it is empty"));
	if (!text_equal(d->act, "issue") && !text_equal(digest, d->digest))
		return say_other_text(d, _("the record names other content"));
	say_departures(json_get(d->prepared.at, "departures"));
	return text_equal(d->act, "issue") ? check_issue(d, text) : check_label(ctl, d, text);
}

int decision_send(struct ctl *ctl, const struct decision *d, struct json *set, struct reply *ret)
{
	const char *text = json_get_text(d->prepared.at, "text");
	struct call call = {.method = "Records.Decide", .parameters = json_object()};
	json_set_text(call.parameters, "number", d->document.number);
	json_set_text(call.parameters, "act", d->act);
	json_set_text(call.parameters, "text", text);
	json_set_text(call.parameters, "signature", d->signature);
	if (corrects(ctl, d))
		json_set(call.parameters, "fields", fields_of(ctl));
	if (set)
		json_set(call.parameters, "set", set);
	else
		set_paper(ctl, call.parameters);
	return ctl_call(ctl, &call, ret);
}

static int decide(struct ctl *ctl, struct decision *d, struct reply *ret)
{
	DO(decision_check(ctl, d));
	DO(sign(ctl, d, json_get_text(d->prepared.at, "text")));
	return decision_send(ctl, d, NULL, ret);
}

int decision_start(struct ctl *ctl, const char *word, struct decision *d)
{
	DO(document_find(word, &d->document));
	return document_show(ctl, &d->document, &d->shown);
}

/* Marking changes the document before it is decided; so first the agent says whether it would be granted at all. */
int decision_see(struct ctl *ctl, struct decision *d)
{
	OWN_REPLY struct reply granted = {0};

	if (!sets_values(d) && !text_equal(d->act, "release")) /* which strikes the mark through */
		return see_content(ctl, d, NULL);
	DO(decision_prepare(ctl, d, &granted));
	return see_marked(ctl, d);
}

int decide_act(struct ctl *ctl, const char *act)
{
	OWN_DECISION struct decision d = {.document = {.fd = -1}};
	OWN_REPLY struct reply reply = {0};

	DO(decision_start(ctl, ctl_word(ctl, 0), &d));
	d.act = act ? act : act_of(ctl, json_get(d.shown.at, "record"));
	d.quotes_it = ask_is_possible() && !ctl->json;
	DO(decision_see(ctl, &d));
	DO(decision_prepare(ctl, &d, &d.prepared));
	DO(decide(ctl, &d, &reply));
	DO(marking_notice(ctl, d.document.number, d.unmarked));
	return record_print(ctl, &reply);
}

static int run_approve(struct ctl *ctl)
{
	return decide_act(ctl, NULL);
}

static int ask_today(struct ctl *ctl, char **ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Agent.GetStatus"};

	DO(ctl_call(ctl, &call, &reply));
	*ret = text_copy(json_get_text(reply.at, "today"));
	return *ret ? 0 : FAULT(ENOMEM, "a date");
}

static int run_issue(struct ctl *ctl)
{
	OWN_DECISION struct decision d = {.document = {.fd = -1}, .act = "issue"};
	OWN_REPLY struct reply reply = {0};

	if (!ctl_text(ctl, "document-number"))
		return ctl_missing(ctl, "--document-number NUMBER");
	DO(decision_start(ctl, ctl_word(ctl, 0), &d));
	if (!ctl_text(ctl, "date"))
		DO(ask_today(ctl, &d.date));
	DO(decision_prepare(ctl, &d, &d.prepared));
	DO(decide(ctl, &d, &reply));
	return record_print(ctl, &reply);
}


static const struct option_row approve_options[] = {FIELD_VALUES, FIELD_REGIME, SIGN_OPTION, {0}};
static const struct option_row issue_options[] = {
    {"document-number", 0, OPTION_TEXT, "NUMBER", N_("number that the document goes out under; needed")},
    {"date", 0, OPTION_DATE, "DATE", N_("issue date (else today)")},
    {"copies", 0, OPTION_NUMBER, "N", N_("number of copies")},
    SIGN_OPTION,
    {0},
};

const struct command decide_commands[] = {
    {"approve", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("decide what waits: as proposed, or corrected"), run_approve,
     approve_options,
     N_("Reads the document, checks that the text to sign is about exactly these bytes, signs it and decides. With\n"
	"--item, --level, --term or --scope the decision departs from the proposal. A document that\n"
	"does not carry the mark that is decided (corrected, or still open when it was submitted) is marked before it\n"
	"is signed. A change, an extension, a release and a declaration are approved in the same way."),
     "approve 2026-000123\napprove 2026-000123 --level confidential --term 5y --reason 'no figures in it'"},
    {"issue", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("the document goes out; its term runs from here"), run_issue,
     issue_options, NULL, "issue 2026-000123 --document-number 'PL 14/2026' --date 2026-03-02 --copies 3"},
    {0},
};

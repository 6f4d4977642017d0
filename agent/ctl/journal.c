/* journal and recover. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/progress.h"

#include <stdio.h>

static int run_verify(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Journal.Verify"};

	DO(ctl_call(ctl, &call, &reply));
	long long entries = (long long)json_get_int(reply.at, "entries", 0);
	long long bad = (long long)json_get_int(reply.at, "first_bad", 0);
	if (ctl->json)
		DO(ctl_print_json(reply.at));
	else {
		say(_n("%lld entry, %lld in the store", "%lld entries, %lld in the store", entries), entries,
		    (long long)json_get_int(reply.at, "store_entries", 0));
		say_field(_("hash"), json_get_text(reply.at, "hash"));
		say_field(_("detail"), json_get_text(reply.at, "detail"));
		if (bad <= 0)
			say("%s", _("every entry follows from the one before"));
	}
	if (bad <= 0)
		return 0;
	OWN_MEM char *where = text_format("%lld", bad);
	return say_error(CLASSD_EXIT_FINDINGS, where, _("keep the machine as it is and tell the secrecy office"),
			 _("the journal was altered or damaged from this entry on"));
}

static int run_read(struct ctl *ctl)
{
	int64_t left = (int64_t)options_number(&ctl->options, "limit", INT64_MAX);
	int64_t after = (int64_t)options_number(&ctl->options, "after", 0);

	while (left > 0) {
		OWN_REPLY struct reply reply = {0};
		struct call call = {.method = "Journal.Read", .parameters = json_object()};

		json_set_int(call.parameters, "after", after);
		if (left < 100)
			json_set_int(call.parameters, "limit", left);
		DO(ctl_call(ctl, &call, &reply));
		struct json_view entries = json_get(reply.at, "entries");
		for (size_t i = 0; i < json_n(entries) && left > 0; i++, left--)
			say("%s", json_as_text(json_at(entries, i))); /* JSON of one line already */
		int64_t last = json_get_int(reply.at, "last", after);
		if (!json_n(entries) || last <= after)
			return 0;
		after = last;
	}
	return 0;
}

/* A line of each record; the content and its commitment were proved of every file that was taken. */
static void say_proofs(struct json_view proofs)
{
	for (size_t i = 0; i < json_n(proofs); i++) {
		struct json_view p = json_at(proofs, i);
		OWN_MEM char *line = text_format(
		    _n("%s: %lld file, versions %lld to %lld, content as sealed; signature: %s; labels: %s",
		       "%s: %lld files, versions %lld to %lld, content as sealed; signature: %s; labels: %s",
		       json_get_int(p, "files", 0)),
		    reply_text(p, "number"), (long long)json_get_int(p, "files", 0),
		    (long long)json_get_int(p, "from", 0), (long long)json_get_int(p, "to", 0),
		    words_of(reply_text(p, "signature")), words_of(reply_text(p, "labels")));

		say_field(json_get_bool(p, "proved") ? _("proved") : _("not proved"), line);
	}
}

/* "14 files, 1 record": how far it is. malloc'ed */
static char *counts_of(struct json_view at)
{
	long long n_files = (long long)json_get_int(at, "files", 0),
		  n_records = (long long)json_get_int(at, "records", 0);
	OWN_MEM char *files = text_format(_n("%lld file", "%lld files", n_files), n_files);
	OWN_MEM char *records = text_format(_n("%lld record", "%lld records", n_records), n_records);

	return text_format(_("%s, %s"), files ? files : "", records ? records : "");
}

static void say_recovery(struct json_view at)
{
	struct json_view missing = json_get(at, "missing");
	const char *phase = json_get_text(at, "phase");

	OWN_MEM char *counts = counts_of(at);

	say(_("%s: %s, %lld unverified, %lld failed"), text_is_empty(phase) ? "-" : words_of(phase),
	    counts ? counts : "", (long long)json_get_int(at, "unverified", 0),
	    (long long)json_get_int(at, "failed", 0));
	for (size_t i = 0; i < json_n(missing); i++)
		say_field(i ? "" : _("missing"), json_as_text(json_at(missing, i)));
	say_proofs(json_get(at, "proofs"));
}

static int run_recover(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	OWN_FD int fd = -1;
	struct progress p;
	struct call call = {.method = "Journal.Recover", .more = true};

	if (!ctl_text(ctl, "from"))
		return ctl_missing(ctl, "--from FOLDER");
	DO(document_folder(ctl_text(ctl, "from"), &fd));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	json_set_int(call.parameters, "directory", call_pass(&call, fd));
	json_set_text(call.parameters, "reason", reason);
	progress_start(&p, !ctl->json);
	int result = ctl_call(ctl, &call, &reply);
	while (result == 0 && reply.continues) {
		if (ctl->json)
			DO(ctl_print_json(reply.at));
		OWN_MEM char *counts = counts_of(reply.at);
		progress_show(&p, "%s", counts ? counts : "");
		result = ctl_next(ctl, &reply);
	}
	progress_end(&p);
	DO(result);
	if (ctl->json)
		DO(ctl_print_json(reply.at));
	else
		say_recovery(reply.at);
	return json_get_int(reply.at, "failed", 0) ? CLASSD_EXIT_FINDINGS : 0;
}

static const struct option_row read_options[] = {
    {"after", 0, OPTION_NUMBER, "N", N_("entries behind this one")},
    {"limit", 'n', OPTION_NUMBER, "N", N_("at most N")},
    {0},
};
static const struct option_row recover_options[] = {
    {"from", 0, OPTION_TEXT, "FOLDER", N_("folder with the sealed files; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {0},
};

const struct command journal_commands[] = {
    {"journal verify", GROUP_OVERSIGHT, 0, 0, NULL, N_("check the whole journal"), run_verify, NULL,
     N_("Exits with 10 when an entry does not follow from the one before."), "journal verify"},
    {"journal read", GROUP_OVERSIGHT, 0, 0, NULL, N_("entries of the journal, a line of JSON each"), run_read,
     read_options, NULL, "journal read --after 120 --limit 20"},
    {"recover", GROUP_KEYS, 0, 0, NULL, N_("rebuild records from sealed files when the store is lost"), run_recover,
     recover_options,
     N_("Two security administrators: the first opens the recovery with this command, the second runs it with the "
	"same.\n"
	"What cannot be rebuilt is listed; decisions without a known key are kept as unverified."),
     "recover --from /srv/documents --reason 'disk of the store lost'"},
    {0},
};

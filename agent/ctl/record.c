#include "ctl/record.h"

#include "base/text.h"
#include "ctl/document.h"
#include "ctl/progress.h"
#include "ctl/said.h"

#include <time.h>

enum { LOOK_AGAIN_MS = 150, DIGEST_LOOKS = 200 };

/* Without its level where a regime has none: what is protected is not to be read as if it were not. */
static char *values_of(struct json_view v, bool has_level)
{
	OWN_BUFFER struct buffer b = {0};
	struct json_view scope = json_get(v, "scope");

	if (!json_is_present(v))
		return NULL;
	const char *basis = json_get_text(v, "basis");
	OWN_MEM char *term = said_term(json_get_text(v, "term"));
	OWN_MEM char *on = said_basis(text_equal(basis, "missing") ? NULL : basis); /* findings say where one is due */
	const char *const parts[] = {has_level ? said_level(json_get_text(v, "level")) : NULL, term, on};
	for (size_t i = 0; i < array_n(parts); i++)
		if (!text_is_empty(parts[i]))
			buffer_add_format(&b, "%s%s", b.n ? ", " : "", parts[i]);
	for (size_t i = 0; i < json_n(json_get(v, "categories")); i++)
		buffer_add_format(&b, "%s%s", b.n ? ", " : "", json_as_text(json_at(json_get(v, "categories"), i)));
	for (size_t i = 0; i < json_n(scope); i++)
		buffer_add_format(&b, "%s%s", i ? " " : b.n ? _(", for ") : _("for "), json_as_text(json_at(scope, i)));
	return b.n ? buffer_steal_text(&b) : NULL;
}

char *record_values(struct json_view v)
{
	return values_of(v, true);
}

static bool has_levels(const char *regime)
{
	return !text_equal(regime, "work-secret") && !text_equal(regime, "other-protected");
}

const char *record_level(struct json_view r)
{
	const char *regime = json_get_text(r, "regime");
	const char *level = json_get_text(r, "level"); /* of a row of the queue */
	struct json_view decided = json_get(r, "decided");

	if (!level)
		level = json_get_text(json_is_present(decided) ? decided : json_get(r, "proposed"), "level");

	return has_levels(regime) ? level : words_of(regime);
}

/* What waits to be decided about what is decided already. */
static void say_asked(struct json_view r)
{
	const char *request = json_get_text(r, "request"), *regime = json_get_text(r, "asked_regime");
	OWN_MEM char *line = text_format("%s%s%s, %s", words_of(request), regime ? " → " : "", words_of(regime),
					 reply_text(r, "requester"));

	if (!text_is_empty(request))
		say_field(_("asked for"), line);
}

void record_say(struct json_view r)
{
	const char *regime = json_get_text(r, "regime"), *asked = json_get_text(r, "asked_regime");
	OWN_MEM char *proposed = values_of(json_get(r, "proposed"), has_levels(asked ? asked : regime));
	OWN_MEM char *decided = values_of(json_get(r, "decided"), has_levels(regime));
	const char *state = json_get_text(r, "state");
	const char *sealing = json_get_text(r, "sealing");

	say_field(_("record"), json_get_text(r, "number"));
	say_field(_("state"), words_of(state));
	say_asked(r);
	say_field(_("title"), json_get_text(r, "title"));
	say_field(_("document"), json_get_text(r, "path"));
	if (!has_levels(regime))
		say_field(_("regime"), words_of(regime));
	say_field(_("proposed"), proposed);
	say_field(_("decided"), decided);
	say_field(_("mark"), json_get_text(r, "mark"));
	say_field(_("responsible"), json_get_text(r, "responsible"));
	say_field(_("until"), json_get_text(r, "declassify_on"));
	say_field(_("document number"), json_get_text(r, "document_number"));
	if (!text_is_empty(sealing) && !text_equal(sealing, "none"))
		say_field(_("sealing"), gettext(sealing));
	say_field("", json_get_text(r, "sealing_detail"));
}

int record_print(struct ctl *ctl, const struct reply *reply)
{
	if (ctl->json)
		return ctl_print_json(reply->at);
	const char *from = json_get_text(reply->at, "term_from");
	if (from) {
		OWN_MEM char *safe = words_say(from);
		say_note("%s", safe ? safe : "");
	}
	struct json_view notes = json_get(reply->at, "notes");
	for (size_t i = 0; i < json_n(notes); i++) {
		OWN_MEM char *safe = words_say(json_as_text(json_at(notes, i)));
		say_note("%s", safe ? safe : "");
	}
	record_say(json_get(reply->at, "record"));
	return 0;
}

int record_with_reason(struct ctl *ctl, const char *method)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = method};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "reason", reason);
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

int record_print_declared(struct ctl *ctl, const struct reply *reply)
{
	struct json_view contrary = json_get(reply->at, "contrary");

	DO(record_print(ctl, reply));
	if (ctl->json || json_get_bool(reply->at, "decided"))
		return 0;
	say_note("%s", _("the responsible person must confirm, because:"));
	for (size_t i = 0; i < json_n(contrary); i++) {
		OWN_MEM char *safe = words_say(json_as_text(json_at(contrary, i)));
		say_note("  %s", safe ? safe : "");
	}
	return 0;
}

static int look(struct ctl *ctl, const char *number, struct reply *ret)
{
	struct call call = {.method = "Records.Show", .parameters = json_object()};
	struct json *reference = json_object();

	json_set_text(reference, "number", number);
	json_set(call.parameters, "document", reference);
	return ctl_call(ctl, &call, ret);
}

static void rest(void)
{
	struct timespec t = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};

	(void)nanosleep(&t, NULL); /* woken early only looks earlier */
}

int record_wait_sealed(struct ctl *ctl, const char *number)
{
	struct progress p;

	progress_start(&p, !ctl->json);
	for (;;) {
		OWN_REPLY struct reply reply = {0};

		int result = look(ctl, number, &reply);
		struct json_view r = json_get(reply.at, "record");
		const char *sealing = json_get_text(r, "sealing");
		if (result || text_equal(sealing, "sealed") || text_equal(sealing, "failed"))
			progress_end(&p);
		DO(result);
		if (text_equal(sealing, "sealed"))
			return 0;
		if (text_equal(sealing, "failed")) {
			OWN_MEM char *detail = say_safe(json_get_text(r, "sealing_detail"));
			return say_error(CLASSD_EXIT_FAILED, number, _("see classctl findings"),
					 _("sealing failed: %s"), detail ? detail : "");
		}
		progress_show(&p, "%s: %s %s", number, _("sealing"), words_of(sealing));
		rest();
	}
}

int record_verify(struct ctl *ctl, const char *number, struct reply *ret)
{
	for (int i = 1;; i++) {
		struct call call = {.method = "Records.Verify",
				    .parameters = json_object(),
				    .quiet = i < DIGEST_LOOKS ? "being-sealed" : NULL};

		json_set_text(call.parameters, "number", number);
		int result = ctl_call(ctl, &call, ret);
		if (!call.hushed)
			return result;
		rest();
	}
}

int record_wait_digest(struct ctl *ctl, const char *number, const char *digest_hex)
{
	for (int i = 0; i < DIGEST_LOOKS; i++) {
		OWN_REPLY struct reply reply = {0};

		DO(look(ctl, number, &reply));
		if (text_equal(json_get_text(json_get(reply.at, "record"), "digest"), digest_hex))
			return 0;
		rest();
	}
	return say_error(CLASSD_EXIT_BUSY, number, _("try again in a moment"),
			 _("the new version of the document has not been sealed yet"));
}

int record_wait_quiet(struct ctl *ctl, const char *number)
{
	for (int i = 0; i < DIGEST_LOOKS; i++) {
		OWN_REPLY struct reply reply = {0};

		DO(look(ctl, number, &reply));
		const char *sealing = json_get_text(json_get(reply.at, "record"), "sealing");
		if (!text_equal(sealing, "wanted") && !text_equal(sealing, "sealing"))
			return 0;
		rest();
	}
	return say_error(CLASSD_EXIT_BUSY, number, _("try again in a moment"),
			 _("the document is being sealed and does not come to an end"));
}

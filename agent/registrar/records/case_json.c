/* A record as the API shows it. */
#include "registrar/records/case.h"

#include "base/text.h"
#include "domain/claim.h"
#include "domain/due.h"
#include "registrar/documents/jobs.h"

#include <stdio.h>

static void set_text(struct json *object, const char *key, const char *text)
{
	json_set_text(object, key, text ? text : "");
}

static struct json *texts_json(struct texts list)
{
	struct json *array = json_array();

	for (size_t i = 0; i < list.n; i++)
		json_append_text(array, list.at[i]);
	return array;
}

static void basis_format(const struct classification *c, char ret[256])
{
	if (c->basis == BASIS_ITEM)
		(void)snprintf(ret, 256, "item %s", c->item ? c->item : "-");
	else if (c->basis == BASIS_DERIVED)
		(void)snprintf(ret, 256, "source %s%s", c->sources.n ? c->sources.at[0] : "-",
			       c->sources.n > 1 ? " and others" : "");
	else
		(void)snprintf(ret, 256, "%s", basis_kind_name(c->basis));
}

static struct json *values_json(const struct classification *c)
{
	struct json *values = json_object();
	char term[TERM_TEXT_MAX];
	char basis[256];

	term_format_cli(&c->term, term);
	basis_format(c, basis);
	set_text(values, "level", c->level);
	set_text(values, "term", c->term.kind == TERM_NONE ? "" : term);
	set_text(values, "basis", basis);
	json_set(values, "scope", texts_json(c->scope));
	if (c->categories.n)
		json_set(values, "categories", texts_json(c->categories));
	set_text(values, "reason", c->reason);
	return values;
}

struct file_of {
	struct json *to;
	bool found;
};

static int take_file(const struct store_document *d, void *arg)
{
	struct file_of *of = arg;

	set_text(of->to, "path", d->path);
	set_text(of->to, "digest", d->sha256);
	json_set_int(of->to, "content", d->content);
	of->found = true;
	return 0;
}

static int take_signature(const struct store_label *label, void *arg)
{
	*(bool *)arg = label->signature != NULL;
	return 1;
}

static void set_decision(struct json *to, const struct record *record)
{
	const struct request_kind *asked = request_waiting(record);

	set_text(to, "mark", record->mark);
	set_text(to, "document_number", record->document_number);
	json_set_date(to, "issue_date", record->issued_on);
	json_set_date(to, "declassify_on", record->declassify_on);
	json_set_date(to, "next_review", record->next_review);
	json_set_date(to, "decided_at", record->decided_on);
	set_text(to, "decider_role", record->decider_role);
	set_text(to, "originator", record->originator);
	set_text(to, "holder", record->holder);
	set_text(to, "request", asked ? asked->name : NULL);
	set_text(to, "requester", asked ? record->requester : NULL);
}

static struct json *claims_json(const struct record *record)
{
	struct json *list = json_array();
	char term[TERM_TEXT_MAX];
	struct claim c;

	for (size_t i = 0; record->state == RECORD_DISPUTED && i < record->claims.n; i++) {
		struct json *to = json_object();

		if (!claim_parse(record->claims.at[i], &c))
			c = (struct claim){.unit = "?"};
		term_format_cli(&c.term, term);
		json_set_text(to, "unit", c.unit);
		json_set_text(to, "level", c.level);
		json_set_text(to, "term", c.term.kind == TERM_NONE ? "" : term);
		json_set_date(to, "since", c.since);
		json_append(list, to);
	}
	return list;
}

static void set_referral(struct json *to, const struct policy *p, const struct record *record)
{
	const struct unit_rule *unit = policy_unit_find(p, record->referred_to);
	bool disputed = record->state == RECORD_DISPUTED;
	enum deadline which = DEADLINE_UNCLEAR_REPORT;
	char claimed[TERM_TEXT_MAX] = "";
	struct json *referral;

	if (record->state != RECORD_PROVISIONAL && record->state != RECORD_REPORTED && !disputed)
		return;
	referral = json_object();
	set_text(referral, "to", unit ? unit->name.official : record->referred_to);
	json_set_date(referral, "referred_on", disputed ? record->disputed_on : record->referred_on);
	set_text(referral, "claimed", disputed ? record->claimed : NULL);
	if (disputed)
		term_format_cli(&record->claimed_term, claimed);
	set_text(referral, "claimed_term", disputed ? claimed : NULL);
	json_set(referral, "claims", claims_json(record));
	json_set_date(referral, "reported_on", record->reported_on);
	json_set_date(referral, "due", due_deadline(p, record, &which));
	json_set_text(referral, "waits_for", deadline_name(which));
	json_set(to, "referral", referral);
}

static void set_carrier(struct json *to, const struct record *record)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_MEM char *description = NULL;

	if (record_is_carrier(record))
		labels_description(record, &text);
	description = buffer_steal_text(&text);
	set_text(to, "carrier", record_is_carrier(record) ? record->carrier : "file");
	set_text(to, "description", description);
}

struct json *case_record_json(struct registrar *r, const struct record *record)
{
	struct json *to = json_object();
	struct file_of file = {to, false};
	const char *detail = "";
	bool is_signed = false;

	set_text(to, "number", record->number);
	set_text(to, "id", record->id);
	json_set_int(to, "version", record->version);
	json_set_text(to, "state", record_state_name(record->state));
	json_set_text(to, "regime", regime_name(record->regime));
	if (request_regime(record) != record->regime)
		json_set_text(to, "asked_regime", record->asked_regime);
	set_text(to, "title", record->title);
	set_text(to, "drafter", record->drafter);
	set_text(to, "responsible", record->responsible);
	set_text(to, "type", record->type);
	set_carrier(to, record);
	json_set_text(to, "protection", record_protection(r->policy, record)->code);
	if (record->proposed.level || record->proposed.basis != BASIS_MISSING)
		json_set(to, "proposed", values_json(&record->proposed));
	if (record->decided.level)
		json_set(to, "decided", values_json(&record->decided));
	set_decision(to, record);
	set_referral(to, r->policy, record);
	if (store_document_of(r->store, record->number, take_file, &file) < 0 || !file.found) {
		set_text(to, "path", record->path);
		set_text(to, "digest", "");
		json_set_int(to, "content", 0);
	}
	json_set_text(to, "sealing", sealing_name(jobs_sealing(r, record->number, &detail)));
	set_text(to, "sealing_detail", detail);
	if (store_label_list(r->store, record->number, "label", take_signature, &is_signed) < 0)
		is_signed = false;
	json_set_bool(to, "signed", is_signed);
	return to;
}

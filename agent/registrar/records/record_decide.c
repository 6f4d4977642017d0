/* The methods of deciding: the text to sign, and the decision itself. */
#include "base/text.h"
#include "library/signature.h"
#include "registrar/documents/jobs.h"
#include "registrar/records/decision_set.h"
#include "registrar/records/record_methods.h"

#include <string.h>

static int show_plan(struct case_of *c, struct decision *d)
{
	struct json *reply = json_object();
	OWN_MEM char *text = NULL;
	char hex[2 * SHA256_BYTES + 1];

	buffer_u8(&d->text, 0);
	text = d->text.failed ? NULL : text_copy((const char *)d->text.at);
	json_set_text(reply, "text", text);
	json_set_text(reply, "namespace", d->space);
	text_hex(d->salt, SEALED_SALT, hex);
	json_set_text(reply, "salt", hex);
	text_hex(d->content.digest, SHA256_BYTES, hex);
	json_set_text(reply, "digest", hex);
	json_set_text(reply, "mark", d->mark ? d->mark : "");
	json_set(reply, "departures", decision_departures(c, d));
	json_set_bool(reply, "signature_needed", d->needs_signature);
	return api_reply(c->call, reply);
}

int record_method_prepare(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct decision d = {0};
	struct json_view parameters = api_parameters(call);
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(parameters, "number"));
	if (status == 0)
		status = decision_plan(&c, json_get_text(parameters, "act"), parameters, &d);
	if (status == 0)
		status = show_plan(&c, &d);
	decision_done(&d);
	return status < 0 ? status : 0;
}

static const struct store_key *own_key(const struct case_of *c, const struct ssh_public_key *key)
{
	for (size_t i = 0; i < c->person->n_keys; i++) {
		const struct store_key *k = &c->person->keys[i];
		struct ssh_public_key registered;

		if (store_key_signs(k) &&
		    ssh_public_key_parse_line(bytes_of_text(k->line), &registered) == 0 &&
		    ssh_public_key_equal(key, &registered))
			return k;
	}
	return NULL;
}

/* By a confirmed, unrevoked key of the caller, in this namespace, over exactly this text. */
static int check_signature(struct case_of *c, const struct decision *d, const char *signature)
{
	const struct signature_demand demand = {
	    .space = d->space,
	    .token = d->signed_with >= SIGNED_WITH_TOKEN,
	    .present = d->signed_with >= SIGNED_WITH_TOKEN,
	    .verified = d->signed_with == SIGNED_WITH_VERIFIED_TOKEN,
	};
	const struct store_key *mine;
	struct ssh_public_key key;
	int status;

	if (!signature)
		return d->needs_signature
			   ? case_refuse(c, API_AUTHORITY, "signature-needed",
					 "classctl identity makes and registers a key", "this decision must be signed")
			   : 0;
	status = signature_verify(buffer_bytes(&d->text), bytes_of_text(signature), &demand, &key);
	TRY(status);
	if (status == SIGNATURE_NOT_PRESENT || status == SIGNATURE_NOT_VERIFIED)
		return case_refuse(c, API_AUTHORITY, "token-needed",
				   demand.verified
				       ? "ssh-keygen -t ed25519-sk -O verify-required, then classctl identity"
				       : "ssh-keygen -t ed25519-sk, then classctl identity",
				   signature_outcome_text(status));
	if (status) {
		TRY(api_refuse(c->call, API_INPUT, "bad-signature", "signature",
			       "sign the text that PrepareDecision gave, in its namespace",
			       "the signature does not hold: %s", signature_outcome_text(status)));
		return CASE_ANSWERED;
	}
	mine = own_key(c, &key);
	if (!mine)
		return case_refuse(c, API_AUTHORITY, "not-your-key",
				   "classctl identity shows your keys; a new one must be confirmed first",
				   "the key that signed is not a confirmed key of yours");
	c->next.decider_key = mine->fingerprint;
	if (c->r->policy->two_persons[d->act] && text_equal(c->record->drafter_key, mine->fingerprint))
		return case_refuse(c, API_AUTHORITY, "own-key", "another responsible person must decide",
				   "this key signed the proposal");
	return 0;
}

static int decide(struct case_of *c, struct decision *d, struct json_view parameters)
{
	const char *given = json_get_text(parameters, "text");
	const char *signature = json_get_text(parameters, "signature");
	int status;

	if (!bytes_equal_text(buffer_bytes(&d->text), given))
		return case_refuse(c, API_STATE, "text-differs", "look again: classctl show NUMBER, then decide anew",
				   "the record or the day changed since the text was prepared; nothing was decided");
	status = check_signature(c, d, signature);
	if (status)
		return status;
	status = decision_set_take(c, d, parameters, &c->set);
	if (status)
		return status;
	record_ask_notices(c, d->act);
	status = case_change(c, d->act, d->note ? d->note : json_get_text(parameters, "reason"),
			     record_label_json(&c->next, d->kind, buffer_bytes(&d->text), signature, &d->content));
	if (status == 0)
		status = jobs_relabel(c->r, c->next.number);
	if (status == 0 && d->act == ACT_RELEASE)
		status = record_ask_publication(c);
	if (status == 0 && c->next.state == RECORD_UNCLASSIFIED && c->record->state == RECORD_PROPOSED)
		status = record_draw_reread(c);
	return status == 0 ? case_reply(c, NULL) : status;
}

int record_method_decide(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct decision d = {0};
	struct json_view parameters = api_parameters(call);
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(parameters, "number"));
	if (status == 0)
		status = decision_plan(&c, json_get_text(parameters, "act"), parameters, &d);
	if (status == 0)
		status = decide(&c, &d, parameters);
	decision_done(&d);
	return status < 0 ? status : 0;
}

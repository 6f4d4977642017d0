/* What was decided, checked again: signature, commitment, the key's standing, the authority of that day. */
#include "base/text.h"
#include "library/envelope.h"
#include "library/signature.h"
#include "registrar/record_methods.h"

#include <string.h>

struct check {
	struct case_of *c;
	struct json *list;
	bool any;
};

static void add(struct check *k, const char *what, bool good, const char *detail)
{
	struct json *to = json_object();

	json_set_text(to, "what", what);
	json_set_text(to, "result", good ? "ok" : "failed");
	json_set_text(to, "detail", detail);
	json_append(k->list, to);
}

static void check_holder(struct check *k, const struct ssh_public_key *key)
{
	OWNED(store_person) struct store_person *holder = NULL;
	OWN_MEM char *detail = NULL;
	char fingerprint[FINGERPRINT_TEXT];

	signature_fingerprint(key, fingerprint);
	if (store_person_by_key(k->c->r->store, fingerprint, &holder)) {
		add(k, "key", false, "no person of the register holds the key that signed");
		return;
	}
	detail = text_format("%s, key of %s", fingerprint, holder->person.id);
	add(k, "key", text_equal(holder->person.id, k->c->record->responsible), detail ? detail : fingerprint);
}

static void check_commitment(struct check *k, const struct store_label *label)
{
	struct label parsed = {0};
	struct labels_content content = {0};
	uint8_t salt[SEALED_SALT], commit[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	bool good = false;

	if (label_parse(bytes_of_text(label->text), &parsed) == 0 && label->digest &&
	    text_from_hex(label->digest, content.digest, SHA256_BYTES)) {
		content.version = (uint32_t)parsed.content;
		labels_salt(k->c->r, k->c->record, &content, salt);
		envelope_commitment(salt, content.digest, commit);
		text_hex(commit, sizeof(commit), hex);
		good = text_equal(parsed.commit, hex) && text_equal(parsed.record, k->c->record->id);
	}
	label_done(&parsed);
	add(k, "commitment", good,
	    good ? "the label commits to the recorded digest" : "label and digest do not belong together");
}

static int check_label(const struct store_label *label, void *arg)
{
	struct check *k = arg;
	struct signature_demand demand = {.space = label->space};
	struct ssh_public_key key;
	int status;

	if (!label->signature)
		return 0;
	k->any = true;
	status = signature_verify(bytes_of_text(label->text), bytes_of_text(label->signature), &demand, &key);
	add(k, strcmp(label->kind, "issue") == 0 ? "issue signature" : "signature", status == 0,
	    status ? signature_outcome_text(status) : "holds over the label's text");
	if (status == 0)
		check_holder(k, &key);
	if (strcmp(label->kind, "label") == 0)
		check_commitment(k, label);
	return 1; /* the newest signed one */
}

int record_method_verify(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct check k = {&c, NULL, false};
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(api_parameters(call), "number"));
	if (status)
		return status < 0 ? status : 0;
	k.list = json_array();
	status = store_label_list(r->store, c.record->number, "label", check_label, &k);
	if (status >= 0)
		status = store_label_list(r->store, c.record->number, "issue", check_label, &k);
	if (!k.any)
		add(&k, "signature", false, "no signed decision is stored for this record");
	reply = json_object();
	json_set(reply, "checks", k.list);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}

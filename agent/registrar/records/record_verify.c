/*
 * What was decided, checked again: signature, commitment, the key's standing, the authority of that day, and whether
 * the sealed file carries that label. Facts and numbers only: an auditor may ask, who sees neither titles nor names.
 */
#include "base/text.h"
#include "library/envelope.h"
#include "library/signature.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/checks.h"
#include "registrar/records/decision_set.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/store_decision_sets.h"

#include <string.h>

struct check {
	struct case_of *c;
	struct json *list;
	bool any;
};

static void add(struct check *k, const char *what, bool good, const char *detail)
{
	check_add(k->list, what, good ? CHECK_OK : CHECK_FAILED, detail);
}

/* The day that the signed text gives: an issue has its date, a label the day of the decision. NULL: none. malloc'ed. */
static char *day_of(const struct store_label *label)
{
	struct issue_text issue = {0};
	struct label parsed = {0};
	char *day = NULL;

	if (strcmp(label->kind, "issue") == 0) {
		if (issue_parse(bytes_of_text(label->text), &issue) == 0)
			day = text_copy(issue.date);
		issue_done(&issue);
	} else {
		if (label_parse(bytes_of_text(label->text), &parsed) == 0)
			day = text_copy(parsed.decided);
		label_done(&parsed);
	}
	return day;
}

static void check_holder(struct check *k, const struct ssh_public_key *key, const char *day)
{
	OWNED(store_person) struct store_person *holder = NULL;
	OWN_MEM char *detail = NULL;
	char fingerprint[FINGERPRINT_TEXT];
	const char *fault;
	bool is_his;

	signature_fingerprint(key, fingerprint);
	if (store_person_by_key(k->c->r->store, fingerprint, &holder)) {
		add(k, "key", false, "no person of the register holds the key that signed");
		return;
	}
	is_his = text_equal(holder->person.id, k->c->record->responsible);
	fault = store_key_fault(holder, fingerprint, day);
	detail =
	    text_format("%s, a key%s of %s%s%s", fingerprint, key->kind == SSH_SK_ED25519 ? " on a token" : "",
			is_his ? "the responsible person" : "somebody else", fault ? "; " : "", fault ? fault : "");
	add(k, "key", is_his && !fault, detail ? detail : fingerprint);
}

/* adr/0030: the rules that run now are not those of the decision. */
static int not_judged(struct check *k, const struct record *decided)
{
	OWN_MEM char *detail = text_format("%s of %s %s; another pack runs", appointment_kind_name(decided->decided_as),
					   decided->pack, decided->pack_version ? decided->pack_version : "-");

	check_add(k->list, "authority", CHECK_NONE, detail ? detail : "-");
	return 0;
}

/* Declared not secret, or of a regime that asks for no more. */
static bool is_alone(const struct record *decided)
{
	return decided->decided_as == APPOINTMENT_NONE && text_equal(decided->decider_role, "drafter");
}

/* What the register says today of that day, by the record as it was decided. */
static int check_authority(struct check *k, uint32_t version)
{
	OWNED(record) struct record *decided = NULL;
	OWN_BUFFER struct buffer why = {0};
	struct authority_answer answer;
	bool known = false;
	int status = store_record_load_version(k->c->r->store, k->c->record->number, version, &decided);

	TRY(status);
	if (status == 0 && is_alone(decided)) {
		check_add(k->list, "authority", CHECK_NONE, "its drafter decided it alone; nobody is appointed for that");
		return 0;
	}
	if (status == 0)
		TRY(findings_authority(k->c->r, decided, &answer, &known));
	if (!known) {
		add(k, "authority", false, "who decided is not in the register");
		return 0;
	}
	if (record_is_of_other_pack(k->c->r->policy, decided))
		return not_judged(k, decided);
	if (answer.reason != AUTHORITY_GRANTED)
		authority_explain(&answer, &why);
	else
		buffer_add_text(&why, appointment_kind_name(decided->decided_as));
	buffer_u8(&why, 0);
	TRY(buffer_check(&why));
	add(k, "authority", answer.reason == AUTHORITY_GRANTED, (const char *)why.at);
	return 0;
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

struct decided_label {
	char *text;
	uint32_t version; /* 0: none */
};

static int take_newest(const struct store_label *label, void *arg)
{
	*(struct decided_label *)arg = (struct decided_label){text_copy(label->text), label->version};
	return 1;
}

struct set_of {
	struct check *k;
	const struct store_label *label;
};

static int check_set_text(const char *text, const char *signature, void *arg)
{
	struct set_of *of = arg;
	const struct signature_demand demand = {.space = SET_NAMESPACE};
	struct ssh_public_key key;
	int status = signature_verify(bytes_of_text(text), bytes_of_text(signature), &demand, &key);

	TRY(status);
	if (status)
		add(of->k, "set", false, signature_outcome_text(status));
	else if (!decision_set_names(text, of->k->c->record->id, of->label->text))
		add(of->k, "set", false, "the set that was signed does not name this label");
	else
		add(of->k, "set", true, "decided in one go with like cases: its signature holds and names this label");
	return 0;
}

static int check_set(struct check *k, const struct store_label *label)
{
	struct set_of of = {k, label};
	int status = store_decision_set(k->c->r->store, label->seq, check_set_text, &of);

	return status < 0 ? status : 0;
}

static int check_label(const struct store_label *label, void *arg)
{
	struct check *k = arg;
	struct signature_demand demand = {.space = label->space};
	OWN_MEM char *day = NULL;
	struct ssh_public_key key;
	int status;

	if (!label->signature)
		return 0;
	day = day_of(label);
	k->any = true;
	status = signature_verify(bytes_of_text(label->text), bytes_of_text(label->signature), &demand, &key);
	add(k, strcmp(label->kind, "issue") == 0 ? "issue signature" : "signature", status == 0,
	    status ? signature_outcome_text(status) : "holds over the label's text");
	if (status == 0)
		check_holder(k, &key, day);
	if (strcmp(label->kind, "label") == 0)
		check_commitment(k, label);
	if (strcmp(label->kind, "label") == 0)
		TRY(check_set(k, label));
	return 1; /* the newest signed one */
}

static void add_unsigned(struct check *k)
{
	const struct level *level = level_find(k->c->r->policy, k->c->record->decided.level);
	bool is_asked = level && level->needs_signature;

	check_add(k->list, "signature", is_asked ? CHECK_FAILED : CHECK_NONE,
		  is_asked ? "no signed decision is stored for this record"
			   : "nothing has been decided that is signed");
}

/* Decided without a signature, where the level asks for none, is decided too. */
static int check_decision(struct check *k)
{
	const struct record *record = k->c->record;
	struct decided_label newest = {0};
	int status;

	if (!text_is_empty(record->decided.level)) {
		status = store_label_list(k->c->r->store, record->number, "label", take_newest, &newest);
		free(newest.text);
		TRY(status);
		return check_authority(k, newest.version ? newest.version : record->version);
	}
	check_add(k->list, "authority", CHECK_NONE, "nothing has been decided yet");
	return 0;
}

/* ---- the sealed file ---- */

/* Why the label of the file is not what the store knows of it; NULL: it is. */
static const char *differs(const struct label *in_file, struct bytes text, const struct record *record,
			   const struct decided_label *newest, const struct store_document *document)
{
	if (!text_equal(in_file->record, record->id))
		return "the file carries the label of another record";
	if (in_file->version < newest->version)
		return "an older label: the file was put back, or its new label is still being written";
	if (in_file->version > record->version)
		return "a label that the record has not reached";
	if (in_file->version == newest->version && !bytes_equal(text, bytes_of_text(newest->text)))
		return "the label in the file is not the one that was decided";
	if (in_file->content < document->content)
		return "an older content: the file was put back";
	if (document->level && !text_equal(in_file->protection, document->level))
		return "the file is protected by another level than it was sealed to";
	return NULL;
}

static int compare_label(struct registrar *r, const struct store_document *document, const struct frame_opened *opened,
			 const char **ret)
{
	OWNED(record) struct record *record = NULL;
	struct decided_label newest = {0};
	struct sealed_record sealed;
	struct label label = {0};
	char mac[2 * FRAME_HASH + 1];
	int status = store_record_load(r->store, document->number, &record);

	TRY(status);
	*ret = "the label in the file does not read";
	text_hex(opened->header_mac, FRAME_HASH, mac);
	status = store_label_list(r->store, document->number, "label", take_newest, &newest);
	if (status >= 0 && record && sealed_record_parse(opened->record, &sealed) == 0 &&
	    label_parse(sealed.label, &label) == 0) {
		*ret = differs(&label, sealed.label, record, &newest, document);
		if (!*ret && document->header_mac && !text_equal(mac, document->header_mac))
			*ret = "another header than the one that was published: the file was put back";
	}
	label_done(&label);
	free(newest.text);
	return status < 0 ? status : 0;
}

static int reply_checks(struct api_call *call, struct json *list)
{
	struct json *reply = json_object();

	json_set(reply, "checks", list);
	return api_reply(call, reply);
}

static int check_file(struct registrar *r, struct api_call *call, const struct store_document *document,
		      const struct frame_opened *opened, struct json *with)
{
	OWNED(json) struct json *list = with;
	const char *wrong = NULL;

	if (opened->outcome == SEAL_LOCKED)
		return api_refuse(call, API_BUSY, jobs_outcome_name(opened->outcome), document->number,
				  "Unlock them, then try again.", "%s", jobs_outcome_text(opened->outcome));
	if (opened->outcome != SEAL_DONE) {
		check_add(list, "sealed file", CHECK_FAILED, text_is_empty(opened->detail) ? "-" : opened->detail);
		return reply_checks(call, steal(&list));
	}
	check_add(list, "sealed file", CHECK_OK, "opens with the key of its level; header and content are authentic");
	TRY(compare_label(r, document, opened, &wrong));
	check_add(list, "label in the file", wrong ? CHECK_FAILED : CHECK_OK,
		  wrong ? wrong : "the newest that was decided or written for this record");
	return reply_checks(call, steal(&list));
}

struct place {
	bool known, sealed;
};

static int take_place(const struct store_document *d, void *arg)
{
	*(struct place *)arg = (struct place){true, d->sealed};
	return 0;
}

static int ask_file(struct check *k)
{
	struct case_of *c = k->c;
	struct place place = {0};
	int status = store_document_of(c->r->store, c->record->number, take_place, &place);

	TRY(status);
	if (place.sealed)
		return jobs_header(c->r, c->call,
				   &(struct jobs_reading){.number = c->record->number,
							  .person = c->person->person.id,
							  .purpose = "verify"},
				   check_file, steal(&k->list));
	check_add(k->list, "sealed file", CHECK_NONE,
		  place.known ? "the document is not sealed" : "the record has no document here");
	return reply_checks(c->call, steal(&k->list));
}

int record_method_verify(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct check k = {&c, NULL, false};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load_to_verify(&c, json_get_text(api_parameters(call), "number"));
	if (status == 0)
		status = record_check_not_blind(&c);
	if (status)
		return status < 0 ? status : 0;
	k.list = json_array();
	status = store_label_list(r->store, c.record->number, "label", check_label, &k);
	if (status >= 0)
		status = store_label_list(r->store, c.record->number, "issue", check_label, &k);
	if (status >= 0 && !k.any)
		add_unsigned(&k);
	if (status >= 0)
		status = check_decision(&k);
	if (status >= 0)
		status = ask_file(&k);
	json_free(k.list);
	return status < 0 ? status : 0;
}

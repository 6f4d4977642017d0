/* From draft to proposal: who is asked, the mark, the label of the proposal. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/request.h"
#include "domain/scope.h"
#include "registrar/documents/jobs.h"
#include "registrar/store/record_json.h"

#include <stdio.h>
#include <string.h>

/* Who may decide this: the first in the register whose authority holds today. Storage in number. */
struct candidate {
	struct case_of *c;
	char id[64];
};

/*
 * Where nothing is proposed, level and matter are what is asked for: whoever holds an appointment for the department
 * may be asked, and what he decides then is checked like any decision.
 */
bool record_may_be_asked(const struct classification *what, const struct authority_answer *answer)
{
	bool only_values = answer->reason >= AUTHORITY_WRONG_MATTER && answer->reason <= AUTHORITY_NOT_LIKE_SOURCE;

	return answer->reason == AUTHORITY_GRANTED || (what->basis == BASIS_UNCLEAR && only_values);
}

static int try_candidate(const struct store_person *p, void *arg)
{
	struct candidate *found = arg;
	struct case_of *c = found->c;
	struct record asked = c->next;
	struct authority_answer answer;
	struct authority_question question;

	asked.state = RECORD_PROPOSED;
	asked.responsible = p->person.id;
	case_question(c->r, p, &asked, ACT_APPROVE, &c->next.proposed, &question);
	authority_check(&question, &answer);
	if (!record_may_be_asked(&c->next.proposed, &answer) || strlen(p->person.id) >= sizeof(found->id))
		return 0;
	(void)snprintf(found->id, sizeof(found->id), "%s", p->person.id);
	return 1;
}

static int choose_responsible(struct case_of *c, struct candidate *found)
{
	int status;

	*found = (struct candidate){.c = c};
	if (c->next.responsible)
		return 0;
	if (authority_may_alone(c->r->policy, &c->next)) {
		c->next.responsible = c->next.drafter;
		return 0;
	}
	status = store_person_list(c->r->store, false, try_candidate, found);
	TRY(status);
	if (found->id[0])
		c->next.responsible = found->id;
	return 0;
}

void record_make_mark(struct case_of *c, const struct classification *what, struct buffer *ret)
{
	const struct regime_rule *rule = regime_rule_of(c->r->policy, request_regime(&c->next));
	const struct texts before = c->record ? c->record->decided.scope : (struct texts){0};
	const char *shown[2 * SCOPE_LINES_MAX];
	size_t n = scope_shown(&c->next, before, what->scope, shown, array_n(shown));
	struct mark_facts facts = {.level = level_find(c->r->policy, what->level ? what->level : ""),
				   .term = &what->term,
				   .start = date_is_set(c->next.issued_on) ? c->next.issued_on : c->today,
				   .item = what->item ? catalogue_find(&c->r->policy->catalogue, what->item) : NULL,
				   .classified_by = c->next.responsible,
				   .sources = what->sources,
				   .scope = {shown, n},
				   .copy = c->copy,
				   .derived = what->basis == BASIS_DERIVED};

	if (rule && !level_is_classified(facts.level))
		regime_make_mark(c->r->policy, rule, &(struct regime_mark){c->next.department, facts.classified_by, facts.term, facts.start,
						       what->categories},
				 ret);
	else if (facts.level)
		mark_make(c->r->policy, &facts, ret);
}

struct json *record_label_json(const struct record *record, const char *kind, struct bytes text, const char *signature,
			       const struct labels_content *content)
{
	struct json *label = json_object();
	OWN_BUFFER struct buffer copy = {0};
	OWN_MEM char *line = NULL;
	char digest[2 * SHA256_BYTES + 1];

	buffer_add_bytes(&copy, text);
	line = buffer_steal_text(&copy);
	text_hex(content->digest, SHA256_BYTES, digest);
	json_set_text(label, "kind", kind);
	json_set_int(label, "version", record->version);
	json_set_text(label, "text", line);
	json_set_text(label, "signature", signature);
	json_set_text(label, "digest", digest);
	json_set_text(label, "namespace", strcmp(kind, "issue") == 0 ? ISSUE_NAMESPACE : LABEL_NAMESPACE);
	return label;
}

/* STORE_NOT_FOUND: no inspector has read it yet. */
static int content_of_file(struct case_of *c, struct labels_content *ret, char **ret_name)
{
	if (!c->file.sha256 || !text_from_hex(c->file.sha256, ret->digest, SHA256_BYTES))
		return STORE_NOT_FOUND;
	ret->length = c->file.size;
	ret->version = 1;
	TRY(labels_name(c->r, c->next.number, c->file.path, ret_name));
	ret->name = *ret_name;
	return 0;
}

/* The label of the proposal, when the content is known already. */
static int proposal_label(struct case_of *c, const char *digest, struct json **ret)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_MEM char *name = NULL;
	struct labels_content content = {0};
	int status = c->record ? labels_content_of(c->r, c->next.number, &content, &name)
			       : content_of_file(c, &content, &name);

	TRY(status);
	if (digest)
		(void)text_from_hex(digest, content.digest, SHA256_BYTES); /* checked by the caller */
	else if (status)
		return 0;
	if (!content.version)
		content.version = 1;
	c->next.version = (c->record ? c->record->version : 0) + 1;
	TRY(labels_text(c->r, &c->next, &content, &text));
	*ret = record_label_json(&c->next, "label", buffer_bytes(&text), NULL, &content);
	return 0;
}

static int refuse_digest(struct case_of *c)
{
	TRY(api_refuse(c->call, API_INPUT, "bad-digest", "digest", "give the SHA-256 of the marked file, 64 digits",
		       "it is not a SHA-256 in lower-case hexadecimal"));
	return CASE_ANSWERED;
}

struct submitted {
	struct case_of *c;
	const char *digest;
	struct json *document;
};

static int take_document(const struct store_document *d, void *arg)
{
	struct submitted *s = arg;
	struct store_document marked = *d;

	if (d->sealed)
		return 0;
	marked.sha256 = s->digest;
	s->document = store_document_json(s->c->r->store, &marked);
	return 0;
}

/* From here on only the marked bytes are this document: the sealer takes no others (DESIGN 10). */
static int note_marked(struct case_of *c, const char *digest)
{
	struct submitted s = {c, digest, NULL};
	struct json *entry;

	if (!digest)
		return 0;
	TRY(store_document_of(c->r->store, c->next.number, take_document, &s));
	if (!s.document)
		return 0;
	entry = registrar_entry("document", c->person->person.id, api_uid(c->call));
	json_set_text(entry, "number", c->next.number);
	json_set(entry, "document", s.document);
	return registrar_change(c->r, entry);
}

/* New content of a decided document: what was decided is proposed for it again, by who submits it. */
static void propose_anew(struct case_of *c)
{
	c->next.proposed = c->record->decided;
	c->next.request = ACT_APPROVE;
	c->next.requested_on = c->today;
	c->next.requester = c->person->person.id;
	c->next.requester_uid = c->person->person.uid;
}

/* c->next becomes the proposal and is written; it borrows from here meanwhile. */
static int write_proposal(struct case_of *c, const char *digest, const char *note)
{
	enum record_state from = c->record ? c->record->state : c->next.state;
	OWN_BUFFER struct buffer mark = {0};
	OWN_MEM char *mark_text = NULL;
	struct candidate chosen;
	struct json *label = NULL;
	int status;

	TRY(choose_responsible(c, &chosen));
	c->next.state = record_step_next(record_step_find(from, ACT_SUBMIT), from, NULL);
	c->next.proposed_on = c->today;
	if (from == RECORD_CHANGED)
		propose_anew(c);
	record_make_mark(c, &c->next.proposed, &mark);
	mark_text = buffer_steal_text(&mark);
	c->next.mark = mark_text;
	TRY(proposal_label(c, digest, &label));
	status = case_change(c, ACT_SUBMIT, note, label);
	c->next.mark = NULL;
	if (chosen.id[0])
		c->next.responsible = NULL;
	return status;
}

int record_submit_new(struct case_of *c, const char *note)
{
	int status = case_may(c, ACT_SUBMIT, NULL, NULL);

	c->seals = true;
	if (status == 0)
		status = write_proposal(c, NULL, note);
	return status ? status : jobs_seal(c->r, c->next.number);
}

int record_submit(struct case_of *c, const char *digest)
{
	uint8_t raw[SHA256_BYTES];
	int status = case_may(c, ACT_SUBMIT, NULL, NULL);

	if (status)
		return status;
	if (c->record->state == RECORD_CHANGED && request_waiting(c->record)) /* it would be lost without a word */
		return case_refuse_request(c, REQUEST_WAITS);
	if (digest && !text_from_hex(digest, raw, sizeof(raw)))
		return refuse_digest(c);
	status = write_proposal(c, digest, NULL);
	if (status == 0)
		status = note_marked(c, digest);
	if (status == 0 && record_is_carrier(&c->next))
		return 0;
	if (status == 0)
		status = jobs_seal(c->r, c->next.number);
	if (status == 0) /* a draft that is sealed already learns that it is a proposal */
		status = jobs_relabel(c->r, c->next.number);
	return status;
}

int record_method_submit(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(parameters, "number"));
	if (status == 0)
		status = record_submit(&c, json_get_text(parameters, "digest"));
	if (status == 0 && json_get_bool(parameters, "urgent"))
		status = record_ring(&c);
	if (status == 0)
		status = case_reply(&c, NULL);
	return status < 0 ? status : 0;
}

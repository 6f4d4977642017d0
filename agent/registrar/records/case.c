/* Opening a case, asking for authority, writing the change: the part every record method shares. */
#include "registrar/records/case.h"
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/scope.h"
#include "registrar/api/folder.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"
#include "registrar/store/look.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>

int case_begin(struct registrar *r, struct api_call *call, struct case_of *ret)
{
	int status;

	*ret = (struct case_of){.r = r, .call = call, .today = registrar_today(r)};
	status = store_person_by_uid(r->store, (uint32_t)api_uid(call), ret->today, &ret->person);
	TRY(status);
	if (!r->policy || !r->meta_key) {
		TRY(api_refuse(call, API_BUSY, "not-ready", "agent", "try again; classctl status says what is missing",
			       "the agent has no policy or no key yet"));
		return CASE_ANSWERED;
	}
	if (ret->person && person_is_suspended_on(&ret->person->person, ret->today)) {
		TRY(api_refuse(call, API_AUTHORITY, "suspended", "caller", "ask the secrecy office", "%s is suspended",
			       ret->person->person.id));
		return CASE_ANSWERED;
	}
	if (ret->person)
		return 0;
	TRY(api_refuse(call, API_AUTHORITY, "no-person", "caller", "ask a security administrator: classctl person add",
		       "login with uid %u is no person of the register today", (unsigned)api_uid(call)));
	return CASE_ANSWERED;
}

void case_done(struct case_of *c)
{
	if (!c->borrows_person)
		store_person_free(c->person);
	json_free(c->set);
	json_free(c->document);
	json_free(c->task);
	json_free(c->asks);
	store_record_free(c->record);
	for (size_t i = 0; i < c->n_sources; i++)
		store_record_free(c->sources[i]);
	free(c->admissions);
	free(c->file.path);
	free(c->file.sha256);
	free(c->file.number);
	free(c->file.item);
	free(c->file.mark);
	free(c->file.mark_level);
	free(c->file.foreign);
}

/* One that waits for its second person, or is over, shows nothing. */
static bool holds_appointment(const struct case_of *c)
{
	for (size_t i = 0; i < c->person->n_appointments; i++)
		if (appointment_is_in_force(&c->person->appointments[i], c->today))
			return true;
	return false;
}

bool case_sees(const struct case_of *c, const struct record *r)
{
	const char *me = c->person->person.id;

	if (c->person->person.roles & ACTOR_AUDITOR)
		return false; /* a scope of "*" does not mean auditors: they see no titles (DESIGN 1) */
	if (text_equal(r->drafter, me) || text_equal(r->responsible, me))
		return true;
	if (c->person->person.roles & ACTOR_OFFICE)
		return true;
	if (scope_admits(c->r->policy, r, &c->person->person))
		return true;
	return c->person->person.department && r->department &&
	       text_equal(c->person->person.department, r->department) && holds_appointment(c);
}

static int answer_not_found(struct case_of *c, const char *what)
{
	TRY(api_refuse(c->call, API_NOT_FOUND, "no-record", what, "classctl status lists your documents",
		       "there is no record \"%s\", or it is not visible to you", what));
	return CASE_ANSWERED;
}

static int adopt(struct case_of *c, struct record *record)
{
	c->record = record;
	c->next = *record;
	return 0;
}

int case_load(struct case_of *c, const char *number)
{
	struct record *record = NULL;
	int status = store_record_load(c->r->store, number, &record);

	TRY(status);
	if (status)
		return answer_not_found(c, number);
	(void)adopt(c, record);
	return case_sees(c, c->record) ? 0 : answer_not_found(c, number);
}

int case_load_to_verify(struct case_of *c, const char *number)
{
	struct record *record = NULL;
	int status;

	if (!(c->person->person.roles & ACTOR_AUDITOR))
		return case_load(c, number);
	status = store_record_load(c->r->store, number, &record);
	TRY(status);
	return status ? answer_not_found(c, number) : adopt(c, record);
}

static int take_seen(const struct store_seen *seen, void *arg)
{
	struct case_file *file = arg;

	*file = (struct case_file){.root = seen->root,
				   .path = text_copy(seen->path),
				   .uid = seen->uid,
				   .ours = seen->ours,
				   .sha256 = seen->inspected ? text_copy(seen->sha256) : NULL,
				   .number = text_copy(seen->number),
				   .item = text_copy(seen->item),
				   .mark = text_copy(seen->mark),
				   .mark_level = text_copy(seen->mark_level),
				   .foreign = text_copy(seen->foreign),
				   .dev = seen->dev,
				   .ino = seen->ino,
				   .generation = seen->generation,
				   .size = seen->size,
				   .mtime_ns = seen->mtime_ns,
				   .is_ready = seen->kind == SEEN_REGULAR && seen->inspected && !seen->sealed_args &&
					       (seen->event == SEEN_SETTLED || seen->event == SEEN_SCANNED)};
	return 1; /* one is enough */
}

int case_take_file(struct case_of *c, uint64_t dev, uint64_t ino)
{
	struct record *record = NULL;
	int status = store_seen_by_file(c->r->store, dev, ino, take_seen, &c->file);

	TRY(status);
	status = c->file.number ? store_record_load(c->r->store, c->file.number, &record)
				: store_record_by_file(c->r->store, dev, ino, &record);
	TRY(status);
	if (status == 0) {
		(void)adopt(c, record);
		return case_sees(c, c->record) ? 0 : answer_not_found(c, "document");
	}
	return c->file.path ? CASE_NO_RECORD : CASE_NOT_SEEN;
}

int case_again(struct case_of *c)
{
	char number[STORE_NUMBER_MAX];

	(void)snprintf(number, sizeof(number), "%s", c->next.number);
	store_record_free(c->record);
	c->record = NULL;
	return case_load(c, number);
}

static int resolve_descriptor(struct case_of *c, int64_t i)
{
	struct descriptor d;
	int status;

	if (!api_look_descriptor(c->call, i, &d) || d.kind != DESCRIPTOR_FILE) {
		TRY(api_refuse(c->call, API_INPUT, "not-a-document", "document",
			       "name a regular file below a watched folder (classctl status lists them)",
			       "the descriptor is not a regular file on a watched file system"));
		return CASE_ANSWERED;
	}
	status = case_take_file(c, d.dev, d.ino);
	c->file.uid = d.uid; /* whose it is now: the watcher's word may be from before a chown */
	return status;
}

/* Where a document lay, and the record that began there. */
struct old_name {
	struct store *store;
	uint32_t root;
	const char *path;
	char number[STORE_NUMBER_MAX];
};

static int compare_root(const struct store_document *d, void *arg)
{
	struct old_name *name = arg;

	if (d->root == name->root)
		(void)snprintf(name->number, sizeof(name->number), "%s", d->number);
	return 0;
}

static int compare_name(const struct record *record, void *arg)
{
	struct old_name *name = arg;
	int status = text_equal(record->path, name->path)
			 ? store_document_of(name->store, record->number, compare_root, name)
			 : 0;

	return status < 0 ? status : 0; /* the newest of that name */
}

/* A name in a folder under which no file lies any more: a sealed file of a high level does not show it. Only among the
 * caller's own records: to others that name says nothing. */
static int resolve_name(struct case_of *c, int64_t i, const char *name)
{
	const char *me = c->person->person.id;
	struct store_record_filter drafted = {.drafter = me, .limit = STORE_NO_LIMIT};
	struct store_record_filter decided = {.responsible = me, .limit = STORE_NO_LIMIT};
	struct old_name old = {.store = c->r->store};
	OWN_MEM char *folder = NULL;
	OWN_MEM char *path = NULL;

	if (!folder_of_call(c->r, c->call, i, &old.root, &folder))
		return answer_not_found(c, name);
	path = folder[0] ? text_format("%s/%s", folder, name) : text_copy(name);
	if (!path)
		return FAULT(ENOMEM, "a path");
	old.path = path;
	TRY(store_record_list(c->r->store, &drafted, compare_name, &old));
	if (!old.number[0])
		TRY(store_record_list(c->r->store, &decided, compare_name, &old));
	return case_load(c, old.number[0] ? old.number : name);
}

int case_resolve(struct case_of *c, struct json_view reference)
{
	const char *number = json_get_text(reference, "number");
	const char *name = json_get_text(reference, "name");
	bool has_descriptor = json_is_int(json_get(reference, "descriptor"));

	if (name && has_descriptor && !number)
		return resolve_name(c, json_get_int(reference, "descriptor", -1), name);

	if (number && !has_descriptor)
		return case_load(c, number);
	if (has_descriptor && !number)
		return resolve_descriptor(c, json_get_int(reference, "descriptor", -1));
	TRY(api_refuse(c->call, API_INPUT, "bad-reference", "document", "give a record number or a descriptor",
		       "a document is named by exactly one of number and descriptor"));
	return CASE_ANSWERED;
}

/* The key that would sign: the first that is confirmed and valid. */
static const char *key_of(const struct store_person *person)
{
	for (size_t i = 0; i < person->n_keys; i++)
		if (store_key_signs(&person->keys[i]))
			return person->keys[i].fingerprint;
	return NULL;
}

void case_question(struct registrar *r, const struct store_person *person, const struct record *record, enum act act,
		   const struct classification *as, struct authority_question *ret)
{
	const struct classification *values = as ? as : record_classification(record);
	/* Changed content is proposed by who submits it, not by who once drafted the document. */
	bool anew = record->requester && record->request == ACT_APPROVE;
	/* Nothing is proposed: what protects it meanwhile is what is at stake. */
	bool unsaid = values->basis == BASIS_UNCLEAR && text_is_empty(values->level);
	struct date today = registrar_today(r);

	*ret = (struct authority_question){
	    .policy = r->policy,
	    .person = &person->person,
	    .appointments = person->appointments,
	    .n_appointments = person->n_appointments,
	    .trainings = person->trainings,
	    .n_trainings = person->n_trainings,
	    .record = record,
	    .act = act,
	    .level = unsaid ? record_protection(r->policy, record)->code : values->level,
	    .item = values->item,
	    .source_level = values->basis == BASIS_DERIVED ? case_source_level(r, values->sources) : NULL,
	    .key = key_of(person),
	    .proposer = anew ? record->requester : record->drafter,
	    .proposer_uid = anew ? record->requester_uid : record->drafter_uid,
	    .proposer_key = anew ? NULL : record->drafter_key,
	    .on = today,
	    .today = today,
	};
}

/* About the record as it stands: what it would become must not count for who may make it that. */
static const struct record *standing(const struct case_of *c)
{
	return c->record ? c->record : &c->next;
}

static int refuse_authority(struct case_of *c, const struct authority_answer *answer)
{
	OWN_BUFFER struct buffer why = {0};
	OWN_MEM char *text = NULL;
	bool is_state = answer->reason == AUTHORITY_WRONG_STATE;

	authority_explain(answer, &why);
	text = buffer_steal_text(&why);
	TRY(api_refuse(c->call, is_state ? API_STATE : API_AUTHORITY, authority_reason_name(answer->reason),
		       c->next.number ? c->next.number : "record",
		       is_state ? "classctl show NUMBER tells where it stands" : "classctl whoami shows what you may do and why not", "%s",
		       text ? text : "not allowed"));
	return CASE_ANSWERED;
}

int case_may(struct case_of *c, enum act act, const struct classification *as, struct authority_answer *ret)
{
	struct authority_question question;
	struct authority_answer answer;

	case_question(c->r, c->person, standing(c), act, as ? as : record_classification(&c->next), &question);
	authority_check(&question, &answer);
	if (ret)
		*ret = answer;
	return answer.reason == AUTHORITY_GRANTED ? 0 : refuse_authority(c, &answer);
}

int case_may_open(struct case_of *c)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	struct authority_question question;
	struct authority_answer answer;

	TRY(look_document(c->r->store, c->record->number, &a, &d));
	case_question(c->r, c->person, standing(c), ACT_TAG, NULL, &question);
	question.sealed_at = d.level;
	authority_check_open(&question, &answer);
	return answer.reason == AUTHORITY_GRANTED ? 0 : refuse_authority(c, &answer);
}

/* Writes the entry, and begins to seal what it is about. Takes it. */
static int write_entry(struct case_of *c, struct json *entry)
{
	const struct case_file *f = &c->file;
	struct store_seen seen = {.root = f->root,
				  .path = f->path,
				  .dev = f->dev,
				  .ino = f->ino,
				  .size = f->size,
				  .mtime_ns = f->mtime_ns,
				  .uid = f->uid,
				  .sha256 = f->sha256};
	struct jobs_start start = {0};
	int status = c->seals && f->is_ready ? jobs_start_begin(c->r, &c->next, &seen, entry, &start) : 0;

	if (status != 0) {
		json_free(entry);
		return status;
	}
	status = registrar_change(c->r, entry);
	TRY(jobs_start_end(&start, &c->next, status == 0));
	return status;
}

static int refuse_to_write(struct case_of *c, int why)
{
	if (why == REGISTRAR_REFUSED)
		return case_refuse(c, API_INPUT, "too-much", "give a shorter reason, and fewer or shorter names",
				   "what is to be written about this record is longer than one entry of the journal");
	TRY(api_refuse(c->call, API_FAILED, "read-only", "journal", "classctl status says why; nothing was changed",
		       "the journal or the store cannot be written"));
	return CASE_ANSWERED;
}

int case_note_change(struct case_of *c, const char *word, const char *note)
{
	struct json *entry;
	int status;

	c->next.version = c->record->version + 1;
	entry = record_entry(c->r, &c->next, ACT_NEW, c->person->person.id, api_uid(c->call));
	json_set_text(entry, "act", word);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->next.number, note);
	status = registrar_change(c->r, entry);
	if (status == 0)
		status = findings_refresh(c->r, &c->next, NULL);
	return status > 0 ? refuse_to_write(c, status) : status;
}

/* Another scope was decided: what was entered beside the old one holds as far as it still can. */
static int follow_scope(struct case_of *c)
{
	const struct texts before = c->record ? c->record->decided.scope : (struct texts){0};
	struct texts lines = c->next.admissions;
	size_t n = 0;

	if (lines.n == 0 || before.at == c->next.decided.scope.at)
		return 0;
	free(c->admissions);
	c->admissions = calloc(lines.n, sizeof(*c->admissions));
	if (!c->admissions)
		return FAULT(ENOMEM, "scope");
	for (size_t i = 0; i < lines.n; i++)
		if (scope_line_holds(lines.at[i], before, c->next.decided.scope))
			c->admissions[n++] = lines.at[i];
	c->next.admissions = (struct texts){c->admissions, n};
	return 0;
}

/* What is derived from a record is looked at again after an act that decides it anew. */
static bool is_followed(enum act act)
{
	return act == ACT_APPROVE || act == ACT_CORRECT || act == ACT_MET || act == ACT_SETTLE || act == ACT_ORDER ||
	       request_kind_of(act);
}

static int follow(struct case_of *c, enum act act)
{
	OWN_MEM char *why = text_format("its source %s: %s", c->next.number, act_name(act));

	if (c->record && c->record->state == RECORD_PROPOSED && c->next.state != RECORD_PROPOSED)
		TRY(record_ring_off(c));
	return is_followed(act) ? findings_follow(c->r, c->next.number, why) : 0;
}

int case_change(struct case_of *c, enum act act, const char *note, struct json *label)
{
	struct json *entry;
	int status;

	TRY(follow_scope(c));
	c->next.version = (c->record ? c->record->version : 0) + 1;
	entry = record_entry(c->r, &c->next, act, c->person->person.id, api_uid(c->call));
	if (note)
		cell_set_of(entry, "note", c->r->meta_key, "note", c->next.number, note);
	json_set_text(entry, "why", c->why_code);
	if (label)
		json_set(entry, "label", label);
	if (c->document)
		json_set(entry, "document", steal(&c->document));
	if (c->task)
		json_set(entry, "task", steal(&c->task));
	if (c->asks)
		json_set(entry, "asks", steal(&c->asks));
	if (c->set)
		json_set(entry, "set", steal(&c->set));
	status = write_entry(c, entry);
	if (status == 0)
		status = findings_refresh(c->r, &c->next, NULL);
	if (status == 0)
		status = follow(c, act);
	if (status == 0)
		return 0;
	TRY(status);
	return refuse_to_write(c, status);
}

int case_reply(struct case_of *c, struct json *more)
{
	OWNED(record) struct record *now = NULL;
	struct json *reply = more ? more : json_object();
	int status = store_record_load(c->r->store, c->next.number, &now);

	if (status < 0) {
		json_free(reply);
		return status;
	}
	json_set(reply, "record", now ? case_record_json(c->r, now) : NULL);
	return api_reply(c->call, reply);
}

int case_refuse_fields(struct case_of *c, struct fields_problem *problem)
{
	OWN_MEM char *what = buffer_steal_text(&problem->what);

	TRY(api_refuse(c->call, API_INPUT, problem->code, problem->field, problem->next, "%s",
		       what ? what : "refused"));
	return CASE_ANSWERED;
}

int case_refuse_request(struct case_of *c, enum request_problem problem)
{
	return case_refuse(c, API_STATE, request_problem_name(problem), request_problem_next(problem),
			   request_problem_sentence(problem));
}

int case_refuse(struct case_of *c, enum api_class kind, const char *code, const char *next, const char *what)
{
	TRY(api_refuse(c->call, kind, code, c->record ? c->record->number : "document", next, "%s", what));
	return CASE_ANSWERED;
}

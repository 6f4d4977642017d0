/* The rules are domain/finding; here is only what they are asked with, and the difference to what is open. */
#include "registrar/oversight/findings.h"

#include "base/text.h"
#include "registrar/oversight/findings_facts.h"
#include "registrar/store/store_derivations.h"
#include "registrar/records/tasks.h"

#include <stdio.h>

/* Codes that follow from the record alone; the others are watched by whoever sees them. */
static bool is_of_record(enum finding_code code)
{
	static const enum finding_code codes[] = {
	    FINDING_INCOMPLETE,	     FINDING_NO_NEED,
	    FINDING_ABOVE,	     FINDING_BELOW,
	    FINDING_TERM_LONG,	     FINDING_TERM_MISSING,
	    FINDING_AUTHORITY,	     FINDING_PROCEDURE,
	    FINDING_SOURCES,	     FINDING_REVIEW_OVERDUE,
	    FINDING_RELEASE_OVERDUE, FINDING_RELEASED_EARLY,
	    FINDING_CONTENT_CHANGED, FINDING_DEADLINE,
	    FINDING_PROPOSAL_WAITS,  FINDING_LONGEST_TERM,
	    FINDING_NOT_CLASSIFIED,  FINDING_MARK,
	    FINDING_SCOPE,	     FINDING_NOT_PROPAGATED,
	    FINDING_STORAGE,	     FINDING_PLAINTEXT_BESIDE,
	    FINDING_STILL_OPEN,	     FINDING_UNVERIFIED,
	    FINDING_NOT_TOLD,	     FINDING_REREAD,
	    FINDING_COPIES,
	    FINDING_TOGETHER,
	};

	for (size_t i = 0; i < array_n(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

static int open_one(struct registrar *r, enum finding_code code, const struct store_about *about, const char *evidence,
		    const char *person)
{
	struct json *entry = registrar_entry("finding", NULL, 0);
	struct date today = registrar_today(r);
	char text[11];
	char name[4];

	finding_code_format(code, name);
	json_set_text(entry, "code", name);
	json_set_text(entry, "number", about->number);
	if (about->path) {
		json_set_int(entry, "root", about->root);
		cell_set_path(entry, r->meta_key, about->path);
	}
	json_set_text(entry, "subject", about->subject);
	json_set_text(entry, "person", person);
	cell_set(entry, "evidence", r->meta_key, CELL_EVIDENCE, evidence);
	json_set_text(entry, "severity", severity_name(finding_severity(r->policy, code)));
	json_set_text(entry, "owner", owner_name(finding_owner(r->policy, code)));
	date_format(today, text);
	json_set_text(entry, "since", text);
	date_format(finding_due(r->policy, code, today), text);
	if (text[0])
		json_set_text(entry, "due", text);
	return registrar_change(r, entry);
}

static int close_one(struct registrar *r, int64_t id)
{
	struct json *entry = registrar_entry("finding-close", NULL, 0);

	json_set_int(entry, "finding", id);
	json_set_text(entry, "how", "corrected");
	return registrar_change(r, entry);
}

struct open_findings {
	const struct record *record;
	int64_t ids[FINDINGS_MAX * 2];
	enum finding_code codes[FINDINGS_MAX * 2];
	size_t n;
	int64_t looked_at; /* of a new catalogue, and settled since; 0: none */
};

/* What a new catalogue touched is settled by a decision or review on a later day; on the same day it cannot be told
 * which came first, and it stays. */
static bool is_looked_at(const struct record *record, const struct store_finding *f)
{
	return f->code == FINDING_CATALOGUE &&
	       (date_compare(record->decided_on, f->since) > 0 || date_compare(record->last_review, f->since) > 0);
}

static int take_open(const struct store_finding *f, void *arg)
{
	struct open_findings *open = arg;

	if (is_looked_at(open->record, f))
		open->looked_at = f->id;
	if (open->n < array_n(open->ids) && is_of_record(f->code)) {
		open->ids[open->n] = f->id;
		open->codes[open->n++] = f->code;
	}
	return 0;
}

static bool is_open(const struct open_findings *open, enum finding_code code)
{
	for (size_t i = 0; i < open->n; i++)
		if (open->codes[i] == code)
			return true;
	return false;
}

/* What follows from the text is known only while it lies in clear and was read; until then it stays as it is. */
static bool is_answered(const struct findings_facts *f, enum finding_code code)
{
	bool of_text = code == FINDING_MARK || code == FINDING_NOT_CLASSIFIED;

	/* Who may know the mark of the decision does not name: for that it need not be read. */
	return is_of_record(code) && (f->knows_text || !of_text || (code == FINDING_MARK && f->facts.mark_scope_differs));
}

static int take_evidence(const struct store_finding *f, void *arg)
{
	*(bool *)arg = text_equal(f->evidence, FINDING_MARK_NAMES);
	return 0;
}

/* That the mark named others ends with the decision that writes it anew, read or not. */
static int is_named_anew(struct registrar *r, const struct open_findings *open, size_t k, const struct findings_facts *f,
			 bool *ret)
{
	int status = 0;

	*ret = false;
	if (open->codes[k] == FINDING_MARK && !f->facts.mark_scope_differs)
		status = store_finding_load(r->store, open->ids[k], take_evidence, ret);
	return status < 0 ? status : 0;
}

static int open_new(struct registrar *r, const struct record *record, const struct finding *f,
		    const struct open_findings *open, struct findings_count *ret)
{
	if (is_open(open, f->code))
		return 0;
	if (ret)
		ret->opened++;
	return open_one(r, f->code, &(struct store_about){.number = record->number}, f->evidence, NULL);
}

static int close_old(struct registrar *r, const struct open_findings *open, const struct findings_facts *f,
		     const struct finding *found, size_t n, struct findings_count *ret)
{
	int status = 0;

	for (size_t k = 0; k < open->n && status == 0; k++) {
		bool holds = !is_answered(f, open->codes[k]), named_anew = false;

		if (holds)
			TRY(is_named_anew(r, open, k, f, &named_anew));
		holds = holds && !named_anew;
		for (size_t i = 0; i < n; i++)
			holds = holds || found[i].code == open->codes[k];
		if (holds)
			continue;
		status = close_one(r, open->ids[k]);
		if (ret)
			ret->closed++;
	}
	return status;
}

static int close_looked_at(struct registrar *r, const struct open_findings *open, struct findings_count *ret)
{
	if (open->looked_at == 0)
		return 0;
	if (ret)
		ret->closed++;
	return close_one(r, open->looked_at);
}

int findings_refresh(struct registrar *r, const struct record *record, struct findings_count *ret)
{
	OWN_FINDINGS_FACTS struct findings_facts facts = {0};
	struct finding found[FINDINGS_MAX];
	struct open_findings open = {.record = record};
	size_t n;
	int status = 0;

	TRY(findings_facts_gather(r, record, &facts));
	TRY(store_finding_open_of(r->store, record->number, take_open, &open));
	n = finding_evaluate(&facts.facts, found);
	for (size_t i = 0; i < n && status == 0; i++)
		if (is_answered(&facts, found[i].code))
			status = open_new(r, record, &found[i], &open, ret);
	if (status == 0)
		status = close_old(r, &open, &facts, found, n, ret);
	return status ? status : close_looked_at(r, &open, ret);
}

struct following {
	struct registrar *r;
	const char *number;
	const char *why;
};

/* Whoever answers for what was derived is asked whether it follows. */
static int ask_derived(const struct following *f, const struct record *record)
{
	struct date today = registrar_today(f->r);
	struct tasks_new task = {.kind = TASK_REVIEW_SOURCE,
				 .due = policy_deadline_of(f->r->policy, today, DEADLINE_SOURCE),
				 .note = f->why};
	bool opened = false;

	return tasks_ask(f->r, record, &task, &opened);
}

static int follow(const struct record *record, void *arg)
{
	const struct following *f = arg;
	int status = 0;

	if (record_is_in_force(record))
		status = findings_refresh(f->r, record, NULL);
	if (status == 0 && f->why && record_is_in_force(record))
		status = ask_derived(f, record);
	return status < 0 ? status : 0;
}

int findings_follow_on(struct registrar *r, const char *number, const char *why, struct store_children_at *at)
{
	struct following f = {r, number, why};
	int status = store_children(r->store, number, at, follow, &f);

	return status < 0 ? status : 0;
}

int findings_follow(struct registrar *r, const char *number, const char *why)
{
	return findings_follow_on(r, number, why, &(struct store_children_at){.left = STORE_NO_LIMIT});
}

static int refresh_number(struct registrar *r, const char *number)
{
	OWNED(record) struct record *record = NULL;
	int status = store_record_load_bare(r->store, number, &record);

	TRY(status);
	status = record ? findings_refresh(r, record, NULL) : 0;
	return status < 0 ? status : 0;
}

struct name_of {
	uint32_t root;
	const char *path;
	char number[STORE_NUMBER_MAX];
};

static int take_checkout(const struct store_checkout *c, void *arg)
{
	struct name_of *name = arg;

	if (c->root == name->root && text_equal(c->path, name->path))
		(void)snprintf(name->number, sizeof(name->number), "%s", c->number);
	return 0;
}

/* The record whose plaintext that name is: itself, beside its sealed file, or in a checkout. "" : none. */
static int find_record(struct registrar *r, struct name_of *name)
{
	OWN_MEM char *sealed = text_format("%s.age", name->path);
	OWNED(record) struct record *record = NULL;
	int status = store_record_by_path(r->store, name->root, name->path, &record);

	TRY(status);
	if (!record && sealed)
		TRY(store_record_by_path(r->store, name->root, sealed, &record));
	if (record)
		(void)snprintf(name->number, sizeof(name->number), "%s", record->number);
	else
		TRY(store_checkout_list(r->store, NULL, take_checkout, name));
	return 0;
}

int findings_seen(struct registrar *r, uint32_t root, const char *path)
{
	struct name_of name = {.root = root, .path = path};

	if (!r->policy || !registrar_may_work(r))
		return 0;
	TRY(find_record(r, &name));
	return name.number[0] ? refresh_number(r, name.number) : 0;
}

/* That its plaintext lies beside it may not be so any more. */
int findings_taken(struct registrar *r, const char *number)
{
	int64_t beside = 0;

	TRY(store_finding_open_id(r->store, FINDING_PLAINTEXT_BESIDE, &(struct store_about){.number = number},
				  &beside));
	return beside ? refresh_number(r, number) : 0;
}

int findings_gone(struct registrar *r, uint32_t root, const char *path)
{
	static const enum finding_code of_file[] = {FINDING_NO_RECORD, FINDING_NOT_CLASSIFIED, FINDING_OTHER_HAND};
	struct name_of name = {.root = root, .path = path};
	int status = 0;

	if (!r->policy || !registrar_may_work(r))
		return 0;
	for (size_t i = 0; i < array_n(of_file) && status == 0; i++)
		status = findings_set(
		    r, &(struct findings_other){.code = of_file[i], .about = {.root = root, .path = path}}, NULL);
	TRY(status);
	TRY(find_record(r, &name));
	return name.number[0] ? findings_taken(r, name.number) : 0;
}

int findings_set(struct registrar *r, const struct findings_other *f, struct findings_count *ret)
{
	int64_t id = 0;
	int status = store_finding_open_id(r->store, f->code, &f->about, &id);

	TRY(status);
	if (r->is_frozen && f->code != FINDING_ROLLBACK)
		return 0; /* what an older state finds is not so */
	if (f->is_true == (id != 0))
		return 0;
	if (ret && f->is_true)
		ret->opened++;
	else if (ret)
		ret->closed++;
	return f->is_true ? open_one(r, f->code, &f->about, f->evidence, f->person) : close_one(r, id);
}

/* The rules are domain/finding; here is only what they are asked with, and the difference to what is open. */
#include "registrar/findings.h"

#include "base/text.h"

#include <stdio.h>

/* Codes that follow from the record alone; the others are watched by whoever sees them. */
static bool is_of_record(enum finding_code code)
{
	static const enum finding_code codes[] = {
	    FINDING_INCOMPLETE,	     FINDING_NO_NEED,	     FINDING_ABOVE,	      FINDING_BELOW,
	    FINDING_TERM_LONG,	     FINDING_TERM_MISSING,   FINDING_AUTHORITY,	      FINDING_PROCEDURE,
	    FINDING_SOURCES,	     FINDING_REVIEW_OVERDUE, FINDING_RELEASE_OVERDUE, FINDING_RELEASED_EARLY,
	    FINDING_CONTENT_CHANGED, FINDING_DEADLINE,	     FINDING_PROPOSAL_WAITS,  FINDING_LONGEST_TERM,
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
	int64_t ids[FINDINGS_MAX * 2];
	enum finding_code codes[FINDINGS_MAX * 2];
	size_t n;
};

static int take_open(const struct store_finding *f, void *arg)
{
	struct open_findings *open = arg;

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

int findings_authority(struct registrar *r, const struct record *record, struct authority_answer *ret, bool *ret_known)
{
	OWNED(store_person) struct store_person *person = NULL;
	struct record asked = *record;
	bool is_release = record->state == RECORD_RELEASED;
	int status;

	*ret_known = false;
	if (!record->decided_as || !record->responsible)
		return 0;
	status = store_person_load(r->store, record->responsible, &person);
	TRY(status);
	if (status)
		return 0;
	asked.state = is_release ? RECORD_ISSUED : RECORD_PROPOSED;
	authority_check(&(struct authority_question){.policy = r->policy,
						     .person = &person->person,
						     .appointments = person->appointments,
						     .n_appointments = person->n_appointments,
						     .trainings = person->trainings,
						     .n_trainings = person->n_trainings,
						     .record = &asked,
						     .act = is_release ? ACT_RELEASE : ACT_APPROVE,
						     .level = record->decided.level,
						     .item = record->decided.item,
						     .proposer = record->drafter,
						     .proposer_uid = record->drafter_uid,
						     .on = record->decided_on,
						     .today = record->decided_on},
			ret);
	ret->by = NULL; /* of the person that is freed here */
	ret->text = NULL;
	*ret_known = true;
	return 0;
}

int findings_refresh(struct registrar *r, const struct record *record, struct findings_count *ret)
{
	struct finding found[FINDINGS_MAX];
	struct open_findings open = {.n = 0};
	struct authority_answer authority;
	struct finding_facts facts = {.policy = r->policy,
				      .record = record,
				      .today = registrar_today(r),
				      .content_changed = record->state == RECORD_CHANGED};
	struct store_finding_filter filter = {.state = "open", .number = record->number};
	bool known;
	size_t n;
	int status = findings_authority(r, record, &authority, &known);

	TRY(status);
	facts.authority = known ? &authority : NULL;
	TRY(store_finding_list(r->store, &filter, take_open, &open));
	n = finding_evaluate(&facts, found);
	for (size_t i = 0; i < n && status == 0; i++) {
		if (!is_of_record(found[i].code) || is_open(&open, found[i].code))
			continue;
		status = open_one(r, found[i].code, &(struct store_about){.number = record->number}, found[i].evidence,
				  NULL);
		if (ret)
			ret->opened++;
	}
	for (size_t k = 0; k < open.n && status == 0; k++) {
		bool holds = false;

		for (size_t i = 0; i < n; i++)
			holds = holds || found[i].code == open.codes[k];
		if (!holds)
			status = close_one(r, open.ids[k]);
		if (!holds && ret)
			ret->closed++;
	}
	return status;
}

int findings_set(struct registrar *r, const struct findings_other *f, struct findings_count *ret)
{
	int64_t id = 0;
	int status = store_finding_open_id(r->store, f->code, &f->about, &id);

	TRY(status);
	if (f->is_true == (id != 0))
		return 0;
	if (ret && f->is_true)
		ret->opened++;
	else if (ret)
		ret->closed++;
	return f->is_true ? open_one(r, f->code, &f->about, f->evidence, f->person) : close_one(r, id);
}

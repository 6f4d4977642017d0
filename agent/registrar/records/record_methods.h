/* The methods of org.classd.Records: what their files share. A handler answers its call in every road that is not a
 * fault. */
#ifndef REGISTRAR_RECORD_METHODS_H
#define REGISTRAR_RECORD_METHODS_H

#include "registrar/records/case.h"

/* Runs `then` with the case of parameter "document" once the watcher has announced the file (or its record is known).
 */
typedef int (*record_ready_fn)(struct case_of *c, struct json_view parameters);
int record_when_seen(struct registrar *r, struct api_call *call, record_ready_fn then) MUST_CHECK;

/* Makes or changes the draft of the case; answered when not 0. */
int record_draft(struct case_of *c, struct fields *fields, bool unsure) MUST_CHECK;
/* The same for a file without a record, proposed at once: one entry for both. Answered when not 0. */
int record_draft_submitted(struct case_of *c, struct fields *fields) MUST_CHECK;
/* A record as it begins, of a file that has none: undecided, undrafted, in the owner's name. */
struct record_file {
	const char *number, *id, *path;
	uint32_t uid;
	const struct person *owner; /* NULL: who owns the file is no person of the register */
	const char *department;	    /* then; else the owner's */
};
struct record record_of_file(struct registrar *r, const struct record_file *file);
void record_new_id(char ret[37]); /* UUIDv7 */
/* The record of a file that has none, by its owner; c->next is ready to be written. Answered when not 0. */
int record_start(struct case_of *c) MUST_CHECK;
/* The same, or the draft that is there, with the values of "not secret". */
int record_declare_draft(struct case_of *c, const char *title, const char *reason) MUST_CHECK;
/* document{} of the entry that makes a record: where its file lies, with the facts that are known. */
struct json *record_document_json(const struct case_of *c);
/* Journals where the document lies, once. */
int record_put_document(struct case_of *c) MUST_CHECK;
/* The mark for those values; nothing for what is not classified. */
/* What speaks for a state secret protects a draft that is said to be none, until that is decided. */
int record_heed_contrary(struct case_of *c) MUST_CHECK;
void record_make_mark(struct case_of *c, const struct classification *what, struct buffer *ret);
/* The mark that a release by the caller leaves on the document. */
void record_make_released(struct case_of *c, struct buffer *ret);
/* label{} of a journal entry. kind: "label" or "issue". */
struct json *record_label_json(const struct record *record, const char *kind, struct bytes text, const char *signature,
			       const struct labels_content *content);
/* What is worth saying although it is not refused. */
struct json *record_notes_of(struct case_of *c, const struct classification *what);
/* May this person be asked for the decision: entitled, or nothing is proposed yet that one could be entitled to. */
bool record_may_be_asked(const struct classification *what, const struct authority_answer *answer);
/* Draft to proposal; digest (hex) may be NULL. Answered when not 0. */
int record_submit(struct case_of *c, const char *digest) MUST_CHECK;
/* The one who is asked and those who stand in for him have a task to decide it today, until it is decided or taken back. */
int record_ring(struct case_of *c) MUST_CHECK;
/* Is it for that person: he is asked to decide it, or may now as a stand-in for who is. */
bool record_rings_for(struct registrar *r, const struct store_person *p, const struct record *record);
int record_ring_off(struct case_of *c) MUST_CHECK;
/* Draft to proposal before the draft was written. Answered when not 0. */
int record_submit_new(struct case_of *c, const char *note) MUST_CHECK;

/* What is asked about a record (domain/request.h). check may be NULL: what else the values must be; answered when not
 * 0. */
struct record_asking {
	const char *kind, *reason, *document; /* document may be NULL */
	const char *before;		      /* what history says before the reason; may be NULL */
	struct json_view fields;
	int (*check)(struct case_of *c, void *arg);
	void *arg;
};
/* Writes it (c->task with it) and answers the call in every road that is not a fault. */
int record_ask(struct case_of *c, const struct record_asking *a) MUST_CHECK;

/* The answer to a task, for c->task or an entry of its own. request may be NULL. */
struct json *record_answer_json(struct case_of *c, int64_t task, const char *outcome, const char *reply,
				const char *request);
/* It was looked at and stays as it is: a decision of somebody who could decide otherwise. Answered when not 0. */
int record_keep(struct case_of *c) MUST_CHECK;

/* Opens, with the decision's own entry (c->asks), the task to tell those who may know it of what was decided. */
void record_ask_notices(struct case_of *c, enum act act);

/* All units that a joint document was shown to have answered; refused with the first that has not. Answered when not 0. */
int record_check_consulted(struct case_of *c) MUST_CHECK;
/* After a release (written): when a review asked for it in order to publish, whoever said so looks at it once more. */
int record_ask_publication(struct case_of *c) MUST_CHECK;
/* After it was declared not secret (c->next, written): is it drawn to be read once more? Then somebody is asked. */
int record_draw_reread(struct case_of *c) MUST_CHECK;
/* The register has whom the fields name as the one who answers for it; else answered. */
int record_check_responsible(struct case_of *c, const struct fields *f) MUST_CHECK;
/* Is the caller to read it once more, and so not to see what was answered? */
int record_is_blind(const struct case_of *c, const struct record *record, bool *ret) MUST_CHECK;
/* Refuses what would tell him, about c->record. Answered when not 0. */
int record_check_not_blind(struct case_of *c) MUST_CHECK;

/* A finding as org.classd.Records shows it. */
struct json *record_finding_json(const struct store_finding *f);

int record_method_tag(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_tag_folder(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_declare(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_submit(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_withdraw(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_return(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_request(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_refer(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_dispute(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_claim(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_report(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_challenge(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_tasks(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_answer_task(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_consult(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_hand_over(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_handover(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_handovers(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_complete_handover(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_notices(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_give_notice(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_keep_all(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_start_review(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_reassign(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_mark(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_label(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_mark_notice(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_prepare(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_decide(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_show(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_queue(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_list(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_trace(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_verify(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif

/*
 * A case: one caller, one record, one call. Opened from what the client named,
 * asked for authority at this moment, changed, and shown. Functions that can
 * refuse answer the call themselves and return CASE_ANSWERED.
 */
#ifndef REGISTRAR_CASE_H
#define REGISTRAR_CASE_H

#include "domain/request.h"
#include "registrar/api/api.h"
#include "registrar/records/fields.h"
#include "registrar/records/labels.h"
#include "registrar/store/store.h"

enum case_outcome { CASE_ANSWERED = 1, CASE_NOT_SEEN, CASE_NO_RECORD };

/* The file a client named, as the watcher saw it. Texts are owned by the case. */
struct case_file {
	uint32_t root;
	char *path;
	uint32_t uid;
	bool ours;    /* a sealed file of ours */
	char *sha256; /* NULL: not inspected yet */
	char *number; /* record it belongs to; NULL */
	char *item;   /* suggested; NULL */
	char *mark;   /* mark found in the text; NULL */
	char *mark_level;
	char *foreign; /* labels of other systems, as in the frame; NULL */
	uint64_t dev, ino, generation, size, mtime_ns;
	bool is_ready; /* a regular file that nobody has open, looked at as it is, and not sealed */
};

struct case_of {
	struct registrar *r;
	struct api_call *call;
	struct date today;
	bool is_last_try;			 /* record_when_seen(): waiting is over */
	struct store_person *person;		 /* the caller; NULL: no person */
	bool borrows_person;			 /* it is another case's */
	struct record *record;			 /* the stored one, unchanged; NULL: none yet */
	struct record next;			 /* what it becomes: a copy whose texts are borrowed */
	struct record *sources[FIELDS_LIST_MAX]; /* loaded by case_apply(): next borrows from them */
	size_t n_sources;
	const char **admissions; /* what is left of them after a decision; NULL: nothing was taken away */
	struct case_file file;
	uint32_t copy;	       /* the mark is for that copy of the document; 0: for none */
	bool is_begun;	       /* next is a new record already, of another carrier than a file */
	struct json *document; /* goes into the next entry with the record; NULL */
	struct json *task;     /* the task that the next entry answers; NULL */
	struct json *asks;     /* and the one that it opens; NULL */
	struct json *set;      /* of decisions, of which this is one; likewise */
	struct usual_memo *usual; /* shared by the cases of one turn; NULL: each looks for itself */
	char term_from[64];    /* whence its term, where nobody said one; "": of the item */
	const char *why_code;  /* of a ready reason, counted by itself; NULL */
	bool seals;	       /* the next entry makes a record that is sealed at once, where that can be */
	char number[STORE_NUMBER_MAX]; /* storage of a new record */
	char id[37];
};

/* The caller as a person in force today, or refused. */
int case_begin(struct registrar *r, struct api_call *call, struct case_of *ret) MUST_CHECK;
void case_done(struct case_of *c);
#define OWN_CASE __attribute__((cleanup(case_done)))

/* By record number; not visible to the caller = not found (requirements.md R25). */
int case_load(struct case_of *c, const char *number) MUST_CHECK;
/* The same for an answer without names and contents: an auditor may ask of any record. */
int case_load_to_verify(struct case_of *c, const char *number) MUST_CHECK;
/*
 * By a Reference (number or descriptor). With a descriptor also fills file, and returns CASE_NOT_SEEN (not answered)
 * when the watcher has not announced that file yet, CASE_NO_RECORD (not answered) when it has no record.
 */
int case_resolve(struct case_of *c, struct json_view reference) MUST_CHECK;

/* By device and inode, as case_resolve() with a descriptor. */
int case_take_file(struct case_of *c, uint64_t dev, uint64_t ino) MUST_CHECK;
/* After a change: the record is what was just written. */
int case_again(struct case_of *c) MUST_CHECK;

/* May the caller do this now? as: the values decided or proposed (NULL: of the record). Refused with the one reason. */
int case_may(struct case_of *c, enum act act, const struct classification *as, struct authority_answer *ret) MUST_CHECK;
int case_may_open(struct case_of *c) MUST_CHECK;
/* Is the record visible to the caller at all: drafter, responsible, secrecy office, in scope. */
bool case_sees(const struct case_of *c, const struct record *record);
/*
 * The question of authority about a record for a person: the one way it is put. as: the values decided or proposed
 * (NULL: those of the record). What it points at is borrowed from all of them.
 */
void case_question(struct registrar *r, const struct store_person *person, const struct record *record, enum act act,
		   const struct classification *as, struct authority_question *ret);

/* Writes c->next as a new version under that act, and c->document, c->task and c->asks with it. note and label may be NULL; label is taken.
 */
int case_change(struct case_of *c, enum act act, const char *note, struct json *label) MUST_CHECK;
/* The same for what is entered beside the decision and is no act of the table: journal and history call it `word`. */
int case_note_change(struct case_of *c, const char *word, const char *note) MUST_CHECK;
/* Answers with {"record": …} of the record as it stands in the store now, and what `more` (may be NULL, taken) holds.
 */
int case_reply(struct case_of *c, struct json *more) MUST_CHECK;

/* The API's Record. */
struct json *case_record_json(struct registrar *r, const struct record *record);
/* Refuses about this record and returns CASE_ANSWERED. */
int case_refuse(struct case_of *c, enum api_class kind, const char *code, const char *next,
		const char *what) MUST_CHECK;
int case_refuse_request(struct case_of *c, enum request_problem problem) MUST_CHECK;
int case_refuse_fields(struct case_of *c, struct fields_problem *problem) MUST_CHECK;

/*
 * case_values.c. Lays what the client says over *what: level, term and scope of the sources first (domain.md R20, R21),
 * then the item's row, then the single values. Unknown names are refused.
 */
int case_apply(struct case_of *c, struct fields *fields, struct classification *what) MUST_CHECK;
/* Everything that pack and catalogue say against these values; refused with the first. */
/* The fields say another regime than the record has: c->next asks for it, and *what goes over to it. */
bool case_turn(struct case_of *c, const struct fields *f, struct classification *what);
int case_check_values(struct case_of *c, const struct classification *what) MUST_CHECK;
void case_proposal(struct case_of *c, const struct classification *what, struct proposal *ret);
/* The highest level of the records named as sources; NULL: none known. */
const char *case_source_level(struct registrar *r, struct texts sources);
/* The floor level of the root where the document lies (root 0: where the record's document is); NULL: none. */
const char *case_floor(struct case_of *c, uint32_t root);

#endif

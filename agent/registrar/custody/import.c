/*
 * A tree of old documents becomes drafts: what their marks say is read and proposed, nothing of it is decided. Whoever
 * answers decides each like any other. A file that has a record is passed over, so it may be run again where it stopped.
 */
#include "registrar/custody/custody.h"

#include "base/text.h"
#include "registrar/api/folder.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/records/folder_files.h"
#include "registrar/records/record_methods.h"

#include <errno.h>
#include <stdlib.h>

#define SLICE	    ((size_t)200)
#define LIMIT_USUAL 1000
#define MARKS_MAX   8

struct import {
	struct folder_files folder;
	size_t at;
	struct fields fields; /* borrowed from the call */
	const char *reference;
	bool dry;
	int64_t left; /* drafts that may still be made */
};

static void import_free(void *arg)
{
	struct import *run = arg;

	folder_files_done(&run->folder);
	free(run);
}

/* ---- what its mark says ---- */

struct reading {
	const char *outcome;
	const struct level *level;
	struct term term;
	const struct item *item; /* only one of that very level */
	bool no_term;
};

static void read_item(const struct case_of *c, const struct import *run, struct reading *ret)
{
	const char *id = run->fields.item ? run->fields.item : c->file.item;
	const struct item *item = catalogue_find(&c->r->policy->catalogue, id ? id : "");

	if (item && item->level == ret->level)
		ret->item = item;
	else if (item && !run->fields.item)
		ret->outcome = "contradictory"; /* what it is about has another level than it bears */
}

/* Several levels: the highest protects. A term that is not there is that which the pack assumes of old documents (R33). */
static void read_mark(const struct case_of *c, const struct import *run, struct reading *ret)
{
	const struct policy *p = c->r->policy;
	struct mark_found found[MARKS_MAX];
	size_t n = c->file.mark ? mark_scan(p, bytes_of_text(c->file.mark), found, MARKS_MAX) : 0;

	*ret = (struct reading){.outcome = n ? "marked" : text_is_empty(c->file.mark) ? "unmarked" : "unreadable"};
	for (size_t i = 0; i < n; i++) {
		if (ret->level && found[i].level != ret->level)
			ret->outcome = "contradictory";
		if (level_max(ret->level, found[i].level) != ret->level || !ret->level) {
			ret->level = found[i].level;
			ret->term = found[i].term;
		}
	}
	if (!ret->level)
		return;
	ret->no_term = ret->term.kind == TERM_NONE;
	if (ret->no_term && period_is_set(ret->level->missing_term))
		ret->term = (struct term){.kind = TERM_PERIOD, .period = ret->level->missing_term};
	if (ret->no_term && text_equal(ret->outcome, "marked"))
		ret->outcome = "incomplete";
	read_item(c, run, ret);
}

/* ---- the draft ---- */

static int owner_of(struct case_of *c, struct store_person **ret)
{
	return store_person_by_uid(c->r->store, c->file.uid, c->today, ret);
}

/* Values as they were read: what the pack says against them is said when they are decided, and is a finding until then. */
static void take_reading(struct case_of *c, struct import *run, const struct reading *m)
{
	struct classification *what = &c->next.proposed;

	what->level = m->level->code;
	what->term = m->term;
	what->basis = m->item ? BASIS_ITEM : BASIS_MISSING;
	what->item = m->item ? m->item->id : NULL;
	what->scope = run->fields.has_scope ? (struct texts){run->fields.scope, run->fields.n_scope}
		      : m->item		    ? m->item->scope
					    : (struct texts){0};
	what->reason = run->reference;
	c->next.regime = level_is_classified(m->level) ? REGIME_STATE_SECRET : REGIME_NONE;
}

static int write_draft(struct case_of *c, struct import *run, const struct reading *m)
{
	OWN_MEM char *note = text_format("%s%s%s", run->reference, m->level ? ": " : "", m->level && c->file.mark ? c->file.mark : "");
	int status;

	for (char *at = note; at && *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	c->next.entry = ENTRY_IMPORTED;
	c->next.state = RECORD_DRAFT;
	c->next.responsible = run->fields.responsible;
	c->document = record_document_json(c);
	status = case_change(c, ACT_NEW, note, NULL);
	if (status == 0)
		status = unrecorded_settled(c->r, c->file.root, c->file.path, NULL);
	if (status == 0 && record_protection(c->r->policy, &c->next)->draft_in_clear == DRAFT_NEVER)
		status = jobs_seal(c->r, c->next.number);
	return status;
}

static int draft(struct case_of *c, struct import *run, const struct reading *m)
{
	OWNED(store_person) struct store_person *owner = NULL;
	int status = store_next_number(c->r->store, c->today.year, c->number);

	TRY(status);
	TRY(owner_of(c, &owner));
	record_new_id(c->id);
	c->next = record_of_file(c->r, &(struct record_file){.number = c->number,
							     .id = c->id,
							     .path = c->file.path,
							     .uid = c->file.uid,
							     .owner = owner ? &owner->person : &c->person->person});
	c->next.floor = case_floor(c, c->file.root);
	if (m->level)
		take_reading(c, run, m);
	else
		status = case_apply(c, &run->fields, &c->next.proposed);
	return status ? status : write_draft(c, run, m);
}

/* ---- a line each ---- */

static bool has_defaults(const struct import *run)
{
	return run->fields.item || run->fields.level;
}

static void say_reading(struct json *line, const struct case_of *c, const struct reading *m)
{
	char term[TERM_TEXT_MAX] = "";

	if (m->level)
		json_set_text(line, "level", m->level->code);
	term_format_cli(&m->term, term);
	json_set_text(line, "term", m->level ? term : "");
	json_set_text(line, "item", m->item ? m->item->id : "");
	json_set_text(line, "mark", c->file.mark ? c->file.mark : "");
}

static int import_one(struct case_of *c, struct import *run, const struct folder_file *file, struct json *line)
{
	OWN_MEM char *refused = NULL;
	struct reading m = {.outcome = "recorded"};
	int status = case_take_file(c, file->dev, file->ino);

	if (status == CASE_NO_RECORD) {
		if (c->file.sha256)
			read_mark(c, run, &m);
		else
			m.outcome = "not-looked-at";
		if (text_equal(m.outcome, "unmarked") && has_defaults(run))
			m.outcome = "assumed";
		say_reading(line, c, &m);
		status = 0;
		if ((m.level || text_equal(m.outcome, "assumed")) && run->left == 0)
			m.outcome = "left";
		else if (m.level || text_equal(m.outcome, "assumed")) {
			run->left--;
			status = run->dry ? 0 : draft(c, run, &m);
			json_set_text(line, "number", status == 0 && !run->dry ? c->next.number : "");
		}
	}
	json_set_text(line, "outcome", status == CASE_NOT_SEEN ? "not-looked-at" : m.outcome);
	if (status == CASE_ANSWERED) {
		refused = api_take_refusal(c->call);
		json_set_text(line, "refused", refused ? refused : "refused");
	}
	return status < 0 ? status : 0;
}

static int next_file(const struct case_of *first, struct import *run)
{
	OWN_CASE struct case_of c = {
	    .r = first->r, .call = first->call, .today = first->today, .person = first->person, .borrows_person = true};
	const struct folder_file *file = &run->folder.at[run->at++];
	struct json *line = json_object();
	int status;

	json_set_text(line, "path", file->path);
	json_set_int(line, "done", (int64_t)run->at);
	json_set_int(line, "total", (int64_t)run->folder.n);
	api_hold_refusals(c.call, true);
	status = import_one(&c, run, file, line);
	api_hold_refusals(c.call, false);
	if (status < 0) {
		json_free(line);
		return status;
	}
	if (c.r->n_changes >= CHANGES_MAX)
		TRY(registrar_settle(c.r));
	return run->at == run->folder.n ? api_reply(c.call, line) : api_more(c.call, line);
}

static int next_slice(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct import *run = arg;
	int status = case_begin(r, call, &c);

	if (status == 0 && !run->folder.is_collected)
		status = folder_files_collect(&c, &run->folder);
	for (size_t n = 0; n < SLICE && run->folder.is_collected && run->at < run->folder.n && status == 0; n++)
		status = next_file(&c, run);
	return status < 0 ? status : 0;
}

/* ---- the call ---- */

/* What is said for all of them is in the register and the catalogue, whatever each mark says. */
static int check_fields(struct case_of *c, struct import *run)
{
	struct fields fields = run->fields;
	struct classification what = {0};
	int status = record_check_responsible(c, &fields);

	return status == 0 ? case_apply(c, &fields, &what) : status;
}

static int check(struct case_of *c, struct import *run)
{
	struct json_view p = api_parameters(c->call);
	struct fields_problem problem;
	int status;

	if (c->person->person.roles & (ACTOR_AUDITOR | ACTOR_SYSTEM_ADMIN))
		return case_refuse(c, API_AUTHORITY, "wrong-role", "ask whoever owns the files, or the secrecy office",
				   "you may not import documents");
	if (!custody_is_line(run->reference, 200))
		return case_refuse(c, API_INPUT, "no-reference", "name the paper or register with --reference",
				   "what is imported has a reference");
	if (fields_read(json_get(p, "fields"), &run->fields, &problem))
		return case_refuse_fields(c, &problem);
	if (run->left < 1)
		return case_refuse(c, API_INPUT, "bad-limit", "give --limit 1 or more", "none would be imported");
	status = check_fields(c, run);
	if (status)
		return status;
	if (!folder_of_call(c->r, c->call, json_get_int(p, "directory", -1), &run->folder.root, &run->folder.below))
		return case_refuse(c, API_INPUT, "not-a-folder", "name a watched folder or one below it",
				   "the descriptor is not a directory of a watched folder");
	return 0;
}

int custody_import(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_slice, import_free};
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	struct import *run = calloc(1, sizeof(*run));
	int status = case_begin(r, call, &c);

	if (!run)
		return FAULT(ENOMEM, "import");
	run->reference = json_get_text(p, "reference");
	run->dry = json_get_bool(p, "dry_run");
	run->left = json_get_int(p, "limit", LIMIT_USUAL);
	run->folder.everybody = status == 0 && (c.person->person.roles & ACTOR_OFFICE);
	if (status == 0)
		status = check(&c, run);
	if (status == 0)
		return api_stream(call, &pages, run);
	import_free(run);
	return status < 0 ? status : 0;
}

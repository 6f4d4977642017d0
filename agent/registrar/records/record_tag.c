/* Drafting: tag, tag a folder, declare not secret. Protection starts here; nobody is asked for anything yet. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/records/usual_term.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* UUIDv7 (RFC 9562, 5.7): milliseconds, then random bits. */
void record_new_id(char ret[37])
{
	struct timespec now;
	uint8_t raw[16];
	char hex[33];
	uint64_t ms;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* only orders ids; a wrong clock does no harm */
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	random_bytes(raw, sizeof(raw));
	for (size_t i = 0; i < 6; i++)
		raw[i] = (uint8_t)(ms >> (40 - 8 * i));
	raw[6] = (uint8_t)(0x70 | (raw[6] & 0x0f));
	raw[8] = (uint8_t)(0x80 | (raw[8] & 0x3f));
	text_hex(raw, sizeof(raw), hex);
	(void)snprintf(ret, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

struct defaults_of {
	struct case_of *c;
	struct arena *memory;
	struct fields *fields;
	bool is_said;		   /* the drafter says the matter or the level */
	bool gives_item;	   /* the folder does */
	bool is_other;		   /* of another regime than state secrets: no item or level of a folder is for it */
	const struct level *level; /* the nearest that a folder says */
};

static int take_defaults(const struct store_defaults *d, void *arg)
{
	struct defaults_of *of = arg;
	struct fields *f = of->fields;

	const struct policy *p = of->c->r->policy;
	const struct item *item = catalogue_find(&p->catalogue, d->item ? d->item : "");

	if (!of->level)
		of->level = d->level ? level_for_protection(p, d->level) : item ? item->level : NULL;
	of->gives_item = of->gives_item || (!of->is_other && !f->item && !f->has_sources && d->item);
	if (!of->is_other && !f->item && !f->has_sources)
		f->item = arena_text(of->memory, d->item);
	if (!of->is_other && !f->level && !of->is_said)
		f->level = arena_text(of->memory, d->level);
	if (!f->responsible)
		f->responsible = arena_text(of->memory, d->responsible);
	if (!f->type)
		f->type = arena_text(of->memory, d->type);
	if (!f->has_scope && d->scope.n && d->scope.n <= FIELDS_LIST_MAX) {
		for (size_t i = 0; i < d->scope.n; i++)
			f->scope[f->n_scope++] = arena_text(of->memory, d->scope.at[i]);
		f->has_scope = true;
	}
	return 0;
}

/* Only the owner of a file may tag it (DESIGN 8): uid of the file = uid of the peer. */
static int refuse_not_owner(struct case_of *c)
{
	TRY(api_refuse(c->call, API_AUTHORITY, "not-owner", c->file.path,
		       "ask the owner, or the office that covers the department",
		       "the file belongs to uid %u, and you are uid %u", c->file.uid, (unsigned)api_uid(c->call)));
	return CASE_ANSWERED;
}

struct record record_of_file(struct registrar *r, const struct record_file *f)
{
	const char *name = strrchr(f->path, '/');
	struct date today = registrar_today(r);

	return (struct record){.number = f->number,
			       .id = f->id,
			       .regime = REGIME_STATE_SECRET,
			       .entry = ENTRY_DECIDED_HERE,
			       .pack = r->policy->id,
			       .pack_version = r->policy->version,
			       .carrier = "file",
			       .path = f->path,
			       .title = name ? name + 1 : f->path,
			       .department = f->owner ? f->owner->department : f->department,
			       .drafter = f->owner ? f->owner->id : NULL,
			       .drafter_role = "drafter",
			       .drafter_uid = f->uid,
			       .drafted = today,
			       .entered_on = today};
}

int record_start(struct case_of *c)
{
	int status;

	if (c->file.uid != (uint32_t)api_uid(c->call))
		return refuse_not_owner(c);
	if (c->file.ours) {
		TRY(api_refuse(c->call, API_STATE, "sealed-without-record", c->file.path,
			       "classctl recover, or ask the secrecy office",
			       "this is a sealed file whose record is not known here"));
		return CASE_ANSWERED;
	}
	status = store_next_number(c->r->store, c->today.year, c->number);
	TRY(status);
	record_new_id(c->id);
	c->next = record_of_file(c->r, &(struct record_file){.number = c->number,
							     .id = c->id,
							     .path = c->file.path,
							     .uid = c->file.uid,
							     .owner = &c->person->person});
	c->next.floor = case_floor(c, c->file.root);
	return 0;
}

/* A draft that goes over to another regime is protected as before until that is decided: nothing is lowered by it. */
static void take_regime(struct case_of *c, const struct fields *f)
{
	const struct level *was = record_claims(c->r->policy, &c->next);

	if (!case_turn(c, f, &c->next.proposed))
		return;
	(void)regime_find(c->next.asked_regime, &c->next.regime);
	c->next.asked_regime = NULL;
	if (level_is_classified(was))
		c->next.floor = was->code;
}

/* What comes from a work secret is one, when nobody says more of it. */
static void follow_sources(struct case_of *c, const struct fields *f)
{
	struct classification *what = &c->next.proposed;
	const struct level *level = level_find(c->r->policy, what->level);

	for (size_t i = 0; !f->regime && !level_is_classified(level) && i < c->n_sources; i++)
		if (regime_is_other(c->sources[i]->regime))
			c->next.regime = c->sources[i]->regime;
}

static void take_values(struct case_of *c, const struct fields *f)
{
	if (f->title)
		c->next.title = f->title;
	if (f->type)
		c->next.type = f->type;
	if (f->responsible)
		c->next.responsible = f->responsible;
	if (f->originator)
		c->next.originator = f->originator;
}

int record_check_responsible(struct case_of *c, const struct fields *f)
{
	int status;

	if (!f->responsible)
		return 0;
	status = store_person_exists(c->r->store, f->responsible);
	TRY(status);
	if (status == 0)
		return 0;
	TRY(api_refuse(c->call, API_INPUT, "unknown-person", "responsible",
		       "classctl person list shows who is registered", "the register has no person \"%s\"",
		       f->responsible));
	return CASE_ANSWERED;
}

/* The values after the fields are laid over what there is; all of it checked. */
static int propose(struct case_of *c, struct fields *f)
{
	int status = case_apply(c, f, &c->next.proposed);

	if (status == 0)
		follow_sources(c, f);
	if (status == 0 && regime_is_other(c->next.regime))
		status = record_heed_contrary(c);
	else if (status == 0)
		status = usual_term_take(c, f);
	return status ? status : case_check_values(c, &c->next.proposed);
}

/*
 * No guess: nothing is proposed. What folder, text and catalogue signal protects meanwhile; when nothing does, the
 * lowest classified level where doubt goes down (E.O. 13526 s. 1.1(b)), else the highest: unknown = held.
 */
static void propose_unsure(struct case_of *c, const struct fields *f)
{
	const struct policy *p = c->r->policy;
	const struct item *items[] = {catalogue_find(&p->catalogue, f->item ? f->item : ""),
				      catalogue_find(&p->catalogue, c->file.item ? c->file.item : "")};
	const struct level *interim =
	    level_max(level_for_protection(p, f->level), level_for_protection(p, c->file.mark_level));

	for (size_t i = 0; i < array_n(items); i++)
		interim = level_max(interim, items[i] ? items[i]->level : NULL);
	interim = level_max(interim, level_for_protection(p, c->next.floor));
	if (!level_is_classified(interim))
		interim = p->doubt_goes_down ? &p->levels[1] : level_highest(p);
	/* A label of another system may raise it, never lower it. */
	interim = level_max(interim, level_find(p, json_get_text(api_parameters(c->call), "hint")));
	c->next.floor = interim->code;
	c->next.proposed = (struct classification){.basis = BASIS_UNCLEAR, .reason = f->reason};
}

static int check_default_term(struct case_of *c, const struct fields *f)
{
	const struct item *item = catalogue_find(&c->r->policy->catalogue, f->item);
	struct usual_term usual;

	if (!item || f->term)
		return 0;
	TRY(usual_term_of(c, item, item->level, &usual));
	if (!usual_term_is_longest(c, &usual.term, item->level))
		return 0;
	TRY(api_refuse(c->call, API_INPUT, "longest-by-default", "term", "give --term",
		       "item %s of this folder brings the longest term, which a folder does not give by itself",
		       item->id));
	return CASE_ANSWERED;
}

/*
 * What the folders above say of whatever lies in them, value by value: the nearest that says it. Their level protects
 * until a decision even where the drafter proposes a lower one.
 */
static int take_folder(struct case_of *c, struct fields *f, struct arena *memory)
{
	const struct policy *p = c->r->policy;
	struct defaults_of of = {
	    .c = c, .memory = memory, .fields = f, .is_said = f->item || f->level || f->has_sources,
	    .is_other = regime_is_other(c->next.regime)};
	const struct level *floor = level_for_protection(p, c->next.floor);

	TRY(store_defaults_above(c->r->store, c->file.root, c->file.path, take_defaults, &of));
	TRY(arena_check(memory));
	if (level_max(floor, of.level) != floor)
		c->next.floor = of.level->code;
	return of.gives_item ? check_default_term(c, f) : 0;
}

int record_declare_draft(struct case_of *c, const char *title, const char *reason)
{
	int status = c->record ? 0 : record_start(c);

	if (status)
		return status;
	if (title)
		c->next.title = title;
	c->next.regime = REGIME_NONE;
	c->next.proposed = (struct classification){.level = level_unclassified(c->r->policy)->code, .reason = reason};
	c->next.proposed_on = c->today;
	return 0;
}

static int copy_document(const struct store_document *d, void *arg)
{
	(void)d;
	*(bool *)arg = true;
	return 0;
}

/* Where the document of a new record lies, with the facts the watcher and inspector gave. */
struct json *record_document_json(const struct case_of *c)
{
	return store_document_json(c->r->store, &(struct store_document){.number = c->next.number,
									 .root = c->file.root,
									 .path = c->file.path,
									 .dev = c->file.dev,
									 .ino = c->file.ino,
									 .generation = c->file.generation,
									 .size = c->file.size,
									 .mtime_ns = c->file.mtime_ns,
									 .sha256 = c->file.sha256,
									 .content = 1,
									 .plain = true});
}

int record_put_document(struct case_of *c)
{
	struct json *entry;
	bool known = false;
	int status = store_document_of(c->r->store, c->next.number, copy_document, &known);

	TRY(status);
	if (known || !c->file.path)
		return 0;
	entry = json_object();
	json_set_text(entry, "op", "document");
	json_set_text(entry, "actor", c->person->person.id);
	json_set_int(entry, "uid", (int64_t)api_uid(c->call));
	json_set_text(entry, "number", c->next.number);
	json_set(entry, "document", record_document_json(c));
	status = registrar_change(c->r, entry);
	return status;
}

/* The two highest levels never lie in clear (DESIGN 8); others when the pack says so. */
static bool may_lie_in_clear(const struct case_of *c)
{
	return record_protection(c->r->policy, &c->next)->draft_in_clear != DRAFT_NEVER;
}

/* c->next is the draft, all of it checked; memory: of the values that folders give. */
static int make_draft(struct case_of *c, struct fields *f, bool unsure, struct arena *memory)
{
	int status = c->record || c->is_begun ? 0 : record_start(c);

	if (status == 0)
		status = case_may(c, ACT_TAG, NULL, NULL);
	if (status == 0)
		take_regime(c, f);
	if (status == 0 && c->file.path && c->next.proposed.basis == BASIS_MISSING)
		status = take_folder(c, f, memory);
	if (status == 0)
		status = record_check_responsible(c, f);
	if (status)
		return status;
	take_values(c, f);
	if (unsure)
		propose_unsure(c, f);
	else
		TRY(status = propose(c, f));
	c->next.state = RECORD_DRAFT;
	c->next.proposed_on = c->today;
	if (!c->record && c->file.path)
		c->document = record_document_json(c);
	return status;
}

/* What the history says of a draft. */
static const char *note_of(const struct case_of *c, const struct fields *f)
{
	return f->reason ? f->reason : c->term_from[0] ? c->term_from : NULL;
}

int record_draft_submitted(struct case_of *c, struct fields *f)
{
	struct arena memory = {0};
	int status = make_draft(c, f, false, &memory);

	if (status == 0)
		status = record_submit_new(c, note_of(c, f));
	if (status == 0)
		status = unrecorded_settled(c->r, c->file.root, c->file.path, NULL);
	arena_done(&memory);
	return status;
}

int record_draft(struct case_of *c, struct fields *f, bool unsure)
{
	struct arena memory = {0};
	int status = make_draft(c, f, unsure, &memory);

	if (status == 0)
		status = case_change(c, ACT_TAG, note_of(c, f), NULL);
	if (status == 0 && c->record)
		status = record_put_document(c);
	if (status == 0 && !c->is_begun)
		status = unrecorded_settled(c->r, c->file.root, c->file.path, c->record ? c->next.number : NULL);
	if (status == 0 && !may_lie_in_clear(c) && !record_is_carrier(&c->next))
		status = jobs_seal(c->r, c->next.number);
	if (status == 0) /* a draft that is sealed already: its file says so, under the key of its level */
		status = jobs_relabel(c->r, c->next.number);
	arena_done(&memory);
	return status;
}

struct json *record_notes_of(struct case_of *c, const struct classification *what)
{
	struct proposal proposal;
	struct proposal_problem problems[PROPOSAL_PROBLEMS_MAX];
	struct json *notes = json_array();
	size_t n;

	case_proposal(c, what, &proposal);
	n = proposal_check(c->r->policy, &proposal, problems);
	for (size_t i = 0; i < n; i++) {
		OWN_BUFFER struct buffer text = {0};
		OWN_MEM char *line = NULL;

		proposal_explain(c->r->policy, &problems[i], &text);
		line = buffer_steal_text(&text);
		json_append_text(notes, line ? line : "");
	}
	return notes;
}

static bool names_other(const struct fields *f)
{
	enum regime regime;

	return f->regime && regime_find(f->regime, &regime) && regime_is_other(regime);
}

static int finish_tag(struct case_of *c, struct json_view parameters)
{
	struct fields_problem problem;
	struct fields fields;
	struct json *more;
	bool unsure = json_get_bool(parameters, "unsure");
	int status;

	if (fields_read(json_get(parameters, "fields"), &fields, &problem))
		return case_refuse_fields(c, &problem);
	/* What speaks for a state secret is not known before an inspector looked. */
	if (names_other(&fields) && !c->file.sha256 && !c->record && !c->is_last_try)
		return CASE_NOT_SEEN;
	status = record_draft(c, &fields, unsure);
	if (status == 0)
		status = case_again(c);
	if (status == 0 && unsure) /* nobody goes on writing what nobody is sure of: it asks at once */
		status = record_submit(c, NULL);
	if (status)
		return status;
	more = json_object();
	if (c->term_from[0])
		json_set_text(more, "term_from", c->term_from);
	json_set(more, "notes", unsure ? json_array() : record_notes_of(c, &c->next.proposed));
	return case_reply(c, more);
}

/* A file just saved may reach us before the watcher's word of it: the call waits for that word. */
#define WAIT_STEP_MS   10
#define WAIT_STEPS_MAX 150

struct waiting {
	struct loop_timer timer;
	struct registrar *r;
	struct api_call *call;
	record_ready_fn then;
	unsigned steps;
};

static int answer_unwatched(struct api_call *call)
{
	return api_refuse(call, API_NOT_FOUND, "not-watched", "document",
			  "move it into a watched folder (classctl status lists them), or wait for the scan to end",
			  "the file is in no watched folder, or has not been seen there");
}

static int try_case(struct registrar *r, struct api_call *call, record_ready_fn then, bool last)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	int status = case_begin(r, call, &c);

	c.is_last_try = last;
	if (status == 0)
		status = case_resolve(&c, json_get(parameters, "document"));
	if (status == 0 || status == CASE_NO_RECORD)
		status = then(&c, parameters);
	if (status == CASE_NOT_SEEN && !last)
		return CASE_NOT_SEEN;
	if (status == CASE_NOT_SEEN)
		return answer_unwatched(call);
	return status < 0 ? status : 0;
}

static int on_wait(struct loop_timer *timer)
{
	struct waiting *w = container_of(timer, struct waiting, timer);
	int status = try_case(w->r, w->call, w->then, ++w->steps >= WAIT_STEPS_MAX);

	if (status == CASE_NOT_SEEN)
		return loop_arm(&w->r->role.loop, &w->timer, WAIT_STEP_MS, on_wait);
	free(w);
	return status;
}

int record_when_seen(struct registrar *r, struct api_call *call, record_ready_fn then)
{
	int status = try_case(r, call, then, false);
	struct waiting *w;

	if (status != CASE_NOT_SEEN)
		return status;
	w = calloc(1, sizeof(*w));
	if (!w)
		return FAULT(ENOMEM, "waiting for a file");
	*w = (struct waiting){.r = r, .call = call, .then = then};
	return loop_arm(&r->role.loop, &w->timer, WAIT_STEP_MS, on_wait);
}

int record_method_tag(struct registrar *r, struct api_call *call)
{
	return record_when_seen(r, call, finish_tag);
}

/*
 * The end of an epoch: retired, when a look into every file finds none on it;
 * destroyed, by two security administrators. The journal has it before the
 * keeper hears of it, so what was decided is done even if all of us are killed
 * in between (epochs.c tells the keeper again).
 */
#include "registrar/keys/key_methods.h"

#include "base/text.h"
#include "registrar/store/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAMES_SHOWN   5
#define PROPOSAL_DAYS 1 /* a proposal holds today and tomorrow */
#define SHRED_BATCH   256

/* ---- files that are in the way ---- */

static char *names_of(const struct scan_result *scan, const char *key_id)
{
	struct buffer b = {0};
	size_t n = 0;

	for (size_t i = 0; i < scan->n_files && n <= NAMES_SHOWN; i++) {
		const struct scan_file *file = &scan->files[i];
		bool has_number = file->number[0] && file->kind == SCAN_DOCUMENT;
		OWN_MEM char *path = text_escape(bytes_of_text(file->path));

		if (!text_equal(file->args.key_id, key_id))
			continue;
		buffer_add_text(&b, n > 0 ? ", " : "");
		buffer_add_text(&b, n == NAMES_SHOWN ? "…" : has_number ? file->number : path ? path : "?");
		n++;
	}
	return buffer_steal_text(&b);
}

static int refuse_files(struct key_call *c, const struct scan_result *scan, uint64_t n)
{
	OWN_MEM char *names = names_of(scan, c->key_id);

	return api_refuse(c->call, API_STATE, "files-left", "epoch",
			  "move them with classctl key rotate; classctl key files lists them",
			  "%llu %s sealed to %s %s: %s", (unsigned long long)n, n == 1 ? "file is" : "files are",
			  c->level, c->epoch,
			  names ? names : "");
}

/* The store knows more than a look that could not see everything. 0; PEOPLE_ANSWERED: refused. */
static int check_scan(struct registrar *r, struct key_call *c, const struct scan_result *scan, uint64_t *ret_files)
{
	int64_t documents = 0;

	if (!scan)
		TRY(key_refuse_busy(c->call));
	else if (scan->is_incomplete)
		TRY(api_refuse(c->call, API_STATE, "scan-incomplete", "folders", "classctl status; make them readable",
			       "some folders could not be looked at, so nobody knows what is in them"));
	else {
		TRY(store_document_count_of_key(r->store, c->key_id, &documents));
		*ret_files = scan_total(scan, c->key_id);
		if ((uint64_t)documents > scan_count(scan, c->key_id, SCAN_DOCUMENT)) /* one is missing in its folder */
			*ret_files += (uint64_t)documents - scan_count(scan, c->key_id, SCAN_DOCUMENT);
		return 0;
	}
	return PEOPLE_ANSWERED;
}

/* ---- the keeper has done it ---- */

static int reply_epoch(struct registrar *r, struct key_call *c, const char *phase)
{
	const struct epoch *epoch = epochs_find(r, c->level, c->epoch);
	struct json *to = json_object();

	if (phase) {
		json_set_text(to, "phase", phase);
		json_set_int(to, "files", c->files < 0 ? 0 : c->files);
	}
	json_set(to, "epoch", epoch ? key_epoch_json(r, epoch) : NULL);
	return api_reply(c->call, to);
}

static int refuse_keeper(struct key_call *c, enum epoch_outcome outcome)
{
	if (outcome == 0)
		return api_refuse(c->call, API_BUSY, "keeper-away", "keeper",
				  "classctl key status shows when it is done",
				  "it is decided and journalled; the keeper was away and does it when it is back");
	if (outcome == EPOCH_UNWRITTEN)
		return api_refuse(c->call, API_FAILED, "keys-unwritable", "keeper",
				  "make room, then: classctl key status, which tries again",
				  "it is decided and journalled; the keeper cannot write its directory yet");
	return api_refuse(c->call, API_FAILED, "keeper-refused", "keeper", "classctl key status",
			  outcome == EPOCH_NEWEST ? "the keeper has no newer key of level %s"
						  : "the keeper does not know that key of level %s",
			  c->level);
}

static int state_told(struct registrar *r, enum epoch_outcome outcome, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;

	return outcome == EPOCH_DONE ? reply_epoch(r, c, NULL) : refuse_keeper(c, outcome);
}

static int destroyed_told(struct registrar *r, enum epoch_outcome outcome, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;

	return outcome == EPOCH_DONE ? reply_epoch(r, c, "destroyed") : refuse_keeper(c, outcome);
}

/* Takes c. */
static int change_state(struct registrar *r, struct key_call *c, enum epoch_state state, epochs_told_fn then)
{
	OWNED(key_call) struct key_call *owned = c;
	struct json *entry = key_entry(c, "epoch", "state");
	int result;

	json_set_text(entry, "key_id", c->key_id);
	json_set_text(entry, "level", c->level);
	json_set_text(entry, "epoch", c->epoch);
	json_set_text(entry, "state", epochs_state_name(state));
	json_set_bool(entry, "shred", c->shred);
	if (c->reason[0])
		cell_set_of(entry, "reason", r->meta_key, "note", c->key_id, c->reason);
	result = key_change(r, c, entry);
	if (result)
		return result < 0 ? result : 0;
	return epochs_set(r, c->level, c->epoch, state, then, steal(&owned));
}

/* ---- retire ---- */

static int retire_scanned(struct registrar *r, const struct scan_result *scan, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;
	uint64_t n = 0;
	int result = check_scan(r, c, scan, &n);

	if (result)
		return result < 0 ? result : 0;
	if (n > 0)
		return refuse_files(c, scan, n);
	return change_state(r, steal(&c), EPOCH_RETIRED, state_told);
}

static int refuse_state(struct key_call *c, const struct epoch *epoch, enum epoch_state wanted)
{
	if (epoch->state == EPOCH_DESTROYED)
		return api_refuse(c->call, API_STATE, "destroyed", "epoch", "nothing can be done",
				  "the key %s %s is destroyed", c->level, c->epoch);
	if (epoch->is_newest)
		return api_refuse(c->call, API_STATE, "newest", "epoch", "classctl key rotate makes a newer one first",
				  "level %s seals with %s", c->level, c->epoch);
	return api_refuse(c->call, API_STATE, "same-state", "epoch", "nothing is to be done",
			  wanted == EPOCH_RETIRED ? "%s %s is retired already" : "%s %s is not retired", c->level,
			  c->epoch);
}

int key_retire(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call p = {0};
	OWNED(key_call) struct key_call *c = NULL;
	const struct epoch *epoch = NULL;
	enum epoch_state wanted;
	int result = people_begin(r, call, RIGHT_KEYS, &p);

	if (result == 0)
		result = key_call_new(&p, &c);
	if (result == 0)
		result = key_call_find(r, c, &epoch);
	if (result)
		return result < 0 ? result : 0;
	wanted = c->undo ? EPOCH_OPEN : EPOCH_RETIRED;
	if (epoch->state == EPOCH_DESTROYED || epoch->state == wanted || (!c->undo && epoch->is_newest))
		return refuse_state(c, epoch, wanted);
	if (c->undo)
		return change_state(r, steal(&c), EPOCH_OPEN, state_told);
	return scan_start(r, retire_scanned, steal(&c));
}

/* ---- destroy ---- */

struct shredding {
	struct registrar *r;
	struct key_call *c;
	char after[STORE_NUMBER_MAX];
	size_t n;
};

static int journal_shredded(struct shredding *s, const char *number, const char *what)
{
	struct json *entry = registrar_entry("shredded", s->c->person, api_uid(s->c->call));
	OWN_MEM char *note = text_format("%s: the key %s %s is destroyed%s%s", what, s->c->level, s->c->epoch,
					 s->c->reason[0] ? ": " : "", s->c->reason);

	json_set_text(entry, "number", number);
	json_set_text(entry, "key_id", s->c->key_id);
	cell_set_of(entry, "note", s->r->meta_key, "note", number, note);
	return key_change(s->r, s->c, entry);
}

static int shred_document(const struct store_document *d, void *arg)
{
	struct shredding *s = arg;

	(void)snprintf(s->after, sizeof(s->after), "%s", d->number);
	s->n++;
	return journal_shredded(s, d->number, "the document");
}

/* Every record of which something becomes unreadable has it in its history, before it does. */
static int journal_all(struct shredding *s, const struct scan_result *scan)
{
	int result;

	do {
		s->n = 0;
		result = store_document_of_key(s->r->store, s->c->key_id, s->after, SHRED_BATCH, shred_document, s);
	} while (result == 0 && s->n > 0);
	for (size_t i = 0; result == 0 && i < scan->n_files; i++) {
		const struct scan_file *file = &scan->files[i];

		if (file->kind != SCAN_DOCUMENT && file->number[0] && text_equal(file->args.key_id, s->c->key_id))
			result =
			    journal_shredded(s, file->number, file->kind == SCAN_KEPT ? "an older content" : "a copy");
	}
	return result;
}

struct proposal {
	char by[PEOPLE_ID_MAX + 1], on[11];
	int64_t files;
};

static int take_proposal(const struct store_epoch *e, void *arg)
{
	struct proposal *p = arg;

	(void)snprintf(p->by, sizeof(p->by), "%s", e->destroy_by ? e->destroy_by : "");
	(void)snprintf(p->on, sizeof(p->on), "%s", e->destroy_on ? e->destroy_on : "");
	p->files = e->destroy_files;
	return 0;
}

static bool holds(const struct proposal *p, const struct key_call *c, uint64_t n)
{
	struct date on;

	return p->by[0] && date_parse(p->on, &on) && date_to_days(c->today) - date_to_days(on) <= PROPOSAL_DAYS &&
	       p->files == (int64_t)n;
}

/* What a hand proposed that was taken from its place since is proposed anew by the next. */
static int drop_of_gone(struct registrar *r, struct proposal *p)
{
	bool stands;

	TRY(people_stands(r, p->by, RIGHT_KEY_DESTROY, &stands));
	if (!stands)
		*p = (struct proposal){0};
	return 0;
}

/* The look into all files takes its time: may this person still? PEOPLE_ANSWERED: refused. */
static int check_again(struct registrar *r, const struct key_call *c, enum right right)
{
	OWN_PEOPLE_CALL struct people_call p = {0};

	return people_begin(r, c->call, right, &p);
}

static int propose(struct registrar *r, struct key_call *c, uint64_t n)
{
	struct json *entry = key_entry(c, "epoch", "destroy-proposed");
	char today[11];
	int result;

	date_format(c->today, today);
	json_set_text(entry, "key_id", c->key_id);
	json_set_text(entry, "level", c->level);
	json_set_text(entry, "epoch", c->epoch);
	json_set_text(entry, "on", today);
	json_set_int(entry, "files", (int64_t)n);
	json_set_bool(entry, "shred", c->shred);
	cell_set_of(entry, "reason", r->meta_key, "note", c->key_id, c->reason);
	result = key_change(r, c, entry);
	return result ? (result < 0 ? result : 0) : reply_epoch(r, c, "proposed");
}

/* Takes c. */
static int destroy_now(struct registrar *r, struct key_call *c, const struct scan_result *scan)
{
	OWNED(key_call) struct key_call *owned = c;
	struct shredding shredding = {.r = r, .c = c};
	int result = journal_all(&shredding, scan);

	TRY(result);
	return result > 0 ? 0 : change_state(r, steal(&owned), EPOCH_DESTROYED, destroyed_told);
}

static int refuse_count(struct key_call *c, const struct scan_result *scan, uint64_t n)
{
	OWN_MEM char *names = names_of(scan, c->key_id);
	OWN_MEM char *next = text_format("if nobody is ever to read them again: --files %llu", (unsigned long long)n);

	return api_refuse(c->call, API_STATE, "files-differ", "files", next,
			  "%llu file%s sealed to %s %s would become unreadable: %s", (unsigned long long)n,
			  TEXT_S(n), c->level, c->epoch, names ? names : "");
}

static int destroy_scanned(struct registrar *r, const struct scan_result *scan, void *arg)
{
	OWNED(key_call) struct key_call *c = arg;
	struct proposal proposal = {0};
	uint64_t n = 0;
	int result = check_again(r, c, RIGHT_KEY_DESTROY);

	if (result == 0)
		result = check_scan(r, c, scan, &n);
	if (result)
		return result < 0 ? result : 0;
	if (n > 0 && !c->shred)
		return refuse_files(c, scan, n);
	if (c->shred && c->files != (int64_t)n)
		return refuse_count(c, scan, n);
	c->files = (int64_t)n;
	TRY(store_epoch_by_key(r->store, c->key_id, take_proposal, &proposal));
	TRY(drop_of_gone(r, &proposal));
	if (!holds(&proposal, c, n))
		return propose(r, c, n);
	if (text_equal(proposal.by, c->person))
		return api_refuse(c->call, API_AUTHORITY, "own-entry", c->person,
				  "another security administrator runs the same command, today or tomorrow",
				  "you proposed this yourself; it needs a second person");
	return destroy_now(r, steal(&c), scan);
}

int key_destroy(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call p = {0};
	OWNED(key_call) struct key_call *c = NULL;
	const struct epoch *epoch = NULL;
	const char *reason;
	int result = people_begin(r, call, RIGHT_KEY_DESTROY, &p);

	if (result == 0)
		result = people_take_line(&p, "reason", PEOPLE_TEXT_MAX, true, &reason);
	if (result == 0)
		result = key_call_new(&p, &c);
	if (result == 0)
		result = key_call_find(r, c, &epoch);
	if (result)
		return result < 0 ? result : 0;
	if (epoch->state == EPOCH_DESTROYED || epoch->is_newest)
		return refuse_state(c, epoch, EPOCH_DESTROYED);
	if (epoch->state != EPOCH_RETIRED && !c->shred)
		return api_refuse(call, API_STATE, "not-retired", "epoch", "retire it first: classctl key retire",
				  "%s %s is not retired: it still opens what is sealed to it", c->level, c->epoch);
	return scan_start(r, destroy_scanned, steal(&c));
}

/* One look at every file without a record; what is due is noted first and acted on after the list. */
#include "registrar/documents/unrecorded.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/journal/clock.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/look.h"
#include "registrar/store/record_json.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE 500  /* so many that are due are taken in one run; the next takes the rest */
#define STEP	1000 /* files of one turn: some milliseconds */

struct due_file {
	struct due_file *next;
	struct store_seen seen;
};

struct round {
	struct registrar *r;
	char before[CLOCK_TEXT];      /* first seen until then: the grace period is over … */
	char before_open[CLOCK_TEXT]; /* … also for what has been changing ever since */
	bool only_enforced;
	unrecorded_fn each;
	void *arg;
	struct arena texts;
	struct due_file *first;
	struct unrecorded *at;
	int64_t passed; /* of this turn */
};

/* What is still being written has no content yet, and may be a temporary: it has time until it has settled, but not for
 * ever. */
static bool is_due(const struct round *round, const struct store_seen *seen)
{
	bool is_changing = seen->event == SEEN_CHANGED || seen->event == SEEN_OPEN;

	return seen->first_seen && strcmp(seen->first_seen, is_changing ? round->before_open : round->before) <= 0;
}

static int note(const struct store_seen *seen, void *arg)
{
	struct round *round = arg;
	const struct role_root *root = role_root_find(&round->r->role, seen->root);
	struct due_file *file;

	round->passed++;
	round->at->after = seen->id;
	if (seen->number || seen->ours || seen->kind != SEEN_REGULAR || !root || root->kind == ROOT_CHECKOUT ||
	    watch_is_odd(seen->path))
		return 0;
	round->at->considered++;
	if (round->only_enforced && root->mode != ROOT_ENFORCE)
		return 0;
	if (!is_due(round, seen))
		return 0;
	round->at->due++;
	if (round->each)
		round->each(seen, round->arg);
	if (round->at->taken == AT_ONCE)
		return 0;
	file = arena_alloc(&round->texts, sizeof(*file));
	if (!file)
		return arena_check(&round->texts);
	file->seen = *seen;
	file->seen.path = arena_text(&round->texts, seen->path);
	file->seen.type = arena_text(&round->texts, seen->type);
	file->seen.sha256 = arena_text(&round->texts, seen->sha256);
	file->seen.item = arena_text(&round->texts, seen->item);
	file->next = round->first;
	round->first = file;
	round->at->taken++;
	return arena_check(&round->texts);
}

static int say_no_record(struct round *round, const struct store_seen *seen, const char *number, const char *sealed_at)
{
	struct findings_count count = {0};
	OWN_MEM char *evidence = text_format("%s file of uid %u without a record for more than %u minutes%s%s",
					     seen->type ? seen->type : "a", seen->uid, round->r->policy->grace_minutes,
					     sealed_at ? ", sealed at " : "", sealed_at ? sealed_at : "");
	struct findings_other finding = {
	    .code = FINDING_NO_RECORD,
	    .about = number ? (struct store_about){.number = number}
			    : (struct store_about){.root = seen->root, .path = seen->path},
	    .evidence = evidence ? evidence : "",
	    .is_true = true,
	};
	int status = findings_set(round->r, &finding, &count);

	TRY(status);
	round->at->told += count.opened;
	if (status || number || !seen->item)
		return status;
	free(evidence);
	evidence = text_format("the text meets phrases of item %s, and there is no record", seen->item);
	finding.code = FINDING_NOT_CLASSIFIED;
	finding.evidence = evidence ? evidence : "";
	return findings_set(round->r, &finding, NULL);
}

/* The floor of the root; without one the lowest level there is a key for. */
static const struct level *floor_of(const struct registrar *r, const struct role_root *root)
{
	const struct level *floor = level_for_protection(r->policy, root->floor);

	return level_is_classified(floor) ? floor : &r->policy->levels[1];
}

static struct json *document_of(struct registrar *r, const struct store_seen *seen, const char *number)
{
	return store_document_json(r->store, &(struct store_document){.number = number,
								      .root = seen->root,
								      .path = seen->path,
								      .dev = seen->dev,
								      .ino = seen->ino,
								      .generation = seen->generation,
								      .size = seen->size,
								      .mtime_ns = seen->mtime_ns,
								      .sha256 = seen->sha256,
								      .content = 1,
								      .plain = true});
}

/* A draft of the owner, made by the agent: who is no person of the register leaves it without a drafter. */
static int seal_file(struct round *round, const struct store_seen *seen)
{
	struct registrar *r = round->r;
	const struct role_root *root = role_root_find(&r->role, seen->root);
	const struct level *floor = floor_of(r, root);
	OWNED(store_person) struct store_person *owner = NULL;
	struct date today = registrar_today(r);
	char number[STORE_NUMBER_MAX], id[37];
	struct record record;
	struct json *entry;
	int status = store_person_by_uid(r->store, seen->uid, today, &owner);

	TRY(status);
	TRY(store_next_number(r->store, today.year, number));
	record_new_id(id);
	record = record_of_file(r, &(struct record_file){.number = number,
							 .id = id,
							 .path = seen->path,
							 .uid = seen->uid,
							 .owner = owner ? &owner->person : NULL,
							 .department = root->department});
	record.version = 1;
	record.state = RECORD_DRAFT;
	record.floor = floor->code;
	entry = record_entry(r, &record, ACT_NEW, NULL, 0);
	json_set(entry, "document", document_of(r, seen, number));
	status = registrar_change(r, entry);
	if (status == 0)
		status = say_no_record(round, seen, number, floor->name.official);
	if (status == 0)
		status = findings_gone(r, seen->root, seen->path);
	if (status == 0)
		status = jobs_seal(r, number);
	round->at->sealed += status == 0;
	return status;
}

static int act(struct round *round)
{
	for (const struct due_file *file = round->first; file; file = file->next) {
		const struct role_root *root = role_root_find(&round->r->role, file->seen.root);
		int status = root->mode == ROOT_ENFORCE ? seal_file(round, &file->seen)
							: say_no_record(round, &file->seen, NULL, NULL);

		TRY(status);
		round->at->failed += status != 0;
		if (round->r->n_changes >= CHANGES_MAX)
			TRY(registrar_settle(round->r));
	}
	return 0;
}

/* Those that have a record are passed, too: a turn is so many rows, whatever is in them. */
static int go(struct round *round, bool rehearsal)
{
	struct store_seen_filter files = {.clear = true, .after = round->at->after, .limit = STEP};
	const struct policy *policy = round->r->policy;
	int64_t before = clock_seconds(round->r->clock) - 60 * (int64_t)policy->grace_minutes;
	int status;

	clock_format(before, round->before);
	clock_format(before - 60 * (int64_t)policy->open_minutes, round->before_open);
	status = store_seen_list(round->r->store, &files, note, round);
	round->at->is_over = round->passed < STEP;
	if (status >= 0 && !rehearsal)
		status = act(round);
	arena_done(&round->texts);
	return status < 0 ? status : 0;
}

int unrecorded_go(struct registrar *r, bool rehearsal, unrecorded_fn each, void *arg, struct unrecorded *at)
{
	return go(&(struct round){.r = r, .each = each, .arg = arg, .at = at}, rehearsal);
}

static int on_turn(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, enforce_timer);
	struct unrecorded at = {.after = r->enforce_after, .taken = r->enforce_taken};

	if (!r->policy || !registrar_may_work(r))
		return 0;
	TRY(go(&(struct round){.r = r, .only_enforced = true, .at = &at}, false));
	r->enforce_after = at.after;
	r->enforce_taken = at.taken;
	return at.is_over ? 0 : loop_arm(&r->role.loop, timer, 0, on_turn);
}

int unrecorded_enforce(struct registrar *r)
{
	bool any = false;

	for (size_t i = 0; i < r->role.n_roots; i++)
		any = any || (r->role.roots[i].mode == ROOT_ENFORCE && r->role.roots[i].kind != ROOT_CHECKOUT);
	if (!any || r->enforce_timer.loop)
		return 0;
	r->enforce_after = r->enforce_taken = 0;
	return on_turn(&r->enforce_timer);
}

int unrecorded_settled(struct registrar *r, uint32_t root, const char *path, const char *number)
{
	const struct store_about about[] = {{.root = root, .path = path}, {.number = number}};
	int status = 0;

	for (size_t i = 0; i < array_n(about) && status == 0; i++)
		if (about[i].path || about[i].number)
			status = findings_set(r, &(struct findings_other){.code = FINDING_NO_RECORD, .about = about[i]},
					      NULL);
	if (status == 0 && path)
		status =
		    findings_set(r, &(struct findings_other){.code = FINDING_NOT_CLASSIFIED, .about = about[0]}, NULL);
	return status;
}

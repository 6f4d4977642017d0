/*
 * A new record whose file lies there ready to be sealed: what its job would ask
 * the store for is at hand, and the intent is part of the record's own entry.
 */
#include "registrar/documents/jobs_private.h"

#include "base/text.h"

#include <errno.h>

/* As step_seal() and check_source() ask for a job whose turn has come. */
static const struct level *level_to_seal(struct registrar *r, const struct record *record, const struct store_seen *seen)
{
	const struct role_root *where = role_root_find(&r->role, seen->root);

	if (!r->meta_key || !r->policy || !registrar_may_work(r) || jobs_find(r->jobs, record->number))
		return NULL;
	if (!where || where->kind == ROOT_CHECKOUT || !seen->sha256 || seen->uid != record->drafter_uid)
		return NULL;
	return gate_is_shut(r, seen->root) ? NULL : record_protection(r->policy, record);
}

static int add_intent(struct job *job, const struct job_plan *p, struct json *entry)
{
	struct json *intent = json_object();

	json_set_text(intent, "kind", "seal");
	json_set(intent, "body", job_plan_json(job->r, p));
	json_set(entry, "intent", intent);
	return job_plan_keep(job, p);
}

static int plan(struct job *job, const struct store_seen *seen, const struct level *level, struct json *entry)
{
	OWN_ARENA struct arena a = {0};
	struct job_plan p = {.version = 1,
			     .root = seen->root,
			     .source = seen->path,
			     .target_root = seen->root,
			     .level = level->code,
			     .dev = seen->dev,
			     .ino = seen->ino,
			     .size = seen->size,
			     .mtime_ns = seen->mtime_ns,
			     .sha256 = seen->sha256,
			     .content = 1,
			     .keep = job_keep(job, 1, &a),
			     .dispose = true};

	TRY(arena_check(&a));
	TRY(job_target(job, seen, level, &a, &p.target));
	return add_intent(job, &p, entry);
}

static void start_done(struct jobs_start *start)
{
	free(start->text);
	free(start->meta);
	*start = (struct jobs_start){0};
}

/* What the file is to carry is what the entry says. */
static int keep_texts(struct jobs_start *start, struct json_view entry)
{
	start->text = text_copy(json_get_text(json_get(entry, "label"), "text"));
	start->meta = json_view_text(json_get(entry, "record"));
	return start->text && start->meta ? 0 : FAULT(ENOMEM, "label");
}

int jobs_start_begin(struct registrar *r, const struct record *record, const struct store_seen *seen,
		     struct json *entry, struct jobs_start *ret)
{
	const struct level *level = level_to_seal(r, record, seen);
	struct job *job;
	int result;

	*ret = (struct jobs_start){0};
	if (!level || record->version != 1 || !json_is_object(json_get(json_look(entry), "label")))
		return 0;
	job = jobs_get(r, record->number);
	result = job ? plan(job, seen, level, entry) : FAULT(ENOMEM, "job");
	if (result == 0)
		result = keep_texts(ret, json_look(entry));
	if (result == 0) {
		ret->job = job;
		return 0;
	}
	start_done(ret);
	if (job)
		jobs_drop(job);
	return result;
}

int jobs_start_end(struct jobs_start *start, const struct record *record, bool is_done)
{
	struct job *job = start->job;
	int result = 0;

	if (job && !is_done) {
		jobs_drop(job);
	} else if (job) {
		job->wants_seal = true;
		jobs_take_off(job, registrar_seq(job->r), false);
		result = job_send_known(
		    job, &(struct job_known){.record = record, .text = start->text, .meta = start->meta});
	}
	start_done(start);
	return result;
}

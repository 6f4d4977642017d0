/* An intent's body: how the plan of a job stands in journal and store. Paths name people and matters: sealed. */
#include "registrar/documents/jobs_private.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PLACE_SOURCE "intent.source"
#define PLACE_TARGET "intent.target"

struct json *job_plan_json(const struct registrar *r, const struct job_plan *p)
{
	struct json *body = json_object();

	json_set_int(body, "version", p->version);
	json_set_int(body, "root", p->root);
	cell_set(body, "source", r->meta_key, PLACE_SOURCE, p->source);
	json_set_int(body, "target_root", p->target_root);
	cell_set(body, "target", r->meta_key, PLACE_TARGET, p->target);
	json_set_text(body, "keep", p->keep);
	json_set_text(body, "level", p->level);
	json_set_text(body, "from_level", p->from_level);
	json_set_int(body, "dev", (int64_t)p->dev);
	json_set_int(body, "ino", (int64_t)p->ino);
	json_set_int(body, "size", (int64_t)p->size);
	json_set_int(body, "mtime_ns", (int64_t)p->mtime_ns);
	json_set_int(body, "replace_ino", (int64_t)p->replace_ino);
	json_set_text(body, "sha256", p->sha256);
	json_set_int(body, "content", p->content);
	json_set_bool(body, "dispose", p->dispose);
	json_set_bool(body, "reencrypt", p->reencrypt);
	return body;
}

static const char *cell_of(const struct registrar *r, struct json_view body, const char *key, const char *place,
			   struct arena *a)
{
	OWN_BUFFER struct buffer sealed = {0};

	return json_get_bytes(body, key, &sealed) ? cell_text(a, r->meta_key, place, buffer_bytes(&sealed)) : NULL;
}

static uint64_t number_of(struct json_view body, const char *key)
{
	return (uint64_t)json_get_int(body, key, 0);
}

struct reading_plan {
	const struct registrar *r;
	struct arena *a;
	struct job_plan *ret;
};

static int take_plan(const struct store_intent *intent, void *arg)
{
	struct reading_plan *to = arg;
	struct json_view body = intent->body;

	*to->ret = (struct job_plan){
	    .version = json_get_int(body, "version", 0),
	    .root = (uint32_t)number_of(body, "root"),
	    .source = cell_of(to->r, body, "source", PLACE_SOURCE, to->a),
	    .target_root = (uint32_t)number_of(body, "target_root"),
	    .target = cell_of(to->r, body, "target", PLACE_TARGET, to->a),
	    .keep = arena_text(to->a, json_get_text(body, "keep")),
	    .level = arena_text(to->a, json_get_text(body, "level")),
	    .from_level = arena_text(to->a, json_get_text(body, "from_level")),
	    .dev = number_of(body, "dev"),
	    .ino = number_of(body, "ino"),
	    .size = number_of(body, "size"),
	    .mtime_ns = number_of(body, "mtime_ns"),
	    .replace_ino = number_of(body, "replace_ino"),
	    .sha256 = arena_text(to->a, json_get_text(body, "sha256")),
	    .content = (uint32_t)number_of(body, "content"),
	    .dispose = json_get_bool(body, "dispose"),
	    .reencrypt = json_get_bool(body, "reencrypt"),
	};
	return 0;
}

static bool is_whole(const struct job_plan *p)
{
	return p->source && p->target && p->level && p->sha256 && p->keep && p->version;
}

int job_plan_load(struct job *job, const struct job_plan **ret)
{
	struct reading_plan to = {job->r, &job->plan_texts, &job->plan};
	int result = 0;

	if (!is_whole(&job->plan))
		result = store_intent_load(job->r->store, job->intent, take_plan, &to);
	TRY(result);
	TRY(arena_check(&job->plan_texts));
	*ret = &job->plan;
	return result == 0 && is_whole(&job->plan) ? 0 : STORE_NOT_FOUND;
}

int job_plan_keep(struct job *job, const struct job_plan *p)
{
	struct arena *a = &job->plan_texts;

	job->plan = *p;
	job->plan.source = arena_text(a, p->source);
	job->plan.target = arena_text(a, p->target);
	job->plan.keep = arena_text(a, p->keep);
	job->plan.level = arena_text(a, p->level);
	job->plan.from_level = arena_text(a, p->from_level);
	job->plan.sha256 = arena_text(a, p->sha256);
	return arena_check(a);
}

void job_plan_forget(struct job *job)
{
	arena_done(&job->plan_texts);
	job->plan = (struct job_plan){0};
}

/* Names */

const char *jobs_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The sealed document of another record has that name. */
static int is_taken(struct job *job, uint32_t root, const char *target, bool *ret)
{
	OWNED(record) struct record *record = NULL;
	int result = store_record_by_path(job->r->store, root, target, &record);

	TRY(result);
	*ret = record && !text_equal(record->number, job->number);
	return 0;
}

int job_target(struct job *job, const struct store_seen *source, const struct level *level, struct arena *a,
	       const char **ret)
{
	OWN_BUFFER struct buffer b = {0};
	const char *name = jobs_last_part(source->path);
	char now[32] = "";
	bool taken = false;

	buffer_add(&b, source->path, (size_t)(name - source->path));
	buffer_add_text(&b, level->opaque_name ? job->number : name);
	buffer_add_text(&b, ".age");
	*ret = arena_bytes(a, buffer_bytes(&b));
	TRY(arena_check(a));
	TRY(is_taken(job, source->root, *ret, &taken));
	if (!taken)
		return 0;
	registrar_now(job->r, now);
	b.n -= strlen(".age");
	buffer_add_text(&b, ".conflict-");
	for (const char *c = now; *c && *c != '.'; c++)
		if (*c != '-' && *c != ':' && *c != 'Z')
			buffer_add(&b, c, 1);
	buffer_add_text(&b, "Z.age");
	*ret = arena_bytes(a, buffer_bytes(&b));
	return arena_check(a);
}

const char *job_keep(const struct job *job, uint32_t content, struct arena *a)
{
	char name[STORE_NUMBER_MAX + 24];

	(void)snprintf(name, sizeof(name), "%s.%u.age", job->number, content);
	return arena_text(a, name);
}

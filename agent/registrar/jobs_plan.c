/* An intent's body: how the plan of a job stands in journal and store. Paths name people and matters: sealed. */
#include "registrar/jobs_private.h"

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

int job_plan_load(struct job *job, struct arena *a, struct job_plan *ret)
{
	struct reading_plan to = {job->r, a, ret};
	int result = store_intent_load(job->r->store, job->intent, take_plan, &to);

	TRY(result);
	TRY(arena_check(a));
	return result == 0 && ret->source && ret->target && ret->level && ret->sha256 && ret->keep ? 0
												   : STORE_NOT_FOUND;
}

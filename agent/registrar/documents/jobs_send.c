/*
 * The messages of an intent: always built from what was journalled, so that the
 * second sending says what the first said.
 */
#include "registrar/documents/jobs_private.h"

#include "base/text.h"

#include <string.h>

/* The label's bytes of that record version: the same each time. Outcome 1: they cannot be made, the job waits; 2: they
 * are more than a sealed file carries. */
static int make_label(struct job *job, const struct job_known *known, struct buffer *tlv, struct buffer *args)
{
	struct registrar *r = job->r;
	const struct job_plan *p = &job->plan;
	OWNED(record) struct record *loaded = NULL;
	const struct record *record;
	const struct role_root *where = role_root_find(&r->role, p->root);
	OWN_BUFFER struct buffer facts = {0};
	OWN_MEM char *name = NULL;
	struct labels_content content = {
	    .length = p->size, .version = p->content, .text = known->text, .meta = known->meta};
	int result;

	TRY(labels_name(r, job->number, p->source, &name));
	content.name = name;
	if (where && where->kind == ROOT_CHECKOUT) /* owner and mode there are those of the checkout */
		TRY(store_document_facts(r->store, job->number, &facts));
	content.facts = buffer_bytes(&facts);
	if (!known->record)
		TRY(store_record_load_version(r->store, job->number, (uint32_t)p->version, &loaded));
	record = known->record ? known->record : loaded;
	if (!record || !text_from_hex(p->sha256, content.digest, sizeof(content.digest)))
		return 1;
	/* Under another level's key than its label says, nobody could ever open it (the policy may be another one now).
	 */
	if (!text_equal(record_protection(r->policy, record)->code, p->level))
		return 1;
	result = labels_seal(r, record, &content, tlv, args);
	TRY(result);
	TRY(buffer_check(tlv));
	buffer_u8(args, 0);
	TRY(buffer_check(args));
	return result != 0 ? 2 : 0;
}

static int send_rewrap(struct job *job, const struct job_plan *p, struct buffer *tlv, struct buffer *args)
{
	struct registrar *r = job->r;
	OWNED(record) struct record *record = NULL;
	struct frame_grant grant = {.grant = job->intent,
				    .level = p->from_level,
				    .purpose = GRANT_REWRAP,
				    .person = "-",
				    .valid_ms = JOBS_GRANT_MS};
	struct frame_rewrap rewrap = {.intent = job->intent,
				      .grant = job->intent,
				      .root = p->root,
				      .path = p->source,
				      .ino = p->ino,
				      .keep = p->keep,
				      .level = p->level,
				      .reencrypt = p->reencrypt,
				      .args = (const char *)args->at,
				      .record = buffer_bytes(tlv)};

	TRY(store_record_load(r->store, job->number, &record));
	if (!record)
		return 0;
	grant.record = record->id;
	TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_grant, &grant, -1));
	return registrar_send(r, ROLE_SEALER, job->sealer, &frame_type_rewrap, &rewrap, -1);
}

static int send_seal(struct job *job, const struct job_plan *p, struct buffer *tlv, struct buffer *args)
{
	struct frame_seal seal = {.intent = job->intent,
				  .root = p->root,
				  .path = p->source,
				  .dev = p->dev,
				  .ino = p->ino,
				  .size = p->size,
				  .mtime_ns = p->mtime_ns,
				  .target_root = p->target_root,
				  .target = p->target,
				  .keep = p->keep,
				  .replace_ino = p->replace_ino,
				  .level = p->level,
				  .args = (const char *)args->at,
				  .record = buffer_bytes(tlv)};

	(void)text_from_hex(p->sha256, seal.sha256, sizeof(seal.sha256)); /* make_label() has read it */
	return registrar_send(job->r, ROLE_SEALER, job->sealer, &frame_type_seal, &seal, -1);
}

static struct channel *least_busy(struct registrar *r)
{
	struct channel *best = role_peer(&r->role, ROLE_SEALER, -1);
	struct channel *other = role_peer(&r->role, ROLE_SEALER, -1);
	const size_t *at = r->jobs->at_sealer;

	return other && at[other->peer_index] < at[best->peer_index] ? other : best;
}

static struct channel *pick_sealer(struct registrar *r, uint64_t size)
{
	struct jobs *jobs = r->jobs;
	bool same = size < JOBS_LARGE && jobs->n_sent++ % JOBS_IN_A_ROW != 0;
	struct channel *sealer = same ? role_peer(&r->role, ROLE_SEALER, jobs->sealer) : NULL;

	if (!sealer)
		sealer = least_busy(r);
	if (sealer)
		jobs->sealer = sealer->peer_index;
	return sealer;
}

int job_send_known(struct job *job, const struct job_known *known)
{
	struct channel *sealer;
	OWN_BUFFER struct buffer tlv = {0}, args = {0};
	const struct job_plan *p;
	int result;

	if (!role_peer(&job->r->role, ROLE_SEALER, -1) ||
	    (job->is_rewrap && !role_peer(&job->r->role, ROLE_KEEPER, -1)))
		return 0; /* jobs_resume() when it is there */
	if (job->sealer < 0 && !jobs_have_room(job->r->jobs))
		return jobs_queue(job);
	result = job_plan_load(job, &p);
	if (result == 0)
		result = make_label(job, known, &tlv, &args);
	TRY(result);
	if (result == 2)
		return job_give_up(job, "refused", SEALING_FAILED, "The record is more than a sealed file carries.");
	if (result != 0)
		return job_give_up(job, "void", SEALING_WANTED, "The plan of the work was lost; it begins anew.");
	sealer = role_peer(&job->r->role, ROLE_SEALER, job->sealer); /* who has it already goes on with it */
	if (job->sealer < 0 || !sealer)
		sealer = pick_sealer(job->r, p->size);
	job_set_sealer(job, sealer->peer_index);
	job->phase = JOB_SEALING;
	return job->is_rewrap ? send_rewrap(job, p, &tlv, &args) : send_seal(job, p, &tlv, &args);
}

int job_send(struct job *job)
{
	return job_send_known(job, &(struct job_known){.record = NULL});
}

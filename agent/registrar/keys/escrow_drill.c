/*
 * The drill: a document chosen by us, opened by people with paper and stock
 * age. The agent gives the sealed bytes, hears the digest of what came out, and
 * journals both; the content is seen by nobody.
 */
#include "base/text.h"
#include "library/sodium.h"
#include "registrar/api/api.h"
#include "registrar/keys/escrow.h"
#include "registrar/people/people.h"
#include "registrar/store/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRILL_TIMEOUT_MS 600000u
#define DRILLS_MAX	 8
#define HOLDERS_MAX	 64
#define NAME_MAX_BYTES	 64

struct drill {
	struct drill *next;
	uint64_t id; /* of the entry that says it began */
	uint64_t began_ms;
	int sealer;
	bool not_carried; /* the sealed bytes could not be given, through no fault of their reader */
	char person[PEOPLE_ID_MAX + 1];
	char number[STORE_NUMBER_MAX];
	char level[64];
	char recipient[STORE_RECIPIENT_MAX];
	char digest[2 * SHA256_BYTES + 1];
	struct json *holders; /* sealed */
};

static void drill_free(struct drill *d)
{
	if (d)
		json_free(d->holders);
	free(d);
}
DEFINE_OWNED(drill, struct drill, drill_free);

static struct drill *take_drill(struct escrow *e, uint64_t id)
{
	struct drill **at = &e->drills;
	struct drill *found;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	return found;
}

static void put_drill(struct escrow *e, struct drill *d)
{
	d->next = e->drills;
	e->drills = d;
}

void escrow_drills_free(struct escrow *e)
{
	while (e->drills)
		drill_free(take_drill(e, e->drills->id));
}

/* The newest stands first; the oldest gives way. */
static void make_room(struct escrow *e)
{
	struct drill *oldest = NULL;
	size_t n = 0;

	for (struct drill *d = e->drills; d; d = d->next, n++)
		oldest = d;
	if (n >= DRILLS_MAX)
		drill_free(take_drill(e, oldest->id));
}

/* ---- whose shares ---- */

/* Names as given, joined by "; ", sealed like every text that names people. */
static int take_holders(struct people_call *c, struct json *to)
{
	struct json_view list = json_get(c->given, "holders");
	OWN_BUFFER struct buffer names = {0};
	OWN_MEM char *text = NULL;
	bool bad = json_is_present(list) && (!json_is_array(list) || json_n(list) > HOLDERS_MAX);

	for (size_t i = 0; !bad && i < json_n(list); i++) {
		const char *name = json_as_text(json_at(list, i));

		bad = text_is_empty(name) || !text_is_line(name, NAME_MAX_BYTES);
		buffer_add_format(&names, "%s%s", i ? "; " : "", bad ? "" : name);
	}
	if (bad) {
		TRY(api_refuse(c->call, API_INPUT, "bad-holders", "holders", "give a short name for each share",
			       "the names of those who entered shares are not a list of short lines"));
		return PEOPLE_ANSWERED;
	}
	text = buffer_steal_text(&names);
	if (!text)
		return FAULT(ENOMEM, "a drill");
	cell_set_of(to, "holders", c->r->meta_key, "note", STORE_DRILL_HOLDERS, text);
	return 0;
}

/* ---- BeginDrill ---- */

static int refuse_nothing(struct people_call *c, const char *key)
{
	TRY(api_refuse(c->call, API_STATE, "nothing-to-open", "escrow",
		       "seal a document first, or: classctl key rotate",
		       "no document is sealed to the present escrow %s yet", key));
	return PEOPLE_ANSWERED;
}

/* One of all documents that the present escrow opens, each as likely as any other. */
static int choose(struct people_call *c, struct drill *d, struct arena *a, struct store_document *ret)
{
	struct store_escrow present;
	struct store_escrow_documents n;
	uint64_t random;
	int status = store_escrow_present(c->r->store, &present);

	TRY(status);
	if (status)
		return refuse_nothing(c, "-");
	TRY(store_escrow_documents(c->r->store, present.key, &n));
	if (n.present == 0)
		return refuse_nothing(c, present.key);
	random_bytes(&random, sizeof(random));
	status = store_escrow_document(c->r->store, present.key, (int64_t)(random % (uint64_t)n.present), d->number);
	if (status == 0)
		status = look_document(c->r->store, d->number, a, ret);
	if (status)
		return status < 0 ? status : refuse_nothing(c, present.key);
	(void)snprintf(d->recipient, sizeof(d->recipient), "%s", present.recipient);
	(void)snprintf(d->level, sizeof(d->level), "%s", ret->level ? ret->level : "");
	(void)snprintf(d->digest, sizeof(d->digest), "%s", ret->sha256 ? ret->sha256 : "");
	return 0;
}

/* Before a byte leaves: a read, of this purpose, by this person (I4). */
static int journal_begin(struct people_call *c, const struct drill *d)
{
	struct json *entry = people_entry(c, "read");

	json_set_text(entry, "number", d->number);
	json_set_text(entry, "purpose", "drill");
	return people_change_only(c, entry);
}

static int carry(struct registrar *r, const struct drill *d, const struct store_document *document, int pipe)
{
	struct frame_carry m = {
	    .intent = d->id, .root = document->root, .path = document->path, .timeout_ms = DRILL_TIMEOUT_MS};

	if (document->header_mac)
		(void)text_from_hex(document->header_mac, m.header_mac, sizeof(m.header_mac));
	return registrar_send(r, ROLE_SEALER, d->sealer, &frame_type_carry, &m, pipe);
}

static int check_ready(struct people_call *c, struct drill *d)
{
	struct channel *sealer = role_peer(&c->r->role, ROLE_SEALER, -1);
	struct descriptor what;
	int64_t pipe = json_get_int(c->given, "pipe", -1);

	if (!api_look_descriptor(c->call, pipe, &what) || what.kind != DESCRIPTOR_PIPE || !what.is_writable) {
		TRY(api_refuse(c->call, API_INPUT, "no-pipe", "pipe", "pass the write end of a pipe",
			       "the sealed document goes into a pipe only"));
		return PEOPLE_ANSWERED;
	}
	if (!sealer) {
		TRY(api_refuse(c->call, API_BUSY, "sealer-away", "agent", "try again in a moment",
			       "the process that reads sealed files is not there"));
		return PEOPLE_ANSWERED;
	}
	d->sealer = sealer->peer_index;
	return 0;
}

int escrow_begin_drill(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(drill) struct drill *d = calloc(1, sizeof(*d));
	OWN_ARENA struct arena a = {0};
	struct store_document document = {0};
	struct json *reply;
	int status;

	if (!d)
		return FAULT(ENOMEM, "a drill");
	d->holders = json_object();
	status = people_begin(r, call, RIGHT_ESCROW_DRILL, &c);
	if (status == 0)
		status = check_ready(&c, d);
	if (status == 0)
		status = take_holders(&c, d->holders);
	if (status == 0)
		status = choose(&c, d, &a, &document);
	if (status == 0)
		status = journal_begin(&c, d);
	if (status)
		return status < 0 ? status : 0;
	d->id = registrar_seq(r);
	d->began_ms = loop_now_ms();
	(void)snprintf(d->person, sizeof(d->person), "%s", c.me->person.id);
	make_room(r->escrow);
	TRY(carry(r, d, &document, api_take_descriptor(call, json_get_int(c.given, "pipe", -1))));
	reply = json_object();
	json_set_int(reply, "drill", (int64_t)d->id);
	json_set_text(reply, "record", d->number);
	json_set_text(reply, "level", d->level);
	json_set_int(reply, "size", (int64_t)document.size);
	put_drill(r->escrow, steal(&d));
	return api_reply(call, reply);
}

int escrow_on_carried(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	const struct frame_carried *m = &any->carried;

	(void)from;
	(void)fd;
	for (struct drill *d = registrar_of(role)->escrow->drills; d; d = d->next)
		if (d->id == m->intent) /* SEAL_FAILED: the reader went away or was too slow */
			d->not_carried = m->outcome != SEAL_DONE && m->outcome != SEAL_FAILED;
	return 0;
}

void escrow_lost_sealer(struct registrar *r, int index)
{
	for (struct drill *d = r->escrow->drills; d; d = d->next)
		d->not_carried = d->not_carried || d->sealer == index;
}

/* ---- EndDrill ---- */

static bool is_step(const char *step)
{
	return text_equal(step, "") || text_equal(step, "shares") || text_equal(step, "age") ||
	       text_equal(step, "digest");
}

/* The drill of that number that this person began; number 0: it ended before a document was chosen. */
static int find_drill(struct people_call *c, struct drill **ret)
{
	int64_t id = json_get_int(c->given, "drill", -1);
	const char *step = json_get_text(c->given, "step");
	struct drill *d = id > 0 ? take_drill(c->r->escrow, (uint64_t)id) : NULL;

	if (d && text_equal(d->person, c->me->person.id) && is_step(step)) {
		*ret = d;
		return 0;
	}
	if (d)
		put_drill(c->r->escrow, d); /* somebody else's */
	if (id == 0 && text_equal(step, "shares"))
		return 0;
	TRY(api_refuse(c->call, API_NOT_FOUND, "no-such-drill", "drill", "begin anew: classctl key escrow drill",
		       "you have no drill of that number under way, or it has no such step"));
	return PEOPLE_ANSWERED;
}

/* Where it failed, "" when it did not: what the client says, and whether the digest is that of the record. */
static const char *judge(const struct people_call *c, const struct drill *d)
{
	const char *step = json_get_text(c->given, "step");
	const char *digest = json_get_text(c->given, "digest");

	if (text_is_empty(step) && d && d->digest[0] && text_equal(d->digest, digest))
		return "";
	if (d && d->not_carried)
		return "carry";
	return text_is_empty(step) ? "digest" : step;
}

static int journal_end(struct people_call *c, const struct drill *d, const char *step, int64_t ms)
{
	OWNED(json) struct json *holders = NULL;
	struct store_escrow present;
	struct json *entry;
	int status = store_escrow_present(c->r->store, &present);

	TRY(status);
	if (!d) {
		holders = json_object();
		status = take_holders(c, holders);
		if (status)
			return status;
	}
	entry = people_entry(c, "drill");
	if (d) {
		json_set_text(entry, "number", d->number);
		json_set_int(entry, "drill", (int64_t)d->id);
	}
	json_set_text(entry, "recipient", d ? d->recipient : present.recipient);
	json_set_text(entry, "outcome", step[0] ? "failed" : "good");
	json_set_text(entry, "step", step);
	json_set_int(entry, "ms", ms);
	json_set(entry, "holders", json_copy(json_get(json_look(d ? d->holders : holders), "holders")));
	return people_change_only(c, entry);
}

int escrow_end_drill(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(drill) struct drill *d = NULL;
	const char *step;
	struct json *reply;
	struct date due;
	int64_t ms;
	int status = people_begin(r, call, RIGHT_ESCROW_DRILL, &c);

	if (status == 0)
		status = find_drill(&c, &d);
	if (status)
		return status < 0 ? status : 0;
	step = judge(&c, d);
	ms = d ? (int64_t)(loop_now_ms() - d->began_ms) : 0;
	status = journal_end(&c, d, step, ms);
	if (status)
		return status < 0 ? status : 0;
	TRY(escrow_follow(r));
	TRY(escrow_drill_due(r, &due));
	reply = json_object();
	json_set_text(reply, "outcome", step[0] ? "failed" : "good");
	json_set_text(reply, "step", step);
	json_set_int(reply, "ms", ms);
	json_set_date(reply, "drill_due", due);
	return api_reply(call, reply);
}

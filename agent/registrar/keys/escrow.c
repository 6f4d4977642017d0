/* What the keeper says of the escrow against what the journal says, and the findings that follow. */
#include "registrar/keys/escrow.h"

#include "base/text.h"
#include "registrar/api/api.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SUBJECT "escrow"

int escrow_new(struct registrar *r)
{
	r->escrow = calloc(1, sizeof(*r->escrow));
	return r->escrow ? 0 : FAULT(ENOMEM, "escrow");
}

void escrow_free(struct registrar *r)
{
	if (r->escrow)
		escrow_drills_free(r->escrow);
	free(r->escrow);
	r->escrow = NULL;
}

/* ---- findings ---- */

static struct date day_of(const char *time)
{
	char day[11];
	struct date date = {0};

	(void)snprintf(day, sizeof(day), "%.10s", time);
	return date_parse(day, &date) ? date : (struct date){0};
}

static struct date drill_due(struct registrar *r, const struct store_escrow *present, const struct store_drill *good)
{
	struct date since = day_of(present->since), drilled = day_of(good->time);

	return date_add_days(date_is_set(drilled) ? drilled : since, policy_escrow_drill_days(r->policy));
}

int escrow_drill_due(struct registrar *r, struct date *ret)
{
	struct store_escrow present;
	struct store_drill good = {0};
	int status = store_escrow_present(r->store, &present);

	*ret = (struct date){0};
	TRY(status);
	if (status)
		return 0;
	TRY(store_drill_last(r->store, present.recipient, true, &good));
	*ret = drill_due(r, &present, &good);
	return 0;
}

static int set(struct registrar *r, enum finding_code code, bool is_true, const char *evidence)
{
	if (!evidence)
		return FAULT(ENOMEM, "a finding");
	return findings_set(r,
			    &(struct findings_other){
				.code = code, .about = {.subject = SUBJECT}, .evidence = evidence, .is_true = is_true},
			    NULL);
}

static int follow_place(struct registrar *r, const struct store_escrow *present)
{
	OWN_MEM char *evidence =
	    text_format("escrow %s was written into a file, and nobody has confirmed that it was moved", present->key);

	return set(r, FINDING_ESCROW_HERE, present->shares == 0 && !present->moved, evidence);
}

static int follow_drill(struct registrar *r, const struct store_escrow *present)
{
	struct store_drill good = {0}, last = {0};
	OWN_MEM char *evidence = NULL;
	struct date due;
	char text[11];
	bool failed;

	TRY(store_drill_last(r->store, present->recipient, true, &good));
	TRY(store_drill_last(r->store, present->recipient, false, &last));
	failed = last.id > good.id;
	due = drill_due(r, present, &good);
	date_format(due, text);
	evidence = failed ? text_format("the last drill of escrow %s failed at the step: %s", present->key, last.step)
			  : text_format("the drill of escrow %s was due on %s", present->key, text);
	return set(r, FINDING_ESCROW_DRILL, failed || date_compare(due, registrar_today(r)) < 0, evidence);
}

/* Since when something of a change is left undone; unset: nothing is. */
static int change_since(struct registrar *r, const struct store_escrow *present, struct date *ret,
			const char **ret_what)
{
	struct store_escrow proposal;
	struct store_escrow_documents n;
	int status = store_escrow_proposed(r->store, &proposal);

	*ret = (struct date){0};
	TRY(status);
	if (status == 0) {
		*ret = day_of(proposal.proposed);
		*ret_what = "a new escrow waits for its second security administrator";
		return 0;
	}
	TRY(store_escrow_documents(r->store, present->key, &n));
	if (n.earlier == 0 && r->escrow->waiting == 0 && present->installed)
		return 0;
	*ret = day_of(present->since);
	*ret_what = "documents or keys are still sealed to an earlier escrow";
	return 0;
}

static int follow_change(struct registrar *r, const struct store_escrow *present)
{
	const char *what = "";
	struct date since, today = registrar_today(r);
	bool is_late;

	TRY(change_since(r, present, &since, &what));
	is_late = date_is_set(since) &&
		  date_to_days(today) - date_to_days(since) > (int64_t)policy_escrow_change_days(r->policy);
	return set(r, FINDING_ESCROW_CHANGE, is_late, what);
}

int escrow_follow(struct registrar *r)
{
	struct store_escrow present;
	int status;

	if (!r->escrow || !r->meta_key || !r->policy || !registrar_may_work(r))
		return 0;
	status = store_escrow_present(r->store, &present);
	TRY(status);
	if (status)
		return 0;
	status = follow_place(r, &present);
	if (status == 0)
		status = follow_drill(r, &present);
	if (status == 0)
		status = follow_change(r, &present);
	return status < 0 ? status : 0; /* read-only by now: the next sweep says it */
}

/* ---- the keeper ---- */

static int journal(struct registrar *r, const char *what, const char *recipient)
{
	struct json *entry = registrar_entry("escrow", NULL, 0);
	int status;

	json_set_text(entry, "what", what);
	json_set_text(entry, "recipient", recipient);
	json_set_text(entry, "key", store_escrow_key(recipient, (char[9]){0}));
	status = registrar_change(r, entry);
	return status < 0 ? status : 0;
}

static int tell(struct registrar *r, const char *recipient)
{
	(void)snprintf(r->escrow->asked, sizeof(r->escrow->asked), "%s", recipient);
	return registrar_send(r, ROLE_KEEPER, 0, &frame_type_escrow, &(struct frame_escrow){.recipient = recipient},
			      -1);
}

/*
 * What two persons have agreed on and the journal has is right. Another recipient at the keeper is a change that was
 * cut off, a key directory from elsewhere, or somebody who wants to read along: told to take the right one, and said.
 */
static int follow_keeper(struct registrar *r)
{
	struct escrow *e = r->escrow;
	struct store_escrow present;
	int status = store_escrow_present(r->store, &present);

	TRY(status);
	if (status == STORE_NOT_FOUND)
		return journal(r, "initial", e->recipient);
	if (text_equal(present.recipient, e->recipient)) {
		TRY(role_recovered(&r->role, "escrow-differs"));
		return present.installed ? 0 : journal(r, "installed", e->recipient);
	}
	if (text_equal(e->asked, present.recipient))
		return role_degraded(&r->role, "escrow-differs",
				     "the keeper does not take the escrow that was agreed on");
	if (present.installed)
		TRY(journal(r, "differs", e->recipient));
	return tell(r, present.recipient);
}

/* has_told: the keeper has said which escrow it has. */
static int answer(struct registrar *r, bool has_told)
{
	struct api_call *call = steal(&r->escrow->confirming);
	struct store_escrow_documents n = {0};
	struct store_escrow present = {0};
	struct json *reply;
	int status;

	if (!call)
		return 0;
	status = store_escrow_present(r->store, &present);
	if (status == 0)
		status = store_escrow_documents(r->store, present.key, &n);
	TRY(status);
	reply = json_object();
	json_set_bool(reply, "installed", has_told && text_equal(present.recipient, r->escrow->recipient));
	json_set_int(reply, "keys_waiting", r->escrow->waiting);
	json_set_int(reply, "earlier", n.earlier);
	return api_reply(call, reply);
}

int escrow_on_is(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_escrow_is *m = &any->escrow_is;

	(void)from;
	(void)fd;
	(void)snprintf(r->escrow->recipient, sizeof(r->escrow->recipient), "%s", m->recipient);
	r->escrow->waiting = m->waiting;
	if (registrar_may_work(r) && store_escrow_key(m->recipient, (char[9]){0}))
		TRY(follow_keeper(r));
	TRY(escrow_follow(r));
	return answer(r, true);
}

int escrow_sweep(struct registrar *r)
{
	const struct escrow *e = r->escrow;
	struct store_escrow present;
	int status = e && role_peer(&r->role, ROLE_KEEPER, -1) ? store_escrow_present(r->store, &present)
							       : STORE_NOT_FOUND;

	TRY(status);
	/* Told before, and not taken: a disk that was full then. Documents go on to the earlier escrow until it is. */
	if (status == 0 && text_equal(e->asked, present.recipient) && !text_equal(e->recipient, present.recipient))
		TRY(tell(r, present.recipient));
	return escrow_follow(r);
}

int escrow_install(struct registrar *r, const char *recipient, struct api_call *call)
{
	bool is_there = role_peer(&r->role, ROLE_KEEPER, -1);

	r->escrow->confirming = call;
	return is_there ? tell(r, recipient) : answer(r, false);
}

int escrow_keeper_down(struct registrar *r)
{
	r->escrow->asked[0] = 0;
	return answer(r, false);
}

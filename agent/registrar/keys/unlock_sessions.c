/* Who has a session, what ends it, and the calls that wait for the keeper. */
#include "registrar/keys/unlock_private.h"

#include "base/text.h"
#include "registrar/people/cut.h"
#include "system/log.h"

#include <errno.h>
#include <string.h>

#define DAY_LOOK_MS 60000 /* while anybody has a session: a clearance or an appointment may end with the day */
#define UNLOCK_MS   10000 /* the keeper answers sooner, or has ended */

static struct session *find_session(const struct unlock *u, const char *person)
{
	struct session *session = u->sessions;

	while (session && !text_equal(session->person, person))
		session = session->next;
	return session;
}

bool unlock_has_session(const struct registrar *r, const char *person)
{
	return find_session(r->unlock, person) != NULL;
}

/* The supervisor looks whether that user is still there. */
static int watch_user(struct registrar *r, uint32_t uid, bool on)
{
	return uid != UID_EVERYBODY && channel_is_open(&r->role.control)
		   ? CHANNEL_SEND(&r->role.control, watch_user, -1, .uid = uid, .on = on)
		   : 0;
}

static int add_session(struct registrar *r, const char *person)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct session *session;
	size_t n = strlen(person) + 1;

	if (find_session(r->unlock, person))
		return 0;
	TRY(store_person_load(r->store, person, &p));
	session = calloc(1, sizeof(*session) + n);
	if (!session)
		return FAULT(ENOMEM, "session");
	memcpy(session->person, person, n);
	session->uid = p ? p->person.uid : UID_EVERYBODY;
	session->next = r->unlock->sessions;
	r->unlock->sessions = session;
	return watch_user(r, session->uid, true);
}

static int drop_session(struct registrar *r, const char *person)
{
	struct session **at = &r->unlock->sessions, *session;

	while (*at && !text_equal((*at)->person, person))
		at = &(*at)->next;
	session = *at;
	if (!session)
		return 0;
	*at = session->next;
	TRY(watch_user(r, session->uid, false));
	free(session);
	return 0;
}

int unlock_end(struct registrar *r, const char *person, const char *why, size_t *ret)
{
	struct frame_lock m = {.person = person, .why = why};

	*ret = 0;
	for (const struct session *session = r->unlock->sessions; session; session = session->next)
		*ret += text_equal(person, "*") || text_equal(person, session->person);
	/* Also where we know of none: the keeper does. */
	return role_peer(&r->role, ROLE_KEEPER, -1) ? registrar_send(r, ROLE_KEEPER, 0, &frame_type_lock, &m, -1) : 0;
}

int unlock_logged_out(struct registrar *r, uint32_t uid)
{
	size_t n;

	for (const struct session *session = r->unlock->sessions; session; session = session->next)
		if (session->uid == uid)
			TRY(unlock_end(r, session->person, "logout", &n));
	return 0;
}

static int end_of_cut(struct registrar *r)
{
	for (const struct session *session = r->unlock->sessions; session; session = session->next) {
		const char *why;
		size_t n;

		TRY(cut_why(r, session->person, &why));
		if (why)
			TRY(unlock_end(r, session->person, why, &n));
	}
	return 0;
}

static int on_soon(struct loop_timer *timer)
{
	struct unlock *u = container_of(timer, struct unlock, soon);
	struct registrar *r = u->r;

	TRY(end_of_cut(r)); /* before the keeper could take a wrap of his for one that is in use */
	TRY(unlock_tell_keeper(r, false));
	TRY(cut_look(r));
	return u->sessions ? loop_arm(&r->role.loop, timer, DAY_LOOK_MS, on_soon) : 0;
}

int unlock_soon(struct registrar *r)
{
	return r->unlock ? loop_arm(&r->role.loop, &r->unlock->soon, 0, on_soon) : 0; /* NULL: a test of the core */
}

/* ---- asking the keeper ---- */

static struct asking *take_asking(struct unlock *u, uint64_t id)
{
	struct asking **at = &u->askings, *asking;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	asking = *at;
	if (asking) {
		*at = asking->next;
		loop_disarm(&asking->timer);
	}
	return asking;
}

static int refuse_away(struct api_call *call)
{
	return api_refuse(call, API_BUSY, "keeper-away", "agent", "Try again in a moment.",
			  "The process that holds the keys is not there.");
}

static int on_too_long(struct loop_timer *timer)
{
	struct asking *asking = container_of(timer, struct asking, timer);
	OWN_MEM struct asking *taken = take_asking(asking->r->unlock, asking->id);

	return refuse_away(taken->call);
}

int unlock_begin(struct registrar *r, struct api_call *call, const char *recipient, int fd)
{
	OWN_FD int identity = fd;
	const char *person = api_person(call);
	size_t n = strlen(person) + 1;
	struct asking *asking;
	struct frame_unlock m = {.id = ++r->unlock->next_id, .person = person, .recipient = recipient};

	if (!role_peer(&r->role, ROLE_KEEPER, -1))
		return refuse_away(call);
	asking = calloc(1, sizeof(*asking) + n);
	if (!asking)
		return FAULT(ENOMEM, "unlock");
	*asking = (struct asking){.next = r->unlock->askings, .r = r, .id = m.id, .call = call};
	memcpy(asking->person, person, n);
	r->unlock->askings = asking;
	TRY(loop_arm(&r->role.loop, &asking->timer, UNLOCK_MS, on_too_long));
	return registrar_send(r, ROLE_KEEPER, 0, &frame_type_unlock, &m, steal_fd(&identity));
}

static bool any_level_waits(const struct registrar *r)
{
	for (size_t i = 0; r->policy && i < r->policy->n_levels; i++)
		if (r->policy->levels[i].unlock == UNLOCK_PERSON)
			return true;
	return false;
}

static int refuse_outcome(const struct registrar *r, struct api_call *call, uint8_t outcome)
{
	if (outcome == KEY_UNKNOWN_LEVEL && !any_level_waits(r))
		return api_refuse(call, API_STATE, "no-level-waits", "unlock", "Read on; classctl unlock --show lists them.",
				  "No level waits for a person: all are read with the machine key.");
	if (outcome == KEY_NO_IDENTITY)
		return api_refuse(call, API_INPUT, "wrong-identity", "identity",
				  "Give the file whose recipient is registered for you: classctl whoami.",
				  "The identity is not the one that belongs to your unlock key.");
	if (outcome == KEY_UNKNOWN_LEVEL)
		return api_refuse(
		    call, API_STATE, "no-wrap", "unlock",
		    "Somebody who has unlocked before you brings it: ask a colleague to run classctl unlock.",
		    "No level key is wrapped to your unlock key yet.");
	return api_refuse(call, API_BUSY, "too-many", "unlock", "Try again later.",
			  "As many persons have unlocked as the keeper can hold.");
}

static struct json *reply_of(struct registrar *r, const char *levels, uint8_t outcome)
{
	struct json *reply = json_object(), *list = json_array();

	for (size_t n; *levels; levels += n + (levels[n] == '\n')) {
		OWN_MEM char *one = text_format("%.*s", (int)(n = strcspn(levels, "\n")), levels);

		json_append_text(list, one ? one : "");
	}
	json_set(reply, "levels", list);
	json_set_int(reply, "idle_minutes", r->policy ? r->policy->unlock_idle_minutes : 0);
	json_set_bool(reply, "damaged", outcome == KEY_BAD_HEADER);
	return reply;
}

static int journal(struct registrar *r, const char *op, const char *person, const char *why)
{
	struct json *entry = registrar_entry(op, NULL, 0);
	int result;

	json_set_text(entry, "person", person);
	json_set_text(entry, "why", why);
	result = registrar_change(r, entry);
	return result < 0 ? result : 0; /* read-only: a lock is a lock all the same, and unlocked is what is told */
}

int unlock_on_unlocked(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_unlocked *m = &any->unlocked;
	OWN_MEM struct asking *asking = m->id ? take_asking(r->unlock, m->id) : NULL;
	bool is_open = m->outcome == KEY_DONE || m->outcome == KEY_BAD_HEADER;

	(void)from;
	(void)fd;
	if (is_open) {
		TRY(add_session(r, m->person));
		if (m->id)
			TRY(journal(r, "unlock", m->person, "own"));
		TRY(unlock_soon(r));
	}
	if (!asking)
		return 0;
	return is_open ? api_reply(asking->call, reply_of(r, m->levels, m->outcome))
		       : refuse_outcome(r, asking->call, m->outcome);
}

int unlock_on_lock(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);

	(void)from;
	(void)fd;
	log_say(LOG_NOTICE, "event=locked why=%s", any->lock.why);
	TRY(drop_session(r, any->lock.person));
	return journal(r, "lock", any->lock.person, any->lock.why);
}

/* ---- life ---- */

int unlock_lost_keeper(struct registrar *r)
{
	struct unlock *u = r->unlock;

	while (u->sessions) {
		OWN_MEM char *person = text_copy(u->sessions->person);

		if (!person)
			return FAULT(ENOMEM, "session");
		TRY(journal(r, "lock", person, "keeper"));
		TRY(drop_session(r, person));
	}
	while (u->askings) {
		OWN_MEM struct asking *asking = take_asking(u, u->askings->id);

		TRY(refuse_away(asking->call));
	}
	unlock_forget_keys(u);
	return 0;
}

int unlock_new(struct registrar *r)
{
	r->unlock = calloc(1, sizeof(*r->unlock));
	if (!r->unlock)
		return FAULT(ENOMEM, "unlock");
	r->unlock->r = r;
	return 0;
}

void unlock_free(struct unlock *u)
{
	if (!u)
		return;
	unlock_forget_keys(u);
	while (u->sessions) {
		struct session *session = u->sessions;

		u->sessions = session->next;
		free(session);
	}
	while (u->told) {
		struct told *told = u->told;

		u->told = told->next;
		free(told->persons);
		free(told);
	}
	while (u->askings)
		free(take_asking(u, u->askings->id));
	loop_disarm(&u->soon);
	free(u);
}

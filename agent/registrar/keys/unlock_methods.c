/* org.classd.Unlock. The identity of a person passes through here as a descriptor and is not read. */
#include "base/text.h"
#include "library/identity.h"
#include "registrar/keys/unlock.h"
#include "registrar/people/people.h"

#include <string.h>

/* Enroll */

static int refuse_recipient(struct api_call *call)
{
	return api_refuse(call, API_INPUT, "bad-recipient", "recipient", "classctl identity --unlock-key makes one.",
			  "That is no age recipient (age1… of an X25519 identity).");
}

static int check_new(struct people_call *c, const char *recipient)
{
	OWNED(store_person) struct store_person *holder = NULL;
	int result = store_person_by_key(c->r->store, recipient, &holder);

	TRY(result);
	if (result)
		return 0;
	TRY(api_refuse(c->call, API_STATE, "key-known", "recipient", "Make a new one.",
		       "This recipient is or was registered already."));
	return PEOPLE_ANSWERED;
}

static int enroll(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	const char *given = json_get_text(api_parameters(call), "recipient");
	char text[RECIPIENT_TEXT];
	struct recipient recipient;
	struct json *entry, *reply;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	result = recipient_from_text(bytes_of_text(given), &recipient);
	TRY(result);
	if (result)
		return refuse_recipient(call);
	recipient_to_text(&recipient, text); /* the one way to write it: it is compared as text */
	result = check_new(&c, text);
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "key");
	json_set_text(entry, "id", c.me->person.id);
	json_set_text(entry, "fingerprint", text);
	json_set_text(entry, "kind", UNLOCK_KIND);
	json_set_text(entry, "line", text);
	json_set_bool(entry, "confirmed", false);
	result = people_change_only(&c, entry);
	if (result)
		return result < 0 ? result : 0;
	reply = json_object();
	json_set_text(reply, "recipient", text);
	json_set_text(reply, "state", "pending");
	return api_reply(call, reply);
}

/* Unlock */

static const struct store_key *find_key(const struct store_person *p, const char *recipient)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (text_equal(p->keys[i].kind, UNLOCK_KIND) && text_equal(p->keys[i].fingerprint, recipient))
			return &p->keys[i];
	return NULL;
}

/* 0, or PEOPLE_ANSWERED. */
static int check_key(struct people_call *c, const char *recipient)
{
	const struct store_key *key = find_key(c->me, recipient);

	if (key && unlock_key_counts(key))
		return 0;
	if (!key)
		TRY(api_refuse(c->call, API_STATE, "no-unlock-key", "recipient",
			       "Make and register one: classctl identity --unlock-key.",
			       "You have no such unlock key in the register."));
	else if (!text_is_empty(key->revoked))
		TRY(api_refuse(c->call, API_AUTHORITY, "revoked", "recipient",
			       "Make and register another: classctl identity --unlock-key.",
			       "This unlock key was revoked."));
	else
		TRY(api_refuse(
		    c->call, API_STATE, "pending", "recipient",
		    "Read it to a security administrator, who runs: classctl person confirm ID --key RECIPIENT.",
		    "This unlock key is not confirmed yet."));
	return PEOPLE_ANSWERED;
}

static int unlock(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	const char *recipient = json_get_text(api_parameters(call), "recipient");
	int64_t i = json_get_int(api_parameters(call), "identity", -1);
	struct descriptor d;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result == 0)
		result = check_key(&c, recipient);
	if (result)
		return result < 0 ? result : 0;
	if (!api_look_descriptor(call, i, &d) || d.kind != DESCRIPTOR_MEMORY)
		return api_refuse(call, API_INPUT, "not-sealed-memory", "identity", "Pass a memfd with all seals.",
				  "An identity comes in memory that nobody can change any more, and this is none.");
	return unlock_begin(r, call, recipient, api_take_descriptor(call, i));
}

/* Lock */

static int reply_ended(struct api_call *call, size_t n)
{
	struct json *reply = json_object();

	json_set_int(reply, "ended", (int64_t)n);
	return api_reply(call, reply);
}

static int lock_all(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	size_t n;
	int result = 0;

	if (api_uid(call) != 0) /* root is nobody of the register; before sleep the machine itself asks */
		result = people_begin(r, call, RIGHT_SUSPEND, &c);
	if (result)
		return result < 0 ? result : 0;
	TRY(unlock_end(r, "*", api_uid(call) == 0 ? "machine" : "administrator", &n));
	return reply_ended(call, n);
}

static int lock(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	size_t n;
	int result;

	if (json_get_bool(api_parameters(call), "all"))
		return lock_all(r, call);
	result = people_begin(r, call, RIGHT_QUEUE, &c);
	if (result)
		return result < 0 ? result : 0;
	TRY(unlock_end(r, c.me->person.id, "own", &n));
	return reply_ended(call, n);
}

/* Show */

struct level_state {
	int64_t keys, open, waits;
	bool mine;
};

/* The caller's confirmed recipients against one key: is it wrapped to one of them? */
static bool is_wrapped_to(const struct unlock_key *key, const struct store_person *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (unlock_key_counts(&p->keys[i]) && unlock_has_wrap(key, p->keys[i].fingerprint))
			return true;
	return false;
}

static bool has_key(const struct store_person *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (unlock_key_counts(&p->keys[i]))
			return true;
	return false;
}

static void look_at(const struct people_call *c, const struct unlock_key *key, bool cleared, struct level_state *ret)
{
	bool wrapped = is_wrapped_to(key, c->me);

	ret->keys++;
	ret->open += key->is_open;
	if (!key->is_of_persons)
		ret->mine = true;
	else if (wrapped && key->is_open && unlock_has_session(c->r, c->me->person.id))
		ret->mine = true;
	else if (!wrapped && cleared && has_key(c->me))
		ret->waits++;
}

static struct json *level_json(const struct people_call *c, const struct level *level)
{
	bool cleared = unlock_is_cleared(c->r, c->me, level);
	struct level_state state = {0};
	struct json *one = json_object();

	for (const struct unlock_key *key = unlock_keys(c->r); key; key = key->next)
		if (text_equal(key->level, level->code))
			look_at(c, key, cleared, &state);
	json_set_text(one, "level", level->code);
	json_set_text(one, "unlock", level->unlock == UNLOCK_PERSON ? "person" : "machine");
	json_set_int(one, "keys", state.keys);
	json_set_int(one, "open", state.open);
	json_set_bool(one, "cleared", cleared);
	json_set_bool(one, "mine", state.mine);
	json_set_int(one, "waits", state.waits);
	json_set_bool(one, "unready", unlock_is_unready(c->r, level));
	return one;
}

static int show(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct json *reply, *levels;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	if (!r->policy)
		return api_refuse(call, API_BUSY, "no-policy", "policy", "See classctl status.",
				  "No policy pack is loaded.");
	levels = json_array();
	for (size_t i = 0; i < r->policy->n_levels; i++)
		json_append(levels, level_json(&c, &r->policy->levels[i]));
	reply = json_object();
	json_set(reply, "levels", levels);
	json_set_bool(reply, "unlocked", unlock_has_session(r, c.me->person.id));
	json_set_int(reply, "idle_minutes", r->policy->unlock_idle_minutes);
	return api_reply(call, reply);
}

const struct api_method unlock_methods[] = {
    {.name = "org.classd.Unlock.Enroll", .handle = enroll, .flags = API_MUTATES},
    {.name = "org.classd.Unlock.Unlock", .handle = unlock, .flags = API_MUTATES | API_DESCRIPTORS | API_WHEN_FROZEN},
    {.name = "org.classd.Unlock.Lock", .handle = lock, .flags = API_ANYONE},
    {.name = "org.classd.Unlock.Show", .handle = show},
    {.name = NULL},
};

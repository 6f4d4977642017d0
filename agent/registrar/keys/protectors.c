#include "registrar/keys/protectors.h"

#include "base/text.h"
#include "registrar/api/api.h"
#include "registrar/core.h"
#include "registrar/people/people.h"

#include <errno.h>
#include <string.h>

struct machine_locks {
	char *protectors;      /* "KIND SINCE" lines */
	char *opened;	       /* "": locked */
	struct api_call *call; /* waits for the answer to try `id`; NULL: none does */
	uint64_t id;
};

static struct machine_locks *locks_of(struct registrar *r)
{
	if (!r->machine_locks)
		r->machine_locks = calloc(1, sizeof(*r->machine_locks));
	return r->machine_locks;
}

void protectors_free(struct registrar *r)
{
	struct machine_locks *locks = r->machine_locks;

	r->machine_locks = NULL;
	if (!locks)
		return;
	free(locks->protectors);
	free(locks->opened);
	free(locks);
}

/* Read-only is said elsewhere; what is told here can be asked again. */
static int note(struct registrar *r, uid_t uid, const char *text)
{
	struct json *entry = registrar_entry("note", NULL, uid);
	int result;

	json_set_text(entry, "what", text);
	result = registrar_change(r, entry);
	return result < 0 ? result : 0;
}

static bool next_line(const char **left, char **ret_kind, char **ret_since)
{
	size_t n = strcspn(*left, "\n"), kind = strcspn(*left, " \n");

	if (n == 0 || kind >= n)
		return false;
	*ret_kind = text_format("%.*s", (int)kind, *left);
	*ret_since = text_format("%.*s", (int)(n - kind - 1), *left + kind + 1);
	*left += n + ((*left)[n] == '\n');
	return *ret_kind && *ret_since;
}

/* Each start of the agent leaves a line, so that a change of what protects the key shows. */
static int note_protectors(struct registrar *r, const struct frame_protectors *m)
{
	OWN_BUFFER struct buffer text = {0};
	const char *left = m->protectors;

	buffer_add_text(&text, "protectors of the machine key:");
	for (;;) {
		OWN_MEM char *kind = NULL;
		OWN_MEM char *since = NULL;

		if (!next_line(&left, &kind, &since))
			break;
		buffer_add_format(&text, " %s since %s;", kind, since);
	}
	buffer_add_format(&text, " opened by %s", m->opened[0] ? m->opened : "none: locked");
	buffer_u8(&text, 0);
	TRY(buffer_check(&text));
	return note(r, 0, (const char *)text.at);
}

int protectors_on_list(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_protectors *m = &any->protectors;
	struct machine_locks *locks = locks_of(r);

	(void)from;
	(void)fd;
	if (!locks)
		return FAULT(ENOMEM, "keep what protects the machine key");
	free(locks->protectors);
	free(locks->opened);
	locks->protectors = text_copy(m->protectors);
	locks->opened = text_copy(m->opened);
	if (!locks->protectors || !locks->opened)
		return FAULT(ENOMEM, "keep what protects the machine key");
	return m->is_news ? note_protectors(r, m) : 0;
}

/* Unlocking */

static int refuse_unlock(struct api_call *call, enum machine_outcome outcome, const char *detail)
{
	switch (outcome) {
	case MACHINE_WRONG_WORD:
		return api_refuse(call, API_AUTHORITY, "wrong-word", "pipe",
				  "Try again; after wrong ones each try waits longer.",
				  "It does not open: %s. Nothing has changed.", detail);
	case MACHINE_NOT_LOCKED:
		return api_refuse(call, API_STATE, "not-locked", "agent", "Nothing is to be done.",
				  "The machine key is unlocked already.");
	case MACHINE_NO_PROTECTOR:
		return api_refuse(call, API_NOT_FOUND, "no-protector", "kind", "classctl protectors lists them.",
				  "There is no such protector of the machine key.");
	case MACHINE_WAIT:
		return api_refuse(call, API_BUSY, "wait", "agent", "Try again a little later.",
				  "Another try is under way, or wrong ones have just been made: %s.", detail);
	case MACHINE_SHUT:
	case MACHINE_UNLOCKED:
		break;
	}
	return api_refuse(call, API_FAILED, "shut", "kind", "See classd --protectors, as root on that machine.",
			  "The protector does not open, whatever the word: %s.", detail);
}

int protectors_on_unlocked(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_machine_unlocked *m = &any->machine_unlocked;
	struct machine_locks *locks = r->machine_locks;
	struct api_call *call = locks && locks->id == m->id ? locks->call : NULL;
	OWN_MEM char *text = NULL;

	(void)from;
	(void)fd;
	if (!call)
		return 0;
	locks->call = NULL;
	text = text_format("the machine key is asked for: %s",
			   m->outcome == MACHINE_UNLOCKED ? "unlocked" : "not unlocked");
	if (!text)
		return FAULT(ENOMEM, "note a try");
	if (m->outcome == MACHINE_UNLOCKED || m->outcome == MACHINE_WRONG_WORD)
		TRY(note(r, api_uid(call), text));
	return m->outcome == MACHINE_UNLOCKED ? api_reply(call, json_object())
					      : refuse_unlock(call, (enum machine_outcome)m->outcome, m->detail);
}

/*
 * Persons are known by their uid while names are locked. A stranger's wrong words would make whoever knows the right one
 * wait, and anybody's wrong PINs would lock the token for good: those are for who answers for keys.
 */
static int check_caller(struct registrar *r, struct api_call *call, bool is_pin)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct date today = registrar_today(r);
	int result = api_uid(call) == 0 ? STORE_NOT_FOUND
					: store_person_by_uid(r->store, (uint32_t)api_uid(call), today, &p);

	TRY(result);
	if (api_uid(call) == 0 || (result == 0 && !person_is_suspended_on(&p->person, today) &&
				   (!is_pin || right_is_granted(p->person.roles, RIGHT_KEYS))))
		return 0;
	TRY(api_refuse(call, API_AUTHORITY, "may-not-unlock", "caller", "Ask a security administrator, or root.",
		       is_pin ? "The PIN is given by root or a security administrator: tokens lock themselves after a"
				" few wrong ones."
			      : "The word is given by root or a person of the register."));
	return PEOPLE_ANSWERED;
}

static int unlock(struct registrar *r, struct api_call *call)
{
	const char *kind = json_get_text(api_parameters(call), "kind");
	int64_t i = json_get_int(api_parameters(call), "pipe", -1);
	struct machine_locks *locks = locks_of(r);
	struct descriptor d;
	int result;

	if (!locks)
		return FAULT(ENOMEM, "keep a try");
	if (!text_equal(kind, "passphrase") && !text_equal(kind, "pkcs11"))
		return api_refuse(call, API_INPUT, "kind", "kind", "Name passphrase or pkcs11.",
				  "That kind of protector is not opened by a word.");
	if (!api_look_descriptor(call, i, &d) || d.kind != DESCRIPTOR_PIPE || d.is_path || d.is_writable)
		return api_refuse(call, API_INPUT, "not-a-pipe", "pipe", "Pass the read end of a pipe.",
				  "The word comes through a pipe only, and the descriptor is none that can be read.");
	if (r->meta_key)
		return refuse_unlock(call, MACHINE_NOT_LOCKED, "");
	result = check_caller(r, call, text_equal(kind, "pkcs11"));
	if (result)
		return result < 0 ? result : 0;
	if (locks->call)
		return refuse_unlock(call, MACHINE_WAIT, "one at a time");
	locks->call = call;
	locks->id++;
	return CHANNEL_SEND(&r->role.control, unlock_machine, api_take_descriptor(call, i), .id = locks->id,
			    .kind = kind);
}

static int get_protectors(struct registrar *r, struct api_call *call)
{
	const struct machine_locks *locks = r->machine_locks;
	const char *left = locks && locks->protectors ? locks->protectors : "";
	struct json *list = json_array(), *p = json_object();

	for (;;) {
		OWN_MEM char *kind = NULL;
		OWN_MEM char *since = NULL;
		struct json *one;

		if (!next_line(&left, &kind, &since))
			break;
		one = json_object();
		json_set_text(one, "kind", kind);
		if (!text_equal(since, "-"))
			json_set_text(one, "since", since);
		json_set_bool(one, "opened", text_equal(kind, locks->opened));
		json_append(list, one);
	}
	json_set_bool(p, "locked", !r->meta_key);
	json_set(p, "protectors", list);
	return api_reply(call, p);
}

const struct api_method protector_methods[] = {
    {.name = "org.classd.Protector.GetProtectors", .handle = get_protectors, .flags = API_ANYONE},
    {.name = "org.classd.Protector.Unlock", .handle = unlock, .flags = API_ANYONE | API_DESCRIPTORS},
    {.name = NULL},
};

/*
 * Keys with which persons sign. The first is confirmed by a security administrator who compares the fingerprint;
 * a later one is vouched for by an earlier one, so that whoever took over a login cannot add a key (DESIGN 17).
 */
#include "registrar/people/people.h"

#include "base/text.h"
#include "library/signature.h"

#include <string.h>

#define KEY_NAMESPACE "key@classd"

static const struct store_key *find_valid(const struct store_person *p, const char *fingerprint)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		const struct store_key *k = &p->keys[i];

		if (store_key_signs(k) && (!fingerprint || text_equal(k->fingerprint, fingerprint)))
			return k;
	}
	return NULL;
}

/* Who signed for the key: *ret_by is an earlier key of the person, or NULL when it vouches for itself. */
static int check_proof(struct people_call *c, const char *line, const char *fingerprint, const char **ret_by)
{
	const char *proof = json_get_text(c->given, "proof");
	struct signature_demand demand = {.space = KEY_NAMESPACE};
	char by[FINGERPRINT_TEXT] = "";
	struct ssh_public_key signer;
	const struct store_key *earlier;
	int result = signature_verify(bytes_of_text(line), bytes_of_text(proof), &demand, &signer);

	TRY(result);
	if (result) {
		TRY(api_refuse(c->call, API_INPUT, "bad-proof", "proof", "classctl identity register makes it",
			       "the proof does not verify: %s", signature_outcome_text(result)));
		return PEOPLE_ANSWERED;
	}
	signature_fingerprint(&signer, by);
	earlier = find_valid(c->me, by);
	*ret_by = earlier ? earlier->fingerprint : NULL;
	if (earlier || (!find_valid(c->me, NULL) && text_equal(by, fingerprint)))
		return 0;
	TRY(api_refuse(c->call, API_AUTHORITY, "proof-by-other-key", "proof",
		       "sign with your present key, or have it revoked first",
		       "the proof is by %s, which is not the key that must vouch for a new one", by));
	return PEOPLE_ANSWERED;
}

static int check_unknown(struct people_call *c, const char *fingerprint)
{
	OWNED(store_person) struct store_person *holder = NULL;
	int result = store_person_by_key(c->r->store, fingerprint, &holder);

	TRY(result);
	if (result)
		return 0;
	TRY(api_refuse(c->call, API_STATE, "key-known", "key", "make a new key",
		       "the key %s is or was registered already", fingerprint));
	return PEOPLE_ANSWERED;
}

static int journal_key(struct people_call *c, const struct ssh_public_key *key, const char *fingerprint, const char *by)
{
	struct json *entry = people_entry(c, "key"), *reply;
	OWN_BUFFER struct buffer line = {0};
	OWN_MEM char *text = NULL;
	int result;

	ssh_public_key_write_line(key, &line);
	text = buffer_steal_text(&line);
	json_set_text(entry, "id", c->me->person.id);
	json_set_text(entry, "fingerprint", fingerprint);
	json_set_text(entry, "kind", key->kind == SSH_SK_ED25519 ? "token" : "file");
	json_set_text(entry, "line", text ? text : "");
	json_set_text(entry, "proof", json_get_text(c->given, "proof"));
	json_set_text(entry, "by", by);
	json_set_bool(entry, "confirmed", by != NULL);
	result = people_change_only(c, entry);
	if (result)
		return result < 0 ? result : 0;
	reply = json_object();
	json_set_text(reply, "fingerprint", fingerprint);
	json_set_text(reply, "state", by ? "valid" : "pending");
	return api_reply(c->call, reply);
}

int people_register_key(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	char fingerprint[FINGERPRINT_TEXT];
	const char *line = json_get_text(api_parameters(call), "key"), *by = NULL;
	struct ssh_public_key key;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	if (!line || strlen(line) > 1024 || ssh_public_key_parse_line(bytes_of_text(line), &key))
		return api_refuse(call, API_INPUT, "bad-key", "key", "ssh-keygen -t ed25519, then the line of its .pub",
				  "that is no Ed25519 public key of OpenSSH");
	signature_fingerprint(&key, fingerprint);
	result = check_unknown(&c, fingerprint);
	if (result == 0)
		result = check_proof(&c, line, fingerprint, &by);
	if (result)
		return result < 0 ? result : 0;
	return journal_key(&c, &key, fingerprint, by);
}

int people_revoke_key(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	const char *id = json_get_text(api_parameters(call), "id"), *reason;
	const char *fingerprint = json_get_text(api_parameters(call), "fingerprint");
	struct json *entry;
	char today[11];
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	/* One's own key at once; another's is for those who may suspend. */
	if (!text_equal(id, c.me->person.id) && !right_is_granted(c.me->person.roles, RIGHT_SUSPEND))
		return api_refuse(call, API_AUTHORITY, "wrong-role", "caller", "ask a security administrator",
				  "%s may not revoke keys of others", c.me->person.id);
	result = people_find(&c, id);
	if (result == 0)
		result = people_take_line(&c, "reason", PEOPLE_TEXT_MAX, true, &reason);
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "key-revoke");
	date_format(c.today, today);
	json_set_text(entry, "on", today);
	json_set_text(entry, "fingerprint", fingerprint);
	people_note(&c, entry, reason);
	for (size_t i = 0; i < c.subject->n_keys; i++)
		if (text_equal(c.subject->keys[i].fingerprint, fingerprint) &&
		    text_is_empty(c.subject->keys[i].revoked))
			return people_change(&c, c.subject->person.id, entry);
	json_free(entry);
	return api_refuse(call, API_NOT_FOUND, "no-such-key", id, "classctl person show",
			  "%s has no valid key \"%.60s\"", id, fingerprint ? fingerprint : "");
}

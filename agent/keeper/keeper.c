/* Level keys in memory, grants, and the one thing a private key is used for. */
#include "keeper/keeper.h"
#include "keeper/epochs.h"
#include "keeper/escrow.h"
#include "keeper/key_file.h"
#include "keeper/store.h"
#include "keeper/unlock.h"

#include "base/text.h"
#include "library/envelope.h"
#include "library/machine_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define META_PURPOSE  "classd/v1/meta"
#define VOUCH_PURPOSE "classd/v1/unlock"

static struct keeper_key *new_key(struct keeper *k)
{
	struct keeper_key *more = k->n_keys < KEEPER_KEYS ? reallocarray(k->keys, k->n_keys + 1, sizeof(*more)) : NULL;

	if (!more)
		return NULL;
	k->keys = more;
	return &more[k->n_keys];
}

static void key_done(struct keeper_key *key)
{
	secret_free(key->identity);
	free(key->persons);
	*key = (struct keeper_key){0};
}

/* Takes what the key holds, also when it faults. */
static int remember(struct keeper *k, struct keeper_key *key)
{
	struct keeper_key *place = new_key(k);

	if (!place) {
		key_done(key);
		return FAULT(ENOMEM, "level key");
	}
	*place = *key;
	*key = (struct keeper_key){0};
	k->n_keys++;
	return 0;
}

static int load(const struct keeper_key *named, void *context)
{
	struct keeper *k = context;
	struct keeper_key key = *named;
	int r = key_file_load(k, &key);

	if (r == 0)
		return remember(k, &key);
	key_done(&key);
	k->n_unreadable += r > 0;
	return r < 0 ? r : 0;
}

static int open_all(struct keeper *k, int machine_fd)
{
	int r = store_read_machine_key(k->files, machine_fd, &k->machine);

	if (r != 0)
		return r;
	TRY(machine_key_identity(k->machine, &k->machine_identity));
	TRY(identity_recipient(k->machine_identity, &k->wrap_to[0]));
	TRY(hkdf_sha256(k->machine, (struct bytes){0}, bytes_of_text(VOUCH_PURPOSE), SHA256_BYTES, &k->vouching));
	r = store_read_escrow(k->files, k->store, &k->wrap_to[1]);
	if (r != 0)
		return r;
	TRY(key_file_tidy(k));
	/* Names that a killed keeper made count from here on as if it had synced. A disk that takes nothing keeps
	 * nobody from reading; but see keeper_is_durable(). */
	k->unsynced = store_sync(k->files, k->store) != 0;
	TRY(epochs_tidy(k));
	TRY(store_each_key(k->files, k->store, load, k));
	TRY(epochs_mark(k));
	(void)escrow_finish(k); /* a full disk keeps nobody from reading: what is left is counted and tried again */
	return k->n_keys == 0 && k->n_unreadable > 0 ? KEEPER_WRONG_KEY : 0;
}

bool keeper_is_durable(struct keeper *k)
{
	if (k->unsynced)
		k->unsynced = store_sync(k->files, k->store) != 0;
	return !k->unsynced;
}

int keeper_open(struct keeper *k, const struct files *f, int store, int machine_fd)
{
	int r;

	*k = (struct keeper){.files = f, .store = store};
	r = open_all(k, machine_fd);
	if (r != 0)
		keeper_done(k);
	return r;
}

void keeper_done(struct keeper *k)
{
	for (size_t i = 0; i < k->n_keys; i++)
		key_done(&k->keys[i]);
	free(k->keys);
	free(k->gone);
	unlock_done(k);
	secret_free(k->machine);
	secret_free(k->machine_identity);
	secret_free(k->vouching);
	*k = (struct keeper){.store = -1};
}

int keeper_meta_key(const struct keeper *k, struct secret **ret)
{
	return hkdf_sha256(k->machine, (struct bytes){0}, bytes_of_text(META_PURPOSE), AEAD_KEY, ret);
}

void keeper_forget(struct keeper *k, struct keeper_key *key)
{
	size_t i = (size_t)(key - k->keys);

	key_done(key);
	memmove(key, key + 1, (--k->n_keys - i) * sizeof(*key));
}

static int make_key(const struct keeper *k, const char *level, const char *epoch, struct keeper_key *ret)
{
	(void)snprintf(ret->level, sizeof(ret->level), "%s", level); /* store_is_word(): it fits */
	(void)snprintf(ret->epoch, sizeof(ret->epoch), "%s", epoch);
	TRY(identity_new(&ret->identity));
	TRY(identity_recipient(ret->identity, &ret->recipient));
	identity_key_id(&ret->recipient, ret->key_id);
	TRY(unlock_prepare_key(k, ret));
	return key_file_create(k, ret);
}

int keeper_add_epoch(struct keeper *k, const char *level, const char *epoch, enum key_outcome *ret)
{
	const struct keeper_key *newest;
	struct keeper_key key = {0};
	int r;

	*ret = KEY_DONE;
	if (!store_is_word(level) || !store_is_word(epoch) || k->n_keys >= KEEPER_KEYS) {
		*ret = KEY_UNKNOWN_LEVEL;
		return 0;
	}
	newest = keeper_level(k, level);
	if ((newest && strverscmp(newest->epoch, epoch) >= 0) || epochs_is_gone(k, level, epoch))
		return 0;
	r = make_key(k, level, epoch, &key);
	if (r == 0)
		r = remember(k, &key);
	if (r == 0)
		return unlock_settle(k, &k->keys[k->n_keys - 1]);
	key_done(&key);
	if (r > 0)
		*ret = KEY_NO_IDENTITY;
	return r < 0 ? r : 0;
}

/* Epochs are years, or names that sort behind their year ("2026", "2026-r2", "2026-r3-incident"). */
const struct keeper_key *keeper_level(const struct keeper *k, const char *level)
{
	const struct keeper_key *newest = NULL;

	for (size_t i = 0; i < k->n_keys; i++)
		if (text_equal(k->keys[i].level, level) && (!newest || strverscmp(newest->epoch, k->keys[i].epoch) < 0))
			newest = &k->keys[i];
	return newest;
}

void keeper_add_grant(struct keeper *k, const struct frame_grant *grant, uint64_t now_ms)
{
	struct keeper_grant *place = &k->grants[k->next_grant];
	bool any = text_equal(grant->record, KEEPER_RECORD_ANY);

	/* Too long a text, or "any record" without the purpose that may say so: no grant. */
	if (grant->grant == 0 || strlen(grant->record) >= sizeof(place->record) ||
	    strlen(grant->level) >= sizeof(place->level) || strlen(grant->person) >= sizeof(place->person) ||
	    (any && grant->purpose != GRANT_RECOVER))
		return;
	k->next_grant = (k->next_grant + 1) % KEEPER_GRANTS;
	*place = (struct keeper_grant){.id = grant->grant,
				       .until_ms = now_ms + grant->valid_ms,
				       .version = grant->version,
				       .purpose = grant->purpose};
	memcpy(place->record, grant->record, strlen(grant->record) + 1);
	memcpy(place->level, grant->level, strlen(grant->level) + 1);
	memcpy(place->person, grant->person, strlen(grant->person) + 1);
}

bool keeper_has_grant(const struct keeper *k, uint64_t grant)
{
	for (size_t i = 0; grant != 0 && i < KEEPER_GRANTS; i++)
		if (k->grants[i].id == grant)
			return true;
	return false;
}

/* Used once: whatever comes of it, it is gone. */
static bool take_grant(struct keeper *k, uint64_t id, uint64_t now_ms, struct keeper_grant *ret)
{
	for (size_t i = 0; id != 0 && i < KEEPER_GRANTS; i++)
		if (k->grants[i].id == id) {
			*ret = k->grants[i];
			k->grants[i] = (struct keeper_grant){0};
			return ret->until_ms > now_ms;
		}
	return false;
}

/* By the label that the header's MAC has just vouched for, and by the key that opened it: the label may hide its
 * level, the key cannot. */
static bool is_about(const struct keeper_grant *g, const struct label_args *label, const struct keeper_key *key)
{
	bool any = text_equal(g->record, KEEPER_RECORD_ANY);

	return (any || text_equal(g->record, label->record)) && (g->version == 0 || g->version == label->version) &&
	       (any || text_equal(g->level, key->level)) &&
	       (text_equal(label->level, "-") || text_equal(label->level, key->level));
}

struct unwrapping {
	struct keeper_grant grant;
	uint64_t now_ms;
};

static int open_header(struct keeper *k, const struct unwrapping *u, const struct envelope *e,
		       struct secret **ret_file_key, enum key_outcome *ret, const char **ret_detail)
{
	OWNED(secret) struct secret *file_key = NULL;
	const struct keeper_key *key = NULL;
	int r;

	for (size_t i = 0; i < k->n_keys && !key; i++)
		if (text_equal(k->keys[i].key_id, e->args.key_id))
			key = &k->keys[i];
	if (!key || key->is_retired) {
		*ret = KEY_NO_IDENTITY;
		*ret_detail = key ? "its key is retired"
			      : epochs_has_destroyed(k, e->args.key_id)
				  ? "its key was destroyed"
				  : "sealed to a key that this machine does not have";
		return 0;
	}
	if (!unlock_may_use(k, key, &u->grant, u->now_ms)) {
		*ret = KEY_LOCKED;
		*ret_detail = "";
		return 0;
	}
	r = envelope_unlock(e, key->identity, &file_key);
	TRY(r);
	if (r > 0) {
		*ret = r == ENVELOPE_NO_KEY ? KEY_NO_IDENTITY : KEY_BAD_HEADER;
		*ret_detail = envelope_outcome_text(r);
	} else if (!is_about(&u->grant, &e->args, key)) {
		*ret = KEY_LABEL_DIFFERS;
		*ret_detail = "the label in the file is not the one that may be read";
	} else {
		*ret = KEY_DONE;
		*ret_detail = "";
		*ret_file_key = steal(&file_key);
	}
	return 0;
}

int keeper_unwrap(struct keeper *k, uint64_t grant, struct bytes header, uint64_t now_ms, struct secret **ret_file_key,
		  enum key_outcome *ret, const char **ret_detail)
{
	struct unwrapping u = {.now_ms = now_ms};
	struct envelope e;
	int r;

	if (!take_grant(k, grant, now_ms, &u.grant)) {
		*ret = KEY_NO_GRANT;
		*ret_detail = "no such grant, or its time is over";
		return 0;
	}
	r = envelope_parse(header, &e);
	TRY(r);
	if (r > 0) {
		*ret = KEY_BAD_HEADER;
		*ret_detail = envelope_outcome_text(r);
		return 0;
	}
	r = open_header(k, &u, &e, ret_file_key, ret, ret_detail);
	envelope_done(&e);
	return r;
}

/* How the keys stand, and who is to open which: what keeper and register say. */
#include "registrar/keys/unlock_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"

#include <errno.h>
#include <string.h>

/* ---- keys ---- */

static void key_free(struct unlock_key *key)
{
	free(key->level);
	free(key->epoch);
	free(key->persons);
	free(key);
}

void unlock_forget_keys(struct unlock *u)
{
	while (u->keys) {
		struct unlock_key *key = u->keys;

		u->keys = key->next;
		key_free(key);
	}
}

static struct unlock_key *get_key(struct unlock *u, const char *level, const char *epoch)
{
	struct unlock_key *key = u->keys;

	while (key && !(text_equal(key->level, level) && text_equal(key->epoch, epoch)))
		key = key->next;
	if (key)
		return key;
	key = calloc(1, sizeof(*key));
	if (!key)
		return NULL;
	*key = (struct unlock_key){.next = u->keys, .level = text_copy(level), .epoch = text_copy(epoch)};
	u->keys = key;
	return key->level && key->epoch ? key : NULL;
}

const struct unlock_key *unlock_keys(const struct registrar *r)
{
	return r->unlock->keys;
}

bool unlock_has_wrap(const struct unlock_key *key, const char *recipient)
{
	const char *at = key->persons ? strstr(key->persons, recipient) : NULL;

	return at && at[strlen(recipient)] == '\n'; /* all have the same length and begin with age1 */
}

bool unlock_is_locked(const struct registrar *r, const char *level)
{
	for (const struct unlock_key *key = r->unlock->keys; key; key = key->next)
		if (text_equal(key->level, level) && key->is_of_persons && !key->is_open)
			return true;
	return false;
}

/* ---- who may open what ---- */

bool unlock_is_cleared(const struct registrar *r, const struct store_person *p, const struct level *level)
{
	struct date today = registrar_today((struct registrar *)(uintptr_t)r);
	struct authority_question q = {
	    .policy = r->policy, .person = &p->person, .level = level->code, .on = today, .today = today};
	struct authority_answer answer;

	authority_check_unlock(&q, &answer);
	return p->is_confirmed && answer.reason == AUTHORITY_GRANTED;
}

struct wanted {
	const struct registrar *r;
	struct buffer persons[16]; /* by rank */
	size_t n[16];
};

static int want_of(const struct store_person *p, void *arg)
{
	struct wanted *w = arg;
	const struct policy *policy = w->r->policy;

	for (size_t i = 0; i < p->n_keys; i++)
		for (size_t rank = 0; unlock_key_counts(&p->keys[i]) && rank < policy->n_levels; rank++) {
			const struct level *level = &policy->levels[rank];

			if (level->unlock != UNLOCK_PERSON || w->n[rank] == UNLOCK_PERSONS_MAX ||
			    !unlock_is_cleared(w->r, p, level))
				continue;
			buffer_add_format(&w->persons[rank], "%s %s\n", p->person.id, p->keys[i].fingerprint);
			w->n[rank]++;
		}
	return 0;
}

static bool has_level_of_persons(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_levels; i++)
		if (policy->levels[i].unlock == UNLOCK_PERSON)
			return true;
	return false;
}

static struct told *get_told(struct unlock *u, const char *level)
{
	struct told *told = u->told;

	while (told && !text_equal(told->level, level))
		told = told->next;
	if (told)
		return told;
	told = calloc(1, sizeof(*told));
	if (!told)
		return NULL;
	told->next = u->told;
	memcpy(told->level, level, strlen(level) + 1); /* level_code_is_valid(): it fits */
	u->told = told;
	return told;
}

static int tell_level(struct registrar *r, const struct level *level, char *persons, bool all)
{
	OWN_MEM char *now = persons;
	struct told *told = get_told(r->unlock, level->code);
	uint64_t idle_ms = (uint64_t)r->policy->unlock_idle_minutes * 60000;
	bool is_person = level->unlock == UNLOCK_PERSON;
	struct frame_level_mode m = {
	    .level = level->code, .is_person = is_person, .idle_ms = idle_ms, .persons = persons};

	if (!told || !now)
		return FAULT(ENOMEM, "what the keeper is told");
	if (!all && told->persons && text_equal(told->persons, now) && told->is_person == is_person &&
	    told->idle_ms == idle_ms)
		return 0;
	TRY(registrar_send(r, ROLE_KEEPER, 0, &frame_type_level_mode, &m, -1));
	free(told->persons);
	told->persons = steal(&now);
	told->is_person = is_person;
	told->idle_ms = idle_ms;
	return 0;
}

int unlock_tell_keeper(struct registrar *r, bool all)
{
	struct wanted w = {.r = r};
	int result = 0;

	if (!r->policy || !role_peer(&r->role, ROLE_KEEPER, -1))
		return 0;
	if (has_level_of_persons(r->policy)) {
		if (!r->meta_key)
			return 0; /* the register is told with it: registrar_meta_key() is followed by unlock_soon() */
		result = store_person_list(r->store, false, want_of, &w);
	}
	for (size_t i = 0; i < r->policy->n_levels; i++) {
		char *persons = buffer_steal_text(&w.persons[i]);

		if (result == 0)
			result = tell_level(r, &r->policy->levels[i], persons, all);
		else
			free(persons);
	}
	return result;
}

/* Has one of those who may open the level (lines "PERSON RECIPIENT") a wrap? */
static bool has_wrap_of(const struct unlock_key *key, const char *persons)
{
	for (size_t n; persons && *persons; persons += n + (persons[n] == '\n')) {
		const char *recipient = strchr(persons, ' ');
		OWN_MEM char *one = NULL;

		n = strcspn(persons, "\n");
		if (recipient)
			one = text_format("%.*s", (int)(persons + n - recipient - 1), recipient + 1);
		if (one && unlock_has_wrap(key, one))
			return true;
	}
	return false;
}

bool unlock_is_unready(const struct registrar *r, const struct level *level)
{
	const struct told *told = r->unlock->told;

	while (told && !text_equal(told->level, level->code))
		told = told->next;
	if (level->unlock != UNLOCK_PERSON || !told)
		return false;
	for (const struct unlock_key *key = r->unlock->keys; key; key = key->next)
		if (text_equal(key->level, level->code) && !has_wrap_of(key, told->persons))
			return true;
	return false;
}

int unlock_on_key_state(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_key_state *m = &any->key_state;
	struct unlock_key *key;
	bool was_locked;

	(void)from;
	(void)fd;
	if (!m->level[0]) {
		unlock_forget_keys(r->unlock);
		return 0;
	}
	key = get_key(r->unlock, m->level, m->epoch);
	if (!key)
		return FAULT(ENOMEM, "state of a key");
	was_locked = key->is_of_persons && !key->is_open;
	free(key->persons);
	key->persons = text_copy(m->persons);
	key->is_of_persons = m->is_of_persons;
	key->is_open = m->is_open;
	return was_locked && key->is_open ? jobs_unlocked(r) : 0;
}

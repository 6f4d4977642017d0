/* Sessions of persons, and which level keys are in memory for them. */
#include "keeper/unlock.h"
#include "keeper/escrow.h"
#include "keeper/key_file.h"
#include "keeper/store.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_same(const struct recipient *a, const struct recipient *b)
{
	return bytes_equal_constant(a->point, b->point, sizeof(a->point));
}

static bool has(const struct recipient *persons, size_t n, const struct recipient *one)
{
	for (size_t i = 0; i < n; i++)
		if (is_same(&persons[i], one))
			return true;
	return false;
}

/* Levels */

static struct keeper_level *find_level(const struct keeper *k, const char *level)
{
	for (size_t i = 0; i < k->n_levels; i++)
		if (text_equal(k->levels[i].level, level))
			return &k->levels[i];
	return NULL;
}

/* *ret is NULL when there are too many. */
static int get_level(struct keeper *k, const char *level, struct keeper_level **ret)
{
	struct keeper_level *found = find_level(k, level), *more;

	*ret = found;
	if (found || k->n_levels >= KEEPER_KEYS)
		return 0;
	more = reallocarray(k->levels, k->n_levels + 1, sizeof(*more));
	if (!more)
		return FAULT(ENOMEM, "a level's keys");
	k->levels = more;
	found = &more[k->n_levels++];
	*found = (struct keeper_level){0};
	(void)snprintf(found->level, sizeof(found->level), "%s", level); /* store_is_word(): it fits */
	*ret = found;
	return 0;
}

/* Lines "PERSON RECIPIENT": 0, or 1 when they are none. The same recipient counts once. */
static int read_persons(const char *lines, struct keeper_level *ret)
{
	struct recipient *persons = calloc(KEY_FILE_PERSONS, sizeof(*persons));
	size_t n = 0;
	int r = 0;

	if (!persons)
		return FAULT(ENOMEM, "persons of a level");
	while (r == 0 && *lines && n < KEY_FILE_PERSONS) {
		size_t length = strcspn(lines, "\n");
		const char *space = memchr(lines, ' ', length);

		r = space ? recipient_from_text(bytes_of(space + 1, length - (size_t)(space + 1 - lines)), &persons[n])
			  : 1;
		if (r == 0 && !has(persons, n, &persons[n]))
			n++;
		lines += length + (lines[length] == '\n');
	}
	if (r != 0) {
		free(persons);
		return r < 0 ? r : 1;
	}
	free(ret->persons);
	ret->persons = persons;
	ret->n_persons = n;
	return 0;
}

int unlock_set_level(struct keeper *k, const struct frame_level_mode *m)
{
	struct keeper_level *level = NULL;
	int r;

	if (store_is_word(m->level))
		TRY(get_level(k, m->level, &level));
	if (!level)
		return 0;
	r = read_persons(m->persons, level);
	if (r != 0)
		return r < 0 ? r : 0;
	level->is_of_persons = m->is_person != 0;
	k->idle_ms = m->idle_ms;
	for (size_t i = 0; i < k->n_keys; i++)
		if (text_equal(k->keys[i].level, m->level))
			TRY(unlock_settle(k, &k->keys[i]));
	return 0;
}

/* Keys */

static int wrap_to(struct keeper_key *key, const struct keeper_level *level)
{
	struct recipient *persons = NULL;
	bool is_of_persons = level && level->is_of_persons && level->n_persons > 0;

	if (is_of_persons) {
		persons = calloc(level->n_persons, sizeof(*persons));
		if (!persons)
			return FAULT(ENOMEM, "persons of a key");
		memcpy(persons, level->persons, level->n_persons * sizeof(*persons));
	}
	free(key->persons);
	key->persons = persons;
	key->n_persons = is_of_persons ? level->n_persons : 0;
	key->is_of_persons = is_of_persons;
	return 0;
}

int unlock_prepare_key(const struct keeper *k, struct keeper_key *key)
{
	return wrap_to(key, find_level(k, key->level));
}

/* Where the level says persons and there is none who could, the key stays as it is: only escrow would open it. */
static bool is_where_it_belongs(const struct keeper_key *key, const struct keeper_level *level)
{
	if (!level || (level->is_of_persons && level->n_persons == 0))
		return true;
	if (key->is_of_persons != level->is_of_persons)
		return false;
	if (!key->is_of_persons)
		return true;
	for (size_t i = 0; i < level->n_persons; i++)
		if (!has(key->persons, key->n_persons, &level->persons[i]))
			return false;
	return key->n_persons == level->n_persons;
}

static int rewrite(struct keeper *k, struct keeper_key *key, const struct keeper_level *level)
{
	struct keeper_key next = *key;

	next.persons = NULL;
	TRY(wrap_to(&next, level));
	if (key_file_replace(k, &next) < 0) { /* a full disk is no reason to end: said, and tried again */
		free(next.persons);
		k->n_unwritten++;
		return 0;
	}
	free(key->persons);
	*key = next;
	key->is_told = false;
	return 0;
}

static bool is_in_use(const struct keeper *k, const struct keeper_key *key)
{
	for (size_t i = 0; i < KEEPER_SESSIONS; i++)
		if (k->sessions[i].person[0] && has(key->persons, key->n_persons, &k->sessions[i].recipient))
			return true;
	return false;
}

int unlock_settle(struct keeper *k, struct keeper_key *key)
{
	const struct keeper_level *level = find_level(k, key->level);

	if (!key->identity)
		return 0;
	if (!is_where_it_belongs(key, level))
		TRY(rewrite(k, key, level));
	if (key->is_of_persons && !is_in_use(k, key)) {
		secret_free(steal(&key->identity));
		key->is_told = false;
	}
	return 0;
}

static int settle_all(struct keeper *k)
{
	for (size_t i = 0; i < k->n_keys; i++)
		TRY(unlock_settle(k, &k->keys[i]));
	return 0;
}

/* Sessions */

static struct keeper_session *find_session(struct keeper *k, const char *person, const struct recipient *recipient)
{
	for (size_t i = 0; i < KEEPER_SESSIONS; i++)
		if (text_equal(k->sessions[i].person, person) && is_same(&k->sessions[i].recipient, recipient))
			return &k->sessions[i];
	return NULL;
}

static bool is_wrapped_to(const struct keeper *k, const struct recipient *recipient)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (k->keys[i].is_of_persons && has(k->keys[i].persons, k->keys[i].n_persons, recipient))
			return true;
	return false;
}

/* Every locked key that is wrapped to him. What does not open is told; the others open all the same. */
static int open_keys(struct keeper *k, const struct recipient *recipient, const struct secret *identity,
		     enum key_outcome *ret)
{
	for (size_t i = 0; i < k->n_keys; i++) {
		struct keeper_key *key = &k->keys[i];
		int r;

		if (key->identity || !key->is_of_persons || !has(key->persons, key->n_persons, recipient))
			continue;
		r = key_file_open(k, key, identity, &key->identity);
		TRY(r);
		if (r > 0)
			*ret = KEY_BAD_HEADER;
		else
			key->is_told = false;
	}
	return 0;
}

/* Is it what the register says? KEY_DONE, and his recipient. */
static int check_identity(const struct unlock_order *order, const struct secret *identity, struct recipient *ret_is,
			  enum key_outcome *ret)
{
	struct recipient named;
	int r = recipient_from_text(bytes_of_text(order->recipient), &named);

	TRY(r);
	TRY(identity_recipient(identity, ret_is));
	*ret = r == 0 && is_same(&named, ret_is) && order->person[0] && strlen(order->person) < KEEPER_TEXT
		   ? KEY_DONE
		   : KEY_NO_IDENTITY;
	return 0;
}

int unlock_open(struct keeper *k, const struct unlock_order *order, const struct secret *identity,
		enum key_outcome *ret)
{
	struct keeper_session *session;
	struct recipient recipient;

	TRY(check_identity(order, identity, &recipient, ret));
	if (*ret != KEY_DONE)
		return 0;
	session = find_session(k, order->person, &recipient);
	if (!session)
		session = find_session(k, "", &(struct recipient){0});
	if (!session || !is_wrapped_to(k, &recipient)) {
		*ret = session ? KEY_UNKNOWN_LEVEL : KEY_NO_GRANT;
		return 0;
	}
	TRY(open_keys(k, &recipient, identity, ret));
	(void)snprintf(session->person, sizeof(session->person), "%s", order->person);
	session->recipient = recipient;
	session->used_ms = order->at.now_ms;
	TRY(settle_all(k)); /* wraps that waited for this moment */
	return escrow_resume(k);
}

static bool reads(const struct keeper *k, const struct keeper_key *key, const char *person)
{
	for (size_t i = 0; i < KEEPER_SESSIONS; i++)
		if (text_equal(k->sessions[i].person, person) && person[0] &&
		    has(key->persons, key->n_persons, &k->sessions[i].recipient))
			return true;
	return false;
}

void unlock_levels(const struct keeper *k, const char *person, struct buffer *ret)
{
	for (size_t i = 0; i < k->n_keys; i++) {
		const struct keeper_key *key = &k->keys[i];
		bool is_first = true;

		if (!key->is_of_persons || !key->identity || !reads(k, key, person))
			continue;
		for (size_t j = 0; j < i; j++)
			if (text_equal(k->keys[j].level, key->level) && k->keys[j].is_of_persons &&
			    k->keys[j].identity && reads(k, &k->keys[j], person))
				is_first = false;
		if (is_first)
			buffer_add_format(ret, "%s\n", key->level);
	}
}

/* By another of his keys. */
static bool has_session(const struct keeper *k, const char *person)
{
	for (size_t i = 0; i < KEEPER_SESSIONS; i++)
		if (text_equal(k->sessions[i].person, person))
			return true;
	return false;
}

typedef bool (*ends_fn)(const struct keeper *k, const struct keeper_session *session, const void *context);

static int end_sessions(struct keeper *k, ends_fn ends, const void *context, const char *why,
			const struct unlock_told *told)
{
	bool has_ended = false;

	for (size_t i = 0; i < KEEPER_SESSIONS; i++) {
		struct keeper_session ended = k->sessions[i];

		if (!ended.person[0] || !ends(k, &ended, context))
			continue;
		k->sessions[i] = (struct keeper_session){0};
		has_ended = true;
		if (!has_session(k, ended.person))
			TRY(told->over(told->context, ended.person, why));
	}
	return has_ended ? settle_all(k) : 0;
}

static bool is_of(const struct keeper *k, const struct keeper_session *session, const void *context)
{
	(void)k;
	return text_equal(context, "*") || text_equal(context, session->person);
}

int unlock_lock(struct keeper *k, const char *person, const char *why, const struct unlock_told *told)
{
	return end_sessions(k, is_of, person, why, told);
}

static bool has_idled(const struct keeper *k, const struct keeper_session *session, const void *context)
{
	const uint64_t *now_ms = context;

	return *now_ms >= session->used_ms + k->idle_ms;
}

int unlock_look(struct keeper *k, struct unlock_moment at, const struct unlock_told *told, uint64_t *ret_ms)
{
	bool slept = at.slept_ms > k->slept_ms + 1000; /* the two clocks are not read at the same instant */

	k->slept_ms = at.slept_ms;
	TRY(slept ? unlock_lock(k, "*", "sleep", told) : end_sessions(k, has_idled, &at.now_ms, "idle", told));
	*ret_ms = UINT64_MAX;
	for (size_t i = 0; i < KEEPER_SESSIONS; i++) {
		uint64_t over_ms = k->sessions[i].used_ms + k->idle_ms;

		if (k->sessions[i].person[0] && *ret_ms > over_ms - at.now_ms)
			*ret_ms = over_ms - at.now_ms;
	}
	if (*ret_ms != UINT64_MAX && *ret_ms > UNLOCK_LOOK_MS)
		*ret_ms = UNLOCK_LOOK_MS;
	return 0;
}

/* Does somebody see the content in the end? */
static bool gives_content(const struct keeper_grant *grant)
{
	return grant->purpose == GRANT_OPEN || grant->purpose == GRANT_UNSEAL;
}

bool unlock_may_use(struct keeper *k, const struct keeper_key *key, const struct keeper_grant *grant, uint64_t now_ms)
{
	if (!key->identity)
		return false;
	if (!key->is_of_persons)
		return true;
	if (!gives_content(grant))
		return true;
	for (size_t i = 0; i < KEEPER_SESSIONS; i++)
		if (grant->person[0] && text_equal(k->sessions[i].person, grant->person))
			k->sessions[i].used_ms = now_ms;
	return reads(k, key, grant->person);
}

void unlock_done(struct keeper *k)
{
	for (size_t i = 0; i < k->n_levels; i++)
		free(k->levels[i].persons);
	free(k->levels);
	k->levels = NULL;
	k->n_levels = 0;
}

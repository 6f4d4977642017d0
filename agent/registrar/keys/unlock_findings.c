/* What is wrong with levels that persons unlock, as findings of the sweep. */
#include "registrar/keys/unlock.h"

#include "base/text.h"
#include "registrar/oversight/findings.h"

#include <errno.h>

#define PATIENCE_DAYS 1

static int set(struct registrar *r, const char *subject, const char *evidence, const char *person)
{
	int result = findings_set(r,
				  &(struct findings_other){.code = FINDING_UNLOCK,
							   .about = {.subject = subject},
							   .evidence = evidence ? evidence : "",
							   .person = person,
							   .is_true = evidence != NULL},
				  NULL);

	return result < 0 ? result : 0;
}

static size_t count(const struct registrar *r, const struct level *level, bool of_persons)
{
	size_t n = 0;

	for (const struct unlock_key *key = unlock_keys(r); key; key = key->next)
		n += text_equal(key->level, level->code) && key->is_of_persons == of_persons;
	return n;
}

static int look_at_level(struct registrar *r, const struct level *level)
{
	OWN_MEM char *subject = text_format("level %s", level->code);
	OWN_MEM char *evidence = NULL;

	if (!subject)
		return FAULT(ENOMEM, "finding");
	if (unlock_is_unready(r, level) && count(r, level, true) > 0)
		evidence = text_format(
		    "persons unlock %s, and a key of it opens for no cleared person: only escrow has it", level->code);
	else if (unlock_is_unready(r, level))
		evidence = text_format("persons unlock %s, and nobody who may read it has a confirmed unlock key:"
				       " its keys still open with the machine key",
				       level->code);
	else if (level->unlock == UNLOCK_MACHINE && count(r, level, true) > 0)
		evidence = text_format("the machine unlocks %s, and %zu keys of it are still of persons", level->code,
				       count(r, level, true));
	return set(r, subject, evidence, NULL);
}

/* The level of which a key is not wrapped to that recipient though its person is cleared; NULL: none. */
static const struct level *find_missing(const struct registrar *r, const struct store_person *p, const char *recipient)
{
	for (const struct unlock_key *key = unlock_keys(r); key; key = key->next) {
		const struct level *level = level_find(r->policy, key->level);

		if (level && level->unlock == UNLOCK_PERSON && key->is_of_persons && !unlock_has_wrap(key, recipient) &&
		    unlock_is_cleared(r, p, level))
			return level;
	}
	return NULL;
}

static int look_at_key(struct registrar *r, const struct store_person *p, const struct store_key *key)
{
	int64_t days = date_to_days(registrar_today(r)) - date_to_days(key->confirmed_on);
	const struct level *missing =
	    unlock_key_counts(key) && days > PATIENCE_DAYS ? find_missing(r, p, key->fingerprint) : NULL;
	OWN_MEM char *subject = text_format("unlock key %.16s of %s", key->fingerprint, p->person.id);
	OWN_MEM char *evidence = NULL;
	char on[11];

	if (!subject)
		return FAULT(ENOMEM, "finding");
	date_format(key->confirmed_on, on);
	if (missing)
		evidence = text_format("confirmed on %s, and a key of %s is not wrapped to it yet: somebody who opens"
				       " it has to unlock",
				       on, missing->code);
	return set(r, subject, evidence, p->person.id);
}

static int look_at_person(const struct store_person *p, void *arg)
{
	struct registrar *r = arg;

	for (size_t i = 0; i < p->n_keys; i++)
		if (text_equal(p->keys[i].kind, UNLOCK_KIND))
			TRY(look_at_key(r, p, &p->keys[i]));
	return 0;
}

int unlock_findings(struct registrar *r)
{
	int result = 0;

	if (!r->unlock || !unlock_keys(r)) /* the keeper has not told: nothing follows from that */
		return 0;
	for (size_t i = 0; result == 0 && i < r->policy->n_levels; i++)
		result = look_at_level(r, &r->policy->levels[i]);
	return result == 0 ? store_person_list(r->store, false, look_at_person, r) : result;
}

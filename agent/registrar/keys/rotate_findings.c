/* A file that no new pass will move is its record's finding, from the moment that shows until a pass leaves none of it. */
#include "registrar/keys/rotate_private.h"

#include "base/text.h"
#include "registrar/oversight/findings.h"
#include "registrar/store/arena.h"

#include <errno.h>

bool rotate_is_for_good(uint8_t outcome)
{
	return outcome == SEAL_DAMAGED || outcome == SEAL_FOREIGN || outcome == SEAL_NEWER ||
	       outcome == SEAL_WRONG_KEY || outcome == SEAL_UNREADABLE;
}

int rotate_say(struct rotate *t, const struct rekey *k, const char *why)
{
	const struct epoch *epoch = epochs_by_key(t->r, k->key_id);
	OWN_MEM char *path = text_escape(bytes_of_text(k->path));
	OWN_MEM char *evidence = text_format("%s stays on the key %s %s: %s", path ? path : "a file",
					     epoch ? epoch->level : "-", epoch ? epoch->epoch : "-", why);
	int result;

	if (!k->number[0]) /* no record to show it with: classctl key status names the file */
		return 0;
	result = findings_set(t->r,
			      &(struct findings_other){.code = FINDING_UNREADABLE,
						       .about = {.number = k->number},
						       .evidence = evidence ? evidence : why,
						       .is_true = true},
			      NULL);
	return result < 0 ? result : 0; /* read-only: the next pass says it again */
}

struct said {
	const struct rotate *t;
	struct arena texts;
	struct said_number {
		struct said_number *next;
		const char *number;
	} * first;
};

static bool is_left(const struct rotate *t, const char *number)
{
	for (size_t i = 0; i < t->now.n; i++)
		if (text_equal(t->now.at[i].number, number))
			return true;
	return false;
}

/* Those about a name and not a record are the watcher's. */
static int take_said(const struct store_finding *f, void *arg)
{
	struct said *said = arg;
	struct said_number *one;

	if (text_is_empty(f->number) || is_left(said->t, f->number))
		return 0;
	one = arena_alloc(&said->texts, sizeof(*one));
	if (!one)
		return arena_check(&said->texts);
	*one = (struct said_number){said->first, arena_text(&said->texts, f->number)};
	said->first = one;
	return arena_check(&said->texts);
}

static int unsay_all(struct registrar *r, const struct said *said)
{
	for (const struct said_number *one = said->first; one; one = one->next) {
		int result = findings_set(
		    r, &(struct findings_other){.code = FINDING_UNREADABLE, .about = {.number = one->number}}, NULL);

		if (result != 0)
			return result < 0 ? result : 0;
	}
	return 0;
}

int rotate_unsay(struct rotate *t)
{
	struct said said = {.t = t};
	int result;

	if (t->now.n == ROTATE_LEFT_MAX) /* there may be more than are remembered */
		return 0;
	result = store_finding_list(t->r->store,
				    &(struct store_finding_filter){
					.state = "open", .code = FINDING_UNREADABLE, .limit = STORE_NO_LIMIT},
				    take_said, &said);
	if (result >= 0)
		result = unsay_all(t->r, &said);
	arena_done(&said.texts);
	return result < 0 ? result : 0;
}

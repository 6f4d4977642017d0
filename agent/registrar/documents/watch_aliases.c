/*
 * Other names (hard links) of plaintexts that are sealed. Names in watched folders have findings of their own, which
 * end with them; where the others are nobody here may look. The sealer keeps one link as a witness (adr/0022) and is
 * asked now and then whether it is the last one: the finding about it is the list of what to ask for, so a restart
 * forgets nothing.
 */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIRST_MS   2000
#define LONGEST_MS 60000
#define WITNESS	   ".classd/%016llx.alias"
#define NAMED_MAX  3

bool watch_is_witness(const char *path)
{
	return text_starts(path, ".classd/");
}

struct alias_names {
	unsigned long n;
	struct buffer text;
};

static int take_name(const struct store_seen *seen, void *arg)
{
	struct alias_names *names = arg;

	if (names->n++ < NAMED_MAX)
		buffer_add_format(&names->text, "%s%s", names->n > 1 ? ", " : "", seen->path);
	return buffer_check(&names->text);
}

/* "other names (hard links) of the plaintext of 2026-000001: b.docx, in no watched folder: 1" */
static char *evidence_of(const struct watch_taken *what, struct alias_names *names)
{
	OWN_MEM char *known = buffer_steal_text(&names->text);
	unsigned long hidden = what->n_aliases > names->n ? what->n_aliases - names->n : 0;

	return text_format("other names (hard links) of the plaintext of %s%s%s, in no watched folder: %lu", what->number,
			   names->n ? ": " : "", known ? known : "", hidden);
}

/* It is his whose plaintext it is. */
static int set_finding(struct registrar *r, const struct store_about *about, const char *evidence, const char *person)
{
	int result = findings_set(r,
				  &(struct findings_other){.code = FINDING_STORAGE,
							   .about = *about,
							   .evidence = evidence ? evidence : "",
							   .person = person,
							   .is_true = evidence != NULL},
				  NULL);

	return result < 0 ? result : 0; /* read-only: the next look says it */
}

int watch_say_aliases(struct registrar *r, const struct watch_taken *what)
{
	struct alias_names names = {.n = 0};
	OWN_MEM char *evidence = NULL, *path = text_format(WITNESS, (unsigned long long)what->intent);
	OWNED(record) struct record *record = NULL;

	TRY(store_seen_names(r->store, what->dev, what->ino, take_name, &names));
	r->watch->is_changed = true; /* those names are of files without a record now */
	TRY(watch_look_around(r));
	evidence = evidence_of(what, &names);
	if (!path || !evidence)
		return FAULT(ENOMEM, "evidence");
	TRY(store_record_load(r->store, what->number, &record));
	TRY(set_finding(r, &(struct store_about){.root = what->root, .path = path}, evidence,
			record ? record->drafter : NULL));
	loop_disarm(&r->watch->aliases);
	r->watch->aliases_ms = 0;
	return watch_look_at_aliases(r);
}

struct asking {
	struct registrar *r;
	size_t n;
};

static int ask(const struct store_finding *f, void *arg)
{
	struct asking *asking = arg;
	struct channel *sealer = role_peer(&asking->r->role, ROLE_SEALER, -1);
	unsigned long long intent;

	if (!f->path || sscanf(f->path, ".classd/%16llx.alias", &intent) != 1)
		return 0;
	asking->n++;
	return sealer ? CHANNEL_SEND(sealer, alias, -1, .intent = intent, .root = f->root) : 0;
}

static int on_time(struct loop_timer *timer)
{
	struct watch *watch = container_of(timer, struct watch, aliases);
	struct store_finding_filter open = {.state = "open", .code = FINDING_STORAGE, .limit = STORE_NO_LIMIT};
	struct asking asking = {.r = watch->r};
	int result = store_finding_list(watch->r->store, &open, ask, &asking);

	TRY(result);
	return asking.n ? watch_look_at_aliases(watch->r) : 0;
}

int watch_look_at_aliases(struct registrar *r)
{
	struct watch *watch = r->watch;

	watch->aliases_ms = watch->aliases_ms ? 2 * watch->aliases_ms : FIRST_MS;
	if (watch->aliases_ms > LONGEST_MS)
		watch->aliases_ms = LONGEST_MS;
	return loop_arm(&r->role.loop, &watch->aliases, watch->aliases_ms, on_time);
}

int watch_on_aliased(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_aliased *m = &any->aliased;
	OWN_MEM char *path = text_format(WITNESS, (unsigned long long)m->intent);
	bool are_gone = (m->outcome == SEAL_DONE && m->names == 0) || m->outcome == SEAL_GONE;

	(void)from;
	(void)fd;
	if (!path)
		return FAULT(ENOMEM, "path");
	return are_gone ? set_finding(r, &(struct store_about){.root = m->root, .path = path}, NULL, NULL) : 0;
}

/* Findings about names in folders: they are true as long as the name leads to such a file, and end with it. */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"

#include <stdio.h>

/* What a file without a record of its own can be: at most one of them at a time. */
static const enum finding_code strangers[] = {FINDING_PLAINTEXT_BESIDE, FINDING_STORAGE, FINDING_FOREIGN,
					      FINDING_OTHER_HAND};
static const enum finding_code others[] = {FINDING_UNREADABLE};

int watch_say(struct registrar *r, const struct store_seen *seen, enum finding_code code, const char *evidence)
{
	int result = findings_set(r,
				  &(struct findings_other){.code = code,
							   .about = {.root = seen->root, .path = seen->path},
							   .evidence = evidence ? evidence : "",
							   .is_true = evidence != NULL},
				  NULL);

	return result < 0 ? result : 0; /* read-only: the next look says it again */
}

int watch_say_stranger(struct registrar *r, const struct store_seen *seen, enum finding_code code, const char *evidence)
{
	for (size_t i = 0; i < array_n(strangers); i++)
		TRY(watch_say(r, seen, strangers[i], strangers[i] == code ? evidence : NULL));
	return 0;
}

int watch_unsay(struct registrar *r, uint32_t root, const char *path)
{
	const struct store_seen gone = {.root = root, .path = path};

	TRY(watch_say_stranger(r, &gone, FINDING_NONE, NULL));
	for (size_t i = 0; i < array_n(others); i++)
		TRY(watch_say(r, &gone, others[i], NULL));
	return 0;
}

/* ---- names that are empty for an instant ---- */

static uint64_t hash_of(uint32_t root, const char *path)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ root;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * UINT64_C(1099511628211);
	return hash;
}

void watch_note_gone(struct watch *watch, const struct store_seen *gone)
{
	struct watch_gone *one = &watch->gone[watch->next_gone++ % WATCH_GONE];

	*one = (struct watch_gone){.name = hash_of(gone->root, gone->path), .until_ms = loop_now_ms() + MISSING_MS};
	watch->gone_until_ms = one->until_ms;
	(void)snprintf(one->first_seen, sizeof(one->first_seen), "%s", gone->first_seen ? gone->first_seen : "");
	if (gone->number && !gone->ours)
		(void)snprintf(one->number, sizeof(one->number), "%s", gone->number);
}

void watch_set_first_seen(struct watch *watch, uint32_t root, const char *path, char first_seen[32])
{
	uint64_t now = loop_now_ms(), name = now > watch->gone_until_ms ? 0 : hash_of(root, path);

	for (size_t i = 0; name != 0 && i < WATCH_GONE; i++) {
		struct watch_gone *one = &watch->gone[i];

		if (one->name != name || one->until_ms < now)
			continue;
		one->is_back = true;
		watch->has_left = watch->has_left || one->number[0];
		if (one->first_seen[0])
			(void)snprintf(first_seen, 32, "%s", one->first_seen);
	}
}

/* From i on. */
static size_t find_left(const struct watch *watch, uint64_t name, size_t i)
{
	for (; i < WATCH_GONE; i++)
		if (watch->gone[i].name == name && watch->gone[i].is_back && watch->gone[i].number[0])
			break;
	return i;
}

bool watch_is_left(const struct watch *watch, uint32_t root, const char *path)
{
	return watch->has_left && find_left(watch, hash_of(root, path), 0) < WATCH_GONE;
}

void watch_take_left(struct watch *watch, uint32_t root, const char *path, char ret_number[STORE_NUMBER_MAX])
{
	uint64_t name = hash_of(root, path);

	ret_number[0] = '\0';
	for (size_t i = find_left(watch, name, 0); i < WATCH_GONE; i = find_left(watch, name, i + 1)) {
		(void)snprintf(ret_number, STORE_NUMBER_MAX, "%s", watch->gone[i].number);
		watch->gone[i].number[0] = '\0';
	}
	watch->has_left = false;
	for (size_t i = 0; i < WATCH_GONE; i++)
		watch->has_left = watch->has_left || (watch->gone[i].is_back && watch->gone[i].number[0]);
}

/* ---- after sealing ---- */

int watch_taken(struct registrar *r, const struct watch_taken *what)
{
	const struct store_seen file = {.root = what->root, .path = what->path, .dev = what->dev, .ino = what->ino};
	bool was_seen;

	TRY(registrar_batch(r));
	TRY(store_seen_take(r->store, &file, &was_seen));
	if (was_seen)
		TRY(findings_taken(r, what->number));
	return what->n_aliases ? watch_say_aliases(r, what) : 0;
}

int watch_left(struct registrar *r, uint32_t root, const char *path)
{
	return watch_follow(r, root, path);
}

/* ---- the kept copies ---- */

static int relink(const struct store_document *d, void *arg)
{
	return d->sealed ? jobs_relabel(arg, d->number) : 0; /* a new header is published with both its links */
}

int watch_keep_lost(struct registrar *r, const char *code, const char *detail)
{
	bool is_displaced = text_ends(code, "/keep-displaced");
	int result;

	if ((!is_displaced && !text_ends(code, "/leftover")) || !r->meta_key || !text_is_utf8(bytes_of_text(detail)))
		return 0;
	result = findings_set(r,
			      &(struct findings_other){.code = FINDING_KEPT_MISSING,
						       .about = {.subject = is_displaced ? "keep" : "leftover"},
						       .evidence = detail,
						       .is_true = true},
			      NULL);
	if (result == 0 && is_displaced)
		result = store_document_list(r->store, NULL, STORE_NO_LIMIT, relink, r);
	return result < 0 ? result : 0;
}

/* ---- after a scan: names that went while nobody looked ---- */

struct said {
	struct arena texts;
	uint32_t root;
	struct said_name {
		struct said_name *next;
		const char *path;
	} * first;
};

static int take_said(const struct store_finding *f, void *arg)
{
	struct said *said = arg;
	struct said_name *name;

	if (!f->path || f->root != said->root || watch_is_witness(f->path))
		return 0;
	name = arena_alloc(&said->texts, sizeof(*name));
	if (!name)
		return arena_check(&said->texts);
	name->path = arena_text(&said->texts, f->path);
	name->next = said->first;
	said->first = name;
	return 0;
}

static int unsay_gone(struct registrar *r, uint32_t root, const char *path)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	int result = look_seen(r->store, root, path, &a, &seen);

	TRY(result);
	return result == STORE_NOT_FOUND ? watch_unsay(r, root, path) : 0;
}

int watch_unsay_gone(struct registrar *r, uint32_t root)
{
	struct said said = {.root = root};
	struct store_finding_filter open = {.state = "open", .limit = STORE_NO_LIMIT};
	int result = store_finding_list(r->store, &open, take_said, &said);

	for (const struct said_name *name = said.first; name && result >= 0; name = name->next)
		result = unsay_gone(r, root, name->path);
	arena_done(&said.texts);
	return result < 0 ? result : 0;
}

#include "registrar/keys/rotate_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/keys/key_findings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IN_FLIGHT      32 /* so many that the sealer's groups fill … */
#define IN_FLIGHT_BUSY 1  /* … and this many while users wait for their own */
#define BATCH	       64
#define READY_MS       1000 /* something it needs is away: look again */
#define PASS_MS	       1000 /* before the next pass when one moved nothing, doubled up to … */
#define PASS_MAX_MS    600000

static int on_timer(struct loop_timer *timer);

int rotate_new(struct registrar *r)
{
	r->rotate = calloc(1, sizeof(*r->rotate));
	if (!r->rotate)
		return FAULT(ENOMEM, "rotation");
	r->rotate->r = r;
	return 0;
}

static void free_list(struct rekey **list)
{
	while (*list) {
		struct rekey *first = *list;

		*list = first->next;
		rekey_free(first);
	}
}

void rotate_free(struct registrar *r)
{
	struct rotate *t = r->rotate;

	if (!t)
		return;
	loop_disarm(&t->timer);
	free_list(&t->flying);
	free_list(&t->batch);
	rotate_lefts_done(&t->now);
	rotate_lefts_done(&t->last);
	free(t);
	r->rotate = NULL;
}

/* ---- what is asked of it ---- */

bool rotate_is_flying(const struct registrar *r)
{
	return r->rotate && r->rotate->n_flying > 0;
}

bool rotate_holds(const struct registrar *r, const char *number)
{
	for (const struct rekey *k = r->rotate ? r->rotate->flying : NULL; k; k = k->next)
		if (k->kind == SCAN_DOCUMENT && text_equal(k->number, number))
			return true;
	return false;
}

const struct rotate_open *rotate_open_find(const struct rotate *t, const char *level)
{
	for (size_t i = 0; i < t->n_open; i++)
		if (text_equal(t->open[i].level, level))
			return &t->open[i];
	return NULL;
}

bool rotate_moves(const struct registrar *r, const char *level)
{
	return rotate_open_find(r->rotate, level) != NULL;
}

/* ---- open rotations ---- */

/* The newest comes first; an older one of the level adds only that all is to be encrypted anew. */
static int take_open(const struct store_rotation *rotation, void *arg)
{
	struct rotate *t = arg;
	struct rotate_open *open = (struct rotate_open *)(uintptr_t)rotate_open_find(t, rotation->level);

	if (rotation->ended || (!open && t->n_open == ROTATE_OPEN_MAX))
		return 0;
	if (!open) {
		open = &t->open[t->n_open++];
		*open = (struct rotate_open){.id = rotation->id};
		(void)snprintf(open->level, sizeof(open->level), "%s", rotation->level);
		(void)snprintf(open->epoch, sizeof(open->epoch), "%s", rotation->epoch);
	}
	open->reencrypt = open->reencrypt || text_equal(rotation->mode, "reencrypt");
	return 0;
}

/* The level's new key is there, so files can move. Else the keeper is asked for it again: it may have been away. */
static int look_at_target(struct rotate *t, const struct rotate_open *open, bool *ret)
{
	const struct epoch *newest = epochs_newest(t->r, open->level);

	*ret = newest && strverscmp(newest->epoch, open->epoch) >= 0;
	return *ret || !role_peer(&t->r->role, ROLE_KEEPER, -1) ? 0 : epochs_make(t->r, open->level, open->epoch);
}

static bool is_old(const struct rotate *t, const struct epoch *epoch)
{
	return epoch && !epoch->is_newest && epoch->state != EPOCH_DESTROYED && rotate_open_find(t, epoch->level);
}

static bool is_ready(struct registrar *r)
{
	return r->meta_key && r->policy && registrar_may_work(r) && role_peer(&r->role, ROLE_KEEPER, -1) &&
	       role_peer(&r->role, ROLE_SEALER, -1);
}

static int arm(struct rotate *t, uint64_t ms)
{
	loop_disarm(&t->timer);
	return loop_arm(&t->r->role.loop, &t->timer, ms, on_timer);
}

static int begin_pass(struct rotate *t)
{
	bool all = true;

	t->n_open = 0;
	t->phase = ROTATE_IDLE;
	TRY(store_rotation_list(t->r->store, take_open, t));
	for (size_t i = 0; i < t->n_open; i++) {
		bool there;

		TRY(look_at_target(t, &t->open[i], &there));
		all = all && there;
	}
	if (t->n_open == 0)
		return rotate_unsay(t);
	if (!all)
		return arm(t, READY_MS);
	rotate_lefts_done(&t->now);
	t->n_moved = 0;
	t->epoch_at = 0;
	t->after[0] = '\0';
	t->phase = ROTATE_DOCUMENTS;
	return 0;
}

/* ---- which file is next ---- */

static int take_document(const struct store_document *d, void *arg)
{
	struct rotate *t = arg;
	OWNED(record) struct record *record = NULL;
	struct rekey *k, **end = &t->batch;

	TRY(store_record_load(t->r->store, d->number, &record));
	k = record ? calloc(1, sizeof(*k)) : NULL;
	if (!k)
		return record ? FAULT(ENOMEM, "rotation") : 0;
	*k = (struct rekey){
	    .r = t->r, .kind = SCAN_DOCUMENT, .root = d->root, .ino = d->ino, .path = text_copy(d->path)};
	(void)snprintf(k->keep, sizeof(k->keep), "%s", d->keep ? d->keep : "");
	(void)snprintf(k->number, sizeof(k->number), "%s", d->number);
	(void)snprintf(k->record, sizeof(k->record), "%s", record->id);
	(void)snprintf(k->key_id, sizeof(k->key_id), "%s", d->key_id);
	(void)snprintf(t->after, sizeof(t->after), "%s", d->number);
	while (*end)
		end = &(*end)->next;
	*end = k;
	return k->path ? 0 : FAULT(ENOMEM, "rotation");
}

static int read_batch(struct rotate *t)
{
	while (!t->batch && t->epoch_at < epochs_n(t->r)) {
		const struct epoch *epoch = epochs_at(t->r, t->epoch_at);

		if (is_old(t, epoch))
			TRY(store_document_of_key(t->r->store, epoch->key_id, t->after, BATCH, take_document, t));
		if (!t->batch) {
			t->epoch_at++;
			t->after[0] = '\0';
		}
	}
	return 0;
}

/* Documents were tried by the store's word; here is what the store does not know of. */
static struct rekey *next_file(struct rotate *t)
{
	const struct scan_result *scan = scan_last(t->r);

	while (t->file_at < scan->n_files) {
		const struct scan_file *file = &scan->files[t->file_at++];
		struct rekey *k;

		if (file->kind == SCAN_DOCUMENT || !is_old(t, epochs_by_key(t->r, file->args.key_id)))
			continue;
		k = calloc(1, sizeof(*k));
		if (!k)
			return NULL;
		*k = (struct rekey){.r = t->r,
				    .kind = file->kind,
				    .root = file->root,
				    .version = file->args.version,
				    .ino = file->ino,
				    .path = text_copy(file->path)};
		memcpy(k->number, file->number, sizeof(k->number));
		memcpy(k->record, file->args.record, sizeof(k->record));
		memcpy(k->key_id, file->args.key_id, sizeof(k->key_id));
		if (k->path)
			return k;
		rekey_free(k);
		return NULL;
	}
	return NULL;
}

static int next_one(struct rotate *t, struct rekey **ret)
{
	*ret = NULL;
	if (t->phase == ROTATE_FILES) {
		*ret = next_file(t);
		return 0;
	}
	TRY(read_batch(t));
	*ret = t->batch;
	if (t->batch)
		t->batch = t->batch->next;
	return 0;
}

/* Takes k. */
static int try_one(struct rotate *t, struct rekey *k)
{
	const struct epoch *epoch = epochs_by_key(t->r, k->key_id);
	const struct rotate_open *open = epoch ? rotate_open_find(t, epoch->level) : NULL;
	const char *why = NULL;
	int result;

	k->next = NULL;
	if (k->kind == SCAN_DOCUMENT && (jobs_has(t->r, k->number) || rotate_holds(t->r, k->number)))
		why = "Something else is being done to its document.";
	else if (epoch && epoch->state == EPOCH_RETIRED)
		why = "Its key is retired: classctl key retire --undo.";
	else if (!open)
		why = "Its key is not known here.";
	if (!why) {
		k->rotation = open->id;
		k->reencrypt = open->reencrypt;
		return rekey_start(t, k);
	}
	result = rotate_leave(t, k, why, false);
	rekey_free(k);
	return result;
}

/* ---- the end of a pass ---- */

struct ending {
	struct registrar *r;
	const char *level;
};

static int end_rotation(const struct store_rotation *rotation, void *arg)
{
	const struct ending *ending = arg;
	struct json *entry;
	int result;

	if (rotation->ended || !text_equal(rotation->level, ending->level))
		return 0;
	entry = registrar_entry("rotation", NULL, 0);
	json_set_text(entry, "what", "ended");
	json_set_int(entry, "rotation", (int64_t)rotation->id);
	json_set_text(entry, "level", rotation->level);
	json_set_text(entry, "epoch", rotation->epoch);
	json_set_int(entry, "files", rotation->files);
	result = registrar_change(ending->r, entry);
	return result < 0 ? result : 0;
}

static uint64_t files_left(const struct rotate *t, const struct scan_result *scan, const char *level)
{
	uint64_t n = 0;

	for (size_t i = 0; i < epochs_n(t->r); i++) {
		const struct epoch *epoch = epochs_at(t->r, i);

		if (is_old(t, epoch) && text_equal(epoch->level, level))
			n += scan_total(scan, epoch->key_id);
	}
	return n;
}

/* Every level without a file on an older key is through. What was being sealed when the scan began may not have been
 * seen: then there is another pass. */
static int end_levels(struct rotate *t, const struct scan_result *scan)
{
	bool is_sure = !scan->is_incomplete && jobs_flying_since(t->r) > scan->begun_at;

	for (size_t i = t->n_open; is_sure && i-- > 0;) {
		struct ending ending = {t->r, t->open[i].level};

		if (files_left(t, scan, ending.level) > 0)
			continue;
		TRY(store_rotation_list(t->r->store, end_rotation, &ending));
		t->open[i] = t->open[--t->n_open];
	}
	return 0;
}

static int end_pass(struct rotate *t)
{
	uint64_t ms = (uint64_t)PASS_MS << (t->tries < 10 ? t->tries : 10);
	bool goes_on = t->n_moved > 0 || scan_last(t->r)->n_learned > 0;

	if (!scan_last(t->r)->is_incomplete)
		TRY(rotate_unsay(t));
	rotate_lefts_done(&t->last);
	t->last = t->now;
	t->now = (struct rotate_lefts){0};
	t->phase = ROTATE_IDLE;
	t->tries = goes_on ? 0 : t->tries + 1;
	return arm(t, goes_on ? 0 : ms < PASS_MAX_MS ? ms : PASS_MAX_MS);
}

static int on_scanned(struct registrar *r, const struct scan_result *scan, void *arg)
{
	struct rotate *t = r->rotate;

	(void)arg;
	if (t->phase != ROTATE_SCANNING)
		return 0;
	if (!scan) {
		t->phase = ROTATE_IDLE;
		return arm(t, READY_MS);
	}
	TRY(end_levels(t, scan));
	TRY(key_findings_refresh(r));
	t->file_at = 0;
	t->phase = ROTATE_FILES;
	return arm(t, 0);
}

/* ---- turns ---- */

static size_t room(const struct rotate *t)
{
	size_t most = jobs_are_flying(t->r) ? IN_FLIGHT_BUSY : IN_FLIGHT;

	return t->n_flying < most ? most - t->n_flying : 0;
}

static int fill(struct rotate *t, bool *ret_more)
{
	*ret_more = true;
	for (size_t n = room(t); n > 0; n--) {
		struct rekey *k;

		TRY(next_one(t, &k));
		if (!k) {
			*ret_more = false;
			return 0;
		}
		TRY(try_one(t, k));
	}
	return 0;
}

static int go_on(struct rotate *t)
{
	bool more = true;

	if (t->phase == ROTATE_IDLE && t->n_flying == 0)
		TRY(begin_pass(t));
	if (t->phase == ROTATE_IDLE || t->phase == ROTATE_SCANNING)
		return 0;
	TRY(fill(t, &more));
	if (more)
		return t->n_flying > 0 ? 0 : arm(t, 0);
	if (t->n_flying > 0)
		return 0;
	if (t->phase == ROTATE_FILES)
		return end_pass(t);
	t->phase = ROTATE_SCANNING;
	return scan_start(t->r, on_scanned, NULL);
}

static int on_timer(struct loop_timer *timer)
{
	struct rotate *t = container_of(timer, struct rotate, timer);

	if (!t->is_begun)
		return 0;
	if (!is_ready(t->r))
		return t->flying || t->n_open > 0 ? arm(t, READY_MS) : 0;
	for (struct rekey *k = t->flying; k; k = k->next)
		if (k->sealer < 0)
			TRY(rekey_send(t, k));
	return go_on(t);
}

int rotate_landed(struct rotate *t, struct rekey *k)
{
	struct rekey **at = &t->flying;

	while (*at && *at != k)
		at = &(*at)->next;
	if (*at)
		*at = k->next;
	t->n_flying--;
	rekey_free(k);
	return t->timer.loop ? 0 : arm(t, 0);
}

int rotate_look(struct registrar *r)
{
	struct rotate *t = r->rotate;

	if (!t->is_begun)
		return 0;
	t->tries = 0;
	return arm(t, 0);
}

int rotate_lost_sealer(struct registrar *r, int index)
{
	for (struct rekey *k = r->rotate->flying; k; k = k->next)
		if (k->sealer == index)
			k->sealer = -1;
	return rotate_look(r);
}

static int reopen(const struct store_intent *intent, void *arg)
{
	struct rotate *t = arg;
	struct rekey *k = text_equal(intent->kind, ROTATE_INTENT) ? rekey_load(t->r, intent) : NULL;

	if (!k)
		return 0;
	k->next = t->flying;
	t->flying = k;
	t->n_flying++;
	return 0;
}

int rotate_begin(struct registrar *r)
{
	TRY(store_intent_list(r->store, NULL, reopen, r->rotate));
	r->rotate->is_begun = true;
	return rotate_look(r);
}

/* Who asked for a rescan is answered when it is over, however often watcher or scans begin anew meanwhile. */
#include "registrar/documents/watch_private.h"

#include "registrar/api/api.h"

#include <errno.h>

struct watch_waiting {
	struct watch_waiting *next;
	struct api_call *call;
	bool digests;
	uint64_t wanted[WATCH_ROOTS_MAX]; /* the scan that counts, root by root as in watch->roots */
};

static bool is_of_documents(const struct registrar *r, uint32_t id)
{
	const struct role_root *root = role_root_find(&r->role, id);

	return root && root->kind == ROOT_DOCUMENTS;
}

static bool is_scanned(const struct registrar *r, const struct watch_waiting *w)
{
	for (size_t i = 0; i < r->watch->n_roots; i++)
		if (r->watch->roots[i].ended < w->wanted[i])
			return false;
	return true;
}

static bool is_over(const struct registrar *r, const struct watch_waiting *w)
{
	const struct watch *watch = r->watch;

	return is_scanned(r, w) && (!w->digests || (watch->backlog < 0 && !watch->due && watch->n_asked == 0));
}

static int answer(struct registrar *r, struct api_call *call)
{
	struct json *reply = json_object();
	int64_t files = 0, folders = 0;

	for (size_t i = 0; i < r->watch->n_roots; i++)
		if (is_of_documents(r, r->watch->roots[i].id)) {
			files += (int64_t)r->watch->roots[i].files;
			folders += (int64_t)r->watch->roots[i].directories;
		}
	json_set_int(reply, "files", files);
	json_set_int(reply, "folders", folders);
	return api_reply(call, reply);
}

int watch_waiting_look(struct registrar *r)
{
	for (struct watch_waiting **at = &r->watch->waiting; *at;) {
		OWN_MEM struct watch_waiting *one = NULL;

		if (!is_over(r, *at)) {
			at = &(*at)->next;
			continue;
		}
		one = *at;
		*at = one->next;
		TRY(answer(r, one->call));
	}
	return 0;
}

void watch_waiting_free(struct watch *watch)
{
	while (watch->waiting) { /* their calls end with the connections */
		struct watch_waiting *one = watch->waiting;

		watch->waiting = one->next;
		free(one);
	}
}

int watch_answer_rescan(struct registrar *r, struct api_call *call, bool digests)
{
	struct watch_waiting *one = calloc(1, sizeof(*one));
	int result;

	if (!one)
		return FAULT(ENOMEM, "rescan");
	one->call = call;
	one->digests = digests;
	one->next = r->watch->waiting;
	r->watch->waiting = one;
	for (size_t i = 0; i < r->role.n_roots; i++) {
		const struct watch_root *root = watch_root_of(r->watch, r->role.roots[i].id);

		if (!root || r->role.roots[i].kind != ROOT_DOCUMENTS)
			continue;
		one->wanted[root - r->watch->roots] = root->begun + 1;
		TRY(registrar_batch(r));
		result = digests ? store_seen_anew(r->store, root->id) : 0;
		TRY(result); /* no space: what was marked is read */
		TRY(watch_rescan(r, root->id, false));
	}
	return watch_waiting_look(r);
}

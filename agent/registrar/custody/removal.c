/* From a confirmed destruction to a file that is gone. The row in the store is the intent: it stays until the sealer says so. */
#include "registrar/custody/destruction.h"

#include "base/text.h"
#include "registrar/store/look.h"
#include "registrar/store/store_custody.h"
#include "system/log.h"

#include <stdio.h>

static int write_done(struct registrar *r, const char *number, int64_t id, const char *note)
{
	struct json *entry = registrar_entry("destroyed", NULL, 0);
	int status;

	json_set_text(entry, "number", number);
	json_set_int(entry, "destruction", id);
	if (note)
		cell_set_of(entry, "note", r->meta_key, "note", number, note);
	status = registrar_change(r, entry);
	return status < 0 ? status : 0; /* not writable now: asked for again */
}

/* What is to be removed; nothing of it in the store any more is done. */
struct undone {
	int64_t id;
	char number[STORE_NUMBER_MAX];
};
#define UNDONE_MAX 64
struct undone_list {
	struct undone at[UNDONE_MAX];
	size_t n;
};

static int take_undone(const struct store_destruction *d, void *arg)
{
	struct undone_list *list = arg;

	list->at[list->n].id = d->id;
	(void)snprintf(list->at[list->n++].number, STORE_NUMBER_MAX, "%s", d->number);
	return 0;
}

static int remove_one(struct registrar *r, const struct undone *u, int sealer)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	OWN_MEM char *keep = NULL;
	struct frame_destroy m = {.intent = (uint64_t)u->id};
	int status = look_document(r->store, u->number, &a, &d);

	TRY(status);
	if (status)
		return write_done(r, u->number, u->id, NULL);
	keep = d.keep ? text_copy(d.keep) : text_format("%s.1.age", u->number);
	m.root = d.root;
	m.path = d.path;
	m.ino = d.ino;
	m.keep = keep;
	m.versions = d.content ? d.content : 1;
	return keep ? registrar_send(r, ROLE_SEALER, sealer, &frame_type_destroy, &m, -1) : 0;
}

int custody_remove_destroyed(struct registrar *r)
{
	struct store_destruction_filter filter = {.undone = true, .limit = UNDONE_MAX};
	struct undone_list list = {.n = UNDONE_MAX};
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, -1);
	int status;

	if (!r->store || !r->meta_key || !registrar_may_work(r) || !sealer)
		return 0;
	while (list.n == UNDONE_MAX) { /* those that cannot go yet keep no other from it */
		list.n = 0;
		status = store_destruction_list(r->store, &filter, take_undone, &list);
		TRY(status);
		for (size_t i = 0; i < list.n; i++)
			TRY(remove_one(r, &list.at[i], sealer->peer_index));
		if (list.n)
			filter.after = list.at[list.n - 1].id;
	}
	return 0;
}

static int find(const struct store_destruction *d, void *arg)
{
	struct undone *u = arg;

	if (d->id == u->id)
		(void)snprintf(u->number, sizeof(u->number), "%s", d->number);
	return 0;
}

int custody_on_destroyed(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_destroyed *m = &any->destroyed;
	const struct store_destruction_filter filter = {.undone = true, .after = (int64_t)m->intent - 1, .limit = 1};
	struct undone u = {.id = (int64_t)m->intent};
	OWN_MEM char *note = text_format("%llu", (unsigned long long)m->names);
	int status = store_destruction_list(r->store, &filter, find, &u);

	(void)from;
	(void)fd;
	TRY(status);
	if (!u.number[0])
		return 0; /* done already, or none of ours */
	if (m->outcome != SEAL_DONE) {
		log_say(LOG_WARNING, "the destroyed document of %s is still there: %s", u.number, m->detail);
		return 0; /* the next sweep tells again */
	}
	return write_done(r, u.number, u.id, note);
}

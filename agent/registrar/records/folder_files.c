#include "registrar/records/folder_files.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

#define LOOK ((size_t)2000) /* rows that are collected in one turn */

void folder_files_done(struct folder_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->at[i].path);
	free(f->at);
	free(f->below);
}

static int collect(const struct store_seen *seen, void *arg)
{
	struct folder_files *f = arg;
	char *path;

	f->after = seen->id;
	f->looked++;
	if (seen->ours || seen->kind != SEEN_REGULAR)
		return 0;
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 256;
		struct folder_file *grown = reallocarray(f->at, room, sizeof(*grown));

		if (!grown)
			return FAULT(ENOMEM, "list of %zu files", room);
		f->at = grown;
		f->room = room;
	}
	path = text_copy(seen->path);
	if (!path)
		return FAULT(ENOMEM, "list of files");
	f->at[f->n++] = (struct folder_file){seen->dev, seen->ino, path};
	return 0;
}

int folder_files_collect(struct case_of *c, struct folder_files *f)
{
	struct store_seen_filter filter = {.root = f->root,
					   .below = f->below,
					   .uid = (uint32_t)api_uid(c->call),
					   .by_uid = !f->everybody,
					   .after = f->after,
					   .limit = (int64_t)LOOK};

	f->looked = 0;
	TRY(store_seen_list(c->r->store, &filter, collect, f));
	f->is_collected = f->looked < LOOK;
	if (f->is_collected && f->n == 0)
		return case_refuse(c, API_NOT_FOUND, "no-files", "classctl status shows what is seen",
				   "no file of yours was seen below that folder");
	return 0;
}

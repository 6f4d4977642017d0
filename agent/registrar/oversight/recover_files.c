/* What was found, in the order in which it is rebuilt: record by record, each from its oldest version to its newest. */
#include "registrar/oversight/recover_private.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct recovery *rec, size_t n)
{
	size_t room = rec->room ? 2 * rec->room : 64;
	struct recover_file *more;

	if (rec->n_files + n <= rec->room)
		return true;
	room = room < rec->n_files + n ? rec->n_files + n : room;
	more = reallocarray(rec->files, room, sizeof(*more));
	if (!more)
		return false;
	rec->files = more;
	rec->room = room;
	return true;
}

bool recover_add_file(struct recovery *rec, const struct frame_found *found)
{
	static const char keep[] = RECOVER_KEEP "/";
	struct recover_file *file;

	if (!make_room(rec, 1))
		return false;
	file = &rec->files[rec->n_files];
	*file = (struct recover_file){.path = arena_text(&rec->texts, found->path),
				      .is_kept_only = rec->is_listing_kept,
				      .dev = found->dev,
				      .ino = found->ino};
	file->is_ours = recover_read_args(found->args, &file->args);
	if (!file->is_ours)
		file->args = (struct recover_args){0};
	if (file->is_kept_only && file->path && text_starts(file->path, keep))
		file->keep = file->path + sizeof(keep) - 1;
	rec->n_files += file->path != NULL;
	return file->path != NULL;
}

/* Of several files of one version the last one counts: a name in the folder, and best one with a kept link. */
static int weight(const struct recover_file *file)
{
	return file->is_kept_only ? 0 : file->keep ? 2 : 1;
}

static int by_record(const void *left, const void *right)
{
	const struct recover_file *a = left, *b = right;
	int order = strcmp(a->args.record, b->args.record);

	if (order == 0 && a->args.version != b->args.version)
		order = a->args.version < b->args.version ? -1 : 1;
	if (order == 0)
		order = weight(a) - weight(b);
	return order ? order : strcmp(a->path, b->path);
}

static int by_inode(const void *left, const void *right)
{
	const struct recover_file *a = left, *b = right;

	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	if (a->ino != b->ino)
		return a->ino < b->ino ? -1 : 1;
	return (int)a->is_kept_only - (int)b->is_kept_only;
}

/* The name in the folder learns its kept name, and the kept one goes. Two names in folders stay two. */
static void join_links(struct recovery *rec)
{
	size_t n = 0;

	for (size_t i = 0; i < rec->n_files; i++) {
		struct recover_file *file = &rec->files[i];
		struct recover_file *before = n > 0 ? &rec->files[n - 1] : NULL;

		if (before && file->is_kept_only && before->dev == file->dev && before->ino == file->ino)
			before->keep = file->keep;
		else
			rec->files[n++] = *file;
	}
	rec->n_files = n;
}

static bool is_in_folder(const struct recovery *rec, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		if (!rec->files[i].is_kept_only)
			return true;
	return rec->folder[0] == '\0'; /* the whole root: all that is kept in it */
}

static size_t end_of_record(const struct recovery *rec, size_t from)
{
	size_t end = from + 1;

	while (end < rec->n_files && strcmp(rec->files[end].args.record, rec->files[from].args.record) == 0)
		end++;
	return end;
}

bool recover_is_copy(const struct recovery *rec, size_t i)
{
	const struct recover_file *file = &rec->files[i], *next = file + 1;

	return i + 1 < rec->n_files && file->is_ours && !file->is_kept_only &&
	       next->args.version == file->args.version && strcmp(next->args.record, file->args.record) == 0;
}

bool recover_is_newest(const struct recovery *rec, size_t i)
{
	return i + 1 == rec->n_files || strcmp(rec->files[i + 1].args.record, rec->files[i].args.record) != 0;
}

bool recover_defer(struct recovery *rec)
{
	size_t end = rec->at;

	while (!recover_is_newest(rec, end))
		end++;
	end++;
	if (!make_room(rec, end - rec->at))
		return false;
	while (rec->at < end) {
		rec->files[rec->n_files] = rec->files[rec->at++];
		rec->files[rec->n_files++].is_deferred = true;
	}
	return true;
}

/* From a backup that broke links: the kept file of the same version is the kept one of the name in the folder. */
static void adopt_kept(struct recovery *rec)
{
	for (size_t i = 0; i + 1 < rec->n_files; i++) {
		const struct recover_file *file = &rec->files[i];
		struct recover_file *next = &rec->files[i + 1];

		if (file->is_kept_only && !next->keep && next->args.version == file->args.version &&
		    !recover_is_newest(rec, i))
			next->keep = file->keep;
	}
}

void recover_sort(struct recovery *rec)
{
	size_t n = 0;

	if (rec->n_files == 0)
		return;
	qsort(rec->files, rec->n_files, sizeof(*rec->files), by_inode);
	join_links(rec);
	qsort(rec->files, rec->n_files, sizeof(*rec->files), by_record);
	for (size_t from = 0, end; from < rec->n_files; from = end) {
		bool is_ours = rec->files[from].is_ours,
		     stays = is_in_folder(rec, from, end = end_of_record(rec, from));

		for (size_t i = from; i < end; i++)
			if (is_ours ? stays : !rec->files[i].is_kept_only || rec->folder[0] == '\0')
				rec->files[n++] = rec->files[i];
	}
	rec->n_files = n;
	adopt_kept(rec);
}

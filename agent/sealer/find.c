/* Bringing a kept file back to its name, and listing what is sealed beneath a folder: both without any key. */
#include "sealer/job.h"

#include "base/text.h"
#include "system/safe_open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A kept file that is cut or overwritten must not come back as if it were whole. */
int find_kept(struct sealer *s, struct job *j)
{
	struct sealed_source kept = {.fd = -1};
	int r = safe_name(j->keep) ? 0 : SAFE_OPEN_REFUSED;

	if (r == 0)
		r = safe_open_regular(s->files, j->target_root->keep, j->keep, O_RDONLY, &kept.fd, &kept.stat);
	if (r != 0)
		return job_fail_open(j, r, "the kept file");
	r = source_parse(s->files, kept.fd, &kept.stat, &kept);
	j->published = kept.stat;
	if (r == 0)
		memcpy(j->header_mac, kept.envelope.header.mac, sizeof(j->header_mac));
	envelope_done(&kept.envelope);
	buffer_done(&kept.start);
	(void)s->files->close(s->files, kept.fd); /* only read */
	if (r < 0)
		return job_fail_read(j, r, "the kept file");
	return r > 0 ? job_fail_envelope(j, r) : 0;
}

static int link_back(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	struct stat there;
	int r = f->link(f, j->root->keep, j->keep, j->target_dir, j->target_name);

	if (r == -EEXIST) {
		r = f->stat_at(f, j->target_dir, j->target_name, &there);
		if (r == 0 && there.st_ino != j->published.st_ino)
			return job_fail(j, SEAL_NAME_TAKEN, "%s is another file", j->target);
	}
	if (r == 0) {
		s->flushes++;
		r = f->sync(f, j->target_dir);
	}
	if (r != 0)
		return job_fail_io(j, r, "bringing it back");
	j->step = job_answer;
	return STEP_AGAIN;
}

int restore_begin(struct sealer *s, struct job *j)
{
	int r = place_check(s, j, j->root);

	if (r == 0)
		r = find_kept(s, j);
	if (r != 0)
		return r;
	r = safe_open_parent(s->files, j->root->fd, j->target, &j->target_dir, &j->target_name);
	if (r != 0)
		return job_fail_open(j, r, j->target);
	return link_back(s, j);
}

/* Directories still to be read, as paths beneath the root, one behind the other; and the one that is being read. */
struct listing {
	struct buffer paths; /* NUL-ended */
	size_t at;
	char *path;
	int dir;
};

void list_free(struct sealer *s, struct listing *listing)
{
	if (!listing)
		return;
	if (listing->dir >= 0)
		(void)s->files->close(s->files, listing->dir); /* only read */
	buffer_done(&listing->paths);
	free(listing->path);
	free(listing);
}

static char *path_in(const struct listing *l, const char *name)
{
	return l->path[0] ? text_format("%s/%s", l->path, name) : text_copy(name);
}

/* What is none of ours, or does not read, is told too, without arguments: recovery names it. */
static int tell_found(struct sealer *s, struct job *j, const char *path, const struct sealed_source *file)
{
	const struct label_args *a = &file->envelope.args;
	OWN_BUFFER struct buffer args = {0};
	struct frame_found m = {.intent = j->intent,
				.path = path,
				.args = "",
				.dev = file->stat.st_dev,
				.ino = file->stat.st_ino,
				.size = (uint64_t)file->stat.st_size,
				.nlink = (uint32_t)file->stat.st_nlink};

	if (a->record[0]) {
		buffer_add_format(&args, "%s %llu %s %s %s", a->record, (unsigned long long)a->version, a->level,
				  a->policy, a->key_id);
		buffer_u8(&args, 0);
		TRY(buffer_check(&args));
		m.args = (char *)args.at;
	}
	j->files_found++;
	return s->ports.to_registrar(s->ports.context, &frame_type_found, &m, -1);
}

static int look_at_file(struct sealer *s, struct job *j, const char *name)
{
	struct sealed_source file = {.fd = -1};
	OWN_MEM char *path = path_in(j->listing, name);
	int r;

	if (!path)
		return FAULT(ENOMEM, "path");
	if (safe_open_regular(s->files, j->root->fd, path, O_RDONLY | O_NOATIME, &file.fd, &file.stat) != 0)
		return 0; /* gone meanwhile, or nothing of ours */
	if (source_parse(s->files, file.fd, &file.stat, &file) != 0)
		file.envelope.args.record[0] = 0;
	r = tell_found(s, j, path, &file);
	envelope_done(&file.envelope);
	buffer_done(&file.start);
	(void)s->files->close(s->files, file.fd); /* only read */
	return r;
}

static int look_at(struct sealer *s, struct job *j, const char *name, unsigned char type)
{
	struct listing *l = j->listing;
	struct stat stat;

	if (text_equal(name, ".") || text_equal(name, "..") || text_equal(name, ".classd"))
		return 0;
	if (type == DT_UNKNOWN && s->files->stat_at(s->files, l->dir, name, &stat) == 0)
		type = S_ISDIR(stat.st_mode) ? DT_DIR : S_ISREG(stat.st_mode) ? DT_REG : DT_UNKNOWN;
	if (type == DT_DIR) {
		OWN_MEM char *path = path_in(l, name);

		if (!path)
			return FAULT(ENOMEM, "path");
		buffer_add(&l->paths, path, strlen(path) + 1);
		return buffer_check(&l->paths);
	}
	/* In .classd every file is a sealed one, whatever an unfinished job has called it. */
	return type == DT_REG && (text_ends(name, ".age") || text_starts(l->path, ".classd")) ? look_at_file(s, j, name)
											      : 0;
}

/* Opens the next directory that can be opened: 0, or 1 when there is none. */
static int next_directory(struct sealer *s, struct job *j)
{
	struct listing *l = j->listing;

	while (l->dir < 0 && l->at < l->paths.n) {
		free(l->path);
		l->path = text_copy((char *)l->paths.at + l->at);
		if (!l->path)
			return FAULT(ENOMEM, "path");
		l->at += strlen(l->path) + 1;
		if (safe_open_directory(s->files, j->root->fd, l->path, &l->dir) > SAFE_OPEN_GONE)
			(void)job_fail(j, SEAL_DONE, "some folders could not be read");
	}
	j->step = l->dir < 0 ? job_answer : j->step;
	return l->dir < 0;
}

static int list_some(struct sealer *s, struct job *j)
{
	struct listing *l = j->listing;
	_Alignas(struct dirent64) uint8_t raw[16384];
	ssize_t n;
	int r;

	if (s->ports.is_crowded(s->ports.context)) {
		job_move(j, &s->for_room);
		return STEP_WAIT;
	}
	r = next_directory(s, j);
	if (r != 0)
		return r < 0 ? r : STEP_AGAIN;
	j->step = list_some;
	n = s->files->entries(s->files, l->dir, raw, sizeof(raw));
	for (ssize_t at = 0; at < n;) {
		const struct dirent64 *entry = (const void *)(raw + at);

		TRY(look_at(s, j, entry->d_name, entry->d_type));
		at += entry->d_reclen;
	}
	if (n <= 0) {
		(void)s->files->close(s->files, l->dir); /* only read */
		l->dir = -1;
	}
	return STEP_AGAIN;
}

int list_begin(struct sealer *s, struct job *j)
{
	struct listing *l = calloc(1, sizeof(*l));

	(void)s;
	if (!l)
		return FAULT(ENOMEM, "listing");
	l->dir = -1;
	j->listing = l;
	buffer_add(&l->paths, j->path, strlen(j->path) + 1);
	TRY(buffer_check(&l->paths));
	j->step = list_some;
	return STEP_AGAIN;
}

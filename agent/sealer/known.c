/*
 * Files that this process has held against their label from the first byte to the last, when it made them or when it
 * read them. As long as nothing was written to such a file since, its content need not be hashed again before it
 * leaves; its chunks are verified each time all the same. Who could deceive this memory writes to the disk behind the
 * file system, and holds the file's key: then it is the reader's digest that tells (adr/0013).
 */
#include "sealer/job.h"

#include <string.h>

static bool is_same_moment(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_it(const struct known_file *known, const struct stat *stat, const uint8_t mac[32])
{
	return known->ino == stat->st_ino && known->dev == stat->st_dev && known->size == stat->st_size &&
	       is_same_moment(&known->changed, &stat->st_ctim) && is_same_moment(&known->written, &stat->st_mtim) &&
	       memcmp(known->header_mac, mac, sizeof(known->header_mac)) == 0;
}

bool known_has(const struct sealer *s, const struct stat *stat, const uint8_t mac[32])
{
	for (size_t i = 0; i < SEALER_KNOWN; i++)
		if (is_it(&s->known[i], stat, mac))
			return true;
	return false;
}

void known_add(struct sealer *s, const struct job *j, int fd, const struct stat *before)
{
	struct stat now;

	if (s->files->stat(s->files, fd, &now) != 0 || known_has(s, &now, j->header_mac))
		return;
	if (before && !(is_same_moment(&before->st_ctim, &now.st_ctim) && before->st_size == now.st_size))
		return; /* written while it was read */
	s->known[s->next_known] = (struct known_file){
	    .dev = now.st_dev, .ino = now.st_ino, .size = now.st_size, .changed = now.st_ctim, .written = now.st_mtim};
	memcpy(s->known[s->next_known].header_mac, j->header_mac, sizeof(j->header_mac));
	s->next_known = (s->next_known + 1) % SEALER_KNOWN;
}

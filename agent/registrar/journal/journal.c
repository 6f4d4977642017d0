#include "registrar/journal/journal_private.h"

#include "base/text.h"
#include "library/chain.h"
#include "library/crypto.h"
#include "registrar/journal/torn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* ---- opening ---- */

/* Offset after the last newline before `end`; 0: none. */
static int find_line_end(struct journal *j, uint64_t end, uint64_t *ret)
{
	OWN_MEM uint8_t *block = malloc(JOURNAL_BLOCK);

	if (!block)
		return FAULT(ENOMEM, "journal");
	while (end > 0) {
		size_t n = end < JOURNAL_BLOCK ? (size_t)end : JOURNAL_BLOCK;
		int result = files_pread_all(j->files, j->fd, block, n, end - n);
		const uint8_t *newline;

		if (result < 0)
			return FAULT(-result, "reading the journal");
		newline = memrchr(block, '\n', n);
		if (newline) {
			*ret = end - n + (uint64_t)(newline - block) + 1;
			return 0;
		}
		end -= n;
	}
	*ret = 0;
	return 0;
}

/* The last write may have reached the disk in part: all behind its first hole was told to nobody. */
static int find_hole(struct journal *j, int folder, uint64_t size, uint64_t *ret_end)
{
	uint64_t start = size > JOURNAL_BATCH ? size - JOURNAL_BATCH : 0;
	OWN_BUFFER struct buffer b = {0};
	struct bytes tail = {buffer_reserve(&b, (size_t)(size - start) + 1), (size_t)(size - start)};
	size_t hole;
	int result = tail.at ? files_pread_all(j->files, j->fd, b.at, tail.n, start) : -ENOMEM;

	if (result < 0)
		return FAULT(-result, "reading the journal");
	if (!torn_hole(tail, start, &hole))
		return 0;
	TRY(find_line_end(j, start + hole, ret_end));
	if (*ret_end < start)
		return 0; /* an entry is shorter than that */
	result =
	    torn_keep(j->files, folder, bytes_of(tail.at + (*ret_end - start), (size_t)(size - *ret_end)), *ret_end);
	if (result == 0)
		return 0;
	*ret_end = size;
	(void)FAULT(-result, "keeping what a power cut left of the last entries"); /* so they stay, and are shown */
	return 0;
}

/* A crash cut the last write short: nobody was told of those entries. */
static int cut_torn_tail(struct journal *j, int folder, uint64_t size)
{
	uint64_t hole = size;
	int result;

	TRY(find_hole(j, folder, size, &hole));
	TRY(find_line_end(j, hole, &j->end));
	if (j->end == size)
		return 0;
	j->torn = size - j->end;
	result = j->files->truncate(j->files, j->fd, j->end); /* synced with the rest at opening */
	return result < 0 ? FAULT(-result, "cutting off an incomplete entry") : 0;
}

static void remember(struct journal *j, struct json_view entry)
{
	const char *time = json_get_text(entry, "t"), *boot = json_get_text(entry, "boot");

	(void)snprintf(j->time, sizeof(j->time), "%s", time ? time : "");
	(void)snprintf(j->boot, sizeof(j->boot), "%s", boot ? boot : "");
	j->mono_ms = (uint64_t)json_get_int(entry, "mono", 0);
}

static int read_last(struct journal *j)
{
	OWNED(json) struct json *entry = NULL;
	OWN_BUFFER struct buffer b = {0};
	struct bytes line;
	uint64_t start;
	uint8_t *room;
	int result;

	if (j->end == 0)
		return 0;
	TRY(find_line_end(j, j->end - 1, &start));
	if (j->end - start > JOURNAL_LINE_MAX)
		return JOURNAL_DAMAGED;
	room = buffer_reserve(&b, (size_t)(j->end - start));
	if (!room)
		return FAULT(ENOMEM, "journal");
	result = files_pread_all(j->files, j->fd, room, (size_t)(j->end - start), start);
	if (result < 0)
		return FAULT(-result, "reading the journal");
	line = bytes_of(room, (size_t)(j->end - start) - 1);
	if (json_parse(line, &entry) || json_get_int(json_look(entry), "seq", 0) <= 0)
		return JOURNAL_DAMAGED;
	j->newest.seq = (uint64_t)json_get_int(json_look(entry), "seq", 0);
	chain_hash(line, j->newest.hash);
	j->durable = j->newest;
	remember(j, json_look(entry));
	return 0;
}

static int sync_names(const struct files *files, int dir)
{
	struct open_how here = {.flags = O_DIRECTORY | O_RDONLY};
	int fd = files->open(files, dir, ".", &here), result; /* dir may be a mere place */

	if (fd < 0)
		return fd;
	result = files->sync(files, fd);
	(void)files->close(files, fd); /* only synced */
	return result;
}

/* Both names are durable before the first entry is: a folder's own name is not synced with what is in it. */
static int open_file(const struct files *files, int dir, int *ret_folder, int *ret)
{
	struct open_how below = {.flags = O_DIRECTORY | O_RDONLY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	struct open_how entries = {
	    .flags = O_RDWR | O_CREAT | O_NOFOLLOW, .mode = 0600, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	int result = files->make_dir(files, dir, "journal", 0700), fd;

	if (result < 0 && result != -EEXIST)
		return FAULT(-result, "journal");
	*ret_folder = files->open(files, dir, "journal", &below);
	if (*ret_folder < 0)
		return FAULT(-*ret_folder, "journal");
	fd = files->open(files, *ret_folder, "entries", &entries);
	if (fd < 0)
		return FAULT(-fd, "journal/entries");
	*ret = fd;
	result = files->sync(files, *ret_folder);
	if (result == 0)
		result = sync_names(files, dir);
	return result < 0 ? FAULT(-result, "journal") : 0;
}

int journal_open(const struct files *files, int dir, struct journal **ret)
{
	OWNED(journal) struct journal *j = calloc(1, sizeof(*j));
	OWN_FD int folder = -1;
	struct stat st;
	int result;

	if (!j)
		return FAULT(ENOMEM, "journal");
	*j = (struct journal){
	    .files = files, .fd = -1, .newest = chain_start, .durable = chain_start, .before = chain_start};
	TRY(digest_new(&j->digest));
	TRY(open_file(files, dir, &folder, &j->fd));
	result = files->stat(files, j->fd, &st);
	if (result < 0)
		return FAULT(-result, "journal/entries");
	TRY(cut_torn_tail(j, folder, (uint64_t)st.st_size));
	/* A cut is durable before anything is written behind it; and a registrar may have been killed between write and
	 * sync: what is read from here on counts as durable. */
	result = files->sync_data(files, j->fd);
	if (result < 0)
		return FAULT(-result, "journal/entries");
	result = read_last(j);
	if (result < 0)
		return result;
	j->is_damaged = result == JOURNAL_DAMAGED;
	*ret = steal(&j);
	return result;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		(void)j->files->close(j->files, j->fd); /* what counts was synced */
	buffer_done(&j->pending);
	digest_free(j->digest);
	free(j);
}

/* ---- appending ---- */

/* As chain_hash(), at a fifth of the price. */
static int hash_line(struct journal *j, struct bytes line, char ret[CHAIN_HASH_TEXT])
{
	uint8_t hash[SHA256_BYTES];

	TRY(digest_start(j->digest));
	TRY(digest_add(j->digest, line));
	TRY(digest_end(j->digest, hash));
	text_hex(hash, sizeof(hash), ret);
	return 0;
}

int journal_append(struct journal *j, struct json *entry, const struct journal_stamp *stamp, struct json **ret)
{
	OWNED(json) struct json *owned = entry;
	OWN_MEM char *line = NULL;
	size_t n;

	if (j->is_damaged)
		return JOURNAL_DAMAGED;
	json_set_text(owned, "boot", stamp->boot);
	json_set_int(owned, "mono", (int64_t)stamp->mono_ms);
	json_set_text(owned, "prev", j->newest.hash);
	json_set_int(owned, "seq", (int64_t)(j->newest.seq + 1));
	json_set_text(owned, "t", stamp->time);
	line = json_text(owned);
	n = line ? strlen(line) : 0;
	if (n == 0 || n + 1 > JOURNAL_LINE_MAX)
		return JOURNAL_TOO_LONG;
	j->before = j->newest;
	j->pending_before = j->pending.n;
	buffer_add(&j->pending, line, n);
	buffer_u8(&j->pending, '\n');
	TRY(buffer_check(&j->pending));
	TRY(hash_line(j, bytes_of(line, n), j->newest.hash));
	j->newest.seq++;
	remember(j, json_look(owned));
	*ret = steal(&owned);
	return 0;
}

void journal_take_back(struct journal *j)
{
	j->newest = j->before;
	j->pending.n = j->pending_before;
}

void journal_forget(struct journal *j)
{
	buffer_clear(&j->pending);
	j->newest = j->durable;
}

/* Space is taken before it is needed, so that a full disk is found while the entry can still be refused. */
static int reserve(struct journal *j)
{
	uint64_t need = j->end + j->pending.n, want = need + JOURNAL_RESERVE;
	int result;

	if (need + JOURNAL_RESERVE / 2 <= j->reserved)
		return 0;
	result = j->files->reserve_beyond(j->files, j->fd, want);
	if (result == -EOPNOTSUPP) /* then writing finds it */
		result = 0;
	if (result == 0)
		j->reserved = want;
	return result;
}

/* What was written of it must not come back as an entry at the next start. */
static int cut_leftover(struct journal *j)
{
	int result;

	if (!j->has_leftover)
		return 0;
	result = j->files->truncate(j->files, j->fd, j->end);
	if (result == 0)
		result = j->files->sync(j->files, j->fd);
	j->has_leftover = result != 0;
	return result;
}

/* Whole lines that are written and synced in one go: what a power cut may tear is no longer than JOURNAL_BATCH. */
static size_t batch_length(struct bytes pending)
{
	const uint8_t *end;

	if (pending.n <= JOURNAL_BATCH)
		return pending.n;
	end = memrchr(pending.at, '\n', JOURNAL_BATCH);
	return end ? (size_t)(end - pending.at) + 1 : pending.n;
}

static int write_pending(struct journal *j)
{
	int result = 0;

	for (size_t at = 0, n; result == 0 && at < j->pending.n; at += n) {
		n = batch_length(bytes_of(j->pending.at + at, j->pending.n - at));
		result = files_pwrite_all(j->files, j->fd, j->pending.at + at, n, j->end + at);
		if (result == 0)
			result = j->files->sync_data(j->files, j->fd);
	}
	return result;
}

int journal_sync(struct journal *j)
{
	int result;

	if (j->pending.n == 0)
		return 0;
	result = cut_leftover(j);
	if (result == 0)
		result = reserve(j);
	if (result == 0) {
		j->has_leftover = true; /* until it is whole */
		result = write_pending(j);
	}
	if (result == 0) {
		j->has_leftover = false;
		j->end += j->pending.n;
		j->durable = j->newest;
		buffer_clear(&j->pending);
		return 0;
	}
	(void)FAULT(-result, "the journal cannot be written"); /* said once; for the caller it is an outcome */
	journal_forget(j);
	j->reserved = 0;
	(void)cut_leftover(j); /* else before the next entry is written */
	return JOURNAL_FULL;
}

/* ---- what it knows ---- */

uint64_t journal_size(const struct journal *j)
{
	return j->newest.seq;
}

uint64_t journal_durable(const struct journal *j)
{
	return j->durable.seq;
}

void journal_last(const struct journal *j, char ret[CHAIN_HASH_TEXT])
{
	memcpy(ret, j->newest.hash, CHAIN_HASH_TEXT);
}

uint64_t journal_torn(const struct journal *j)
{
	return j->torn;
}

uint64_t journal_bytes(const struct journal *j)
{
	return j->end;
}

int journal_read_bytes(struct journal *j, uint64_t at, uint8_t *ret, size_t n)
{
	int result = at + n <= j->end ? files_pread_all(j->files, j->fd, ret, n, at) : -ENODATA;

	return result < 0 ? FAULT(-result, "reading the journal") : 0;
}

void journal_durable_hash(const struct journal *j, char ret[CHAIN_HASH_TEXT])
{
	memcpy(ret, j->durable.hash, CHAIN_HASH_TEXT);
}

const char *journal_last_time(const struct journal *j)
{
	return j->time;
}

const char *journal_last_boot(const struct journal *j)
{
	return j->boot;
}

uint64_t journal_last_mono(const struct journal *j)
{
	return j->mono_ms;
}

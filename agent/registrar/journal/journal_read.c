/* Reading entries: as they are asked for, for a check of all of them, or a part in each turn of the loop. */
#include "registrar/journal/journal_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Walks lines from the first on. */
struct scan {
	struct journal *j;
	uint64_t offset; /* of the first byte not yet in held */
	struct buffer held;
	size_t at; /* of the next line in held */
};

/* 0 and a line without its newline; JOURNAL_STOP at the end; JOURNAL_DAMAGED when a line is too long. */
static int scan_line(struct scan *s, struct bytes *ret)
{
	for (;;) {
		size_t left = s->held.n - s->at, want;
		const uint8_t *start = s->held.at + s->at;
		const uint8_t *end = left > 0 ? memchr(start, '\n', left) : NULL;
		uint8_t *room;
		int result;

		if (end) {
			*ret = bytes_of(start, (size_t)(end - start));
			s->at += ret->n + 1;
			return 0;
		}
		if (left > JOURNAL_LINE_MAX)
			return JOURNAL_DAMAGED;
		if (s->offset >= s->j->end)
			return left > 0 ? JOURNAL_DAMAGED : JOURNAL_STOP;
		want = s->j->end - s->offset < JOURNAL_BLOCK ? (size_t)(s->j->end - s->offset) : JOURNAL_BLOCK;
		buffer_drop_front(&s->held, s->at);
		s->at = 0;
		room = buffer_reserve(&s->held, want);
		if (!room)
			return FAULT(ENOMEM, "journal");
		result = files_pread_all(s->j->files, s->j->fd, room, want, s->offset);
		if (result < 0)
			return FAULT(-result, "reading the journal");
		s->held.n += want;
		s->offset += want;
	}
}

int journal_read(struct journal *j, uint64_t after, journal_entry_fn entry, void *arg)
{
	struct scan s = {.j = j};
	struct chain tip = chain_start;
	struct bytes line;
	int result, stop = 0;

	while (stop == 0 && (result = scan_line(&s, &line)) == 0) {
		OWNED(json) struct json *parsed = NULL;

		if (tip.seq < after) { /* nobody asks for it: its hash is enough */
			if (++tip.seq == after)
				chain_hash(line, tip.hash);
		} else if (chain_follow(&tip, line, &parsed)) {
			stop = JOURNAL_DAMAGED;
		} else {
			stop = entry(tip.seq, line, json_look(parsed), arg);
			stop = stop > 0 ? JOURNAL_STOP : stop;
		}
	}
	buffer_done(&s.held);
	if (stop)
		return stop;
	return result == JOURNAL_STOP ? 0 : result; /* the scan stops at the end */
}

int journal_verify(struct journal *j, struct journal_verdict *ret)
{
	struct scan s = {.j = j};
	struct chain tip = chain_start;
	const char *why = NULL;
	struct bytes line;
	int result;

	*ret = (struct journal_verdict){0};
	while (!why && (result = scan_line(&s, &line)) == 0) {
		OWNED(json) struct json *parsed = NULL;

		why = chain_follow(&tip, line, &parsed);
	}
	buffer_done(&s.held);
	if (!why && result < 0)
		return result;
	if (!why && result == JOURNAL_DAMAGED)
		why = "is too long or has no end";
	if (why) {
		ret->first_bad = tip.seq + 1;
		(void)snprintf(ret->detail, sizeof(ret->detail), "entry %llu %s", (unsigned long long)ret->first_bad,
			       why);
	}
	ret->entries = tip.seq;
	memcpy(ret->hash, tip.hash, sizeof(ret->hash));
	return why ? JOURNAL_DAMAGED : 0;
}

int journal_walk(struct journal *j, struct journal_walk *at, uint64_t bytes, journal_entry_fn entry, void *arg)
{
	struct scan s = {.j = j, .offset = at->offset};
	uint64_t until = at->offset + bytes;
	struct bytes line;
	int result = 0;

	at->why = NULL;
	while (result == 0 && at->offset < until && (result = scan_line(&s, &line)) == 0) {
		OWNED(json) struct json *parsed = NULL;

		at->why = chain_follow(&at->tip, line, &parsed);
		at->offset += line.n + 1;
		result = at->why ? JOURNAL_DAMAGED : entry(at->tip.seq, line, json_look(parsed), arg);
	}
	buffer_done(&s.held);
	if (result == JOURNAL_DAMAGED && !at->why)
		at->why = "is too long or has no end";
	return result;
}

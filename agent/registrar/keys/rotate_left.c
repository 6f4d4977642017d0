/* What a pass could not move: told by classctl key status, and to whoever waits for a rotation. */
#include "registrar/keys/rotate_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void rotate_lefts_done(struct rotate_lefts *lefts)
{
	for (size_t i = 0; i < lefts->n; i++)
		free(lefts->at[i].path);
	*lefts = (struct rotate_lefts){0};
}

size_t rotate_left_n(const struct registrar *r)
{
	return r->rotate->last.n;
}

const struct rotate_left *rotate_left_at(const struct registrar *r, size_t i)
{
	return &r->rotate->last.at[i];
}

uint64_t rotate_left_count(const struct registrar *r, const char *level)
{
	const struct rotate_lefts *last = &r->rotate->last;

	for (size_t i = 0; i < last->n_counts; i++)
		if (text_equal(last->counts[i].level, level))
			return last->counts[i].n;
	return 0;
}

static void count_left(struct rotate_lefts *lefts, const char *level)
{
	size_t i = 0;

	while (i < lefts->n_counts && !text_equal(lefts->counts[i].level, level))
		i++;
	if (i == ROTATE_OPEN_MAX)
		return;
	if (i == lefts->n_counts)
		(void)snprintf(lefts->counts[lefts->n_counts++].level, EPOCHS_NAME, "%s", level);
	lefts->counts[i].n++;
}

int rotate_leave(struct rotate *t, const struct rekey *k, const char *why, bool is_damaged)
{
	const struct epoch *epoch = epochs_by_key(t->r, k->key_id);
	struct rotate_left *left = &t->now.at[t->now.n];

	count_left(&t->now, epoch ? epoch->level : "-");
	if (t->now.n == ROTATE_LEFT_MAX)
		return 0;
	*left = (struct rotate_left){.root = k->root, .path = text_copy(k->path), .is_damaged = is_damaged};
	if (!left->path)
		return FAULT(ENOMEM, "rotation");
	(void)snprintf(left->level, sizeof(left->level), "%.63s", epoch ? epoch->level : "-");
	(void)snprintf(left->epoch, sizeof(left->epoch), "%.63s", epoch ? epoch->epoch : "-");
	(void)snprintf(left->number, sizeof(left->number), "%s", k->number);
	(void)snprintf(left->why, sizeof(left->why), "%s", why);
	while (left->why[0] && !text_is_utf8(bytes_of_text(left->why))) /* cut within a character */
		left->why[strlen(left->why) - 1] = 0;
	t->now.n++;
	return 0;
}

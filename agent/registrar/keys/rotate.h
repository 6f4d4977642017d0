/*
 * Files on their way to the newest key of their level, in the background. A
 * rotation is a row of the store (journalled when it begins and ends); how far
 * it is, is looked at and never remembered: documents are those that the store
 * knows on older keys, kept versions and copies those that a scan finds. So a
 * kill of any process loses nothing but the work of a moment, and a rotation
 * ends when a scan finds no file on an older key any more.
 *
 * A file's move is an intent of its own (kind "rekey") and ends as a journalled
 * act: rewrap (new header, same file key) or reencrypt (all anew). It keeps
 * its hands off documents that somebody works on, and lets users' work go first.
 */
#ifndef REGISTRAR_ROTATE_H
#define REGISTRAR_ROTATE_H

#include "registrar/registrar.h"

#define ROTATE_INTENT	"rekey"
#define ROTATE_LEFT_MAX 200

int rotate_new(struct registrar *r) MUST_CHECK; /* sets r->rotate */
void rotate_free(struct registrar *r);
/* Once, when the metadata key is there and before other jobs: takes up the store's open intents. */
int rotate_begin(struct registrar *r) MUST_CHECK;
/* Something is new: a rotation, an epoch, a peer. It goes on at once. */
int rotate_look(struct registrar *r) MUST_CHECK;
/* Epochs are told: where the pack says so, a rotation to a new one begins. */
int rotate_by_itself(struct registrar *r) MUST_CHECK;
int rotate_lost_sealer(struct registrar *r, int index) MUST_CHECK;

bool rotate_is_flying(const struct registrar *r);
bool rotate_holds(const struct registrar *r, const char *number); /* its file is just getting another key */
/* A rotation of that level is open. */
bool rotate_moves(const struct registrar *r, const char *level);

/* What the last pass could not move, and why. */
struct rotate_left {
	char level[64];
	char epoch[64]; /* it is still on */
	uint32_t root;
	char *path;
	char number[16]; /* "": not known */
	char why[200];
	bool is_damaged;
};
size_t rotate_left_n(const struct registrar *r);
const struct rotate_left *rotate_left_at(const struct registrar *r, size_t i);
uint64_t rotate_left_count(const struct registrar *r, const char *level); /* those beyond ROTATE_LEFT_MAX, too */

/* Row of main.c; what is not ours is jobs'. */
int rotate_on_published(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif

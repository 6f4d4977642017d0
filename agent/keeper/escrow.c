/* escrow.pub, escrow.pub.KEYID of earlier ones, and the mark escrow.rewrap while key files follow. */
#include "keeper/escrow.h"
#include "keeper/key_file.h"
#include "keeper/store.h"

#include "system/safe_open.h"

#include <errno.h>
#include <stdio.h>

#define FRESH ESCROW_FILE ".new" /* key_file_tidy() removes what a kill leaves of it */
#define MODE  0600

size_t escrow_waiting(const struct keeper *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n_keys; i++)
		n += k->keys[i].wants_escrow;
	return n;
}

static void want_all(struct keeper *k)
{
	for (size_t i = 0; i < k->n_keys; i++)
		k->keys[i].wants_escrow = true;
}

static int remove_mark(const struct keeper *k)
{
	int r = k->files->unlink(k->files, k->store, ESCROW_MARK);

	if (r == 0)
		return store_sync(k->files, k->store);
	return r == -ENOENT ? 0 : FAULT(-r, "remove %s", ESCROW_MARK);
}

int escrow_resume(struct keeper *k)
{
	size_t before = escrow_waiting(k);

	for (size_t i = 0; i < k->n_keys; i++)
		if (k->keys[i].wants_escrow && k->keys[i].identity) {
			TRY(key_file_replace(k, &k->keys[i]));
			k->keys[i].wants_escrow = false;
		}
	return before > 0 && escrow_waiting(k) == 0 ? remove_mark(k) : 0;
}

static int create(const struct keeper *k, const char *name, const struct recipient *r)
{
	OWN_BUFFER struct buffer line = {0};
	char text[RECIPIENT_TEXT];
	int result;

	recipient_to_text(r, text);
	buffer_add_format(&line, "%s\n", text);
	TRY(buffer_check(&line));
	result = files_create_whole(k->files, k->store, name, MODE, buffer_bytes(&line));
	return result == 0 || result == -EEXIST ? 0 : FAULT(-result, "write %s", name);
}

/* The old line stays under a name of its own; the new one is whole and synced before it gets the old one's name. */
static int exchange(const struct keeper *k, const struct recipient *to)
{
	const struct files *f = k->files;
	char earlier[32], id[9];
	int r = f->unlink(f, k->store, FRESH);

	if (r != 0 && r != -ENOENT)
		return FAULT(-r, "remove %s", FRESH);
	identity_key_id(&k->wrap_to[1], id);
	(void)snprintf(earlier, sizeof(earlier), "%s.%s", ESCROW_FILE, id);
	TRY(create(k, earlier, &k->wrap_to[1]));
	TRY(create(k, FRESH, to));
	r = f->move(f, k->store, FRESH, k->store, ESCROW_FILE, RENAME_EXCHANGE);
	if (r != 0)
		return FAULT(-r, "exchange %s", ESCROW_FILE);
	TRY(store_sync(f, k->store));
	r = f->unlink(f, k->store, FRESH);
	return r == 0 ? 0 : FAULT(-r, "remove %s", FRESH);
}

int escrow_finish(struct keeper *k)
{
	struct stat stat;
	int r = k->files->stat_at(k->files, k->store, ESCROW_MARK, &stat);

	if (r != 0)
		return r == -ENOENT ? 0 : FAULT(-r, ESCROW_MARK);
	want_all(k);
	return k->n_keys > 0 ? escrow_resume(k) : remove_mark(k);
}

int escrow_change(struct keeper *k, const struct recipient *to)
{
	if (!bytes_equal_constant(to->point, k->wrap_to[1].point, sizeof(to->point))) {
		TRY(create(k, ESCROW_MARK, to));
		TRY(exchange(k, to));
		k->wrap_to[1] = *to;
		want_all(k);
		if (k->n_keys == 0)
			return remove_mark(k);
	}
	return escrow_resume(k);
}

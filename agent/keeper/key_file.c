/* LEVEL.EPOCH.age and LEVEL.EPOCH.pub. */
#include "keeper/key_file.h"
#include "keeper/store.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define NOTE_TYPE    "classd/unlock"
#define NOTE_PERSONS ((size_t)14) /* type, own recipient and these: what a line has room for */
#define NAME_TEXT    ((size_t)2 * KEEPER_TEXT + 16)

static void name_of(const struct keeper_key *key, const char *end, char ret[NAME_TEXT])
{
	(void)snprintf(ret, NAME_TEXT, "%s.%s.%s", key->level, key->epoch, end); /* store_is_word(): it fits */
}

/* The note */

static int vouch(const struct keeper *k, const struct keeper_key *key, struct bytes line, uint8_t ret[SHA256_BYTES])
{
	OWN_BUFFER struct buffer said = {0};

	buffer_add_format(&said, "%s.%s\n", key->level, key->epoch);
	buffer_add_bytes(&said, line);
	TRY(buffer_check(&said));
	hmac_sha256(k->vouching, buffer_bytes(&said), ret);
	return 0;
}

static int write_note(const struct keeper *k, const struct keeper_key *key, size_t from, struct buffer *ret)
{
	OWN_BUFFER struct buffer line = {0};
	char text[RECIPIENT_TEXT];
	uint8_t mac[SHA256_BYTES];

	recipient_to_text(&key->recipient, text);
	buffer_add_format(&line, "-> %s %s", NOTE_TYPE, text);
	for (size_t i = from; i < key->n_persons && i < from + NOTE_PERSONS; i++) {
		recipient_to_text(&key->persons[i], text);
		buffer_add_format(&line, " %s", text);
	}
	buffer_add_text(&line, "\n");
	TRY(buffer_check(&line));
	TRY(vouch(k, key, buffer_bytes(&line), mac));
	age_write_stanza(ret, buffer_bytes(&line), bytes_of(mac, sizeof(mac)));
	return buffer_check(ret);
}

static bool is_note(const struct age_stanza *s)
{
	return s->n_args >= 2 && bytes_equal_text(s->args[0], NOTE_TYPE);
}

/* One stanza into the key: 0; 1: it is false. */
static int read_note(const struct keeper *k, struct keeper_key *key, const struct age_stanza *s)
{
	uint8_t mac[SHA256_BYTES];
	struct recipient *more = reallocarray(key->persons, key->n_persons + s->n_args, sizeof(*more));

	if (!more)
		return FAULT(ENOMEM, "persons of a key");
	key->persons = more;
	TRY(vouch(k, key, s->line, mac));
	if (s->body.n != sizeof(mac) || !bytes_equal_constant(s->body.at, mac, sizeof(mac)) ||
	    recipient_from_text(s->args[1], &key->recipient) != 0)
		return 1;
	for (size_t i = 2; i < s->n_args; i++)
		if (recipient_from_text(s->args[i], &key->persons[key->n_persons++]) != 0)
			return 1;
	key->is_of_persons = true;
	return 0;
}

static int read_notes(const struct keeper *k, struct keeper_key *key, struct bytes file)
{
	struct age_header h;
	int r = age_header_parse(file, &h);

	if (r != 0)
		return r < 0 ? r : 1;
	for (size_t i = 0; r == 0 && i < h.n_stanzas; i++)
		if (is_note(&h.stanzas[i]))
			r = read_note(k, key, &h.stanzas[i]);
	age_header_done(&h);
	return r;
}

/* Writing */

static int public_line(const struct keeper_key *key, struct buffer *ret)
{
	char text[RECIPIENT_TEXT];

	recipient_to_text(&key->recipient, text);
	buffer_add_format(ret, "%s\n", text);
	return buffer_check(ret);
}

static int private_file(const struct keeper *k, const struct keeper_key *key, struct buffer *ret)
{
	struct recipient to[KEY_FILE_PERSONS + 1] = {k->wrap_to[1]};
	OWNED(secret) struct secret *text = NULL;
	OWN_BUFFER struct buffer notes = {0};
	struct agefile_plan plan = {.to = to, .n_to = 1};
	int r;

	if (key->is_of_persons)
		for (size_t i = 0; i < key->n_persons && i < KEY_FILE_PERSONS; i++)
			to[plan.n_to++] = key->persons[i];
	else
		to[plan.n_to++] = k->wrap_to[0];
	for (size_t i = 0; key->is_of_persons && (i == 0 || i < key->n_persons); i += NOTE_PERSONS)
		TRY(write_note(k, key, i, &notes));
	plan.stanzas = buffer_bytes(&notes);
	TRY(identity_to_text(key->identity, &text));
	r = agefile_seal_plan(text, &plan, ret);
	return r > 0 ? FAULT(EINVAL, "key %s.%s", key->level, key->epoch) : r; /* 74 bytes are never too large */
}

static int create(const struct keeper *k, const char *name, struct bytes content)
{
	int r = files_create_whole(k->files, k->store, name, 0600, content);

	return r == 0 ? 0 : FAULT(-r, "write key %s", name);
}

/* Without its private half, after a kill between the two, a public half is worth nothing: it gives way. */
static int drop_public(const struct keeper *k, const char *name)
{
	int r = k->files->unlink(k->files, k->store, name);

	return r == 0 || r == -ENOENT ? 0 : FAULT(-r, "remove %s", name);
}

int key_file_create(const struct keeper *k, const struct keeper_key *key)
{
	OWN_BUFFER struct buffer line = {0};
	OWN_BUFFER struct buffer file = {0};
	char private[NAME_TEXT], public[NAME_TEXT];
	struct stat there;
	int r;

	name_of(key, "age", private);
	name_of(key, "pub", public);
	r = k->files->stat_at(k->files, k->store, private, &there);
	if (r != -ENOENT)
		return r == 0 ? 1 : FAULT(-r, "%s", private);
	TRY(public_line(key, &line));
	TRY(private_file(k, key, &file));
	TRY(drop_public(k, public));
	TRY(create(k, public, buffer_bytes(&line)));
	return create(k, private, buffer_bytes(&file));
}

static int replace(const struct keeper *k, const char *name, struct bytes content)
{
	const struct files *f = k->files;
	char fresh[NAME_TEXT + 4];
	int r;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", name);
	r = f->unlink(f, k->store, fresh);
	if (r == 0 || r == -ENOENT)
		r = files_create_whole(f, k->store, fresh, 0600, content);
	if (r == 0)
		r = f->move(f, k->store, fresh, k->store, name, RENAME_EXCHANGE);
	if (r != 0)
		return FAULT(-r, "replace key %s", name);
	TRY(store_sync(f, k->store));
	r = f->unlink(f, k->store, fresh);
	return r == 0 ? store_sync(f, k->store) : FAULT(-r, "replace key %s", name);
}

int key_file_replace(const struct keeper *k, const struct keeper_key *key)
{
	OWN_BUFFER struct buffer file = {0};
	char name[NAME_TEXT];

	TRY(private_file(k, key, &file));
	name_of(key, "age", name);
	return replace(k, name, buffer_bytes(&file));
}

/* Reading */

static int check_public(const struct keeper *k, const struct keeper_key *key)
{
	OWN_BUFFER struct buffer should = {0};
	OWN_BUFFER struct buffer is = {0};
	char name[NAME_TEXT];
	int r;

	name_of(key, "pub", name);
	TRY(public_line(key, &should));
	r = store_read_file(k->files, k->store, name, &is);
	TRY(r);
	if (r > 0)
		return create(k, name, buffer_bytes(&should));
	return bytes_equal(buffer_bytes(&is), buffer_bytes(&should)) ? 0 : replace(k, name, buffer_bytes(&should));
}

static int parse_identity(struct bytes text, void *context)
{
	return identity_from_text(text, context);
}

static int open_file(struct bytes file, const struct secret *with, struct secret **ret)
{
	OWNED(secret) struct secret *text = NULL;
	int r = agefile_open(file, with, &text);

	return r == 0 ? secret_lend(text, parse_identity, ret) : r;
}

/* With its private half, or locked. */
static int load(const struct keeper *k, struct keeper_key *key, struct bytes file)
{
	int r = read_notes(k, key, file);

	if (r != 0)
		return r;
	r = open_file(file, k->machine_identity, &key->identity);
	TRY(r);
	if (r == 0) {
		key->is_of_persons = false; /* whatever a note says: the machine opens it */
		return identity_recipient(key->identity, &key->recipient);
	}
	return r == IDENTITY_NOT_FOR_US && key->is_of_persons ? 0 : 1;
}

int key_file_load(const struct keeper *k, struct keeper_key *key)
{
	OWN_BUFFER struct buffer file = {0};
	char name[NAME_TEXT];
	int r;

	name_of(key, "age", name);
	r = store_read_file(k->files, k->store, name, &file);
	TRY(r);
	r = r == 0 ? load(k, key, buffer_bytes(&file)) : 1;
	if (r != 0)
		return r;
	identity_key_id(&key->recipient, key->key_id);
	(void)check_public(k,
			   key); /* reported; a full disk keeps nobody from reading, and the next start tries again */
	return 0;
}

int key_file_open(const struct keeper *k, const struct keeper_key *key, const struct secret *person,
		  struct secret **ret)
{
	OWN_BUFFER struct buffer file = {0};
	OWNED(secret) struct secret *identity = NULL;
	struct recipient is;
	char name[NAME_TEXT];
	int r;

	name_of(key, "age", name);
	r = store_read_file(k->files, k->store, name, &file);
	if (r == 0)
		r = open_file(buffer_bytes(&file), person, &identity);
	else if (r > 0)
		r = IDENTITY_MALFORMED;
	if (r == 0)
		r = identity_recipient(identity, &is);
	if (r != 0)
		return r;
	if (!bytes_equal_constant(is.point, key->recipient.point, sizeof(is.point)))
		return IDENTITY_DAMAGED; /* another key's file in its place */
	*ret = steal(&identity);
	return 0;
}

static int tidy(const char *name, void *context)
{
	const struct keeper *k = context;
	int r =
	    text_ends(name, ".age.new") || text_ends(name, ".pub.new") ? k->files->unlink(k->files, k->store, name) : 0;

	return r == 0 || r == -ENOENT ? 0 : FAULT(-r, "remove %s", name);
}

int key_file_tidy(const struct keeper *k)
{
	return store_each_name(k->files, k->store, tidy, (void *)(uintptr_t)k);
}

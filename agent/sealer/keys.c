/* What the sealer asks of the keeper: public keys of levels, and the file key of one file against a grant. */
#include "sealer/job.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define HEADER_INLINE_MAX ((size_t)48 * 1024)

static struct level_key *find_key(struct sealer *s, const char *level)
{
	for (size_t i = 0; i < s->n_keys; i++)
		if (text_equal(s->keys[i].level, level))
			return &s->keys[i];
	return NULL;
}

static int ask_level(struct sealer *s, struct job *j)
{
	struct frame_level_key m = {.id = ++s->next_request, .level = j->level};
	int r = s->ports.to_keeper(s->ports.context, &frame_type_level_key, &m, -1);

	TRY(r);
	j->request = r == SEALER_KEEPER_AWAY ? 0 : m.id;
	job_move(j, &s->for_key);
	return STEP_WAIT;
}

int keys_want(struct sealer *s, struct job *j, const struct level_key **ret)
{
	const struct level_key *key = find_key(s, j->level);

	if (!key || !key->known || key->fresh_until_ms <= s->now_ms)
		return ask_level(s, j);
	*ret = key;
	return 0;
}

/* Forgets the oldest when full: levels are few, so this happens only when somebody plays. */
static struct level_key *key_place(struct sealer *s, const char *level)
{
	struct level_key *key = find_key(s, level);

	if (!key && strlen(level) < sizeof(key->level)) {
		if (s->n_keys == SEALER_KEYS)
			memmove(s->keys, s->keys + 1, --s->n_keys * sizeof(*s->keys));
		key = &s->keys[s->n_keys++];
		*key = (struct level_key){0};
		memcpy(key->level, level, strlen(level) + 1);
	}
	return key;
}

/* Every job that waits for this level goes on, or fails. */
static void wake_level(struct sealer *s, const char *level, bool known)
{
	struct job *next;

	for (struct job *j = TAILQ_FIRST(&s->for_key); j; j = next) {
		next = TAILQ_NEXT(j, link);
		if (j->grant && !j->file_key) /* waits for a file key */
			continue;
		if (!text_equal(j->level, level))
			continue;
		j->request = 0;
		if (!known)
			(void)job_fail(j, SEAL_NO_KEY, "no key for level %s", level);
		job_move(j, &s->ready);
	}
}

int keys_on_level_public(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_level_public *m = &message->level_public;
	struct level_key *key = m->outcome == KEY_DONE ? key_place(s, m->level) : NULL;

	(void)fd;
	if (key) {
		memcpy(key->recipients[0].point, m->public, X25519_BYTES);
		memcpy(key->recipients[1].point, m->escrow, X25519_BYTES);
		key->known = true;
		key->fresh_until_ms = s->now_ms + SEALER_KEY_FRESH_MS;
	}
	wake_level(s, m->level, key);
	return 0;
}

/* A header that is too long for a frame travels as a sealed memfd, which its receiver may map or read without fear. */
static int in_memory_file(struct bytes content, int *ret)
{
	OWN_FD int fd = memfd_create("header", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return FAULT(errno, "memfd");
	for (size_t done = 0; done < content.n;) {
		ssize_t n = write(fd, content.at + done, content.n - done);

		if (n < 0 && errno != EINTR)
			return FAULT(errno, "memfd write");
		done += n > 0 ? (size_t)n : 0;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return FAULT(errno, "memfd seal");
	*ret = steal_fd(&fd);
	return 0;
}

int keys_unwrap(struct sealer *s, struct job *j)
{
	struct bytes header = {j->from->start.at, j->from->envelope.payload_at};
	struct frame_unwrap m = {.id = ++s->next_request, .grant = j->grant, .header = header};
	int fd = -1, r;

	if (header.n > HEADER_INLINE_MAX) {
		TRY(in_memory_file(header, &fd));
		m.header = (struct bytes){0};
	}
	r = s->ports.to_keeper(s->ports.context, &frame_type_unwrap, &m, fd);
	TRY(r);
	j->request = r == SEALER_KEEPER_AWAY ? 0 : m.id;
	job_move(j, &s->for_key);
	return STEP_WAIT;
}

static struct job *find_request(struct sealer *s, uint64_t id)
{
	struct job *j;

	TAILQ_FOREACH(j, &s->for_key, link)
	if (j->request == id && j->grant && !j->file_key)
		return j;
	return NULL;
}

static enum seal_outcome outcome_of(uint8_t key_outcome)
{
	if (key_outcome == KEY_LOCKED)
		return SEAL_LOCKED;
	if (key_outcome == KEY_NO_IDENTITY)
		return SEAL_WRONG_KEY;
	return key_outcome == KEY_BAD_HEADER ? SEAL_DAMAGED : SEAL_NO_KEY;
}

int keys_on_file_key(struct sealer *s, const union frame_any *message, int *fd)
{
	const struct frame_file_key *m = &message->file_key;
	struct job *j = m->id ? find_request(s, m->id) : NULL;
	uint8_t key[AGE_FILE_KEY];

	(void)fd;
	if (!j) /* dropped meanwhile; the channel wipes the frame */
		return 0;
	j->request = 0;
	job_move(j, &s->ready);
	if (m->outcome != KEY_DONE || m->key.n != sizeof(key)) {
		(void)job_fail(j, outcome_of(m->outcome), "%s", m->detail);
		return 0;
	}
	memcpy(key, m->key.at, sizeof(key));
	return secret_new_from(key, sizeof(key), &j->file_key); /* wipes the copy */
}

int sealer_keeper_up(struct sealer *s)
{
	struct job_queue again = TAILQ_HEAD_INITIALIZER(again);
	struct job *j;

	while ((j = TAILQ_FIRST(&s->for_key)))
		job_move(j, &again);
	while ((j = TAILQ_FIRST(&again))) {
		int r = j->grant && !j->file_key ? keys_unwrap(s, j) : ask_level(s, j);

		TRY(r);
	}
	return 0;
}

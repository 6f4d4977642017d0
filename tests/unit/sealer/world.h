/*
 * A sealer in a real directory. What stands beside it at its borders is played
 * here: a registrar that writes answers down, and a keeper with two identities.
 */
#ifndef TESTS_UNIT_SEALER_WORLD_H
#define TESTS_UNIT_SEALER_WORLD_H

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "sealer/sealer.h"
#include "system/acl.h"

#define WORLD_RECORD  "0192f0c4-1111-7222-8333-444455556666"
#define WORLD_ANSWERS 4096

struct answer {
	uint16_t type;
	uint64_t intent;
	uint8_t outcome;
	char detail[200];
	char text[300]; /* conflict, path or args */
	char key_id[9], escrow[9];
	uint32_t nlink;
	uint64_t size, dev, ino, mtime_ns;
	uint8_t sha256[32], header_mac[32];
	uint8_t record[4096]; /* opened; of published and unsealed the facts */
	size_t n_record;
};

struct request {
	uint16_t type;
	uint64_t id;
	char level[100];
	struct buffer header;
};

struct world {
	char path[80];
	int dir;
	struct files files;
	struct sealer sealer;
	struct secret *level, *escrow;
	struct secret *older; /* the level's key of an earlier epoch; NULL */
	bool keeper_away, refuse_grant;
	bool settle_at_once; /* the registrar journals and settles each publication */
	struct answer *answers;
	size_t n_answers;
	struct request *requests; /* to the keeper */
	size_t n_requests, n_answered;
	size_t degraded;
	uint64_t now_ms;
};

static inline struct answer *world_note(struct world *w, uint16_t type, uint64_t intent, uint8_t outcome,
					const char *detail)
{
	struct answer *a = &w->answers[w->n_answers % WORLD_ANSWERS];

	w->n_answers++;
	memset(a, 0, sizeof(*a));
	a->type = type;
	a->intent = intent;
	a->outcome = outcome;
	(void)snprintf(a->detail, sizeof(a->detail), "%s", detail ? detail : "");
	return a;
}

static inline void world_note_record(struct answer *a, struct bytes record)
{
	a->n_record = record.n < sizeof(a->record) ? record.n : sizeof(a->record);
	if (a->n_record > 0)
		memcpy(a->record, record.at, a->n_record);
}

static inline int world_registrar(void *context, const struct frame_type *type, const void *message, int fd)
{
	const union frame_any *m = message;
	struct world *w = context;
	struct answer *a;

	assert_int_equal(fd, -1);
	switch (type->code) {
	case FRAME_TYPE_published:
		a = world_note(w, type->code, m->published.intent, m->published.outcome, m->published.detail);
		(void)snprintf(a->text, sizeof(a->text), "%s", m->published.path);
		a->ino = m->published.ino;
		a->size = m->published.size;
		(void)snprintf(a->key_id, sizeof(a->key_id), "%s", m->published.key_id);
		(void)snprintf(a->escrow, sizeof(a->escrow), "%s", m->published.escrow);
		memcpy(a->sha256, m->published.sha256, 32);
		memcpy(a->header_mac, m->published.header_mac, 32);
		world_note_record(a, m->published.facts);
		break;
	case FRAME_TYPE_disposed:
		a = world_note(w, type->code, m->disposed.intent, m->disposed.outcome, m->disposed.detail);
		(void)snprintf(a->text, sizeof(a->text), "%s", m->disposed.conflict);
		break;
	case FRAME_TYPE_unsealed:
		a = world_note(w, type->code, m->unsealed.intent, m->unsealed.outcome, m->unsealed.detail);
		a->size = m->unsealed.size;
		memcpy(a->sha256, m->unsealed.sha256, 32);
		world_note_record(a, m->unsealed.facts);
		break;
	case FRAME_TYPE_carried:
		a = world_note(w, type->code, m->carried.intent, m->carried.outcome, m->carried.detail);
		a->size = m->carried.size;
		break;
	case FRAME_TYPE_opened:
		a = world_note(w, type->code, m->opened.intent, m->opened.outcome, m->opened.detail);
		(void)snprintf(a->text, sizeof(a->text), "%s", m->opened.args);
		world_note_record(a, m->opened.record);
		break;
	case FRAME_TYPE_aliased:
		a = world_note(w, type->code, m->aliased.intent, m->aliased.outcome, m->aliased.detail);
		a->size = m->aliased.names;
		break;
	case FRAME_TYPE_destroyed:
		a = world_note(w, type->code, m->destroyed.intent, m->destroyed.outcome, m->destroyed.detail);
		a->size = m->destroyed.names;
		break;
	case FRAME_TYPE_discarded:
		world_note(w, type->code, m->discarded.checkout, m->discarded.outcome, m->discarded.detail);
		break;
	case FRAME_TYPE_restored:
		a = world_note(w, type->code, m->restored.intent, m->restored.outcome, m->restored.detail);
		a->ino = m->restored.ino;
		break;
	case FRAME_TYPE_found:
		a = world_note(w, type->code, m->found.intent, 0, m->found.args);
		(void)snprintf(a->text, sizeof(a->text), "%s", m->found.path);
		a->nlink = m->found.nlink;
		break;
	case FRAME_TYPE_listed:
		a = world_note(w, type->code, m->listed.intent, m->listed.outcome, m->listed.detail);
		a->size = m->listed.files;
		break;
	default:
		fail_msg("unexpected message %s", type->name);
	}
	return 0;
}

struct world_call {
	struct world *w;
	struct frame_file_key m;
};

/* A request to the keeper waits here until world_run() answers it, as it would from another process. */
static inline int world_keeper(void *context, const struct frame_type *type, const void *message, int fd)
{
	const union frame_any *m = message;
	struct world *w = context;
	struct request *q = &w->requests[w->n_requests % WORLD_ANSWERS];

	if (w->keeper_away) {
		close_fd(&fd);
		return SEALER_KEEPER_AWAY;
	}
	w->n_requests++;
	buffer_clear(&q->header);
	q->type = type->code;
	if (type->code == FRAME_TYPE_level_key) {
		q->id = m->level_key.id;
		(void)snprintf(q->level, sizeof(q->level), "%s", m->level_key.level);
		return 0;
	}
	assert_int_equal(type->code, FRAME_TYPE_unwrap);
	q->id = m->unwrap.id;
	buffer_add_bytes(&q->header, m->unwrap.header);
	if (fd >= 0) {
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(files_read_rest(&files_linux, fd, 1 << 20, &q->header), 0);
		close_fd(&fd);
	}
	return 0;
}

static inline int world_degraded(void *context, const char *code, const char *detail)
{
	(void)code;
	(void)detail;
	((struct world *)context)->degraded++;
	return 0;
}

static inline bool world_is_crowded(void *context)
{
	(void)context;
	return false;
}

static inline void world_send(struct world *w, const struct frame_type *type, const void *message, int fd)
{
	union frame_any m;

	memcpy(&m, message, type->size);
	assert_int_equal(sealer_message(&w->sealer, type, &m, &fd), 0);
	close_fd(&fd);
}
#define WORLD_SEND(w, name, fd, ...) world_send(w, &frame_type_##name, &(struct frame_##name){__VA_ARGS__}, fd)

static inline int world_send_key(struct bytes key, void *context)
{
	struct world_call *call = context;

	call->m.key = key;
	world_send(call->w, &frame_type_file_key, &call->m, -1);
	return 0;
}

static inline void world_answer_unwrap(struct world *w, const struct request *q)
{
	struct world_call call = {w, {.id = q->id, .outcome = KEY_NO_GRANT, .detail = "no such grant"}};
	OWNED(secret) struct secret *key = NULL;
	struct envelope e;
	int r = ENVELOPE_NO_KEY;

	if (!w->refuse_grant) {
		assert_int_equal(envelope_parse(buffer_bytes(&q->header), &e), 0);
		r = envelope_unlock(&e, w->level, &key);
		if (r == ENVELOPE_NO_KEY && w->older)
			r = envelope_unlock(&e, w->older, &key);
		envelope_done(&e);
		call.m.outcome = r == 0 ? KEY_DONE : r == ENVELOPE_NO_KEY ? KEY_NO_IDENTITY : KEY_BAD_HEADER;
		call.m.detail = r == 0 ? "" : envelope_outcome_text(r);
	}
	if (key)
		assert_int_equal(secret_lend(key, world_send_key, &call), 0);
	else
		world_send(w, &frame_type_file_key, &call.m, -1);
}

static inline void world_answer_level(struct world *w, const struct request *q)
{
	bool known = strcmp(q->level, "SECRET") == 0 || strcmp(q->level, "TOP") == 0;
	struct frame_level_public m = {.id = q->id,
				       .outcome = known ? KEY_DONE : KEY_UNKNOWN_LEVEL,
				       .level = q->level,
				       .epoch = "2026",
				       .key_id = ""};
	struct recipient to;

	assert_int_equal(identity_recipient(w->level, &to), 0);
	memcpy(m.public, to.point, 32);
	assert_int_equal(identity_recipient(w->escrow, &to), 0);
	memcpy(m.escrow, to.point, 32);
	world_send(w, &frame_type_level_public, &m, -1);
}

static inline void world_answer_all(struct world *w)
{
	while (w->n_answered < w->n_requests) {
		const struct request *q = &w->requests[w->n_answered++ % WORLD_ANSWERS];

		if (q->type == FRAME_TYPE_unwrap)
			world_answer_unwrap(w, q);
		else
			world_answer_level(w, q);
	}
}

static inline void world_settle(struct world *w, size_t from)
{
	for (size_t i = from; i < w->n_answers; i++) {
		const struct answer *a = &w->answers[i % WORLD_ANSWERS];

		if (a->type == FRAME_TYPE_published && a->outcome == SEAL_DONE)
			WORLD_SEND(w, settle, -1, .intent = a->intent, .dispose = 1);
	}
}

/* Until nothing more happens by itself; time passes as the sealer asks. */
static inline void world_run(struct world *w)
{
	for (;;) {
		size_t answers = w->n_answers, requests = w->n_answered;
		uint64_t wait_ms;

		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
		world_answer_all(w);
		if (w->settle_at_once)
			world_settle(w, answers);
		if (wait_ms == UINT64_MAX && answers == w->n_answers && requests == w->n_answered)
			return;
		if (wait_ms != UINT64_MAX)
			w->now_ms += wait_ms;
	}
}

static inline void world_start(struct world *w)
{
	const struct sealer_ports ports = {w, world_registrar, world_keeper, world_degraded, world_is_crowded};

	assert_int_equal(sealer_init(&w->sealer, &w->files, &ports, geteuid()), 0);
	assert_int_equal(sealer_add_root(&w->sealer, 1, ROOT_DOCUMENTS, openat(w->dir, ".", O_RDONLY | O_CLOEXEC)), 0);
}

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *base = getenv("TMPDIR");

	assert_non_null(w);
	w->answers = calloc(WORLD_ANSWERS, sizeof(*w->answers));
	w->requests = calloc(WORLD_ANSWERS, sizeof(*w->requests));
	assert_non_null(w->answers);
	assert_non_null(w->requests);
	(void)snprintf(w->path, sizeof(w->path), "%.50s/sealer-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(w->path));
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(w->dir >= 0);
	w->now_ms = 1000;
	w->files = files_linux;
	acl_equip(&w->files);
	assert_int_equal(sodium_start(), 0);
	assert_int_equal(identity_new(&w->level), 0);
	assert_int_equal(identity_new(&w->escrow), 0);
	world_start(w);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	sealer_done(&w->sealer);
	(void)close(w->dir);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", w->path);
	assert_int_equal(system(command), 0);
	secret_free(w->level);
	secret_free(w->older);
	secret_free(w->escrow);
	for (size_t i = 0; i < WORLD_ANSWERS; i++)
		buffer_done(&w->requests[i].header);
	free(w->requests);
	free(w->answers);
	free(w);
	return 0;
}

/* The sealer is killed and started again: nothing of its memory survives. */
static inline void world_restart(struct world *w)
{
	sealer_done(&w->sealer);
	w->n_answers = w->n_requests = w->n_answered = 0;
	world_start(w);
}

static inline const struct answer *world_answer(const struct world *w, uint16_t type, uint64_t intent)
{
	for (size_t i = w->n_answers; i > 0; i--)
		if (w->answers[(i - 1) % WORLD_ANSWERS].type == type &&
		    w->answers[(i - 1) % WORLD_ANSWERS].intent == intent)
			return &w->answers[(i - 1) % WORLD_ANSWERS];
	return NULL;
}

static inline void world_write(struct world *w, const char *name, const void *at, size_t n)
{
	OWN_FD int fd = openat(w->dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(files_write_all(&files_linux, fd, at, n), 0);
}

/* Bytes that repeat nowhere at a chunk's distance. */
static inline uint8_t *world_content(size_t n)
{
	uint8_t *at = malloc(n + 8);
	uint64_t x = 88172645463325252u;

	assert_non_null(at);
	for (size_t i = 0; i < n; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(at + i, &x, 8);
	}
	return at;
}

static inline bool world_has(const struct world *w, const char *name)
{
	struct stat stat;

	return fstatat(w->dir, name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline void world_record(uint64_t version, const char *level, const uint8_t digest[32], uint64_t length,
				struct buffer *ret)
{
	OWN_BUFFER struct buffer label = {0};
	struct sealed_record record = {.length = length, .name = bytes_of_text("report.docx")};
	uint8_t commit[32], scope[32];
	char commit_hex[65], scope_hex[65];
	struct label l = {.record = WORLD_RECORD,
			  .version = version,
			  .content = 1,
			  .state = "draft",
			  .level = level,
			  .protection = level,
			  .pack = "cn@2026.1",
			  .commit = commit_hex,
			  .scope = scope_hex};

	memcpy(record.digest, digest, 32);
	memset(record.salt, 7, sizeof(record.salt));
	record.n_scope = 1;
	record.scope[0] = bytes_of_text("dept:planning");
	envelope_commitment(record.salt, digest, commit);
	text_hex(commit, 32, commit_hex);
	assert_int_equal(envelope_scope_hash(&record, scope), 0);
	text_hex(scope, 32, scope_hex);
	assert_int_equal(label_format(&l, &label), 0);
	record.label = buffer_bytes(&label);
	buffer_clear(ret);
	assert_int_equal(sealed_record_format(&record, ret), 0);
}

struct wish {
	uint64_t intent;
	const char *path;
	const char *target;
	const char *keep;
	uint64_t replace_ino;
	uint64_t version;  /* 0 is 1 */
	const char *level; /* NULL is SECRET */
};

/* A seal message with what it points to. */
struct asked {
	struct frame_seal m;
	struct buffer record;
	char *args;
};

static inline void asked_done(struct asked *a)
{
	buffer_done(&a->record);
	free(a->args);
}

/* What the registrar would ask after the inspector has looked at the file. */
static inline void world_prepare_seal(struct world *w, const struct wish *wish, struct asked *ret)
{
	OWN_BUFFER struct buffer content = {0};
	OWN_FD int fd = openat(w->dir, wish->path, O_RDONLY | O_CLOEXEC);
	const char *level = wish->level ? wish->level : "SECRET";
	uint64_t version = wish->version ? wish->version : 1;
	struct stat stat;

	*ret = (struct asked){.m = {.intent = wish->intent,
				    .root = 1,
				    .path = wish->path,
				    .target = wish->target,
				    .keep = wish->keep,
				    .replace_ino = wish->replace_ino,
				    .level = level}};
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(files_read_rest(&files_linux, fd, SIZE_MAX / 2, &content), 0);
	sha256_of(buffer_bytes(&content), ret->m.sha256);
	world_record(version, level, ret->m.sha256, content.n, &ret->record);
	ret->args = text_format(WORLD_RECORD " %llu %s cn@2026.1", (unsigned long long)version, level);
	ret->m.dev = stat.st_dev;
	ret->m.ino = stat.st_ino;
	ret->m.size = (uint64_t)stat.st_size;
	ret->m.mtime_ns = (uint64_t)stat.st_mtim.tv_sec * 1000000000u + (uint64_t)stat.st_mtim.tv_nsec;
	ret->m.args = ret->args;
	ret->m.record = buffer_bytes(&ret->record);
}

static inline void world_ask_seal(struct world *w, const struct wish *wish)
{
	struct asked asked;

	world_prepare_seal(w, wish, &asked);
	world_send(w, &frame_type_seal, &asked.m, -1);
	asked_done(&asked);
}

static inline int world_save_identity(struct bytes text, void *context)
{
	const struct world *w = context;
	OWN_FD int fd = openat(w->dir, "escrow.key", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	return files_write_all(&files_linux, fd, text.at, text.n);
}

/* Does stock age, with the escrow identity, give exactly these bytes? Its exit status counts, too. */
static inline bool world_age_opens(struct world *w, const char *name, const void *at, size_t n)
{
	OWNED(secret) struct secret *text = NULL;
	OWN_BUFFER struct buffer got = {0};
	OWN_MEM char *command = NULL;
	FILE *from;
	size_t m;

	assert_int_equal(identity_to_text(w->escrow, &text), 0);
	assert_int_equal(secret_lend(text, world_save_identity, w), 0);
	command = text_format("age -d -i '%s/escrow.key' '%s/%s' 2>/dev/null", w->path, w->path, name);
	from = popen(command, "r");
	assert_non_null(from);
	do {
		uint8_t *room = buffer_reserve(&got, 1 << 16);

		m = fread(room, 1, 1 << 16, from);
		got.n += m;
	} while (m > 0);
	return pclose(from) == 0 && got.n == n && memcmp(got.at, at, n) == 0;
}

/* What an unseal gives, read by a client as fast as it can. NULL outcome text is the answer's. */
static inline enum seal_outcome world_unseal(struct world *w, uint64_t intent, const char *name, struct buffer *ret)
{
	int ends[2];
	uint64_t wait_ms;

	buffer_clear(ret);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	WORLD_SEND(w, unseal, ends[1], .intent = intent, .grant = 77, .root = 1, .path = name, .timeout_ms = 1000);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	for (int end = -1; end != 0;) {
		uint8_t *room = buffer_reserve(ret, 1 << 16);

		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
		world_answer_all(w);
		end = (int)read(ends[0], room, 1 << 16);
		if (end > 0)
			ret->n += (size_t)end;
	}
	assert_int_equal(close(ends[0]), 0);
	world_run(w);
	return world_answer(w, FRAME_TYPE_unsealed, intent)->outcome;
}

#endif

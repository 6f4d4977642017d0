/* One backup at a time, in slices of the loop: ask for the keys, copy the store, then send file after file. */
#include "registrar/keys/backup_private.h"

#include "base/text.h"
#include "registrar/journal/journal.h"
#include "registrar/keys/rollback.h"
#include "registrar/people/people.h"
#include "registrar/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_PAGES 512		       /* of the store in one turn: 2 MiB */
#define SLICE	   ((size_t)256 << 10) /* of a file in one turn */
#define STALLED_MS 120000u	       /* nobody reads the pipe any more */

/* ---- the end of one ---- */

static void run_free(struct backup_run *run)
{
	if (!run)
		return;
	loop_unwatch(&run->writable);
	loop_disarm(&run->stalled);
	close_fd(&run->pipe);
	close_fd(&run->stage[0]);
	close_fd(&run->stage[1]);
	close_fd(&run->keys);
	close_fd(&run->store);
	database_copy_free(run->copy);
	if (run->copy_path)
		(void)unlink(run->copy_path); /* gone already once it was opened */
	free(run->copy_path);
	free(run->person);
	backup_writer_free(run->out);
	free(run);
}
DEFINE_OWNED(backup_run, struct backup_run, run_free);

static struct backup_run *take_run(struct registrar *r)
{
	return steal(&r->backup->run);
}

static struct json *run_entry(const struct backup_run *run, const char *what)
{
	struct json *entry = registrar_entry("backup", run->person, run->uid);

	json_set_text(entry, "what", what);
	return entry;
}

/* Said in the journal as well, where that still works. */
static int fail(struct backup_run *taken, const char *code, const char *next, const char *what)
{
	OWNED(backup_run) struct backup_run *run = taken;
	struct json *entry = run_entry(run, "failed");

	json_set_text(entry, "why", code);
	TRY(registrar_change(run->r, entry));
	return api_refuse(run->call, API_FAILED, code, "backup", next, "%s", what);
}

static int on_fault(struct registrar *r)
{
	return fail(take_run(r), "backup-failed", "see the agent's log, then try again",
		    "something broke beneath the agent; the backup is not whole");
}

static int succeed(struct backup_run *taken)
{
	OWNED(backup_run) struct backup_run *run = taken;
	struct json *entry = run_entry(run, "done"), *reply = json_object();
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1] = "";
	int result = digest_end(run->r->backup->whole, hash);

	if (result == 0)
		text_hex(hash, sizeof(hash), hex);
	close_fd(&run->pipe); /* its reader sees the end */
	json_set_text(entry, "sha256", hex);
	json_set_int(entry, "size", (int64_t)run->sent);
	json_set_int(entry, "entries", (int64_t)run->manifest.entries);
	json_set_text(reply, "made", run->manifest.made);
	json_set_int(reply, "entries", (int64_t)run->manifest.entries);
	json_set_text(reply, "hash", run->manifest.hash);
	json_set_text(reply, "sha256", hex);
	json_set_int(reply, "size", (int64_t)run->sent);
	json_set_int(reply, "files", (int64_t)run->files);
	if (result == 0)
		result = registrar_change(run->r, entry);
	else
		json_free(entry);
	if (result == 0)
		return api_reply(run->call, reply);
	json_free(reply);
	TRY(result);
	return api_refuse(run->call, API_FAILED, "read-only", "journal", "see classctl status",
			  "that the backup was made cannot be journalled");
}

/* ---- the store ---- */

static int begin_copy(struct backup_run *run)
{
	struct registrar *r = run->r;
	char link[40], path[4096];
	ssize_t n = -1;
	int result;

	if (r->role.resources[RESOURCE_STATE] >= 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", r->role.resources[RESOURCE_STATE]);
		n = readlink(link, path, sizeof(path) - 1);
	}
	path[n > 0 ? n : 0] = '\0';
	run->copy_path = text_format("%s/" BACKUP_COPY, n > 0 ? path : r->role.state_dir);
	if (!run->copy_path)
		return FAULT(ENOMEM, "backup");
	result = database_copy_new(store_database(r->store), run->copy_path, &run->copy);
	run->phase = BACKUP_PHASE_COPY;
	return result > 0 ? FAULT(ENOSPC, "copy of the store") : result;
}

static int make_manifest(struct backup_run *run)
{
	struct registrar *r = run->r;
	struct backup_manifest *m = &run->manifest;
	OWN_MEM char *trial = NULL;

	TRY(store_fact(r->store, "trial", &trial));
	registrar_now(r, m->made);
	(void)snprintf(m->version, sizeof(m->version), "%s", CLASSD_VERSION);
	(void)snprintf(m->unit, sizeof(m->unit), "%s", role_setting(&r->role, "unit", ""));
	(void)snprintf(m->machine, sizeof(m->machine), "%s", r->backup->machine);
	m->is_trial = text_equal(trial, "1");
	m->entries = journal_durable(r->journal);
	run->journal = journal_bytes(r->journal);
	journal_durable_hash(r->journal, m->hash);
	return 0;
}

static int begin_file(struct backup_run *run, const char *name, uint64_t size, enum backup_phase phase)
{
	run->phase = phase;
	run->at = 0;
	run->end = size;
	run->files++;
	return backup_begin(run->out, name, size);
}

/* The store comes first: whoever reads on knows which entry of the journal it must be the state of. */
static int begin_store(struct backup_run *run)
{
	struct stat st;

	if (fstat(run->store, &st) < 0)
		return FAULT(errno, "copy of the store");
	return begin_file(run, BACKUP_STORE, (uint64_t)st.st_size, BACKUP_PHASE_STORE);
}

static int begin_journal(struct backup_run *run)
{
	TRY(backup_end_file(run->out));
	return begin_file(run, BACKUP_JOURNAL, run->journal, BACKUP_PHASE_JOURNAL);
}

/* The copy is whole: what the journal has durable from here on is newer than it, never older. */
static int begin_sending(struct backup_run *run)
{
	struct registrar *r = run->r;
	OWN_BUFFER struct buffer keys = {0};
	struct recipient escrow;

	run->store = open(run->copy_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (run->store < 0)
		return FAULT(errno, "%s", run->copy_path);
	(void)unlink(run->copy_path); /* the descriptor holds it; what stays of a crash goes with the next one */
	TRY(make_manifest(run));
	TRY(backup_read_keys(run->keys, &keys));
	if (!backup_find_escrow(&keys, &escrow))
		return FAULT(EPROTO, "the packed keys have no escrow recipient");
	TRY(backup_writer_new(r->backup->bulk, r->backup->digest, &escrow, 1, &run->out));
	TRY(digest_start(r->backup->whole));
	TRY(backup_add_small_files(run));
	return begin_store(run);
}

static int copy_some(struct backup_run *run)
{
	int result;

	if (database_copy_is_last(run->copy, COPY_PAGES))
		TRY(registrar_settle(run->r)); /* no transaction may be open at the end */
	result = database_copy_step(run->copy, COPY_PAGES);
	if (result == DATABASE_END)
		return begin_sending(run);
	return result > 0 ? FAULT(ENOSPC, "copy of the store") : result;
}

/* ---- sending ---- */

static int end_journal(struct backup_run *run)
{
	TRY(backup_end_file(run->out));
	run->phase = BACKUP_PHASE_SENT;
	return backup_end(run->out);
}

static int read_slice(struct backup_run *run, uint8_t *at, size_t n)
{
	int result;

	if (run->phase == BACKUP_PHASE_JOURNAL)
		return journal_read_bytes(run->r->journal, run->at, at, n);
	result = files_pread_all(&files_linux, run->store, at, n, run->at);
	return result < 0 ? FAULT(-result, "copy of the store") : 0;
}

static int produce(struct backup_run *run)
{
	size_t n = run->end - run->at < SLICE ? (size_t)(run->end - run->at) : SLICE;
	OWN_MEM uint8_t *slice = n > 0 ? malloc(n) : NULL;

	if (run->phase == BACKUP_PHASE_COPY)
		return copy_some(run);
	if (n == 0)
		return run->phase == BACKUP_PHASE_STORE ? begin_journal(run) : end_journal(run);
	if (!slice)
		return FAULT(ENOMEM, "backup");
	TRY(read_slice(run, slice, n));
	run->at += n;
	return backup_add(run->out, bytes_of(slice, n));
}

enum sending { SENDING_BLOCKED = 1, SENDING_GONE };

static int fill_stage(struct backup_run *run, struct buffer *sealed)
{
	ssize_t n = write(run->stage[1], sealed->at, sealed->n);

	if (n < 0)
		return errno == EINTR ? 0 : FAULT(errno, "a pipe");
	run->staged = (size_t)n;
	TRY(digest_add(run->r->backup->whole, bytes_of(sealed->at, (size_t)n)));
	buffer_drop_front(sealed, (size_t)n);
	return 0;
}

/* A write into the client's pipe would wait as soon as he takes O_NONBLOCK off, which he can at any time; a splice is
 * told not to. */
static int send_some(struct backup_run *run)
{
	struct buffer *sealed = run->out ? backup_sealed(run->out) : NULL;

	while (sealed && (run->staged > 0 || sealed->n > 0)) {
		ssize_t n;

		if (run->staged == 0)
			TRY(fill_stage(run, sealed));
		if (run->staged == 0)
			continue;
		n = splice(run->stage[0], NULL, run->pipe, NULL, run->staged, SPLICE_F_NONBLOCK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? SENDING_BLOCKED : SENDING_GONE;
		run->staged -= (size_t)n;
		run->sent += (uint64_t)n;
	}
	return 0;
}

static int on_writable(struct loop_source *source, uint32_t events)
{
	struct backup_run *run = container_of(source, struct backup_run, writable);
	struct registrar *r = run->r;
	int result;

	(void)events;
	result = send_some(run);
	if (result == SENDING_GONE)
		return fail(take_run(r), "reader-gone", "nothing is left of it", "nobody reads the backup any more");
	if (result == 0 && run->phase == BACKUP_PHASE_SENT)
		return succeed(take_run(r));
	if (result == 0)
		result = produce(run);
	return result < 0 ? on_fault(r) : 0;
}

static int on_stalled(struct loop_timer *timer)
{
	struct backup_run *run = container_of(timer, struct backup_run, stalled);

	if (run->sent == run->sent_at_last_look && run->phase != BACKUP_PHASE_COPY)
		return fail(take_run(run->r), "stalled", "read the pipe to its end", "nobody reads the backup");
	run->sent_at_last_look = run->sent;
	return loop_arm(&run->r->role.loop, timer, STALLED_MS, on_stalled);
}

int backup_on_packed_keys(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	struct registrar *r = registrar_of(role);
	struct backup_run *run = r->backup->run;
	int result;

	(void)from;
	(void)fd;
	if (!run || run->phase != BACKUP_PHASE_KEYS || run->id != m->packed_keys.id)
		return 0;
	if (m->packed_keys.outcome != KEY_DONE)
		return on_fault(r);
	result = begin_copy(run);
	if (result == 0)
		result = loop_watch(&role->loop, &run->writable, run->pipe, EPOLLOUT, on_writable);
	return result < 0 ? on_fault(r) : 0;
}

int backup_lost_keeper(struct registrar *r)
{
	struct backup_run *run = r->backup->run;

	if (!run || run->phase != BACKUP_PHASE_KEYS)
		return 0;
	return fail(take_run(r), "keeper-away", "try again in a moment", "the process that holds the keys ended");
}

/* ---- the call ---- */

/* root backs up the machine without being a person: what leaves opens with the escrow only. */
static int may_begin(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int result = api_uid(call) == 0 ? 0 : people_begin(r, call, RIGHT_BACKUP, &c);

	if (result)
		return result;
	if (!role_peer(&r->role, ROLE_KEEPER, -1) || !r->meta_key)
		TRY(api_refuse(call, API_BUSY, "keeper-away", "backup", "try again in a moment",
			       "the process that holds the keys is not there"));
	else if (r->backup->run)
		TRY(api_refuse(call, API_BUSY, "backup-runs", "backup", "wait until it is done",
			       "a backup is being made already"));
	else
		return 0;
	return PEOPLE_ANSWERED;
}

static int take_pipe(struct api_call *call, int *ret)
{
	int64_t i = json_get_int(api_parameters(call), "pipe", -1);
	struct descriptor d;

	if (!api_look_descriptor(call, i, &d) || d.kind != DESCRIPTOR_PIPE || !d.is_writable) {
		TRY(api_refuse(call, API_INPUT, "no-pipe", "pipe", "pass the writing end of a pipe",
			       "that is no pipe to write to"));
		return PEOPLE_ANSWERED;
	}
	*ret = api_take_descriptor(call, i);
	return 0;
}

/* Ciphers come with the first backup: an idle registrar would hold half a MiB of contexts for nothing. */
static int fetch_ciphers(struct backup *b)
{
	if (!b->bulk)
		TRY(bulk_new(&b->bulk));
	if (!b->digest)
		TRY(digest_new(&b->digest));
	return b->whole ? 0 : digest_new(&b->whole);
}

static int new_run(struct registrar *r, struct api_call *call, struct backup_run **ret)
{
	OWNED(backup_run) struct backup_run *run = calloc(1, sizeof(*run));
	const char *person = api_uid(call) == 0 ? NULL : api_person(call);

	if (!run)
		return FAULT(ENOMEM, "backup");
	*run = (struct backup_run){
	    .r = r, .call = call, .uid = api_uid(call), .pipe = -1, .stage = {-1, -1}, .keys = -1, .store = -1};
	run->person = person ? text_copy(person) : NULL;
	run->keys = memfd_create("keys", MFD_CLOEXEC);
	if (run->keys < 0 || pipe2(run->stage, O_CLOEXEC | O_NONBLOCK) < 0)
		return FAULT(errno, "backup");
	if (person && !run->person)
		return FAULT(ENOMEM, "backup");
	*ret = steal(&run);
	return 0;
}

/* Journalled before anything is asked for. */
static int begin(struct backup_run **run)
{
	struct registrar *r = (*run)->r;
	struct frame_pack_keys ask = {0};
	OWN_FD int keys = fcntl((*run)->keys, F_DUPFD_CLOEXEC, 0);
	int result;

	if (keys < 0)
		return FAULT(errno, "backup");
	result = registrar_change(r, run_entry(*run, "begun"));
	TRY(result);
	if (result)
		return api_refuse((*run)->call, API_FAILED, "read-only", "journal", "see classctl status",
				  "what cannot be journalled is not done, and the journal cannot be written");
	ask.id = (*run)->id = registrar_seq(r);
	TRY(loop_arm(&r->role.loop, &(*run)->stalled, STALLED_MS, on_stalled));
	r->backup->run = steal(run);
	return registrar_send(r, ROLE_KEEPER, 0, &frame_type_pack_keys, &ask, steal_fd(&keys));
}

static int create(struct registrar *r, struct api_call *call)
{
	OWNED(backup_run) struct backup_run *run = NULL;
	int result = may_begin(r, call);

	if (result == 0)
		result = fetch_ciphers(r->backup);
	if (result == 0)
		result = new_run(r, call, &run);
	if (result == 0)
		result = take_pipe(call, &run->pipe);
	if (result == 0)
		result = begin(&run);
	return result < 0 ? result : 0;
}

const struct api_method backup_methods[] = {
    {"org.classd.Backup.Create", create, API_MUTATES | API_DESCRIPTORS | API_ANYONE | API_WHEN_FROZEN},
    {"org.classd.Backup.Accept", rollback_method, API_MUTATES | API_WHEN_FROZEN},
    {0},
};

/* ---- the registrar's part ---- */

static void read_machine_id(char ret[64])
{
	OWN_FD int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, 63) : -1;

	ret[n > 0 ? n : 0] = '\0';
	ret[strspn(ret, "0123456789abcdef")] = '\0';
}

int backup_new(struct registrar *r)
{
	struct backup *b = r->backup = calloc(1, sizeof(*b));

	if (!b)
		return FAULT(ENOMEM, "backup");
	read_machine_id(b->machine);
	return 0;
}

void backup_free(struct registrar *r)
{
	struct backup *b = r->backup;

	if (!b)
		return;
	run_free(b->run);
	bulk_free(b->bulk);
	digest_free(b->digest);
	digest_free(b->whole);
	free(b);
	r->backup = NULL;
}

/*
 * Making a sealed file: a nameless temporary gets its
 * payload first, its header last, and is proved by reading it back.
 */
#include "sealer/job.h"

#include "system/acl.h"
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define WRITE_PIECE ((uint64_t)8 << 20)

static int make_header(struct sealer *s, struct job *j, const struct sealed_record *record, const struct level_key *key)
{
	OWN_BUFFER struct buffer list = {0};
	struct envelope_plan plan = {
	    .file_key = j->file_key,
	    .recipients = key->recipients,
	    .n_recipients = array_n(key->recipients),
	    .nonce = j->kind == JOB_REWRAP && !j->reencrypt ? j->from->envelope.nonce : NULL,
	    .level_hidden = strstr(j->args, " - ") != NULL,
	};
	int r = j->is_rekey ? 0 : sealed_record_format(record, &list);

	identity_key_id(&key->recipients[1], j->escrow);
	(void)s;
	TRY(r);
	if (r == SEALED_RECORD_TOO_LARGE)
		return job_fail(j, SEAL_REFUSED,
				"record, access list and attributes are more than a sealed file carries");
	if (r > 0)
		return job_fail(j, SEAL_FAILED, "the record cannot be written into a sealed file (%d)", r);
	r = facts_note(j, record);
	if (r != 0)
		return r;
	plan.record = buffer_bytes(j->is_rekey ? &j->record : &list); /* byte for byte as it was */
	r = envelope_write(&plan, &j->header);
	TRY(r);
	if (r > 0)
		return job_fail(j, SEAL_FAILED, "header: %s", envelope_outcome_text(r));
	TRY(envelope_payload_key_of(buffer_bytes(&j->header), j->file_key, &j->payload_key));
	return 0;
}

/* What was asked for ("<uuid> <version> <level> <policy>") must be what the label in the record says. */
static int check_header(struct job *j)
{
	struct envelope e;
	int r = envelope_parse(buffer_bytes(&j->header), &e);
	OWN_BUFFER struct buffer args = {0};
	bool same;

	TRY(r);
	if (r > 0)
		return job_fail_envelope(j, r);
	buffer_add_format(&args, "%s %llu %s %s", e.args.record, (unsigned long long)e.args.version, e.args.level,
			  e.args.policy);
	same = bytes_equal_text(buffer_bytes(&args), j->args);
	memcpy(j->header_mac, e.header.mac, sizeof(j->header_mac));
	memcpy(j->key_id, e.args.key_id, sizeof(j->key_id));
	envelope_done(&e);
	TRY(buffer_check(&args));
	return same ? 0 : job_fail(j, SEAL_FAILED, "the label in the record is not the one that was asked for");
}

/* Where a file cannot be without a name: one in .classd that is the intent's, and goes with the job. */
static int open_named(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	struct open_how how = {.flags = O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, .mode = 0600, .resolve = SAFE_RESOLVE};
	char name[32];
	int r;

	place_name(j, "tmp", name);
	r = f->unlink(f, j->target_root->classd, name); /* of a try that was killed */
	if (r != 0 && r != -ENOENT)
		return r;
	r = f->open(f, j->target_root->classd, name, &how);
	j->has_temp_name = r >= 0;
	return r;
}

void write_drop_name(struct sealer *s, struct job *j)
{
	char name[32];

	if (!j->has_temp_name)
		return;
	place_name(j, "tmp", name);
	(void)s->files->unlink(s->files, j->target_root->classd,
			       name); /* what stays is a second name of a whole file */
	j->has_temp_name = false;
}

static int open_temporary(struct sealer *s, struct job *j, const struct acl *acl)
{
	const struct files *f = s->files;
	struct open_how how = {.flags = O_TMPFILE | O_RDWR, .mode = 0600};
	uint64_t length = j->header.n + age_payload_length(j->length);
	struct stat stat;
	int r = j->temp = f->open(f, j->target_root->classd, ".", &how);

	if (r == -EOPNOTSUPP || r == -EISDIR)
		r = j->temp = open_named(s, j);
	if (r >= 0)
		r = f->stat(f, j->temp, &stat);
	if (r == 0 && acl)
		r = f->set_acl(f, j->temp, acl);
	if (r == -EOPNOTSUPP) /* no access lists here: the mode alone, owner only, is the safe side */
		r = 0;
	if (r == 0 && j->length >= SEALER_LARGE) /* a full disk is known now, not after a gigabyte */
		r = f->reserve(f, j->temp, length);
	if (r == -EOPNOTSUPP)
		r = 0;
	if (r != 0)
		return job_fail_io(j, r, "temporary file");
	j->temp_ino = stat.st_ino;
	return 0;
}

int write_open(struct sealer *s, struct job *j, const struct sealed_record *record, const struct level_key *key,
	       const struct acl *acl)
{
	int r = make_header(s, j, record, key);

	if (r == 0)
		r = check_header(j);
	if (r == 0)
		r = open_temporary(s, j, acl);
	return r;
}

/* Hints, so that the disk works while we compute: what lies a little behind goes to it now. The piece just written is
 * left alone, for the next one ends in its last page. */
static void keep_writing(struct sealer *s, struct job *j, uint64_t end)
{
	uint64_t piece = end / WRITE_PIECE;

	if (j->length < SEALER_LARGE || piece < 2 || end % WRITE_PIECE >= SEALER_SLICE_CHUNKS * AGE_SEALED_CHUNK)
		return;
	(void)s->files->start_writing(s->files, j->temp, (piece - 2) * WRITE_PIECE, WRITE_PIECE);
}

int write_slice(struct sealer *s, struct job *j, size_t n)
{
	size_t chunks = (size_t)age_chunk_count(n), length = n + chunks * AGE_TAG;
	uint64_t first = j->at / AGE_CHUNK, place = j->header.n + first * AGE_SEALED_CHUNK;
	int r;

	TRY(bulk_set_key(s->bulk, j->payload_key));
	for (size_t i = 0; i < chunks; i++) {
		size_t m = i + 1 < chunks ? AGE_CHUNK : n - i * AGE_CHUNK;
		bool last = j->at + n == j->length && i + 1 == chunks;

		TRY(bulk_seal_chunk(s->bulk, first + i, last, bytes_of(s->plain + i * AGE_CHUNK, m),
				    s->sealed + i * AGE_SEALED_CHUNK));
	}
	j->is_written = length == age_payload_length(j->length) && j->header.n <= SEALER_HEADER_ROOM;
	if (j->is_written) { /* a small file: header and content at once */
		memcpy(s->sealed - j->header.n, j->header.at, j->header.n);
		r = files_pwrite_all(s->files, j->temp, s->sealed - j->header.n, j->header.n + length, 0);
	} else {
		r = files_pwrite_all(s->files, j->temp, s->sealed, length, place);
	}
	if (r != 0)
		return r;
	keep_writing(s, j, place);
	j->at += n;
	memcpy(j->last_tag, s->sealed + length - AGE_TAG, AGE_TAG);
	return 0;
}

int write_verify_slice(struct sealer *s, struct job *j)
{
	struct sealed_source self = {.fd = j->temp, .plain_length = j->length};
	size_t n;
	int r;

	self.envelope.payload_at = j->header.n;
	if (j->length >= SEALER_LARGE && j->at % WRITE_PIECE == 0)
		(void)s->files->advise(s->files, j->temp, j->at + WRITE_PIECE, WRITE_PIECE, POSIX_FADV_WILLNEED);
	TRY(bulk_set_key(s->bulk, j->payload_key));
	r = source_check_slice(s, &self, j->at, &n);
	if (r == 0)
		j->at += n;
	return r;
}

static int verify_large(struct sealer *s, struct job *j)
{
	int r = write_verify_slice(s, j);

	if (r < 0)
		return job_fail_read(j, r, "reading back");
	if (r > 0)
		return job_fail(j, SEAL_DAMAGED, "what was read back is not what was written");
	if (j->at < j->length)
		return STEP_AGAIN;
	j->read_back = true;
	return group_join(s, j);
}

int write_finish(struct sealer *s, struct job *j)
{
	const struct files *f = s->files;
	int r = j->is_written ? 0 : files_pwrite_all(f, j->temp, j->header.at, j->header.n, 0);

	if (r != 0)
		return job_fail_io(j, r, "writing");
	j->at = 0;
	if (j->length < SEALER_LARGE)
		return group_join(s, j);
	s->flushes++;
	r = f->sync(f, j->temp);
	if (r != 0)
		return job_fail_io(j, r, "sync");
	j->synced = true;
	(void)f->advise(f, j->temp, 0, 0,
			POSIX_FADV_DONTNEED); /* the proof shall come from the disk, not from memory */
	(void)f->advise(f, j->temp, 0, 0, POSIX_FADV_SEQUENTIAL);
	j->step = verify_large;
	return STEP_AGAIN;
}

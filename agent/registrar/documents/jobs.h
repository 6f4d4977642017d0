/*
 * The registrar's work with watcher, sealer and keeper: sealing, new labels,
 * reading, checkouts. A job is an intent in the store, journalled before the
 * first message about it leaves (DESIGN 12); the messages of an intent may be
 * repeated as often as processes die, the result is the same. Label text, sealed
 * record (TLV) and clear arguments of a seal or rewrap come from labels_seal()
 * (labels.h), which knows the signed label; nobody else makes one.
 */
#ifndef REGISTRAR_JOBS_H
#define REGISTRAR_JOBS_H

#include "registrar/api/api.h"
#include "registrar/registrar.h"
#include "registrar/store/store.h"

int jobs_new(struct registrar *r) MUST_CHECK; /* sets r->jobs */
void jobs_free(struct jobs *jobs);
/* Once, when the metadata key is there: takes up what the store's open intents and unsealed documents say. */
int jobs_begin(struct registrar *r) MUST_CHECK;
/* A sealer or the keeper is back: what nobody works on is sent again. */
int jobs_resume(struct registrar *r) MUST_CHECK;
/* Journal and store take writing again: what was to be written last may be lost, so all is as after a start, but sealers
 * still have what they were sent. */
int jobs_writable_again(struct registrar *r) MUST_CHECK;
/* How an outcome of the sealer (enum seal_outcome) is called in the journal, and said to people. */
const char *jobs_outcome_name(uint8_t outcome);
const char *jobs_outcome_text(uint8_t outcome);
/* Keys that were locked are open: what waits for them goes on. */
int jobs_unlocked(struct registrar *r) MUST_CHECK;
/* Reads of whoever may not read any more end: refused, and the pipe is closed with what it has got by then. */
int jobs_cut(struct registrar *r) MUST_CHECK;
int jobs_lost_sealer(struct registrar *r, int index) MUST_CHECK;

/*
 * The document of this record is to be sealed as it is now (DESIGN 7: as soon as no writer has it open). If the record
 * names a digest of marked bytes, only those bytes are sealed. Asking again for what is under way changes nothing.
 * 0; REGISTRAR_READ_ONLY; or a fault.
 */
int jobs_seal(struct registrar *r, const char *number) MUST_CHECK;
/*
 * The same for a record that is just being made: the intent is part of the entry that makes it. _begin adds it to the
 * entry, where record, label and document are already; if nothing is in the way of sealing that file at once, which
 * has settled and was looked at, else ret->job stays NULL. _end after the entry was written (is_done), or was not.
 */
struct jobs_start {
	struct job *job;
	char *text, *meta;
};
int jobs_start_begin(struct registrar *r, const struct record *record, const struct store_seen *seen,
		     struct json *entry, struct jobs_start *ret) MUST_CHECK;
int jobs_start_end(struct jobs_start *start, const struct record *record, bool is_done) MUST_CHECK;
/*
 * The record's label has changed (decided, returned, other protection): the sealed file gets a header with the present
 * label; protection lower than the file's key re-encrypts. Seals it when it is not sealed yet.
 */
int jobs_relabel(struct registrar *r, const char *number) MUST_CHECK;

/* The file at that place is the next content of the record: sealed when it has settled. A file below a root of
 * checkouts stays, any other is taken. */
int jobs_content(struct registrar *r, const char *number, uint32_t root, const char *path) MUST_CHECK;
/* A document that lies in clear was looked at: what other content makes of its record. */
int jobs_seen_in_clear(struct registrar *r, const char *number, const struct store_seen *seen) MUST_CHECK;
/* The watcher or an inspector said something new of the record's file: a job that waits looks again. */
int jobs_file_moved_on(struct registrar *r, const char *number) MUST_CHECK;

/* The watcher says of the name that it is gone, or there (again). True: the sealer is just taking the plaintext of that
 * name, and what has become of it is seen to when it says so. */
bool jobs_note_name(struct registrar *r, uint32_t root, const char *path, bool is_gone);

enum sealing {
	SEALING_NONE,
	SEALING_WANTED,
	SEALING_STILL_OPEN,
	SEALING_UNDER_WAY,
	SEALING_SEALED,
	SEALING_FAILED,
	SEALING_DESTROYED
};						       /* sealed to a key that is no more */
bool jobs_are_under_way(const struct registrar *r);    /* anything at all is being sealed, or gets another key */
bool jobs_are_flying(const struct registrar *r);       /* the first of the two */
uint64_t jobs_flying_since(const struct registrar *r); /* its oldest entry in the journal; UINT64_MAX: nothing is */
bool jobs_has(const struct registrar *r, const char *number);
/* Is its content on the way to somebody, or its file back to its name? */
bool jobs_is_read(const struct registrar *r, const char *number); /* something is to be done to its document */
/* "none" "wanted" "still-open" "sealing" "sealed" "failed" "destroyed" */
const char *sealing_name(enum sealing sealing);
/* How far it is; ret_detail (may be NULL) is one sentence or "", borrowed until the next change. */
enum sealing jobs_sealing(struct registrar *r, const char *number, const char **ret_detail);

/* For how many minutes a program has kept its document from being sealed. */
uint32_t jobs_open_minutes(struct registrar *r, const char *number);
/* The finding of each that was open for longer than the pack allows: asked now and then. */
int jobs_tell_open(struct registrar *r) MUST_CHECK;

/*
 * Content to a client's pipe. The caller has checked authority; the reading is journalled before the grant leaves (I4).
 * `to` is taken. The call is answered with the reply of Documents.Read or a refusal.
 */
struct jobs_reading {
	const char *number;
	const char *person;
	const char *purpose; /* "open" "cat" "unseal" "verify" */
	const char *reason;  /* may be NULL */
	int64_t consent;     /* of the originator, which it uses up; 0: none is needed */
	bool knows;	     /* the pack has it registered who knows it; set by jobs_read() */
};
int jobs_read(struct registrar *r, struct api_call *call, const struct jobs_reading *what, int to) MUST_CHECK;
/*
 * Label and record of the record's sealed file, read from the file itself for then(), which answers the call. `with` is
 * taken: then() gets it, or it is freed. The reading is journalled like any other.
 */
typedef int (*jobs_header_fn)(struct registrar *r, struct api_call *call, const struct store_document *document,
			      const struct frame_opened *opened, struct json *with);
int jobs_header(struct registrar *r, struct api_call *call, const struct jobs_reading *what, jobs_header_fn then,
		struct json *with) MUST_CHECK;
/* Links the kept file of the record's newest content back to its name; answers the call as Documents.Restore does. */
int jobs_restore(struct registrar *r, struct api_call *call, const char *number, const char *person) MUST_CHECK;

/* The file's name in a path. */
const char *jobs_last_part(const char *path);

/* Frames; rows of main.c. */
int jobs_on_published(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int jobs_on_disposed(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int jobs_on_unsealed(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int jobs_on_opened(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int jobs_on_restored(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif

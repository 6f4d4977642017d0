/*
 * The store: an SQLite index of the journal, rebuilt from it whenever it is
 * missing or damaged (DESIGN 12). Everything but the `seen` rows changes only
 * through registrar_change() and apply.h; here is reading, as domain structs.
 *
 * Loaded things own their texts and are freed whole. Lists call back with
 * things that live until the callback returns; what it returns other than 0
 * ends the list: a fault is passed on, anything positive is STORE_STOP.
 */
#ifndef REGISTRAR_STORE_H
#define REGISTRAR_STORE_H

#include "base/text.h"
#include "domain/finding.h"
#include "library/sqlite.h"
#include "registrar/store/cells.h"
#include "registrar/store/store_documents.h"

#define STORE_NUMBER_MAX    16 /* "2026-000123" and NUL, with room */
#define STORE_NO_LIMIT	    INT64_MAX
#define STORE_RECIPIENT_MAX 64 /* "age1…" and NUL, with room */

struct store;

enum store_outcome {
	STORE_NOT_FOUND = 1,
	STORE_STOP,
	STORE_BAD,   /* not a database, or damaged */
	STORE_NEWER, /* made by a later version */
	STORE_FULL,  /* no space: the row is not there; of a seen file the next scan tells again */
};

/* path: of the file, "…/store.db"; ":memory:" in tests. Migrates, with a copy beside it before each step. */
int store_open(const char *path, struct store **ret) MUST_CHECK;
/* A store as an earlier version made it, for tests of migration. */
int store_make_version(const char *path, size_t version) MUST_CHECK;
void store_close(struct store *s);
DEFINE_OWNED(store, struct store, store_close);
/* Whether somebody found it damaged while it was in use. */
bool store_is_marked(const char *path);
/* Moves a bad store and its side files away as "….bad-TIME", so that a new one can be made; the mark goes with them. */
int store_quarantine(const char *path, const char *time) MUST_CHECK;
/* 0 or STORE_BAD. Of one whose pages carry checksums nothing needs to be asked: damage is found where it is read. */
int store_check(struct store *s, struct buffer *ret_detail) MUST_CHECK;
/* From now on damage is a fault that ends the process, and marked, so that the next start makes the store anew. */
int store_watch(struct store *s, const char *path) MUST_CHECK;
/* n pages from the page-th on, which moves on. STORE_NOT_FOUND: that was all. */
int store_look_through(struct store *s, uint64_t *page, uint32_t n) MUST_CHECK;
/* The key for sealed columns, borrowed; NULL: they read as NULL. */
void store_set_meta_key(struct store *s, const struct secret *meta);
const struct secret *store_meta_key(const struct store *s);
struct database *store_database(struct store *s);

/* How far the journal has been applied, and the hash of that entry; written in the same transaction. */
int store_applied(struct store *s, uint64_t *ret_seq, char ret_hash[2 * SHA256_BYTES + 1]) MUST_CHECK;
int store_set_applied(struct store *s, uint64_t seq, const char *hash) MUST_CHECK;
/* Facts of the machine: "zone", "pack", "trial" … ret: malloc'ed; STORE_NOT_FOUND. */
int store_fact(struct store *s, const char *key, char **ret) MUST_CHECK;
/* One text of everything that comes from the journal, table by table, for comparing two stores. */
int store_dump(struct store *s, struct buffer *ret) MUST_CHECK;

/* The rows that a statement (a literal) gives, one line each, for the same. */
int store_rows(struct store *s, const char *sql, const struct value *values, size_t n, struct buffer *ret) MUST_CHECK;
/* The row of a record, or those of its earlier versions: but for the day of what is due next, which is of the index. */
int store_record_rows(struct store *s, const char *number, bool earlier, struct buffer *ret) MUST_CHECK;

/* ---- records ---- */

int store_record_load(struct store *s, const char *number, struct record **ret) MUST_CHECK; /* or STORE_NOT_FOUND */
/* is_bare: for rules, which ask for no personal texts; it is never written. */
int store_record_load_bare(struct store *s, const char *number, struct record **ret) MUST_CHECK;
int store_record_load_version(struct store *s, const char *number, uint32_t version, struct record **ret) MUST_CHECK;
int store_record_by_id(struct store *s, const char *uuid, struct record **ret) MUST_CHECK;
/* The record whose sealed file has that inode (its kept link holds it); a plaintext is found by store_seen_by_file().
 */
int store_record_by_file(struct store *s, uint64_t dev, uint64_t ino, struct record **ret) MUST_CHECK;
int store_record_by_path(struct store *s, uint32_t root, const char *path, struct record **ret) MUST_CHECK;
void store_record_free(struct record *record);
DEFINE_OWNED(record, struct record, store_record_free);
/* The next free number of the year; taken when a record with it is applied. */
int store_next_number(struct store *s, int year, char ret[STORE_NUMBER_MAX]) MUST_CHECK;
int store_record_count(struct store *s, int64_t *ret) MUST_CHECK;
/* Proposals that wait for that person. */

struct store_record_filter {
	uint32_t states;	 /* bits 1u << enum record_state; 0: all */
	const char *drafter;	 /* NULL: any */
	const char *responsible; /* NULL: any */
	bool requested;		 /* a change, extension or release is asked for */
	const char *after;	 /* only numbers after it; NULL: from the first */
	int64_t limit;		 /* 0: 100 */
};
typedef int (*store_record_fn)(const struct record *record, void *arg);
int store_record_list(struct store *s, const struct store_record_filter *filter, store_record_fn each,
		      void *arg) MUST_CHECK;

/*
 * Records on which anything is due on or before that day, oldest first. The callback may change records through
 * registrar_change(): the numbers are read ahead in groups. A record comes again only when its day
 * moved forward and is still not after until.
 */
int store_due(struct store *s, struct date until, int64_t limit, store_record_fn each, void *arg) MUST_CHECK;
/* The same in parts: where it stands; begin with {0}. */
struct store_due_at {
	char due[11], number[STORE_NUMBER_MAX + 16];
	bool is_over;
};
int store_due_go(struct store *s, struct date until, struct store_due_at *at, int64_t limit, store_record_fn each,
		 void *arg) MUST_CHECK;
int store_due_count(struct store *s, struct date until, int64_t *ret) MUST_CHECK;
/* The first day on which anything is due of that record ("": none), in the index only: the journal has what counted when it
 * was written. Between mark and release many cost one write. */
int store_mark(struct store *s) MUST_CHECK;
int store_set_due(struct store *s, const char *number, const char *due) MUST_CHECK;
int store_set_fact(struct store *s, const char *key, const char *value) MUST_CHECK; /* of the index itself */
int store_release(struct store *s) MUST_CHECK;
int store_return(struct store *s) MUST_CHECK; /* nothing since the mark counts */
int store_due_next(struct store *s, struct date *ret) MUST_CHECK; /* the earliest; unset: none */

/* What counts of each record that has not ended: decided, else proposed. Texts live as long as the call. */
struct store_classified {
	int64_t row; /* where to go on */
	const char *number, *pack, *level, *item, *term;
	struct date start;
};
typedef int (*store_classified_fn)(const struct store_classified *c, void *arg);
/* At most limit of those behind that row, in the order of rows. A positive result of the callback stops it. */
int store_classified(struct store *s, int64_t after, int64_t limit, store_classified_fn each, void *arg) MUST_CHECK;

/* How many events of that act the records of each item have: approve, correct, return, referrals, disputes. */
typedef int (*store_item_count_fn)(const char *item, const char *act, int64_t n, void *arg);
int store_item_counts(struct store *s, store_item_count_fn each, void *arg) MUST_CHECK;
/* The same for the ready reasons of returns: their codes stand for the act; the most frequent of an item first. */
int store_item_whys(struct store *s, store_item_count_fn each, void *arg) MUST_CHECK;

/* What was said and signed of a version: kind "label", "issue". Newest first. */
struct store_label {
	const char *number, *kind, *text, *signature, *salt, *digest, *space, *time, *person;
	uint32_t version;
	uint64_t seq;
};
typedef int (*store_label_fn)(const struct store_label *label, void *arg);
int store_label_list(struct store *s, const char *number, const char *kind, store_label_fn each, void *arg) MUST_CHECK;

struct store_event {
	uint64_t seq;
	const char *time, *person, *act, *note; /* note: reason, in clear */
	const char *number;
	uint32_t version;
};
typedef int (*store_event_fn)(const struct store_event *event, void *arg);
int store_event_list(struct store *s, const char *number, store_event_fn each, void *arg) MUST_CHECK;
/* What the person has read or taken out, oldest first; without notes. */
struct store_reading_filter {
	const char *person;
	uint64_t after; /* seq */
	int64_t limit;	/* 0: 100 */
};
int store_reading_list(struct store *s, const struct store_reading_filter *filter, store_event_fn each,
		       void *arg) MUST_CHECK;

/* ---- what is seen ---- */

/* A file as the watcher and inspector see it: not journalled, forgotten with the store, found again by a scan. */
struct store_seen {
	int64_t id;
	uint32_t root;
	const char *path;
	uint64_t dev, ino, generation, size, mtime_ns, ctime_ns;
	uint32_t uid, mode, nlink;
	uint8_t event, kind, ours; /* as in the frame; event: the last */
	bool inspected;		   /* what follows is of this inode, size and mtime */
	uint64_t looked_with; /* by which program and pack (pack.c) */
	const char *sha256, *type, *mark, *mark_level, *mark_term, *item, *level, *matches, *sealed_args;
	const char *foreign;	/* labels of other systems, as in the frame */
	const char *first_seen; /* RFC 3339, set at the first sight */
	const char *number; /* the record whose document, sealed or in clear, this inode is; NULL: none. Read only */
};
/* A file of which nothing else in the store speaks: no document by inode, name (with or without ".age") or content, no
 * finding, no seal. */
struct store_plain {
	int64_t id;
	bool inspected, is_plain;
	char first_seen[32];
};
/* What came of telling of a file: the row did not say this before, and then, whether it is plain. */
struct store_told {
	bool is_news;
	struct store_plain plain; /* first_seen is not set */
};
/* New or changed; inspection results are kept while inode, size and mtime stay the same. Needs the metadata key. */
int store_seen_put(struct store *s, const struct store_seen *seen, struct store_told *ret) MUST_CHECK;
/* An entry was applied: the store may speak of more files than it did. */
void store_speaks(struct store *s);
/* To be called before a commit: how many files and records of a kind there are is written once for many. */
int store_counts_write(struct store *s) MUST_CHECK;
/* Only the inspection's fields; STORE_NOT_FOUND when inode, size or mtime differ by now. */
int store_seen_inspected(struct store *s, const struct store_seen *seen) MUST_CHECK;
int store_seen_remove(struct store *s, uint32_t root, const char *path) MUST_CHECK;
/* The row of that name goes if it is about that inode (dev, ino). */
int store_seen_take(struct store *s, const struct store_seen *f, bool *ret_taken) MUST_CHECK;
/* It was looked at, and its digest is what it was: what was found holds. STORE_NOT_FOUND: it is not, or as above. */
int store_seen_same(struct store *s, const struct store_seen *seen) MUST_CHECK;
/* How many names of the root are on that device. */
int store_seen_count_on(struct store *s, uint32_t root, uint64_t dev, int64_t *ret) MUST_CHECK;
/* Every file of the root is to be inspected once more; until then what was found in it holds. */
int store_seen_anew(struct store *s, uint32_t root) MUST_CHECK;

/*
 * Listing a folder ("" is the root): between begin and end store_seen_put() of its files costs nothing where nothing
 * changed; end calls gone() for every file that was not put meanwhile. STORE_NOT_FOUND: it was undone meanwhile.
 * One at a time.
 */
int store_listing_begin(struct store *s, uint32_t root, const char *path) MUST_CHECK;
int store_listing_end(struct store *s, int (*gone)(const char *path, void *arg), void *arg) MUST_CHECK;
/* Files were known and none was put so far. */
bool store_listing_is_bare(const struct store *s);
int store_listing_leave(struct store *s) MUST_CHECK; /* ends it, and nothing follows */
/* A scan that lists every folder of the root. _end, as often as *ret_gone is not 0: a folder that was not listed, to be
 * removed. STORE_NOT_FOUND: something of it was undone, nothing follows. */
int store_pass_begin(struct store *s, uint32_t root) MUST_CHECK;
int store_pass_end(struct store *s, uint32_t root, int64_t *ret_gone) MUST_CHECK;
/* The name, or the folder with all beneath it, counts as met by the running listing and scan: nobody could look. */
int store_seen_keep(struct store *s, uint32_t root, const char *path) MUST_CHECK;
int store_folder_find(struct store *s, uint32_t root, const char *path, int64_t *ret) MUST_CHECK; /* STORE_NOT_FOUND */
/* With all beneath it, files too. */
int store_folder_remove(struct store *s, int64_t folder) MUST_CHECK;

struct store_seen_filter {
	uint32_t root;	   /* 0: all */
	const char *below; /* directory of that root, "" or NULL: all */
	uint32_t uid;	   /* with by_uid */
	bool by_uid;
	bool unrecorded;
	bool known;    /* ours, or with a digest */
	bool clear;    /* regular files that are not ours; not with below */
	int64_t after; /* id */
	int64_t limit; /* 0: 100 */
};
typedef int (*store_seen_fn)(const struct store_seen *seen, void *arg);
int store_seen_list(struct store *s, const struct store_seen_filter *filter, store_seen_fn each, void *arg) MUST_CHECK;
int store_seen_find(struct store *s, uint32_t root, const char *path, store_seen_fn each, void *arg) MUST_CHECK;
int store_seen_by_file(struct store *s, uint64_t dev, uint64_t ino, store_seen_fn each, void *arg) MUST_CHECK;
int store_seen_names(struct store *s, uint64_t dev, uint64_t ino, store_seen_fn each, void *arg) MUST_CHECK; /* all */
int store_seen_plain(struct store *s, uint32_t root, const char *path, struct store_plain *ret) MUST_CHECK;
/* Files in the folder and beneath that are not plain, but for names beside a sealed one; or all. */
int store_seen_below(struct store *s, int64_t folder, bool all, store_seen_fn each, void *arg) MUST_CHECK;
/* Files that wait for an inspector, by id: only id, root, path, dev and ino are set; of one that is to be looked at once
 * more sha256 and looked_with, too. */
int store_seen_due(struct store *s, int64_t after, int64_t limit, store_seen_fn each, void *arg) MUST_CHECK;
int store_seen_count(struct store *s, uint32_t root, bool unrecorded, int64_t *ret) MUST_CHECK;

/* ---- people ---- */

struct store_key {
	const char *fingerprint, *kind, *line; /* line: "ssh-ed25519 AAAA…" */
	const char *registered, *revoked;      /* dates; revoked "" : valid */
	const char *confirmed_by;	       /* NULL: pending */
	struct date confirmed_on;	       /* unset: pending, or vouched for by an earlier key */
	bool is_confirmed;
};
/* Age recipients stand among a person's keys, too: they unlock (keys/unlock.h) and sign nothing. */
static inline bool store_key_signs(const struct store_key *key)
{
	return key->is_confirmed && text_is_empty(key->revoked) && !text_equal(key->kind, "unlock");
}
static inline const char *store_key_state(const struct store_key *key)
{
	return !text_is_empty(key->revoked) ? "revoked" : key->is_confirmed ? "valid" : "pending";
}
struct store_training {
	struct training training;
	const char *content;
	const char *entered;
};
struct store_person {
	struct person person; /* for authority.h */
	const char *login;
	struct texts departments, roles; /* role names of the API */
	bool is_confirmed;
	const char *entered_by, *confirmed_by; /* confirmed_by NULL: none needed or pending */
	bool has_change;		       /* a change waits for its second person … */
	const char *change_by, *change;	       /* … entered by; what, as JSON with sealed fields */
	struct appointment *appointments;      /* id: decimal text */
	const struct texts *levels;	       /* of each appointment, as entered */
	size_t n_appointments;
	struct training *trainings;    /* for authority.h */
	struct store_training *taught; /* the same with content */
	size_t n_trainings;
	struct store_key *keys;
	size_t n_keys;
};
int store_person_load(struct store *s, const char *id, struct store_person **ret) MUST_CHECK;
/* Appointments, not ended before their day, of who stands in for that person. */
typedef int (*store_stand_in_fn)(const char *person, int64_t appointment, void *arg);
int store_stand_in_list(struct store *s, const char *principal, store_stand_in_fn each, void *arg) MUST_CHECK;
/* Who that uid is on that day: confirmed, and valid then. STORE_NOT_FOUND */
int store_person_by_uid(struct store *s, uint32_t uid, struct date on, struct store_person **ret) MUST_CHECK;
/* Whose uid that was last, in force or not. STORE_NOT_FOUND */
int store_person_of_uid(struct store *s, uint32_t uid, struct store_person **ret) MUST_CHECK;
int store_person_by_login(struct store *s, const char *login, struct store_person **ret) MUST_CHECK;
/* The holder of that key: revoked and pending ones too. */
int store_person_by_key(struct store *s, const char *fingerprint, struct store_person **ret) MUST_CHECK;
/*
 * Was that key of the person good on that day ("2026-03-01", a time may follow; NULL or "-": unknown)? NULL, or why
 * not. What was signed on the day of the revocation stays good: the registrar refused the key from that moment on, and
 * a day is all that a label says. An unknown day is after every revocation.
 */
const char *store_key_fault(const struct store_person *p, const char *fingerprint, const char *day);
void store_person_free(struct store_person *p);
DEFINE_OWNED(store_person, struct store_person, store_person_free);
/* Names of roles to bits of enum actor; categories "core" "important" "general" "none". */
unsigned store_role_bits(struct texts roles);
const char *store_category_name(enum post post);
bool store_category_find(const char *name, enum post *ret);
typedef int (*store_person_fn)(const struct store_person *p, void *arg);
/* pending: something of him waits for a second person. */
int store_person_list(struct store *s, bool pending, store_person_fn each, void *arg) MUST_CHECK;
struct store_person_filter {
	bool pending;
	const char *after; /* only ids after it; NULL: from the first */
	int64_t limit;	   /* 0: 100 */
};
int store_person_page(struct store *s, const struct store_person_filter *filter, store_person_fn each,
		      void *arg) MUST_CHECK;
int store_person_exists(struct store *s, const char *id) MUST_CHECK; /* 0 or STORE_NOT_FOUND */
/* In force on that day, confirmed, of anybody who covers the department; for "who may decide this". */
int store_department_exists(struct store *s, const char *department) MUST_CHECK; /* 0 or STORE_NOT_FOUND */

/* ---- folders, findings, intents, checkouts, sweeps ---- */

struct store_defaults {
	uint32_t root;
	const char *path, *item, *level, *responsible, *type, *set_by;
	struct texts scope;
};
typedef int (*store_defaults_fn)(const struct store_defaults *d, void *arg);
int store_defaults_list(struct store *s, store_defaults_fn each, void *arg) MUST_CHECK;
/* Those of every directory above, the nearest first. */
int store_defaults_above(struct store *s, uint32_t root, const char *path, store_defaults_fn each,
			 void *arg) MUST_CHECK;
/* The nearest directory above that has some. STORE_NOT_FOUND */
int store_defaults_for(struct store *s, uint32_t root, const char *path, store_defaults_fn each, void *arg) MUST_CHECK;

struct store_finding {
	int64_t id;
	enum finding_code code;
	enum severity severity;
	enum owner owner;
	const char *number, *path, *evidence, *person, *subject; /* NULL: not about one */
	uint32_t root;
	struct date since, due;
	const char *state; /* "open" "corrected" "dismissed" */
	const char *closed_by, *closed_note, *closed_at;
};
struct store_finding_filter {
	const char *state;	/* NULL: all */
	enum finding_code code; /* FINDING_NONE: all */
	const char *number;
	int64_t after, limit; /* limit 0: 100 */
};
typedef int (*store_finding_fn)(const struct store_finding *f, void *arg);
int store_finding_list(struct store *s, const struct store_finding_filter *filter, store_finding_fn each,
		       void *arg) MUST_CHECK;
/* The open ones of a record, by age; each has its id, code and since, and nothing else. */
int store_finding_open_of(struct store *s, const char *number, store_finding_fn each, void *arg) MUST_CHECK;
int store_finding_load(struct store *s, int64_t id, store_finding_fn each, void *arg) MUST_CHECK;
/* The open finding of that code about the same record, file or subject (the first that is given); 0: none. */
struct store_about {
	const char *number;
	uint32_t root;
	const char *path;
	const char *subject;
};
/* Whether any record has an open finding of that code. */
int store_finding_any(struct store *s, enum finding_code code, int64_t *ret) MUST_CHECK;
int store_finding_open_id(struct store *s, enum finding_code code, const struct store_about *about,
			  int64_t *ret) MUST_CHECK;
int store_finding_any_at(struct store *s, uint32_t root, const char *path, bool *ret) MUST_CHECK; /* open ones */
int store_finding_count(struct store *s, int64_t *ret_open) MUST_CHECK;

struct store_intent {
	uint64_t id;			   /* the number of its journal entry */
	const char *kind, *number;
	struct json_view body;
};
typedef int (*store_intent_fn)(const struct store_intent *intent, void *arg);
int store_intent_list(struct store *s, const char *number, store_intent_fn each, void *arg) MUST_CHECK; /* open ones */
int store_intent_load(struct store *s, uint64_t id, store_intent_fn each, void *arg) MUST_CHECK;

/* ---- keys of levels ---- */

struct store_epoch {
	const char *key_id, *level, *epoch;
	const char *since;	/* when it was first heard of */
	const char *state;	/* "open" "retired" "destroyed" */
	const char *changed;	/* since when it is in that state */
	const char *destroy_by; /* who proposed to destroy it; NULL: nobody … */
	const char *destroy_on; /* … that day … */
	int64_t destroy_files;	/* … with so many files still sealed to it */
};
typedef int (*store_epoch_fn)(const struct store_epoch *e, void *arg);
int store_epoch_list(struct store *s, store_epoch_fn each, void *arg) MUST_CHECK;
int store_epoch_by_key(struct store *s, const char *key_id, store_epoch_fn each, void *arg) MUST_CHECK;
/* Its key is no more: what is sealed to it cannot be read. key_id may be NULL. */
int store_key_is_destroyed(struct store *s, const char *key_id, bool *ret) MUST_CHECK;

struct store_rotation {
	uint64_t id;		   /* the number of its journal entry */
	const char *level, *epoch; /* whose files move, to that epoch */
	const char *mode;	   /* "rewrap" "reencrypt" */
	const char *begun, *person;
	const char *ended; /* NULL: it goes on */
	int64_t files;	   /* that were moved */
};
typedef int (*store_rotation_fn)(const struct store_rotation *rotation, void *arg);
int store_rotation_list(struct store *s, store_rotation_fn each, void *arg) MUST_CHECK; /* newest first */

struct store_checkout {
	int64_t id;
	const char *number, *person, *path, *since;
	const char *due; /* why it is to end; NULL: it is not */
	uint32_t root, version;
};
typedef int (*store_checkout_fn)(const struct store_checkout *c, void *arg);
int store_checkout_list(struct store *s, const char *person, store_checkout_fn each, void *arg) MUST_CHECK;

/* ---- escrow ---- */

struct store_escrow {
	char recipient[STORE_RECIPIENT_MAX], key[9]; /* key: its key id */
	uint32_t shares, threshold;		     /* 0: one file, made at the first start */
	char by[40], proposed[32];		     /* who proposed it, when */
	char since[32];				     /* when it became the present one; "" : it waits */
	bool moved;				     /* its private half is confirmed to be elsewhere */
	bool installed;				     /* the keeper has it */
};
/* Key id of "age1…" into ret, which is returned; NULL: that is no recipient. */
const char *store_escrow_key(const char *recipient, char ret[9]);
bool store_escrow_is_same(const char *a, const char *b); /* in capitals or not */
/* 0 or STORE_NOT_FOUND. */
int store_escrow_present(struct store *s, struct store_escrow *ret) MUST_CHECK;
int store_escrow_proposed(struct store *s, struct store_escrow *ret) MUST_CHECK;
int store_escrow_is_known(struct store *s, const char *recipient) MUST_CHECK;

#define STORE_DRILL_HOLDERS "drill.holders" /* place of the sealed names */
struct store_drill {
	int64_t id; /* 0: there was none */
	char time[32], step[16];
};
/* The last one with that escrow, or the last good one. */
int store_drill_last(struct store *s, const char *recipient, bool good, struct store_drill *ret) MUST_CHECK;

/* Sealed documents by the escrow that opens them. */
struct store_escrow_documents {
	int64_t present, earlier, unknown;
};
int store_escrow_documents(struct store *s, const char *key, struct store_escrow_documents *ret) MUST_CHECK;
/* The number of the one that comes after `skip` others. STORE_NOT_FOUND */
int store_escrow_document(struct store *s, const char *key, int64_t skip, char ret[STORE_NUMBER_MAX]) MUST_CHECK;

int store_last_sweep(struct store *s, struct date *ret) MUST_CHECK; /* unset: never */

#endif

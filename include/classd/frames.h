/*
 * What the roles say to each other. A frame is one SOCK_SEQPACKET datagram of
 * at most 64 KiB with at most one descriptor; it holds one or more messages.
 * On the wire a message is: u16 type, u32 length of the fields, the fields in
 * the order of their row (numbers big-endian; text and bytes as u32 length and
 * content, text followed by a NUL that the length does not count). The struct,
 * the encoder and the decoder of every message come from its row below
 * (system/frame.h), so a message has one home.
 *
 * Decoded text and bytes point into the received frame and live until the
 * handler returns. A malformed frame is dropped and counted by the receiver,
 * never fatal. Nobody waits for an answer: `id`, `job`, `intent` tie them.
 */
#ifndef CLASSD_FRAMES_H
#define CLASSD_FRAMES_H

#include <stdint.h>

#define FRAME_MAX  65536u
#define FRAME_HASH 32

/* Roles and the only edges between them; every role also has a control channel to the supervisor. */
enum role_id { ROLE_SUPERVISOR, ROLE_WATCHER, ROLE_INSPECTOR, ROLE_SEALER, ROLE_KEEPER, ROLE_REGISTRAR, ROLE_COUNT };

#define ROLE_EDGES(X)                                                                                                  \
	X(ROLE_WATCHER, ROLE_REGISTRAR)                                                                                \
	X(ROLE_WATCHER, ROLE_INSPECTOR)                                                                                \
	X(ROLE_INSPECTOR, ROLE_REGISTRAR)                                                                              \
	X(ROLE_REGISTRAR, ROLE_SEALER)                                                                                 \
	X(ROLE_REGISTRAR, ROLE_KEEPER)                                                                                 \
	X(ROLE_SEALER, ROLE_KEEPER)

enum root_kind { ROOT_DOCUMENTS = 1, ROOT_CHECKOUT = 2 };
/* Roots of documents are numbered from 1, by path, for ever; the one of checkouts has the highest number. */
#define ROOT_ID_CHECKOUTS UINT32_MAX
#define UID_EVERYBODY	  UINT32_MAX
enum root_mode { ROOT_OBSERVE = 1, ROOT_ENFORCE = 2 };

/* Descriptors that the supervisor opens for a role. */
enum resource_kind {
	RESOURCE_API_SOCKET = 1, /* registrar: the listening socket */
	RESOURCE_MACHINE_KEY,	 /* keeper: the machine key, a pipe; at --init a file, empty and then also writable */
	RESOURCE_ESCROW_OUT,	 /* keeper at --init: where the escrow identity is written, once */
	RESOURCE_STATE,		 /* keeper, registrar: O_PATH descriptor of its own state directory */
	RESOURCE_FILE_EVENTS,	 /* watcher: a fanotify group with marks on file systems */
};

/* What the watcher knows of a name. */
enum seen_event {
	SEEN_SCANNED = 1, /* found by a scan: may be long settled */
	SEEN_CHANGED,	  /* an event; not yet settled */
	SEEN_SETTLED,	  /* no event for the settle time and no writer has it open */
	SEEN_OPEN,	  /* settle time over, a writer still has it open (lease refused) */
};
enum scan_stage { SCAN_BEGINS, SCAN_DONE, SCAN_GOES_ON };
enum seen_kind { SEEN_REGULAR = 1, SEEN_SYMLINK, SEEN_FIFO, SEEN_SOCKET, SEEN_DEVICE };

enum inspect_outcome {
	INSPECT_DONE = 1,
	INSPECT_CHANGED,
	INSPECT_UNREADABLE,
	INSPECT_TOO_LARGE,
	INSPECT_TIMED_OUT,
	INSPECT_SAME, /* its digest is the known one: nothing else was looked at */
};

enum seal_outcome {
	SEAL_DONE = 1,
	SEAL_STILL_OPEN, /* a writer has it open: try again later */
	SEAL_CHANGED,	 /* identity or digest is not what the job named: look again first */
	SEAL_GONE,	 /* no such file */
	SEAL_REFUSED,	 /* not a regular file, a foreign device, above the size limit */
	SEAL_NAME_TAKEN, /* the target name belongs to another file */
	SEAL_NO_SPACE,	 /* disk full or quota: the plaintext stays */
	SEAL_NO_KEY,	 /* no public key for this level, or the grant was refused */
	SEAL_DAMAGED,	 /* the sealed file does not verify */
	SEAL_FOREIGN,	 /* not one of our sealed files */
	SEAL_FAILED,	 /* anything else; detail says what; nothing changed */
	SEAL_LOCKED,	 /* our key, but its private half is not in memory: somebody has to unlock it */
	SEAL_NEWER,	 /* a sealed file of a newer format */
	SEAL_WRONG_KEY,	 /* sealed to keys that are not ours: the file may be whole */
	SEAL_UNREADABLE, /* disk or file system do not give the bytes: nothing is known of them */
	SEAL_READ_ONLY,	 /* the file system takes nothing for now: the plaintext stays */
	SEAL_DISK,	 /* the disk failed while it was written to: the plaintext stays */
};

/* An epoch's key opens files (and the newest of its level seals), opens nothing for now, or is no more. */
enum epoch_state { EPOCH_OPEN = 1, EPOCH_RETIRED, EPOCH_DESTROYED };
enum epoch_outcome {
	EPOCH_DONE = 1,
	EPOCH_UNKNOWN, /* there is no such key */
	EPOCH_NEWEST,  /* the level seals with it */
	EPOCH_GONE,    /* it was destroyed: nothing brings it back */
	EPOCH_UNWRITTEN, /* the key directory takes nothing: asked for again with the next question */
};

enum grant_purpose { GRANT_OPEN = 1, GRANT_UNSEAL, GRANT_REWRAP, GRANT_RECOVER, GRANT_VERIFY };
/* What the keeper remembers of the journal: nothing, something, or its mark was altered. */
enum mark_state { MARK_NONE = 1, MARK_THERE, MARK_ALTERED };
enum key_outcome {
	KEY_DONE = 1,
	KEY_NO_GRANT,
	KEY_LABEL_DIFFERS,
	KEY_NO_IDENTITY,
	KEY_BAD_HEADER,
	KEY_UNKNOWN_LEVEL,
	KEY_LOCKED, /* only a person who may read opens it, and none has */
};

/* Answers to unlock_machine. */
enum machine_outcome {
	MACHINE_UNLOCKED = 1,
	MACHINE_WRONG_WORD,
	MACHINE_SHUT,	      /* it does not open, whatever the word */
	MACHINE_NOT_LOCKED,   /* there is nothing to do */
	MACHINE_NO_PROTECTOR, /* none of that kind */
	MACHINE_WAIT,	      /* another try is under way, or the last ones were wrong */
};

/*
 * FRAMES(M) calls M(code, name) for each message; FRAME_name(F, S) calls
 * F(S, kind, field) for each of its fields. Kinds: u8 u32 u64 text bytes hash (32 bytes).
 */
/* clang-format off */

/* supervisor -> role, in this order: start, setting*, root*, resource*, peer*, go; later: peer, stop. */
#define FRAME_start(F, S) F(S, u8, role) F(S, u8, index) F(S, u8, trial) F(S, u8, init) F(S, u32, sealer_uid) \
	F(S, text, state_dir) F(S, text, runtime_dir)
#define FRAME_setting(F, S) F(S, text, key) F(S, text, value)   /* a line of the checked configuration; lists repeat the key */
#define FRAME_root(F, S) F(S, u32, id) F(S, u8, kind) F(S, u8, mode) F(S, text, path) F(S, text, floor) F(S, text, department)
#define FRAME_resource(F, S) F(S, u8, kind)                     /* + descriptor */
#define FRAME_peer(F, S) F(S, u8, role) F(S, u8, index)         /* + descriptor: our end of the edge to that role */
#define FRAME_go(F, S)
#define FRAME_stop(F, S)
/* supervisor -> watcher, before go. Its file system (st_dev, f_fsid) is marked: its events come through the resource; with
 * a reason: it is not, and why. */
#define FRAME_fs_mark(F, S) F(S, u32, root) F(S, u64, dev) F(S, u64, fsid) F(S, text, reason)
/* The process that is to be the watcher has told all that is marked: go can follow. */
#define FRAME_prepared(F, S)
/* role -> supervisor; degraded and recovered go on to the registrar (control channel), code "watcher.0/CODE". */
#define FRAME_ready(F, S)
#define FRAME_want(F, S) F(S, u8, role)                         /* inspector: start one more if there is one that is away; sealer: begin anew, a root changed */
#define FRAME_degraded(F, S) F(S, text, code) F(S, text, detail)
#define FRAME_recovered(F, S) F(S, text, code)
/* supervisor -> registrar. checkouts_over: nobody of that user is there any more; UID_EVERYBODY: the agent has just
 * started, so whatever lies there is of an earlier run. reload: the files of the policy may be new. */
#define FRAME_checkouts_over(F, S) F(S, u32, uid)
#define FRAME_reload(F, S)
/* registrar -> supervisor: whether anybody of that user is still there is to be looked at, as for owners of checkouts. */
#define FRAME_watch_user(F, S) F(S, u32, uid) F(S, u8, on)

/* watcher -> registrar */
#define FRAME_seen(F, S) F(S, u32, root) F(S, text, path) F(S, u64, dev) F(S, u64, ino) F(S, u64, generation) F(S, u64, size) \
	F(S, u64, mtime_ns) F(S, u64, ctime_ns) F(S, u32, uid) F(S, u32, mode) F(S, u32, nlink) F(S, u8, event) F(S, u8, kind) F(S, u8, ours)
/* A path that ends in '/': that directory and all beneath it. */
#define FRAME_vanished(F, S) F(S, u32, root) F(S, text, path)
/* done SCAN_BEGINS: a rescan begins (reason: why). SCAN_GOES_ON: so far. SCAN_DONE with reason "": all was seen;
 * with a reason: something could not be looked at, nothing follows from silence. whole 1: every folder is listed, and one that
 * was not is gone; else only those that are not as they were last announced.
 * left: directories that are known and not listed yet; ignored: names that no rule lets through, of those by_site by rules of
 * the configuration; dev: of the root itself. */
#define FRAME_scan(F, S) F(S, u32, root) F(S, u8, done) F(S, u64, files) F(S, u64, directories) F(S, u64, left) F(S, u64, ignored) \
	F(S, u64, by_site) F(S, u64, dev) F(S, u8, whole) F(S, text, reason)
/* In a rescan: that directory or file could not be looked at. What was seen at or beneath it is not gone. */
#define FRAME_unseen(F, S) F(S, u32, root) F(S, text, path)
/* count: how often since it began, age_s ago; told anew when it grew. */
#define FRAME_watch_state(F, S) F(S, u32, root) F(S, u8, degraded) F(S, text, code) F(S, text, detail) F(S, u64, count) F(S, u64, age_s)
/* The folder is being listed ("": the root); done 1: it was, and what was not announced of it since done 0 is gone. */
#define FRAME_folder(F, S) F(S, u32, root) F(S, u8, done) F(S, text, path)
/* by: "fanotify" or "inotify"; reason: why not the former, "" when it is. */
#define FRAME_watched_by(F, S) F(S, u32, root) F(S, text, by) F(S, text, reason)
/* Do you still work? The answer has the same number. */
#define FRAME_ask_alive(F, S) F(S, u64, n)
#define FRAME_alive(F, S) F(S, u64, n)
#define FRAME_unreadable(F, S) F(S, u64, job) F(S, u32, root) F(S, text, path) F(S, text, reason)
/* A reason that says nothing of the file which was asked for. */
#define UNREADABLE_TAKEN "another file has the name"
/* registrar -> watcher. examine: open the file read-only and hand it to an inspector; ino 0: whatever has the name. known: the
 * digest with which all that an inspector would say is known already; zeros: none. */
#define FRAME_examine(F, S) F(S, u64, job) F(S, u32, root) F(S, text, path) F(S, u64, dev) F(S, u64, ino) F(S, hash, known)
#define FRAME_rescan(F, S) F(S, u32, root) F(S, u8, whole)

/* watcher -> inspector: + one read-only descriptor */
#define FRAME_inspect(F, S) F(S, u64, job) F(S, u32, root) F(S, text, path) F(S, u64, dev) F(S, u64, ino) F(S, u64, size) F(S, u64, mtime_ns) \
	F(S, hash, known)
/* inspector -> watcher, after the facts: the next one, please. */
#define FRAME_inspected(F, S) F(S, u64, job)
/* inspector -> registrar. matches: "ITEM SCORE OFFSET+LENGTH[,OFFSET+LENGTH...]" lines; offsets count bytes of the
 * extracted text. sealed_args: the label arguments when the file is one of our sealed form. foreign: labels of other systems,
 * lines "KIND<TAB>POLICY<TAB>LABEL<TAB>ID<TAB>UNTIL". */
#define FRAME_facts(F, S) F(S, u64, job) F(S, u32, root) F(S, text, path) F(S, u64, dev) F(S, u64, ino) F(S, u64, size) F(S, u64, mtime_ns) \
	F(S, u8, outcome) F(S, hash, sha256) F(S, text, type) F(S, u64, text_bytes) F(S, text, mark) F(S, text, mark_level) F(S, text, mark_term) \
	F(S, text, matches) F(S, text, sealed_args) F(S, text, foreign)
/* registrar -> inspector: + sealed memfd with lines "phrase<TAB>ITEM<TAB>TEXT", "level<TAB>CODE<TAB>NAME" and
 * "portion<TAB>CODE<TAB>MARK", lowest level first */
#define FRAME_signals(F, S) F(S, u32, version)

/* registrar -> sealer.
 * seal: args is "<uuid> <version> <level> <policy>", the sealer adds key id and suite; record is the sealed record's TLV.
 * replace_ino: inode of the sealed file that `target` must be and that is exchanged (0: the name must be free).
 * The plaintext is only taken after `settle`, which says that the publication is journalled: dispose 1 takes it,
 * 0 leaves it (checkouts). Root 0 as target_root = same root. */
#define FRAME_seal(F, S) F(S, u64, intent) F(S, u32, root) F(S, text, path) F(S, u64, dev) F(S, u64, ino) F(S, u64, size) F(S, u64, mtime_ns) \
	F(S, hash, sha256) F(S, u32, target_root) F(S, text, target) F(S, text, keep) F(S, u64, replace_ino) F(S, text, level) F(S, text, args) F(S, bytes, record)
#define FRAME_settle(F, S) F(S, u64, intent) F(S, u8, dispose)
/* rewrap: new header under the same file key, or (reencrypt 1) a new file key and payload; answered by published. */
#define FRAME_rewrap(F, S) F(S, u64, intent) F(S, u64, grant) F(S, u32, root) F(S, text, path) F(S, u64, ino) F(S, text, keep) F(S, text, level) \
	F(S, u8, reencrypt) F(S, text, args) F(S, bytes, record)
/* + pipe, filled and closed. header_mac: that of the file that is meant; zeros: whichever carries the record. */
#define FRAME_unseal(F, S) F(S, u64, intent) F(S, u64, grant) F(S, u32, root) F(S, text, path) F(S, u32, timeout_ms) F(S, hash, header_mac)
/* rekey: the same label and record to the newest key of the level, for a document, a kept version or a copy: a new header
 * under the same file key, or (reencrypt 1) a new file key and payload; answered by published. keep "": it has no kept
 * link. record: which one it must be of. */
#define FRAME_rekey(F, S) F(S, u64, intent) F(S, u64, grant) F(S, u32, root) F(S, text, path) F(S, u64, ino) F(S, text, keep) F(S, text, record) \
	F(S, text, level) F(S, u8, reencrypt)
/* The sealed file as it is, every byte of it, into the pipe; answered by carried. header_mac: as of unseal. */
#define FRAME_carry(F, S) F(S, u64, intent) F(S, u32, root) F(S, text, path) F(S, u32, timeout_ms) F(S, hash, header_mac)
#define FRAME_carried(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, u64, size)
/* Read label and record; verify 1: and the whole content, against the digest in it. */
#define FRAME_header(F, S) F(S, u64, intent) F(S, u64, grant) F(S, u32, root) F(S, text, path) F(S, u8, verify)
#define FRAME_cancel(F, S) F(S, u64, intent)            /* an unseal ends; nobody waits for its answer */
#define FRAME_restore(F, S) F(S, u64, intent) F(S, u32, root) F(S, text, keep) F(S, text, target)
#define FRAME_list(F, S) F(S, u64, intent) F(S, u32, root) F(S, text, path)  /* every NAME.age beneath, as found, then listed */
/* The plaintext of a checkout goes, if it is that inode with that content, nobody writes, and the kept file beneath
 * sealed_root is sealed with that header; its directory with it, when it is empty then. `checkout` is the name of the
 * job: repeating it is fine. */
#define FRAME_discard(F, S) F(S, u64, checkout) F(S, u32, root) F(S, text, path) F(S, u64, ino) F(S, hash, sha256) \
	F(S, u32, sealed_root) F(S, text, keep) F(S, hash, header_mac)
/* Does the plaintext that this intent sealed have other names (hard links)? Answered by aliased: names 0: none any more. */
/* registrar -> sealer -> registrar. Two persons had it destroyed: the sealed file at path, if it is that inode, and what is
 * kept of it, versions 1 to `versions` of the name in keep. names: so many went. */
#define FRAME_destroy(F, S) F(S, u64, intent) F(S, u32, root) F(S, text, path) F(S, u64, ino) F(S, text, keep) F(S, u32, versions)
#define FRAME_destroyed(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, u64, names)
#define FRAME_alias(F, S) F(S, u64, intent) F(S, u32, root)
#define FRAME_aliased(F, S) F(S, u64, intent) F(S, u32, root) F(S, u8, outcome) F(S, text, detail) F(S, u64, names)
/* sealer -> registrar. disposed.conflict: the name that a newer save got. published.escrow: key id of the escrow that the
 * file opens with; "" when it was published by an earlier try. facts: what the sealed record tells of the file
 * (sealed_record_format_file()), none when it was published by an earlier try. */
#define FRAME_published(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, text, path) F(S, u64, dev) F(S, u64, ino) \
	F(S, u64, size) F(S, u64, mtime_ns) F(S, hash, sha256) F(S, hash, header_mac) F(S, bytes, last_tag) F(S, text, key_id) \
	F(S, text, escrow) F(S, bytes, facts)
#define FRAME_disposed(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, text, conflict)
#define FRAME_discarded(F, S) F(S, u64, checkout) F(S, u8, outcome) F(S, text, detail)
#define FRAME_unsealed(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, u64, size) F(S, hash, sha256) \
	F(S, bytes, facts)
#define FRAME_opened(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, text, args) F(S, bytes, record) F(S, hash, header_mac)
#define FRAME_restored(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, u64, dev) F(S, u64, ino)
/* args "": not one of our sealed files, or none that reads; `header` says why. nlink: how many names it has. */
#define FRAME_found(F, S) F(S, u64, intent) F(S, text, path) F(S, text, args) F(S, u64, dev) F(S, u64, ino) F(S, u64, size) F(S, u32, nlink)
#define FRAME_listed(F, S) F(S, u64, intent) F(S, u8, outcome) F(S, text, detail) F(S, u64, files)

/* registrar -> keeper. grant: version 0 = any; record "*" only with GRANT_RECOVER. Used once. epoch: make this level's key if missing. */
#define FRAME_grant(F, S) F(S, u64, grant) F(S, text, record) F(S, u32, version) F(S, text, level) F(S, u8, purpose) F(S, text, person) F(S, u32, valid_ms)
#define FRAME_epoch(F, S) F(S, text, level) F(S, text, epoch)
/* keeper -> registrar. meta_key is secret: the receiver moves it into a struct secret and the channel wipes the frame. */
#define FRAME_meta_key(F, S) F(S, bytes, key)
#define FRAME_epoch_ready(F, S) F(S, text, level) F(S, text, epoch) F(S, u8, outcome)
/* registrar -> keeper -> registrar. epochs_ask and epoch_set are answered by every epoch there is and by epochs_end, in
 * that order; outcome: of epoch_set. escrow: key id of the recipient that everything is sealed to beside its level.
 * epoch_set destroyed: every wrap of the key is removed, and what is in memory forgotten. */
#define FRAME_epochs_ask(F, S) F(S, u64, id)
#define FRAME_epoch_set(F, S) F(S, u64, id) F(S, text, level) F(S, text, epoch) F(S, u8, state)
#define FRAME_epoch_is(F, S) F(S, u64, id) F(S, text, level) F(S, text, epoch) F(S, text, key_id) F(S, u8, state) F(S, u8, readable)
#define FRAME_epochs_end(F, S) F(S, u64, id) F(S, u8, outcome) F(S, text, escrow)
/* registrar -> keeper -> registrar. escrow: "age1…", two persons have confirmed that everything is to be sealed to it beside
 * its level. escrow_is: the present one, at start and after escrow; waiting: level keys whose file does not follow yet
 * because persons must unlock them; outcome KEY_BAD_HEADER: that is no recipient. */
#define FRAME_escrow(F, S) F(S, text, recipient)
#define FRAME_escrow_is(F, S) F(S, text, recipient) F(S, u32, waiting) F(S, u8, outcome)
/* sealer -> keeper. unwrap: header inline, or in a sealed memfd when above 48 KiB. */
#define FRAME_level_key(F, S) F(S, u64, id) F(S, text, level)
#define FRAME_unwrap(F, S) F(S, u64, id) F(S, u64, grant) F(S, bytes, header)
/* keeper -> sealer. public: X25519 key of the level's newest epoch; escrow: of the escrow; id 0: unasked, the epoch has
 * just begun. file_key is secret, as meta_key. */
#define FRAME_level_public(F, S) F(S, u64, id) F(S, u8, outcome) F(S, text, level) F(S, text, epoch) F(S, text, key_id) F(S, hash, public) F(S, hash, escrow)
#define FRAME_file_key(F, S) F(S, u64, id) F(S, u8, outcome) F(S, text, detail) F(S, bytes, key)

/* Backup and rollback. registrar -> keeper: pack_keys + a memfd that is filled with the key directory as it lies and the
 * machine key wrapped to the escrow ("NAME SIZE" LF and the bytes, file by file). mark: the journal has that many
 * durable entries, the last one of that hash; accept 1: also when it had more before. */
#define FRAME_pack_keys(F, S) F(S, u64, id)
#define FRAME_mark(F, S) F(S, u64, entries) F(S, hash, last) F(S, u8, accept)
/* keeper -> registrar. marked comes before meta_key: what the keeper remembers of the journal. */
#define FRAME_packed_keys(F, S) F(S, u64, id) F(S, u8, outcome) F(S, u64, files)
#define FRAME_marked(F, S) F(S, u8, state) F(S, u64, entries) F(S, hash, last)
/* registrar -> supervisor: + pipe with the passphrase or PIN, unread; answered by machine_unlocked. */
#define FRAME_unlock_machine(F, S) F(S, u64, id) F(S, text, kind)
/* supervisor -> registrar. protectors: "KIND SINCE" lines; opened: the kind that opened, "" locked; is_news: the agent has
 * just started, or was unlocked. */
#define FRAME_machine_unlocked(F, S) F(S, u64, id) F(S, u8, outcome) F(S, text, detail)
#define FRAME_protectors(F, S) F(S, text, protectors) F(S, text, opened) F(S, u8, is_news)
/* registrar -> keeper. level_mode: who unlocks the level's keys; persons: lines "PERSON RECIPIENT" of all who may read it
 * and have a confirmed unlock key; before the level's first epoch. unlock: + sealed memfd with that recipient's identity. */
#define FRAME_level_mode(F, S) F(S, text, level) F(S, u8, is_person) F(S, u64, idle_ms) F(S, text, persons)
#define FRAME_unlock(F, S) F(S, u64, id) F(S, text, person) F(S, text, recipient)
/* lock, both ways: the session of that person ("*": of all) is to end; it has ended, and why. */
#define FRAME_lock(F, S) F(S, text, person) F(S, text, why)
/* keeper -> registrar. unlocked: levels, one a line, that the person reads now; id 0: goes on from before. key_state: as
 * each key stands, at the beginning and when that changes; persons: lines RECIPIENT, to whom it is wrapped; level "": what
 * follows is all of them. */
#define FRAME_unlocked(F, S) F(S, u64, id) F(S, u8, outcome) F(S, text, person) F(S, text, levels)
#define FRAME_key_state(F, S) F(S, text, level) F(S, text, epoch) F(S, u8, is_of_persons) F(S, u8, is_open) F(S, text, persons)

#define FRAMES(M) \
	M(1, start) M(2, setting) M(3, root) M(4, resource) M(5, peer) M(6, go) M(7, stop) \
	M(8, ready) M(9, want) M(10, degraded) M(11, recovered) M(12, checkouts_over) M(13, reload) M(14, watch_user) M(15, fs_mark) M(16, prepared) \
	M(18, ask_alive) M(19, alive) M(20, seen) M(21, vanished) M(22, scan) M(23, watch_state) M(24, unreadable) M(25, examine) M(26, rescan) M(27, watched_by) M(28, unseen) M(29, folder) \
	M(30, inspect) M(31, facts) M(32, signals) M(33, inspected) \
	M(40, seal) M(41, settle) M(42, rewrap) M(43, unseal) M(44, header) M(45, restore) M(46, list) M(47, discard) M(48, cancel) \
	M(50, published) M(51, disposed) M(52, unsealed) M(53, opened) M(54, restored) M(55, found) M(56, listed) M(57, discarded) \
	M(60, grant) M(61, epoch) M(62, meta_key) M(63, epoch_ready) \
	M(70, level_key) M(71, unwrap) M(72, level_public) M(73, file_key) \
	M(80, epochs_ask) M(81, epoch_is) M(82, epochs_end) M(83, epoch_set) M(84, rekey) \
	M(85, level_mode) M(86, unlock) M(87, lock) M(88, unlocked) M(89, key_state) \
	M(90, escrow) M(91, escrow_is) M(92, carry) M(93, carried) \
	M(95, pack_keys) M(96, packed_keys) M(97, mark) M(98, marked) \
	M(100, unlock_machine) M(101, machine_unlocked) M(102, protectors) M(103, alias) M(104, aliased) \
	M(105, destroy) M(106, destroyed)
/* clang-format on */

#endif

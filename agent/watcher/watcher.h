/*
 * The watcher: sees every file below the watched roots, says so to the
 * registrar, and hands files to inspectors when it is asked to. It reads no
 * content and writes nothing. What it remembers can be lost at any moment: a
 * rescan brings it back.
 *
 *   events.c   what was heard: drain first, work later
 *   inotify.c  a back end: a watch for each directory
 *   fanotify.c another: a mark on the whole file system
 *   scan.c     add the watch, list, recurse; rescans
 *   pending.c  settle and lease check
 *   mounts.c   other file systems inside a root
 *   root.c     roots, loss of sight and the way back
 *   examine.c  jobs for inspectors
 */
#ifndef WATCHER_WATCHER_H
#define WATCHER_WATCHER_H

#include "system/role.h"
#include "watcher/ignore.h"
#include "watcher/tree.h"

#include <dirent.h>
#include <sys/stat.h>

/* Ways to lose sight of a root. Each is a state with a way back (R4). */
enum loss {
	LOSS_OVERFLOW,	  /* the kernel dropped events */
	LOSS_WATCHES,	  /* no inotify watch left */
	LOSS_DESCRIPTORS, /* no file descriptor left */
	LOSS_READ,	  /* a directory or file cannot be read */
	LOSS_MISSING,	  /* the root is not there */
	LOSS_SILENT,	  /* a directory changed and no event came */
	LOSS_NESTED,	  /* another file system is mounted inside: not watched */
	LOSS_POLLED,	  /* events do not work on this file system: only rescans */
	LOSS_LEASE,	  /* open writers cannot be seen on this file system */
	LOSS_FANOTIFY,	  /* fanotify is configured and cannot be had: inotify */
	LOSS_PATH,	  /* a path longer than any call takes */
	LOSS_COUNT,
};

/* One way in which sight is lost now. */
struct lost {
	uint64_t since_ms; /* boot time; 0: it is not */
	uint64_t count;
	uint64_t told; /* of them */
	char *detail;
};

/* A file system inside a root. */
struct mount {
	char *path; /* where, below the root */
	uint64_t dev;
	uint64_t ino;
	uint32_t pass; /* the rescan that last met it */
	bool polled;
};

struct watched_root {
	struct watcher *watcher;
	uint32_t id;
	const char *path;
	int fd; /* O_PATH of the directory; -1: missing */
	uint64_t dev;
	uint64_t ino;
	int parent_wd; /* -1: none. The directory above tells when the root comes or goes */
	struct dir *dir;
	struct loop_timer timer; /* the next rescan, or the next try to find the root */
	uint32_t tries;		 /* rescans in a row that did not see everything */
	uint64_t regained_ms;	 /* when sight came back the last time */
	struct lost lost[LOSS_COUNT];
	unsigned lost_in_pass; /* bits by enum loss: found by the running rescan */
	uint32_t unseen;       /* said to be so by the running rescan */
	bool is_blind;	       /* more than that */
	uint64_t told_ms;      /* how far it is */
	uint64_t began_ms;
	uint64_t took_ms; /* the last one */
	uint32_t pass;
	bool in_pass;
	bool again;   /* another rescan is wanted behind it */
	bool whole;   /* of the running rescan: every folder is announced */
	bool is_told; /* the registrar was told of everything: rescans announce only what is not as it was */
	bool polled;  /* its own file system; mounts say so for themselves */
	struct mount *mounts;
	size_t n_mounts;
	bool late;	     /* opened in the sandbox: its rules may not reach it */
	size_t left_in_pass; /* directories of the running rescan still to be listed */
	uint64_t files;
	uint64_t directories;
	uint64_t ignored; /* names, in the running rescan */
	uint64_t by_site; /* of them by rules of the configuration */
};

struct watch_settings {
	uint32_t settle_ms;
	uint32_t rescan_ms;
	uint32_t poll_ms;
	uint32_t left_s; /* a side file is new so long */
	bool fanotify;	 /* is configured, not only what is chosen where it can be had */
};

/* What the supervisor's child could mark, root by root (frames.h, fs_mark). */
struct mark {
	uint32_t root;
	uint64_t dev;
	uint64_t fsid;
	char *reason; /* "": it is marked */
};

struct examine;

struct watcher {
	struct role *role;
	struct watch_settings settings;
	int inotify_fd;
	int mounts_fd; /* /proc/self/mountinfo: polled, never read */
	struct loop_source inotify;
	int fanotify_fd; /* -1: no group */
	struct loop_source fanotify;
	struct mark *marks;
	size_t n_marks;
	struct loop_source mounts;
	struct loop_timer work; /* goes on with what one turn left over */
	struct buffer heard;	/* events that wait */
	size_t heard_at;
	uint64_t turn; /* of events: a name is announced once a turn */
	struct tree tree;
	struct table pending;
	struct watched_root *roots;
	size_t n_roots;
	struct dir *todo; /* directories to be listed, newest first */
	struct dir *listing;
	DIR *stream;	 /* of `listing` */
	bool comparing;	 /* … with its print; nothing is announced … */
	bool has_unseen; /* … something in it could not be looked at … */
	bool is_blind;	 /* … and the registrar was not told of what … */
	uint64_t print;	 /* … of what was met of it so far … */
	size_t n_listed; /* … and how many files that was */
	uint64_t names;	 /* … and all its names, ignored ones too */
	uint32_t n_ignored, n_by_site;
	struct ignore_rules rules;
	struct dir *near; /* open as near_fd, for this turn */
	int near_fd;
	struct examine *examine;
};

/* What statx says of one name. */
struct watched_file {
	struct dir *dir;
	const char *name;
	const struct statx *stat;
	uint64_t generation; /* 0: not asked for */
};

struct watched_root *watcher_root(struct watcher *w, uint32_t id);
/* The registrar is there and keeps up. Without it nothing is announced: its return starts a rescan. */
bool watcher_can_announce(struct watcher *w);
int watcher_work(struct watcher *w) MUST_CHECK; /* soon: queued events and directories */

/* Opens beneath the root, no link followed, no mount crossed: -1 and errno. path as of tree_path(). */
int watcher_open(const struct watched_root *root, const char *path, int flags);
/* A regular file for reading, never waiting; its state is what the descriptor says. ESTALE: not a regular file. */
int watcher_open_regular(const struct watched_root *root, const char *path, struct statx *ret);
/*
 * One name of the directory, which stays open until the turn ends: the next name of it costs a call less each. Only
 * between two steps of a scan: a name that a scan has met elsewhere must not be told of by its former folder.
 * 0, or -1 and errno; _open_name as watcher_open_regular().
 */
int watcher_look(struct dir *d, const char *name, struct statx *ret);
int watcher_open_name(struct dir *d, const char *name, struct statx *ret);
void watcher_leave(struct watcher *w);
/* What the sealer's user owns is ours: only its name is tracked. */
bool watcher_is_ours(const struct watched_file *file);

enum mount_outcome { MOUNT_ENTER = 1 };
/* NULL: local events tell of every change on its file system; else why it has to be polled, for people. */
const char *mounts_why_polled(int fd);
/* A directory in parent, open as `at`, is a mount's: MOUNT_ENTER, or 0 where it is not to be entered (told). */
int mounts_met(struct dir *parent, const char *name, int at) MUST_CHECK;
/* It cannot be entered. What was seen beneath it is not gone. */
int mounts_shut(struct dir *parent, const char *name, const char *why) MUST_CHECK;
/* What watcher_open() found to lie beyond a mount: -1 and errno, EXDEV where no such mount was met. */
struct open_how;
int mounts_open(const struct watched_root *root, const char *path, const struct open_how *how);
/* Whether changes on that device are found by looking only. */
bool mounts_polled(const struct watched_root *root, uint64_t dev);
int mounts_settle(struct watched_root *root) MUST_CHECK; /* at the end of a rescan */
void mounts_free(struct watched_root *root);

int announce_scan(const struct watched_root *root, enum scan_stage stage, const char *reason) MUST_CHECK;
/* Between the two all files of the directory are announced. */
int announce_folder(const struct dir *dir, bool done) MUST_CHECK;
int announce_seen(const struct watched_file *file, enum seen_event event) MUST_CHECK;
int announce_vanished(const struct dir *dir, const char *name, bool directory) MUST_CHECK;
int announce_unseen(const struct dir *dir, const char *name) MUST_CHECK;

/* Why a name in dir ("" : dir itself) could not be looked at: one that is gone is no loss. */
int root_lose_by_errno(struct dir *dir, const char *name, int error) MUST_CHECK;
/* detail: one line, without the names of documents: it is logged, and everybody may see it. */
int root_lose(struct watched_root *root, enum loss loss, const char *detail) MUST_CHECK;
/* LOSS_PATH of something in dir. */
int root_lose_path(struct dir *dir) MUST_CHECK;
int root_regain(struct watched_root *root, enum loss loss) MUST_CHECK;
int root_tell(struct watched_root *root) MUST_CHECK;	      /* all losses once more, to a new registrar */
int root_tell_back_end(struct watched_root *root) MUST_CHECK; /* its own directory was just added */
int root_try_open(struct watched_root *root) MUST_CHECK;
int root_check(struct watched_root *root) MUST_CHECK; /* still the same directory at its path, or there at last? */
int root_soon(struct watched_root *root, uint64_t ms) MUST_CHECK; /* a rescan, at the latest then */
/* Looks that come again and again leave most of the time to other work, however large the root: ms, or longer. */
uint64_t root_patience(const struct watched_root *root, uint64_t ms);
int root_pass_done(struct watched_root *root) MUST_CHECK; /* a rescan ended: what is regained, when is the next? */
void root_close(struct watched_root *root);
void root_free(struct watched_root *root); /* closed, and nothing of it remembered */

/* Ways to hear of changes. More than one may be at work: each directory is known to one of them. */
enum back_end_id { BY_INOTIFY, BY_FANOTIFY, BY_COUNT };
enum { BACK_END_CANNOT = 1 };

struct heard {
	uint64_t key; /* of the directory; 0: none */
	uint32_t mask;
	enum back_end_id by;
	const char *name; /* "": the directory itself */
};

struct back_end {
	const char *name;
	int (*open)(struct watcher *w); /* calls events_arrived() from now on */
	void (*close)(struct watcher *w);
	/* From now on events of the directory that is open as fd come, or the root has lost sight: events_know().
	 * BACK_END_CANNOT: not of this one. */
	int (*add)(struct dir *d, int fd);
	void (*drop)(struct watcher *w, const struct dir *d); /* none come any more */
	/* Takes all that the kernel has, or all that events_have_room() for, and gives it to events_push(). */
	int (*drain)(struct watcher *w);
};

extern const struct back_end back_end_inotify, back_end_fanotify;
/* The directory above a root, beside what else is watched of it. Its key, or -1. */
int inotify_watch_parent(struct watcher *w, const char *path);

/* Before the sandbox. Why a root is not watched by it. */
int fanotify_marked(struct watcher *w, const struct frame_fs_mark *m) MUST_CHECK;
const char *fanotify_reason(const struct watched_root *root);

int events_open(struct watcher *w) MUST_CHECK;
void events_close(struct watcher *w);
/* Before it is listed, so that nothing appears between the two unseen. */
int events_add(struct dir *d, int fd) MUST_CHECK;
void events_forget(struct dir *d);
/* Who tells of the directory; NULL: nobody. */
const struct back_end *events_by(const struct dir *d);
/* For back ends. */
int events_know(struct dir *d, enum back_end_id by, uint64_t key) MUST_CHECK;
int events_push(struct watcher *w, const struct heard *e) MUST_CHECK;
bool events_have_room(const struct watcher *w);
int events_arrived(struct watcher *w, const struct back_end *from) MUST_CHECK;
/* Handles some of the drained events; *ret_more: there are more. */
int events_step(struct watcher *w, bool *ret_more) MUST_CHECK;

int scan_root(struct watched_root *root, const char *reason) MUST_CHECK;
int scan_directory(struct dir *dir) MUST_CHECK; /* news: queue it for watching and listing */
int scan_step(struct watcher *w, bool *ret_more) MUST_CHECK;
void scan_stop(struct watcher *w);		    /* forgets what is queued; a rescan follows */
void scan_drop(struct watcher *w, struct dir *dir); /* the directory and all beneath it are gone */

/* The name was heard of: announce when it is quiet. */
int pending_touch(struct dir *dir, const char *name, bool *ret_first_this_turn) MUST_CHECK;
/* What is known of a name that has not settled: SEEN_CHANGED or SEEN_OPEN; 0: nothing. */
enum seen_event pending_event(const struct dir *dir, const char *name);
void pending_forget(struct dir *dir, const char *name); /* NULL: all of the directory */

int examine_new(struct watcher *w) MUST_CHECK;
void examine_free(struct watcher *w);
int examine_want(struct watcher *w, const struct frame_examine *job) MUST_CHECK;
int examine_inspected(struct watcher *w, uint8_t inspector, uint64_t job) MUST_CHECK;
int examine_inspector_up(struct watcher *w) MUST_CHECK;
int examine_inspector_lost(struct watcher *w, uint8_t inspector) MUST_CHECK;
void examine_registrar_lost(struct watcher *w); /* nobody waits for the jobs any more */

extern const struct role_description watcher_description;

#endif

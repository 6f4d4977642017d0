#include "supervisor/place.h"

#include "system/log.h"
#include "system/notify.h"
#include "system/sandbox.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define TRIAL_MARK  "trial"
#define INIT_MARK   "initialised"
#define LOCK_NAME   "lock"
#define ROOTS_NAME  "roots"
#define PROTECTORS  "protectors"
#define KEY_NAME    "machine.key"
#define BACKLOG	    128
#define ROOTS_BYTES ((size_t)1 << 20)

static int refuse(const char *format, ...) PRINTF_LIKE(1, 2);

static int refuse(const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* a cut reason is still a reason */
	va_end(args);
	log_say(LOG_ERROR, "%s", text);
	return PLACE_REFUSED;
}

/* Users */

/* ret_missing: the first user that does not exist, malloc'ed; NULL when all do. */
static int find_users(struct place *place, char **ret_missing)
{
	const char *prefix = config_text(place->config, "role_users");

	*ret_missing = NULL;
	for (enum role_id id = ROLE_WATCHER; id < ROLE_COUNT; id++) {
		OWN_MEM char *name = text_format("%s%s", prefix, strchr(sandbox_row(id)->user, '-'));
		const struct passwd *user = name ? getpwnam(name) : NULL;

		if (!name)
			return FAULT(ENOMEM, "name a role's user");
		if (!user) {
			*ret_missing = steal(&name);
			return 0;
		}
		place->users[id] = (struct identity){user->pw_uid, user->pw_gid};
	}
	return 0;
}

static int take_users(struct place *place)
{
	OWN_MEM char *missing = NULL;

	place->is_root = geteuid() == 0;
	if (!place->is_root && !place->trial)
		return refuse("classd runs as root (its roles do not); --trial runs it under your own user");
	TRY(find_users(place, &missing));
	if (!missing && place->is_root)
		return 0;
	if (!place->trial)
		return refuse("there is no user '%s': the package makes the users of all roles, else see "
			      "classd.sysusers.conf; --trial does without",
			      missing);
	log_say(LOG_WARNING, "trial: all roles run as one user, %u; they are not protected from each other",
		(unsigned)geteuid());
	place->one_user = true;
	for (enum role_id id = ROLE_WATCHER; id < ROLE_COUNT; id++)
		place->users[id] = (struct identity){geteuid(), getegid()};
	return 0;
}

/* Directories */

static int make_parents(const char *path)
{
	OWN_MEM char *copy = text_copy(path);

	if (!copy)
		return FAULT(ENOMEM, "make %s", path);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return FAULT(errno, "make %s", copy);
		*slash = '/';
	}
	return 0;
}

/* mkdir, then owner and mode through the descriptor: whatever umask said, and never over a link. */
static int make_directory(int parent, const char *path, mode_t mode, const struct identity *owner, int *ret_fd)
{
	OWN_FD int fd = -1;
	struct stat made;

	if (mkdirat(parent, path, 0700) < 0 && errno != EEXIST)
		return FAULT(errno, "make %s", path);
	fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return FAULT(errno, "open %s", path);
	/* What somebody else made there before us is his: he could put another socket or lock in its place. */
	if (!owner && (fstat(fd, &made) < 0 || made.st_uid != geteuid()))
		return refuse("%s belongs to another user; remove it first", path);
	if (owner && fchown(fd, owner->uid, owner->gid) < 0)
		return FAULT(errno, "give %s to user %u", path, (unsigned)owner->uid);
	if (fchmod(fd, mode) < 0)
		return FAULT(errno, "set the mode of %s", path);
	if (ret_fd)
		*ret_fd = steal_fd(&fd);
	return 0;
}

static int make_state_directories(struct place *place)
{
	for (enum role_id id = ROLE_WATCHER; id < ROLE_COUNT; id++) {
		const struct sandbox_row *row = sandbox_row(id);

		if (row->state)
			TRY(make_directory(place->state_fd, row->state, 0700, place->is_root ? &place->users[id] : NULL,
					   NULL));
	}
	return make_directory(place->state_fd, PROTECTORS, 0700, NULL, NULL);
}

static bool has_mark(const struct place *place, const char *name)
{
	return faccessat(place->state_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int set_mark(const struct place *place, const char *name)
{
	OWN_FD int fd = openat(place->state_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);

	if (fd < 0 || fsync(fd) < 0 || fsync(place->state_fd) < 0)
		return FAULT(errno, "mark %s as %s", place->state_dir, name);
	return 0;
}

bool place_is_initialised(const struct place *place)
{
	return has_mark(place, INIT_MARK);
}

int place_set_initialised(const struct place *place)
{
	return set_mark(place, INIT_MARK);
}

/* The lock goes with the descriptor, so a killed agent never leaves one behind. */
static int take_lock(struct place *place)
{
	place->lock_fd = openat(place->state_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (place->lock_fd < 0)
		return FAULT(errno, "open the lock in %s", place->state_dir);
	if (flock(place->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return FAULT(errno, "lock %s", place->state_dir);
	close_fd(&place->lock_fd); /* what is here is the other one's to clean up */
	return refuse("another agent runs on %s; stop it first", place->state_dir);
}

/* A trial (its clock may be a file) can never become the real thing, nor the other way round. */
static int check_trial(const struct place *place, bool fresh)
{
	if (fresh)
		return place->trial ? set_mark(place, TRIAL_MARK) : 0;
	if (has_mark(place, TRIAL_MARK) == place->trial)
		return 0;
	return place->trial ? refuse("%s belongs to an agent in service, not to a trial", place->state_dir)
			    : refuse("%s was made with --trial and can only be used with it", place->state_dir);
}

static int take_state(struct place *place)
{
	bool fresh;
	int r;

	TRY(make_parents(place->state_dir));
	TRY(make_directory(AT_FDCWD, place->state_dir, 0711, NULL, &place->state_fd));
	fresh = !has_mark(place, LOCK_NAME);
	r = take_lock(place);
	return r ? r : check_trial(place, fresh);
}

int place_look(struct place *place, const struct config *config, bool trial)
{
	*place = (struct place){.config = config, .trial = trial, .lock_fd = -1, .state_fd = -1};
	place->state_dir = config_text(config, "state_dir");
	place->runtime_dir = config_text(config, "runtime_dir");
	place->state_fd = open(place->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place->state_fd < 0 ? refuse("%s: %s", place->state_dir, strerror(errno)) : 0;
}

int place_take(struct place *place, const struct config *config, bool trial)
{
	int r;

	*place = (struct place){.config = config, .trial = trial, .lock_fd = -1, .state_fd = -1};
	place->state_dir = config_text(config, "state_dir");
	place->runtime_dir = config_text(config, "runtime_dir");
	place->checkout_dir = text_format("%s/open", place->runtime_dir);
	if (!place->checkout_dir)
		return FAULT(ENOMEM, "name the place for checkouts");
	r = take_users(place);
	if (r == 0)
		r = take_state(place);
	if (r)
		return r;
	TRY(make_state_directories(place));
	TRY(make_parents(place->runtime_dir));
	return make_directory(AT_FDCWD, place->runtime_dir, 0755, NULL, NULL);
}

/* Numbers of roots: "NUMBER PATH" lines, only ever appended to */

struct numbering {
	struct buffer text;
	uint32_t last;
};

static int read_numbers(int fd, struct numbering *n)
{
	ssize_t got;

	if (!buffer_reserve(&n->text, ROOTS_BYTES))
		return FAULT(ENOMEM, "read the numbers of roots");
	got = pread(fd, n->text.at, ROOTS_BYTES, 0);
	if (got < 0 || (size_t)got == ROOTS_BYTES)
		return FAULT(got < 0 ? errno : EFBIG, "read the numbers of roots");
	n->text.n = (size_t)got;
	while (n->text.n > 0 && n->text.at[n->text.n - 1] != '\n')
		n->text.n--; /* half a line: power went while it was written, nobody was told that number */
	return 0;
}

/* 0: it has none yet. */
static uint32_t number_of(struct numbering *n, const char *path)
{
	struct bytes left = buffer_bytes(&n->text);
	uint32_t found = 0;

	n->last = 0;
	while (left.n > 0) {
		const uint8_t *end = memchr(left.at, '\n', left.n);
		size_t length = (size_t)(end - left.at);
		const uint8_t *space = memchr(left.at, ' ', length);

		n->last = (uint32_t)strtoul((const char *)left.at, NULL, 10);
		if (space && bytes_equal_text(bytes_of(space + 1, length - (size_t)(space + 1 - left.at)), path))
			found = n->last;
		left = bytes_of(end + 1, left.n - length - 1);
	}
	return found;
}

int place_number_roots(const struct place *place, struct config *config)
{
	OWN_FD int fd = openat(place->state_fd, ROOTS_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	OWN_BUFFER struct buffer text = {0};
	struct numbering n = {0};
	size_t before;
	int r;

	if (fd < 0)
		return FAULT(errno, "open the numbers of roots");
	r = read_numbers(fd, &n);
	text = n.text;
	TRY(r);
	before = text.n;
	for (size_t i = 0; i < config->n_roots; i++) {
		n.text = text;
		config->roots[i].id = number_of(&n, config->roots[i].path);
		if (config->roots[i].id == 0) {
			config->roots[i].id = n.last + 1;
			buffer_add_format(&text, "%u %s\n", config->roots[i].id, config->roots[i].path);
		}
	}
	TRY(buffer_check(&text));
	if (text.n > before &&
	    (pwrite(fd, text.at + before, text.n - before, (off_t)before) != (ssize_t)(text.n - before) ||
	     ftruncate(fd, (off_t)text.n) < 0 || fsync(fd) < 0))
		return FAULT(errno, "write the numbers of roots");
	return 0;
}

/* Descriptors */

static int set_socket_access(const struct place *place, const char *path)
{
	const char *name = config_text(place->config, "socket_group");
	const struct group *group = getgrnam(name);

	if (!group && !place->trial)
		return refuse("there is no group '%s', whose members may use the agent (socket_group)", name);
	if (group && place->is_root && chown(path, 0, group->gr_gid) < 0)
		return FAULT(errno, "give %s to group %s", path, name);
	/* In a trial everybody may connect; what they may do is decided for each request anyway. */
	if (chmod(path, place->trial ? 0666 : 0660) < 0)
		return FAULT(errno, "set the mode of %s", path);
	return 0;
}

int place_open_socket(struct place *place, int *ret)
{
	OWN_FD int fd = -1;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int n, r;

	*ret = notify_listen_fd();
	if (*ret >= 0)
		return 0;
	n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/classd.sock", place->runtime_dir);
	if (n < 0 || (size_t)n >= sizeof(at.sun_path))
		return refuse("runtime_dir %s is too long for a socket", place->runtime_dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return FAULT(errno, "make the API socket");
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return refuse("another agent answers at %s; stop it first", at.sun_path);
	if (unlink(at.sun_path) < 0 && errno != ENOENT)
		return FAULT(errno, "remove the old %s", at.sun_path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return FAULT(errno, "bind %s", at.sun_path);
	r = set_socket_access(place, at.sun_path);
	if (r)
		return r;
	if (listen(fd, BACKLOG) < 0)
		return FAULT(errno, "listen at %s", at.sun_path);
	place->socket_path = text_copy(at.sun_path);
	*ret = steal_fd(&fd);
	return place->socket_path ? 0 : FAULT(ENOMEM, "keep the name of the socket");
}

int place_open_key(const struct place *place, int *ret)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	OWN_MEM char *path = credentials ? text_format("%s/classd.machine-key", credentials) : NULL;
	OWN_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;

	/* Left empty by an --init that did not finish, the file is taken again; with a key in it, it is kept. */
	if (fd < 0)
		fd = openat(place->state_fd, KEY_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0400);
	if (fd < 0 && errno == EACCES)
		fd = openat(place->state_fd, KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return FAULT(errno, "open the machine key");
	*ret = steal_fd(&fd);
	return 0;
}

int place_open_state(const struct place *place, enum role_id role, int *ret)
{
	int fd = openat(place->state_fd, sandbox_row(role)->state, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return FAULT(errno, "open the state of a role");
	*ret = fd;
	return 0;
}

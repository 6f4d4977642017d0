/*
 * Who has documents in clear and is not there any more. Only the owners of folders and processes are looked at, and
 * processes only while there are such folders. A user counts as gone when two looks in a row found no process of his,
 * so that a script of one command after the other keeps its checkout.
 */
#include "supervisor/supervise.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static bool has(const struct uids *uids, uid_t uid)
{
	for (size_t i = 0; i < uids->n; i++)
		if (uids->at[i] == uid)
			return true;
	return false;
}

static void add(struct uids *uids, uid_t uid)
{
	if (!has(uids, uid) && uids->n < UIDS_MAX) /* more wait until some of these are gone */
		uids->at[uids->n++] = uid;
}

static void take_out(struct uids *uids, uid_t uid)
{
	for (size_t i = 0; i < uids->n; i++)
		if (uids->at[i] == uid)
			uids->at[i--] = uids->at[--uids->n];
}

/* Lets fn see the owner of each directory in that directory whose name begins with a digit: folders of checkouts are
 * named by uid, processes by number. */
static void each_owner(const char *path, struct uids *uids, void (*fn)(struct uids *uids, uid_t uid))
{
	DIR *dir = path ? opendir(path) : NULL;
	const struct dirent *entry;
	struct stat stat;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
		    fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode))
			fn(uids, stat.st_uid);
	if (dir)
		(void)closedir(dir);
}

void logouts_look(const struct logouts *l, struct uids *ret_gone)
{
	struct uids absent = *l->watched;

	*ret_gone = (struct uids){0};
	each_owner(l->checkouts, &absent, add);
	if (absent.n > 0)
		each_owner(l->processes, &absent, take_out);
	for (size_t i = 0; i < absent.n; i++)
		if (has(l->missed, absent.at[i]))
			add(ret_gone, absent.at[i]);
	*l->missed = absent;
}

static int tell(struct supervisor *s, uid_t uid)
{
	struct channel *registrar = supervise_registrar(s);

	if (!registrar)
		return 0; /* away: the next look */
	take_out(&s->watched, uid);
	return CHANNEL_SEND(registrar, checkouts_over, -1, .uid = uid);
}

/* Only while there may be somebody to look for. */
static int on_look(struct loop_timer *timer)
{
	struct supervisor *s = container_of(timer, struct supervisor, logouts);
	struct logouts l = {.checkouts = s->place.has_checkouts ? s->place.checkout_dir : NULL,
			    .processes = "/proc",
			    .watched = &s->watched,
			    .missed = &s->missed};
	struct uids gone;

	logouts_look(&l, &gone);
	for (size_t i = 0; i < gone.n; i++)
		TRY(tell(s, gone.at[i]));
	if (!s->place.has_checkouts && s->watched.n == 0)
		return 0;
	return loop_arm(&s->loop, timer, config_number(&s->config, "logout_look_s") * 1000, on_look);
}

static int look_later(struct supervisor *s)
{
	return s->logouts.loop
		   ? 0
		   : loop_arm(&s->loop, &s->logouts, config_number(&s->config, "logout_look_s") * 1000, on_look);
}

int logouts_watch(struct supervisor *s, uid_t uid, bool on)
{
	take_out(&s->watched, uid);
	if (!on || uid == UID_EVERYBODY)
		return 0;
	add(&s->watched, uid);
	return look_later(s);
}

int logouts_start(struct supervisor *s)
{
	if (!s->place.has_checkouts)
		return 0;
	TRY(tell(s, UID_EVERYBODY));
	return look_later(s);
}

/* From a word to a descriptor. */
#include "ctl/document.h"

#include "base/text.h"
#include "library/crypto.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

enum { LOOK_AGAIN_MS = 150, LOOKS = 10 };

bool document_is_number(const char *word)
{
	for (size_t i = 0; i < 4; i++)
		if (!isdigit((unsigned char)word[i]))
			return false;
	size_t n = word[4] == '-' ? strspn(word + 5, "0123456789") : 0;
	return n >= 6 && n <= 9 && word[5 + n] == 0;
}

/* NUMBER.age names a sealed file whose own name is hidden. */
static char *number_of(const char *word)
{
	const char *slash = strrchr(word, '/');
	char *name = text_copy(slash ? slash + 1 : word);

	if (name && text_ends(name, ".age"))
		name[strlen(name) - 4] = 0;
	if (name && document_is_number(name))
		return name;
	free(name);
	return NULL;
}

static int say_missing(const char *word, int error)
{
	OWN_MEM char *where = say_safe(word);

	if (error == ELOOP)
		return say_error(CLASSD_EXIT_INPUT, where, _("name the file itself"),
				 _("a symbolic link is not a document"));
	return say_error(error == ENOENT ? CLASSD_EXIT_NOT_FOUND : CLASSD_EXIT_INPUT, where,
			 _("check the name; a sealed document can also be named by its record number"),
			 _("the file cannot be opened: %s"), strerror(error));
}

static int check_kind(struct document *d)
{
	OWN_MEM char *where = say_safe(d->word);

	if (fstat(d->fd, &d->st) < 0)
		return FAULT(errno, "look at %s", d->word);
	if (S_ISREG(d->st.st_mode))
		return 0;
	if (S_ISLNK(d->st.st_mode))
		return say_missing(d->word, ELOOP);
	if (S_ISDIR(d->st.st_mode))
		return say_error(CLASSD_EXIT_INPUT, where, _("name a file in it, or use tag -r for a whole folder"),
				 _("this is a folder"));
	return say_error(CLASSD_EXIT_INPUT, where, _("name a regular file"),
			 _("a device, pipe or socket is not a document"));
}

/* A file of a high level has its name hidden when it is sealed; the agent knows what lay in this folder. */
static bool find_folder(struct document *d)
{
	char *slash = d->path ? strrchr(d->path, '/') : NULL;
	const char *slash_in_word = strrchr(d->word, '/');

	if (!d->path)
		return false;
	if (slash)
		slash[1] = 0;
	d->fd = open(slash ? d->path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	d->name = slash_in_word ? slash_in_word + 1 : d->word;
	free(steal(&d->path));
	return d->fd >= 0 && *d->name;
}

int document_find(const char *word, struct document *ret)
{
	*ret = (struct document){.word = word, .fd = -1};
	if (document_is_number(word)) {
		ret->number = text_copy(word);
		return ret->number ? 0 : FAULT(ENOMEM, "a number");
	}
	ret->path = text_copy(word);
	ret->fd = open(word, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int error = errno;
	if (ret->fd < 0 && error == ENOENT && !text_ends(word, ".age")) {
		free(ret->path);
		ret->path = text_format("%s.age", word);
		ret->fd = ret->path ? open(ret->path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
	}
	if (ret->fd < 0) {
		ret->number = number_of(word);
		return error == ENOENT && (ret->number || find_folder(ret)) ? 0 : say_missing(word, error);
	}
	ret->is_sealed = ret->path && text_ends(ret->path, ".age");
	return check_kind(ret);
}

void document_done(struct document *d)
{
	if (d->word && d->fd >= 0)
		close_fd(&d->fd);
	free(d->number);
	free(d->path);
	*d = (struct document){.fd = -1};
}

void document_refer(const struct document *d, struct call *call, const char *key)
{
	struct json *reference = json_object();

	if (!call->parameters)
		call->parameters = json_object();
	/* Once the agent named the record, its number says more than a file that may be sealed and taken meanwhile. */
	if (d->number || d->fd < 0)
		json_set_text(reference, "number", d->number);
	else
		json_set_int(reference, "descriptor", call_pass(call, d->fd));
	if (d->name && !d->number)
		json_set_text(reference, "name", d->name);
	json_set(call->parameters, key, reference);
}

/* The file went away under its name (sealed, saved anew): what has the name now is the document. */
static void follow_name(struct document *d)
{
	struct document again = {.word = d->word, .fd = -1};
	struct stat st;

	if (fstat(d->fd, &st) == 0 && st.st_nlink > 0)
		return;
	again.fd = open(d->word, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	again.path = again.fd >= 0 ? text_copy(d->word) : text_format("%s.age", d->word);
	if (again.fd < 0 && again.path)
		again.fd = open(again.path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (again.fd >= 0 && again.path && fstat(again.fd, &again.st) == 0 && S_ISREG(again.st.st_mode)) {
		again.is_sealed = text_ends(again.path, ".age");
		document_done(d);
		*d = again;
		return;
	}
	document_done(&again);
}

/* A file that was written a moment ago may not have been seen yet: it is asked for again for a second or two. */
static int show_when_seen(struct ctl *ctl, struct document *d, struct reply *ret)
{
	for (int i = 0;; i++) {
		struct timespec rest = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
		struct call call = {.method = "Records.Show",
				    .quiet = d->fd >= 0 && !d->name && i < LOOKS ? "not-found" : NULL};

		document_refer(d, &call, "document");
		int result = ctl_call(ctl, &call, ret);
		if (result != CLASSD_EXIT_NOT_FOUND || !call.quiet)
			return result;
		(void)nanosleep(&rest, NULL); /* woken early only asks earlier */
		follow_name(d);
	}
}

int document_show(struct ctl *ctl, struct document *d, struct reply *ret)
{
	DO(show_when_seen(ctl, d, ret));
	const char *number = json_get_text(json_get(ret->at, "record"), "number");
	if (!d->number)
		d->number = text_copy(number);
	return d->number ? 0 : say_error(CLASSD_EXIT_NOT_FOUND, d->word, NULL, _("the agent named no record"));
}

bool document_is_own_clear(const struct document *d)
{
	return d->fd >= 0 && d->path && !d->is_sealed && d->st.st_uid == getuid();
}

/* The agent must say that this very file is the record's: a root of the same inner path may hold another. */
static int is_of_record(struct ctl *ctl, const struct document *found, const char *number, bool *ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Documents.Find", .quiet = "not-found"};

	document_refer(found, &call, "document");
	int result = ctl_call(ctl, &call, &reply);
	*ret = result == 0 && text_equal(json_get_text(json_get(reply.at, "document"), "record"), number);
	return result == CLASSD_EXIT_NOT_FOUND ? 0 : result;
}

static int try_root(struct ctl *ctl, struct document *d, const char *root, const char *path)
{
	OWN_MEM char *whole = text_format("%s/%s", root, path);
	struct document found = {.word = d->word, .fd = -1};
	bool same = false;

	found.fd = whole ? open(whole, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (found.fd < 0 || fstat(found.fd, &found.st) < 0 || !S_ISREG(found.st.st_mode)) {
		close_fd(&found.fd);
		return 0;
	}
	found.is_sealed = text_ends(whole, ".age");
	found.path = steal(&whole);
	int result = document_is_own_clear(&found) ? is_of_record(ctl, &found, d->number, &same) : 0;
	if (result == 0 && same) {
		d->fd = steal_fd(&found.fd);
		d->path = steal(&found.path);
		d->st = found.st;
	}
	document_done(&found);
	return result;
}

int document_locate(struct ctl *ctl, struct document *d, struct json_view record)
{
	OWN_REPLY struct reply reply = {0};
	const char *path = json_get_text(record, "path");
	struct call call = {.method = "Agent.GetStatus"};

	if (d->path || text_is_empty(path))
		return 0;
	DO(ctl_call(ctl, &call, &reply));
	struct json_view roots = json_get(reply.at, "roots");
	for (size_t i = 0; i < json_n(roots) && !d->path; i++)
		DO(try_root(ctl, d, json_get_text(json_at(roots, i), "path"), path));
	return 0;
}

int document_number(struct ctl *ctl, struct document *d)
{
	OWN_REPLY struct reply reply = {0};

	return d->number ? 0 : document_show(ctl, d, &reply);
}

static int digest_file(int fd, struct digest *digest, const char *path)
{
	uint8_t at[65536];
	ssize_t n;

	while ((n = read(fd, at, sizeof(at))) != 0) {
		if (n < 0 && errno != EINTR)
			return FAULT(errno, "read %s", path);
		if (n > 0)
			TRY(digest_add(digest, bytes_of(at, (size_t)n)));
	}
	return 0;
}

int document_digest(const char *path, uint8_t ret[32])
{
	OWNED(digest) struct digest *digest = NULL;
	OWN_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return say_missing(path, errno);
	TRY(digest_new(&digest));
	DO(digest_file(fd, digest, path));
	return digest_end(digest, ret);
}

int document_folder(const char *path, int *ret_fd)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	OWN_MEM char *where = say_safe(path);
	return say_error(errno == ENOENT ? CLASSD_EXIT_NOT_FOUND : CLASSD_EXIT_INPUT, where,
			 _("name an existing folder"), _("the folder cannot be opened: %s"), strerror(errno));
}

int document_ask(struct ctl *ctl, const char *word, struct call *call, struct reply *ret)
{
	OWN_DOCUMENT struct document d = {.fd = -1};

	if (!call->parameters)
		call->parameters = json_object();
	if (word) {
		DO(document_find(word, &d));
		DO(document_number(ctl, &d));
		json_set_text(call->parameters, "number", d.number);
	}
	return ctl_call(ctl, call, ret);
}

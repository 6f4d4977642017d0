#include "registrar/policy/sets.h"

#include "base/text.h"
#include "library/policy_bundle.h"
#include "registrar/store/store_sets.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define ENDING ".bundle"
#define FRESH  "fresh"
#define MOST   ((size_t)(BUNDLE_BYTES_MAX + ((uint64_t)1 << 20))) /* bytes of a bundle: its files, headers, signatures */

/* A clock that may be wrong brings no other rules: those that ran last go on. */
static bool is_held(struct registrar *r, const char *fact, char **ret, int *ret_status)
{
	*ret_status = registrar_clock_is_suspect(r) ? store_fact(r->store, fact, ret) : 0;
	return *ret_status == 0 && *ret;
}

int sets_in_force(struct registrar *r, const struct policy *pack, const struct policy **ret)
{
	OWN_MEM char *version = NULL;
	int status;

	*ret = policy_in_force(pack, registrar_today(r));
	if (is_held(r, "pack_version", &version, &status))
		for (const struct policy *set = pack; set; set = set->earlier)
			if (text_equal(set->version, version))
				*ret = set;
	return status < 0 ? status : 0;
}

int sets_ruling(struct registrar *r, int64_t *ret)
{
	const char *pack = role_setting(&r->role, "pack", "");
	OWN_MEM char *last = NULL, *of = NULL;
	uint64_t id = 0;
	int status;

	if (is_held(r, "pack", &of, &status) && text_equal(of, pack) && is_held(r, "pack_set", &last, &status) &&
	    text_to_u64(last, INT64_MAX, &id)) {
		*ret = (int64_t)id;
		return 0;
	}
	TRY(status);
	status = store_set_ruling(r->store, pack, registrar_today(r), 0, ret);

	if (status == STORE_NOT_FOUND)
		*ret = 0;
	return status < 0 ? status : 0;
}

/* ---- files ---- */

static const struct open_how folder_how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW};

static int open_state(struct registrar *r, int *ret)
{
	const struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC};
	OWN_FD int own = -1;
	int held = r->role.resources[RESOURCE_STATE], fd;

	if (held < 0)
		held = own = open(r->role.state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = held < 0 ? -errno : files_linux.open(&files_linux, held, ".", &how);
	if (fd < 0)
		return FAULT(-fd, "%s", r->role.state_dir);
	*ret = fd;
	return 0;
}

/* The folder of the sets, made when it is missing; its name is durable then. */
static int make_folder(struct registrar *r, int *ret)
{
	const struct files *f = &files_linux;
	OWN_FD int state = -1;
	int result;

	TRY(open_state(r, &state));
	result = f->make_dir(f, state, SETS_FOLDER, 0700);
	if (result == 0 || result == -EEXIST)
		result = f->sync(f, state);
	if (result == 0)
		result = f->open(f, state, SETS_FOLDER, &folder_how);
	if (result < 0)
		return FAULT(-result, "the folder %s", SETS_FOLDER);
	*ret = result;
	return 0;
}

static int name_of(const char *digest, char **ret)
{
	*ret = text_format("%.64s" ENDING, digest);
	return *ret ? 0 : FAULT(ENOMEM, "a policy set");
}

int sets_read(struct registrar *r, const char *digest, struct buffer *ret)
{
	const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW};
	OWN_MEM char *name = NULL;
	OWN_FD int state = -1;
	OWN_FD int dir = -1;
	OWN_FD int fd = -1;
	int result;

	TRY(name_of(digest, &name));
	TRY(open_state(r, &state));
	dir = files_linux.open(&files_linux, state, SETS_FOLDER, &folder_how);
	fd = dir < 0 ? dir : files_linux.open(&files_linux, dir, name, &how);
	if (fd < 0)
		return fd == -ENOENT ? POLICY_MISSING : FAULT(-fd, "open a policy set");
	result = files_read_rest(&files_linux, fd, MOST, ret);
	return result == 0 ? 0 : FAULT(-result, "read a policy set");
}

/* Beside it first, and then in its place in one step: whatever happens, one of the two is whole under that name. */
static int replace(int dir, const char *name, struct bytes whole)
{
	const struct files *f = &files_linux;
	int result = f->unlink(f, dir, FRESH); /* of a kill before */

	if (result == 0 || result == -ENOENT)
		result = files_create_whole(f, dir, FRESH, 0600, whole);
	if (result == 0)
		result = f->move(f, dir, FRESH, dir, name, RENAME_EXCHANGE);
	if (result == 0)
		result = f->unlink(f, dir, FRESH);
	return result == 0 ? f->sync(f, dir) : result;
}

int sets_keep(struct registrar *r, const char *digest, struct bytes whole)
{
	OWN_BUFFER struct buffer there = {0};
	OWN_MEM char *name = NULL;
	OWN_FD int dir = -1;
	int result;

	TRY(name_of(digest, &name));
	TRY(make_folder(r, &dir));
	result = files_create_whole(&files_linux, dir, name, 0600, whole);
	if (result == -EEXIST) {
		TRY(sets_read(r, digest, &there));
		result = bytes_equal(buffer_bytes(&there), whole) ? 0 : replace(dir, name, whole);
	}
	return result == 0 ? 0 : FAULT(-result, "keep a policy set");
}

/* ---- reading one ---- */

static int parse(struct registrar *r, const char *digest, struct policy **ret, struct buffer *report)
{
	OWN_BUFFER struct buffer whole = {0};
	OWNED(policy_bundle) struct policy_bundle *b = NULL;
	struct policy_source sources[BUNDLE_FILES_MAX];
	int result = sets_read(r, digest, &whole);

	if (result == POLICY_MISSING)
		buffer_add_text(report, "its file is not in the state directory\n");
	/* Its approvals counted when it came; a signer who is not trusted any more takes nothing back. */
	if (result == 0)
		result = policy_bundle_read(buffer_bytes(&whole), NULL, &b, report);
	if (result)
		return result < 0 ? result : POLICY_BAD;
	if (!text_equal(b->digest, digest)) {
		buffer_add_text(report, "its file is not the one that was installed\n");
		return POLICY_BAD;
	}
	return policy_load_set(&(struct policy_set){.files = sources,
						    .n_files = policy_bundle_sources(b, sources),
						    .overlay = role_setting(&r->role, "policy_overlay", NULL),
						    .today = registrar_today(r)},
			       ret, report);
}

struct found {
	char digest[65], version[65];
};

static int take_set(const struct store_set *set, void *arg)
{
	struct found *f = arg;

	(void)snprintf(f->digest, sizeof(f->digest), "%s", set->digest ? set->digest : "");
	(void)snprintf(f->version, sizeof(f->version), "%s", set->version ? set->version : "");
	return 0;
}

static int load_folder(struct registrar *r, struct policy **ret, char **ret_place, struct buffer *report)
{
	OWN_MEM char *path = text_format("%s/%s", role_setting(&r->role, "policy_dir", ""), role_setting(&r->role, "pack", ""));
	int result;

	if (!path)
		return FAULT(ENOMEM, "policy");
	result = policy_load_set(&(struct policy_set){.directory = path,
						      .overlay = role_setting(&r->role, "policy_overlay", NULL),
						      .today = registrar_today(r)},
				 ret, report);
	if (ret_place)
		*ret_place = steal(&path);
	return result;
}

int sets_load(struct registrar *r, int64_t id, struct policy **ret, char **ret_place, struct buffer *report)
{
	struct found f = {{0}, {0}};
	int status;

	if (id == 0)
		return load_folder(r, ret, ret_place, report);
	status = store_set_load(r->store, id, take_set, &f);
	if (status || f.digest[0] == '\0')
		return status < 0 ? status : POLICY_MISSING;
	if (ret_place)
		*ret_place = text_format("set-%lld (%s)", (long long)id, f.version);
	return parse(r, f.digest, ret, report);
}

/* ---- for a backup ---- */

struct passing {
	struct registrar *r;
	sets_file_fn each;
	void *arg;
	struct buffer passed; /* digests: a set that came back after it was dropped is two rows and one file */
};

static int pass_file(const struct store_set *set, void *arg)
{
	struct passing *p = arg;
	OWN_BUFFER struct buffer content = {0};
	OWN_MEM char *name = NULL;
	int status;

	if (set->drops || (p->passed.n && memmem(p->passed.at, p->passed.n, set->digest, strlen(set->digest))))
		return 0;
	buffer_add_text(&p->passed, set->digest);
	TRY(buffer_check(&p->passed));
	status = sets_read(p->r, set->digest, &content);
	if (status)
		return status < 0 ? status : 0;
	TRY(name_of(set->digest, &name));
	return p->each(name, buffer_bytes(&content), p->arg);
}

int sets_files(struct registrar *r, sets_file_fn each, void *arg)
{
	struct passing p = {.r = r, .each = each, .arg = arg};
	int status = store_set_list(r->store, pass_file, &p);

	buffer_done(&p.passed);
	return status < 0 ? status : 0;
}

/* Every key is one row of a table; a kind of value is one function. */
#include "supervisor/config.h"

#include "supervisor/marks.h"
#include "supervisor/signers.h"

#include "base/text.h"
#include "domain/ignore_rule.h"
#include "library/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES	 200
#define OVERFLOW_UID	 65534 /* whoever the kernel cannot name: never a person */
#define ADMINISTRATORS	 "security_administrator"
#define ADMINISTRATORS_N 2

struct loading {
	const struct config_source *source;
	struct config *config;
	char *reason;
};

struct key {
	const char *name;
	int (*take)(struct loading *l, const struct key *key, const struct yaml_node *value);
	const char *otherwise; /* NULL: the key is required; "" : none is fine */
	uint64_t least, most;  /* of numbers */
};

static int bad(struct loading *l, const struct yaml_node *at, const char *format, ...) PRINTF_LIKE(3, 4);

static int bad(struct loading *l, const struct yaml_node *at, const char *format, ...)
{
	OWN_BUFFER struct buffer text = {0};
	char what[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* a cut reason is still a reason */
	va_end(args);
	buffer_add_format(&text, "%s:%u:%u: %s", l->source->path, at ? at->line : 1, at ? at->column : 1, what);
	free(l->reason);
	l->reason = buffer_steal_text(&text);
	return CONFIG_BAD;
}

static int add_setting(struct config *config, const char *key, const char *value)
{
	struct role_setting *at = reallocarray(config->settings, config->n_settings + 1, sizeof(*at));

	if (!at)
		return FAULT(ENOMEM, "keep a setting");
	config->settings = at;
	at = &config->settings[config->n_settings++];
	*at = (struct role_setting){text_copy(key), text_copy(value)};
	return at->key && at->value ? 0 : FAULT(ENOMEM, "keep a setting");
}

/* Kinds of values */

static int check_line(struct loading *l, const struct yaml_node *value, const char *name)
{
	if (value->kind != YAML_TEXT || text_is_empty(value->text) || !text_is_line(value->text, LINE_MAX_BYTES))
		return bad(l, value, "%s is one line of text, at most %d bytes", name, LINE_MAX_BYTES);
	return 0;
}

static int take_line(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	int r = check_line(l, value, key->name);

	return r ? r : add_setting(l->config, key->name, value->text);
}

static bool is_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(text) && text[0] != '-';
}

static int take_name(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	int r = check_line(l, value, key->name);

	if (r == 0 && !is_name(value->text))
		r = bad(l, value, "%s is a name of small letters, digits, '-' and '_'", key->name);
	return r ? r : add_setting(l->config, key->name, value->text);
}

/* Absolute and plain, so that two spellings never mean one folder. */
static bool is_plain_path(const char *text)
{
	return text[0] == '/' && text[1] && !text_ends(text, "/") && !strstr(text, "//") && !strstr(text, "/./") &&
	       !strstr(text, "/../") && !text_ends(text, "/.") && !text_ends(text, "/..") && text_is_line(text, 4000);
}

static int check_path(struct loading *l, const struct yaml_node *value, const char *name)
{
	if (value->kind != YAML_TEXT || !is_plain_path(value->text))
		return bad(l, value, "%s is an absolute path without '.', '..', '//' or a '/' at its end", name);
	return 0;
}

static int take_path(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	int r = check_path(l, value, key->name);

	return r ? r : add_setting(l->config, key->name, value->text);
}

static int take_number(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	uint64_t n;

	if (value->kind != YAML_TEXT || !text_to_u64(value->text, key->most, &n) || n < key->least)
		return bad(l, value, "%s is a number from %llu to %llu", key->name, (unsigned long long)key->least,
			   (unsigned long long)key->most);
	return add_setting(l->config, key->name, value->text);
}

static int take_zone(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	OWN_MEM char *path = NULL;
	int r = check_line(l, value, key->name);

	if (r)
		return r;
	path = text_format("/usr/share/zoneinfo/%s", value->text);
	if (!path)
		return FAULT(ENOMEM, "name a zone");
	/* UTC needs no data on the machine. */
	if (!text_equal(value->text, "UTC") && !text_equal(value->text, "Etc/UTC") &&
	    (!is_plain_path(path) || access(path, R_OK) < 0 || strstr(value->text, "..")))
		return bad(l, value, "zone: no time zone '%s' on this machine", value->text);
	return add_setting(l->config, key->name, value->text);
}

static int take_clock(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	if (value->kind != YAML_TEXT ||
	    (!text_equal(value->text, "system") &&
	     !(text_starts(value->text, "file:") && is_plain_path(value->text + strlen("file:")))))
		return bad(l, value, "clock is 'system' or 'file:/PATH'");
	if (!text_equal(value->text, "system") && !l->source->trial)
		return bad(l, value, "clock: a file clock is for trials only (classd --trial)");
	return add_setting(l->config, key->name, value->text);
}

static int take_watch(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	if (value->kind != YAML_TEXT || !marks_is_choice(value->text))
		return bad(l, value, "watch is 'auto', 'inotify' or 'fanotify'");
	return add_setting(l->config, key->name, value->text);
}

static int take_administrator(struct loading *l, const struct yaml_node *login)
{
	OWN_MEM char *value = NULL;
	const struct passwd *user;

	if (login->kind != YAML_TEXT || text_is_empty(login->text))
		return bad(l, login, "security_administrators is a list of login names");
	user = getpwnam(login->text);
	if (!user)
		return bad(l, login, "security_administrators: no user '%s' on this machine", login->text);
	if (user->pw_uid == 0 || user->pw_uid == OVERFLOW_UID)
		return bad(l, login, "security_administrators: '%s' is no person", login->text);
	value = text_format("%u:%s", (unsigned)user->pw_uid, login->text);
	if (!value)
		return FAULT(ENOMEM, "keep a security administrator");
	for (size_t i = 0; i < l->config->n_settings; i++)
		if (text_equal(l->config->settings[i].key, ADMINISTRATORS) &&
		    strtoul(l->config->settings[i].value, NULL, 10) == user->pw_uid)
			return bad(l, login, "security_administrators: '%s' is there twice", login->text);
	return add_setting(l->config, ADMINISTRATORS, value);
}

static int take_administrators(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	if (value->kind != YAML_LIST || (!l->source->trial && value->n < ADMINISTRATORS_N))
		return bad(l, value, "%s is a list of at least two login names", key->name);
	for (const struct yaml_node *at = value->child; at; at = at->next) {
		int r = take_administrator(l, at);

		if (r)
			return r;
	}
	return 0;
}

static int take_ignore(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	if (value->kind != YAML_LIST || value->n > IGNORE_RULES_MAX)
		return bad(l, value, "%s is a list of at most %d names", key->name, IGNORE_RULES_MAX);
	for (const struct yaml_node *at = value->child; at; at = at->next) {
		const char *why = at->kind == YAML_TEXT ? ignore_rule_refuse(at->text) : "is not a name";

		if (why)
			return bad(l, at, "%s: '%s' %s", key->name, at->kind == YAML_TEXT ? at->text : "", why);
		TRY(add_setting(l->config, key->name, at->text));
	}
	return 0;
}

static int take_signers(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	if (value->kind != YAML_LIST || value->n > SIGNERS_MAX)
		return bad(l, value, "%s is a list of at most %d names with their keys", key->name, SIGNERS_MAX);
	for (const struct yaml_node *at = value->child; at; at = at->next) {
		OWN_MEM char *line = NULL;
		const char *why = signers_take(l->config, at->kind == YAML_TEXT ? at->text : NULL, &line);

		if (why)
			return bad(l, at, "%s: it %s", key->name, why);
		TRY(line ? add_setting(l->config, key->name, line) : FAULT(ENOMEM, "keep a signer"));
	}
	return 0;
}

/* Roots */

static int take_root_field(struct loading *l, struct role_root *root, const struct yaml_node *value)
{
	const char *name = value->key->text;
	char **text = text_equal(name, "path")	       ? &root->path
		      : text_equal(name, "floor")      ? &root->floor
		      : text_equal(name, "department") ? &root->department
						       : NULL;
	int r;

	if (text_equal(name, "mode")) {
		root->mode = value->kind != YAML_TEXT		  ? 0
			     : text_equal(value->text, "observe") ? ROOT_OBSERVE
			     : text_equal(value->text, "enforce") ? ROOT_ENFORCE
								  : 0;
		return root->mode ? 0 : bad(l, value, "mode is 'observe' or 'enforce'");
	}
	if (!text)
		return bad(l, value->key, "unknown key '%s' in a root (path, mode, floor, department)", name);
	r = text == &root->path ? check_path(l, value, name) : check_line(l, value, name);
	if (r)
		return r;
	free(*text);
	*text = text_copy(value->text);
	return *text ? 0 : FAULT(ENOMEM, "keep a root");
}

static bool is_within(const char *path, const char *folder)
{
	return text_starts(path, folder) && (path[strlen(folder)] == 0 || path[strlen(folder)] == '/');
}

static int take_root(struct loading *l, const struct yaml_node *value)
{
	struct role_root *root = reallocarray(l->config->roots, l->config->n_roots + 1, sizeof(*root));

	if (!root)
		return FAULT(ENOMEM, "keep a root");
	l->config->roots = root;
	root = &l->config->roots[l->config->n_roots++];
	*root = (struct role_root){.kind = ROOT_DOCUMENTS, .mode = ROOT_OBSERVE};
	if (value->kind != YAML_MAP)
		return bad(l, value, "a root is a map with path, mode, floor and department");
	for (const struct yaml_node *at = value->child; at; at = at->next) {
		int r = take_root_field(l, root, at);

		if (r)
			return r;
	}
	if (!root->path)
		return bad(l, value, "a root needs a path");
	if (!root->floor)
		root->floor = text_copy("");
	if (!root->department)
		root->department = text_copy("");
	for (size_t i = 0; i + 1 < l->config->n_roots; i++)
		if (is_within(root->path, l->config->roots[i].path) || is_within(l->config->roots[i].path, root->path))
			return bad(l, value, "root %s and root %s lie in each other", root->path,
				   l->config->roots[i].path);
	return root->floor && root->department ? 0 : FAULT(ENOMEM, "keep a root");
}

static int take_roots(struct loading *l, const struct key *key, const struct yaml_node *value)
{
	if (value->kind != YAML_LIST)
		return bad(l, value, "%s is a list of maps", key->name);
	for (const struct yaml_node *at = value->child; at; at = at->next) {
		int r = take_root(l, at);

		if (r)
			return r;
	}
	return 0;
}

/* The file */

static const struct key keys[] = {
    {"unit", take_line, NULL, 0, 0},
    {"pack", take_name, NULL, 0, 0},
    {"zone", take_zone, NULL, 0, 0},
    {"security_administrators", take_administrators, "", 0, 0},
    {"roots", take_roots, "", 0, 0},
    {"clock", take_clock, "system", 0, 0},
    {"policy_dir", take_path, "", 0, 0},
    {"policy_overlay", take_path, "/etc/classd/policy.d", 0, 0},
    {"policy_signers", take_signers, "", 0, 0},
    {"state_dir", take_path, "/var/lib/classd", 0, 0},
    {"runtime_dir", take_path, "/run/classd", 0, 0},
    {"socket_group", take_name, "classd", 0, 0},
    {"role_users", take_name, "classd", 0, 0},
    {"ignore", take_ignore, "", 0, 0},
    {"settle_ms", take_number, "300", 10, 60000},
    {"inspectors", take_number, "2", 1, 8},
    {"inspector_idle_s", take_number, "30", 1, 86400},
    {"watch", take_watch, "auto", 0, 0},
    {"rescan_s", take_number, "900", 1, 1000000},
    {"side_files_s", take_number, "900", 1, 1000000},
    {"poll_s", take_number, "20", 1, 86400},
    {"checkout_idle_minutes", take_number, "60", 1, 10000},
    {"logout_look_s", take_number, "15", 1, 3600},
    {"protector_timeout_s", take_number, "30", 1, 600},
};

static const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < array_n(keys); i++)
		if (text_equal(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static const char *find(const struct config *config, const char *key)
{
	for (size_t i = 0; i < config->n_settings; i++)
		if (text_equal(config->settings[i].key, key))
			return config->settings[i].value;
	return NULL;
}

static int fill_in(struct loading *l, const struct yaml_node *top)
{
	for (size_t i = 0; i < array_n(keys); i++) {
		const char *otherwise = keys[i].otherwise;

		if (yaml_get(top, keys[i].name))
			continue;
		if (!otherwise)
			return bad(l, top, "the key '%s' is missing", keys[i].name);
		if (text_equal(keys[i].name, "policy_dir"))
			otherwise = l->source->default_policy;
		if (otherwise[0])
			TRY(add_setting(l->config, keys[i].name, otherwise));
	}
	if (!yaml_get(top, "security_administrators") && !l->source->trial)
		return bad(l, top, "the key 'security_administrators' is missing");
	return 0;
}

/* A watched folder may neither hold our own state nor lie in it: the agent would watch itself. */
static int check_places(struct loading *l, const struct yaml_node *top)
{
	static const char *const own[] = {"state_dir", "runtime_dir"};

	for (size_t i = 0; i < l->config->n_roots; i++)
		for (size_t k = 0; k < array_n(own); k++) {
			const char *root = l->config->roots[i].path;
			const char *dir = find(l->config, own[k]);

			if (is_within(root, dir) || is_within(dir, root))
				return bad(l, yaml_get(top, "roots"), "root %s and %s %s lie in each other", root,
					   own[k], dir);
		}
	return 0;
}

static int take_all(struct loading *l, const struct yaml_node *top)
{
	int r;

	if (!top || top->kind != YAML_MAP)
		return bad(l, top, "a configuration is a map of keys; see classd.yaml(5)");
	for (const struct yaml_node *at = top->child; at; at = at->next) {
		const struct key *key = key_find(at->key->text);

		r = key ? key->take(l, key, at) : bad(l, at->key, "unknown key '%s'", at->key->text);
		if (r)
			return r;
	}
	r = fill_in(l, top);
	return r ? r : check_places(l, top);
}

static int read_file(struct loading *l, struct buffer *ret)
{
	OWN_FD int fd = open(l->source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return bad(l, NULL, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > YAML_BYTES_MAX)
		return bad(l, NULL, "is not a file of at most %u bytes", YAML_BYTES_MAX);
	/* Whoever may write it decides what the agent does with every document. */
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		return bad(l, NULL, "must belong to root and be writable by nobody else");
	if (!buffer_reserve(ret, (size_t)st.st_size + 1))
		return FAULT(ENOMEM, "read %s", l->source->path);
	n = pread(fd, ret->at, (size_t)st.st_size, 0);
	if (n < 0)
		return FAULT(errno, "read %s", l->source->path);
	ret->n = (size_t)n;
	return 0;
}

static int load(struct loading *l)
{
	OWNED(yaml) struct yaml_node *top = NULL;
	OWN_BUFFER struct buffer text = {0};
	struct yaml_error error = {0};
	int r = read_file(l, &text);

	if (r)
		return r;
	r = yaml_parse(buffer_bytes(&text), &top, &error);
	if (r == YAML_BAD)
		return bad(l, &(struct yaml_node){.line = error.line, .column = error.column}, "%s", error.reason);
	return r ? r : take_all(l, top);
}

int config_load(const struct config_source *source, struct config *ret, char **ret_reason)
{
	struct config config = {0};
	struct loading l = {.source = source, .config = &config};
	int r = load(&l);

	if (r == 0) {
		*ret = config;
		return 0;
	}
	config_done(&config);
	if (r > 0)
		*ret_reason = l.reason;
	else
		free(l.reason);
	return r;
}

void config_done(struct config *config)
{
	for (size_t i = 0; i < config->n_settings; i++) {
		free(config->settings[i].key);
		free(config->settings[i].value);
	}
	for (size_t i = 0; i < config->n_roots; i++) {
		free(config->roots[i].path);
		free(config->roots[i].floor);
		free(config->roots[i].department);
	}
	free(config->settings);
	free(config->roots);
	*config = (struct config){0};
}

bool config_equal(const struct config *a, const struct config *b)
{
	if (a->n_settings != b->n_settings || a->n_roots != b->n_roots)
		return false;
	for (size_t i = 0; i < a->n_settings; i++)
		if (!text_equal(a->settings[i].key, b->settings[i].key) ||
		    !text_equal(a->settings[i].value, b->settings[i].value))
			return false;
	for (size_t i = 0; i < a->n_roots; i++)
		if (a->roots[i].mode != b->roots[i].mode || !text_equal(a->roots[i].path, b->roots[i].path) ||
		    !text_equal(a->roots[i].floor, b->roots[i].floor) ||
		    !text_equal(a->roots[i].department, b->roots[i].department))
			return false;
	return true;
}

const char *config_text(const struct config *config, const char *key)
{
	const char *value = find(config, key);

	return value ? value : "";
}

uint64_t config_number(const struct config *config, const char *key)
{
	uint64_t n = 0;

	(void)text_to_u64(config_text(config, key), UINT64_MAX, &n); /* checked when it was loaded */
	return n;
}

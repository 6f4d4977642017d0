/* A pack as a whole: files into trees, trees into parts, parts into a policy or a list of everything wrong. */
#include "library/policy_load.h"
#include "library/sodium.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "library/policy_read.h"

#define FILES_MAX 64

struct pack {
	const struct policy_source *sources;
	size_t n;
	struct yaml_node *trees[FILES_MAX];
};

static int parse_sources(struct pack *pack, struct reader *r)
{
	for (size_t i = 0; i < pack->n; i++) {
		struct yaml_error error = {0};
		int outcome = yaml_parse(pack->sources[i].text, &pack->trees[i], &error);

		TRY(outcome);
		r->file = pack->sources[i].name;
		if (outcome) {
			const struct yaml_node at = {.line = error.line, .column = error.column};

			complain(r, &at, "%s", error.reason);
		} else if (!pack->trees[i])
			complain(r, NULL, "the file is empty");
		else if (pack->trees[i]->kind != YAML_MAP)
			complain(r, pack->trees[i], "keys and values are expected here");
	}
	return 0;
}

static bool is_section(const char *key)
{
	for (size_t i = 0; i < policy_sections_n; i++)
		if (strcmp(policy_sections[i].key, key) == 0)
			return true;
	return false;
}

static void check_keys(const struct pack *pack, struct reader *r)
{
	for (size_t i = 0; i < pack->n; i++) {
		const struct yaml_node *tree = pack->trees[i];

		r->file = pack->sources[i].name;
		for (const struct yaml_node *v = tree && tree->kind == YAML_MAP ? tree->child : NULL; v; v = v->next)
			if (!is_section(v->key->text))
				complain(r, v->key, "unknown key %.80s", v->key->text);
	}
}

/* One part from the pack's own files, where it stands once, or from the site's, where it may stand in any. */
static void read_section(const struct pack *pack, struct reader *r, const struct section *section, bool overlay)
{
	const char *seen = NULL;

	r->overlay = overlay;
	for (size_t i = 0; i < pack->n; i++) {
		const struct yaml_node *v = yaml_get(pack->trees[i], section->key);

		if (!v || pack->sources[i].is_overlay != overlay)
			continue;
		r->file = pack->sources[i].name;
		if (seen && !overlay)
			complain(r, v->key, "%s stands in %s already", section->key, seen);
		else
			section->read(r, v);
		seen = pack->sources[i].name;
	}
	if (!seen && !overlay && section->required) {
		r->file = pack->n ? pack->sources[0].name : "policy";
		complain(r, NULL, "no file of the pack has the part %s", section->key);
	}
}

static void read_sections(const struct pack *pack, struct reader *r)
{
	for (int overlay = 0; overlay < 2; overlay++)
		for (size_t i = 0; i < policy_sections_n; i++) {
			/* without levels nothing else can be judged, and a site cannot tighten what is broken */
			bool possible = i < 3 || r->p->n_levels;

			if (possible && (!overlay || r->n_complaints == 0))
				read_section(pack, r, &policy_sections[i], overlay);
		}
	fit_items(r);
}

int policy_parse(const struct policy_source *sources, size_t n, struct policy **ret, struct buffer *report)
{
	OWNED(policy) struct policy *p = policy_new();
	struct reader r = {.p = p};
	struct pack pack = {.sources = sources, .n = n};
	int outcome;

	if (!p)
		return FAULT(ENOMEM, "reading a policy");
	if (n > FILES_MAX) {
		buffer_add_format(report, "policy:1:1: more than %d files\n", FILES_MAX);
		return POLICY_BAD;
	}
	outcome = parse_sources(&pack, &r);
	if (!outcome) {
		check_keys(&pack, &r);
		read_sections(&pack, &r);
	}
	for (size_t i = 0; i < n; i++)
		yaml_tree_free(pack.trees[i]);
	if (!outcome && r.failed)
		outcome = FAULT(ENOMEM, "reading a policy");
	if (!outcome && r.n_complaints) {
		complaints_write(&r, report);
		outcome = POLICY_BAD;
	}
	complaints_done(&r);
	if (!outcome)
		*ret = steal(&p);
	return outcome;
}

/* Files as read from directories, freed together. */
struct files {
	struct policy_source sources[FILES_MAX];
	char *names[FILES_MAX];
	struct buffer texts[FILES_MAX];
	size_t n;
};

static void files_done(struct files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->names[i]);
		buffer_done(&files->texts[i]);
	}
}

static void cannot_read(struct buffer *report, const char *name, const char *why)
{
	buffer_add_format(report, "%s:1:1: cannot be read: %s\n", name, why);
}

/* POLICY_BAD and a line of the report when the file is not one or does not let itself be read. */
static int read_file(int directory, const char *base, const char *name, struct buffer *text, struct buffer *report)
{
	OWN_FD int fd = openat(directory, base, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	uint8_t *room;
	ssize_t got = 1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		cannot_read(report, name, strerror(errno));
		return POLICY_BAD;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > YAML_BYTES_MAX) {
		cannot_read(report, name, S_ISREG(st.st_mode) ? "larger than 1 MiB" : "not a regular file");
		return POLICY_BAD;
	}
	while (got > 0 && text->n <= YAML_BYTES_MAX) {
		room = buffer_reserve(text, 65536);
		if (!room)
			return buffer_check(text);
		got = read(fd, room, 65536);
		text->n += got > 0 ? (size_t)got : 0;
	}
	if (got >= 0)
		return buffer_check(text);
	cannot_read(report, name, strerror(errno));
	return POLICY_BAD;
}

static int is_yaml(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && text_ends(entry->d_name, ".yaml");
}

static int add_file(struct files *files, int directory, const char *prefix, const char *base, struct buffer *report)
{
	size_t i = files->n;
	int outcome;

	if (i == FILES_MAX) {
		cannot_read(report, base, "too many files");
		return POLICY_BAD;
	}
	files->names[i] = text_format("%s%s", prefix, base);
	if (!files->names[i])
		return FAULT(ENOMEM, "reading a policy");
	files->texts[i] = (struct buffer){0};
	files->n++;
	outcome = read_file(directory, base, files->names[i], &files->texts[i], report);
	files->sources[i] = (struct policy_source){.name = files->names[i], .text = buffer_bytes(&files->texts[i])};
	return outcome;
}

/* Every *.yaml in the order of names; all unreadable ones are told. */
static int add_directory(struct files *files, int directory, const char *prefix, bool overlay, struct buffer *report)
{
	struct dirent **entries = NULL;
	int n = scandirat(directory, ".", &entries, is_yaml, alphasort);
	size_t first = files->n;
	int worst = 0;

	if (n < 0)
		return errno == ENOMEM ? FAULT(ENOMEM, "reading a policy") : POLICY_MISSING;
	for (int i = 0; i < n; i++) {
		int outcome = worst < 0 ? worst : add_file(files, directory, prefix, entries[i]->d_name, report);

		worst = outcome ? outcome : worst;
		free(entries[i]);
	}
	free(entries);
	for (size_t i = first; i < files->n; i++)
		files->sources[i].is_overlay = overlay;
	return worst ? worst : n == 0 && !overlay ? POLICY_MISSING : 0;
}

/* Where the two directories are, and what stands before their files' names in messages. */
struct place {
	int pack, overlay;
	const char *pack_prefix, *overlay_prefix;
};

/* Which files these were: names and texts, each with its length, so that no two sets read alike. */
static int digest_files(const struct files *files, char ret[2 * SHA256_BYTES + 1])
{
	OWN_BUFFER struct buffer all = {0};
	uint8_t digest[SHA256_BYTES];

	for (size_t i = 0; i < files->n; i++) {
		const char *slash = strrchr(files->sources[i].name, '/'); /* wherever the folder is */
		struct bytes name = bytes_of_text(slash ? slash + 1 : files->sources[i].name);

		buffer_u8(&all, files->sources[i].is_overlay);
		buffer_u32(&all, (uint32_t)name.n);
		buffer_add_bytes(&all, name);
		buffer_u32(&all, (uint32_t)files->sources[i].text.n);
		buffer_add_bytes(&all, files->sources[i].text);
	}
	TRY(buffer_check(&all));
	sha256_of(buffer_bytes(&all), digest);
	text_hex(digest, sizeof(digest), ret);
	return 0;
}

static int load(const struct place *at, struct policy **ret, struct buffer *report)
{
	struct files files = {.n = 0};
	struct policy *policy = NULL;
	int outcome = add_directory(&files, at->pack, at->pack_prefix, false, report);

	if (!outcome && at->overlay >= 0)
		outcome = add_directory(&files, at->overlay, at->overlay_prefix, true, report);
	if (!outcome)
		outcome = policy_parse(files.sources, files.n, &policy, report);
	if (!outcome)
		outcome = digest_files(&files, policy->digest);
	files_done(&files);
	if (!outcome)
		*ret = policy;
	else
		policy_free(policy);
	return outcome;
}

int policy_load_at(int directory, int overlay, struct policy **ret, struct buffer *report)
{
	const struct place at = {directory, overlay, "", "site/"};

	return load(&at, ret, report);
}

int policy_load(const char *directory, const char *overlay, struct policy **ret, struct buffer *report)
{
	OWN_FD int pack_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_FD int overlay_fd = overlay ? open(overlay, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int overlay_error = errno;
	OWN_MEM char *pack_prefix = text_format("%s/", directory);
	OWN_MEM char *overlay_prefix = text_format("%s/", overlay ? overlay : "");

	if (!pack_prefix || !overlay_prefix)
		return FAULT(ENOMEM, "reading a policy");
	if (pack_fd < 0)
		return POLICY_MISSING;
	if (overlay && overlay_fd < 0 && overlay_error != ENOENT) { /* ignoring it would loosen the policy */
		cannot_read(report, overlay, strerror(overlay_error));
		return POLICY_BAD;
	}
	const struct place at = {pack_fd, overlay_fd, pack_prefix, overlay_prefix};
	return load(&at, ret, report);
}

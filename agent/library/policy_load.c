/* A pack as a whole: files into trees, trees into parts, parts into a policy or a list of everything wrong. */
#include "library/policy_load.h"
#include "library/sodium.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "library/policy_files.h"
#include "library/policy_read.h"

struct pack {
	const struct policy_source *sources;
	size_t n;
	struct date today; /* may be unset */
	struct yaml_node *trees[POLICY_FILES_MAX];
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

static void check_keys(const struct pack *pack, struct reader *r)
{
	for (size_t i = 0; i < pack->n; i++) {
		const struct yaml_node *tree = pack->trees[i];

		r->file = pack->sources[i].name;
		for (const struct yaml_node *v = tree && tree->kind == YAML_MAP ? tree->child : NULL; v; v = v->next)
			if (!section_find(v->key->text))
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
		else {
			size_t before = path_enter(r, section->key);

			section->read(r, v);
			path_leave(r, before);
			if (strcmp(section->key, "earlier") != 0 && strcmp(section->key, "catalogue") != 0)
				tell(r, r->p, section->key, v);
		}
		seen = pack->sources[i].name;
	}
	if (!seen && !overlay && section->required) {
		r->file = pack->n ? pack->sources[0].name : "policy";
		complain(r, NULL, "no file of the pack has the part %s", section->key);
	}
}

/* Twice where the site's part was read for two sets. */
static bool is_kept(const char *const *at, size_t n, const char *line)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(at[i], line) == 0)
			return true;
	return false;
}

static void keep_loosened(struct reader *r)
{
	const char **at = reader_alloc(r, r->n_loosened ? r->n_loosened : 1, sizeof(*at));
	size_t n = 0;

	for (size_t i = 0; at && i < r->n_loosened; i++)
		if (!is_kept(at, n, r->loosened[i]))
			at[n++] = r->loosened[i];
	r->p->loosened = (struct texts){at, n};
}

static void read_parts(const struct pack *pack, struct reader *r, bool overlay)
{
	for (size_t i = 0; i < policy_sections_n; i++) {
		/* without levels nothing else can be judged, and a site cannot tighten what is broken */
		bool possible = i < 2 || r->p->n_levels;

		if (possible && (!overlay || r->n_complaints == 0))
			read_section(pack, r, &policy_sections[i], overlay);
	}
	if (overlay)
		fit_items(r);
}

static void read_sections(const struct pack *pack, struct reader *r)
{
	read_parts(pack, r, false);
	read_parts(pack, r, true);
	if (r->n_complaints == 0 && history_enter(r, pack->today)) {
		read_parts(pack, r, true);
		r->p = r->owner;
	}
	check_sources(r);
	keep_loosened(r);
	history_share(r);
}

static int parse(const struct policy_source *sources, size_t n, struct date today, struct policy **ret,
		 struct buffer *report)
{
	OWNED(policy) struct policy *p = policy_new();
	struct reader r = {.p = p, .owner = p};
	struct pack pack = {.sources = sources, .n = n, .today = today};
	int outcome;

	if (!p)
		return FAULT(ENOMEM, "reading a policy");
	if (n > POLICY_FILES_MAX) {
		buffer_add_format(report, "policy:1:1: more than %d files\n", POLICY_FILES_MAX);
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
	free(r.rows);
	if (!outcome)
		*ret = steal(&p);
	return outcome;
}

int policy_parse(const struct policy_source *sources, size_t n, struct policy **ret, struct buffer *report)
{
	return parse(sources, n, (struct date){0}, ret, report);
}

/* Where a set comes from, and what stands before its files' names in messages. */
struct place {
	const struct policy_set *set;
	int pack, overlay;
	const char *pack_prefix, *overlay_prefix;
};

/* Which files these were: names and texts, each with its length, so that no two sets read alike. */
static int digest_files(const struct policy_files *files, char ret[2 * SHA256_BYTES + 1])
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

static void set_digest(struct policy *policy, const char *digest)
{
	for (struct policy *set = policy; set; set = set->earlier)
		memcpy(set->digest, digest, sizeof(set->digest));
}

static int load(const struct place *at, struct policy **ret, struct buffer *report)
{
	struct policy_files files = {.n = 0};
	struct policy *policy = NULL;
	char digest[2 * SHA256_BYTES + 1];
	int outcome = at->set->directory || at->pack >= 0
			  ? policy_files_add(&files, at->pack, at->pack_prefix, false, report)
			  : policy_files_add_texts(&files, at->set->files, at->set->n_files);

	if (!outcome && at->overlay >= 0)
		outcome = policy_files_add(&files, at->overlay, at->overlay_prefix, true, report);
	if (!outcome)
		outcome = parse(files.sources, files.n, at->set->today, &policy, report);
	if (!outcome)
		outcome = digest_files(&files, digest);
	policy_files_done(&files);
	if (!outcome) {
		set_digest(policy, digest);
		*ret = policy;
	} else
		policy_free(policy);
	return outcome;
}

int policy_load_at(int directory, int overlay, struct policy **ret, struct buffer *report)
{
	const struct policy_set set = {0};
	const struct place at = {&set, directory, overlay, "", "site/"};

	return load(&at, ret, report);
}

int policy_load_set(const struct policy_set *set, struct policy **ret, struct buffer *report)
{
	const char *overlay = set->overlay;
	OWN_FD int pack_fd = set->directory ? open(set->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	OWN_FD int overlay_fd = overlay ? open(overlay, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int overlay_error = errno;
	OWN_MEM char *pack_prefix = text_format("%s/", set->directory ? set->directory : "");
	OWN_MEM char *overlay_prefix = text_format("%s/", overlay ? overlay : "");

	if (!pack_prefix || !overlay_prefix)
		return FAULT(ENOMEM, "reading a policy");
	if (set->directory && pack_fd < 0)
		return POLICY_MISSING;
	if (overlay && overlay_fd < 0 && overlay_error != ENOENT) { /* ignoring it would loosen the policy */
		policy_files_complain(report, overlay, strerror(overlay_error));
		return POLICY_BAD;
	}
	const struct place at = {set, pack_fd, overlay_fd, pack_prefix, overlay_prefix};
	return load(&at, ret, report);
}

int policy_load(const char *directory, const char *overlay, struct policy **ret, struct buffer *report)
{
	const struct policy_set set = {.directory = directory, .overlay = overlay};

	return policy_load_set(&set, ret, report);
}

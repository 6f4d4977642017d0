/* The files of a pack, of a site's part, of a pack's cases. */
#include "library/policy_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "library/yaml.h"

void policy_files_done(struct policy_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->names[i]);
		buffer_done(&files->texts[i]);
	}
}

void policy_files_complain(struct buffer *report, const char *name, const char *why)
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
		policy_files_complain(report, name, strerror(errno));
		return POLICY_BAD;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > YAML_BYTES_MAX) {
		policy_files_complain(report, name, S_ISREG(st.st_mode) ? "larger than 8 MiB" : "not a regular file");
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
	policy_files_complain(report, name, strerror(errno));
	return POLICY_BAD;
}

static int is_yaml(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && text_ends(entry->d_name, ".yaml");
}

static int add_file(struct policy_files *files, int directory, const char *prefix, const char *base,
		    struct buffer *report)
{
	size_t i = files->n;
	int outcome;

	if (i == POLICY_FILES_MAX) {
		policy_files_complain(report, base, "too many files");
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

int policy_files_add(struct policy_files *files, int directory, const char *prefix, bool overlay, struct buffer *report)
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

int policy_files_add_texts(struct policy_files *files, const struct policy_source *sources, size_t n)
{
	for (size_t i = 0; i < n && files->n < POLICY_FILES_MAX; i++) {
		size_t at = files->n++;

		files->names[at] = text_copy(sources[i].name);
		files->texts[at] = (struct buffer){0};
		buffer_add_bytes(&files->texts[at], sources[i].text);
		if (!files->names[at])
			return FAULT(ENOMEM, "reading a policy");
		TRY(buffer_check(&files->texts[at]));
		files->sources[at] = (struct policy_source){.name = files->names[at],
							    .text = buffer_bytes(&files->texts[at])};
	}
	return 0;
}

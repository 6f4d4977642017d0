/* Documents in a directory of the test, marked there: what the tests of marks share. */
#ifndef TEST_MARK_FILES_H
#define TEST_MARK_FILES_H

#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/mark.h"
#include "ctl/mark_parts.h"
#include "library/expat.h"

static int directory = -1;

static inline void load(int at, const char *name, struct buffer *ret)
{
	OWN_FD int fd = openat(at, name, O_RDONLY | O_CLOEXEC);
	uint8_t *room = buffer_reserve(ret, 1 << 20);
	ssize_t n = read(fd, room, 1 << 20);

	assert_true(n >= 0);
	ret->n = (size_t)n;
}

static inline void store(const char *name, struct bytes content)
{
	OWN_FD int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_int_equal(write(fd, content.at, content.n), (ssize_t)content.n);
}

static inline void copy_fixture(const char *fixture, const char *name)
{
	OWN_MEM char *path = text_format("tests/fixtures/%s", fixture);
	OWN_BUFFER struct buffer content = {0};

	load(AT_FDCWD, path, &content);
	store(name, buffer_bytes(&content));
}

/* How often a text stands in a part; every XML part must be well-formed. */
static inline int count(const char *document, const char *part_name, const char *text)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	OWN_BUFFER struct buffer content = {0};
	const struct part *part;
	int n = 0;

	load(directory, document, &content);
	assert_int_equal(parts_read(buffer_bytes(&content), &parts), 0);
	for (size_t i = 0; i < parts.n; i++) {
		struct xml *xml;

		if (!text_ends(parts.at[i].name, ".xml"))
			continue;
		assert_int_equal(xml_new(&(struct xml_handlers){0}, &xml), 0);
		assert_int_equal(xml_feed(xml, buffer_bytes(&parts.at[i].content), true), 0);
		xml_free(xml);
	}
	part = parts_find(&parts, part_name);
	if (!part)
		return 0;
	for (const uint8_t *at = part->content.at;
	     (at = memmem(at, (size_t)(part->content.at + part->content.n - at), text, strlen(text))); at++)
		n++;
	return n;
}

static inline void mark(const char *name, const char *text)
{
	assert_int_equal(mark_write(directory, name, &(struct mark_text){.text = text}), 0);
}

/* A document whose parts are these: name, content, …, NULL. */
static inline void store_parts(const char *name, const char *const *texts)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	OWN_BUFFER struct buffer content = {0};
	struct part *part;

	for (; *texts; texts += 2) {
		assert_int_equal(parts_add(&parts, texts[0], &part), 0);
		buffer_add_text(&part->content, texts[1]);
	}
	assert_int_equal(parts_write(&parts, &content), 0);
	store(name, buffer_bytes(&content));
}

static char path[] = "/tmp/classd-test-mark-XXXXXX";

static inline int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(path))
		return -1;
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return directory < 0 ? -1 : 0;
}

static inline int tear_down(void **state)
{
	static const char *const names[] = {"a.docx", "a.odt", "same",	"b.docx", "c.docx",
					    "p.docx", "x",     "a.pdf", "a.xlsx", "r"};

	(void)state;
	for (size_t i = 0; i < array_n(names); i++)
		(void)unlinkat(directory, names[i], 0);
	close_fd(&directory);
	return rmdir(path); /* nothing else was left behind */
}

#endif

#include "ctl/mark_xml.h"

#include "base/text.h"
#include "library/expat.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct edits *e)
{
	size_t room = e->room ? e->room * 2 : 8;
	struct edit *bigger = e->n < e->room ? e->at : reallocarray(e->at, room, sizeof(*bigger));

	if (!bigger)
		return false;
	e->room = e->n < e->room ? e->room : room;
	e->at = bigger;
	return true;
}

struct buffer *edits_add(struct edits *e, size_t at, size_t cut)
{
	size_t i = e->n;

	if (!grow(e)) {
		e->failed = true;
		return &e->lost.text;
	}
	for (e->n++; i > 0 && e->at[i - 1].at > at; i--)
		e->at[i] = e->at[i - 1];
	e->at[i] = (struct edit){.at = at, .cut = cut};
	return &e->at[i].text;
}

int edits_apply(struct edits *e, struct bytes xml, struct buffer *ret)
{
	size_t at = 0;

	ret->failed |= e->failed;
	for (size_t i = 0; i < e->n; i++) {
		buffer_add(ret, xml.at + at, e->at[i].at - at);
		buffer_add_bytes(ret, buffer_bytes(&e->at[i].text));
		ret->failed |= e->at[i].text.failed;
		at = e->at[i].at + e->at[i].cut;
	}
	buffer_add(ret, xml.at + at, xml.n - at);
	return buffer_check(ret);
}

void edits_done(struct edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		buffer_done(&e->at[i].text);
	buffer_done(&e->lost.text);
	free(e->at);
	*e = (struct edits){0};
}

void xml_add_bytes(struct buffer *to, struct bytes text, const char *line_break)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.at[i] == '\n')
			buffer_add_text(to, line_break);
		else if (text.at[i] == '<')
			buffer_add_text(to, "&lt;");
		else if (text.at[i] == '&')
			buffer_add_text(to, "&amp;");
		else if (text.at[i] == '>')
			buffer_add_text(to, "&gt;");
		else if (text.at[i] == '\r')
			buffer_add_text(to, "&#13;");
		else
			buffer_u8(to, text.at[i]);
	}
}

void xml_add_text(struct buffer *to, const char *text, const char *line_break)
{
	xml_add_bytes(to, bytes_of_text(text), line_break);
}

const char *xml_attribute(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(xml_local_name(attributes[i]), name) == 0)
			return attributes[i + 1];
	return NULL;
}

bool xml_is_true(const char **attributes, const char *name)
{
	const char *value = xml_attribute(attributes, name);

	return text_equal(value, "1") || text_equal(value, "true");
}

bool xml_is_utf8(struct bytes xml)
{
	const uint8_t *end = xml.n ? memchr(xml.at, '>', xml.n) : NULL;
	size_t n = end ? (size_t)(end - xml.at) : 0;

	if (!text_is_utf8(xml))
		return false;
	if (n < 5 || memcmp(xml.at, "<?xml", 5) != 0 || !memmem(xml.at, n, "encoding", 8))
		return true; /* without a declaration it is UTF-8 (XML 1.0, 4.3.3) */
	return memmem(xml.at, n, "\"UTF-8\"", 7) || memmem(xml.at, n, "\"utf-8\"", 7) ||
	       memmem(xml.at, n, "'UTF-8'", 7);
}

struct search {
	const struct element_query *query;
	struct element *ret;
	struct xml *xml;
	int depth;
	int at_depth; /* of the element while it is open; 0: not in it */
};

static void on_start(void *own, const char *name, const char **attributes)
{
	struct search *s = own;
	const struct element_query *q = s->query;
	const char *value;
	uint64_t number;

	s->depth++;
	if (strcmp(xml_local_name(name), q->name) != 0)
		return;
	value = q->count ? xml_attribute(attributes, q->count) : NULL;
	if (value && text_to_u64(value, UINT32_MAX, &number) && number > s->ret->highest)
		s->ret->highest = number;
	if (s->ret->found || (q->attribute && !text_equal(xml_attribute(attributes, q->attribute), q->value)))
		return;
	s->ret->found = true;
	s->at_depth = s->depth;
	s->ret->whole.from = xml_at(s->xml);
	s->ret->inner.from = xml_at(s->xml) + xml_length(s->xml);
}

static void on_end(void *own, const char *name)
{
	struct search *s = own;

	(void)name;
	if (s->depth-- != s->at_depth)
		return;
	s->at_depth = 0;
	s->ret->inner.to = xml_at(s->xml);
	s->ret->whole.to = xml_at(s->xml) + xml_length(s->xml);
}

static void on_text(void *own, struct bytes text)
{
	struct search *s = own;

	if (s->at_depth)
		buffer_add_bytes(&s->ret->text, text);
}

int element_find(struct bytes xml, const struct element_query *query, struct element *ret)
{
	OWNED(xml) struct xml *parser = NULL;
	struct search search = {.query = query, .ret = ret};
	struct xml_handlers handlers = {&search, on_start, on_end, on_text};
	int r;

	*ret = (struct element){0};
	TRY(xml_new(&handlers, &parser));
	search.xml = parser;
	r = xml_feed(parser, xml, true);
	if (r)
		element_done(ret);
	return r ? r : buffer_check(&ret->text);
}

void element_done(struct element *e)
{
	buffer_done(&e->text);
	e->found = false;
}

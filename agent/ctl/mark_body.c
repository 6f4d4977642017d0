#include "ctl/mark_body.h"

#include "base/text.h"
#include "library/expat.h"

#include <stdio.h>
#include <string.h>

enum where { BEFORE_MARK, IN_MARK, BEHIND_MARK };

struct reading {
	const struct body_format *format;
	struct body *body;
	struct xml *xml;
	int depth;
	bool in_container;
	bool in_block;
	int text_depth; /* open elements whose text counts */
	enum where where;
	char key[64];
	struct xml_span block;	     /* the block that is open */
	size_t block_text;	     /* bytes of text in it outside the mark */
	bool mark_begins, mark_ends; /* in the open block */
};

static struct xml_span tag_span(const struct reading *r)
{
	size_t at = xml_at(r->xml);

	return (struct xml_span){at, at + xml_length(r->xml)};
}

static void copy_name(char *to, size_t room, const char *from)
{
	(void)snprintf(to, room, "%s", from ? from : ""); /* longer ones are not ours */
}

static bool is_in(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static void begin_block(struct reading *r, const char *local, const char **attributes)
{
	r->in_block = true;
	r->block.from = xml_at(r->xml);
	r->block_text = 0;
	r->mark_begins = r->mark_ends = false;
	if (!r->body->has_place && !is_in(r->format->prelude, local)) {
		r->body->has_place = true;
		r->body->place = r->block.from;
		copy_name(r->body->style, sizeof(r->body->style), xml_attribute(attributes, "style-name"));
	}
}

static void bookmark(struct reading *r, const char *local, const char **attributes)
{
	const char *key = xml_attribute(attributes, r->format->bookmark_key);
	uint64_t number;

	if (strcmp(local, r->format->bookmark_start) == 0) {
		if (key && text_to_u64(key, UINT32_MAX, &number) && number > r->body->highest)
			r->body->highest = number;
		if (r->where != BEFORE_MARK || !text_equal(xml_attribute(attributes, "name"), MARK_NAME))
			return;
		copy_name(r->key, sizeof(r->key), key);
		r->body->start = tag_span(r);
		r->where = IN_MARK;
		r->mark_begins = r->in_block;
	} else if (strcmp(local, r->format->bookmark_end) == 0 && r->where == IN_MARK && text_equal(key, r->key)) {
		r->body->end = tag_span(r);
		r->body->has_mark = true;
		r->where = BEHIND_MARK;
		r->mark_ends = r->mark_begins && r->in_block;
	}
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct reading *r = own;
	const char *local = xml_local_name(name);

	r->depth++;
	if (r->depth == r->format->block_depth - 1 && strcmp(local, r->format->container) == 0)
		r->in_container = true;
	if (!r->in_container)
		return;
	if (r->depth == r->format->block_depth)
		begin_block(r, local, attributes);
	if (r->text_depth || !r->format->text_in || strcmp(local, r->format->text_in) == 0)
		r->text_depth++;
	if (strcmp(local, xml_local_name(r->format->line_break)) == 0 && r->where == IN_MARK)
		buffer_u8(&r->body->text, '\n');
	bookmark(r, local, attributes);
}

static void end_block(struct reading *r)
{
	r->in_block = false;
	if (!r->mark_ends)
		return;
	r->body->has_block = true;
	r->body->is_alone = r->block_text == 0;
	r->body->block = (struct xml_span){r->block.from, tag_span(r).to};
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;

	(void)name;
	if (r->in_container && r->text_depth)
		r->text_depth--;
	if (r->in_container && r->depth == r->format->block_depth)
		end_block(r);
	if (r->in_container && r->depth == r->format->block_depth - 1) {
		if (!r->body->has_place) {
			r->body->has_place = tag_span(r).to > tag_span(r).from; /* not in <x/> */
			r->body->place = xml_at(r->xml);
		}
		r->in_container = false;
	}
	r->depth--;
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;

	if (!r->text_depth)
		return;
	if (r->where == IN_MARK)
		buffer_add_bytes(&r->body->text, text);
	else
		r->block_text += text.n;
}

/* The style of the paragraph that carries the mark, so that a new one looks the same. */
static void read_style(struct bytes xml, struct body *b)
{
	static const char name[] = "style-name=\"";
	const uint8_t *tag = xml.at + b->block.from;
	const uint8_t *end = memchr(tag, '>', b->block.to - b->block.from);
	const uint8_t *at = end ? memmem(tag, (size_t)(end - tag), name, strlen(name)) : NULL;
	const uint8_t *quote;

	b->style[0] = 0;
	if (!at)
		return;
	at += strlen(name);
	quote = memchr(at, '"', (size_t)(end - at));
	if (quote && (size_t)(quote - at) < sizeof(b->style))
		(void)snprintf(b->style, sizeof(b->style), "%.*s", (int)(quote - at), (const char *)at);
}

int body_read(struct bytes xml, const struct body_format *format, struct body *ret)
{
	OWNED(xml) struct xml *parser = NULL;
	struct reading reading = {.format = format, .body = ret};
	struct xml_handlers handlers = {&reading, on_start, on_end, on_text};
	int r;

	*ret = (struct body){0};
	TRY(xml_new(&handlers, &parser));
	reading.xml = parser;
	r = xml_feed(parser, xml, true);
	if (r) {
		body_done(ret);
		return r;
	}
	if (ret->has_block)
		read_style(xml, ret);
	return buffer_check(&ret->text);
}

void body_done(struct body *b)
{
	buffer_done(&b->text);
	*b = (struct body){0};
}

#include "ctl/mark_box.h"

#include "base/text.h"
#include "library/expat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct page {
	struct xml_span tag;
	char name[64];	/* with its prefix */
	bool has_place; /* false: <page/> */
	size_t place;
	bool has_box;
	struct xml_span box, named;
	struct buffer text; /* of the box */
};

struct boxes {
	const struct box_format *format;
	struct xml *xml;
	struct page *at;
	size_t n, room;
	bool failed;
	int depth, page_depth, shape_depth, box_depth;
	size_t shape_from;
	int text_depth; /* open elements whose text counts */
	uint64_t highest;
};

static void boxes_done(struct boxes *b)
{
	for (size_t i = 0; i < b->n; i++)
		buffer_done(&b->at[i].text);
	free(b->at);
	xml_free(b->xml);
}

static struct page *open_page(struct boxes *b)
{
	return b->page_depth ? &b->at[b->n - 1] : NULL;
}

static struct xml_span tag_span(const struct boxes *b)
{
	size_t at = xml_at(b->xml);

	return (struct xml_span){at, at + xml_length(b->xml)};
}

static void begin_page(struct boxes *b, const char *name)
{
	size_t room = b->room ? b->room * 2 : 16;
	struct page *bigger = b->n < b->room ? b->at : reallocarray(b->at, room, sizeof(*bigger));

	if (!bigger) {
		b->failed = true;
		return;
	}
	b->room = b->n < b->room ? b->room : room;
	b->at = bigger;
	b->at[b->n++] = (struct page){.tag = tag_span(b)};
	(void)snprintf(b->at[b->n - 1].name, sizeof(b->at->name), "%s", name); /* longer ones are no office program's */
	b->page_depth = b->depth;
}

static bool is_in(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static void look_for_box(struct boxes *b, struct page *page, const char *local, const char **attributes)
{
	const char *name = strcmp(local, b->format->named) == 0 ? xml_attribute(attributes, "name") : NULL;

	if (strcmp(local, b->format->shape) == 0 && !b->box_depth) {
		b->shape_depth = b->depth;
		b->shape_from = xml_at(b->xml);
	}
	if (!b->shape_depth || page->has_box || !text_equal(name, MARK_NAME))
		return;
	page->has_box = true;
	page->box.from = b->shape_from;
	page->named = tag_span(b);
	b->box_depth = b->shape_depth;
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct boxes *b = own;
	const char *local = xml_local_name(name), *id = xml_attribute(attributes, "id");
	struct page *page = open_page(b);
	uint64_t number;

	b->depth++;
	if (!page && strcmp(local, b->format->page) == 0)
		begin_page(b, name);
	if (id && strcmp(local, b->format->named) == 0 && text_to_u64(id, UINT32_MAX - 1, &number) &&
	    number > b->highest)
		b->highest = number;
	if (!page)
		return;
	if (b->depth == b->page_depth + 1 && !page->has_place && is_in(b->format->tail, local)) {
		page->has_place = true;
		page->place = xml_at(b->xml);
	}
	look_for_box(b, page, local, attributes);
	if (b->box_depth && (b->text_depth || strcmp(local, b->format->text_in) == 0))
		b->text_depth++;
	if (b->box_depth && strcmp(local, b->format->line_break) == 0)
		buffer_u8(&page->text, '\n');
}

static void end_page(struct boxes *b, struct page *page)
{
	if (!page->has_place && tag_span(b).to > tag_span(b).from) { /* not in <page/> */
		page->has_place = true;
		page->place = xml_at(b->xml);
	}
	b->page_depth = 0;
}

static void on_end(void *own, const char *name)
{
	struct boxes *b = own;
	const char *local = xml_local_name(name);
	struct page *page = open_page(b);

	if (page && b->box_depth) {
		b->text_depth -= b->text_depth > 0;
		if (strcmp(local, b->format->paragraph) == 0)
			buffer_u8(&page->text, '\n');
	}
	if (b->box_depth == b->depth) {
		b->box_depth = 0;
		page->box.to = tag_span(b).to;
	}
	if (b->shape_depth == b->depth)
		b->shape_depth = 0;
	if (page && b->page_depth == b->depth)
		end_page(b, page);
	b->depth--;
}

static void on_text(void *own, struct bytes text)
{
	struct boxes *b = own;

	if (b->box_depth && b->text_depth)
		buffer_add_bytes(&open_page(b)->text, text);
}

static int read_boxes(struct bytes xml, const struct box_format *format, struct boxes *ret)
{
	struct xml_handlers handlers = {ret, on_start, on_end, on_text};
	int r;

	ret->format = format;
	TRY(xml_new(&handlers, &ret->xml));
	r = xml_feed(ret->xml, xml, true);
	if (r == 0 && ret->failed)
		return FAULT(ENOMEM, "read the pages of a document");
	for (size_t i = 0; i < ret->n; i++) {
		struct buffer *text = &ret->at[i].text;

		while (text->n && text->at[text->n - 1] == '\n')
			text->n--;
		TRY(buffer_check(text));
	}
	return r;
}

/* A shape that somebody wrote into is his from now on. */
static void give_away(struct bytes xml, const struct page *page, struct edits *edits)
{
	const uint8_t *tag = xml.at + page->named.from;
	size_t n = page->named.to - page->named.from;
	const uint8_t *at = memmem(tag, n, MARK_NAME "\"", strlen(MARK_NAME) + 1);

	if (!at)
		at = memmem(tag, n, MARK_NAME "'", strlen(MARK_NAME) + 1);
	if (at)
		buffer_add_text(edits_add(edits, (size_t)(at - xml.at) + strlen(MARK_NAME), 0), "_kept");
}

static void write_box(struct bytes xml, const struct page *page, const struct box_format *format,
		      const struct box_text *text, bool replaces, struct edits *edits)
{
	struct buffer *to;

	if (replaces) {
		to = edits_add(edits, page->box.from, page->box.to - page->box.from);
	} else if (page->has_place) {
		to = edits_add(edits, page->place, 0);
	} else { /* <page/> */
		to = edits_add(edits, page->tag.to - 2, 2);
		buffer_u8(to, '>');
	}
	(void)xml;
	if (*text->text || *text->struck)
		format->write(text, to);
	if (!replaces && !page->has_place)
		buffer_add_format(to, "</%s>", page->name);
}

static int mark_page(struct bytes xml, const struct page *page, struct boxes *b, const struct mark_change *change,
		     struct edits *edits)
{
	struct bytes text = buffer_bytes(&page->text), wrote = bytes_of_text(change->old);
	struct bytes wanted = bytes_of_text(change->mark->text);
	bool ours = page->has_box && (wrote.n == 0 || bytes_equal(text, wrote) || mark_ends_with(text, wrote) ||
				      bytes_equal(text, wanted));
	OWN_BUFFER struct buffer struck = {0};

	if (ours ? bytes_equal(text, wanted) || (change->mark->strikes && mark_ends_with(text, wanted)) : wanted.n == 0)
		return 0;
	if (change->mark->strikes && ours)
		buffer_add_bytes(&struck, text);
	OWN_MEM char *old = buffer_steal_text(&struck);
	if (!old)
		return FAULT(ENOMEM, "strike a mark through");
	if (page->has_box && !ours)
		give_away(xml, page, edits);
	const struct box_text box = {.struck = old, .text = change->mark->text, .id = ++b->highest};
	write_box(xml, page, b->format, &box, ours, edits);
	return 0;
}

int box_mark_pages(struct bytes xml, const struct box_format *format, const struct mark_change *change,
		   struct edits *edits, size_t *ret_n)
{
	__attribute__((cleanup(boxes_done))) struct boxes boxes = {0};
	int r;

	if (!xml_is_utf8(xml))
		return MARK_WRITE_NO_PLACE;
	r = read_boxes(xml, format, &boxes);
	TRY(r);
	if (r)
		return MARK_WRITE_DAMAGED;
	for (size_t i = 0; i < boxes.n; i++)
		TRY(mark_page(xml, &boxes.at[i], &boxes, change, edits));
	*ret_n += boxes.n;
	return 0;
}

bool mark_ends_with(struct bytes text, struct bytes line)
{
	return text.n > line.n + 1 && line.n && text.at[text.n - line.n - 1] == '\n' &&
	       memcmp(text.at + text.n - line.n, line.at, line.n) == 0;
}

bool mark_next_line(const char **text, struct bytes *ret)
{
	size_t n = strcspn(*text, "\n");

	if (!**text)
		return false;
	*ret = bytes_of(*text, n);
	*text += n + ((*text)[n] == '\n');
	return true;
}

/* Two tables: which parts of an office document hold text, and what its elements mean for the text. */
#include "inspector/cells.h"
#include "inspector/extract.h"

#include "base/text.h"
#include "format/sheet_header.h"
#include "library/archive.h"
#include "library/expat.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

enum flavour { FLAVOUR_NONE, FLAVOUR_OOXML, FLAVOUR_ODF, FLAVOUR_PROPERTIES, FLAVOUR_LABELS };

#define OOXML_TYPE "application/vnd.openxmlformats-officedocument."

/* type: this part gives the file its type. head: it stands on each page, so also on the first, and is read first. */
static const struct part {
	const char *pattern;
	enum flavour flavour;
	bool head;
	const char *type;
	enum place_kind place;
} parts[] = {
    {"word/document.xml", FLAVOUR_OOXML, false, OOXML_TYPE "wordprocessingml.document", PLACE_PARAGRAPH},
    {"word/header*.xml", FLAVOUR_OOXML, true, NULL, PLACE_HEADER},
    {"word/footer*.xml", FLAVOUR_OOXML, true, NULL, PLACE_FOOTER},
    {"word/footnotes.xml", FLAVOUR_OOXML, false, NULL, PLACE_NOTE},
    {"word/endnotes.xml", FLAVOUR_OOXML, false, NULL, PLACE_NOTE},
    {"word/comments.xml", FLAVOUR_OOXML, false, NULL, PLACE_COMMENT},
    {"xl/workbook.xml", FLAVOUR_NONE, false, OOXML_TYPE "spreadsheetml.sheet", PLACE_PARAGRAPH},
    {"xl/sharedStrings.xml", FLAVOUR_OOXML, false, NULL, PLACE_CELL},
    {"xl/worksheets/*.xml", FLAVOUR_OOXML, false, NULL, PLACE_SHEET},
    {"xl/chartsheets/*.xml", FLAVOUR_OOXML, false, NULL, PLACE_SHEET},
    {"ppt/presentation.xml", FLAVOUR_NONE, false, OOXML_TYPE "presentationml.presentation", PLACE_PARAGRAPH},
    {"ppt/slideMasters/*.xml", FLAVOUR_OOXML, true, NULL, PLACE_HEADER},
    {"ppt/slides/*.xml", FLAVOUR_OOXML, false, NULL, PLACE_SLIDE},
    {"ppt/notesSlides/notesSlide*.xml", FLAVOUR_OOXML, false, NULL, PLACE_SLIDE_NOTES},
    {"content.xml", FLAVOUR_ODF, false, NULL, PLACE_PARAGRAPH},
    {"styles.xml", FLAVOUR_ODF, true, NULL, PLACE_HEADER},
    {"docProps/custom.xml", FLAVOUR_PROPERTIES, false, NULL, PLACE_PARAGRAPH},
    {"meta.xml", FLAVOUR_PROPERTIES, false, NULL, PLACE_PARAGRAPH},
    {"customXml/*.xml", FLAVOUR_LABELS, false, NULL, PLACE_PARAGRAPH},
    {"docMetadata/LabelInfo.xml", FLAVOUR_LABELS, false, NULL, PLACE_PARAGRAPH},
};

/* holds: its text counts. after: what its end (or, for an empty element, it) adds. By local name. */
static const struct element {
	const char *name;
	enum flavour flavour;
	bool holds;
	const char *after;
} elements[] = {
    {"t", FLAVOUR_OOXML, true, ""},	      {"delText", FLAVOUR_OOXML, true, ""}, {"p", FLAVOUR_OOXML, false, "\n"},
    {"tab", FLAVOUR_OOXML, false, "\t"},      {"br", FLAVOUR_OOXML, false, "\n"},   {"cr", FLAVOUR_OOXML, false, "\n"},
    {"si", FLAVOUR_OOXML, false, "\n"},	      {"is", FLAVOUR_OOXML, false, "\n"},   {"p", FLAVOUR_ODF, true, "\n"},
    {"h", FLAVOUR_ODF, true, "\n"},	      {"tab", FLAVOUR_ODF, false, "\t"},    {"s", FLAVOUR_ODF, false, " "},
    {"line-break", FLAVOUR_ODF, false, "\n"},
};

#define HEAD_MAX   ((size_t)64 << 10)
#define STYLES_MAX 64
#define STYLE_MAX  64 /* bytes of a name; a longer one is not followed */

struct reading {
	enum flavour flavour;
	int holding; /* open elements whose text counts */
	struct buffer *text;
	struct buffer *struck; /* what is struck through: content, but no mark any more */
	struct extract *x;     /* whose text begins with what stands above a page */
	enum place_kind kind;  /* of what stands there */
	uint32_t number;
	enum place_kind part;	/* of the part */
	struct cells *cells;
	struct buffer *places;	/* of the text */
	struct buffer *above; /* of it what is open: the header of a sheet, or a box of ours */
	int above_at;	      /* depth of the element that holds it; 0: none is open */
	bool is_header;	      /* it is the header of a sheet */
	int shape_at;	      /* depth of the shape that is open; 0: none */
	int depth;
	int struck_at;			      /* depth of the element that strikes what is in it; 0: none */
	char style[STYLE_MAX];		      /* ODF: that is being defined */
	char striking[STYLES_MAX][STYLE_MAX]; /* ODF: styles that strike through */
	size_t n_striking;
};

static const struct element *element_of(const struct reading *r, const char *name)
{
	const char *local = xml_local_name(name);

	for (size_t i = 0; i < array_n(elements); i++)
		if (elements[i].flavour == r->flavour && strcmp(elements[i].name, local) == 0)
			return &elements[i];
	return NULL;
}

static const char *value_of(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(xml_local_name(attributes[i]), name) == 0)
			return attributes[i + 1];
	return NULL;
}

/* <w:strike/> or <a:rPr strike=""> among the properties of a run, which stand before its text. */
static void look_for_strike(struct reading *r, const char *local, const char **attributes)
{
	const char *value = value_of(attributes, "val"), *strike = value_of(attributes, "strike");
	bool off = text_equal(value, "0") || text_equal(value, "false") || text_equal(value, "none");

	if (strcmp(local, "r") == 0)
		r->struck_at = 0;
	else if ((strcmp(local, "strike") == 0 || strcmp(local, "dstrike") == 0) && !off)
		r->struck_at = r->depth;
	else if (strcmp(local, "rPr") == 0 && strike && strcmp(strike, "noStrike") != 0)
		r->struck_at = r->depth;
}

static bool strikes(const struct reading *r, const char *style)
{
	for (size_t i = 0; style && i < r->n_striking; i++)
		if (strcmp(r->striking[i], style) == 0)
			return true;
	return false;
}

static bool is_line(const char *value)
{
	return value && strcmp(value, "none") != 0;
}

/* Styles are defined before they are used. */
static void look_for_style(struct reading *r, const char *local, const char **attributes)
{
	const char *name = value_of(attributes, strcmp(local, "style") == 0 ? "name" : "style-name");

	if (strcmp(local, "style") == 0) {
		r->style[0] = 0;
		if (name && strlen(name) < STYLE_MAX)
			memcpy(r->style, name, strlen(name) + 1);
	} else if (strcmp(local, "text-properties") == 0 && r->style[0] && r->n_striking < STYLES_MAX &&
		   (is_line(value_of(attributes, "text-line-through-style")) ||
		    is_line(value_of(attributes, "text-line-through-type")))) {
		memcpy(r->striking[r->n_striking++], r->style, STYLE_MAX);
	} else if (!r->struck_at && r->holding && strikes(r, name)) {
		r->struck_at = r->depth;
	}
}

static const char *const sheet_headers[] = {"oddHeader",	 "evenHeader", "firstHeader",
					    "oddFooter", "evenFooter", "firstFooter"};

static bool is_any(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Header and footer of a sheet; the box on a slide that has our name, in it (OOXML) or itself (ODF). */
static void look_above(struct reading *r, const char *local, const char **attributes)
{
	bool ooxml = r->flavour == FLAVOUR_OOXML;

	if (r->above_at)
		return;
	if (strcmp(local, ooxml ? "sp" : "frame") == 0)
		r->shape_at = r->depth;
	r->is_header = ooxml && is_any(sheet_headers, array_n(sheet_headers), local);
	if (r->is_header)
		r->above_at = r->depth;
	else if (r->shape_at && strcmp(local, ooxml ? "cNvPr" : "frame") == 0 &&
		 text_equal(value_of(attributes, "name"), "classd_mark"))
		r->above_at = r->shape_at;
}

/* Pages repeat it: once is enough. */
static void end_above(struct reading *r)
{
	struct buffer *head = &r->x->text;
	OWN_BUFFER struct buffer text = {0};

	if (r->is_header)
		sheet_header_read(buffer_bytes(r->above), &text, r->struck);
	else
		buffer_add_bytes(&text, buffer_bytes(r->above));
	head->failed |= text.failed || r->above->failed;
	if (text.n && head->n < HEAD_MAX && !(head->n && memmem(head->at, head->n, text.at, text.n))) {
		extract_add_place(&r->x->places, head->n, r->kind, r->number);
		buffer_add_bytes(head, buffer_bytes(&text));
	}
	buffer_clear(r->above);
	r->above_at = 0;
	r->is_header = false;
}

static void look_for_cell(struct reading *r, const char *local, const char **attributes)
{
	if (r->part == PLACE_SHEET)
		cells_begin(r->cells, local, value_of(attributes, "t"));
	else if (r->part == PLACE_CELL && strcmp(local, "si") == 0 && cells_next(r->cells))
		extract_add_place(r->places, r->text->n, PLACE_CELL, r->cells->texts);
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct reading *r = own;
	const struct element *element = element_of(r, name);

	r->depth++;
	r->holding += element && element->holds;
	if (r->flavour == FLAVOUR_OOXML)
		look_for_strike(r, xml_local_name(name), attributes);
	else
		look_for_style(r, xml_local_name(name), attributes);
	look_above(r, xml_local_name(name), attributes);
	look_for_cell(r, xml_local_name(name), attributes);
}

/* In OOXML it ends with the run, in ODF with the element that has the style. */
static void end_strike(struct reading *r, const char *local)
{
	bool ends = r->flavour == FLAVOUR_OOXML ? strcmp(local, "r") == 0 : r->depth == r->struck_at;

	if (r->struck_at && ends) {
		r->struck_at = 0;
		buffer_add_text(r->struck, "\n");
	}
	r->depth--;
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;
	const struct element *element = element_of(r, name);

	struct buffer *to = r->above_at ? r->above : r->text;

	if (element && to->n < EXTRACT_TEXT_MAX)
		buffer_add_text(to, element->after);
	if (element)
		r->holding -= element->holds;
	if (r->above_at == r->depth)
		end_above(r);
	if (r->shape_at == r->depth)
		r->shape_at = 0;
	end_strike(r, xml_local_name(name));
	if (r->part == PLACE_SHEET)
		cells_end(r->cells, xml_local_name(name), r->number);
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;
	struct buffer *to = r->struck_at ? r->struck : r->above_at ? r->above : r->text;

	if (r->part == PLACE_SHEET)
		cells_text(r->cells, text);
	if ((r->holding || r->is_header) && to->n < EXTRACT_TEXT_MAX)
		buffer_add_bytes(to, text);
}

/* Reads one part; damage ends it and keeps what was read. Returns 0, a zip_outcome or a fault. */
static int read_part(struct zip_reader *zip, struct reading *reading)
{
	OWNED(xml) struct xml *xml = NULL;
	OWN_BUFFER struct buffer above = {0};
	struct xml_handlers handlers = {reading, on_start, on_end, on_text};
	struct bytes some;
	bool good = true;
	int r;

	reading->above = &above;
	TRY(xml_new(&handlers, &xml));
	while ((r = zip_read(zip, &some)) == 0) {
		int fed = good ? xml_feed(xml, some, false) : 0;

		TRY(fed);
		good = good && fed == 0;
	}
	if (reading->above_at) /* broken within it */
		end_above(reading);
	return r == ZIP_END ? 0 : r;
}

static int read_mimetype(struct zip_reader *zip, struct extract *x)
{
	OWN_BUFFER struct buffer type = {0};
	OWN_MEM char *text = NULL;
	int r = zip_read_all(zip, &type);

	if (r)
		return r;
	text = buffer_steal_text(&type);
	if (!text)
		return FAULT(ENOMEM, "type of a document");
	if (text_starts(text, "application/") && text_is_line(text, EXTRACT_TYPE_MAX))
		extract_set_type(x, text);
	return 0;
}

static int read_properties(struct zip_reader *zip, enum flavour flavour, struct extract *x)
{
	OWN_BUFFER struct buffer xml = {0};
	int r = zip_read_all(zip, &xml);

	if (r)
		return r;
	return flavour == FLAVOUR_LABELS ? foreign_read_xml(buffer_bytes(&xml), &x->foreign)
					 : properties_read(buffer_bytes(&xml), x);
}

/* The number in "ppt/slides/slide12.xml"; 0: none. */
static uint32_t number_of(const char *name)
{
	uint32_t n = 0;

	for (const char *at = strrchr(name, '/'); at && *at; at++)
		if (*at >= '0' && *at <= '9' && n < 1000000)
			n = n * 10 + (uint32_t)(*at - '0');
	return n;
}

/* Read beside each other: heads go before the body. */
struct body {
	struct buffer text, places;
	struct cells cells;
};

static int read_text(struct zip_reader *zip, const char *name, const struct part *part, struct extract *x,
		     struct body *body)
{
	struct buffer *text = part->head ? &x->text : &body->text, *places = part->head ? &x->places : &body->places;

	extract_add_place(places, text->n, part->place, part->place == PLACE_CELL ? 0 : number_of(name));
	return read_part(zip, &(struct reading){.flavour = part->flavour,
						.text = text,
						.struck = &x->struck,
						.x = x,
						.part = part->place,
						.cells = &body->cells,
						.places = places,
						.kind = part->place == PLACE_SLIDE ? PLACE_SLIDE : PLACE_HEADER,
						.number = number_of(name)});
}

static int read_entry(struct zip_reader *zip, const char *name, struct extract *x, struct body *body)
{
	if (strcmp(name, "mimetype") == 0)
		return read_mimetype(zip, x);
	for (size_t i = 0; i < array_n(parts); i++) {
		if (fnmatch(parts[i].pattern, name, FNM_PATHNAME) != 0)
			continue;
		if (parts[i].type)
			extract_set_type(x, parts[i].type);
		if (parts[i].flavour == FLAVOUR_NONE)
			return 0;
		if (parts[i].flavour == FLAVOUR_PROPERTIES || parts[i].flavour == FLAVOUR_LABELS)
			return read_properties(zip, parts[i].flavour, x);
		return read_text(zip, name, &parts[i], x, body);
	}
	return 0;
}

static int add_body(struct body *body, struct extract *x)
{
	struct extract_place place;

	for (size_t i = 0; i < body->places.n / sizeof(place); i++) {
		memcpy(&place, body->places.at + i * sizeof(place), sizeof(place));
		cells_settle(&body->cells, &place);
		extract_add_place(&x->places, x->text.n + place.at, place.kind, place.number);
	}
	TRY(buffer_check(&body->text));
	TRY(buffer_check(&body->cells.sheets));
	TRY(buffer_check(&body->cells.value));
	buffer_add_bytes(&x->text, buffer_bytes(&body->text));
	TRY(buffer_check(&x->places));
	TRY(buffer_check(&x->struck));
	return buffer_check(&x->text);
}

static void body_done(struct body *body)
{
	buffer_done(&body->text);
	buffer_done(&body->places);
	cells_done(&body->cells);
}

int office_extract(struct bytes content, struct extract *ret)
{
	OWNED(zip_reader) struct zip_reader *zip = NULL;
	__attribute__((cleanup(body_done))) struct body body = {0};
	const char *name;
	int r;

	extract_set_type(ret, TYPE_ZIP);
	r = zip_reader_new(content, &zip);
	if (r)
		return r < 0 ? r : 0;
	while ((r = zip_next(zip, &name)) == 0 || r == ZIP_LOCKED) {
		if (r == 0)
			r = read_entry(zip, name, ret, &body);
		TRY(r);
		if (r)
			break;
	}
	TRY(r);
	return add_body(&body, ret);
}

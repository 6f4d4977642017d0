/* Two tables: which parts of an office document hold text, and what its elements mean for the text. */
#include "inspector/extract.h"

#include "base/text.h"
#include "library/archive.h"
#include "library/expat.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

enum flavour { FLAVOUR_NONE, FLAVOUR_OOXML, FLAVOUR_ODF, FLAVOUR_PROPERTIES };

#define OOXML_TYPE "application/vnd.openxmlformats-officedocument."

/* type: this part gives the file its type. head: a page header, which is read first. */
static const struct {
	const char *pattern;
	enum flavour flavour;
	bool head;
	const char *type;
} parts[] = {
    {"word/document.xml", FLAVOUR_OOXML, false, OOXML_TYPE "wordprocessingml.document"},
    {"word/header*.xml", FLAVOUR_OOXML, true, NULL},
    {"word/footer*.xml", FLAVOUR_OOXML, false, NULL},
    {"word/footnotes.xml", FLAVOUR_OOXML, false, NULL},
    {"word/endnotes.xml", FLAVOUR_OOXML, false, NULL},
    {"word/comments.xml", FLAVOUR_OOXML, false, NULL},
    {"xl/workbook.xml", FLAVOUR_NONE, false, OOXML_TYPE "spreadsheetml.sheet"},
    {"xl/sharedStrings.xml", FLAVOUR_OOXML, false, NULL},
    {"xl/worksheets/sheet*.xml", FLAVOUR_OOXML, false, NULL},
    {"ppt/presentation.xml", FLAVOUR_NONE, false, OOXML_TYPE "presentationml.presentation"},
    {"ppt/slides/slide*.xml", FLAVOUR_OOXML, false, NULL},
    {"ppt/notesSlides/notesSlide*.xml", FLAVOUR_OOXML, false, NULL},
    {"content.xml", FLAVOUR_ODF, false, NULL},
    {"styles.xml", FLAVOUR_ODF, true, NULL},
    {"docProps/custom.xml", FLAVOUR_PROPERTIES, false, NULL},
    {"meta.xml", FLAVOUR_PROPERTIES, false, NULL},
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

struct reading {
	enum flavour flavour;
	int holding; /* open elements whose text counts */
	struct buffer *text;
};

static const struct element *element_of(const struct reading *r, const char *name)
{
	const char *local = xml_local_name(name);

	for (size_t i = 0; i < array_n(elements); i++)
		if (elements[i].flavour == r->flavour && strcmp(elements[i].name, local) == 0)
			return &elements[i];
	return NULL;
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct reading *r = own;
	const struct element *element = element_of(r, name);

	(void)attributes;
	r->holding += element && element->holds;
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;
	const struct element *element = element_of(r, name);

	if (!element)
		return;
	r->holding -= element->holds;
	if (r->text->n < EXTRACT_TEXT_MAX)
		buffer_add_text(r->text, element->after);
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;

	if (r->holding && r->text->n < EXTRACT_TEXT_MAX)
		buffer_add_bytes(r->text, text);
}

/* Reads one part; damage ends it and keeps what was read. Returns 0, a zip_outcome or a fault. */
static int read_part(struct zip_reader *zip, enum flavour flavour, struct buffer *text)
{
	OWNED(xml) struct xml *xml = NULL;
	struct reading reading = {flavour, 0, text};
	struct xml_handlers handlers = {&reading, on_start, on_end, on_text};
	struct bytes some;
	bool good = true;
	int r;

	TRY(xml_new(&handlers, &xml));
	while ((r = zip_read(zip, &some)) == 0) {
		int fed = good ? xml_feed(xml, some, false) : 0;

		TRY(fed);
		good = good && fed == 0;
	}
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

static int read_properties(struct zip_reader *zip, struct extract *x)
{
	OWN_BUFFER struct buffer xml = {0};
	int r = zip_read_all(zip, &xml);

	return r ? r : properties_read(buffer_bytes(&xml), x);
}

static int read_entry(struct zip_reader *zip, const char *name, struct extract *x, struct buffer *body)
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
		if (parts[i].flavour == FLAVOUR_PROPERTIES)
			return read_properties(zip, x);
		return read_part(zip, parts[i].flavour, parts[i].head ? &x->text : body);
	}
	return 0;
}

int office_extract(struct bytes content, struct extract *ret)
{
	OWNED(zip_reader) struct zip_reader *zip = NULL;
	OWN_BUFFER struct buffer body = {0};
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
	TRY(buffer_check(&body));
	buffer_add_bytes(&ret->text, buffer_bytes(&body));
	return buffer_check(&ret->text);
}

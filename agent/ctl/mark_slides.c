/* A box on each slide: above all else, for what lies in the master is hidden by a picture that fills the slide. */
#include "ctl/mark_box.h"

#include "base/text.h"
#include "library/expat.h"

#include <fnmatch.h>
#include <string.h>

/* ---- OOXML (ECMA-376 part 1, 19.3.1.43 sp) ---- */

static void add_slide_lines(struct buffer *to, const char *text, const char *format)
{
	for (struct bytes line; mark_next_line(&text, &line);) {
		buffer_add_format(to, "<a:p><a:r><a:rPr sz=\"1200\" b=\"1\"%s/><a:t>", format);
		xml_add_bytes(to, line, "");
		buffer_add_text(to, "</a:t></a:r></a:p>");
	}
}

#define OOXML_SPACE "http://schemas.openxmlformats.org/"

/* At the top left, 20 cm wide; measures in EMU. */
static void write_slide_box(const struct box_text *box, struct buffer *to)
{
	buffer_add_format(
	    to,
	    "<p:sp xmlns:p=\"" OOXML_SPACE "presentationml/2006/main\" xmlns:a=\"" OOXML_SPACE
	    "drawingml/2006/main\"><p:nvSpPr><p:cNvPr id=\"%llu\" name=\"" MARK_NAME
	    "\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr userDrawn=\"1\"/></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"91440\" "
	    "y=\"45720\"/><a:ext cx=\"7200000\" cy=\"276999\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/>"
	    "</a:prstGeom><a:noFill/></p:spPr><p:txBody><a:bodyPr wrap=\"square\"><a:spAutoFit/></a:bodyPr>"
	    "<a:lstStyle/>",
	    (unsigned long long)box->id);
	add_slide_lines(to, box->struck, " strike=\"sngStrike\"");
	add_slide_lines(to, box->text, "");
	buffer_add_text(to, "</p:txBody></p:sp>");
}

static const char *const slide_tail[] = {"extLst", NULL};
static const struct box_format slide_boxes = {.page = "spTree",
					      .tail = slide_tail,
					      .shape = "sp",
					      .named = "cNvPr",
					      .text_in = "t",
					      .paragraph = "p",
					      .line_break = "br",
					      .write = write_slide_box};

int pptx_mark_pages(struct parts *parts, const struct mark_change *change)
{
	size_t n = 0;

	for (size_t i = 0; i < parts->n; i++) {
		__attribute__((cleanup(edits_done))) struct edits edits = {0};
		struct part *part = &parts->at[i];
		int r;

		if (fnmatch("ppt/slides/*.xml", part->name, FNM_PATHNAME) != 0)
			continue;
		r = box_mark_pages(buffer_bytes(&part->content), &slide_boxes, change, &edits, &n);
		if (r)
			return r;
		TRY(parts_edit(part, &edits));
	}
	return n ? 0 : MARK_WRITE_NO_PLACE;
}

/* ---- OpenDocument (ISO/IEC 26300-1, 10.2.4 draw:page) ---- */

#define SPACE  "urn:oasis:names:tc:opendocument:xmlns:"
#define BOLD   MARK_NAME "_text"
#define STRUCK MARK_NAME "_struck"

static const char styles[] =
    "<style:style xmlns:style=\"" SPACE "style:1.0\" style:name=\"" MARK_NAME "\" style:family=\"graphic\">"
    "<style:graphic-properties xmlns:draw=\"" SPACE
    "drawing:1.0\" draw:stroke=\"none\" draw:fill=\"none\"/></style:style>"
    "<style:style xmlns:style=\"" SPACE "style:1.0\" style:name=\"" BOLD "\" style:family=\"text\">"
    "<style:text-properties xmlns:fo=\"" SPACE "xsl-fo-compatible:1.0\" fo:font-size=\"12pt\" "
    "style:font-size-asian=\"12pt\" fo:font-weight=\"bold\" style:font-weight-asian=\"bold\"/></style:style>"
    "<style:style xmlns:style=\"" SPACE "style:1.0\" style:name=\"" STRUCK "\" style:family=\"text\">"
    "<style:text-properties xmlns:fo=\"" SPACE "xsl-fo-compatible:1.0\" fo:font-size=\"12pt\" "
    "style:font-size-asian=\"12pt\" style:text-line-through-style=\"solid\" style:text-line-through-type=\"single\"/>"
    "</style:style>";

static void write_page_box(const struct box_text *box, struct buffer *to)
{
	buffer_add_text(to,
			"<draw:frame xmlns:draw=\"" SPACE "drawing:1.0\" xmlns:svg=\"" SPACE
			"svg-compatible:1.0\" xmlns:text=\"" SPACE "text:1.0\" draw:style-name=\"" MARK_NAME
			"\" draw:name=\"" MARK_NAME "\" draw:layer=\"layout\" svg:width=\"20cm\" svg:height=\"0.8cm\" "
			"svg:x=\"0.3cm\" svg:y=\"0.1cm\"><draw:text-box>");
	odf_add_lines(to, box->struck, STRUCK);
	odf_add_lines(to, box->text, BOLD);
	buffer_add_text(to, "</draw:text-box></draw:frame>");
}

static const char *const page_tail[] = {"animations", "par", "seq", "notes", NULL};
static const struct box_format page_boxes = {.page = "page",
					     .tail = page_tail,
					     .shape = "frame",
					     .named = "frame",
					     .text_in = "p",
					     .paragraph = "p",
					     .line_break = "line-break",
					     .write = write_page_box};

int odp_mark_pages(struct parts *parts, const struct mark_change *change)
{
	static const struct part_styles ours = {styles, "style:name=\"" BOLD "\""};
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	struct part *part = parts_find(parts, "content.xml");
	size_t n = 0;
	int r = part ? box_mark_pages(buffer_bytes(&part->content), &page_boxes, change, &edits, &n) : 0;

	if (r || n == 0)
		return r ? r : MARK_WRITE_NO_PLACE;
	if (edits.n && *change->mark->text)
		TRY(odf_add_styles(buffer_bytes(&part->content), &ours, &edits));
	return parts_edit(part, &edits);
}

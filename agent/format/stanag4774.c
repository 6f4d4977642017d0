#include "format/stanag4774.h"

#include "base/text.h"

#define MIME_SPACE "http://www.w3.org/2005/05/xmlmime"

/* As text and as the value of an attribute. What XML 1.0 cannot hold is left out. */
static void add(struct buffer *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buffer_add_text(to, "&lt;");
		else if (*text == '>')
			buffer_add_text(to, "&gt;");
		else if (*text == '&')
			buffer_add_text(to, "&amp;");
		else if (*text == '"')
			buffer_add_text(to, "&quot;");
		else if ((unsigned char)*text >= ' ' || *text == '\t' || *text == '\n')
			buffer_add(to, text, 1);
	}
}

static void add_element(struct buffer *to, const char *name, const char *text)
{
	buffer_add_format(to, "<slab:%s>", name);
	add(to, text);
	buffer_add_format(to, "</slab:%s>", name);
}

static void add_information(struct buffer *to, const struct stanag_label *l, const char *classification)
{
	buffer_add_text(to, "<slab:ConfidentialityInformation><slab:PolicyIdentifier");
	if (!text_is_empty(l->oid)) {
		buffer_add_text(to, " URI=\"");
		add(to, l->oid);
		buffer_add_text(to, "\"");
	}
	buffer_add_text(to, ">");
	add(to, l->policy);
	buffer_add_text(to, "</slab:PolicyIdentifier>");
	add_element(to, "Classification", classification);
	buffer_add_text(to, "</slab:ConfidentialityInformation>");
}

static void add_succession(struct buffer *to, const struct stanag_label *l)
{
	if (text_is_empty(l->succession))
		return;
	buffer_add_text(to, "<slab:SuccessionHandling>");
	add_element(to, "SuccessionDateTime", l->succession);
	buffer_add_text(to, "<slab:SuccessorConfidentialityLabel>");
	add_information(to, l, l->successor);
	add_element(to, "CreationDateTime", l->created); /* the successor needs its own */
	buffer_add_text(to, "</slab:SuccessorConfidentialityLabel></slab:SuccessionHandling>");
}

static void add_label(struct buffer *to, const struct stanag_label *l)
{
	const char *root = l->alternative ? "alternativeConfidentialityLabel" : "originatorConfidentialityLabel";

	buffer_add_format(to, "<slab:%s xmlns:slab=\"" STANAG4774_SPACE "\"", root);
	if (!text_is_empty(l->review)) {
		buffer_add_text(to, " ReviewDateTime=\"");
		add(to, l->review);
		buffer_add_text(to, "\"");
	}
	buffer_add_text(to, ">");
	add_information(to, l, l->classification);
	add_element(to, "CreationDateTime", l->created);
	add_succession(to, l);
	buffer_add_format(to, "</slab:%s>", root);
}

static void add_reference(struct buffer *to, const struct stanag_reference *r)
{
	buffer_add_text(to, "<mb:DataReference URI=\"");
	add(to, r->uri);
	buffer_add_text(to, "\"");
	if (!text_is_empty(r->type)) {
		buffer_add_text(to, " xmime:contentType=\"");
		add(to, r->type);
		buffer_add_text(to, "\"");
	}
	buffer_add_text(to, "/>");
}

bool stanag_label_is_complete(const struct stanag_label *l)
{
	return !text_is_empty(l->policy) && !text_is_empty(l->classification) && !text_is_empty(l->created) &&
	       (text_is_empty(l->succession) ? !text_is_empty(l->review) : !text_is_empty(l->successor));
}

void stanag_write_binding(const struct stanag_label *l, struct stanag_references to, struct buffer *ret)
{
	buffer_add_text(ret, "<mb:MetadataBinding xmlns:mb=\"" STANAG4778_SPACE "\" xmlns:xmime=\"" MIME_SPACE
			     "\" Id=\"" STANAG_OURS "\"><mb:Metadata>");
	add_label(ret, l);
	buffer_add_text(ret, "</mb:Metadata>");
	for (size_t i = 0; i < to.n; i++)
		add_reference(ret, &to.at[i]);
	buffer_add_text(ret, "</mb:MetadataBinding>");
}

void stanag_write(const struct stanag_label *l, struct stanag_references to, struct buffer *ret)
{
	buffer_add_text(ret, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			     "<mb:BindingInformation xmlns:mb=\"" STANAG4778_SPACE
			     "\"><mb:MetadataBindingContainer>");
	stanag_write_binding(l, to, ret);
	buffer_add_text(ret, "</mb:MetadataBindingContainer></mb:BindingInformation>\n");
}

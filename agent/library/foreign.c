#include "library/foreign.h"

#include "base/text.h"
#include "library/expat.h"
#include "library/properties.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SPACE_4774 "urn:nato:stanag:4774:confidentialitymetadatalabel:"
#define SPACE_ISM  "urn:us:gov:ic:ism"
#define SPACE_XMPP "urn:xmpp:sec-label:"

static struct foreign_label *add(struct foreign_labels *labels, enum foreign_kind kind)
{
	struct foreign_label *l = labels->n < FOREIGN_MAX ? &labels->at[labels->n++] : NULL;

	if (l)
		*l = (struct foreign_label){.kind = kind};
	return l;
}

/* One line without blanks at its ends; what does not fit, or is no UTF-8, is left out: it would be a false word. */
static void put(char *to, size_t room, struct bytes text)
{
	while (text.n && (text.at[0] == ' ' || text.at[0] == '\n' || text.at[0] == '\t' || text.at[0] == '\r'))
		text = bytes_of(text.at + 1, text.n - 1);
	while (text.n && strchr(" \n\t\r", text.at[text.n - 1]))
		text.n--;
	to[0] = 0;
	if (text.n == 0 || text.n >= room || !text_is_utf8(text))
		return;
	memcpy(to, text.at, text.n);
	to[text.n] = 0;
	if (!text_is_line(to, room))
		to[0] = 0;
}
#define PUT(field, text) put((field), sizeof(field), (text))

/* ---- ADatP-4774 and LabelInfo ---- */

enum place { NOWHERE, IN_POLICY, IN_CLASSIFICATION, IN_CREATED, IN_SUCCESSION };

struct reading {
	struct foreign_labels *labels;
	struct foreign_label *label; /* that is open; NULL */
	int depth, label_depth, successor_depth;
	enum place place;
	int place_depth;
	bool has_space, has_ism, has_xmpp, has_review;
	struct buffer text;
};

static const struct {
	const char *name;
	enum place place;
} fields[] = {
    {"PolicyIdentifier", IN_POLICY},	   {"Classification", IN_CLASSIFICATION}, {"CreationDateTime", IN_CREATED},
    {"SuccessionDateTime", IN_SUCCESSION}, {"displaymarking", IN_CLASSIFICATION},
};

/* The roots of the standard, and those that programs and printed examples have instead. */
static const struct {
	const char *name;
	bool alternative, odd;
} roots[] = {
    {"originatorConfidentialityLabel", false, false}, {"alternativeConfidentialityLabel", true, false},
    {"metadataConfidentialityLabel", false, false},   {"ConfidentialityLabel", false, false},
    {"OriginatorConfidentialityLabel", false, true},  {"alternateConfidentialityLabel", true, true},
    {"AlternativeConfidentialityLabel", true, true},  {"confidentialityLabel", false, true},
};

static const char *value_of(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcasecmp(xml_local_name(attributes[i]), name) == 0)
			return attributes[i + 1];
	return NULL;
}

static void begin_label(struct reading *r, size_t root, const char **attributes)
{
	const char *review = value_of(attributes, "ReviewDateTime");

	r->label_depth = r->depth;
	r->has_review = review != NULL;
	r->label = add(r->labels, FOREIGN_STANAG);
	if (!r->label)
		return;
	r->label->is_alternative = roots[root].alternative;
	r->label->defects |= roots[root].odd ? FOREIGN_ODD_NAME : 0;
	r->label->defects |= r->has_space ? 0 : FOREIGN_NO_SPACE;
}

static bool is_true(const char *value)
{
	return text_equal(value, "true") || text_equal(value, "1");
}

/* What is marked as a whole, not a portion of it: IC-ISM attributes of the element that says so, or of the outermost.
 */
static void take_ism(struct reading *r, const char **attributes)
{
	const char *level = value_of(attributes, "classification"), *owner = value_of(attributes, "ownerProducer");
	const char *created = value_of(attributes, "createDate"), *until = value_of(attributes, "declassDate");
	struct foreign_label *l;

	if (!level || !owner || (r->depth > 1 && !is_true(value_of(attributes, "resourceElement"))))
		return;
	l = add(r->labels, FOREIGN_ISM);
	if (!l)
		return;
	PUT(l->level, bytes_of_text(level));
	PUT(l->policy, bytes_of_text(owner));
	PUT(l->created, bytes_of_text(created ? created : ""));
	PUT(l->until, bytes_of_text(until ? until : ""));
	l->defects = (r->has_ism ? 0u : FOREIGN_NO_SPACE) | (l->created[0] ? 0u : FOREIGN_NO_DATE);
}

/* <securitylabel> of XEP-0258: what it shows. The label in it, in a form of its own, is not read. */
static void begin_xmpp(struct reading *r)
{
	r->label_depth = r->depth;
	r->label = add(r->labels, FOREIGN_XMPP);
	if (!r->label)
		return;
	PUT(r->label->policy, bytes_of_text("XMPP"));
	r->label->defects |= r->has_xmpp ? 0 : FOREIGN_NO_SPACE;
}

/* Name spaces that are declared somewhere around. */
static void look_for_spaces(struct reading *r, const char **attributes)
{
	for (size_t i = 0; attributes[i]; i += 2) {
		if (strncmp(attributes[i], "xmlns", 5) != 0)
			continue;
		r->has_space |= text_starts(attributes[i + 1], SPACE_4774);
		r->has_ism |= text_starts(attributes[i + 1], SPACE_ISM);
		r->has_xmpp |= text_starts(attributes[i + 1], SPACE_XMPP);
	}
}

/* <label id= enabled= siteId= removed=> of LabelInfo ([MS-OFFCRYPTO] 2.6.4). */
static void take_label_info(struct reading *r, const char **attributes)
{
	const char *id = value_of(attributes, "id"), *site = value_of(attributes, "siteId");
	const char *enabled = value_of(attributes, "enabled"), *removed = value_of(attributes, "removed");
	struct foreign_label *l = id && site ? add(r->labels, FOREIGN_MSIP) : NULL;

	if (!l)
		return;
	l->is_info = true;
	PUT(l->id, bytes_of_text(id));
	PUT(l->policy, bytes_of_text(site));
	l->is_off = text_equal(enabled, "0") || text_equal(enabled, "false") || text_equal(removed, "1") ||
		    text_equal(removed, "true");
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct reading *r = own;
	const char *local = xml_local_name(name);

	r->depth++;
	look_for_spaces(r, attributes);
	for (size_t i = 0; !r->label_depth && i < array_n(roots); i++)
		if (strcmp(roots[i].name, local) == 0)
			begin_label(r, i, attributes);
	if (!r->label_depth && strcmp(local, "securitylabel") == 0)
		begin_xmpp(r);
	if (!r->label_depth && strcmp(local, "label") == 0)
		take_label_info(r, attributes);
	if (!r->label_depth)
		take_ism(r, attributes);
	if (r->label_depth && strcasecmp(local, "SuccessorConfidentialityLabel") == 0)
		r->successor_depth = r->depth;
	if (!r->label_depth || r->successor_depth || r->place)
		return;
	for (size_t i = 0; i < array_n(fields); i++)
		if (strcasecmp(fields[i].name, local) == 0) {
			r->place = fields[i].place;
			r->place_depth = r->depth;
			buffer_clear(&r->text);
			if (r->label && strcmp(fields[i].name, local) != 0)
				r->label->defects |= FOREIGN_ODD_NAME;
		}
}

static void end_field(struct reading *r)
{
	struct foreign_label *l = r->label;
	struct bytes text = buffer_bytes(&r->text);

	if (l && r->place == IN_POLICY)
		PUT(l->policy, text);
	else if (l && r->place == IN_CLASSIFICATION)
		PUT(l->level, text);
	else if (l && r->place == IN_CREATED)
		PUT(l->created, text);
	else if (l)
		PUT(l->until, text);
	r->place = NOWHERE;
}

static void end_label(struct reading *r)
{
	bool stanag = r->label && r->label->kind == FOREIGN_STANAG;

	if (stanag && !r->label->created[0])
		r->label->defects |= FOREIGN_NO_DATE;
	if (stanag && !r->label->until[0] && !r->has_review)
		r->label->defects |= FOREIGN_NO_REVIEW;
	r->label = NULL;
	r->label_depth = 0;
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;

	(void)name;
	if (r->place && r->depth == r->place_depth)
		end_field(r);
	if (r->successor_depth == r->depth)
		r->successor_depth = 0;
	if (r->label_depth == r->depth)
		end_label(r);
	r->depth--;
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;

	if (r->place && r->text.n + text.n <= PROPERTY_VALUE_MAX)
		buffer_add_bytes(&r->text, text);
}

bool foreign_is_likely(struct bytes text)
{
	static const char *const words[] = {"onfidentialityLabel", SPACE_ISM, SPACE_XMPP};

	for (size_t i = 0; text.n && i < array_n(words); i++)
		if (memmem(text.at, text.n, words[i], strlen(words[i])))
			return true;
	return false;
}

int foreign_read_xml(struct bytes xml, struct foreign_labels *ret)
{
	OWNED(xml) struct xml *parser = NULL;
	struct reading reading = {.labels = ret};
	struct xml_handlers handlers = {&reading, on_start, on_end, on_text};
	int r;

	if (xml.n == 0)
		return 0;
	TRY(xml_new(&handlers, &parser));
	r = xml_feed(parser, xml, true);
	if (reading.label) /* broken within it */
		end_label(&reading);
	buffer_done(&reading.text);
	return r < 0 ? r : 0;
}

/* ---- properties ---- */

#define MSIP  "MSIP_Label_"
#define BAILS "urn:bails:"

static struct foreign_label *of(struct foreign_labels *labels, enum foreign_kind kind, const char *key)
{
	struct foreign_label *l;

	for (size_t i = 0; i < labels->n; i++) {
		const char *has = kind == FOREIGN_MSIP ? labels->at[i].id : labels->at[i].policy;

		if (labels->at[i].kind == kind && !labels->at[i].is_info && strcasecmp(has, key) == 0)
			return &labels->at[i];
	}
	l = add(labels, kind);
	if (l)
		(void)snprintf(kind == FOREIGN_MSIP ? l->id : l->policy, FOREIGN_TEXT, "%s", key);
	return l;
}

/* "MSIP_Label_<GUID>_<Key>" */
static void take_msip(struct foreign_labels *labels, const char *rest, struct bytes value)
{
	const char *cut = strchr(rest, '_');
	char id[64];
	struct foreign_label *l;

	if (!cut || (size_t)(cut - rest) >= sizeof(id) || cut == rest)
		return;
	(void)snprintf(id, sizeof(id), "%.*s", (int)(cut - rest), rest);
	l = of(labels, FOREIGN_MSIP, id);
	if (!l)
		return;
	if (strcmp(cut, "_Name") == 0)
		PUT(l->level, value);
	else if (strcmp(cut, "_SiteId") == 0)
		PUT(l->policy, value);
	else if (strcmp(cut, "_SetDate") == 0)
		PUT(l->created, value);
	else if (strcmp(cut, "_Enabled") == 0)
		l->is_off = !bytes_equal_text(value, "true") && !bytes_equal_text(value, "True");
}

/* "urn:bails:<Type>:<what>" */
static void take_bails(struct foreign_labels *labels, const char *rest, struct bytes value)
{
	const char *cut = strchr(rest, ':');
	char type[64];
	struct foreign_label *l;

	if (!cut || (size_t)(cut - rest) >= sizeof(type) || cut == rest)
		return;
	(void)snprintf(type, sizeof(type), "%.*s", (int)(cut - rest), rest);
	l = of(labels, FOREIGN_BAILS, type);
	if (!l)
		return;
	if (strcmp(cut, ":BusinessAuthorizationCategory:Name") == 0)
		PUT(l->level, value);
	else if (strcmp(cut, ":BusinessAuthorizationCategory:Identifier") == 0)
		PUT(l->id, value);
	else if (strcmp(cut, ":Authorization:StartValidity") == 0)
		PUT(l->created, value);
	else if (strcmp(cut, ":Authorization:StopValidity") == 0 && !bytes_equal_text(value, "None"))
		PUT(l->until, value);
}

static void take_property(void *own, const char *name, struct bytes value)
{
	if (text_starts(name, MSIP))
		take_msip(own, name + strlen(MSIP), value);
	else if (text_starts(name, BAILS))
		take_bails(own, name + strlen(BAILS), value);
}

int foreign_read_properties(struct bytes xml, struct foreign_labels *ret)
{
	return properties_each(xml, NULL, take_property, ret);
}

struct packet {
	struct foreign_labels *ret;
	int result;
};

static void take_binding(void *own, const char *name, struct bytes value)
{
	struct packet *p = own;

	if (p->result == 0 && text_equal(name, "bindingInformation"))
		p->result = foreign_read_xml(value, p->ret);
}

int foreign_read_xmp(struct bytes xmp, struct foreign_labels *ret)
{
	struct packet packet = {.ret = ret};

	TRY(properties_each(xmp, "bindingInformation", take_binding, &packet));
	return packet.result;
}

/* LabelInfo is the newer word: properties of a site that it knows give it only the name. */
static bool is_told_by_info(struct foreign_labels *labels, const struct foreign_label *l)
{
	bool told = false;

	for (size_t i = 0; i < labels->n && l->kind == FOREIGN_MSIP && !l->is_info; i++) {
		struct foreign_label *info = &labels->at[i];

		if (!info->is_info || strcasecmp(info->policy, l->policy) != 0)
			continue;
		told = true;
		if (!info->level[0] && strcasecmp(info->id, l->id) == 0)
			memcpy(info->level, l->level, sizeof(info->level));
	}
	return told;
}

void foreign_settle(struct foreign_labels *labels)
{
	size_t n = 0;

	for (size_t i = 0; i < labels->n; i++)
		if (is_told_by_info(labels, &labels->at[i]))
			labels->at[i].is_off = true;
	for (size_t i = 0; i < labels->n; i++)
		if (!labels->at[i].is_off && (labels->at[i].level[0] || labels->at[i].id[0]))
			labels->at[n++] = labels->at[i];
	labels->n = n;
}

const char *foreign_kind_name(enum foreign_kind kind)
{
	static const char *const names[] = {[FOREIGN_STANAG] = "4774",
					    [FOREIGN_MSIP] = "msip",
					    [FOREIGN_BAILS] = "bails",
					    [FOREIGN_ISM] = "ism",
					    [FOREIGN_XMPP] = "xep-0258"};

	return names[kind];
}

const char *foreign_defect_text(enum foreign_defect defect)
{
	switch (defect) {
	case FOREIGN_NO_SPACE:
		return "it is in no name space of the standard";
	case FOREIGN_NO_DATE:
		return "it does not say when it was made";
	case FOREIGN_NO_REVIEW:
		return "it has neither a review nor a succession";
	case FOREIGN_ODD_NAME:
		return "names are written otherwise than in the standard";
	}
	return "";
}

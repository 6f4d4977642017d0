#include "library/expat.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <string.h>

struct xml {
	XML_Parser parser;
	struct xml_handlers handlers;
	int depth;
	bool refused;
};

static void refuse(struct xml *x)
{
	x->refused = true;
	(void)XML_StopParser(x->parser, XML_FALSE); /* fails only when it has stopped already */
}

static void XMLCALL on_start(void *own, const char *name, const char **attributes)
{
	struct xml *x = own;

	x->depth++;
	if (x->depth > XML_DEPTH_MAX || strlen(name) > XML_NAME_MAX)
		refuse(x);
	else if (x->handlers.start)
		x->handlers.start(x->handlers.own, name, attributes);
}

static void XMLCALL on_end(void *own, const char *name)
{
	struct xml *x = own;

	x->depth--;
	if (x->handlers.end && !x->refused)
		x->handlers.end(x->handlers.own, name);
}

static void XMLCALL on_text(void *own, const char *at, int n)
{
	struct xml *x = own;

	if (x->handlers.text && !x->refused)
		x->handlers.text(x->handlers.own, bytes_of(at, (size_t)n));
}

static void XMLCALL on_doctype(void *own, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	refuse(own);
}

int xml_new(const struct xml_handlers *handlers, struct xml **ret)
{
	struct xml *x = calloc(1, sizeof(*x));

	if (!x)
		return FAULT(ENOMEM, "read XML");
	x->handlers = *handlers;
	x->parser = XML_ParserCreate(NULL);
	if (!x->parser) {
		free(x);
		return FAULT(ENOMEM, "read XML");
	}
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	*ret = x;
	return 0;
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	free(x);
}

int xml_feed(struct xml *x, struct bytes part, bool last)
{
	enum XML_Status status;

	if (x->refused || part.n > INT_MAX)
		return XML_REFUSED;
	status = XML_Parse(x->parser, (const char *)part.at, (int)part.n, last);
	if (x->refused)
		return XML_REFUSED;
	if (status != XML_STATUS_OK && XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY)
		return FAULT(ENOMEM, "XML");
	return status == XML_STATUS_OK ? 0 : XML_BROKEN;
}

/* Expat 2.9 wants the 64-bit forms, and warns of the others. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define BYTE_INDEX XML_GetCurrentByteIndex64
#define BYTE_COUNT XML_GetCurrentByteCount64
#else
#define BYTE_INDEX XML_GetCurrentByteIndex
#define BYTE_COUNT XML_GetCurrentByteCount
#endif

size_t xml_at(const struct xml *x)
{
	int64_t at = BYTE_INDEX(x->parser);

	return at < 0 ? 0 : (size_t)at;
}

size_t xml_length(const struct xml *x)
{
	return (size_t)BYTE_COUNT(x->parser);
}

const char *xml_local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

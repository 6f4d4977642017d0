/* libyaml's events into a tree. Everything YAML can do beyond maps, lists and text is refused at its position. */
#include "library/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"

#define ENTRIES_MAX 1000   /* of one map: keeps the search for duplicate keys cheap */
#define LIST_MAX    100000 /* of one list */

struct reading {
	yaml_parser_t parser;
	struct yaml_error *error;
	unsigned depth;
};

void yaml_tree_free(struct yaml_node *node)
{
	struct yaml_node *next;

	for (; node; node = next) {
		next = node->next;
		yaml_tree_free(node->key);
		yaml_tree_free(node->child);
		free(node->text);
		free(node);
	}
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *n = map->child; n; n = n->next)
		if (strcmp(n->key->text, key) == 0)
			return n;
	return NULL;
}

static int bad(struct reading *r, yaml_mark_t at, const char *reason)
{
	r->error->line = (uint32_t)at.line + 1;
	r->error->column = (uint32_t)at.column + 1;
	(void)snprintf(r->error->reason, sizeof(r->error->reason), "%s", reason);
	return YAML_BAD;
}

static int next_event(struct reading *r, yaml_event_t *event)
{
	const yaml_parser_t *p = &r->parser;

	if (yaml_parser_parse(&r->parser, event))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		return FAULT(ENOMEM, "reading YAML");
	/* the reader's errors (bytes that are not UTF-8) carry no mark, so the parser's place is the best there is */
	return bad(r, p->error == YAML_READER_ERROR ? p->mark : p->problem_mark, p->problem ? p->problem : "not YAML");
}

static int read_node(struct reading *r, const yaml_event_t *event, struct yaml_node **ret);

static int check_event(struct reading *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return bad(r, event->start_mark, "aliases are not used here");
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor || tag)
		return bad(r, event->start_mark, anchor ? "anchors are not used here" : "tags are not used here");
	return 0;
}

static int read_scalar(struct reading *r, const yaml_event_t *event, struct yaml_node *node)
{
	const char *value = (const char *)event->data.scalar.value;

	if (strlen(value) != event->data.scalar.length)
		return bad(r, event->start_mark, "text holds a NUL");
	node->kind = YAML_TEXT;
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = text_copy(value);
	return node->text ? 0 : FAULT(ENOMEM, "reading YAML");
}

static int check_key(struct reading *r, const struct yaml_node *map, const struct yaml_node *key, yaml_mark_t at)
{
	char reason[128];

	if (key->kind != YAML_TEXT)
		return bad(r, at, "a key is a plain word");
	if (!yaml_get(map, key->text))
		return 0;
	(void)snprintf(reason, sizeof(reason), "the key %.64s stands twice", key->text);
	return bad(r, at, text_is_line(reason, sizeof(reason)) ? reason : "a key stands twice");
}

/* One entry of a list or map, whose first event has been read. */
static int read_entry(struct reading *r, struct yaml_node *parent, yaml_event_t *first, struct yaml_node **ret)
{
	OWNED(yaml) struct yaml_node *key = NULL;
	struct yaml_node *value = NULL;
	yaml_event_t event;
	int outcome;

	if (parent->kind == YAML_LIST)
		return read_node(r, first, ret);
	outcome = read_node(r, first, &key);
	if (!outcome)
		outcome = check_key(r, parent, key, first->start_mark);
	if (!outcome)
		outcome = next_event(r, &event);
	if (outcome)
		return outcome;
	outcome = read_node(r, &event, &value);
	yaml_event_delete(&event);
	if (outcome)
		return outcome;
	value->key = steal(&key);
	*ret = value;
	return 0;
}

static int read_children(struct reading *r, struct yaml_node *parent, yaml_event_type_t end)
{
	struct yaml_node **last = &parent->child;

	for (;;) {
		yaml_event_t event;
		int outcome = next_event(r, &event);

		if (outcome)
			return outcome;
		if (event.type == end) {
			yaml_event_delete(&event);
			return 0;
		}
		outcome = parent->n == (parent->kind == YAML_MAP ? ENTRIES_MAX : LIST_MAX)
			      ? bad(r, event.start_mark, "too many entries")
			      : read_entry(r, parent, &event, last);
		yaml_event_delete(&event);
		if (outcome)
			return outcome;
		last = &(*last)->next;
		parent->n++;
	}
}

static int fill_node(struct reading *r, const yaml_event_t *event, struct yaml_node *node)
{
	int outcome;

	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(r, event, node);
	if (event->type != YAML_SEQUENCE_START_EVENT && event->type != YAML_MAPPING_START_EVENT)
		return bad(r, event->start_mark, "a value is missing");
	if (r->depth == YAML_DEPTH_MAX)
		return bad(r, event->start_mark, "nested too deep");
	node->kind = event->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
	r->depth++;
	outcome = read_children(r, node, node->kind == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
	r->depth--;
	return outcome;
}

static int read_node(struct reading *r, const yaml_event_t *event, struct yaml_node **ret)
{
	OWNED(yaml) struct yaml_node *node = NULL;
	int outcome = check_event(r, event);

	if (outcome)
		return outcome;
	node = calloc(1, sizeof(*node));
	if (!node)
		return FAULT(ENOMEM, "reading YAML");
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	outcome = fill_node(r, event, node);
	if (outcome)
		return outcome;
	*ret = steal(&node);
	return 0;
}

/* Stream: at most one document. */
static int read_stream(struct reading *r, struct yaml_node **ret)
{
	OWNED(yaml) struct yaml_node *tree = NULL;
	bool at_end = false;

	while (!at_end) {
		yaml_event_t event;
		int outcome = next_event(r, &event);

		if (outcome)
			return outcome;
		if (event.type == YAML_STREAM_END_EVENT)
			at_end = true;
		else if (event.type == YAML_DOCUMENT_START_EVENT && tree)
			outcome = bad(r, event.start_mark, "a second document in one file");
		else if (event.type == YAML_DOCUMENT_START_EVENT && (event.data.document_start.version_directive ||
								     event.data.document_start.tag_directives.start !=
									 event.data.document_start.tag_directives.end))
			outcome = bad(r, event.start_mark, "directives are not used here");
		else if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT &&
			 event.type != YAML_DOCUMENT_END_EVENT)
			outcome = read_node(r, &event, &tree);
		yaml_event_delete(&event);
		if (outcome)
			return outcome;
	}
	*ret = steal(&tree);
	return 0;
}

int yaml_parse(struct bytes text, struct yaml_node **ret, struct yaml_error *error)
{
	struct reading r = {.error = error};
	int outcome;

	if (text.n > YAML_BYTES_MAX)
		return bad(&r, (yaml_mark_t){0}, "the file is larger than 8 MiB");
	if (!yaml_parser_initialize(&r.parser))
		return FAULT(ENOMEM, "starting the YAML reader");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text.n ? text.at : (const unsigned char *)"", text.n);
	outcome = read_stream(&r, ret);
	yaml_parser_delete(&r.parser);
	return outcome;
}

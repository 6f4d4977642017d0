/*
 * YAML as a tree with positions. Strict: one document, UTF-8, no aliases, anchors, tags, duplicate keys, at most 16
 * deep and 8 MiB; every breach is an outcome with line and column. Scalars stay text: the reader says what it expects.
 */
#ifndef LIBRARY_YAML_H
#define LIBRARY_YAML_H

#include "base/bytes.h"

#define YAML_BYTES_MAX (1u << 23)
#define YAML_DEPTH_MAX 16

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	uint32_t line, column;	 /* from 1 */
	bool is_plain;		 /* a scalar without quotes */
	char *text;		 /* YAML_TEXT; NUL-terminated, without NUL inside */
	struct yaml_node *key;	 /* of an entry in a map; else NULL */
	struct yaml_node *child; /* first of a list or map */
	struct yaml_node *next;
	size_t n; /* children */
};

enum { YAML_BAD = 1 };

struct yaml_error {
	uint32_t line, column;
	char reason[160];
};

/* 0 and a tree (NULL for an empty document), YAML_BAD and error filled, or a fault. */
int yaml_parse(struct bytes text, struct yaml_node **ret, struct yaml_error *error) MUST_CHECK;
void yaml_tree_free(struct yaml_node *node);
DEFINE_OWNED(yaml, struct yaml_node, yaml_tree_free);

/* The value of a key in a map; NULL: none, or not a map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif

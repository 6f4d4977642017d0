/* The sealed record: one table row a type says how its value is put and taken and what rule it obeys. */
#include "format/sealed_record.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

#define LINE_MAX_BYTES 1024
#define TEXT_MAX_BYTES 8192
#define NAME_MAX_BYTES 255
#define BLOB_MAX_BYTES 4096
#define USER_ATTRIBUTE "user."

struct entry {
	uint16_t type;
	bool required;
	/* Appends the value; nothing when it is absent. */
	void (*put)(const struct sealed_record *r, const struct entry *e, struct buffer *to);
	/* value is never empty. false: it breaks its rule. */
	bool (*take)(struct bytes value, const struct entry *e, struct sealed_record *ret);
	size_t offset;
	bool (*is_good)(struct bytes value);
};

static bool is_line(struct bytes b)
{
	char copy[LINE_MAX_BYTES + 1];

	if (b.n > LINE_MAX_BYTES || !text_is_utf8(b))
		return false;
	memcpy(copy, b.at, b.n);
	copy[b.n] = '\0';
	return text_is_line(copy, LINE_MAX_BYTES);
}

static bool is_text(struct bytes b)
{
	return b.n <= TEXT_MAX_BYTES && text_is_utf8(b);
}

static bool is_large_text(struct bytes b)
{
	return text_is_utf8(b);
}

static bool is_blob(struct bytes b)
{
	return b.n <= BLOB_MAX_BYTES;
}

/* A name, never a path: it will be used beneath a directory when the document is given back. */
static bool is_name(struct bytes b)
{
	return b.n <= NAME_MAX_BYTES && !memchr(b.at, '/', b.n) && !memchr(b.at, '\0', b.n) &&
	       !bytes_equal_text(b, ".") && !bytes_equal_text(b, "..");
}

static bool is_before(struct bytes a, struct bytes b)
{
	int order = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);

	return order < 0 || (order == 0 && a.n < b.n);
}

/* Only names that any user may set, strictly ascending: one list for one set of attributes. */
static bool are_attributes(struct bytes b)
{
	struct cursor c = cursor_of(b);
	struct bytes name, value, last = {0};

	while (c.left && sealed_attribute_next(&c, &name, &value)) {
		if (name.n > NAME_MAX_BYTES || name.n <= strlen(USER_ATTRIBUTE) || memchr(name.at, '\0', name.n) ||
		    memcmp(name.at, USER_ATTRIBUTE, strlen(USER_ATTRIBUTE)) != 0 || (last.n && !is_before(last, name)))
			return false;
		last = name;
	}
	return cursor_at_end(&c) && b.n <= SEALED_ATTRIBUTES_MAX;
}

static void put_bytes(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	buffer_add_bytes(to, *(const struct bytes *)(const void *)((const char *)r + e->offset));
}

static bool take_bytes(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	*(struct bytes *)(void *)((char *)ret + e->offset) = value;
	return e->is_good(value);
}

static void put_32(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	buffer_add(to, (const char *)r + e->offset, 32);
}

static bool take_32(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	if (value.n == 32)
		memcpy((char *)ret + e->offset, value.at, 32);
	return value.n == 32;
}

static void put_length(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	(void)e;
	buffer_u64(to, r->length);
}

static bool take_length(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	struct cursor c = cursor_of(value);

	(void)e;
	ret->length = cursor_u64(&c);
	return cursor_at_end(&c);
}

static void put_list(const struct bytes *items, size_t n, struct buffer *to)
{
	for (size_t i = 0; i < n; i++) {
		buffer_u32(to, (uint32_t)items[i].n);
		buffer_add_bytes(to, items[i]);
	}
}

static bool take_list(struct bytes value, struct bytes *items, size_t room, size_t *ret_n,
		      bool (*is_good)(struct bytes))
{
	struct cursor c = cursor_of(value);

	for (*ret_n = 0; c.left && *ret_n < room; ++*ret_n) {
		struct bytes item = cursor_take(&c, cursor_u32(&c));

		if (c.bad || item.n == 0 || !is_good(item))
			return false;
		items[*ret_n] = item;
	}
	return cursor_at_end(&c);
}

static void put_signatures(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	(void)e;
	put_list(r->signatures, r->n_signatures, to);
}

static bool take_signatures(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	return take_list(value, ret->signatures, SEALED_SIGNATURES_MAX, &ret->n_signatures, e->is_good);
}

static void put_scope(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	(void)e;
	put_list(r->scope, r->n_scope, to);
}

static bool take_scope(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	return take_list(value, ret->scope, SEALED_SCOPE_MAX, &ret->n_scope, e->is_good);
}

static void put_previous(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	(void)e;
	buffer_add(to, r->previous, r->n_previous * sizeof(r->previous[0]));
}

static bool take_previous(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	(void)e;
	if (value.n % sizeof(ret->previous[0]) != 0 || value.n > sizeof(ret->previous))
		return false;
	memcpy(ret->previous, value.at, value.n);
	ret->n_previous = value.n / sizeof(ret->previous[0]);
	return true;
}

static void put_facts(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	(void)e;
	if (!r->has_facts)
		return;
	buffer_u32(to, r->facts.mode);
	buffer_u32(to, r->facts.uid);
	buffer_u32(to, r->facts.gid);
	buffer_u64(to, (uint64_t)r->facts.mtime_s);
	buffer_u32(to, r->facts.mtime_ns);
}

static bool take_facts(struct bytes value, const struct entry *e, struct sealed_record *ret)
{
	struct cursor c = cursor_of(value);

	(void)e;
	ret->facts.mode = cursor_u32(&c);
	ret->facts.uid = cursor_u32(&c);
	ret->facts.gid = cursor_u32(&c);
	ret->facts.mtime_s = (int64_t)cursor_u64(&c);
	ret->facts.mtime_ns = cursor_u32(&c);
	ret->has_facts = true;
	return cursor_at_end(&c) && ret->facts.mode <= 07777 && ret->facts.mtime_ns < 1000000000;
}

#define AT(member) offsetof(struct sealed_record, member)

/* New types go at the end: even where a reader that does not know it must refuse the file, else odd. */
static const struct entry entries[] = {
    {1, true, put_bytes, take_bytes, AT(label), is_text},
    {2, false, put_signatures, take_signatures, 0, is_blob},
    {3, false, put_bytes, take_bytes, AT(drafter_signature), is_blob},
    {4, true, put_32, take_32, AT(salt), NULL},
    {5, true, put_32, take_32, AT(digest), NULL},
    {6, true, put_length, take_length, 0, NULL},
    {7, false, put_bytes, take_bytes, AT(name), is_name},
    {8, false, put_scope, take_scope, 0, is_line},
    {9, false, put_previous, take_previous, 0, NULL},
    {10, false, put_bytes, take_bytes, AT(remnant), is_line},
    {11, false, put_facts, take_facts, 0, NULL},
    {13, false, put_bytes, take_bytes, AT(acl), is_text},
    {15, false, put_bytes, take_bytes, AT(number), is_line},
    {17, false, put_bytes, take_bytes, AT(title), is_line},
    {19, false, put_bytes, take_bytes, AT(issue), is_text},
    {21, false, put_bytes, take_bytes, AT(issue_signature), is_blob},
    {23, false, put_bytes, take_bytes, AT(meta), is_large_text},
    {25, false, put_bytes, take_bytes, AT(attributes), are_attributes},
    {27, false, put_bytes, take_bytes, AT(set), is_text},
    {29, false, put_bytes, take_bytes, AT(set_signature), is_blob},
};

/* What is told of the file itself. */
static bool is_of_file(uint16_t type)
{
	return type == 11 || type == 13 || type == 25;
}

static const struct entry *entry_of(uint16_t type)
{
	for (size_t i = 0; i < array_n(entries); i++)
		if (entries[i].type == type)
			return &entries[i];
	return NULL;
}

static int take_entry(uint16_t type, struct bytes value, struct sealed_record *ret)
{
	const struct entry *e = entry_of(type);

	if (!e)
		return type % 2 == 0 ? SEALED_RECORD_NEWER : 0;
	return value.n && e->take(value, e, ret) ? 0 : SEALED_RECORD_MALFORMED;
}

/* Required types are the lowest ones, so the ascending order shows a gap as soon as it is passed. */
static bool is_skipping_required(uint32_t after, uint32_t before)
{
	for (size_t i = 0; i < array_n(entries); i++)
		if (entries[i].required && entries[i].type > after && entries[i].type < before)
			return true;
	return false;
}

static int parse(struct bytes list, bool only_file, struct sealed_record *ret)
{
	struct cursor c = cursor_of(list);
	uint32_t last = 0;

	while (!c.bad && c.left) {
		uint16_t type = cursor_u16(&c);
		struct bytes value = cursor_take(&c, cursor_u32(&c));
		int bad;

		if (c.bad || type <= last)
			return SEALED_RECORD_MALFORMED;
		if (only_file ? !is_of_file(type) : is_skipping_required(last, type))
			return only_file ? SEALED_RECORD_MALFORMED : SEALED_RECORD_MISSING;
		bad = take_entry(type, value, ret);
		if (bad)
			return bad;
		last = type;
	}
	if (c.bad)
		return SEALED_RECORD_MALFORMED;
	return !only_file && is_skipping_required(last, UINT16_MAX + 1u) ? SEALED_RECORD_MISSING : 0;
}

static int parse_all(struct bytes list, bool only_file, struct sealed_record *ret)
{
	int bad;

	*ret = (struct sealed_record){0};
	if (list.n > SEALED_RECORD_MAX)
		return SEALED_RECORD_TOO_LARGE;
	bad = parse(list, only_file, ret);
	if (bad)
		*ret = (struct sealed_record){0};
	return bad;
}

int sealed_record_parse(struct bytes list, struct sealed_record *ret)
{
	return parse_all(list, false, ret);
}

int sealed_record_parse_file(struct bytes list, struct sealed_record *ret)
{
	return parse_all(list, true, ret);
}

static void put_entry(const struct sealed_record *r, const struct entry *e, struct buffer *to)
{
	size_t at = to->n, n;

	buffer_u16(to, e->type);
	buffer_u32(to, 0);
	e->put(r, e, to);
	if (to->failed)
		return;
	n = to->n - at - 6;
	if (n == 0)
		to->n = at; /* absent: no entry at all */
	for (unsigned i = 0; n && i < 4; i++)
		to->at[at + 2 + i] = (uint8_t)(n >> (24 - 8 * i));
}

int sealed_record_format(const struct sealed_record *r, struct buffer *ret)
{
	OWN_BUFFER struct buffer list = {0};
	struct sealed_record check;
	int bad;

	if (r->n_signatures > SEALED_SIGNATURES_MAX || r->n_scope > SEALED_SCOPE_MAX ||
	    r->n_previous > SEALED_PREVIOUS_MAX)
		return SEALED_RECORD_TOO_LARGE;
	for (size_t i = 0; i < array_n(entries); i++)
		put_entry(r, &entries[i], &list);
	TRY(buffer_check(&list));
	bad = sealed_record_parse(buffer_bytes(&list), &check); /* the rules stand once: in the parser */
	if (bad)
		return bad;
	buffer_add_bytes(ret, buffer_bytes(&list));
	return buffer_check(ret);
}

int sealed_record_format_file(const struct sealed_record *r, struct buffer *ret)
{
	OWN_BUFFER struct buffer list = {0};
	struct sealed_record check;
	int bad;

	for (size_t i = 0; i < array_n(entries); i++)
		if (is_of_file(entries[i].type))
			put_entry(r, &entries[i], &list);
	TRY(buffer_check(&list));
	bad = sealed_record_parse_file(buffer_bytes(&list), &check);
	if (bad)
		return bad;
	buffer_add_bytes(ret, buffer_bytes(&list));
	return buffer_check(ret);
}

void sealed_attribute_add(struct buffer *list, struct bytes name, struct bytes value)
{
	buffer_u16(list, (uint16_t)name.n);
	buffer_add_bytes(list, name);
	buffer_u32(list, (uint32_t)value.n);
	buffer_add_bytes(list, value);
}

bool sealed_attribute_next(struct cursor *list, struct bytes *ret_name, struct bytes *ret_value)
{
	if (list->left == 0)
		return false;
	*ret_name = cursor_take(list, cursor_u16(list));
	*ret_value = cursor_take(list, cursor_u32(list));
	return !list->bad;
}

void sealed_record_scope_bytes(const struct sealed_record *r, struct buffer *ret)
{
	put_list(r->scope, r->n_scope, ret);
}

#include "format/varlink.h"

#include <errno.h>
#include <string.h>

/* The parser behind us recurses by bracket, so the depth is counted first, without it. */
static bool is_too_deep(struct bytes message)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < message.n; i++) {
		uint8_t c = message.at[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > VARLINK_DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

int varlink_message_take(struct bytes received, struct bytes *ret, size_t *ret_used)
{
	size_t looked = received.n < VARLINK_MESSAGE_MAX ? received.n : VARLINK_MESSAGE_MAX;
	const uint8_t *end = looked > 0 ? memchr(received.at, 0, looked) : NULL;

	if (!end)
		return looked == VARLINK_MESSAGE_MAX ? VARLINK_TOO_LARGE : VARLINK_INCOMPLETE;
	*ret = bytes_of(received.at, (size_t)(end - received.at));
	*ret_used = ret->n + 1;
	return is_too_deep(*ret) ? VARLINK_TOO_DEEP : 0;
}

/* Everything an interface owns hangs on one chain. */
struct block {
	struct block *next;
	max_align_t at[];
};

#define NESTING_MAX	16u
#define NAME_LENGTH_MAX 255u

struct parser {
	struct bytes text;
	size_t at;
	unsigned line;
	unsigned depth;
	const char *reason; /* first complaint; every step after it does nothing */
	bool no_memory;
	struct block *memory;
};

static void *parser_alloc(struct parser *p, size_t n)
{
	struct block *b = calloc(1, sizeof(*b) + n);

	if (!b) {
		p->no_memory = true;
		p->reason = "out of memory";
		return NULL;
	}
	b->next = p->memory;
	p->memory = b;
	return b->at;
}

static void complain(struct parser *p, const char *reason)
{
	if (!p->reason)
		p->reason = reason;
}

static int peek(const struct parser *p)
{
	return !p->reason && p->at < p->text.n ? p->text.at[p->at] : -1;
}

static void skip_space(struct parser *p)
{
	for (int c = peek(p); c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '#'; c = peek(p)) {
		if (c == '#') {
			while (peek(p) >= 0 && peek(p) != '\n')
				p->at++;
			continue;
		}
		p->line += c == '\n';
		p->at++;
	}
}

static bool accept(struct parser *p, const char *token)
{
	size_t n = strlen(token);

	skip_space(p);
	if (p->reason || p->text.n - p->at < n || memcmp(p->text.at + p->at, token, n) != 0)
		return false;
	p->at += n;
	return true;
}

static void expect(struct parser *p, const char *token, const char *reason)
{
	if (!accept(p, token))
		complain(p, reason);
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(int c, const char *also)
{
	return is_letter(c) || (c >= '0' && c <= '9') || (c > 0 && strchr(also, c));
}

/* A name that begins with a letter and goes on with letters, digits and `also`; NULL when there is none. */
static const char *take_name(struct parser *p, const char *also)
{
	size_t n = 0;
	char *name;

	skip_space(p);
	if (!is_letter(peek(p))) {
		complain(p, "a name is expected");
		return NULL;
	}
	while (p->at + n < p->text.n && is_name(p->text.at[p->at + n], also))
		n++;
	name = n <= NAME_LENGTH_MAX ? parser_alloc(p, n + 1) : NULL;
	if (!name) {
		complain(p, "name too long");
		return NULL;
	}
	memcpy(name, p->text.at + p->at, n);
	p->at += n;
	return name;
}

static struct varlink_type *take_type(struct parser *p);

static bool fields_have(const struct varlink_field *fields, const char *name)
{
	for (; fields; fields = fields->next)
		if (strcmp(fields->name, name) == 0)
			return true;
	return false;
}

/* After "(": fields with types, or the bare names of an enum; never both. */
static void take_fields(struct parser *p, struct varlink_type *type)
{
	struct varlink_field **end = &type->fields;

	type->kind = VARLINK_STRUCT;
	if (accept(p, ")"))
		return;
	do {
		const char *name = take_name(p, "_");
		bool has_type = accept(p, ":");
		struct varlink_field *field;

		if (!name)
			return;
		if (!type->fields)
			type->kind = has_type ? VARLINK_STRUCT : VARLINK_ENUM;
		else if (has_type != (type->kind == VARLINK_STRUCT))
			complain(p, "fields and enum values are mixed");
		if (fields_have(type->fields, name))
			complain(p, "the same name twice");
		field = parser_alloc(p, sizeof(*field));
		if (!field)
			return;
		field->name = name;
		field->type = has_type ? take_type(p) : NULL;
		*end = field;
		end = &field->next;
	} while (accept(p, ","));
	expect(p, ")", "',' or ')' is expected");
}

static const struct {
	const char *name;
	enum varlink_kind kind;
} plain_types[] = {
    {"bool", VARLINK_BOOL},	{"int", VARLINK_INT},	    {"float", VARLINK_FLOAT},
    {"string", VARLINK_STRING}, {"object", VARLINK_OBJECT},
};

static void take_word(struct parser *p, struct varlink_type *type)
{
	const char *name = take_name(p, "");

	if (!name)
		return;
	type->kind = VARLINK_NAMED;
	type->name = name;
	for (size_t i = 0; i < array_n(plain_types); i++)
		if (strcmp(name, plain_types[i].name) == 0)
			type->kind = plain_types[i].kind;
	if (type->kind == VARLINK_NAMED && !(name[0] >= 'A' && name[0] <= 'Z'))
		complain(p, "no such type");
}

static struct varlink_type *take_type(struct parser *p)
{
	struct varlink_type *type = parser_alloc(p, sizeof(*type));

	if (!type)
		return NULL;
	if (++p->depth > NESTING_MAX)
		complain(p, "nested too deep");
	type->is_optional = accept(p, "?");
	if (accept(p, "[]")) {
		type->kind = VARLINK_ARRAY;
		type->element = take_type(p);
	} else if (accept(p, "[string]")) {
		type->kind = VARLINK_MAP;
		type->element = take_type(p);
	} else if (accept(p, "(")) {
		take_fields(p, type);
	} else {
		take_word(p, type);
	}
	p->depth--;
	return type;
}

static struct varlink_type *take_struct(struct parser *p)
{
	skip_space(p);
	if (peek(p) != '(')
		complain(p, "'(' is expected");
	return take_type(p);
}

static struct varlink_member *take_member(struct parser *p)
{
	static const char *const words[] = {
	    [VARLINK_TYPE] = "type ", [VARLINK_METHOD] = "method ", [VARLINK_ERROR] = "error "};
	struct varlink_member *m = parser_alloc(p, sizeof(*m));
	size_t kind = 0;

	while (m && kind < array_n(words) && !accept(p, words[kind]))
		kind++;
	if (!m || kind == array_n(words)) {
		complain(p, "type, method or error is expected");
		return NULL;
	}
	m->kind = (enum varlink_member_kind)kind;
	m->name = take_name(p, "");
	m->type = take_struct(p);
	if (m->kind == VARLINK_METHOD) {
		expect(p, "->", "'->' is expected");
		m->reply = take_struct(p);
	}
	return m;
}

static void resolve(struct parser *p, const struct varlink_interface *i, struct varlink_type *type)
{
	if (!type || p->reason)
		return;
	if (type->kind == VARLINK_NAMED) {
		const struct varlink_member *m = varlink_find(i, VARLINK_TYPE, type->name);

		if (!m)
			complain(p, "a type is used that is not defined");
		type->element = m ? m->type : NULL;
		return;
	}
	resolve(p, i, type->element);
	for (struct varlink_field *f = type->fields; f; f = f->next)
		resolve(p, i, f->type);
}

static void take_interface(struct parser *p, struct varlink_interface *i)
{
	struct varlink_member **end = &i->members;

	expect(p, "interface ", "an interface text begins with 'interface'");
	i->name = take_name(p, ".-");
	for (skip_space(p); peek(p) >= 0; skip_space(p)) {
		struct varlink_member *m = take_member(p);

		if (!m || !m->name)
			return;
		for (const struct varlink_member *other = i->members; other; other = other->next)
			if (strcmp(other->name, m->name) == 0)
				complain(p, "the same name twice");
		*end = m;
		end = &m->next;
	}
	for (struct varlink_member *m = i->members; m; m = m->next) {
		resolve(p, i, m->type);
		resolve(p, i, m->reply);
	}
}

int varlink_interface_parse(struct bytes text, struct varlink_interface **ret, unsigned *ret_line,
			    const char **ret_reason)
{
	struct parser p = {.text = text, .line = 1};
	OWNED(varlink_interface) struct varlink_interface *i = calloc(1, sizeof(*i));

	if (!i)
		return FAULT(ENOMEM, "interface text");
	take_interface(&p, i);
	i->memory = p.memory;
	if (p.no_memory)
		return FAULT(ENOMEM, "interface text");
	if (p.reason) {
		*ret_line = p.line;
		*ret_reason = p.reason;
		return VARLINK_MALFORMED;
	}
	*ret = steal(&i);
	return 0;
}

void varlink_interface_free(struct varlink_interface *i)
{
	struct block *next;

	if (!i)
		return;
	for (struct block *b = i->memory; b; b = next) {
		next = b->next;
		free(b);
	}
	free(i);
}

const struct varlink_member *varlink_find(const struct varlink_interface *i, enum varlink_member_kind kind,
					  const char *name)
{
	for (const struct varlink_member *m = i->members; m; m = m->next)
		if (m->kind == kind && strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

#include "registrar/api/interfaces.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INTERFACE(text) text,
static const char *const texts[] = {
#include "registrar/interfaces.inc"
};
#undef INTERFACE
_Static_assert(array_n(texts) <= INTERFACES_MAX, "more interfaces than places");

int interfaces_load(struct interfaces *ret)
{
	struct interfaces all = {0};

	for (size_t i = 0; i < array_n(texts); i++) {
		const char *reason = "";
		unsigned line = 0;
		int result;

		all.at[i].text = texts[i];
		result = varlink_interface_parse(bytes_of_text(texts[i]), &all.at[i].parsed, &line, &reason);
		if (result == VARLINK_MALFORMED)
			result = FAULT(EBADMSG, "built-in interface %zu, line %u: %s", i, line, reason);
		if (result < 0) {
			interfaces_done(&all);
			return result;
		}
		all.n = i + 1;
	}
	*ret = all;
	return 0;
}

void interfaces_done(struct interfaces *all)
{
	for (size_t i = 0; i < all->n; i++)
		varlink_interface_free(all->at[i].parsed);
	*all = (struct interfaces){0};
}

const struct interface *interfaces_find(const struct interfaces *all, struct bytes name)
{
	for (size_t i = 0; i < all->n; i++)
		if (bytes_equal_text(name, all->at[i].parsed->name))
			return &all->at[i];
	return NULL;
}

struct bytes interfaces_part(const char *method)
{
	const char *dot = strrchr(method, '.');

	return bytes_of(method, dot ? (size_t)(dot - method) : 0);
}

const struct varlink_member *interfaces_method(const struct interfaces *all, const char *name)
{
	struct bytes part = interfaces_part(name);
	const struct interface *i = interfaces_find(all, part);

	return i ? varlink_find(i->parsed, VARLINK_METHOD, name + part.n + 1) : NULL;
}

/* Where the check stands: the path to the present value. */
struct place {
	char *path;
	size_t n;
};

static struct place step_in(struct place at, const char *member)
{
	int n = snprintf(at.path + at.n, INTERFACES_WHERE_MAX - at.n, "%s%s", at.n > 0 ? "." : "", member);

	at.n += n > 0 ? (size_t)n : 0;
	if (at.n >= INTERFACES_WHERE_MAX)
		at.n = INTERFACES_WHERE_MAX - 1;
	return at;
}

static int check(struct json_view value, const struct varlink_type *type, struct place at);

static int check_list(struct json_view value, const struct varlink_type *type, struct place at)
{
	if (!json_is_array(value))
		return INTERFACES_MISMATCH;
	for (size_t i = 0; i < json_n(value); i++) {
		int result = check(json_at(value, i), type->element, at);

		if (result != 0)
			return result;
	}
	return 0;
}

static int check_map(struct json_view value, const struct varlink_type *type, struct place at)
{
	if (!json_is_object(value))
		return INTERFACES_MISMATCH;
	for (size_t i = 0; i < json_n(value); i++) {
		struct json_view member = {0};

		(void)json_key(value, i, &member);
		if (check(member, type->element, at) != 0)
			return INTERFACES_MISMATCH;
	}
	return 0;
}

static bool has_field(const struct varlink_type *type, const char *name)
{
	for (const struct varlink_field *f = type->fields; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

static int check_struct(struct json_view value, const struct varlink_type *type, struct place at)
{
	if (!json_is_object(value))
		return INTERFACES_MISMATCH;
	for (size_t i = 0; i < json_n(value); i++) {
		struct json_view member = {0};
		const char *key = json_key(value, i, &member);

		if (!key || !has_field(type, key)) {
			(void)step_in(at, key ? key : "");
			return INTERFACES_MISMATCH;
		}
	}
	for (const struct varlink_field *f = type->fields; f; f = f->next)
		if (check(json_get(value, f->name), f->type, step_in(at, f->name)) != 0)
			return INTERFACES_MISMATCH;
	at.path[at.n] = 0;
	return 0;
}

static int check_enum(struct json_view value, const struct varlink_type *type)
{
	const char *text = json_as_text(value);

	return text && has_field(type, text) ? 0 : INTERFACES_MISMATCH;
}

static int check(struct json_view value, const struct varlink_type *type, struct place at)
{
	bool fits = false;

	if (!json_is_present(value))
		return type->is_optional ? 0 : INTERFACES_MISMATCH;
	switch (type->kind) {
	case VARLINK_NAMED:
		return check(value, type->element, at);
	case VARLINK_ARRAY:
		return check_list(value, type, at);
	case VARLINK_MAP:
		return check_map(value, type, at);
	case VARLINK_STRUCT:
		return check_struct(value, type, at);
	case VARLINK_ENUM:
		return check_enum(value, type);
	case VARLINK_BOOL:
		fits = json_is_bool(value);
		break;
	case VARLINK_INT:
	case VARLINK_FLOAT:
		fits = json_is_int(value);
		break;
	case VARLINK_STRING:
		fits = json_is_text(value);
		break;
	case VARLINK_OBJECT:
		fits = json_is_object(value);
		break;
	}
	return fits ? 0 : INTERFACES_MISMATCH;
}

int interfaces_check(struct json_view value, const struct varlink_type *type, char ret_where[INTERFACES_WHERE_MAX])
{
	struct place at = {.path = ret_where};
	OWNED(json) struct json *nothing = NULL;

	ret_where[0] = 0;
	if (!json_is_present(value)) {
		nothing = json_object();
		value = json_look(nothing);
	}
	return check(value, type, at);
}

const char *interfaces_call_fault(struct json_view request, int parsed)
{
	static const char *const known[] = {"method", "more", "oneway", "parameters", "upgrade"};

	if (parsed == JSON_TOO_DEEP)
		return "it nests deeper than 8";
	if (parsed == JSON_DUPLICATE_KEY)
		return "it has the same key twice";
	if (parsed != 0 || !json_is_object(request))
		return "it is not a JSON object";
	if (!json_get_text(request, "method"))
		return "it names no method";
	for (size_t i = 0; i < json_n(request); i++) {
		const char *key = json_key(request, i, &(struct json_view){0});
		bool is_known = false;

		for (size_t k = 0; k < array_n(known); k++)
			is_known = is_known || text_equal(key, known[k]);
		if (!is_known)
			return "it has a member that Varlink does not know";
	}
	return json_get_bool(request, "upgrade") ? "upgrade is not offered" : NULL;
}

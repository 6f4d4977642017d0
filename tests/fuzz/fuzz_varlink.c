/* What a client's bytes meet first: framing with its depth check, then the JSON parser; and interface texts. */
#include "fuzz.h"

#include "format/varlink.h"
#include "library/json.h"

/* Whatever passes the framing is within the limits that the JSON parser is promised. */
static void take_messages(struct bytes received)
{
	struct bytes message = {0};
	size_t used = 0;

	for (int result = 0; result != VARLINK_INCOMPLETE && result != VARLINK_TOO_LARGE;) {
		struct json *value = NULL;

		result = varlink_message_take(received, &message, &used);
		if (result != 0 && result != VARLINK_TOO_DEEP)
			break;
		MUST(used == message.n + 1 && used <= received.n && used <= VARLINK_MESSAGE_MAX);
		if (result == 0) {
			int parsed = json_parse(message, &value);

			MUST(parsed >= 0 && parsed != JSON_TOO_DEEP && (parsed == 0) == (value != NULL));
		}
		json_free(value);
		received.at += used;
		received.n -= used;
	}
}

static void check_type(const struct varlink_type *type, unsigned depth)
{
	MUST(type && depth < 64);
	if (type->kind == VARLINK_NAMED) {
		MUST(type->name && type->element);
		return; /* may name itself */
	}
	MUST((type->element != NULL) == (type->kind == VARLINK_ARRAY || type->kind == VARLINK_MAP));
	for (const struct varlink_field *f = type->fields; f; f = f->next) {
		MUST(f->name && (f->type != NULL) == (type->kind == VARLINK_STRUCT));
		if (f->type)
			check_type(f->type, depth + 1);
	}
}

static void take_interface(struct bytes text)
{
	struct varlink_interface *i = NULL;
	const char *reason = NULL;
	unsigned line = 0;
	int result = varlink_interface_parse(text, &i, &line, &reason);

	MUST(result == 0 || (result == VARLINK_MALFORMED && !i && reason && line > 0));
	for (const struct varlink_member *m = i ? i->members : NULL; m; m = m->next) {
		check_type(m->type, 0);
		MUST((m->reply != NULL) == (m->kind == VARLINK_METHOD));
	}
	varlink_interface_free(i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	take_messages(bytes_of(data, n));
	take_interface(bytes_of(data, n));
	return 0;
}

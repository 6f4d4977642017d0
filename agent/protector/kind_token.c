/* The machine key wrapped by the RSA key of a PKCS#11 token: a smart card, a security module. */
#include "protector/protector.h"
#include "protector/record.h"

#include "base/text.h"
#include "library/pkcs11.h"

#include <errno.h>

static const char *const names[] = {"module", "token", "key", "method", "wrapped", NULL};
enum { MODULE, TOKEN, KEY, METHOD, WRAPPED };

static int say_outcome(struct act *act, int outcome, const struct pkcs11_place *place, const char *why)
{
	const char *said = why ? why : "-";

	switch ((enum pkcs11_outcome)outcome) {
	case PKCS11_NO_MODULE:
		return act_say(act, PROTECTOR_SHUT, "%s does not start as a PKCS#11 module (%s)", place->module, said);
	case PKCS11_ABSENT:
		return act_say(act, PROTECTOR_SHUT, "the token '%s' is not there", place->token);
	case PKCS11_NO_PIN:
		return act_say(act, PROTECTOR_NEEDS_WORD, "it needs the PIN of the token '%s'", place->token);
	case PKCS11_WRONG_PIN:
		return act_say(act, PROTECTOR_WRONG_WORD, "wrong PIN for the token '%s'", place->token);
	case PKCS11_LOCKED:
		return act_say(act, PROTECTOR_SHUT, "the token '%s' is locked after too many wrong PINs", place->token);
	case PKCS11_NO_KEY:
		return act_say(act, PROTECTOR_SHUT, "the token '%s' has no such RSA key pair%s", place->token,
			       place->key[0] ? "" : ", or more than one: --key ID");
	case PKCS11_DAMAGED:
		return act_say(act, PROTECTOR_SHUT, "the file is damaged, or made with another key");
	case PKCS11_REFUSED:
		break;
	}
	return act_say(act, PROTECTOR_SHUT, "the token '%s' refuses: %s", place->token, said);
}

static int open_record(struct act *act, const struct record_text *record, struct secret **ret_line)
{
	const struct pkcs11_place place = {record->values[MODULE], record->values[TOKEN], record->values[KEY],
					   act->word};
	struct pkcs11_wrapped wrapped = {.method = pkcs11_method(bytes_of_text(record->values[METHOD]))};
	OWN_MEM char *why = NULL;
	int r;

	if (!wrapped.method || !record_bytes(record->values[WRAPPED], &wrapped.bytes))
		r = PKCS11_DAMAGED;
	else
		r = pkcs11_unwrap(&place, &wrapped, ret_line, &why);
	buffer_done(&wrapped.bytes);
	return r > 0 ? say_outcome(act, r, &place, why) : r;
}

static int token_kind_open(struct act *act, struct secret **ret_line)
{
	struct record_text record = {"pkcs11", names, {0}};
	int r = record_parse(buffer_bytes(&act->file), &record)
		    ? open_record(act, &record, ret_line)
		    : act_say(act, PROTECTOR_SHUT, "the file is damaged, or of a newer version");

	record_done(&record);
	return r;
}

static int write_wrapped(const struct pkcs11_place *place, const struct pkcs11_wrapped *wrapped,
			 struct buffer *ret_file)
{
	struct record_text record = {"pkcs11",
				     names,
				     {text_copy(place->module), text_copy(place->token), text_copy(wrapped->key),
				      text_copy(wrapped->method), record_hex(buffer_bytes(&wrapped->bytes))}};
	bool is_whole = true;

	for (size_t i = 0; names[i]; i++)
		is_whole = is_whole && record.values[i];
	if (is_whole)
		record_write(&record, ret_file);
	record_done(&record);
	return is_whole ? buffer_check(ret_file) : FAULT(ENOMEM, "write a protector");
}

static int token_kind_make(struct act *act, const struct secret *line, struct buffer *ret_file)
{
	const struct pkcs11_place place = {act_parameter(act, "module"), act_parameter(act, "token"),
					   act_parameter(act, "key"), act->word};
	struct pkcs11_wrapped wrapped = {0};
	OWN_MEM char *why = NULL;
	int r;

	if (place.module[0] != '/' || !text_is_line(place.module, 500))
		return act_say(act, PROTECTOR_SHUT, "--module is the absolute path of a PKCS#11 module");
	if (!place.token[0] || !text_is_line(place.token, 32))
		return act_say(act, PROTECTOR_SHUT, "--token is the label of a token, at most 32 bytes");
	r = pkcs11_wrap(&place, line, &wrapped, &why);
	if (r == 0)
		r = write_wrapped(&place, &wrapped, ret_file);
	else if (r > 0)
		r = say_outcome(act, r, &place, why);
	buffer_done(&wrapped.bytes);
	return r;
}

const struct kind kind_token = {"pkcs11", token_kind_open, token_kind_make};

/* The machine key sealed to this machine's TPM 2, by choice only while its measured state is the same. */
#include "protector/protector.h"
#include "protector/record.h"

#include "base/text.h"
#include "library/tpm.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {"tcti", "pcrs", "parent", "public", "private", NULL};
enum { TCTI, PCRS, PARENT, PUBLIC, PRIVATE };

/* "7", "0,2,7", "-": none. */
static bool parse_pcrs(const char *text, uint32_t *ret)
{
	OWN_MEM char *copy = text_copy(text);
	char *rest = copy;

	*ret = 0;
	if (!copy)
		return false;
	if (text_equal(text, "-"))
		return true;
	for (char *part; (part = strsep(&rest, ","));) {
		uint64_t n;

		if (!text_to_u64(part, TPM_PCRS - 1, &n))
			return false;
		*ret |= UINT32_C(1) << n;
	}
	return true;
}

static int say_outcome(struct act *act, int outcome, const char *tcti, const char *why)
{
	switch ((enum tpm_outcome)outcome) {
	case TPM_ABSENT:
		return act_say(act, PROTECTOR_SHUT, "no TPM 2 answers at %s (%s)", tcti, why ? why : "-");
	case TPM_OTHER:
		return act_say(act, PROTECTOR_SHUT, "this is another TPM than at enrolment, or its owner was cleared");
	case TPM_CHANGED:
		return act_say(
		    act, PROTECTOR_SHUT,
		    "the measured state (PCR) is not that of the enrolment: firmware, its settings or Secure "
		    "Boot's lists changed");
	case TPM_DAMAGED:
		return act_say(act, PROTECTOR_SHUT, "the file is damaged");
	case TPM_REFUSED:
		break;
	}
	return act_say(act, PROTECTOR_SHUT, "the TPM refuses: %s", why ? why : "-");
}

static int open_record(struct act *act, const struct record_text *record, struct secret **ret_line)
{
	struct tpm_place place = {.tcti = record->values[TCTI]};
	struct tpm_object object = {0};
	OWN_MEM char *why = NULL;
	int r;

	if (!parse_pcrs(record->values[PCRS], &place.pcrs) || !record_bytes(record->values[PARENT], &object.parent) ||
	    !record_bytes(record->values[PUBLIC], &object.public) ||
	    !record_bytes(record->values[PRIVATE], &object.private))
		r = TPM_DAMAGED;
	else
		r = tpm_unseal(&place, &object, ret_line, &why);
	tpm_object_done(&object);
	return r > 0 ? say_outcome(act, r, place.tcti, why) : r;
}

static int tpm_kind_open(struct act *act, struct secret **ret_line)
{
	struct record_text record = {"tpm2", names, {0}};
	int r = record_parse(buffer_bytes(&act->file), &record)
		    ? open_record(act, &record, ret_line)
		    : act_say(act, PROTECTOR_SHUT, "the file is damaged, or of a newer version");

	record_done(&record);
	return r;
}

static int write_object(const struct tpm_place *place, const char *pcrs, const struct tpm_object *object,
			struct buffer *ret_file)
{
	struct record_text record = {
	    "tpm2",
	    names,
	    {text_copy(place->tcti), text_copy(pcrs), record_hex(buffer_bytes(&object->parent)),
	     record_hex(buffer_bytes(&object->public)), record_hex(buffer_bytes(&object->private))}};
	bool is_whole = true;

	for (size_t i = 0; names[i]; i++)
		is_whole = is_whole && record.values[i];
	if (is_whole)
		record_write(&record, ret_file);
	record_done(&record);
	return is_whole ? buffer_check(ret_file) : FAULT(ENOMEM, "write a protector");
}

static int tpm_kind_make(struct act *act, const struct secret *line, struct buffer *ret_file)
{
	const char *tcti = act_parameter(act, "tcti"), *pcrs = act_parameter(act, "pcrs");
	struct tpm_place place = {.tcti = tcti[0] ? tcti : TPM_TCTI_COMMON};
	struct tpm_object object = {0};
	OWN_MEM char *why = NULL;
	int r;

	if (!pcrs[0])
		pcrs = "-";
	if (!text_is_line(place.tcti, 500))
		return act_say(act, PROTECTOR_SHUT, "--tcti is one line of text");
	if (!parse_pcrs(pcrs, &place.pcrs))
		return act_say(act, PROTECTOR_SHUT, "--pcrs is a list of numbers from 0 to %d, as 7 or 0,7",
			       TPM_PCRS - 1);
	r = tpm_seal(&place, line, &object, &why);
	if (r == 0)
		r = write_object(&place, pcrs, &object, ret_file);
	else if (r > 0)
		r = say_outcome(act, r, place.tcti, why);
	tpm_object_done(&object);
	return r;
}

const struct kind kind_tpm = {"tpm2", tpm_kind_open, tpm_kind_make};

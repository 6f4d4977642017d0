/* Asks a person, or reads a line of a pipe. */
#include "protector/protector.h"

#include "base/text.h"
#include "library/secret_line.h"

static int ask_once(struct act *act, const char *prompt, struct secret **ret)
{
	int r = secret_line_read(STDIN_FILENO, prompt, ret);

	return r == SECRET_LINE_NONE ? act_say(act, PROTECTOR_NOBODY, "nothing was entered") : r;
}

int ask(struct act *act, struct secret **ret)
{
	OWNED(secret) struct secret *first = NULL;
	OWNED(secret) struct secret *second = NULL;
	const char *twice = act_parameter(act, "twice");
	uint64_t least = 1;
	int r = ask_once(act, act_parameter(act, "prompt"), &first);

	if (r)
		return r;
	(void)text_to_u64(act_parameter(act, "least"), PROTECTOR_WORD_MAX, &least); /* not given: 1 */
	if (secret_line_characters(first) < least)
		return act_say(act, PROTECTOR_WRONG_WORD, "it is too short: at least %llu characters",
			       (unsigned long long)least);
	if (twice[0] && isatty(STDIN_FILENO)) {
		r = ask_once(act, twice, &second);
		if (r == 0 && !secret_equal(first, second))
			r = act_say(act, PROTECTOR_WRONG_WORD, "the two are not the same");
	}
	if (r == 0)
		*ret = steal(&first);
	return r;
}

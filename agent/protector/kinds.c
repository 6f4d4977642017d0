/* What protects the machine key where no device is involved: nothing, the service manager, a passphrase. */
#include "protector/protector.h"

#include "base/text.h"
#include "library/identity.h"

static const struct kind *const kinds[] = {&kind_plain[0], &kind_plain[1], &kind_passphrase, &kind_tpm, &kind_token};

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < array_n(kinds); i++)
		if (text_equal(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

const struct kind kind_plain[2] = {{"file", NULL, NULL}, {"credential", NULL, NULL}};

static int passphrase_open(struct act *act, struct secret **ret_line)
{
	int r;

	if (!act->word)
		return act_say(act, PROTECTOR_NEEDS_WORD, "it needs the passphrase");
	r = agefile_open_passphrase(buffer_bytes(&act->file), act->word, ret_line);
	if (r == IDENTITY_WRONG_PASSPHRASE)
		return act_say(act, PROTECTOR_WRONG_WORD, "wrong passphrase");
	return r > 0 ? act_say(act, PROTECTOR_SHUT, "%s", identity_outcome_text(r)) : r;
}

static int passphrase_make(struct act *act, const struct secret *line, struct buffer *ret_file)
{
	int r;

	if (!act->word)
		return act_say(act, PROTECTOR_NEEDS_WORD, "it needs a passphrase");
	r = agefile_seal_passphrase(line, act->word, PASSPHRASE_LOG_N, ret_file);
	return r > 0 ? act_say(act, PROTECTOR_SHUT, "%s", identity_outcome_text(r)) : r;
}

const struct kind kind_passphrase = {"passphrase", passphrase_open, passphrase_make};

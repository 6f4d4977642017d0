#include "supervisor/signers.h"

#include "base/text.h"
#include "format/sshsig.h"

#include <string.h>

#define NAME_MAX_BYTES 64
#define LINE_MAX_BYTES 1024

static bool is_there(const struct config *config, const struct ssh_public_key *key)
{
	struct ssh_public_key other;

	for (size_t i = 0; i < config->n_settings; i++) {
		const struct role_setting *s = &config->settings[i];

		if (text_equal(s->key, SIGNERS) &&
		    ssh_public_key_parse_line(bytes_of_text(strchr(s->value, ' ') + 1), &other) == 0 &&
		    ssh_public_key_equal(key, &other))
			return true;
	}
	return false;
}

const char *signers_take(const struct config *config, const char *text, char **ret)
{
	const char *space = text ? strchr(text, ' ') : NULL;
	OWN_BUFFER struct buffer line = {0};
	struct ssh_public_key key;

	*ret = NULL;
	if (!space || space == text || space - text > NAME_MAX_BYTES || !text_is_line(text, LINE_MAX_BYTES) ||
	    ssh_public_key_parse_line(bytes_of_text(space + 1), &key))
		return "is a name, a blank and the line of an Ed25519 public key of OpenSSH";
	if (is_there(config, &key))
		return "has this key twice";
	buffer_add_format(&line, "%.*s ", (int)(space - text), text);
	ssh_public_key_write_line(&key, &line);
	*ret = buffer_steal_text(&line);
	return NULL;
}

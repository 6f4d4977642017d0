#include "library/chain.h"

#include "base/text.h"

const struct chain chain_start = {.hash = "0000000000000000000000000000000000000000000000000000000000000000"};

void chain_hash(struct bytes line, char ret[CHAIN_HASH_TEXT])
{
	uint8_t hash[SHA256_BYTES];

	sha256_of(line, hash);
	text_hex(hash, sizeof(hash), ret);
}

const char *chain_follow(struct chain *c, struct bytes line, struct json **ret)
{
	OWNED(json) struct json *entry = NULL;
	struct json_view v;

	if (json_parse(line, &entry))
		return "is not an entry";
	v = json_look(entry);
	if (json_get_int(v, "seq", -1) != (int64_t)(c->seq + 1))
		return "has a wrong number";
	if (!text_equal(json_get_text(v, "prev"), c->hash))
		return "does not follow from the entry before: that one or this one was changed";
	if (text_is_empty(json_get_text(v, "op")) || text_is_empty(json_get_text(v, "t")))
		return "lacks its operation or time";
	c->seq++;
	chain_hash(line, c->hash);
	*ret = steal(&entry);
	return NULL;
}

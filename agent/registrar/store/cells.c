#include "registrar/store/cells.h"

#include "base/text.h"

#include <stdio.h>

#define PLACE_MAX 160

void cell_set(struct json *object, const char *key, const struct secret *meta, const char *place, const char *text)
{
	if (text)
		cell_set_bytes(object, key, meta, place, bytes_of_text(text));
}

void cell_set_bytes(struct json *object, const char *key, const struct secret *meta, const char *place, struct bytes b)
{
	OWN_BUFFER struct buffer sealed = {0};

	if (!meta || cell_seal(meta, bytes_of_text(place), b, &sealed) || sealed.failed) {
		json_set(object, key, NULL); /* fails the object: it is never written */
		return;
	}
	json_set_bytes(object, key, buffer_bytes(&sealed));
}

const char *cell_text(struct arena *a, const struct secret *meta, const char *place, struct bytes sealed)
{
	OWN_BUFFER struct buffer plain = {0};

	if (!meta || sealed.n == 0)
		return NULL;
	if (cell_open(meta, bytes_of_text(place), sealed, &plain) || plain.failed)
		return NULL;
	return arena_bytes(a, buffer_bytes(&plain));
}

bool cell_hash(const struct secret *meta, const char *place, const char *text, char ret[2 * CELL_HASH + 1])
{
	OWN_BUFFER struct buffer input = {0};
	uint8_t hash[SHA256_BYTES];

	if (!meta)
		return false;
	buffer_add_text(&input, "look-up ");
	buffer_add_text(&input, place);
	buffer_u8(&input, 0);
	buffer_add_text(&input, text);
	if (input.failed)
		return false;
	hmac_sha256(meta, buffer_bytes(&input), hash);
	text_hex(hash, CELL_HASH, ret);
	return true;
}

void cell_set_of(struct json *object, const char *key, const struct secret *meta, const char *what, const char *id,
		 const char *text)
{
	char place[PLACE_MAX];

	(void)snprintf(place, sizeof(place), "%s/%s", what, id);
	cell_set(object, key, meta, place, text);
}

const char *cell_text_of(struct arena *a, const struct secret *meta, const char *what, const char *id,
			 struct bytes sealed)
{
	char place[PLACE_MAX];

	(void)snprintf(place, sizeof(place), "%s/%s", what, id);
	return cell_text(a, meta, place, sealed);
}

void cell_set_path(struct json *object, const struct secret *meta, const char *path)
{
	char hash[2 * CELL_HASH + 1];

	cell_set(object, "path", meta, CELL_PATH, path);
	json_set_text(object, "path_hash", cell_hash(meta, CELL_PATH, path, hash) ? hash : "");
}

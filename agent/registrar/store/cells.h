/*
 * Text that names people or documents, at rest. It is sealed once, with the
 * metadata key and the place it belongs to, before it enters the journal; the
 * store keeps the same bytes. So applying an entry needs no key, and replay
 * gives the same store.
 */
#ifndef REGISTRAR_CELLS_H
#define REGISTRAR_CELLS_H

#include "library/json.h"
#include "library/sodium.h"
#include "registrar/store/arena.h"

#define CELL_HASH ((size_t)16)

/*
 * Places. Any path, everywhere: "path". Any reason or note: "note/WHAT", where WHAT is the record number, person id or
 * finding id it is about. Evidence of findings: "finding.evidence". Of a person: "person.name/ID" "person.login/ID"
 * "appointment.document/ID" "training.content/ID". Fields of a record: "record.FIELD/NUMBER" (record_json.c).
 */
#define CELL_PATH     "path"
#define CELL_EVIDENCE "finding.evidence"
#define CELL_FACTS    "document.facts"

/* Sets object[key] to the sealed text, base64. place names noun and field ("record.title"). NULL text: left out.
 * Without a key the object fails: nothing leaves in clear. */
void cell_set(struct json *object, const char *key, const struct secret *meta, const char *place, const char *text);
void cell_set_bytes(struct json *object, const char *key, const struct secret *meta, const char *place, struct bytes b);
/* The same with the place "what/id". */
void cell_set_of(struct json *object, const char *key, const struct secret *meta, const char *what, const char *id,
		 const char *text);
/* path* and path_hash of an object. */
void cell_set_path(struct json *object, const struct secret *meta, const char *path);
/* NULL: no bytes, no key, or not of this place and key. */
const char *cell_text(struct arena *a, const struct secret *meta, const char *place, struct bytes sealed);
const char *cell_text_of(struct arena *a, const struct secret *meta, const char *what, const char *id,
			 struct bytes sealed);
/* Salted hash for looking up a login, a name or a path: HMAC with the key over place and text, hex. false: no key. */
bool cell_hash(const struct secret *meta, const char *place, const char *text, char ret[2 * CELL_HASH + 1]);

#endif

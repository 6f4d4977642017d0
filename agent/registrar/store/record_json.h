/*
 * A record in the three forms it takes: struct record, the object in the
 * journal, the row in the store. One table of fields makes all three. Personal
 * text (title, path, reasons, secret points) is sealed in journal and row.
 */
#ifndef REGISTRAR_RECORD_JSON_H
#define REGISTRAR_RECORD_JSON_H

#include "domain/record.h"
#include "library/sqlite.h"
#include "registrar/registrar.h"
#include "registrar/store/cells.h"

/* NULL or failed when memory ran out or meta is NULL while a sealed field is set. Unset fields are left out. */
struct json *record_to_json(const struct record *record, const struct secret *meta);
/* Texts in the arena. false: a field is missing or not of its kind. Without meta the sealed fields stay NULL. */
bool record_from_json(struct json_view object, const struct secret *meta, struct arena *a, struct record *ret);

/*
 * A whole journal entry for registrar_change(): op "record", act, actor, uid, the record, and the first day anything is
 * due by the running pack. Callers may add (apply.h): "note", "document", "label", "for". person: whose act; NULL: the
 * agent's.
 */
struct json *record_entry(struct registrar *r, const struct record *record, enum act act, const char *person,
			  uid_t uid);

/* The same for a record whose term is over (state and version are the new ones): a short entry, op "expire". */
struct json *record_expire_entry(struct registrar *r, const struct record *record);

/* The number of a record, not the title of some other document. */
bool record_source_is_number(const char *source);

/* Of the table, for store and apply. */
#define RECORD_COLUMNS 80
size_t record_column_n(void);
const char *record_column(size_t i); /* also the key in JSON */
bool record_column_is_sealed(size_t i);
/* Parameters in the order of the columns; bytes are kept in the arena. false: a field is not of its kind. */
bool record_bind(struct json_view object, struct arena *a, struct value ret[RECORD_COLUMNS]);
/* From columns first … of the row. _bare: personal texts but sources and claims stay sealed. */
bool record_from_row(struct statement *s, int first, const struct secret *meta, struct arena *a, struct record *ret);
bool record_from_row_bare(struct statement *s, int first, const struct secret *meta, struct arena *a,
			  struct record *ret);

#endif

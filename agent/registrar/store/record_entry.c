/* A change of a record as the journal takes it. */
#include "registrar/store/record_json.h"

#include "base/text.h"
#include "domain/due.h"

#include <string.h>

bool record_source_is_number(const char *source)
{
	return strlen(source) >= 6 && strspn(source, "0123456789") == 4 && source[4] == '-' &&
	       strspn(source + 5, "0123456789") == strlen(source + 5);
}

/* Records of this agent among the sources of a decision, in clear: numbers are no secret, titles of others are. */
static void set_from(struct json *entry, const struct record *record)
{
	struct json *from = NULL;

	for (size_t i = 0; record->decided.basis == BASIS_DERIVED && i < record->decided.sources.n; i++) {
		const char *source = record->decided.sources.at[i];

		if (!record_source_is_number(source))
			continue;
		from = from ? from : json_array();
		json_append_text(from, source);
	}
	if (from)
		json_set(entry, "from", from);
}

/* The day on which the change counts, and the first on which anything is due. */
static void set_days(struct registrar *r, struct json *entry, const struct record *record)
{
	char due[11] = "";

	json_set_date(entry, "day", registrar_today(r));
	if (r->policy)
		date_format(due_first(r->policy, record), due);
	json_set_text(entry, "due", due[0] ? due : NULL);
}

struct json *record_entry(struct registrar *r, const struct record *record, enum act act, const char *person, uid_t uid)
{
	struct json *entry = registrar_entry("record", person, uid);

	json_set_text(entry, "act", act_name(act));
	set_days(r, entry, record);
	set_from(entry, record);
	json_set(entry, "record", record_to_json(record, r->meta_key));
	return entry;
}

struct json *record_expire_entry(struct registrar *r, const struct record *record)
{
	struct json *entry = registrar_entry("expire", NULL, 0);

	json_set_text(entry, "number", record->number);
	json_set_int(entry, "version", record->version);
	set_days(r, entry, record);
	return entry;
}

#include "registrar/records/tasks.h"

#include "base/text.h"
#include "registrar/store/cells.h"

static void set_day(struct json *entry, const char *key, struct date day)
{
	char text[11];

	date_format(day, text);
	if (text[0])
		json_set_text(entry, key, text);
}

int tasks_open(struct registrar *r, const struct tasks_new *t)
{
	struct json *entry = registrar_entry("task", t->person, t->uid);

	json_set_text(entry, "what", "opened");
	json_set_text(entry, "kind", task_kind_name(t->kind));
	json_set_text(entry, "number", t->number);
	json_set_text(entry, "owner", t->owner);
	set_day(entry, "on", registrar_today(r));
	set_day(entry, "due", t->due);
	if (t->note)
		cell_set_of(entry, "note", r->meta_key, "note", t->number, t->note);
	return registrar_change(r, entry);
}

int tasks_ask(struct registrar *r, const struct record *record, enum task_kind kind, struct date due, bool *ret_opened)
{
	const char *owner = text_is_empty(record->responsible) ? record->drafter : record->responsible;
	int64_t open = 0;
	int status = store_task_open_id(r->store, record->number, kind, &open);

	*ret_opened = false;
	TRY(status);
	if (open || text_is_empty(owner))
		return 0;
	*ret_opened = true;
	return tasks_open(
	    r, &(struct tasks_new){.kind = kind, .number = record->number, .owner = owner, .due = due});
}

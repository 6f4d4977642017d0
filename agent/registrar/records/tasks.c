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

void tasks_fill(struct registrar *r, const struct tasks_new *t, struct json *entry)
{
	json_set_text(entry, "kind", task_kind_name(t->kind));
	json_set_text(entry, "number", t->number);
	json_set_text(entry, "owner", t->owner);
	set_day(entry, "on", registrar_today(r));
	set_day(entry, "due", t->due);
	if (t->note)
		cell_set_of(entry, "note", r->meta_key, "note", t->number, t->note);
}

int tasks_open(struct registrar *r, const struct tasks_new *t)
{
	struct json *entry = registrar_entry("task", t->person, t->uid);

	json_set_text(entry, "what", "opened");
	tasks_fill(r, t, entry);
	return registrar_change(r, entry);
}

const char *tasks_owner(const struct record *record)
{
	return text_is_empty(record->responsible) ? record->drafter : record->responsible;
}

int tasks_ask(struct registrar *r, const struct record *record, const struct tasks_new *t, bool *ret_opened)
{
	struct tasks_new asked = *t;
	int64_t open = 0;
	int status = store_task_open_id(r->store, record->number, t->kind, &open);

	*ret_opened = false;
	TRY(status);
	asked.number = record->number;
	asked.owner = tasks_owner(record);
	if (open || text_is_empty(asked.owner))
		return 0;
	*ret_opened = true;
	return tasks_open(r, &asked);
}

#include "registrar/documents/adopt.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <string.h>

static const struct level *level_of(struct registrar *r, const struct adoption *what)
{
	const struct role_root *root = role_root_find(&r->role, what->seen->root);
	const struct level *floor = root && root->floor[0] ? level_find(r->policy, root->floor) : NULL;
	const struct level *level = level_max(floor, what->level);

	return level ? level : level_unclassified(r->policy);
}

static int put(struct registrar *r, const struct record *record, const struct store_seen *seen)
{
	const struct store_document document = {.number = record->number,
						.root = seen->root,
						.path = seen->path,
						.dev = seen->dev,
						.ino = seen->ino,
						.generation = seen->generation,
						.size = seen->size,
						.mtime_ns = seen->mtime_ns,
						.sha256 = seen->sha256,
						.content = 1,
						.plain = true};
	struct json *entry = record_entry(r, record, ACT_TAG, NULL, 0);

	json_set(entry, "document", store_document_json(r->store, &document));
	return registrar_change(r, entry);
}

static int say(struct registrar *r, const struct record *record, const struct adoption *what)
{
	int result = findings_refresh(r, record, NULL);

	if (result == 0)
		result = findings_set(r,
				      &(struct findings_other){.code = what->code,
							       .about = {.number = record->number},
							       .evidence = what->evidence,
							       .is_true = true},
				      NULL);
	return result;
}

int adopt_draft(struct registrar *r, const struct adoption *what)
{
	const struct store_seen *seen = what->seen;
	const struct date today = registrar_today(r);
	const struct level *level = level_of(r, what);
	const char *name = strrchr(seen->path, '/');
	OWNED(store_person) struct store_person *owner = NULL;
	OWN_MEM char *self = NULL;
	const char *scope[1];
	char number[STORE_NUMBER_MAX], id[37];
	struct record record;
	int result;

	TRY(store_person_by_uid(r->store, seen->uid, today, &owner));
	self = text_format("person:%s", owner ? owner->person.id : "");
	if (!self)
		return FAULT(ENOMEM, "scope");
	scope[0] = self;
	TRY(store_next_number(r->store, today.year, number));
	record_new_id(id);
	record = (struct record){.number = number,
				 .id = id,
				 .version = 1,
				 .state = RECORD_DRAFT,
				 .regime = REGIME_STATE_SECRET,
				 .entry = ENTRY_DECIDED_HERE,
				 .pack = r->policy->id,
				 .pack_version = r->policy->version,
				 .carrier = "file",
				 .path = seen->path,
				 .title = name ? name + 1 : seen->path,
				 .department = owner ? owner->person.department : NULL,
				 .drafter = owner ? owner->person.id : NULL,
				 .drafter_role = "drafter",
				 .drafter_uid = seen->uid,
				 .drafted = today,
				 .proposed_on = today,
				 .entered_on = today,
				 .floor = level->code,
				 .request = ACT_NEW};
	record.proposed =
	    (struct classification){.level = level->code, .basis = BASIS_UNCLEAR, .scope = {scope, owner ? 1 : 0}};
	if (what->like && what->is_same_hand)
		record.proposed.scope = record_classification(what->like)->scope;
	if (what->like && !record.department)
		record.department = what->like->department;
	result = put(r, &record, seen);
	if (result == 0 && what->code != FINDING_NONE)
		result = say(r, &record, what);
	if (result == 0 && level->draft_in_clear == DRAFT_NEVER)
		result = jobs_seal(r, number);
	return result;
}

/* Reasons in words, and the rights apart from records: tables only. */
#include "domain/authority.h"

#include <string.h>

#include "domain/template.h"

static const struct {
	const char *name;
	const char *sentence; /* {level} {text} {date} {by} */
} reasons[AUTHORITY_REASONS] = {
    [AUTHORITY_GRANTED] = {"granted", "allowed by appointment {by}"},
    [AUTHORITY_NO_PERSON] = {"no-person",
			     "this login belongs to nobody in the register on that day; a security administrator "
			     "enters persons with classctl person add"},
    [AUTHORITY_WRONG_STATE] = {"wrong-state", "this cannot be done with a record that is {text}"},
    [AUTHORITY_BACKDATED] = {"backdated",
			     "a decision is dated on the day it is made, not {date}; what was decided on paper is "
			     "imported with its reference"},
    [AUTHORITY_NOT_ORIGINATOR] = {"not-originator", "this is {text}'s; only that unit decides it, others suggest"},
    [AUTHORITY_SUSPENDED] = {"suspended", "suspended since {date}; ask the secrecy office"},
    [AUTHORITY_WRONG_ROLE] = {"wrong-role", "this belongs to another part; see classctl whoami"},
    [AUTHORITY_UNKNOWN_LEVEL] = {"unknown-level", "the policy has no level {text}; see classctl policy explain"},
    [AUTHORITY_NO_POST] = {"no-post", "{level} needs a higher post category; the secrecy office enters it"},
    [AUTHORITY_NO_CLEARANCE] = {"no-clearance", "{level} needs a clearance in force; the last one ended {date}"},
    [AUTHORITY_NO_UNDERTAKING] = {"no-undertaking", "{level} needs a signed undertaking"},
    [AUTHORITY_NOT_IN_SCOPE] = {"not-in-scope",
				"not among those who may know; ask the responsible person to widen the scope"},
    [AUTHORITY_NO_APPOINTMENT] = {"no-appointment",
				  "no appointment that may decide this; send it to the responsible person"},
    [AUTHORITY_NOT_CONFIRMED] = {"not-confirmed", "appointment {by} waits for the second security administrator"},
    [AUTHORITY_NOT_YET] = {"not-yet", "appointment {by} begins {date}"},
    [AUTHORITY_LAPSED] = {"lapsed", "appointment {by} ended {date}"},
    [AUTHORITY_WRONG_DEPARTMENT] = {"wrong-department", "appointment {by} does not cover the department {text}"},
    [AUTHORITY_WRONG_MATTER] = {"wrong-matter", "appointment {by} does not cover the matter {text}"},
    [AUTHORITY_DERIVED_ONLY] = {"derived-only",
				"appointment {by} decides by a source only; name the source or send it on"},
    [AUTHORITY_ORIGINAL_ONLY] = {"original-only", "appointment {by} does not decide by a source"},
    [AUTHORITY_UNIT] = {"unit", "{level} is above what a unit of the kind {text} may decide; refer it upward"},
    [AUTHORITY_CEILING] = {"ceiling", "{level} is above the ceiling {text} of appointment {by}; refer it upward"},
    [AUTHORITY_NOT_LIKE_SOURCE] = {"not-like-source", "derived from {text}, so the level is {text}"},
    [AUTHORITY_OWN_PERSON] = {"own-person", "two persons decide: this is your own proposal"},
    [AUTHORITY_OWN_UID] = {"own-uid", "two persons decide: this was proposed from the same login"},
    [AUTHORITY_OWN_KEY] = {"own-key", "two persons decide: the proposal is signed with the same key"},
    [AUTHORITY_TRAINING] = {"training",
			    "the training for appointment {by} counted until {date}; authority is suspended until "
			    "the next one is entered"},
};

const char *authority_reason_name(enum authority_reason reason)
{
	return reason < AUTHORITY_REASONS ? reasons[reason].name : "unknown";
}

void authority_explain(const struct authority_answer *a, struct buffer *ret)
{
	char date[11];
	const struct template_value values[] = {
	    {"level", a->level ? a->level->name.official : "?"},
	    {"text", a->text ? a->text : "(none given)"},
	    {"date", date},
	    {"by", a->by && a->by->id ? a->by->id : "-"},
	};

	date_format(a->date, date);
	if (!date_is_set(a->date))
		(void)memcpy(date, "(never)", 8);
	if (a->reason < AUTHORITY_REASONS)
		template_expand(reasons[a->reason].sentence, values, array_n(values), ret);
	if (!a->reason && a->training_lapsed)
		buffer_add_text(ret, ", although the training has lapsed (a finding)");
}

#define EVERYBODY ACTOR_DRAFTER /* whoever is no auditor */

static const struct {
	const char *name;
	unsigned who;
	bool two; /* a second person of the same right confirms */
} rights[RIGHTS] = {
    [RIGHT_DRAFT] = {"draft", EVERYBODY, false},
    [RIGHT_QUEUE] = {"queue", EVERYBODY, false},
    [RIGHT_FINDINGS] = {"findings", EVERYBODY, false},
    [RIGHT_FINDING_DISMISS] = {"finding-dismiss", ACTOR_OFFICE, false},
    [RIGHT_INSPECT] = {"inspect", ACTOR_OFFICE, false},
    [RIGHT_PERSON_ADD] = {"person-add", ACTOR_SECURITY_ADMIN, true},
    [RIGHT_PERSON_CONFIRM] = {"person-confirm", ACTOR_SECURITY_ADMIN, false},
    [RIGHT_APPOINT] = {"appoint", ACTOR_SECURITY_ADMIN, true},
    [RIGHT_SUSPEND] = {"suspend", ACTOR_SECURITY_ADMIN | ACTOR_OFFICE,
		       false}, /* taking away is quick, giving needs two */
    [RIGHT_TRAIN] = {"train", ACTOR_SECURITY_ADMIN | ACTOR_OFFICE, false},
    [RIGHT_POLICY_INSTALL] = {"policy-install", ACTOR_SECURITY_ADMIN, true},
    [RIGHT_ROOT_SET] = {"root-set", ACTOR_OFFICE | ACTOR_SECURITY_ADMIN, false},
    [RIGHT_RECOVER] = {"recover", ACTOR_SECURITY_ADMIN, true},
    [RIGHT_JOURNAL_READ] = {"journal-read", ACTOR_AUDITOR | ACTOR_OFFICE, false},
    [RIGHT_JOURNAL_VERIFY] = {"journal-verify", ACTOR_AUDITOR | ACTOR_OFFICE | ACTOR_SECURITY_ADMIN, false},
    [RIGHT_COUNTS] = {"counts", ACTOR_AUDITOR | ACTOR_OFFICE | ACTOR_SECURITY_ADMIN | ACTOR_SYSTEM_ADMIN, false},
    [RIGHT_CLOCK_CONFIRM] = {"clock-confirm", ACTOR_SECURITY_ADMIN, false},
    [RIGHT_ESCROW_CREATE] = {"escrow-create", ACTOR_SECURITY_ADMIN, true},
    [RIGHT_ESCROW_CONFIRM] = {"escrow-confirm", ACTOR_SECURITY_ADMIN, false},
    [RIGHT_BACKUP] = {"backup", ACTOR_SECURITY_ADMIN | ACTOR_SYSTEM_ADMIN, false},
    [RIGHT_ESCROW_DRILL] = {"escrow-drill", ACTOR_SECURITY_ADMIN | ACTOR_OFFICE, false},
    [RIGHT_KEYS] = {"keys", ACTOR_SECURITY_ADMIN, false}, /* nothing is lost by it, and an incident does not wait */
    [RIGHT_KEY_DESTROY] = {"key-destroy", ACTOR_SECURITY_ADMIN, true},
};

bool right_is_granted(unsigned roles, enum right right)
{
	unsigned has = roles & ACTOR_AUDITOR ? ACTOR_AUDITOR : roles | EVERYBODY;

	return right < RIGHTS && roles_may_combine(roles) && (rights[right].who & has);
}

bool right_needs_two(enum right right)
{
	return right >= RIGHTS || rights[right].two;
}

const char *right_name(enum right right)
{
	return right < RIGHTS ? rights[right].name : "unknown";
}

const char *right_belongs(enum right right)
{
	static const struct {
		unsigned who;
		const char *text;
	} rows[] = {
	    {EVERYBODY, "it is not for auditors"},
	    {ACTOR_OFFICE, "it belongs to the secrecy office"},
	    {ACTOR_SECURITY_ADMIN, "it belongs to security administrators"},
	    {ACTOR_SECURITY_ADMIN | ACTOR_OFFICE, "it belongs to security administrators and the secrecy office"},
	    {ACTOR_AUDITOR | ACTOR_OFFICE, "it belongs to auditors and the secrecy office"},
	    {ACTOR_AUDITOR | ACTOR_OFFICE | ACTOR_SECURITY_ADMIN,
	     "it belongs to auditors, the secrecy office and security administrators"},
	    {ACTOR_AUDITOR | ACTOR_OFFICE | ACTOR_SECURITY_ADMIN | ACTOR_SYSTEM_ADMIN,
	     "it belongs to auditors, the secrecy office and administrators"},
	    {ACTOR_SECURITY_ADMIN | ACTOR_SYSTEM_ADMIN, "it belongs to security and system administrators"},
	};

	for (size_t i = 0; right < RIGHTS && i < array_n(rows); i++)
		if (rows[i].who == rights[right].who)
			return rows[i].text;
	return "it belongs to another role";
}

bool roles_may_combine(unsigned roles)
{
	if (roles & ACTOR_AUDITOR)
		return roles == ACTOR_AUDITOR;
	return !(roles & ACTOR_SYSTEM_ADMIN) || !(roles & (ACTOR_SECURITY_ADMIN | ACTOR_OFFICE));
}

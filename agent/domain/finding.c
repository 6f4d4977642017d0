/* The table of finding codes: titles, what to do, whose they are. The conditions stand in finding_evaluate.c. */
#include "domain/finding.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* clang-format off */
#define KIND(code, title, advice, severity, owner, days) \
	[FINDING_##code] = { FINDING_##code, title, advice, SEVERITY_##severity, OWNER_##owner, { days, true } }

static const struct finding_kind kinds[FINDING_CODES] = {
	KIND(NO_RECORD, "no record", "tag it: classctl tag FILE; nothing to protect: classctl declare --not-secret FILE", MAJOR, DRAFTER, 5),
	KIND(INCOMPLETE, "incomplete record", "fill in what is missing: classctl tag NUMBER, then classctl submit NUMBER", MINOR, DRAFTER, 5),
	KIND(NO_NEED, "classified without need or basis", "name the catalogue item, or release it: classctl release NUMBER", MAJOR, RESPONSIBLE, 10),
	KIND(ABOVE, "level above the catalogue item or source", "correct it by a new decision, or give the reason", MAJOR, RESPONSIBLE, 10),
	KIND(BELOW, "level below the catalogue item or source", "raise it by a new decision, or give the reason", GRAVE, RESPONSIBLE, 5),
	KIND(NOT_CLASSIFIED, "looks like a catalogue item, but has no level", "look and decide: classctl tag FILE, or dismiss with a reason", MAJOR, DRAFTER, 5),
	KIND(TERM_LONG, "term longer than allowed", "shorten it by a new decision", MAJOR, RESPONSIBLE, 10),
	KIND(TERM_MISSING, "term missing or unusable", "decide a term", MAJOR, RESPONSIBLE, 10),
	KIND(AUTHORITY, "decided without authority", "have it decided again by somebody who may: classctl show NUMBER", GRAVE, OFFICE, 5),
	KIND(PROCEDURE, "procedure not kept", "have the missing step made up: classctl show NUMBER", MAJOR, RESPONSIBLE, 10),
	KIND(MARK, "mark missing, incomplete or different", "open it and submit it again: that marks it", MINOR, DRAFTER, 5),
	KIND(SOURCES, "derived without a list of sources", "name the sources", MINOR, DRAFTER, 10),
	KIND(REVIEW_OVERDUE, "review overdue", "look again: keep it, or ask for its release with classctl release NUMBER", MAJOR, RESPONSIBLE, 10),
	KIND(RELEASE_OVERDUE, "term over, still held as classified", "let it expire or extend it: classctl sweep, classctl show NUMBER", MAJOR, RESPONSIBLE, 5),
	KIND(RELEASED_EARLY, "released before its date without a decision", "protect it again and report it", GRAVE, OFFICE, 1),
	KIND(SCOPE, "read by somebody outside the scope, or scope too wide", "check who knew and narrow or widen the scope by decision", GRAVE, OFFICE, 5),
	KIND(NOT_PROPAGATED, "a source moved and this did not follow", "follow the source, or give the reason", MAJOR, RESPONSIBLE, 10),
	KIND(STORAGE, "stored where it may not be", "tag and submit it, or move it", GRAVE, DRAFTER, 1),
	KIND(CONTENT_CHANGED, "content changed after the decision", "have the new content decided: classctl submit NUMBER", MAJOR, DRAFTER, 5),
	KIND(DEADLINE, "deadline of a draft, referral or dispute passed", "submit it, or press for the answer and enter it: classctl show NUMBER", MAJOR, OFFICE, 5),
	KIND(PROPOSAL_WAITS, "a proposal waits too long", "decide it: classctl queue", MINOR, RESPONSIBLE, 5),
	KIND(LONGEST_TERM, "longest term without a reason", "give the reason, or shorten it by a new decision", MINOR, RESPONSIBLE, 10),
	KIND(PLAINTEXT_BESIDE, "plaintext left beside its sealed file", "submit it as the next version, or remove it", GRAVE, DRAFTER, 1),
	KIND(SEALED_MISSING, "sealed file missing", "bring it back: classctl restore NUMBER", MAJOR, DRAFTER, 5),
	KIND(STILL_OPEN, "not sealed: still open in an application", "close the document in its application", MINOR, DRAFTER, 1),
	KIND(SWEEP_MISSED, "a sweep did not run", "run it: classctl sweep", MAJOR, SYSTEM_ADMIN, 1),
	KIND(ESCROW_HERE, "escrow identity not confirmed off this machine", "move it off this machine, then: classctl key escrow confirm --moved", GRAVE, SECURITY_ADMIN, 5),
	KIND(DEGRADED, "the agent does not see or protect everything", "see classctl status for the cause", MAJOR, SYSTEM_ADMIN, 1),
	KIND(UNVERIFIED, "recovered decision that nobody has verified", "enter the signer's key or decide again: classctl show NUMBER", MAJOR, OFFICE, 10),
	KIND(KEPT_MISSING, "kept copy missing", "the agent makes it anew; find out who displaced it", MAJOR, SYSTEM_ADMIN, 5),
	KIND(FOREIGN, "sealed by another agent, or a copy", "say what it is: classctl show FILE", MINOR, OFFICE, 10),
	KIND(OTHER_HAND, "saved by somebody who is not its drafter or holder", "compare both and decide which is right: classctl show NUMBER", MAJOR, RESPONSIBLE, 5),
	KIND(CLOCK, "the clock cannot be trusted", "check the date and confirm it: classctl clock confirm", GRAVE, SECURITY_ADMIN, 1),
	KIND(APPOINTMENT_ENDS, "an appointment ends soon", "renew it or appoint somebody else: classctl appoint", MINOR, OFFICE, 10),
	KIND(ESCROW_DRILL, "escrow drill overdue", "open a document with the shares: classctl key escrow drill", MAJOR, SECURITY_ADMIN, 10),
	KIND(ESCROW_CHANGE, "change of the escrow not finished", "see classctl key escrow status; confirm it, or: classctl key rotate", MAJOR, SECURITY_ADMIN, 10),
	KIND(UNLOCK, "keys that persons unlock do not open for them", "have them enroll and unlock: classctl identity --unlock-key, classctl unlock", MAJOR, SECURITY_ADMIN, 5),
	KIND(ROLLBACK, "an older state was put back", "two security administrators: classctl backup accept, then classctl recover --from FOLDER", GRAVE, SECURITY_ADMIN, 1),
	KIND(OLD_KEYS, "files stay on an old key", "see classctl key status for the reason; then classctl key rotate", MAJOR, SECURITY_ADMIN, 10),
	KIND(NOT_SEALED, "cannot be sealed", "mend the cause that it names; the agent goes on by itself", MAJOR, SYSTEM_ADMIN, 1),
	KIND(COPIES, "a copy is not accounted for", "see classctl copies NUMBER; enter its receipt or return, or that it is lost", MAJOR, OFFICE, 5),
	KIND(SUGGESTION, "a suggestion on a matter of the catalogue", "see classctl policy statistics ITEM; send it upward, or dismiss it with the answer", NOTE, OFFICE, 20),
	KIND(CATALOGUE, "a new catalogue touches it", "look again: classctl policy explain NUMBER; decide anew, or dismiss it with the reason", MAJOR, RESPONSIBLE, 20),
	KIND(REREAD, "somebody who read it once more holds it for secret", "look at both answers: classctl tasks --record NUMBER --answered; dispute it, or dismiss it with the reason", MAJOR, OFFICE, 5),
	KIND(NOT_TOLD, "those who may know it were not told in time", "tell them and enter it: classctl notices, classctl notice TASK", MAJOR, RESPONSIBLE, 5),
	KIND(TOGETHER, "it holds much that belongs together", "look whether it tells more than its sources; then change it, or answer with: classctl review", MINOR, RESPONSIBLE, 20),
	KIND(CATALOGUE_OLD, "the catalogue itself is to be looked at", "ask its issuer for the review; the set that says when it was: classctl policy install; drafts of changes: classctl policy statistics", MINOR, OFFICE, 20),
	KIND(INCIDENT, "a leak or loss was not reported in time", "report it at once: classctl incident form ID, classctl incident sent ID", GRAVE, OFFICE, 1),
	KIND(UNREADABLE, "cannot be read", "see its owner and mode, or restore it: classctl restore NUMBER", MAJOR, SYSTEM_ADMIN, 5),
};
/* clang-format on */

const struct finding_kind *finding_kind(enum finding_code code)
{
	return code > FINDING_NONE && code < FINDING_CODES && kinds[code].title ? &kinds[code] : NULL;
}

void finding_code_format(enum finding_code code, char ret[4])
{
	(void)snprintf(ret, 4, "D%02u", (unsigned)code % 100);
}

bool finding_code_find(const char *text, enum finding_code *ret)
{
	uint64_t n;

	if (text_is_empty(text) || (text[0] != 'D' && text[0] != 'd'))
		return false;
	text += text[1] == '0' && text[2] ? 2 : 1;
	if (!text_to_u64(text, FINDING_CODES - 1, &n) || !finding_kind((enum finding_code)n))
		return false;
	*ret = (enum finding_code)n;
	return true;
}

static const char *const severity_names[SEVERITIES] = {"default", "note", "minor", "major", "grave"};
static const char *const owner_names[OWNERS] = {
    "default", "drafter", "responsible", "secrecy-office", "security-administrator", "system-administrator"};

const char *severity_name(enum severity severity)
{
	return severity < SEVERITIES ? severity_names[severity] : "unknown";
}

bool severity_find(const char *name, enum severity *ret)
{
	for (int i = 1; i < SEVERITIES; i++)
		if (text_equal(severity_names[i], name)) {
			*ret = (enum severity)i;
			return true;
		}
	return false;
}

const char *owner_name(enum owner owner)
{
	return owner < OWNERS ? owner_names[owner] : "unknown";
}

bool owner_find(const char *name, enum owner *ret)
{
	for (int i = 1; i < OWNERS; i++)
		if (text_equal(owner_names[i], name)) {
			*ret = (enum owner)i;
			return true;
		}
	return false;
}

static const struct finding_rule *rule_of(const struct policy *p, enum finding_code code)
{
	static const struct finding_rule none;

	return p && code < FINDING_CODES_MAX ? &p->findings[code] : &none;
}

enum severity finding_severity(const struct policy *p, enum finding_code code)
{
	enum severity said = rule_of(p, code)->severity;

	return said || !finding_kind(code) ? said : kinds[code].severity;
}

enum owner finding_owner(const struct policy *p, enum finding_code code)
{
	enum owner said = rule_of(p, code)->owner;

	return said || !finding_kind(code) ? said : kinds[code].owner;
}

struct date finding_due(const struct policy *p, enum finding_code code, struct date since)
{
	struct span said = rule_of(p, code)->due;

	if (said.days == 0 && finding_kind(code))
		said = kinds[code].due;
	return p ? policy_deadline(p, since, said) : date_add_days(since, said.days);
}

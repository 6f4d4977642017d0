/* What the core itself asks of a rollback: which entries a frozen state takes, and the keeper's mark, which follows the
 * journal. It raises no finding and knows no record, so that the core can be linked without them. */
#include "registrar/keys/rollback_private.h"

#include "base/text.h"
#include "domain/finding.h"
#include "registrar/journal/journal.h"

#include <errno.h>

bool rollback_allows(struct json_view entry)
{
	static const char *const ops[] = {"start",  "note",	"policy",  "zone",   "clock",	"read",	  "unseal",
					  "backup", "rollback", "recover", "person", "suspend", "unlock", "lock"};
	const char *op = json_get_text(entry, "op");
	char code[4];

	for (size_t i = 0; i < array_n(ops); i++)
		if (text_equal(op, ops[i]))
			return true;
	finding_code_format(FINDING_ROLLBACK, code);
	return text_equal(op, "finding") && text_equal(json_get_text(entry, "code"), code);
}

static int send_mark(struct registrar *r, bool accept)
{
	struct channel *keeper = role_peer(&r->role, ROLE_KEEPER, -1);
	struct frame_mark m = {.entries = journal_durable(r->journal), .accept = accept};
	char hash[CHAIN_HASH_TEXT];

	if (!keeper || !r->rollback->has_mark || (!accept && m.entries == r->rollback->marked))
		return 0;
	journal_durable_hash(r->journal, hash);
	if (!text_from_hex(hash, m.last, sizeof(m.last)))
		return FAULT(EINVAL, "hash of an entry");
	r->rollback->marked = m.entries;
	return channel_send(keeper, &frame_type_mark, &m, -1);
}

int rollback_mark(struct registrar *r)
{
	return !r->rollback || r->is_frozen || r->read_only ? 0 : send_mark(r, false);
}

int rollback_mark_accepted(struct registrar *r)
{
	return send_mark(r, true);
}

int rollback_settled(struct registrar *r)
{
	if (!r->rollback || journal_durable(r->journal) < r->rollback->marked + ROLLBACK_MARK_EVERY)
		return 0;
	return rollback_mark(r);
}

static int on_timer(struct loop_timer *timer)
{
	struct rollback *b = container_of(timer, struct rollback, timer);

	TRY(rollback_mark(b->r));
	return loop_arm(&b->r->role.loop, timer, ROLLBACK_MARK_MS, on_timer);
}

int rollback_start(struct registrar *r)
{
	return loop_arm(&r->role.loop, &r->rollback->timer, ROLLBACK_MARK_MS, on_timer);
}

/*
 * Findings of records, kept true: what the rules say of a record now is
 * compared with what is open; new ones are opened, those that no longer hold
 * are closed as corrected. Both are journal entries.
 */
#ifndef REGISTRAR_FINDINGS_H
#define REGISTRAR_FINDINGS_H

#include "domain/authority.h"
#include "registrar/registrar.h"
#include "registrar/store/store.h"

struct findings_count {
	uint32_t opened, closed;
};

/* After any change of the record, and by the sweep. ret may be NULL. 0, REGISTRAR_READ_ONLY or a fault. */
int findings_refresh(struct registrar *r, const struct record *record, struct findings_count *ret) MUST_CHECK;

/* The authority of the decider on the day of the decision, by what the register says today of that day. ret_known
 * false: nobody decided, or the decider is not in the register. by and text of the answer are NULL. */
int findings_authority(struct registrar *r, const struct record *record, struct authority_answer *ret,
		       bool *ret_known) MUST_CHECK;

/*
 * A source was decided anew or has ended (number NULL: any may have): the findings of what is derived from it follow.
 * why (with a number; may be NULL): whoever answers for those is asked to look again, with that reason (R23).
 */
int findings_follow(struct registrar *r, const char *number, const char *why) MUST_CHECK;
/* The same in parts: at says where to go on and how many more at most. */
struct store_children_at;
int findings_follow_on(struct registrar *r, const char *number, const char *why,
		       struct store_children_at *at) MUST_CHECK;
/* A name was looked at, or is gone: what that means for the record whose plaintext it is, and for findings about it. */
int findings_seen(struct registrar *r, uint32_t root, const char *path) MUST_CHECK;
int findings_gone(struct registrar *r, uint32_t root, const char *path) MUST_CHECK;
/* The sealer has taken a plaintext of that record. */
int findings_taken(struct registrar *r, const char *number) MUST_CHECK;

/* One finding that is no record's own (a file without record, an appointment, the agent itself): opened once, closed
 * when it no longer holds. is_true false closes it. */
struct findings_other {
	enum finding_code code;
	struct store_about about;
	const char *evidence;
	const char *person; /* owner by name; NULL: by the pack */
	bool is_true;
};
int findings_set(struct registrar *r, const struct findings_other *f, struct findings_count *ret) MUST_CHECK;

#endif

/*
 * A record out of a sealed file alone. What was signed counts: the label and
 * what it commits to. The registrar's own form of the record, which rides
 * beside it, adds the rest as long as it says the same.
 */
#ifndef REGISTRAR_RECOVER_RECORD_H
#define REGISTRAR_RECOVER_RECORD_H

#include "format/label.h"
#include "format/sealed_record.h"
#include "format/sshsig.h"
#include "registrar/store/record_json.h"

/* Texts are in the arena; label and sealed borrow from the list it was rebuilt from. */
struct recovered {
	struct record record;
	bool is_whole; /* from the registrar's own form; else what label and sealed record say */
	bool differs;  /* there was such a form, and it contradicts the label */
	struct label label;
	struct sealed_record sealed;
	const char *label_text;
	const char *signature; /* armor of the newest decider's; NULL: not signed */
	const char *issue_text;
	const char *issue_signature;
	const char *set_text; /* of the decisions that were made in one go with it, and its signature; NULL: none */
	const char *set_signature;
	const char *name; /* of the plaintext; NULL: not UTF-8, or not known */
};

enum recover_outcome { RECOVER_MALFORMED = 1, RECOVER_NEWER };

/* list: the sealed record of a file whose envelope was checked. number NULL in the record: it had none. */
int recover_rebuild(struct bytes list, const struct secret *meta, struct arena *a, struct recovered *ret) MUST_CHECK;
void recovered_done(struct recovered *r);

/* "<uuid> <version> <level> <policy> <key id>", the clear arguments of a found file. false: not those. */
struct recover_args {
	char record[37];
	uint32_t version;
	char level[LABEL_TOKEN_MAX + 1];
	char key_id[9];
};
bool recover_read_args(const char *text, struct recover_args *ret);

#endif

/* Shared by the files of rollback.h. */
#ifndef REGISTRAR_ROLLBACK_PRIVATE_H
#define REGISTRAR_ROLLBACK_PRIVATE_H

#include "registrar/keys/rollback.h"

#define ROLLBACK_PATHS_MAX 50

enum rollback_kind { ROLLBACK_KIND_NONE, ROLLBACK_KIND_RESTORED, ROLLBACK_KIND_ROLLBACK };

struct rollback {
	struct registrar *r;
	enum rollback_kind kind; /* why it is or was frozen */
	bool wants_jobs;	 /* nothing was begun at the start */
	bool has_mark;		 /* the keeper has said what it remembers */
	uint64_t marked;	 /* entries */
	char made[32];		 /* of the backup that was restored */
	uint64_t n_newer;	 /* sealed files that are newer than their record */
	char *paths[ROLLBACK_PATHS_MAX];
	size_t n_paths;
	struct loop_timer timer;
};

const char *rollback_kind_name(enum rollback_kind kind);
int rollback_mark_accepted(struct registrar *r) MUST_CHECK;
void rollback_forget_restored(struct registrar *r);

#endif

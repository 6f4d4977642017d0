/* Shared by the files of unlock.h. */
#ifndef REGISTRAR_UNLOCK_PRIVATE_H
#define REGISTRAR_UNLOCK_PRIVATE_H

#include "registrar/keys/unlock.h"

struct session {
	struct session *next;
	uint32_t uid;
	char person[];
};

/* What the keeper was told of a level. */
struct told {
	struct told *next;
	bool is_person;
	uint64_t idle_ms;
	char *persons;
	char level[LEVEL_CODE_MAX + 1];
};

/* A call that waits for the keeper. */
struct asking {
	struct asking *next;
	struct loop_timer timer;
	struct registrar *r;
	uint64_t id;
	struct api_call *call;
	char person[];
};

struct unlock {
	struct registrar *r;
	struct loop_timer soon;
	struct unlock_key *keys;
	struct session *sessions;
	struct told *told;
	struct asking *askings;
	uint64_t next_id;
};

void unlock_forget_keys(struct unlock *u);

#endif

/* Shared by the files of org.classd.Keys. */
#ifndef REGISTRAR_KEY_METHODS_H
#define REGISTRAR_KEY_METHODS_H

#include "registrar/keys/epochs.h"
#include "registrar/keys/rotate.h"
#include "registrar/keys/scan.h"
#include "registrar/people/people.h"

/* A call that waits for the keeper or a scan; who makes it was checked when it came. */
struct key_call {
	struct api_call *call;
	char person[PEOPLE_ID_MAX + 1];
	bool may_see_files;
	char level[EPOCHS_NAME], epoch[EPOCHS_NAME], key_id[9];
	char reason[PEOPLE_TEXT_MAX + 1];
	int64_t limit;
	bool undo, shred, scan;
	int64_t files; /* that the caller counted; -1: not said */
	struct date today;
};
void key_call_free(struct key_call *c);
DEFINE_OWNED(key_call, struct key_call, key_call_free);

/* PEOPLE_ANSWERED: refused. Takes reason, level and epoch where the call has them. */
int key_call_new(struct people_call *p, struct key_call **ret) MUST_CHECK;
/* It is about an epoch that there is. PEOPLE_ANSWERED: refused. */
int key_call_find(struct registrar *r, struct key_call *c, const struct epoch **ret) MUST_CHECK;
struct json *key_entry(const struct key_call *c, const char *op, const char *what);
/* PEOPLE_ANSWERED: the entry could not be written, and the call was told. Takes entry. */
int key_change(struct registrar *r, const struct key_call *c, struct json *entry) MUST_CHECK;
int key_refuse_busy(struct api_call *call) MUST_CHECK;

/* NULL: memory ran out. */
struct json *key_epoch_json(struct registrar *r, const struct epoch *epoch);

/* Rows of key_methods.c. */
int key_retire(struct registrar *r, struct api_call *call);
int key_destroy(struct registrar *r, struct api_call *call);

#endif

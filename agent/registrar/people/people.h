/* Who may enter whom: what the methods of persons and the first start share. */
#ifndef REGISTRAR_PEOPLE_H
#define REGISTRAR_PEOPLE_H

#include "registrar/api/api.h"
#include "registrar/store/store.h"

#define PEOPLE_ID_MAX	32
#define PEOPLE_NAME_MAX 128
#define PEOPLE_TEXT_MAX 500
#define PEOPLE_LIST_MAX 64

/* The two security administrators that root-owned configuration names (DESIGN 17), when there is nobody yet. */
int people_enter_first(struct registrar *r) MUST_CHECK;

bool people_id_is_valid(const char *id); /* [a-z][a-z0-9._-]{0,31} */
/* "UID:LOGIN": the agent looks at no user database, so whoever enters a person says both. */
bool people_parse_login(const char *text, uint32_t *ret_uid, const char **ret_login);
/* Not root, the overflow uid, nor a system user below 1000 (those run programs; in a trial one user may be all). */
bool people_uid_is_person(const struct registrar *r, uint32_t uid);
bool people_role_is_known(const char *role);

/* One call about a person. */
struct people_call {
	struct registrar *r;
	struct api_call *call;
	struct json_view given;
	struct date today;
	struct store_person *me;      /* the caller */
	struct store_person *subject; /* whom it is about; NULL: not loaded */
};
#define OWN_PEOPLE_CALL __attribute__((cleanup(people_done)))

/* Functions that can refuse answer the call themselves and return this. */
enum people_outcome { PEOPLE_ANSWERED = 1 };

/* The caller, in force today and not suspended, with that right. */
int people_begin(struct registrar *r, struct api_call *call, enum right right, struct people_call *ret) MUST_CHECK;
void people_done(struct people_call *c);
int people_find(struct people_call *c, const char *id) MUST_CHECK; /* sets subject */
/* Nobody grants to himself, and nobody confirms what he entered. entered_by may be NULL. */
int people_other_hand(struct people_call *c, const char *entered_by) MUST_CHECK;
/* Of an act by two: is the first hand still in its place today, not suspended, with that right? What a hand proposed
 * that was taken from its place since counts for nothing. NULL or nobody of the register: no. */
int people_stands(struct registrar *r, const char *person, enum right right, bool *ret) MUST_CHECK;

/* Values into the entry, checked; an absent one is left out. */
int people_take_date(struct people_call *c, struct json *entry, const char *key, struct date *ret) MUST_CHECK;
/* A line of at most max bytes; needed: not absent and not empty. ret NULL: absent. */
int people_take_line(struct people_call *c, const char *key, size_t max, bool needed, const char **ret) MUST_CHECK;
typedef bool (*people_check_fn)(struct registrar *r, const char *text);
int people_take_list(struct people_call *c, struct json *entry, const char *key, people_check_fn check) MUST_CHECK;

struct json *people_entry(struct people_call *c, const char *op); /* with the subject's id when there is one */
void people_note(struct people_call *c, struct json *entry, const char *note);
/* Makes the change and answers with the person as it is then. Takes entry. */
int people_change(struct people_call *c, const char *id, struct json *entry) MUST_CHECK;
/* Only makes it: PEOPLE_ANSWERED when it is refused. */
int people_change_only(struct people_call *c, struct json *entry) MUST_CHECK;
/* Before that appointment of the subject ends with that day: those of stand-ins end that would be more than what is
 * left. 0, PEOPLE_ANSWERED or a fault. */
int people_end_stand_ins(struct people_call *c, int64_t appointment, struct date last) MUST_CHECK;
struct json *people_json(const struct store_person *p, struct date today);

/* Rows of person_methods.c. */
int people_appoint(struct registrar *r, struct api_call *call);
int people_end_appointment(struct registrar *r, struct api_call *call);
int people_train(struct registrar *r, struct api_call *call);
int people_register_key(struct registrar *r, struct api_call *call);
int people_reach(struct registrar *r, struct api_call *call);
int people_revoke_key(struct registrar *r, struct api_call *call);
/* Row of agent_methods.c. */
int people_confirm_clock(struct registrar *r, struct api_call *call);

#endif

/* Who may enter whom: what the methods of persons and the first start share. */
#ifndef REGISTRAR_PEOPLE_H
#define REGISTRAR_PEOPLE_H

#include "registrar/registrar.h"
#include "registrar/store.h"

#define PEOPLE_ID_MAX	32
#define PEOPLE_NAME_MAX 128
#define PEOPLE_TEXT_MAX 500
#define PEOPLE_LIST_MAX 64

/* The two security administrators that root-owned configuration names (DESIGN 17), when there is nobody yet. */
int people_enter_first(struct registrar *r) MUST_CHECK;

bool people_id_is_valid(const char *id); /* [a-z][a-z0-9._-]{0,31} */
/* "UID:LOGIN": the agent looks at no user database, so whoever enters a person says both. */
bool people_parse_login(const char *text, uint32_t *ret_uid, const char **ret_login);
/* uids that are no person: root, the overflow uid, the users of the agent's roles below 1000. */
bool people_uid_is_person(const struct registrar *r, uint32_t uid);
bool people_role_is_known(const char *role);

#endif

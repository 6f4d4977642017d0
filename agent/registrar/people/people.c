#include "registrar/people/people.h"

#include "base/text.h"
#include "registrar/store/cells.h"

#include <errno.h>
#include <string.h>

#define OVERFLOW_UID 65534u

static const char *const known_roles[] = {
    "drafter", "responsible", "secrecy-office", "security-administrator", "auditor", "head", "system-administrator",
};

bool people_id_is_valid(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	if (n == 0 || n > PEOPLE_ID_MAX || id[0] < 'a' || id[0] > 'z')
		return false;
	return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

bool people_parse_login(const char *text, uint32_t *ret_uid, const char **ret_login)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	OWN_MEM char *number = colon ? strndup(text, (size_t)(colon - text)) : NULL;
	uint64_t uid;

	if (!number || !text_to_u64(number, UINT32_MAX - 1, &uid) || !text_is_line(colon + 1, 64) || colon[1] == '\0')
		return false;
	*ret_uid = (uint32_t)uid;
	*ret_login = colon + 1;
	return true;
}

bool people_uid_is_person(const struct registrar *r, uint32_t uid)
{
	if (uid == 0 || uid == OVERFLOW_UID || uid == UINT32_MAX)
		return false;
	return uid >= 1000 || r->role.trial; /* system users run programs; in a trial one user may be everything */
}

bool people_role_is_known(const char *role)
{
	for (size_t i = 0; i < array_n(known_roles); i++)
		if (text_equal(role, known_roles[i]))
			return true;
	return false;
}

static int enter_one(struct registrar *r, const char *setting)
{
	struct json *entry, *roles;
	char hash[2 * CELL_HASH + 1], today[11];
	const char *login;
	uint32_t uid;

	if (!people_parse_login(setting, &uid, &login) || !people_id_is_valid(login) || !people_uid_is_person(r, uid) ||
	    !cell_hash(r->meta_key, "login", login, hash))
		return role_degraded(&r->role, "security-administrator",
				     "a configured one is not UID:LOGIN of a person");
	entry = registrar_entry("person", NULL, 0);
	roles = json_array();
	json_append_text(roles, "security-administrator");
	date_format(registrar_today(r), today);
	json_set_text(entry, "id", login);
	cell_set_of(entry, "name", r->meta_key, "person.name", login, login);
	cell_set_of(entry, "login", r->meta_key, "person.login", login, login);
	json_set_text(entry, "login_hash", hash);
	json_set_int(entry, "holder", uid);
	json_set(entry, "roles", roles);
	json_set_text(entry, "category", "none");
	json_set_text(entry, "from", today);
	json_set_bool(entry, "confirmed", true); /* by whoever owns the configuration: root, at the first start only */
	return registrar_change(r, entry);
}

int people_enter_first(struct registrar *r)
{
	const char *setting = NULL;
	int64_t n = 0;
	int result = database_int(store_database(r->store), "SELECT count(*) FROM persons", NO_VALUES, 0, &n);

	if (result)
		return result < 0 ? result : FAULT(EIO, "the store does not read");
	while (n == 0 && (setting = role_setting_next(&r->role, "security_administrator", setting)))
		TRY(enter_one(r, setting));
	return 0;
}

/* A capability crosses an exec of an unprivileged user only as ambient; the role clears that again at once. */
#include "system/capabilities.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool is_listed(const int *list, int capability)
{
	for (; *list >= 0; list++)
		if (*list == capability)
			return true;
	return false;
}

static int drop_bounds(const int *list)
{
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (!is_listed(list, i) && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return FAULT(errno, "drop capability %d from the bounds", i);
	return 0;
}

static int become(uid_t uid, gid_t gid)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return FAULT(errno, "become user %u", (unsigned)uid);
	return 0;
}

static int set_to(const int *list, capng_type_t sets)
{
	capng_clear(CAPNG_SELECT_CAPS);
	for (; *list >= 0; list++)
		if (prctl(PR_CAPBSET_READ, *list, 0, 0, 0) == 1 && capng_update(CAPNG_ADD, sets, (unsigned)*list) < 0)
			return FAULT(EINVAL, "list capability %d", *list);
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? FAULT(EPERM, "set capabilities") : 0;
}

int capabilities_hand_over(const int *list, uid_t uid, gid_t gid)
{
	if (capng_get_caps_process() < 0)
		return FAULT(errno, "read capabilities");
	TRY(drop_bounds(list));
	TRY(become(uid, gid));
	TRY(set_to(list, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE));
	for (; *list >= 0; list++)
		if (prctl(PR_CAPBSET_READ, *list, 0, 0, 0) == 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, *list, 0, 0) < 0)
			return FAULT(errno, "pass capability %d on", *list);
	return 0;
}

int capabilities_keep(const int *list, bool *ret_all)
{
	int kept[CAP_LAST_CAP + 2];
	size_t n = 0;

	if (capng_get_caps_process() < 0)
		return FAULT(errno, "read capabilities");
	*ret_all = true;
	for (; *list >= 0 && n <= CAP_LAST_CAP; list++) {
		if (capng_have_capability(CAPNG_PERMITTED, (unsigned)*list))
			kept[n++] = *list;
		else
			*ret_all = false;
	}
	kept[n] = -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return FAULT(errno, "clear ambient capabilities");
	return set_to(kept, CAPNG_EFFECTIVE | CAPNG_PERMITTED);
}

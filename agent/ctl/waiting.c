#include "ctl/waiting.h"

#include "ctl/client.h"
#include "ctl/pages.h"

static int count_one(struct json_view one, void *arg)
{
	(void)one;
	++*(int64_t *)arg;
	return 0;
}

int waiting_count(struct ctl *ctl, int64_t *ret)
{
	struct call call = {.method = "Records.Queue", .quiet = QUIET_ALL};
	int64_t n = 0;
	int result = pages_each(ctl, &call, "entries", count_one, &n);

	*ret = call.hushed ? -1 : n;
	return call.hushed ? 0 : result;
}

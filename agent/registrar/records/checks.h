/* Results of checks, one line each: what Verify and Trace answer. */
#ifndef REGISTRAR_CHECKS_H
#define REGISTRAR_CHECKS_H

#include "library/json.h"

#define CHECK_OK     "ok"
#define CHECK_FAILED "failed"
#define CHECK_NONE   "none" /* there is nothing to check */

static inline void check_add(struct json *list, const char *what, const char *result, const char *detail)
{
	struct json *to = json_object();

	json_set_text(to, "what", what);
	json_set_text(to, "result", result);
	json_set_text(to, "detail", detail);
	json_append(list, to);
}

#endif

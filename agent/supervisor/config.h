/*
 * The configuration: one root-owned YAML file, documented in classd.yaml(5). It is checked as a whole; an unknown key,
 * a value of the wrong kind or a missing one is an error with file, line and column, and nothing of the file is used.
 * Checked, it is a list of texts (key and value; lists repeat the key) that goes on to the roles as it is.
 */
#ifndef SUPERVISOR_CONFIG_H
#define SUPERVISOR_CONFIG_H

#include "system/role.h"

struct config {
	struct role_setting *settings;
	size_t n_settings;
	struct role_root *roots; /* ids are 0 until place_number_roots() */
	size_t n_roots;
};

enum config_outcome { CONFIG_BAD = 1 };

struct config_source {
	const char *path;
	bool trial;		    /* file clocks and fewer than two security administrators are allowed */
	const char *default_policy; /* policy_dir when the file does not say */
};

/* CONFIG_BAD: *ret_reason is malloc'ed text, "FILE:LINE:COLUMN: what is wrong". */
int config_load(const struct config_source *source, struct config *ret, char **ret_reason) MUST_CHECK;
void config_done(struct config *config);
bool config_equal(const struct config *a, const struct config *b);

/* The value of a key that has a default or is required: never NULL. */
const char *config_text(const struct config *config, const char *key);
uint64_t config_number(const struct config *config, const char *key);

#endif

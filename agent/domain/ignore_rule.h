/*
 * A rule of the site about names that are left alone: "*.bak", "node_modules/". The pattern of one name (*, ?, [abc]);
 * a
 * '/' at its end says folders. A rule hides what it matches from the agent, so one that would hide documents is
 * refused.
 */
#ifndef DOMAIN_IGNORE_RULE_H
#define DOMAIN_IGNORE_RULE_H

#include <stdbool.h>

#define IGNORE_RULES_MAX      64
#define IGNORE_RULE_BYTES_MAX 100

/* NULL: fine; else why not, to follow the rule in a sentence. */
const char *ignore_rule_refuse(const char *rule);
bool ignore_rule_matches(const char *rule, const char *name, bool is_dir);

#endif

/*
 * Commands are rows. A noun's file exports its rows; command.c lists the
 * tables, finds the row for a command line, helps, and makes the completion.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "ctl/client.h"
#include "ctl/options.h"

enum command_group {
	GROUP_DOCUMENT,
	GROUP_DECIDE,
	GROUP_READ,
	GROUP_OVERSIGHT,
	GROUP_REGISTER,
	GROUP_KEYS,
	GROUP_AGENT,
	GROUPS
};

#define WORDS_ANY     255
#define COMMAND_WORDS 3 /* of a name, at most */

struct ctl {
	const struct command *command;
	struct options options;
	struct client *client; /* NULL: not connected yet */
	bool json;	       /* one JSON document instead of text */
};

struct command {
	const char *name; /* "key escrow create": at most COMMAND_WORDS words; NULL ends a table */
	enum command_group group;
	unsigned char min_words, max_words; /* beside options */
	const char *words;		    /* what help calls them: "DOCUMENT…" */
	const char *help;		    /* one line */
	int (*run)(struct ctl *ctl);
	const struct option_row *options;
	const char *about;    /* paragraphs for help COMMAND; NULL: none */
	const char *examples; /* one a line, without the program's name */
};

extern const struct command new_commands[];
extern const struct command root_commands[];
extern const struct command tag_commands[];
extern const struct command status_commands[];
extern const struct command queue_commands[];
extern const struct command mark_commands[];
extern const struct command label_commands[];
extern const struct command decide_commands[];
extern const struct command return_commands[];
extern const struct command request_commands[];
extern const struct command refer_commands[];
extern const struct command dispute_commands[];
extern const struct command task_commands[];
extern const struct command motd_commands[];
extern const struct command bell_commands[];
extern const struct command trace_commands[];
extern const struct command day_commands[];
extern const struct command decide_set_commands[];
extern const struct command statistics_commands[];
extern const struct command review_commands[];
extern const struct command scope_commands[];
extern const struct command scope_bulk_commands[];
extern const struct command notices_commands[];
extern const struct command handover_commands[];
extern const struct command printing_commands[];
extern const struct command copies_commands[];
extern const struct command destroy_commands[];
extern const struct command carrier_commands[];
extern const struct command import_commands[];
extern const struct command open_commands[];
extern const struct command take_out_commands[];
extern const struct command oversight_commands[];
extern const struct command incident_commands[];
extern const struct command person_commands[];
extern const struct command appoint_commands[];
extern const struct command identity_commands[];
extern const struct command escrow_commands[];
extern const struct command policy_check_commands[];
extern const struct command policy_commands[];
extern const struct command policy_impact_commands[];
extern const struct command policy_bundle_commands[];
extern const struct command policy_install_commands[];
extern const struct command clock_commands[];
extern const struct command protector_commands[];
extern const struct command journal_commands[];
extern const struct command backup_commands[];
extern const struct command key_commands[];
extern const struct command unlock_commands[];
extern const struct command reach_commands[];
extern const struct command help_commands[];

extern const struct option_row global_options[];

/* Every command in the order of help; NULL after the last. */
const struct command *command_at(size_t i);
/* The row whose name is the longest that the words begin with; *ret_n: how many of them it takes. NULL: none. */
const struct command *command_find(const char *const *words, size_t n, size_t *ret_n);
/* The nearest name, or NULL. */
const char *command_nearest(const char *word);

/* One command line. Gives the exit code. */
int command_run(struct ctl *ctl, int n, char *const *argv) MUST_CHECK;

/* Shorthands of every command. */
static inline const char *ctl_text(const struct ctl *ctl, const char *option)
{
	return options_text(&ctl->options, option);
}
static inline bool ctl_flag(const struct ctl *ctl, const char *option)
{
	return options_flag(&ctl->options, option);
}
static inline const char *ctl_word(const struct ctl *ctl, size_t i)
{
	return i < ctl->options.n_words ? ctl->options.words[i] : NULL;
}
/* A usage error: that option has to be there. */
int ctl_missing(const struct ctl *ctl, const char *option) MUST_CHECK;

/* The option, or an answer; a usage error names the option where nobody can be asked. malloc'ed. */
int ctl_need(struct ctl *ctl, const char *option, const char *question, char **ret) MUST_CHECK;

/* Connects at the first call. Otherwise client_call() and client_next(). */
int ctl_call(struct ctl *ctl, struct call *call, struct reply *ret) MUST_CHECK;
int ctl_next(struct ctl *ctl, struct reply *ret) MUST_CHECK;

/* Sets key from the option when it was given (options of kind list as an array; numbers as numbers). */
void ctl_set(const struct ctl *ctl, struct json *object, const char *key, const char *option);
/* The same, but an empty list or text where the API wants a value. */
void ctl_set_always(const struct ctl *ctl, struct json *object, const char *key, const char *option);
/* One line of JSON on stdout. */
int ctl_print_json(struct json_view v) MUST_CHECK;

#endif

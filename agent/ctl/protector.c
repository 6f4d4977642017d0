/* protectors, unlock machine: what holds the machine key, and the way in when the agent has started locked. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/table.h"
#include "library/secret_line.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int run_protectors(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Protector.GetProtectors"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (json_get_bool(reply.at, "locked"))
		say_note(_("the machine key is locked; next: %s"), "classctl unlock machine");
	table_init(&t, (const char *[]){_("protector"), _("since"), "", NULL});
	struct json_view list = json_get(reply.at, "protectors");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view one = json_at(list, i);

		table_cell(&t, json_get_text(one, "kind"));
		table_cell(&t, json_get_text(one, "since"));
		table_cell(&t, json_get_bool(one, "opened") ? _("opened it") : "");
	}
	return table_print(&t, table_width(), stdout);
}

static int write_word(struct bytes word, void *context)
{
	const int *fd = context;

	/* A pipe takes so little at once. */
	return write(*fd, word.at, word.n) == (ssize_t)word.n ? 0 : FAULT(errno, "pass the word on");
}

/* A pipe with the word in it and no writer: what the agent passes on without reading it. */
static int pipe_of(const struct secret *word, int *ret)
{
	OWN_FD int reading = -1;
	OWN_FD int writing = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	reading = ends[0];
	writing = ends[1];
	DO(secret_lend(word, write_word, &writing));
	*ret = steal_fd(&reading);
	return 0;
}

static int read_word(bool is_pin, struct secret **ret)
{
	int r;

	DO(sodium_start());
	r = secret_line_read(STDIN_FILENO, is_pin ? _("PIN of the token") : _("Passphrase"), ret);
	if (r == 0 && secret_length(*ret) == 0)
		r = SECRET_LINE_NONE;
	return r == SECRET_LINE_NONE ? say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("nothing was entered")) : r;
}

static int run_unlock(struct ctl *ctl)
{
	OWNED(secret) struct secret *word = NULL;
	OWN_REPLY struct reply reply = {0};
	OWN_FD int pipe = -1;
	bool is_pin = ctl_flag(ctl, "pin");
	struct call call = {.method = "Protector.Unlock"};

	DO(read_word(is_pin, &word));
	DO(pipe_of(word, &pipe));
	call.parameters = json_object();
	json_set_text(call.parameters, "kind", is_pin ? "pkcs11" : "passphrase");
	json_set_int(call.parameters, "pipe", call_pass(&call, pipe));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_note(_("the machine key is unlocked"));
	return 0;
}

static const struct option_row unlock_options[] = {
    {"pin", 0, OPTION_FLAG, NULL, N_("with the PIN of its token instead of the passphrase")},
    {0},
};

const struct command protector_commands[] = {
    {"protectors", GROUP_KEYS, 0, 0, NULL, N_("what protects the machine key, and what it was opened with"),
     run_protectors, NULL,
     N_("Whether each of them works, and what a thief of the disk would need, says classd --protectors to the system "
	"administrator, who also adds and removes them (classd --protect, --unprotect)."),
     "protectors"},
    {"unlock machine", GROUP_KEYS, 0, 0, NULL, N_("give the passphrase that opens the machine key"), run_unlock,
     unlock_options,
     N_("When no protector of the machine key opened at its start, the agent runs locked: records are kept, but "
	"nothing "
	"is sealed or opened, and names and titles are hidden. Whoever knows the passphrase, or has the token and its "
	"PIN, unlocks it. The passphrase is read from the terminal without echo, or a line from standard input; after "
	"wrong ones each try waits longer."),
     "unlock machine\nunlock machine --pin"},
    {0},
};

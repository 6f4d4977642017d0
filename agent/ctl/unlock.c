/* unlock, lock: the identity is opened here and goes to the keeper in memory that nobody can change. */
#include "base/text.h"
#include "ctl/unlock_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

/* A mapping that stays locked while the descriptor is on its way: memory files can be swapped out, locked pages not. */
struct passed {
	int fd;
	void *at;
	size_t n;
};

static void passed_done(struct passed *p)
{
	if (p->at)
		(void)munmap(p->at, p->n);
	close_fd(&p->fd);
}
#define OWN_PASSED __attribute__((cleanup(passed_done)))

static int fill(struct bytes text, void *context)
{
	struct passed *p = context;

	if (write(p->fd, text.at, text.n) != (ssize_t)text.n)
		return FAULT(errno, "memory for the identity");
	return 0;
}

/* The mapping is a private one of the sealed file: it shows the file's own pages as long as nobody writes. */
static int pass(const struct secret *text, struct passed *ret)
{
	void *at;

	ret->fd = memfd_create("identity", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ret->fd < 0)
		return FAULT(errno, "memory for the identity");
	TRY(secret_lend(text, fill, ret));
	if (fcntl(ret->fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return FAULT(errno, "seal the memory for the identity");
	at = mmap(NULL, secret_length(text), PROT_READ, MAP_PRIVATE, ret->fd, 0);
	if (at == MAP_FAILED)
		return FAULT(errno, "map the memory for the identity");
	ret->at = at;
	ret->n = secret_length(text);
	(void)mlock(at, ret->n); /* without the right to lock it is as it would be anyway */
	return 0;
}

static void say_levels(struct json_view levels)
{
	OWN_BUFFER struct buffer line = {0};
	OWN_MEM char *text = NULL;

	for (size_t i = 0; i < json_n(levels); i++)
		buffer_add_format(&line, "%s%s", i ? ", " : "", json_as_text(json_at(levels, i)));
	text = buffer_steal_text(&line);
	say_field(_("unlocked"), text_is_empty(text) ? _("nothing yet") : text);
}

/* Columns as in the API's Level. */
static void say_state(struct json_view level)
{
	const char *code = json_get_text(level, "level");
	bool is_person = text_equal(json_get_text(level, "unlock"), "person");
	const char *state = !is_person				  ? _("read with the machine key")
			    : json_get_bool(level, "mine")	  ? _("unlocked for you")
			    : !json_get_bool(level, "cleared")	  ? _("locked; you are not cleared for it")
			    : json_get_int(level, "waits", 0) > 0 ? _("locked; waits for somebody who has unlocked it")
								  : _("locked");

	say_field(code, state);
	if (json_get_bool(level, "unready"))
		say_note(_("%s: no cleared person's unlock key opens it"), code);
}

static int show(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Unlock.Show"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	struct json_view levels = json_get(reply.at, "levels");
	for (size_t i = 0; i < json_n(levels); i++)
		say_state(json_at(levels, i));
	return 0;
}

static int run_unlock(struct ctl *ctl)
{
	OWNED(secret) struct secret *text = NULL;
	OWN_PASSED struct passed passed = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Unlock.Unlock"};
	char recipient[RECIPIENT_TEXT];

	if (ctl_flag(ctl, "show"))
		return show(ctl);
	DO(unlock_key_open(ctl_text(ctl, "identity"), &text, recipient));
	TRY(pass(text, &passed));
	secret_free(steal(&text));
	call.parameters = json_object();
	json_set_int(call.parameters, "identity", call_pass(&call, passed.fd));
	json_set_text(call.parameters, "recipient", recipient);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_levels(json_get(reply.at, "levels"));
	if (json_get_bool(reply.at, "damaged"))
		say_note(_("A level key that is wrapped to you did not open; tell a security administrator."));
	say_note(_n("Locked again after %lld minute without reading, with classctl lock, with the screen, at logout or "
		    "at sleep.",
		    "Locked again after %lld minutes without reading, with classctl lock, with the screen, at logout "
		    "or at sleep.",
		    json_get_int(reply.at, "idle_minutes", 0)),
		 (long long)json_get_int(reply.at, "idle_minutes", 0));
	return 0;
}

static int run_lock(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Unlock.Lock", .parameters = json_object()};

	json_set_bool(call.parameters, "all", ctl_flag(ctl, "all"));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_note(json_get_int(reply.at, "ended", 0) > 0 ? _("Locked.") : _("Nothing was unlocked."));
	return 0;
}

static const struct option_row unlock_options[] = {
    {"identity", 'i', OPTION_TEXT, "FILE", N_("your unlock key, instead of ~/.config/classd/unlock.age")},
    {"show", 0, OPTION_FLAG, NULL, N_("only show what is unlocked, and what would be")},
    {0},
};
static const struct option_row lock_options[] = {
    {"all", 0, OPTION_FLAG, NULL, N_("what anybody has unlocked (security administrators, root)")},
    {0},
};

const struct command unlock_commands[] = {
    {"unlock", GROUP_READ, 0, 0, NULL, N_("unlock the levels that wait for a person"), run_unlock, unlock_options,
     N_("The passphrase is asked for without echo; without a terminal it is the first line of standard input."),
     "unlock\nunlock --show"},
    {"lock", GROUP_READ, 0, 0, NULL, N_("lock them again"), run_lock, lock_options, NULL, "lock\nlock --all"},
    {0},
};

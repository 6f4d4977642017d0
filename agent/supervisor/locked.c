/*
 * An agent whose machine key no protector opened at start: it runs without a keeper, says so, and opens a protector
 * when somebody sends the word for it. The word goes on unread to classd-protector; wrong ones make the next try wait.
 */
#include "supervisor/supervise.h"

#include "system/log.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define WAIT_LEAST_MS 1000
#define WAIT_MOST_MS  60000
#define LOCKED	      "locked"
#define IN_CLEAR      "machine-key-clear"

int locked_say(struct supervisor *s)
{
	OWN_MEM char *text = NULL;

	s->unlocking = (struct unlocking){.key = -1, .run.said = -1};
	if (s->init)
		return 0;
	/* In a trial that is how it is meant to be; there the log says it. */
	if (protectors_are_none(&s->protectors) && s->place.trial)
		log_say(LOG_NOTICE, "trial: the machine key lies in clear in %s", s->place.state_dir);
	else if (protectors_are_none(&s->protectors))
		TRY(supervise_set_code(&s->self, IN_CLEAR,
				       "the machine key lies in clear on the disk: classd --protect passphrase, then "
				       "classd --unprotect file"));
	if (s->key_fd >= 0)
		return 0;
	text = text_format("no protector opened the machine key (%s): classctl unlock machine",
			   s->opened.why ? s->opened.why : "there is none");
	return text ? supervise_set_code(&s->self, LOCKED, text) : FAULT(ENOMEM, "say that the key is locked");
}

int locked_tell_registrar(struct supervisor *s, bool is_news)
{
	struct channel *registrar = supervise_registrar(s);
	OWN_BUFFER struct buffer list = {0};

	if (!registrar || s->init)
		return 0;
	protectors_list(&s->protectors, &list);
	buffer_u8(&list, 0);
	TRY(buffer_check(&list));
	return CHANNEL_SEND(registrar, protectors, -1, .protectors = (const char *)list.at,
			    .opened = s->key_fd >= 0 ? protector_row(s->opened.kind)->name : "", .is_news = is_news);
}

static int answer(struct supervisor *s, uint64_t id, enum machine_outcome outcome, const char *detail)
{
	struct channel *registrar = supervise_registrar(s);

	return registrar ? CHANNEL_SEND(registrar, machine_unlocked, -1, .id = id, .outcome = (uint8_t)outcome,
					.detail = detail)
			 : 0;
}

static int on_deadline(struct loop_timer *timer)
{
	struct unlocking *u = container_of(timer, struct unlocking, deadline);

	if (u->run.pid > 0)
		(void)kill(u->run.pid, SIGKILL); /* gone already: SIGCHLD is on its way */
	return 0;
}

static int start_try(struct supervisor *s, enum protector_kind kind, int file, int word)
{
	struct unlocking *u = &s->unlocking;

	TRY(protectors_start(&s->protectors, kind, (const int[2]){file, word}, &u->run, &u->key));
	u->kind = kind;
	return loop_arm(&s->loop, &u->deadline, s->protectors.timeout_ms, on_deadline);
}

int locked_try(struct supervisor *s, const struct frame_unlock_machine *m, int fd)
{
	OWN_FD int word = fd;
	OWN_FD int file = -1;
	enum protector_kind kind = protector_kind_find(m->kind);
	struct unlocking *u = &s->unlocking;

	if (s->key_fd >= 0)
		return answer(s, m->id, MACHINE_NOT_LOCKED, "");
	if (kind < PROTECTOR_KINDS && protector_row(kind)->prompt)
		file = protectors_open_file(&s->protectors, kind);
	if (file < 0 || word < 0)
		return answer(s, m->id, MACHINE_NO_PROTECTOR, "");
	if (u->run.pid > 0 || s->is_ending || loop_now_ms() < u->not_before_ms)
		return answer(s, m->id, MACHINE_WAIT, u->run.pid > 0 ? "one at a time" : "a minute at most");
	u->id = m->id;
	return start_try(s, kind, file, word);
}

/* With the key the keeper starts, and all that waits for it goes on. */
static int unlocked(struct supervisor *s)
{
	struct unlocking *u = &s->unlocking;

	s->key_fd = steal_fd(&u->key);
	s->opened.kind = u->kind;
	log_say(LOG_NOTICE, "the machine key was unlocked: %s", protector_row(u->kind)->name);
	TRY(supervise_clear_code(&s->self, LOCKED));
	TRY(locked_tell_registrar(s, true));
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].role == ROLE_KEEPER)
			TRY(process_start(&s->processes[i]));
	return answer(s, u->id, MACHINE_UNLOCKED, "");
}

static int refused(struct supervisor *s, const struct helper_answer *said)
{
	struct unlocking *u = &s->unlocking;
	bool is_wrong = said->exit == PROTECTOR_WRONG_WORD || said->exit == PROTECTOR_NEEDS_WORD;

	close_fd(&u->key);
	log_say(LOG_WARNING, "the machine key stays locked: %s: %s", protector_row(u->kind)->name, said->why);
	/* Whatever the reason: nobody tries words faster than this. */
	u->wait_ms = u->wait_ms == 0 ? WAIT_LEAST_MS : u->wait_ms * 2 < WAIT_MOST_MS ? u->wait_ms * 2 : WAIT_MOST_MS;
	u->not_before_ms = loop_now_ms() + u->wait_ms;
	return answer(s, u->id, is_wrong ? MACHINE_WRONG_WORD : MACHINE_SHUT, said->why);
}

bool locked_ended(struct supervisor *s, pid_t pid, int wait_status, int *ret)
{
	struct unlocking *u = &s->unlocking;
	struct helper_answer said;

	if (u->run.pid != pid)
		return false;
	loop_disarm(&u->deadline);
	helper_ended(&u->run, wait_status, &said);
	*ret = said.exit == PROTECTOR_DONE && !s->is_ending ? unlocked(s) : refused(s, &said);
	return true;
}

void locked_done(struct supervisor *s)
{
	struct unlocking *u = &s->unlocking;

	loop_disarm(&u->deadline);
	if (u->run.pid > 0) {
		(void)kill(u->run.pid, SIGKILL); /* nobody waits for its answer any more */
		close_fd(&u->run.said);
	}
	close_fd(&u->key);
}

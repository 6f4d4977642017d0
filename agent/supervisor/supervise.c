#include "supervisor/supervise.h"

#include "system/log.h"
#include "system/notify.h"

#include "base/text.h"
#include "classd/exit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SEALERS	      2
#define CODES_MAX     200 /* of all roles; a role that invents more is not heard */
#define LIVED_WELL_MS 60000
#define DIES	      "dies"

static struct process *find(struct supervisor *s, enum role_id role, bool (*is)(const struct process *))
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].role == role && (!is || is(&s->processes[i])))
			return &s->processes[i];
	return NULL;
}

/* What is degraded, in all roles, and who is told */

struct channel *supervise_registrar(struct supervisor *s)
{
	struct process *registrar = find(s, ROLE_REGISTRAR, NULL);

	return registrar && registrar->state == PROCESS_READY ? &registrar->control : NULL;
}

static int tell_code(struct supervisor *s, const struct code *code, bool is_over)
{
	struct channel *registrar = supervise_registrar(s);
	OWN_MEM char *name = text_format("%s.%u/%s", role_name(code->role), code->index, code->code);

	if (!name)
		return FAULT(ENOMEM, "name a code");
	if (!registrar)
		return 0; /* it is told all of them when it is ready */
	if (is_over)
		return CHANNEL_SEND(registrar, recovered, -1, .code = name);
	return CHANNEL_SEND(registrar, degraded, -1, .code = name, .detail = code->detail);
}

int supervise_tell_registrar(struct supervisor *s)
{
	for (size_t i = 0; i < s->n_codes; i++)
		TRY(tell_code(s, &s->codes[i], false));
	return 0;
}

static void tell_manager(const struct supervisor *s)
{
	OWN_BUFFER struct buffer text = {0};

	buffer_add_format(&text, "%zu folders", s->config.n_roots);
	for (size_t i = 0; i < s->n_codes; i++)
		buffer_add_format(&text, "%s%s.%u/%s", i == 0 ? "; degraded: " : ", ", role_name(s->codes[i].role),
				  s->codes[i].index, s->codes[i].code);
	buffer_u8(&text, 0);
	if (!text.failed)
		notify_send("STATUS=%s", (const char *)text.at);
}

static struct code *code_find(struct supervisor *s, const struct process *from, const char *code)
{
	for (size_t i = 0; i < s->n_codes; i++)
		if (s->codes[i].role == from->role && s->codes[i].index == from->index &&
		    (!code || text_equal(s->codes[i].code, code)))
			return &s->codes[i];
	return NULL;
}

int supervise_set_code(struct process *from, const char *code, const char *detail)
{
	struct supervisor *s = from->supervisor;
	struct code *at;

	if (code_find(s, from, code) || s->n_codes == CODES_MAX)
		return 0;
	at = reallocarray(s->codes, s->n_codes + 1, sizeof(*at));
	if (!at)
		return FAULT(ENOMEM, "keep a code");
	s->codes = at;
	at += s->n_codes;
	*at = (struct code){from->role, from->index, text_copy(code), text_copy(detail)};
	if (!at->code || !at->detail)
		return FAULT(ENOMEM, "keep a code");
	s->n_codes++;
	tell_manager(s);
	return tell_code(s, at, false);
}

int supervise_clear_code(struct process *from, const char *code)
{
	struct supervisor *s = from->supervisor;
	struct code *at;

	while ((at = code_find(s, from, code))) {
		struct code over = *at;
		int r;

		*at = s->codes[--s->n_codes];
		tell_manager(s);
		r = tell_code(s, &over, true);
		free(over.code);
		free(over.detail);
		TRY(r);
	}
	return 0;
}

/* Ready */

static bool is_needed(const struct supervisor *s, const struct process *p)
{
	if (s->init)
		return p->role != ROLE_WATCHER && p->role != ROLE_INSPECTOR && p->index == 0;
	/* Locked: without a machine key a keeper would have nothing to keep. */
	return p->role != ROLE_INSPECTOR && (p->role != ROLE_KEEPER || s->key_fd >= 0);
}

static bool are_all_ready(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (is_needed(s, &s->processes[i]) && s->programs[s->processes[i].role] >= 0 &&
		    s->processes[i].state != PROCESS_READY)
			return false;
	return true;
}

static int begin_end(struct supervisor *s, int status);

static int on_all_ready(struct supervisor *s)
{
	if (s->was_ready)
		return 0;
	s->was_ready = true;
	if (s->init) {
		TRY(place_set_initialised(&s->place));
		return begin_end(s, CLASSD_EXIT_OK);
	}
	log_say(LOG_NOTICE, "ready: %zu folders, socket %s/classd.sock", s->config.n_roots, s->place.runtime_dir);
	notify_send("READY=1");
	return logouts_start(s);
}

static int on_lived_well(struct loop_timer *timer)
{
	struct process *p = container_of(timer, struct process, timer);

	p->back_off_ms = 0;
	memset(p->deaths, 0, sizeof(p->deaths));
	return supervise_clear_code(p, DIES);
}

static int on_ready(struct process *p)
{
	struct supervisor *s = p->supervisor;

	if (p->state != PROCESS_STARTING)
		return 0;
	p->state = PROCESS_READY;
	TRY(loop_arm(&s->loop, &p->timer, LIVED_WELL_MS, on_lived_well));
	if (p->role == ROLE_REGISTRAR) {
		TRY(supervise_tell_registrar(s));
		TRY(locked_tell_registrar(s, !s->registrar_knows));
		s->registrar_knows = true;
	}
	return are_all_ready(s) ? on_all_ready(s) : 0;
}

/* Messages */

static bool is_away(const struct process *p)
{
	return p->state == PROCESS_AWAY;
}

static bool is_starting(const struct process *p)
{
	return p->state == PROCESS_STARTING;
}

/* Inspectors come and go. One more for each call, none while one is on its way or held back after a death. */
static int want_inspector(struct supervisor *s)
{
	struct process *away = find(s, ROLE_INSPECTOR, is_away);

	return away && !away->timer.loop && !find(s, ROLE_INSPECTOR, is_starting) ? process_start(away) : 0;
}

/* The watcher saw that a root's directory is another one now: sealers are locked in with the old one. */
static int want_new_sealers(struct supervisor *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].role == ROLE_SEALER)
			TRY(process_stop(&s->processes[i]));
	return 0;
}

static int on_want(struct supervisor *s, enum role_id role)
{
	if (s->is_ending)
		return 0;
	return role == ROLE_INSPECTOR ? want_inspector(s) : role == ROLE_SEALER ? want_new_sealers(s) : 0;
}

int supervise_message(struct channel *from, const struct frame_type *type, const union frame_any *message, int *fd)
{
	struct process *p = from->owner;

	if (type == &frame_type_ready)
		return on_ready(p);
	if (type == &frame_type_prepared && p->role == ROLE_WATCHER)
		return p->state == PROCESS_STARTING ? CHANNEL_SEND(&p->control, go, -1) : 0;
	if (type == &frame_type_want)
		return on_want(p->supervisor, message->want.role);
	if (type == &frame_type_degraded)
		return supervise_set_code(p, message->degraded.code, message->degraded.detail);
	if (type == &frame_type_recovered)
		return supervise_clear_code(p, message->recovered.code);
	if (type == &frame_type_unlock_machine && p->role == ROLE_REGISTRAR)
		return locked_try(p->supervisor, &message->unlock_machine, steal_fd(fd));
	if (type == &frame_type_watch_user && p->role == ROLE_REGISTRAR)
		return logouts_watch(p->supervisor, message->watch_user.uid, message->watch_user.on != 0);
	from->malformed++;
	log_say(LOG_WARNING, "dropped %s from %s.%u: not its to send", type->name, role_name(p->role), p->index);
	return 0;
}

/* The end: who brings work first, who others need last */

static const enum role_id order_of_end[] = {ROLE_WATCHER, ROLE_INSPECTOR, ROLE_SEALER, ROLE_REGISTRAR, ROLE_KEEPER};

static bool is_running(const struct process *p)
{
	return p->pid > 0;
}

static int go_on_ending(struct supervisor *s)
{
	for (size_t i = 0; i < array_n(order_of_end); i++) {
		if (!find(s, order_of_end[i], is_running))
			continue;
		for (size_t k = 0; k < s->n_processes; k++)
			if (s->processes[k].role == order_of_end[i])
				TRY(process_stop(&s->processes[k]));
		return 0;
	}
	loop_stop(&s->loop);
	return 0;
}

static int begin_end(struct supervisor *s, int status)
{
	if (s->is_ending)
		return 0;
	s->is_ending = true;
	s->status = status;
	notify_send("STOPPING=1");
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].state == PROCESS_AWAY)
			loop_disarm(&s->processes[i].timer);
	return go_on_ending(s);
}

/* Signals */

static int on_child(struct supervisor *s)
{
	int status, r = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (locked_ended(s, pid, status, &r)) {
			TRY(r);
			continue;
		}
		for (size_t i = 0; i < s->n_processes; i++) {
			struct process *p = &s->processes[i];

			if (p->pid != pid)
				continue;
			if (s->init && !s->is_ending) {
				log_say(LOG_ERROR, "%s ended before it was ready", role_name(p->role));
				TRY(process_ended(p, status));
				TRY(begin_end(s, CLASSD_EXIT_FAILED));
				continue;
			}
			TRY(process_ended(p, status));
		}
	}
	return s->is_ending ? go_on_ending(s) : 0;
}

/* The keeper knows nothing of the configuration; all others begin anew with it. */
static int restart_with_configuration(struct supervisor *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].role != ROLE_KEEPER)
			TRY(process_stop(&s->processes[i]));
	return 0;
}

static bool is_same_place(const struct config *a, const struct config *b)
{
	static const char *const fixed[] = {"state_dir", "runtime_dir", "role_users", "socket_group", "inspectors"};

	for (size_t i = 0; i < array_n(fixed); i++)
		if (!text_equal(config_text(a, fixed[i]), config_text(b, fixed[i])))
			return false;
	return true;
}

static int take_configuration(struct supervisor *s, struct config *config)
{
	struct config old = s->config;

	TRY(place_number_roots(&s->place, config));
	s->config = *config;
	*config = old;
	s->place.state_dir = config_text(&s->config, "state_dir");
	s->place.runtime_dir = config_text(&s->config, "runtime_dir");
	log_say(LOG_NOTICE, "new configuration: %zu folders", s->config.n_roots);
	tell_manager(s);
	return restart_with_configuration(s);
}

static int reload(struct supervisor *s)
{
	struct config config = {0};
	OWN_MEM char *reason = NULL;
	int r = config_load(&s->source, &config, &reason);

	TRY(r);
	if (r == CONFIG_BAD)
		log_say(LOG_ERROR, "%s; the old configuration stays", reason);
	else if (!is_same_place(&s->config, &config))
		log_say(LOG_ERROR,
			"%s: state_dir, runtime_dir, role_users, socket_group and inspectors need a "
			"restart; the old configuration stays",
			s->source.path);
	else if (!config_equal(&s->config, &config))
		r = take_configuration(s, &config);
	config_done(&config);
	return r < 0 ? r : 0;
}

static int on_signal(struct loop *loop, int signal)
{
	struct supervisor *s = container_of(loop, struct supervisor, loop);
	struct channel *registrar;

	if (signal == SIGCHLD)
		return on_child(s);
	if (signal != SIGHUP)
		return begin_end(s, s->init ? CLASSD_EXIT_FAILED : CLASSD_EXIT_OK);
	if (s->is_ending || s->init)
		return 0;
	notify_send("RELOADING=1");
	TRY(reload(s));
	notify_send("READY=1");
	registrar = supervise_registrar(s); /* one that begins anew reads the policy anyhow */
	return registrar ? CHANNEL_SEND(registrar, reload, -1) : 0;
}

static int on_watchdog(struct loop_timer *timer)
{
	struct supervisor *s = container_of(timer, struct supervisor, watchdog);

	notify_send("WATCHDOG=1");
	return loop_arm(&s->loop, timer, notify_watchdog_ms(), on_watchdog);
}

/* Start */

static void add_process(struct supervisor *s, enum role_id role, unsigned n)
{
	for (unsigned i = 0; i < n && s->n_processes < PROCESSES_MAX; i++)
		s->processes[s->n_processes++] =
		    (struct process){.supervisor = s, .role = role, .index = (uint8_t)i, .control = {.fd = -1}};
}

/* Documents in clear must not reach a disk: where they might, or there is no place for them, status says so. */
static int say_checkouts(struct supervisor *s)
{
	s->self = (struct process){.supervisor = s, .role = ROLE_SUPERVISOR, .control = {.fd = -1}};
	if (s->init || s->place.has_safe_checkouts)
		return 0;
	return supervise_set_code(&s->self, "checkouts",
				  s->place.has_checkouts
				      ? "a trial without a memory file system: checkouts reach the disk"
				      : "no memory file system without swap: documents cannot be opened in place");
}

static int start_all(struct supervisor *s)
{
	TRY(say_checkouts(s));
	TRY(locked_say(s));
	add_process(s, ROLE_KEEPER, 1);
	add_process(s, ROLE_REGISTRAR, 1);
	add_process(s, ROLE_SEALER, SEALERS);
	add_process(s, ROLE_WATCHER, 1);
	add_process(s, ROLE_INSPECTOR, (unsigned)config_number(&s->config, "inspectors"));
	for (size_t i = 0; i < s->n_processes; i++)
		if (is_needed(s, &s->processes[i]))
			TRY(process_start(&s->processes[i]));
	return notify_watchdog_ms() ? loop_arm(&s->loop, &s->watchdog, 0, on_watchdog) : 0;
}

static void end_all(struct supervisor *s)
{
	for (size_t i = 0; i < s->n_processes; i++) {
		loop_disarm(&s->processes[i].timer);
		if (s->processes[i].pid > 0) /* only after a fault of ours */
			(void)kill(s->processes[i].pid, SIGKILL);
		channel_close(&s->processes[i].control);
	}
	for (size_t i = 0; i < s->n_codes; i++) {
		free(s->codes[i].code);
		free(s->codes[i].detail);
	}
	free(s->codes);
	locked_done(s);
	loop_done(&s->loop);
}

int supervise(struct supervisor *s)
{
	int r = loop_init(&s->loop);

	if (r == 0)
		r = start_all(s);
	if (r == 0)
		r = loop_run(&s->loop, on_signal);
	end_all(s);
	return r;
}

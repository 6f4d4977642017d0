/*
 * The registrar: record life cycle, authority, store, journal and the public
 * API. It never reads a document's bytes and holds no private key. Here is
 * what it starts with, and which message goes to which module.
 */
#include "base/text.h"
#include "library/policy_load.h"
#include "library/sodium.h"
#include "registrar/api.h"
#include "registrar/checkouts.h"
#include "registrar/clock.h"
#include "registrar/drafts.h"
#include "registrar/jobs.h"
#include "registrar/recover.h"
#include "registrar/store.h"
#include "registrar/sweep.h"
#include "registrar/watch.h"
#include "system/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define YEAR_LOOK_MS 3600000u /* a new year needs new keys */

/* main() knows one registrar; its timer and the year of the keys belong to the process, not to the state. */
struct process {
	struct registrar registrar; /* first */
	struct loop_timer year_timer;
	int year;	/* keys were asked for */
	int signals_fd; /* sealed memfd for inspectors; -1 */
};

static struct process *process_of(struct role *role)
{
	return (struct process *)(void *)registrar_of(role);
}

/* Policy */

/* A bad set never replaces a good one; without any, nothing is changed until there is one. */
static int without_policy(struct registrar *r, const char *path, const struct buffer *report)
{
	OWN_MEM char *text = text_escape(buffer_bytes(report));

	r->read_only = true;
	(void)snprintf(r->read_only_why, sizeof(r->read_only_why), "the policy pack %s does not load", path);
	log_say(LOG_ERROR, "event=policy-bad path=%s report=\"%s\"", path, text ? text : "");
	return role_degraded(&r->role, "policy", r->read_only_why);
}

static int load_policy(struct registrar *r)
{
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *path =
	    text_format("%s/%s", role_setting(&r->role, "policy_dir", ""), role_setting(&r->role, "pack", ""));
	int result;

	if (!path)
		return FAULT(ENOMEM, "policy");
	result = policy_load(path, role_setting(&r->role, "policy_overlay", NULL), &r->policy, &report);
	TRY(result);
	if (result != 0)
		return without_policy(r, path, &report);
	clock_set_power_off(r->clock, r->policy->power_off_days);
	return 0;
}

/* The pack that rules from now on is a fact of the journal: decisions name it. */
static int journal_policy(struct registrar *r)
{
	OWN_MEM char *known = NULL, *version = NULL;
	char effective[11];
	struct json *entry;
	int result;

	if (!r->policy || r->read_only)
		return 0;
	TRY(store_fact(r->store, "pack", &known));
	TRY(store_fact(r->store, "pack_version", &version));
	if (text_equal(known, r->policy->id) && text_equal(version, r->policy->version))
		return 0;
	entry = registrar_entry("policy", NULL, 0);
	json_set_text(entry, "pack", r->policy->id);
	json_set_text(entry, "version", r->policy->version);
	date_format(r->policy->effective, effective);
	json_set_text(entry, "effective", effective);
	result = registrar_change(r, entry);
	return result < 0 ? result : 0;
}

/* Signals: what inspectors look for in texts */

static void add_signal(struct buffer *b, const char *kind, const char *name, const char *text)
{
	if (text && text_is_line(text, 512) && !strchr(text, '\t'))
		buffer_add_format(b, "%s\t%s\t%s\n", kind, name, text);
}

static void list_signals(const struct policy *p, struct buffer *b)
{
	for (size_t i = 0; i < p->n_levels; i++) {
		add_signal(b, "level", p->levels[i].code, p->levels[i].name.official);
		if (!text_equal(p->levels[i].name.official, p->levels[i].name.english))
			add_signal(b, "level", p->levels[i].code, p->levels[i].name.english);
	}
	for (size_t i = 0; i < p->catalogue.n; i++)
		for (size_t k = 0; k < p->catalogue.items[i].signals.n; k++)
			add_signal(b, "phrase", p->catalogue.items[i].id, p->catalogue.items[i].signals.at[k]);
}

static int make_signals(struct process *p)
{
	OWN_BUFFER struct buffer b = {0};
	OWN_FD int fd = memfd_create("signals", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (!p->registrar.policy)
		return 0;
	list_signals(p->registrar.policy, &b);
	TRY(buffer_check(&b));
	if (fd < 0 || (b.n > 0 && write(fd, b.at, b.n) != (ssize_t)b.n) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return FAULT(errno, "signals for inspectors");
	p->signals_fd = steal_fd(&fd);
	return 0;
}

static int send_signals(struct process *p, struct channel *inspector)
{
	OWN_FD int fd = p->signals_fd >= 0 ? fcntl(p->signals_fd, F_DUPFD_CLOEXEC, 0) : -1;

	return fd < 0 ? 0 : CHANNEL_SEND(inspector, signals, steal_fd(&fd), .version = 1);
}

/* Keys */

/* Keys of this year for every level; the keeper makes what is missing. */
static int ask_epochs(struct process *p)
{
	struct registrar *r = &p->registrar;
	struct channel *keeper = role_peer(&r->role, ROLE_KEEPER, -1);
	char epoch[8];

	if (!keeper || !r->policy)
		return 0;
	p->year = registrar_today(r).year;
	(void)snprintf(epoch, sizeof(epoch), "%d", p->year);
	for (size_t i = 0; i < r->policy->n_levels; i++)
		TRY(CHANNEL_SEND(keeper, epoch, -1, .level = r->policy->levels[i].code, .epoch = epoch));
	return 0;
}

static int on_year(struct loop_timer *timer)
{
	struct process *p = container_of(timer, struct process, year_timer);

	if (p->year != registrar_today(&p->registrar).year)
		TRY(ask_epochs(p));
	return loop_arm(&p->registrar.role.loop, timer, YEAR_LOOK_MS, on_year);
}

static int on_meta_key(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	struct registrar *r = registrar_of(role);
	bool is_first = !r->meta_key;
	struct secret *key = NULL;

	(void)from;
	(void)fd;
	TRY(secret_new_from((void *)(uintptr_t)m->meta_key.key.at, m->meta_key.key.n, &key));
	TRY(registrar_meta_key(r, key));
	if (!is_first)
		return 0;
	TRY(watch_begin(r));
	return jobs_begin(r);
}

static int on_epoch_ready(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_epoch_ready *m = &any->epoch_ready;
	OWN_MEM char *code = text_format("no-key/%s", m->level);

	(void)from;
	(void)fd;
	if (!code)
		return FAULT(ENOMEM, "epoch");
	if (m->outcome != KEY_DONE)
		return watch_set_degraded(r, code, "the keeper has no key for this level and year");
	watch_set_recovered(r, code);
	return 0;
}

/* The role */

static const struct role_row rows[] = {
    {ROLE_SUPERVISOR, &frame_type_degraded, watch_on_degraded},
    {ROLE_SUPERVISOR, &frame_type_recovered, watch_on_recovered},
    {ROLE_WATCHER, &frame_type_seen, watch_on_seen},
    {ROLE_WATCHER, &frame_type_vanished, watch_on_vanished},
    {ROLE_WATCHER, &frame_type_scan, watch_on_scan},
    {ROLE_WATCHER, &frame_type_watch_state, watch_on_state},
    {ROLE_WATCHER, &frame_type_unreadable, watch_on_unreadable},
    {ROLE_INSPECTOR, &frame_type_facts, watch_on_facts},
    {ROLE_SEALER, &frame_type_published, jobs_on_published},
    {ROLE_SEALER, &frame_type_disposed, jobs_on_disposed},
    {ROLE_SEALER, &frame_type_unsealed, jobs_on_unsealed},
    {ROLE_SEALER, &frame_type_opened, recover_on_opened},
    {ROLE_SEALER, &frame_type_found, recover_on_found},
    {ROLE_SEALER, &frame_type_listed, recover_on_listed},
    {ROLE_SEALER, &frame_type_restored, jobs_on_restored},
    {ROLE_KEEPER, &frame_type_meta_key, on_meta_key},
    {ROLE_KEEPER, &frame_type_epoch_ready, on_epoch_ready},
};

/* Devices that clients' descriptors may lie on. A root that cannot be looked at tells its device with its first file.
 */
static void add_devices(struct registrar *r)
{
	for (size_t i = 0; i < r->role.n_roots; i++) {
		struct statx sx = {0};

		if (statx(AT_FDCWD, r->role.roots[i].path, AT_STATX_DONT_SYNC, STATX_TYPE, &sx) == 0)
			api_add_device(r->api, descriptor_dev(sx.stx_dev_major, sx.stx_dev_minor));
	}
}

static int prepare(struct role *role)
{
	struct process *p = process_of(role);
	struct registrar *r = &p->registrar;

	TRY(registrar_core_open(r, NULL));
	TRY(watch_new(r));
	TRY(jobs_new(r));
	TRY(api_new(r));
	add_devices(r);
	TRY(load_policy(r));
	return make_signals(p);
}

static int begin(struct role *role)
{
	struct process *p = process_of(role);

	TRY(registrar_core_begin(&p->registrar));
	TRY(journal_policy(&p->registrar));
	TRY(loop_arm(&role->loop, &p->year_timer, YEAR_LOOK_MS, on_year));
	TRY(sweep_start(&p->registrar));
	TRY(drafts_start(&p->registrar));
	return role->init ? 0 : api_start(&p->registrar); /* nobody is served before there are keys */
}

static int peer_up(struct role *role, struct channel *peer)
{
	struct process *p = process_of(role);

	switch ((enum role_id)peer->peer_role) {
	case ROLE_INSPECTOR:
		return send_signals(p, peer);
	case ROLE_KEEPER:
		TRY(ask_epochs(p));
		return jobs_resume(&p->registrar);
	case ROLE_SEALER:
		return jobs_resume(&p->registrar);
	case ROLE_WATCHER:
		return watch_lost_watcher(&p->registrar);
	case ROLE_SUPERVISOR:
	case ROLE_REGISTRAR:
	case ROLE_COUNT:
		break;
	}
	return 0;
}

static int peer_down(struct role *role, enum role_id id, uint8_t index)
{
	if (id == ROLE_SEALER) {
		TRY(recover_lost_sealer(registrar_of(role), index));
		return jobs_lost_sealer(registrar_of(role), index);
	}
	return id == ROLE_WATCHER ? watch_lost_watcher(registrar_of(role)) : 0;
}

static void end(struct role *role)
{
	struct process *p = process_of(role);
	struct registrar *r = &p->registrar;

	registrar_core_close(r); /* answers and messages of what is durable leave first */
	api_free(r->api);
	checkouts_end(r);
	recover_free(r);
	jobs_free(r->jobs);
	watch_free(r->watch);
	policy_free(r->policy);
	close_fd(&p->signals_fd);
}

static const struct role_description description = {
    .id = ROLE_REGISTRAR,
    .rows = rows,
    .n_rows = array_n(rows),
    .prepare = prepare,
    .begin = begin,
    .peer_up = peer_up,
    .peer_down = peer_down,
    .end = end,
};

int main(int argc, char **argv)
{
	static struct process process = {.signals_fd = -1};

	return role_main(&description, &process.registrar.role, argc, argv);
}

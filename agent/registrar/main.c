/*
 * The registrar: record life cycle, authority, store, journal and the public
 * API. It never reads a document's bytes and holds no private key. Here is
 * what it starts with, and which message goes to which module.
 */
#include "base/text.h"
#include "library/sodium.h"
#include "registrar/api/api.h"
#include "registrar/custody/destruction.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/drafts.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/journal/clock.h"
#include "registrar/keys/backup.h"
#include "registrar/keys/epochs.h"
#include "registrar/keys/escrow.h"
#include "registrar/keys/protectors.h"
#include "registrar/keys/rollback.h"
#include "registrar/keys/rotate.h"
#include "registrar/keys/scan.h"
#include "registrar/keys/unlock.h"
#include "registrar/oversight/recover.h"
#include "registrar/oversight/derivations.h"
#include "registrar/oversight/scrub.h"
#include "registrar/oversight/sweep.h"
#include "registrar/records/decision_set.h"
#include "registrar/pack.h"
#include "registrar/policy/reviews.h"
#include "registrar/store/store.h"
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
	int year;	    /* keys were asked for */
	bool is_new_keeper; /* it has not been told who unlocks what */
};

static struct process *process_of(struct role *role)
{
	return (struct process *)(void *)registrar_of(role);
}

/* Keys */

/* Keys of this year for every level; the keeper makes what is missing. */
static int ask_epochs(struct process *p)
{
	struct registrar *r = &p->registrar;
	struct channel *keeper = role_peer(&r->role, ROLE_KEEPER, -1);
	char epoch[8];

	if (!keeper || !r->policy || !r->meta_key) /* who unlocks them stands in the register */
		return 0;
	TRY(unlock_tell_keeper(r, p->is_new_keeper));
	p->is_new_keeper = false;
	p->year = registrar_today(r).year;
	(void)snprintf(epoch, sizeof(epoch), "%d", p->year);
	for (size_t i = 0; i < r->policy->n_levels; i++)
		TRY(CHANNEL_SEND(keeper, epoch, -1, .level = r->policy->levels[i].code, .epoch = epoch));
	return epochs_ask(r, NULL, NULL);
}

static int on_year(struct loop_timer *timer)
{
	struct process *p = container_of(timer, struct process, year_timer);

	if (p->year != registrar_today(&p->registrar).year)
		TRY(ask_epochs(p));
	TRY(unlock_soon(&p->registrar)); /* clearances end with the day */
	return loop_arm(&p->registrar.role.loop, timer, YEAR_LOOK_MS, on_year);
}

/* Files of the policy may be new; levels that are new need keys. */
static int on_reload(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	struct registrar *r = registrar_of(role);
	bool had_none = !r->policy;

	(void)from;
	(void)m;
	(void)fd;
	TRY(pack_reload(r));
	if (!r->policy)
		return 0;
	TRY(ask_epochs(process_of(role)));
	return had_none && r->meta_key && !r->is_frozen ? jobs_begin(r) : 0;
}

static int on_meta_key(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	struct registrar *r = registrar_of(role);
	bool is_first = !r->meta_key, waits;
	struct secret *key = NULL;

	(void)from;
	(void)fd;
	TRY(secret_new_from((void *)(uintptr_t)m->meta_key.key.at, m->meta_key.key.n, &key));
	TRY(registrar_meta_key(r, key));
	if (!is_first)
		return 0;
	TRY(derivations_fill(r));
	if (role->ready_later) {
		TRY(registrar_settle(r));
		TRY(role_say_ready(role));
	}
	TRY(ask_epochs(process_of(role)));
	TRY(rollback_begin(r, &waits));
	TRY(watch_begin(r));
	TRY(watch_look_at_aliases(r));
	if (waits)
		return 0;
	TRY(rotate_begin(r));
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
    {ROLE_SUPERVISOR, &frame_type_checkouts_over, checkouts_on_over},
    {ROLE_SUPERVISOR, &frame_type_reload, on_reload},
    {ROLE_SUPERVISOR, &frame_type_protectors, protectors_on_list},
    {ROLE_SUPERVISOR, &frame_type_machine_unlocked, protectors_on_unlocked},
    {ROLE_WATCHER, &frame_type_seen, watch_on_seen},
    {ROLE_WATCHER, &frame_type_vanished, watch_on_vanished},
    {ROLE_WATCHER, &frame_type_folder, watch_on_folder},
    {ROLE_WATCHER, &frame_type_scan, watch_on_scan},
    {ROLE_WATCHER, &frame_type_unseen, watch_on_unseen},
    {ROLE_WATCHER, &frame_type_alive, watch_on_alive},
    {ROLE_WATCHER, &frame_type_watch_state, watch_on_state},
    {ROLE_WATCHER, &frame_type_watched_by, watch_on_watched_by},
    {ROLE_WATCHER, &frame_type_unreadable, watch_on_unreadable},
    {ROLE_INSPECTOR, &frame_type_facts, watch_on_facts},
    {ROLE_SEALER, &frame_type_published, rotate_on_published},
    {ROLE_SEALER, &frame_type_disposed, jobs_on_disposed},
    {ROLE_SEALER, &frame_type_unsealed, jobs_on_unsealed},
    {ROLE_SEALER, &frame_type_opened, recover_on_opened},
    {ROLE_SEALER, &frame_type_found, scan_on_found},
    {ROLE_SEALER, &frame_type_listed, scan_on_listed},
    {ROLE_SEALER, &frame_type_restored, jobs_on_restored},
    {ROLE_SEALER, &frame_type_discarded, checkouts_on_discarded},
    {ROLE_SEALER, &frame_type_aliased, watch_on_aliased},
    {ROLE_SEALER, &frame_type_destroyed, custody_on_destroyed},
    {ROLE_KEEPER, &frame_type_meta_key, on_meta_key},
    {ROLE_SEALER, &frame_type_carried, escrow_on_carried},
    {ROLE_KEEPER, &frame_type_escrow_is, escrow_on_is},
    {ROLE_KEEPER, &frame_type_epoch_ready, on_epoch_ready},
    {ROLE_KEEPER, &frame_type_packed_keys, backup_on_packed_keys},
    {ROLE_KEEPER, &frame_type_epoch_is, epochs_on_is},
    {ROLE_KEEPER, &frame_type_epochs_end, epochs_on_end},
    {ROLE_KEEPER, &frame_type_unlocked, unlock_on_unlocked},
    {ROLE_KEEPER, &frame_type_lock, unlock_on_lock},
    {ROLE_KEEPER, &frame_type_key_state, unlock_on_key_state},
    {ROLE_KEEPER, &frame_type_marked, rollback_on_marked},
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
	struct registrar *r = registrar_of(role);

	TRY(registrar_core_open(r, NULL));
	TRY(watch_new(r));
	TRY(jobs_new(r));
	TRY(escrow_new(r));
	TRY(epochs_new(r));
	TRY(scan_new(r));
	TRY(rotate_new(r));
	TRY(unlock_new(r));
	TRY(api_new(r));
	TRY(backup_new(r));
	TRY(rollback_new(r));
	add_devices(r);
	return pack_load(r);
}

static int begin(struct role *role)
{
	struct process *p = process_of(role);

	TRY(registrar_core_begin(&p->registrar));
	TRY(pack_journal(&p->registrar));
	TRY(reviews_start(&p->registrar));
	TRY(loop_arm(&role->loop, &p->year_timer, YEAR_LOOK_MS, on_year));
	TRY(sweep_start(&p->registrar));
	TRY(scrub_start(&p->registrar));
	TRY(drafts_start(&p->registrar));
	TRY(checkouts_start(&p->registrar));
	TRY(rollback_start(&p->registrar));
	/* Nobody is served before there are keys; and --init is not done before the first persons stand in the register:
	 * one of them may have to unlock the machine key at the next start. */
	role->ready_later = role->init;
	return role->init ? 0 : api_start(&p->registrar);
}

static int peer_up(struct role *role, struct channel *peer)
{
	struct process *p = process_of(role);

	switch ((enum role_id)peer->peer_role) {
	case ROLE_INSPECTOR:
		return pack_send_signals(&p->registrar, peer);
	case ROLE_KEEPER:
		p->is_new_keeper = true;
		TRY(ask_epochs(p));
		return jobs_resume(&p->registrar);
	case ROLE_SEALER:
		TRY(rotate_look(&p->registrar));
		return jobs_resume(&p->registrar);
	case ROLE_WATCHER:
		TRY(watch_lost_watcher(&p->registrar));
		return watch_alive_start(&p->registrar);
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
		TRY(scan_lost_sealer(registrar_of(role), index));
		TRY(rotate_lost_sealer(registrar_of(role), index));
		checkouts_lost_sealer(registrar_of(role), index);
		escrow_lost_sealer(registrar_of(role), index);
		return jobs_lost_sealer(registrar_of(role), index);
	}
	if (id == ROLE_KEEPER) {
		TRY(escrow_keeper_down(registrar_of(role)));
		TRY(epochs_lost_keeper(registrar_of(role)));
		TRY(backup_lost_keeper(registrar_of(role)));
		return unlock_lost_keeper(registrar_of(role));
	}
	return id == ROLE_WATCHER ? watch_lost_watcher(registrar_of(role)) : 0;
}

/* The keeper ends last. */
static void mark_at_end(struct registrar *r)
{
	int result = r->read_only ? 0 : registrar_settle(r);

	if (result == 0)
		result = rollback_mark(r);
	if (result) /* the mark before holds as well */
		log_say(LOG_WARNING, "the keeper was not told how far the journal is");
}

static void end(struct role *role)
{
	struct registrar *r = registrar_of(role);

	backup_free(r); /* it reads the store */
	mark_at_end(r);
	registrar_core_close(r); /* answers and messages of what is durable leave first */
	epochs_free(r);
	scan_free(r);
	rotate_free(r);
	decision_sets_free(r);
	sweep_free(r->sweep);
	api_free(r->api);
	checkouts_end(r);
	recover_free(r);
	protectors_free(r);
	escrow_free(r);
	rollback_free(r);
	checkouts_over_free(r);
	jobs_free(r->jobs);
	unlock_free(r->unlock);
	watch_free(r->watch);
	pack_free(r);
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
	static struct process process = {.registrar.signals_fd = -1};

	return role_main(&description, &process.registrar.role, argc, argv);
}

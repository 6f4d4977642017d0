#include "registrar/pack.h"

#include "base/text.h"
#include "domain/policy.h"
#include "library/policy_load.h"
#include "registrar/journal/clock.h"
#include "registrar/oversight/dues.h"
#include "registrar/people/people.h"
#include "registrar/store/store.h"
#include "system/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define SIGNAL_MAX 512

/* ---- signals: what inspectors look for in texts ---- */

static void add_signal(struct buffer *b, const char *kind, const char *name, const char *text)
{
	if (text && text_is_line(text, SIGNAL_MAX) && !strchr(text, '\t'))
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

static int make_signals(struct registrar *r)
{
	OWN_BUFFER struct buffer b = {0};
	OWN_FD int fd = memfd_create("signals", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	list_signals(r->policy, &b);
	TRY(buffer_check(&b));
	if (fd < 0 || (b.n > 0 && write(fd, b.at, b.n) != (ssize_t)b.n) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return FAULT(errno, "signals for inspectors");
	close_fd(&r->signals_fd);
	r->signals_fd = steal_fd(&fd);
	r->signals_version++;
	return 0;
}

int pack_send_signals(struct registrar *r, struct channel *inspector)
{
	OWN_FD int fd = r->signals_fd >= 0 ? fcntl(r->signals_fd, F_DUPFD_CLOEXEC, 0) : -1;

	return fd < 0 ? 0 : CHANNEL_SEND(inspector, signals, steal_fd(&fd), .version = r->signals_version);
}

static int send_to_all(struct registrar *r)
{
	for (size_t i = 0; i < r->role.n_peers; i++)
		if (r->role.peers[i]->peer_role == ROLE_INSPECTOR && channel_is_open(r->role.peers[i]))
			TRY(pack_send_signals(r, r->role.peers[i]));
	return 0;
}

/* ---- the pack ---- */

/* A new detail is only heard after the old one is taken back. */
static int say_bad(struct registrar *r, const char *path, const struct buffer *report, const char *effect)
{
	const char *end = report->n > 0 ? memchr(report->at, '\n', report->n) : NULL;
	OWN_MEM char *all = text_escape(buffer_bytes(report));
	OWN_MEM char *first = text_escape(bytes_of(report->at, end ? (size_t)(end - (char *)report->at) : report->n));
	OWN_MEM char *detail = text_format("the policy pack %s does not load; %s%s%s", path, effect,
					   report->n > 0 ? ": " : "", first ? first : "");

	if (!detail)
		return FAULT(ENOMEM, "policy");
	log_say(LOG_ERROR, "event=policy-bad path=%s report=\"%s\"", path, all ? all : "");
	TRY(role_recovered(&r->role, "policy"));
	return role_degraded(&r->role, "policy", detail);
}

/* 0; an outcome of policy_load(), with its report; or a fault. */
static int read_pack(struct registrar *r, char **ret_path, struct policy **ret, struct buffer *report)
{
	*ret_path = text_format("%s/%s", role_setting(&r->role, "policy_dir", ""), role_setting(&r->role, "pack", ""));
	if (!*ret_path)
		return FAULT(ENOMEM, "policy");
	return policy_load(*ret_path, role_setting(&r->role, "policy_overlay", NULL), ret, report);
}

static void set_looked_with(struct registrar *r)
{
	const struct bytes parts[] = {bytes_of_text(CLASSD_VERSION), bytes_of_text(r->policy->digest)};
	uint8_t hash[SHA256_BYTES];

	sha256_of_parts(parts, array_n(parts), hash);
	memcpy(&r->looked_with, hash, sizeof(r->looked_with));
}

static int take_pack(struct registrar *r, struct policy *policy)
{
	policy_free(r->policy);
	r->policy = policy;
	set_looked_with(r);
	clock_set_power_off(r->clock, policy->power_off_days);
	return make_signals(r);
}

int pack_load(struct registrar *r)
{
	OWN_BUFFER struct buffer report = {0};
	struct policy *policy = NULL;
	OWN_MEM char *path = NULL;
	int result = read_pack(r, &path, &policy, &report);

	TRY(result);
	if (result == 0)
		return take_pack(r, policy);
	r->is_without_pack = !r->read_only;
	if (!r->read_only)
		(void)snprintf(r->read_only_why, sizeof(r->read_only_why), "the policy pack %s does not load", path);
	r->read_only = true;
	return say_bad(r, path, &report, "nothing is changed until one does");
}

/* What a site loosened, where, and by whose authority. */
static struct json *loosened_of(const struct policy *p)
{
	struct json *list = json_array();

	for (size_t i = 0; i < p->loosened.n; i++)
		json_append_text(list, p->loosened.at[i]);
	return list;
}

/* Decisions name the pack and its version; the digest tells which files those were. */
int pack_journal(struct registrar *r)
{
	OWN_MEM char *known = NULL, *version = NULL, *digest = NULL;
	char effective[11];
	struct json *entry;
	int result;

	if (!r->policy || r->read_only)
		return 0;
	TRY(dues_follow_pack(r));
	TRY(store_fact(r->store, "pack", &known));
	TRY(store_fact(r->store, "pack_version", &version));
	TRY(store_fact(r->store, "pack_digest", &digest));
	if (text_equal(known, r->policy->id) && text_equal(version, r->policy->version) &&
	    text_equal(digest, r->policy->digest))
		return 0;
	entry = registrar_entry("policy", NULL, 0);
	json_set_text(entry, "pack", r->policy->id);
	json_set_text(entry, "version", r->policy->version);
	date_format(r->policy->effective, effective);
	json_set_text(entry, "effective", effective);
	json_set_text(entry, "digest", r->policy->digest);
	if (r->policy->loosened.n)
		json_set(entry, "loosened", loosened_of(r->policy));
	result = registrar_change(r, entry);
	return result < 0 ? result : 0;
}

int pack_reload(struct registrar *r)
{
	OWN_BUFFER struct buffer report = {0};
	struct policy *policy = NULL;
	OWN_MEM char *path = NULL;
	int result = read_pack(r, &path, &policy, &report);

	TRY(result);
	if (result != 0)
		return say_bad(r, path, &report, r->policy ? "the old one stays" : "nothing is changed until one does");
	TRY(take_pack(r, policy));
	log_say(LOG_NOTICE, "event=policy-loaded path=%s version=%s digest=%s", path, policy->version, policy->digest);
	TRY(role_recovered(&r->role, "policy"));
	if (r->is_without_pack) {
		r->is_without_pack = r->read_only = false;
		if (r->meta_key)
			TRY(people_enter_first(r));
	}
	TRY(pack_journal(r));
	return send_to_all(r);
}

void pack_free(struct registrar *r)
{
	policy_free(r->policy);
	r->policy = NULL;
	close_fd(&r->signals_fd);
}

#include "registrar/pack.h"

#include "base/text.h"
#include "domain/policy.h"
#include "library/policy_load.h"
#include "registrar/journal/clock.h"
#include "registrar/oversight/dues.h"
#include "registrar/people/people.h"
#include "registrar/policy/reviews.h"
#include "registrar/policy/sets.h"
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

/* By what a document shows a regime that is not that of state secrets. */
static void list_regimes(const struct policy *p, struct buffer *b)
{
	for (enum regime i = 0; i < REGIME_N; i++) {
		const struct regime_rule *rule = regime_rule_of(p, i);

		if (!rule)
			continue;
		add_signal(b, "regime", regime_name(i), rule->word);
		for (size_t k = 0; k < rule->mark_read.n; k++)
			add_signal(b, "regime", regime_name(i), rule->mark_read.at[k]);
	}
}

static void list_signals(const struct policy *p, struct buffer *b)
{
	list_regimes(p, b);
	for (size_t i = 0; i < p->n_levels; i++) {
		add_signal(b, "portion", p->levels[i].code, p->levels[i].portion);
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

/* POLICY_BAD with a report when it begins later: it would judge before its day. */
static int is_in_force(struct registrar *r, const struct policy *pack, struct buffer *report)
{
	const struct policy *now;
	char day[11];

	TRY(sets_in_force(r, pack, &now));
	if (now)
		return 0;
	date_format(pack->effective, day);
	buffer_add_format(report, "%s %s is held back until %s, and nothing says what holds before\n", pack->id,
			  pack->version, day);
	return POLICY_BAD;
}

/* 0; an outcome of policy_load(), with its report; or a fault. */
static int read_pack(struct registrar *r, char **ret_path, struct policy **ret, struct buffer *report)
{
	OWNED(policy) struct policy *pack = NULL;
	int64_t set;
	int result;

	TRY(sets_ruling(r, &set));
	result = sets_load(r, set, &pack, ret_path, report);
	if (result == 0)
		result = is_in_force(r, pack, report);
	if (result)
		return result;
	r->pack_set = set;
	*ret = steal(&pack);
	return 0;
}

static void set_looked_with(struct registrar *r)
{
	const struct bytes parts[] = {bytes_of_text(CLASSD_VERSION), bytes_of_text(r->policy->digest)};
	uint8_t hash[SHA256_BYTES];

	sha256_of_parts(parts, array_n(parts), hash);
	memcpy(&r->looked_with, hash, sizeof(r->looked_with));
}

static int take_pack(struct registrar *r, struct policy *pack)
{
	const struct policy *now;

	TRY(sets_in_force(r, pack, &now));
	policy_free(r->pack);
	r->pack = pack;
	r->policy = (struct policy *)(uintptr_t)now; /* one of the pack's own sets, and all of them are ours */
	set_looked_with(r);
	clock_set_power_off(r->clock, r->policy->power_off_days);
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

/* What ruled before, when it was of the same pack: its records are looked at with both. */
static void ask_for_reviews(const struct registrar *r, struct json *entry, const char *known, const char *set,
			    const char *version)
{
	uint64_t before = 0;
	bool is_same = !set || !text_to_u64(set, INT64_MAX, &before) || (int64_t)before == r->pack_set;

	if (!text_equal(known, r->policy->id) || (is_same && text_equal(version, r->policy->version)))
		return;
	json_set_int(entry, "reviews_from", is_same ? r->pack_set : (int64_t)before);
	json_set_int(entry, "reviews_after", 0);
}

/* Decisions name the pack and its version; the digest tells which files those were. */
int pack_journal(struct registrar *r)
{
	OWN_MEM char *known = NULL, *version = NULL, *digest = NULL, *set = NULL;
	char effective[11], now[24];
	struct json *entry;
	int result;

	if (!r->policy || r->read_only)
		return 0;
	TRY(dues_follow_pack(r));
	TRY(store_fact(r->store, "pack", &known));
	TRY(store_fact(r->store, "pack_version", &version));
	TRY(store_fact(r->store, "pack_digest", &digest));
	TRY(store_fact(r->store, "pack_set", &set));
	(void)snprintf(now, sizeof(now), "%lld", (long long)r->pack_set);
	if (text_equal(known, r->policy->id) && text_equal(version, r->policy->version) &&
	    text_equal(digest, r->policy->digest) && (text_equal(set, now) || (!set && r->pack_set == 0)))
		return 0;
	entry = registrar_entry("policy", NULL, 0);
	json_set_text(entry, "pack", r->policy->id);
	json_set_text(entry, "version", r->policy->version);
	date_format(r->policy->effective, effective);
	json_set_text(entry, "effective", effective);
	json_set_text(entry, "digest", r->policy->digest);
	if (r->policy->loosened.n)
		json_set(entry, "loosened", loosened_of(r->policy));
	json_set_int(entry, "set", r->pack_set);
	ask_for_reviews(r, entry, known, set, version);
	result = registrar_change(r, entry);
	TRY(result);
	return result == 0 ? reviews_start(r) : 0;
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
	log_say(LOG_NOTICE, "event=policy-loaded path=%s version=%s digest=%s", path, r->policy->version,
		r->policy->digest);
	TRY(role_recovered(&r->role, "policy"));
	if (r->is_without_pack) {
		r->is_without_pack = r->read_only = false;
		if (r->meta_key)
			TRY(people_enter_first(r));
	}
	TRY(pack_journal(r));
	return send_to_all(r);
}

int pack_follow(struct registrar *r)
{
	const struct policy *now = NULL;
	int64_t set;

	TRY(sets_ruling(r, &set));
	if (r->pack)
		TRY(sets_in_force(r, r->pack, &now));
	if (r->policy && set == r->pack_set && now == r->policy)
		return 0;
	return pack_reload(r);
}

void pack_free(struct registrar *r)
{
	policy_free(r->pack);
	r->pack = r->policy = NULL;
	close_fd(&r->signals_fd);
}

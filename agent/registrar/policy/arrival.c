#include "registrar/policy/arrival.h"

#include "base/text.h"
#include "registrar/policy/sets.h"
#include "registrar/store/store_sets.h"
#include "system/files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SIGNERS_MAX 64
#define BYTES_MAX   ((size_t)(BUNDLE_BYTES_MAX + ((uint64_t)1 << 20)))
#define SIGNER	    "policy_signers" /* the setting: NAME and the line of a public key */

void arrival_done(struct arrival *a)
{
	buffer_done(&a->whole);
	policy_bundle_free(a->bundle);
	policy_free(a->pack);
}

static int refuse(struct people_call *c, const char *code, const char *next, const char *format, ...) PRINTF_LIKE(4, 5);

static int refuse(struct people_call *c, const char *code, const char *next, const char *format, ...)
{
	char what[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* a cut reason is still a reason */
	va_end(args);
	TRY(api_refuse(c->call, API_INPUT, code, "bundle", next, "%s", what));
	return PEOPLE_ANSWERED;
}

/* The first line of a report, safe to print. */
static char *first_line(struct buffer *report)
{
	OWN_MEM char *all = buffer_steal_text(report);

	if (all && strchr(all, '\n'))
		*strchr(all, '\n') = '\0';
	return all ? text_escape(bytes_of_text(all)) : NULL;
}

/* ---- reading it ---- */

static int read_bytes(struct people_call *c, struct arrival *a)
{
	int64_t i = json_get_int(c->given, "bundle", -1);
	struct descriptor d;
	OWN_FD int fd = -1;
	int result;

	if (!api_look_descriptor(c->call, i, &d) || d.kind != DESCRIPTOR_MEMORY)
		return refuse(c, "not-sealed-memory", "pass a memfd with all seals",
			      "a bundle comes in memory that nobody can change any more, and this is none");
	fd = api_take_descriptor(c->call, i);
	result = fd < 0 ? -EBADF : files_read_rest(&files_linux, fd, BYTES_MAX, &a->whole);
	if (result == -EFBIG)
		return refuse(c, "too-large", "a set of rules has at most 32 MiB", "the bundle is too large");
	return result == 0 ? 0 : FAULT(-result, "read a bundle");
}

/* Names and keys that root's configuration trusts; it was checked when it was loaded. */
static size_t list_signers(const struct registrar *r, struct policy_signer *ret, char *names[SIGNERS_MAX])
{
	size_t n = 0;

	for (const char *line = role_setting_next(&r->role, SIGNER, NULL); line && n < SIGNERS_MAX;
	     line = role_setting_next(&r->role, SIGNER, line)) {
		const char *space = strchr(line, ' ');

		if (!space || ssh_public_key_parse_line(bytes_of_text(space + 1), &ret[n].key))
			continue;
		names[n] = text_format("%.*s", (int)(space - line), line);
		ret[n].name = names[n] ? names[n] : "";
		n++;
	}
	return n;
}

static int read_bundle(struct people_call *c, struct arrival *a)
{
	struct policy_signer signers[SIGNERS_MAX];
	char *names[SIGNERS_MAX];
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *line = NULL;
	const struct policy_trust trust = {signers, list_signers(c->r, signers, names)};
	int result = trust.n == 0 ? refuse(c, "no-signers", "root names them in classd.yaml(5): " SIGNER,
					   "this site trusts nobody to approve policies")
				  : policy_bundle_read(buffer_bytes(&a->whole), &trust, &a->bundle, &report);

	for (size_t i = 0; i < trust.n; i++)
		free(names[i]);
	if (result <= 0 || trust.n == 0)
		return result;
	line = first_line(&report);
	return result == POLICY_BUNDLE_UNTRUSTED
		   ? refuse(c, "not-approved", "get it from the issuer again; what runs stays", "%s", line ? line : "")
		   : refuse(c, "damaged-bundle", "get it from the issuer again; what runs stays", "%s", line ? line : "");
}

/* ---- what it says ---- */

struct looking {
	const char *digest;
	int64_t ruling;
	struct date today;
	bool is_there; /* it rules, or waits for its day */
};

static int take_same(const struct store_set *set, void *arg)
{
	struct looking *l = arg;
	bool counts = set->confirmed && !set->dropped_by && !set->drops;
	bool is_now = set->id == l->ruling || date_compare(set->starts, l->today) > 0;

	l->is_there = l->is_there || (counts && is_now && text_equal(set->digest, l->digest));
	return 0;
}

/* One person approves once, whatever the names of the keys: as the register of this site knows him. */
static int check_persons(struct people_call *c, const struct policy_bundle *b)
{
	char persons[BUNDLE_APPROVALS_MAX][PEOPLE_ID_MAX + 1] = {{0}};

	for (size_t i = 0; i < b->n_approvals; i++) {
		OWNED(store_person) struct store_person *p = NULL;
		int result = store_person_by_key(c->r->store, b->keys[i], &p);

		TRY(result);
		if (result)
			continue;
		(void)snprintf(persons[i], sizeof(persons[i]), "%s", p->person.id);
		for (size_t k = 0; k < i; k++)
			if (text_equal(persons[k], persons[i]))
				return refuse(c, "not-approved", "two persons approve a set of rules",
					      "two approvals are by keys of one person (%s)", persons[i]);
	}
	return 0;
}

static int check_address(struct people_call *c, const struct bundle *m)
{
	const char *unit = role_setting(&c->r->role, "unit", ""), *pack = role_setting(&c->r->role, "pack", "");

	if (!bundle_is_for(m, unit))
		return refuse(c, "other-unit", "ask the issuer for the one of this unit",
			      "the bundle is for %s%s, and this is %s", m->units[0], m->n_units > 1 ? " and others" : "",
			      unit);
	if (!text_equal(m->pack, pack))
		return refuse(c, "other-pack", "pack: in classd.yaml(5) says which pack runs",
			      "the bundle is of the pack %s, and this site runs %s", m->pack, pack);
	return 0;
}

static int load_pack(struct people_call *c, struct arrival *a)
{
	struct policy_source sources[BUNDLE_FILES_MAX];
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *line = NULL;
	const struct bundle *m = &a->bundle->manifest;
	int result = policy_load_set(
	    &(struct policy_set){.files = sources,
				 .n_files = policy_bundle_sources(a->bundle, sources),
				 .overlay = role_setting(&c->r->role, "policy_overlay", NULL),
				 .today = c->today},
	    &a->pack, &report);

	TRY(result);
	if (result) {
		line = first_line(&report);
		return refuse(c, "bad-pack", "classctl policy check BUNDLE says all; what runs stays",
			      "the policy pack has errors: %s", line ? line : "");
	}
	if (!text_equal(a->pack->id, m->pack) || !text_equal(a->pack->version, m->version) ||
	    date_compare(a->pack->effective, m->effective) != 0)
		return refuse(c, "other-than-said", "the issuer makes it again with classctl policy bundle",
			      "the manifest says %s %s, and the files are %s %s or begin on another day", m->pack,
			      m->version, a->pack->id, a->pack->version);
	return 0;
}

static int compare(struct people_call *c, struct arrival *a)
{
	const struct policy *now = c->r->policy;
	struct looking l = {.digest = a->bundle->digest, .ruling = c->r->pack_set, .today = c->today};
	int status = store_set_list(c->r->store, take_same, &l);

	TRY(status);
	if (l.is_there)
		return refuse(c, "installed", "classctl policy sets lists them", "this set is installed already");
	a->starts = date_compare(a->pack->effective, c->today) > 0 ? a->pack->effective : c->today;
	if (now && text_equal(now->id, a->pack->id)) {
		int days = date_compare(a->pack->effective, now->effective);
		int versions = strverscmp(a->pack->version, now->version);

		a->is_older = days < 0 || versions < 0 || (days == 0 && versions == 0);
	}
	return 0;
}

int arrival_take(struct people_call *c, struct arrival *ret)
{
	int result = read_bytes(c, ret);

	if (result == 0)
		result = read_bundle(c, ret);
	if (result == 0)
		result = check_persons(c, ret->bundle);
	if (result == 0)
		result = check_address(c, &ret->bundle->manifest);
	if (result == 0)
		result = load_pack(c, ret);
	return result ? result : compare(c, ret);
}

int arrival_check_kept(struct people_call *c, const char *digest)
{
	OWN_ARRIVAL struct arrival a = {.whole = {0}};
	int result = sets_read(c->r, digest, &a.whole);

	if (result == POLICY_MISSING)
		return refuse(c, "bad-pack", "install it again; what runs stays", "its file is not in the state directory");
	if (result == 0)
		result = read_bundle(c, &a);
	return result ? result : check_persons(c, a.bundle);
}

/* policy bundle, approve: a set of rules becomes one file that two persons sign; needs no agent. */
#include "base/text.h"
#include "ctl/policy_file.h"
#include "ctl/policy_place.h"
#include "ctl/sign.h"
#include "library/policy_cases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct date today(void)
{
	time_t now = time(NULL);
	struct tm at;

	(void)localtime_r(&now, &at); /* only fails beyond the year 2^31 */
	return (struct date){(int16_t)(at.tm_year + 1900), (uint8_t)(at.tm_mon + 1), (uint8_t)at.tm_mday};
}

static int sign_manifest(struct ctl *ctl, struct policy_bundle *b)
{
	OWN_MEM char *own = sign_default_file();
	const char *file = ctl_text(ctl, "key") ? ctl_text(ctl, "key") : own;
	OWN_MEM char *signature = NULL;
	OWN_BUFFER struct buffer text = {0};

	if (b->n_approvals == BUNDLE_APPROVALS_MAX)
		return say_error(CLASSD_EXIT_STATE, NULL, NULL, _("the bundle has as many approvals as it takes"));
	buffer_add_bytes(&text, buffer_bytes(&b->text));
	OWN_MEM char *manifest = buffer_steal_text(&text);
	DO(sign_with_file(file ? file : "", manifest ? manifest : "", BUNDLE_NAMESPACE, &signature));
	buffer_add_text(&b->approvals[b->n_approvals], signature);
	return buffer_check(&b->approvals[b->n_approvals++]);
}

/* ---- bundle ---- */

/* A pack that is wrong is not sent to anybody. */
static int check_pack(const char *folder, const char *where, struct policy **ret)
{
	OWN_BUFFER struct buffer report = {0};
	struct cases_count count = {0};
	int outcome = policy_load(folder, NULL, ret, &report);

	if (outcome == 0) {
		outcome = policy_cases_of(folder, &count, &report);
		if (outcome == POLICY_MISSING) /* it has no cases */
			outcome = 0;
	}
	TRY(outcome);
	OWN_MEM char *lines = buffer_steal_text(&report);
	if (lines && *lines)
		(void)fputs(lines, stderr);
	if (outcome == POLICY_MISSING)
		return say_error(CLASSD_EXIT_NOT_FOUND, where, _("name a folder with *.yaml files"),
				 _("there is no policy pack"));
	if (outcome)
		return say_error(CLASSD_EXIT_INPUT, where, _("correct these lines"), _("the policy pack has errors"));
	return count.failed ? say_error(CLASSD_EXIT_INPUT, where, _("correct the pack or the case, whichever is wrong"),
					_("the pack does not decide as its cases say"))
			    : 0;
}

static int set_units(struct ctl *ctl, struct bundle *m)
{
	char *part;

	for (size_t i = 0; (part = options_part(&ctl->options, "unit", i)); i++) {
		OWN_MEM char *unit = part;

		if (i == BUNDLE_UNITS_MAX)
			return say_error(CLASSD_EXIT_INPUT, "--unit", NULL, _("that are too many units"));
		(void)snprintf(m->units[m->n_units++], sizeof(m->units[0]), "%s", unit);
	}
	if (m->n_units == 0)
		(void)snprintf(m->units[m->n_units++], sizeof(m->units[0]), "*");
	return 0;
}

static int set_manifest(struct ctl *ctl, const struct policy *p, struct policy_bundle *b)
{
	struct bundle *m = &b->manifest;
	OWN_MEM struct bundle *again = calloc(1, sizeof(*again));
	size_t line;
	int outcome;

	(void)snprintf(m->pack, sizeof(m->pack), "%s", p->id);
	(void)snprintf(m->version, sizeof(m->version), "%s", p->version);
	(void)snprintf(m->issuer, sizeof(m->issuer), "%s", ctl_text(ctl, "issuer") ? ctl_text(ctl, "issuer") : "");
	m->effective = p->effective;
	m->issued = today();
	DO(set_units(ctl, m));
	bundle_write(m, &b->text);
	TRY(buffer_check(&b->text));
	/* what nobody could read again is not signed either */
	outcome = again ? bundle_parse(buffer_bytes(&b->text), again, &line) : FAULT(ENOMEM, "a manifest");
	TRY(outcome);
	return outcome ? say_error(CLASSD_EXIT_INPUT, NULL,
				   _("the issuer and units are one line each; the version is a short word"),
				   _("line %zu of the manifest would not read"), line)
		       : 0;
}

static int run_bundle(struct ctl *ctl)
{
	OWNED(policy) struct policy *p = NULL;
	OWNED(policy_bundle) struct policy_bundle *b = NULL;
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *folder = policy_place(ctl_word(ctl, 0));
	OWN_MEM char *where = say_safe(folder);
	OWN_FD int dir = -1;

	if (!ctl_text(ctl, "output"))
		return ctl_missing(ctl, "output");
	if (!ctl_text(ctl, "issuer"))
		return ctl_missing(ctl, "issuer");
	TRY(sodium_start());
	DO(check_pack(folder ? folder : "", where, &p));
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return FAULT(errno, "open %s", where ? where : "");
	int outcome = policy_bundle_collect(dir, &b, &report);
	TRY(outcome);
	if (outcome)
		return say_error(CLASSD_EXIT_INPUT, where, _("a bundle takes *.yaml files with plain names, 32 MiB in all"),
				 _("the files of the pack do not fit in a bundle"));
	DO(set_manifest(ctl, p, b));
	DO(sign_manifest(ctl, b));
	DO(policy_file_save(b, ctl_text(ctl, "output"), false));
	say_note(_("one approval is in it; a second person adds his with: classctl policy approve %s"),
		 ctl_text(ctl, "output"));
	return 0;
}

/* ---- approve ---- */

static int run_approve(struct ctl *ctl)
{
	OWNED(policy_bundle) struct policy_bundle *b = NULL;
	OWNED(policy_bundle) struct policy_bundle *made = NULL;
	OWN_BUFFER struct buffer whole = {0};
	OWN_BUFFER struct buffer again = {0};
	OWN_BUFFER struct buffer report = {0};
	const char *path = ctl_word(ctl, 0);

	DO(policy_file_load(path, &whole, &b));
	DO(sign_manifest(ctl, b));
	TRY(policy_bundle_write(b, &again));
	int outcome = policy_bundle_read(buffer_bytes(&again), NULL, &made, &report);
	TRY(outcome);
	if (outcome)
		return say_error(CLASSD_EXIT_AUTHORITY, path, _("another person approves it, with his own key"),
				 _("this key has approved the bundle already"));
	DO(policy_file_save(made, path, true));
	return policy_file_say(ctl, made);
}

static const struct option_row bundle_options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", N_("the bundle to write")},
    {"issuer", 0, OPTION_TEXT, "TEXT", N_("who issues it")},
    {"unit", 0, OPTION_LIST, "UNIT", N_("for this unit only, as unit: in its classd.yaml (else for all)")},
    {"key", 'k', OPTION_TEXT, "FILE", N_("sign with this key file (else ~/.ssh/id_ed25519)")},
    {0},
};
static const struct option_row approve_options[] = {
    {"key", 'k', OPTION_TEXT, "FILE", N_("sign with this key file (else ~/.ssh/id_ed25519)")},
    {0},
};

const struct command policy_bundle_commands[] = {
    {"policy bundle", GROUP_AGENT, 1, 1, N_("PACK"), N_("make one signed file of a policy pack"), run_bundle,
     bundle_options,
     N_("Needs no running agent. The pack is checked and its cases are run first. The file is a tar: its manifest names "
	"every file with its SHA-256, and ssh-keygen -Y verify -n policy@classd checks the approvals over the manifest. "
	"Two persons approve a set: who makes it is the first."),
     "policy bundle cn-2027 --output cn-2027.bundle --issuer 'Secrecy administration'"},
    {"policy approve", GROUP_AGENT, 1, 1, N_("BUNDLE"), N_("approve a bundle: add your signature"), run_approve,
     approve_options, N_("Needs no running agent. Look at it first: classctl policy check BUNDLE."),
     "policy approve cn-2027.bundle --key ~/.ssh/id_ed25519"},
    {0},
};

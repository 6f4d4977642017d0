#include "registrar/keys/key_findings.h"

#include "base/text.h"
#include "registrar/keys/epochs.h"
#include "registrar/keys/rotate.h"
#include "registrar/keys/scan.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <string.h>

struct seeking {
	struct registrar *r;
	const char *level;
	char *evidence; /* NULL: nothing is overdue */
};

static int see_rotation(const struct store_rotation *rotation, void *arg)
{
	struct seeking *s = arg;
	uint16_t allowed = policy_rotation_days(s->r->policy);
	char day[11] = "";
	struct date begun;
	unsigned long long left;

	(void)memcpy(day, rotation->begun, strlen(rotation->begun) < 10 ? strlen(rotation->begun) : 10);
	if (rotation->ended || s->evidence || !text_equal(rotation->level, s->level) || !date_parse(day, &begun) ||
	    date_to_days(registrar_today(s->r)) - date_to_days(begun) <= allowed)
		return 0;
	left = (unsigned long long)rotate_left_count(s->r, rotation->level);
	s->evidence = text_format("the rotation to %s %s began on %s and has not ended: %llu file%s could not be moved",
				  rotation->level, rotation->epoch, day, left, TEXT_S(left));
	return s->evidence ? 0 : FAULT(ENOMEM, "finding");
}

static int see_retired(struct seeking *s, const struct epoch *epoch)
{
	uint64_t n = scan_total(scan_last(s->r), epoch->key_id);

	if (s->evidence || epoch->state != EPOCH_RETIRED || n == 0)
		return 0;
	s->evidence = text_format("%llu file%s sealed to the retired key %s %s cannot be opened", (unsigned long long)n,
				  TEXT_S(n), epoch->level, epoch->epoch);
	return s->evidence ? 0 : FAULT(ENOMEM, "finding");
}

static int refresh_level(struct registrar *r, const char *level)
{
	struct seeking s = {.r = r, .level = level};
	OWN_MEM char *subject = text_format("keys of %s", level);
	int result = store_rotation_list(r->store, see_rotation, &s);

	for (size_t i = 0; result >= 0 && i < epochs_n(r); i++)
		if (text_equal(epochs_at(r, i)->level, level))
			result = see_retired(&s, epochs_at(r, i));
	if (result >= 0)
		result = findings_set(r,
				      &(struct findings_other){.code = FINDING_OLD_KEYS,
							       .about = {.subject = subject},
							       .evidence = s.evidence ? s.evidence : "",
							       .is_true = s.evidence != NULL},
				      NULL);
	free(s.evidence);
	return result < 0 ? result : 0;
}

int key_findings_refresh(struct registrar *r)
{
	if (!r->epochs || !r->policy || !r->meta_key || r->read_only)
		return 0;
	for (size_t i = 0; i < epochs_n(r); i++)
		if (epochs_at(r, i)->is_newest)
			TRY(refresh_level(r, epochs_at(r, i)->level));
	return 0;
}

static int on_scanned(struct registrar *r, const struct scan_result *result, void *arg)
{
	(void)result;
	(void)arg;
	return key_findings_refresh(r);
}

int key_findings_follow(struct registrar *r)
{
	for (size_t i = 0; r->epochs && i < epochs_n(r); i++)
		if (epochs_at(r, i)->state == EPOCH_RETIRED)
			return scan_start(r, on_scanned, NULL);
	return key_findings_refresh(r);
}

/* The parts of a pack that say what may be asked about a record in force, and how it is looked at again. */
#include "library/policy_read.h"

static bool read_extension(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const settles[] = {"term", "whole", NULL};
	int choice = 0;

	(void)param;
	if (!kind_choice.read(r, v, settles, &choice))
		return false;
	*(bool *)ret = choice == 1;
	return true;
}
static const struct kind kind_extension = {sizeof(bool), read_extension, NULL};

void read_requests(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct request_rules, extension_is_whole, "extension", kind_extension, NULL, true),
	    FIELD(struct request_rules, long_term_needs_document, "long_term_document", kind_bool_up, NULL, true),
	};

	read_fields(r, v, fields, array_n(fields), &r->p->requests);
}

void read_escalation(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct escalation_rules, owner_before, "owner_before", kind_u16_up, NULL, false),
	    FIELD(struct escalation_rules, responsible_before, "responsible_before", kind_u16_up, NULL, false),
	    FIELD(struct escalation_rules, superior_after, "superior_after", kind_u16_some, NULL, false),
	    FIELD(struct escalation_rules, office_after, "office_after", kind_u16_some, NULL, false),
	};

	if (r->overlay) /* what is meant where the pack is silent is tightened, too */
		r->p->escalation = policy_escalation(r->p);
	read_fields(r, v, fields, array_n(fields), &r->p->escalation);
}

void read_incidents(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct incident_rules, report_minutes, "report", kind_minutes_some, NULL, true),
	    FIELD(struct incident_rules, to, "to", kind_text, NULL, false),
	};

	read_fields(r, v, fields, array_n(fields), &r->p->incidents);
}

void read_reviews(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct review_rules, sample, "sample", kind_u16_some, NULL, false),
	    FIELD(struct review_rules, bulk_max, "bulk_max", kind_u16_some, NULL, false),
	    FIELD(struct review_rules, reread_percent, "reread_percent", kind_u16_up, NULL, false),
	};

	if (r->overlay) /* what is not said is tightened from what it means */
		r->p->reviews = policy_reviews(r->p);
	read_fields(r, v, fields, array_n(fields), &r->p->reviews);
}

void read_sets(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct set_rules, most, "most", kind_u16_down, NULL, false),
	    FIELD(struct set_rules, open_one_in, "open_one_in", kind_u16_down, NULL, false),
	};
	struct set_rules *sets = &r->p->sets;

	*sets = policy_sets(r->p);
	read_fields(r, v, fields, array_n(fields), sets);
	if (sets->most < 1 || sets->most > SETS_MOST)
		complain(r, v, "most is from 1 to %d cases", SETS_MOST);
	if (sets->open_one_in < 1 || sets->open_one_in > SETS_OPEN_ONE_IN)
		complain(r, v, "open_one_in is from 1 (each) to %d", SETS_OPEN_ONE_IN);
}

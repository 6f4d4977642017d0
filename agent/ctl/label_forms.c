#include "ctl/label_forms.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define OUR_BAILS_ID "urn:classd:"

void label_form_done(struct label_form *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->names[i]);
	free(f->id);
	free(f->header);
}

static void add_property(struct label_form *f, const char *value)
{
	struct label_properties *p = &f->properties;

	p->at[p->n] = (struct label_property){f->names[p->n], value};
	p->n++;
}

static bool make_names(struct label_form *f, const char *prefix, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		f->names[i] = text_format("%s%s", prefix, keys[i]);
		f->n = i + 1;
		if (!f->names[i])
			return false;
	}
	return true;
}

/* As LibreOffice writes what TSCP describes. */
int label_make_bails(const struct label_facts *facts, struct label_form *ret)
{
	static const char *const keys[] = {"BusinessAuthorizationCategory:Name",
					   "BusinessAuthorizationCategory:Identifier", "Authorization:StartValidity",
					   "Authorization:StopValidity", "Marking:document-header"};

	ret->id = text_format(OUR_BAILS_ID "%s:%s", facts->policy, facts->level);
	ret->header = text_format("%.*s", (int)strcspn(facts->mark, "\n"), facts->mark);
	if (!ret->id || !ret->header || !make_names(ret, "urn:bails:NationalSecurity:", keys, array_n(keys)))
		return FAULT(ENOMEM, "a label");
	ret->properties =
	    (struct label_properties){.kind = FOREIGN_BAILS, .policy = "NationalSecurity", .id = OUR_BAILS_ID};
	add_property(ret, facts->name);
	add_property(ret, ret->id);
	add_property(ret, facts->created);
	add_property(ret, *facts->succession ? facts->succession : "None");
	add_property(ret, ret->header);
	return 0;
}

int label_make_msip(const struct label_facts *facts, struct label_form *ret)
{
	static const char *const keys[] = {"Enabled", "SiteId", "Method", "SetDate", "Name"};
	OWN_MEM char *prefix = text_format("MSIP_Label_%s_", facts->msip_id);

	if (!prefix || !make_names(ret, prefix, keys, array_n(keys)))
		return FAULT(ENOMEM, "a label");
	ret->properties =
	    (struct label_properties){.kind = FOREIGN_MSIP, .policy = facts->msip_site, .id = facts->msip_id};
	add_property(ret, "true");
	add_property(ret, facts->msip_site);
	add_property(ret, "Privileged"); /* a person chose it */
	add_property(ret, facts->created);
	add_property(ret, facts->msip_name);
	return 0;
}

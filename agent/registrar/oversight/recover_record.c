#include "registrar/oversight/recover_record.h"

#include "base/text.h"
#include "domain/appointment.h"
#include "registrar/records/labels.h"

#include <stdio.h>
#include <string.h>

static const char *text_or_null(struct arena *a, struct bytes b)
{
	return b.n > 0 && text_is_utf8(b) ? arena_bytes(a, b) : NULL;
}

/* The journal keeps signatures as armor. A blob that does not read is kept out: nothing can be said for it. */
static const char *armor_of(struct arena *a, struct bytes blob)
{
	OWN_BUFFER struct buffer armor = {0};
	struct sshsig signature;

	if (blob.n == 0 || sshsig_parse(blob, &signature) != 0)
		return NULL;
	sshsig_write_armor(&signature, &armor);
	return armor.failed ? NULL : arena_bytes(a, buffer_bytes(&armor));
}

static struct texts scope_of(struct arena *a, const struct sealed_record *sealed)
{
	const char **at = arena_alloc(a, sizeof(*at) * (sealed->n_scope + 1));

	for (size_t i = 0; at && i < sealed->n_scope; i++)
		at[i] = arena_bytes(a, sealed->scope[i]);
	return (struct texts){at, at ? sealed->n_scope : 0};
}

/* ---- from the label ---- */

/* "cn@2026.1": what is before the last "@", and what is behind it. */
static void split(struct arena *a, const char *text, const char **ret_before, const char **ret_behind)
{
	const char *at = text ? strrchr(text, '@') : NULL;

	if (!at)
		return;
	*ret_before = arena_bytes(a, bytes_of(text, (size_t)(at - text)));
	*ret_behind = arena_text(a, at + 1);
}

/* "CTI, PRVCY" */
static struct texts codes_of(struct arena *a, const char *text)
{
	const char **at = arena_alloc(a, sizeof(*at) * (strlen(text) / 2 + 1));
	size_t n = 0;

	while (at && *text) {
		size_t length = strcspn(text, ", ");

		if (length)
			at[n++] = arena_bytes(a, bytes_of(text, length));
		text += length + strspn(text + length, ", ");
	}
	return (struct texts){at, n};
}

static void read_basis(struct arena *a, const char *text, struct classification *ret)
{
	static const char source[] = "source ", category[] = "category ";
	const char **sources = arena_alloc(a, sizeof(*sources));
	const char *version = NULL;

	if (text_is_empty(text))
		return;
	if (text_equal(text, "unclear matter")) {
		ret->basis = BASIS_UNCLEAR;
	} else if (text_equal(text, "no authority")) {
		ret->basis = BASIS_NO_AUTHORITY;
	} else if (text_starts(text, source) && sources) {
		sources[0] = arena_text(a, text + sizeof(source) - 1);
		ret->basis = BASIS_DERIVED;
		ret->sources = (struct texts){sources, 1};
	} else if (text_starts(text, category)) {
		ret->categories = codes_of(a, text + sizeof(category) - 1);
	} else {
		split(a, text, &ret->item, &version);
		ret->basis = ret->item ? BASIS_ITEM : BASIS_MISSING;
	}
}

static struct date day_of(const char *text)
{
	char day[11] = "";
	struct date date = {0};

	if (text)
		(void)snprintf(day, sizeof(day), "%.10s", text);
	(void)date_parse(day, &date);
	return date;
}

static enum record_state state_of(const struct record *record, const struct label *l, bool is_issued)
{
	if (text_equal(l->state, "draft"))
		return RECORD_DRAFT;
	if (text_equal(l->state, "proposed"))
		return RECORD_PROPOSED;
	if (record->regime == REGIME_NONE)
		return RECORD_UNCLASSIFIED;
	return is_issued ? RECORD_ISSUED : RECORD_CLASSIFIED;
}

static void take_issue(struct arena *a, const char *text, struct record *ret)
{
	struct issue_text issue = {0};

	if (text && issue_parse(bytes_of_text(text), &issue) == 0) {
		ret->document_number = arena_text(a, issue.number);
		ret->issued_on = day_of(issue.date);
		ret->copies = (uint32_t)issue.copies;
	}
	issue_done(&issue);
}

static void take_decision(struct arena *a, const struct label *l, struct record *ret)
{
	ret->decider_role = arena_text(a, l->role);
	(void)appointment_role_find(ret->decider_role ? ret->decider_role : "", &ret->decided_as);
	ret->decided_on = day_of(l->decided);
	ret->entered_on = ret->decided_on;
	ret->start = date_is_set(ret->issued_on) ? ret->issued_on : ret->decided_on;
}

static void from_label(struct arena *a, struct recovered *v)
{
	const struct label *l = &v->label;
	struct record *record = &v->record;
	bool is_decided = text_equal(l->state, "decided");
	struct classification *c = is_decided ? &record->decided : &record->proposed;

	*record = (struct record){.number = text_or_null(a, v->sealed.number),
				  .id = arena_text(a, l->record),
				  .version = (uint32_t)l->version,
				  .carrier = "file",
				  .type = arena_text(a, l->type),
				  .drafter = arena_text(a, l->drafter),
				  .drafter_uid = v->sealed.has_facts ? v->sealed.facts.uid : 0,
				  .responsible = arena_text(a, l->responsible),
				  .request = ACT_NEW};
	split(a, l->pack, &record->pack, &record->pack_version);
	(void)regime_find(l->regime ? l->regime : "", &record->regime);
	c->level = arena_text(a, l->level);
	(void)term_parse_rule(l->term ? l->term : "-", &c->term);
	read_basis(a, l->basis, c);
	c->scope = scope_of(a, &v->sealed);
	take_issue(a, v->issue_text, record);
	if (is_decided)
		take_decision(a, l, record);
	record->state = state_of(record, l, date_is_set(record->issued_on));
	/* Sealed higher than was decided: a dispute, or a wish to raise it. What that was is lost, how it protects is not (I3). */
	if (record->regime == REGIME_STATE_SECRET && !text_equal(l->protection, l->level))
		record->floor = arena_text(a, l->protection);
}

/* ---- from the registrar's own form ---- */

static bool same_lines(struct texts a, struct texts b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++)
		if (!text_equal(a.at[i], b.at[i]))
			return false;
	return a.n == b.n;
}

/* The form may be of a later version than the label (issued, expired), but never of another decision. */
static bool says_the_same(const struct recovered *v, const struct record *record, struct arena *a)
{
	const struct classification *c = record_classification(record);
	const struct label *l = &v->label;

	if (!text_equal(record->id, l->record) || record->version < l->version ||
	    !text_equal(labels_state(record->state), l->state) || !text_equal(c->level, l->level) ||
	    !text_equal(record->drafter, l->drafter) || !same_lines(c->scope, scope_of(a, &v->sealed)))
		return false;
	return record->version > l->version || text_equal(record->responsible, l->responsible);
}

static void from_meta(struct arena *a, const struct secret *meta, struct recovered *v)
{
	OWNED(json) struct json *object = NULL;
	struct record record;

	if (v->sealed.meta.n == 0)
		return;
	v->differs = true;
	if (json_parse(v->sealed.meta, &object) != 0 || !record_from_json(json_look(object), meta, a, &record) ||
	    !says_the_same(v, &record, a))
		return;
	v->differs = false;
	v->is_whole = true;
	v->record = record;
}

int recover_rebuild(struct bytes list, const struct secret *meta, struct arena *a, struct recovered *ret)
{
	int status;

	*ret = (struct recovered){0};
	status = sealed_record_parse(list, &ret->sealed);
	if (status)
		return status < 0 ? status : status == SEALED_RECORD_NEWER ? RECOVER_NEWER : RECOVER_MALFORMED;
	status = label_parse(ret->sealed.label, &ret->label);
	if (status)
		return status < 0 ? status : status == LABEL_NEWER ? RECOVER_NEWER : RECOVER_MALFORMED;
	if (ret->label.version > UINT32_MAX || ret->label.content > UINT32_MAX)
		return RECOVER_MALFORMED;
	ret->label_text = arena_bytes(a, ret->sealed.label);
	ret->issue_text = text_or_null(a, ret->sealed.issue);
	ret->name = text_or_null(a, ret->sealed.name);
	if (ret->sealed.n_signatures > 0)
		ret->signature = armor_of(a, ret->sealed.signatures[ret->sealed.n_signatures - 1]);
	ret->issue_signature = armor_of(a, ret->sealed.issue_signature);
	ret->set_text = text_or_null(a, ret->sealed.set);
	ret->set_signature = armor_of(a, ret->sealed.set_signature);
	from_meta(a, meta, ret);
	if (!ret->is_whole)
		from_label(a, ret);
	if (!ret->record.title)
		ret->record.title = text_or_null(a, ret->sealed.title);
	return arena_check(a);
}

void recovered_done(struct recovered *r)
{
	label_done(&r->label);
}

bool recover_read_args(const char *text, struct recover_args *ret)
{
	char version[24];
	uint64_t number;

	if (sscanf(text, "%36s %20s %96s %*s %8s", ret->record, version, ret->level, ret->key_id) != 4 || strlen(ret->record) != 36 ||
	    !text_to_u64(version, UINT32_MAX, &number) || number == 0)
		return false;
	ret->version = (uint32_t)number;
	return true;
}

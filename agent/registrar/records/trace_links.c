/* The links of a chain, from what the journal says and what the store says. */
#include "registrar/records/trace_private.h"

#include "base/text.h"
#include "domain/claim.h"
#include "format/label.h"

#include <string.h>

static void add(struct json *list, const char *what, bool good, const char *detail)
{
	check_add(list, what, good ? CHECK_OK : CHECK_FAILED, detail ? detail : "-");
}

/* ---- store and register against the journal ---- */

struct part {
	const char *what, *sql; /* NULL: rows of the record */
	bool earlier;
};

static int rows_of(struct store *store, const struct part *part, const char *of, struct buffer *ret)
{
	return part->sql ? store_rows(store, part->sql, VALUES(value_text(of)), ret)
			 : store_record_rows(store, of, part->earlier, ret);
}

static int is_same(struct trace *t, const struct part *part, const char *of, bool *ret)
{
	OWN_BUFFER struct buffer here = {0};
	OWN_BUFFER struct buffer there = {0};
	int status = rows_of(t->r->store, part, of, &here);

	if (status == 0)
		status = rows_of(t->copy, part, of, &there);
	TRY(status);
	*ret = status == 0 && bytes_equal(buffer_bytes(&here), buffer_bytes(&there));
	return 0;
}

static int compare_store(struct trace *t, struct json *list)
{
	static const struct part parts[] = {
	    {"the record", NULL, false},
	    {"an earlier version", NULL, true},
	    {"a label or signature",
	     "SELECT seq,version,kind,text,signature,salt,digest,space,time,person FROM labels WHERE number=? ORDER BY "
	     "seq",
	     false},
	    {"the history", "SELECT seq,version,time,person,act,note FROM events WHERE number=? ORDER BY seq", false},
	    {"the document's digest, level or header",
	     "SELECT sha256,content,sealed,level,header_mac,last_tag,key_id FROM documents WHERE number=?", false},
	};
	OWN_MEM char *detail = NULL;
	bool same = true;

	for (size_t i = 0; i < array_n(parts) && same; i++) {
		TRY(is_same(t, &parts[i], t->number, &same));
		if (!same)
			detail = text_format("%s is not as the journal says", parts[i].what);
	}
	if (same)
		detail = text_format("as %llu entries of the journal say", (unsigned long long)t->n_entries);
	add(list, "store", same, detail);
	return 0;
}

static int compare_register(struct trace *t, struct json *list)
{
	static const struct part parts[] = {
	    {"a person", "SELECT * FROM persons WHERE id=?", false},
	    {"an appointment", "SELECT * FROM appointments WHERE person=? ORDER BY id", false},
	    {"a training", "SELECT * FROM trainings WHERE person=? ORDER BY id", false},
	    {"a key", "SELECT * FROM keys WHERE person=? ORDER BY fingerprint", false},
	};
	bool same = true;
	OWN_MEM char *detail = NULL;

	for (size_t who = 0; who < t->n_persons && same; who++)
		for (size_t i = 0; i < array_n(parts) && same; i++) {
			TRY(is_same(t, &parts[i], t->person[who], &same));
			if (!same)
				detail = text_format("%s is not as the journal says", parts[i].what);
		}
	if (same)
		detail = text_format("persons, appointments, trainings and keys of %zu are as the journal says",
				     t->n_persons);
	add(list, "register", same, detail);
	return 0;
}

static int check_journal(struct trace *t, struct json *list)
{
	OWN_MEM char *detail = NULL;
	char hash[2 * SHA256_BYTES + 1];
	uint64_t applied = 0;
	int status = store_applied(t->r->store, &applied, hash);
	bool good = status == 0 && !t->is_broken && applied == t->at.tip.seq && text_equal(hash, t->at.tip.hash);

	TRY(status);
	if (t->is_broken)
		detail =
		    text_format("entry %llu %s", (unsigned long long)t->at.tip.seq + 1, t->at.why ? t->at.why : "");
	else if (!good)
		detail = text_format("the store has %llu entries, the journal %llu, or another last one",
				     (unsigned long long)applied, (unsigned long long)t->at.tip.seq);
	else
		detail = text_format("%llu entries in one chain, the last %.16s", (unsigned long long)applied, hash);
	add(list, "journal", good, detail);
	return 0;
}

/* ---- item, proposal, decision ---- */

static char *values_text(const struct classification *c)
{
	char term[TERM_TEXT_MAX];

	term_format_rule(&c->term, term);
	return text_format("%s, %s", text_is_empty(c->level) ? "-" : c->level, term);
}

static void add_item(struct trace *t, const struct record *record, struct json *list)
{
	const struct classification *c = record_classification(record);
	const struct policy *p = t->r->policy;
	bool ours = p && (text_is_empty(record->pack) || text_equal(record->pack, p->id));
	const struct item *item = ours && c->item ? catalogue_find(&p->catalogue, c->item) : NULL;
	OWN_MEM char *says =
	    item ? values_text(&(struct classification){.level = item->level->code, .term = item->term}) : NULL;
	OWN_MEM char *detail = NULL;

	if (c->basis != BASIS_ITEM || text_is_empty(c->item)) {
		detail = text_format("basis: %s", basis_kind_name(c->basis));
		check_add(list, "item", CHECK_NONE, detail);
		return;
	}
	detail = text_format("%s of %s %s%s%s", c->item, record->pack ? record->pack : "-",
			     record->pack_version ? record->pack_version : "-",
			     item   ? "; today's catalogue says "
			     : ours ? "; the running catalogue has it no more"
				    : "; another pack runs",
			     says ? says : "");
	check_add(list, "item", item ? CHECK_OK : CHECK_NONE, detail);
}

static int add_step(struct trace *t, struct json *list, const char *what, const struct trace_step *step)
{
	OWNED(record) struct record *then = NULL;
	OWN_MEM char *values = NULL;
	OWN_MEM char *detail = NULL;
	int status = store_record_load_version(t->copy, t->number, step->version, &then);

	TRY(status);
	values = then ? values_text(&then->proposed) : NULL;
	if (step->act == ACT_REQUEST_RELEASE) /* proposes no values */
		detail =
		    text_format("%s, entry %llu (%s)", step->day, (unsigned long long)step->seq, act_name(step->act));
	else
		detail = text_format("%s, entry %llu (%s): %s", step->day, (unsigned long long)step->seq,
				     act_name(step->act), values ? values : "-");
	add(list, what, values != NULL, detail);
	return 0;
}

static int add_proposal(struct trace *t, struct json *list)
{
	const struct trace_step *step = t->decided.seq ? &t->proposed : &t->asked;

	if (step->seq)
		return add_step(t, list, "proposed", step);
	check_add(list, "proposed", CHECK_NONE,
		  t->decided.seq ? "decided without a proposal" : "nobody has proposed anything");
	return 0;
}

/* What waits for another decision than the one that is followed here. */
static int add_asked(struct trace *t, struct json *list)
{
	return t->decided.seq && t->asked.seq ? add_step(t, list, "asked since", &t->asked) : 0;
}

static bool says_basis(const struct label *label, const struct classification *c)
{
	size_t n = c->item ? strlen(c->item) : 0;

	if (c->basis != BASIS_ITEM)
		return true;
	return label->basis && n && strncmp(label->basis, c->item, n) == 0 && label->basis[n] == '@';
}

/* What the label that was signed says otherwise than the record; NULL: nothing. */
static const char *label_differs(const char *text, const struct record *record)
{
	struct label label = {0};
	char term[TERM_TEXT_MAX];
	const struct classification *c = record_classification(record);
	const char *wrong = NULL;

	term_format_rule(&c->term, term);
	if (label_parse(bytes_of_text(text), &label) != 0)
		wrong = "the label does not read";
	else if (!text_equal(label.record, record->id))
		wrong = "the label is of another record";
	else if (!text_equal(label.level, text_is_empty(c->level) ? NULL : c->level))
		wrong = "the label that was decided says another level";
	else if (!text_equal(label.term ? label.term : "-", c->term.kind == TERM_NONE ? "-" : term))
		wrong = "the label that was decided says another term";
	else if (!says_basis(&label, c))
		wrong = "the label that was decided names another item";
	else if (!text_equal(label.responsible, record->responsible))
		wrong = "the label that was decided names another person";
	label_done(&label);
	return wrong;
}

struct decided_text {
	uint32_t version;
	char *text;
};

static int take_label(const struct store_label *label, void *arg)
{
	struct decided_text *d = arg;

	if (label->version != d->version)
		return 0;
	d->text = text_copy(label->text);
	return 1;
}

static int add_decision(struct trace *t, struct json *list)
{
	OWNED(record) struct record *then = NULL;
	struct decided_text decided = {.version = t->decided.version};
	OWN_MEM char *values = NULL;
	OWN_MEM char *detail = NULL;
	const char *wrong = NULL;
	int status;

	if (!t->decided.seq) {
		check_add(list, "decided", CHECK_NONE, "nothing has been decided yet");
		return 0;
	}
	status = store_record_load_version(t->r->store, t->number, t->decided.version, &then);
	TRY(status);
	TRY(store_label_list(t->r->store, t->number, "label", take_label, &decided));
	if (!then)
		wrong = "the version that was decided is not in the store";
	else if (decided.text)
		wrong = label_differs(decided.text, then);
	free(decided.text);
	values = then ? values_text(record_classification(then)) : NULL;
	detail = text_format("%s, entry %llu (%s): %s", t->decided.day, (unsigned long long)t->decided.seq,
			     act_name(t->decided.act),
			     wrong    ? wrong
			     : values ? values
				      : "-");
	add(list, "decided", !wrong, detail);
	return 0;
}

/* Do the level and term that protect it follow from what each party claims? Whose claim it is, show tells, to fewer. */
static void add_claims(struct trace *t, const struct record *record, struct json *list)
{
	const struct policy *p = t->r->policy;
	struct record counted = *record;
	OWN_MEM char *detail = NULL;
	char term[TERM_TEXT_MAX];
	bool same;

	if (!p || record->state != RECORD_DISPUTED)
		return;
	claims_count(p, &counted);
	same = text_equal(counted.claimed, record->claimed) && term_equal(&counted.claimed_term, &record->claimed_term) &&
	       date_compare(counted.declassify_on, record->declassify_on) == 0;
	term_format_rule(&record->claimed_term, term);
	detail = text_format("%zu claims stand, up to %s, %s; protected as %s%s", record->claims.n,
			     record->claimed ? record->claimed : "-", term, record_protection(p, record)->code,
			     same ? "" : "; what they say is another level or term");
	add(list, "claims", same, detail);
}

static void add_sweeps(struct trace *t, struct json *list)
{
	struct json_view sweeps = json_look(t->sweeps);
	OWN_MEM char *detail = text_format("%llu of %llu sweeps considered it", (unsigned long long)t->n_sweeps,
					   (unsigned long long)t->n_all);

	for (size_t i = 0; i < json_n(sweeps); i++)
		json_append(list, json_copy(json_at(sweeps, i)));
	check_add(list, "sweeps", t->n_all ? CHECK_OK : CHECK_NONE, detail ? detail : "-");
}

int trace_links(struct trace *t, struct json *list)
{
	OWNED(record) struct record *record = NULL;
	int status = store_record_load(t->r->store, t->number, &record);

	TRY(status);
	TRY(check_journal(t, list));
	if (t->is_broken) {
		check_add(list, "store", CHECK_NONE, "the journal cannot be followed to its end");
		return 0;
	}
	TRY(compare_store(t, list));
	TRY(compare_register(t, list));
	if (record)
		add_item(t, record, list);
	TRY(add_proposal(t, list));
	TRY(add_decision(t, list));
	TRY(add_asked(t, list));
	if (record)
		add_claims(t, record, list);
	add_sweeps(t, list);
	return 0;
}

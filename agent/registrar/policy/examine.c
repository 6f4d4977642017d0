/* Policy.Examine, the dry run: what a bundle is, what it would change, and which records it would touch. */
#include "base/text.h"
#include "domain/policy_diff.h"
#include "registrar/oversight/policy_impact.h"
#include "registrar/policy/arrival.h"
#include "registrar/policy/install_methods.h"

#include <errno.h>

#define PAGE_RECORDS 20000 /* looked at for a page */
#define PAGE_TOUCHED 200
#define CHANGES_TOLD 2000

struct examination {
	struct arrival a;
	int64_t after, considered, touched;
	struct json *changes, *page; /* of the next page */
	int64_t n_changes, n_page;
	bool is_begun;
};

static void examination_free(void *arg)
{
	struct examination *e = arg;

	if (!e)
		return;
	arrival_done(&e->a);
	json_free(e->changes);
	json_free(e->page);
	free(e);
}

static void add_change(const struct policy_change *change, void *arg)
{
	struct examination *e = arg;
	struct json *row;

	if (e->n_changes++ >= CHANGES_TOLD)
		return;
	row = json_object();
	json_set_text(row, "rule", change->path);
	json_set_text(row, "before", change->before);
	json_set_text(row, "after", change->after);
	json_append(e->changes, row);
}

static int add_touched(const struct touched *t, void *arg)
{
	struct examination *e = arg;
	struct json *row = json_object();

	json_set_text(row, "number", t->number);
	json_set_text(row, "level", t->level);
	json_set_text(row, "item", t->item);
	json_set_text(row, "why", t->why);
	json_append(e->page, row);
	e->touched++;
	return ++e->n_page == PAGE_TOUCHED;
}

/* Every page has all fields; lists have what is new. */
static struct json *page_of(struct examination *e)
{
	const struct policy_bundle *b = e->a.bundle;
	struct json *reply = json_object(), *names = json_array();

	for (size_t i = 0; i < b->n_approvals; i++)
		json_append_text(names, b->approved_by[i]);
	json_set_text(reply, "pack", b->manifest.pack);
	json_set_text(reply, "version", b->manifest.version);
	json_set_date(reply, "effective", b->manifest.effective);
	json_set_date(reply, "starts", e->a.starts);
	json_set_text(reply, "issuer", b->manifest.issuer);
	json_set(reply, "approved_by", names);
	json_set_text(reply, "digest", b->digest);
	json_set_bool(reply, "older", e->a.is_older);
	json_set(reply, "changes", e->changes);
	json_set_int(reply, "total", e->n_changes);
	json_set(reply, "touched", e->page);
	json_set_int(reply, "considered", e->considered);
	e->changes = json_array();
	e->page = json_array();
	e->n_page = 0;
	return reply;
}

static int next(struct registrar *r, struct api_call *call, void *arg)
{
	struct examination *e = arg;
	const struct impact_range range = {e->after, PAGE_RECORDS};
	struct impact_seen seen = {0};
	int status;

	if (!e->is_begun)
		policy_diff(r->policy, e->a.pack, add_change, e);
	e->is_begun = true;
	status = policy_impact_scan(r, &(struct impact_sets){r->policy, e->a.pack}, &range,
				    &(struct impact_take){add_touched, e}, &seen);
	TRY(status);
	e->considered += seen.considered;
	e->after = seen.last;
	if (api_wants_more(call) && (e->n_page == PAGE_TOUCHED || seen.considered == PAGE_RECORDS))
		return api_more(call, page_of(e));
	return api_reply(call, page_of(e));
}

int policy_method_examine(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next, examination_free};
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct examination *e;
	int status = people_begin(r, call, RIGHT_POLICY_INSTALL, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!r->policy)
		return api_refuse(call, API_BUSY, "no-policy", "agent", "classctl status says why",
				  "no policy pack is loaded");
	e = calloc(1, sizeof(*e));
	if (!e)
		return FAULT(ENOMEM, "look at a bundle");
	e->changes = json_array();
	e->page = json_array();
	status = arrival_take(&c, &e->a);
	if (status) {
		examination_free(e);
		return status < 0 ? status : 0;
	}
	return api_stream(call, &pages, e);
}

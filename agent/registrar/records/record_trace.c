/* Trace: the chain of one record, checked while it is followed. */
#include "registrar/records/record_methods.h"
#include "registrar/records/trace.h"

static void done(void *arg)
{
	trace_free(arg);
}

static int answer(struct trace *t, struct api_call *call)
{
	OWNED(json) struct json *list = json_array();
	struct json *reply;

	TRY(trace_links(t, list));
	reply = json_object();
	json_set(reply, "checks", steal(&list));
	return api_reply(call, reply);
}

static int next(struct registrar *r, struct api_call *call, void *arg)
{
	struct trace *t = arg;
	bool is_done = false;

	TRY(registrar_settle(r)); /* the store has nothing that the journal has not */
	TRY(trace_step(t, &is_done));
	return is_done ? answer(t, call) : 0;
}

int record_method_trace(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next, done};
	OWN_CASE struct case_of c = {0};
	struct trace *t = NULL;
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load_to_verify(&c, json_get_text(api_parameters(call), "number"));
	if (status == 0)
		status = record_check_not_blind(&c);
	if (status)
		return status < 0 ? status : 0;
	TRY(trace_new(r, c.record, &t));
	return api_stream(call, &pages, t);
}

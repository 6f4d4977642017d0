/* Shared by api.c, api_answer.c and api_stream.c only: a request until it is answered. */
#ifndef REGISTRAR_API_PRIVATE_H
#define REGISTRAR_API_PRIVATE_H

#include "registrar/api/api.h"
#include "registrar/api/api_connection.h"

#define API_AGENT_REFUSED "org.classd.Agent.Refused"

struct api_call {
	struct registrar *r;
	struct api_connection *connection; /* NULL: the client has gone */
	const struct api_method *method;
	struct json *request;
	char *person;
	uid_t uid;
	unsigned references; /* the one who works on it, and every answer on its way */
	unsigned n_held;     /* answers of several that wait until they are durable */
	bool wants_more;
	bool is_oneway, is_suspended; /* suspended: the caller is */
	bool is_answered;
	bool is_holding; /* refusals are kept for the one who works on it, see api_hold_refusals() */
	char *held;
	const struct api_pages *pages; /* api_stream.c; NULL: no stream, or it has ended */
	void *pages_arg;
	struct loop_timer turn;
	bool is_making_page, is_resting;
};

void api_call_release(struct api_call *call);
/* Who calls, as the register has it now, and whether he may call this row. 0; 1: it was answered. */
int api_find_caller(struct api_call *call) MUST_CHECK;
int api_admit(struct api_call *call) MUST_CHECK;
/* What a handler returned: a fault is answered as one. */
int api_take_result(struct api_call *call, int result) MUST_CHECK;

/* The refusal that stands for all of the connection; not an answer to a call. */
struct json *api_refusal(const char *name, enum api_class kind, const char *const texts[4]);

/* The next page is made when it is its turn; fine for calls that are no stream. */
void api_stream_look(struct api_call *call);
/* The client has gone. */
void api_stream_gone(struct api_call *call);

#endif

/*
 * Long answers, page by page. What is made for a client is one page ahead of what it takes: a slow reader costs one
 * page of memory, a fast one leaves a turn of the loop to everybody else after each.
 */
#include "registrar/api/api_private.h"

#include "base/text.h"

#include <errno.h>

static void stream_end(struct api_call *call)
{
	const struct api_pages *pages = call->pages;

	loop_disarm(&call->turn);
	call->pages = NULL;
	if (pages->done)
		pages->done(call->pages_arg);
	call->pages_arg = NULL;
}

/* Nobody answers any more, so the one who worked on it lets go. */
static void stream_leave(struct api_call *call)
{
	stream_end(call);
	api_call_release(call);
}

static int make_page(struct api_call *call)
{
	int result;

	call->is_making_page = true;
	result = call->pages->next(call->r, call, call->pages_arg);
	call->is_making_page = false;
	return result;
}

/* It was the caller's call at the first page; a person who took over the user id since is somebody else. */
static int judge_anew(struct api_call *call)
{
	OWN_MEM char *before = steal(&call->person);

	TRY(api_find_caller(call));
	if (!text_equal(before, call->person)) {
		free(call->person);
		call->person = NULL;
	}
	return api_admit(call);
}

static int on_turn(struct loop_timer *timer)
{
	struct api_call *call = container_of(timer, struct api_call, turn);
	int result;

	call->references++;
	result = judge_anew(call);
	if (result == 0)
		result = make_page(call);
	if (api_take_result(call, result) < 0 && call->connection)
		api_connection_close(call->connection); /* ends the stream */
	if (call->pages && call->is_answered)
		stream_end(call);
	else if (call->pages && !call->connection)
		stream_leave(call);
	else
		api_stream_look(call);
	api_call_release(call);
	return 0;
}

void api_stream_look(struct api_call *call)
{
	struct api_connection *c = call->connection;

	if (!call->pages || call->is_making_page || call->is_resting || call->n_held > 0 || !c || c->out.n > 0)
		return;
	if (loop_arm(&call->r->role.loop, &call->turn, 0, on_turn) < 0)
		api_connection_close(c);
}

void api_stream_gone(struct api_call *call)
{
	if (call->pages && !call->is_making_page)
		stream_leave(call);
}

int api_stream(struct api_call *call, const struct api_pages *pages, void *arg)
{
	int result;

	call->references++;
	call->pages = pages;
	call->pages_arg = arg;
	result = make_page(call);
	if (result < 0 || call->is_answered)
		stream_end(call); /* after a fault the one who works on the call goes on with it */
	else if (!call->connection)
		stream_leave(call);
	else
		api_stream_look(call);
	api_call_release(call);
	return result < 0 ? result : 0;
}

void api_stream_rest(struct api_call *call)
{
	call->is_resting = true;
}

void api_stream_wake(struct api_call *call)
{
	call->is_resting = false;
	api_stream_look(call);
}

bool api_has_taken_all(const struct api_call *call)
{
	return call->n_held == 0 && (!call->connection || call->connection->out.n == 0);
}

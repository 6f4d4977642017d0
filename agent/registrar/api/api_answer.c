/* From a handler's answer to the client: refusals, and everything held until it is durable. */
#include "registrar/api/api_private.h"

#include "base/text.h"
#include "registrar/api/interfaces.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define API_WHAT_MAX 512

static const char *const class_names[] = {
    [API_INPUT] = "input",	   [API_AUTHORITY] = "authority", [API_STATE] = "state",
    [API_NOT_FOUND] = "not-found", [API_BUSY] = "busy",		  [API_FAILED] = "failed",
};

struct answer {
	struct api_call *call;
	char *text;
	bool is_last;
};

static struct json *error_of(const char *name, struct json *parameters)
{
	struct json *reply = json_object();

	json_set_text(reply, "error", name);
	json_set(reply, "parameters", parameters);
	return reply;
}

struct json *api_refusal(const char *name, enum api_class kind, const char *const texts[4])
{
	static const char *const keys[4] = {"code", "what", "where", "next"};
	struct json *p = json_object();

	json_set_text(p, "class", class_names[kind]);
	for (size_t i = 0; i < array_n(keys); i++)
		json_set_text(p, keys[i], texts[i] ? texts[i] : "");
	return error_of(name, p);
}

static struct json *refusal_of(const struct api_call *call, enum api_class kind, const char *const texts[4])
{
	struct bytes part = call->method ? interfaces_part(call->method->name) : bytes_of_text("org.classd.Agent");
	OWN_MEM char *name = text_format("%.*s.Refused", (int)part.n, (const char *)part.at);

	return api_refusal(name ? name : API_AGENT_REFUSED, kind, texts);
}

static char *not_durable(const struct api_call *call)
{
	static const char *const texts[4] = {"journal-not-written",
					     "The journal could not be written, so nothing was changed.", "journal",
					     "See classctl status; free space on the state directory's disk."};
	OWNED(json) struct json *reply = refusal_of(call, API_FAILED, texts);

	return json_text(reply);
}

/* A value of it was none, or memory ran out: a client that hears nothing would wait or guess. */
static char *not_made(const struct api_call *call)
{
	static const char *const texts[4] = {"no-answer", "The answer could not be put together.", "agent",
					     "What was asked for may be done: see classctl show and classctl status."};
	OWNED(json) struct json *reply = refusal_of(call, API_FAILED, texts);

	return json_text(reply);
}

static void deliver(struct answer *answer, int result)
{
	struct api_call *call = answer->call;
	struct api_connection *c = call->connection;
	bool failed = result != 0 && call->method && (call->method->flags & API_MUTATES);
	bool is_broken = !failed && !answer->text && answer->is_last; /* a page is no place for an error: that ends it */
	OWN_MEM char *other = failed ? not_durable(call) : is_broken ? not_made(call) : NULL;
	const char *text = other ? other : failed ? NULL : answer->text;
	int sent = text && result >= 0 ? 0 : -1; /* negative: it could not be held until then */

	if (!c)
		return;
	if (sent == 0 && !call->is_oneway)
		sent = api_connection_send(c, text);
	if (sent == 0 && answer->is_last && call->connection) {
		call->connection = NULL;
		sent = api_connection_resume(c);
	}
	if (sent < 0)
		api_connection_close(c);
}

static void on_durable(void *arg, int result)
{
	struct answer *answer = arg;

	answer->call->n_held -= !answer->is_last;
	deliver(answer, result);
	api_stream_look(answer->call);
	api_call_release(answer->call);
	free(answer->text);
	free(answer);
}

/* Takes reply. */
static int answer_call(struct api_call *call, struct json *reply, bool is_last)
{
	OWNED(json) struct json *owned = reply;
	struct answer *answer;
	int result;

	if (call->is_answered)
		return 0;
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return FAULT(ENOMEM, "answer");
	*answer = (struct answer){.call = call, .text = json_text(owned), .is_last = is_last};
	call->is_answered = is_last;
	if (!is_last) { /* the last answer takes over the reference of the one who worked on it */
		call->references++;
		call->n_held++;
	}
	result = registrar_when_durable(call->r, on_durable, answer);
	if (result < 0) /* nobody holds it */
		on_durable(answer, result);
	return result;
}

static struct json *reply_of(struct json *parameters)
{
	struct json *reply = json_object();

	json_set(reply, "parameters", parameters);
	return reply;
}

int api_reply(struct api_call *call, struct json *parameters)
{
	return answer_call(call, reply_of(parameters), true);
}

int api_more(struct api_call *call, struct json *parameters)
{
	struct json *reply;

	if (!api_wants_more(call)) {
		json_free(parameters);
		return 0;
	}
	reply = reply_of(parameters);
	json_set_bool(reply, "continues", true);
	return answer_call(call, reply, false);
}

int api_refuse(struct api_call *call, enum api_class kind, const char *code, const char *where, const char *next,
	       const char *what, ...)
{
	char text[API_WHAT_MAX];
	va_list args;

	va_start(args, what);
	if (vsnprintf(text, sizeof(text), what, args) < 0)
		text[0] = 0;
	va_end(args);
	while (text[0] && !text_is_utf8(bytes_of_text(text))) /* cut within a character */
		text[strlen(text) - 1] = 0;
	if (call->is_holding) {
		free(call->held);
		call->held = text_copy(text);
		return call->held ? 0 : FAULT(ENOMEM, "refusal");
	}
	return answer_call(call, refusal_of(call, kind, (const char *const[4]){code, text, where, next}), true);
}

void api_hold_refusals(struct api_call *call, bool hold)
{
	call->is_holding = hold;
}

char *api_take_refusal(struct api_call *call)
{
	return steal(&call->held);
}

int api_refuse_service(struct api_call *call, const char *error, const char *key, const char *value)
{
	struct json *p = json_object();

	json_set_text(p, key, value);
	return answer_call(call, error_of(error, p), true);
}

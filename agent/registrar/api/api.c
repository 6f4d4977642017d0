/* From a message to a method's handler and back. What a method may is its row; what it means is its handler's. */
#include "registrar/api/api_private.h"

#include "base/text.h"
#include "registrar/api/interfaces.h"
#include "registrar/store/store.h"
#include "system/log.h"

#include <errno.h>
#include <string.h>

#define OVERFLOW_UID ((uid_t)65534)
#define API_HOME_MAX 64
#define SERVICE	     "org.varlink.service."

struct api {
	struct registrar *r;
	struct api_server server;
	struct interfaces interfaces;
	uint64_t home[API_HOME_MAX];
	char *busy; /* what a client above its quota hears */
};

static const struct api_method *const tables[] = {
    agent_methods,  document_methods,  record_methods,	person_methods, root_methods,
    policy_methods, oversight_methods, journal_methods, key_methods,	service_methods,
    backup_methods, protector_methods, escrow_methods,	unlock_methods, custody_methods,
};

/* Calls */

void api_call_release(struct api_call *call)
{
	if (--call->references > 0)
		return;
	json_free(call->request);
	free(call->held);
	free(call->person);
	free(call);
}

static void on_gone(struct api_connection *c)
{
	struct api_call *call = c->call;

	if (!call)
		return;
	call->connection = NULL;
	api_stream_gone(call);
}

static void on_drained(struct api_connection *c)
{
	if (c->call)
		api_stream_look(c->call);
}

struct json_view api_parameters(const struct api_call *call)
{
	return json_get(json_look(call->request), "parameters");
}

uid_t api_uid(const struct api_call *call)
{
	return call->uid;
}

const char *api_person(const struct api_call *call)
{
	return call->person;
}

bool api_wants_more(const struct api_call *call)
{
	return call->wants_more && (call->method->flags & API_STREAM);
}

bool api_look_descriptor(const struct api_call *call, int64_t i, struct descriptor *ret)
{
	struct api_connection *c = call->connection;
	struct descriptor d = {0};
	bool is_home = false;

	if (!c || i < 0 || (uint64_t)i >= c->n_descriptors || c->descriptors[i] < 0)
		return false;
	if (!descriptor_look(c->descriptors[i], c->server->home, c->server->n_home, &d) || !d.is_closable)
		return false;
	for (size_t n = 0; n < c->server->n_home && !is_home; n++)
		is_home = c->server->home[n] == d.dev;
	if (d.kind != DESCRIPTOR_PIPE && d.kind != DESCRIPTOR_MEMORY && (!is_home || d.kind == DESCRIPTOR_OTHER))
		return false;
	*ret = d;
	return true;
}

int api_take_descriptor(struct api_call *call, int64_t i)
{
	struct descriptor d;

	return api_look_descriptor(call, i, &d) ? steal_fd(&call->connection->descriptors[i]) : -1;
}

struct api_server *api_server(struct registrar *r)
{
	return &r->api->server;
}

/* Requests */

static const struct api_method *method_find(const char *name)
{
	for (size_t t = 0; t < array_n(tables); t++)
		for (const struct api_method *m = tables[t]; m->name; m++)
			if (strcmp(m->name, name) == 0)
				return m;
	return NULL;
}

static bool is_person_uid(const struct registrar *r, uid_t uid)
{
	return uid != 0 && uid != OVERFLOW_UID && uid != r->role.sealer_uid && (r->role.trial || uid != getuid());
}

int api_find_caller(struct api_call *call)
{
	OWNED(store_person) struct store_person *person = NULL;
	struct registrar *r = call->r;

	call->is_suspended = false;
	if (!is_person_uid(r, call->uid))
		return 0;
	TRY(store_person_by_uid(r->store, call->uid, registrar_today(r), &person));
	if (!person)
		return 0;
	call->person = text_copy(person->person.id);
	call->is_suspended = person_is_suspended_on(&person->person, registrar_today(r));
	return call->person ? 0 : FAULT(ENOMEM, "caller");
}

int api_admit(struct api_call *call)
{
	const struct registrar *r = call->r;
	unsigned flags = call->method->flags;

	if (call->is_suspended && !(flags & API_ANYONE)) /* whatever the method and what it is told */
		TRY(api_refuse(call, API_AUTHORITY, "suspended", "caller", "Ask the secrecy office.",
			       "%s is suspended.", call->person));
	else if (!call->person && !(flags & API_ANYONE))
		TRY(api_refuse(call, API_AUTHORITY, "no-person", "caller",
			       "A security administrator enters you: classctl person add.",
			       "The user id %lu belongs to no person of the register.", (unsigned long)call->uid));
	else if ((flags & API_MUTATES) && r->read_only)
		TRY(api_refuse(call, API_FAILED, "read-only", "agent", "See classctl status for the reason.",
			       "The agent is read-only: journal, store or policy do not work."));
	else if ((flags & API_MUTATES) && r->is_frozen && !(flags & API_WHEN_FROZEN))
		TRY(api_refuse(call, API_STATE, "frozen", "agent",
			       "Two security administrators: classctl backup accept.", "The agent only reads: %s.",
			       r->frozen_why));
	else if (call->connection && call->connection->n_descriptors > 0 && !(flags & API_DESCRIPTORS))
		TRY(api_refuse(call, API_INPUT, "descriptors", call->method->name, "Send none.",
			       "This method takes no descriptors."));
	else
		return 0;
	return 1;
}

int api_take_result(struct api_call *call, int result)
{
	if (result >= 0 || call->is_answered)
		return 0;
	log_say(LOG_ERROR, "event=method-failed method=%s", call->method->name);
	return api_refuse(call, API_FAILED, "internal", call->method->name, "See the agent's log.",
			  "Something broke beneath the agent; nothing was changed by this call.");
}

static int dispatch(struct registrar *r, struct api_call *call, const char *name)
{
	char where[INTERFACES_WHERE_MAX];
	const struct varlink_member *member = interfaces_method(&r->api->interfaces, name);
	struct bytes part = interfaces_part(name);
	OWN_MEM char *interface = text_format("%.*s", (int)part.n, (const char *)part.at);
	int result;

	if (!interfaces_find(&r->api->interfaces, part))
		return api_refuse_service(call, SERVICE "InterfaceNotFound", "interface", interface);
	call->method = member ? method_find(name) : NULL;
	if (!call->method)
		return api_refuse_service(call, member ? SERVICE "MethodNotImplemented" : SERVICE "MethodNotFound",
					  "method", name);
	result = api_admit(call);
	if (result != 0)
		return result < 0 ? result : 0;
	result = interfaces_check(api_parameters(call), member->type, where);
	if (result == INTERFACES_MISMATCH)
		return api_refuse_service(call, SERVICE "InvalidParameter", "parameter", where);
	return api_take_result(call, call->method->handle(r, call));
}

static struct api_call *call_new(struct registrar *r, struct api_connection *c)
{
	struct api_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	*call = (struct api_call){.r = r, .connection = c, .uid = c->uid, .references = 1};
	c->call = call;
	return call;
}

/* A client that does not speak Varlink hears why, once. */
static int refuse_message(struct api_call *call, const char *reason)
{
	call->connection->is_closing = true;
	return api_refuse(call, API_INPUT, "malformed-message", "message", "Send one Varlink call, ended by a NUL.",
			  "The message is refused: %s.", reason);
}

/* NULL: the request is one. */
static const char *fault_of(struct api_call *call, struct bytes message, int fault)
{
	int result;

	if (fault == VARLINK_TOO_LARGE)
		return "it is larger than 64 KiB";
	if (fault == VARLINK_INCOMPLETE)
		return "it did not come to its end within 5 seconds";
	result = fault == VARLINK_TOO_DEEP ? JSON_TOO_DEEP : json_parse(message, &call->request);
	return result < 0 ? "there is no memory for it" : interfaces_call_fault(json_look(call->request), result);
}

static int on_message(struct api_connection *c, struct bytes message, int fault)
{
	struct api *api = c->server->owner;
	struct registrar *r = api->r;
	struct api_call *call = call_new(r, c);
	const char *reason;
	struct json_view request;
	int result;

	if (!call) {
		api_connection_close(c);
		return 0;
	}
	reason = fault_of(call, message, fault);
	request = json_look(call->request);
	call->references++;
	if (reason) {
		result = refuse_message(call, reason);
	} else {
		call->wants_more = json_get_bool(request, "more");
		call->is_oneway = json_get_bool(request, "oneway");
		result = api_find_caller(call);
		if (result >= 0)
			result = dispatch(r, call, json_get_text(request, "method"));
	}
	if (result < 0 && call->connection)
		api_connection_close(call->connection);
	call->references -= result < 0 && !call->is_answered; /* nor will it be */
	api_call_release(call);
	return 0;
}

const struct interfaces *api_interfaces(const struct registrar *r)
{
	return &r->api->interfaces;
}

/* Life */

int api_new(struct registrar *r)
{
	struct api *api = calloc(1, sizeof(*api));
	OWNED(json)
	struct json *busy = api_refusal(API_AGENT_REFUSED, API_BUSY,
					(const char *const[4]){"too-many-connections",
							       "This user, or all together, have too many connections.",
							       "socket", "Close some and try again."});

	if (!api)
		return FAULT(ENOMEM, "api");
	r->api = api;
	api->r = r;
	api->busy = json_text(busy);
	if (!api->busy)
		return FAULT(ENOMEM, "api");
	api->server = (struct api_server){.loop = &r->role.loop,
					  .home = api->home,
					  .refusal = api->busy,
					  .refusal_n = strlen(api->busy) + 1,
					  .message = on_message,
					  .gone = on_gone,
					  .drained = on_drained,
					  .owner = api};
	return interfaces_load(&api->interfaces);
}

int api_start(struct registrar *r)
{
	int fd = r->role.resources[RESOURCE_API_SOCKET];

	return fd < 0 ? 0 : api_server_start(&r->api->server, fd); /* --init has none: nobody is served yet */
}

void api_free(struct api *api)
{
	if (!api)
		return;
	api_server_stop(&api->server);
	interfaces_done(&api->interfaces);
	free(api->busy);
	free(api);
}

void api_add_device(struct api *api, uint64_t dev)
{
	for (size_t i = 0; i < api->server.n_home; i++)
		if (api->home[i] == dev)
			return;
	if (api->server.n_home < API_HOME_MAX)
		api->home[api->server.n_home++] = dev;
}

int api_adopt(struct registrar *r, int fd, uid_t uid)
{
	return api_server_adopt(&r->api->server, fd, uid);
}

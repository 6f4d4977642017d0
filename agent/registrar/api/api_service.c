/* org.varlink.service: what every Varlink service says of itself. */
#include "registrar/api/api.h"
#include "registrar/api/interfaces.h"

#define SERVICE "org.varlink.service."

static int get_info(struct registrar *r, struct api_call *call)
{
	struct json *p = json_object();
	struct json *names = json_array();

	for (size_t i = 0; i < api_interfaces(r)->n; i++)
		json_append_text(names, api_interfaces(r)->at[i].parsed->name);
	json_set_text(p, "vendor", "classd");
	json_set_text(p, "product", "classd");
	json_set_text(p, "version", CLASSD_VERSION);
	json_set_text(p, "url", "");
	json_set(p, "interfaces", names);
	return api_reply(call, p);
}

static int get_description(struct registrar *r, struct api_call *call)
{
	const char *name = json_get_text(api_parameters(call), "interface");
	const struct interface *i = interfaces_find(api_interfaces(r), bytes_of_text(name));
	struct json *p;

	if (!i)
		return api_refuse_service(call, SERVICE "InterfaceNotFound", "interface", name);
	p = json_object();
	json_set_text(p, "description", i->text);
	return api_reply(call, p);
}

const struct api_method service_methods[] = {
    {.name = SERVICE "GetInfo", .handle = get_info, .flags = API_ANYONE},
    {.name = SERVICE "GetInterfaceDescription", .handle = get_description, .flags = API_ANYONE},
    {.name = NULL},
};

/* Answers that must not arrive any more. */
#include "registrar/api/api.h"
#include "registrar/api/api_connection.h"
#include "registrar/store/store.h"

int api_cut(struct registrar *r, int (*is_cut)(struct registrar *r, const char *person, bool *ret))
{
	for (struct api_connection *c = api_server(r)->connections, *next; c; c = next) {
		OWNED(store_person) struct store_person *person = NULL;
		bool cut = false;

		next = c->next;
		if (c->fd < 0 || c->out.n == 0)
			continue;
		TRY(store_person_of_uid(r->store, (uint32_t)c->uid, &person));
		if (person)
			TRY(is_cut(r, person->person.id, &cut));
		if (cut)
			api_connection_close(c);
	}
	return 0;
}

/* A person says that a suspect clock is right (DESIGN 9): the one moment when time may take a step. */
#include "registrar/people/people.h"

#include "base/text.h"

int people_confirm_clock(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct json *entry, *reply;
	char today[11];
	int result = people_begin(r, call, RIGHT_CLOCK_CONFIRM, &c);

	if (result)
		return result < 0 ? result : 0;
	date_format(registrar_clock_day(r), today);
	if (!registrar_clock_is_suspect(r))
		return api_refuse(call, API_STATE, "clock-not-suspect", "clock", "nothing is to be done",
				  "the clock is not suspect; today is %s", today);
	if (!text_equal(json_get_text(c.given, "day"), today))
		return api_refuse(call, API_INPUT, "other-day", "day", "set the machine's clock first, then confirm it",
				  "the machine's clock says %s", today);
	registrar_clock_confirmed(r);
	entry = people_entry(&c, "clock");
	json_set_text(entry, "what", "confirmed");
	result = people_change_only(&c, entry);
	if (result)
		return result < 0 ? result : 0;
	TRY(role_recovered(&r->role, "clock-suspect"));
	reply = json_object();
	json_set_text(reply, "today", today);
	return api_reply(call, reply);
}

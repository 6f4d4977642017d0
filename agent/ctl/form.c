#include "ctl/form.h"

#include "base/text.h"
#include "ctl/say.h"

#define BLANK "______________________"

void form_line(const char *name, const char *value)
{
	OWN_MEM char *safe = text_is_empty(value) ? NULL : say_safe(value);

	say("%s: %s", name, safe ? safe : BLANK);
}

void form_blank(const char *name)
{
	form_line(name, NULL);
}

#include "ctl/pages.h"

#include <errno.h>
#include <stdio.h>

static int say_part(struct json_view v)
{
	OWN_MEM char *text = json_view_text(v);

	if (!text)
		return FAULT(ENOMEM, "print JSON");
	(void)fputs(text, stdout);
	return 0;
}

static int print_one(const struct ctl *ctl, struct pages *p, struct json_view one)
{
	if (ctl->json)
		(void)fputs(p->n ? "," : "", stdout);
	else if (p->n == 0 && p->heading)
		say("\n%s", p->heading);
	p->n++;
	if (ctl->json)
		return say_part(one);
	p->row(&p->table, one);
	return 0;
}

static int print_page(const struct ctl *ctl, struct pages *p, struct json_view list)
{
	for (size_t i = 0; i < json_n(list); i++) {
		p->is_cut = p->most && p->n == p->most;
		if (p->is_cut)
			break;
		DO(print_one(ctl, p, json_at(list, i)));
	}
	if (!ctl->json)
		DO(table_print(&p->table, table_width(), stdout));
	return say_flush();
}

static int print_end(struct pages *p)
{
	(void)fputc(']', stdout);
	if (p->last_key) {
		(void)printf(",\"%s\":", p->last_key);
		DO(say_part(p->last_value));
	}
	say("}");
	return 0;
}

int pages_each(struct ctl *ctl, struct call *call, const char *key, int (*each)(struct json_view one, void *arg),
	       void *arg)
{
	OWN_REPLY struct reply reply = {0};
	int result = 0;

	call->more = true;
	DO(ctl_call(ctl, call, &reply));
	for (;;) {
		struct json_view list = json_get(reply.at, key);

		for (size_t i = 0; i < json_n(list) && result == 0; i++)
			result = each(json_at(list, i), arg);
		if (!reply.continues)
			return result;
		DO(ctl_next(ctl, &reply));
	}
}

int pages_print(struct ctl *ctl, struct call *call, struct pages *p, struct reply *ret)
{
	OWN_REPLY struct reply reply = {0};

	call->more = true;
	DO(ctl_call(ctl, call, &reply));
	if (ctl->json)
		(void)printf("{\"%s\":[", p->key);
	DO(print_page(ctl, p, json_get(reply.at, p->key)));
	while (reply.continues) {
		DO(ctl_next(ctl, &reply));
		DO(print_page(ctl, p, json_get(reply.at, p->key)));
	}
	if (ret) {
		*ret = reply;
		reply = (struct reply){0};
	}
	return ctl->json ? print_end(p) : 0;
}

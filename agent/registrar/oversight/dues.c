/* Page by page: the rows that are read are not those that are written. */
#include "registrar/oversight/dues.h"

#include "base/text.h"
#include "domain/due.h"
#include "library/sodium.h"
#include "registrar/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 500

static void add_dates(struct buffer *b, struct dates dates)
{
	for (size_t i = 0; i < dates.n; i++)
		buffer_add_format(b, " %d", date_to_days(dates.at[i]));
}

/* Everything that due_first() reads of a pack. */
static int print_of(const struct policy *p, char ret[2 * SHA256_BYTES + 1])
{
	OWN_BUFFER struct buffer b = {0};
	uint8_t digest[SHA256_BYTES];

	buffer_add_format(&b, "1 %d %u", (int)p->edge, p->calendar.weekend);
	for (size_t i = 0; i < POLICY_LEADS; i++)
		buffer_add_format(&b, " %u", p->leads[i]);
	add_dates(&b, p->calendar.holidays);
	add_dates(&b, p->calendar.workdays);
	for (const struct policy *set = p; set; set = set->earlier) {
		buffer_add_format(&b, "\n%d", date_is_set(set->until) ? date_to_days(set->until) : 0);
		for (int which = 0; which < DEADLINES; which++)
			buffer_add_format(&b, " %u%d", set->deadlines[which].days, set->deadlines[which].working);
	}
	TRY(buffer_check(&b));
	sha256_of(buffer_bytes(&b), digest);
	text_hex(digest, sizeof(digest), ret);
	return 0;
}

struct page {
	const struct policy *p;
	char number[PAGE][STORE_NUMBER_MAX];
	char due[PAGE][11];
	size_t n;
};

static int take(const struct record *record, void *arg)
{
	struct page *page = arg;

	(void)snprintf(page->number[page->n], sizeof(page->number[0]), "%s", record->number);
	date_format(due_first(page->p, record), page->due[page->n++]);
	return 0;
}

static int write_page(struct registrar *r, const struct page *page)
{
	int status = 0;

	for (size_t i = 0; i < page->n && status == 0; i++)
		status = store_set_due(r->store, page->number[i], page->due[i]);
	return status;
}

static int compute(struct registrar *r)
{
	OWN_MEM struct page *page = calloc(1, sizeof(*page));
	char after[STORE_NUMBER_MAX] = "";
	size_t n = PAGE;

	if (!page)
		return FAULT(ENOMEM, "what is due");
	for (page->p = r->policy; n == PAGE; n = page->n) {
		const struct store_record_filter filter = {.after = after, .limit = PAGE};
		int status;

		page->n = 0;
		status = store_record_list(r->store, &filter, take, page);
		TRY(status);
		status = write_page(r, page);
		if (status)
			return status;
		if (page->n)
			(void)snprintf(after, sizeof(after), "%s", page->number[page->n - 1]);
	}
	return 0;
}

int dues_follow_pack(struct registrar *r)
{
	OWN_MEM char *known = NULL;
	char print[2 * SHA256_BYTES + 1];
	int status;

	if (!r->policy || r->read_only)
		return 0;
	TRY(print_of(r->policy, print));
	TRY(store_fact(r->store, "due_print", &known));
	if (text_equal(known, print))
		return 0;
	status = store_mark(r->store);
	if (status)
		return status < 0 ? status : 0;
	status = compute(r);
	if (status == 0)
		status = store_set_fact(r->store, "due_print", print);
	if (status == 0)
		status = store_release(r->store);
	if (status == 0)
		return 0;
	TRY(store_return(r->store)); /* the disk is full: all of it or nothing, and again at the next start */
	return status < 0 ? status : 0;
}

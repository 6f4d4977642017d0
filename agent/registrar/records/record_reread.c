/* Drawing what was declared not secret for a second look, by somebody who does not see the first answer. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/reread.h"
#include "registrar/journal/journal.h"
#include "registrar/records/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define READERS_MAX 200

struct readers {
	struct case_of *c;
	struct record asked; /* as it was before anybody answered */
	char id[READERS_MAX][64];
	size_t n;
};

/* Who could have decided it, and neither drafted nor answered it. */
static int take_reader(const struct store_person *p, void *arg)
{
	struct readers *readers = arg;
	struct authority_question question;
	struct authority_answer answer;
	const struct case_of his = {.r = readers->c->r,
				    .today = readers->c->today,
				    .person = (struct store_person *)(uintptr_t)p}; /* only looked at */

	if (text_equal(p->person.id, readers->asked.drafter) || text_equal(p->person.id, readers->c->person->person.id) ||
	    !person_is_valid_on(&p->person, readers->c->today) || person_is_suspended_on(&p->person, readers->c->today))
		return 0;
	case_question(readers->c->r, p, &readers->asked, ACT_APPROVE, &readers->asked.proposed, &question);
	authority_check(&question, &answer);
	if (answer.reason == AUTHORITY_GRANTED && case_sees(&his, &readers->asked))
		(void)snprintf(readers->id[readers->n++], sizeof(readers->id[0]), "%s", p->person.id);
	return readers->n == READERS_MAX;
}

static void draw_of(struct case_of *c, uint8_t ret[SHA256_BYTES])
{
	char last[2 * SHA256_BYTES + 1];
	char text[2 * SHA256_BYTES + STORE_NUMBER_MAX + 32];

	journal_last(c->r->journal, last);
	(void)snprintf(text, sizeof(text), "classd-reread-v1 %s %s", last, c->next.number);
	sha256_of(bytes_of_text(text), ret);
}

int record_draw_reread(struct case_of *c)
{
	uint8_t digest[SHA256_BYTES] = {0};
	const struct bytes draw = bytes_of((const char *)digest, sizeof(digest));
	OWN_MEM struct readers *readers = NULL;
	int status;

	draw_of(c, digest);
	if (!reread_is_drawn(draw, policy_reviews(c->r->policy).reread_percent))
		return 0;
	readers = calloc(1, sizeof(*readers));
	if (!readers)
		return FAULT(ENOMEM, "readers");
	*readers = (struct readers){.c = c, .asked = c->next};
	readers->asked.state = RECORD_PROPOSED;
	readers->asked.decided = (struct classification){0};
	readers->asked.proposed = (struct classification){.level = level_unclassified(c->r->policy)->code};
	status = store_person_list(c->r->store, false, take_reader, readers);
	TRY(status);
	if (readers->n == 0)
		return 0; /* nobody else may decide here: the secrecy office samples by hand */
	return tasks_open(c->r, &(struct tasks_new){.kind = TASK_REREAD,
						    .number = c->next.number,
						    .owner = readers->id[reread_reader(draw, readers->n)],
						    .due = policy_deadline_of(c->r->policy, c->today, DEADLINE_REQUEST)});
}

struct blind {
	const char *me;
	bool is;
};

static int take_blind(const struct store_task *t, void *arg)
{
	struct blind *b = arg;

	b->is = b->is || (t->task.kind == TASK_REREAD && t->task.is_open && text_equal(t->task.owner, b->me));
	return b->is;
}

int record_is_blind(const struct case_of *c, const struct record *record, bool *ret)
{
	struct blind b = {c->person->person.id, false};
	int status = 0;

	if (record->state == RECORD_UNCLASSIFIED) /* else it was not drawn, or is answered by now */
		status = store_task_list(c->r->store, &(struct store_task_filter){.number = record->number, .only_open = true},
					 take_blind, &b);
	*ret = b.is;
	return status < 0 ? status : 0;
}

int record_check_not_blind(struct case_of *c)
{
	bool blind = false;

	TRY(record_is_blind(c, c->record, &blind));
	return blind ? case_refuse(c, API_AUTHORITY, "blind",
				   "read the document, then classctl answer TASK --outcome secret or not-secret",
				   "you are to read this document by yourself first")
		     : 0;
}

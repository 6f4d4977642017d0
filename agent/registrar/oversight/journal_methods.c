/* org.classd.Journal: for whoever checks what this program says of itself. */
#include "registrar/journal/journal.h"
#include "registrar/oversight/recover.h"
#include "registrar/people/people.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define READ_MAX       200
#define READ_BYTES_MAX ((size_t)48 * 1024)

/* The store notes the hash of the newest entry it has: that also guards the end of the chain. */
static int compare_with_store(struct registrar *r, struct journal_verdict *verdict, uint64_t *ret_applied)
{
	char applied[2 * SHA256_BYTES + 1];
	int result = store_applied(r->store, ret_applied, applied);

	TRY(result);
	if (result || verdict->first_bad)
		return 0;
	if (*ret_applied > verdict->entries) {
		verdict->first_bad = verdict->entries + 1;
		(void)snprintf(verdict->detail, sizeof(verdict->detail),
			       "the store has %llu entries: the end is missing", (unsigned long long)*ret_applied);
	} else if (*ret_applied == verdict->entries && *ret_applied > 0 && !text_equal(applied, verdict->hash)) {
		verdict->first_bad = verdict->entries;
		(void)snprintf(verdict->detail, sizeof(verdict->detail), "entry %llu is not the one that was applied",
			       (unsigned long long)verdict->entries);
	}
	return 0;
}

static int verify(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct journal_verdict verdict;
	uint64_t applied = 0;
	struct json *reply;
	int result = people_begin(r, call, RIGHT_JOURNAL_VERIFY, &c);

	if (result)
		return result < 0 ? result : 0;
	TRY(registrar_settle(r)); /* what this turn changed belongs to it */
	TRY(journal_verify(r->journal, &verdict));
	TRY(compare_with_store(r, &verdict, &applied));
	reply = json_object();
	json_set_int(reply, "entries", (int64_t)verdict.entries);
	json_set_int(reply, "first_bad", (int64_t)verdict.first_bad);
	json_set_text(reply, "hash", verdict.hash);
	json_set_int(reply, "store_entries", (int64_t)applied);
	json_set_text(reply, "detail", verdict.detail);
	return api_reply(call, reply);
}

struct reading {
	struct json *entries;
	int64_t left;
	size_t bytes;
	uint64_t last;
};

static int add_entry(uint64_t seq, struct bytes line, struct json_view entry, void *arg)
{
	struct reading *to = arg;
	OWN_MEM char *text = strndup((const char *)line.at, line.n);

	(void)entry;
	json_append_text(to->entries, text);
	to->bytes += line.n;
	to->last = seq;
	return --to->left <= 0 || to->bytes > READ_BYTES_MAX ? JOURNAL_STOP : 0;
}

static int read_entries(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int64_t after = json_get_int(api_parameters(call), "after", 0);
	int64_t limit = json_get_int(api_parameters(call), "limit", READ_MAX);
	struct reading to = {.last = after > 0 ? (uint64_t)after : 0};
	struct json *reply;
	int result = people_begin(r, call, RIGHT_JOURNAL_READ, &c);

	if (result)
		return result < 0 ? result : 0;
	if (after < 0 || limit < 1)
		return api_refuse(call, API_INPUT, "bad-range", "after", "after from 0, limit from 1",
				  "there are no entries after %lld", (long long)after);
	to.left = limit < READ_MAX ? limit : READ_MAX;
	to.entries = json_array();
	result = journal_read(r->journal, to.last, add_entry, &to);
	if (result < 0) {
		json_free(to.entries);
		return result;
	}
	reply = json_object(); /* damage ends the list; Verify says where */
	json_set(reply, "entries", to.entries);
	json_set_int(reply, "last", (int64_t)to.last);
	return api_reply(call, reply);
}

const struct api_method journal_methods[] = {
    {"org.classd.Journal.Verify", verify, 0},
    {"org.classd.Journal.Read", read_entries, 0},
    {"org.classd.Journal.Recover", recover_method, API_MUTATES | API_STREAM | API_DESCRIPTORS | API_WHEN_FROZEN},
    {0},
};

#include "registrar/api/rows.h"

#include "registrar/store/store.h"

#include <stdlib.h>

void rows_init(struct rows *rows, const struct api_call *call, const char *key, int64_t limit)
{
	int64_t most = api_wants_more(call) ? INT64_MAX : ROWS_AT_ONCE;

	*rows = (struct rows){.key = key, .page = json_array(), .left = limit > 0 && limit < most ? limit : most};
}

void rows_done(struct rows *rows)
{
	json_free(rows->page);
	rows->page = NULL;
}

void rows_free(void *arg)
{
	rows_done(arg);
	free(arg);
}

int64_t rows_begin(struct rows *rows)
{
	rows->turn = rows->turn ? ROWS_TURN : ROWS_FIRST;
	rows->looked = 0;
	return rows->turn;
}

void rows_add(struct rows *rows, struct json *row)
{
	json_append(rows->page, row);
	rows->n++;
	rows->left--;
}

int rows_next(struct rows *rows)
{
	rows->looked++;
	return rows->left > 0 ? 0 : STORE_STOP;
}

int64_t rows_wanted(const struct rows *rows)
{
	return rows->left > 0 ? rows->turn - rows->looked : 0;
}

bool rows_is_over(const struct rows *rows)
{
	return rows->left <= 0 || rows->looked < rows->turn;
}

struct json *rows_reply(struct rows *rows)
{
	struct json *reply = json_object();

	json_set(reply, rows->key, rows->page);
	rows->page = json_array();
	rows->n = 0;
	return reply;
}

int rows_send(struct rows *rows, struct api_call *call)
{
	if (rows_is_over(rows))
		return api_reply(call, rows_reply(rows));
	return rows->n > 0 && api_wants_more(call) ? api_more(call, rows_reply(rows)) : 0;
}

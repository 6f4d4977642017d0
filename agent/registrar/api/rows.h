/*
 * An answer that is one list, as long as it may be: rows are looked at so many in one turn of the loop, and what the
 * caller may see of them goes out as a page (api_stream()).
 */
#ifndef REGISTRAR_ROWS_H
#define REGISTRAR_ROWS_H

#include "registrar/api/api.h"

#define ROWS_FIRST   100  /* looked at for the first page: it is soon there */
#define ROWS_TURN    500  /* for each other one */
#define ROWS_AT_ONCE 1000 /* at most for a client that takes one answer */

struct rows {
	const char *key;   /* of the reply */
	struct json *page; /* rows that were not sent yet */
	int64_t n;	   /* in it */
	int64_t left;	   /* still wanted */
	int64_t turn;	   /* how many to look at in this turn; 0: none has begun */
	int64_t looked;	   /* so many were */
};

/* limit: what the client wants; 0: everything. A client that takes no pages gets ROWS_AT_ONCE at most. */
void rows_init(struct rows *rows, const struct api_call *call, const char *key, int64_t limit);
void rows_done(struct rows *rows);
/* done() of api_pages: of an argument that begins with its rows and owns nothing else. */
void rows_free(void *arg);
/* A turn begins. How many rows to ask the store for. */
int64_t rows_begin(struct rows *rows);
/* The caller sees this; takes row. */
void rows_add(struct rows *rows, struct json *row);
/* One that the store gave was looked at, whatever was added for it: what its callback returns. */
int rows_next(struct rows *rows) MUST_CHECK;
/* How many of them are left to ask for, after some; another source of rows may go on with those. */
int64_t rows_wanted(const struct rows *rows);
/* The store gave less than it was asked for, or all that is wanted is there. */
bool rows_is_over(const struct rows *rows);
/* The rows that were not sent yet, as a reply. */
struct json *rows_reply(struct rows *rows);
/* The turn is over: the next page is sent, or the last answer. */
int rows_send(struct rows *rows, struct api_call *call) MUST_CHECK;

#endif

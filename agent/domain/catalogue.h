/*
 * The catalogue: the scope of matters as data (domain.md A.3). One row = one item. Nothing is classified by comparison:
 * an item is either in the catalogue or the matter is unclear and goes to somebody who may say.
 */
#ifndef DOMAIN_CATALOGUE_H
#define DOMAIN_CATALOGUE_H

#include "domain/level.h"
#include "domain/term.h"

#define CATALOGUE_ID_MAX 32

struct item {
	const char *id; /* "3.2" */
	struct names title;
	struct names group;	   /* title of the chapter it stands in */
	const struct level *level; /* definite; never NULL in a loaded pack */
	struct term term;	   /* what is proposed by default */
	struct term max_term;	   /* the longest allowed; kind TERM_NONE: that of the level */
	bool long_term;		   /* may be held without end */
	bool permanent;		   /* what falls under it is of permanent value by its records schedule */
	const char *exemption;	   /* code printed instead of a date for long-term ("50X1-HUM"); NULL: none */
	const char *reason;	   /* legal reason printed in the mark ("1.4(a)"); NULL: none */
	struct texts scope;	   /* who may know by default: "dept:planning" "person:li" */
	const char *producer;	   /* post or unit level that produces it; NULL: any */
	bool prohibited;	   /* may not be a state secret at all (domain.md A.2) */
	struct texts signals;	   /* phrases that signal the item in a text */
};

struct catalogue {
	const char *version;
	const char *title;    /* cited as the source of a mark where it is a guide; NULL: none */
	bool is_guide;	      /* an item is a guide's element: deciding like it is derivative (32 CFR 2001.22) */
	struct date reviewed; /* when it was last looked at as a whole; unset: when its rules took effect */
	struct period review_interval; /* how often it is; unset: whoever issues it knows */
	const struct item *items;      /* in the order of the file */
	size_t n;
	const struct item *const *by_id; /* the same in the order of their ids; NULL: not sorted yet */
};

const struct item *catalogue_find(const struct catalogue *c, const char *id);

struct catalogue_hit {
	const struct item *item;
	uint32_t score; /* higher is better */
};

/*
 * Ranks items by how a search text meets id, titles, signal phrases; words are split at spaces, a text without spaces
 * (Chinese) is compared as a whole and by pairs of characters. At most max hits, best first, equal scores in file
 * order.
 */
size_t catalogue_search(const struct catalogue *c, const char *text, struct catalogue_hit *ret, size_t max);

#endif

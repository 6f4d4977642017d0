/*
 * Marks: what a document carries so that a reader sees level and term (domain.md A.6, B.3). Made from the pack's
 * template, and recognised again in a text. A recognised mark is a hint and a finding, never a decision.
 */
#ifndef DOMAIN_MARK_H
#define DOMAIN_MARK_H

#include "domain/record.h"

struct policy;

/* The words of one pack. Placeholders: {level} {term} {classified_by} {derived_from} {reason} {declassify_on}
 * {portion}. */
struct mark_rules {
	const char *banner; /* "{level}★{term}" or "{level}" */
	const char
	    *separator; /* between level and term where the banner has one: "★"; NULL: banner alone is complete */
	struct texts separators;     /* what is accepted for it when reading */
	struct texts prefixes;	     /* what may stand before the level in a banner when reading: "UK " */
	struct texts caveats;	     /* and what begins behind it, beside "//": "-SENSITIVE" */
	struct texts block_original; /* lines of the classification authority block; none: no block */
	struct texts block_derived;
	const char *many_sources;			 /* "Multiple Sources" */
	const char *released;				 /* "解密 {date}", "Declassified {date} by {authority}" */
	const char *expired;				 /* once a term is over by its date alone; NULL: released */
	const char *scope;				 /* the line that says who may know: "知悉范围：{scope}"; NULL: none */
	const char *scope_and;				 /* between two of them; NULL: ", " */
	const char *copy;				 /* the line that numbers a copy: "份号 {copy}"; NULL: none */
	const char *years, *months, *days;		 /* "{n}年" "{n}个月" "{n}天" */
	struct texts year_words, month_words, day_words; /* what follows a number when reading: "年"; "个月" "月" */
	const char *date;				 /* "{y}年{m}月{d}日" */
	const char *long_term;				 /* "长期" */
	const char *date_compact;			 /* form of a date in the block: "{yyyy}{mm}{dd}" */
	bool block_needed;				 /* a banner without block is incomplete */
};

struct mark_facts {
	const struct level *level;
	const struct term *term;
	struct date start; /* issue or decision date, for {declassify_on}; may be unset */
	const struct item *item;
	const char *classified_by; /* name and position; NULL prints "-" */
	struct texts sources;	   /* derived: titles or numbers of the sources */
	struct texts scope;	   /* "dept:planning"; see scope_shown() */
	uint32_t copy;		   /* the number of this copy; 0: none */
	bool derived;
};

/*
 * A decision like an item of a catalogue that is a guide gets the derived block, citing the guide.
 * The mark text: the number of the copy where there is one, the banner, block and scope, separated by newlines.
 * Unclassified gives the empty text.
 */
void mark_make(const struct policy *p, const struct mark_facts *facts, struct buffer *ret);
/* The first line only. */
void mark_make_banner(const struct policy *p, const struct mark_facts *facts, struct buffer *ret);
/* The mark of a release: the pack's words with date and authority (NULL: the term was over on that day). */
void mark_make_released(const struct policy *p, struct date on, const char *authority, struct buffer *ret);
/* A term in the pack's official words: "10年", "2030年6月30日". */
void mark_make_term(const struct policy *p, const struct term *t, struct buffer *ret);

/* What is wrong with a mark in a text; a set of bits, 0 = complete. */
enum mark_defect {
	MARK_NO_SEPARATOR = 1, /* level and term run together, or the level stands alone */
	MARK_NO_TERM = 2,      /* no term, condition or date */
	MARK_NO_BLOCK = 4,     /* the classification authority block is missing */
	MARK_NO_AUTHORITY = 8, /* no "Classified By" */
	MARK_NO_BASIS = 16,    /* neither "Reason" nor "Derived From" */
	MARK_BAD_TERM = 32,    /* a term that cannot be read */
	MARK_PORTION_ABOVE = 64,  /* a portion is marked higher than the banner */
	MARK_PORTION_BELOW = 128, /* no portion is marked as high as the banner */
	MARK_DEFECT_LAST = MARK_PORTION_BELOW,
};

/* How long a portion mark at the front of a line is, "(S)" or "(S//NF)"; 0: there is none. A copyright sign is none. */
size_t mark_portion_at(struct bytes line, const char *portion);

struct mark_found {
	size_t at; /* byte offset */
	size_t n;
	const struct level *level;
	struct term term; /* kind TERM_NONE: not given or not readable */
	unsigned defects;
};

/* Marks in a text of any origin (broken UTF-8 is skipped), in order, at most max; the number found. */
size_t mark_scan(const struct policy *p, struct bytes text, struct mark_found *ret, size_t max);
/*
 * Is what was read another mark than that of these values? A term in words must be the same; a computed day must follow
 * from one of the two days a term may count from (decision, issue; unset: not known). What is missing in it is a defect,
 * not a difference.
 */
bool mark_differs(const struct policy *p, const struct mark_found *found, const struct classification *what,
		  struct date decided, struct date issued);
/* Does it name others than these as those who may know? false where it names nobody, or the pack has no words for it. */
int mark_scope_differs(const struct policy *p, struct bytes mark, struct texts scope, bool *ret) MUST_CHECK;
/* Does a document of this MIME type carry a mark that we write? */
bool mark_is_carried(const char *type);
/* Words for one defect bit, English. */
const char *mark_defect_text(enum mark_defect defect);

#endif

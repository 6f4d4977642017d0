/*
 * Inside of policy_load: reading YAML into structs by tables of fields, and collecting what is wrong with it. Not for
 * others.
 */
#ifndef LIBRARY_POLICY_READ_H
#define LIBRARY_POLICY_READ_H

#include "domain/policy.h"
#include "library/yaml.h"

#define PATH_MAX_BYTES 160
#define LOOSENED_MAX   32

struct reader {
	struct policy *p;
	struct level *levels; /* those of p while it is built */
	struct item *items;
	struct unit_rule *units;
	const char *file;     /* being read */
	bool overlay;	      /* what is read may only tighten what is there */
	bool earlier;	      /* what is read was different before, and replaces what is there */
	struct policy *owner; /* of all memory: p, or what p is an earlier set of */
	struct path {
		char text[PATH_MAX_BYTES]; /* "levels.SECRET.max_term" */
		size_t n;
	} path;
	struct row {
		const char *path, *file;
		uint32_t line, column;
	} * rows; /* what the pack itself sets, for the table of sources */
	size_t n_rows, rows_room;
	const char *sources_file; /* has the table of sources; NULL: there is none */
	const char *authority;	  /* of what is read now: who allowed the site to loosen it; NULL: nobody */
	bool authority_used;
	const char *loosened[LOOSENED_MAX];
	size_t n_loosened;
	bool failed; /* memory ran out */
	struct complaint {
		const char *file; /* borrowed from the source */
		uint32_t line, column;
		char *text;
	} * complaints;
	size_t n_complaints;
};

/* Notes what is wrong at that node; reading goes on, so that all is told at once. */
void complain(struct reader *r, const struct yaml_node *at, const char *format, ...) PRINTF_LIKE(3, 4);
void complaints_write(struct reader *r, struct buffer *report); /* sorted, one line each */
void complaints_done(struct reader *r);

/* How one kind of value is read, and when a new value is looser than the old one. */
struct kind {
	size_t size;
	/* false: complained. param is the field's. */
	bool (*read)(struct reader *r, const struct yaml_node *v, const void *param, void *ret);
	bool (*looser)(const void *old, const void *new); /* NULL: an overlay may not touch it */
};

struct field {
	const char *key;
	const struct kind *kind;
	size_t offset;
	const void *param;
	bool required;
};
#define FIELD(type, member, name, of_kind, with, needed)                                                               \
	{                                                                                                              \
		name, &(of_kind), offsetof(type, member), with, needed                                                 \
	}

struct authority_of {
	const char *authority;
	bool used;
	const struct yaml_node *at; /* NULL: the map names none */
};
/* Around the entries of a map of a site's part: its key `authority` counts for what stands in it. true: it has one. */
bool authority_enter(struct reader *r, const struct yaml_node *map, struct authority_of *ret_outer);
void authority_leave(struct reader *r, const struct authority_of *outer);

/* Where in the pack is being read. Gives back what path_leave() takes. */
size_t path_enter(struct reader *r, const char *key);
void path_leave(struct reader *r, size_t before);

/* Reads a map into base; unknown keys and missing required ones are complaints. */
void read_fields(struct reader *r, const struct yaml_node *map, const struct field *fields, size_t n, void *base);
/* One field of base from v, with the overlay's rule. */
void read_field(struct reader *r, const struct yaml_node *v, const struct field *f, void *base);

/* Kinds; the comment names the type read into. */
extern const struct kind kind_text;	   /* const char * */
extern const struct kind kind_text_free;   /* an overlay may change */
extern const struct kind kind_names;	   /* struct names: "x" or {official, english} */
extern const struct kind kind_bool;	   /* bool */
extern const struct kind kind_bool_up;	   /* bool that an overlay may set */
extern const struct kind kind_u16;	   /* uint16_t */
extern const struct kind kind_u16_up;	   /* an overlay may raise */
extern const struct kind kind_u16_down;	   /* an overlay may lower */
extern const struct kind kind_u16_some;	   /* the same, and 0 is none: not to that */
extern const struct kind kind_minutes;	   /* uint32_t: "8h" "30min" "2d"; an overlay may shorten */
extern const struct kind kind_minutes_some; /* the same, and 0 is none: not to that */
extern const struct kind kind_period;	   /* struct period */
extern const struct kind kind_period_down; /* an overlay may shorten */
extern const struct kind kind_term;	   /* struct term; an overlay may shorten */
extern const struct kind kind_date;	   /* struct date */
extern const struct kind kind_date_free;   /* an overlay may change */
extern const struct kind kind_choice;	   /* enum (int); param: NULL-terminated names */
extern const struct kind kind_choice_up;   /* an overlay may choose a later one */
extern const struct kind kind_texts;	   /* struct texts */
extern const struct kind kind_texts_free;  /* an overlay may change */
extern const struct kind kind_span;	   /* struct span: "10d" "10wd" "none"; an overlay may shorten */
extern const struct kind kind_level;	   /* const struct level *, levels already read; an overlay may raise */
extern const struct kind kind_level_down;  /* an overlay may lower */
extern const struct kind kind_dates;	   /* struct dates, sorted here; an overlay may change */
extern const struct kind kind_draft;	   /* enum draft_rule; an overlay may choose what is shorter in clear */
extern const struct kind kind_post;	   /* enum post; an overlay may raise */
extern const struct kind kind_acts;	   /* uint64_t, bits of enum act */

/* The parts of a pack in the order in which they must be read: later ones name what earlier ones define. */
struct section {
	const char *key;
	void (*read)(struct reader *r, const struct yaml_node *v);
	bool required;
};
extern const struct section policy_sections[];
extern const size_t policy_sections_n;

/* policy_requests.c */
void read_requests(struct reader *r, const struct yaml_node *v);
void read_incidents(struct reader *r, const struct yaml_node *v);
void read_escalation(struct reader *r, const struct yaml_node *v);
void read_reviews(struct reader *r, const struct yaml_node *v);
void read_sets(struct reader *r, const struct yaml_node *v);
/* policy_custody.c */
void read_custody(struct reader *r, const struct yaml_node *v);
/* policy_statistics.c */
void read_statistics(struct reader *r, const struct yaml_node *v);
/* policy_labels.c */
void read_labels(struct reader *r, const struct yaml_node *v);
/* policy_returns.c */
void read_returns(struct reader *r, const struct yaml_node *v);
/* policy_levels.c */
void read_levels(struct reader *r, const struct yaml_node *v);
/* policy_regimes.c */
void read_regimes(struct reader *r, const struct yaml_node *v);
/* policy_rules.c */
void read_units(struct reader *r, const struct yaml_node *v);
void read_unit(struct reader *r, const struct yaml_node *v);
void read_derived(struct reader *r, const struct yaml_node *v);
void read_exemptions(struct reader *r, const struct yaml_node *v);
/* policy_history.c */
void read_earlier(struct reader *r, const struct yaml_node *v);
void read_sources(struct reader *r, const struct yaml_node *v);
void check_sources(struct reader *r);
/* policy_told.c: what stands there is kept for telling differences, in place of what was told of the same paths. */
void tell(struct reader *r, struct policy *p, const char *path, const struct yaml_node *v);
/* The set begins with what is told of another one. */
void tell_again(struct reader *r, struct policy *set, const struct policy *of);
/* When all is read: sources and what a site loosened are those of every set. */
void history_share(struct reader *r);
/* Turns to the earlier set that holds on that day, so that a site tightens it; false: the pack's own rules do. */
bool history_enter(struct reader *r, struct date today);
/* policy_sections.c: one part of a pack by its key; NULL: there is none. */
const struct section *section_find(const char *key);
extern const struct kind kind_term_kinds; /* bool[TERM_KINDS] */

/* policy_catalogue.c */
void read_catalogue(struct reader *r, const struct yaml_node *v);
void fit_items(struct reader *r); /* a level's cap that a site made shorter holds for the items too */

/* Text of a scalar that is one non-empty line; NULL: complained. Borrowed from the node. */
const char *line_of(struct reader *r, const struct yaml_node *v);
/* true when v is a map (list); else complained. */
bool is_map(struct reader *r, const struct yaml_node *v);
bool is_list(struct reader *r, const struct yaml_node *v);
/* policy_alloc that marks the reader as failed. */
void *reader_alloc(struct reader *r, size_t n, size_t size);

#endif

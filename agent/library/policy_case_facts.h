/* Inside of policy_cases: one case's facts as the structs that the rules read. Not for others. */
#ifndef LIBRARY_POLICY_CASE_FACTS_H
#define LIBRARY_POLICY_CASE_FACTS_H

#include "domain/finding.h"
#include "library/yaml.h"

struct case_facts {
	const struct yaml_node *given, *defaults;
	char *wrong; /* the first fact that is not what it should be; NULL: none. Owned */
};

void case_facts_done(struct case_facts *f);
/* What is wrong with a fact, said once; later ones are not told. */
void case_wrong(struct case_facts *f, const char *format, ...) PRINTF_LIKE(2, 3);
/* A fact; NULL when it is not given, empty, or "none". Borrowed from the tree. */
const char *case_fact(const struct case_facts *f, const char *key);
bool case_flag(const struct case_facts *f, const char *key); /* "true" */
struct date case_day(struct case_facts *f, const char *key);
uint32_t case_number(struct case_facts *f, const char *key);
/* The texts of a list, or of one text, at most max; the number. */
size_t case_texts(struct case_facts *f, const char *key, const char **ret, size_t max);
/* Every key of the case is one that some check reads; else wrong is set. */
void case_check_keys(struct case_facts *f);

#define CASE_LIST_MAX 16

/* Everything a question points at; borrows from facts and policy. */
struct case_world {
	struct policy policy; /* the pack, of the kind of unit that the case says */
	struct person person;
	struct appointment appointment;
	struct training training;
	struct record record, parent;
	struct record sources[CASE_LIST_MAX];
	size_t n_sources;
	const struct record *source_list[CASE_LIST_MAX];
	struct authority_question q;
	const char *departments, *matters, *source;
	const char *scope[CASE_LIST_MAX], *titles[CASE_LIST_MAX], *admissions[CASE_LIST_MAX], *categories[CASE_LIST_MAX];
};

void case_make_world(const struct policy *p, struct case_facts *f, struct case_world *w);
/* Asks what `check` names; the answer's words are added to said, joined by ", ". */
void case_ask(struct case_facts *f, struct case_world *w, struct buffer *said);
void case_say(struct buffer *said, const char *word);

#endif

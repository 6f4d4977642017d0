/* What differs between two packs, and what of a record that touches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/policy_diff.h"
#include "library/policy_load.h"
#include "library/policy_small.h"

static struct policy *changed(const char *what, const char *with, const char *item, const char *item_with)
{
	OWN_MEM char *text = what ? replaced(small, what, with) : text_copy(small);
	OWN_MEM char *catalogue = item ? replaced(small_catalogue, item, item_with) : text_copy(small_catalogue);
	OWN_BUFFER struct buffer report = {0};
	struct policy *p = NULL;

	if (parse(text, catalogue, NULL, &p, &report))
		print_error("%.*s", (int)report.n, (const char *)report.at);
	assert_non_null(p);
	return p;
}

static void add(const struct policy_change *change, void *arg)
{
	buffer_add_format(arg, "%s %s %s\n", change->path, change->before, change->after);
}

static void read_whole(const char *path, struct buffer *ret)
{
	FILE *file = fopen(path, "r");
	uint8_t some[4096];
	size_t n;

	assert_non_null(file);
	while ((n = fread(some, 1, sizeof(some), file)) > 0)
		buffer_add(ret, some, n);
	assert_int_equal(fclose(file), 0);
}

static struct policy *parse_two(struct bytes pack, struct bytes catalogue)
{
	const struct policy_source sources[] = {{"p.yaml", pack, false}, {"c.yaml", catalogue, false}};
	OWN_BUFFER struct buffer report = {0};
	struct policy *p = NULL;

	return policy_parse(sources, 2, &p, &report) == 0 ? p : NULL;
}

static void test_differences(void **state)
{
	static const struct {
		const char *what, *with, *item, *item_with, *lines;
	} cases[] = {
	    {NULL, NULL, NULL, NULL, ""},
	    {"version: '1'", "version: '2'", NULL, NULL, "pack.version 1 2\n"},
	    {NULL, NULL, "signals: [a b]}", "signals: [a b], permanent: true}", "catalogue.1.1.permanent false true\n"},
	    {"max_term: 10y", "max_term: 8y", NULL, NULL, "levels.LOW.max_term 10y 8y\n"},
	    {"max_term: 20y", "max_term: 20y, signature: true", NULL, NULL, "levels.HIGH.signature - true\n"},
	    {"code: LOW, name: Low, max_term: 10y}", "code: LOW, name: Low, max_term: 10y}\n  - {code: MID, name: Mid}",
	     NULL, NULL, "levels.MID.name - Mid\n"},
	    {"proposal: 5wd", "proposal: 6d", NULL, NULL, "deadlines.proposal 5wd 6d\n"},
	    {"expiry: auto", "expiry: notify", NULL, NULL, "terms.expiry auto notify\n"},
	    {"two_persons: [approve]", "two_persons: [approve, release]", NULL, NULL,
	     "two_persons - release\n"},
	    {"ceiling: true", "ceiling: false", NULL, NULL, "appointments.designated.ceiling true false\n"},
	    {"banner: '{level}'", "banner: '{level}!'", NULL, NULL, "marks.banner {level} {level}!\n"},
	    {"day_words: [d]", "day_words: [e, d]", NULL, NULL, "marks.day_words - e\n"},
	    {"leads: [30, 7]", "leads: [30, 14, 7]", NULL, NULL, "terms.leads - 14\n"},
	    {"holidays: []", "holidays: [2026-10-01]", NULL, NULL, "calendar.holidays - 2026-10-01\n"},
	    {"until: 2026-12-31", "until: 2026-12-30", NULL, NULL, "calendar.until 2026-12-31 2026-12-30\n"},
	    {"keep_versions: 10", "keep_versions: 9", NULL, NULL, "storage.keep_versions 10 9\n"},
	    {"keep_versions: 10", "rewrap_by_itself: true, keep_versions: 10", NULL, NULL,
	     "storage.rewrap_by_itself - true\n"},
	    {"two_persons:", "derived: {term: longest, scope: highest}\ntwo_persons:", NULL, NULL,
	     "derived.term - longest\nderived.scope - highest\n"},
	    {"two_persons:", "findings: {D09: {severity: grave}}\ntwo_persons:", NULL, NULL,
	     "findings.D09.severity - grave\n"},
	    {"two_persons:", "units: [{code: city, name: City, decides: LOW}]\ntwo_persons:", NULL, NULL,
	     "units.city.name - City\nunits.city.decides - LOW\n"},
	    {"two_persons:", "requests: {extension: whole, long_term_document: false}\ntwo_persons:", NULL, NULL,
	     "requests.extension - whole\nrequests.long_term_document - false\n"},
	    {"two_persons:", "earlier: [{until: 2020-12-31, version: '0', two_persons: []}]\ntwo_persons:", NULL, NULL,
	     "earlier.2020-12-31.until - 2020-12-31\nearlier.2020-12-31.version - 0\n"},
	    {"two_persons:",
	     "sources: {regimes: A, levels: B, posts: D, terms: E, marks: F, appointments: G, two_persons: H, disputes: I,\n"
	     "  deadlines: J, calendar: K, storage: L}\ntwo_persons:",
	     NULL, NULL,
	     "sources.regimes - A\nsources.levels - B\nsources.posts - D\nsources.terms - E\nsources.marks - F\n"
	     "sources.appointments - G\nsources.two_persons - H\nsources.disputes - I\nsources.deadlines - J\n"
	     "sources.calendar - K\nsources.storage - L\n"},
	    {NULL, NULL, "signals: [a b]", "signals: [a c]",
	     "catalogue.1.1.signals a b -\ncatalogue.1.1.signals - a c\n"},
	    {NULL, NULL, "scope: ['dept:a'], signals", "scope: ['dept:b'], producer: Chief, signals",
	     "catalogue.1.1.producer - Chief\ncatalogue.1.1.scope dept:a -\ncatalogue.1.1.scope - dept:b\n"},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "catalogue.1.1.level LOW HIGH\n"},
	    {NULL, NULL, "id: '1.1'", "id: '0.9'", "catalogue.0.9 - A\ncatalogue.1.1 A -\n"},
	    {NULL, NULL, "id: '1.2'", "id: '1.3'", "catalogue.1.2 B -\ncatalogue.1.3 - B\n"},
	};
	OWNED(policy) struct policy *a = changed(NULL, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy)
		struct policy *b = changed(cases[i].what, cases[i].with, cases[i].item, cases[i].item_with);
		OWN_BUFFER struct buffer said = {0};
		OWN_MEM char *lines = NULL;

		policy_diff(a, b, add, &said);
		lines = buffer_steal_text(&said);
		assert_string_equal(lines, cases[i].lines);
	}
}

/* A number is made larger, a truth turned. NULL: there is none in the line. */
static char *changed_line(const char *line, size_t n)
{
	OWN_MEM char *copy = text_format("%.*s", (int)n, line);
	const char *truth = copy ? strstr(copy, ": true") : NULL;
	size_t digits = copy ? strcspn(copy, "12345678") : 0;

	if (truth)
		return text_format("%.*s: false%s", (int)(truth - copy), copy, truth + 6);
	if (!copy || !copy[digits] || strchr(copy, '#'))
		return NULL;
	copy[digits]++;
	return steal(&copy);
}

/* Whatever part a value stands in: what loads differently is told. */
static void test_nothing_is_left_out(void **state)
{
	OWN_BUFFER struct buffer catalogue = {0};
	OWN_BUFFER struct buffer text = {0};
	OWNED(policy) struct policy *a = NULL;
	size_t tried = 0;

	(void)state;
	read_whole("policy/us/catalogue.yaml", &catalogue);
	read_whole("policy/us/pack.yaml", &text);
	a = parse_two(buffer_bytes(&text), buffer_bytes(&catalogue));
	assert_non_null(a);
	for (size_t at = 0, end; at < text.n; at = end + 1) {
		const char *lines = (const char *)text.at;
		OWN_BUFFER struct buffer said = {0};
		OWN_BUFFER struct buffer other = {0};

		for (end = at; end < text.n && lines[end] != '\n';)
			end++;
		OWN_MEM char *line = changed_line(lines + at, end - at);
		if (!line)
			continue;
		buffer_add(&other, lines, at);
		buffer_add_text(&other, line);
		buffer_add(&other, lines + end, text.n - end);
		OWNED(policy) struct policy *b = parse_two(buffer_bytes(&other), buffer_bytes(&catalogue));
		if (!b)
			continue;
		tried++;
		policy_diff(a, b, add, &said);
		if (said.n == 0)
			print_error("nothing is told of: %s\n", line);
		assert_true(said.n > 0);
	}
	assert_true(tried > 40);
}

static void test_what_is_touched(void **state)
{
	static const struct {
		const char *what, *with, *item, *item_with;
		const char *level, *of, *term, *why; /* why NULL: not touched */
	} cases[] = {
	    {NULL, NULL, NULL, NULL, "LOW", "1.1", "P5Y from issue", NULL},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "LOW", "1.1", "P5Y from issue",
	     "item 1.1: LOW, now HIGH"},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "LOW", "1.2", "P5Y from issue", NULL},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "LOW", NULL, "P5Y from issue", NULL},
	    {NULL, NULL, "id: '1.1'", "id: '0.9'", "LOW", "1.1", "P5Y from issue", "item 1.1 is gone"},
	    {NULL, NULL, "id: '1.1'", "id: '0.9'", "LOW", "7.7", "P5Y from issue", NULL},
	    {NULL, NULL, "level: LOW, term: 5y, scope: ['dept:a']", "level: OPEN, prohibited: true", "LOW", "1.1",
	     "P5Y from issue", "item 1.1 may not be classified any more"},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "P6Y from issue", NULL},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "P7Y from issue",
	     "P7Y from issue is longer than the new P6Y from issue"},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "P11Y from issue", NULL}, /* it was too long */
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "HIGH", NULL, "P7Y from issue", NULL},
	    {NULL, NULL, "term: 5y", "term: 4y, max_term: 4y", "LOW", "1.1", "P5Y from issue",
	     "P5Y from issue is longer than the new P4Y from issue"},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "", NULL},
	};
	OWNED(policy) struct policy *a = changed(NULL, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy)
		struct policy *b = changed(cases[i].what, cases[i].with, cases[i].item, cases[i].item_with);
		const struct touched_facts facts = {
		    .level = cases[i].level, .item = cases[i].of, .term = cases[i].term, .start = {2026, 1, 1}};
		char why[TOUCHED_WHY_MAX] = "";

		assert_int_equal(policy_touches(a, b, &facts, why), cases[i].why != NULL);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_differences),
	    cmocka_unit_test(test_nothing_is_left_out),
	    cmocka_unit_test(test_what_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

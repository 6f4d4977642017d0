#ifndef TESTS_LIBRARY_POLICY_SMALL_H
#define TESTS_LIBRARY_POLICY_SMALL_H

#include "base/text.h"
#include "library/policy_load.h"

/* A pack small enough to break one thing at a time. */
static const char small[] =
    "pack: {id: t, version: '1', effective: 2026-01-01, title: T, languages: E}\n"
    "regimes: {state-secret: S}\n"
    "levels:\n"
    "  - {code: OPEN, name: Open}\n"
    "  - {code: LOW, name: Low, max_term: 10y}\n"
    "  - {code: HIGH, name: High, max_term: 20y, unlock: person}\n"
    "posts: {core: Core}\n"
    "terms: {kinds: [period, date, event], leap: feb28, over: on-day, expiry: auto, leads: [30, 7]}\n"
    "marks: {banner: '{level}', many_sources: M, released: R, years: '{n}y', months: '{n}m', days: '{n}d',\n"
    "  year_words: [y], month_words: [m], day_words: [d], date: '{y}', date_compact: '{y}', long_term: L}\n"
    "appointments: {designated: {name: D, may: [approve], original: true, derived: true, ceiling: true}}\n"
    "two_persons: [approve]\n"
    "disputes: {interim: current, doubt_goes_down: false}\n"
    "deadlines: {proposal: 5wd}\n"
    "calendar: {weekend: [sat, sun], from: 2026-01-01, until: 2026-12-31, holidays: [], workdays: []}\n"
    "storage: {keep_versions: 10, keep_decided: true, grace: 60min, open_limit: 12h, power_off_days: 45, "
    "appointment_lead: 30}\n";
static const char small_catalogue[] =
    "catalogue:\n"
    "  version: '1'\n"
    "  chapters:\n"
    "    - title: C\n"
    "      items:\n"
    "        - {id: '1.1', title: A, level: LOW, term: 5y, scope: ['dept:a'], signals: [a b]}\n"
    "        - {id: '1.2', title: B, level: HIGH, term: 20y, scope: ['dept:a']}\n";

static inline int parse(const char *main_text, const char *catalogue, const char *site, struct policy **ret,
			struct buffer *report)
{
	const struct policy_source sources[] = {
	    {"p.yaml", bytes_of_text(main_text), false},
	    {"c.yaml", bytes_of_text(catalogue), false},
	    {"site/s.yaml", bytes_of_text(site ? site : ""), true},
	};

	return policy_parse(sources, site ? 3 : 2, ret, report);
}

static inline char *replaced(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);

	assert_non_null(at);
	return text_format("%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
}

#endif

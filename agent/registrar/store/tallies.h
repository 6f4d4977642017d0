/*
 * Counts that are kept with each change, so that neither the annual return nor the state of all records at a past day
 * reads the records (adr/0038). holdings: by how many a group of records grew or shrank on a day; acts: what was done
 * to records in a year. The same numbers follow, slowly, from records, versions and events: store_tallies_make().
 */
#ifndef REGISTRAR_TALLIES_H
#define REGISTRAR_TALLIES_H

#include "registrar/store/store.h"

/* Of a row of records or versions: what counts now, and how it came about. */
#define TALLY_REGIME "coalesce(regime,'none')"
#define TALLY_LEVEL  "CASE WHEN decided_level<>'' THEN decided_level ELSE coalesce(proposed_level,'') END"
#define TALLY_UNTIL  "coalesce(declassify_on,'')" /* the day on which the term is over; "" : none */
#define TALLY_GROUP  TALLY_REGIME "," TALLY_LEVEL ",state," TALLY_UNTIL
#define TALLY_KIND                                                                                                     \
	"CASE WHEN entry IN ('imported','ordered') THEN entry"                                                         \
	" WHEN decided_basis='derived' OR decided_as IN ('derived-only','derivative') THEN 'derived'"                  \
	" WHEN coalesce(decided_as,'none')='none' THEN 'none' ELSE 'original' END"
#define TALLY_TERM                                                                                                     \
	"CASE WHEN decided_term LIKE 'until %' THEN 'date' WHEN decided_term LIKE 'event %' THEN 'event'"              \
	" WHEN decided_term LIKE '% from %' THEN substr(decided_term,1,instr(decided_term,' ')-1)"                     \
	" ELSE coalesce(decided_term,'') END"
#define TALLY_OF_ACT TALLY_KIND "," TALLY_TERM ",coalesce(responsible,''),coalesce(department,'')"
#define TALLY_ACT    TALLY_REGIME "," TALLY_LEVEL "," TALLY_OF_ACT

#define TALLIES_TABLES                                                                                                 \
	"CREATE TABLE holdings(day TEXT NOT NULL, regime TEXT NOT NULL, level TEXT NOT NULL, state TEXT NOT NULL,"     \
	" until TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(day,regime,level,state,until)) STRICT, WITHOUT ROWID;"  \
	"CREATE TABLE acts(year TEXT NOT NULL, act TEXT NOT NULL, regime TEXT NOT NULL, level TEXT NOT NULL,"          \
	" kind TEXT NOT NULL, term TEXT NOT NULL, approver TEXT NOT NULL, department TEXT NOT NULL,"                   \
	" n INTEGER NOT NULL, PRIMARY KEY(year,act,regime,level,kind,term,approver,department)) STRICT, WITHOUT ROWID;" \
	"CREATE INDEX findings_since ON findings(since,code,state,number);"                                            \
	"CREATE INDEX tasks_challenges ON tasks(opened) WHERE kind='challenge';"
/* Every version with the day on which it was made: that of its entry, for older ones its day in UTC. */
#define TALLIES_VERSIONS(columns)                                                                                      \
	"(SELECT x.number,x.version,coalesce(e.day,substr(e.time,1,10)) AS day,e.act," columns                         \
	" FROM (SELECT * FROM versions UNION ALL SELECT * FROM records) x JOIN events e ON e.seq=x.seq)"
#define TALLIES_MAKE                                                                                                   \
	"INSERT INTO holdings WITH v(number,version,day,act,regime,level,state,until) AS " TALLIES_VERSIONS(           \
	    TALLY_GROUP) ", w AS (SELECT *,lag(regime) OVER o AS r0,lag(level) OVER o AS l0,lag(state) OVER o AS s0,"  \
			 "lag(until) OVER o AS u0 FROM v WINDOW o AS (PARTITION BY number ORDER BY version))"          \
			 " SELECT day,regime,level,state,until,sum(n) FROM (SELECT day,regime,level,state,until,1 AS " \
			 "n FROM w UNION ALL SELECT day,r0,l0,s0,u0,-1 FROM w WHERE r0 IS NOT NULL)"                   \
			 " GROUP BY 1,2,3,4,5 HAVING sum(n)<>0;"                                                       \
	"INSERT INTO acts WITH v(number,version,day,act,regime,level,kind,term,approver,department) AS "               \
	TALLIES_VERSIONS(TALLY_ACT) " SELECT substr(day,1,4),act,regime,level,kind,term,approver,department,count(*)"  \
				    " FROM v GROUP BY 1,2,3,4,5,6,7,8;"

/* Where a record counts; version 0: nowhere yet. */
struct tally {
	int64_t version;
	char regime[24], level[40], state[24], until[11];
};
/* What an entry changes about the counts; texts are of the entry or its arena. */
struct tally_change {
	struct tally before, after;
	const char *day, *act;
	const char *kind, *term, *approver, *department; /* of the record afterwards; kind NULL: nothing is counted */
};
/* For apply: 0 or an answer of the database. */
int tally_before(struct database *db, const char *number, struct tally_change *ret) MUST_CHECK;
int tally_after(struct database *db, const char *number, struct arena *a, struct tally_change *ret) MUST_CHECK;
/* Once the entry is applied. Gathered, and written once for many by store_counts_write(). */
int tally_count(struct store *s, const struct tally_change *change) MUST_CHECK;

/* What was gathered: rows of both tables by their key. */
struct tally_sheet;
void tally_sheet_free(struct tally_sheet *sheet);
void tally_sheet_forget(struct tally_sheet *sheet); /* NULL is fine */
int tally_sheet_write(struct store *s) MUST_CHECK;   /* 0 or an answer of the database */

/* Both tables anew from records, versions and events: seconds for a million records. */
int store_tallies_make(struct store *s) MUST_CHECK;

struct store_holding {
	const char *regime, *level, *state, *until; /* until: "2036-03-01", "" */
	int64_t n;
};
typedef int (*store_holding_fn)(const struct store_holding *h, void *arg);
/* How many records there were at the end of that day, group by group. */
int store_holdings(struct store *s, struct date at, store_holding_fn each, void *arg) MUST_CHECK;

struct store_act {
	const char *act, *regime, *level, *kind, *term, *approver, *department;
	int64_t n;
};
/* What was found in a year, of state secrets, of what is called none, and of files without a record; by code. */
struct store_found {
	const char *code;
	int64_t n, open, corrected, dismissed; /* as they stand now */
};
typedef int (*store_found_fn)(const struct store_found *f, void *arg);
int store_found(struct store *s, int year, store_found_fn each, void *arg) MUST_CHECK;
int store_challenges(struct store *s, int year, int64_t *ret) MUST_CHECK; /* of the same, made in that year */
typedef int (*store_act_fn)(const struct store_act *a, void *arg);
int store_acts(struct store *s, int year, store_act_fn each, void *arg) MUST_CHECK;

#endif

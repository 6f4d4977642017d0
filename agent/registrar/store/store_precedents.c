#include "registrar/store/store_precedents.h"

#include "registrar/store/store_private.h"

static int take_term(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct precedents *of = context;
	const char *rule = store_column_text(row, 0, a);

	(void)s;
	if (of->n < PRECEDENTS_MAX && rule && term_parse_rule(rule, &of->at[of->n]))
		of->n++;
	return 0;
}

int store_precedents(struct store *s, struct precedents *of)
{
	of->n = 0;
	return store_each(s,
			  "SELECT decided_term FROM (SELECT * FROM records INDEXED BY records_item WHERE decided_item=?1"
			  " ORDER BY number DESC LIMIT ?5) r"
			  " WHERE pack=?2 AND decided_level=?3 AND number<>?4 AND state IN ('classified','issued')"
			  " AND (last_review>=decided_on OR 0<(SELECT count(*) FROM events e WHERE e.number=r.number"
			  "  AND e.act IN ('read','unseal') AND e.person=r.responsible AND e.why IS NOT 'sign'"
			  "  AND e.seq<(SELECT max(seq) FROM events WHERE number=r.number AND act=r.decision)"
			  "  AND e.seq>coalesce((SELECT max(seq) FROM events WHERE number=r.number AND act IN ('submit','content')"
			  "   AND seq<(SELECT max(seq) FROM events WHERE number=r.number AND act=r.decision)),0)))",
			  VALUES(value_text(of->item), value_text(of->pack), value_text(of->level),
				 value_text(of->but ? of->but : ""), value_int(PRECEDENTS_MAX)),
			  take_term, of);
}

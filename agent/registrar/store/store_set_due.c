/* What the index says of itself, beside what the journal says. */
#include "registrar/store/store_private.h"

int store_mark(struct store *s)
{
	return database_mark(s->db);
}

int store_set_due(struct store *s, const char *number, const char *due)
{
	return database_run(s->db, "UPDATE records SET due=nullif(?2,'') WHERE number=?1 AND due IS NOT nullif(?2,'')",
			    VALUES(value_text(number), value_text(due)));
}

int store_set_fact(struct store *s, const char *key, const char *value)
{
	return database_run(s->db, "INSERT INTO facts(key,value) VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET value=?2",
			    VALUES(value_text(key), value_text(value)));
}

int store_release(struct store *s)
{
	return database_release(s->db);
}

int store_return(struct store *s)
{
	return database_return(s->db);
}

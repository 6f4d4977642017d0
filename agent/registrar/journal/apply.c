#include "registrar/journal/apply.h"

#include "base/date.h"
#include "base/text.h"
#include "registrar/store/record_json.h"
#include "registrar/store/store_private.h"

#include <errno.h>
#include <string.h>

#define PARAMETERS_MAX 24

struct change {
	struct store *store;
	struct database *db;
	struct json_view entry;
	struct json_view in; /* the object that the step's parameters are in */
	struct arena arena;
};

/*
 * A step is one statement and its parameters, in order:
 *   #  number of the entry     @  its time     $  its actor     N  number of the record it is about     V  its version
 *   'word  that word           key  a field, by the letter before it:
 *   t: text   i: integer   b: flag (absent: 0)   d: date or ""   s: sealed bytes   l: list, one a line   j: object
 * A key ending in ! must be there. Steps within an object are passed over when the entry has none.
 */
struct step {
	const char *op;
	const char *what;   /* the entry's "what" must be this; NULL: any */
	const char *within; /* NULL: the entry itself */
	const char *sql;
	const char *parameters;
	bool must_change; /* exactly one row, else it is about something that is not there */
	int (*run)(struct change *c);
};

static int apply_record(struct change *c);

#define SET_FACT(key)                                                                                                  \
	"INSERT INTO facts SELECT '" key "',?1 WHERE ?1 IS NOT NULL ON CONFLICT(key) DO UPDATE SET "                   \
	"value=excluded.value"
#define KEEP_FACT(key) "INSERT INTO facts SELECT '" key "',?1 WHERE ?1 IS NOT NULL ON CONFLICT(key) DO NOTHING"
#define EVENT_SQL      "INSERT INTO events(seq,number,version,time,person,act,note) VALUES(?,?,?,?,?,?,?)"
#define EVENT(op)                                                                                                      \
	{                                                                                                              \
		op, NULL, NULL, EVENT_SQL, "# N V @ $ '" op " s:note", false, NULL                                     \
	}
static const char copy_version_sql[] = "INSERT INTO versions SELECT * FROM records WHERE number=? AND version<?";

/* What is not named stays as it was. A plaintext that was alone is the one beside the sealed file from then on. */
#define DOCUMENT_PARAMETERS                                                                                            \
	"N i:root! s:path! t:path_hash! i:dev! i:ino! i:generation i:size i:mtime_ns t:sha256 "                        \
	"i:content b:sealed b:plain t:keep t:header_mac t:last_tag t:level t:escrow t:key_id s:facts"
#define DOCUMENT(op)                                                                                                   \
	{                                                                                                              \
		op, NULL, "document", document_sql, DOCUMENT_PARAMETERS, true, NULL                                    \
	}

#define LABEL(op)                                                                                                      \
	{                                                                                                              \
		op, NULL, "label", label_sql,                                                                          \
		    "# N i:version! t:kind! t:text! t:signature t:salt t:digest t:namespace @ $", true, NULL           \
	}

/* In an entry of its own, or of a record that is sealed as soon as it is made (adr/0028). */
#define INTENT(op, within)                                                                                             \
	{                                                                                                              \
		op, NULL, within, intent_sql, "# t:kind! N j:body", true, NULL                                         \
	}
static const char intent_sql[] =
    "INSERT INTO intents(id,kind,number,state,body) VALUES(?,?,?,'open',coalesce(?,'{}'))";

static const char label_sql[] =
    "INSERT INTO labels(seq,number,version,kind,text,signature,salt,digest,space,time,person)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?)";

#define DOCUMENT_SQL(column, value)                                                                                    \
	"INSERT INTO documents(number,root,path,path_hash,dev,ino,generation,size,mtime_ns,sha256,content,sealed,"      \
	"plain_ino,keep,header_mac,last_tag,level,escrow,key_id,facts" column                                          \
	") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,"                                                             \
	"CASE WHEN ?12 THEN NULL ELSE ?6 END,?14,?15,?16,?17,?18,?19,?20" value                                        \
	") ON CONFLICT(number) DO UPDATE SET"                                                                          \
	" root=excluded.root,path=excluded.path,path_hash=excluded.path_hash,dev=excluded.dev,ino=excluded.ino,"       \
	"generation=excluded.generation,size=excluded.size,mtime_ns=excluded.mtime_ns,"                                \
	"sha256=coalesce(excluded.sha256,sha256),content=coalesce(excluded.content,content),"                          \
	"plain_ino=CASE WHEN NOT ?12 THEN ?6 WHEN NOT ?13 THEN NULL WHEN sealed THEN plain_ino ELSE ino END,"          \
	"sealed=excluded.sealed,keep=coalesce(excluded.keep,keep),header_mac=coalesce(excluded.header_mac,header_mac)," \
	"last_tag=coalesce(excluded.last_tag,last_tag),level=coalesce(excluded.level,level),"                          \
	"escrow=coalesce(excluded.escrow,escrow),"                                                                     \
	"key_id=coalesce(excluded.key_id,key_id),facts=coalesce(excluded.facts,facts)"
static const char document_sql[] = DOCUMENT_SQL("", "");
/* Whether the header is of the record's present version. */
static const char sealed_sql[] = DOCUMENT_SQL(
    ",stale", ",coalesce(?21<(SELECT version FROM records WHERE number=?1),0)") ",stale=excluded.stale";

/* A file got another header (rewrap), or all of it anew (reencrypt). A copy has no record's history to stand in. */
static const char moved_sql[] =
    "UPDATE documents SET stale=coalesce(?2<(SELECT version FROM records WHERE number=?1),stale) WHERE number=?1";
static const char moved_event_sql[] = "INSERT INTO events(seq,number,version,time,person,act,note)"
				      " SELECT ?1,?2,?3,?4,?5,?6,?7 WHERE ?2 IS NOT NULL";

#define MOVED(op)                                                                                                      \
	DOCUMENT(op), {op, NULL, NULL, moved_sql, "N V", false, NULL},                                                 \
	    {op, NULL, NULL, moved_event_sql, "# N V @ $ '" op " s:note", false, NULL},                                \
	    {op, NULL, NULL, "UPDATE rotations SET files=files+1 WHERE id=?", "i:rotation", false, NULL},              \
	{                                                                                                              \
		op, NULL, NULL, "DELETE FROM intents WHERE id=?", "i:intent", false, NULL                              \
	}

static const struct step steps[] = {
    {"start", NULL, NULL, KEEP_FACT("trial"), "i:trial", false, NULL},
    {"start", NULL, NULL, KEEP_FACT("zone"), "t:zone", false, NULL},
    {"start", NULL, NULL, SET_FACT("started"), "@", false, NULL},
    {"zone", NULL, NULL, SET_FACT("zone"), "t:zone!", true, NULL},
    {"clock", NULL, NULL, SET_FACT("clock"), "t:what!", true, NULL},
    {"policy", NULL, NULL, SET_FACT("pack"), "t:pack!", true, NULL},
    {"policy", NULL, NULL, SET_FACT("pack_version"), "t:version!", true, NULL},
    {"policy", NULL, NULL, SET_FACT("pack_digest"), "t:digest", false, NULL},
    {"unlock", NULL, NULL, SET_FACT("unlocked"), "t:person!", true, NULL},
    {"lock", NULL, NULL, SET_FACT("locked"), "t:person!", true, NULL},
    {"note", NULL, NULL, SET_FACT("noted"), "t:what!", true, NULL},
    {"recover", NULL, NULL, SET_FACT("recovery"), "t:phase!", true, NULL},
    {"recover", NULL, NULL, SET_FACT("recovery_by"), "t:opened_by", false, NULL},
    {"recover", NULL, NULL, SET_FACT("recovery_of"), "t:opened_of", false, NULL},
    {"recover", NULL, NULL, SET_FACT("recovery_on"), "d:opened_on", false, NULL},
    LABEL("recover"),
    {"backup", NULL, NULL, SET_FACT("backup"), "t:what!", true, NULL},
    {"backup", "done", NULL, SET_FACT("backup_on"), "@", true, NULL},
    {"rollback", NULL, NULL, SET_FACT("rollback"), "t:what!", true, NULL},
    {"rollback", NULL, NULL, SET_FACT("rollback_by"), "t:opened_by!", true, NULL},
    {"rollback", "opened", NULL, SET_FACT("rollback_on"), "d:opened_on!", true, NULL},
    /* Another disk gives other inodes, and by chance those of other documents: names and content tell again. */
    {"rollback", "accepted", NULL,
     "UPDATE documents SET dev=0,ino=9000000000000000000,plain_ino=NULL WHERE ?='restored'", "t:kind!", false, NULL},

    {"person", NULL, NULL,
     "INSERT INTO persons(id,name,login,login_hash,uid,departments,roles,category,since,until,cleared_until,"
     "undertaking,confirmed,entered_by) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
     "t:id! s:name! s:login t:login_hash i:holder! l:departments l:roles t:category d:from! d:until d:cleared_until "
     "d:undertaking b:confirmed $",
     true, NULL},
    {"person-change", NULL, NULL,
     "INSERT OR REPLACE INTO person_changes(person,entered_by,name,departments,roles,category,until,cleared_until,"
     "undertaking) VALUES(?,?,?,?,?,?,?,?,?)",
     "t:id! $ s:name l:departments l:roles t:category d:until d:cleared_until d:undertaking", true, NULL},
    {"confirm", "person", NULL, "UPDATE persons SET confirmed=1,confirmed_by=? WHERE id=? AND NOT confirmed", "$ t:id!",
     true, NULL},
    {"confirm", "change", NULL,
     "UPDATE persons SET name=coalesce(c.name,persons.name),departments=coalesce(c.departments,persons.departments),"
     "roles=coalesce(c.roles,persons.roles),category=coalesce(c.category,persons.category),"
     "until=coalesce(c.until,persons.until),cleared_until=coalesce(c.cleared_until,persons.cleared_until),"
     "undertaking=coalesce(c.undertaking,persons.undertaking)"
     " FROM person_changes c WHERE c.person=persons.id AND persons.id=?",
     "t:id!", true, NULL},
    {"confirm", "change", NULL, "DELETE FROM person_changes WHERE person=?", "t:id!", true, NULL},
    {"confirm", "appointment", NULL,
     "UPDATE appointments SET confirmed_by=? WHERE person=? AND id=? AND confirmed_by IS NULL",
     "$ t:id! i:appointment!", true, NULL},
    {"confirm", "key", NULL,
     "UPDATE keys SET confirmed=1,confirmed_by=?,confirmed_on=substr(?,1,10)"
     " WHERE person=? AND fingerprint=? AND NOT confirmed",
     "$ @ t:id! t:fingerprint!", true, NULL},
    {"suspend", NULL, NULL,
     "UPDATE persons SET suspended_from=CASE WHEN ?1 THEN NULL ELSE ?2 END,suspend_note=?3 WHERE id=?4",
     "b:lift d:from! s:note t:id!", true, NULL},
    {"appointment", NULL, NULL,
     "INSERT INTO appointments(id,person,kind,levels,ceiling,departments,matters,since,until,document,entered_by)"
     " VALUES(?,?,?,?,?,?,?,?,?,?,?)",
     "# t:id! t:kind! l:levels t:ceiling l:departments l:matters d:from! d:until s:document $", true, NULL},
    {"appointment-end", NULL, NULL,
     "UPDATE appointments SET until=?,ended_by=?,end_note=? WHERE person=? AND id=? AND ended_by IS NULL",
     "d:on! $ s:note t:id! i:appointment!", true, NULL},
    {"training", NULL, NULL,
     "INSERT INTO trainings(id,person,content,hours,held,valid_until,entered) VALUES(?,?,?,?,?,?,substr(?,1,10))",
     "# t:id! s:content i:hours! d:held! d:valid_until @", true, NULL},
    {"key", NULL, NULL,
     "INSERT INTO keys(fingerprint,person,kind,line,proof,registered,confirmed,confirmed_by)"
     " VALUES(?,?,?,?,?,substr(?,1,10),?,?)",
     "t:fingerprint! t:id! t:kind! t:line! t:proof @ b:confirmed t:by", true, NULL},
    {"key-revoke", NULL, NULL,
     "UPDATE keys SET revoked=?,revoke_note=? WHERE person=? AND fingerprint=? AND revoked IS NULL",
     "d:on! s:note t:id! t:fingerprint!", true, NULL},

    {"root-defaults", "unset", NULL, "DELETE FROM root_defaults WHERE root=? AND path_hash=?", "i:root! t:path_hash!",
     true, NULL},
    {"root-defaults", "set", NULL,
     "INSERT OR REPLACE INTO root_defaults(root,path,path_hash,item,level,scope,responsible,type,set_by)"
     " VALUES(?,?,?,?,?,?,?,?,?)",
     "i:root! s:path! t:path_hash! t:item t:level l:scope t:responsible t:type $", true, NULL},

    {"record", NULL, NULL, NULL, NULL, false, apply_record},
    {"record", NULL, NULL, EVENT_SQL, "# N V @ $ t:act! s:note", true, NULL},
    DOCUMENT("record"),
    INTENT("record", "intent"),
    /* What a label says may have changed: the wish for a new header must not die with the process. */
    {"record", NULL, NULL,
     "UPDATE documents SET stale=1 WHERE number=? AND sealed AND ? NOT IN"
     " ('issue','request-release','review','recover')",
     "N t:act!", false, NULL},
    LABEL("record"),
    /* The term is over: by law and date only the record moves, so a sweep writes no more than that. */
    {"expire", NULL, NULL, copy_version_sql, "N V", true, NULL},
    {"expire", NULL, NULL,
     "UPDATE records SET version=?1,state='expired',request='new',next_review=NULL,due=?2,seq=?3"
     " WHERE number=?4 AND version=?1-1",
     "V d:due # N", true, NULL},
    EVENT("expire"),
    {"due", NULL, NULL, "UPDATE records SET due=? WHERE number=?", "d:due N", true, NULL},

    DOCUMENT("document"),
    {"sealed", NULL, "document", sealed_sql, DOCUMENT_PARAMETERS " V", true, NULL},
    EVENT("sealed"),
    {"disposed", NULL, NULL, "UPDATE documents SET plain_ino=NULL WHERE number=? AND sealed", "N", false, NULL},
    {"disposed", NULL, NULL, "DELETE FROM intents WHERE id=?", "i:intent", false, NULL},
    INTENT("intent", NULL),
    {"intent-end", NULL, NULL, "DELETE FROM intents WHERE id=?", "i:intent!", false, NULL},
    MOVED("rewrap"),
    MOVED("reencrypt"),
    {"key-of", NULL, NULL, "UPDATE documents SET key_id=? WHERE number=?", "t:key_id! N", true, NULL},
    EVENT("shredded"),
    {"epoch", "known", NULL,
     "INSERT INTO epochs(key_id,level,epoch,since,state,changed,person) VALUES(?1,?2,?3,?4,?5,?4,?6)"
     " ON CONFLICT(key_id) DO UPDATE SET state=excluded.state,changed=excluded.changed,person=excluded.person,"
     "destroy_by=NULL",
     "t:key_id! t:level! t:epoch! @ t:state! $", true, NULL},
    {"epoch", "state", NULL, "UPDATE epochs SET state=?,changed=?,person=?,destroy_by=NULL WHERE key_id=?",
     "t:state! @ $ t:key_id!", true, NULL},
    {"epoch", "destroy-proposed", NULL,
     "UPDATE epochs SET destroy_by=?,destroy_on=?,destroy_files=? WHERE key_id=? AND state<>'destroyed'",
     "$ d:on! i:files! t:key_id!", true, NULL},
    {"rotation", "begun", NULL, "INSERT INTO rotations(id,level,epoch,mode,begun,person) VALUES(?,?,?,?,?,?)",
     "# t:level! t:epoch! t:mode! @ $", true, NULL},
    {"rotation", "ended", NULL, "UPDATE rotations SET ended=? WHERE id=? AND ended IS NULL", "@ i:rotation!", true,
     NULL},
    EVENT("read"),
    EVENT("unseal"),
    DOCUMENT("restore"),
    EVENT("restore"),
    {"checkout", NULL, NULL,
     "INSERT INTO checkouts(id,number,version,root,path,path_hash,person,since) VALUES(?,?,?,?,?,?,?,?)",
     "# N i:version! i:root! s:path! t:path_hash! $ @", true, NULL},
    {"checkout-due", NULL, NULL, "UPDATE checkouts SET due=? WHERE id=?", "t:why! i:checkout!", true, NULL},
    {"checkout-end", NULL, NULL, "DELETE FROM checkouts WHERE id=?", "i:checkout!", true, NULL},

    {"finding", NULL, NULL,
     "INSERT INTO findings(id,code,severity,owner,number,root,path,path_hash,subject,person,evidence,since,due,state)"
     " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,'open')",
     "# t:code! t:severity! t:owner! N i:root s:path t:path_hash t:subject t:person s:evidence d:since! d:due", true,
     NULL},
    {"finding-close", NULL, NULL,
     "UPDATE findings SET state=?,closed_by=?,closed_note=?,closed_at=? WHERE id=? AND state='open'",
     "t:how! $ s:note @ i:finding!", true, NULL},
    {"escrow", "initial", NULL,
     "INSERT INTO escrows(id,recipient,key_id,shares,threshold,proposed_by,proposed,since,confirmed,installed)"
     " VALUES(?1,?2,?3,0,0,?4,?5,?1,?5,?5)",
     "# t:recipient! t:key! $ @", true, NULL},
    {"escrow", "proposed", NULL, "DELETE FROM escrows WHERE since IS NULL", "", false, NULL},
    {"escrow", "proposed", NULL,
     "INSERT INTO escrows(id,recipient,key_id,shares,threshold,proposed_by,proposed) VALUES(?,?,?,?,?,?,?)",
     "# t:recipient! t:key! i:shares! i:threshold! $ @", true, NULL},
    {"escrow", "confirmed", NULL,
     "UPDATE escrows SET since=?,confirmed_by=?,confirmed=? WHERE recipient=? AND since IS NULL", "# $ @ t:recipient!",
     true, NULL},
    {"escrow", "installed", NULL, "UPDATE escrows SET installed=? WHERE recipient=?", "@ t:recipient!", true, NULL},
    {"escrow", "differs", NULL,
     "UPDATE escrows SET installed=NULL WHERE recipient<>? AND since=(SELECT max(since) FROM escrows)", "t:recipient!",
     true, NULL},
    {"escrow", "moved", NULL, "UPDATE escrows SET moved_by=?,moved=? WHERE recipient=? AND moved IS NULL",
     "$ @ t:recipient!", true, NULL},
    {"drill", NULL, NULL,
     "INSERT INTO drills(id,recipient,time,person,number,outcome,step,ms,holders) VALUES(?,?,?,?,?,?,?,?,?)",
     "# t:recipient! @ $ N t:outcome! t:step i:ms! s:holders", true, NULL},
    {"sweep", NULL, NULL, "INSERT INTO sweeps(id,as_of,considered,due,acted,failed,skipped,ms) VALUES(?,?,?,?,?,?,?,?)",
     "# d:as_of! i:considered! i:due! i:acted! i:failed! j:skipped i:seconds_ms", true, NULL},
};

static int from_database(int result)
{
	if (result == DATABASE_REFUSED)
		return APPLY_CONFLICT;
	return result == DATABASE_FULL || result == DATABASE_BAD ? APPLY_STORE_FAILS : result;
}

/* ---- parameters ---- */

static struct value number_of_record(const struct change *c)
{
	const char *number = json_get_text(c->entry, "number");

	return value_text(number ? number : json_get_text(json_get(c->entry, "record"), "number"));
}

static struct value version_of_record(const struct change *c)
{
	struct json_view record = json_get(c->entry, "record");
	int64_t version = json_get_int(json_is_object(record) ? record : c->entry, "version", 0);

	return version > 0 ? value_int(version) : value_null();
}

static bool take_sealed(struct change *c, const char *key, struct value *ret)
{
	OWN_BUFFER struct buffer b = {0};
	const char *kept;

	if (!json_get_bytes(c->in, key, &b))
		return false;
	kept = arena_bytes(&c->arena, buffer_bytes(&b));
	*ret = value_bytes(bytes_of(kept, kept ? b.n : 0));
	return true;
}

static bool take_lines(struct change *c, struct json_view list, struct value *ret)
{
	OWN_BUFFER struct buffer b = {0};

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_n(list); i++) {
		const char *line = json_as_text(json_at(list, i));

		if (!line || strchr(line, '\n'))
			return false;
		buffer_add_text(&b, i ? "\n" : "");
		buffer_add_text(&b, line);
	}
	*ret = value_text(arena_bytes(&c->arena, buffer_bytes(&b)));
	return !b.failed;
}

static bool take_object(struct change *c, struct json_view v, struct value *ret)
{
	OWN_MEM char *text = json_view_text(v);

	*ret = value_text(arena_text(&c->arena, text));
	return text && json_is_object(v);
}

static bool take_text(struct json_view v, bool is_date, struct value *ret)
{
	const char *text = json_as_text(v);
	struct date date;

	*ret = value_text(text);
	return text && (!is_date || text[0] == '\0' || date_parse(text, &date));
}

static bool take_field(struct change *c, char kind, const char *key, struct value *ret)
{
	struct json_view v = json_get(c->in, key);

	switch (kind) {
	case 'i':
		*ret = value_int(json_is_bool(v) ? json_get_bool(c->in, key) : json_as_int(v));
		return json_is_int(v) || json_is_bool(v);
	case 'b':
		*ret = value_int(json_get_bool(c->in, key));
		return json_is_bool(v);
	case 's':
		return take_sealed(c, key, ret);
	case 'l':
		return take_lines(c, v, ret);
	case 'j':
		return take_object(c, v, ret);
	default:
		return take_text(v, kind == 'd', ret);
	}
}

/* One word of a step's parameters. */
static bool take(struct change *c, const char *word, size_t n, struct value *ret)
{
	char key[32];
	bool needed = word[n - 1] == '!';

	switch (word[0]) {
	case '#':
		*ret = value_int(json_get_int(c->entry, "seq", 0));
		return true;
	case '@':
		*ret = value_text(json_get_text(c->entry, "t"));
		return true;
	case '$':
		*ret = value_text(json_get_text(c->entry, "actor"));
		return true;
	case 'N':
		*ret = number_of_record(c);
		return true;
	case 'V':
		*ret = version_of_record(c);
		return true;
	case '\'':
		*ret = value_text(arena_bytes(&c->arena, bytes_of(word + 1, n - 1)));
		return true;
	default:
		break;
	}
	n -= needed ? 3u : 2u;
	if (n >= sizeof(key))
		return false;
	memcpy(key, word + 2, n);
	key[n] = '\0';
	*ret = word[0] == 'b' ? value_int(0) : value_null();
	if (!json_is_present(json_get(c->in, key)))
		return !needed;
	return take_field(c, word[0], key, ret);
}

static int run_statement(struct change *c, const struct step *step)
{
	struct value values[PARAMETERS_MAX];
	const char *at = step->parameters;
	size_t n = 0;
	int result;

	while (*at) {
		size_t length = strcspn(at, " ");

		if (n == PARAMETERS_MAX || !take(c, at, length, &values[n++]))
			return APPLY_MALFORMED;
		at += length;
		at += *at == ' ';
	}
	result = from_database(database_run(c->db, step->sql, values, n));
	if (result == 0 && step->must_change && database_changes(c->db) != 1)
		return APPLY_CONFLICT;
	return result;
}

/* ---- records ---- */

/* "2026-000123" takes that number of that year. Numbers of another form (imported ones) count nothing. */
static int count_number(struct change *c, const char *number)
{
	uint64_t year, last;
	char text[8] = "";

	if (strlen(number) < 6 || number[4] != '-')
		return 0;
	memcpy(text, number, 4);
	number += 5 + strspn(number + 5, "0");
	if (!text_to_u64(text, 9999, &year) || !text_to_u64(number, INT32_MAX, &last))
		return 0;
	return database_run(c->db,
			    "INSERT INTO counters VALUES(?,?) ON CONFLICT(year) DO UPDATE SET last=excluded.last "
			    "WHERE excluded.last>last",
			    VALUES(value_int((int64_t)year), value_int((int64_t)last)));
}

static int apply_record(struct change *c)
{
	struct value values[RECORD_COLUMNS + 2];
	struct json_view record = json_get(c->entry, "record");
	size_t n = record_column_n();
	struct json_view due = json_get(c->entry, "due");
	int result = 0;

	values[n] = value_null();
	if (!record_bind(record, &c->arena, values) || (json_is_present(due) && !take_text(due, true, &values[n])))
		return APPLY_MALFORMED;
	values[n + 1] = value_int(json_get_int(c->entry, "seq", 0));
	/* A new version: the one before moves among the versions and stays there. */
	if (json_get_int(record, "version", 0) > 1)
		result = database_run(c->db, copy_version_sql, VALUES(number_of_record(c), version_of_record(c)));
	if (result == 0)
		result = count_number(c, json_get_text(record, "number"));
	if (result == 0)
		result = database_run(c->db, c->store->record_put, values, n + 2);
	if (result == 0 && database_changes(c->db) != 1)
		return APPLY_CONFLICT; /* an older version than the present one */
	return from_database(result);
}

int apply_entry(struct store *store, struct json_view entry)
{
	struct change c = {.store = store, .db = store->db, .entry = entry};
	const char *op = json_get_text(entry, "op"), *what = json_get_text(entry, "what");
	int result = APPLY_UNKNOWN_OP;

	for (size_t i = 0; i < array_n(steps); i++) {
		const struct step *step = &steps[i];

		if (!text_equal(op, step->op) || (step->what && !text_equal(step->what, what)))
			continue;
		c.in = step->within ? json_get(entry, step->within) : entry;
		result = 0;
		if (step->within && !json_is_object(c.in))
			continue;
		result = step->run ? step->run(&c) : run_statement(&c, step);
		if (result)
			break;
	}
	arena_done(&c.arena);
	store_speaks(store);
	return result;
}

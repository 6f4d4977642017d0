/* What each operation of the journal does to the store, one row a statement. Recovery runs the same rows. */
#include "registrar/journal/apply_steps.h"

#define SET_FACT(key)                                                                                                  \
	"INSERT INTO facts SELECT '" key "',?1 WHERE ?1 IS NOT NULL ON CONFLICT(key) DO UPDATE SET "                   \
	"value=excluded.value"
#define KEEP_FACT(key) "INSERT INTO facts SELECT '" key "',?1 WHERE ?1 IS NOT NULL ON CONFLICT(key) DO NOTHING"
#define EVENT_SQL      "INSERT INTO events(seq,number,version,time,person,act,note) VALUES(?,?,?,?,?,?,?)"
/* Of what changes a record: with the day on which it counts. */
const char apply_change_event[] =
    "INSERT INTO events(seq,number,version,time,person,act,note,day) VALUES(?,?,?,?,?,?,?,?)";
/* Who answers for what was derived from it is asked in the same sweep, or, where that was cut short, the next one. */
const char apply_unfollowed[] =
    "INSERT INTO unfollowed SELECT source FROM derivations WHERE source=? LIMIT 1 ON CONFLICT DO NOTHING";
const char apply_expire_parameters[] = "# N V @ $ 'expire s:note d:day d:due";
#define WHY_EVENT_SQL "INSERT INTO events(seq,number,version,time,person,act,note,day,why) VALUES(?,?,?,?,?,?,?,?,?)"
#define EVENT(op)                                                                                                      \
	{                                                                                                              \
		op, NULL, NULL, EVENT_SQL, "# N V @ $ '" op " s:note", false, NULL                                     \
	}
const char apply_copy_version[] = "INSERT INTO versions SELECT * FROM records WHERE number=? AND version<?";

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

#define TASK_OPENED "# t:kind! N t:owner! d:on! $ d:due s:note"
static const char task_opened_sql[] =
    "INSERT INTO tasks(id,kind,number,owner,opened,opened_by,due,note) VALUES(?,?,?,?,?,?,?,?)";
#define TASK_ANSWERED "t:outcome! d:on! $ s:reply t:request V i:task!"
static const char task_answered_sql[] =
    "UPDATE tasks SET outcome=?,closed=?,closed_by=?,reply=?,request=?,version=? WHERE id=? AND closed IS NULL";

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

/* Who reads what the pack registers knows it from then on; the first time counts. */
#define KNOWS(op)                                                                                                      \
	{                                                                                                              \
		op, NULL, NULL,                                                                                        \
		    "INSERT INTO knowers(id,number,person,since,how,by) SELECT ?1,?2,?3,substr(?4,1,10),?5,?3 WHERE "  \
		    "?6 ON CONFLICT(number,person) WHERE person IS NOT NULL DO NOTHING",                               \
		    "# N $ @ t:purpose b:knows", false, NULL                                                           \
	}

/* Used up by this, once. */
#define USES_CONSENT(op, what)                                                                                         \
	{                                                                                                              \
		op, what, NULL, "UPDATE consents SET used=substr(?,1,10) WHERE id=? AND used IS NULL", "@ i:consent",  \
		    false, NULL                                                                                        \
	}

const struct step apply_steps[] = {
    {"start", NULL, NULL, KEEP_FACT("trial"), "i:trial", false, NULL},
    {"start", NULL, NULL, KEEP_FACT("zone"), "t:zone", false, NULL},
    {"start", NULL, NULL, SET_FACT("started"), "@", false, NULL},
    {"zone", NULL, NULL, SET_FACT("zone"), "t:zone!", true, NULL},
    {"clock", NULL, NULL, SET_FACT("clock"), "t:what!", true, NULL},
    {"policy", NULL, NULL, SET_FACT("pack"), "t:pack!", true, NULL},
    {"policy", NULL, NULL, SET_FACT("pack_version"), "t:version!", true, NULL},
    {"policy", NULL, NULL, SET_FACT("pack_digest"), "t:digest", false, NULL},
    {"policy", NULL, NULL, SET_FACT("pack_set"), "i:set", false, NULL},
    {"policy", NULL, NULL, SET_FACT("reviews_from"), "i:reviews_from", false, NULL},
    {"policy", NULL, NULL, SET_FACT("reviews_after"), "i:reviews_after", false, NULL},
    {"policy-reviews", NULL, NULL, SET_FACT("reviews_after"), "i:after!", true, NULL},
    {"policy-reviews", "done", NULL, "DELETE FROM facts WHERE key IN ('reviews_from','reviews_after')", "", false,
     NULL},
    {"policy-set", "proposed", NULL, "DELETE FROM policy_sets WHERE confirmed IS NULL", "", false, NULL},
    {"policy-set", "proposed", NULL,
     "INSERT INTO policy_sets(id,drops,digest,pack,version,effective,issuer,approved_by,reason,proposed_by,proposed_uid,"
     "proposed) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
     "# i:drops! t:digest! t:pack! t:version! d:effective t:issuer l:approved_by s:reason $ i:uid! @", true, NULL},
    {"policy-set", "confirmed", NULL,
     "UPDATE policy_sets SET starts=?,agreed=?,confirmed_by=?,confirmed=? WHERE id=? AND confirmed IS NULL",
     "d:starts! # $ @ i:set!", true, NULL},
    {"policy-set", "confirmed", NULL,
     "UPDATE policy_sets SET dropped_by=?1,dropped=?2 WHERE dropped_by IS NULL"
     " AND id=(SELECT drops FROM policy_sets WHERE id=?3)",
     "$ @ i:set!", false, NULL},
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
     "INSERT INTO appointments(id,person,kind,levels,ceiling,departments,matters,since,until,document,entered_by,"
     "stands_for) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
     "# t:id! t:kind! l:levels t:ceiling l:departments l:matters d:from! d:until s:document $ t:stands_for", true, NULL},
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

    {"record", NULL, NULL, NULL, NULL, false, apply_count_before},
    {"record", NULL, NULL, NULL, NULL, false, apply_record},
    {"record", NULL, NULL, NULL, NULL, false, apply_count_after},
    {"record", NULL, NULL, NULL, NULL, false, apply_sources},
    {"record", NULL, NULL, WHY_EVENT_SQL, "# N V @ $ t:act! s:note d:day t:why", true, NULL},
    DOCUMENT("record"),
    INTENT("record", "intent"),
    /* What the file carries of the record has changed: the wish for a new header must not die with the process. What
     * came from the file, or takes it away, asks for none; and that a term is over (op expire) follows from what is there. */
    {"record", NULL, NULL,
     "UPDATE documents SET stale=1 WHERE number=? AND sealed AND ? NOT IN"
     " ('recover','destroy')",
     "N t:act!", false, NULL},
    LABEL("record"),
    {"record", NULL, "set", "INSERT INTO decision_sets VALUES(?,?,?,?,?,?)", "# N V t:text! t:signature! $", true,
     NULL},
    /* An answer to a task, and what it did to the record, are one entry. */
    {"record", NULL, "task", task_answered_sql, TASK_ANSWERED, true, NULL},
    {"record", NULL, "asks", task_opened_sql, TASK_OPENED, true, NULL},
    /* The term is over: by law and date only the record moves, so a sweep writes no more than that. */
    {"expire", NULL, NULL, NULL, NULL, false, apply_expire},
    {"followed", NULL, NULL, "DELETE FROM unfollowed WHERE source=?", "N", false, NULL},
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
    {"read", NULL, NULL, "INSERT INTO events(seq,number,version,time,person,act,note,why) VALUES(?,?,?,?,?,?,?,?)",
     "# N V @ $ 'read s:note t:why", false, NULL},
    KNOWS("read"),
    EVENT("unseal"),
    EVENT("mark-notice"),
    KNOWS("unseal"),
    USES_CONSENT("read", NULL),
    {"copy", "made", NULL,
     "INSERT INTO copies(id,number,n,total,person,name,how,state,made,by,receipt_due,due)"
     " VALUES(?,?,?,?,?,?,?,?,substr(?,1,10),?,?,?)",
     "# N i:n! i:total! t:person s:name t:how! t:state! @ $ d:receipt_due d:due", true, NULL},
    USES_CONSENT("copy", "made"),
    {"copy", "moved", NULL,
     "UPDATE copies SET state=?1,received=CASE ?1 WHEN 'held' THEN substr(?2,1,10) WHEN 'sent' THEN NULL ELSE received END,"
     "ended=CASE WHEN ?1 IN ('returned','void','destroyed') THEN substr(?2,1,10) END,"
     "person=CASE WHEN ?3 THEN ?4 ELSE person END,name=CASE WHEN ?3 THEN ?5 ELSE name END,"
     "receipt_due=coalesce(?6,receipt_due) WHERE number=?7 AND n=?8",
     "t:state! @ b:passes t:person s:name d:receipt_due N i:n!", true, NULL},
    {"copy", NULL, NULL, EVENT_SQL, "# N V @ $ t:act! s:note", true, NULL},
    {"carrier", NULL, NULL, "INSERT OR REPLACE INTO carriers VALUES(?,?,?,?,substr(?,1,10))", "N s:place! t:person s:name @", true,
     NULL},
    EVENT("carrier"),
    {"destruction", "proposed", NULL,
     "INSERT INTO destructions(id,number,n,method,note,witness,by,proposed) VALUES(?,?,?,?,?,?,?,substr(?,1,10))",
     "# N i:n! t:method! s:note s:witness $ @", true, NULL},
    {"destruction", "withdrawn", NULL,
     "UPDATE destructions SET withdrawn=substr(?,1,10) WHERE id=? AND confirmed IS NULL AND withdrawn IS NULL",
     "@ i:destruction!", true, NULL},
    {"destruction", "confirmed", NULL,
     "UPDATE destructions SET confirmed_by=?1,confirmed=substr(?2,1,10),done=substr(?2,1,10) WHERE id=?3"
     " AND confirmed IS NULL AND withdrawn IS NULL",
     "$ @ i:destruction!", true, NULL},
    {"destruction", "confirmed", NULL,
     "UPDATE copies SET state='destroyed',ended=substr(?,1,10) WHERE number=? AND n=?", "@ N i:n!", true, NULL},
    {"destruction", NULL, NULL, EVENT_SQL, "# N V @ $ t:act! s:note", true, NULL},
    {"record", NULL, "destruction",
     "UPDATE destructions SET confirmed_by=?1,confirmed=substr(?2,1,10),done=CASE WHEN ?3 THEN substr(?2,1,10) END"
     " WHERE id=?4 AND confirmed IS NULL AND withdrawn IS NULL",
     "$ @ b:done i:id!", true, NULL},
    {"destroyed", NULL, NULL, "UPDATE destructions SET done=substr(?,1,10) WHERE id=? AND done IS NULL",
     "@ i:destruction!", true, NULL},
    {"destroyed", NULL, NULL, "DELETE FROM documents WHERE number=?", "N", false, NULL},
    EVENT("destroyed"),
    {"consent", "given", NULL,
     "INSERT INTO consents(id,number,purpose,person,count,until,by,given,note) VALUES(?,?,?,?,?,?,?,substr(?,1,10),?)",
     "# N t:purpose! t:person! i:count! d:until! $ @ s:note", true, NULL},
    {"consent", "withdrawn", NULL,
     "UPDATE consents SET withdrawn=substr(?,1,10) WHERE id=? AND used IS NULL AND withdrawn IS NULL", "@ i:consent!", true,
     NULL},
    {"consent", NULL, NULL, EVENT_SQL, "# N V @ $ 'consent s:note", true, NULL},
    {"told", NULL, NULL,
     "INSERT INTO knowers(id,number,person,name,since,how,by,note,outside) VALUES(?,?,?,?,?,?,?,?,?)"
     " ON CONFLICT(number,person) WHERE person IS NOT NULL DO UPDATE SET outside=knowers.outside OR excluded.outside,"
     "since=min(knowers.since,excluded.since)",
     "# N t:person s:name d:on! t:how! $ s:note b:outside", false, NULL},
    EVENT("told"),
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
    {"task", "opened", NULL, task_opened_sql, TASK_OPENED, true, NULL},
    {"task", "answered", NULL, task_answered_sql, TASK_ANSWERED, true, NULL},
    /* Somebody of those a task names was told; with the last of them it is answered. */
    {"notice", NULL, NULL, "INSERT INTO notices(id,task,whom,given,how,person) VALUES(?,?,?,?,?,?)",
     "# i:of! t:whom! d:given! s:how $", true, NULL},
    {"notice", NULL, "task", task_answered_sql, TASK_ANSWERED, true, NULL},
    {"handover", "opened", NULL, "INSERT INTO handovers(id,kind,whom,numbers,opened,by) VALUES(?,?,?,?,?,?)",
     "# t:kind! s:to! l:numbers! d:on! $", true, NULL},
    {"handover", "closed", NULL, "UPDATE handovers SET receipt=?,closed=? WHERE id=? AND closed IS NULL",
     "s:receipt d:on! i:handover!", true, NULL},
    {"incident", "opened", NULL,
     "INSERT INTO incidents(id,kind,numbers,note,by,day,discovered,due) VALUES(?,?,?,?,?,?,?,?)",
     "# t:kind! l:numbers s:note! $ d:on! i:discovered! i:due", true, NULL},
    /* A record's history says that there is one, and no more. */
    {"incident", "about", NULL, EVENT_SQL, "# N V @ $ 'incident s:note", true, NULL},
    {"incident", "reported", NULL,
     "UPDATE incidents SET reported=?,document=? WHERE id=? AND reported IS NULL AND closed IS NULL",
     "i:at! s:document! i:incident!", true, NULL},
    {"incident", "closed", NULL, "UPDATE incidents SET closed=?,closed_by=?,outcome=? WHERE id=? AND closed IS NULL",
     "d:on! $ s:outcome! i:incident!", true, NULL},
    {"task", "owner", NULL, "UPDATE tasks SET owner=? WHERE id=? AND closed IS NULL", "t:owner! i:task!", true, NULL},
    {"sweep", NULL, NULL, "INSERT INTO sweeps(id,as_of,considered,due,acted,failed,skipped,ms) VALUES(?,?,?,?,?,?,?,?)",
     "# d:as_of! i:considered! i:due! i:acted! i:failed! j:skipped i:seconds_ms", true, NULL},
};
const size_t apply_steps_n = array_n(apply_steps);

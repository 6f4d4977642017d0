#include "registrar/store/schema.h"

#include "base/own.h"
#include "registrar/store/tallies.h"

/* The columns of a record in the order of record_json.c (later steps add the rest); "due" is the first day on which
 * anything is due. */
#define CLASSIFICATION(part)                                                                                           \
	part "_level TEXT," part "_term TEXT," part "_basis TEXT," part "_item TEXT," part "_sources BLOB," part       \
	     "_scope TEXT," part "_points BLOB," part "_reason BLOB,"
#define RECORD                                                                                                         \
	"number TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, regime TEXT,"          \
	"entry TEXT, pack TEXT, pack_version TEXT, root TEXT, path BLOB, carrier TEXT, title BLOB, type TEXT,"         \
	"department TEXT, originator TEXT, drafter TEXT, drafter_role TEXT, drafter_key TEXT, drafter_uid INTEGER,"    \
	"drafted TEXT, proposed_on TEXT," CLASSIFICATION(                                                              \
	    "proposed") "is_prohibited INTEGER, responsible TEXT,"                                                     \
			"decider_role TEXT, decider_key TEXT, decider_uid INTEGER, decided_on TEXT, entered_on "       \
			"TEXT," CLASSIFICATION(                                                                        \
			    "decided") "decided_as TEXT, document_number TEXT, issued_on TEXT, "                       \
				       "copies INTEGER, start TEXT,"                                                   \
				       "declassify_on TEXT, next_review TEXT, last_review TEXT, "                      \
				       "referred_on TEXT, disputed_on TEXT, mark BLOB,"                                \
				       "request TEXT, requested_on TEXT, requester TEXT, requester_uid INTEGER, "      \
				       "changed_on TEXT, claimed TEXT, floor "                                         \
				       "TEXT, due TEXT, seq INTEGER NOT NULL"

static const char first[] =
    "CREATE TABLE applied(one INTEGER PRIMARY KEY CHECK(one=1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;"
    "CREATE TABLE facts(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE counters(year INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;"

    "CREATE TABLE records(" RECORD ", UNIQUE(number)) STRICT;"
    "CREATE UNIQUE INDEX records_id ON records(id);"
    "CREATE INDEX records_due ON records(due, number) WHERE due IS NOT NULL;"
    "CREATE INDEX records_state ON records(state, number);"
    "CREATE INDEX records_drafter ON records(drafter, number);"
    "CREATE INDEX records_responsible ON records(responsible, number);"
    /* Every version but the present one. */
    "CREATE TABLE versions(" RECORD ", UNIQUE(number, version)) STRICT;"
    "CREATE TABLE labels(seq INTEGER PRIMARY KEY, number TEXT NOT NULL REFERENCES records(number),"
    " version INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, signature TEXT, salt TEXT, digest TEXT,"
    " space TEXT, time TEXT NOT NULL, person TEXT NOT NULL) STRICT;"
    "CREATE INDEX labels_number ON labels(number);"
    "CREATE TABLE events(seq INTEGER PRIMARY KEY, number TEXT NOT NULL, version INTEGER, time TEXT NOT NULL,"
    " person TEXT NOT NULL, act TEXT NOT NULL, note BLOB) STRICT;"
    "CREATE INDEX events_number ON events(number);"

    /* plain_ino: the plaintext beside, or instead of, the sealed file; NULL: there is none. */
    "CREATE TABLE documents(number TEXT NOT NULL PRIMARY KEY REFERENCES records(number), root INTEGER NOT NULL,"
    " path BLOB NOT NULL, path_hash TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL,"
    " generation INTEGER, size INTEGER, mtime_ns INTEGER, sha256 TEXT, content INTEGER,"
    " sealed INTEGER NOT NULL, plain_ino INTEGER, keep TEXT, header_mac TEXT, last_tag TEXT,"
    " level TEXT) STRICT;"
    "CREATE INDEX documents_file ON documents(ino, dev);"
    "CREATE INDEX documents_plain ON documents(plain_ino, dev) WHERE plain_ino IS NOT NULL;"
    "CREATE INDEX documents_path ON documents(path_hash, root);"
    /* Not journalled: what watcher and inspector see. */
    "CREATE TABLE seen(id INTEGER PRIMARY KEY, root INTEGER NOT NULL, path BLOB NOT NULL, path_hash TEXT NOT NULL,"
    " dev INTEGER NOT NULL, ino INTEGER NOT NULL, generation INTEGER, size INTEGER, mtime_ns INTEGER,"
    " ctime_ns INTEGER, uid INTEGER, mode INTEGER, nlink INTEGER, event INTEGER, kind INTEGER, ours INTEGER,"
    " inspected INTEGER NOT NULL DEFAULT 0, sha256 TEXT, type TEXT, mark TEXT, mark_level TEXT, mark_term TEXT,"
    " item TEXT, level TEXT, matches TEXT, sealed_args TEXT, first_seen TEXT, missed INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(path_hash, root)) STRICT;"
    "CREATE INDEX seen_file ON seen(ino, dev);"
    "CREATE INDEX seen_root ON seen(root, id);"

    "CREATE TABLE persons(id TEXT PRIMARY KEY, name BLOB NOT NULL, login BLOB, login_hash TEXT, uid INTEGER NOT NULL,"
    " departments TEXT, roles TEXT, category TEXT, since TEXT, until TEXT, cleared_until TEXT, undertaking TEXT,"
    " confirmed INTEGER NOT NULL, entered_by TEXT NOT NULL, confirmed_by TEXT, suspended_from TEXT,"
    " suspend_note BLOB) STRICT;"
    "CREATE INDEX persons_uid ON persons(uid);"
    "CREATE INDEX persons_login ON persons(login_hash);"
    /* NULL: stays as it is; '': taken away. */
    "CREATE TABLE person_changes(person TEXT PRIMARY KEY REFERENCES persons(id), entered_by TEXT NOT NULL, name BLOB,"
    " departments TEXT, roles TEXT, category TEXT, until TEXT, cleared_until TEXT, undertaking TEXT) STRICT;"
    "CREATE TABLE appointments(id INTEGER PRIMARY KEY, person TEXT NOT NULL REFERENCES persons(id),"
    " kind TEXT NOT NULL, levels TEXT, ceiling TEXT, departments TEXT, matters TEXT, since TEXT, until TEXT,"
    " document BLOB, entered_by TEXT NOT NULL, confirmed_by TEXT, ended_by TEXT, end_note BLOB) STRICT;"
    "CREATE INDEX appointments_person ON appointments(person);"
    "CREATE TABLE trainings(id INTEGER PRIMARY KEY, person TEXT NOT NULL REFERENCES persons(id),"
    " content BLOB, hours INTEGER NOT NULL, held TEXT NOT NULL, valid_until TEXT, entered TEXT NOT NULL) STRICT;"
    "CREATE INDEX trainings_person ON trainings(person);"
    "CREATE TABLE keys(fingerprint TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES persons(id),"
    " kind TEXT NOT NULL, line TEXT NOT NULL, proof TEXT, registered TEXT NOT NULL, revoked TEXT,"
    " confirmed INTEGER NOT NULL, confirmed_by TEXT, revoke_note BLOB) STRICT;"
    "CREATE INDEX keys_person ON keys(person);"

    "CREATE TABLE root_defaults(root INTEGER NOT NULL, path_hash TEXT NOT NULL, path BLOB NOT NULL, item TEXT,"
    " level TEXT, scope TEXT, responsible TEXT, type TEXT, set_by TEXT NOT NULL,"
    " PRIMARY KEY(root, path_hash)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE findings(id INTEGER PRIMARY KEY, code TEXT NOT NULL, severity TEXT NOT NULL, owner TEXT NOT NULL,"
    " number TEXT, root INTEGER, path BLOB, path_hash TEXT, subject TEXT, person TEXT, evidence BLOB, since TEXT,"
    " due TEXT, state TEXT NOT NULL, closed_by TEXT, closed_note BLOB, closed_at TEXT) STRICT;"
    "CREATE INDEX findings_open ON findings(code, number) WHERE state='open';"
    "CREATE INDEX findings_path ON findings(path_hash) WHERE state='open' AND path_hash IS NOT NULL;"
    "CREATE TABLE intents(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT, state TEXT NOT NULL,"
    " body TEXT NOT NULL) STRICT;"
    "CREATE INDEX intents_number ON intents(number);"
    "CREATE TABLE checkouts(id INTEGER PRIMARY KEY, number TEXT NOT NULL, version INTEGER NOT NULL,"
    " root INTEGER NOT NULL, path BLOB NOT NULL, path_hash TEXT NOT NULL, person TEXT NOT NULL,"
    " since TEXT NOT NULL) STRICT;"
    "CREATE TABLE sweeps(id INTEGER PRIMARY KEY, as_of TEXT NOT NULL, considered INTEGER NOT NULL,"
    " due INTEGER NOT NULL, acted INTEGER NOT NULL, failed INTEGER NOT NULL, skipped TEXT, ms INTEGER) STRICT;"
    "INSERT INTO applied VALUES(1, 0, '');";

/* Sweeps ask for the open findings of one record, a million times. */
static const char second[] = "CREATE INDEX findings_number ON findings(number) WHERE number IS NOT NULL;"
			     "CREATE INDEX checkouts_person ON checkouts(person);";

/* stale: the record has moved on since its file got its header. A moved or copied document is found by its content. */
static const char third[] = "ALTER TABLE documents ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;"
			    "CREATE INDEX documents_stale ON documents(number) WHERE stale;"
			    "CREATE INDEX documents_content ON documents(sha256) WHERE sha256 IS NOT NULL;";

/* Why a checkout is to end; NULL: it is not. */
static const char fourth[] = "ALTER TABLE checkouts ADD COLUMN due TEXT;";

/* When a source moves, what was derived from it is asked. */
static const char fifth[] = "CREATE INDEX records_derived ON records(number) WHERE decided_basis='derived';";

/* Who holds the paper that opens everything, whether it was tried, and which documents it opens. */
static const char sixth[] =
    "CREATE TABLE escrows(id INTEGER PRIMARY KEY, recipient TEXT NOT NULL UNIQUE, key_id TEXT NOT NULL,"
    " shares INTEGER NOT NULL, threshold INTEGER NOT NULL, proposed_by TEXT NOT NULL, proposed TEXT NOT NULL,"
    " since INTEGER, confirmed_by TEXT, confirmed TEXT, moved_by TEXT, moved TEXT, installed TEXT) STRICT;"
    "CREATE TABLE drills(id INTEGER PRIMARY KEY, recipient TEXT NOT NULL, time TEXT NOT NULL, person TEXT NOT NULL,"
    " number TEXT, outcome TEXT NOT NULL, step TEXT, ms INTEGER NOT NULL, holders BLOB) STRICT;"
    "ALTER TABLE documents ADD COLUMN escrow TEXT;"
    "CREATE INDEX documents_escrow ON documents(escrow) WHERE sealed;";

/* Which key each file is sealed to; NULL: a scan will tell. destroy_: somebody proposed to destroy it, a second person
 * does it. */
static const char epochs[] =
    "ALTER TABLE documents ADD COLUMN key_id TEXT;"
    "CREATE INDEX documents_key ON documents(key_id, number) WHERE key_id IS NOT NULL;"
    "CREATE TABLE epochs(key_id TEXT PRIMARY KEY, level TEXT NOT NULL, epoch TEXT NOT NULL, since TEXT NOT NULL,"
    " state TEXT NOT NULL, changed TEXT NOT NULL, person TEXT NOT NULL, destroy_by TEXT, destroy_on TEXT,"
    " destroy_files INTEGER) STRICT;"
    "CREATE TABLE rotations(id INTEGER PRIMARY KEY, level TEXT NOT NULL, epoch TEXT NOT NULL, mode TEXT NOT NULL,"
    " begun TEXT NOT NULL, person TEXT NOT NULL, ended TEXT, files INTEGER NOT NULL DEFAULT 0) STRICT;";

/* What somebody has read; since when a key counts. */
static const char readings[] = "CREATE INDEX events_readings ON events(person) WHERE act IN ('read','unseal');"
			       "ALTER TABLE keys ADD COLUMN confirmed_on TEXT;";

/* What is seen is found by folder and name, so that what lies together is read and written together (adr/0025). The
 * next scan fills it: what was there is nothing that is known nowhere else. seen_due: waits for an inspector;
 * inspected 2: it was, and is to be once more. */
static const char folders[] =
    "DROP TABLE seen;"
    "CREATE TABLE folders(id INTEGER PRIMARY KEY, root INTEGER NOT NULL, parent INTEGER NOT NULL,"
    " path_hash BLOB NOT NULL, UNIQUE(path_hash, root)) STRICT;"
    "CREATE INDEX folders_parent ON folders(parent);"
    "CREATE TABLE seen(id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, name_hash BLOB NOT NULL, root INTEGER NOT NULL,"
    " path BLOB NOT NULL, path_hash TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, generation INTEGER,"
    " size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, uid INTEGER, mode INTEGER, nlink INTEGER, event INTEGER,"
    " kind INTEGER, ours INTEGER, inspected INTEGER NOT NULL DEFAULT 0, sha256 TEXT, type TEXT, mark TEXT,"
    " mark_level TEXT, mark_term TEXT, item TEXT, level TEXT, matches TEXT, sealed_args TEXT, first_seen TEXT,"
    " UNIQUE(folder, name_hash)) STRICT;"
    "CREATE INDEX seen_file ON seen(ino, dev);"
    "CREATE INDEX seen_due ON seen(id) WHERE inspected<>1 AND NOT ours AND kind=1 AND event IN (1,3);"
    /* regular files */
    "CREATE TABLE seen_counts(root INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;"
    "CREATE TRIGGER seen_more AFTER INSERT ON seen WHEN NEW.kind=1 BEGIN INSERT INTO seen_counts VALUES(NEW.root, 1)"
    " ON CONFLICT(root) DO UPDATE SET n=n+1; END;"
    "CREATE TRIGGER seen_less AFTER DELETE ON seen WHEN OLD.kind=1 BEGIN"
    " UPDATE seen_counts SET n=n-1 WHERE root=OLD.root; END;"
    "CREATE TRIGGER seen_else AFTER UPDATE OF kind ON seen WHEN OLD.kind<>NEW.kind BEGIN"
    " INSERT INTO seen_counts VALUES(NEW.root, (NEW.kind=1)-(OLD.kind=1))"
    " ON CONFLICT(root) DO UPDATE SET n=n+excluded.n; END;";

/* What the plaintext was besides its content, for a version that is saved where that is not to be seen (a checkout). */
static const char facts[] = "ALTER TABLE documents ADD COLUMN facts BLOB;";

/* The id of a file's row holds its folder and bits of its name's hash: rows of a folder lie together without an index
 * (adr/0027). The next scan fills it again. New rows are counted by the store itself, once for many. */
static const char names[] =
    "DROP TABLE seen;"
    "DELETE FROM folders;"
    "DELETE FROM seen_counts;"
    "CREATE TABLE seen(id INTEGER PRIMARY KEY, name_hash BLOB NOT NULL, root INTEGER NOT NULL, path BLOB NOT NULL,"
    " path_hash TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, generation INTEGER, size INTEGER,"
    " mtime_ns INTEGER, ctime_ns INTEGER, uid INTEGER, mode INTEGER, nlink INTEGER, event INTEGER, kind INTEGER,"
    " ours INTEGER, inspected INTEGER NOT NULL DEFAULT 0, first_seen TEXT, sha256 TEXT, type TEXT, mark TEXT,"
    " mark_level TEXT, mark_term TEXT, item TEXT, level TEXT, matches TEXT, sealed_args TEXT) STRICT;"
    "CREATE INDEX seen_file ON seen(ino, dev);"
    "CREATE INDEX seen_due ON seen(id) WHERE inspected<>1 AND NOT ours AND kind=1 AND event IN (1,3);"
    "CREATE TRIGGER seen_less AFTER DELETE ON seen WHEN OLD.kind=1 BEGIN INSERT INTO seen_counts VALUES(OLD.root, -1)"
    " ON CONFLICT(root) DO UPDATE SET n=n-1; END;"
    "CREATE TRIGGER seen_else AFTER UPDATE OF kind ON seen WHEN OLD.kind<>NEW.kind BEGIN"
    " INSERT INTO seen_counts VALUES(NEW.root, (NEW.kind=1)-(OLD.kind=1))"
    " ON CONFLICT(root) DO UPDATE SET n=n+excluded.n; END;";

/* By which act the present decision was made. */
static const char decisions[] = "ALTER TABLE records ADD COLUMN decision TEXT;"
				"ALTER TABLE versions ADD COLUMN decision TEXT;";

/* Whom a referral is reported to, and since when they have it. */
static const char referrals[] =
    "ALTER TABLE records ADD COLUMN referred_to TEXT;ALTER TABLE records ADD COLUMN reported_on TEXT;"
    "ALTER TABLE versions ADD COLUMN referred_to TEXT;ALTER TABLE versions ADD COLUMN reported_on TEXT;";

/* With which program and pack an inspector looked at the file. */
static const char looked[] = "ALTER TABLE seen ADD COLUMN looked_with INTEGER;";

/* What somebody is asked to do about a record, and what came of it. */
static const char tasks[] =
    "CREATE TABLE tasks(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL, owner TEXT NOT NULL,"
    " opened TEXT NOT NULL, opened_by TEXT NOT NULL, due TEXT, note BLOB, outcome TEXT, closed TEXT, closed_by TEXT,"
    " reply BLOB) STRICT;"
    "CREATE INDEX tasks_number ON tasks(number);"
    "CREATE INDEX tasks_owner ON tasks(owner) WHERE closed IS NULL;"
    "CREATE INDEX tasks_due ON tasks(due) WHERE closed IS NULL AND due IS NOT NULL;";

/* What an answer asked for, by which version of the record. The day on which an event is asked for again. */
static const char reviews[] = "ALTER TABLE tasks ADD COLUMN request TEXT;ALTER TABLE tasks ADD COLUMN version INTEGER;"
			      "ALTER TABLE records ADD COLUMN check_on TEXT;ALTER TABLE versions ADD COLUMN check_on TEXT;";

/* Who knows a record beside and within its scope, and since when by what. */
static const char scopes[] =
    "ALTER TABLE records ADD COLUMN admissions TEXT;ALTER TABLE versions ADD COLUMN admissions TEXT;"
    "CREATE TABLE knowers(id INTEGER PRIMARY KEY, number TEXT NOT NULL, person TEXT, name BLOB, since TEXT NOT NULL,"
    " how TEXT NOT NULL, by TEXT NOT NULL, note BLOB, outside INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE UNIQUE INDEX knowers_once ON knowers(number, person) WHERE person IS NOT NULL;"
    "CREATE INDEX knowers_person ON knowers(person, number) WHERE person IS NOT NULL;"
    "CREATE INDEX knowers_number ON knowers(number);";

/* Policy sets that arrived as one file, and wishes to drop one again. agreed: the entry that confirmed it. */
static const char sets[] =
    "CREATE TABLE policy_sets(id INTEGER PRIMARY KEY, drops INTEGER NOT NULL, digest TEXT NOT NULL, pack TEXT NOT NULL,"
    " version TEXT NOT NULL, effective TEXT, issuer TEXT, approved_by TEXT, reason BLOB, proposed_by TEXT NOT NULL,"
    " proposed_uid INTEGER NOT NULL, proposed TEXT NOT NULL, starts TEXT, agreed INTEGER, confirmed_by TEXT,"
    " confirmed TEXT, dropped_by TEXT, dropped TEXT) STRICT;";
/* Counts that are kept with each change; day: that of the entry, in the agent's zone. */
static const char tallies[] = "ALTER TABLE events ADD COLUMN day TEXT;" TALLIES_TABLES TALLIES_MAKE;
/* Who was told of a change or served with a release, when and how. */
static const char notices[] = "CREATE TABLE notices(id INTEGER PRIMARY KEY, task INTEGER NOT NULL, whom TEXT NOT NULL,"
			      " given TEXT NOT NULL, how BLOB, person TEXT NOT NULL, UNIQUE(task, whom)) STRICT;";
/* Numbered copies and who holds them; what the originator agreed to. */
static const char copies[] =
    "CREATE TABLE copies(id INTEGER PRIMARY KEY, number TEXT NOT NULL, n INTEGER NOT NULL, total INTEGER NOT NULL,"
    " person TEXT, name BLOB, how TEXT NOT NULL, state TEXT NOT NULL, made TEXT NOT NULL, by TEXT NOT NULL,"
    " receipt_due TEXT, received TEXT, due TEXT, ended TEXT, UNIQUE(number, n)) STRICT;"
    "CREATE INDEX copies_person ON copies(person) WHERE person IS NOT NULL;"
    "CREATE INDEX copies_out ON copies(number) WHERE state IN ('sent','held','lost','printing');"
    "CREATE TABLE consents(id INTEGER PRIMARY KEY, number TEXT NOT NULL, purpose TEXT NOT NULL, person TEXT NOT NULL,"
    " count INTEGER NOT NULL, until TEXT NOT NULL, by TEXT NOT NULL, given TEXT NOT NULL, note BLOB, used TEXT,"
    " withdrawn TEXT) STRICT;"
    "CREATE INDEX consents_number ON consents(number);";

/* For whom a stand-in stands. */
static const char stand_ins[] = "ALTER TABLE appointments ADD COLUMN stands_for TEXT;";

/* What two persons had destroyed: n 0 the document, else that copy of it. done: it is gone. */
static const char destructions[] =
    "CREATE TABLE destructions(id INTEGER PRIMARY KEY, number TEXT NOT NULL, n INTEGER NOT NULL, method TEXT NOT NULL,"
    " note BLOB, witness BLOB, by TEXT NOT NULL, proposed TEXT NOT NULL, confirmed_by TEXT, confirmed TEXT,"
    " withdrawn TEXT, done TEXT) STRICT;"
    "CREATE UNIQUE INDEX destructions_open ON destructions(number, n) WHERE confirmed IS NULL AND withdrawn IS NULL;"
    "CREATE INDEX destructions_undone ON destructions(id) WHERE confirmed IS NOT NULL AND done IS NULL;"
    "CREATE INDEX destructions_number ON destructions(number);";
/* How long a dispute claims that it is to be protected. */
static const char claims[] = "ALTER TABLE records ADD COLUMN claimed_term TEXT;"
			     "ALTER TABLE versions ADD COLUMN claimed_term TEXT;";
/* Which records were derived from which: an index of what stands sealed in the records. */
static const char derivations[] =
    "CREATE TABLE derivations(source TEXT NOT NULL, number TEXT NOT NULL, PRIMARY KEY(source,number)) STRICT, WITHOUT "
    "ROWID;"
    "CREATE INDEX derivations_number ON derivations(number);";

/* Where what is no file is, and who has it. */
static const char carriers[] =
    "CREATE TABLE carriers(number TEXT PRIMARY KEY, place BLOB, person TEXT, name BLOB, since TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;";

/* Lists of records that go to an archive or another unit, and who holds a record since. */
static const char handovers[] =
    "CREATE TABLE handovers(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, whom BLOB NOT NULL, numbers TEXT NOT NULL,"
    " opened TEXT NOT NULL, by TEXT NOT NULL, receipt BLOB, closed TEXT) STRICT;"
    "ALTER TABLE records ADD COLUMN holder TEXT;ALTER TABLE versions ADD COLUMN holder TEXT;";
/* Decisions that were made in one go: the text that names the labels of all, and its signature. */
static const char decision_sets[] =
    "CREATE TABLE decision_sets(seq INTEGER PRIMARY KEY, number TEXT NOT NULL, version INTEGER NOT NULL,"
    " text TEXT NOT NULL, signature TEXT NOT NULL, person TEXT NOT NULL) STRICT;"
    "CREATE INDEX decision_sets_number ON decision_sets(number);";

/* What lies in clear is looked through every minute, whatever lies sealed beside it. */
static const char clear[] = "CREATE INDEX seen_clear ON seen(id) WHERE NOT ours AND kind=1;";

/* Labels of other systems in a file. */
static const char foreign[] = "ALTER TABLE seen ADD COLUMN foreign_labels TEXT;";

/* What was decided before about the same item. */
static const char items[] = "CREATE INDEX records_item ON records(decided_item, number) WHERE decided_item IS NOT NULL;";

/* For which of the pack's ready reasons something was sent back. */
static const char whys[] = "ALTER TABLE events ADD COLUMN why TEXT;"
			   "CREATE INDEX events_why ON events(why, number) WHERE why IS NOT NULL;";

/* The regime that a change is asked to. */
static const char regimes[] = "ALTER TABLE records ADD COLUMN asked_regime TEXT;"
			      "ALTER TABLE versions ADD COLUMN asked_regime TEXT;";

/* What expired, and what was derived from it is still to be looked at. */
static const char unfollowed[] = "CREATE TABLE unfollowed(source TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;";

/* What each party to a dispute claims. */
static const char claim_lines[] = "ALTER TABLE records ADD COLUMN claims BLOB;"
				  "ALTER TABLE versions ADD COLUMN claims BLOB;";

/* What protected information is about, where its regime has categories. */
static const char categories[] =
    "ALTER TABLE records ADD COLUMN proposed_categories TEXT;ALTER TABLE records ADD COLUMN decided_categories TEXT;"
    "ALTER TABLE versions ADD COLUMN proposed_categories TEXT;ALTER TABLE versions ADD COLUMN decided_categories TEXT;";
/* Leaks, what may be one, and losses: when it was discovered, until when it is to be reported, when it was (seconds). */
static const char incidents[] =
    "CREATE TABLE incidents(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, numbers TEXT, note BLOB NOT NULL, by TEXT NOT NULL,"
    " day TEXT NOT NULL, discovered INTEGER NOT NULL, due INTEGER, reported INTEGER, document BLOB, closed TEXT,"
    " closed_by TEXT, outcome BLOB) STRICT;"
    "CREATE INDEX incidents_open ON incidents(id) WHERE closed IS NULL;";

/* clang-format off */
const char *const schema_steps[] = {
	first, second, third, fourth, fifth, sixth, epochs, readings, folders, facts, names, decisions, looked, referrals, tasks,
	reviews,
	scopes,
	sets,
	tallies,
	notices,
	stand_ins,
	copies,
	destructions,
	claims,
	carriers,
	derivations,
	handovers,
	clear,
	decision_sets,
	foreign,
	items,
	whys,
	regimes,
	unfollowed,
	claim_lines,
	categories,
	incidents,
};
/* clang-format on */
const size_t schema_n_steps = array_n(schema_steps);

const char *const schema_journalled[] = {
    "SELECT 'applied',* FROM applied",
    "SELECT 'facts',* FROM facts ORDER BY key",
    "SELECT 'counters',* FROM counters ORDER BY year",
    "SELECT 'records',* FROM records ORDER BY number",
    "SELECT 'versions',* FROM versions ORDER BY number, version",
    "SELECT 'labels',* FROM labels ORDER BY seq",
    "SELECT 'events',* FROM events ORDER BY seq",
    "SELECT 'documents',* FROM documents ORDER BY number",
    "SELECT 'persons',* FROM persons ORDER BY id",
    "SELECT 'person_changes',* FROM person_changes ORDER BY person",
    "SELECT 'appointments',* FROM appointments ORDER BY id",
    "SELECT 'trainings',* FROM trainings ORDER BY id",
    "SELECT 'keys',* FROM keys ORDER BY fingerprint",
    "SELECT 'epochs',* FROM epochs ORDER BY key_id",
    "SELECT 'rotations',* FROM rotations ORDER BY id",
    "SELECT 'root_defaults',* FROM root_defaults ORDER BY root, path_hash",
    "SELECT 'findings',* FROM findings ORDER BY id",
    "SELECT 'intents',* FROM intents ORDER BY id",
    "SELECT 'checkouts',* FROM checkouts ORDER BY id",
    "SELECT 'sweeps',* FROM sweeps ORDER BY id",
    "SELECT 'escrows',* FROM escrows ORDER BY id",
    "SELECT 'drills',* FROM drills ORDER BY id",
    "SELECT 'tasks',* FROM tasks ORDER BY id",
    "SELECT 'decision_sets',* FROM decision_sets ORDER BY seq",
    "SELECT 'derivations',* FROM derivations ORDER BY source, number",
    "SELECT 'holdings',* FROM holdings ORDER BY day, regime, level, state, until",
    "SELECT 'acts',* FROM acts ORDER BY year, act, regime, level, kind, term, approver, department",
    "SELECT 'knowers',* FROM knowers ORDER BY id",
    "SELECT 'policy_sets',* FROM policy_sets ORDER BY id",
    "SELECT 'handovers',* FROM handovers ORDER BY id",
    "SELECT 'notices',* FROM notices ORDER BY id",
    "SELECT 'copies',* FROM copies ORDER BY id",
    "SELECT 'consents',* FROM consents ORDER BY id",
    "SELECT 'destructions',* FROM destructions ORDER BY id",
    "SELECT 'carriers',* FROM carriers ORDER BY number",
    "SELECT 'incidents',* FROM incidents ORDER BY id",
    "SELECT 'unfollowed',* FROM unfollowed ORDER BY source",
    NULL,
};

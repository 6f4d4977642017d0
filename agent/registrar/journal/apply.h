/*
 * What a journal entry does to the store: one table, op by op, used for a live
 * change and for replay alike. Applying looks at nothing but entry and store:
 * no clock, no policy, no key. Every rule was checked before the entry was made.
 *
 * Every entry: op, actor (person id or "-"), uid. Its number (seq) is the id of what it makes (appointment, training,
 * finding, intent, …). Fields by op; * = sealed text (cells.h); ? = may be absent:
 *
 *   start            trial? zone? version init?
 *   zone             zone
 *   clock            what ("suspect" "confirmed") note?
 *   policy           pack version effective digest? loosened[]? set reviews_from? reviews_after?
 *   policy-set       what ("proposed" "confirmed") drops? digest? pack? version? effective? issuer? approved_by[]?
 *                    reason? set? starts?     a set that arrived as one file, or drops: the wish to drop that one again
 *   policy-reviews   what ("going-on" "done") after opened
 *   person           id name* login* login_hash holder(uid) departments[] roles[] category from until? cleared_until?
 *                    undertaking? confirmed?
 *   person-change    id, and any of name* departments[] roles[] category cleared_until undertaking until
 *   confirm          id what ("person" "change" "appointment" "key") appointment? fingerprint?
 *   suspend          id from note*? lift?
 *   appointment      id kind levels[] departments[] matters[] from until? document*? ceiling?
 *   appointment-end  id appointment on note*?
 *   training         id content* hours held valid_until?
 *   key              id fingerprint kind line proof by? confirmed?
 *   key-revoke       id fingerprint on note*?
 *   root-defaults    what ("set" "unset") root path* path_hash item? level? scope[] responsible? type?
 *   record           act day? record{record_json.h} due? from[]? note*? why? document{}? label{}? set{text signature}?
 *   expire           number version day? due?         state expired, next version, nothing else
 *   document         number document{}        where the document is now (moved, renamed, saved again)
 *   intent           kind number? body{}
 *   sealed           number document{} intent?   published: journalled before the plaintext is taken
 *   disposed         number intent? conflict*?
 *   rewrap           number? document{}? version? intent? rotation? from? to? record? root? path*? note*?
 *                    a new header under the same file key; without a number: of a copy
 *   reencrypt        likewise, with a new file key and all of the content anew
 *   key-of           number key_id               a scan has read it in the file
 *   epoch            what ("known" "state" "destroy-proposed") key_id level? epoch? state? reason*? on? files? shred?
 *   rotation         what ("begun" "ended") rotation? level? epoch? mode? incident? reason*?
 *   shredded         number key_id note*?        its key is destroyed before it was moved
 *   intent-end       intent outcome detail*?
 *   read             number purpose knows? consent? note*? before the grant; knows: the pack registers who knows it
 *   copy             what ("made" "moved") number n act state total? how? person? name*? passes? receipt_due? due? consent? note*?
 *   carrier          number place* person? name*? note*   where what is no file is, and who has it
 *   destruction      what ("proposed" "withdrawn" "confirmed": of a copy) number n act destruction? method? witness*? note*?
 *                    a document's confirmation is its record's entry, with destruction{id done?}
 *   destroyed        number destruction note*?  the sealer has removed the file
 *   consent          what ("given" "withdrawn") number purpose? person? count? until? consent? note*?
 *   told             number person? name*? on how ("paper" "meeting") outside? note*?
 *   checkout         number version root path* path_hash
 *   checkout-due     checkout why              before the plaintext is taken
 *   checkout-end     checkout note*?
 *   restore, unseal  number document{}? to*? note*?
 *   finding          code number? root? path*? path_hash? subject? evidence* severity owner person? since due?
 *   finding-close    finding how ("corrected" "dismissed") note*?
 *   task             what ("opened" "answered" "owner") number kind? owner? on? due? note*? task? outcome? reply*?
 *   due              number due?                 the first day anything is due, computed anew
 *   sweep            as_of considered due acted failed skipped{} seconds_ms
 *   escrow           what ("initial" "proposed" "confirmed" "installed" "differs" "moved") recipient key shares?
 * threshold? differs: what the keeper had instead of what was agreed on, which it is told again drill recipient outcome
 * ("good" "failed") step ms holders* number? drill?   drill: the entry of its read recover          phase ("opened"
 * "begun" "read" "skipped" "kept" "issue" "done" "stopped") note*? root? path*? path_hash? opened_by? opened_of?
 * opened_on? number? label{}? files? records? unverified? failed? note             what note*?                 anything
 * else worth a line
 *
 * document{}: root path* path_hash dev ino generation? size mtime_ns sha256? content? sealed(bool) keep? header_mac?
 * last_tag? level? key_id? escrow? plain(bool: is there still a plaintext beside the sealed file)   ·   label{}: kind
 * ("label" "issue" …) version text signature? salt? digest? namespace?
 */
#ifndef REGISTRAR_APPLY_H
#define REGISTRAR_APPLY_H

#include "library/json.h"

struct store;

enum apply_outcome {
	APPLY_UNKNOWN_OP = 1,
	APPLY_MALFORMED,   /* a field is missing or not of its kind */
	APPLY_CONFLICT,	   /* the store's rules refuse it: exists already, or belongs to nothing */
	APPLY_STORE_FAILS, /* the disk is full, or the store is damaged */
};

/* Within the open transaction of the store. What an outcome left half done is taken back by the caller's mark. */
int apply_entry(struct store *store, struct json_view entry) MUST_CHECK;
/* The entry is in the store or not, never half: it is one new row and nothing else, or looks before it writes. So it
 * needs no mark, which copies every page that is touched. */
bool apply_needs_no_mark(struct json_view entry) MUST_CHECK;

#endif

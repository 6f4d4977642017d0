#!/usr/bin/env bash
# Keys of levels: files move to a new epoch whatever is killed meanwhile, and an old epoch ends: retired, destroyed.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "keys with a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
for name in anna boris dana li; do agent_person "$name" >/dev/null; done
agent_config 'security_administrators: [cdt-anna, cdt-boris]'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en
as() {
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$agent_dir" PATH="$agent_build:$PATH" "$@" </dev/null)
}
ctl() { local who=$1; shift; as "$who" classctl "$@"; }
exits() { # WHO CODE REGEX NAME COMMAND…
	local who=$1 code=$2 words=$3 name=$4 said status
	shift 4
	said=$(ctl "$who" "$@" 2>&1)
	status=$?
	is "$name: exit code" $status "$code"
	like "$name: what it says" "$said" "$words"
}
enter() {
	ctl anna person add dana --name 'Dana Drafter' --login cdt-dana --department planning --role drafter \
		--category important --cleared-until 2040-12-31 --undertaking 2026-01-05 && ctl boris person confirm dana &&
		ctl anna person add li --name 'Li Wei' --login cdt-li --department planning --role secrecy-office \
			--category core --cleared-until 2040-12-31 --undertaking 2026-01-05 && ctl boris person confirm li
}
ok "persons are entered" enter

# ---- documents with several contents ----
documents=30
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
are_sealed() { local name; for name in "$@"; do is_sealed "$name" || return 1; done; }
content() { printf 'document %s, content %s\n' "$1" "$2"; head -c $((2000 * $2 + ${1//[!0-9]/} * 700)) /dev/zero | tr '\0' "$2"; }
save() { content "$1" "$2" >"$agent_dir/new" && install -m 640 -o cdt-dana -g cdt "$agent_dir/new" "$agent_root/$1"; }
names=()
for i in $(seq 10 $((9 + documents))); do names+=("d$i.txt"); done
for name in "${names[@]}"; do save "$name" 1; done
# Those that are not seen or settled yet are tagged the next time.
tag_all() {
	ctl dana tag -r "$agent_root" --item 5.1 --level SECRET --term 5y --scope person:dana,person:li --responsible li --reason plan >/dev/null 2>&1
	are_sealed "${names[@]}"
}
ok "they are tagged and sealed" wait_until 90 tag_all
several=("${names[@]:0:6}")
for version in 2 3; do
	for name in "${several[@]}"; do save "$name" $version; done
	ok "content $version of some is sealed" wait_until 60 are_sealed "${several[@]}"
done
cp -p "$agent_root/d20.txt.age" "$agent_root/a copy of d20.age"
chown cdt-dana "$agent_root/a copy of d20.age"
version_of() { case " ${several[*]} " in *" $1 "*) echo 3 ;; *) echo 1 ;; esac; }
opens_all() {
	local name bad=0
	for name in "${names[@]}"; do
		[ "$(ctl dana cat "$agent_root/$name.age" | sha256sum)" = "$(content "$name" "$(version_of "$name")" | sha256sum)" ] || { echo "$name"; bad=1; }
	done
	return $bad
}
ok "every document opens" opens_all
kept_names() { (cd "$agent_root/.classd/keep" && ls); }
is "and every content is kept" "$(kept_names | wc -l)" $((documents + 12))
# The same for stock age with the escrow: of all files in folder and keep, the contents.
escrow_sums() { find "$agent_root" -name '*.age' -type f | sort | while read -r f; do age -d -i "$agent_dir/escrow.key" "$f" | sha256sum; done; }
before=$(escrow_sums)
# What follows the header of each file, by what its content is.
tails() {
	find "$agent_root" -name '*.age' -type f | sort | while read -r f; do
		at=$(LC_ALL=C grep -abom1 '^--- ' "$f" | cut -d: -f1)
		tail -c +$((at + 1 + 4 + 43 + 1 + 16)) "$f" | sha256sum
	done
}
tails_before=$(tails)

# ---- status ----
epoch() { ctl anna key status --json "$@" | python3 -c '
import json, sys
for e in json.load(sys.stdin)["epochs"]:
    print(e["level"], e["epoch"], e["state"], e["readable"], e["documents"], e["kept"], e["copies"])'; }
of() { grep "^$1 " <<<"$2"; }
year=$(date -u +%Y)
is "files are counted by key" "$(of "SECRET $year" "$(epoch --scan)")" "SECRET $year current True $documents 12 1"
like "a person reads it" "$(ctl anna key status)" "SECRET +$year .*current +yes +$documents +12 +1.*escrow key +[0-9a-f]{8}"
exits dana 4 'may not: counts' "a drafter" key status
exits dana 4 'may not: keys.*belongs to security administrators' "a drafter rotates" key rotate SECRET
exits li 4 'may not: keys' "the office rotates" key rotate SECRET
exits anna 6 'no key of a level "NOPE"' "an unknown level" key rotate NOPE
exits anna 3 'no level is named' "no level" key rotate
exits anna 3 'levels are named, and all' "a level and all of them" key rotate SECRET --all
exits anna 3 'small letters' "a bad word" key rotate SECRET --incident 'a b' --reason x
exits anna 3 'has a reason' "an incident without a reason" key rotate SECRET --incident leak
exits anna 5 'seals with' "the current key is not retired" key retire SECRET "$year"
exits anna 5 'seals with' "nor destroyed" key destroy SECRET "$year" --reason x
exits anna 5 'level SECRET seals with' "in small letters" key retire secret "$year"
exits anna 6 'no epoch "1999"' "an unknown epoch" key retire SECRET 1999
exits anna 2 'reason' "destroying without a reason" key destroy SECRET 1999

# ---- rotation, with kills ----
rotation() { ctl anna key status --json 2>/dev/null | python3 -c '
import json, sys
for r in json.load(sys.stdin)["rotations"]:
    print(r["level"], r["epoch"], r["mode"], "ended" if r["ended"] else "open", r["moved"], r["left"])'; }
like "a rotation begins" "$(ctl anna key rotate SECRET)" "rotation to SECRET $year-r2 .*under way"
kill_role() { local pid; for pid in $(agent_pids "$1"); do kill -9 "$pid" 2>/dev/null; done; }
killed=0
moved_at_least() { rotation | awk -v n="$1" '$5 >= n { found = 1 } END { exit !found }'; }
for role in sealer keeper registrar sealer registrar keeper; do
	kill_role $role
	killed=$((killed + 1))
	wait_until 20 moved_at_least $((killed * 3))
done
# shellcheck disable=SC2046 # one word for each child
kill -9 "$agent_pid" $(pgrep -P "$agent_pid")
wait "$agent_pid" 2>/dev/null
agent_pid=''
agent_start || tap 1 "it starts again after a kill of everything"
has_ended() { rotation | grep -q "^SECRET $1 .* ended "; }
ok "the rotation ends" wait_until 120 has_ended "$year-r2"
now=$(epoch --scan)
is "with no file on the old key" "$(of "SECRET $year" "$now")" "SECRET $year old True 0 0 0"
is "all are on the new one" "$(of "SECRET $year-r2" "$now")" "SECRET $year-r2 current True $documents 12 1"
ok "every document opens" opens_all
is "every content, kept version and copy opens with the escrow" "$(escrow_sums)" "$before"
is "no payload has changed by a bit" "$(tails)" "$tails_before"
is "nothing is left over" "$(find "$agent_root/.classd" -type f ! -path '*/keep/*' | wc -l)/$(kept_names | wc -l)" "0/$((documents + 12))"
like "the record's history says it" "$(ctl dana show "$agent_root/d30.txt.age")" "rewrap.*to the key SECRET $year-r2"
like "of kept versions, too" "$(ctl dana show "$agent_root/d10.txt.age")" 'kept file [0-9-]+\.1\.age'
like "the journal is whole" "$(ctl anna journal verify)" 'every entry follows'
now=$(epoch --scan | sort)
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start || tap 1 "it starts without a store"
is "a store that is filled from it says the same" "$(epoch --scan | sort)" "$now"

# ---- an incident: all is encrypted anew, and the agent is used meanwhile ----
said=$(ctl boris key rotate SECRET --incident leak --reason 'a key directory was copied' --wait)
is "a rotation for an incident, waited for" $? 0
like "says how it went" "$said" "SECRET +$year-r3-leak .*current.*rotation to SECRET $year-r3-leak .*done"
is "the content is the same" "$(escrow_sums)" "$before"
same=$(comm -12 <(tails | sort) <(sort <<<"$tails_before") | wc -l)
is "no payload is" "$same" 0
like "the history tells one from the other" "$(ctl dana show "$agent_root/d30.txt.age")" "reencrypt.*to the key SECRET $year-r3-leak"
ok "every document opens" opens_all

# ---- what cannot be moved is said ----
for name in d51.txt d50.txt; do
	save $name 1
	names+=($name)
	wait_until 20 ctl dana tag "$agent_root/$name" --item 5.1 --level SECRET --term 5y --scope person:dana --responsible li --reason plan
	ok "another document" wait_until 30 is_sealed $name
done
number_of() { ctl dana show "$agent_root/$1" --json | grep -oE '"number":"[^"]+"' | head -1 | cut -d'"' -f4; }
hurt=$(number_of d50.txt.age) healed=$(number_of d51.txt.age)
finding_of() { ctl li findings --json | grep -o '{[^{}]*}' | grep '"code":"D35"' | grep "\"number\":\"$1\""; }
has_no_finding() { ! finding_of "$1" >/dev/null; }
ok "nothing is said of a good one" has_no_finding "$healed"
for name in d51.txt d50.txt; do flip "$agent_root/$name.age" 5000; done
said=$(ctl anna key rotate SECRET --wait)
is "a damaged file is left" $? 10
like "and named, with the reason" "$said" "not moved +[0-9]+-[0-9]+ d50.txt.age \(SECRET $year-r3-leak\): The sealed file is damaged"
fails "nobody is told to begin what is under way" grep -q 'until: classctl key rotate' <<<"$said"
like "at once it is a finding of its record" "$(finding_of "$hurt")" "d50.txt.age stays on the key SECRET $year-r3-leak: The sealed file is damaged"
ok "and so is the other" finding_of "$healed"
like "which is shown with the record" "$(ctl li show "$hurt")" 'D35'
flip "$agent_root/d51.txt.age" 5000
ok "restored, it moves and the finding is closed" wait_until 120 has_no_finding "$healed"
is "the other stays" "$(finding_of "$hurt" | wc -l)" 1
exits anna 5 '(file is|files are) sealed to SECRET' "an epoch with a file is not retired" key retire SECRET "$year-r3-leak"
like "which is listed" "$(ctl anna key files SECRET "$year-r3-leak")" 'document +d50.txt.age.*1 file is'
exits anna 5 'not retired' "nor destroyed" key destroy SECRET "$year-r3-leak" --reason x

# ---- retire ----
like "an empty one is retired" "$(ctl anna key retire SECRET "$year")" "SECRET +$year .*retired +no +0 +0 +0"
exits anna 5 'retired already' "once" key retire SECRET "$year"
like "and opens again" "$(ctl anna key retire SECRET "$year" --undo)" "SECRET +$year .*old +yes"
exits anna 5 'not retired' "once" key retire SECRET "$year" --undo
# A key directory that takes nothing: the keeper goes on, and does it when it can.
keeper=$(agent_pids keeper)
chmod 500 "$agent_dir/state/keys"
exits anna 1 'decided and journalled.*cannot write' "a full key directory" key retire SECRET "$year"
reads() { ctl dana cat "$agent_root/d20.txt.age" | grep -q 'document d20'; }
ok "somebody reads meanwhile" reads
is "the keeper is the same one" "$(agent_pids keeper)" "$keeper"
like "and says so" "$(ctl anna status)" 'keeper.0/keys-unwritable'
chmod 700 "$agent_dir/state/keys"
retired() { ctl anna key status | grep -q "SECRET *$year .*retired"; }
ok "with room it is done" wait_until 20 retired
is "by the same keeper" "$(agent_pids keeper)" "$keeper"
is "who says nothing any more" "$(ctl anna status | grep -c unwritable)" 0
ctl anna key retire SECRET "$year-r2" >/dev/null
agent_stop
agent_start
is "it stays so over a restart" "$(of "SECRET $year-r2" "$(epoch)")" "SECRET $year-r2 retired False 0 0 0"

# ---- destroy ----
cp -p "$agent_dir/state/keys/SECRET.$year.age" "$agent_dir/backup.age"
exits dana 4 'may not: key-destroy' "a drafter destroys nothing" key destroy SECRET "$year" --reason x
like "the first proposes" "$(ctl anna key destroy SECRET "$year" --reason 'a year is over')" '^proposed: another'
exits anna 4 'second person' "not the same one again" key destroy SECRET "$year" --reason again
ok "it is still there" test -e "$agent_dir/state/keys/SECRET.$year.age"
like "status shows the proposal" "$(ctl anna key status)" "SECRET $year: cdt-anna proposed"
ok "who proposed is suspended" ctl boris person suspend cdt-anna --reason test
like "then the other is the first" "$(ctl boris key destroy SECRET "$year" --reason 'a year is over')" '^proposed: another'
ok "and nothing is gone" test -e "$agent_dir/state/keys/SECRET.$year.age"
ok "the suspension is lifted" ctl boris person suspend cdt-anna --lift --reason test
like "the second does it" "$(ctl anna key destroy SECRET "$year" --reason 'a year is over')" "destroyed here.*Backups.*SECRET +$year .*destroyed"
is "no wrap is left" "$(ls "$agent_dir/state/keys" | grep -c "^SECRET\.$year\.")" 1
ok "but the mark" test -e "$agent_dir/state/keys/SECRET.$year.destroyed"
exits boris 5 'is destroyed' "nothing can be undone" key retire SECRET "$year" --undo
install -m 600 -o cdt-keeper -g cdt "$agent_dir/backup.age" "$agent_dir/state/keys/SECRET.$year.age"
kill_role keeper
is_gone() { [ ! -e "$agent_dir/state/keys/SECRET.$year.age" ]; }
ok "a wrap that comes back is removed again" wait_until 20 is_gone

# ---- shred: files and all ----
exits anna 5 '1 file sealed to.*would become unreadable' "shredding wants the number of files" key destroy SECRET "$year-r3-leak" --shred --files 7 --reason order
exits anna 2 'files N' "typed" key destroy SECRET "$year-r3-leak" --shred --reason order
like "the first proposes it" "$(ctl anna key destroy SECRET "$year-r3-leak" --shred --files 1 --reason 'order 7')" '^proposed'
like "the second does it" "$(ctl boris key destroy SECRET "$year-r3-leak" --shred --files 1 --reason 'order 7')" 'destroyed here'
said=$(ctl dana show "$agent_root/d50.txt.age" --json)
like "the record says so" "$said" '"sealing":"destroyed"'
like "and its history" "$said" '"act":"shredded"'
exits dana 5 'key of this document was destroyed' "it is not readable" cat "$agent_root/d50.txt.age"
has_no_open() { ! rotation | grep -q ' open '; }
ok "the rotation has nothing left to wait for" wait_until 60 has_no_open
ok "and its finding is closed" wait_until 20 has_no_finding "$hurt"
ctl anna recover --from "$agent_root" --reason look >/dev/null
like "recovery names why, and goes on with several epochs" "$(ctl boris recover --from "$agent_root" --reason look)" \
	'failed.*d50.txt.age: .*its key was destroyed'
like "the old wrap is a matter of the escrow" "$(age -d -i "$agent_dir/escrow.key" "$agent_dir/backup.age")" '^AGE-SECRET-KEY-1'
unset 'names[-1]'
ok "all others open" opens_all
like "the journal is whole" "$(ctl anna journal verify)" 'every entry follows'
done_testing

#!/usr/bin/env bash
# Store and journal are lost, the sealed files and the keys are not: two security administrators bring the records back.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "recovery with a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
home=$agent_dir/home
mkdir -m 755 "$home"
for name in anna boris dana li; do
	login=$(agent_person "$name")
	install -d -m 700 -o "$login" "$home/$name"
done
agent_config 'security_administrators: [cdt-anna, cdt-boris]'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en
as() {
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" "$@" </dev/null)
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
# The persons, as before and as again after the loss: the key stays the same.
enter_persons() {
	ctl anna person add dana --name 'Dana Drafter' --login cdt-dana --department planning --role drafter \
		--category important --cleared-until 2040-12-31 --undertaking 2026-01-05 &&
		ctl boris person confirm dana &&
		ctl anna person add li --name 'Li Wei' --login cdt-li --department planning --role drafter,responsible \
			--category core --cleared-until 2040-12-31 --undertaking 2026-01-05 &&
		ctl boris person confirm li &&
		ctl anna appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2039-12-31 \
			--document 'Order 12/2026' &&
		ctl boris person confirm li --appointment "$(ctl boris person show li --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | head -n 1)" &&
		ctl anna train li --content 'classification, duties and limits' --hours 4 --held "$(date -u +%Y)-01-10"
}
enter_key() {
	ctl li identity --key "$home/li/key"
	ctl boris person confirm li --key "$(ssh-keygen -lf "$home/li/key.pub" | cut -d' ' -f2)"
}
ok "persons are entered" enter_persons
as li ssh-keygen -q -t ed25519 -N '' -f "$home/li/key"
ok "and a key" enter_key

# A draft, a proposal, a decision with other content since, one that was issued; two drafts that will be damaged.
declare -A number=() before=()
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ] && ctl li show "${number[$1]}" --json | grep -q '"sealing":"sealed"'; }
is_seen() { ctl dana status "$1" | grep -q settled; }
save() { cp tests/fixtures/report-en.docx "$agent_root/$1" && chown cdt-dana:cdt "$agent_root/$1" && wait_until 15 is_seen "$1"; }
make() {
	save "$1" && ctl dana tag "$1" --item 5.1 --level SECRET --term 5y --scope "person:dana,person:li" \
		--responsible li --reason 'as the plan says' || return 1
	number[$1]=$(ctl dana show "$1" --json | grep -oE '"number":"[^"]*' | head -n 1 | cut -d'"' -f4)
	wait_until 15 is_sealed "$1"
}
submit() { ctl dana submit "${number[$1]}" && wait_until 15 is_sealed "$1"; }
decide() { ctl li approve "${number[$1]}" --key "$home/li/key" && wait_until 15 is_sealed "$1"; }
issue() { ctl li issue "${number[$1]}" --document-number 'PL 14/2026' --key "$home/li/key" && wait_until 15 is_sealed "$1"; }
change() {
	local path
	path=$(ctl dana open --print-path "${number[$1]}") && as dana cp "$agent_dir/next.odt" "$path" &&
		ctl dana close "${number[$1]}" && wait_until 15 is_sealed "$1"
}
install -m 644 tests/fixtures/report-en.odt "$agent_dir/next.odt"
for name in draft proposed decided issued cut flipped; do make $name >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"; done
is "six documents have numbers" "$(printf '%s\n' "${number[@]}" | sort -u | grep -c -- -)" 6
for name in proposed decided issued; do ok "$name: submitted" submit $name; done
for name in decided issued; do ok "$name: decided" decide $name; done
ok "issued: issued" issue issued
ok "decided: with other content" change decided
ok "issued: somebody is let in, beside the decision" ctl li scope add "${number[issued]}" person:cdt-boris --reason 'joint work'
ok "and the file follows" wait_until 15 is_sealed issued
# Label, values, dates, digest, place: all but the history and the findings.
facts() { ctl li show "$1" --json | sed 's/.*"label":/"label":/'; }
has_state() { facts "${number[$1]}" | grep -q "\"state\":\"$2\""; }
ok "the label of the proposal has reached its file" wait_until 15 has_state proposed proposed
for name in draft proposed decided issued; do is_sealed $name && before[$name]=$(facts "${number[$name]}"); done
like "a decision is in what is compared" "${before[issued]}" '"decided":.*"state":"issued"'
is "the changed one is changed" "$(grep -o '"state":"[a-z]*"' <<<"${before[decided]}")" '"state":"changed"'
same() { local name; for name in "$@"; do [ "$(facts "${number[$name]}")" = "${before[$name]}" ] || { echo "$name"; diff <(facts "${number[$name]}") - <<<"${before[$name]}"; return 1; }; done; }

# The store alone is lost: the journal fills it again.
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start || tap 1 "it starts without a store"
ok "a store is filled from the journal" same draft proposed decided issued
like "which is whole" "$(ctl anna journal verify)" 'every entry follows'

# Everything is lost but the files and the keys. Some files are not what they were.
agent_stop
rm -r "$agent_dir/state/registrar"
save_quietly() { cp tests/fixtures/report-en.docx "$agent_root/$1" && chown cdt-dana:cdt "$agent_root/$1"; }
save_quietly clear.docx
truncate -s -100 "$agent_root/cut.age"
flip "$agent_root/flipped.age" 6000
age -r age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p -o "$agent_root/foreign.age" tests/fixtures/report-en.docx
printf 'no age file\n' >"$agent_root/plain.age"
: >"$agent_root/empty.age"
cp "$agent_root/issued.age" "$agent_root/an old copy.age"
agent_start
tap $? "a machine without a register comes up"
sees_clear() { ctl anna status --json | grep -q '"unrecorded":[1-9]'; }
wait_until 15 sees_clear

exits dana 4 'no person' "a stranger" recover --from "$agent_root" --reason loss
exits anna 3 'no directory in a watched root' "a folder outside" recover --from /etc --reason loss
exits anna 2 'reason' "without a reason" recover --from "$agent_root"
like "the first administrator opens it" "$(ctl anna recover --from "$agent_root" --reason 'disk lost')" 'opened.*second security administrator'
exits anna 4 'second person' "who opened it does not run it" recover --from "$agent_root" --reason 'disk lost'
mkdir -m 1777 "$agent_root/other"
like "another folder is another opening" "$(ctl boris recover --from "$agent_root/other" --reason 'disk lost')" '^opened'
like "so the first is opened again" "$(ctl anna recover --from "$agent_root" --reason 'disk lost')" '^opened'
said=$(ctl boris recover --from "$agent_root" --reason 'disk lost')
status=$?
is "what failed is in the exit code" $status 10
is "what was proved of each record" "$(grep -oE '(not )?proved +2026[^;]*; signature: [a-z-]+; labels: [a-z-]+' <<<"$said" | sed -E 's/ +/ /g; s/2026-[0-9]+: [0-9]+ files?, //; s/versions [0-9]+ to [0-9]+, //' | sort)" 'not proved content as sealed; signature: unknown-key; labels: by-hash
not proved content as sealed; signature: unknown-key; labels: by-hash
proved content as sealed; signature: not-needed; labels: unbroken
proved content as sealed; signature: not-needed; labels: unbroken'
like "counts" "$said" '^done: 14 files, 4 records, 2 unverified, 6 failed'
like "the cut one is named" "$said" 'cut.age: The sealed file is damaged'
like "the flipped one" "$said" 'flipped.age: The sealed file is damaged'
like "the foreign one" "$said" 'foreign.age: The sealed file is not one of ours'
like "a file that is none" "$said" 'plain.age: The sealed file is not one of ours'
like "the empty one" "$said" 'empty.age: The sealed file'
like "the copy" "$said" 'an old copy.age: a copy'
like "the one in clear" "$said" 'clear.docx: in clear, without a record'
like "persons are missing" "$said" 'person dana.*person li, with appointments'
journalled() { grep -rhoa "\"phase\":\"$1\"" "$agent_dir/state/registrar/journal" | wc -l; }
is "every file that was read is in the journal" "$(journalled read)" 13
is "every one that was not taken" "$(journalled skipped)" 6
like "which is whole" "$(ctl anna journal verify)" 'every entry follows'

ok "persons are entered again" enter_persons
ok "the records are as they were" same draft proposed decided issued
like "and who was let in beside the decision" "$(ctl li scope "${number[issued]}")" 'added +person:cdt-boris'
unverified() { ctl li findings --json | grep -o '"code":"D29"' | wc -l; }
is "decisions without a known key are unverified" "$(unverified)" 2
like "verify says what it can" "$(ctl li verify "${number[issued]}")" 'signature +ok.*key +failed +no person.*commitment +ok'
enter_key >/dev/null
like "with the key it is whole" "$(ctl li verify "${number[issued]}")" 'signature +ok.*key +ok.*commitment +ok.*issue signature +ok.*key +ok'
is "the content opens" "$(ctl dana cat "${number[decided]}" | sha256sum)" "$(sha256sum <"$agent_dir/next.odt" | cut -d' ' -f1)  -"
like "earlier versions are there" "$(ctl li show "${number[issued]}" --json)" 'rebuilt from .classd/keep/.*rebuilt from issued.age'

# Again: nothing changes but what the key has made certain.
recover() { ctl boris recover --from "$agent_root" --reason again && ctl anna recover --from "$agent_root" --reason again; }
like "again" "$(recover)" 'done: 14 files, 0 records, 0 unverified, 6 failed'
ok "nothing is different" same draft proposed decided issued
is "the decisions are verified" "$(unverified)" 0

# A sealed file that is gone is rebuilt from what is kept, and comes back. Meanwhile somebody went on working: the numbers
# of the draft and of the proposal belong to other documents by now, and so do the names that their kept files had.
agent_stop
rm -r "$agent_dir/state/registrar" "$agent_root/decided.age" "$agent_root/an old copy.age"
kept_of() { find "$agent_root/.classd/keep" -name '*.age' | wc -l; }
kept=$(kept_of)
agent_start
fails "a journal that is gone freezes the agent" enter_persons
accept() { ctl anna backup accept --reason 'the disk was lost' && ctl boris backup accept --reason 'the disk was lost'; }
ok "two accept that" accept
enter_persons >/dev/null
old_draft=${number[draft]}
make newcomer >/dev/null 2>&1
make second >/dev/null 2>&1
is "the first number is given again" "${number[newcomer]}" "$old_draft"
is "what was kept of another record stays" "$(kept_of)" $((kept + 1))
said=$(recover)
like "from what is kept" "$said" 'done: [0-9]* files, 4 records'
draft_again=$(ctl dana show draft.age --json | grep -oE '"number":"[^"]*' | head -n 1 | cut -d'"' -f4)
fails "the draft has another number" test "$draft_again" = "$old_draft"
like "which its history says" "$(ctl dana show "$draft_again" --json)" "its number $old_draft belongs to another record"
like "so has the proposal, which is one still" "$(ctl dana show proposed.age --json)" "its number ${number[proposed]} belongs.*\"state\":\"proposed\""
number[draft]=$draft_again
ok "and its file learns it" wait_until 15 test -e "$agent_root/.classd/keep/$draft_again.1.age"
ok "which is sealed" wait_until 15 is_sealed draft
is "it opens" "$(ctl dana cat "$draft_again" | sha256sum)" "$(ctl dana cat "$old_draft" | sha256sum)"
is_back() { ctl dana restore "${number[decided]}" && test -s "$agent_root/decided.age"; }
ok "restore brings the lost file back" wait_until 15 is_back
ok "with its record" same decided issued
like "again: nothing new" "$(recover)" 'done: .* 0 records'

# Without the keys there is an inventory, and nothing changes.
agent_stop
rm -r "$agent_dir/state" "$agent_dir/escrow.key"
agent_start
said=$(recover)
like "without keys each file is named" "$said" 'proposed.age: No key of this machine opens the file.*record [0-9a-f-]{36}, version [0-9]+, level SECRET'
like "and no record is made" "$said" 'done: [0-9]+ files, 0 records'
done_testing

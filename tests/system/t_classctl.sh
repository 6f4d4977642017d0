#!/usr/bin/env bash
# classctl against a whole agent: one document from its template to its release, by persons with logins of their own,
# and what people get wrong on the way. As root only: it needs real users.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "classctl with a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
home=$agent_dir/home
mkdir -m 755 "$home"
for name in anna boris dana li olga; do
	login=$(agent_person "$name")
	install -d -m 700 -o "$login" "$home/$name"
done
agent_config 'security_administrators: [cdt-anna, cdt-boris]'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en

# as WHO COMMAND…: in the watched folder, without a terminal.
as() {
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" "$@" </dev/null)
}
ctl() { local who=$1; shift; as "$who" classctl "$@"; }
# exits WHO CODE REGEX NAME COMMAND…: refused with that exit code, and with these words.
exits() {
	local who=$1 code=$2 words=$3 name=$4 said status
	shift 4
	said=$(ctl "$who" "$@" 2>&1)
	status=$?
	is "$name: exit code" $status "$code"
	like "$name: what it says" "$said" "$words"
}
field() { sed -nE "s/^$1 +//p" | head -n 1; }
save() { # save OWNER NAME: a real document, as its owner would save it
	cp tests/fixtures/report-en.docx "$agent_root/$2" && chown "cdt-$1:cdt" "$agent_root/$2"
}

# Persons: one enters, the other confirms.
exits dana 0 'records +[0-9].*not in the register of persons.*A security administrator enters you' "a stranger sees numbers" status
is "and no document" "$(ctl dana status | grep -cF .docx)/$(ctl dana status --json | grep -oE '"documents":\[[^]]*\]')" '0/"documents":[]'
exits dana 4 'belongs to no person' "nor one that is named" status 2026-000001
like "an administrator is told no such thing" "$(ctl anna status | grep -c 'not in the register')" '^0$'
ok "a person is entered" ctl anna person add dana --name 'Dana Drafter' --login cdt-dana --department planning --role drafter \
	--category important --cleared-until 2040-12-31 --undertaking 2026-01-05
exits anna 4 'classctl' "who entered a person does not confirm it" person confirm dana
ok "another administrator confirms" ctl boris person confirm dana
exits anna 6 'no such user' "a login that is not there" person add x --name X --login no-such-login
ok "the responsible person" ctl anna person add li --name 'Li Wei' --login cdt-li --department planning \
	--role drafter,responsible --category core --cleared-until 2040-12-31 --undertaking 2026-01-05
ok "is confirmed" ctl boris person confirm li
ok "is appointed" ctl anna appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2039-12-31 \
	--document 'Order 12/2026'
appointment=$(ctl boris person show li --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | head -n 1)
ok "the appointment is confirmed" ctl boris person confirm li --appointment "$appointment"
ok "is trained" ctl anna train li --content 'classification, duties and limits' --hours 4 --held "$(date -u +%Y)-01-10"

# A list of nothing says that there is nothing, and prints nothing that a script would read.
nothing() { # WORDS COMMAND…
	local words=$1
	shift
	like "an empty list: $*" "$(ctl dana "$@" 2>&1 >"$agent_dir/out")/$(stat -c %s "$agent_dir/out")" "$words/0\$"
}
nothing 'no records' list
nothing 'no tasks' tasks
nothing 'nothing is open' checkouts
nothing 'no folder has defaults.*' root list
nothing 'no matter of the catalogue.*' policy search zzzzzz
nothing 'no copies' copies
ok "makes a key" as li ssh-keygen -q -t ed25519 -N '' -f "$home/li/key"
like "registers it" "$(ctl li identity --key "$home/li/key" 2>&1)" 'pending.*person confirm li --key SHA256:'
ok "the key is confirmed" ctl boris person confirm li --key "$(ssh-keygen -lf "$home/li/key.pub" | cut -d' ' -f2)"

# Drafting, and what is refused.
save dana report.docx
is_shown() { ctl dana status | grep -Eq 'report.docx +settled +dana +docx +no record'; }
ok "status shows it without a record, with type and owner" wait_until 20 is_shown
exits dana 2 'where: --item ID' "nothing says what it is" tag report.docx
exits dana 3 'no item "99"' "an unknown item" tag report.docx --item 99
exits dana 3 'no level "purple"' "an unknown level" tag report.docx --item 1.2 --level purple
exits dana 3 'longer than' "a term above the cap" tag report.docx --item 1.2 --term 99y
exits dana 3 'no person "nobody"' "an unknown person" tag report.docx --item 1.2 --responsible nobody
exits li 4 'belongs to uid' "somebody else's file" tag report.docx --item 1.2
echo text >"$agent_dir/outside.txt"
exits dana 6 'no watched folder' "a file outside" tag "$agent_dir/outside.txt" --item 1.2
exits dana 3 'not a regular file on a watched' "a file of another file system" tag /proc/version --item 1.2
is "nothing changed" "$(ctl dana list --json)" '{"records":[]}'
ok "tag makes a draft" ctl dana tag report.docx --item 1.2 --responsible li
like "the draft asks nobody" "$(ctl li queue 2>&1)" 'nothing waits'

# Submitting: while a program has it open, and when it is closed.
is "open elsewhere: not sealed, and said so" "$(as dana bash -c 'exec 3<>report.docx; classctl submit report.docx 2>&1 >/dev/null |
	grep -c "still has it open"; ls report.docx')" $'1\nreport.docx'
n=$(ctl dana list | grep -oE '^[0-9]{4}-[0-9]{6}')
is_sealed() { ctl dana show "$n" | grep -qE '^sealing +sealed'; }
ok "closed: it is sealed" wait_until 15 is_sealed
is "the plaintext is gone" "$(ls "$agent_root")" report.docx.age
like "the responsible person sees it" "$(ctl li queue)" "$n +proposed"
exits dana 4 . "the drafter may not approve" approve "$n"

# Deciding.
like "show has what a decision needs" "$(ctl li show "$n")" 'proposed +CONFIDENTIAL.*catalogue +1.2'
exits li 3 'none of your registered keys' "without a key there is no decision" approve "$n"
ok "approve, corrected: marked anew, then signed" ctl li approve "$n" --term 3y --reason 'no figures in it' --key "$home/li/key"
is "decided" "$(ctl dana show "$n" | field state)" classified
like "the marked bytes are what was signed" "$(ctl li verify "$n")" 'signature +ok.*commitment +ok'
ok "the mark is in the document" bash -c "age -d -i '$agent_dir/escrow.key' '$agent_root/report.docx.age' >'$agent_dir/out.docx' &&
	unzip -p '$agent_dir/out.docx' word/document.xml | grep -q CONFIDENTIAL"
exits li 5 classified "twice" approve "$n" --key "$home/li/key"
ok "issue" ctl li issue "$n" --document-number 'PL 14/2026' --key "$home/li/key"
is "issued" "$(ctl dana show report.docx | field state)" issued

# Reading.
is "cat gives the very bytes" "$(ctl dana cat "$n" | sha256sum | cut -d' ' -f1)" "$(ctl dana show "$n" --json | grep -oE '"digest":"[0-9a-f]+' | cut -d'"' -f4)"
path=$(ctl dana open --print-path "$n")
ok "open gives a file of one's own" as dana test -w "$path"
is "a second open is the same checkout" "$(ctl dana open --print-path "$n")" "$path"
exits li 5 'do not have it open' "closing what another has open" close "$n"
is "not closed while a program writes" "$(as dana bash -c "exec 3<>'$path'; classctl close $n >/dev/null 2>&1; echo \$?")" 5
ok "close takes the plaintext away" ctl dana close "$n"
fails "it is gone" test -e "$path"
exits dana 5 'only released' "unsealing what is still classified" unseal "$n" --to "$home/dana"
rm "$agent_root/report.docx.age"
is_back() { ctl dana restore "$n" && test -s "$agent_root/report.docx.age"; }
ok "a deleted sealed file comes back" wait_until 15 is_back

# The end.
ok "release is proposed" ctl dana release "$n" --reason 'published'
ok "and decided" ctl li approve "$n" --key "$home/li/key"
ok "then it may be unsealed" ctl dana unseal "$n" --to "$home/dana"
exits dana 5 'of this name' "but never over another file" unseal "$n" --to "$home/dana"
like "with its mark struck through" "$(unzip -p "$home/dana/report.docx" word/document.xml)" '<w:strike.*CONFIDENTIAL|CONFIDENTIAL.*<w:strike'
words() { unzip -p "$1" word/document.xml | sed 's/<[^>]*>//g'; }
like "and its words" "$(words "$home/dana/report.docx")" "$(words "$agent_dir/out.docx" | tr -s ' \n' | tail -c 60 | sed 's/[][().*+?^$|\\]/./g')"
like "the journal is whole" "$(ctl anna journal verify)" 'every entry follows'
like "a sweep of another day changes nothing" "$(ctl anna sweep --as-of 2037-01-01)" 'rehearsal as of 2037-01-01'
done_testing

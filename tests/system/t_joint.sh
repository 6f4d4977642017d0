#!/usr/bin/env bash
# A joint document, decided by the unit that leads after the others have answered; and what was declared not secret, read once
# more by somebody who does not see that, in the pack cn.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "joint documents" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins SECRET 'reviews: {reread_percent: 100}'
record() { ctl olga show "$1" --json; }
task_of() { ctl "${2:-olga}" tasks --record "$1" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | tail -n 1; }

# Joint: asked, answered, decided.
save dana joint.docx
wait_until 10 ctl dana tag joint.docx --item 1.1 --scope dept:planning --responsible li --reason x >/dev/null 2>&1
n=$(number_of)
exits wang 4 'drafter' "others are asked by those it belongs to" consult "$n" --with 'Ministry of Ports'
exits dana 2 'with' "about nobody" consult "$n"
ok "one is asked" ctl dana consult "$n" --with 'Ministry of Ports'
exits dana 5 'was asked' "once" consult "$n" --with 'Ministry of Ports'
ok "another" ctl dana consult "$n" --with 'Bureau of Roads'
ctl dana submit "$n" --wait >/dev/null 2>&1
exits li 5 'Ministry of Ports was asked.*not answered' "it is not decided before they answer" approve "$n" --key "$home/li/key"
first=$(ctl dana tasks --record "$n" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | head -n 1)
refused dana 3 'by a document' "an answer has a document" answer "$first" --outcome agreed --reason '同意'
refused dana 3 'agreed, objected' "and is one of two" answer "$first" --outcome keep --reason x --document y
ok "the first agrees" ctl dana answer "$first" --outcome agreed --reason '同意' --document '复 7'
exits li 5 'Bureau of Roads was asked.*not answered' "the second has not answered" approve "$n" --key "$home/li/key"
ok "it objects" ctl olga answer "$(task_of "$n")" --outcome objected --reason '建议秘密' --document '复 8'
like "the answers are recorded" "$(ctl olga tasks --record "$n" --answered)" 'Bureau of Roads +objected: 复 8: 建议秘密'
ok "the unit that leads decides" ctl li approve "$n" --key "$home/li/key"
is "it is decided" "$(state_of "$n")" classified
exits dana 5 'before a document is decided' "too late to ask" consult "$n" --with 'Ministry of Ports'

reader_of() { # NUMBER: who is drawn to read it once more; each one sees only what he reads himself
	local id
	for id in li wang; do ctl "$id" tasks | grep -qE "reread +$1" && { echo "$id"; return; }; done
}
# Declared not secret by the drafter alone: drawn (here all of them), and read by somebody else who does not see the answer.
save dana plain.docx draft-en.docx
wait_until 10 ctl dana declare --not-secret plain.docx >/dev/null 2>&1
n=$(number_of)
is "it is declared" "$(state_of "$n")" unclassified
owner=$(reader_of "$n")
like "somebody else is drawn for it" "$owner" '^(li|wang)$'
exits "$owner" 4 'by yourself' "who is not told what was answered" show "$n"
exits "$owner" 4 'by yourself' "nor by its scope" scope "$n"
exits "$owner" 4 'by yourself' "nor by its decision, checked again" verify "$n"
exits "$owner" 4 'by yourself' "nor by its chain" trace "$n"
is "nor by its folder" "$(ctl "$owner" status --all; ctl "$owner" status plain.docx)" "$(ctl "$owner" status --all | sed 's/UNCLASSIFIED/?/'; ctl "$owner" status plain.docx | sed 's/UNCLASSIFIED/?/')"
like "where its number stands" "$(ctl "$owner" status plain.docx)" "$n"
is "nor by a list" "$(ctl "$owner" list --json | grep -c "$n")" 0
like "but asked" "$(ctl "$owner" tasks)" "reread +$n"
for who in dana olga; do
	fails "$who is not told that it is read, nor by whom" grep -q reread <<<"$(ctl "$who" tasks --record "$n"; ctl "$who" tasks --all)"
done
refused dana 4 '.' "the drafter does not answer it" answer "$(task_of "$n" "$owner")" --outcome not-secret --reason x
refused olga 4 'drawn' "nor does the office" answer "$(task_of "$n" "$owner")" --outcome not-secret --reason x
ok "he holds it for no secret" ctl "$owner" answer "$(task_of "$n" "$owner")" --outcome not-secret --reason '无'
is "which is no finding" "$(has_finding D47 "$n" && echo yes)" ''
ok "now he sees it" ctl "$owner" show "$n"
like "that its drafter decided alone is no fault" "$(ctl "$owner" verify "$n" 2>&1)" 'authority +none +its drafter decided it alone'
ok "nor a broken link" ctl olga trace "$n"
like "and the office what he answered" "$(ctl olga tasks --record "$n" --answered)" "reread.*$owner"
save dana other.docx draft-en.docx
wait_until 10 ctl dana declare --not-secret other.docx >/dev/null 2>&1
n=$(number_of)
owner=$(reader_of "$n")
ok "another is held for secret" ctl "$owner" answer "$(task_of "$n" "$owner")" --outcome secret --reason '涉及选址'
ok "the difference is a finding" has_finding D47 "$n"
is "and changes nothing by itself" "$(state_of "$n")" unclassified
ok "it is disputed" ctl olga dispute "$n" --level 秘密 --reason '复核不一致'
ok "which settles the finding" wait_until 5 has_no_finding D47 "$n"
ok "the journal is whole" ctl olga journal verify

done_testing

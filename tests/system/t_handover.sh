#!/usr/bin/env bash
# Records that go to an archive, each looked at first, and to another unit; lists, receipts, the level of the whole (R24), and
# who holds them since, in the pack cn.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "handing over" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins SECRET
record() { ctl olga show "$1" --json; }
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
classified() { # classified NAME OPTION…: drafted by dana, decided by li; the number is in $n
	local name=$1
	shift
	{ save dana "$name" && ctl dana tag "$name" --scope dept:planning --responsible li "$@" && n=$(number_of) &&
		ctl dana submit "$n" --wait && approve li "$n"; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
task_of() { ctl olga tasks --record "$1" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | tail -n 1; }
list_id() { grep -oE '[0-9]+' <<<"$1" | head -n 1; }
classified low.docx --item 1.1 --level 秘密 --term 2y --reason x
tap $? "a record"
low=$n
classified high.docx --item 1.1 --term 5y --reason x
tap $? "a higher one"
high=$n

# To an archive: a list, a look at each, the receipt.
exits dana 4 'secrecy office' "a list by a drafter" handover make archive "$low" --to 'State archive'
exits olga 3 'archive or transfer|not handed over' "of a kind that is not there" handover make purple "$low" --to x
exits olga 2 'to' "to nobody" handover make archive "$low"
exits olga 6 'no record' "of what is not there" handover make archive 2026-999999 --to x
exits olga 3 'twice' "of the same twice" handover make archive "$low" "$low" --to x
said=$(ctl olga handover make archive "$low" "$high" --to 'State archive')
like "a list is made" "$said" '^list [0-9]+ is made'
list=$(list_id "$said")
is "nothing has moved" "$(state_of "$low") $(state_of "$high")" "classified classified"
page=$(ctl olga handover show "$list")
like "it is protected like a folder that holds them all" "$page" 'Level of the whole: SECRET'
like "for as long as the longest" "$page" "Term: $(after '5 years')"
like "to be signed" "$page" 'Signature and date'
refused olga 5 "$low is ready" "before anybody has looked at them" handover done "$list" --receipt 'A 1'
like "whoever answers for them is asked" "$(ctl li tasks)" "review-archive +$low +li .*list $list, to State archive"
refused li 3 'ready, hold' "an answer that there is not" answer "$(task_of "$low")" --outcome keep --reason x
ok "ready" ctl li answer "$(task_of "$low")" --outcome ready --reason '可移交'
ok "not ready" ctl li answer "$(task_of "$high")" --outcome hold --reason '仍在使用'
refused olga 5 "$high is ready" "with one that is not ready" handover done "$list" --receipt 'A 1'
ok "given up" ctl olga handover drop "$list"
exits olga 5 'closed' "and closed" handover done "$list" --receipt 'A 1'
# Given up before anybody answered: nobody is asked for it any more, and the next list asks anew.
list=$(list_id "$(ctl olga handover make archive "$low" --to 'Old archive')")
other=$(list_id "$(ctl olga handover make archive "$low" --to 'Other archive')")
is "each list asks by itself" "$(ctl li tasks | grep -cE "review-archive +$low")" 2
refused li 3 'ready, hold$' "what only giving up does" answer "$(task_of "$low")" --outcome dropped --reason x
ok "one is given up" ctl olga handover drop "$list"
like "that of the other list stays" "$(ctl li tasks)" "review-archive +$low +li .*list $other, to Other archive"
is "and no more" "$(ctl li tasks | grep -cE "review-archive +$low")" 1
ok "it is given up, too" ctl olga handover drop "$other"
is "nobody is asked" "$(ctl li tasks | grep -cE "review-archive")" 0
like "that is what the task says" "$(ctl li tasks --record "$low" --answered)" 'dropped'
said=$(ctl olga handover make archive "$low" --to 'State archive')
list=$(list_id "$said")
refused olga 5 'is ready' "an answer to another list does not count" handover done "$list" --receipt 'A 1'
ok "ready" ctl li answer "$(task_of "$low")" --outcome ready --reason '可移交'
exits olga 2 'receipt' "without a receipt" handover done "$list"
like "received" "$(ctl olga handover done "$list" --receipt '档 2026/77')" '^1 record '
is "it is archived" "$(state_of "$low")" archived
like "and says who holds it" "$(ctl olga show "$low")" 'held by +State archive'
like "by which receipt" "$(record "$low")" '"act":"archive","detail":"State archive, list [0-9]+, receipt 档 2026/77"'
like "the list says so, too" "$(ctl olga handover list)" "$list +archive +State archive +1 .*档 2026/77"
exits olga 5 '.' "it is not archived again" handover make archive "$low" --to x

# To another unit: who made it stays who made it, and nothing about it may wait.
ctl dana change "$high" --term 4y --reason x >/dev/null
exits olga 5 'already' "while something is asked for" handover make transfer "$high" --to 'Ministry of Ports'
ctl dana withdraw "$high" >/dev/null
list=$(list_id "$(ctl olga handover make transfer "$high" --to 'Ministry of Ports')")
like "received" "$(ctl olga handover done "$list" --receipt '收 9')" '^1 record '
is "it is with another unit" "$(state_of "$high")" transferred
mkdir -m 777 "$agent_dir/out"
exits dana 5 'transferred; only' "which does not put an end to its secrecy" unseal "$high" --to "$agent_dir/out"
exits dana 5 'archived; only' "nor does an archive" unseal "$low" --to "$agent_dir/out"
is "nothing lies in clear" "$(ls "$agent_dir/out")" ''
like "which holds it" "$(record "$high")" '"holder":"Ministry of Ports"'
like "and did not make it" "$(record "$high")" '"originator":""'
exits dana 5 'transferred' "nothing is asked for here any more" change "$high" --term 4y --reason x
exits olga 6 'no list' "a list that is not there" handover show 999999
ok "the journal is whole" ctl olga journal verify
done_testing

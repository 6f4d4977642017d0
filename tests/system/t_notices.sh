#!/usr/bin/env bash
# What others hear of a change, an extension or a release, in the pack cn: what was derived is looked at again (R23), those who
# may know are told, and a release is served; late is a finding.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "notices" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins SECRET
enter zhou --department planning --role drafter,head --category core --cleared-until 2045-12-31 --undertaking 2026-01-05 >/dev/null 2>&1
enter qian --department other --role drafter,head --category core --cleared-until 2045-12-31 --undertaking 2026-01-05 >/dev/null 2>&1
record() { ctl olga show "$1" --json; }
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
classified() { # classified NAME OPTION…: drafted by dana, decided by li; the number is in $n
	local name=$1
	shift
	{ save dana "$name" && ctl dana tag "$name" --responsible li "$@" && n=$(number_of) && ctl dana submit "$n" --wait &&
		approve li "$n"; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
task_of() { ctl olga notices --json | grep -oE '"number":"[^"]*"|"task":[0-9]+' | paste -sd' ' | sed 's/"number"/\n"number"/g' | grep "$1" | grep -oE '[0-9]+$' | tail -n 1; }
classified source.docx --item 1.1 --scope dept:planning --term 5y --reason x
tap $? "a source"
source=$n
classified part.docx --from "$source" --scope dept:planning --reason x
tap $? "and what is derived from it"
part=$n
classified other.docx --item 1.1 --scope dept:planning --reason x
tap $? "and something else"
other=$n
is "nothing is to be told yet" "$(ctl li notices --json | grep -c '"task"')" 0

# A change: those who might know it before or may now are told, each once; what was derived is looked at again.
ctl li scope add "$source" person:qian --reason '知悉' >/dev/null
{ ctl dana change "$source" --scope dept:planning,person:olga --reason '知悉' && approve wang "$source"; } >/dev/null
is "it is changed" "$(record "$source" | grep -oE '"decided":\{[^}]*person:olga' | wc -l)" 1
like "whoever answers for what was derived is asked" "$(ctl li tasks)" "review-source +$part +li .*its source $source: change"
is "and for nothing else" "$(ctl olga tasks --all | grep review-source | grep -c "$other")" 0
like "those who may know are to be told" "$(ctl wang notices)" "notice +$source +dept:planning"
like "each of them" "$(ctl wang notices)" "notice +$source +person:olga"
like "who was admitted beside the scope, too" "$(ctl wang notices)" "notice +$source +person:qian"
page=$(ctl wang notices "$source" --print)
like "on paper" "$page" 'Notice of a change'
like "with the record" "$page" "Record: $source"
is "a page each" "$(grep -c 'Signature and date' <<<"$page")" 3
task=$(task_of "$source")
refused dana 4 '.' "entered by somebody else" notice "$task" --to person:olga --how x
refused wang 3 'nobody whom' "to somebody who is not to be told" notice "$task" --to person:dana --how x
refused wang 2 'how' "without the way" notice "$task" --to person:olga
refused wang 3 'cannot have been' "tomorrow" notice "$task" --to person:olga --how x --on "$(after '1 day')"
refused wang 2 '.' "on a day that does not exist" notice "$task" --to person:olga --how x --on 2026-02-30
refused wang 6 'no notice' "for a task that there is not" notice 999999 --to person:olga --how x
ctl wang notice "$task" --to person:qian --how '面告' >/dev/null
like "one is told" "$(ctl wang notice "$task" --to person:olga --how '回执 7')" '1 is still'
refused wang 5 'told before' "twice" notice "$task" --to person:olga --how x
like "how is known" "$(ctl olga notices "$source")" '回执 7 +wang'
is "no finding yet" "$(has_finding D44 "$source" && echo yes)" ''
day "$(after '20 days')"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null
ok "late is a finding" has_finding D44 "$source"
# What nears or is over comes to others: the responsible person, then whose superior, then the office.
like "it is due for its owner" "$(ctl wang due --mine)" "notice +wang +wang"
like "the head of the department has heard of it" "$(ctl zhou due --mine)" "notice .*$source|$source +notice"
is "the head of another has not" "$(ctl qian due --mine --json | grep -c "$source")" 0
is "the office has not yet" "$(ctl olga due --mine --json | grep -o '"kind":"notice"' | wc -l)" 0
like "a login says so" "$(ctl zhou motd)" '1 thing falls due .*1 late'
like "and who owns it hears the same" "$(ctl wang motd)" 'falls due'
like "with findings" "$(ctl olga motd)" 'findings? (is|are) open'
dates() { ctl olga due --until "$(after '6 years')" --json | grep -oE '"date":"[^"]*"'; }
ok "what comes first stands first" [ "$(dates)" = "$(dates | sort)" ]
ok "of several days" [ "$(dates | sort -u | wc -l)" -gt 2 ]
like "all of it by kind, ahead" "$(ctl olga due --until "$(after '6 years')")" 'term-over: [0-9]+, 0 of them late'
like "tasks with the rest" "$(ctl olga due --until "$(after '6 years')")" 'notice: [0-9]+, 1 of them late'
enter eve --department audit --role auditor >/dev/null 2>&1
is "an auditor's login says nothing" "$(ctl eve motd 2>&1)" ''
exits olga 2 '.' "until a day that does not exist" due --until 2026-02-30
like "the other is told" "$(ctl wang notice "$task" --to dept:planning --how '会议')" '0 are still'
ok "and the finding is closed" wait_until 5 has_no_finding D44 "$source"
like "the task is answered" "$(ctl wang tasks --record "$source" --answered)" 'told'

# An extension must be heard of before the old end.
classified soon.docx --item 1.1 --scope dept:planning --term 8d --reason x
tap $? "one that ends soon"
soon=$n
classified piece.docx --from "$soon" --scope dept:planning --reason x
tap $? "and what is derived from it"
piece=$n
end=$(record "$soon" | grep -oE '"declassify_on":"[^"]*"' | cut -d'"' -f4)
{ ctl dana extend "$soon" --term 1y --reason '仍在使用' && approve li "$soon"; } >/dev/null
like "the day is the old end" "$(ctl li notices)" "notice +$soon +dept:planning +$end"

like "R23: what was derived from it is looked at, too" "$(ctl li tasks)" "review-source +$piece .*its source $soon: extend"

# A release is served, and what was derived is looked at again.
ok "the review of what was derived is kept" ctl li answer "$(ctl li tasks --record "$part" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | tail -n 1)" --outcome keep --reason x
{ ctl dana release "$source" --reason '已公布' && approve li "$source"; } >/dev/null
is "it is released" "$(state_of "$source")" released
like "what was derived is asked about again" "$(ctl li tasks)" "review-source +$part .*its source $source: release"
like "it is to be served" "$(ctl li notices)" "service +$source +dept:planning"
like "on paper, too" "$(ctl li notices "$source" --print)" 'Notice of a release'
day "$(after '60 days')"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null
ok "not served in time is a finding, although it is over" has_finding D44 "$source"
like "by now the office has heard of it" "$(ctl olga due --mine)" "$source +service +li +li +secrecy-office"
task=$(task_of "$source")
ctl li notice "$task" --to dept:planning --how '送达 3' --on "$(after '21 days')" >/dev/null
ctl li notice "$task" --to person:olga --how '送达 4' >/dev/null
ctl li notice "$task" --to person:qian --how '送达 5' >/dev/null 2>&1
ok "served" wait_until 5 has_no_finding D44 "$source"
like "with the day" "$(ctl olga notices "$source")" "service +$source +dept:planning +[0-9-]+ +$(after '21 days') +送达 3"
ok "the journal is whole" ctl olga journal verify

# R23: a release is not public; when it is, what was derived is asked about once more.
ok "that review is kept as well" ctl li answer "$(ctl li tasks --record "$part" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | tail -n 1)" --outcome keep --reason x
{ ctl dana publish "$source" --reason '已公布' && approve li "$source"; } >/dev/null
is "it is published" "$(state_of "$source")" published
like "what was derived is asked about" "$(ctl li tasks)" "review-source +$part .*its source $source: publish"

# Who was admitted beside the scope and is in the next one is one to be told, not two.
classified twice.docx --item 1.1 --scope dept:planning --reason x
twice=$n
ctl li scope add "$twice" person:qian --reason '知悉' >/dev/null
{ ctl dana change "$twice" --scope dept:planning,person:qian --reason '知悉' && approve wang "$twice"; } >/dev/null
is "he is named once" "$(ctl wang notices "$twice" | grep -c person:qian)" 1
task=$(task_of "$twice")
like "he is told" "$(ctl wang notice "$task" --to person:qian --how '面告')" '1 is still'
like "and the last one ends it" "$(ctl wang notice "$task" --to dept:planning --how '会议')" '0 are still'
like "the task is answered" "$(ctl wang tasks --record "$twice" --answered)" 'told'

# A release by a holder who is not the originator is refused, with who can.
save dana foreign.docx
wait_until 10 ctl dana tag foreign.docx --item 1.1 --scope dept:planning --responsible li --originator 'Office of Ports' --reason x >/dev/null 2>&1
n=$(number_of)
{ ctl dana submit "$n" --wait && approve li "$n"; } >/dev/null 2>&1
refused dana 4 "Office of Ports" "asked for by a holder" release "$n" --reason x
refused li 4 "Office of Ports" "nor changed" change "$n" --level 秘密 --reason x
# R42: nor by way of a dispute, nor of new content.
ok "it is disputed" ctl olga dispute "$n" --level 秘密 --reason x
exits li 4 "Office of Ports" "lowered as a dispute" settle "$n" --level 秘密 --reason x --key "$home/li/key"
ok "settled as it was" ctl li settle "$n" --reason x --key "$home/li/key"
path=$(ctl dana open --print-path "$n")
as dana cp "$PWD/tests/fixtures/plain-zh.docx" "$path"
ctl dana close "$n" >/dev/null
is_changed() { [ "$(state_of "$n")" = changed ]; }
ok "its content is another" wait_until 15 is_changed
ok "which is proposed" ctl dana submit "$n"
exits li 4 "Office of Ports" "lowered with new content" approve "$n" --level 秘密 --reason x --key "$home/li/key"
ok "decided as it was" approve li "$n"
done_testing

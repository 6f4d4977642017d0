#!/usr/bin/env bash
# What a review may end with, in the pack cn: what lowers is asked for and decided like a classification, many are kept at
# once only after a sample was opened, an event is asked for on its check date and ends the term by a signed word alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "reviews" "needs root, for users of its own"
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
	{ save dana "$name" && ctl dana tag "$name" --scope dept:planning,person:olga --responsible li "$@" && n=$(number_of) &&
		ctl dana submit "$n" --wait && approve li "$n"; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
task_of() { ctl olga tasks --record "$1" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | tail -n 1; }
numbers=()
for i in 1 2 3 4 5 6; do
	classified "plan$i.docx" --item 1.1 --term 5y --reason x
	tap $? "record $i"
	numbers+=("$n")
done
classified talks.docx --level 秘密 --term "event:协议签署@$(after '40 days')" --item 2.1 --reason '降级'
tap $? "one whose term ends with an event"
talks=$n

# Everything is looked at.
like "a review is counted first" "$(ctl olga review start --spread 60 --dry-run 2>&1)" 'nothing was changed.*7 records'
is "and nothing was opened by that" "$(ctl olga tasks --all --json | grep -c '"kind":"review"')" 0
like "a review of everything" "$(ctl olga review start --spread 60)" '^7 records'
first=${numbers[0]} second=${numbers[1]} third=${numbers[2]}
refused li 3 'upheld|keep, lower' "an answer that there is not" answer "$(task_of "$first")" --outcome act --reason x
refused li 3 'no classified level below' "lower to the same" answer "$(task_of "$first")" --outcome lower --level 机密 --reason x
refused li 3 'no classified level below' "or to no secret" answer "$(task_of "$first")" --outcome lower --level 非密 --reason x
refused li 3 'one thing alone' "or with another term" answer "$(task_of "$first")" --outcome lower --level 秘密 --term 1y --reason x
ok "lower" ctl li answer "$(task_of "$first")" --outcome lower --level 秘密 --reason '选址已公布'
like "nothing is lowered by it" "$(record "$first")" '"decided":\{[^}]*"level":"SECRET"'
like "but asked for" "$(ctl wang queue)" "$first +change +.*CONFIDENTIAL"
like "history names the task" "$(record "$first")" '"act":"request-change","detail":"task [0-9]+, lower: 选址已公布"'
like "and the task what was asked" "$(ctl li tasks --record "$first" --answered)" 'lower, change: 选址已公布'
exits li 4 'own|proposed|asked|another' "who answered does not decide it" approve "$first" --key "$home/li/key"
ok "another does" approve wang "$first"
like "now it is lower" "$(record "$first")" '"decided":\{[^}]*"level":"CONFIDENTIAL"'

refused li 3 'no earlier' "shorten to longer" answer "$(task_of "$second")" --outcome shorten --term 6y --reason x
ok "shorten" ctl li answer "$(task_of "$second")" --outcome shorten --term 2y --reason '即将公布'
ok "refused" ctl wang return "$second" --reason '尚未'
like "leaves it" "$(record "$second")" '"term":"P5Y"'
refused li 3 'not a part' "narrow to others" answer "$(task_of "$third")" --outcome narrow --scope dept:office --reason x
ok "narrow, to a person of the department" ctl li answer "$(task_of "$third")" --outcome narrow --scope person:dana --reason '仅一人'
ok "decided" approve wang "$third"
like "fewer know it" "$(record "$third")" '"decided":\{[^}]*"scope":\["person:dana"\]'
exits li 5 'answered before' "answered twice" answer "$(ctl olga tasks --record "$third" --answered --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | head -n 1)" --outcome keep --reason x

# Many at once: shown, a sample drawn by the agent and opened, one decision each.
like "three are left to keep" "$(ctl li review keep --item 1.1)" "${numbers[3]}"
set=$(ctl li review keep --item 1.1 --json)
is "the agent drew one of them" "$(grep -o '"sample":true' <<<"$set" | wc -l)" 1
drawn=$(grep -oE '"number":"[0-9-]+","opened":[a-z]+,"sample":true|"number":"[0-9-]+","sample":true' <<<"$set" | cut -d'"' -f4)
refused li 5 'sample of the set is opened first' "without opening it" review keep --item 1.1 --apply --reason x
for i in 3 4 5; do
	[ "${numbers[i]}" = "$drawn" ] || ctl li cat "${numbers[i]}" >/dev/null
done
refused li 5 'sample of the set is opened first' "opening others does not count" review keep --item 1.1 --apply --reason x
ctl li cat "$drawn" >/dev/null
refused li 5 'other reviews are in the set' "for another set than was shown" review keep --item 1.1 --set 00 --apply --reason x
name=$(grep -oE '"set":"[0-9a-f]+"' <<<"$set" | cut -d'"' -f4)
ok "one of them changes meanwhile" ctl li scope narrow "${numbers[3]}" person:wang --reason x
refused li 5 'other reviews are in the set' "for a record that was another when it was shown" review keep --item 1.1 --set "$name" --apply --reason x
refused li 2 'reason' "without a reason" review keep --item 1.1 --apply
refused li 3 'no level' "of a level that there is not" review keep --level purple
like "then they are kept" "$(ctl li review keep --item 1.1 --apply --reason '仍在使用')" '^3 reviews are answered'
for i in 3 4 5; do
	is "with one decision each" "$(record "${numbers[i]}" | grep -o '"act":"review"' | wc -l)" 1
done
is "and the next set is empty" "$(ctl li review keep --item 1.1 --json | grep -o '"task":' | wc -l)" 0

# An event: asked for on its check date, again on the day that the answer names, and over by a signed word alone.
ok "its review is kept" ctl li answer "$(task_of "$talks")" --outcome keep --reason '谈判未结束'
day "$(after '41 days')"
ctl anna clock confirm >/dev/null 2>&1
like "the sweep asks for it" "$(ctl olga sweep)" "$talks +check-event"
like "as a task" "$(ctl li tasks)" "condition +$talks +li"
is "the check date ends nothing" "$(state_of "$talks")" classified
refused li 3 'does not exist|day' "not met, without a day" answer "$(task_of "$talks")" --outcome not-met --reason x
refused li 3 'later day' "or a day that is over" answer "$(task_of "$talks")" --outcome not-met --next "$today" --reason x
refused li 2 '.' "or one that does not exist" answer "$(task_of "$talks")" --outcome not-met --next 2031-02-30 --reason x
ok "not met" ctl li answer "$(task_of "$talks")" --outcome not-met --next "$(after '100 days')" --reason '谈判继续'
form_of() { # NUMBER: the record as its sealed file carries it
	packaging/examples/read-sealed-record "$agent_dir/escrow.key" "$agent_root/.classd/keep/$1.1.age" "$agent_dir/entries" >/dev/null && cat "$agent_dir/entries/entry-23"
}
carries() { form_of "$1" | grep -q "$2"; }
ok "the file learns when it is asked again" wait_until 15 carries "$talks" "\"check_on\":\"$(after '100 days')\""
is "is not asked again at once" "$(ctl olga sweep | grep -c check-event)" 0
day "$(after '101 days')"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null
like "but on that day" "$(ctl li tasks)" "condition +$talks +li"
refused li 3 'is signed' "met is no answer" answer "$(task_of "$talks")" --outcome met --reason x
refused dana 4 '.' "nor said by the drafter" met "$talks" --reason x
refused li 5 'no event' "nor of a record without an event" met "${numbers[3]}" --key "$home/li/key" --reason x
ok "met, signed" ctl li met "$talks" --key "$home/li/key" --reason '协议已签署'
is "the term is over" "$(state_of "$talks")" expired
is "and nothing is asked any more" "$(ctl olga tasks --all | grep -cE "condition +$talks")" 0
like "the decision verifies" "$(ctl li verify "$talks" 2>&1)" 'signature +ok'
like "with its authority" "$(ctl li verify "$talks" 2>&1)" 'authority +ok'

# Released or expired is not public: that is asked for and decided by itself.
refused dana 5 'released is not public' "publishing what is in force" publish "${numbers[3]}" --reason x
ok "publishing what has expired is asked for" ctl dana publish "$talks" --reason '年鉴'
like "and waits" "$(ctl wang queue)" "$talks +publish"
is "it is not public yet" "$(state_of "$talks")" expired
ok "taken back" ctl dana withdraw "$talks"
ok "asked again" ctl li publish "$talks" --reason '年鉴'
exits li 4 'own|proposed|asked|another' "who asked does not decide" approve "$talks" --key "$home/li/key"
ok "another does" approve wang "$talks"
is "now it is public" "$(state_of "$talks")" published

# A stand-in: for somebody who holds it himself, no more and for no longer; his decisions say both names; the end ends it.
for id in kim mei; do
	enter "$id" --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05 >/dev/null
	ctl anna train "$id" --content 定密 --hours 4 --held "$today" >/dev/null
done
sign_key kim >/dev/null 2>&1
last=$(after '120 days')
standing() { local id=$1; shift; ctl anna appoint "$id" --kind stand-in --department planning --from "$(after '101 days')" --until "$last" --document 'Order 13/2026' "$@" 2>&1; }
like "for nobody" "$(standing kim --level 机密)" 'person of the register'
like "for somebody without an appointment" "$(standing kim --level 机密 --for dana)" 'holds no appointment'
like "for more than he holds" "$(standing kim --level 绝密 --for li)" 'no other level'
like "without an end" "$(ctl anna appoint kim --kind stand-in --level 机密 --department planning --from "$today" --document x --for li 2>&1)" 'cannot be'
ok "a stand-in for li" appoint kim --kind stand-in --level 机密 --department planning --from "$(after '101 days')" --until "$last" --for li
like "nobody stands in for a stand-in" "$(standing mei --level 秘密 --for kim)" 'only stands in'
save dana late.docx
wait_until 10 ctl dana tag late.docx --item 1.1 --scope dept:planning --responsible li --reason x >/dev/null 2>&1
n=$(number_of)
{ ctl dana submit "$n" --wait && approve kim "$n"; } >/dev/null 2>&1
is "he decides" "$(state_of "$n")" classified
like "in both names" "$(ctl olga show "$n")" 'decided as +stand-in for li|decided as +stand-in:li'
like "which are signed" "$(record "$n")" 'role stand-in:li'
like "and hold" "$(ctl li verify "$n" 2>&1)" 'authority +ok'
like "what he may not stands in the pack" "$(ctl kim release "$n" --reason x >/dev/null; ctl kim approve "$n" --key "$home/kim/key" 2>&1)" 'appointment'
ctl kim withdraw "$n" >/dev/null
day "$(date -u -d "$last + 1 day" +%F)"
ctl anna clock confirm >/dev/null 2>&1
save dana later.docx
wait_until 10 ctl dana tag later.docx --item 1.1 --scope dept:planning --responsible li --reason x >/dev/null 2>&1
n=$(number_of)
ctl dana submit "$n" --wait >/dev/null 2>&1
exits kim 4 'lapsed|ended|over' "the day after his last he decides nothing" approve "$n" --key "$home/kim/key"

# What a review wants published is released first, and then looked at by itself.
ctl olga review start --spread 5 >/dev/null
open=${numbers[4]}
ok "publish, of what is in force" ctl li answer "$(task_of "$open")" --outcome publish --reason '年鉴'
like "asks for its release" "$(ctl wang queue)" "$open +release"
ok "it is released" approve wang "$open"
is "and not public" "$(state_of "$open")" released
like "but asked about" "$(ctl li tasks)" "review-publish +$open +li"
ok "publish" ctl li answer "$(task_of "$open")" --outcome publish --reason '已核'
ok "decided by somebody else" approve wang "$open"
is "it is public" "$(state_of "$open")" published
ok "the journal is whole" ctl olga journal verify

# What somebody holds ends: who stands in for him holds it no longer than he, but for what another one of his covers.
soon=$(after '300 days')
id_of() { ctl anna person show "$1" --json | grep -oE '"id":[0-9]+,"kind":"[^"]*"' | grep -oE '[0-9]+' | "$2" -n 1; }
ends_of() { ctl anna person show "$1" --json | grep -oE '"until":"[0-9-]+"' | "$2" -n 1 | cut -d'"' -f4; }
order() { local id=$1; shift; appoint "$id" --department planning --from "$(after '100 days')" --until "$soon" "$@"; }
ok "wang holds a lower one, too" order wang --kind designated --level 秘密
ok "a stand-in for the higher one" order kim --kind stand-in --level 机密 --for wang
ok "and one for the lower" order mei --kind stand-in --level 秘密 --for wang
ok "the higher one ends" ctl anna appoint wang --end "$(id_of wang head)" --reason 'moved'
is "who stood in for it does so no more" "$([[ "$(ends_of kim tail)" < "$soon" ]] && echo ended)" ended
is "who stands in for the other does" "$(ends_of mei tail)" "$soon"

# From the files alone: what was reviewed, asked for, released and published is as it was. That a term is over follows from the day.
facts() { ctl olga show "$1" --json | sed 's/.*"label":/"label":/'; }
declare -A before=()
for n in $(ctl olga list --json | grep -oE '"number":"[0-9-]+"' | cut -d'"' -f4); do
	[ "$(state_of "$n")" = expired ] || ! wait_until 15 is_sealed "$n" || before[$n]=$(facts "$n")
done
states=$(for n in "${!before[@]}"; do state_of "$n"; done | sort -u | paste -sd' ')
like "records of several states" "$states" 'classified.*published'
agent_stop
rm -r "$agent_dir/state/registrar"
agent_start
{ for id in anna boris; do ctl $id backup accept --reason x; done; for id in anna boris; do ctl $id recover --from "$agent_root" --reason x; done
	ctl anna person add olga --name olga --login cdt-olga --department office --role secrecy-office && ctl boris person confirm olga; } >"$agent_dir/said" 2>&1
differs=$(for n in "${!before[@]}"; do diff <(facts "$n") - <<<"${before[$n]}" || echo "$n"; done)
is "all ${#before[@]} are as they were" "$differs" ''
done_testing

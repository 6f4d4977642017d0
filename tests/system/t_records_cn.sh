#!/usr/bin/env bash
# Records in the pack cn: always two persons, by person and by key; lapsed training is a finding and no refusal; what is
# over is told and expires only as the pack and the originator let it.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "records in cn" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_agent
{
	for id in dana li wang; do
		enter "$id" --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	done
	enter olga --department office --role secrecy-office
	appoint li --kind statutory --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	appoint wang --kind designated --level CONFIDENTIAL --department planning --from 2026-01-01 --until 2044-12-31
	for id in li; do ctl anna train "$id" --content 定密 --hours 4 --held "$(after '-30 days')"; done
	for id in li wang; do sign_key "$id"; done
} >"$agent_dir/register.log" 2>&1
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
submitted() { # submitted OWNER NAME OPTION…: the number is in $n
	local who=$1 name=$2
	shift 2
	save "$who" "$name" plain-zh.docx && ctl "$who" tag "$name" "$@" >"$agent_dir/said" 2>&1 && n=$(number_of) &&
		ctl "$who" submit "$n" --wait >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}

# Two persons.
submitted li own.docx --item 1.4 --scope dept:planning
tap $? "somebody with authority drafts"
exits li 4 'proposed|own' "and does not approve it" approve "$n" --key "$home/li/key"
is "it waits" "$(state_of "$n")" proposed
ok "another does" approve wang "$n"
ok "training that lapsed is a finding here" wait_until 5 has_finding D09 "$n"
like "with its words" "$(ctl olga findings --code D09 --json)" 'training'
is "not a refusal" "$(state_of "$n")" classified
like "the mark is the pack's" "$(ctl olga show "$n")" 'mark +秘密★6个月'
submitted dana high.docx --item 1.1 --scope dept:planning --responsible wang
tap $? "a higher one"
exits wang 4 'SECRET|ceiling|级|level' "is above his appointment" approve "$n" --key "$home/wang/key"
ok "within that of another" approve li "$n"
fails "whose training holds: no finding" has_finding D09 "$n"

# A release is decided by somebody else than who asked for it.
ok "the responsible person asks" ctl li release "$n" --reason 已公开
exits li 4 'own|proposed|asked|another' "and does not decide it" approve "$n" --key "$home/li/key"
is "it stays" "$(state_of "$n")" classified

# Longest term and bad values.
save dana bad.docx plain-zh.docx
wait_until 10 ctl dana tag bad.docx --item none >/dev/null 2>&1
refused dana 3 'say why with --reason' "the longest term without a reason" tag bad.docx --item 1.4 --term 10y
refused dana 3 'longer than' "a term above the cap" tag bad.docx --item 1.4 --term 11y --reason x
refused dana 3 'check date' "an event without a check date" tag bad.docx --item 1.4 --term event:公布 --reason x

# Unsure: nothing pulls it down here.
ok "unsure" ctl dana tag bad.docx --unsure --responsible li
unsure=$(number_of)
like "is protected as the highest" "$(ctl olga show "$unsure" --json)" '"protection":"TOP-SECRET"'
wait_until 15 is_sealed "$unsure"
ok "and decided by its matter" approve li "$unsure" --item 1.4
lower() { ctl olga show "$unsure" --json | grep -q '"protection":"CONFIDENTIAL"' && is_sealed "$unsure"; }
ok "its protection falls with the decision" wait_until 15 lower

# The end of the term.
submitted dana foreign.docx --item 1.4 --scope dept:planning --responsible wang --originator 外单位
tap $? "of another unit"
foreign=$n
ok "decided" approve wang "$foreign"
day "$(after '1 year')"
ctl anna clock confirm >/dev/null 2>&1
said=$(ctl olga sweep)
like "the sweep says why it skips" "$said" 'the originator or the pack does not let it expire'
is "nothing of another unit expires by itself" "$(state_of "$foreign")" classified
ok "it is told" has_finding D14 "$foreign"
like "the yearly review is asked of who decided it" "$(ctl wang tasks)" "review +$foreign +wang"
ok "who keeps it" ctl wang answer "$(ctl olga tasks --record "$foreign" --json | grep -oE '"kind":"review","[^}]*"task":[0-9]+' | grep -oE '[0-9]+$')" --outcome keep --reason x
like "and looks again in a year" "$(ctl olga show "$foreign" --json)" "\"next_review\":\"$(after '2 years')\""
like "the sweep failed at nothing" "$said" 'failed 0'
ok "the journal is whole" ctl olga journal verify

# Which rules count for a record.
said=$(ctl olga policy explain "$foreign" --json)
like "explained: the cap and its article" "$said" '"article":"Law 2024 art. 20","rule":"levels.CONFIDENTIAL.max_term","value":"at most P10Y'
like "explained: what its end does" "$said" "another unit's: it is told"
like "explained: the finding" "$said" '"rule":"findings.D14"'
exits dana 6 'visible|不可见' "nobody explains what he does not see" policy explain 2026-999999
like "explained: a level" "$(ctl dana policy explain SECRET)" 'Law 2024 art. 14'

# What a new catalogue would change, and what it touches.
cp -r "$agent_dir/policy/cn" "$agent_dir/policy/cn-next"
awk '/id: "1.4"/ { found = 1 } found && /level:/ { sub(/level: .*/, "level: 机密"); found = 0 } { print }' policy/cn/catalogue.yaml >"$agent_dir/policy/cn-next/catalogue.yaml"
chmod -R a+rX "$agent_dir/policy"
like "the difference" "$(ctl olga policy diff cn-next)" 'catalogue.1.4.level +CONFIDENTIAL +SECRET'
like "and the records it touches" "$(ctl olga policy diff cn cn-next)" ' records are touched'
is "is one" "$(ctl olga policy diff cn-next --json | grep -o '"rule"' | wc -l)" 1
is "between two that are alike there is none" "$(ctl olga policy diff cn cn --json | grep -o '"total":0')" '"total":0'
said=$(ctl olga policy impact cn-next --json)
like "it touches the record" "$said" "\"number\":\"$foreign\",\"why\":\"item 1.4: CONFIDENTIAL, now SECRET\""
like "and opens nothing by itself" "$said" '"opened":0'
touched=$(grep -o '"why"' <<<"$said" | wc -l)
like "a review of each is opened" "$(ctl olga policy impact cn-next --open --json)" "\"opened\":$touched[,}]"
ok "as a finding" has_finding D42 "$foreign"
like "once" "$(ctl olga policy impact cn-next --open --json)" '"opened":0'
exits dana 4 '' "a drafter does not look at all records" policy impact cn-next
exits olga 6 '' "a pack that is not there" policy impact nowhere
exits olga 6 '' "a path is no name" policy impact ../../etc
echo 'levels: [' >"$agent_dir/policy/cn-next/more.yaml"
exits olga 3 'more.yaml:[0-9]+:[0-9]+' "a bad one is told with its place" policy diff cn-next

# Why a proposal is sent back: in the words of the pack, which are counted.
like "the ready reasons" "$(ctl li return --list)" '6 +points-missing +未写明密点 +The secret points are not named'
submitted dana returned.docx --item 1.4 --scope dept:planning --responsible li
tap $? "a proposal"
refused li 3 'no such ready reason' "a reason that the pack does not have" return "$n" --ready because
refused li 3 'no ready reason of that number' "a number that the list does not have" return "$n" --ready 77
refused li 2 . "no reason at all" return "$n"
ok "by its code" ctl li return "$n" --ready points-missing
like "its drafter reads the pack's words" "$(ctl dana show "$n")" 'return: 未写明密点'
ok "proposed again" ctl dana submit "$n" --wait
ok "by its number, with words of one's own" ctl li return "$n" --ready 6 --reason '第三段'
like "behind those of the pack" "$(ctl dana show "$n")" 'return: 未写明密点: 第三段'
ok "proposed once more" ctl dana submit "$n" --wait
ok "free words count as a return alone" ctl li return "$n" --reason '请补充'
like "each item knows why" "$(ctl olga policy statistics 1.4 --json)" '"reasons":\[\{"code":"points-missing","count":2,"text":"未写明密点"\}\]'
like "so does what goes upward" "$(ctl olga policy statistics 1.4)" '2: 未写明密点'

# What people say about a matter, and what it causes.
ok "a drafter says that a matter is outdated" ctl dana policy suggest 1.4 --kind outdated 已经公开
exits dana 5 'open suggestion|未处理' "once" policy suggest 1.4 --kind disputed again
exits dana 3 'too-general' "not of any kind" policy suggest 1.4 --kind wrong x
exits dana 3 'no such item|没有' "not about any matter" policy suggest 99.9 --kind outdated x
exits dana 4 '' "and does not see the statistics" policy statistics
like "the office sees which matter causes work" "$(ctl olga policy statistics --json)" '"approved":[1-9][^}]*"id":"1.4".*"suggestions":\[\{"by":"dana"[^}]*outdated: 已经公开'
said=$(ctl olga policy statistics 1.4)
like "and the draft that goes upward" "$said" 'Proposal to revise item 1.4'
like "with who said what" "$said" 'outdated: 已经公开 .dana'
like "with what follows from it" "$said" '[0-9]. lower, shorten or strike out the item'
like "also for programs" "$(ctl olga policy statistics 1.4 --json)" '"revision":"Proposal to revise item 1.4'
like "a matter that causes nothing is not told" "x$(ctl olga policy statistics --json | grep -o '"id":"7.1"')x" '^xx$'

# The same store under another pack: one line of the configuration.
kept=$(ctl olga show "$foreign" --json | grep -oE '"(protection|state|mark|declassify_on)":"[^"]*"')
agent_stop
sed -i 's/^pack: cn$/pack: us/' "$agent_dir/classd.yaml"
agent_start
tap $? "the agent starts with the pack us"
like "and says so" "$(ctl anna status --json)" '"pack":"us"'
is "what was decided stays as it is" "$(ctl olga show "$foreign" --json | grep -oE '"(protection|state|mark|declassify_on)":"[^"]*"')" "$kept"
like "explained under the other pack" "$(ctl olga policy explain "$foreign" --json)" 'decided under cn [^"]*; what falls due, by us'
said=$(ctl olga trace "$foreign" 2>&1)
is "its chain is whole" $? 0
like "whose authority the pack us does not judge" "$said" 'authority +none +designated of cn [^;]*; another pack runs'
save dana later.docx plain-zh.docx
wait_until 10 ctl dana tag later.docx --item 3.2 --responsible wang >/dev/null 2>&1
later=$(number_of)
ctl dana submit "$later" >/dev/null 2>&1
exits wang 4 'appointment' "an appointment of the other pack decides nothing here" approve "$later" --key "$home/wang/key"
agent_stop
sed -i 's/^pack: us$/pack: cn/' "$agent_dir/classd.yaml"
agent_start
tap $? "and goes back"
like "to the pack cn" "$(ctl anna status --json)" '"pack":"cn"'
ok "the journal is whole" ctl olga journal verify
done_testing

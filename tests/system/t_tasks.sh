#!/usr/bin/env bash
# What somebody is asked about a record, in the pack us: a challenge by a reader whom the decider does not see, reviews of
# everything spread by risk, the look before a term is over; what is late, and what an answer does.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "tasks" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
today=$(date -u +%F)
after() { date -u -d "$today + $1" +%F; }
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
{
	for id in dana li mei; do
		enter "$id" --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	done
	enter kim --department other --role drafter --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	enter olga --department office --role secrecy-office
	appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	ctl anna train li --content duties --hours 4 --held "$(date -u +%Y)-01-02"
	sign_key li
} >"$agent_dir/register.log" 2>&1
is "seven persons are in the register" "$(ctl anna person list | grep -c ' valid')" 7
record() { ctl olga show "$1" --json; }
classified() { # classified NAME OPTION…: the number is in $n
	local name=$1
	shift
	{ save dana "$name" && ctl dana tag "$name" --scope dept:planning --responsible li "$@" && n=$(number_of) &&
		ctl dana submit "$n" --wait && ctl li approve "$n" --key "$home/li/key"; } >"$agent_dir/said" 2>&1 ||
		{ sed 's/^/# /' "$agent_dir/said"; return 1; }
}
task_of() { ctl olga tasks --record "$1" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | tail -n 1; }
classified low.docx --item 1.2 --term 1y --reason x
tap $? "a record in force"
low=$n
classified high.docx --item 1.1
tap $? "a higher one"
high=$n

# A challenge: by who may read, not by who answers for it; the record stays, the name is hidden from the decider.
exits mei 2 'reason' "a challenge without a reason" challenge "$low"
exits kim 6 'no record' "by somebody who may not know of it" challenge "$low" --reason x
exits olga 4 'needs a higher post' "by somebody who may not read it" challenge "$low" --reason x
exits li 4 'yourself' "by who decided it" challenge "$low" --reason x
ok "a reader challenges it" ctl mei challenge "$low" --reason 'public since May'
exits mei 5 'have challenged' "twice at a time" challenge "$low" --reason x
is "the record stays as it is" "$(state_of "$low")" classified
like "whoever answers for it has a task" "$(ctl li tasks)" "challenge +$low +li +$(after '60 days') +public since May"
fails "and does not see who asked" bash -c "grep -q mei <<<'$(ctl li tasks --json)'"
like "who asked does" "$(ctl mei tasks --record "$low" --json)" '"by":"mei"'
like "and the secrecy office" "$(ctl olga tasks --all)" ' mei '
is "history does not tell" "$(ctl li show "$low" --json | grep -c '"person":"mei"')" 0
task=$(task_of "$low")
exits mei 4 'does not answer' "who asked does not answer" answer "$task" --outcome rejected --reason x
exits dana 4 . "nor does the drafter" answer "$task" --outcome rejected --reason x
exits li 3 'not answered so' "an answer of another kind" answer "$task" --outcome keep --reason x
exits li 6 'no task' "of a task that is not there" answer 99999999 --outcome rejected --reason x
exits li 2 'number of a task' "of no number" answer one --outcome rejected --reason x
day "$(after '61 days')"
ctl olga sweep >/dev/null
ok "sixty days without an answer are a finding" has_finding D20 "$low"
like "with its day" "$(ctl olga findings --code D20 --json)" "challenge was due $(after '60 days')"
ok "it is answered" ctl li answer "$task" --outcome rejected --reason 'only the plan is public'
ok "the finding is closed" wait_until 5 has_no_finding D20 "$low"
is "nothing is left to do" "$(ctl li tasks --json)" '{"tasks":[]}'
like "who asked reads the answer" "$(ctl mei tasks --record "$low" --answered --json)" '"outcome":"rejected".*"reply":"only the plan is public"'
exits li 5 'answered before' "a second answer" answer "$task" --outcome upheld --reason x
exits dana 5 'not long ago' "the same challenge again" challenge "$low" --reason x

# A review of everything: the highest level first, spread over the days, kept by decision.
exits li 4 'secrecy office' "a review by somebody else" review start --spread 10
exits olga 3 '1 to 366' "over no days" review start --spread 0
like "it is begun" "$(ctl olga review start --spread 10)" '^2 records'
like "a second one finds nothing new" "$(ctl olga review start --spread 10)" '^0 records'
like "the higher is first" "$(ctl li tasks)" "review +$high +li +$(after '66 days')"
like "the lower is last" "$(ctl li tasks)" "review +$low +li +$(after '71 days')"
day "$(after '72 days')"
ctl olga sweep >/dev/null
ok "what was not looked at is a finding" has_finding D13 "$high"
before=$(record "$high" | grep -oE '"next_review":"[^"]*"')
exits dana 4 . "the drafter does not keep it" answer "$(task_of "$high")" --outcome keep --reason x
ok "it is kept" ctl li answer "$(task_of "$high")" --outcome keep --reason 'in use'
ok "the finding is closed" wait_until 5 has_no_finding D13 "$high"
fails "the next look is later" [ "$before" = "$(record "$high" | grep -oE '"next_review":"[^"]*"')" ]
like "history says so" "$(record "$high")" '"act":"review"'
ok "and the other is looked at" ctl li answer "$(task_of "$low")" --outcome release --reason 'to be released'
ok "which asks for it, and is taken back" ctl li withdraw "$low"

# Somebody leaves: what waits for him goes to who has the authority, and nowhere else.
save dana third.docx
wait_until 10 ctl dana tag third.docx --item 1.2 --scope dept:planning --responsible li --reason x >/dev/null 2>&1
n=$(ctl dana list --mine --state draft --json | grep -oE '"number":"[0-9-]+"' | cut -d'"' -f4)
ok "a third record is proposed" ctl dana submit "$n" --wait
ok "and a challenge" ctl mei challenge "$high" --reason 'is it still so?'
in_queue() { ctl li queue --json | grep -o '"number":' | wc -l; }
is "status says the same number as the queue has rows" "$(ctl li status | field 'waiting for you')" "$(in_queue)"
is "so does the login" "$(ctl li motd --json | grep -oE '"waiting":[0-9]+')" "\"waiting\":$(in_queue)"
is "a draft waits for its drafter, in all three" "$(ctl dana status | field 'waiting for you') $(ctl dana motd --json | grep -oE '"waiting":[0-9]+' | cut -d: -f2)" "$(ctl dana queue --json | grep -o '"number":' | wc -l) $(ctl dana queue --json | grep -o '"number":' | wc -l)"
like "are what li sees at his login" "$(ctl li motd)" '^1 document waits.*1 task is yours, 0 late'
is "somebody else sees nothing" "$(ctl kim motd)" ''
exits li 4 'secrecy office' "moved by somebody else" reassign li --to mei --reason x
exits olga 2 'reason' "without a reason" reassign li --to mei
exits olga 3 'two persons' "to nobody" reassign li --to nobody --reason x
exits olga 3 'two persons' "to himself" reassign li --to li --reason x
like "what would move is counted first" "$(ctl olga reassign li --to mei --reason x --dry-run 2>&1)" 'nothing was changed.*0 moved; 2 left'
like "to somebody without authority nothing moves" "$(ctl olga reassign li --to mei --reason x)" '^0 moved; 2 left'
appoint mei --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31 >/dev/null 2>&1
ctl anna train mei --content duties --hours 4 --held "$(date -u +%Y)-01-02" >/dev/null
like "with it all of it does" "$(ctl olga reassign li --to mei --reason 'li leaves')" '^2 moved; 0 left'
like "the proposal" "$(ctl mei queue)" "$n +proposed"
like "with a line in its history" "$(record "$n")" '"act":"reassign","detail":"li leaves"'
like "and the challenge, which is her own" "$(ctl mei tasks)" "challenge +$high +mei"
exits mei 4 'does not answer' "so another one answers it" answer "$(task_of "$high")" --outcome upheld --reason x
ok "who has the authority" ctl li answer "$(task_of "$high")" --outcome rejected --reason 'it is'

# Before the term is over its owner is asked; undone, it ends all the same, and that is a finding.
day "$(after '300 days')"
ctl anna clock confirm >/dev/null 2>&1
like "the sweep asks" "$(ctl olga sweep)" "$low +term-ending"
like "once" "$(ctl olga sweep)" 'acted 0'
like "who answers for it" "$(ctl li tasks)" "review-expiry +$low +li +$(after '1 year')"
day "$(after '367 days')"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null
is "it ends all the same" "$(state_of "$low")" expired
ok "undone is a finding" has_finding D13 "$low"
ok "it is answered late" ctl li answer "$(task_of "$low")" --outcome keep --reason 'nothing to do'
ok "the finding is closed" wait_until 5 has_no_finding D13 "$low"
is "and it stays expired" "$(state_of "$low")" expired
ok "the journal is whole" ctl olga journal verify
done_testing

#!/usr/bin/env bash
# What nobody here may decide, in the pack cn in a unit of a city: an unclear matter that is signed provisionally and
# reported, and one beyond every authority; to whom, until when, what is overdue, and the answer that settles it.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "referrals" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
today=2026-11-02 # a Monday; no holiday until the year's end
office_begins SECRET 'unit: city'
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
signed() { local who=$1; shift; ctl "$who" "$@" --key "$home/$who/key"; }
record() { ctl olga show "$1" --json; }
unsure() { # unsure NAME: drafted by dana, who is not sure; the number is in $n
	{ save dana "$1" plain-zh.docx && ctl dana tag "$1" --unsure --responsible li && n=$(number_of) && wait_until 20 is_sealed "$n"; } \
		>"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
refer() { local who=$1 n=$2; shift 2; signed "$who" refer unclear "$n" --scope dept:planning --reason '目录未列明' "$@"; }

# Unclear: signed provisionally by who is responsible, protected so, reported in ten working days.
unsure unclear.docx
tap $? "the drafter is not sure"
exits dana 4 . "the drafter does not refer it" refer unclear "$n" --level 机密 --term 5y --scope dept:planning --reason x --key "$home/li/key"
exits li 3 'no complete term' "nor is it referred without a term" refer unclear "$n" --level 机密 --scope dept:planning --reason x --key "$home/li/key"
exits li 3 'protected until the answer' "or unprotected" refer unclear "$n" --level 非密 --reason x --key "$home/li/key"
is "it is still proposed" "$(state_of "$n")" proposed
exits li 5 'not referred' "there is no form yet" refer form "$n"
exits li 5 'proposed' "nor anything to send" refer sent "$n" --document '规 1'
ok "it is signed provisionally" refer li "$n" --level 机密 --term 5y
is "it is provisional" "$(state_of "$n")" provisional
like "with these values" "$(record "$n")" '"proposed":\{"basis":"unclear","level":"SECRET","reason":"目录未列明","scope":\["dept:planning"\],"term":"P5Y"\}'
like "protected so, and no higher" "$(record "$n")" '"protection":"SECRET"'
like "signed" "$(record "$n")" '"signed":true'
like "reported to whom the pack says for unit and level" "$(record "$n")" '"referral":\{"claimed":"","claimed_term":"","claims":\[\],"due":"2026-11-16","referred_on":"2026-11-02","reported_on":"","to":"省级保密行政管理部门","waits_for":"unclear-report"'
like "the queue says so" "$(ctl li queue)" "$n +referred"
form=$(ctl li refer form "$n")
like "the form names recipient and unit" "$form" '省级保密行政管理部门.*From: Test unit'
like "and what was signed" "$form" 'provisional: SECRET.*Term: 5 years.*dept:planning.*目录未列明'
lower() { record "$n" | grep -q '"sealing":"sealed"'; }
ok "the file has it" wait_until 20 lower
like "which verifies" "$(ctl li verify "$n" 2>&1)" 'sealed file +ok'
ok "the drafter reads on" ctl dana cat "$n"
exits wang 5 . "nobody approves it" approve "$n" --key "$home/wang/key"
exits li 6 'no record' "an answer to what there is not" refer answer 2026-999999 --document '复 1' --key "$home/li/key"
exits li 5 'no report' "there is no answer before a report" refer answer "$n" --document '复 1' --key "$home/li/key"
unclear=$n

# A report too late, then one that goes out; an answer too late, then one that comes.
day 2026-11-16
ctl olga sweep >/dev/null
fails "ten working days are not over" has_finding D20 "$n"
day 2026-11-17
ctl olga sweep >/dev/null
ok "then it is a finding" has_finding D20 "$n"
like "with the day" "$(ctl olga findings --code D20 --json)" 'unclear-report was due 2026-11-16'
like "and due" "$(ctl olga due --until 2026-11-17)" "$n +referral"
exits li 3 'cannot have come' "a receipt in the future" refer sent "$n" --document '规 1' --received 2026-11-18
exits li 3 'cannot have come' "or before it was referred" refer sent "$n" --document '规 1' --received 2026-11-01
exits li 2 'not a date' "or on no day" refer sent "$n" --document '规 1' --received 2026-11-31
ok "the report went out" ctl li refer sent "$n" --document '规 1' --received 2026-11-17
ok "the finding is closed" wait_until 5 has_no_finding D20 "$n"
like "the answer is due ten working days from receipt" "$(record "$n")" '"due":"2026-12-01","referred_on":"2026-11-02","reported_on":"2026-11-17"'
day 2026-12-02
ctl olga sweep >/dev/null
ok "an answer that does not come is a finding" has_finding D20 "$n"
exits li 3 'cannot be of that day' "an answer from before the report" refer answer "$n" --document '复 1' --on 2026-11-10 --key "$home/li/key"
exits dana 4 . "the drafter does not enter it" refer answer "$n" --document '复 1' --key "$home/dana/key"
exits li 3 'longer than' "an answer above the cap" refer answer "$n" --document '复 1' --term 40y --key "$home/li/key"
ok "the answer is entered" signed li refer answer "$n" --document '复 1' --on 2026-12-01 --level 秘密 --term 2y --reason '按复函'
is "it is classified" "$(state_of "$n")" classified
like "as the answer says" "$(record "$n")" '"decided":\{"basis":"unclear","level":"CONFIDENTIAL"'
like "by that document" "$(record "$n")" '"act":"answer","detail":"复 1, 2026-12-01"'
ok "the finding is closed" wait_until 5 has_no_finding D20 "$n"
like "and it verifies" "$(ctl li verify "$n" 2>&1)" 'authority +ok'
exits li 5 "not referred" "a second answer has no referral" refer answer "$n" --document '复 2' --key "$home/li/key"

# Not secret after all.
unsure plain.docx
tap $? "another one"
ok "referred" refer li "$n" --level 秘密 --term 1y
ok "reported" ctl dana refer sent "$n" --document '规 2'
ok "not secret, says the answer" signed li refer answer "$n" --document '复 3' --level 非密
is "unclassified" "$(state_of "$n")" unclassified

# Beyond every authority here: any drafter sends it on, and it is protected at once.
save dana high.docx plain-zh.docx
wait_until 10 ctl dana tag high.docx --item 1.2 --scope dept:planning
n=$(number_of)
ok "sent on" ctl dana refer authority "$n" --reason '绝密超出权限'
is "reported" "$(state_of "$n")" reported
like "protected" "$(record "$n")" '"protection":"TOP-SECRET"'
like "to the next one up that may decide it" "$(record "$n")" '"to":"省级机关","waits_for":"authority-report"'
ok "and sealed" wait_until 20 is_sealed "$n"
like "its form" "$(ctl dana refer form "$n")" 'beyond our authority.*省级机关'
day 2026-12-08
ctl olga sweep >/dev/null
ok "at once means one working day" has_finding D20 "$n"
ok "reported" ctl dana refer sent "$n" --document '规 3'
exits dana 4 . "the drafter does not enter the answer" refer answer "$n" --document '复 4' --key "$home/dana/key"
ok "who is appointed does, whatever his ceiling" signed li refer answer "$n" --document '复 4'
like "decided above, entered here" "$(ctl olga show "$n")" 'decided +TOP-SECRET'
ok "the report of the first is in its history" grep -q '"act":"report","detail":"规 1"' <<<"$(record "$unclear")"
ok "the journal is whole" ctl olga journal verify
done_testing

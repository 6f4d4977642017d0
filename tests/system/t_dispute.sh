#!/usr/bin/env bash
# What somebody objects to, in the pack cn: protected by the highest level that is claimed, nothing changed meanwhile,
# settled by decision or by an order from above, which is entered and not refused; and what is late.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "disputes" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins CONFIDENTIAL 'unit: city'
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
signed() { local who=$1; shift; ctl "$who" "$@" --key "$home/$who/key"; }
record() { ctl olga show "$1" --json; }
decided() { record "$1" | grep -oE '"decided":\{[^}]*"level":"[A-Z-]+"' | grep -oE '[A-Z-]{4,}'; }
protected() { record "$1" | grep -q "\"protection\":\"$2\"" && is_sealed "$1"; }
sealed_as() {
	local path
	path=$(record "$1" | grep -oE '"path":"[^"]*"' | cut -d'"' -f4)
	head -n 2 "$agent_root/$path" | tr -d '\0' | grep -aq " $2 cn"
}
{ save dana plan.docx draft-en.docx && ctl dana tag plan.docx --item 1.4 --scope dept:planning --responsible li && n=$(number_of) &&
	ctl dana submit "$n" --wait && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a record in force" "$(state_of "$n")" classified
start=$(record "$n" | grep -oE '"declassify_on":"[^"]*"')

# Disputed: the higher claim protects, what was asked for waits no more, and nothing new is asked for.
exits dana 5 'disputed|cannot be done' "settling what nobody disputes" settle "$n" --reason x --key "$home/li/key"
refused dana 2 'reason' "a dispute without a reason" dispute "$n" --level 机密
refused dana 3 'no level' "about an unknown level" dispute "$n" --level purple --reason x
ok "a review is under way" ctl olga review start --spread 5
review=$(ctl olga tasks --record "$n" --json | grep -oE '"task":[0-9]+' | grep -oE '[0-9]+' | head -n 1)
ok "somebody asks for a change" ctl dana change "$n" --term 4m --reason x
refused olga 3 'does not read' "for a term that there is not" dispute "$n" --level 机密 --term purple --reason x
ok "the office enters an objection" ctl olga dispute "$n" --level 机密 --term 9m --reason '含选址' --document '来函 7 号'
is "it is disputed" "$(state_of "$n")" disputed
is "what was decided stays" "$(decided "$n")" CONFIDENTIAL
ok "the highest level that is claimed protects it" wait_until 20 protected "$n" SECRET
ok "its file, too" wait_until 20 sealed_as "$n" SECRET
like "for the longest term that is claimed" "$(record "$n")" "\"declassify_on\":\"$(after '9 months')\""
ok "somebody keeps it as it is in the review" ctl li answer "$review" --outcome keep --reason '维持'
like "which ends no claim" "$(record "$n")" "\"declassify_on\":\"$(after '9 months')\""
refused dana 5 "disputed since $today, claimed as SECRET" "a change to a record in dispute" change "$n" --term 5m --reason x
refused dana 5 "disputed since $today, claimed as SECRET" "its extension" extend "$n" --term 1y --reason x
refused dana 5 "disputed since $today, claimed as SECRET" "its release" release "$n" --reason x
exits li 5 'disputed' "the decision of what was asked before" approve "$n" --key "$home/li/key"
exits olga 5 'disputed' "a second dispute" dispute "$n" --reason x

# R50: several units claim; all that stands counts, and what is withdrawn does not.
refused olga 3 'names a level' "a claim of nothing" dispute claim "$n" --unit 港口局 --reason x
refused olga 3 'no name of a unit' "a unit called none" dispute claim "$n" --unit none --level 绝密 --reason x
refused olga 6 'claims nothing' "withdrawn by who claims nothing" dispute withdraw "$n" --unit 港口局 --reason x
ok "another unit claims less" ctl dana dispute claim "$n" --unit 港口局 --level 秘密 --term 2m --reason '已公开'
ok "the highest still protects it" protected "$n" SECRET
ok "a third claims most" ctl olga dispute claim "$n" --unit 能源局 --level 绝密 --term 8m --reason '含参数'
ok "that protects it" wait_until 20 protected "$n" TOP-SECRET
ok "its file, too" wait_until 20 sealed_as "$n" TOP-SECRET
like "for the longest term of all" "$(record "$n")" "\"declassify_on\":\"$(after '9 months')\""
refused olga 3 'in writing' "lessened without a paper" dispute claim "$n" --unit 能源局 --level 机密 --reason x
ok "lessened with one" ctl olga dispute claim "$n" --unit 能源局 --level 机密 --term 1y --document '能函 2 号' --reason '参数已删'
ok "the highest that stands protects it" wait_until 20 protected "$n" SECRET
like "until the longest that stands" "$(record "$n")" "\"declassify_on\":\"$(after '1 year')\""
refused olga 3 'in writing' "withdrawn without a paper" dispute withdraw "$n" --unit 能源局 --reason x
ok "withdrawn with one" ctl olga dispute withdraw "$n" --unit 能源局 --document '能函 3 号' --reason '不再主张'
like "what was put off by it is not any more" "$(record "$n")" "\"declassify_on\":\"$(after '9 months')\""
shown=$(ctl li dispute show "$n")
like "who claims what" "$shown" "in force +CONFIDENTIAL .*office +SECRET +9 months .*港口局 +CONFIDENTIAL +2 months"
fails "and nothing that was withdrawn" grep -q 能源局 <<<"$shown"
like "history has all of it" "$(record "$n")" '"act":"drop-claim","detail":"能源局: 能函 3 号: 不再主张"'
like "the trace checks it" "$(ctl li trace "$n")" 'claims +ok +2 claims .*SECRET'
like "the queue says so" "$(ctl li queue)" "$n +dispute"
path=$(ctl dana open --print-path "$n")
as dana cp "$PWD/tests/fixtures/report-en.docx" "$path"
ok "a new version" ctl dana close "$n"
has_version() { record "$n" | grep -q '"content":2'; }
ok "is sealed" wait_until 20 has_version
is "and ends no dispute" "$(state_of "$n")" disputed

# Late, and further up.
day "$(after '31 days')"
ctl olga sweep >/dev/null
ok "thirty days without an answer are a finding" has_finding D20 "$n"
like "the form says to whom" "$(ctl li refer form "$n")" 'disputed matter.*省级保密行政管理部门.*in force: CONFIDENTIAL.*claimed: SECRET.*claimed: 9 months.*office: SECRET, 9 months.*港口局: CONFIDENTIAL, 2 months'
ok "sent further up" ctl li refer sent "$n" --document '规 4'
ok "the finding is closed" wait_until 5 has_no_finding D20 "$n"
day "$(after '61 days')"
ctl olga sweep >/dev/null
ok "sixty days are one again" has_finding D20 "$n"
exits dana 4 . "the drafter does not settle it" settle "$n" --reason x --key "$home/dana/key"
exits li 4 'ceiling|above' "nor does anybody above his ceiling" settle "$n" --level 机密 --reason x --key "$home/li/key"

# Settled by decision: the term goes on from where it began.
refused li 6 'claims nothing' "settled for a unit that claims nothing" settle "$n" --claim 能源局 --reason x
exits li 3 'not what that unit' "settled for a unit with other values" settle "$n" --claim 港口局 --term 3m --reason x --key "$home/li/key"
ok "it is settled as it was" signed li settle "$n" --reason '选址已公布'
is "classified" "$(state_of "$n") $(decided "$n")" "classified CONFIDENTIAL"
like "for none of them" "$(record "$n")" '"act":"settle","detail":"for no claim: 选址已公布"'
is "it ends on the day it ended" "$(record "$n" | grep -oE '"declassify_on":"[^"]*"')" "$start"
ok "protected as decided" wait_until 20 protected "$n" CONFIDENTIAL
ok "and so is the file" wait_until 20 sealed_as "$n" CONFIDENTIAL
like "it verifies" "$(ctl li verify "$n" 2>&1)" 'authority +ok'
ok "the finding is closed" wait_until 5 has_no_finding D20 "$n"

# I9: one person cannot change it alone by disputing it.
ok "the responsible person disputes it himself" ctl li dispute "$n" --level 秘密 --term 1m --reason '期限过长'
exits li 4 'own proposal' "and does not settle it" settle "$n" --term 1m --reason x --key "$home/li/key"
ok "an order ends it" signed li order "$n" --document '令 8' --level 秘密 --reason '维持'

# Ordered from above, whatever the ceiling; disputed again by who disagrees.
exits li 2 'document' "an order without a document" order "$n" --level 机密 --reason x
exits li 3 'cannot be of that day' "of a day to come" order "$n" --document '令 9' --on "$(after '62 days')" --level 机密 --reason x --key "$home/li/key"
exits dana 4 . "by somebody who is not appointed" order "$n" --document '令 9' --level 机密 --reason x --key "$home/li/key"
ok "the order is entered" signed li order "$n" --document '令 9' --level 机密 --term 5y --reason '按上级决定'
is "and holds" "$(state_of "$n") $(decided "$n")" "classified SECRET"
like "history names it" "$(record "$n")" '"act":"order","detail":"令 9"'
like "it verifies, too" "$(ctl li verify "$n" 2>&1)" 'authority +ok'
fails "no finding about authority" has_finding D09 "$n"
exits li 5 'nothing is asked|cannot be done' "an order is not refused" return "$n" --reason x
ok "but objected to" ctl li dispute "$n" --reason '不同意'
is "it is disputed" "$(state_of "$n")" disputed
ok "another unit says what it should be" ctl olga dispute claim "$n" --unit 港口局 --level 秘密 --term 4y --document '港函 1' --reason '已公开'
ok "a second order settles it" signed wang order "$n" --document '令 10' --claim 港口局 --reason '按复查决定'
like "for that unit" "$(record "$n")" '"act":"order","detail":"for the claim of 港口局: 令 10"'
like "with what it claimed" "$(record "$n")" '"decided":\{[^}]*"term":"P4Y"'
is "for good" "$(state_of "$n") $(decided "$n")" "classified CONFIDENTIAL"

# What was declared not secret is disputed, too.
save dana menu.docx plain-zh.docx
wait_until 10 ctl dana declare --not-secret menu.docx >/dev/null 2>&1
n=$(number_of)
is "declared not secret" "$(state_of "$n")" unclassified
ok "disputed" ctl olga dispute "$n" --level 秘密 --reason '疑似'
ok "it is protected at once" wait_until 20 protected "$n" CONFIDENTIAL
exits li 3 'no basis|term' "settled as secret it needs a basis" settle "$n" --level 秘密 --reason x --key "$home/li/key"
ok "with its item" signed li settle "$n" --item 1.4 --scope dept:planning --reason '属于 1.4'
is "it is classified" "$(state_of "$n") $(decided "$n")" "classified CONFIDENTIAL"
ok "the journal is whole" ctl olga journal verify
done_testing

#!/usr/bin/env bash
# R74: a leak, what may be one, or a loss is reported within the hours of the pack (cn: 24); late is a finding, in hours and not days.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "incidents" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins CONFIDENTIAL
enter qian --department other --role drafter >/dev/null 2>&1
enter eve --department audit --role auditor >/dev/null 2>&1
hour() { printf '%s %s\n' "$1" "$2" >"$agent_dir/clock"; }
{ save dana plan.docx && ctl dana tag plan.docx --item 1.4 --scope dept:planning --responsible li && n=$(number_of) &&
	ctl dana submit "$n" --wait && ctl li approve "$n" --key "$home/li/key"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
incidents() { ctl olga incidents --all --json | grep -o '"incident":' | wc -l; }
bad() { # as refused, and no incident is entered
	local name=$4 before
	before=$(incidents)
	refused "$@"
	is "$name: no incident" "$(incidents)" "$before"
}
bad dana 2 'missing' "without a kind" incident --note x
bad dana 2 'missing' "without what happened" incident --kind loss
bad dana 3 'no such kind' "of an unknown kind" incident --kind theft --note x
bad dana 3 'no such moment' "at a moment that does not exist" incident --kind loss --note x --discovered '2026-02-30 10:00'
bad dana 3 'cannot have been' "of tomorrow" incident --kind loss --note x --discovered "$(after '1 day') 10:00"
bad qian 6 'no record' "of a record that is not visible" incident --kind loss --note x --record "$n"
bad eve 4 'auditors' "by an auditor" incident --kind loss --note x
bad olga 6 'no such incident' "the report of none" incident sent 999999 --document x
like "none is open" "$(ctl olga incidents 2>&1)" 'no incident is open'

ok "a loss is entered" ctl dana incident --kind loss --record "$n" --note '第 2 份不在柜中' --discovered "$today 08:00"
id=$(ctl olga incidents --json | grep -oE '"incident":[0-9]+' | cut -d: -f2)
like "the pack says until when" "$(ctl olga incidents --json)" "\"due\":\"$(after '1 day')T08:00:00Z\""
like "who answers for the record knows" "$(ctl li incidents)" "$id +loss .*$n"
is "others do not" "$(ctl qian incidents 2>/dev/null)" ''
like "the record's history says that there is one" "$(ctl li show "$n" --json)" "\"act\":\"incident\",\"detail\":\"$id: loss\""
like "the office is called" "$(ctl olga bell)" 'incident'
is "nobody else" "$(ctl li bell | grep -c incident)" 0
like "status counts it" "$(ctl olga status)" '1 open, 0 of them'
page=$(ctl olga incident form "$id")
like "the form says to whom" "$page" '同级保密行政管理部门'
like "by when and what" "$page" "To be reported by: $(after '1 day')T08:00:00Z.*Records: $n.*第 2 份不在柜中"
fails "no title stands in it" grep -q plan.docx <<<"$page"

# Hours, not days.
hour "$(after '1 day')" 07:59
ctl olga sweep >/dev/null
fails "in the last minute it is not late" grep -q '"code":"D49"' <<<"$(ctl olga findings --json)"
like "but due" "$(ctl olga due)" "incident $id +incident +loss"
hour "$(after '1 day')" 08:01
ctl olga sweep >/dev/null
like "two minutes later it is a finding" "$(ctl olga findings --json)" '"code":"D49"'
like "listed as such" "$(ctl olga incidents)" 'LATE'
like "and counted" "$(ctl olga status)" '1 open, 1 of them'
bad dana 4 'secrecy office' "the report entered by somebody else" incident sent "$id" --document x
bad olga 2 'missing' "without a document" incident sent "$id"
bad olga 3 'cannot have been' "before it was discovered" incident sent "$id" --document x --at "$today 07:00"
bad olga 5 'not closed before' "closed before it was reported" incident close "$id" --outcome x
ok "it is reported" ctl olga incident sent "$id" --document '密报 3 号'
fails "the finding is closed" grep -q '"code":"D49"' <<<"$(ctl olga findings --json)"
like "that it was late stays" "$(ctl olga incidents)" 'reported late'
bad olga 5 'reported before' "twice" incident sent "$id" --document x
is "the office is not called any more" "$(ctl olga bell | grep -c incident)" 0
bad olga 2 'missing' "closed without an outcome" incident close "$id"
ok "it is closed" ctl olga incident close "$id" --outcome '已找回'
is "none is open" "$(ctl olga incidents --json)" '{"incidents":[]}'
like "it stays" "$(ctl olga incidents --all --json)" '"outcome":"已找回"'
bad olga 5 'is closed' "closed twice" incident close "$id" --outcome x

# In time, and found late: the hours run from the discovery.
hour "$(after '3 days')" 12:00
ctl anna clock confirm >/dev/null 2>&1
ok "one that may be a leak" ctl olga incident --kind suspected --note '邮件外发' --discovered "$(after '2 days') 11:00"
like "entered after its hours is late at once" "$(ctl olga findings --json)" '"code":"D49"'
second=$(ctl olga incidents --json | grep -oE '"incident":[0-9]+' | cut -d: -f2)
ok "reported in time, on paper" ctl olga incident sent "$second" --document '密报 4 号' --at "$(after '2 days') 15:00"
like "is not late" "$(ctl olga incidents --json)" '"late":false'
like "the annual return counts them by kind" "$(ctl olga statistics --year "${today%%-*}" --json)" '"by":"kind","english":"Leaks and losses","key":"loss","label":"泄密事件","n":1'
ok "the journal is whole" ctl olga journal verify
agent_stop
rm "$agent_dir/state/registrar/store.db"* 2>/dev/null
agent_start
is "the store is made anew from it" "$(ctl olga incidents --all --json | grep -o '"incident":[0-9]*' | sort | paste -sd' ')" "\"incident\":$id \"incident\":$second"
done_testing

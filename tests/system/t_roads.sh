#!/usr/bin/env bash
# What becomes of a record that is in force, in the pack cn: a change of level, term or scope, an extension before the
# end and one a day too late, what is refused, taken back or decided otherwise, and what the file and its mark do then.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "roads of a record" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
peer=$(realpath tests/system/varlink.py)
office_begins SECRET
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
classified() { # classified NAME FIXTURE OPTION…: drafted by dana, decided by li; the number is in $n
	local name=$1 fixture=$2
	shift 2
	{ save dana "$name" "$fixture" && ctl dana tag "$name" --scope dept:planning --responsible li "$@" && n=$(number_of) &&
		ctl dana submit "$n" --wait && approve li "$n"; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
record() { ctl olga show "$1" --json; }
protected() { record "$1" | grep -q "\"protection\":\"$2\"" && is_sealed "$1"; }
sealed_as() { # what the sealed file says, by its own header
	local path
	path=$(record "$1" | grep -oE '"path":"[^"]*"' | cut -d'"' -f4)
	head -n 2 "$agent_root/$path" | grep -aq " $2 cn"
}
closed_since() { has_no_finding "$1" "$n"; }

# Raised: protected higher from the request on, decided by a second person, the mark follows, the rest stays.
classified plan.docx draft-en.docx --item 1.4
tap $? "a record in force"
refused dana 2 'reason' "a change without a reason" change "$n" --level 机密
refused dana 5 'are these already' "a change of nothing" change "$n" --reason x
refused dana 3 'no level' "to an unknown level" change "$n" --level purple --reason x
refused dana 3 'longer than' "to a term above the cap" change "$n" --term 11y --reason x
refused dana 5 'is a release' "down to unclassified" change "$n" --level 非密 --reason x
refused dana 3 'department "nowhere"' "to an unknown scope" change "$n" --scope dept:nowhere --reason x
refused dana 5 'nothing is asked' "taking back what nobody asked" withdraw "$n"
is "nothing waits" "$(ctl li queue | grep -c "$n")" 0
said=$(ctl dana change "$n" --level 机密 --reason '涉及选址')
is "raising is asked for" $? 0
like "and said" "$said" 'asked for +change, dana'
is "the record stays as it is" "$(state_of "$n") $(record "$n" | grep -oE '"decided":\{[^}]*"level":"[A-Z]*"' | grep -oE '[A-Z]{4,}')" "classified CONFIDENTIAL"
ok "and is protected higher at once" wait_until 20 protected "$n" SECRET
ok "so is its file" wait_until 20 sealed_as "$n" SECRET
like "the queue shows it once, with what is asked for" "$(ctl li queue | grep "$n")" "^$n +change .*SECRET"
is "once" "$(ctl li queue | grep -c "$n")" 1
exits dana 5 'already' "a second request" extend "$n" --term 1y --reason x
exits li 5 'already' "nor by somebody else" release "$n" --reason x
exits dana 4 . "the drafter does not decide it" approve "$n" --key "$home/wang/key"
exits wang 4 'somebody else' "nor does somebody else take it back" withdraw "$n"
ok "the responsible person decides" approve li "$n"
like "the level is another" "$(record "$n")" '"decided":\{[^}]*"level":"SECRET".*"state":"classified"'
like "the mark follows" "$(ctl olga show "$n")" 'mark +机密★6个月'
ctl li cat "$n" >"$agent_dir/marked.docx"
like "in the document, too" "$(unzip -p "$agent_dir/marked.docx" 'word/*.xml')" '机密★6个月'
ok "the file has the decision" wait_until 20 sealed_as "$n" SECRET
like "which verifies" "$(ctl li verify "$n" 2>&1)" 'sealed file +ok'
like "authority and all" "$(ctl li verify "$n" 2>&1)" 'authority +ok'
like "both decisions are in the history" "$(record "$n" | grep -oE '"act":"(approve|request-change|change)"' | paste -sd' ')" 'approve.*request-change.*"change"'
ok "departing from the item is a finding" wait_until 5 has_finding D04 "$n"
fails "nobody decided what he drafted" has_finding D10 "$n"
raised=$n

# Raised and refused: the protection falls back to what is decided, and so does the file.
classified back.docx draft-en.docx --item 1.4
tap $? "another record"
ok "raising is asked for" ctl dana change "$n" --level 机密 --reason x
ok "the file goes up" wait_until 20 sealed_as "$n" SECRET
like "its label is not signed, and nothing is wrong with it" "$(ctl li verify "$n" 2>&1)" 'sealed file +ok'
ok "it is refused" ctl li return "$n" --reason '不涉及'
ok "the file goes down" wait_until 20 sealed_as "$n" CONFIDENTIAL
like "with the label that was signed" "$(ctl li verify "$n" 2>&1)" 'sealed file +ok'
ok "and opens" wait_until 20 ctl dana cat "$n"
n=$raised

# Lowered: the old level holds until it is decided; then everything is encrypted anew.
ok "lowering is asked for" ctl dana change "$n" --level 秘密 --reason '选址已公布'
ok "it stays protected" wait_until 20 protected "$n" SECRET
ok "refused" ctl wang return "$n" --reason '尚未公布'
is "nothing is asked for any more" "$(ctl li queue | grep -c "$n")" 0
like "and it is what it was" "$(record "$n")" '"decided":\{[^}]*"level":"SECRET"'
ok "asked for again" ctl dana change "$n" --level 秘密 --reason '选址已公布'
ok "taken back" ctl dana withdraw "$n"
ok "and again" ctl li change "$n" --level 秘密 --reason '选址已公布'
exits li 4 'own|proposed|asked|another' "who asks does not decide" approve "$n" --key "$home/li/key"
ok "another does" approve wang "$n"
ok "now it is protected lower" wait_until 20 protected "$n" CONFIDENTIAL
ok "and its file is another" wait_until 20 sealed_as "$n" CONFIDENTIAL
like "the journal says how" "$(record "$n")" '"act":"reencrypt"'
ok "the finding is closed" wait_until 5 has_no_finding D04 "$n"
ok "it still opens" wait_until 20 ctl dana cat "$n"

# Decided otherwise than asked; scope alone moves no day.
ends=$(record "$n" | grep -oE '"declassify_on":"[^"]*"')
day "$(after '10 days')"
ok "a wider scope is asked for" ctl dana change "$n" --scope dept:planning,person:olga --reason '知悉'
ok "and decided" approve li "$n"
is "the term ends on the same day" "$(record "$n" | grep -oE '"declassify_on":"[^"]*"')" "$ends"
like "the scope is wider" "$(record "$n")" '"decided":\{[^}]*person:olga'
ok "another term is asked for" ctl dana change "$n" --term 3m --reason '提前'
ok "a third one is decided" approve wang "$n" --term 4m --reason '四个月'
like "counted from where it began" "$(record "$n")" "\"declassify_on\":\"$(after '4 months')\""

# Extended before the end, as a whole decision; not shorter, and not a day too late.
refused dana 5 'ends later' "an extension that shortens" extend "$n" --term 2m --reason x
ok "an extension is asked for" ctl dana extend "$n" --term 8m --reason '仍在使用'
ok "and decided" approve li "$n"
like "it ends later" "$(record "$n")" "\"declassify_on\":\"$(after '8 months')\""
classified late.docx report-en.docx --item 1.4
tap $? "another record, of ten days later"
late=$n
end=$(record "$late" | grep -oE '"declassify_on":"[^"]*"' | cut -d'"' -f4)
ok "an extension is asked for in time" ctl dana extend "$late" --term 1y --reason '仍在使用'
day "$(date -u -d "$end + 1 day" +%F)"
ctl anna clock confirm >/dev/null 2>&1
exits li 5 'the term is over' "decided a day too late" approve "$late" --key "$home/li/key"
exits dana 5 'the term is over|already' "or asked for" extend "$late" --term 2y --reason x
ctl olga sweep >/dev/null
is "a request keeps nothing alive" "$(state_of "$late")" expired
exits dana 5 'the term is over' "after the sweep, too" extend "$late" --term 2y --reason x
exits dana 6 'no record' "of a record that is not there" change 2026-999999 --reason x
like "of a kind that is not there" "$(as dana /usr/bin/python3 "$peer" "$agent_socket" org.classd.Records.Request "{\"number\":\"$raised\",\"kind\":\"purple\",\"reason\":\"x\"}" 2>&1)" 'unknown-kind'
ok "the other one goes on" is_state "$raised" classified
ok "the journal is whole" ctl olga journal verify
done_testing

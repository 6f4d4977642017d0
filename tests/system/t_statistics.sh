#!/usr/bin/env bash
# The annual return of two packs and the ledger of any day (R80): from what persons really do; and the same numbers after the store was made anew from the journal.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "statistics" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
year=$(date -u +%Y)
today=$year-06-10
office_agent
register_planning SECRET "$year-03-01"
enter aron --department office --role auditor >>"$agent_dir/register.log" 2>&1
decided() { # NAME OPTION…: the number is in $n
	local name=$1
	shift
	{ save dana "$name" plain-zh.docx && ctl dana tag "$name" --scope dept:planning --responsible li "$@" && n=$(number_of) &&
		ctl dana submit "$n" --wait && ctl li approve "$n" --key "$home/li/key"; } >"$agent_dir/said" 2>&1
}
decided one.docx --item 1.4
tap $? "a record"
one=$n
decided two.docx --item 1.4 --term 5y --reason 五年足够
tap $? "another, of another term"
decided three.docx --item 1.1
tap $? "a higher one"
decided derived.docx --from "$one"
tap $? "a derived one" "$(cat "$agent_dir/said")"
counts() { ctl olga statistics --format csv "$@" | tr -d '"\r'; }
row() { counts | grep -E "^[^,]*,[^,]*,$1,$2,$3," | cut -d, -f6; }
is "original decisions of one level (R80)" "$(row original level CONFIDENTIAL)" 2
is "and of the other" "$(row original level SECRET)" 1
is "derived ones apart" "$(row derived level CONFIDENTIAL)" 1
is "by term" "$(row original term P5Y)" 2
is "by approver" "$(row original approver li)" 3
is "by unit" "$(row original unit planning)" 3
ok "one of them is appointed twice" appoint li --kind designated --level SECRET --department planning --from "$today" --until 2044-12-31
is "who may decide, each once" "$(row officers level SECRET)" 2
is "held" "$(row held level CONFIDENTIAL)" 3
is "nothing is overdue" "$(row overdue level '')" 0
said=$(ctl olga statistics)
like "in the pack's form and words" "$said" "^国家秘密事项年度统计 $year \(cn [0-9.]+, $today\)"
like "its rows" "$said" '派生定密 / Derived determinations +CONFIDENTIAL +1'
like "JSON names the source" "$(ctl olga statistics --json)" '"source":"2014 provisions art. 39'
fails "an auditor gets no names" grep -qE '\bli\b' <<<"$(ctl aron statistics --format csv)"
like "but the same pseudonym each time" "$(ctl aron statistics --format csv)" '"approver","p-[0-9a-f]{8}",3'
exits dana 4 'secrecy office' "a drafter gets none" statistics
exits olga 3 'no statistics' "nor does anybody of a year to come" statistics --year $((year + 1))
exits olga 2 'format' "in a format that is none" statistics --format xml
is "a year before has nothing" "$(ctl olga statistics --year $((year - 1)) --format csv | tr -d '"\r' | awk -F, 'NR > 1 { n += $6 } END { print n + 0 }')" 0

# What moves: one is released early, one expires by itself.
{ ctl dana release "$one" --reason 已公开 && ctl li approve "$one" --key "$home/li/key"; } >"$agent_dir/said" 2>&1
tap $? "one is released early" "$(cat "$agent_dir/said")"
before=$(ctl olga ledger --format csv)
day "$(after '200 days')"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null 2>&1
next=$(after '200 days')
next=${next%%-*}
is "it counts in its year" "$(ctl olga statistics --year "$year" --format csv | tr -d '"\r' | grep ',released,' | cut -d, -f6)" 1
is "what expired in its own" "$(ctl olga statistics --year "$next" --format csv | tr -d '"\r' | awk -F, '$3 == "expired" { n += $6 } END { print n + 0 }')" 1
like "the ledger of today" "$(ctl olga ledger)" 'state-secret +CONFIDENTIAL +expired +1'
is "the ledger of that day is what it was" "$(ctl olga ledger --at "$today" --format csv)" "$before"
like "due when" "$(ctl olga ledger --at "$today")" "state-secret +SECRET +classified +$((year + 5)) +1"
is "before the first day there was nothing" "$(ctl olga ledger --at "$year-06-01" --json | grep -c '"rows":\[\]')" 1
exits olga 3 'not come' "a day to come is no ledger's" ledger --at $((next + 5))-01-01
exits olga 2 'date' "nor a day that does not exist" ledger --at "$year-02-30"
exits dana 4 'secrecy office' "a drafter sees no ledger" ledger
held=$(ctl olga ledger --format csv)
returned=$(ctl olga statistics --year "$year" --format csv)

# From the journal alone.
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start
tap $? "the store is made anew"
is "the ledger is the same" "$(ctl olga ledger --format csv)" "$held"
is "and the return" "$(ctl olga statistics --year "$year" --format csv)" "$returned"

# Another pack has another form.
agent_stop
sed -i 's/^pack: cn$/pack: us/' "$agent_dir/classd.yaml"
agent_start
tap $? "with the pack us"
like "its form" "$(ctl olga statistics --year "$year")" 'Derivative classification decisions +CONFIDENTIAL +1'
like "with its source" "$(ctl olga statistics --json)" '"source":"2001.90'
until=$((next + 2))-12-31
ok "one is appointed to decide originally" appoint li --kind oca --level SECRET --department planning --from "$(after '200 days')" --until "$until"
ok "another by what sources say" appoint wang --kind derivative --level SECRET --department planning --from "$(after '200 days')" --until "$until"
is "the former is an original authority, who decided under the other pack is none" \
	"$(ctl olga statistics --format csv | tr -d '"\r' | awk -F, '$3 == "officers" { n += $6 } END { print n + 0 }')" 1
agent_stop
sed -i 's/^pack: us$/pack: uk/' "$agent_dir/classd.yaml"
agent_start
tap $? "with a pack that gives none"
like "the usual one" "$(ctl olga statistics --year "$year")" 'annual return'
ok "the journal is whole" ctl olga journal verify
done_testing

#!/usr/bin/env bash
# Like cases decided in one go, in the pack cn: each ticked by the digest of what was seen, one in five opened, one signature
# over all labels and each record verifiable by itself; and everything that is decided one by one, refused.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
here=$PWD
if [ "$(id -u)" -ne 0 ]; then
	skip "like cases" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
today=$(date -u +%F)
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}, {path: $agent_dir/high, mode: observe, floor: SECRET, department: planning}]"
install -d -m 1777 "$agent_dir/high"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning TOP-SECRET "$(date -u -d "$today - 30 days" +%F)"
submitted() { # NAME OPTION…: the number is in $n
	local name=$1
	shift
	{ save dana "$name" "${fixture:-plain-zh.docx}" && ctl dana tag "$name" --responsible li "$@" && n=$(number_of) &&
		ctl dana submit "$n" --wait; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
numbers=() own=none
for i in 1 2 3 4 5 6; do
	submitted "like-$i.docx" --item 1.4 --scope dept:planning
	numbers+=("$n")
done
is "six like cases wait" "${#numbers[@]}" 6
submitted scope.docx --item 1.4 --scope dept:planning,dept:office
other_scope=$n
submitted matter.docx --item 1.6 --scope dept:planning
other_matter=$n
submitted departs.docx --item 1.4 --scope dept:planning --term 5y --reason 五年足够
departs=$n
submitted high.docx --item 1.2 --scope dept:planning
high=$n
{ save dana unsure.docx plain-zh.docx && ctl dana tag unsure.docx --unsure --responsible li && unclear=$(number_of); } >"$agent_dir/said" 2>&1
ok "an unclear one" wait_until 15 is_sealed "$unclear"
digest() { ctl li decide --json | grep -oE "\"digest\":\"[0-9a-f]+\"[^}]*\"number\":\"$1\"" | grep -oE '[0-9a-f]{64}'; }
decide() { ctl li decide --key "$home/li/key" "$@"; }
ticks() { # NUMBER…: the option for each
	local n
	for n; do printf -- '--tick %s ' "$(digest "$n")"; done
}
said=$(ctl li decide)
like "a set is shown with its values" "$said" '1\.4 [^:]*: CONFIDENTIAL, 6 months'
like "the first of its kind" "$said" 'the first of its kind'
like "each with the digest of its content" "$said" "${numbers[0]} .*dana"
like "what departs is told apart" "$said" "$departs: it departs from the catalogue"
like "and the highest level" "$said" "$high: the highest level is decided one by one"
like "and what is unclear" "$said" "$unclear: its matter is not"

# Nothing is a blanket approval.
refused li 2 'not ticked' "a case that is not ticked" decide --key "$home/li/key" "${numbers[0]}"
refused li 2 'not ticked' "a tick that is too short" decide --key "$home/li/key" "${numbers[0]}" --tick "$(digest "${numbers[0]}" | cut -c1-8)"
refused li 2 'not ticked' "a tick of other content" decide --key "$home/li/key" "${numbers[0]}" --tick "$(printf x | sha256sum | cut -c1-64)"
# shellcheck disable=SC2046 # words
refused li 5 '1 of 2 must have been opened' "nothing was opened" decide --key "$home/li/key" "${numbers[@]:0:2}" $(ticks "${numbers[@]:0:2}")
refused li 5 'departs' "what departs from the catalogue" decide --key "$home/li/key" "$departs"
refused li 5 'highest level' "the highest level" decide --key "$home/li/key" "$high"
refused li 5 'unclear' "what is unclear" decide --key "$home/li/key" "$unclear"
refused li 5 'does not wait' "a record that is not there" decide --key "$home/li/key" 2026-999999
ctl li cat "${numbers[0]}" >"$agent_dir/seen" 2>&1
tap $? "one is opened"
ctl li approve "${numbers[1]}" --key "$home/li/none" >"$agent_dir/said" 2>&1
is "what a program read to sign it was not opened" "$(ctl li decide | grep -c "${numbers[1]} (opened)")" 0
ok "though it was read" eval 'ctl olga person reach li --json | grep -q "${numbers[1]}"'
like "which the agent knows" "$(ctl li decide)" "${numbers[0]} \(opened\)"
# shellcheck disable=SC2046 # words
refused li 3 'not like' "two matters" decide --key "$home/li/key" "${numbers[0]}" "$other_matter" $(ticks "${numbers[0]}" "$other_matter")
# shellcheck disable=SC2046 # words
refused li 3 'not like' "two scopes" decide --key "$home/li/key" "${numbers[0]}" "$other_scope" $(ticks "${numbers[0]}" "$other_scope")
# shellcheck disable=SC2046 # words
refused li 5 '2 of 6 must' "one of six is too few" decide --key "$home/li/key" "${numbers[@]}" $(ticks "${numbers[@]}")
exits li 2 'too much' "eleven cases" decide --key "$home/li/key" 1 2 3 4 5 6 7 8 9 10 11
exits dana 5 'does not wait' "by who drafted them" decide "${numbers[0]}"

# Straight at the agent: what classctl would not do.
raw() { as li python3 "$OLDPWD/tests/system/varlink.py" "$agent_socket" "$@" 2>&1; }
agree() { # NUMBER…: the code of the refusal, or nothing
	local n list=''
	for n; do list+=",{\"number\":\"$n\",\"digest\":\"$(ctl olga show "$n" --json 2>/dev/null | grep -oE '"digest":"[0-9a-f]{64}"' | head -n 1 | cut -d'"' -f4)\"}"; done
	(cd "$agent_root" && raw org.classd.Records.AgreeSet "{\"cases\":[${list#,}]}") | sed -nE 's/.*"code": ?"([^"]*)".*/\1/p'
}
like "the agent asks for the digest, too" "$(cd "$agent_root" && raw org.classd.Records.AgreeSet "{\"cases\":[{\"number\":\"${numbers[0]}\",\"digest\":\"$(printf x | sha256sum | cut -c1-64)\"}]}")" 'other-digest'

# Each difference alone: tests/unit/registrar/test_like.c.
is "so it does for a case that is named twice" "$(agree "${numbers[0]}" "${numbers[0]}")" twice
is "for more than ten" "$(agree 1 2 3 4 5 6 7 8 9 10 11)" bad-size
is "for none" "$(agree)" bad-size
is "for what nobody opened" "$(agree "${numbers[1]}")" not-opened
is "for what departs from the catalogue" "$(agree "$departs")" not-in-a-set
is "for the highest level" "$(agree "$high")" not-in-a-set
is "for what is unclear" "$(agree "$unclear")" not-in-a-set
is "for another scope" "$(agree "${numbers[0]}" "$other_scope")" not-alike
is "for another matter" "$(agree "${numbers[0]}" "$other_matter")" not-alike
{ save dana low.docx plain-zh.docx && mv "$agent_root/low.docx" "$agent_dir/high/low.docx"; } && wait_until 15 eval 'ctl dana day | grep -q high/low.docx'
{ ctl dana tag "$agent_dir/high/low.docx" --item 1.4 --scope dept:planning --responsible li && n=$(number_of) && ctl dana submit "$n" --wait; } >"$agent_dir/said" 2>&1
tap $? "a case that would be decided below what protects it" "$(cat "$agent_dir/said")"
is "which would lower it" "$(agree "$n")" not-in-a-set
like "it says so" "$(ctl li decide)" "$n: it would lower its protection"
{ save li own.docx plain-zh.docx && wait_until 15 eval 'ctl li day | grep -q own.docx' && ctl li tag own.docx --item 1.4 --scope dept:planning --responsible wang && own=$(number_of) &&
	ctl li submit "$own" --wait; } >"$agent_dir/said" 2>&1
tap $? "a case of his own draft" "$(cat "$agent_dir/said")"
fails "which is not listed" grep -q "$own" <<<"$(ctl li decide)"
like "and not agreed on" "$(agree "$own")" '^(self|own|not-)'

# Decided.
# shellcheck disable=SC2046 # words
said=$(decide "${numbers[@]:0:5}" $(ticks "${numbers[@]:0:5}") 2>&1)
tap $? "five in one go" "$said"
for n in "${numbers[@]:0:5}"; do is_state "$n" classified || break; done
tap $? "each is decided"
settled() { ctl olga verify "${numbers[4]}" >"$agent_dir/said"; }
ok "each verifies by itself" wait_until 15 settled
like "with the set that it is of" "$(cat "$agent_dir/said")" 'set +ok +decided in one go'
is "an entry of the journal for each" "$(grep -c '"op":"record".*"set":{"signature"' "$agent_dir/state/registrar/journal/entries")" 5
ctl anna person signers >"$agent_dir/signers"
python3 -c '
import json, sys
d, number = sys.argv[1:3]
for line in open(d + "/state/registrar/journal/entries"):
    e = json.loads(line)
    if e.get("record", {}).get("number") == number and "set" in e:
        open(d + "/label", "w").write(e["label"]["text"]); open(d + "/label.sig", "w").write(e["label"]["signature"])
        open(d + "/set", "w").write(e["set"]["text"]); open(d + "/set.sig", "w").write(e["set"]["signature"])
' "$agent_dir" "${numbers[4]}"
check() { ssh-keygen -Y verify -f "$agent_dir/signers" -I li -n "$1@classd" -s "$agent_dir/$1.sig" <"$agent_dir/$1" >/dev/null 2>&1; }
ok "its label with ssh-keygen alone" check label
ok "and the set" check set
is "which names five labels" "$(grep -c '^record ' "$agent_dir/set")" 5
carried() { # the file has them, too: without the register the set can still be checked
	packaging/examples/read-sealed-record "$agent_dir/escrow.key" "$agent_root/like-5.docx.age" "$agent_dir/entries" >/dev/null &&
		cmp -s "$agent_dir/entries/entry-27" "$agent_dir/set" && test -s "$agent_dir/entries/entry-29"
}
ok "the sealed file carries the set" wait_until 15 carried
{ echo '-----BEGIN SSH SIGNATURE-----' && base64 -w 70 "$agent_dir/entries/entry-29" && echo '-----END SSH SIGNATURE-----'; } >"$agent_dir/set.sig"
ok "with its signature" check set
ok "this one among them" grep -q " $(sha256sum <"$agent_dir/label" | cut -d' ' -f1)\$" "$agent_dir/set"
like "the whole chain" "$(ctl olga trace "${numbers[4]}")" "set +ok"

# The next one is compared with the last.
like "the last one is named" "$(ctl li decide)" "last decided: ${numbers[4]} like-5.docx, on $today"
fails "and differs in nothing" grep -q 'last time' <<<"$(ctl li decide | sed "/${numbers[5]}/q")"

# What was ticked is what is signed: every other set is refused, and nothing changes by it.
lone=${numbers[5]}
is "not before it was opened" "$(agree "$lone")" not-opened
ctl li cat "$lone" >"$agent_dir/seen" 2>&1
send() { (cd "$agent_root" && as li python3 "$OLDPWD/tests/system/set.py" "$agent_socket" "$home/li/key" "$1" "$lone" 2>&1); }
is "a set that nobody agreed on" "$(send honest)" not-agreed
is "it is agreed on" "$(agree "$lone")" ''
is "a set that names another label" "$(send other-label)" not-named
is "a signature over another text" "$(send other-set)" bad-signature
is "a signature of another kind" "$(send other-space)" bad-signature
is "a set of more than was agreed on" "$(send two)" not-agreed
ok "still nothing is decided" is_state "$lone" proposed
opened() { ctl li decide --json | grep -oE "\"number\":\"$lone\",\"opened\":(true|false)"; }
like "it counts as opened" "$(opened)" true
before=$(digest "$lone")
path=$(ctl dana open --print-path "$lone")
as dana cp "$here/tests/fixtures/report-zh.docx" "$path"
as dana chmod 600 "$path"
ctl dana close "$lone" >"$agent_dir/said" 2>&1
tap $? "the drafter changes the case" "$(cat "$agent_dir/said")"
changed() { [ "$(digest "$lone")" != "$before" ] && is_sealed "$lone"; }
ok "so that it is another" wait_until 15 changed
is "what was agreed on was not this content" "$(send honest)" other-digest
like "the earlier look does not count for it" "$(opened)" false
is "nor does it for another set" "$(agree "$lone")" not-opened
refused li 2 'not ticked' "the tick of the earlier content" decide --key "$home/li/key" "$lone" --tick "$before"
ctl li cat "$lone" >"$agent_dir/seen" 2>&1
refused li 5 'does not carry its mark' "one whose mark would be written after it was shown" decide --key "$home/li/key" "$lone" --tick "$(digest "$lone")"
is "agreed on anew, an honest set is taken" "$(agree "$lone")$(send honest)" decided

# A decision is asked for today: whoever is asked and who stands in for him are rung, others are not.
{
	enter mei --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	appoint mei --kind stand-in --for li --level CONFIDENTIAL --department planning --from 2026-01-01 --until "$(date -u -d "$today + 20 days" +%F)"
	ctl anna train mei --content 定密 --hours 4 --held "$(date -u -d "$today - 30 days" +%F)"
} >>"$agent_dir/register.log" 2>&1
tap $? "somebody stands in"
{ save dana urgent.docx plain-zh.docx && ctl dana tag urgent.docx --responsible li --item 1.4 --scope dept:planning && urgent=$(number_of) &&
	ctl dana submit "$urgent" --urgent --wait; } >"$agent_dir/said" 2>&1
tap $? "submitted as urgent" "$(cat "$agent_dir/said")"
like "whoever is asked has a task today" "$(ctl li tasks)" "urgent +$urgent +li +$today"
like "and who stands in for him" "$(ctl mei tasks)" "urgent +$urgent +mei +$today"
fails "nobody else" grep -q urgent <<<"$(ctl wang tasks)"
like "it is at the top of the queue" "$(ctl li queue | sed -n 2p)" "^$urgent .*urgent"
is "once" "$(ctl li queue | grep -c "^$urgent ")" 1
like "a login says so" "$(ctl li motd)" '^URGENT: 1 '
ok "so does the journal" grep -q "\"kind\":\"urgent\".*\"number\":\"$urgent\"" "$agent_dir/state/registrar/journal/entries"
ok "it is decided" ctl li approve "$urgent" --key "$home/li/key"
fails "and nobody is rung any more" grep -q urgent <<<"$(ctl li tasks; ctl mei tasks; ctl li motd)"

# A drafter's morning: what is new, with what is suggested; nothing is ticked by itself.
save dana morning.docx plain-zh.docx
save dana plain.docx report-en.docx
waits() { ctl dana day | grep -q "$1"; }
ok "a new document is listed" wait_until 15 waits morning.docx
ok "another" wait_until 15 waits plain.docx
fails "to nobody else" grep -q morning.docx <<<"$(ctl wang day)"
seen() { ctl dana day --json | grep -oE "\"digest\":\"[0-9a-f]{64}\"[^}]*\"path\":\"[^\"]*$1\"" | grep -oE '[0-9a-f]{64}' | head -n 1; }
refused dana 2 'not ticked' "one that is not ticked" day morning.docx --item 1.4
refused dana 3 'what kind of matter' "one without a suggestion" day plain.docx --tick "$(seen plain.docx)"
refused dana 6 'no new document' "one that has a record" day urgent.docx --item 1.4 --tick "$(seen morning.docx)"
ok "ticked, it is tagged and submitted" ctl dana day morning.docx --item 1.4 --responsible li --tick "$(seen morning.docx)"
is "and waits" "$(state_of "$(number_of)")" proposed
fails "it is new no more" waits morning.docx
# A term that nobody says is the median of what was inspected: of the sets only the opened ones
# counts, and a decision on a document that was read for the signature alone does not.
save dana early.docx plain-zh.docx
early() { ctl dana tag early.docx --item 1.4 --scope dept:planning --responsible li >"$agent_dir/said" 2>&1; }
ok "one is too few" early
like "the catalogue's own" "$(cat "$agent_dir/said")" 'CONFIDENTIAL, 6 months'
for t in 2m 3m; do
	submitted "short-$t.docx" --item 1.4 --scope dept:planning --term $t --reason 很快公开
	ctl li cat "$n" >"$agent_dir/seen" 2>&1
	ok "a shorter one, $t" ctl li approve "$n" --key "$home/li/key"
done
save dana usual.docx plain-zh.docx
ok "a draft that says no term" wait_until 15 ctl dana tag usual.docx --item 1.4 --scope dept:planning --responsible li
said=$(ctl dana tag usual.docx --item 1.4 --scope dept:planning --responsible li 2>&1)
like "gets the lower median" "$said" 'CONFIDENTIAL, 3 months'
like "and hears whence" "$said" 'median of 4 records of this item'
n=$(number_of)
like "the record says so, as its reason" "$(ctl dana show "$n" --json)" '"reason":"term: median of 4 records of this item"'
like "and its history" "$(ctl dana show "$n")" 'tag: term: median of 4 records'
as dana sh -c "echo 价格调整方案、调价幅度 >'$agent_root/signals.txt'"
ok "a new document that signals the item" wait_until 15 waits signals.txt
like "a morning's list says the same" "$(ctl dana day)" 'term: median of 4 records of this item'
said=$(ctl dana tag usual.docx --item 1.4 --scope dept:planning --term 6m --responsible li 2>&1)
like "what the drafter says is what counts" "$said" 'CONFIDENTIAL, 6 months'
fails "without another word" grep -q median <<<"$said"
as dana mkdir "$agent_root/many"
save dana many/one.docx plain-zh.docx
save dana many/two.docx report-en.docx
both() { ctl dana day | grep -q many/one.docx && ctl dana day | grep -q many/two.docx; }
ok "two in a folder" wait_until 15 both
like "the set is shown first" "$(ctl dana tag -r "$agent_root/many" --item 1.4 --dry-run 2>&1)" 'no record.*nothing was changed'
refused dana 3 'more than are tagged in one go' "a set that is larger than was meant" tag -r "$agent_root/many" --item 1.4 --max 1
ok "are tagged in one go" ctl dana tag -r "$agent_root/many" --item 1.4 --scope dept:planning --responsible li
is "and get the same" "$(ctl dana list --json | grep -oE '"path":"many/[^}]*"term":"P3M"' | wc -l)" 2

# The longest term is somebody's choice: the catalogue gives it no more by itself than a folder does.
save dana longest.docx plain-zh.docx
waits_longest() { waits longest.docx; }
ok "a document of an item whose term is the longest of its level" wait_until 15 waits_longest
refused dana 3 'longest term of its level, which is not given by itself' "that says no term" tag longest.docx --item 7.4 --responsible li --scope dept:planning
like "chosen, it is the catalogue's and needs no reason" "$(ctl dana tag longest.docx --item 7.4 --responsible li --scope dept:planning --term 10y 2>&1)" 'CONFIDENTIAL, 10 years, item 7.4'
# A folder does not give the longest term by itself, and gives what is usual once that is shorter.
as dana mkdir "$agent_root/waters"
ok "a folder whose item has the longest term" ctl olga root set "$agent_root/waters" --item 7.4 --responsible li --scope dept:planning
save dana waters/one.docx plain-zh.docx
waiting() { ctl dana day | grep -q "waters/one.docx"; }
ok "a document in it" wait_until 15 waiting
refused dana 3 'longest term' "which nobody has said anything about" tag waters/one.docx
for i in 1 2 3; do
	submitted "water-$i.docx" --item 7.4 --scope dept:planning --term 5y --reason 五年足够
	ctl li cat "$n" >"$agent_dir/seen" 2>&1
	ctl li approve "$n" --key "$home/li/key" >"$agent_dir/said" 2>&1
	tap $? "five years are decided, $i" "$(cat "$agent_dir/said")"
done
like "is given five years by its folder" "$(ctl dana tag waters/one.docx 2>&1)" 'CONFIDENTIAL, 5 years, item 7.4'
ok "the journal is whole" ctl olga journal verify
done_testing

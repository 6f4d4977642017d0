#!/usr/bin/env bash
# What is no state secret and protected all the same: a work secret (cn) and CUI (us) through their lives. Protected, marked, in no
# statistics of state secrets (R02, R13, R80); from one regime to another only by a decision; the same after recovery from the journal.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "regimes" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
year=$(date -u +%Y)
today=$year-06-10
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning SECRET "$year-03-01"
{ enter nils --department planning --role drafter; enter otto --department finance --role drafter; } >>"$agent_dir/register.log" 2>&1
run() { "$@" >"$agent_dir/said" 2>&1; }
draft() { # NAME OPTION…: the number is in $n
	local name=$1
	shift
	save dana "$name" plain-zh.docx && run ctl dana tag "$name" --scope dept:planning --responsible li "$@" && n=$(number_of)
}
decided() { draft "$@" && run ctl dana submit "$n" --wait && run ctl li approve "$n" --key "$home/li/key"; }
line() { ok "$1" grep -qE "$3" <<<"$2"; }
said() { cat "$agent_dir/said"; }
return_of() { ctl olga statistics --format csv | tr -d '"\r' | awk -F, -v of="$1" '$3 == of && $4 ~ /^(level)?$/ { n += $6 } END { print n + 0 }'; }
ledger() { ctl olga ledger --format csv | tr -d '"\r' | grep -E "^$1," | cut -d, -f3,5 | paste -sd' '; }

# Wrong uses of tag: nothing becomes of them.
save dana wrong.docx plain-zh.docx
refused dana 3 'levels and items belong to state secrets only' "a work secret with a level" tag wrong.docx --regime work-secret --level 机密 --scope dept:planning
refused dana 3 'levels and items belong to state secrets only' "or with an item" tag wrong.docx --regime work-secret --item 1.4
refused dana 3 'must know the regime: other-protected' "a regime of another country" tag wrong.docx --regime other-protected --scope dept:planning
refused dana 3 'no such regime' "a regime of nobody" tag wrong.docx --regime trade-secret --scope dept:planning
refused dana 3 'nobody may know it' "a work secret for nobody" tag wrong.docx --regime work-secret
refused dana 3 'does not allow a term' "one without an end" tag wrong.docx --regime work-secret --scope dept:planning --term long-term
rm "$agent_root/wrong.docx"

# A work secret through its life.
draft work.docx --regime work-secret --term 5y
tap $? "a draft of a work secret, with no item (R02)" "$(said)"
work=$n
run ctl dana submit "$work" --wait
tap $? "it is submitted and sealed" "$(said)"
like "whoever decides sees what it is" "$(ctl li queue)" "$work +proposed .*work-secret"
exits dana 4 '.' "its drafter does not decide it" approve "$work"
run ctl li approve "$work" --key "$home/li/key"
tap $? "a responsible person does" "$(said)"
shown=$(ctl dana show "$work" --label)
line "it is in force" "$shown" '^state +classified'
line "its regime is told" "$shown" '^regime +work-secret'
line "its mark is its own" "$shown" '^mark +工作秘密'
line "until when" "$shown" "^until +$((year + 5))-06-10"
line "the label says the regime" "$shown" '^regime work-secret$'
line "and no level of state secrets" "$shown" '^level UNCLASSIFIED$'
like "the list says so" "$(ctl dana list)" "$work +classified +work-secret"
as dana classctl cat "$work" >"$agent_dir/got.docx" 2>/dev/null
carries() { unzip -p "$agent_dir/got.docx" | grep -aqF "$1"; }
ok "the document carries its mark" carries 工作秘密
ok "the sealed file is one" grep -aqF age-encryption.org/v1 "$agent_root/work.docx.age"
run ctl nils cat "$work"
tap $? "who may know it reads it, with no clearance" "$(said)"
exits otto 6 'not visible' "nobody else does" cat "$work"
ok "every link of it is good" ctl dana verify "$work"
ok "no term, item or level is missed" has_no_finding "D0[1-9]" "$work"

# Beside it a state secret: the statistics have that one alone (R80).
decided secret.docx --item 1.4
tap $? "a state secret beside it" "$(said)"
secret=$n
is "the return holds one" "$(return_of held)" 1
is "and decided one" "$(return_of original)" 1
like "the other is told beside it" "$(ctl olga statistics)" 'not among them: work-secret, 1 held'
is "the ledger tells them apart" "$(ledger work-secret)" 'classified,1'
is "the state secret for itself" "$(ledger state-secret)" 'classified,1'

# From one regime to another: asked for and decided, never by the way.
refused dana 5 'is a release' "to no regime is a release" change "$work" --regime none --reason x
refused dana 3 'levels and items' "a level comes with its regime" change "$work" --level 机密 --reason x
run ctl dana change "$secret" --regime work-secret --reason 重新评估
tap $? "a state secret is to be a work secret: asked for" "$(said)"
line "it is one as long as nobody decided" "$(ctl dana show "$secret")" '^regime +state-secret'
line "what is asked for is told" "$(ctl dana show "$secret")" '^asked for +change → work-secret'
exits dana 4 '.' "who asks does not decide" approve "$secret"
run ctl li return "$secret" --reason 仍属国家秘密
tap $? "it is refused"
line "and stays a state secret" "$(ctl dana show "$secret")" '^decided +CONFIDENTIAL'
run ctl dana change "$secret" --regime work-secret --reason 重新评估
run ctl li approve "$secret" --key "$home/li/key"
tap $? "it is granted" "$(said)"
line "now it is one" "$(ctl dana show "$secret")" '^regime +work-secret'
is "the ledger follows" "$(ledger work-secret)" 'classified,1 classified,1'
run ctl dana change "$secret" --regime state-secret --item 1.4 --reason 泄露后有害 && run ctl li approve "$secret" --key "$home/li/key"
tap $? "and back, with the item that says so" "$(said)"
line "a state secret again" "$(ctl dana show "$secret")" '^decided +CONFIDENTIAL'

templates=$(mktemp -d "$agent_dir/templates.XXXXXX")
cp packaging/templates/* "$templates" && chmod -R a+rX "$templates"
export CLASSD_TEMPLATES=$templates
exits dana 2 'exclude each other' "not secret and a work secret" new menu.docx --not-secret --regime work-secret
run ctl dana new memo.docx --regime work-secret --scope dept:planning
tap $? "a new document begins as one" "$(said)"
memo=$(number_of)
is "with that regime" "$(ctl dana show "$memo" | field regime)" work-secret

draft taken-back.docx --regime work-secret && run ctl dana submit "$n" --wait && run ctl dana withdraw "$n" --reason x
tap $? "a proposed work secret is taken back" "$(said)"
run ctl dana declare --not-secret "$n"
like "its drafter alone does not declare it open then" "$(said)" 'it was proposed before as work-secret'
ok "somebody else decides that" is_state "$n" proposed

# What the decider makes of it, what is made of it, and what ends by its date.
draft taken.docx --item 1.4 && run ctl dana submit "$n" --wait && run ctl li approve "$n" --regime work-secret --term 30d --reason 非国家秘密 --key "$home/li/key"
tap $? "the decider says another regime than was proposed" "$(said)"
short=$n
is "it is that" "$(ctl dana show "$short" | field regime)" work-secret
like "and was corrected" "$(ctl dana show "$short")" 'li \(statutory\) correct'
save dana from.docx plain-zh.docx
run ctl dana tag from.docx --from "$work"
tap $? "a document that is derived from a work secret" "$(said)"
is "is one" "$(ctl dana show "$(number_of)" | field regime)" work-secret

# A draft that was said to be a state secret keeps that protection until somebody decides.
draft lower.docx --item 1.1 && run ctl dana tag "$n" --regime work-secret
tap $? "a draft goes over to another regime" "$(said)"
is "protected as before" "$(ctl dana show "$n" | field protection)" SECRET

# What shows its mark and is said to be open is looked at by somebody else; and stays a finding.
as dana sh -c 'printf "工作秘密\n会议记录\n" >shows.new && mv shows.new shows.txt'
run ctl dana declare --not-secret shows.txt
like "its mark speaks against it" "$(said)" 'carries the mark of work-secret'
shows=$(number_of)
is "so that somebody else decides" "$(state_of "$shows")" proposed
run ctl li approve "$shows" --key "$home/li/key"
tap $? "he decides" "$(said)"
is "that it is open" "$(state_of "$shows")" unclassified
ok "opened" ctl dana open --print-path "$shows"
ok "that it bears that mark is a finding" wait_until 20 has_finding D11 "$shows"

# Released like anything that is protected.
run ctl dana release "$work" --reason 已公开 && run ctl li approve "$work" --key "$home/li/key"
tap $? "a work secret is released" "$(said)"
ok "it is" is_state "$work" released
is "the return knows nothing of it" "$(return_of released)" 0

day "$(date -u -d "$today + 40 days" +%F)"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null 2>&1
ok "another ends by its date" is_state "$short" expired

# From the journal alone.
held=$(ctl olga ledger --format csv)
shown=$(ctl dana show "$secret" | grep -E '^(state|regime|decided|until) ')
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start
tap $? "the store is made anew"
is "the ledger is the same" "$(ctl olga ledger --format csv)" "$held"
is "and the record" "$(ctl dana show "$secret" | grep -E '^(state|regime|decided|until) ')" "$shown"

# Under us a drafter designates CUI alone, where nothing speaks for a classification; a work secret is held as the highest there.
agent_stop
sed -i 's/^pack: cn$/pack: us/' "$agent_dir/classd.yaml"
agent_start
tap $? "with the pack us"
ok "the draft that lay idle is sealed" wait_until 60 is_sealed "$memo" # and nothing else is under way
save dana cui.docx plain-en.docx
refused dana 3 'GOSSIP is no category of that regime' "a category that there is not" tag cui.docx --regime other-protected --category GOSSIP --scope dept:planning
run ctl dana tag cui.docx --regime other-protected --category PRVCY,CTI --scope dept:planning && n=$(number_of)
tap $? "a draft of CUI" "$(said)"
run ctl dana submit "$n" --wait && run ctl dana approve "$n"
tap $? "its drafter designates it alone" "$(said)"
line "its mark tells what must be told first" "$(ctl dana show "$n")" '^mark +CUI//SP-CTI/PRVCY'
line "its values what it is about" "$(ctl dana show "$n")" '^decided +.*PRVCY, CTI'
line "what is signed says so" "$(ctl dana show "$n" --label)" '^basis category PRVCY, CTI$'
line "decided by the drafter" "$(ctl dana show "$n")" '^decided as +drafter'
is "beside the state secrets" "$(ledger other-protected)" 'classified,1'
ok "without a finding" has_no_finding 'D0[1-9]' "$n"
as dana sh -c 'printf "SECRET\nClassified By: J. Doe\nReason: 1.4(a)\nDeclassify On: 20360115\n\nThe plan.\n" >marked.new && mv marked.new marked.txt'
run ctl dana tag marked.txt --regime other-protected --scope dept:planning --responsible li
n=$(number_of)
is "a mark in the text protects until somebody decides" "$(ctl dana show "$n" | field protection)" SECRET
run ctl dana submit "$n" --wait
exits dana 4 'appointment' "nor is it designated alone then" approve "$n"
ok "the journal is whole" ctl olga journal verify
done_testing

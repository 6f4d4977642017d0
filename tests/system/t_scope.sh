#!/usr/bin/env bash
# Who may know beside the decision, in the pack cn: a unit in scope names its persons, somebody is admitted and dropped,
# who is told without reading; the register of who knows. R70.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "scope" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins TOP-SECRET
{
	enter zhao --department planning --role drafter --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	enter sun --department energy --role drafter --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	enter chen --department archive --role drafter
} >"$agent_dir/register2.log" 2>&1
is "nine persons are in the register" "$(ctl anna person list | grep -c ' valid')" 9
signed() { local who=$1; shift; ctl "$who" "$@" --key "$home/$who/key"; }
record() { ctl olga show "$1" --json; }
proposed() { # NAME ITEM OPTION…
	local name=$1 item=$2
	shift 2
	save dana "$name" draft-en.docx && ctl dana tag "$name" --item "$item" --scope dept:planning --responsible li "$@" &&
		n=$(number_of) && ctl dana submit "$n" --wait
}
{ proposed plan.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a record in force" "$(state_of "$n")" classified
reads() { ctl "$1" cat "$n" >/dev/null; }
signed_label() { ctl olga show "$n" --json | grep -o '"label":"[^"]*"'; }
label=$(signed_label)
ok "its mark names who may know" has_no_finding D11 "$n"

# What no client of ours says: the same call by hand.
cp tests/system/varlink.py "$agent_dir/varlink.py" && chmod 644 "$agent_dir/varlink.py"
like "a way that there is not" "$(as li python3 "$agent_dir/varlink.py" "$agent_socket" org.classd.Custody.ChangeScope "{\"number\":\"$n\",\"what\":\"purple\",\"who\":[\"person:sun\"],\"reason\":\"x\"}")" 'unknown-way'

# A unit names its persons.
ok "somebody of the unit reads it" reads zhao
fails "somebody of another does not" reads sun
refused li 3 'in the scope' "names of a unit that is not in scope" scope name "$n" person:sun --unit dept:energy --reason x
refused li 3 'of its own' "a person of another unit" scope name "$n" person:sun --unit dept:planning --reason x
refused zhao 4 'answer for that unit' "somebody who does not answer for it" scope name "$n" person:wang --unit dept:planning --reason x
refused li 4 'admits himself' "himself" scope name "$n" person:li --unit dept:planning --reason x
refused li 3 'no "person:nobody"' "somebody unknown" scope name "$n" person:nobody --unit dept:planning --reason x
refused li 2 'reason' "without a reason" scope name "$n" person:wang --unit dept:planning
ok "the unit names one of its own" ctl li scope name "$n" person:wang --unit dept:planning --reason '他负责'
like "it is shown" "$(ctl li scope "$n")" 'named +person:wang \(dept:planning\)'
ok "he reads it" reads wang
ok "its mark still names the unit: a finding" has_finding D11 "$n"
exits zhao 6 'no record' "who was not named does not see it any more" cat "$n"
refused li 5 'already' "the same once more" scope name "$n" person:wang --unit dept:planning --reason x
ok "the office names another" ctl olga scope name "$n" person:zhao --unit dept:planning --reason x
ok "he reads it again" reads zhao
is "the decision stands as it was signed" "$(signed_label)" "$label"
like "and verifies" "$(ctl li verify "$n" 2>&1)" 'signature +ok'

# Somebody is admitted.
refused zhao 4 . "who may read does not admit" scope add "$n" person:sun --reason x
refused dana 4 . "nor does the drafter" scope add "$n" person:sun --reason x
exits sun 6 'no record' "nor does he himself" scope add "$n" person:sun --reason x
like "whoever could decide the scope does" "$(ctl li scope add "$n" person:sun --reason '联合检查' --document '纪要 3' 2>&1)" 'mark in the document still names'
ok "he reads it" reads sun
refused li 5 'already' "who is admitted is admitted" scope add "$n" person:sun --reason x
like "history has it" "$(ctl li show "$n" --json)" '"act":"scope","detail":"add person:sun: 联合检查 \(纪要 3\)"'

# Somebody is dropped: what he has open ends.
path=$(ctl sun open --print-path "$n")
ok "he has it open" [ -f "$path" ]
refused li 5 'drafted it' "the drafter stays" scope narrow "$n" person:dana --reason x
refused sun 4 . "he drops nobody" scope narrow "$n" person:wang --reason x
like "dropped, with what he still has" "$(ctl li scope narrow "$n" person:sun --reason '检查结束')" 'still there +checkout: sun'
exits sun 6 'no record' "he does not see it any more" cat "$n"
gone() { ! [ -e "$path" ]; }
ok "what he had open is gone" wait_until 30 gone
refused li 5 'already' "dropping him twice" scope narrow "$n" person:sun --reason x
ok "a whole unit" ctl li scope add "$n" dept:energy --reason x
exits sun 6 'no record' "does not bring back who was dropped" cat "$n"
ok "one of a unit in scope is dropped" ctl li scope narrow "$n" person:zhao --reason x
exits zhao 6 'no record' "he does not see it" cat "$n"
refused olga 5 'taken out' "his unit does not bring him back" scope name "$n" person:zhao --unit dept:planning --reason x
ok "whoever decides does" ctl li scope add "$n" person:zhao --reason x
ok "he reads it" reads zhao

# Another scope is decided: what was entered beside the old one goes with it.
{ ctl dana change "$n" --scope dept:planning,dept:office --reason x && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
ok "the mark was written anew with it" has_no_finding D11 "$n"
ctl li cat "$n" >"$agent_dir/out"
like "and names whom the unit named" "$(unzip -p "$agent_dir/out" word/document.xml)" '知悉范围：wang、zhao、office'
is "nobody is admitted beside it" "$(ctl li scope "$n" | grep -c added)" 0
like "a unit that stays keeps its names" "$(ctl li scope "$n")" 'named +person:wang'
like "who was dropped stays so" "$(ctl li scope "$n")" 'dropped +person:sun'
ok "the sealed file follows" wait_until 20 is_sealed "$n"

# Who knows: read here, told elsewhere.
knows() { ctl olga knowers "$n" | grep -c "$1"; }
is "each reader once" "$(knows 'cat')" 3
like "by what and since when" "$(ctl olga knowers "$n")" "$n +zhao +$today +cat"
refused li 2 'meeting|paper' "told nowhere" scope told "$n" wang
refused li 3 'no such person' "an unknown person" scope told "$n" nobody --meeting x
refused li 3 'has not come' "on a day to come" scope told "$n" wang --meeting x --on "$(after '2 days')"
exits sun 6 . "by somebody who may not read it" scope told "$n" wang --meeting x
ok "the office enters a meeting" ctl olga scope told "$n" chen --meeting '规划会 12' --on "$(after '-1 days')"
like "who was not in scope is a finding" "$(ctl olga findings --json)" 'chen, who is not in the scope'
ok "somebody of elsewhere" ctl li scope told "$n" --name 'Q. Sun' --paper 'letter 7'
like "is registered, too" "$(ctl olga knowers "$n")" 'Q. Sun .*letter 7'
like "what a person knows" "$(ctl olga knowers --person chen)" "$n +chen .*规划会 12 +olga"
ok "he may ask it himself" ctl zhao knowers --person zhao
exits zhao 4 . "but not of others" knowers --person wang
exits zhao 4 . "nor who knows a record that he reads" knowers "$n"
like "the day he leaves, it is told" "$(ctl olga person reach chen)" "$n.*规划会 12"

# Many at once: shown first, capped, each by itself.
{ proposed second.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
second=$n
like "a set is shown first" "$(ctl li scope bulk narrow person:zhao --item 3.2 2>&1)" '2 records; nothing was changed'
refused li 3 'more than' "more than the cap" scope bulk narrow person:zhao --item 3.2 --max 1 --reason x --apply
refused li 2 'reason' "done without a reason" scope bulk narrow person:zhao --item 3.2 --apply
refused li 2 'item' "of everything" scope bulk narrow person:zhao
refused li 2 'two ways' "in another way" scope bulk name person:zhao --item 3.2
ok "then done" ctl li scope bulk narrow person:zhao --item 3.2 --reason '离开项目' --apply
like "for each" "$(ctl li scope "$second")" 'dropped +person:zhao'
like "with its own line" "$(ctl li show "$second" --json)" '"act":"scope","detail":"narrow person:zhao: 离开项目"'
exits li 3 'refused' "one that is refused is named" scope bulk narrow person:zhao --item 3.2 --reason x --apply

# Another unit's document: only it lets somebody else know, and says so on paper.
{ proposed theirs.docx 3.2 --originator '外单位' && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a document of another unit" "$(state_of "$n")" classified
refused li 4 'only it says' "widened without its consent" scope add "$n" person:sun --reason x
ok "with its paper" ctl li scope add "$n" person:sun --reason x --document '外单位同意函 5 号'
ok "he reads it" reads sun
ok "narrowing needs none" ctl li scope narrow "$n" person:sun --reason x

# Who decides and may not know it does not let himself in by his unit; nobody is admitted whose unit stays outside.
{ save dana energy.docx draft-en.docx && ctl dana tag energy.docx --item 1.4 --scope dept:energy --responsible li &&
	n=$(number_of) && ctl dana submit "$n" --wait && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
exits wang 4 'not among those' "he does not read it" cat "$n"
refused wang 4 'admits himself' "himself by his unit" scope add "$n" dept:planning --reason x
ok "who knows it admits that unit" ctl li scope add "$n" dept:planning --reason x
ok "a unit is taken out" ctl li scope narrow "$n" dept:planning --reason x
refused li 5 'unit that he belongs to' "one of it alone" scope add "$n" person:zhao --reason x

# What stands beside a scope leaves room for what is decided about the record afterwards.
units() { seq -f "$1%03.0f-of-a-name-that-is-quite-long-and-could-be-a-department" "$2" "$3"; }
enter units --department "$(units '' 1 62 | paste -sd,)" --role drafter >"$agent_dir/register3.log" 2>&1
{ save dana wide.docx draft-en.docx && ctl dana tag wide.docx --item 1.4 --scope dept:planning --responsible li &&
	n=$(number_of) && ctl dana submit "$n" --wait && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
ok "many units are admitted" ctl li scope add "$n" $(units dept: 1 31) --reason x
ok "and some more" ctl li scope add "$n" $(units dept: 32 48) --reason x
refused li 5 'as it can hold' "more than one entry of the journal takes" scope add "$n" $(units dept: 49 62) --reason x
ok "somebody is still dropped" ctl li scope narrow "$n" person:zhao --reason x
{ ctl dana release "$n" --reason x && signed wang approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "and it is released" "$(state_of "$n")" released

# A site may only tighten it.
overlay() { rm -rf "$agent_dir/site" && mkdir "$agent_dir/site" && printf '%s\n' "$1" >"$agent_dir/site/a.yaml" && "$agent_build/classctl" policy check policy/cn --overlay "$agent_dir/site" 2>&1; }
like "names from a level on" "$(overlay 'custody: {names_from: 机密, consent_from: 机密, receipt: 3wd}')" 'good'
like "not later than the pack" "$(overlay 'custody: {knowers_from: 绝密}')" '1:[0-9]+: a site may only tighten knowers_from'
like "nor by others" "$(overlay 'custody: {widen: responsible}')" 'may only tighten widen'
like "an unknown level" "$(overlay 'custody: {names_from: purple}')" '1:[0-9]+: .*level'

# Below the level of the pack nobody is registered; what is rebuilt from the journal is the same.
{ proposed price.docx 1.4 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
ctl zhao cat "$n" >/dev/null
is "below that level nobody is registered" "$(ctl olga knowers "$n")" ""
lines() { ctl olga scope "$1" --json; ctl olga knowers "$1" --json; }
first=$(ctl olga list --json | grep -oE '"number":"[0-9-]+"' | cut -d'"' -f4 | head -n 1)
before=$(lines "$first")
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start || tap 1 "the agent starts again"
is "rebuilt from the journal it is the same" "$(lines "$first")" "$before"
ok "the journal is whole" ctl olga journal verify
done_testing

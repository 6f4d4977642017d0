#!/usr/bin/env bash
# Records of what is no file, in the pack cn: drafted, proposed, signed over their description, moved, reviewed, expired,
# destroyed; nothing is sealed and none is a file.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "carriers" "needs root, for users of its own"
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
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: enforce, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning SECRET "$(after '-30 days')"
enter otto --department office --role secrecy-office >"$agent_dir/register2.log" 2>&1
is "seven persons are in the register" "$(ctl anna person list | grep -c ' valid')" 7
signed() { local who=$1; shift; ctl "$who" "$@" --key "$home/$who/key"; }
record() { ctl olga show "$1" --json; }

refused dana 2 'mark' "without its number" carrier new paper --title x --place 'safe 3' --item 1.4
refused dana 3 'title' "without a title" carrier new paper --mark A-1 --place 'safe 3' --item 1.4
refused dana 3 'one word' "a carrier that is a file" carrier new file --mark A-1 --title x --place 'safe 3' --item 1.4
refused dana 3 'one word' "a carrier of many words" carrier new 'two discs' --mark A-1 --title x --place 'safe 3' --item 1.4
refused dana 3 'no such person' "with an unknown holder" carrier new paper --mark A-1 --title x --place 'safe 3' --holder nobody --item 1.4
refused dana 3 'no item' "of an unknown matter" carrier new paper --mark A-1 --title x --place 'safe 3' --item 99
refused dana 3 'no level' "at an unknown level" carrier new paper --mark A-1 --title x --place 'safe 3' --item 1.4 --level purple
ok "a paper is entered" ctl dana carrier new paper --mark 'A-2026-17' --title '价格会议记录' --place '三号柜' --holder dana --item 1.4 --scope dept:planning --responsible li
n=$(number_of)
is "as a draft" "$(state_of "$n")" draft
like "where it is" "$(ctl dana carrier "$n")" 'where +三号柜.*holder +dana'
ok "its draft is changed" ctl dana tag "$n" --term 5m --reason '较短'
ok "it is proposed" ctl dana submit "$n"
is "to the responsible person" "$(state_of "$n")" proposed
like "who finds it in his queue" "$(ctl li queue)" "$n +proposed"
exits dana 4 . "his own proposal he does not decide" approve "$n" --key "$home/li/key"
said=$(signed li approve "$n" 2>&1)
is "it is decided" "$(state_of "$n")" classified
like "over the description that he saw" "$said" "carrier paper.*number A-2026-17.*title 价格会议记录"
like "it verifies" "$(ctl li verify "$n" 2>&1)" 'signature +ok'
like "the commitment, too" "$(ctl li verify "$n" 2>&1)" 'commitment +ok'
like "and there is no file" "$(ctl li verify "$n" 2>&1)" 'sealed file +none|no document'
is "nothing is sealed" "$(record "$n" | grep -o '"sealing":"[a-z]*"')" '"sealing":"none"'
like "it is in the list" "$(ctl li list)" "$n"
is "but not among the files" "$(ctl olga status --all --json | grep -c "$n")" 0
exits li 5 'no document' "it is not read" cat "$n"
ok "it moves" ctl olga carrier move "$n" --place '档案室' --holder 'name:Q. Sun' --reason '归档'
like "with its holder" "$(ctl olga carrier "$n")" 'where +档案室.*holder +Q. Sun'
refused wang 2 'reason' "moving it without a reason" carrier move "$n" --place x
like "history has it" "$(record "$n")" '"act":"carrier","detail":"档案室, Q. Sun: 归档"'
is "the decision stands" "$(ctl li verify "$n" 2>&1 | grep -c 'commitment +ok\|commitment  *ok')" 1
ok "a copy of it is registered" ctl dana copies add "$n" --to wang
ok "a change is asked for" ctl dana change "$n" --level 机密 --term 5m --reason '更重要'
ok "and decided" signed li approve "$n"
is "like any other" "$(record "$n" | grep -oE '"decided":\{[^}]*"level":"[A-Z]+"' | grep -oE '[A-Z]{4,}')" SECRET
day "$(after '6 months')"
ctl olga sweep >/dev/null
is "it expires" "$(state_of "$n")" expired
ok "its copy is back" ctl olga copies return "$n" 1
day "$(after '20 months')"
ok "it is proposed to be destroyed" ctl olga destroy "$n" --method shred --reason x
ok "and is" ctl otto destroy confirm "$n"
like "at once: there is no file" "$(ctl olga destroyed "$n")" 'destroyed'
is "the record stays" "$(state_of "$n")" destroyed
refused olga 5 'destroyed' "what is destroyed moves no more" carrier move "$n" --place x --reason x

# A disc that protects nothing, and what a file is not.
ok "a disc" ctl dana carrier new disc --mark D-4 --title 'prices' --place 'drawer' --item 1.4 --scope dept:planning --responsible li
m=$(number_of)
ok "is proposed" ctl dana submit "$m"
ok "and returned" ctl li return "$m" --reason 'which prices?'
is "to its drafter" "$(state_of "$m")" draft
save dana plan.docx draft-en.docx && wait_until 10 ctl dana tag plan.docx --item 1.4 --scope dept:planning --responsible li >/dev/null
f=$(number_of)
exits dana 5 'is a file' "a file is no carrier" carrier "$f"
before=$(ctl olga carrier "$n" --json; ctl olga show "$n" --json | grep -o '"state":"[a-z]*"')
ok "the journal is whole" ctl olga journal verify
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start || tap 1 "the agent starts again"
is "rebuilt from the journal it is the same" "$(ctl olga carrier "$n" --json; ctl olga show "$n" --json | grep -o '"state":"[a-z]*"')" "$before"
done_testing

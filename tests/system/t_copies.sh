#!/usr/bin/env bash
# Numbered copies in the pack cn: registered, printed, receipted, passed on, returned, lost; what is late; and the consent of
# the originator at the top level (R70).
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "copies" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins TOP-SECRET
enter sun --department energy --role drafter --category core --cleared-until 2045-12-31 --undertaking 2026-01-05 >"$agent_dir/register2.log" 2>&1
is "seven persons are in the register" "$(ctl anna person list | grep -c ' valid')" 7
# A printing service of our own: each job is kept as a file, with the words it was called with.
mkdir -m 777 "$agent_dir/bin" "$agent_dir/jobs"
cat >"$agent_dir/bin/lp" <<-LP
	#!/bin/bash
	[ ! -e "$agent_dir/out-of-paper" ] || exit 1
	n=\$(ls "$agent_dir/jobs" | grep -c words)
	printf '%s\n' "\$*" >"$agent_dir/jobs/\$n.words"
	cat >"$agent_dir/jobs/\$n.job"
LP
chmod 755 "$agent_dir/bin/lp"
signed() { local who=$1; shift; ctl "$who" "$@" --key "$home/$who/key"; }
jobs() { find "$agent_dir/jobs" -name '*.job' | wc -l; }
print_as() { local who=$1; shift; as "$who" env PATH="$agent_dir/bin:$agent_build:$PATH" classctl print "$@"; }
proposed() { # NAME FIXTURE ITEM OPTION…
	local name=$1 fixture=$2 item=$3
	shift 3
	save dana "$name" "$fixture" && ctl dana tag "$name" --item "$item" --scope dept:planning --responsible li "$@" &&
		n=$(number_of) && ctl dana submit "$n" --wait
}
{ proposed plan.docx draft-en.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a record in force" "$(state_of "$n")" classified

# Printed: each copy is registered for its holder, and carries its number.
ok "three copies are printed" print_as dana "$n" --copies 3 --to wang --to li --due "$(after '30 days')"
is "as three jobs" "$(jobs)" 3
like "the first says whose it is" "$(unzip -p "$agent_dir/jobs/0.job" word/document.xml)" "$n copy 1/3, wang"
like "in the form of the pack" "$(unzip -p "$agent_dir/jobs/0.job" word/document.xml)" '份号 0*1.*机密★'
like "the third is the first holder's again" "$(unzip -p "$agent_dir/jobs/2.job" word/document.xml)" "copy 3/3, wang"
like "its number heads each page" "$(cat "$agent_dir/jobs/1.words")" "page-label=.*$n copy 2/3, li"
is "they are in the register" "$(ctl olga copies "$n" --json | grep -o '"state":"sent"' | wc -l)" 3
like "with the day of return" "$(ctl olga copies "$n")" "$n +1/3 +wang +sent +print +$today +$(after '30 days')"
# By a checkout where it was sealed before its mark could be written: the first time counts.
is "what is printed is read" "$(ctl olga knowers "$n" | grep -cE 'dana .*(print|checkout)')" 1
like "history has it" "$(ctl li show "$n" --json)" '"act":"copy-made","detail":"1/3: wang"'
install -o cdt-dana -g cdt -m 644 tests/fixtures/report-zh.pdf "$agent_dir/saved" && mv "$agent_dir/saved" "$agent_root/paper.pdf"
{ ctl dana tag paper.pdf --item 1.4 --scope dept:planning --responsible li && p=$(number_of) && ctl dana submit "$p" --wait; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
ok "a format that cannot carry it" print_as dana "$p" --due "$(after '3 days')"
like "gets a sheet before it" "$(cat "$agent_dir/jobs/3.job")" "$p copy 1/1, dana.*to be returned by"
ctl dana cat "$p" >"$agent_dir/paper"
ok "and is printed as it is" cmp "$agent_dir/jobs/4.job" "$agent_dir/paper"

# What goes wrong is said, and its numbers are not used again.
touch "$agent_dir/out-of-paper"
exits_print() { said=$(print_as "$1" "${@:3}" 2>&1); is "exit code" $? "$2"; }
exits_print dana 1 "$n" --to li --copies 2
like "a printer that does not print" "$said" 'not every copy was printed'
rm "$agent_dir/out-of-paper"
is "those copies are void" "$(ctl olga copies "$n" --json | grep -o '"state":"void"' | wc -l)" 2
ok "the next one" print_as dana "$n"
like "has a number of its own" "$(ctl olga copies "$n")" "$n +6/6 +dana +sent"
exits_print sun 6 "$n"
exits_print dana 4 "$n" --to sun
like "who may not know it holds no copy" "$said" 'may not know'
exits_print dana 3 "$n" --to nobody
exits_print dana 3 "$n" --due "$(after '-1 days')"
exits_print dana 3 "$n" --copies 100
is "and none of them was registered" "$(ctl olga copies "$n" --json | grep -o '"copy":' | wc -l)" 6

# Receipt, passing on, return, loss.
ok "its holder says that it has come" ctl wang copies receive "$n" 1
like "it is held" "$(ctl olga copies "$n")" "1/3 +wang +held +print +$today +$today"
refused wang 5 'cannot happen' "twice" copies receive "$n" 1
refused wang 4 'may not know' "passing it on to somebody who may not know" copies pass "$n" 1 --to sun
ok "it is passed on" ctl wang copies pass "$n" 1 --to li
ok "and received" ctl li copies receive "$n" 1
like "with its new holder" "$(ctl olga copies "$n")" "1/3 +li +held"
ok "one is lost" ctl wang copies lost "$n" 3 --reason '三日不在柜中'
ok "which is a finding" has_finding D45 "$n"
like "with its number" "$(ctl olga findings --json)" 'copy 3, wang, is lost'
ok "it is found again, and taken back" ctl olga copies return "$n" 3
ok "the finding is closed" wait_until 5 has_no_finding D45 "$n"
refused li 4 'not yours' "what one held oneself one does not take back" copies return "$n" 1
ok "the office does" ctl olga copies return "$n" 1
like "what a person holds" "$(ctl li copies)" "$n +2/3 +li +sent"
like "also on the day he leaves" "$(ctl olga person reach li)" "$n: 2/3, sent"
day "$(after '10 days')"
ctl olga sweep >/dev/null
ok "a receipt that does not come is a finding" has_finding D45 "$n"
like "listed as late" "$(ctl olga copies --late "$n")" '2/3 +li .*late'
ok "it comes" ctl li copies receive "$n" 2
ok "the other one, too" ctl dana copies receive "$n" 6
ok "the finding is closed" wait_until 5 has_no_finding D45 "$n"
day "$(after '31 days')"
ctl olga sweep >/dev/null
like "a return that does not come is one again" "$(ctl olga findings --json)" "copy 2, li, is held, due $(after '30 days')"
ok "a photocopy is registered" ctl dana copies add "$n" --to wang --reason '会议用'
like "with the next number" "$(ctl olga copies "$n")" '7/7 +wang +sent +copy'
ok "who is dropped from the scope" ctl li scope narrow "$n" person:wang --reason x
like "still holds what is named" "$(ctl li scope add "$n" person:wang --reason x >/dev/null; ctl li scope narrow "$n" person:wang --reason y)" 'still there +copy: wang 7/7'
ok "and may return it" ctl olga copies return "$n" 7

# A consent is about what the record is then, by somebody who is there: not about what it becomes.
{ proposed rises.docx draft-en.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
ok "consent below the top level" ctl li consent "$n" --for wang --purpose copy --count 3 --until "$(after '60 days')" --reason x
{ ctl dana change "$n" --level 绝密 --reason x && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
like "the record rises" "$(ctl olga show "$n" --json)" '"level":"TOP-SECRET"'
exits wang 4 "originator's consent" "and asks for another one" copies add "$n" --to wang
ok "which is given" ctl li consent "$n" --for wang --purpose copy --until "$(after '60 days')" --reason x
ctl anna person suspend li --reason x >/dev/null 2>&1
exits wang 4 "originator's consent" "by somebody who is suspended now" copies add "$n" --to wang
ctl anna person suspend li --lift --reason x >/dev/null 2>&1
ok "and is there again" ctl wang copies add "$n" --to wang

# At the top level: with the originator's consent, once.
day "$(after '32 days')"
{ proposed top.docx draft-en.docx 1.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a record of the top level" "$(state_of "$n") $(ctl olga show "$n" --json | grep -o '"protection":"TOP-SECRET"')" 'classified "protection":"TOP-SECRET"'
exits_print wang 4 "$n"
like "is not printed without consent" "$said" "originator's consent"
exits wang 4 "originator's consent" "nor copied" copies add "$n" --to wang
exits wang 4 "originator's consent" "nor exported" export "$n" --to "$home/wang" --for x --reason x
refused dana 4 . "consent by somebody who does not answer for it" consent "$n" --for wang --purpose print --until "$(after '60 days')" --reason x
refused li 4 'himself' "to himself" consent "$n" --for li --purpose print --until "$(after '60 days')" --reason x
refused li 3 'day' "until a day that has been" consent "$n" --for wang --purpose print --until "$(after '1 days')" --reason x
refused li 3 'no consent to that' "to something else" consent "$n" --for wang --purpose read --until "$(after '60 days')" --reason x
refused li 3 'how many' "to none" consent "$n" --for wang --purpose print --count 0 --until "$(after '60 days')" --reason x
ok "whoever answers for it consents" ctl li consent "$n" --for wang --purpose print --count 2 --until "$(after '60 days')" --reason '会议'
exits_print dana 4 "$n" # not for him
exits_print wang 4 "$n" --copies 3
exits wang 4 "originator's consent" "for another purpose" copies add "$n" --to wang
ok "it prints what was agreed on" print_as wang "$n" --copies 2
exits_print wang 4 "$n"
like "and is used up" "$(ctl li consents "$n")" "print +wang +2 +$(after '60 days') +li .* $(after '32 days')"
ok "one for an export" ctl li consent "$n" --for wang --purpose export --until "$(after '33 days')" --reason x
ok "it is exported" ctl wang export "$n" --to "$home/wang" --for x --reason x
exits wang 4 "originator's consent" "once" export "$n" --to "$home/wang" --for x --reason x
ok "one that is withdrawn" ctl li consent "$n" --for wang --purpose print --until "$(after '40 days')" --reason x
id=$(ctl li consents "$n" --json | grep -oE '"consent":[0-9]+' | grep -oE '[0-9]+' | tail -n 1)
ok "is withdrawn" ctl li consent withdraw "$n" "$id" --reason x
exits li 5 'still open' "once" consent withdraw "$n" "$id" --reason x
exits_print wang 4 "$n"
ok "one that ends" ctl li consent "$n" --for wang --purpose print --until "$(after '34 days')" --reason x
day "$(after '35 days')"
exits_print wang 4 "$n"
{ proposed theirs.docx draft-en.docx 1.2 --originator '外单位' && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
refused li 4 'only it consents' "consent to what another unit made, without its paper" consent "$n" --for wang --purpose print --until "$(after '60 days')" --reason x
ok "with it" ctl li consent "$n" --for wang --purpose print --until "$(after '60 days')" --reason x --document '同意函 9 号'
ok "it is printed" print_as wang "$n"
ok "the journal is whole" ctl olga journal verify
# R73: from the day he leaves, the off-post period of his post runs, beside the list of what is still there.
left=$(ctl olga status --json | grep -oE '"today":"[^"]*"' | cut -d'"' -f4)
fails "while he is there none runs" grep -q off-post <<<"$(ctl olga person reach li)"
{ ctl anna person change li --until "$left" && ctl boris person confirm li --change; } >/dev/null
like "once he leaves it does, three years for a core post" "$(ctl olga person reach li)" "off-post until +$((${left%%-*} + 3))-"
like "its end is due ahead" "$(ctl olga due --until "$((${left%%-*} + 4))-01-31")" "li +off-post +core"
before=$(ctl olga copies "$n" --json; ctl olga consents "$n" --json)
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start || tap 1 "the agent starts again"
is "rebuilt from the journal it is the same" "$(ctl olga copies "$n" --json; ctl olga consents "$n" --json)" "$before"
done_testing

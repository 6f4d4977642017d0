#!/usr/bin/env bash
# Destroyed by two persons in the pack cn, with what stands against it, taken back, and for good: the document, one copy.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "destroying" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins TOP-SECRET
{
	enter otto --department office --role secrecy-office
	enter zhao --department planning --role drafter --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
} >"$agent_dir/register2.log" 2>&1
is "eight persons are in the register" "$(ctl anna person list | grep -c ' valid')" 8
signed() { local who=$1; shift; ctl "$who" "$@" --key "$home/$who/key"; }
proposed() { # NAME ITEM OPTION…
	local name=$1 item=$2
	shift 2
	save dana "$name" draft-en.docx && ctl dana tag "$name" --item "$item" --scope dept:planning --responsible li "$@" &&
		n=$(number_of) && ctl dana submit "$n" --wait
}
{ proposed plan.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a record in force" "$(state_of "$n")" classified
file=$agent_root/plan.docx.age
kept() { find "$agent_root/.classd/keep" -name "$1.*.age" | wc -l; }
ok "with its sealed file" test -f "$file"
versions=$(kept "$n") # two, where it was sealed before its mark could be written
ok "and a copy" ctl dana copies add "$n" --to wang
ok "and another" ctl dana copies add "$n" --to li

# What stands against it.
refused olga 2 'method' "without a method" destroy "$n" --reason x
refused olga 2 'reason' "without a reason" destroy "$n" --method shred
refused zhao 4 'answer' "by somebody who does not answer for it" destroy "$n" --method shred --reason x
refused olga 5 "kept until $(after '1 year')" "before its time" destroy "$n" --method shred --reason x
day "$(after '1 year')"
refused olga 5 'copy 1 is still with wang' "with copies out" destroy "$n" --method shred --reason x
refused olga 6 'no copy' "a copy that there is not" destroy "$n" --copy 9 --method burn --reason x
refused olga 5 'nobody has proposed' "what nobody proposed" destroy confirm "$n"

# A copy: taken back, then by two.
ok "a copy is proposed" ctl olga destroy "$n" --copy 1 --method burn --reason '多余'
refused olga 5 'proposed already' "twice" destroy "$n" --copy 1 --method burn --reason x
refused olga 4 'does not confirm' "by the same person" destroy confirm "$n" --copy 1
refused li 4 'may not confirm' "by somebody not of the office" destroy confirm "$n" --copy 1
ok "it is taken back" ctl olga destroy withdraw "$n" --copy 1
refused otto 5 'nobody has proposed' "then there is nothing to confirm" destroy confirm "$n" --copy 1
ok "it is proposed anew" ctl li destroy "$n" --copy 1 --method burn --reason '多余' --witness 'guard Zhou'
ok "another person confirms it" ctl otto destroy confirm "$n" --copy 1
like "the copy is destroyed" "$(ctl olga copies "$n")" "1/1 +wang +destroyed +.* $(after '1 year')"
is "the document is there" "$(test -f "$file" && kept "$n")" "$versions"
ok "the other copy comes back" ctl olga copies return "$n" 2

# The document.
path=$(ctl dana open --print-path "$n")
refused olga 5 'has the document open' "while somebody has it open" destroy "$n" --method shred --reason x
ok "he closes it" ctl dana close "$n"
closed() { ! [ -e "$path" ]; }
wait_until 20 closed
day "$(after '364 days')" # behind what the journal says
refused olga 5 'clock cannot be trusted' "while nobody knows what day it is" destroy "$n" --method shred --reason x
day "$(after '1 year')"
ok "it is proposed" wait_until 20 ctl olga destroy "$n" --method shred --reason '期满' --witness 'guard Zhou'
is "nothing has happened" "$(test -f "$file" && kept "$n")" "$versions"
exits olga 4 'does not confirm' "the same person does not confirm" destroy confirm "$n"
ok "it is taken back" ctl olga destroy withdraw "$n"
ok "it is read" ctl dana cat "$n"
# What stood there when it was proposed is what is destroyed, by two who may.
ok "proposed by who decided it" ctl wang destroy "$n" --method shred --reason x
ok "somebody more may know it" ctl li scope add "$n" dept:office --reason x
refused otto 5 'changed since' "which is another record than was proposed" destroy confirm "$n"
ok "it is taken back" ctl wang destroy withdraw "$n"
ok "proposed anew" ctl wang destroy "$n" --method shred --reason x
ok "he decides here no more" ctl anna appoint wang --end "$(ctl anna person show wang --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | tail -n 1)" --reason x
refused otto 4 'answer for the record any more' "by one who may and one who may not" destroy confirm "$n"
ok "the office takes it back" ctl otto destroy withdraw "$n"
ok "proposed anew" ctl olga destroy "$n" --method shred --reason '期满' --witness 'guard Zhou'
like "it waits" "$(ctl otto destroyed --open)" "$n +document +shred +olga +$(after '1 year') .*second person"
kill -STOP $(agent_pids sealer)
reads() { ctl olga show "$n" --json | grep -o '"act":"read"' | wc -l; }
before=$(reads)
ctl dana cat "$n" >"$agent_dir/cat" 2>&1 &
reading=$!
asked() { [ "$(reads)" -gt "$before" ]; }
ok "somebody begins to read it" wait_until 20 asked
like "that is waited for" "$(ctl otto destroy confirm "$n" 2>&1)" 'is being read'
kill -CONT $(agent_pids sealer)
wait $reading
is "he has read it" "$?" 0
kill -STOP $(agent_pids sealer) # what is confirmed is done, whoever dies
ok "another person confirms it" ctl otto destroy confirm "$n"
like "it is being removed" "$(ctl otto destroyed "$n" 2>/dev/null)" 'being removed'
kill -KILL $(agent_pids sealer)
gone() { ! [ -e "$file" ] && [ "$(kept "$n")" -eq 0 ]; }
ok "the file is gone, and all that was kept" wait_until 30 gone
is "the record stays" "$(state_of "$n")" destroyed
done_now() { ctl otto destroyed "$n" | grep -qE "document +shred +olga .*otto .*guard Zhou .*destroyed"; }
ok "with both names, the witness and the method" wait_until 20 done_now
fails "and no finding that it is missing" has_finding D24 "$n"
exits dana 5 'no document|destroyed' "it is not read" cat "$n"
exits dana 5 . "nor restored" restore "$n"
exits dana 5 'destroyed' "nor copied" copies add "$n" --to li
exits otto 5 'state' "nor destroyed again" destroy "$n" --method shred --reason x
exits olga 5 'nobody has proposed' "what is done is not taken back" destroy withdraw "$n"
like "history says so" "$(ctl olga show "$n" --json)" '"act":"destroy","detail":"shred, olga, otto"'
exits li 4 'secrecy office' "the list of all is the office's" destroyed
like "which prints it" "$(ctl olga destroyed)" "$n +copy 1 +burn +li .*otto"
# The registrar dies between the confirmation and the removal.
first=$n
{ proposed second.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
day "$(after '3 years')"
file=$agent_root/second.docx.age
ok "another one is proposed" wait_until 20 ctl olga destroy "$n" --method erase --reason x
kill -STOP $(agent_pids sealer)
ok "and confirmed" ctl otto destroy confirm "$n"
kill -KILL $(agent_pids registrar)
kill -KILL $(agent_pids sealer)
ok "it is removed all the same" wait_until 40 gone
done_again() { ctl otto destroyed "$n" 2>/dev/null | grep -qE 'erase .*destroyed'; }
ok "and said to be" wait_until 20 done_again
# It is moved in the very moment, and nobody has heard of it yet.
{ proposed third.docx 3.2 && signed li approve "$n"; } >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
day "$(after '5 years')"
mkdir "$agent_root/below"
ok "a third one is proposed" wait_until 20 ctl olga destroy "$n" --method erase --reason x
kill -STOP $(agent_pids watcher)
mv "$agent_root/third.docx.age" "$agent_root/below/away.docx.age"
ok "and confirmed" ctl otto destroy confirm "$n"
told() { grep -q "the destroyed document of $n is still there" "$agent_log"; }
ok "it is not said to be gone" wait_until 20 told
like "as it is not" "$(ctl otto destroyed "$n")" 'is being removed'
exits dana 5 'is destroyed' "nor is it put back meanwhile" restore "$n"
exits dana 5 'is destroyed' "or read" cat "$n"
kill -CONT $(agent_pids watcher)
file=$agent_root/below/away.docx.age
ok "it goes under its other name" wait_until 30 gone
ok "and is said to be" wait_until 20 done_again
n=$first
ok "the journal is whole" ctl olga journal verify
before=$(ctl olga destroyed --json; ctl olga copies "$n" --json; ctl olga show "$n" --json | grep -o '"state":"[a-z]*"')
agent_stop
rm "$agent_dir"/state/registrar/store.db*
agent_start || tap 1 "the agent starts again"
is "rebuilt from the journal it is the same" "$(ctl olga destroyed --json; ctl olga copies "$n" --json; ctl olga show "$n" --json | grep -o '"state":"[a-z]*"')" "$before"
done_testing

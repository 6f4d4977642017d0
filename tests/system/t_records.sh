#!/usr/bin/env bash
# The life of records in the pack us, by persons with logins of their own: what is refused, unsure, derived, returned,
# changed, released and expired, folders that say what lies in them, files that nobody tagged, and what findings say.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "records" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
enforced=$agent_dir/enforced
mkdir -m 1777 "$enforced"
today=$(date -u +%F)
after() { date -u -d "$today + $1" +%F; }
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}, {path: $enforced, mode: enforce, floor: SECRET}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }

cleared=(--category core --cleared-until 2045-12-31 --undertaking 2026-01-05)
{
	for id in dana li wang zhao; do enter "$id" --department planning --role drafter,responsible "${cleared[@]}"; done
	enter mei --department planning --role drafter,responsible "${cleared[@]}"
	enter olga --department office --role secrecy-office
	appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	appoint wang --kind derivative --level TOP-SECRET --department planning --from 2026-01-01
	appoint zhao --kind declassification --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	appoint mei --kind oca --level SECRET --department planning --from 2026-01-01 --until "$(after '20 days')"
	for id in li wang; do ctl anna train "$id" --content duties --hours 4 --held "$(date -u +%Y)-01-02"; done
	for id in li wang zhao mei; do sign_key "$id"; done
} >"$agent_dir/register.log" 2>&1
is "eight persons are in the register" "$(ctl anna person list | grep -c ' valid')" 8
n=''
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
draft() { # draft NAME OPTION…: saves and tags; the number is in $n
	local name=$1
	shift
	save dana "$name" && ctl dana tag "$name" "$@" >"$agent_dir/said" 2>&1 && n=$(number_of) || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
submitted() { draft "$@" && ctl dana submit "$n" --wait >"$agent_dir/said" 2>&1; }

# Bad values: one message, an exit code, no record.
save dana bad.docx
wait_until 10 ctl dana tag bad.docx --item none >/dev/null 2>&1
refused dana 3 'no item "none"' "an unknown item" tag bad.docx --item none
refused dana 3 'no level "purple"' "an unknown level" tag bad.docx --item 1.2 --level purple
refused dana 3 'no person "nobody"' "an unknown person" tag bad.docx --item 1.2 --responsible nobody
refused dana 3 'person "nobody"' "an unknown person in the scope" tag bad.docx --item 1.2 --scope person:nobody --reason x
refused dana 3 'department "nowhere"' "an unknown department" tag bad.docx --item 1.2 --scope dept:nowhere --reason x
refused dana 3 'in the past' "a date in the past" tag bad.docx --item 1.2 --term 2020-01-01
refused dana 3 'longer than' "a term above the cap" tag bad.docx --item 1.2 --term 99y
refused dana 3 'say why with --reason' "a departure without a reason" tag bad.docx --item 1.2 --level secret
refused dana 3 'no record, or not visible' "an unknown source" tag bad.docx --from 2026-999999
refused li 4 'belongs to uid' "somebody else's file" tag bad.docx --item 1.2
refused dana 6 'no watched folder' "a file outside the roots" tag "$agent_dir/classd.yaml" --item 1.2
as dana ln -s /etc/hostname link.docx
as dana mkfifo fifo.docx
mknod "$agent_root/device.docx" c 1 3
refused dana 3 . "a symbolic link" tag link.docx --item 1.2
refused dana 3 . "a FIFO" tag fifo.docx --item 1.2
refused dana 3 . "a device" tag device.docx --item 1.2
is "there is no record" "$(ctl olga list --json)" '{"records":[]}'
rm "$agent_root"/{link,fifo,device}.docx

# Decided as proposed; what the decider may not.
submitted report.docx --item 1.2 --responsible li
tap $? "tag and submit"
exits dana 4 . "the drafter may not approve" approve "$n"
exits mei 4 'training' "lapsed training is refused here" approve "$n" --key "$home/mei/key"
exits zhao 4 . "a declassification authority classifies nothing" approve "$n" --key "$home/zhao/key"
is "it is still a proposal" "$(state_of "$n")" proposed
exits li 2 'reason' "a return without a reason" return "$n"
ok "returned" ctl li return "$n" --reason 'name the program'
is "it is a draft again" "$(state_of "$n")" draft
ok "submitted again" ctl dana submit "$n"
ok "withdrawn" ctl dana withdraw "$n"
is "a draft once more" "$(state_of "$n")" draft
ok "and submitted" ctl dana submit "$n" --wait
ok "a derivative classifier decides like the guide" approve wang "$n"
is "classified" "$(state_of "$n")" classified
like "its term runs from the decision" "$(ctl olga show "$n" --json)" "\"declassify_on\":\"$(after '5 years')\""
exits li 3 'future' "an issue date in the future" issue "$n" --document-number 'PL 1' --date "$(after '3 days')" --key "$home/li/key"
exits li 3 'before the day' "a backdated issue" issue "$n" --document-number 'PL 1' --date 2026-01-02 --key "$home/li/key"
first=$n

# Above the item, with a reason: decided, and a finding.
submitted above.docx --item 1.2 --responsible li
tap $? "another proposal"
exits wang 4 . "a derivative classifier does not differ from the guide" approve "$n" --level secret --reason x --key "$home/wang/key"
ok "an original authority does" approve li "$n" --level secret --reason 'names the site'
ok "which is a finding: above the item" wait_until 10 has_finding D04 "$n"
like "with the numbers" "$(ctl olga findings --json)" 'decided SECRET, item 1.2 says CONFIDENTIAL'

above=$n

# Below what was proposed: new content is protected like the proposal again, and stays readable (key and label agree).
submitted below.docx --item 5.1 --term 5y --scope person:dana,person:li --reason x --responsible li
tap $? "a proposal that is decided lower"
ok "an original authority decides lower" approve li "$n" --level CONFIDENTIAL --term 5y --reason 'no detail'
wait_until 20 is_sealed "$n"
like "which is its protection" "$(ctl olga show "$n" --json)" '"protection":"CONFIDENTIAL"'
path=$(ctl dana open --print-path "$n")
as dana cp "$PWD/tests/fixtures/plain-en.docx" "$path"
ok "new content" ctl dana close "$n"
ok "protection is that of the proposal until it is decided anew" is_state "$n" changed
reads_new() { ctl dana cat "$n" | cmp -s - tests/fixtures/plain-en.docx; }
ok "and it is read" wait_until 20 reads_new
like "label and key agree" "$(ctl li verify "$n" 2>&1)" 'sealed file +ok'
n=$above

# Derived: level, term and scope of the source.
submitted derived.docx --from "$n"
tap $? "from a source"
like "its level and basis" "$(ctl dana show "$n" --json)" '"basis":"source 2026-[0-9]+","level":"SECRET"'
like "and its term" "$(ctl dana show "$n")" "proposed +SECRET, $(after '5 years'), source"
derived=$n source=$above
ok "is decided like its source" approve li "$derived"
save dana both.docx
refused dana 3 'give it or a source' "a source and an item" tag both.docx --item 1.2 --from "$first"
rm "$agent_root/both.docx"

# Unsure: no guess, interim protection, and no plain approval.
draft unsure.docx --unsure --responsible li
tap $? "unsure"
is "asks at once" "$(state_of "$n")" proposed
like "without a guess" "$(ctl li show "$n" --json)" '"proposed":\{"basis":"unclear","level":""'
fails "no level is shown" bash -c "grep -o '\"proposed\":{[^}]*}' <<<'$(ctl li show "$n" --json)' | grep -q '\"level\":\"[A-Z]'"
like "the queue says so" "$(ctl li queue)" "$n.*not sure"
ok "and it is sealed" wait_until 15 is_sealed "$n"
exits li 3 'not sure' "a plain approval" approve "$n" --key "$home/li/key"
is "it still waits" "$(state_of "$n")" proposed
ok "with the matter it is decided" approve li "$n" --item 1.1
like "as that item says" "$(ctl olga show "$n")" 'decided +SECRET'

# Changed: edited after the decision, proposed anew, decided anew; the old decision stays.
n=$first
path=$(ctl dana open --print-path "$n")
as dana cp tests/fixtures/report-en.odt "$path" 2>/dev/null || as dana sh -c "cat >>'$path'" </dev/null
cp tests/fixtures/draft-en.docx "$agent_dir/new.docx" && chmod a+r "$agent_dir/new.docx"
as dana cp "$agent_dir/new.docx" "$path"
ok "close" ctl dana close "$n"
ok "new content makes it changed" wait_until 15 is_state "$n" changed
ok "which is a finding" wait_until 5 has_finding D19 "$n"
exits li 5 'nobody has proposed' "approving what nobody proposed" approve "$n" --key "$home/li/key"
ok "somebody asks for its release meanwhile" ctl olga release "$n" --reason 'no harm any more'
exits dana 5 'asked for' "new content does not push aside what was asked for" submit "$n"
like "which still waits" "$(ctl li queue)" "$n +release"
ok "it is taken back" ctl olga withdraw "$n"
ok "it is proposed anew" ctl dana submit "$n"
like "and waits" "$(ctl li queue)" "$n +changed"
ok "decided anew" approve li "$n"
is "classified" "$(state_of "$n")" classified
ok "the finding is closed" wait_until 5 has_no_finding D19 "$n"
is "both decisions are in its history" "$(ctl olga show "$n" --json | grep -oE '"act":"approve"' | wc -l)" 2

# A folder says what lies in it: value by value, to any depth; higher at once, lower only by decision.
mkdir -p "$agent_root/plans/deep/deeper" && chmod -R 1777 "$agent_root/plans"
ok "a folder's defaults" ctl olga root set "$agent_root/plans" --item 1.3 --responsible li --scope dept:planning
ok "a folder below says one thing more" ctl olga root set "$agent_root/plans/deep" --type plan
exits olga 4 'only raise it' "a lower default, by nobody who decides" root set "$agent_root/plans/deep" --item 1.2
exits olga 3 'not known' "an unknown item" root set "$agent_root/plans" --item 99
draft plans/deep/deeper/one.docx
tap $? "tag without a word"
n=$(number_of)
like "all of it is inherited" "$(ctl olga show "$n" --json)" '"level":"SECRET".*"scope":\["dept:planning"\].*"responsible":"li".*"type":"plan"'
draft plans/two.docx --item 1.2
tap $? "a lower proposal in it"
like "is protected like the folder until it is decided" "$(ctl olga show "$(number_of)" --json)" '"protection":"SECRET"'
ok "a folder of the longest term" ctl olga root set "$agent_root/plans" --item 6.4
save dana plans/deep/three.docx
exits dana 3 'longest term' "is no default" tag plans/deep/three.docx

# Enforced: what nobody tags is sealed at the root's floor, told, and still its owner's.
n=$first
install -o cdt-dana -g cdt -m 644 tests/fixtures/plain-en.docx "$agent_dir/saved" && mv "$agent_dir/saved" "$enforced/left.docx"
save dana left.docx plain-en.docx
files_seen() { [ "$(ctl olga status --all --json | grep -o 'left.docx' | wc -l)" -ge 2 ]; }
wait_until 10 files_seen
ctl olga sweep >/dev/null
ok "within the grace period nothing happens" test -e "$enforced/left.docx"
day "$(after '1 day')"
like "then the sweep says so" "$(ctl olga sweep)" 'unrecorded'
left_sealed() { [ -e "$enforced/left.docx.age" ] && [ ! -e "$enforced/left.docx" ]; }
ok "it is sealed" wait_until 15 left_sealed
ok "in an observed root it is only told" test -e "$agent_root/left.docx"
n=$(number_of)
like "as a draft of its owner, at the floor" "$(ctl olga show "$n" --json)" '"drafter":"dana".*"protection":"SECRET".*"state":"draft"'
ok "with a finding" has_finding D01 "$n"
ok "and one for the other" has_finding D01 left.docx
is "its owner reads it" "$(ctl dana cat "$n" | sha256sum)" "$(sha256sum <tests/fixtures/plain-en.docx)"
ok "its owner tags it" ctl dana tag "$n" --item 1.1 --responsible li
ok "the finding is closed" has_no_finding D01 "$n"
ctl dana declare --not-secret left.docx >/dev/null 2>&1
ok "the other's too when it is declared" has_no_finding D01 left.docx
templates=$(mktemp -d /dev/shm/classd-templates.XXXXXX) # on another file system than the folder
cp packaging/templates/* "$templates" && chmod -R a+rX "$templates"
like "a new document that is not secret: nothing speaks against it" "$(CLASSD_TEMPLATES=$templates ctl dana new --not-secret menu.docx 2>&1)" 'state +unclassified'
rm -r "$templates"
exits dana 5 'cannot be done with a record that is unclassified' "a second declaration" declare --not-secret menu.docx

# The same content in several documents: any of them may speak against it, not only the first.
again() { install -o cdt-dana -g cdt -m 644 "$agent_root/menu.docx" "$agent_dir/saved" && mv "$agent_dir/saved" "$agent_root/$1"; }
again secret.docx
ctl dana tag secret.docx --item 1.1 --responsible li --scope dept:planning >"$agent_dir/said" 2>&1
tap $? "a copy of it is tagged as a secret"
n=$(number_of)
again third.docx
declares() { ctl dana declare --not-secret third.docx --reason copy >"$agent_dir/said" 2>&1; }
wait_until 10 declares
like "a third one is not declared alone" "$(cat "$agent_dir/said")" "the same content is classified as record $n"
is "but waits" "$(state_of "$(number_of)")" proposed

# Time: what waits, ends, is asked for and released.
submitted waits.docx --item 1.2 --responsible li --scope dept:planning
tap $? "a proposal"
waiting=$n
day "$(after '25 days')"
ok "sweep" ctl olga sweep
refused dana 4 "secrecy office" "a drafter does not sweep" sweep
ok "a proposal waits too long" has_finding D21 "$waiting"
fails "an appointment that is over grants nothing" approve mei "$waiting"
exits mei 4 'lapsed|ended|over|until' "and says so" approve "$waiting" --key "$home/mei/key"
ok "decided late" approve li "$waiting"
ok "the finding is closed" has_no_finding D21 "$waiting"
like "a release is asked for" "$(ctl dana release "$first" --reason published)" 'classified'
like "and decided" "$(approve zhao "$first" 2>&1)" 'released'
ctl dana release "$source" --reason published >/dev/null
ok "the source of another is released" approve zhao "$source"
ok "what was derived from it did not follow" has_finding D17 "$derived"
ok "and may be unsealed" ctl dana unseal "$first" --to "$home/dana"
like "the journal knows" "$(ctl olga show "$first" --json)" '"act":"unseal"'
like "a rehearsal says what would expire" "$(ctl olga sweep --as-of "$(after '6 years')")" "$waiting.*"
is "and changes nothing" "$(state_of "$waiting")" classified
like "what is due" "$(ctl olga due --until "$(after '6 years')")" "$waiting +term-over"
ok "the years pass" day "$(after '6 years')"
ctl anna clock confirm >/dev/null 2>&1
like "the sweep acts" "$(ctl olga sweep)" 'failed 0'
is "expired by law and date" "$(state_of "$waiting")" expired
ok "an expired one may be unsealed" ctl dana unseal "$waiting" --to "$home/dana"
like "a second sweep has nothing to do" "$(ctl olga sweep)" 'acted 0, failed 0'
ok "the journal is whole" ctl olga journal verify
done_testing

#!/usr/bin/env bash
# Evidence: the passages of a document that speak for its item are quoted to whoever decides, from the very content that is signed,
# and kept nowhere; and deciding a set, and a drafter's morning, answer by answer on a real terminal.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "evidence" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
here=$PWD
today=$(date -u +%F)
day "$today"
mkdir "$agent_dir/policy.d" && echo 'sets: {most: 4}' >"$agent_dir/policy.d/sets.yaml" && chmod -R a+rX "$agent_dir/policy.d"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning TOP-SECRET "$(date -u -d "$today - 30 days" +%F)"
secret=调价幅度暂定百分之七
write() { # NAME TEXT: whole before it has its name
	printf '%b' "$2" >"$agent_dir/written"
	chown cdt-dana:cdt "$agent_dir/written"
	mv "$agent_dir/written" "$agent_root/$1"
}
proposed() { # NAME TEXT: the number is in $n
	{ write "$1" "$2" && ctl dana tag "$1" --responsible li --item 1.4 --scope dept:planning && n=$(number_of) &&
		ctl dana submit "$n" --wait; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
lines="关于水价的说明\n\n第一段，与此无关。\n价格\n调整方案尚未公布，${secret}。\n"
proposed water.txt "$lines"
water=$n
proposed menu.txt '今日菜单：面条。\n'
menu=$n
proposed odd.txt "调价幅度\\x1b]0;boom\\b\\xe2\\x80\\xae另行通知\n"
odd=$n
proposed third.txt "第三份：价格调整方案。\n"
third=$n

# ---- the list ----
said=$(ctl li decide)
like "the phrases that were found are counted" "$said" 'evidence: 2 of [0-9]+ phrases of the item, places: 2'
like "and quoted with their place, across a line's end" "$said" "line 4 \[价格调整方案\] 第一段，与此无关。价格调整方案尚未公布，$secret。"
like "also where none is there" "$said" 'evidence: none of the [0-9]+ phrases of the item stands in its text'
fails "control characters of the document reach no terminal" grep -qP '\x1b|\x07|\xe2\x80\xae' <<<"$said"
like "and are seen" "$said" 'line 1 \[调价幅度\] 调价幅度 \]0;boom \\xe2\\x80\\xae另行通知'
is "a quotation is no look" "$(grep -c '(opened)' <<<"$said")" 0
ok "but it is a reading, in order to sign" eval 'ctl olga person reach li --json | grep -q "$water"'
is "in JSON nothing is quoted" "$(ctl li decide --json | grep -c "$secret")" 0
fails "nobody else sees it" grep -q "$secret" <<<"$(ctl olga decide 2>&1; ctl anna decide 2>&1)"
fails "nothing of it is in state and log" grep -rqa "$secret" "$agent_dir/state" "$agent_log"
like "the agent lists the phrases of an item" "$(as dana python3 "$here/tests/system/varlink.py" "$agent_socket" org.classd.Policy.Item '{"id":"1.4"}')" '"signals": ?\[[^]]*"'

# ---- at a terminal ----
reads='t tick, s skip, o open, r return, q quit'
tty() { # WHO COLUMNS [REGEX ANSWER]… -- ARGUMENT…: what was seen is in $said, the exit status in $status
	local who=$1 columns=$2 talk=()
	shift 2
	while [ "$1" != -- ]; do talk+=("$1") && shift; done
	shift
	said=$(as "$who" env CLASSD_OPENER="${opener:-true}" LANGUAGE="${language:-en}" python3 "$here/tests/system/terminal.py" "$columns" "${talk[@]}" -- classctl "$@" 2>&1)
	status=$?
}
unchanged() { # NAME STATUS
	is "$1: exit code" "$status" "$2"
	is "$1: nothing changed" "$(records_now)" "$before"
}
exits li 2 'at most 4 cases' "more than the site allows in a set" decide 1 2 3 4 5
like "which the agent says, too" "$(as li python3 "$here/tests/system/varlink.py" "$agent_socket" org.classd.Records.AgreeSet '{"cases":[{"number":"1","digest":""},{"number":"2","digest":""},{"number":"3","digest":""},{"number":"4","digest":""},{"number":"5","digest":""}]}')" '"bad-size"'
before=$(records_now)
tty li 100 "$reads" '\x04' -- decide "$water" "$menu" --key "$home/li/key"
unchanged "end of input" 2
like "end of input: it says so" "$said" 'no answer; nothing was changed'
like "the case stands above the question" "$said" "line 4 \[价格调整方案\].*$reads"
tty li 100 "$reads" 't\n' "$reads" '\x03' -- decide "$water" "$menu" --key "$home/li/key"
unchanged "Ctrl-C" 130
tty li 100 "$reads" 'r\n' 'Why' '1\n' "$reads" 'q\n' -- decide "$water" "$menu" --key "$home/li/key"
unchanged "a return that was answered, then broken off" 2
tty li 100 "$reads" '\n' "$reads" 'x\n' "$reads" '\n' -- decide "$water" "$menu" --key "$home/li/key"
unchanged "an empty answer ticks nothing" 2
like "and that is said" "$said" 'nothing is ticked'
tty li 100 "$reads" 't\n' "$reads" 't\n' -- decide "$water" "$third" --key "$home/li/key"
unchanged "nothing was opened" 5
like "which was said before" "$said" '1 of 2 must have been opened.*evidence'
tty li 24 "$reads" '\n' "$reads" '\n' -- decide "$water" "$menu"
unchanged "a narrow terminal" 2
is "no line of evidence is wider" "$(sed -n '/evidence/,/^t tick/p' <<<"$said" | grep -v '^t tick\|^  2' | python3 -c '
import sys, unicodedata
print(max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in l.rstrip("\n")) for l in sys.stdin) <= 24)')" True
language=zh_CN
tty li 80 't 勾选' '\n' 't 勾选' '\n' -- decide "$water" "$menu"
unchanged "in Chinese" 2
like "the evidence is told in Chinese" "$said" '第 4 行 \[价格调整方案\]'
language=en
opener=false
tty li 100 "$reads" 'o\n' "$reads" 'q\n' -- decide "$menu"
like "an opener that fails is said, and it is asked again" "$said" 'opener did not work'
ctl li close --all >/dev/null 2>&1
opener=true
# One opened and ticked, one skipped, one sent back in the pack's words, one ticked.
tty li 100 "$reads" 'o\n' "$reads" 't\n' "$reads" 's\n' "$reads" 'r\n' 'Why' '1\n' "$reads" 't\n' 'Sign this' 'y\n' -- decide "$water" "$menu" "$odd" "$third" --key "$home/li/key"
is "all answers were taken" "$status" 0
[ "$status" = 0 ] || sed 's/^/# /' <<<"$said"
is "ticked after it was opened" "$(state_of "$water")" classified
is "skipped" "$(state_of "$menu")" proposed
is "returned" "$(state_of "$odd")" draft
like "the next of its kind is held against the last" "$(ctl li decide)" "last decided: $third third.txt, on $today"
like "with the ready reason" "$(ctl dana show "$odd")" 'return: 依据的保密事项不符'
is "ticked" "$(state_of "$third")" classified
is "the set names two" "$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    if isinstance(e.get("set"), dict): print(e["set"]["text"].count("record "))
' "$agent_dir/state/registrar/journal/entries" | sort -u)" 2
ctl li close --all >/dev/null 2>&1

# ---- one by itself ----
before=$(records_now)
tty li 100 'Sign this' 'n\n' -- approve "$menu" --key "$home/li/key"
unchanged "approve, and no after all" 2
like "approve shows it, too" "$said" 'evidence: none of the'

# ---- a drafter's morning ----
write morning.txt "早上的说明：调价幅度未定。\n"
suggested() { ctl dana day --json | grep -q 'morning.txt"[^}]*"suggested_item":"1.4"'; }
ok "a new document with a suggestion" wait_until 15 suggested
like "is quoted to its drafter" "$(ctl dana day)" 'line 1 \[调价幅度\] 早上的说明：调价幅度未定。'
asks='t tick, s skip, o open, q quit'
before=$(records_now)
tty dana 100 "$asks" '\n' -- day morning.txt --responsible li
is "an empty answer proposes nothing" "$(records_now)" "$before"
tty dana 100 "$asks" '\x04' -- day morning.txt --responsible li
unchanged "end of input of a morning" 2
digest=$(sha256sum <"$agent_root/morning.txt" | cut -d' ' -f1)
as dana sh -c "echo more >>'$agent_root/morning.txt'"
said=$(ctl dana day morning.txt --responsible li --tick "$digest" 2>&1)
like "what changed since is not what was ticked" "$said" 'not the one that was listed|no new document|not ticked'
fails "and has no record" grep -q morning.txt <<<"$(ctl dana list)"
relisted() { ctl dana day --json | grep -q "$(sha256sum <"$agent_root/morning.txt" | cut -d' ' -f1)"; }
ok "it is looked at again" wait_until 15 relisted
tty dana 100 "$asks" 't\n' -- day morning.txt --responsible li --scope dept:planning
is "ticked, it is proposed" "$status" 0
is "and waits" "$(state_of "$(number_of)")" proposed
ok "the journal is whole" ctl olga journal verify
done_testing

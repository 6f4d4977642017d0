#!/usr/bin/env bash
# A tree of old documents becomes drafts in the pack cn: what their marks say is read and proposed, nothing is decided (R33).
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "import" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins SECRET
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
mkdir -p "$agent_root/old/1998"
chmod 1777 "$agent_root/old" "$agent_root/old/1998"
old() { printf '%b' "$3" >"$agent_dir/saved" && install -o "cdt-$1" -g cdt -m 644 "$agent_dir/saved" "$agent_dir/saved2" && mv "$agent_dir/saved2" "$agent_root/old/$2"; }
old dana plain.txt '关于食堂的通知\n'
old dana good.txt '秘密★5年\n关于价格的报告\n'
old dana 1998/high.txt '机密★10年\n规划\n'
old dana 1998/noterm.txt '秘密\n没有期限\n'
old dana 1998/two.txt '秘密★5年\n标题\n机密★10年\n正文\n'
old wang others.txt '秘密★5年\n别人的\n'
looked() { ! ctl olga import "$agent_root/old" --dry-run --reference x --json | grep -q 'not-looked-at' && [ "$(ctl olga import "$agent_root/old" --dry-run --reference x --json | wc -l)" -eq 6 ]; }
ok "inspectors have looked at all of them" wait_until 30 looked
records() { ctl olga list --json | grep -o '"number":"[0-9-]*"' | wc -l; }
line() { ctl dana import "$agent_root/old" --dry-run --reference '1998 年登记簿' --json | grep "$1"; }

# Rehearsed: nothing is changed.
like "a mark that is whole" "$(line good.txt)" '"level":"CONFIDENTIAL".*"outcome":"marked".*"term":"P5Y"'
like "one of a higher level" "$(line high.txt)" '"level":"SECRET".*"outcome":"marked".*"term":"P10Y"'
like "one without a term: that of its level" "$(line noterm.txt)" '"level":"CONFIDENTIAL".*"outcome":"incomplete".*"term":"P10Y"'
like "two that contradict each other: the highest" "$(line two.txt)" '"level":"SECRET".*"outcome":"contradictory"'
like "one without a mark" "$(line plain.txt)" '"outcome":"unmarked"'
is "only one's own" "$(line others.txt)" ""
is "the office sees everybody's" "$(ctl olga import "$agent_root/old" --dry-run --reference x --json | wc -l)" 6
like "as a table with counts" "$(ctl dana import "$agent_root/old" --dry-run --reference x)" '1 incomplete.*1 contradictory.*1 unmarked'
is "and nothing was made" "$(records)" 0

# What is refused.
refused dana 2 'reference' "without a reference" import "$agent_root/old"
refused dana 3 'none would' "none at all" import "$agent_root/old" --reference x --limit 0
refused dana 3 'no person' "with somebody unknown who answers for them" import "$agent_root/old" --reference x --responsible nobody
refused dana 3 'no person' "for somebody unknown" import "$agent_root/old" --reference x --scope person:ghost
refused dana 3 'no item' "about what no item is" import "$agent_root/old" --reference x --item 99.9
exits dana 3 'not a directory|not-a-folder|watched' "a folder that is not watched" import "$agent_dir" --reference x

# For real, with a cap, and on from there.
ok "two of them" ctl dana import "$agent_root/old" --reference '1998 年登记簿' --limit 2 --scope dept:planning --responsible li
is "became drafts" "$(records)" 2
ok "run again it goes on" ctl dana import "$agent_root/old" --reference '1998 年登记簿' --scope dept:planning --responsible li
is "with the rest" "$(records)" 4
like "and passes over what has a record" "$(ctl dana import "$agent_root/old" --reference x --scope dept:planning --json | grep good)" 'recorded'
is "nothing is made twice" "$(records)" 4
is "all of them drafts" "$(ctl olga list --json | grep -o '"state":"[a-z]*"' | sort -u)" '"state":"draft"'
is "nothing is decided" "$(ctl olga list --json | grep -c '"decided":{')" 0
n=$(ctl olga list --json | grep -oE '"number":"[0-9-]+"[^}]*good.txt|good.txt[^}]*"number":"[0-9-]+"' | grep -oE '[0-9]{4}-[0-9]{6}' | head -n 1)
[ -n "$n" ] || n=$(for i in 1 2 3 4; do ctl olga show "$(printf '%s-%06d' "${today%%-*}" $i)" --json | grep -q good.txt && printf '%s-%06d' "${today%%-*}" $i; done)
like "history has reference and mark" "$(ctl olga show "$n" --json)" '"act":"new","detail":"1998 年登记簿: 秘密★5年"'
like "with what was read" "$(ctl olga show "$n" --json)" '"proposed":\{[^}]*"level":"CONFIDENTIAL"[^}]*"term":"P5Y"'
is "one line in the journal for each" "$(ctl olga show "$n" --json | grep -oE '"act":"[a-z-]+"' | grep -vc sealed)" 1
exits li 5 . "a draft is not decided" approve "$n" --key "$home/li/key"
ok "its drafter gives it a matter" ctl dana tag "$n" --item 1.4 --term 5m --scope dept:planning --reason '登记'
ok "submits it" ctl dana submit "$n" --wait
ok "and it is decided like any other" ctl li approve "$n" --key "$home/li/key"
is "classified" "$(state_of "$n")" classified
ok "those without a mark by defaults" ctl dana import "$agent_root/old" --reference x --item 1.4 --scope dept:planning
is "are drafts, too" "$(records)" 5
ok "the office imports what others own" ctl olga import "$agent_root/old" --reference x --scope dept:planning
like "in their owner's name" "$(ctl olga show "$(number_of)" --json)" '"drafter":"wang"'
ok "the journal is whole" ctl olga journal verify
done_testing

#!/usr/bin/env bash
# Answers longer than what may wait for one client: 30,000 documents are listed whole while others are served; a reader
# that stops holds nobody up; one that has enough ends it; one that is suspended in the midst sees nothing more.
. "$(dirname "$0")/../tap.sh"
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/watch.sh"
folders=300 each=100
[ -z "${CLASSD_LONG:-}" ] || folders=3000
total=$((folders * each))
as_li() { setpriv --reuid "$li" --regid cdt --clear-groups "$@"; }
cp "$(dirname "$0")/burst.py" "$agent_dir/burst.py"
as_li /usr/bin/python3 "$agent_dir/burst.py" tops "$agent_root" $folders
as_li /usr/bin/python3 "$agent_dir/burst.py" distinct "$agent_root" $folders $each
watch_start 'rescan_s: 1000'
all_seen() { files_are $total && scan_done; }
ok "all files are seen" wait_until 100 all_seen
memory() { awk '/^Anonymous/ { print $2 }' "/proc/$(agent_pids registrar)/smaps_rollup"; }
before=$(memory)

as "$li" status --all --json >"$agent_dir/all.json"
is "the list ends well" $? 0
jq -r '.documents[].path' "$agent_dir/all.json" | sed "s|^$agent_root/||" | LC_ALL=C sort >"$agent_dir/listed"
find "$agent_root" -type f -printf '%P\n' | LC_ALL=C sort >"$agent_dir/there"
ok "with every document once" cmp "$agent_dir/there" "$agent_dir/listed"
is "and the agent's state" "$(jq -r '.status.roots[0].files' "$agent_dir/all.json")" $total
bytes=$(stat -c %s "$agent_dir/all.json")
tap $((bytes < 4 << 20)) "which is more than may wait for one client ($bytes bytes)"
as "$li" status --all >"$agent_dir/all.txt"
is "for people, too" "$(grep -c '^/.*/f[0-9]*\.txt ' "$agent_dir/all.txt")" $total
is "under one head" "$(grep -c '^document  ' "$agent_dir/all.txt")" 1
is "some, where some are asked for" "$(as "$li" status --all --json --limit 12345 | jq '.documents | length')" 12345
is "those of a terminal's page without" "$(as "$li" status 2>"$agent_dir/note" | grep -c '^/.*/f[0-9]*\.txt ')" 50
like "with a word that there are more" "$(cat "$agent_dir/note")" 'the first 50 are shown'
is "and of one folder all" "$(as_li /usr/bin/python3 "$agent_dir/burst.py" names "$agent_root" "$agent_socket" | wc -l)" $total

# A reader that stops: the list waits for it, nobody else does.
mkfifo "$agent_dir/slow" && chmod 666 "$agent_dir/slow"
as "$li" status --all --json >"$agent_dir/slow" 2>"$agent_dir/slow.err" &
slow=$!
exec 9<"$agent_dir/slow"
head -c 100000 <&9 >"$agent_dir/slow.json"
answers=0
for _ in $(seq 1 20); do
	[ "$(as "$li" status --json --limit 1 | jq '.documents | length')" != 1 ] || answers=$((answers + 1))
done
is "others are answered while a list waits for its reader" $answers 20
ok "which is still there" kill -0 $slow
cat <&9 >>"$agent_dir/slow.json"
exec 9<&-
wait $slow
is "it goes on when he does" $? 0
is "to the end" "$(jq '.documents | length' "$agent_dir/slow.json")" $total

# And one that has enough.
for what in --json ''; do
	( # a pipe without a reader is an error of the write for some, a signal for others
		trap '' PIPE
		as "$li" status --all $what 2>"$agent_dir/head.err"
		echo $? >"$agent_dir/head.rc"
	) | head -c 1000 >/dev/null
	is "head has enough${what:+ ($what)}: no error" "$(cat "$agent_dir/head.rc" "$agent_dir/head.err")" 0
done
connections() { ls "/proc/$(agent_pids registrar)/fd" | wc -l; }
open=$(connections)
for _ in 1 2 3; do as "$li" status --all --json 2>/dev/null | head -c 1000 >/dev/null; done
all_gone() { [ "$(connections)" -le "$open" ]; }
ok "those who left are forgotten" wait_until 20 all_gone

# A sweep may be under way, which has a wider cache until its end.
comes_back() { after=$(memory) && [ "$after" -le $((before + 4096)) ]; }
wait_until 60 comes_back
tap $? "the registrar's memory stays: $before KiB, then $after"
echo "# figure: $total documents listed whole ($bytes bytes), registrar's anonymous memory $before KiB before and $after after"

# Records, the queue and what somebody could read are longer than a page, too.
tag() { # FOLDER [OPTION]
	as "$li" tag -r "$agent_root/$1" --max 1000000 --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" \
		--reason test "${@:2}" >>"$agent_dir/tagged" 2>&1
}
tag top0 --submit
for i in 1 2 3 4 5 6; do tag "top$i"; done
records=$((7 * each))
numbers() { grep -o '"number":"[0-9-]*"' | sort -u | wc -l; }
is "files are tagged" "$(grep -c ': [0-9]*-[0-9]*$' "$agent_dir/tagged")" $records
grep -v ': [0-9]*-[0-9]*$' "$agent_dir/tagged" | sed 's/^/# /'
is "all their records are listed, once" "$(as "$li" list --json | jq -r '.records[].number' | sort | uniq -d | wc -l)" 0
is "and none is left out" "$(as "$li" list --json | numbers)" $records
is "as drafter" "$(as "$li" list --mine | grep -c '^[0-9]*-[0-9]* ')" $records
is "some, where some are asked for" "$(as "$li" list --json --limit 333 | numbers)" 333
is "his drafts are in his queue" "$(as "$li" queue --json | jq -r '.entries[].number' | sort -u | wc -l)" $((6 * each))
is "what was submitted in that of who decides" "$(as "$wang" queue --json | jq -r '.entries[].number' | sort -u | wc -l)" "$each"
person=$(as "$li" whoami --json | jq -r .person)
is "what he could read has no end that is too early" "$(as "$wang" person reach "$person" --json | numbers)" $records
like "nor for people" "$(as "$wang" person reach "$person" | grep Could)" "Could read on [0-9-]*: $records records\\."

# What he may see is judged at each page.
as "$li" status --all --json >"$agent_dir/slow" 2>"$agent_dir/slow.err" &
slow=$!
exec 9<"$agent_dir/slow"
head -c 100000 <&9 >"$agent_dir/cut.json"
ok "he is suspended in the midst" as "$wang" person suspend "$person" --reason test
cat <&9 >>"$agent_dir/cut.json"
exec 9<&-
wait $slow
tap $(($? == 0)) "the list ends badly"
like "and says why" "$(cat "$agent_dir/slow.err")" 'suspended|the agent closed the connection'
shown=$(grep -o '"path":' "$agent_dir/cut.json" | wc -l)
tap $((shown == 0 || shown >= total / 2)) "he saw $shown of $total"
ok "which no program takes for the whole" bash -c "! jq . '$agent_dir/cut.json' >/dev/null 2>&1"

done_testing

#!/usr/bin/env bash
# Files created as fast as possible: none is missed (I8), whether events are lost, folders are renamed under way, or
# processes are killed. Names in the store are compared with names on disk.
. "$(dirname "$0")/../tap.sh"
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm # what is measured is the agent, not the disk
. "$(dirname "$0")/watch.sh"
tops=200 flat=206 folders=49 files=6 # 200 and 9,800 folders, 41,200 and 58,800 files
enforced=$agent_dir/enforced
mkdir -m 1777 "$enforced"
printf '%s 09:00\n' 2027-01-04 >"$agent_dir/clock"
cp "$(dirname "$0")/burst.py" "$agent_dir/burst.py"
burst() { setpriv --reuid "$li" --regid cdt --clear-groups /usr/bin/python3 "$agent_dir/burst.py" "$@"; }
watch_start "clock: file:$agent_dir/clock" 'rescan_s: 600' \
	"roots: [{path: $agent_root, mode: observe, department: planning}, {path: $enforced, mode: enforce, floor: SECRET}]"
ok "the first scan ends" wait_until 20 scan_done

# In an enforced root each ends with a record, or a finding.
setpriv --reuid "$li" --regid cdt --clear-groups mkdir "$enforced"/top{0..9}
made=$(burst below "$enforced" 10 10 4)
ok "the enforced root's files are seen" wait_until 30 files_are "$made" "$enforced"
printf '%s 09:00\n' 2027-01-05 >"$agent_dir/clock"
as "$li" sweep >/dev/null 2>&1
# A plaintext without a finding, or a sealed file without a record, is what must not be.
is_settled() { [ -z "$(find "$enforced" -name '*.txt' -print -quit)" ]; }
ok "past the grace period all are sealed" wait_until 60 is_settled
sealed=$(find "$enforced" -name '*.txt.age' -not -path '*/.classd/*' | wc -l)
is "as many as were made" "$sealed" "$made"
as "$li" findings --json >"$agent_dir/findings"
told=$(jq -r '.findings[] | select(.code == "D01") | .number // empty' "$agent_dir/findings" | sort -u | wc -l)
is "each has a record with a finding" "$told" "$made"
echo "# burst: $made files in an enforced root, without a record or a finding $((made - told))"

# Names on disk and in the store, once each: $missed are not in the store, $extra not on disk.
compare() {
	find "$agent_root" -type f -printf '%P\n' | LC_ALL=C sort >"$agent_dir/on_disk"
	burst names "$agent_root" "$agent_socket" | LC_ALL=C sort >"$agent_dir/in_store"
	missed=$(LC_ALL=C comm -23 "$agent_dir/on_disk" "$agent_dir/in_store" | wc -l)
	extra=$(LC_ALL=C comm -13 "$agent_dir/on_disk" "$agent_dir/in_store" | wc -l)
}
# The count first: it is cheap.
is_all_there() {
	files_are "$(find "$agent_root" -type f | wc -l)" && scan_done && compare && [ "$missed" -eq 0 ] && [ "$extra" -eq 0 ]
}

# 100,000 files in 10,000 folders. The watcher sleeps while the first come, so the kernel's queue overflows.
burst tops "$agent_root" $tops
watcher=$(agent_pids watcher)
kill -STOP "$watcher"
made=$(burst flat "$agent_root" $tops $flat)
kill -CONT "$watcher"
made=$((made + $(burst below "$agent_root" $tops $folders $files)))
is "files made" "$made" 100000
is "in so many folders" "$(find "$agent_root" -mindepth 1 -type d | wc -l)" 10000
overflows() { grep -o 'recovered: queue-overflow, seen [0-9]*' "$agent_log" | awk '{ n += $NF } END { print n + 0 }'; }
has_overflowed() { [ "$(overflows)" -gt 0 ]; }
ok "the queue overflowed, and sight came back" wait_until 100 has_overflowed
wait_until 200 is_all_there
tap $? "every file is seen"
is "missed" "$missed" 0
is "seen but not there" "$extra" 0
echo "# burst: $made files in 10,000 folders, overflows $(overflows), missed $missed"
ok "nothing is degraded any more" is_whole queue-overflow

# Folders are renamed while they are filled, and in the middle registrar and watcher are killed.
setpriv --reuid "$li" --regid cdt --clear-groups mkdir "$agent_root/b"
burst tops "$agent_root/b" 40
burst rename "$agent_root/b" 40 5 >"$agent_dir/renamed" &
renamer=$!
burst below "$agent_root/b" 40 50 5 >"$agent_dir/made" &
creator=$!
new_pid() { [ -n "$(agent_pids "$1")" ] && [ "$(agent_pids "$1")" != "$2" ]; }
killed=0
for role in registrar watcher; do
	pid=$(agent_pids "$role")
	kill -KILL "$pid"
	killed=$((killed + 1))
	ok "the $role is killed and there again" wait_until 20 new_pid "$role" "$pid"
done
wait "$creator" "$renamer"
wait_until 200 is_all_there
tap $? "every file is seen under the name of its folder"
is "missed" "$missed" 0
is "seen but not there" "$extra" 0
renamed=$(cat "$agent_dir/renamed")
is "folders were renamed meanwhile" "$renamed" 200
is "files were made" "$(find "$agent_root/b" -type f | wc -l)" 10000
echo "# burst: $(cat "$agent_dir/made") files made while folders were renamed $renamed times and $killed processes killed, missed $missed"

done_testing

#!/usr/bin/env bash
# 10,000 files of 20 KiB through the whole agent, from the start of `classctl tag -r --submit` until the last plaintext is
# taken, against a shell loop over age with two recipients and a sync each (500 files, scaled). Then the same once more
# under strace: how often all roles together wait for the disk.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
. "$(dirname "$0")/folder.sh"
command -v age >/dev/null || not_measured seal-small "age is not installed"
files=${SEAL_SMALL_FILES:-10000}
folder_open seal-small

loop() {
	local one two i
	one=$(age-keygen 2>/dev/null | age-keygen -y) two=$(age-keygen 2>/dev/null | age-keygen -y)
	mkdir "$disk/loop"
	for i in $(seq 500); do head -c 20480 /dev/urandom >"$disk/loop/$i"; done
	sync
	seconds bash -c 'for i in $(seq 500); do
		age -r "$1" -r "$2" -o "$0/$i.age" "$0/$i" && sync "$0/$i.age" && rm "$0/$i"
	done' "$disk/loop" "$one" "$two"
	rm -r "$disk/loop"
}

agent_start >&2 || not_measured seal-small "the agent does not start"
ours='' theirs=''
for round in 1 2; do
	theirs=$(least "$theirs" "$(loop | awk -v n="$files" '{ print $1 * n / 500 }')")
	folder_save "round-$round"
	ours=$(least "$ours" "$(seconds folder_seal "round-$round")")
done
row seal-small "$ours" s "shell loop, age, sync" "$theirs" at-least 8
agent_stop

command -v strace >/dev/null || not_measured seal-small-flushes "strace is not installed"
flushes=$(folder_count round-3) || not_measured seal-small-flushes "the agent does not start under strace"
row seal-small-flushes "$flushes" each "20 for 1,000 files" 20 at-most 1

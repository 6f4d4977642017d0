#!/usr/bin/env bash
# 10,000 files of 20 KiB through the whole agent, from the start of `classctl tag -r --submit` until the last plaintext is
# taken, against a shell loop over age with two recipients and a sync each (500 files, scaled). Then the same once more
# under strace: how often all roles together wait for the disk.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
here=$(realpath "$(dirname "$0")")
command -v age >/dev/null || not_measured seal-small "age is not installed"
files=${SEAL_SMALL_FILES:-10000}
disk_open seal-small 4096
chmod a+rx "$work"
. "$here/../tap.sh"
. "$here/../system/agent.sh"
trap 'agent_clean; disk_close' EXIT
drafter=$(agent_person li) responsible=$(agent_person wang)
as() { runuser -u "$drafter" -- "$agent_build/classctl" --socket "$agent_socket" "$@"; }

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
# seconds COMMAND…: its wall time
seconds() {
	local start
	start=$(date +%s%N)
	"$@" >"$work/said" 2>&1 || { echo "bench: $* failed: $(tail -n 3 "$work/said")" >&2; exit 1; }
	awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { printf "%.4f", ns / 1e9 }'
}
# Files as a drafter saves them, seen and looked at: no inspector is left when nothing is to be looked at any more.
save() {
	runuser -u "$drafter" -- mkdir "$agent_root/$1"
	head -c $((files * 20480)) /dev/urandom |
		runuser -u "$drafter" -- split -b 20480 -a 5 - "$agent_root/$1/f"
}
has_seen() { as status --json | grep -q "\"unrecorded\":$files\b"; }
has_no_inspector() { [ -z "$(agent_pids inspector)" ]; }
has_no_plaintext() { [ -z "$(find "$agent_root/$1" -name 'f*' ! -name '*.age' -print -quit)" ]; }
seal() {
	as tag -r "$agent_root/$1" --item 5.1 --level SECRET --term 5y --scope "person:$drafter" \
		--responsible "$responsible" --reason bench --submit && wait_until 300 has_no_plaintext "$1" &&
		[ "$(find "$agent_root/$1" -name 'f*.age' | wc -l)" -eq "$files" ]
}
settle() {
	save "$1"
	wait_until 120 has_seen && sleep 2 && wait_until 300 has_no_inspector && return
	echo "bench: the files are not looked at" >&2
	exit 1
}

agent_config "security_administrators: [$drafter, $responsible]" 'inspector_idle_s: 1'
agent_start >&2 || not_measured seal-small "the agent does not start"
ours='' theirs=''
for round in 1 2; do
	theirs=$(least "$theirs" "$(loop | awk -v n="$files" '{ print $1 * n / 500 }')")
	settle "round-$round"
	ours=$(least "$ours" "$(seconds seal "round-$round")")
done
row seal-small "$ours" s "shell loop, age, sync" "$theirs" at-least 8
agent_stop

command -v strace >/dev/null || not_measured seal-small-flushes "strace is not installed"
agent_under="strace -D -f --seccomp-bpf -qq -o $work/flushes -e trace=fsync,fdatasync,syncfs,sync,msync,sync_file_range"
agent_start >&2 || not_measured seal-small-flushes "the agent does not start under strace"
settle round-3
before=$(grep -c "(" "$work/flushes")
seal round-3 >"$work/said" 2>&1 || { echo "bench: not all are sealed" >&2; exit 1; }
flushes=$(($(grep -c '(' "$work/flushes") - before))
row seal-small-flushes "$(awk -v n="$flushes" -v m="$files" 'BEGIN { print 1000 * n / m }')" each "20 for 1,000 files" 20 at-most 1
agent_stop

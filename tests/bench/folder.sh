# shellcheck shell=bash
# A folder of $files files of 20 KiB in a whole agent on $disk: source it after bench.sh and disk.sh, then folder_open.
# folder_save NAME: files as a drafter saves them, seen and looked at · folder_seal NAME: from the start of the command
# until the last plaintext is taken and the disk has all of it · folder_count NAME: prints how often all roles waited
# for the disk per 1,000 files of one such run, under strace.
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

folder_open() {
	disk_open "$1" 4096
	chmod a+rx "$work"
	. "$here/../tap.sh"
	. "$here/../system/agent.sh"
	trap 'agent_clean; disk_close' EXIT
	drafter=$(agent_person li) responsible=$(agent_person wang)
	agent_config "security_administrators: [$drafter, $responsible]" 'inspector_idle_s: 1'
}
as() { runuser -u "$drafter" -- "$agent_build/classctl" --socket "$agent_socket" "$@"; }

# seconds COMMAND…: its wall time
seconds() {
	local start
	start=$(date +%s%N)
	"$@" >"$work/said" 2>&1 || { echo "bench: $* failed: $(tail -n 3 "$work/said")" >&2; exit 1; }
	awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { printf "%.4f", ns / 1e9 }'
}
has_seen() { as status --json | grep -q "\"unrecorded\":$files\b"; }
has_no_inspector() { [ -z "$(agent_pids inspector)" ]; }
has_no_plaintext() { [ -z "$(find "$agent_root/$1" -name 'f*' ! -name '*.age' -print -quit)" ]; }

# Processor time of all roles, in ticks.
ticks() {
	local pid sum=0
	for pid in $(pgrep -P "$agent_pid"); do
		set -- $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)
		sum=$((sum + ${12:-0} + ${13:-0}))
	done
	echo "$sum"
}
# Nothing waits to be looked at any more: no inspector is left, and nobody works.
is_at_rest() {
	local before
	before=$(ticks)
	sleep 2
	has_no_inspector && [ $(($(ticks) - before)) -le 3 ]
}
folder_save() {
	runuser -u "$drafter" -- mkdir "$agent_root/$1"
	head -c $((files * 20480)) /dev/urandom |
		runuser -u "$drafter" -- split -b 20480 -a 5 - "$agent_root/$1/f"
	wait_until 120 has_seen && wait_until 300 is_at_rest && return
	echo "bench: the files are not looked at" >&2
	exit 1
}
folder_seal() {
	as tag -r "$agent_root/$1" --item 5.1 --level SECRET --term 5y --scope "person:$drafter" \
		--responsible "$responsible" --reason bench --submit --max "$files" && wait_until 300 has_no_plaintext "$1" &&
		sync -f "$agent_root/$1" && [ "$(find "$agent_root/$1" -name 'f*.age' | wc -l)" -eq "$files" ]
}
folder_count() {
	local before
	agent_under="strace -D -f --seccomp-bpf -qq -o $work/flushes -e trace=fsync,fdatasync,syncfs,sync,msync,sync_file_range"
	agent_start >&2 || return
	folder_save "$1"
	before=$(grep -c "(" "$work/flushes")
	folder_seal "$1" >"$work/said" 2>&1 || { echo "bench: not all are sealed" >&2; exit 1; }
	awk -v n=$(($(grep -c '(' "$work/flushes") - before)) -v m="$files" 'BEGIN { print 1000 * n / m }'
	agent_stop
	agent_under=''
}

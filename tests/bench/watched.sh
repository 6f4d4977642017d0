# shellcheck shell=bash
# An agent that watches a tree on a disk of its own, for benchmarks: source it after bench.sh.
#   watched_open NAME MIB    the disk and the agent's folder on it; $tree is the folder that is watched
#   watched_start [LINE…]    a new agent, without anything that an earlier one knew; $began: when it was started
# In the benchmark's own shell, not in $(…): else nobody stops the agent.
. "$(dirname "$0")/disk.sh"
here=$(realpath "$(dirname "$0")")
watched_open() {
	disk_open "$1" "$2"
	chmod a+rx "$work"
	. "$here/../tap.sh"
	. "$here/../system/agent.sh"
	trap 'agent_clean; disk_close' EXIT
	tree=$agent_root
	who=$(agent_person li)
}
watched_start() {
	agent_stop
	rm -rf "$agent_dir/state" "$agent_dir/escrow.key"
	agent_config "security_administrators: [$who, $(agent_person wang)]" 'rescan_s: 100000' "$@"
	agent_init >"$agent_dir/init.log" 2>&1 || return 1
	began=$(now)
	agent_start >&2
}
as() { runuser -u "$who" -- "$agent_build/classctl" --socket "$agent_socket" "$@"; }
now() { date +%s%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.4f", (b - a) / 1e9 }'; } # NANOSECONDS
# The numbers alone: root is no person of the register and is shown no documents, which costs nothing while others work.
numbers() { "$agent_build/classctl" --socket "$agent_socket" status --json 2>/dev/null; }
has_all() { numbers | grep -q "\"files\":$1,.*\"mode\":\"observe\",\"path\":\"$tree\""; }
is_scanned() { numbers | jq -e ".status.roots[] | select(.path == \"$tree\") | .scanned != \"\" and (.scanning | not) and .files == $1" >/dev/null; }
# Nobody inspects any more.
is_at_rest() { [ -z "$(agent_pids inspector)" ]; }
# Proportional memory of all processes, in KiB.
memory() {
	local p
	for p in "$agent_pid" $(pgrep -P "$agent_pid"); do cat "/proc/$p/smaps_rollup" 2>/dev/null; done | awk '$1 == "Pss:" { n += $2 } END { print n + 0 }'
}

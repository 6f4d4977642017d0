#!/usr/bin/env bash
# What a change outside the folders costs when their file system is marked (fanotify): the watcher, which drops it, and
# whoever made it. 200,000 files made and removed on a tmpfs beside a watched folder, against the same with inotify.
. "$(dirname "$0")/bench.sh"
here=$(realpath "$(dirname "$0")")
. "$here/../tap.sh"
. "$here/../system/agent.sh" # its folder goes at exit; the one of bench.sh is not needed
rm -rf "$work"
files=200000
[ "$(id -u)" -eq 0 ] || not_measured watch-foreign "needs root"
mkdir "$agent_dir/fs" && mount -t tmpfs tmpfs "$agent_dir/fs" || not_measured watch-foreign "no tmpfs"
trap 'agent_stop; umount -l "$agent_dir/fs"; agent_clean' EXIT
mkdir -m 1777 "$agent_dir/fs/root" "$agent_dir/fs/foreign"
watcher_ns() { cut -d' ' -f1 "/proc/$(agent_pids watcher)/schedstat"; }
is_by() { "$agent_build/classctl" --socket "$agent_socket" status --json | grep -q "\"watched_by\":\"$1\""; }
# Nothing else may be under way: two looks half a second apart that show the same.
is_quiet() { local n; n=$(watcher_ns); sleep 0.5; [ "$n" = "$(watcher_ns)" ]; }
declare -A maker watcher
for by in inotify fanotify; do
	agent_stop
	agent_config "watch: $by" "roots: [{path: $agent_dir/fs/root}]"
	agent_start >&2 || not_measured watch-foreign "the agent does not start"
	wait_until 20 is_by "$by" || not_measured watch-foreign "no $by here"
	wait_until 20 is_quiet
	for _ in 1 2 3; do
		before=$(watcher_ns)
		took=$("$build/bench/foreign" "$agent_dir/fs/foreign" "$files")
		wait_until 20 is_quiet
		spent=$(($(watcher_ns) - before))
		[ "${watcher[$by]:-$spent}" -lt "$spent" ] || watcher[$by]=$spent
		maker[$by]=$(printf '%s\n' "${maker[$by]:-$took}" "$took" | sort -n | head -1)
	done
done
row watch-foreign-watcher "$(awk -v ns="${watcher[fanotify]}" -v n="$((2 * files))" 'BEGIN { print ns / n / 1000 }')" us "figure to reach" 10 at-most 1
row watch-foreign-maker "${maker[fanotify]}" s "with inotify" "${maker[inotify]}" at-most 2
agent_stop

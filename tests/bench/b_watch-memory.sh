#!/usr/bin/env bash
# What the watcher keeps for a directory and for a file that is at rest: how much its anonymous memory grew, by number.
# The kernel's own memory for watches is not in it.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/watched.sh"
command -v jq >/dev/null || not_measured watch-memory "jq is not installed"
watched_open watch-memory 8192
anonymous() { awk '$1 == "Anonymous:" { print $2 * 1024 }' "/proc/$(agent_pids watcher)/smaps_rollup"; }
# DIRECTORIES FILES-IN-EACH: $memory of it when all is seen and at rest
kept() {
	rm -rf "${tree:?}"/*
	"$build/bench/tree" "$tree" "$1" "$2" 0 >/dev/null || exit 1
	watched_start 'inspector_idle_s: 1' "watch: ${WATCH:-inotify}" || not_measured watch-memory "the agent does not start"
	wait_until 300 is_scanned $(($1 * $2)) && sleep 12 && wait_until 500 is_at_rest || not_measured watch-memory "it does not come to rest"
	memory=$(anonymous)
}
kept 100 0 && few=$memory
kept 40100 0 && many=$memory
kept 100 1000 && files=$memory
row watch-memory-directory "$(awk -v a="$few" -v b="$many" 'BEGIN { print (b - a) / 40000 }')" B "figure to reach" 400 at-most 1
row watch-memory-file "$(awk -v a="$few" -v b="$files" 'BEGIN { print b > a ? (b - a) / 100000 : 0 }')" B "figure to reach" 150 at-most 1

#!/usr/bin/env bash
# A rescan of 100,000 unchanged files that `classctl root rescan` waits for, against `find` that prints inode, size and
# time of each.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/watched.sh"
command -v jq >/dev/null || not_measured rescan "jq is not installed"
watched_open rescan 8192
"$build/bench/tree" "$tree" 1000 100 0 >/dev/null || exit 1
watched_start 'inspector_idle_s: 1' || not_measured rescan "the agent does not start"
wait_until 300 is_scanned 100000 && sleep 12 && wait_until 500 is_at_rest || not_measured rescan "it does not come to rest"
rescan() { as root rescan; }
find_all() { find "$tree" -printf '%i %s %T@\n'; }
rescan >/dev/null # what was new while the first scan went on is told
measure rescan find_all
# shellcheck disable=SC2154
row rescan "${best[rescan]}" s "find -printf" "${best[find_all]}" at-most 1

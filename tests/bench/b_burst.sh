#!/usr/bin/env bash
# 100,000 files of 4 KiB in 1,000 folders, created as fast as one process can, from before the first until `status` counts
# all, against the time of the creator in the same run.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/watched.sh"
command -v jq >/dev/null || not_measured burst "jq is not installed"
watched_open burst 8192
watched_start || not_measured burst "the agent does not start"
wait_until 60 is_scanned 0
ours='' theirs='' ratio=''
for round in 1 2 3; do
	mkdir "$tree/$round"
	start=$(now)
	creator=$("$build/bench/tree" "$tree/$round" 1000 100 4096) || exit 1
	until has_all $((round * 100000)); do sleep 0.05; done
	took=$(since "$start")
	now_ratio=$(awk -v a="$took" -v b="$creator" 'BEGIN { print a / b }')
	if [ "$(least "$ratio" "$now_ratio")" = "$now_ratio" ]; then ours=$took theirs=$creator ratio=$now_ratio; fi
done
row burst "$ours" s "the creator itself" "$theirs" at-most 1.5

#!/usr/bin/env bash
# What a new catalogue touches among 1,000,000 records, all of which have the item that it raises: slice after slice, each of which
# reads the pack again. The registrar's core by itself, without its process and without writing findings.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
disk_open policy-impact 8192
mkdir "$disk/made"
"$build/bench/sweep" make "$disk/made" 1000000 1000 >&2 || exit 1
mkdir "$work/next"
cp policy/us/*.yaml "$work/next/"
awk '/id: "5.1"/ { found = 1 } found && /level:/ { sub(/level: .*/, "level: TOP-SECRET"); found = 0 } { print }' policy/us/catalogue.yaml >"$work/next/catalogue.yaml"
took=''
for _ in 1 2 3; do
	read -r one considered touched < <("$build/bench/sweep" impact "$disk/made" "$work/next") || exit 1
	[ "$considered" -eq 1000000 ] && [ "$touched" -eq 1000000 ] || { echo "bench: $touched of $considered" >&2; exit 1; }
	took=$(least "$took" "$one")
done
row policy-impact "$took" s "figure to reach" 5 at-most 1

#!/usr/bin/env bash
# The most memory of a process that seals one file, all of it: 1 MiB, 1 GiB, and 4 GiB with nothing but a hole.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
disk_open seal-memory 7168
mib=$((1024 * 1024)) most=0
for file in "$mib 0" "$((1024 * mib)) 0" "$((4096 * mib)) 1"; do
	# shellcheck disable=SC2086 # size and kind
	read -r _ one < <("$build/bench/sealer" memory $file) || exit 1
	echo "seal-memory: $((${file% *} / mib)) MiB: $one MiB"
	most=$(awk -v a="$most" -v b="$one" 'BEGIN { print (b > a ? b : a) }')
done
row seal-memory "$most" MiB "figure to reach" 16 at-most 1

#!/usr/bin/env bash
# One file of 1 GiB: hashed, sealed, durable and read back from the disk, against age -r and fsync, which does neither.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
command -v age >/dev/null || not_measured seal-large "age is not installed"
disk_open seal-large 4096
size=$((1024 * 1024 * 1024))
head -c $size /dev/urandom >"$disk/plain"
recipient=$(age-keygen 2>/dev/null | tee "$work/key" | age-keygen -y)
ours='' theirs=''
for _ in 1 2 3; do
	start=$(date +%s%N)
	age -r "$recipient" -o "$disk/out" "$disk/plain" && sync "$disk/out" || exit 1
	theirs=$(least "$theirs" "$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { print ns / 1e9 }')")
	rm "$disk/out"
	read -r took _ < <("$build/bench/sealer" seal 1 $size) || exit 1
	ours=$(least "$ours" "$took")
done
row seal-large "$ours" s "age -r + fsync" "$theirs" at-most 1.5

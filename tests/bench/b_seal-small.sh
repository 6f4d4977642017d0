#!/usr/bin/env bash
# 10,000 files of 20 KiB, durable, plaintext taken, against a shell loop over age with two recipients and a sync each
# (500 files, scaled); and how often the disk is waited for, for 1,000 files (the journal adds two for each group).
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
command -v age >/dev/null || not_measured seal-small "age is not installed"
disk_open seal-small 2048
one=$(age-keygen 2>/dev/null | age-keygen -y) two=$(age-keygen 2>/dev/null | age-keygen -y)
mkdir "$disk/loop"
for i in $(seq 500); do head -c 20480 /dev/urandom >"$disk/loop/$i"; done
sync
start=$(date +%s%N)
for i in $(seq 500); do
	age -r "$one" -r "$two" -o "$disk/loop/$i.age" "$disk/loop/$i" && sync "$disk/loop/$i.age" && rm "$disk/loop/$i"
done
theirs=$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { print 20 * ns / 1e9 }')
ours='' flushes=0
for _ in 1 2 3; do
	read -r took flushes < <("$build/bench/sealer" 10000 20480) || exit 1
	ours=$(least "$ours" "$took")
done
row seal-small "$ours" s "shell loop, age, sync" "$theirs" at-least 8
row seal-small-flushes "$(awk -v n="$flushes" 'BEGIN { print n / 10 }')" each "flushes per 1,000" 1 at-most 20

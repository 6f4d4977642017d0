#!/usr/bin/env bash
# Raw encryption of 1 GiB in memory: against age -r, and against libcrypto in a loop.
. "$(dirname "$0")/bench.sh"
command -v age >/dev/null || not_measured encrypt-raw "age is not installed"
[ "$(df --output=avail -B1M "$work" | tail -n1)" -gt 5000 ] || not_measured encrypt-raw "less than 5 GB in $work"
cd "$work" || exit 1
age-keygen -o key 2>/dev/null
recipient=$(age-keygen -y key)
head -c $((1024 * 1024 * 1024 + 1)) /dev/urandom >plain
ours() { "$build/bench/raw" plain out "$recipient"; }
floor() { "$build/bench/raw" plain out; }
theirs() { age -r "$recipient" -o out plain; }
ours && age -d -i key out | cmp -s - plain || { echo "bench: age does not open what is measured" >&2; exit 1; }
measure ours floor theirs
row encrypt-raw "${best[ours]}" s "age -r" "${best[theirs]}" at-least 1.4
row encrypt-raw-loop "${best[ours]}" s "libcrypto loop" "${best[floor]}" at-most 1.15

#!/usr/bin/env bash
# A sealed file of 1 GiB in memory: from the request until `cat` has it from the sealer's pipe in a file, against age -d.
# Every chunk is verified before the first byte leaves, which age does not do. First by a sealer that has sealed or read it
# before, then by one that sees it for the first time and therefore also hashes it.
. "$(dirname "$0")/bench.sh"
command -v age >/dev/null || not_measured unseal-large "age is not installed"
[ "$(df --output=avail -B1M "$work" | tail -n1)" -gt 5000 ] || not_measured unseal-large "less than 5 GB in $work"
export TMPDIR=$work
read -r known first theirs < <("$build/bench/sealer" unseal $((1024 * 1024 * 1024)) 5) || exit 1
row unseal-large "$known" s "age -d" "$theirs" at-least 1.4
row unseal-large-first "$first" s "age -d" "$theirs" at-least 1.4

#!/usr/bin/env bash
# Today's sweep over 1,000,000 records of which 10,000 expire today: considered, journalled and durable. The registrar's
# core by itself, without its process; a new store each round, for what has expired is not due again.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
disk_open sweep-1m 8192
mkdir "$disk/made"
"$build/bench/sweep" make "$disk/made" 1000000 10000 >&2 || exit 1
took='' memory=''
for _ in 1 2 3; do
	rm -rf "$disk/run"
	cp -r "$disk/made" "$disk/run"
	sync
	read -r one acted most _ < <("$build/bench/sweep" run "$disk/run") || exit 1
	[ "$acted" -eq 10000 ] || { echo "bench: $acted of 10000 are acted on" >&2; exit 1; }
	took=$(least "$took" "$one") memory=$(least "$memory" "$most")
done
row sweep-1m "$took" s "figure to reach" 1 at-most 1
row sweep-1m-memory "$memory" MiB "figure to reach" 64 at-most 1

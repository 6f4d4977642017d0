#!/usr/bin/env bash
# Today's sweep over 10,000,000 records under the pack cn, of which 10,000 are due: over, of another unit and over, to be
# looked at, ending soon, proposed or referred and waiting for too long; each is acted on, journalled and durable. They lie
# scattered among the others. Once: what was acted on is not due again. And the same over 100,000 records, for what grows.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
disk_open sweep-10m 16384
for size in 100000 10000000; do
	mkdir "$disk/$size"
	"$build/bench/sweep" make-cn "$disk/$size" "$size" 10000 >&2 || exit 1
	sync
	read -r took acted most _ < <("$build/bench/sweep" run-cn "$disk/$size") || exit 1
	[ "$acted" -ge 9000 ] || { echo "bench: $acted of 10000 are acted on" >&2; exit 1; }
	[ "$size" = 100000 ] && small=$took
done
row sweep-10m "$took" s "figure to reach" 1 at-most 1
row sweep-10m-memory "$most" MiB "figure to reach" 64 at-most 1
row sweep-10m-growth "$took" s "a store of 100,000" "$small" at-most 2

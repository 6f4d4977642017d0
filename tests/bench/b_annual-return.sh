#!/usr/bin/env bash
# The annual return of one year over 1,000,000 records of ten years, from the counts that are kept with each change; against
# the same counts made by reading every version and every event.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
disk_open annual-return 8192
mkdir "$disk/made"
"$build/bench/sweep" make-cn "$disk/made" 1000000 1000 >&2 || exit 1
took='' slow=''
for _ in 1 2 3; do
	read -r one other _ < <("$build/bench/sweep" return "$disk/made" 2021) || exit 1
	took=$(least "$took" "$one") slow=$(least "$slow" "$other")
done
row annual-return "$took" s "figure to reach" 1 at-most 1
row annual-return-kept "$took" s "counted anew" "$slow" at-most 1

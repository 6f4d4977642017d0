#!/usr/bin/env bash
# Every fuzz target runs over its seeds, cut and changed in many places: no crash, no broken invariant.
. "$(dirname "$0")/../tap.sh"
here=$(realpath "$(dirname "$0")")
build=$(realpath "${CLASSD_BUILD:-build/release}")
for source in "$here"/fuzz_*.c "$here"/*/fuzz_*.c; do
	[ -e "$source" ] || continue
	target=${source#"$here"/} target=${target%.c} name=${target##*fuzz_}
	seeds=("$here/corpus/$name"/*)
	if [ ! -e "${seeds[0]}" ]; then
		tap 1 "$name has seeds in corpus/$name"
		continue
	fi
	ok "$name: ${#seeds[@]} seeds" timeout 120 "$build/fuzz/$target" "${seeds[@]}"
done
done_testing

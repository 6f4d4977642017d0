#!/usr/bin/env bash
# The first scan of a tree that is there already, from the agent's start until the scan is done and the disk has it,
# against `aide --init` of the same fields without hashes; and the memory of all roles meanwhile. FIRST_SCAN_FILES: how
# many files, by thousands of directories of a hundred.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/watched.sh"
command -v aide >/dev/null || not_measured first-scan "aide is not installed"
command -v jq >/dev/null || not_measured first-scan "jq is not installed"
watched_open first-scan 40960
peer() { # it is stopped after ten minutes, and has taken no less
	local start status
	start=$(now)
	timeout 600 aide --init -c "$work/aide.conf" >"$work/said" 2>&1
	status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 124 ] || { echo "bench: aide failed: $(tail -n 3 "$work/said")" >&2; exit 1; }
	[ "$status" -eq 0 ] || echo "aide was stopped after 600 s" >&2
	sync -f "$disk"
	since "$start"
}
scan() { # $took seconds, at most $kib
	local n
	kib=0
	watched_start || not_measured first-scan "the agent does not start"
	until is_scanned "$1"; do
		n=$(memory)
		[ "$n" -le "$kib" ] || kib=$n
		sleep 0.2
	done
	sync -f "$disk"
	took=$(since "$began")
}
for files in ${FIRST_SCAN_FILES:-100000 1000000}; do
	rm -rf "${tree:?}"/*
	"$build/bench/tree" "$tree" $((files / 100)) 100 0 >/dev/null || exit 1
	printf '%s\n' "database_out=file:$work/aide.db" "database_in=file:$work/aide.none" gzip_dbout=no \
		"report_url=file:/dev/null" "$tree p+i+n+u+g+s+m+c" >"$work/aide.conf"
	find "$tree" -printf '%i' | wc -c >/dev/null
	ours='' theirs='' most=0
	for _ in $([ "$files" -gt 100000 ] && echo 1 || echo 1 2 3); do
		theirs=$(least "$theirs" "$(peer)")
		scan "$files"
		ours=$(least "$ours" "$took")
		[ "$kib" -le "$most" ] || most=$kib
	done
	row "first-scan-$files" "$ours" s "aide --init, no hashes" "$theirs" at-most 0.5
	row "first-scan-$files-memory" "$(awk -v k="$most" 'BEGIN { print k / 1024 }')" MiB "figure to reach" 64 at-most 1
done

#!/usr/bin/env bash
# `classctl root rescan --digests`: 100,000 files of 4 KiB (DIGEST_FILES, by thousands) looked at and read once more, against
# `aide --init` with its default group of fields and hashes (R).
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/watched.sh"
command -v aide >/dev/null || not_measured digest-scan "aide is not installed"
command -v jq >/dev/null || not_measured digest-scan "jq is not installed"
watched_open digest-scan 8192
files=${DIGEST_FILES:-100000}
"$build/bench/tree" "$tree" $((files / 100)) 100 4096 >/dev/null || exit 1
watched_start 'inspector_idle_s: 1' || not_measured digest-scan "the agent does not start"
wait_until 300 is_scanned "$files" && sleep 12 && wait_until 500 is_at_rest || not_measured digest-scan "it does not come to rest"
printf '%s\n' "database_out=file:$work/aide.db" "database_in=file:$work/aide.none" gzip_dbout=no \
	"report_url=file:/dev/null" "$tree R" >"$work/aide.conf"
peer() { aide --init -c "$work/aide.conf"; }
digests() { as root rescan --digests; }
ours='' theirs=''
for _ in 1 2 3; do
	start=$(now) && peer >"$work/said" 2>&1 || exit 1
	theirs=$(least "$theirs" "$(since "$start")")
	start=$(now) && digests >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
	ours=$(least "$ours" "$(since "$start")")
done
row digest-scan "$ours" s "aide --init, R" "$theirs" at-least 1.5

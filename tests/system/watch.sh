# shellcheck shell=bash
# For the tests of watching: sourced after tap.sh. Starts nothing itself.
#   watch_start [LINE…]   an agent on $agent_root with quick timers; LINEs as of agent_config
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "watching" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
tools=$(dirname "$0")/watch.py
li=$(agent_person li) wang=$(agent_person wang)
watch_start() {
	agent_config "security_administrators: [$li, $wang]" "settle_ms: 50" "poll_s: 1" "rescan_s: 10" \
		"$@"
	agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
}
as() { setpriv --reuid "$1" --regid cdt --clear-groups "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
status() { as "$li" status --json --limit 1 | jq -r "$1"; }
documents() { as "$li" status --all --json --limit 1000000 | jq -r "${@:2}" ".documents[] | $1"; } # FILTER [OPTION OF JQ…]
# Paths below the root, in the order of their bytes; control characters stay as JSON writes them.
names() { documents '.path' | sed "s|^$agent_root/||" | LC_ALL=C sort; }
has_name() { names | grep -qxF -- "$1"; }
has_no_name() { ! has_name "$1"; }
files() { status ".status.roots[] | select(.path == \"${1:-$agent_root}\") | .files"; }
files_are() { [ "$(files "${2:-}")" = "$1" ]; }
root_has() { [ "$(status ".status.roots[] | select(.path == \"${3:-$agent_root}\") | .$1")" = "$2" ]; } # KEY VALUE [ROOT]
scanned() { status ".status.roots[] | select(.path == \"$agent_root\") | .scanned"; }
scan_done() { root_has scanning false && [ -n "$(scanned)" ]; }
degraded() { status '.status.degraded[].code' | grep -E "^root\.[0-9]+/${1:-}"; }
is_degraded() { degraded "$1\$" >/dev/null; }
is_whole() { ! is_degraded "$1"; }
detail_of() { status ".status.degraded[] | select(.code == \"root.${2:-1}/$1\") | .detail"; } # CODE [ROOT]
count_of() { status ".status.degraded[] | select(.code == \"root.1/$1\") | .count"; }
since_of() { status ".status.degraded[] | select(.code == \"root.1/$1\") | .since"; }
logged() { grep -c -- "$1" "$agent_log"; }
# Only the owner sees his documents: commands of stdin, run by a person of the test in the watched folder.
li_does() { (cd "$agent_root" && setpriv --reuid "$li" --regid cdt --clear-groups bash -eu); }
put() { printf '%s' "$2" | setpriv --reuid "$li" --regid cdt --clear-groups dd status=none of="$agent_root/$1"; } # NAME TEXT
digest_of() { documents 'select(.path == $path) | .digest' --arg path "$agent_root/$1"; }
has_digest() { [ "$(digest_of "$1")" = "$(sha256sum <"$2" | cut -d' ' -f1)" ]; } # NAME FILE
has_content() { has_digest "$1" "$agent_root/$1"; }

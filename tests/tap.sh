# shellcheck shell=bash
# TAP for shell tests: source it, call the checks, end with done_testing.
# Checks: ok NAME COMMAND…   fails NAME COMMAND…   is NAME GOT WANTED   like NAME GOT REGEX   skip NAME REASON
set -u
tap_n=0 tap_bad=0
tap() { # tap STATUS NAME
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $tap_n - $2"; else echo "not ok $tap_n - $2"; tap_bad=$((tap_bad + 1)); fi
}
ok() { local name=$1; shift; local said; said=$("$@" 2>&1); local s=$?; tap $s "$name"; [ $s -eq 0 ] || printf '%s\n' "$said" | sed 's/^/# /'; }
fails() { local name=$1; shift; local said; said=$("$@" 2>&1); local s=$?; tap $((s == 0)) "$name"; [ $s -ne 0 ] || printf '%s\n' "$said" | sed 's/^/# /'; }
is() { [ "$2" = "$3" ]; local s=$?; tap $s "$1"; [ $s -eq 0 ] || printf '# got:    %s\n# wanted: %s\n' "$2" "$3"; }
like() { [[ $2 =~ $3 ]]; local s=$?; tap $s "$1"; [ $s -eq 0 ] || printf '# got:  %s\n# like: %s\n' "$2" "$3"; }
skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }
# wait_until SECONDS COMMAND…: polls a condition; a test never sleeps for luck.
wait_until() { local end=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.05; done; }
# flip FILE OFFSET: another byte than the one that is there, whichever that is; again, and it is the old one.
flip() {
	local byte
	byte=$(dd if="$1" bs=1 skip="$2" count=1 status=none | od -An -tu1)
	printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
done_testing() { echo "1..$tap_n"; [ "$tap_bad" -eq 0 ]; }

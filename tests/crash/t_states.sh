#!/usr/bin/env bash
# What a power cut may leave, after every operation: model.h says by which rule. Two scenes at a time.
# CLASSD_LONG=1: ten times as many states. CLASSD_SEED=N: others.
. "$(dirname "$0")/../tap.sh"
floor=9000
[ "${CLASSD_LONG:-0}" = 1 ] && floor=60000
bins=${CLASSD_BUILD:-build/release}/tests/crash
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for program in sealer registrar keeper; do
	while read -r scene; do echo "$program $scene"; done < <("$bins/$program")
done >"$out/all"
# The longest first, so that the two ends meet.
grep -E ' (group|versions|large|journal-many|migrate-1)$' "$out/all" >"$out/order"
grep -vE ' (group|versions|large|journal-many|migrate-1)$' "$out/all" >>"$out/order"
xargs -P 2 -L 1 bash -c '"$0/$2" "$3" >"$1/$2.$3" 2>&1 || echo "not ok - $2 $3 ended with $?" >>"$1/$2.$3"' "$bins" "$out" <"$out/order"
while read -r program scene; do
	grep -E '^#' "$out/$program.$scene"
	is "$program $scene: nothing broken" "$(grep -cE '^ok ' "$out/$program.$scene") $(grep -cE '^not ok' "$out/$program.$scene")" "1 0"
done <"$out/all"
sum() { cat "$out"/*.* | sed -nE "s/^# scene .* ([0-9]+) $1.*/\1/p" | awk '{n+=$1} END {print n+0}'; }
states=$(sum states)
broken=$(cat "$out"/*.* | sed -nE 's/^# scene .* I1 ([0-9]+), I2 ([0-9]+), I6 ([0-9]+), half-written ([0-9]+), stuck ([0-9]+), not-durable ([0-9]+)/\1 \2 \3 \4 \5 \6/p' | awk '{n+=$1+$2+$3+$4+$5+$6} END {print n+0}')
echo "# crash states: $states tried, broken ${broken:-?}"
is "nothing is broken" "$broken" 0
ok "at least $floor states" [ "${states:-0}" -ge "$floor" ]
done_testing

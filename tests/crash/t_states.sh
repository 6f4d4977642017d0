#!/usr/bin/env bash
# What a power cut may leave, after every operation: model.h says by which rule. Then, that each sync is needed: without
# it something breaks, or it is named as spare with the reason. Two scenes at a time.
# CLASSD_LONG=1: ten times as many states. CLASSD_SEED=N: others.
. "$(dirname "$0")/../tap.sh"
floor=20000
[ "${CLASSD_LONG:-0}" = 1 ] && floor=100000
bins=${CLASSD_BUILD:-build/release}/tests/crash
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for program in sealer registrar keeper; do
	while read -r scene; do
		echo "$program $scene"
		case "$program $scene" in
		"sealer large" | "sealer versions" | "sealer unseal" | "registrar core"* | "registrar migrate"* | "registrar store"*) ;;
		*) echo "$program $scene drop" ;;
		esac
	done < <("$bins/$program")
done >"$out/all"
# The longest first, so that the two ends meet.
long='(sealer (group|versions|large)|registrar (journal-many|core|migrate|store))'
{ grep -E "$long" "$out/all"; grep -vE "$long" "$out/all"; } >"$out/order"
xargs -P 2 -L 1 bash -c '"$0/$2" "${@:3}" >"$1/$2.$3$4" 2>&1 || echo "not ok - ended with $?" >>"$1/$2.$3$4"' "$bins" "$out" <"$out/order"
while read -r program scene drop; do
	grep -E '^#' "$out/$program.$scene$drop"
	name="$program $scene: ${drop:+every sync is needed, or named as spare}"
	is "${name%: }" "$(grep -cE '^ok ' "$out/$program.$scene$drop") $(grep -cE '^not ok' "$out/$program.$scene$drop")" "1 0"
done <"$out/all"
states=$(sed -nE 's/^# scene .* ([0-9]+) states.*/\1/p' "$out"/*.* | awk '{n+=$1} END {print n+0}')
broken=$(sed -nE 's/^# scene .* I1 ([0-9]+), I2 ([0-9]+), I6 ([0-9]+), half-written ([0-9]+), stuck ([0-9]+), not-durable ([0-9]+)/\1 \2 \3 \4 \5 \6/p' "$out"/*.* |
	awk '{n+=$1+$2+$3+$4+$5+$6; r++} END {print r ? n+0 : "?"}')
needed=$(grep -hE '^# .*: without .*broken [1-9]' "$out"/*.drop "$out"/*drop 2>/dev/null | sort -u | wc -l)
echo "# figure: crash states: $states tried, broken $broken; $needed syncs left out one by one, each found"
is "nothing is broken" "$broken" 0
ok "at least $floor states" [ "$states" -ge "$floor" ]
ok "a sync left out is found" [ "$needed" -ge 60 ]
done_testing

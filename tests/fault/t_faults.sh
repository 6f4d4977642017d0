#!/usr/bin/env bash
# Every file operation of sealer, keeper and journal, and what all of them share, fails in every way at every call: the
# programs beside this say with what. Two processes do half of the faults each. CLASSD_LONG tries all of a large file's.
. "$(dirname "$0")/../tap.sh"
build=${CLASSD_BUILD:-build/release}
wanted=50000
said=$(mktemp -d)
end() {
	local left
	for left in $(jobs -p); do kill "$left" 2>/dev/null; done
	wait
	rm -rf "$said"
}
trap end EXIT
trap 'exit 130' INT TERM
programs="sealer keeper registrar library"
half() { # PART
	local program status
	for program in $programs; do
		"$build/fault/$program" "$1/2" >"$said/$program.$1" 2>"$said/$program.$1.log" &
		wait $!
		status=$?
		[ $status -eq 0 ] || { echo "exit status $status" >>"$said/$program.$1"; tail -n 5 "$said/$program.$1.log" >>"$said/$program.$1"; }
	done
}
half 0 &
half 1 &
wait
runs=0 broken=0 scenes=0
for program in $programs; do
	for part in 0 1; do
		out=$said/$program.$part
		fails "$program, half $part: nothing is broken" grep -hE '^(# broken|not ok|exit status)' "$out"
		read -r _ _ n _ b < <(grep '^# runs ' "$out" || echo "# runs 0 broken 1")
		runs=$((runs + n)) broken=$((broken + b))
	done
	n=$(grep -cE '^ok ' "$said/$program.0")
	scenes=$((scenes + n))
	sed -n "s/^ok [0-9]* - \(.*\): [0-9]* faults over \([0-9]*\) calls$/# $program: \1, \2 calls/p" "$said/$program.0"
done
echo "# figure: fault injection: $runs runs over $scenes scenarios, I1/I2 broken $broken"
tap $((runs < wanted)) "at least $wanted runs"
tap $((scenes < 12)) "at least 12 scenarios"
is "broken" "$broken" 0
done_testing

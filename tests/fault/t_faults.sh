#!/usr/bin/env bash
# Every file operation of sealer, keeper and journal, and what all of them share, fails in every way at every call: the
# programs beside this say with what. Two processes do half of the faults each. CLASSD_LONG tries all of a large file's.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/halves.sh"
wanted=50000
programs="sealer keeper registrar library"
halves_run "$programs"
scenes=0
for program in $programs; do
	halves_judge "$program" "nothing is broken"
	n=$(grep -cE '^ok ' "$said/$program.0")
	scenes=$((scenes + n))
	sed -n "s/^ok [0-9]* - \(.*\): [0-9]* faults over \([0-9]*\) calls$/# $program: \1, \2 calls/p" "$said/$program.0"
done
echo "# figure: fault injection: $runs runs over $scenes scenarios, I1/I2 broken $broken"
tap $((runs < wanted)) "at least $wanted runs"
tap $((scenes < 12)) "at least 12 scenarios"
is "broken" "$broken" 0
done_testing

#!/usr/bin/env bash
# Each allocation fails, alone and with all that follow, in every room: the programs beside this say in what. What an end by
# a fault must have said, a change that is half there, a leak, a document that is lost: each is told, none may be.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/halves.sh"
wanted=20000
programs="sealer keeper registrar registrar_requests library formats inspector_files ctl_words watcher_roots"
halves_run "$programs" memory
scenes=0
for program in $programs; do
	halves_judge "$program" "nothing is lost or leaks"
	# Scenarios in which something was refused.
	n=$(grep -hE '^ok .*: [1-9][0-9]* allocations failed' "$said/$program".? | sed 's/^ok [0-9]* - //; s/: [0-9]* allocations failed$//' | sort -u | wc -l)
	scenes=$((scenes + n))
	echo "# $program: $n scenarios, $(cat "$said/$program".? | sed -n 's/^ok .*: \([0-9]*\) allocations failed$/\1/p' | paste -sd+ | bc) faults"
done
echo "# figure: allocation failure: $runs faults over $scenes scenarios, leaks and losses $broken"
tap $((runs < wanted)) "at least $wanted faults"
tap $((scenes < 40)) "at least 40 scenarios"
is "broken" "$broken" 0
done_testing

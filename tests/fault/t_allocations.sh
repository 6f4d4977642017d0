#!/usr/bin/env bash
# Each allocation fails, alone and with all that follow, in every room: the programs beside this say in what. What an end by
# a fault must have said, a change that is half there, a leak, a document that is lost: each is told, none may be.
. "$(dirname "$0")/../tap.sh"
build=${CLASSD_BUILD:-build/release}
wanted=20000
said=$(mktemp -d)
end() {
	local left
	for left in $(jobs -p); do kill "$left" 2>/dev/null; done
	wait
	rm -rf "$said"
}
trap end EXIT
trap 'exit 130' INT TERM
programs="sealer keeper registrar registrar_requests library formats inspector_files ctl_words watcher_roots"
half() { # PART
	local program status
	for program in $programs; do
		"$build/fault/$program" memory "$1/2" >"$said/$program.$1" 2>"$said/$program.$1.log" &
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
		fails "$program, half $part: nothing is lost or leaks" grep -hE '^(# broken|not ok|exit status)' "$out"
		read -r _ _ n _ b < <(grep '^# runs ' "$out" || echo "# runs 0 broken 1")
		runs=$((runs + n)) broken=$((broken + b))
	done
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

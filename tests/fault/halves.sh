# shellcheck shell=bash
# The programs of this folder in two processes, each with half of the faults: source it after tap.sh.
#   halves_run PROGRAMS [WORD…]   $said/PROGRAM.0 and .1 are what they said, an end that was none among it
#   halves_judge PROGRAM WHAT     a check for each half; adds to $runs and $broken
build=${CLASSD_BUILD:-build/release}
said=$(mktemp -d)
runs=0 broken=0
end() {
	local left
	for left in $(jobs -p); do kill "$left" 2>/dev/null; done
	wait
	rm -rf "$said"
}
trap end EXIT
trap 'exit 130' INT TERM
half() { # PART PROGRAMS [WORD…]
	local part=$1 program programs=$2 status
	shift 2
	for program in $programs; do
		"$build/fault/$program" "$@" "$part/2" >"$said/$program.$part" 2>"$said/$program.$part.log" &
		wait $!
		status=$?
		[ $status -eq 0 ] || { echo "exit status $status" >>"$said/$program.$part"; tail -n 5 "$said/$program.$part.log" >>"$said/$program.$part"; }
	done
}
halves_run() {
	half 0 "$@" &
	half 1 "$@" &
	wait
}
halves_judge() {
	local part out n b
	for part in 0 1; do
		out=$said/$1.$part
		fails "$1, half $part: $2" grep -hE '^(# broken|not ok|exit status)' "$out"
		read -r _ _ n _ b < <(grep '^# runs ' "$out" || echo "# runs 0 broken 1")
		runs=$((runs + n)) broken=$((broken + b))
	done
}

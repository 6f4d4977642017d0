# shellcheck shell=bash
# For benchmarks: source it, measure ours and the peer in the same run, call row. A benchmark never decides whether
# tests pass; it says what was measured, against what, and whether the figure to reach was reached.
set -u
build=$(realpath "${CLASSD_BUILD:-build/release}")
work=$(mktemp -d "${BENCH_DIR:-/dev/shm}/classd-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# measure FUNCTION…: runs them in turn, five rounds, so that what else the machine does hurts all alike; ${best[FUNCTION]}
# is the shortest wall time in seconds. A failing function ends the benchmark.
declare -A best
measure() {
	local round name start took
	best=()
	for round in 1 2 3 4 5; do
		for name in "$@"; do
			start=$(date +%s%N)
			"$name" >/dev/null 2>"$work/err" || { echo "bench: $name failed: $(cat "$work/err")" >&2; exit 1; }
			took=$(($(date +%s%N) - start))
			[ "${best[$name]:-$took}" -lt "$took" ] || best[$name]=$took
		done
	done
	for name in "$@"; do best[$name]=$(awk -v ns="${best[$name]}" 'BEGIN { printf "%.4f", ns / 1e9 }'); done
}

# row NAME VALUE UNIT PEER-NAME PEER-VALUE at-least|at-most REACH: ratio is the peer's value by ours ("times faster")
# for at-least and ours by the peer's ("times as long") for at-most.
row() {
	awk -v name="$1" -v value="$2" -v unit="$3" -v against="$4" -v peer="$5" -v sense="$6" -v reach="$7" 'BEGIN {
		ratio = sense == "at-least" ? peer / value : value / peer
		good = sense == "at-least" ? ratio >= reach : ratio <= reach
		printf "%-28s %10.3f %-4s %-22s %10.3f %8.2f x %s %s\n", name, value, unit, against, peer, ratio, sense, reach
		gsub(" ", "-", against)
		printf "bench %s value=%.4f unit=%s against=%s:%.4f ratio=%.3f reach=%s:%s verdict=%s\n",
			name, value, unit, against, peer, ratio, sense, reach, good ? "reached" : "short"
	}'
}
# Something a benchmark needs is missing: said, never silently left out.
not_measured() { echo "bench $1 not measured: $2"; exit 0; }

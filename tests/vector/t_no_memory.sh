#!/usr/bin/env bash
# Every allocation of sealing, opening, signing and verifying fails once: an error, never a crash, never a wrong answer.
. "$(dirname "$0")/../tap.sh"
build=$(realpath "${CLASSD_BUILD:-build/release}")
peer=$build/vector/peer preload=$build/vector/no_memory.so
[ -e "$preload" ] || { skip "failing allocations" "no_memory.so is not built"; done_testing; exit; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$(dirname "$0")"/example/* "$dir"
cd "$dir" || exit 1
ssh-keygen -q -t ed25519 -N '' -f li
"$peer" sign li label@classd <document.txt >sig
recipient=age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p

# each NAME INPUT ARGUMENTS…: the n-th allocation fails, n = 1, 2, … until a run needs fewer; in growing steps where
# there are hundreds, which are libcrypto's when it starts.
each() {
	local name=$1 input=$2 n=0 runs=0 bad='' status
	shift 2
	while true; do
		n=$((n + 1 + n / 40)) runs=$((runs + 1))
		: >reached
		NO_MEMORY_AT=$n LD_PRELOAD=$preload "$peer" "$@" <"$input" >out 2>err 9>reached
		status=$?
		[ -s reached ] || [ $status -gt 128 ] || break
		# A library may have a second way (status 0); then what it gives must be right. A signal is never right.
		if [ $status -gt 127 ]; then bad+=" $n:signal"; fi
		if [ $status -eq 0 ] && ! check_output "$1"; then bad+=" $n:wrong"; fi
		if [ $status -ne 0 ] && [ -s out ]; then bad+=" $n:output"; fi
	done
	is "$name: each failure gives an error or the right answer" "$bad" ""
	echo "# $name: $((runs - 1)) of about $n allocations failed in turn"
	is "$name works with memory" "$status" 0
}
check_output() {
	case $1 in
	decrypt) cmp -s out document.txt ;;
	label) head -n1 out | grep -qx classd-label/v1 ;;
	seal) [ "$(wc -c <out)" -eq $((4096 + 21 + 16)) ] ;;
	sign) cmp -s out sig ;;
	esac
}
each "seal" document.txt seal $recipient $recipient
each "label" document.txt.age label level.key
each "decrypt" document.txt.age decrypt escrow.key
each "sign" document.txt sign li label@classd
each "verify" document.txt verify li.pub sig label@classd
done_testing

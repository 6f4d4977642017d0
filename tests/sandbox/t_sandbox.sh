#!/usr/bin/env bash
# From inside the sandbox of each role: what its row names works, everything else is refused or ends the process.
. "$(dirname "$0")/../tap.sh"
build=${CLASSD_BUILD:-build/release}
probe=$build/tests/sandbox/probe
[ -x "$probe" ] || { echo "not ok 1 - $probe is not built" && exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
abi=$("$probe" --landlock)
[ "$abi" -gt 0 ] || skip "Landlock" "this kernel has none"

# Everything here may be read and written by anybody: only the sandbox refuses.
fresh() {
	rm -rf "${dir:?}"/*
	mkdir "$dir/root" "$dir/state" "$dir/outside"
	echo content >"$dir/root/file"
	echo content >"$dir/outside/file"
	chmod -R a+rwX "$dir"
}

for role in watcher inspector sealer keeper registrar; do
	while read -r act wanted needs; do
		[ "$needs" != landlock ] || [ "$abi" -gt 0 ] || continue
		fresh
		got=$("$probe" "$role" "$act" "$dir/root" "$dir/state" "$dir/outside")
		# A killed process did not do it either.
		[ "$got" != killed ] || got=refused
		is "$role: $act" "$got" "$wanted"
	done < <("$probe" --acts "$role")
done
is "nothing was made outside" "$(ls "$dir/outside")" file

# Each role is linked with nothing but its row and what is beneath every program here.
common='^(libc|libm|libseccomp|libcap-ng|libgcc_s|ld-linux[-a-z0-9]*)\.'
for role in watcher inspector sealer keeper registrar; do
	program=$build/libexec/classd/classd-$role
	if [ ! -x "$program" ]; then
		skip "$role: libraries" "not built"
		continue
	fi
	allowed=$("$probe" --libraries "$role" | sed 's/[.+]/\\&/g; s/$/[.-]/' | paste -sd'|')
	extra=$(objdump -p "$program" | awk '$1 == "NEEDED" { print $2 }' | grep -vE "$common" | grep -vE "^(${allowed:-none})")
	is "$role: no library beyond its row" "$extra" ""
done
done_testing

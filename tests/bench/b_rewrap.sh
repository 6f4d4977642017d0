#!/usr/bin/env bash
# 10,000 sealed files of 1 MiB get a header for a new key, each with its payload copied, durable, read back from the disk and
# exchanged for the old one; against cp, fsync of each and a read of the copies, of the same files (10,000 or REWRAP_FILES).
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
files=${REWRAP_FILES:-10000}
disk_open rewrap $((files * 3 + 2048))
# The copies are read from memory where they are still in it, which is easier than what is asked of the sealer.
peer() {
	cp -r "$disk/plain" "$disk/copy" && find "$disk/copy" -type f -print0 | xargs -0 sync &&
		find "$disk/copy" -type f -print0 | xargs -0 cat >"$work/sink"
}
mkdir "$disk/plain"
ln -s /dev/null "$work/sink"
ours='' theirs=''
for round in 1 2; do
	head -c $((files * 1024 * 1024)) /dev/urandom | split -b 1M -a 5 - "$disk/plain/f"
	sync
	start=$(date +%s%N)
	peer || exit 1
	theirs=$(least "$theirs" "$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { print ns / 1e9 }')")
	rm -r "$disk/copy" "$disk/plain/"
	mkdir "$disk/plain"
	read -r took flushes < <("$build/bench/sealer" rewrap "$files" $((1024 * 1024))) || exit 1
	ours=$(least "$ours" "$took")
done
echo "rewrap: $files files, $flushes flushes"
row rewrap "$ours" s "cp, fsync each, cat" "$theirs" at-most 2

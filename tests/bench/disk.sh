# shellcheck shell=bash
# An ext4 file system in a loop device without discard, for benchmarks that wait for a disk: source it after bench.sh.
# disk_open NAME MIB: $disk is its mount point; ends the benchmark NAME as not measured where that cannot be had.
disk=''
disk_close() {
	[ -z "$disk" ] || umount "$disk"
	rm -rf "$work" "$disk_image"
}
disk_open() {
	[ "$(id -u)" -eq 0 ] || not_measured "$1" "only root can mount"
	disk_image=$(mktemp "${DISK_DIR:-/var/tmp}/classd-disk.XXXXXX")
	trap disk_close EXIT
	[ "$(df --output=avail -B1M "$disk_image" | tail -n1)" -gt "$(($2 + 1000))" ] || not_measured "$1" "no room for $2 MiB"
	truncate -s "$2M" "$disk_image" && mkfs.ext4 -q -F "$disk_image" || not_measured "$1" "mkfs.ext4 failed"
	mkdir "$work/disk"
	mount -o loop,nodiscard "$disk_image" "$work/disk" 2>/dev/null || not_measured "$1" "no loop device"
	disk=$work/disk
	export TMPDIR=$disk
}
# least A B: the smaller number, A may be empty.
least() { awk -v a="$1" -v b="$2" 'BEGIN { print a == "" || b + 0 < a + 0 ? b : a }'; }

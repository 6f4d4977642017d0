#!/usr/bin/env bash
# 10,000 files of 20 KiB sealed durably in one go by the whole agent, from the start of `classctl tag -r --submit` until
# the last plaintext is taken and the file system is synced, against `cp -r` of such files into a gocryptfs mount and
# syncfs; each three times in turn, the medians. Then how often all roles together wait for the disk, under strace.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/disk.sh"
. "$(dirname "$0")/folder.sh"
command -v gocryptfs >/dev/null || not_measured seal-folder "gocryptfs is not installed"
[ -c /dev/fuse ] || not_measured seal-folder "no FUSE here"
files=${SEAL_FOLDER_FILES:-10000} rounds=${SEAL_FOLDER_ROUNDS:-3}
folder_open seal-folder

theirs_open() {
	mkdir "$disk/cipher" "$work/clear" "$disk/plain"
	head -c $((files * 20480)) /dev/urandom | split -b 20480 -a 5 - "$disk/plain/f"
	sync -f "$disk"
	gocryptfs -q -init -scryptn 10 -extpass 'echo bench' "$disk/cipher" >&2 ||
		not_measured seal-folder "gocryptfs makes no file system"
	gocryptfs -fg -q -extpass 'echo bench' "$disk/cipher" "$work/clear" 2>"$work/gocryptfs" &
	peer=$!
	trap 'theirs_close; agent_clean; disk_close' EXIT
	wait_until 10 mountpoint "$work/clear" || not_measured seal-folder "gocryptfs cannot be mounted"
}
theirs_close() {
	umount "$work/clear"
	wait "$peer"
}
theirs() { cp -r "$disk/plain" "$work/clear/$1" && sync -f "$disk/cipher"; }
median() { printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"; }

theirs_open
agent_start >&2 || not_measured seal-folder "the agent does not start"
ours=() gocryptfs=()
for round in $(seq "$rounds"); do
	sync -f "$disk"
	gocryptfs+=("$(seconds theirs "round-$round")")
	rm -r "$work/clear/round-$round"
	folder_save "round-$round"
	sync -f "$disk"
	ours+=("$(seconds folder_seal "round-$round")")
done
echo "# classd ${ours[*]} s, gocryptfs ${gocryptfs[*]} s"
row seal-folder "$(median "${ours[@]}")" s "gocryptfs cp -r, syncfs" "$(median "${gocryptfs[@]}")" at-most 1.8
agent_stop

command -v strace >/dev/null || not_measured seal-folder-flushes "strace is not installed"
flushes=$(folder_count round-flushes) || not_measured seal-folder-flushes "the agent does not start under strace"
row seal-folder-flushes "$flushes" each "20 for 1,000 files" 20 at-most 1

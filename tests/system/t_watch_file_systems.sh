#!/usr/bin/env bash
# One folder on each kind of file system there is to be had: by which back end it is watched, why, and that it is heard,
# also after it was unmounted under the agent and mounted again.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
mounts=$agent_dir/mounts
trap 'agent_stop; for at in "$mounts"/*; do umount -l "$at" 2>/dev/null; done; agent_clean' EXIT

image() { # image NAME SIZE MKFS…: made and mounted, with a folder for everybody
	command -v "$3" >/dev/null || return 1
	truncate -s "$2" "$agent_dir/$1.img" && "${@:3}" "$agent_dir/$1.img" >/dev/null 2>&1 && attach "$1"
}
attach() {
	mkdir -p "$mounts/$1" && mount -o loop "$agent_dir/$1.img" "$mounts/$1" 2>/dev/null && chmod 1777 "$mounts/$1"
}
there=()
image ext4 32M mkfs.ext4 -q && there+=(ext4)
image xfs 320M mkfs.xfs -q && there+=(xfs)
image btrfs 128M mkfs.btrfs -q && there+=(btrfs)
for kind in ext4 xfs btrfs; do [[ " ${there[*]-} " == *" $kind "* ]] || skip "$kind" "cannot be made or mounted here"; done
if [ "${#there[@]}" -eq 0 ]; then
	done_testing
	exit
fi
# A copy of an image: two file systems of one identity.
umount "$mounts/ext4" && cp "$agent_dir/ext4.img" "$agent_dir/twin.img" && attach ext4 && attach twin && there+=(twin)
if [[ " ${there[*]} " == *" btrfs "* ]] && btrfs subvolume create "$mounts/btrfs/part" >/dev/null 2>&1; then
	chmod 1777 "$mounts/btrfs/part"
fi
begin() { # begin LINE: with that line of the configuration
	local roots="[{path: $agent_root}" kind
	for kind in "${there[@]}"; do roots+=", {path: $mounts/$kind}"; done
	agent_stop
	watch_start "rescan_s: 900" "roots: $roots]" "$1"
}
by() { status ".status.roots[] | select(.path == \"$1\") | .watched_by"; }
is_by() { [ "$(by "$1")" = "$2" ]; }
why() { status ".status.roots[] | select(.path == \"$1\") | .watched_by_why"; }
is_scanned() { [ "$(status '[.status.roots[] | select(.scanning)] | length')" = 0 ]; }
lists() { documents '.path' | grep -qxF "$1"; }
saves() { setpriv --reuid "$li" --regid cdt --clear-groups sh -c 'echo text >"$1"' - "$1"; }
hears() { wait_until 30 is_scanned && saves "$1" && wait_until 30 lists "$1"; }

begin "watch: auto"
wait_until 30 is_scanned
if ! is_by "$agent_root" fanotify; then
	skip "fanotify on file systems" "$(why "$agent_root")"
	done_testing
	exit
fi
for kind in "${there[@]}"; do
	[ "$kind" = twin ] || ok "$kind: by fanotify" wait_until 20 is_by "$mounts/$kind" fanotify
	ok "$kind: is heard" hears "$mounts/$kind/one.txt"
	setpriv --reuid "$li" --regid cdt --clear-groups mkdir -p "$mounts/$kind/a/b/c"
	ok "$kind: and deep down" hears "$mounts/$kind/a/b/c/two.txt"
done
ok "of two with one identity one is watched by inotify" wait_until 20 is_by "$mounts/twin" inotify
is "and says why" "$(why "$mounts/twin")" "another folder's file system has the same identity"
if [ -d "$mounts/btrfs/part" ]; then
	ok "a subvolume beneath a folder is heard" hears "$mounts/btrfs/part/three.txt"
fi
is "nothing is degraded" "$(degraded)" ""

# The mark went with the file system; it is not taken for there when the same one comes back.
umount -l "$mounts/ext4"
attach ext4
back() { lists "$mounts/ext4/one.txt" && is_scanned; }
ok "mounted again, its files are there" wait_until 60 back
ok "and what is new is heard" hears "$mounts/ext4/four.txt"
ok "and again" hears "$mounts/ext4/a/b/c/five.txt"
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

#!/usr/bin/env bash
# Mounts in, over and under watched folders, and file systems that do not tell of changes.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
command -v bindfs >/dev/null && [ -c /dev/fuse ] || {
	skip "mounts" "needs bindfs and /dev/fuse"
	done_testing
	exit
}
mounts_clean() {
	agent_stop
	local at
	for _ in 1 2; do
		while read -r at; do umount -l "$at"; done < <(awk '{print $5}' /proc/self/mountinfo | grep "^$agent_dir/" | sort -r)
	done
	agent_clean
}
trap mounts_clean EXIT
fuse=$agent_dir/fuse fuse_below=$agent_dir/fuse.below
mkdir "$fuse" "$fuse_below" && chmod 1777 "$fuse" "$fuse_below"
# Changes made below it come without an event.
bindfs -o allow_other,attr_timeout=0,entry_timeout=0 "$fuse_below" "$fuse" || { tap 1 "bindfs"; done_testing; exit 1; }
watch_start "roots: [{path: $agent_root}, {path: $fuse}]"
both_scanned() { root_has scanning false && root_has scanning false "$fuse"; }
ok "the first scan ends" wait_until 20 both_scanned

# A root that does not tell of all changes is polled, and only that one.
ok "a FUSE root is polled" wait_until 20 is_degraded polled
like "and says which" "$(detail_of polled 2)" "^$fuse: "
owner=$(id -u "$li"):cdt
below() { printf '%s' "$2" >"$fuse_below/$1" && chown "$owner" "$fuse_below/$1"; }
below hidden.txt one
fuse_has() { documents 'select(.path == $path) | .digest' --arg path "$fuse/$1" | grep -qx "$(sha256sum <"$fuse_below/$1" | cut -d' ' -f1)"; }
ok "what came without an event is found" wait_until 30 fuse_has hidden.txt
below hidden.txt two
ok "what changed, too" wait_until 30 fuse_has hidden.txt
rm "$fuse_below/hidden.txt"
ok "and what went" wait_until 30 files_are 0 "$fuse"
is "polling is no lost event" "$(degraded silent-watcher)" ""

# A file system mounted in a watched folder is a subtree of its own.
put plain.txt plain
setpriv --reuid "$li" --regid cdt --clear-groups mkdir "$agent_root/nested" "$agent_root/nested/under"
put nested/under/covered.txt covered
ok "two files" wait_until 20 files_are 2
mount -t tmpfs -o mode=1777 tmpfs "$agent_root/nested"
ok "a mount over a folder is a state" wait_until 20 is_degraded nested-mount
like "that says where and what follows" "$(detail_of nested-mount)" "^$agent_root: nested[^:]*: another file system(: .* cannot be sealed| was mounted here meanwhile)"
ok "what is under it is out of sight" wait_until 20 files_are 1
put nested/inside.txt inside
ok "what is in it is seen" wait_until 20 has_content nested/inside.txt
mkdir -m 1777 "$agent_root/nested/deep"
put nested/deep/deeper.txt deeper
ok "and beneath" wait_until 20 has_content nested/deep/deeper.txt
mount -t tmpfs -o mode=1777 tmpfs "$agent_root/nested/deep"
put nested/deep/third.txt third
ok "a mount in a mount" wait_until 20 has_content nested/deep/third.txt
ok "unmounted while we watch" umount "$agent_root/nested/deep"
ok "what it covered is there again" wait_until 20 has_name nested/deep/deeper.txt
ok "what it held is gone" wait_until 20 has_no_name nested/deep/third.txt
ok "the outer one" umount "$agent_root/nested"
ok "what was covered first is there again" wait_until 20 has_name nested/under/covered.txt
ok "two files again" wait_until 20 files_are 2
ok "the state is over" wait_until 20 is_whole nested-mount
put nested/under/covered.txt changed
ok "and it is watched" wait_until 20 has_content nested/under/covered.txt

# The same file system twice, and a folder in itself: entered once.
mkdir "$agent_root/again" "$agent_root/nested/loop"
mount --bind "$agent_root/nested/under" "$agent_root/again"
ok "a bind mount is a state" wait_until 20 is_degraded nested-mount
mount --bind "$agent_root" "$agent_root/nested/loop"
put plain.txt plainer
ok "a folder mounted in itself ends no watching" wait_until 20 has_content plain.txt
is "and nothing is seen twice" "$(names | tr '\n' ' ')" "nested/under/covered.txt plain.txt "
umount "$agent_root/nested/loop" "$agent_root/again"
ok "the state is over too" wait_until 20 is_whole nested-mount

# FUSE in a watched folder is polled; the folder around it is not.
mkdir "$agent_root/net"
bindfs -o allow_other,attr_timeout=0,entry_timeout=0 "$fuse_below" "$agent_root/net"
polls() { [ "$(degraded 'polled$' | wc -l)" = 2 ]; }
ok "a FUSE mount in a folder is polled" wait_until 20 polls
below nested.txt one
ok "what came without an event is found there" wait_until 30 has_digest net/nested.txt "$fuse_below/nested.txt"
# It dies: what was there is not gone, only out of sight.
bindfs=$(pgrep -f "bindfs.* $agent_root/net\$")
kill -KILL "$bindfs"
died() { detail_of nested-mount | grep -q 'Transport endpoint'; }
ok "a file system that died is a state" wait_until 30 is_degraded nested-mount
wait_until 5 died
ok "its files still count" has_name net/nested.txt
umount -l "$agent_root/net"
ok "unmounted they are gone" wait_until 30 has_no_name net/nested.txt
polls_one() { [ "$(degraded 'polled$' | wc -l)" = 1 ]; }
ok "and the folder is polled no more" wait_until 30 polls_one

# A mount that a person made for himself may not even be looked at.
mkdir -m 777 "$agent_root/own"
chown "$owner" "$agent_root/own"
mkdir -m 777 "$agent_dir/own.below" && chown "$owner" "$agent_dir/own.below"
if setpriv --reuid "$li" --regid cdt --clear-groups bindfs --no-allow-other "$agent_dir/own.below" "$agent_root/own" 2>/dev/null; then
	ok "a person's own mount is a state" wait_until 20 is_degraded nested-mount
	put plain.txt again
	ok "beside it all is seen" wait_until 20 has_content plain.txt
	is "it is no error of reading" "$(degraded read-error)" ""
	setpriv --reuid "$li" --regid cdt --clear-groups fusermount3 -u "$agent_root/own"
	ok "unmounted: over" wait_until 20 is_whole nested-mount
else
	skip "a person's own mount" "users may not mount here"
fi
done_testing

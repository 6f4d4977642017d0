#!/usr/bin/env bash
# A watched folder that is a disk of its own: read-only and back, unmounted and back, moved away, emptied.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
disk=$agent_dir/disk image=$agent_dir/image
roots_clean() {
	agent_stop
	umount -l "$disk" 2>/dev/null
	agent_clean
}
trap roots_clean EXIT
mkdir "$disk"
truncate -s 64M "$image"
mkfs.ext4 -q "$image" && mount -o loop "$image" "$disk" || { skip "disks" "no loop device"; done_testing; exit; }
chmod 1777 "$disk"
rmdir "$disk/lost+found"
agent_root=$disk
watch_start "rescan_s: 2"
ok "the first scan ends" wait_until 20 scan_done
put a.txt one
put b.txt two
ok "two files" wait_until 20 files_are 2

ok "read-only" mount -o remount,ro "$disk"
ok "is still seen" wait_until 20 files_are 2
ok "and writable again" mount -o remount,rw "$disk"
put c.txt three
ok "and watched" wait_until 20 has_content c.txt

# The disk goes. An empty folder is left: not every document was deleted.
umount -l "$disk"
ok "unmounted: a state" wait_until 60 is_degraded root-empty
like "that says how many are out of sight" "$(detail_of root-empty)" "$disk: 3 files were here and none is now; another file system"
since=$(since_of root-empty)
status_code() { as "$li" status --exit-code >/dev/null; echo $?; }
is "and an exit code" "$(status_code)" 9
is "nothing counts as gone" "$(files)" 3
mount -o loop "$image" "$disk"
ok "mounted again: over" wait_until 60 is_whole root-empty
put d.txt four
ok "and watched" wait_until 60 has_content d.txt
is "all are there" "$(files)" 4

# Away and back
mv "$disk/a.txt" "$disk/e.txt"
agent_stop
rm "$disk"/*.txt
agent_start
ok "all deleted while nobody looked: first a state" wait_until 30 is_degraded root-empty
ok "then it is believed" wait_until 60 files_are 0
ok "and the state is over" wait_until 30 is_whole root-empty
put f.txt five
ok "a new file" wait_until 20 has_content f.txt

# The next scan is hours away: it is the first new file that has the old names looked for.
agent_stop
rm "$disk"/*.txt
agent_config "security_administrators: [$li, $wang]" "settle_ms: 50" "rescan_s: 36000"
agent_start
ok "all deleted once more: a state" wait_until 30 is_degraded root-empty
is "its file is not gone" "$(files)" 1
put g.txt six
only_g() { [ "$(names)" = g.txt ]; }
ok "a new file: the old ones are" wait_until 30 only_g
ok "and the state is over, long before the next scan" wait_until 30 is_whole root-empty
agent_stop

# A folder that is moved away, and another one in its place.
agent_root=$agent_dir/documents
agent_config "security_administrators: [$li, $wang]" "settle_ms: 50" "poll_s: 1" "rescan_s: 2" "roots: [{path: $agent_root}]"
agent_start || tap 1 "it starts with another folder"
put here.txt here
ok "a file" wait_until 20 has_content here.txt
mv "$agent_root" "$agent_dir/moved"
ok "moved away: a state" wait_until 30 is_degraded root-missing
is "its file is not gone" "$(files)" 1
mv "$agent_dir/moved" "$agent_root"
ok "moved back: over" wait_until 30 is_whole root-missing
put there.txt there
ok "and watched" wait_until 30 has_content there.txt
mv "$agent_root" "$agent_dir/moved" && mkdir -m 1777 "$agent_root" && put new.txt new
only_new() { [ "$(names)" = new.txt ]; }
ok "another folder in its place: its files" wait_until 60 only_new
put newer.txt newer
ok "and what comes" wait_until 30 has_content newer.txt
done_testing

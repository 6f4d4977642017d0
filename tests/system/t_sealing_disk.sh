#!/usr/bin/env bash
# Disks that fail while documents are sealed: full, read-only, broken, and a full disk under journal and store. The
# plaintext stays, the state says why, nothing half-written is to be seen, and when the fault is over sealing goes on by
# itself.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ]; then
	skip "disks that fail" "needs root"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
fixtures=$(realpath "$(dirname "$0")/../fixtures")
disk=$agent_dir/disk state_disk=$agent_dir/state
li=$(agent_person li) wang=$(agent_person wang)

clean() {
	agent_stop
	for at in "$disk" "$agent_dir/layers/merged" "$agent_dir/broken" "$state_disk" "$agent_dir/backing"; do umount "$at" 2>/dev/null; done
	agent_clean
}
trap clean EXIT
# An ext4 file system whose own tables and journal have their blocks from the start.
mount_new() { # IMAGE SIZE WHERE
	truncate -s "$2" "$1" && mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$1" &&
		mkdir -p "$3" && mount -o loop,nodiscard "$1" "$3"
}
if ! mount_new "$agent_dir/image" 48M "$disk" 2>/dev/null; then
	skip "disks that fail" "no loop device"
	done_testing
	exit
fi
# A disk whose blocks that were never written cannot be written: its image lies in memory that can be filled up.
backing=$agent_dir/backing broken=$agent_dir/broken
mkdir "$backing"
mount -t tmpfs -o size=40m none "$backing" && mount_new "$backing/image" 32M "$broken" || { tap 1 "a disk that fails"; done_testing; exit 1; }
chmod 1777 "$broken"
mount_new "$agent_dir/state-image" 64M "$state_disk" || { tap 1 "a disk for the state"; done_testing; exit 1; }
chmod 1777 "$disk"
chmod 755 "$state_disk"
# An overlay, with a document of its lower layer.
layers=$agent_dir/layers overlay=
mkdir -p "$layers"/{lower,upper,work,merged} && chmod 1777 "$layers"/{lower,upper}
runuser -u "$li" -- cp "$fixtures/report-en.docx" "$layers/lower/below.docx"
! mount -t overlay none -o "lowerdir=$layers/lower,upperdir=$layers/upper,workdir=$layers/work" "$layers/merged" 2>/dev/null ||
	overlay=$layers/merged
agent_config "security_administrators: [$li, $wang]" \
	"roots: [{path: $disk, mode: observe}, {path: $broken, mode: observe}${overlay:+, {path: $overlay, mode: observe\}}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }

as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
save() { runuser -u "$li" -- cp "$fixtures/report-en.docx" "$disk/$1"; }
tag() { as "$li" tag "$disk/$1" --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" --reason test; }
number_of() { as "$li" status "$disk/$1" --json | grep -oE '"record":"[^"]*' | head -n 1 | cut -d'"' -f4; }
looked_at() { as "$li" status --all --json --limit 500 | grep -o '{[^{}]*}' | grep "/$1\"" | grep -q '"digest":"[0-9a-f]'; }
is_sealed() { [ -e "$disk/$1.age" ] && [ ! -e "$disk/$1" ]; }
in_clear() { cmp -s "$disk/$1" "$fixtures/report-en.docx" && [ ! -e "$disk/$1.age" ]; }
finding() { as "$li" findings --json | grep -o '{[^{}]*}' | grep '"code":"D41"' | grep "$1"; }
no_finding() { ! as "$li" findings --json | grep -q '"code":"D41"'; }
degraded() { as "$li" status --exit-code >/dev/null; [ $? -eq 9 ] && as "$li" status | grep -q "not-sealed.*$1"; }
# With an overlay the state stays degraded for what lies beneath it, and for nothing else.
well() {
	local code said
	said=$(as "$li" status --exit-code --json)
	code=$?
	[ "$code" -eq $((${overlay:+9})) ] && ! grep -oE '"code":"[^"]*"' <<<"$said" | grep -vq "polled"
}
opens() { [ "$(age -d -i "$agent_dir/escrow.key" "$disk/$1.age" | sha256sum)" = "$(sha256sum <"$fixtures/report-en.docx")" ]; }
# Whatever of ours is there opens; nothing of a try is left in .classd but what is kept.
nothing_half() {
	local f
	find "$disk/.classd" -mindepth 1 -maxdepth 1 ! -name keep | grep . && return 1
	find "$disk" -name '*.age' | while IFS= read -r f; do age -d -i "$agent_dir/escrow.key" "$f" >/dev/null || exit 1; done
}
stays_beneath() { as "$li" status | grep -q "polled: $overlay: an overlay: .* stays in clear in the layers beneath"; }
make() { save "$1" && wait_until 20 looked_at "$1" && tag "$1"; }

ok "with room a document is sealed" make first.docx
ok "and its plaintext goes" wait_until 20 is_sealed first.docx

# Full
fill() { dd if=/dev/zero of="$disk/.filler.swp" bs=64k status=none; dd if=/dev/zero of="$disk/.filler2.swp" bs=1k status=none; true; }
save full.docx && save full2.docx && wait_until 20 looked_at full.docx && wait_until 20 looked_at full2.docx
fill 2>/dev/null
ok "on a full disk the record is taken" tag full.docx
ok "and another one" tag full2.docx
ok "the reason is a finding" wait_until 30 finding "disk is full"
like "which names its record" "$(finding 'disk is full')" "$(number_of full.docx)"
ok "and a degraded state" wait_until 10 degraded "disk is full"
ok "the plaintext stays" in_clear full.docx
ok "and the other one's" in_clear full2.docx
ok "nothing half-written is to be seen" nothing_half
shows() { as "$li" show "$(number_of full.docx)" --json | grep -q "\"sealing\":\"$1\",\"sealing_detail\":\"$2"; }
ok "show says so" wait_until 30 shows failed "The disk is full"
rm -f "$disk"/.filler*.swp
ok "with room again it goes on by itself" wait_until 60 is_sealed full.docx
ok "with both" wait_until 60 is_sealed full2.docx
ok "the finding closes itself" wait_until 20 no_finding
ok "the state is well again" wait_until 20 well
ok "the content is whole" opens full.docx

# Read-only
save ro.docx && wait_until 20 looked_at ro.docx
mount -o remount,ro "$disk"
ok "on a read-only file system the record is taken" tag ro.docx
ok "a read-only file system is a finding" wait_until 30 finding "read-only"
ok "and a degraded state" wait_until 10 degraded "read-only"
ok "the plaintext stays" in_clear ro.docx
kill -9 $(agent_pids registrar)
ok "a registrar that was killed knows of it" wait_until 30 degraded "read-only"
ok "the finding is still the same one" finding "read-only"
mount -o remount,rw "$disk"
ok "writable again it goes on by itself" wait_until 60 is_sealed ro.docx
ok "the finding closes itself" wait_until 20 no_finding
ok "the state is well again" wait_until 20 well
ok "nothing half-written is left" nothing_half
# Layers
if [ -n "$overlay" ]; then
	was=$disk disk=$overlay
	ok "of an overlay the state says what stays" wait_until 20 stays_beneath
	ok "a document of a lower layer is seen" wait_until 30 looked_at below.docx
	ok "and a new one" make above.docx
	ok "its record is taken" tag below.docx
	ok "both are sealed" wait_until 30 is_sealed below.docx
	ok "on the same overlay" wait_until 30 is_sealed above.docx
	ok "and whole" opens below.docx
	ok "what the state says is so" cmp -s "$layers/lower/below.docx" "$fixtures/report-en.docx"
	disk=$was
else
	skip "layers" "no overlay can be mounted here"
fi
# A disk that fails
first_disk=$disk disk=$broken
for i in 1 2 3 4 5 6 7 8; do save "io-$i.docx"; done
for i in 1 2 3 4 5 6 7 8; do wait_until 20 looked_at "io-$i.docx"; done
sync -f "$broken"
dd if=/dev/zero of="$backing/filler" bs=64k status=none 2>/dev/null
for i in 1 2 3 4 5 6 7 8; do tag "io-$i.docx" >/dev/null 2>&1; done
# ext4 gives up its own journal then, and is read-only until it is mounted again.
some_fail() { finding "disk did not take it" || finding "read-only"; }
ok "a disk that fails is a finding" wait_until 60 some_fail
some_degraded() { degraded "disk did not take it" || degraded "read-only"; }
ok "and a degraded state" wait_until 20 some_degraded
all_clear_or_whole() { for i in 1 2 3 4 5 6 7 8; do cmp -s "$disk/io-$i.docx" "$fixtures/report-en.docx" || opens "io-$i.docx" || return 1; done; }
ok "every document is whole" all_clear_or_whole
agent_stop
umount "$broken"
rm "$backing/filler"
mount -o loop,nodiscard "$backing/image" "$broken"
agent_start || { tap 1 "the agent starts again"; done_testing; exit 1; }
ok "the documents are still there" all_clear_or_whole
all_io() { for i in 1 2 3 4 5 6 7 8; do is_sealed "io-$i.docx" || return 1; done; }
ok "when the disk works again they are sealed by themselves" wait_until 90 all_io
ok "and whole" all_clear_or_whole
ok "the finding closes itself" wait_until 20 no_finding
ok "nothing half-written is left" nothing_half
disk=$first_disk

# Journal and store on a full disk: it fills while documents are under way, at whichever of their entries that happens.
busy=40
for i in $(seq $busy); do save "busy-$i.docx"; done
save before.docx
all_looked_at() { [ "$(as "$li" status --all --json --limit 200 | grep -o '{[^{}]*}' | grep '/b[a-z]*-*[0-9]*.docx"' | grep -c '"digest":"[0-9a-f]')" -gt $busy ]; }
ok "they are looked at" wait_until 30 all_looked_at
fill_state() { dd if=/dev/zero of="$state_disk/filler" bs=64k status=none; dd if=/dev/zero of="$state_disk/filler2" bs=1k status=none; true; }
fill_state 2>/dev/null
export -f as tag
export li wang disk agent_build agent_socket
# The journal has some room of its own, so it takes some of them.
tag_some() { seq $busy | xargs -P 4 -I N bash -c '[ ! -e "$disk/busy-N.docx" ] || tag busy-N.docx' >/dev/null 2>&1; }
try_all() { tag_some; state_is_full; }
state_is_full() { as "$li" status --json | grep -q '"code":"[^"]*unwritable'; }
ok "a full disk under journal and store is a degraded state" wait_until 60 try_all
is "which the exit code says" "$(as "$li" status --exit-code >/dev/null; echo $?)" 9
said=$(tag before.docx 2>&1)
status=$?
like "nothing is acknowledged: what is said" "$said" "read-only|cannot be written"
is "the exit code" "$status" 1
save meanwhile.docx
in_clear_or_sealed() { cmp -s "$disk/$1" "$fixtures/report-en.docx" || opens "$1"; }
all_whole() { for i in $(seq $busy); do in_clear_or_sealed "busy-$i.docx" || return 1; done; }
ok "every document is whole" all_whole
rm -f "$state_disk"/filler*
is_well() { ! as "$li" status --json | grep -q unwritable; }
ok "with room again the state is well" wait_until 30 is_well
tag_when_seen() { looked_at "$1" && tag "$1"; }
ok "what was refused is taken now" wait_until 30 tag_when_seen before.docx
ok "and sealed" wait_until 30 is_sealed before.docx
ok "what was saved meanwhile was not missed" wait_until 30 tag_when_seen meanwhile.docx
ok "and is sealed" wait_until 30 is_sealed meanwhile.docx
ok "the rest is taken" tag_some
all_busy() { for i in $(seq $busy); do is_sealed "busy-$i.docx" || return 1; done; }
ok "what was under way is sealed in the end" wait_until 60 all_busy
ok "with its content" all_whole
ok "no finding is left" wait_until 20 no_finding
ok "nothing half-written is left" nothing_half
ok "the journal holds" as "$li" journal verify
# A journal whose disk fails at whatever was under way: those entries are lost, and so is what other roles were to be told.
if ! command -v strace >/dev/null; then
	skip "a journal that cannot be synced" "needs strace"
else
	for i in $(seq $busy); do save "sync-$i.docx"; done
	all_looked_at() { [ "$(as "$li" status --all --json --limit 200 | grep -o '{[^{}]*}' | grep '/sync-[0-9]*.docx"' | grep -c '"digest":"[0-9a-f]')" -eq $busy ]; }
	ok "more documents are looked at" wait_until 30 all_looked_at
	tag_sync() { seq $busy | xargs -P 4 -I N bash -c '[ ! -e "$disk/sync-N.docx" ] || tag sync-N.docx' >/dev/null 2>&1; }
	tag_sync &
	tagging=$!
	some_sealed() { compgen -G "$disk/sync-*.age"; }
	wait_until 30 some_sealed
	strace -qq -f -e trace=fdatasync -e inject=fdatasync:error=EIO -o /dev/null -p "$(agent_pids registrar)" &
	strace=$!
	journal_fails() { as "$li" status --json | grep -q 'journal-unwritable'; }
	ok "a journal that cannot be synced is a degraded state" wait_until 30 journal_fails
	kill $strace
	wait $strace $tagging 2>/dev/null
	ok "it recovers by itself" wait_until 30 is_well
	ok "what was refused is taken now" tag_sync
	all_sync() { for i in $(seq $busy); do [ -e "$disk/sync-$i.docx.age" ] && [ ! -e "$disk/sync-$i.docx" ] || return 1; done; }
	ok "what was lost is done again" wait_until 60 all_sync
	ok "the journal holds" as "$li" journal verify
fi
agent_stop
is "the agent ends well" "$agent_status" 0
done_testing

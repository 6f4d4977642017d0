#!/usr/bin/env bash
# Every way to lose sight of a folder: a state with since-when and why, an exit code, a line for the service manager, one
# line in the log however often it comes, and a way back of its own.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
chmod 755 "$agent_dir"
/usr/bin/python3 "$tools" notified "$agent_dir/notify" "$agent_dir/notified" >"$agent_dir/notify.ready" &
notifier=$!
wait_until 10 test -s "$agent_dir/notify.ready"
lost_clean() {
	kill "$notifier" 2>/dev/null
	[ -z "${stopped:-}" ] || kill -CONT "$stopped" 2>/dev/null
	agent_clean
}
trap lost_clean EXIT
export NOTIFY_SOCKET=$agent_dir/notify
watch_start "rescan_s: 2"
ok "the first scan ends" wait_until 20 scan_done
watcher() { agent_pids watcher; }
status_code() { as "$li" status --exit-code >/dev/null; echo $?; }
is "nothing is degraded" "$(degraded)" ""
manager_said() { tail -n 1 "$agent_dir/notified" | grep -q "$1"; }
# begins and ends: NAME CODE — after the cause is there, and after it is gone
begins() {
	ok "$1: a state" wait_until 30 is_degraded "$2"
	like "$1: with its folder and why" "$(detail_of "$2")" "^$agent_root: .+"
	like "$1: since when" "$(since_of "$2")" '^20[0-9-]+T[0-9:]+Z$'
	is "$1: an exit code" "$(status_code)" 9
	like "$1: for people" "$(as "$li" status)" "root\.1/$2: .*since 20"
	ok "$1: the service manager knows" wait_until 10 grep -q "STATUS=.*degraded: .*watcher.0/$2" "$agent_dir/notified"
	is "$1: logged once" "$(logged "degraded: $2: ")" 1
}
ends() {
	ok "$1: over" wait_until "${3:-30}" is_whole "$2"
	like "$1: counted in the log" "$(grep "recovered: $2" "$agent_log")" 'seen [0-9]+ times'
	fails "$1: the service manager knows that too" manager_said "watcher.0/$2"
}
# What is created while nobody listens is found all the same.
healed() {
	local name
	for name in "$@"; do has_content "$name" || return 1; done
}

# What was heard of a folder since it was last looked at covers what was not: another look, then.
looked_again() { [ "$(scanned)" != "$before" ]; }
# The queue of the kernel overflows: the watcher is stopped while more happens than fits.
overflow() {
	li_does <<<"mkdir -p $1/folder && echo x >$1/folder/before.txt"
	wait_until 20 has_name "$1/folder/before.txt" # inotify hears nothing of a folder that is not watched yet
	rm "$agent_root/$1/folder/before.txt"
	wait_until 20 files_are 0
	before=$(scanned)
	wait_until 40 looked_again
	before=$(scanned)
	wait_until 40 looked_again
	stopped=$(watcher)
	kill -STOP "$stopped"
	li_does <<-X
		mkdir -p $1/folder
		for i in \$(seq 1 9000); do : >$1/folder/\$i; rm $1/folder/\$i; done
		echo "$1" >$1/kept.txt
		mkdir -p $1/a/b/c && echo "$1" >$1/a/b/c/deep.txt
	X
	kill -CONT "$stopped"
	stopped=''
}
seen_times() { grep "recovered: queue-overflow" "$agent_log" | tail -n 1 | grep -oE '[0-9]+ times'; }
overflow one
ok "overflow: it is logged" wait_until 30 grep -q 'degraded: queue-overflow' "$agent_log"
ok "overflow: the service manager knows" wait_until 10 grep -q 'degraded: .*queue-overflow' "$agent_dir/notified"
ok "overflow: over" wait_until 30 grep -q 'recovered: queue-overflow' "$agent_log"
ok "overflow: what was lost is found" wait_until 30 healed one/kept.txt one/a/b/c/deep.txt
is "overflow: the folder is as it is" "$(names | tr '\n' ' ')" "one/a/b/c/deep.txt one/kept.txt "
li_does <<<'rm -r one'
ok "overflow: and watched" wait_until 20 files_are 0
is "overflow: logged once" "$(logged 'degraded: queue-overflow')" 1
is "overflow: it is not silence besides" "$(logged 'degraded: silent-watcher')" 0

# Events that somebody else took: lost, and nobody says so.
put first.txt first
ok "silence: a file" wait_until 20 has_content first.txt
before=$(scanned)
ok "silence: a rescan" wait_until 40 looked_again
stopped=$(watcher)
kill -STOP "$stopped"
put unheard.txt unheard
stolen=$(/usr/bin/python3 "$tools" steal "$stopped")
kill -CONT "$stopped"
stopped=''
like "silence: its events are stolen" "$stolen" '^[1-9][0-9]*$'
ok "silence: what was not heard of is found" wait_until 40 healed unheard.txt
ok "silence: and said to be lost" wait_until 20 grep -q 'degraded: silent-watcher' "$agent_log"
ok "silence: over by itself" wait_until 30 grep -q 'recovered: silent-watcher' "$agent_log"
put heard.txt heard
ok "silence: the next one is heard" wait_until 20 has_content heard.txt
touch "$agent_root"
li_does <<<'mkdir set && touch -d 2001-01-01 set'
before=$(scanned)
ok "silence: another rescan" wait_until 40 looked_again
is "silence: a time set by hand is none" "$(logged 'degraded: silent-watcher')" 1

# No descriptor is left.
pid=$(watcher)
limit=$(awk '/Max open files/ { print $4 }' "/proc/$pid/limits")
descriptors() { setpriv --reuid cdt-watcher --regid cdt --clear-groups prlimit --pid "$pid" --nofile="$1:"; }
descriptors 4 || tap 1 "descriptors: the limit is lowered"
put later.txt later
begins "descriptors" descriptor-limit
li_does <<<'mkdir -p more/folders && echo more >more/folders/f.txt'
counted() { [ "$(count_of descriptor-limit)" -gt 1 ]; }
ok "descriptors: counted while it lasts" wait_until 30 counted
is "descriptors: still logged once" "$(logged 'degraded: descriptor-limit')" 1
descriptors "$limit"
ends "descriptors" descriptor-limit 60
ok "descriptors: what was missed is found" wait_until 30 healed later.txt more/folders/f.txt

# A path that no call takes.
setpriv --reuid "$li" --regid cdt --clear-groups /usr/bin/python3 - "$agent_root" <"$tools" deep "$agent_root" "$(printf 'd%.0s' $(seq 1 200))" 5000 2>/dev/null ||
	/usr/bin/python3 "$tools" deep "$agent_root" "$(printf 'd%.0s' $(seq 1 200))" 5000
begins "long paths" path-too-long
like "long paths: the folder can be found" "$(detail_of path-too-long)" 'inode [0-9]+ '
put beside.txt beside
ok "long paths: beside them all is seen" wait_until 20 healed beside.txt
rm "$agent_root/beside.txt"
ok "long paths: and goes" wait_until 20 has_no_name beside.txt
/usr/bin/python3 "$tools" undeep "$agent_root" "$(printf 'd%.0s' $(seq 1 200))"
ends "long paths" path-too-long 40

# Names that are not UTF-8: a finding, and no silence.
rm -r "${agent_root:?}"/*
ok "names: nothing" wait_until 20 files_are 0
/usr/bin/python3 "$tools" raw "$agent_root" ff622e747874 text
chown "$li":cdt "$agent_root"/*
spelled=$'\xef\xbf\xbdffb.txt'
of_name() { as "$li" findings --json | jq -r '.findings[] | select(.code == "D35") | .. | strings' | grep -qF "$spelled"; }
no_finding() { [ "$(as "$li" findings --json | jq '[.findings[] | select(.code == "D35")] | length')" = 0 ]; }
ok "names: a file is counted" wait_until 20 files_are 1
is "names: it is shown by a spelling" "$(names)" "$spelled"
ok "names: a finding says so" wait_until 20 of_name
put "$spelled" text
ok "names: one whose name is that spelling is another" wait_until 20 files_are 2
rm "$agent_root/$spelled"
ok "names: and goes alone" wait_until 20 files_are 1
put plain.txt plain
ok "names: beside them an ordinary one" wait_until 20 has_content plain.txt
mkdir "$agent_root/"$'d\xfe' && echo x >"$agent_root/"$'d\xfe/in.txt'
ok "names: in a folder that is none" wait_until 20 files_are 3
rm -r "$agent_root/"$'d\xfe'
ok "names: which goes with all in it" wait_until 20 files_are 2
mv "$agent_root/"$'\xffb.txt' "$agent_root/named.txt"
ok "names: renamed: no finding" wait_until 30 no_finding
ok "names: and looked at" wait_until 20 has_content named.txt

# A watcher that hangs looks like quiet folders.
before=$(logged 'degraded: watcher-stuck') # a machine under load may have been slow to answer
stopped=$(watcher)
kill -STOP "$stopped"
stuck() { status '.status.degraded[].code' | grep -qx 'registrar.0/watcher-stuck'; }
works() { ! stuck; }
ok "hanging: a state" wait_until 30 stuck
is "hanging: an exit code" "$(status_code)" 9
ok "hanging: the service manager knows" wait_until 10 grep -q 'STATUS=.*registrar.0/watcher-stuck' "$agent_dir/notified"
kill -CONT "$stopped"
stopped=''
ok "hanging: over" wait_until 30 works
is "hanging: logged once" "$(logged 'degraded: watcher-stuck')" $((before + 1))
is "nothing is degraded at the end" "$(degraded)" ""
[ "$tap_bad" -ne 0 ] || echo "# figure: sight lost: overflow, stolen events, no descriptor, long paths, names that are not UTF-8, a watcher that hangs: all told, all healed"
done_testing

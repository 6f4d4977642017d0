#!/usr/bin/env bash
# Which back end watches a folder, and why: by configuration, file system and rights; and that the chosen one hears.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "back ends of the watcher" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
li=$(agent_person li)
mounts=$agent_dir/mounts
away() { # what this test mounts goes before the agent's folder does
	for at in "$mounts"/*; do mountpoint -q "$at" && umount -l "$at"; done
	agent_clean
}
trap away EXIT
as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
begin() { # begin WATCH [ROOT…]: the agent anew, with these folders too
	local roots="[{path: $agent_root}" root
	for root in "${@:2}"; do roots+=", {path: $root}"; done
	agent_stop
	agent_config "security_administrators: [$li]" "watch: $1" "roots: $roots]"
	agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
}
field() { # field PATH KEY: of that folder in status
	as "$li" status --json | python3 -c 'import json, sys
for root in json.load(sys.stdin)["status"]["roots"]:
    if root["path"] == sys.argv[1]: print(root[sys.argv[2]])' "$1" "$2"
}
is_by() { [ "$(field "$1" watched_by)" = "$2" ]; }
saves() { runuser -u "$li" -- sh -c 'echo "$1" >"$2"' - "$RANDOM" "$1"; }
lists() { as "$li" status --all --json --limit 1000 | grep -q "\"path\":\"[^\"]*$1\""; }
hears() { # hears FOLDER NAME: no rescan comes for 15 minutes
	saves "$1/$2" && wait_until 20 lists "$2"
}
degraded() { as "$li" status --json | grep -q "\"code\":\"[^\"]*/$1\""; }

begin inotify
ok "inotify as configured" wait_until 20 is_by "$agent_root" inotify
is "and said so" "$(field "$agent_root" watched_by_why)" "as configured"
ok "it hears" hears "$agent_root" one.txt
watcher=$(agent_pids watcher)
groups_of() { find "/proc/$1/fd" -lname 'anon_inode:\[fanotify\]' | wc -l; }
is "and has no group" "$(groups_of "$watcher")" 0

begin auto
wait_until 20 is_by "$agent_root" fanotify
if ! is_by "$agent_root" fanotify; then
	skip "fanotify" "$(field "$agent_root" watched_by_why)"
	done_testing
	exit
fi
ok "fanotify where it can be had" is_by "$agent_root" fanotify
is "nothing is to be explained" "$(field "$agent_root" watched_by_why)" ""
ok "it hears" hears "$agent_root" two.txt
runuser -u "$li" -- mkdir -p "$agent_root/a/b/c/d"
ok "a tree that is made at once" hears "$agent_root/a/b/c/d" deep.txt
is "the supervisor keeps no group" "$(groups_of "$agent_pid")" 0
watcher=$(agent_pids watcher)
is "the watcher has one" "$(groups_of "$watcher")" 1
# fdinfo counts what is watched: the folders above the roots, and no others.
is "and no watch for a directory" "$(cat "/proc/$watcher"/fdinfo/* | grep -c '^inotify')" 2
echo root >"$agent_root/owned.txt"
is_counted() { [ "$(field "$agent_root" files)" -eq 4 ]; }
ok "a file of somebody else is seen" wait_until 20 is_counted
fails "by its owner only" lists owned.txt
chown "$li" "$agent_root/owned.txt"
ok "a change of owner is heard, not only found by the next rescan" wait_until 20 lists owned.txt

# Foreign changes are heard and dropped: they neither appear nor cost memory for good.
mkdir "$agent_dir/foreign"
before=$(awk '/VmRSS/ { print $2 }' "/proc/$watcher/status")
for i in $(seq 20); do (cd "$agent_dir/foreign" && seq -f 'file-%g' 1000 | xargs touch && seq -f 'file-%g' 1000 | xargs rm); done
ok "and it hears after them" hears "$agent_root" three.txt
after=$(awk '/VmRSS/ { print $2 }' "/proc/$watcher/status")
ok "40,000 foreign events leave nothing behind ($before kB, then $after kB)" [ "$after" -lt $((before + 512)) ]
fails "and no foreign name is known" lists file-1

kill -9 "$watcher"
is_new() { [ -n "$(agent_pids watcher)" ] && [ "$(agent_pids watcher)" != "$watcher" ]; }
saves "$agent_root/meanwhile.txt"
ok "a killed watcher comes back" wait_until 20 is_new
ok "with a group of its own" wait_until 20 is_by "$agent_root" fanotify
ok "what was saved meanwhile is seen" wait_until 20 lists meanwhile.txt
ok "and it hears" hears "$agent_root" four.txt

# Another choice while the agent runs: a new watcher, with what it then has.
choose() { sed -i "s/^watch: .*/watch: $1/" "$agent_dir/classd.yaml" && kill -HUP "$agent_pid"; }
choose inotify
ok "inotify from now on" wait_until 30 is_by "$agent_root" inotify
ok "it hears" hears "$agent_root" five.txt
choose closely
stays() { grep -q "watch is 'auto', 'inotify' or 'fanotify'; the old configuration stays" "$agent_log"; }
ok "a wrong word changes nothing, and says so" wait_until 30 stays
ok "it still hears" hears "$agent_root" six.txt
choose fanotify
ok "and fanotify again" wait_until 30 is_by "$agent_root" fanotify
ok "which hears" hears "$agent_root" seven.txt

# File systems: each folder has its own.
mkdir -p "$mounts/tmpfs" "$mounts/overlay" "$mounts/bind" "$agent_dir/upper" "$agent_dir/work" "$agent_dir/lower/old"
mount -t tmpfs tmpfs "$mounts/tmpfs" && chmod 1777 "$mounts/tmpfs"
roots=("$mounts/tmpfs")
chmod -R 1777 "$agent_dir/lower" "$agent_dir/upper"
if mount -t overlay overlay -o "lowerdir=$agent_dir/lower,upperdir=$agent_dir/upper,workdir=$agent_dir/work" "$mounts/overlay" 2>/dev/null; then
	roots+=("$mounts/overlay")
else
	skip "overlay" "cannot be mounted here"
fi
mount --bind "$agent_root" "$mounts/bind" # before: a new mount is followed by a rescan, which would see it too
begin fanotify "$mounts/tmpfs"
ok "tmpfs by fanotify" wait_until 20 is_by "$mounts/tmpfs" fanotify
ok "it hears there" hears "$mounts/tmpfs" on-tmpfs.txt
ok "the other folder too" wait_until 20 is_by "$agent_root" fanotify
# A write through another mount of the same file system is one on the same directory.
saves "$mounts/bind/through.txt"
ok "a write through a bind mount is heard" wait_until 20 lists through.txt
fails "nothing is degraded" degraded no-fanotify
if [ "${#roots[@]}" -eq 2 ]; then
	begin fanotify "${roots[@]}"
	ok "overlay by inotify" wait_until 20 is_by "$mounts/overlay" inotify
	is "and why" "$(field "$mounts/overlay" watched_by_why)" "fanotify is not used on this kind of file system"
	ok "which is degraded where fanotify is configured" wait_until 20 degraded no-fanotify
	ok "it hears there" hears "$mounts/overlay/old" copied-up.txt
	like "status says so to people" "$(as "$li" status)" 'overlay is watched by inotify: fanotify is not used'
fi
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

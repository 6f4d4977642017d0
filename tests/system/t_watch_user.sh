#!/usr/bin/env bash
# An agent of an ordinary user, for trial: no right to mark a file system, so inotify, and a reason; it still hears.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -eq 0 ]; then
	getent passwd cdt-li >/dev/null || { getent group cdt >/dev/null || groupadd --system cdt; useradd --gid cdt --no-create-home --home-dir /nonexistent cdt-li; }
	TMPDIR=/tmp exec setpriv --reuid cdt-li --regid cdt --clear-groups bash "$0"
fi
. "$(dirname "$0")/agent.sh"
status() { "$agent_build/classctl" --socket "$agent_socket" status --json; }
has() { status | grep -qE "$1"; }
files_are() { has "\"files\":$1,[^}]*\"kind\":\"documents\""; }
for watch in auto fanotify; do
	agent_stop
	agent_config "watch: $watch" "socket_group: $(id -gn)"
	agent_start || { tap 1 "the agent starts"; break; }
	ok "$watch: by inotify" wait_until 30 has '"kind":"documents"[^}]*"watched_by":"inotify"'
	ok "$watch: and why" has '"watched_by_why":"the agent has not the right to mark a file system"'
	ok "$watch: the first scan ends" wait_until 30 has '"kind":"documents"[^}]*"scanning":false'
	mkdir -p "$agent_root/$watch/b" && echo text >"$agent_root/$watch/b/one.txt"
	ok "$watch: a file is seen" wait_until 30 files_are "$([ $watch = auto ] && echo 1 || echo 2)"
	if [ "$watch" = auto ]; then
		fails "auto: that is no degraded state" has no-fanotify
	else
		ok "fanotify: that is a degraded state" wait_until 20 has '/no-fanotify"'
	fi
done
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

#!/usr/bin/env bash
# No inotify watch is left: the real limit, used up by another process of the watcher's user. The users are of this test
# alone, so that no other agent meets it.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
for role in watcher inspector sealer keeper registrar; do
	getent passwd "cdw-$role" >/dev/null ||
		useradd --system --gid cdt --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "cdw-$role"
done
mkdir -m 777 "$agent_dir/taken"
setpriv --reuid cdw-watcher --regid cdt --clear-groups /usr/bin/python3 - hog "$agent_dir/taken" 6 <"$tools" >"$agent_dir/hog" &
hog=$!
limits_clean() {
	kill "$hog" 2>/dev/null
	agent_clean
}
trap limits_clean EXIT
ok "every watch but six is taken" wait_until 60 test -s "$agent_dir/hog"
li_does <<'X'
for i in $(seq 1 20); do mkdir -p dir$i && echo $i >dir$i/f.txt; done
X
watch_start "watch: inotify" "role_users: cdw"
ok "a state" wait_until 30 is_degraded watch-limit
like "says why and what to do" "$(detail_of watch-limit)" "^$agent_root: no watch is left: raise fs.inotify.max_user_watches"
ok "every file is seen all the same" wait_until 30 files_are 20
put dir20/g.txt unwatched
put dir1/g.txt unwatched
ok "folders without a watch are polled" wait_until 30 files_are 22
is_counted() { [ "$(count_of watch-limit)" -gt 20 ]; }
ok "which is counted" wait_until 30 is_counted
is "logged once" "$(logged 'degraded: watch-limit')" 1
is "nothing else is degraded" "$(degraded | sed 's|.*/||' | sort -u)" watch-limit
kill "$hog"
ok "with free watches it is over by itself" wait_until 40 is_whole watch-limit
like "and counted in the log" "$(grep 'recovered: watch-limit' "$agent_log")" 'seen [0-9]+ times'
put dir20/h.txt watched
ok "every folder is watched" wait_until 20 has_content dir20/h.txt
done_testing

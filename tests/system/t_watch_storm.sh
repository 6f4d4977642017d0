#!/usr/bin/env bash
# A storm of creations, renames, exchanges and removals of files and whole trees, on each back end: when it is over, what
# the agent knows is what is there, by events alone, after a queue that overflowed, and with the watcher killed in it.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "storms" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
here=$(realpath "$(dirname "$0")")
li=$(agent_person li)
operations=1000
[ -z "${CLASSD_LONG:-}" ] || operations=100000
seed=${CLASSD_SEED:-$((RANDOM * 32768 + RANDOM))}
echo "# seed $seed (CLASSD_SEED)"
as() { setpriv --reuid "$1" --regid cdt --clear-groups "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
storm() { setpriv --reuid "$li" --regid cdt --clear-groups /usr/bin/python3 "$here/storm.py" "$agent_root" "$1" "$2"; }
is_by() { as "$li" status --json | grep -q "\"kind\":\"documents\"[^}]*\"watched_by\":\"$1\""; }
wanted() { (cd "$agent_root" && find . -type f -name '*.txt' -printf '%P\n' | LC_ALL=C sort); }
known() {
	as "$li" status --all --json --limit 1000000 | python3 -c 'import json, sys
for d in json.load(sys.stdin)["documents"]: print(d["path"].removeprefix(sys.argv[1] + "/"))' "$agent_root" | LC_ALL=C sort
}
# `known` first: what is there at the time of `wanted` must be what was known before it.
same() { known >"$agent_dir/known" && wanted >"$agent_dir/wanted" && [ -s "$agent_dir/wanted" ] && cmp -s "$agent_dir/known" "$agent_dir/wanted"; }
agree() { # agree NAME
	local end=$((SECONDS + 180))
	until same || [ $SECONDS -ge $end ]; do sleep 0.5; done # each look takes six processes
	ok "$1" cmp "$agent_dir/known" "$agent_dir/wanted"
	cmp -s "$agent_dir/known" "$agent_dir/wanted" || diff "$agent_dir/known" "$agent_dir/wanted" | head -20 | sed 's/^/# /'
	echo "# $1: $(wc -l <"$agent_dir/wanted") names, $(diff "$agent_dir/known" "$agent_dir/wanted" | grep -c '^[<>]') wrong"
}

for by in inotify fanotify; do
	agent_stop
	find "$agent_root" -mindepth 1 -delete
	agent_config "security_administrators: [$li]" "watch: $by"
	agent_start || { tap 1 "the agent starts"; break; }
	if ! wait_until 20 is_by "$by"; then
		skip "$by" "$(as "$li" status | grep 'watched by')"
		continue
	fi
	ok "$by: a storm of $operations operations" storm "$operations" "$seed"
	agree "$by: after a storm"

	# Held still, the watcher takes nothing, and the kernel's queue is full after 16,384 events.
	watcher=$(agent_pids watcher)
	kill -STOP "$watcher"
	ok "$by: a storm that nobody hears" storm "$operations" "$((seed + 1))"
	for _ in $(seq 10); do
		setpriv --reuid "$li" --regid cdt --clear-groups sh -c 'cd "$1" && seq -f full-%g.txt 2000 | xargs touch && rm full-*' - "$agent_root"
	done
	kill -CONT "$watcher"
	overflowed() { grep -q 'degraded: queue-overflow' "$agent_log"; }
	ok "$by: the queue overflowed" wait_until 20 overflowed
	agree "$by: after an overflow"
	recovered() { grep -q 'recovered: queue-overflow' "$agent_log"; }
	ok "$by: and it is over" wait_until 30 recovered

	storm "$operations" "$((seed + 2))" &
	storming=$!
	for _ in 1 2 3; do
		watcher=$(agent_pids watcher)
		kill -9 "$watcher"
		is_new() { [ -n "$(agent_pids watcher)" ] && [ "$(agent_pids watcher)" != "$watcher" ]; }
		wait_until 20 is_new || tap 1 "$by: a killed watcher comes back"
	done
	wait "$storming"
	agree "$by: after the watcher was killed three times in a storm"
done
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

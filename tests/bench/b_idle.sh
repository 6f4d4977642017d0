#!/usr/bin/env bash
# All processes together while nothing happens, 10,000 files watched: proportional memory, and wake-ups in ten seconds.
. "$(dirname "$0")/bench.sh"
here=$(realpath "$(dirname "$0")")
. "$here/../tap.sh"
. "$here/../system/agent.sh" # its folder goes at exit; the one of bench.sh is not needed
rm -rf "$work"
agent_config 'inspector_idle_s: 1'
mkdir -p "$agent_root"/{0..99}
for d in "$agent_root"/{0..99}; do
	for i in {0..99}; do echo "document $i" >"$d/$i.txt"; done
done
agent_start >&2 || not_measured idle "the agent does not start"
processes() { echo "$agent_pid"; for role in watcher inspector sealer keeper registrar; do agent_pids "$role"; done; }
has_no_inspector() { [ -z "$(agent_pids inspector)" ]; }
sum() { awk -v key="$1" '$1 == key { n += $2 } END { print n }'; }
memory() { for p in $(processes); do cat "/proc/$p/smaps_rollup"; done | sum Pss:; }
wakeups() { for p in $(processes); do cat "/proc/$p/status"; done | sum voluntary_ctxt_switches:; }
# The first scan, its inspections and their rows take a while; then nothing more may come.
is_quiet() { local n; n=$(wakeups); sleep 2; [ "$n" -eq "$(wakeups)" ] && has_no_inspector; }
sleep 3
wait_until 90 is_quiet || not_measured idle "it does not come to rest"
row idle-memory "$(awk -v k="$(memory)" 'BEGIN { print k / 1024 }')" MiB "figure to reach" 20 at-most 1
before=$(wakeups)
sleep 10
row idle-wakeups "$(($(wakeups) - before))" n "one a second" 10 at-most 1
agent_stop

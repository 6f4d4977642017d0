#!/usr/bin/env bash
# The supervisor with its real roles: start, death of each role, second agent, new configuration, end.
. "$(dirname "$0")/../tap.sh"
for role in watcher inspector sealer keeper registrar; do
	[ -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-$role" ] || {
		skip "supervisor" "classd-$role is not built"
		done_testing
		exit
	}
done
. "$(dirname "$0")/agent.sh"

# What a person can get wrong
agent_config
fails "a new state is not started without --init" agent_run
like "and it says what to do" "$(agent_run 2>&1)" 'classd --init --escrow-out'
fails "--init alone" agent_run --init
agent_config 'settle_ms: soon'
like "a wrong value: file, line, column" "$(agent_run --check-config 2>&1)" 'classd.yaml:[0-9]+:12: settle_ms is a number'
agent_config 'colour: red'
like "an unknown key" "$(agent_run --check-config 2>&1)" "classd.yaml:[0-9]+:1: unknown key 'colour'"
agent_run --check-config >/dev/null 2>&1
is "a bad configuration exits with 3" $? 3
agent_config
ok "a good one is ok" agent_run --check-config

ok "init" agent_init
ok "the escrow identity is there" test -s "$agent_dir/escrow.key"
is "for its owner alone" "$(stat -c %a "$agent_dir/escrow.key")" 600
fails "init happens once" agent_run --init --escrow-out "$agent_dir/escrow.2"
fails "and leaves nothing of a second one" test -e "$agent_dir/escrow.2"
fails "a trial's state is no real agent's" "$agent_build/classd" --config "$agent_dir/classd.yaml"

agent_start; tap $? "start"
ok "the socket is there" test -S "$agent_socket"
fails "a second agent on the same state is refused" agent_run
like "and it says why" "$(agent_run 2>&1)" 'another agent runs'
is "the first one is unharmed" "$(kill -0 "$agent_pid" && test -S "$agent_socket" && echo yes)" yes

# Every role that is killed comes back and the agent is whole again.
came_back() { # ROLE OLD_PID COUNT
	local now
	now=$(agent_pids "$1") && ! grep -qx "$2" <<<"$now" && [ "$(wc -l <<<"$now")" -eq "$3" ]
}
for role in watcher sealer keeper registrar; do
	count=$(agent_pids "$role" | wc -l)
	old=$(agent_pids "$role" | head -n 1)
	kill -KILL "$old"
	ok "$role comes back" wait_until 20 came_back "$role" "$old" "$count"
done
is "two sealers run" "$(agent_pids sealer | wc -l)" 2
for pid in $(agent_pids watcher) $(agent_pids sealer) $(agent_pids keeper) $(agent_pids registrar); do
	name=$(cat "/proc/$pid/comm")
	like "$name $pid is filtered" "$(cat "/proc/$pid/status")" $'NoNewPrivs:\t1.*Seccomp:\t2'
	like "$name $pid keeps no ambient capability" "$(cat "/proc/$pid/status")" $'CapAmb:\t0000000000000000'
done
if [ "$(id -u)" -eq 0 ]; then
	is "the keeper cannot be traced" "$(stat -c %U "/proc/$(agent_pids keeper)/environ")" root
	is "it runs as its own user" "$(awk '/^Uid/ { print $3 }' "/proc/$(agent_pids keeper)/status")" "$(id -u cdt-keeper)"
	is "its keys are its own" "$(stat -c '%U %a' "$agent_dir/state/keys")" "cdt-keeper 700"
	is "the registrar has no capability" "$(awk '/^CapPrm/ { print $2 }' "/proc/$(agent_pids registrar)/status")" 0000000000000000
fi

# A role that dies again and again is a degraded state that people see.
if [ "$(id -u)" -eq 0 ]; then
	administrators="[$(agent_person anna), $(agent_person boris)]"
	agent_config "security_administrators: $administrators"
	registrar=$(agent_pids registrar)
	kill -HUP "$agent_pid"
	ok "the administrators are taken" wait_until 20 came_back registrar "$registrar" 1
	for _ in 1 2 3 4; do
		old=$(agent_pids keeper)
		kill -KILL "$old"
		wait_until 20 came_back keeper "$old" 1
	done
	status() { setpriv --reuid cdt-anna --regid cdt --clear-groups "$agent_build/classctl" --socket "$agent_socket" status "$@"; }
	dies() { status | grep -q '^keeper.0/dies: '; }
	ok "five deaths in a minute are shown" wait_until 10 dies
	status --exit-code >/dev/null
	is "and are an exit code" $? 9
fi

# A new configuration
registrar=$(agent_pids registrar)
agent_config 'pack: [us'
kill -HUP "$agent_pid"
ok "a bad configuration is refused" wait_until 10 grep -q 'the old configuration stays' "$agent_log"
is "and nothing is restarted" "$(agent_pids registrar)" "$registrar"
mkdir "$agent_dir/more" && chmod 1777 "$agent_dir/more"
agent_config "roots: [{path: $agent_dir/more}, {path: $agent_root, mode: observe}]"
kill -HUP "$agent_pid"
ok "a good one is taken" wait_until 10 grep -q 'new configuration: 2 folders' "$agent_log"
ok "the registrar begins anew with it" wait_until 20 came_back registrar "$registrar" 1
like "a root keeps its number" "$(cat "$agent_dir/state/roots")" "^1 $agent_root"$'\n'"2 $agent_dir/more\$"

# The end
pids=$(pgrep -P "$agent_pid")
agent_stop
is "SIGTERM ends it well" "$agent_status" 0
alive() { for pid in $pids; do kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }
fails "no role is left" alive
fails "no socket is left" test -e "$agent_socket"
fails "no mount is left" grep -q "$agent_dir" /proc/mounts

# A supervisor that is killed takes its roles along, and the next one starts on what it left.
agent_start; tap $? "it starts again"
pids=$(pgrep -P "$agent_pid")
{ kill -KILL "$agent_pid" && wait "$agent_pid"; } 2>/dev/null
agent_pid=''
gone() { ! alive; }
ok "roles die with their supervisor" wait_until 10 gone
agent_start; tap $? "and the next one starts"
done_testing

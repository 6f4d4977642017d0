# shellcheck shell=bash
# A whole agent in a folder of its own, for tests: source it after tap.sh.
#
#   agent_config [LINE…]   writes $agent_dir/classd.yaml; LINEs are added (or replace the key they begin with)
#   agent_init             classd --init; the escrow identity is $agent_dir/escrow.key
#   agent_start            starts it and waits until it is ready; $agent_pid, $agent_socket, $agent_log
#                          (in the test's own shell: not in $(…), not as a command of ok); $agent_under: words to run
#                          it under, which must leave it a child of this shell
#   agent_stop             SIGTERM, waits; the exit status is in $agent_status
#   agent_pids ROLE        process ids of a role
#   $CLASSD_WATCH          the back end of the watcher (auto), where a test does not say itself
#   agent_person NAME      a login for a person of the test (as root); prints it
#
# As root the roles run under users cdt-watcher … in group cdt, which are made when missing and stay; as an ordinary
# user all roles run as that user. Everything else goes at exit.
agent_build=$(cd "${CLASSD_BUILD:-build/release}" && pwd)
agent_dir=$(mktemp -d "${TMPDIR:-/tmp}/classd-test.XXXXXX")
agent_socket=$agent_dir/run/classd.sock
agent_root=$agent_dir/documents
agent_log=$agent_dir/log
agent_pid='' agent_status=''
chmod 755 "$agent_dir"
mkdir "$agent_root"
chmod 1777 "$agent_root"
[ ! -d policy ] || cp -r policy "$agent_dir/policy"
chmod -R a+rX "$agent_dir"

# Tests run side by side, and the files of users can be changed by one at a time.
agent_user() { # NAME WORD…: makes the user unless it is there
	getent passwd "$1" >/dev/null ||
		flock "${BASH_SOURCE[0]}" bash -c 'getent passwd "$1" >/dev/null ||
			useradd --gid cdt --no-create-home --home-dir /nonexistent "${@:2}" "$1"' - "$@"
}
if [ "$(id -u)" -eq 0 ]; then
	getent group cdt >/dev/null || flock "${BASH_SOURCE[0]}" bash -c 'getent group cdt >/dev/null || groupadd --system cdt'
	for role in watcher inspector sealer keeper registrar; do
		agent_user "cdt-$role" --system --shell /usr/sbin/nologin
	done
fi

agent_person() {
	agent_user "cdt-$1"
	echo "cdt-$1"
}

agent_config() {
	local line key config=$agent_dir/classd.yaml
	cat >"$config" <<-YAML
		unit: Test unit
		pack: us
		zone: UTC
		clock: system
		policy_dir: $agent_dir/policy
		policy_overlay: $agent_dir/policy.d
		state_dir: $agent_dir/state
		runtime_dir: $agent_dir/run
		role_users: cdt
		socket_group: cdt
		roots: [{path: $agent_root, mode: observe}]
		watch: ${CLASSD_WATCH:-auto}
	YAML
	for line in "$@"; do
		key=${line%%:*}
		sed -i "/^$key:/d" "$config"
		printf '%s\n' "$line" >>"$config"
	done
}

agent_run() { "$agent_build/classd" --trial --config "$agent_dir/classd.yaml" "$@"; }
agent_init() { agent_run --init --escrow-out "$agent_dir/escrow.key"; }
agent_is_ready() { grep -q 'text="ready: ' "$agent_log"; }

agent_start() {
	[ -e "$agent_dir/classd.yaml" ] || agent_config
	[ -e "$agent_dir/state/initialised" ] || agent_init >"$agent_dir/init.log" 2>&1 || {
		sed 's/^/# /' "$agent_dir/init.log"
		return 1
	}
	: >"$agent_log"
	${agent_under:-} "$agent_build/classd" --trial --config "$agent_dir/classd.yaml" >>"$agent_log" 2>&1 </dev/null &
	agent_pid=$!
	wait_until 30 agent_is_ready && return
	sed 's/^/# /' "$agent_log"
	return 1
}

agent_stop() {
	[ -n "$agent_pid" ] || return 0
	kill -TERM "$agent_pid" 2>/dev/null
	wait "$agent_pid"
	agent_status=$? agent_pid=''
}

# Children of this agent only: other agents may run here.
agent_pids() { pgrep -P "$agent_pid" "classd-${1:0:8}"; }

agent_clean() {
	agent_stop
	umount "$agent_dir/run/open" 2>/dev/null
	rm -rf "$agent_dir"
}
trap agent_clean EXIT

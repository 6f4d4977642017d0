#!/usr/bin/env bash
# A passphrase that unlocks a running agent, and the key that it opens, are looked for where they must not be: in the
# memory of supervisor and roles, in messages, command lines and environments, in files, in the log and in the state.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-protector" ] || ! command -v strace >/dev/null; then
	skip "secrets of protectors" "needs root, all programs and strace"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/protectors.sh
safe=$(mktemp -d /tmp/classd-safe.XXXXXX)
chmod 711 "$safe"
trap 'agent_clean; rm -rf "$safe"' EXIT
search() { python3 tests/system/search.py "$@"; }
nothing() { is "$1" "$(sort -u <<<"$2" | head -n 12)" ''; }
hex() { od -An -tx1 | tr -d ' \n'; }

pass="zq $(head -c 12 /dev/urandom | hex)"
agent_init >/dev/null 2>&1
is "the persons who may unlock it stand in the journal when --init has ended" \
	"$(cat "$agent_dir"/state/registrar/journal/* | grep -ao '"op":"person"' | wc -l)" 2
{
	echo "machine $(cut -c1-64 "$key")"
	echo "pass $(printf %s "$pass" | hex)"
} >"$safe/secrets"
traced() { strace -f -qq -o "$safe/trace.$1" -s 70000 -xx -v -e trace=sendmsg,recvmsg,sendto,recvfrom,execve,execveat "${@:2}"; }
enrol() { traced 1 "$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --protect passphrase && traced 2 "$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --unprotect file; }
ok "a passphrase is enrolled, and the file removed" enrol < <(words "$pass" "$pass")
agent_under="strace -D -f -qq -o $safe/trace.3 -s 70000 -xx -v -e trace=sendmsg,recvmsg,execve,execveat"
agent_start; tap $? "the agent starts"
ok "locked" is_locked
words "$pass" >"$safe/word"
unlocks() { traced 4 runuser -u "$li" -- "$agent_build/classctl" --socket "$agent_socket" unlock machine <"$safe/word"; }
ok "and is unlocked" unlocks
ok "it works" wait_until 20 works
rm "$safe/word"

all() { echo "$agent_pid"; pgrep -P "$agent_pid"; }
found=$(search memory "$safe/secrets" $(all))
ok "control: the keeper holds the key, guarded" grep -q '^machine classd-keeper guarded ' <<<"$found"
nothing "nobody else does" "$(grep ^machine <<<"$found" | grep -v ' classd-keeper guarded ')"
nothing "the passphrase is in no memory" "$(grep ^pass <<<"$found")"
nothing "nor is either in a command line, an environment or a file that is held" "$(search descriptors "$safe/secrets" $(all))"
for trace in 1 2 3 4; do
	ok "control: trace $trace has messages or programs" test -s "$safe/trace.$trace"
	nothing "nothing in messages and command lines (trace $trace)" "$(search traffic "$safe/secrets" "$safe/trace.$trace")"
done
ok "a control: a message is found that is there" grep -q . <<<"$(echo "unlock $(printf 'org.classd.Protector.Unlock' | hex)" >"$safe/control" && search traffic "$safe/control" "$safe/trace.4")"
nothing "nothing in files" "$(search files "$safe/secrets" "$agent_dir")"
agent_stop
done_testing

#!/usr/bin/env bash
# A policy pack that changes under a running agent: a bad one never replaces a good one, a good one rules at SIGHUP.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "reload" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
li=$(agent_person li) wang=$(agent_person wang)
agent_config "security_administrators: [$li, $wang]"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
as() { setpriv --reuid "$1" --regid cdt --clear-groups "$agent_build/classctl" --socket "$agent_socket" "${@:2}" </dev/null; }
status() { as "$li" status --json; }
is_bad() { status | grep -q '"code":"registrar.0/policy"'; }
is_good() { ! is_bad; }
policies() { cat "$agent_dir"/state/registrar/journal/* | grep -ac '"op":"policy"'; }
version=$(status | grep -o '"pack_version":"[^"]*"')
pack=$agent_dir/policy/us/pack.yaml
before=$(policies)
ok "the pack is in the journal" test "$before" -ge 1

cp "$pack" "$agent_dir/good.yaml"
echo 'no such: [thing' >>"$pack"
kill -HUP "$agent_pid"
ok "a bad pack is a degraded state" wait_until 20 is_bad
like "with file, line and column" "$(status)" "the old one stays: [^\"]*/[a-z]+[.]yaml:[0-9]+:[0-9]+: "
is "and the old one rules" "$(status | grep -o '"pack_version":"[^"]*"')" "$version"
is "nothing is journalled" "$(policies)" "$before"

sed 's/^  version: .*/  version: "2099.1"/' "$agent_dir/good.yaml" >"$pack"
kill -HUP "$agent_pid"
ok "a good one rules" wait_until 20 eval 'status | grep -q "\"pack_version\":\"2099.1\""'
ok "the degraded state is over" wait_until 20 is_good
is "and it is in the journal" "$(policies)" $((before + 1))
kill -HUP "$agent_pid"
ok "reading the same files again" wait_until 20 eval '[ "$(grep -c event=policy-loaded "$agent_log")" -ge 2 ]'
is "journals nothing" "$(policies)" $((before + 1))
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

#!/usr/bin/env bash
# The registrar is killed at any moment: what it acknowledged is there afterwards, the journal verifies, and the store
# is what the journal says, also when it has to be made anew.
. "$(dirname "$0")/../tap.sh"
[ "$(id -u)" -eq 0 ] || {
	skip "registrar killed" "needs root for logins of persons"
	done_testing
	exit
}
. "$(dirname "$0")/../system/agent.sh"
ctl=$(realpath "$agent_build/classctl")
sun=$(agent_person sun) moon=$(agent_person moon) audi=$(agent_person audi)
cp "$ctl" "$agent_dir/classctl"
agent_config "security_administrators: [$sun, $moon]"
as() { local user=$1; shift; setpriv --reuid "$user" --regid cdt --clear-groups "$agent_dir/classctl" --socket "$agent_socket" "$@"; }
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
ready_again() { as "$sun" person list; }

ok "one enters an auditor" as "$sun" person add "$audi" --name Audi --login "$audi" --role auditor
fails "and does not confirm that" as "$sun" person confirm "$audi"
ok "another one does" as "$moon" person confirm "$audi"
fails "an auditor enters nobody" as "$audi" person add eve --name Eve --login 60001:eve
fails "root enters nobody" "$ctl" --socket "$agent_socket" person add eve --name Eve --login 60001:eve

# Entries in a row, the process killed in between; the client says which were acknowledged.
acknowledged=$agent_dir/acknowledged
: >"$acknowledged"
for round in 1 2 3; do
	(for i in 1 2 3 4 5 6 7 8; do
		as "$sun" person add "p$round$i" --name "Person $round$i" --login "61$round$i:p$round$i" >/dev/null 2>&1 && echo "p$round$i" >>"$acknowledged"
	done) &
	wait_until 10 grep -q "p${round}3" "$acknowledged"
	kill -KILL $(agent_pids registrar)
	wait $!
	wait_until 20 ready_again
done
tap $(($(wc -l <"$acknowledged") < 9)) "persons were entered in every round"
missing=$(while read -r id; do as "$sun" person show "$id" >/dev/null 2>&1 || echo "$id"; done <"$acknowledged")
is "everything acknowledged is there" "$missing" ""
ok "the journal verifies" as "$audi" journal verify

agent_stop
state=$(dirname "$(find "$agent_dir/state" -name store.db)")
torn='{"actor":"-","op":"pers'
printf '%s' "$torn" >>"$state/journal/entries"
rm -f "$state"/store.db*
agent_start || { tap 1 "the agent starts without its store"; done_testing; exit 1; }
missing=$(while read -r id; do as "$sun" person show "$id" >/dev/null 2>&1 || echo "$id"; done <"$acknowledged")
is "a store made anew from the journal has the same" "$missing" ""
fails "the torn entry is gone" grep -qF "$torn\"" "$state/journal/entries"
ok "and the journal verifies" as "$audi" journal verify

agent_stop
printf 'x' | dd of="$state/journal/entries" bs=1 seek=40 conv=notrunc status=none
agent_start || { tap 1 "the agent starts with a changed journal"; done_testing; exit 1; }
fails "a changed byte is found" as "$audi" journal verify
agent_stop
done_testing

#!/usr/bin/env bash
# Checkouts that end by themselves: idle, logged out, suspended, left over from an earlier run; and that nothing which
# is not sealed is ever lost, whoever has it open and whatever is killed meanwhile.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "checkouts" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
li=$(agent_person li) wang=$(agent_person wang) mei=$(agent_person mei) ping=$(agent_person ping)
agent_config "security_administrators: [$li, $wang]" "checkout_idle_minutes: 1" "logout_look_s: 1"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
as() { setpriv --reuid "$1" --regid cdt --clear-groups "$agent_build/classctl" --socket "$agent_socket" "${@:2}" </dev/null; }
present=()
enter() { setpriv --reuid "$1" --regid cdt --clear-groups tail -f /dev/null & present+=("$1:$!"); } # somebody of that user is there
leave() {
	local one
	for one in "${present[@]}"; do [ "${one%:*}" = "$1" ] && kill "${one#*:}" && wait "${one#*:}"; done 2>/dev/null
	return 0
}
trap 'for one in "${present[@]}"; do kill "${one#*:}" 2>/dev/null; done; agent_clean' EXIT
person() { as "$li" person add "$1" --name "$1" --login "cdt-$1" --department planning --role drafter --category core \
	--cleared-until 2040-12-31 --undertaking 2026-01-05 && as "$wang" person confirm "$1"; }
# The two first administrators are entered by their logins, all others as above.
id_of() { case $1 in "$li" | "$wang") echo "$1" ;; *) echo "${1#cdt-}" ;; esac; }
# sealed WHO NAME: a document of that person, sealed; its number is in $number
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
sealed() {
	setpriv --reuid "$1" --regid cdt --clear-groups cp "$agent_dir/plain" "$agent_root/$2"
	wait_until 20 as "$1" tag "$agent_root/$2" --item 5.1 --level SECRET --term 5y --scope "person:$(id_of "$1")" --responsible "$wang" --reason test
	wait_until 20 as "$1" submit "$agent_root/$2"
	wait_until 20 is_sealed "$2"
	number=$(as "$1" list --json | grep -o '"number":"[^"]*"' | tail -n 1 | cut -d'"' -f4)
}
holds() { [ "$(as "$1" cat "$2" | sha256sum)" = "$(sha256sum <"$3")" ]; }
gone() { [ ! -e "$1" ] && [ ! -e "${1%/*}" ]; }
none_of() { [ "$(as "$1" checkouts --json)" = '{"checkouts":[]}' ]; }
write() { setpriv --reuid "$1" --regid cdt --clear-groups sh -c 'cat "$0" >"$1"' "$3" "$2"; }
open_of() { as "$1" open --print-path "$2"; }
kill_registrar() { agent_pids registrar | xargs -r kill -9; }

for text in plain one two three four; do echo "content $text" >"$agent_dir/$text" && chmod 644 "$agent_dir/$text"; done
for who in mei ping; do ok "$who is entered" person "$who"; done
for who in "$li" "$mei" "$ping"; do enter "$who"; done

# Idle: begun first, looked at last. And one that is idle as well, but that a program has open.
sealed "$li" idle.txt && idle=$number idle_path=$(open_of "$li" "$number")
sealed "$li" held.txt && held=$number held_path=$(open_of "$li" "$number")
ok "two checkouts are there" test -s "$idle_path" -a -s "$held_path"
exec 7<>"$held_path"

# Close leaves nothing.
sealed "$mei" closed.txt && path=$(open_of "$mei" "$number")
write "$mei" "$path" "$agent_dir/one"
ok "close" as "$mei" close "$number"
ok "leaves no file and no folder" gone "$path"
ok "and what was written is sealed" holds "$mei" "$number" "$agent_dir/one"

# Suspension, with a change that nobody has sealed yet.
sealed "$ping" suspended.txt && path=$(open_of "$ping" "$number") suspended=$number
write "$ping" "$path" "$agent_dir/two"
ok "a person is suspended" as "$wang" person suspend ping --reason test
ok "the checkout goes at once" wait_until 20 gone "$path"
ok "the suspension is lifted" as "$wang" person suspend ping --lift --reason test
ok "the last change is sealed" holds "$ping" "$suspended" "$agent_dir/two"
ok "and no checkout is left" none_of "$ping"

# Logout, and the registrar killed meanwhile.
sealed "$mei" logout.txt && path=$(open_of "$mei" "$number") logout=$number
write "$mei" "$path" "$agent_dir/three"
exec 8>>"$path"
leave "$mei"
kill_registrar
has_finding() { as "$1" findings --json | grep -o '{[^{}]*}' | grep '"code":"D25"' | grep -q "$2"; }
has_none() { ! has_finding "$@"; }
ok "logged out, a program still has it open: a finding" wait_until 60 has_finding "$mei" logout.txt
ok "and it stays" test -s "$path"
echo 'a last word' >&8
cp "$path" "$agent_dir/last"
exec 8>&-
ok "closed, it goes" wait_until 60 gone "$path"
ok "with its last word sealed" holds "$mei" "$logout" "$agent_dir/last"
ok "and the finding is closed" wait_until 20 has_none "$mei" logout.txt
ok "and the journal's chain is whole" as "$li" journal verify

# Idle, and a program still has it open: it stays, with a finding, until that has closed it.
ok "a document that a program has open stays" test -s "$held_path"
ok "with a finding" wait_until 90 has_finding "$li" held.txt
exec 7>&-
ok "closed, it goes" wait_until 90 gone "$held_path"
ok "sealed as it was" holds "$li" "$held" "$agent_dir/plain"
ok "and the finding is closed" wait_until 20 has_none "$li" held.txt
ok "what nobody touched is gone" wait_until 90 gone "$idle_path"
ok "and sealed as it was" holds "$li" "$idle" "$agent_dir/plain"

# An agent that was killed as a whole: what lies there is of an earlier run.
enter "$mei"
path=$(open_of "$mei" "$logout")
pids=$(pgrep -P "$agent_pid")
kill -9 "$agent_pid"
wait "$agent_pid" 2>/dev/null
agent_pid=''
write "$mei" "$path" "$agent_dir/four"
none_runs() { ! kill -0 $pids; }
wait_until 20 none_runs
agent_start
ok "what was left over goes" wait_until 60 gone "$path"
ok "sealed, also when it was written while no agent ran" wait_until 20 holds "$mei" "$logout" "$agent_dir/four"
is "nothing at all is left" "$(find "$agent_dir/run/open" -mindepth 1)" ""
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

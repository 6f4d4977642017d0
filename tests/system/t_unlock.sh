#!/usr/bin/env bash
# Levels that persons unlock: keys that are in memory only while somebody who may read has unlocked, and what ends that;
# and that leaving and suspension cut what is under way.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "unlock" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/register.sh"

person anna && person boris
agent_config "security_administrators: [cdt-anna, cdt-boris]" "logout_look_s: 1"
mode() { # machine or person, for SECRET; idle limit
	[ "$1" = person ] || { rm "$agent_dir/policy.d/site.yaml" && kill -HUP "$agent_pid"; return; }
	printf 'levels: [{code: SECRET, unlock: person}]\nstorage: {unlock_idle: %s}\n' "${2:-30min}" >"$agent_dir/policy.d/site.yaml"
	chmod -R a+rX "$agent_dir/policy.d"
	kill -HUP "$agent_pid"
}
mkdir "$agent_dir/policy.d"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
for who in xiu wang zhao; do
	enter "$who" --department planning --role drafter --category core --cleared-until 2040-12-31 --undertaking 2026-01-05 >/dev/null
done
appoint wang --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31 >/dev/null
ctl anna train wang --content duties --hours 4 --held "$(date -u +%Y)-01-02" >/dev/null
enter olga --department office --role secrecy-office --category core --cleared-until 2040-12-31 --undertaking 2026-01-05 >/dev/null

present=()
is_here() { setpriv --reuid "cdt-$1" --regid cdt --clear-groups tail -f /dev/null & present+=("$1:$!"); } # somebody of that user
leaves() {
	local one
	for one in "${present[@]}"; do [ "${one%:*}" = "$1" ] && kill "${one#*:}" && wait "${one#*:}"; done 2>/dev/null
	return 0
}
trap 'for one in "${present[@]}"; do kill "${one#*:}" 2>/dev/null; done; agent_clean' EXIT
for who in anna boris xiu wang zhao olga; do is_here "$who"; done

# said WHO PASSPHRASE ARGUMENT…: classctl with a passphrase on standard input
said() { local who=$1 words=$2; shift 2; printf '%s\n' "$words" | (cd "$agent_root" && setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" classctl "$@"); }
enroll() { said "$1" "words of $1" identity --unlock-key --json | grep -oE 'age1[0-9a-z]+' | head -n 1; }
unlocks() { said "$1" "words of $1" unlock "${@:2}"; }
key_file() { ls "$agent_dir"/state/keys/SECRET.*.age; }
file_of() { age -d -i "$2" "$(key_file)" 2>&1 | grep -q '^AGE-SECRET-KEY-1'; } # does that identity open the level key?
machine_opens() { ctl olga unlock --show --json | grep -oE '"level":"SECRET"[^}]*' | grep -q '"open":1'; }
machine_does_not() { ! machine_opens; }
is_file_of_persons() { grep -aq '^-> classd/unlock age1' "$(key_file)"; }
is_file_of_machine() { ! is_file_of_persons; }
sealed() { # WHO NAME: a document of that person, sealed at SECRET, for three of them; its number is in $number
	as "$1" sh -c "echo content of $2 >'$agent_root/$2'"
	wait_until 20 ctl "$1" tag "$agent_root/$2" --item 5.1 --level SECRET --term 5y --scope person:xiu,person:wang,person:zhao --responsible wang --reason test >/dev/null
	wait_until 20 ctl "$1" submit "$agent_root/$2" >/dev/null
	wait_until 20 test -e "$agent_root/$2.age"
	number=$(ctl "$1" list --json | grep -oE '"number":"[^"]*"' | tail -n 1 | cut -d'"' -f4)
}
reads() { [ "$(ctl "$1" cat "$2" 2>/dev/null)" = "content of $3" ]; }

sealed xiu before.txt
before=$number
ok "machine: read while the machine key is there" reads xiu "$before" before.txt

# A person makes an unlock key; stock age opens its file.
xiu_key=$(enroll xiu)
like "an unlock key is registered" "$xiu_key" '^age1[0-9a-z]{58}$'
is "its file is its owner's alone" "$(stat -c %a "$home/xiu/.config/classd/unlock.age")" 600
exits xiu 5 'already' "a second one does not take its place" identity --unlock-key
# refuses WHO PASSPHRASE CODE REGEX NAME ARGUMENT…
refuses() {
	local got status who=$1 words=$2 code=$3 regex=$4 name=$5
	shift 5
	got=$(said "$who" "$words" "$@" 2>&1)
	status=$?
	is "$name: exit code" $status "$code"
	like "$name: what it says" "$got" "$regex"
}
refuses xiu 'words of xiu' 5 'not confirmed' "before it is confirmed it unlocks nothing" unlock
mode person
ok "with nobody to unlock it the level stays the machine's" wait_until 10 reads xiu "$before" before.txt
ctl olga sweep >/dev/null
like "which is a finding" "$(ctl olga findings --json)" '"code":"D40"'
ok "an administrator confirms it" ctl boris person confirm xiu --key "$xiu_key"
ok "the level key is wrapped to persons now" wait_until 10 is_file_of_persons
ok "and locked" wait_until 10 machine_does_not
exits xiu 7 'The keys are locked: classctl unlock' "reading is refused" cat "$before"
exits olga 7 'The keys are locked' "what only verifies says so, too, and not that it is damaged" verify "$before"
sealed xiu meanwhile.txt
meanwhile=$number
ok "sealing goes on while it is locked" test -e "$agent_root/meanwhile.txt.age"
ok "and so does a sweep" ctl olga sweep
refuses xiu 'other words' 3 'passphrase is wrong' "a wrong passphrase" unlock
refuses zhao 'words' 6 'your unlock key is not there' "somebody without an unlock key" unlock
ok "with no agent at all: stock age opens what he made" sh -c "printf 'words of xiu\n' | script -qec 'age -d -o $agent_dir/xiu.txt $home/xiu/.config/classd/unlock.age' /dev/null >/dev/null && age -d -i $agent_dir/xiu.txt $(key_file) | grep -q AGE-SECRET-KEY-1"
ok "and escrow opens the level key" file_of SECRET "$agent_dir/escrow.key"

# Unlocked: for whoever did it.
like "unlocking says what it has opened" "$(unlocks xiu)" 'unlocked +SECRET'
ok "now it is read" reads xiu "$before" before.txt
ok "also what was sealed meanwhile" reads xiu "$meanwhile" meanwhile.txt
exits wang 7 'The keys are locked' "a colleague who may read it has to unlock himself" cat "$before"
wang_key=$(enroll wang)
ok "his key is confirmed" ctl boris person confirm wang --key "$wang_key"
wrapped() { [ "$(grep -a '^-> classd/unlock ' "$(key_file)" | tr ' ' '\n' | grep -c '^age1')" = $(($1 + 1)) ]; } # its own and so many persons
ok "the wrap for him comes at once: the key is at hand" wait_until 10 wrapped 2
like "he unlocks" "$(unlocks wang)" 'unlocked +SECRET'
ok "and reads" reads wang "$before" before.txt
install -o cdt-wang -m 600 "$home/xiu/.config/classd/unlock.age" "$home/wang/of-xiu.age"
refuses wang 'words of xiu' 5 'no such unlock key' "another's identity, passphrase and all" unlock --identity "$home/wang/of-xiu.age"
exits wang 4 'may not' "everybody's keys are locked by administrators only" lock --all
ok "lock" ctl xiu lock
exits xiu 7 'locked' "ends one's own" cat "$before"
ok "not another's" reads wang "$before" before.txt
ok "root locks all, as before sleep" "$agent_build/classctl" lock --all
ok "nothing is in memory" wait_until 10 machine_does_not
exits wang 7 'locked' "and nobody reads" cat "$before"

# The screen: what a desktop says to logind, said by a stand-in for it.
install -d -m 755 "$agent_dir/bin"
install -m 755 packaging/desktop/lock-with-screen "$agent_dir/bin/"
as_desktop() { # WORDS of the monitor
	printf '#!/bin/sh\ncat <<EOF\n%s\nEOF\n' "$1" >"$agent_dir/bin/gdbus" && chmod 755 "$agent_dir/bin/gdbus"
	as xiu env PATH="$agent_dir/bin:$agent_build:$PATH" lock-with-screen
}
unlocks xiu >/dev/null
as_desktop "/org/freedesktop/login1/session/_31: org.freedesktop.DBus.Properties.PropertiesChanged ('org.freedesktop.login1.Session', {'LockedHint': <false>}, @as [])"
ok "the screen is unlocked: nothing follows" reads xiu "$before" before.txt
as_desktop "/org/freedesktop/login1/session/_31: org.freedesktop.DBus.Properties.PropertiesChanged ('org.freedesktop.login1.Session', {'LockedHint': <true>}, @as [])"
ok "the screen is locked, and so are the keys" wait_until 10 machine_does_not
unlocks xiu >/dev/null
as_desktop "/org/freedesktop/login1/session/_31: org.freedesktop.login1.Session.Lock ()"
ok "likewise by logind's signal" wait_until 10 machine_does_not

# What rewrites headers waits, and goes on with the next who unlocks.
version_in() { head -c 400 "$agent_root/$1.age" | grep -ao 'classd/label/v1 [^ ]* [0-9]*' | cut -d' ' -f3; }
was=$(version_in meanwhile.txt)
ok "a record moves on while its key is locked" ctl wang return "$meanwhile" --reason 'not yet'
waits_for_key() { ctl wang show "$meanwhile" --json | grep -q 'The keys are locked'; }
ok "its file waits for the key" wait_until 20 waits_for_key
ok "somebody unlocks" unlocks xiu
has_moved() { [ "$(version_in meanwhile.txt)" -gt "$was" ]; }
ok "and it follows" wait_until 20 has_moved

# The end of a session: logout, and idling.
leaves xiu
ok "logged out: locked" wait_until 30 machine_does_not
is_here xiu
unlocks xiu >/dev/null
kill -9 "$(agent_pids registrar)"
ok "a registrar that was killed learns of the session from the keeper" wait_until 30 reads xiu "$before" before.txt
ok "and still ends it" ctl xiu lock
ok "so that it is locked" wait_until 10 machine_does_not
unlocks xiu >/dev/null
kill -9 "$(agent_pids keeper)"
ok "a keeper that was killed has forgotten everything" wait_until 30 machine_does_not
refuses xiu 'words of xiu' 0 'SECRET' "and takes the next unlocking" unlock

# Suspension: the next request, and what is under way.
exits boris 6 '.' "nobody" person suspend nobody --reason test
head -c 6000000 /dev/urandom | base64 -w 76 >"$agent_dir/big"
install -o cdt-xiu -m 644 "$agent_dir/big" "$agent_root/big.txt"
wait_until 20 ctl xiu tag "$agent_root/big.txt" --item 5.1 --level SECRET --term 5y --scope person:xiu,person:wang --responsible wang --reason test >/dev/null
wait_until 20 ctl xiu submit "$agent_root/big.txt" >/dev/null
ok "a big document is sealed" wait_until 30 test -e "$agent_root/big.txt.age"
big=$(ctl xiu list --json | grep -oE '"number":"[^"]*"' | tail -n 1 | cut -d'"' -f4)
open_path=$(ctl xiu open --print-path "$before")
as xiu sh -c "echo changed >>'$open_path'"
mkfifo "$agent_dir/slow"
chmod 666 "$agent_dir/slow"
(ctl xiu cat "$big" >"$agent_dir/slow" 2>"$agent_dir/slow.err"; echo $? >"$agent_dir/slow.rc") &
slow=$!
exec 9<"$agent_dir/slow"
head -c 1000 <&9 >/dev/null # it is under way, and its reader takes no more
ok "he is suspended" ctl boris person suspend xiu --reason test
exits xiu 4 'suspended' "the next request" list
rest=$(cat <&9 | wc -c)
exec 9<&-
wait $slow
is "the read under way is refused" "$(cat "$agent_dir/slow.rc")" 4
like "and says why" "$(cat "$agent_dir/slow.err")" 'cut off'
ok "less than the whole has come ($rest bytes)" test "$rest" -lt "$(($(stat -c %s "$agent_dir/big") - 1000))"
ok "his keys are locked" wait_until 10 machine_does_not
ok "his checkout goes" wait_until 20 test ! -e "$open_path"
refuses xiu 'words of xiu' 4 'suspended' "he does not unlock" unlock
ok "the wrap goes with the next who unlocks" unlocks wang
ok "as the file says" wait_until 10 wrapped 1
ok "his last change was sealed first" wait_until 20 grep -q changed <(ctl wang cat "$before")
ok "the suspension is lifted" ctl boris person suspend xiu --lift --reason test
ok "and his wrap is back: the key is at hand" wait_until 10 wrapped 2
refuses xiu 'words of xiu' 0 'SECRET' "he unlocks again" unlock

# What he could read, for the day he leaves.
reach() { ctl olga person reach "$1" --json; }
ctl boris person suspend xiu --reason test >/dev/null
has_all() { local n; for n in "${@:2}"; do reach "$1" | grep -q "\"level\":\"SECRET\",\"number\":\"$n\"" || return 1; done; }
ok "his records are listed though he is suspended" has_all xiu "$before" "$meanwhile" "$big"
like "with the reason" "$(reach xiu)" '"why":"drafter"'
like "what he has read, and when" "$(reach xiu)" "\"reads\":\[\{\"act\":\"read\",\"number\":\"$before\",\"time\":\"20"
like "the key of his that is left" "$(reach xiu)" "\"fingerprint\":\"$xiu_key\",\"kind\":\"unlock\""
like "and the level whose key he had in hand" "$(reach xiu)" '"rotate":\["SECRET"\]'
is "who is in scope of less has less" "$(reach zhao | grep -o '"why"' | wc -l)" 2
is "and who is in scope of none has none" "$(reach olga | grep -c '"why"')" 0
like "for people" "$(ctl olga person reach xiu)" 'Could read on .*: [0-9]+ records.*Has read or taken out'
exits wang 4 'may not ask' "it is not everybody's to ask" person reach xiu
ctl boris person suspend xiu --lift --reason test >/dev/null

# Every method, whatever it is told, but for those that anybody may call.
ctl boris person suspend xiu --reason test >/dev/null
said_to_xiu() { # an interpreter may be its owner's alone: it becomes xiu by itself
	python3 -c 'import array, json, os, socket, sys
program = open("tests/system/varlink.py").read()
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[2]))
sys.argv[:] = sys.argv[2:]
exec(program, {"__name__": "__main__"})' "$(getent group cdt | cut -d: -f3)" "$(id -u cdt-xiu)" "$agent_socket" "$1" '{}'
}
n=0
for file in include/classd/org.classd.*.varlink; do
	for method in $(sed -nE 's/^method ([A-Za-z]+).*/\1/p' "$file"); do
		name=$(basename "$file" .varlink).$method
		case $name in org.classd.Agent.GetStatus | org.classd.Agent.WhoAmI | org.classd.Policy.Get | org.classd.Unlock.Lock | org.classd.Oversight.Sweep | org.classd.Backup.Create | org.classd.Protector.GetProtectors | org.classd.Protector.Unlock) continue ;; esac
		n=$((n + 1))
		said_to_xiu "$name" | grep -q '"code":"suspended"' || tap 1 "$name takes no heed of a suspension"
	done
done
ok "$n methods refuse whoever is suspended" test "$n" -gt 40
exits xiu 4 'suspended' "and so does a sweep" sweep
ctl boris person suspend xiu --lift --reason test >/dev/null

# A finding where nobody can unlock.
has_unlock_finding() { ctl olga sweep >/dev/null; ctl olga findings --json | grep -q "\"code\":\"D40\"[^}]*$1"; }
has_no_unlock_finding() { ! has_unlock_finding "$@"; }
ok "no finding while everything is right" has_no_unlock_finding SECRET
for who in xiu wang; do ctl boris person suspend $who --reason test >/dev/null; done
ok "nobody who may read could unlock: a finding" wait_until 10 has_unlock_finding 'only escrow has it'
for who in xiu wang; do ctl boris person suspend $who --lift --reason test >/dev/null; done
ok "which goes when somebody can" wait_until 10 has_no_unlock_finding SECRET

# Back to the machine.
unlocks wang >/dev/null
mode machine
ok "a level becomes the machine's again while its key is at hand" wait_until 10 is_file_of_machine
ctl xiu lock && ctl wang lock
ok "and is read without anybody" ctl zhao cat "$before"
refuses xiu 'words of xiu' 5 'No level waits for a person' "whoever unlocks all the same is told so" unlock
done_testing

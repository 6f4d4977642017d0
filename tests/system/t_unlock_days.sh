#!/usr/bin/env bash
# What days do to levels that persons unlock: idling, a wrap that does not come, and somebody's last day.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "unlock, day by day" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/register.sh"
person anna && person boris
day 2026-03-02
agent_config "security_administrators: [cdt-anna, cdt-boris]" "clock: file:$agent_dir/clock" 'logout_look_s: 1'
mkdir "$agent_dir/policy.d"
idle() { printf 'levels: [{code: SECRET, unlock: person}]\nstorage: {unlock_idle: %s}\n' "$1" >"$agent_dir/policy.d/site.yaml" && chmod -R a+rX "$agent_dir/policy.d"; }
idle 1min
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
for who in yan wang; do
	ok "$who is entered" enter "$who" --department planning --role drafter --category core --cleared-until 2040-12-31 --undertaking 2026-01-05
done
ok "and the office" enter olga --department office --role secrecy-office --category core --cleared-until 2040-12-31 --undertaking 2026-01-05
present=()
for who in anna boris yan wang olga; do # they are logged in: a session ends with a logout
	setpriv --reuid "cdt-$who" --regid cdt --clear-groups tail -f /dev/null &
	present+=($!)
done
trap 'kill "${present[@]}" 2>/dev/null; agent_clean' EXIT

said() { local who=$1; shift; printf 'words of %s\n' "$who" | (cd "$agent_root" && setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" classctl "$@"); }
enroll() { said "$1" identity --unlock-key --json | grep -oE 'age1[0-9a-z]+' | head -n 1; }
unlocked() { ctl "$1" unlock --show --json | grep -q '"unlocked":true'; }
not_unlocked() { ! unlocked "$1"; }
is_open() { ctl olga unlock --show --json | grep -oE '"level":"SECRET"[^}]*' | grep -q '"open":1'; }
is_shut() { ! is_open; }
wraps() { grep -a '^-> classd/unlock ' "$agent_dir"/state/keys/SECRET.*.age | tr ' ' '\n' | grep -c '^age1'; } # its own, and each person's
has_wraps() { [ "$(wraps)" -eq "$1" ]; }

yan_key=$(enroll yan)
ok "one key is confirmed" ctl boris person confirm yan --key "$yan_key"
ok "the level is his to unlock" wait_until 20 has_wraps 2
ok "and shut" wait_until 20 is_shut
as yan sh -c "echo content >'$agent_root/plan.txt'"
ok "a document" wait_until 20 ctl yan tag "$agent_root/plan.txt" --item 5.1 --level SECRET --term 5y --scope person:yan,person:wang --responsible wang --reason test
ok "is sealed" wait_until 30 test -e "$agent_root/plan.txt.age"
number=$(number_of)

# ---- a wrap that does not come ----
wang_key=$(enroll wang)
ok "another key is confirmed while nobody has the level open" ctl boris person confirm wang --key "$wang_key"
d40() { ctl olga sweep >/dev/null; ctl olga findings --json | grep -o '{[^{}]*}' | grep '"code":"D40"' | grep -q "wrapped to it yet"; }
no_d40() { ! d40; }
today() { ctl olga status --json | grep -q "\"today\":\"$1\""; }
to_day() { day "$1"; wait_until 90 today "$1"; ctl anna clock confirm --day "$1" >/dev/null 2>&1; today "$1"; }
ok "on the same day that is no finding" no_d40
ok "a day later" to_day 2026-03-03
ok "neither" no_d40
ok "two days later" to_day 2026-03-04
ok "it is one: somebody who opens the level has to unlock" d40
is "its file has no wrap for him yet" "$(wraps)" 2
like "one does" "$(said yan unlock)" 'unlocked +SECRET'
ok "the wrap is made" wait_until 20 has_wraps 3
ok "and the finding is closed" no_d40

# ---- idling ----
is "he reads" "$(ctl yan cat "$number")" content
is_idle() { ctl yan unlock --show --json | grep -q "\"idle_minutes\":$1[^0-9]"; }
ok "the pack's limit counts" is_idle 1
ok "his session is open" unlocked yan
ok "after his limit it has ended by itself" wait_until 120 not_unlocked yan
ok "and nothing is in memory" wait_until 20 is_shut
exits yan 7 'The keys are locked' "he unlocks again" cat "$number"

# ---- the last day ----
idle 30min # it is not idling that ends the next one
kill -HUP "$agent_pid"
ok "the pack has another limit" wait_until 20 is_idle 30
last_day() { ctl anna person change yan --until 2026-03-05 && ctl boris person confirm yan --change; }
ok "his last day is entered" last_day
ok "it has come" to_day 2026-03-05
ok "and he still unlocks" said yan unlock
open_path=$(ctl yan open --print-path "$number")
ok "and has the document open" test -e "$open_path"
as yan sh -c "echo more >>'$open_path'"
ok "the session is there" unlocked yan
day 2026-03-06
session_ended() { grep -ahE '"op":"(unlock|lock)[^"]*"' "$agent_dir"/state/registrar/journal/* | tail -n 1 | grep -q left; }
for _ in 1 2 3; do ctl wang list >/dev/null; done
ok "the day after, the session has ended" wait_until 150 is_shut
ok "because he left" session_ended
ok "his checkout is gone" wait_until 60 test ! -e "$open_path"
exits yan 4 'no person' "he is nobody" cat "$number"
ok "a colleague unlocks" said wang unlock
has_more() { ctl wang cat "$number" | grep -q more; }
ok "and reads his last change: it was sealed first" wait_until 30 has_more
ok "the wrap for him is gone" wait_until 20 has_wraps 2
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

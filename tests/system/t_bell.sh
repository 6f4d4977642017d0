#!/usr/bin/env bash
# Who is rung, in the pack cn: urgent cases ring whoever is asked and who lawfully stands in for him, at once; what nears its day or
# is late rings by the pack's lead times (R40): the owner, the responsible person, the head, the office. Nobody else, nothing twice,
# nothing lost; a kind and a number alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "ringing" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins CONFIDENTIAL
{
	enter mei --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	appoint mei --kind stand-in --for li --level CONFIDENTIAL --department planning --from 2026-01-01 --until "$(after '20 days')"
	ctl anna train mei --content 定密 --hours 4 --held "$(after '-30 days')"
	enter zhou --department planning --role drafter,head --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	enter eve --department audit --role auditor
} >>"$agent_dir/register.log" 2>&1
mkdir "$agent_dir/desktop" && cat >"$agent_dir/desktop/notify-send" <<EOF
#!/bin/sh
printf '%s\n' "\$*" >>"$agent_dir/desktop/said"
EOF
chmod 755 "$agent_dir/desktop/notify-send" && : >"$agent_dir/desktop/said" && chmod 666 "$agent_dir/desktop/said"
declare -A pid
follow() { # WHO OPTION…
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_dir/desktop:$agent_build:$PATH" \
		classctl bell --follow "$@" </dev/null >>"$agent_dir/bell.$who" 2>>"$agent_dir/bell.$who.err") &
	pid[$who]=$!
}
leave() { kill "${pid[$1]}" 2>/dev/null; wait "${pid[$1]}" 2>/dev/null; }
trap 'for who in "${!pid[@]}"; do kill -CONT "${pid[$who]}" 2>/dev/null; leave "$who"; done; agent_clean' EXIT
rung() { grep -c "\"number\":\"$2\"" "$agent_dir/bell.$1"; }
rings() { [ "$(rung "$1" "$2")" = "${3:-1}" ]; }
hears() { ! kill -0 "${pid[$1]}" 2>/dev/null || [ -s "$home/$1/.local/state/classd/bell" ] || [ -e "$home/$1/.local/state/classd/bell" ]; }
submitted() { # NAME OPTION…: the number is in $n
	local name=$1
	shift
	{ save dana "$name" plain-zh.docx && ctl dana tag "$name" --responsible li --item 1.4 --scope dept:planning && n=$(number_of) &&
		ctl dana submit "$n" --wait "$@"; } >"$agent_dir/said" 2>&1 || { sed 's/^/# /' "$agent_dir/said"; return 1; }
}
for who in li mei wang zhou olga; do follow "$who" --json --notify; done
for who in li mei wang zhou olga; do wait_until 20 hears "$who"; done
ok "nothing calls yet" [ ! -s "$agent_dir/bell.li" ]
exits eve 0 '^nothing calls for you$' "an auditor is called for nothing" bell

# Urgent: at once, the one who is asked and his stand-in.
submitted secret-plan.docx --urgent
urgent=$n
ok "whoever is asked is rung" wait_until 20 rings li "$urgent"
ok "and who stands in for him" wait_until 20 rings mei "$urgent"
for who in wang zhou olga; do is "$who is not" "$(rung "$who" "$urgent")" 0; done
has_said() { grep -q -- "$1" "$agent_dir/desktop/said"; }
ok "on the desktop, too" wait_until 20 has_said "--urgency=critical -- URGENT: $urgent"
fails "without a title" grep -rq 'secret-plan' "$agent_dir/desktop/said" "$agent_dir"/bell.*
like "asked once, it is told" "$(ctl li bell)" "URGENT +$urgent"
is "and to nobody else" "$(ctl wang bell)$(ctl zhou bell)" ''
exits li 2 'missing' "the desktop without waiting" bell --notify
exits li 7 'listens already' "two listeners of one person" bell --follow

# One that does not read costs nothing; who was away hears what he missed, once.
kill -STOP "${pid[mei]}"
leave li
submitted second.docx --urgent
second=$n
follow li --json
ok "who was away hears what he missed" wait_until 20 rings li "$second"
ok "and nothing twice" rings li "$urgent"
ctl olga sweep >/dev/null
kill -CONT "${pid[mei]}"
ok "who did not read does, too" wait_until 20 rings mei "$second"
agent_stop
agent_start
ok "after a restart of the agent" ctl li status
submitted third.docx --urgent
third=$n
ok "they go on" wait_until 60 rings li "$third"
ok "both" wait_until 60 rings mei "$third"
for n in "$urgent" "$second"; do ok "nothing rang twice" rings li "$n"; done

# What ends, ends: a stand-in without his appointment, and a person who is suspended.
appointment=$(ctl anna person show mei --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | tail -n 1)
ok "the stand-in ends" ctl anna appoint mei --end "$appointment" --reason 返岗
submitted fourth.docx --urgent
fourth=$n
ok "whoever is asked is rung" wait_until 20 rings li "$fourth"
is "who stood in is told of nothing any more" "$(ctl mei bell)" ''
is "nor rung" "$(rung mei "$fourth")" 0
ok "somebody is suspended" ctl anna person suspend mei --reason 调查
ctl olga sweep >/dev/null
over() { ! kill -0 "${pid[mei]}" 2>/dev/null; }
ok "his bell is silent" wait_until 20 over
wait "${pid[mei]}"
is "because he is refused" "$?" 4
for n in "$urgent" "$second" "$third" "$fourth"; do ctl li approve "$n" --key "$home/li/key" >/dev/null; done
is "what is decided calls no more" "$(ctl li bell | grep -c URGENT)" 0

# R40: by the lead times of the pack, each step in its turn: 7 days before, the day after, ten days after.
submitted waits.docx
waits=$n
due=$(ctl olga due --until "$(after '60 days')" --json | grep -oE "\"date\":\"[^\"]*\",\"kind\":\"proposal-waits\",\"number\":\"$waits\"" | cut -d'"' -f4)
step_of() { grep "\"number\":\"$2\"" "$agent_dir/bell.$1" | grep -oE '"step":"[a-z-]+"' | cut -d'"' -f4 | paste -sd' '; }
stands() { [ "$(step_of "$1" "$waits")" = "$2" ]; }
on() { day "$(date -u -d "$due + $1 days" +%F)"; ctl anna clock confirm >/dev/null 2>&1; ctl olga sweep >/dev/null; }
on -5
ok "five days before, its responsible person" wait_until 20 stands li responsible
is "not the head" "$(step_of zhou "$waits")" ''
on 1
ok "the day after, the head" wait_until 20 stands zhou superior
is "not the office" "$(step_of olga "$waits")" ''
on 10
ok "ten days after, the office" wait_until 20 stands olga secrecy-office
on 11
ctl olga sweep >/dev/null
for who in li:responsible zhou:superior olga:secrecy-office; do is "each once" "$(step_of "${who%:*}" "$waits")" "${who#*:}"; done
is "and nobody else" "$(step_of wang "$waits")" ''
done_testing

#!/usr/bin/env bash
# Two days of an office by a clock that runs fast, quarter of an hour by quarter of an hour: what the second one leaves in
# memory and open files of every process is what the first one left.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "a day" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
days=2
[ -z "${CLASSD_LONG:-}" ] || days=${CLASSD_DAYS:-8}
person anna
person boris
today=$(date -u +%F)
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' "clock: file:$agent_dir/clock" 'rescan_s: 10' 'inspector_idle_s: 1'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
cleared=(--category core --cleared-until 2045-12-31 --undertaking 2026-01-05)
{
	for id in dana li; do enter "$id" --department planning --role drafter,responsible "${cleared[@]}"; done
	enter olga --department office --role secrecy-office
	appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	ctl anna train li --content duties --hours 4 --held "$(date -u +%Y)-01-02"
	sign_key li
} >"$agent_dir/register.log" 2>&1

# A register that fills the store's cache before the first day: what grows after that is not the cache.
as dana bash -c "mkdir '$agent_root/earlier' && for i in {1..2000}; do echo \"earlier \$i\" >'$agent_root/earlier/'\$i.txt; done"
is_known() { [ "$(ctl dana status --json | jq '[.. | .unrecorded? | numbers][0]')" -eq 2000 ]; }
is_sealed_earlier() { [ "$(find "$agent_root/earlier" -name '*.age' | wc -l)" -eq 2000 ]; }
ok "files of earlier years are seen" wait_until 120 is_known
ok "and tagged" ctl dana tag -r "$agent_root/earlier" --item 1.4 --scope dept:planning --responsible li --submit
ok "and sealed" wait_until 120 is_sealed_earlier

failed=0 acts=0
act() { # NAME WHO ARGUMENT…: classctl as that person
	local name=$1
	shift
	acts=$((acts + 1))
	ctl "$@" >"$agent_dir/said" 2>&1 || { failed=$((failed + 1)); { echo "$name:"; cat "$agent_dir/said"; } | sed 's/^/# /'; }
}
new_document() { # NAME: saved, tagged, proposed; the number is in $n
	echo "$1 $RANDOM" >"$agent_dir/saved"
	install -o cdt-dana -g cdt -m 644 "$agent_dir/saved" "$agent_root/.~new" && mv "$agent_root/.~new" "$agent_root/$1"
	act "tag $1" dana tag "$1" --item 1.4 --scope dept:planning --responsible li
	n=$(field record <"$agent_dir/said")
	act "submit $1" dana submit "$n" --wait
}
edit() {
	local path
	path=$(ctl dana open --print-path "$1" 2>/dev/null) && as dana sh -c "echo 'edited $RANDOM' >'$path'"
	act "close $1" dana close "$1"
}
lose() { # a sealed file goes, and is brought back
	rm -f "$agent_root/$1.age"
	wait_until 20 has_finding D24 "$2" >/dev/null
	act "restore $1" dana restore "$2"
}
quarter() { # DAY QUARTER
	local hour=$(($2 / 4)) name=d$1q$2.txt
	printf '%s %02d:%02d\n' "$(date -u -d "$today + $1 days" +%F)" $hour $(($2 % 4 * 15)) >"$agent_dir/clock"
	[ $(($2 % 8)) -ne 0 ] || act sweep olga sweep
	[ $hour -ge 8 ] && [ $hour -lt 17 ] || return 0
	new_document "$name"
	case $(($2 % 4)) in
	0) act approve li approve "$n" --key "$home/li/key" ;;
	1) edit "$n" ;;
	2) lose "$name" "$n" ;;
	3) act read li cat "$n"; act findings olga findings; act status dana status --all; act list li list ;;
	esac
}
roles() { for role in watcher sealer keeper registrar; do agent_pids $role; done; }
# Anonymous memory, in KiB, and open files of each process, by name.
held() {
	local p
	for p in $agent_pid $(roles); do
		echo "$(cat "/proc/$p/comm") $p $(awk '/^RssAnon/ { print $2 }' "/proc/$p/status") $(ls "/proc/$p/fd" | wc -l)"
	done
}
# What a burst had goes back when nothing has come for a second.
is_at_rest() { held >"$agent_dir/held.now"; sleep 3; [ "$(held)" = "$(cat "$agent_dir/held.now")" ]; }
is_quiet() { [ -z "$(agent_pids inspector)" ] && ! ctl olga list --json --limit 5000 | grep -qE '"sealing":"(wanted|sealing)"'; }
for ((d = 1; d <= days; d++)); do
	for ((q = 0; q < 96; q++)); do quarter $d $q; done
	ok "day $d comes to rest" wait_until 30 is_quiet
	sleep 2 # two rescans
	wait_until 30 is_at_rest
	mv "$agent_dir/held.now" "$agent_dir/held.$d"
done
is "nothing that anybody did failed ($acts acts)" $failed 0
for ((d = 1; d <= days; d++)); do sed "s/^/# day $d: /" "$agent_dir/held.$d"; done
first=$agent_dir/held.$((days / 2)) last=$agent_dir/held.$days
is "the same processes, none died" "$(awk '{ print $1, $2 }' "$last")" "$(awk '{ print $1, $2 }' "$first")"
most_open() { awk '$4 > most[$1] { most[$1] = $4 } END { for (name in most) print name, most[name] }' "$1" | sort; } # a sealer opens .classd with its first file
is "with as many open files" "$(most_open "$last")" "$(most_open "$first")"
growth=$(paste "$first" "$last" | awk '{ g = $7 - $3; if (g > most) most = g } END { print most + 0 }')
# The cache of the store is given back by a sweep and fills again: up to 440 KiB from one day to the next, and none over five.
ok "and no more memory (at most $growth KiB)" test "$growth" -le 512
echo "# figure: accelerated days: $days of 24 h, $acts acts of persons: open files the same, memory at most $growth KiB more"
agent_stop
done_testing

#!/usr/bin/env bash
# A busy agent whose processes are killed all the time, the supervisor among them: nothing that was saved is lost, nothing
# that was acknowledged is forgotten, and nothing stays undone.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "kills" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/../system/agent.sh"
wanted=500 a_life=25 # after so many the supervisor's pauses grow longer than the work; its own end begins a new life
[ -z "${CLASSD_LONG:-}" ] || wanted=5000
[ -z "${CLASSD_KILLS:-}" ] || wanted=$CLASSD_KILLS
RANDOM=${CLASSD_SEED:-$(($(date +%s) % 32768))}
echo "# seed $RANDOM"
li=$(agent_person li) wang=$(agent_person wang)
agent_config "security_administrators: [$li, $wang]"
as() { setpriv --reuid "$1" --regid cdt --clear-groups env HOME=/nonexistent "$agent_build/classctl" --socket "$agent_socket" "${@:2}" </dev/null; }
facts=(--item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" --reason test)
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }

# One who saves and tags folder after folder, and writes down what was saved and what was acknowledged.
saved=$agent_dir/saved acknowledged=$agent_dir/acknowledged closed=$agent_dir/closed
touch "$saved" "$acknowledged" "$closed"
save() { # FOLDER/NAME: whole before it has its name
	echo "$1 $RANDOM $RANDOM" >"$agent_dir/content"
	install -o "$li" -m 644 "$agent_dir/content" "$agent_root/$1.tmp" && mv "$agent_root/$1.tmp" "$agent_root/$1" &&
		echo "$1 $(sha256sum <"$agent_dir/content" | cut -d' ' -f1)" >>"$saved"
}
save_and_tag() {
	local folder i=0
	while [ ! -e "$agent_dir/stop" ]; do
		folder=f$1-$((++i))
		install -d -o "$li" -m 755 "$agent_root/$folder"
		for name in a b c d; do save "$folder/$name.txt"; done
		as "$li" tag -r "$agent_root/$folder" "${facts[@]}" --submit >/dev/null 2>&1 && echo "$folder" >>"$acknowledged"
	done
}
# One who works on one document: the content that was closed last is the content, unless a later one was on its way.
edit_once() { # CONTENT
	local path
	path=$(as "$li" open --print-path "$edited" 2>/dev/null) || return
	echo "$1" >"$agent_dir/edit"
	setpriv --reuid "$li" --regid cdt --clear-groups cp "$agent_dir/edit" "$path" 2>/dev/null || return
	echo "written $(sha256sum <"$agent_dir/edit" | cut -d' ' -f1)" >>"$closed"
	as "$li" close "$edited" >/dev/null 2>&1 && echo closed >>"$closed"
}
edit() {
	local i=0
	while [ ! -e "$agent_dir/stop" ]; do edit_once "content $1 $((++i))"; done
}

save edited.txt
is_tagged() { as "$li" tag "$agent_root/edited.txt" "${facts[@]}" --submit; }
ok "a document to work on" wait_until 20 is_tagged
edited=$(as "$li" status --all --json | jq -r '[.. | .record? // empty | strings | select(. != "")][0]')
is_sealed() { [ -e "$agent_root/edited.txt.age" ] && [ ! -e "$agent_root/edited.txt" ]; }
ok "it is sealed" wait_until 20 is_sealed
{ awk '{ print "written", $2 }' "$saved"; echo closed; } >"$closed"
: >"$saved" # the content of that one goes on

kills=0
declare -A killed=()
kill_one() { # any process of this agent, also one that has just begun
	local pids pid name
	mapfile -t pids < <(pgrep -P "$agent_pid" classd-)
	[ ${#pids[@]} -gt 0 ] || return
	pid=${pids[RANDOM % ${#pids[@]}]}
	name=$(cat "/proc/$pid/comm" 2>/dev/null)
	kill -KILL "$pid" 2>/dev/null || return
	kills=$((kills + 1)) killed[$name]=$((${killed[$name]:-0} + 1))
}
lives=0 starts_failed=0
while [ $kills -lt $wanted ]; do
	lives=$((lives + 1))
	rm -f "$agent_dir/stop"
	[ $((lives % 4)) -ne 1 ] || edit_once "content before life $lives" # in peace: the storm lets few come to an end
	save_and_tag $lives &
	one=$!
	edit $lives &
	two=$!
	end=$((SECONDS + 60)) last=$((kills + a_life - 1))
	while [ $kills -lt $last ] && [ $SECONDS -lt $end ]; do
		kill_one
		sleep "0.0$((RANDOM % 9 + 1))"
	done
	roles=$(pgrep -P "$agent_pid")
	kill -KILL "$agent_pid"
	wait "$agent_pid" 2>/dev/null
	kills=$((kills + 1)) killed[supervisor]=$((${killed[supervisor]:-0} + 1))
	ended() { local pid; for pid in $roles; do [ ! -e "/proc/$pid" ] || return 1; done; }
	wait_until 20 ended
	touch "$agent_dir/stop"
	wait $one $two
	umount "$agent_dir/run/open" 2>/dev/null # what a power cut does
	agent_start || starts_failed=$((starts_failed + 1))
done
is "it started again every time" $starts_failed 0
ok "processes were killed, the supervisor among them ($lives lives)" test $kills -ge $wanted
echo "# $(for name in "${!killed[@]}"; do printf '%s %d  ' "$name" "${killed[$name]}"; done)"

tag_rest() { as "$li" tag -r "$agent_root" "${facts[@]}" --submit; }
in_clear() { find "$agent_root" -name '*.txt' ! -path '*/.classd/*'; }
none_in_clear() { [ -z "$(in_clear)" ] || { tag_rest >/dev/null 2>&1; [ -z "$(in_clear)" ]; }; }
ok "everything ends sealed" wait_until 120 none_in_clear
stuck=$(in_clear | wc -l)
in_clear | while read -r file; do # what holds it
	ls -lai "${file%/*}"
	as "$li" show "$file"
	as "$li" status --all --json | jq -c --arg path "$file" '.documents[] | select(.path | startswith($path))'
	as "$li" findings
	tail -n 30 "$agent_log"
done | sed 's/^/# /'
is_whole() { as "$li" status --exit-code; }
ok "nothing is degraded in the end" wait_until 60 is_whole

lost=0
while read -r name digest; do
	[ "$(age -d -i "$agent_dir/escrow.key" "$agent_root/$name.age" 2>/dev/null | sha256sum | cut -d' ' -f1)" = "$digest" ] ||
		{ lost=$((lost + 1)); echo "# lost: $name"; }
done <"$saved"
is "every saved document is in its sealed file" $lost 0
records=$(as "$li" status --json | jq '[.. | .records? | numbers][0]')
is "and each has one record" "$records" $(($(wc -l <"$saved") + 1))
[ "$records" = $(($(wc -l <"$saved") + 1)) ] || { # which are beyond those
	as "$li" list --json | jq -r '.records[] | [.number, .state, .path, .sealing] | @tsv' | while IFS=$'\t' read -r number state path sealing; do
		grep -qxF "${path%.age}" <(cut -d' ' -f1 "$saved"; echo edited.txt) || echo "# beyond: $number $state $path $sealing"
	done
	as "$li" list --json | jq -r '.records[].path' | sort | uniq -d | sed 's/^/# twice: /'
}
as "$li" list --json --limit 100000 >"$agent_dir/listed"
forgotten=$(while read -r folder; do grep -qF "$folder/a.txt" "$agent_dir/listed" || echo "$folder"; done <"$acknowledged")
is "what was acknowledged is in the register" "$forgotten" ""
ok "folders were acknowledged meanwhile ($(wc -l <"$acknowledged"))" test -s "$acknowledged"

as "$li" close "$edited" >/dev/null 2>&1
reads() { as "$li" cat "$edited" >"$agent_dir/now" 2>"$agent_dir/why"; }
ok "the edited document can be read" wait_until 60 reads
[ -s "$agent_dir/now" ] || { cat "$agent_dir/why"; as "$li" show "$edited"; tail -n 40 "$agent_log"; } | sed 's/^/# /'
now=$(sha256sum <"$agent_dir/now" | cut -d' ' -f1)
may_be=$(awk '$1 == "written" { one = $2; since[n++] = $2 } $1 == "closed" { last = one; n = 0 }
	END { print last; for (i = 0; i < n; i++) print since[i] }' "$closed")
ok "the content that was closed last, or one that was on its way" grep -qx "$now" <<<"$may_be"
ok "contents were closed meanwhile ($(($(grep -c closed "$closed") - 1)))" test "$(grep -c closed "$closed")" -gt 2
ok "the journal's chain is whole" as "$li" journal verify
is "nothing is left in .classd but what is kept" "$(ls "$agent_root/.classd")" keep
echo "# figure: kills: $kills in $lives lives, $(wc -l <"$saved") documents: lost $lost, stuck $stuck"
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

#!/usr/bin/env bash
# A backup becomes a machine again, an older state is noticed, and nothing that the sealed files have is lost.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "restoring a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
home=$agent_dir/home
mkdir -m 755 "$home"
for name in anna boris dana li; do
	login=$(agent_person "$name")
	install -d -m 700 -o "$login" "$home/$name"
done
agent_config 'security_administrators: [cdt-anna, cdt-boris]'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en
as() {
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" "$@" </dev/null)
}
ctl() { local who=$1; shift; as "$who" classctl "$@"; }
exits() { # CODE REGEX NAME COMMAND…
	local code=$1 words=$2 name=$3 said status
	shift 3
	said=$("$@" 2>&1)
	status=$?
	is "$name: exit code" $status "$code"
	like "$name: what it says" "$said" "$words"
}
enter_persons() {
	ctl anna person add dana --name Dana --login cdt-dana --department planning --role drafter --category important \
		--cleared-until 2040-12-31 --undertaking 2026-01-05 && ctl boris person confirm dana &&
		ctl anna person add li --name Li --login cdt-li --department planning --role drafter,responsible \
			--category core --cleared-until 2040-12-31 --undertaking 2026-01-05 && ctl boris person confirm li &&
		ctl anna appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2039-12-31 \
			--document 'Order 12/2026' &&
		ctl boris person confirm li --appointment "$(ctl boris person show li --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | head -n 1)" &&
		ctl anna train li --content 'limits' --hours 4 --held "$(date -u +%Y)-01-10" &&
		as li ssh-keygen -q -t ed25519 -N '' -f "$home/li/key" && ctl li identity --key "$home/li/key" &&
		ctl boris person confirm li --key "$(ssh-keygen -lf "$home/li/key.pub" | cut -d' ' -f2)"
}
ok "persons and a key are entered" enter_persons

declare -A number=() before=()
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ] && ctl li show "${number[$1]}" --json | grep -q '"sealing":"sealed"'; }
is_seen() { ctl dana status "$1" | grep -q settled; }
make() {
	cp tests/fixtures/report-en.docx "$agent_root/$1" && chown cdt-dana:cdt "$agent_root/$1" && wait_until 15 is_seen "$1" &&
		ctl dana tag "$1" --item 5.1 --level SECRET --term 5y --scope "person:dana,person:li" --responsible li --reason plan || return 1
	number[$1]=$(ctl dana show "$1" --json | grep -oE '"number":"[^"]*' | head -n 1 | cut -d'"' -f4)
	wait_until 15 is_sealed "$1"
}
decide() { ctl dana submit "${number[$1]}" && wait_until 15 is_sealed "$1" && ctl li approve "${number[$1]}" --key "$home/li/key" && wait_until 15 is_sealed "$1"; }
change() {
	local path
	path=$(ctl dana open --print-path "${number[$1]}") && as dana cp "$agent_dir/next.odt" "$path" &&
		ctl dana close "${number[$1]}" && wait_until 15 is_sealed "$1"
}
facts() { ctl li show "$1" --json | sed 's/.*"label":/"label":/'; }
label_is() { facts "${number[$1]}" | grep -q "\"state\":\"$2\""; }
same() { local name; for name in "$@"; do [ "$(facts "${number[$name]}")" = "${before[$name]}" ] || { echo "$name"; diff <(facts "${number[$name]}") - <<<"${before[$name]}"; return 1; }; done; }
opens() { [ "$(ctl dana cat "${number[$1]}" | sha256sum)" = "$(sha256sum <"$2")" ]; }
restore() { agent_run --restore "$1" --identity "${2:-$agent_dir/escrow.key}"; }
install -m 644 tests/fixtures/report-en.odt "$agent_dir/next.odt"

# ---- a backup, and what happens afterwards ----
for name in steady decided later; do make $name >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"; done
ok "one is decided" decide decided
"$agent_build/classctl" backup create "$agent_dir/good.age" >/dev/null
tap $? "a backup is made"
cp -a "$agent_dir/state" "$agent_dir/old"
make newcomer >/dev/null 2>&1
ok "after it: another document" is_sealed newcomer
ok "after it: a decision" decide later
ok "after it: other content" change decided
ok "labels have reached their files" wait_until 15 label_is later classified
for name in steady decided later newcomer; do is_sealed $name && before[$name]=$(facts "${number[$name]}"); done
ctl dana cat "${number[later]}" >"$agent_dir/later.docx"

# ---- a crash is no rollback ----
for i in 1 2 3; do make "crash$i" >/dev/null 2>&1; done
kill -KILL $(agent_pids registrar) $(agent_pids keeper)
is_back() { ctl anna status | grep -q '^records'; }
wait_until 30 is_back
roles=$(pgrep -P "$agent_pid")
kill -KILL "$agent_pid" && wait "$agent_pid" 2>/dev/null
agent_pid=''
# shellcheck disable=SC2086
gone() { ! kill -0 $roles 2>/dev/null; }
wait_until 15 gone
agent_start
is "after a crash nothing is called a rollback" "$(ctl anna status | grep -cE 'rollback|restored')" 0
agent_stop

# ---- restore: where, with what, and what is cut short ----
exits 5 'only restored where there is no state' "never over a state" restore "$agent_dir/good.age"
mv "$agent_dir/state" "$agent_dir/lost"
age-keygen -o "$agent_dir/other.key" 2>/dev/null
exits 3 'wrong key' "with another identity" restore "$agent_dir/good.age" "$agent_dir/other.key"
head -c 60000 "$agent_dir/good.age" >"$agent_dir/cut.age"
exits 10 'damaged' "a cut backup" restore "$agent_dir/cut.age"
is "nothing of it stays" "$(ls "$agent_dir/state" | grep -vE '^(lock|trial|protectors)$')" ""
starts() { agent_run; }
exits 5 'is new' "and nothing starts" starts
# One that waits for the rest of its backup is killed.
mkfifo "$agent_dir/slow"
"$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --restore "$agent_dir/slow" --identity "$agent_dir/escrow.key" >/dev/null 2>&1 &
slow=$!
exec 7<>"$agent_dir/slow"
head -c -1000 "$agent_dir/good.age" 2>/dev/null 7>&- >"$agent_dir/slow" & # ends with the last who reads
has_begun() { [ -n "$(ls -A "$agent_dir/state/restoring" 2>/dev/null)" ]; }
ok "a restore is under way" wait_until 15 has_begun
child=$(pgrep -P $slow)
is "its child is not root" "$(ps -o user= -p "$child" | cut -c1-8)" cdt-keep
kill -KILL $slow
wait $slow 2>/dev/null
nobody() { ! kill -0 "$child" 2>/dev/null; }
ok "its child ends with it" wait_until 15 nobody
exec 7>&-
exits 5 'a restore was cut short' "half a state does not start" starts
exits 5 'a restore was cut short' "nor is it made a new one" agent_run --init --escrow-out "$agent_dir/never.key"
ok "no escrow was made" test ! -e "$agent_dir/never.key"

# ---- a full disk, and a kill at each step of the last part ----
if mount -t tmpfs -o size=160k,mode=755 tmpfs "$agent_dir/state" 2>/dev/null; then
	exits 1 'cannot be written: No space left' "the disk is full" restore "$agent_dir/good.age"
	is "nothing of it stays" "$(ls "$agent_dir/state" | grep -vE '^(lock|trial|protectors)$')" ""
	exits 5 'is new' "and nothing starts" starts
	umount "$agent_dir/state"
else
	skip "a full disk" "nothing can be mounted here"
fi
all_of() { (cd "$agent_dir/state" && find . -type f ! -name lock ! -path './restoring/*' -printf '%p %u %m ' -exec sh -c 'sha256sum <"$1"' - {} \; | sort); }
ok "a whole one, to compare" restore "$agent_dir/good.age"
whole=$(all_of)
killed_restore() { # CALL WHEN
	strace -qq -o /dev/null -e "trace=$1" -e "inject=$1:signal=SIGKILL:when=$2" "$agent_build/classd" --trial \
		--config "$agent_dir/classd.yaml" --restore "$agent_dir/good.age" --identity "$agent_dir/escrow.key" >/dev/null 2>&1
}
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	rm -rf "${agent_dir:?}/state"
	cut=0 is_whole=0 bad=''
	for call in renameat2 unlinkat fsync; do
		for when in $(seq 1 90); do
			killed_restore $call "$when" && break
			if [ ! -e "$agent_dir/state/initialised" ]; then
				said=$(starts 2>&1)
				[ $? -eq 5 ] && grep -qE 'a restore was cut short|is new' <<<"$said" && cut=$((cut + 1)) || bad+=" $call:$when"
			else
				[ "$(all_of)" = "$whole" ] && is_whole=$((is_whole + 1)) || bad+=" $call:$when"
				agent_start >/dev/null || bad+=" $call:$when:start"
				agent_stop
				rm -rf "${agent_dir:?}/state"
			fi
		done
		[ "$when" -lt 90 ] && [ "$(all_of)" = "$whole" ] || bad+=" $call"
		rm -rf "${agent_dir:?}/state"
	done
	is "each either does not start and says so, or is whole" "$bad" ""
	ok "there were both ($cut, $is_whole)" test $cut -ge 10 -a $is_whole -ge 1
	killed_restore renameat2 3
	exits 5 'a restore was cut short' "one between two renames" starts
else
	skip "killed restores" "strace cannot trace here"
	rm -rf "${agent_dir:?}/state"
fi
ok "restored, from the beginning" restore "$agent_dir/good.age"
is "the machine key is the old one" "$(cat "$agent_dir/state/machine.key")" "$(cat "$agent_dir/lost/machine.key")"
is "its owner" "$(stat -c '%U %a' "$agent_dir/state/machine.key")" "root 400"
is "owners of the rest" "$(stat -c %U "$agent_dir/state/keys/escrow.pub" "$agent_dir/state/registrar/store.db" | tr '\n' ' ')" "cdt-keeper cdt-registrar "
ok "nothing of the work stays" test ! -e "$agent_dir/state/restoring"

# ---- frozen ----
agent_start
tap $? "it starts"
like "and says that it was restored" "$(ctl anna status)" 'registrar.0/restored: this state was restored from a backup of 20'
like "it is a finding" "$(ctl anna status --json)" '"findings":[1-9]'
ok "what has not changed is read" opens steady tests/fixtures/report-en.docx
like "which is in the journal" "$(grep -c '"op":"read"' "$agent_dir/state/registrar/journal/entries")" '[1-9]'
exits 5 'only reads: this state was restored' "nothing is changed" ctl dana submit "${number[steady]}"
exits 5 'only reads' "nobody is entered" ctl anna person add x --name X --login cdt-dana --department planning --role drafter
ok "who was suspended since the backup is again" ctl anna person suspend dana --reason 'as before'
exits 4 'suspended' "and reads nothing" ctl dana cat "${number[steady]}"
ok "nor for ever" ctl anna person suspend dana --lift --reason test
is "nothing was" "$(grep -cE '"op":"(record|sealed|document|intent|finding-close)"' <(tail -n +"$(($(wc -l <"$agent_dir/old/registrar/journal/entries") + 2))" "$agent_dir/state/registrar/journal/entries"))" 0
exits 4 'may not' "a drafter does not accept" ctl dana backup accept --reason no
exits 2 'reason' "without a reason" ctl anna backup accept
like "the first opens" "$(ctl anna backup accept --reason 'disk replaced')" '^opened.*second security administrator'
exits 4 'second person' "who opened does not accept" ctl anna backup accept --reason 'disk replaced'
ok "she is suspended" ctl boris person suspend cdt-anna --reason test
like "what she opened counts for nothing" "$(ctl boris backup accept --reason 'disk replaced')" '^opened'
ok "she is back" ctl boris person suspend cdt-anna --lift --reason test
like "the second accepts" "$(ctl anna backup accept --reason 'disk replaced')" '^accepted.*recover'
exits 5 'no older state waits' "once" ctl anna backup accept --reason again
is "status is quiet" "$(ctl anna status | grep -cE '(rollback|restored):')" 0

# ---- and what the sealed files have more ----
recover() { ctl anna recover --from "$agent_root" --reason "$1" && ctl boris recover --from "$agent_root" --reason "$1"; }
said=$(recover 'newer than the backup')
like "recovered" "$said" 'done: [0-9]+ files, [0-9]+ records, 0 unverified, 0 failed'
is "each record was proved" "$(grep -cE '^proved +2026' <<<"$said") $(grep -cE 'not proved' <<<"$said")" "7 0"
like "with the key of the register" "$said" 'signature: known-key; labels: (unbroken|by-hash)'
ok "all is as it was, the newer included" wait_until 15 same steady decided later newcomer
for name in steady newcomer crash1 crash2 crash3; do number[$name]=${number[$name]:-$(ctl dana show "$name.age" --json | grep -oE '"number":"[^"]*' | head -n 1 | cut -d'"' -f4)}; ok "$name opens" opens $name tests/fixtures/report-en.docx; done
ok "what was decided after the backup opens" opens later "$agent_dir/later.docx"
ok "the changed one opens" opens decided "$agent_dir/next.odt"
like "the newer decision verifies" "$(ctl li verify "${number[later]}")" 'signature +ok.*key +ok.*commitment +ok'
like "the history goes back before the backup" "$(ctl li show "${number[decided]}" --json)" '"act":"approve".*"act":"recover"'
is "the finding is closed" "$(ctl li findings --json | grep -c 'older state')" 0
ok "work goes on" make afterwards
agent_stop
agent_start
is "and it stays accepted" "$(ctl anna status | grep -cE '(rollback|restored):')" 0

# ---- an old registrar put back, silently ----
agent_stop
cp -a "$agent_dir/state" "$agent_dir/now"
rm -r "$agent_dir/state/registrar"
cp -a "$agent_dir/old/registrar" "$agent_dir/state/registrar"
agent_start
like "the keeper's mark tells" "$(ctl anna status)" 'registrar.0/rollback: (the journal has [0-9]+ entries and had [0-9]+|entry [0-9]+ of the journal is not)'
exits 5 'only reads' "nothing is changed" ctl dana submit "${number[steady]}"
ok "recover by two accepts it as well" recover 'somebody put an old disk in'
ok "all is as it was" wait_until 15 same steady decided later newcomer
is "status is quiet again" "$(ctl anna status | grep -cE '(rollback|restored):')" 0
agent_stop

# ---- the mark taken away, or another journal of the same length ----
rm "$agent_dir/state/keys/journal.mark"
agent_start
like "without a mark" "$(ctl anna status)" "rollback: the keeper's mark of the journal is gone"
agent_stop

# ---- the whole old state, mark and all ----
rm -r "$agent_dir/state"
cp -a "$agent_dir/old" "$agent_dir/state"
agent_start
has_seen() { ctl anna status | grep -q 'rollback: .*age has version [0-9]* of 2026-[0-9]*, the store version [0-9]*'; }
ok "the sealed files tell" wait_until 30 has_seen
like "which ones, to who accepts" "$(ctl anna backup accept --reason look)" 'newer +.*(later|decided).*age'
ok "all is brought back" recover 'an old image'
ok "as it was" wait_until 15 same steady decided later newcomer
agent_stop
is "it ends well" "$agent_status" 0
done_testing

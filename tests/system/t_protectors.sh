#!/usr/bin/env bash
# What protects the machine key without a device: a file, a passphrase, a credential; an agent that starts locked; what
# is refused; and that a killed enrolment always leaves a set that works.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-protector" ]; then
	skip "protectors" "needs root and all programs"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/protectors.sh"
varlink=$(realpath "$(dirname "$0")/varlink.py")

# As --init leaves it
agent_start; tap $? "the agent starts with the key in a file"
ok "and works" works
is "it says what opened" "$(opened_by)" file
ok "the journal has it" wait_until 10 journal_has 'opened by file'
like "looking is fine while it runs" "$(protectors)" '^file +20.*works'
like "enrolling is not" "$(words "$pass" | protect passphrase)" 'another agent runs'
agent_stop
cp "$key" "$agent_dir/key.before"

# Refusals, before anything is made
like "a TPM alone is refused" "$(protect tpm2)" 'a TPM alone.*--protect passphrase'
like "the last protector stays" "$(unprotect file)" "'file' is the last protector"
ok "and the key is there" cmp "$key" "$agent_dir/key.before"
like "no such kind" "$(protect yubikey)" "no kind of protector 'yubikey'"
like "no such protector" "$(unprotect pkcs11)" "no protector 'pkcs11' here"
like "a file is not made" "$(protect file)" 'protects nothing'
like "a short passphrase" "$(words short | protect passphrase)" 'at least 12 characters; nothing has changed'
like "none at all" "$(protect passphrase </dev/null)" 'nothing was entered; nothing has changed'
like "options of another kind" "$(protect passphrase --pcrs 7)" 'belong to --protect tpm2'
like "two acts" "$(agent_run --protectors --init --escrow-out /nonexistent 2>&1)" 'one thing at a time'
is "nothing was made" "$(ls "$kept")" ""

# A passphrase
like "a passphrase is enrolled, and proved" "$(words "$pass" | protect passphrase)" "protected by 'passphrase' too; it was opened with it just now"
fails "what tells the key apart is nothing to wrap a key to" grep -q age1 "$agent_dir/state/machine.mark"
is "its file is root's alone" "$(stat -c '%U %a' "$kept/passphrase.age" "$kept")" $'root 400\nroot 700'
if command -v expect >/dev/null; then
	expect -c "log_user 0; spawn sh -c {age -d '$kept/passphrase.age' >'$agent_dir/key.age'}; expect passphrase:; send -- {$pass}; send \r; expect eof" >/dev/null
	ok "stock age opens it: the machine key's line" cmp "$agent_dir/key.age" "$key"
else
	skip "stock age opens it" "expect is missing"
fi
like "a wrong passphrase removes nothing" "$(words wrong | unprotect file)" 'wrong passphrase; nothing has changed'
ok "the file is there" cmp "$key" "$agent_dir/key.before"
said=$(words "$pass" | unprotect file)
like "the right one does" "$said" "opens with 'passphrase'.*is removed"
like "and is honest" "$said" 'Old blocks of it may stay on an SSD'
fails "no key in clear is left" test -e "$key"
fails "nor anywhere in the state" grep -rqa "$(cut -c1-64 "$agent_dir/key.before")" "$agent_dir/state"
like "the table does not ask" "$(protectors)" 'passphrase +20.*not tried: it needs the passphrase'

# Locked
agent_start; tap $? "without a passphrase it starts all the same"
ok "locked, and says so" is_locked
like "with what to do" "$(as "$li" status --json)" 'classctl unlock machine'
as "$li" status --exit-code >/dev/null 2>&1
is "that is an exit code" $? 9
is "no keeper runs" "$(agent_pids keeper | wc -l)" 0
runuser -u "$li" -- sh -c "echo later >'$agent_root/later.txt'"
stray=$(agent_person stray)
said=$(words 'not this one at all' | as "$stray" unlock machine 2>&1)
is "a stranger gives no word: exit code" $? 4
like "and hears who does" "$said" 'root or a person of the register'
said=$(words 'not this one at all' | as "$li" unlock machine 2>&1)
is "a wrong passphrase: exit code" $? 4
like "one clear error" "$said" 'wrong passphrase. Nothing has changed'
said=$(words "$pass" | as "$li" unlock machine 2>&1)
is "the next try waits: exit code" $? 7
like "and says so" "$said" 'Another try'
ok "it is locked still" is_locked
is "a PIN where there is no token: exit code" "$(words 1234 | as "$li" unlock machine --pin >/dev/null 2>&1; echo $?)" 6
unlocks() { words "$pass" | as "$li" unlock machine; }
ok "the right one opens" wait_until 20 unlocks
unlocked() { ! is_locked && as "$li" whoami --json | grep -q '"person":"'; }
ok "it is unlocked" wait_until 20 unlocked
ok "what came meanwhile was not missed" wait_until 20 work_is_seen later.txt
ok "it works" works
ok "also what was sealed before" reads_all
is "and says what opened" "$(opened_by)" passphrase
ok "the journal has the start, locked" journal_has 'opened by none: locked'
ok "the wrong try" journal_has 'asked for: not unlocked'
ok "and the unlocking" journal_has 'asked for: unlocked'
said=$(words "$pass" | as "$li" unlock machine 2>&1)
like "once is enough" "$said" 'unlocked already'
old=$(agent_pids keeper)
kill -KILL "$old"
came_back() { [ -n "$(agent_pids keeper)" ] && [ "$(agent_pids keeper)" != "$old" ]; }
ok "a keeper that dies comes back" wait_until 20 came_back
ok "unlocked, without anybody" works
fails "the passphrase is in no log" grep -q "$pass" "$agent_log"
fails "nor in the state" grep -rqa "$pass" "$agent_dir/state"
fails "nor the key" grep -rqa "$(cut -c1-64 "$agent_dir/key.before")" "$agent_dir/state" "$agent_log"
agent_stop
is "it ends well" "$agent_status" 0

# Asked for at start
agent_log=$agent_dir/log.asked
words "$pass" >"$agent_dir/pass"
: >"$agent_log" # before it is waited for
"$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --ask-passphrase >>"$agent_log" 2>&1 <"$agent_dir/pass" &
agent_pid=$!
ok "--ask-passphrase takes a line of standard input" wait_until 30 agent_is_ready
ok "and works" works
agent_stop
said=$(words wrong | agent_run --ask-passphrase 2>&1)
is "a wrong one ends it: exit status" $? 5
like "with one error" "$said" 'wrong passphrase; nothing has changed'
if command -v expect >/dev/null; then
	said=$(expect -c "set timeout 60; spawn $agent_build/classd --trial --config $agent_dir/classd.yaml --ask-passphrase
		foreach try {one two three} { expect Passphrase:; send -- \"wrong \$try\\r\" }
		expect eof; lassign [wait] pid spawn os status; puts \"ended \$status\"")
	like "at a terminal there are three tries" "$said" 'ended 5'
	fails "which does not echo" grep -q 'wrong one' <<<"$said"
	is "three errors" "$(grep -c 'wrong passphrase' <<<"$said")" 3
else
	skip "at a terminal" "expect is missing"
fi

# Credentials of the service manager
export CREDENTIALS_DIRECTORY=$agent_dir/credentials
mkdir -m 700 "$CREDENTIALS_DIRECTORY"
words "$pass" >"$CREDENTIALS_DIRECTORY/classd.passphrase"
agent_start; tap $? "a passphrase from a credential"
is "opens" "$(opened_by)" passphrase
agent_stop
rm "$CREDENTIALS_DIRECTORY/classd.passphrase"
if systemd-creds encrypt --with-key=host --name=classd.machine-key "$agent_dir/key.before" "$agent_dir/sealed.cred" 2>/dev/null &&
	systemd-creds decrypt --name=classd.machine-key "$agent_dir/sealed.cred" "$CREDENTIALS_DIRECTORY/classd.machine-key" 2>/dev/null; then
	said=sealed
else
	cp "$agent_dir/key.before" "$CREDENTIALS_DIRECTORY/classd.machine-key" said=plain
fi
agent_start; tap $? "the key itself from a credential ($said)"
is "opens" "$(opened_by)" credential
ok "and works" works
agent_stop
agent_config "security_administrators: [$li, $wang]" 'protector_timeout_s: 3'
head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >"$CREDENTIALS_DIRECTORY/classd.machine-key"
agent_start; tap $? "a credential with another machine's key is passed over"
ok "and nothing is tried with it" is_locked
like "it is said" "$(cat "$agent_log")" 'key of another machine'

# What a client may pass, and one that never says its word
passes() { runuser -u "$li" -- python3 "$varlink" "$agent_socket" --fd "$1" org.classd.Protector.Unlock "{\"kind\":\"$2\",\"pipe\":$3}"; }
mkfifo -m 666 "$agent_dir/fifo"
like "a memfd is no pipe" "$(passes memfd passphrase 0)" '"not-a-pipe"'
like "nor is a file" "$(passes "$agent_dir/classd.yaml" passphrase 0 2>&1)" '"not-a-pipe"|Permission'
like "nor a pipe's write end" "$(passes "$agent_dir/fifo" passphrase 0)" '"not-a-pipe"'
like "nor none" "$(passes pipe passphrase 7)" '"not-a-pipe"'
like "a kind that needs no word" "$(passes pipe file 0)" '"code":"kind"'
passes pipe passphrase 0 >"$agent_dir/hung" &
hung=$!
is_asked() { pgrep -P "$agent_pid" classd-prot; }
ok "one that keeps silent" wait_until 10 is_asked
like "lets another one wait" "$(passes pipe passphrase 0)" '"busy"'
ok "and the agent answers" is_locked
wait $hung
like "the silent one is ended" "$(cat "$agent_dir/hung")" 'no answer in time'
ok "it is locked still" is_locked
agent_stop
unset CREDENTIALS_DIRECTORY
agent_config "security_administrators: [$li, $wang]" 'protector_timeout_s: 20'

# In service a key in clear is a degraded state, where the disk is not encrypted
service=$agent_dir/service
mkdir "$service"
sed "s|^state_dir:.*|state_dir: $service/state|; s|^runtime_dir:.*|runtime_dir: $service/run|; s|^clock:.*||" "$agent_dir/classd.yaml" >"$service/classd.yaml"
served() { "$agent_build/classd" --config "$service/classd.yaml" "$@"; }
service_start() {
	"$agent_build/classd" --config "$service/classd.yaml" >"$service/log" 2>&1 </dev/null &
	service_pid=$!
	wait_until 30 grep -q 'text="ready: ' "$service/log"
}
service_stop() {
	[ -z "$service_pid" ] || { kill -TERM "$service_pid" && wait "$service_pid"; }
	service_pid=''
}
service_pid=''
trap 'service_stop; agent_clean' EXIT
in_clear() { runuser -u "$li" -- "$agent_build/classctl" --socket "$service/run/classd.sock" status --json | grep -q '"supervisor.0/machine-key-clear"'; }
ok "an agent for service" served --init --escrow-out "$service/escrow.key"
if served --protectors | grep -q 'on a disk that is not encrypted'; then
	service_start; tap $? "it starts"
	ok "and says that its key lies in clear" wait_until 10 in_clear
	service_stop
	ok "a passphrase" served --protect passphrase <<<"$pass"
	ok "and no file any more" served --unprotect file <<<"$pass"
	service_start; tap $? "it starts locked"
	fails "and nothing is said of a key in clear" in_clear
	service_stop
else
	skip "a key in clear" "this disk is encrypted"
fi

# Changing the passphrase; a damaged file
next='another good passphrase'
like "another passphrase takes its place" "$(words "$pass" "$next" | protect passphrase)" 'opened with it just now'
like "the old one opens nothing" "$(words "$pass" | agent_run --ask-passphrase 2>&1)" 'wrong passphrase'
pass=$next
cp "$kept/passphrase.age" "$agent_dir/passphrase.whole"
for at in 10 80 200 246; do
	cp "$agent_dir/passphrase.whole" "$kept/passphrase.age"
	flip "$kept/passphrase.age" "$at"
	said=$(words "$pass" | agent_run --ask-passphrase 2>&1)
	is "a damaged file (byte $at) opens nothing" $? 5
	is "with one error" "$(grep -c 'level=error' <<<"$said")" 1
done
: >"$kept/passphrase.age"
like "an empty one neither" "$(words "$pass" | agent_run --ask-passphrase 2>&1)" 'does not open'
cp "$agent_dir/passphrase.whole" "$kept/passphrase.age"

# A killed enrolment leaves a set that works, whichever call was its last.
key_opens() { # the set as it lies there, with one of the passphrases
	local said
	said=$(words "$1" "$2" | agent_run --protect passphrase 2>&1) && grep -q 'opened with it just now' <<<"$said"
}
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	bad=0 runs=0
	for call in linkat renameat2 unlinkat fsync; do
		for when in 1 2 3 4; do
			new="new passphrase $call $when"
			words "$pass" "$new" | strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$when" \
				"$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --protect passphrase >/dev/null 2>&1
			[ $? -ne 0 ] || { pass=$new; break; }
			runs=$((runs + 1))
			if key_opens "$pass" "$new"; then pass=$new
			elif key_opens "$new" "$new"; then pass=$new
			else bad=$((bad + 1)); fi
		done
	done
	is "of the killed enrolments none lost the key" $bad 0
	ok "there were such ($runs)" test $runs -ge 5
else
	skip "killed enrolments" "strace cannot trace here"
fi
said=$(words "$pass" "$pass" | protect passphrase)
is "no half of one is left" "$(ls "$kept")" passphrase.age
: >"$agent_log" # before it is waited for
"$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --ask-passphrase >>"$agent_log" 2>&1 < <(words "$pass") &
agent_pid=$!
ok "it starts with what is there" wait_until 30 agent_is_ready
ok "reads all" reads_all
ok "and works" works
done_testing

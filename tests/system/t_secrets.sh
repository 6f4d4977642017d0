#!/usr/bin/env bash
# Known secrets are planted, work is done, and then they are looked for: in the memory of every role, in logs, store,
# journal, temporary files and the raw blocks of the disk beneath them, in environments, between processes, in cores.
# Allowed is what DESIGN 3 allows and nothing else:
#   machine key, identities of machine and levels   the keeper, in guarded memory (locked, out of cores)
#   escrow identity, identities written as text     nowhere, once the agent is made
#   passphrase of the machine key                   nowhere, once it was used
#   metadata key                                    keeper and registrar, in guarded memory
#   file keys and what is derived from them         keeper and sealer for the job in hand, then nowhere
#   what is written in documents                    sealer and inspector at work, then nowhere
# Every search has its control: the same search finds what is planted for it.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "secrets" "needs root, to read the memory of others"
	done_testing
	exit
fi

. tests/system/secrets.sh

# The machine key is the test's own, handed over as a credential.
mkdir -m 700 "$safe/credentials"
printf '%s\n' "$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$safe/credentials/classd.machine-key"
chmod 400 "$safe/credentials/classd.machine-key"
export CREDENTIALS_DIRECTORY=$safe/credentials
declare -A text
for what in saved opened title reason name passphrase; do text[$what]=$(word) && plant "$what" "${text[$what]}"; done
person anna
person boris
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'inspectors: 1'
ok "init" agent_run --init --escrow-out "$safe/escrow.key"
traced 1
agent_start || { tap 1 "the agent starts"; done_testing; exit; }

# The work: persons, a document saved in clear and sealed, decided, opened and changed, read, recovered.
cleared=(--category core --cleared-until 2045-12-31 --undertaking 2026-01-05)
{
	enter dana --department planning --role drafter "${cleared[@]}"
	enter li --department planning --role drafter,responsible "${cleared[@]}"
	{ traced_ctl anna person change dana --name "${text[name]}" && ctl boris person confirm dana; } >"$safe/changed" 2>&1 # both see the new name
	appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	ctl anna train li --content duties --hours 4 --held "$(date -u +%Y)-01-02"
	sign_key li
} >"$agent_dir/register.log" 2>&1
lines() { awk -v word="$1" 'BEGIN { for (i = 0; i < 30000; i++) printf "line %06d says %s and goes on\n", i, word }'; }
lines "${text[saved]}" >"$agent_root/plan.tmp" && chown cdt-dana "$agent_root/plan.tmp" && mv "$agent_root/plan.tmp" "$agent_root/plan.txt"
tag() {
	traced_ctl dana tag plan.txt --item 5.1 --level SECRET --term 5y --scope person:dana,person:li --responsible li \
		--title "${text[title]}" --reason "${text[reason]}" --submit --wait
}
ok "a document is sealed" wait_until 20 tag
number=$(ctl dana list --json | grep -oE '"number":"[0-9-]+"' | cut -d'"' -f4)
ok "and decided" traced_ctl li approve "$number" --key "$home/li/key"
shows_sealed() { ctl dana show "$number" --json | grep -q '"sealing":"sealed"'; }
ok "its new label is in the file" wait_until 20 shows_sealed
path=$(traced_ctl dana open --print-path "$number")
lines "${text[opened]}" >"$safe/client/opened" # not on the disk that is searched
chmod 644 "$safe/client/opened"
as dana cp "$safe/client/opened" "$path"
ok "opened and changed" traced_ctl dana close "$number"
is_changed() { ctl dana cat "$number" | cmp -s - "$safe/client/opened"; }
ok "the change is sealed" wait_until 20 is_changed
rm "$safe/client/opened"
ctl anna recover --from "$agent_root" --reason drill >"$agent_dir/recover" 2>&1
ok "two administrators go over all files" ctl boris recover --from "$agent_root" --reason drill
mkdir -m 755 "$safe/out"
chown cdt-anna "$safe/out"
ok "a backup is made" traced_ctl anna backup create "$safe/out/backup.age"
root_verifies() { strace -f -qq -A -o "$safe/client/root" -s 70000 -xx -v -e trace=sendmsg,recvmsg,sendto,recvfrom,execve \
	"$agent_build/classctl" backup verify "$safe/out/backup.age" --identity "$safe/escrow.key"; }
ok "and verified with the escrow identity" root_verifies

secrets=$safe/secrets
know() { { cat "$safe/planted" && search derive "$safe/escrow.key" "$safe/credentials/classd.machine-key" "$agent_dir/state/keys" \
	"$agent_root"/*.age "$agent_root"/.classd/keep/*.age; } >"$secrets"; }
know
ok "file keys of all versions are known" [ "$(grep -c ^file: "$secrets")" -ge 3 ]
ok "and identities of all levels" [ "$(grep -c '^identity:.*\.20' "$secrets")" -ge 3 ]

# A reading in the middle: the reader does not take what the sealer gives.
mkfifo "$safe/reader"
exec 7<>"$safe/reader"
traced_ctl dana cat "$number" 2>/dev/null 7>&- >"$safe/reader" & # ends with the last who reads
reading=$!
working() { search memory "$secrets" $(agent_pids sealer) | grep -q ^derived:; }
ok "control: the key of a payload is found in the sealer that reads it" wait_until 20 working
found=$(search memory "$secrets" $(pgrep -P "$agent_pid") | grep -vE '^(opened|title|reason|name) ')
nothing "a sealer at work holds keys in guarded memory only" "$(grep -E '^(file|derived)' <<<"$found" | grep -vE ' classd-sealer guarded ')"
nothing "and no more than the payload's" "$(grep -E '^(file|derived)' <<<"$found" | grep -v payload)"
exec 7>&-
wait "$reading" 2>/dev/null
rm "$safe/reader"

# Work is over: what is in memory now.
quiet() { ! pgrep -P "$agent_pid" classd-inspect >/dev/null && ! working; }
ok "inspectors end, and with them the texts that they saw" wait_until 60 quiet
look_into_memory() { # WHEN
	local found
	found=$(search memory "$secrets" "$agent_pid" $(pgrep -P "$agent_pid"))
	ok "$1: control: the keeper holds the levels' identities" grep -q '^identity:SECRET.* classd-keeper guarded ' <<<"$found"
	ok "$1: control: the registrar holds the metadata key" grep -q '^meta classd-registra guarded ' <<<"$found"
	nothing "$1: machine key and identities: keeper, guarded" "$(grep -E '^(machine|identity)' <<<"$found" | grep -v ' classd-keeper guarded ')"
	nothing "$1: the escrow identity is nowhere" "$(grep escrow <<<"$found")"
	nothing "$1: identities as text are nowhere" "$(grep ^text <<<"$found")"
	nothing "$1: the metadata key: keeper and registrar, guarded" "$(grep ^meta <<<"$found" | grep -vE ' classd-(keeper|registra) guarded ')"
	nothing "$1: file keys are nowhere" "$(grep -E '^(file|derived)' <<<"$found")"
	nothing "$1: the passphrase is nowhere" "$(grep ^passphrase <<<"$found")"
	nothing "$1: texts of documents are nowhere" "$(grep -E '^(saved|opened)' <<<"$found")"
	nothing "$1: environment, command line, files that are held" \
		"$(search descriptors "$secrets" "$agent_pid" $(pgrep -P "$agent_pid") | grep -v '^machine classd .*/credentials/')"
}
look_into_memory "at rest"

# The controls of the other searches: a process that holds everything, in its memory, its environment and a file.
SECRET=$(sed -n 's/^machine //p' "$secrets") python3 -c 'import sys, time
held = [bytes.fromhex(line.split()[1]) for line in open(sys.argv[1])]
print(flush=True)
time.sleep(600)' "$secrets" >"$safe/holding" 9<"$secrets" &
holder=$!
ok "a process holds all secrets" wait_until 10 test -s "$safe/holding"
is "control: memory of a process" "$(search memory "$secrets" "$holder" | grep -v heap | cut -d' ' -f1 | sort -u)" "$(cut -d' ' -f1 "$secrets" | sort -u)"
like "control: environment" "$(search descriptors "$secrets" "$holder")" 'machine python3 environ'
like "control: a file that is held" "$(search descriptors "$secrets" "$holder")" "identity:SECRET.*$secrets"
kill "$holder" && wait "$holder" 2>/dev/null
holder=''

# A role that crashes leaves no core, whatever limit somebody gave it and whatever the kernel makes of cores.
crash=$safe/crash
{ (cd "$safe" && ulimit -c unlimited && exec strace -f -o "$crash" sh -c 'kill -SEGV $$'); } >/dev/null 2>&1
came_back() { local now; now=$(agent_pids "$1") && ! grep -qx "$2" <<<"$now"; }
for role in keeper sealer registrar watcher; do
	pid=$(agent_pids $role | head -n 1)
	nothing "$role: its limit is none" "$(grep -E '^Max core file size' "/proc/$pid/limits" | grep -vE ' 0 +0 +bytes')"
	prlimit --pid "$pid" --core=unlimited 2>/dev/null # not everywhere may root raise it
	kill -SEGV "$pid"
	wait_until 20 came_back $role "$pid" || tap 1 "$role comes back"
	if grep -q 'core dumped' "$crash"; then
		is "$role: no core" "$(grep -E "^$pid .*killed by" "$safe/trace.1" | sed 's/^[0-9]* *//')" '+++ killed by SIGSEGV +++'
	else
		skip "$role: no core" "this kernel makes none here at all"
	fi
done
traced_again() { traced_ctl dana cat "$number" | cmp -s - <(lines "${text[opened]}"); }
ok "and it is read again after it" wait_until 20 traced_again
wait_until 60 quiet
look_into_memory "after crashes"
agent_stop
traced 2
agent_start || { tap 1 "the agent starts again"; done_testing; exit; }
ok "and after a restart" wait_until 20 traced_again
wait_until 60 quiet
look_into_memory "after a restart"
agent_stop

# The machine key behind a passphrase, which a person gives to a running agent.
ok "a passphrase protects the machine key" bash -c "echo ${text[passphrase]} | '$agent_build/classd' --trial --config '$agent_dir/classd.yaml' --protect passphrase"
credentials=$CREDENTIALS_DIRECTORY
unset CREDENTIALS_DIRECTORY
traced 3
agent_start || { tap 1 "the agent starts without a key"; done_testing; exit; }
is "it is locked" "$(agent_pids keeper)" ''
unlock() { echo "${text[passphrase]}" | setpriv --reuid cdt-anna --regid cdt --clear-groups strace -f -qq -A -o "$safe/client/unlock" -s 70000 -xx -v \
	-e trace=sendmsg,recvmsg,sendto,recvfrom,execve "$agent_build/classctl" unlock machine; }
ok "a person unlocks it" unlock
ok "and it is read again" wait_until 20 traced_again
wait_until 60 quiet
look_into_memory "after unlocking"
agent_stop
export CREDENTIALS_DIRECTORY=$credentials

# Between processes.
found=$(for trace in 1 2 3; do search traffic "$secrets" "$safe/trace.$trace"; done | sort -u)
like "control: the registrar hears titles" "$found" 'title classd-registrar recvmsg'
like "control: a file key goes from keeper to sealer" "$found" 'file:[^ ]* classd-keeper sendmsg'
nothing "between roles: no machine key, no identity, no passphrase" "$(grep -E '^(machine|identity|text|passphrase)' <<<"$found")"
nothing "between roles: the metadata key goes to the registrar only" "$(grep ^meta <<<"$found" | grep -vE ' classd-(keeper sendmsg|registrar recvmsg)$')"
nothing "between roles: file keys go to the sealer only" "$(grep ^file <<<"$found" | grep -vE ' classd-(keeper sendmsg|sealer recvmsg)$')"
nothing "between roles: nothing that is derived from one" "$(grep ^derived <<<"$found")"
nothing "between roles: no text of a document" "$(grep -E '^(saved|opened)' <<<"$found")"
found=$(for trace in "$safe"/client/*; do search traffic "$secrets" "$trace"; done | sort -u)
like "control: a client sends a title" "$found" 'title classctl send'
nothing "in a backup: nothing" "$(search files "$secrets" "$safe/out")"
nothing "with clients: no key and no text" "$(grep -vE '^(title|reason|name) ' <<<"$found")"

# What is left on the disk: files first, then the blocks beneath them.
grep ^identity:SECRET "$secrets" >"$agent_dir/state/planted"
like "control: a file in the state directory" "$(look_at_files "$agent_dir")" "identity:SECRET.*$agent_dir/state/planted"
rm "$agent_dir/state/planted"
nothing "state, store, journal, log, folders, temporary files: nothing" "$(look_at_files "$TMPDIR" | grep -v "^name $home")"
if [ -n "$disk" ]; then
	sync -f "$disk"
	found=$(search files "$secrets" "$safe/image" | cut -d' ' -f1)
	like "control: the document that was saved in clear" "$found" 'saved'
	nothing "blocks of the disk: what was written in a checkout was never there, nor a key" \
		"$(grep -v '^saved$' <<<"$found" | grep -v '^identity:SECRET')"
else
	skip "blocks of the disk" "no loop device"
fi
done_testing

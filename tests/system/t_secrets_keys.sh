#!/usr/bin/env bash
# Secrets of those who keep keys, looked for as in t_secrets.sh:
#   identities of a level's epochs       the keeper, in guarded memory; a destroyed one nowhere
#   a new escrow: identity, shares       on the pages that were asked for, nowhere else, nor after a drill with them
#   levels that persons unlock           the keeper, guarded, while somebody has unlocked them; then nowhere
#   a person's identity and passphrase   the keeper, guarded, while it has unlocked; then nowhere; the passphrase never
# Every search has its control: the same search finds what is planted for it.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "secrets of keys" "needs root, to read the memory of others"
	done_testing
	exit
fi
. tests/system/secrets.sh
person anna
person boris
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'inspectors: 1' 'logout_look_s: 1'
mkdir "$agent_dir/policy.d"
ok "init" agent_run --init --escrow-out "$safe/escrow.key"
traced 1
agent_start || { tap 1 "the agent starts"; done_testing; exit; }

# ---- a person, a sealed document, and what is known ----
enter dana --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05 >"$agent_dir/said" 2>&1
save dana plan.docx
tag() { ctl dana tag plan.docx --item 5.1 --level SECRET --term 5y --scope person:dana --responsible dana --reason plan >/dev/null 2>&1; }
ok "a document is tagged" wait_until 20 tag
number=$(ctl dana list --json | grep -oE '"number":"[0-9-]+"' | cut -d'"' -f4)
seals() { ctl dana show "$number" --json | grep -q '"sealing":"sealed"'; }
ok "and sealed" wait_until 20 seals
reads() { ctl dana cat "$number" 2>/dev/null | cmp -s - "tests/fixtures/report-en.docx"; }
ok "and read" wait_until 20 reads
year=$(date -u +%Y)
secrets=$safe/secrets
: >"$safe/planted"
know() { # ESCROW: adds the keys of the key directory to what is known; machine.key lies in clear here
	search derive "$1" "$agent_dir/state/machine.key" "$agent_dir/state/keys" | grep -v '^machine ' >"$safe/derived" &&
		cat "$safe/planted" "$safe/derived" | sort -u - $([ ! -e "$secrets" ] || echo "$secrets") >"$safe/all" && mv "$safe/all" "$secrets"
}
memory() { search memory "$secrets" "$agent_pid" $(pgrep -P "$agent_pid") | sort -u; }
# look WHEN GONE: searches all roles; GONE (a regex of names, or -) must be nowhere; all else of keys in the keeper only.
look() {
	local found gone='^(escrow|share|words|text)'
	[ "$2" = - ] || gone="$gone|$2"
	found=$(memory)
	ok "$1: control: the keeper holds the identity of another level" grep -q '^identity:TOP-SECRET.* classd-keeper guarded ' <<<"$found"
	nothing "$1: identities: keeper, guarded" "$(grep ^identity <<<"$found" | grep -v ' classd-keeper guarded ')"
	nothing "$1: nowhere what may not be there" "$(grep -E "$gone|^identity:escrow" <<<"$found")"
	nothing "$1: environment, command line, files that are held" "$(search descriptors "$secrets" "$agent_pid" $(pgrep -P "$agent_pid"))"
}
has() { memory | grep -q "^identity:$1 classd-keeper guarded "; }

# ---- rotation ----
know "$safe/escrow.key"
ok "control: the keeper holds the identity of the first key" has "SECRET.$year"
ok "the keys of a level rotate" traced_ctl anna key rotate SECRET --wait
know "$safe/escrow.key"
ok "both identities are known" [ "$(grep -cE "^identity:SECRET\.$year(-r2)? " "$secrets")" = 2 ]
ok "control: the keeper holds the old one" has "SECRET.$year"
ok "and the new one" has "SECRET.$year-r2"
look "rotated" -
ok "the old one is retired" traced_ctl anna key retire SECRET "$year"
look "retired" -
ok "control: that may be undone, so the keeper still holds it" has "SECRET.$year"
traced_ctl anna key destroy SECRET "$year" --reason 'a year is over' >/dev/null
ok "two destroy it" traced_ctl boris key destroy SECRET "$year" --reason 'a year is over'
look "destroyed" "^identity:SECRET\.$year "
ok "its wrap is gone" [ ! -e "$agent_dir/state/keys/SECRET.$year.age" ]

# ---- a new escrow, and a drill with its shares ----
install -d -m 700 -o cdt-anna "$safe/pages"
ok "an escrow is made" traced_ctl anna key escrow create --shares 5 --threshold 3 --out "$safe/pages" --yes
recipient=$(ctl boris key escrow status --json | jq -r .proposal.recipient)
ok "and confirmed" traced_ctl boris key escrow confirm "$recipient"
search shares "$safe"/pages/*.txt >>"$safe/planted"
is "each share is known" "$(grep -cE '^share:[1-5] ' "$safe/planted")" 5
lines() { grep -hE '^    [a-f]( [A-Z2-7]{4}){5} [a-p]{4}$' "$safe"/pages/*-share-"$1".txt | sed 's/^    //'; }
install -d -m 700 -o cdt-anna "$safe/typed"
for n in 1 3 5; do
	lines $n | install -m 600 -o cdt-anna /dev/stdin "$safe/typed/lines.00$n"
	base32 -d -i "$safe/typed/lines.00$n" >"$safe/share.00$n"
done
ok "three of them give the identity" gfcombine -o "$safe/new.key" "$safe"/share.00[135]
search identities escrow-new "$safe/new.key" >>"$safe/planted"
ok "a new level key is wrapped to it" traced_ctl anna key rotate SECRET --wait
ok "a drill with shares" traced_ctl anna key escrow drill --share "$safe/typed/lines.001" --share "$safe/typed/lines.003" --share "$safe/typed/lines.005" --holder 'Zhao Liu'
know "$safe/new.key"
look "a new escrow" "^identity:SECRET\.$year "
like "control: its shares are on the pages" "$(look_at_files "$safe/pages" | cut -d' ' -f1 | sort -u | paste -sd' ')" 'share:1:line share:2:line share:3:line share:4:line share:5:line'
like "control: its identity is in a file of it" "$(look_at_files "$safe/new.key")" 'text:escrow-new'

# ---- a level that a person unlocks ----
present=''
is_here() { setpriv --reuid "cdt-$1" --regid cdt --clear-groups tail -f /dev/null & present=$!; }
is_here dana
words=$(word)
plant words:dana "$words"
said() { # classctl of dana, with a line on standard input
	local line=$1
	shift
	(cd "$agent_root" && printf '%s\n' "$line" | setpriv --reuid cdt-dana --regid cdt --clear-groups env HOME="$home/dana" PATH="$agent_build:$PATH" \
		strace -f -qq -A -o "$safe/client/dana" -s 70000 -xx -v -e trace=$calls classctl "$@")
}
key=$(said "$words" identity --unlock-key --json | grep -oE 'age1[0-9a-z]+' | head -n 1)
ok "a person makes an unlock key" ctl boris person confirm dana --key "$key"
own=$home/dana/.config/classd/unlock.age
opens_own() { printf '%s\n' "$words" | script -qec "age -d -o $safe/dana.key $own" /dev/null >/dev/null && [ -s "$safe/dana.key" ]; }
ok "its identity is known" opens_own
search identities dana "$safe/dana.key" >>"$safe/planted"
know "$safe/new.key"
# shellcheck disable=SC2012 # names of epochs
newest=$(basename "$(ls "$agent_dir"/state/keys/SECRET.*.age | sort -V | tail -n 1)" .age)
level='^identity:SECRET|^identity:dana '
ok "control: the keeper holds the level's identity while it is the machine's" has "$newest"
printf 'levels: [{code: SECRET, unlock: person}]\n' >"$agent_dir/policy.d/site.yaml"
chmod -R a+rX "$agent_dir/policy.d"
kill -HUP "$agent_pid"
has_not() { ! has "$1"; }
ok "it goes with the policy" wait_until 20 has_not "$newest"
look "locked from the start" "$level"
said 'other words' unlock >/dev/null 2>&1
look "after a wrong passphrase" "$level"
ok "the person unlocks" said "$words" unlock
ok "control: the keeper holds the level's identity" has "$newest"
ok "and the document is read" reads
look "unlocked" -
ok "locked" traced_ctl dana lock
look "locked" "$level"
said "$words" unlock >/dev/null
ok "control: unlocked once more, it is found" has "$newest"
kill "$present" && wait "$present" 2>/dev/null
present=''
ok "the person goes, and so does the key" wait_until 30 has_not "$newest"
look "logged out" "$level"
agent_stop

# ---- the control of these searches: somebody who holds everything ----
python3 -c 'import sys, time
held = [bytes.fromhex(line.split()[1]) for line in open(sys.argv[1])]
print(flush=True)
time.sleep(600)' "$secrets" >"$safe/holding" 9<"$secrets" &
holder=$!
ok "a process holds all secrets" wait_until 10 test -s "$safe/holding"
is "control: memory" "$(search memory "$secrets" "$holder" | cut -d' ' -f1 | sort -u)" "$(cut -d' ' -f1 "$secrets" | sort -u)"
like "control: a file that is held" "$(search descriptors "$secrets" "$holder" | paste -sd' ')" 'identity:dana .*words:dana '
kill "$holder" && wait "$holder" 2>/dev/null
WORDS=$words sleep 600 &
holder=$!
environment() { search descriptors "$secrets" "$holder" | grep -q '^words:dana sleep environ'; }
ok "control: environment" wait_until 10 environment
kill "$holder" && wait "$holder" 2>/dev/null
holder=''

# ---- between processes, with clients, on the disk ----
found=$(search traffic "$secrets" "$safe/trace.1" | sort -u)
like "control: the metadata key goes to the registrar" "$found" 'meta classd-registrar recvmsg'
nothing "between roles: no identity, no share, no passphrase" "$(grep -v '^meta ' <<<"$found")"
strace -f -qq -o "$safe/client/control" -s 70000 -xx -v -e trace=$calls sh -c "exec true $words" # after dana has gone
like "control: an argument" "$(search traffic "$secrets" "$safe/client/control")" '^words:dana .*execve'
rm "$safe/client/control"
nothing "with clients, in their arguments and environment, and with what they run: nothing" \
	"$(for trace in "$safe"/client/*; do search traffic "$secrets" "$trace"; done | sort -u)"
grep -E '^(share:2:line|text:dana|words:dana) ' "$secrets" | cut -d' ' -f2 | python3 -c 'import sys
for line in sys.stdin: print(bytes.fromhex(line).decode())' >"$agent_dir/state/planted"
[ -z "$disk" ] || sync -f "$disk" # its blocks are the control of those that are left
is "control: a file in the state directory" "$(look_at_files "$agent_dir" | cut -d' ' -f1 | paste -sd' ')" 'share:2:line text:dana words:dana'
rm "$agent_dir/state/planted"
nothing "state, store, journal, log, folders, homes, temporary files: nothing" "$(look_at_files "$TMPDIR")"
if [ -n "$disk" ]; then
	sync -f "$disk"
	found=$(search files "$secrets" "$safe/image" | cut -d' ' -f1)
	like "control: blocks of a file that was removed" "$found" 'words:dana'
	nothing "blocks of the disk: no other" "$(grep -vE '^(share:2:line|text:dana|words:dana)$' <<<"$found")"
else
	skip "blocks of the disk" "no loop device"
fi
done_testing

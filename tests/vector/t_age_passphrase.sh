#!/usr/bin/env bash
# Files for a passphrase: Debian's age opens ours and we open its; what is refused says why.
. "$(dirname "$0")/../tap.sh"
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer")
for tool in age expect; do
	command -v "$tool" >/dev/null || { skip "passphrases in both directions" "$tool is not installed"; done_testing; exit; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
printf 'correct horse 电池' >right
printf 'correct horse' >wrong

# age asks on the terminal; ARGUMENTS… are its own. Its exit status is ours.
cat >ask <<'EXPECT'
set passphrase [read [set f [open [lindex $argv 0] r]]]
close $f
set timeout 60
log_user 0
spawn {*}[lrange $argv 1 end]
expect {
	-re {passphrase[^:]*: ?} { send -- "$passphrase\r"; exp_continue }
	timeout { exit 98 }
	eof
}
exit [lindex [wait] 3]
EXPECT
same() { [ "$2" -eq 0 ] && cmp -s plain "$1"; }
for size in 0 1 74 65535 65536; do
	head -c "$size" /dev/urandom >plain
	: >back # age writes no file where there is nothing to write
	: >back2
	"$peer" seal-passphrase right "$([ "$size" -eq 74 ] && echo 18 || echo 10)" <plain >ours.age &&
		expect ask right age -d -o back ours.age
	ok "age opens ours, $size bytes" same back $?
	"$peer" open-passphrase right <ours.age >back2
	ok "so do we, $size bytes" same back2 $?
done
fails "age refuses another passphrase for ours" expect ask wrong age -d -o none ours.age
head -c 60000 /dev/urandom >plain
expect ask right age -p -o theirs.age plain
is "age wrote a passphrase file" "$?" 0
"$peer" open-passphrase right <theirs.age >back
ok "we open age's" same back $?
head -c 200000 /dev/urandom >plain
expect ask right age -p -o large.age plain && "$peer" decrypt-passphrase right <large.age >back
ok "we open age's of several chunks" same back $?

refused() { # NAME REGEX FILE PASSPHRASE
	local said status
	said=$("$peer" open-passphrase "$4" <"$3" 2>&1 >out)
	status=$?
	is "$1: refused without output" "$status $(stat -c %s out)" "10 0"
	like "$1: said" "$said" "$2"
}
refused "another passphrase" "another passphrase" theirs.age wrong
refused "several chunks in secret memory" "larger than we accept" large.age right
sed '2s/ [0-9]*$/ 21/' theirs.age >heavy.age
refused "too much work" "work factor" heavy.age right
# 2^20 is allowed and takes 1 GiB, which this process may not have.
sed '2s/ [0-9]*$/ 20/' theirs.age >most.age
if ldd "$peer" | grep -q asan; then
	skip "work that memory does not reach for" "a sanitizer takes all addresses"
else
	is "work that memory does not reach for" \
		"$(ulimit -v 600000; "$peer" open-passphrase right <most.age 2>&1)" "the passphrase's work factor is larger than we accept or have memory for"
fi
{ head -n 3 theirs.age; printf -- '-> grease\n\n'; tail -n +4 theirs.age; } >beside.age
refused "a passphrase beside another recipient" "breaks its grammar" beside.age right
head -c -1 theirs.age >cut.age
refused "a cut file" "content does not open" cut.age right
{ head -n 3 theirs.age; head -n 4 large.age | tail -n 1; tail -n +5 theirs.age; } >mac.age
refused "the check value of another file" "check value" mac.age right
age-keygen -o key 2>/dev/null
age -r "$(age-keygen -y key)" -o key.age plain
refused "a file for a key" "sealed to keys" key.age right
refused "a file that is none" "not an age file" plain right
done_testing

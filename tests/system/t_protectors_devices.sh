#!/usr/bin/env bash
# The machine key in a TPM 2 (swtpm) and wrapped by a PKCS#11 token (softhsm2): each opens an agent that seals and reads;
# another or cleared TPM, changed PCRs, a missing token, wrong PINs, damaged files and modules that hang are said and
# passed over; a TPM is never alone.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-protector" ]; then
	skip "protectors in devices" "needs root and all programs"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/protectors.sh"

tpm_pid=''
tpm_start() { # NAME: that TPM, made when it is new, at the one socket
	tpm_stop
	mkdir -p "$agent_dir/$1"
	swtpm socket --tpm2 --tpmstate "dir=$agent_dir/$1" --server "type=unixio,path=$agent_dir/tpm.sock" \
		--ctrl "type=unixio,path=$agent_dir/tpm.sock.ctrl" --flags not-need-init,startup-clear >/dev/null 2>&1 &
	tpm_pid=$!
	wait_until 10 test -S "$agent_dir/tpm.sock"
}
tpm_stop() {
	[ -n "$tpm_pid" ] || return 0
	kill "$tpm_pid" 2>/dev/null
	wait "$tpm_pid" 2>/dev/null
	tpm_pid=''
	rm -f "$agent_dir/tpm.sock" "$agent_dir/tpm.sock.ctrl"
}
trap 'tpm_stop; agent_clean' EXIT
tcti=swtpm:path=$agent_dir/tpm.sock
export TPM2TOOLS_TCTI=$tcti
credentials() { export CREDENTIALS_DIRECTORY=$agent_dir/credentials; mkdir -p "$CREDENTIALS_DIRECTORY"; printf '%s' "$2" >"$CREDENTIALS_DIRECTORY/$1"; }
no_credentials() { rm -rf "$agent_dir/credentials"; unset CREDENTIALS_DIRECTORY; }
starts_locked() { # NAME REGEX: an agent that starts, locked, and its log says why
	agent_start; tap $? "$1: it starts all the same"
	ok "$1: locked" is_locked
	like "$1: it says why" "$(cat "$agent_log")" "$2"
	agent_stop
}

agent_init >/dev/null 2>&1
cp "$key" "$agent_dir/key.before"
words "$pass" | protect passphrase >/dev/null

if command -v swtpm >/dev/null && tpm_start one; then
	like "with a second protector that does not open, no TPM" "$(words wrong | protect tpm2 --tcti "$tcti")" 'wrong passphrase; nothing has changed'
	like "nor where none answers" "$(words "$pass" | protect tpm2 --tcti "swtpm:path=$agent_dir/none")" 'no TPM 2 answers at .*nothing has changed'
	like "nor with PCRs that are none" "$(words "$pass" | protect tpm2 --tcti "$tcti" --pcrs 7,99)" 'numbers from 0 to 23'
	is "nothing was made" "$(ls "$kept")" passphrase.age
	like "a TPM is enrolled, after the passphrase proved itself" "$(words "$pass" | protect tpm2 --tcti "$tcti")" "by 'tpm2' too; it was opened with it just now, and before with 'passphrase'"
	like "the passphrase cannot go when the file is gone" "$(unprotect file <<<"$pass" && unprotect passphrase)" 'leave the TPM alone'
	ok "and is there" test -s "$kept/passphrase.age"
	fails "the key is nowhere in clear" grep -rqa "$(cut -c1-64 "$agent_dir/key.before")" "$agent_dir/state"
	like "the table: it works" "$(protectors)" 'tpm2 +20[^ ]* +works'
	agent_start; tap $? "the agent starts with the TPM alone at hand"
	is "which opened" "$(opened_by)" tpm2
	ok "and works" works
	agent_stop
	if command -v tpm2_unseal >/dev/null; then
		field_of() { sed -n "s/^$1 //p" "$kept/tpm2" | python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))'; }
		stock() {
			(cd "$agent_dir" && field_of public >pub && field_of private >priv && tpm2_createprimary -Q -C o -G ecc -c parent.ctx && tpm2_flushcontext -t &&
				tpm2_load -Q -C parent.ctx -u pub -r priv -c object.ctx && tpm2_flushcontext -t && tpm2_unseal -c object.ctx) 2>/dev/null
		}
		is "tpm2-tools open it too" "$(stock)" "$(cat "$agent_dir/key.before")"
	else
		skip "tpm2-tools open it too" "tpm2-tools is missing"
	fi
	cp "$kept/tpm2" "$agent_dir/tpm2.whole"

	# A damaged file, and files that are none
	bad=0
	for at in 3 25 60 120 200 300 400 500 600; do
		cp "$agent_dir/tpm2.whole" "$kept/tpm2"
		printf '~' | dd of="$kept/tpm2" bs=1 seek="$at" conv=notrunc status=none
		said=$(protectors)
		grep -q 'tpm2 .*does not work: ' <<<"$said" || { bad=$((bad + 1)); sed "s/^/# byte $at: /" <<<"$said"; }
	done
	sed 's/^\(private .*\)..$/\100/' "$agent_dir/tpm2.whole" >"$kept/tpm2"
	grep -q 'tpm2 .*does not work: the file is damaged' <<<"$(protectors)" || bad=$((bad + 1))
	for n in 0 20 100 400; do
		head -c $n "$agent_dir/tpm2.whole" >"$kept/tpm2"
		grep -q 'tpm2 .*does not work: ' <<<"$(protectors)" || bad=$((bad + 1))
	done
	is "damaged and cut files open nothing and are said" $bad 0
	starts_locked "a damaged file" "tpm2.*does not open: the file is damaged"
	cp "$agent_dir/tpm2.whole" "$kept/tpm2"

	# Another TPM, a cleared one, none
	tpm_start two
	starts_locked "another TPM" 'another TPM than at enrolment'
	tpm_stop
	starts_locked "no TPM" 'no TPM 2 answers'
	agent_start
	unlocks() { words "$pass" | as "$li" unlock machine; }
	ok "the second protector opens then" unlocks
	ok "and the agent works" wait_until 20 works
	agent_stop
	tpm_start one
	ok "the first TPM again" grep -q 'tpm2 .*works' <<<"$(protectors)"

	# PCRs
	like "with PCR 7" "$(words "$pass" | protect tpm2 --tcti "$tcti" --pcrs 7)" 'opened with it just now'
	ok "it works" grep -q 'tpm2 .* works' <<<"$(protectors)"
	if command -v tpm2_pcrextend >/dev/null; then
		tpm2_pcrextend "7:sha256=$(printf '%064d' 7)" 2>/dev/null
		starts_locked "PCR 7 changed" 'measured state .PCR. is not that of the enrolment'
		like "another one takes its place" "$(words "$pass" | protect tpm2 --tcti "$tcti")" 'opened with it just now'
		tpm2_clear 2>/dev/null
		starts_locked "a cleared TPM" 'another TPM than at enrolment, or its owner was cleared'
	else
		skip "PCRs, clearing" "tpm2-tools is missing"
	fi
	like "the TPM can go" "$(words "$pass" | unprotect tpm2)" "opens with 'passphrase'"
	is "and is gone" "$(ls "$kept")" passphrase.age

	# A TPM that never answers
	tpm_stop
	python3 -c '
import socket, sys, time
sockets = []
for name in sys.argv[1:]:
    s = socket.socket(socket.AF_UNIX); s.bind(name); s.listen(5); sockets.append(s)
time.sleep(120)' "$agent_dir/hung.sock" "$agent_dir/hung.sock.ctrl" &
	tpm_pid=$!
	wait_until 10 test -S "$agent_dir/hung.sock.ctrl"
	sed "s|^tcti .*|tcti swtpm:path=$agent_dir/hung.sock|" "$agent_dir/tpm2.whole" >"$kept/tpm2"
	agent_config "security_administrators: [$li, $wang]" 'protector_timeout_s: 2'
	starts_locked "a TPM that hangs" 'tpm2.*does not open: no answer in time'
	rm "$kept/tpm2"
	agent_config "security_administrators: [$li, $wang]" 'protector_timeout_s: 20'
	tpm_stop
else
	skip "a TPM" "swtpm is missing or does not start here"
fi

# PKCS#11
module=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
if [ -n "$module" ] && command -v softhsm2-util >/dev/null && command -v pkcs11-tool >/dev/null; then
	export SOFTHSM2_CONF=$agent_dir/softhsm.conf
	mkdir "$agent_dir/tokens"
	echo "directories.tokendir = $agent_dir/tokens" >"$SOFTHSM2_CONF"
	pin=271828
	softhsm2-util --init-token --free --label machine --so-pin 31415926 --pin $pin >/dev/null
	key_pair() { pkcs11-tool --module "$module" --token-label machine --login --pin $pin --keypairgen --key-type rsa:2048 --id "$1" --label "key $1" >/dev/null 2>&1; }
	enrol() { protect pkcs11 --module "$module" --token machine "$@"; }

	like "a token without a key" "$(words "$pass" $pin | enrol)" 'no such RSA key pair.*nothing has changed'
	key_pair 01
	like "a module that is none" "$(words "$pass" $pin | protect pkcs11 --module /etc/hostname --token machine)" 'does not start as a PKCS#11 module'
	like "a token that is not there" "$(words "$pass" $pin | protect pkcs11 --module "$module" --token nobody)" "'nobody' is not there"
	like "a wrong PIN" "$(words "$pass" 111111 | enrol)" 'wrong PIN.*nothing has changed'
	like "no module at all" "$(protect pkcs11 --token machine)" 'needs --module PATH and --token LABEL'
	is "nothing was made" "$(ls "$kept")" passphrase.age
	like "a token is enrolled, and proved" "$(words "$pass" $pin | enrol)" "by 'pkcs11' too; it was opened with it just now"
	is "the PIN is not in its file" "$(grep -c $pin "$kept/pkcs11")" 0
	key_pair 02
	like "with two keys it must be named" "$(words "$pass" $pin | enrol)" 'more than one: --key ID'
	like "named, it takes its place" "$(words "$pass" $pin | enrol --key 02)" 'opened with it just now'
	like "it has that key" "$(cat "$kept/pkcs11")" $'\nkey 02\n'
	agent_start; tap $? "without its PIN the agent starts"
	ok "locked" is_locked
	stray=$(agent_person stray)
	like "a stranger uses up no try of the token" "$(words 111111 | as "$stray" unlock machine --pin 2>&1)" 'root or a security administrator'
	is "a wrong PIN: exit code" "$(words 111111 | as "$li" unlock machine --pin >/dev/null 2>&1; echo $?)" 4
	unlocks() { words $pin | as "$li" unlock machine --pin; }
	ok "the right one unlocks" wait_until 20 unlocks
	ok "and it works" wait_until 20 works
	is "it says what opened" "$(opened_by)" pkcs11
	agent_stop
	credentials classd.pkcs11-pin $pin
	agent_start; tap $? "with the PIN in a credential"
	is "it opens by itself" "$(opened_by)" pkcs11
	ok "and works" works
	ok "reads all" reads_all
	fails "the PIN is in no log" grep -q $pin "$agent_log"
	agent_stop
	credentials classd.pkcs11-pin 999999
	starts_locked "a wrong PIN in the credential" 'wrong PIN for the token'
	no_credentials
	words $pin >"$agent_dir/pin"
	: >"$agent_log" # before it is waited for
	"$agent_build/classd" --trial --config "$agent_dir/classd.yaml" --ask-pin >>"$agent_log" 2>&1 <"$agent_dir/pin" &
	agent_pid=$!
	ok "--ask-pin takes a line of standard input" wait_until 30 agent_is_ready
	agent_stop
	mv "$agent_dir/tokens" "$agent_dir/away" && mkdir "$agent_dir/tokens"
	like "a token that was taken away" "$(words $pin | agent_run --ask-pin 2>&1)" "'machine' is not there"
	rmdir "$agent_dir/tokens" && mv "$agent_dir/away" "$agent_dir/tokens"
	cp "$kept/pkcs11" "$agent_dir/pkcs11.whole"
	sed 's/^wrapped ..../wrapped 0000/' "$agent_dir/pkcs11.whole" >"$kept/pkcs11"
	like "a damaged file" "$(words $pin | agent_run --ask-pin 2>&1)" 'the file is damaged'
	cp "$agent_dir/pkcs11.whole" "$kept/pkcs11"
	like "the passphrase can go: the token opens" "$(words $pin | unprotect passphrase)" "opens with 'pkcs11'"
	like "the token cannot: it is the last" "$(words $pin | unprotect pkcs11)" 'is the last protector'
	if [ -n "$tpm_pid" ] || { command -v swtpm >/dev/null && tpm_start three; }; then
		like "a TPM beside a token" "$(words $pin | protect tpm2 --tcti "$tcti")" "and before with 'pkcs11'"
		like "which must stay" "$(words $pin | unprotect pkcs11)" 'leave the TPM alone'
		agent_start; tap $? "the agent starts with that TPM"
		is "which opened" "$(opened_by)" tpm2
		ok "and reads all" reads_all
		agent_stop
	fi

	# Foreign code that hangs, dies or never lets go
	if command -v gcc >/dev/null; then
		cat >"$agent_dir/module.c" <<-'C'
			#include <unistd.h>
			#include <stdlib.h>
			long C_GetFunctionList(void **list) { (void)list; if (HOW) abort(); for (;;) pause(); }
		C
		gcc -shared -fPIC -DHOW=0 -o "$agent_dir/hangs.so" "$agent_dir/module.c"
		gcc -shared -fPIC -DHOW=1 -o "$agent_dir/dies.so" "$agent_dir/module.c"
		rm -f "$kept/tpm2"
		agent_config "security_administrators: [$li, $wang]" 'protector_timeout_s: 2'
		credentials classd.pkcs11-pin $pin
		for how in hangs dies; do
			sed "s|^module .*|module $agent_dir/$how.so|" "$agent_dir/pkcs11.whole" >"$kept/pkcs11"
			starts_locked "a module that $how" 'pkcs11.*does not open: (no answer in time|it died of signal 6)'
		done
		cp "$agent_dir/pkcs11.whole" "$kept/pkcs11"
		agent_start; tap $? "the module that works again"
		ok "reads all" reads_all
		agent_stop
		no_credentials
	fi
else
	skip "a PKCS#11 token" "softhsm2 or opensc is missing"
fi

# Foreign code lives in one program only: others may meet these libraries behind one of theirs, and never ask them anything.
for program in "$agent_build"/classd "$agent_build"/classctl "$agent_build"/libexec/classd/*; do
	case $program in *-protector) continue ;; esac
	is "${program##*/} has no library of devices" "$(readelf -d "$program" | grep NEEDED | grep -cE 'libtss2|libp11-kit')" 0
done
done_testing

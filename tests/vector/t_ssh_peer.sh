#!/usr/bin/env bash
# ssh-keygen verifies what we sign and we verify what it, and ssh-agent, sign, 1,000 texts each way; keys on a token,
# played in software, in both flags, 300 of ssh-keygen's (1,000 with CLASSD_LONG=1: a process for each touch); what must be
# refused is refused by ssh-keygen and by us.
. "$(dirname "$0")/../tap.sh"
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer")
command -v ssh-keygen >/dev/null || { skip "SSHSIG in both directions" "ssh-keygen is not installed"; done_testing; exit; }
dir=$(mktemp -d)
agent=
trap '[ -z "$agent" ] || kill "$agent"; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
ssh-keygen -q -t ed25519 -N '' -C li -f li
ssh-keygen -q -t ed25519 -N '' -C wang -f wang
ssh-keygen -q -t ed25519 -N secret -C locked -f locked
ssh-keygen -q -t ecdsa -N '' -C other -f other
echo "li $(cut -d' ' -f1,2 li.pub)" >allowed
theirs_verifies() { ssh-keygen -Y verify -f "${3:-allowed}" -I li -n "$2" -s "$1" "${@:4}" <text; }
rounds=${peer%peer}rounds n=1000
mkdir files
ok "we sign $n texts" "$rounds" sign files li label@classd $n
said() { is "$1" "$2 ${*:3}" "0 ${*:3}"; echo "# ${*:3}"; }
all=$("$rounds" check files allowed li label@classd plain $n); said "ssh-keygen verifies all of ours" $? "$all"
(cd files && seq -f 'text.%.0f' 0 $((n - 1)) | xargs ssh-keygen -q -Y sign -f ../li -n label@classd 2>/dev/null)
all=$("$rounds" verify files li.pub label@classd $n); said "we verify all of ssh-keygen's, and nothing altered" $? "$all"
"$peer" sk-public li.pub </dev/null >token.pub
echo "li $(cat token.pub)" >allowed.token
all=$("$rounds" check files allowed.token li label@classd token $n); said "ssh-keygen verifies a token's" $? "$all"

head -c 500 /dev/urandom | base64 >text
"$peer" sign li label@classd <text >ours.sig
ssh-keygen -q -Y sign -f li -n label@classd <text >theirs.sig 2>/dev/null
is "both make the same signature: Ed25519 is deterministic" "$(cat ours.sig)" "$(cat theirs.sig)"
ssh-keygen -q -Y sign -f li -n label@classd -O hashalg=sha256 <text >sha256.sig 2>/dev/null
ok "also over SHA-256" "$peer" verify li.pub sha256.sig label@classd <text

refused() { # NAME REGEX PEER-ARGUMENTS…
	local name=$1 regex=$2 said
	shift 2
	said=$("$peer" "$@" <text 2>&1 >/dev/null)
	is "$name is refused" "$?" 15
	like "$name: said" "$said" "$regex"
}
refused "another namespace" purpose verify li.pub theirs.sig issue@classd
refused "another key" "another key" verify wang.pub theirs.sig label@classd
fails "ssh-keygen refuses ours under another namespace" theirs_verifies ours.sig issue@classd
refused "a key with a passphrase" passphrase sign locked label@classd
refused "an ECDSA key" Ed25519 sign other label@classd
refused "a file that is no key" "not an SSH" sign text label@classd
# A key that is no longer good: by date in the list of signers, by a revocation list.
echo "li valid-before=\"20260401\",namespaces=\"label@classd,issue@classd\" $(cut -d' ' -f1,2 li.pub)" >until
ok "a key that ended later was good on the day" theirs_verifies ours.sig label@classd until -Overify-time=20260331
fails "not after its end" theirs_verifies ours.sig label@classd until -Overify-time=20260402
fails "nor today" theirs_verifies ours.sig label@classd until
fails "nor in a namespace that the list does not give it" theirs_verifies ours.sig key@classd until -Overify-time=20260331
ssh-keygen -q -k -f revoked li.pub
fails "a revoked key" theirs_verifies ours.sig label@classd allowed -r revoked
ssh-keygen -q -k -f revoked wang.pub
ok "while another's revocation matters not" theirs_verifies ours.sig label@classd allowed -r revoked
echo "li $(cut -d' ' -f1,2 wang.pub)" >others
fails "ssh-keygen refuses another key" theirs_verifies ours.sig label@classd others

# Tokens: touched, person verified. ssh-keygen looks at neither; we do where it is demanded.
"$peer" sk-sign li label@classd 5 <text >verified.sig
"$peer" sk-sign li label@classd 1 <text >touched.sig
"$peer" sk-sign li label@classd 0 <text >silent.sig
for kind in verified touched; do
	ok "a token's signature, $kind, is good for ssh-keygen" theirs_verifies $kind.sig label@classd allowed.token
	ok "and for us" "$peer" verify token.pub $kind.sig label@classd <text
done
ok "ssh-keygen takes a token that was not touched" theirs_verifies silent.sig label@classd allowed.token
refused "a token that was not touched" touched verify token.pub silent.sig label@classd
fails "a token's signature is none of the plain key" theirs_verifies verified.sig label@classd
refused "nor for us" "another key" verify li.pub verified.sig label@classd
# The same token behind OpenSSH's own interface for tokens: its key file, its signatures, its agent.
export SSH_SK_PROVIDER=${peer%peer}token.so
sk_n=$([ "${CLASSD_LONG:-}" ] && echo 1000 || echo 300)
if [ -e "$SSH_SK_PROVIDER" ] && ssh-keygen -q -t ed25519-sk -N '' -f touch </dev/null 2>err; then
	ssh-keygen -q -t ed25519-sk -O no-touch-required -N '' -f silent </dev/null
	mkdir tokens && "$rounds" sign tokens li label@classd "$sk_n"
	(cd tokens && seq -f 'text.%.0f' 0 $((sk_n - 1)) | xargs ssh-keygen -q -Y sign -f ../touch -n label@classd 2>/dev/null)
	all=$("$rounds" verify tokens touch.pub label@classd "$sk_n"); said "we verify all that a token signed for ssh-keygen" $? "$all"
	ssh-keygen -q -Y sign -f silent -n label@classd <text >silent.sig 2>/dev/null
	refused "a token that was made to sign without a touch" touched verify silent.pub silent.sig label@classd
	refused "the key file of a token" Ed25519 sign touch label@classd
else
	skip "a token behind ssh-keygen" "this ssh-keygen takes no middleware: $(cat err)"
fi

echo changed >>text
fails "ssh-keygen refuses a changed text" theirs_verifies ours.sig label@classd
refused "a changed text" "not over this text" verify li.pub theirs.sig label@classd
is "fingerprints agree" "$("$peer" fingerprint li.pub </dev/null)" "$(ssh-keygen -lf li.pub | cut -d' ' -f2)"

if command -v ssh-agent >/dev/null; then
	eval "$(ssh-agent -s -a "$dir/agent.sock" -P "$(realpath "$SSH_SK_PROVIDER")")" >/dev/null
	agent=$SSH_AGENT_PID
	refused "an empty agent" "no key" agent label@classd
	ssh-add -q other li 2>/dev/null
	"$peer" agent label@classd <text >agent.sig
	ok "ssh-keygen verifies what the agent signed for us" theirs_verifies agent.sig label@classd
	ok "and so do we" "$peer" verify li.pub agent.sig label@classd <text
	all=$("$rounds" agent files li.pub label@classd $n); said "we verify all of the agent's" $? "$all"
	if [ -e touch ] && ssh-add -q touch 2>/dev/null; then
		all=$("$rounds" agent tokens touch.pub label@classd 100); said "and what a token signed for the agent" $? "$all"
	else
		skip "a token behind ssh-agent" "there is none"
	fi
	all=$("$rounds" check files allowed li label@classd agent 200); said "so does ssh-keygen, of every kind" $? "$all"
else
	skip "ssh-agent" "ssh-agent is not installed"
fi
SSH_AUTH_SOCK=$dir/absent refused "an absent agent" "no agent" agent label@classd
done_testing

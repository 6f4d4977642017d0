#!/usr/bin/env bash
# ssh-keygen verifies what we sign and we verify what it, and ssh-agent, sign. CLASSD_LONG=1: 1,000 each way.
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
theirs_verifies() { ssh-keygen -Y verify -f allowed -I li -n "$2" -s "$1" <text; }

for n in $(seq "$([ "${CLASSD_LONG:-}" ] && echo 1000 || echo 10)"); do
	head -c $((n * 37)) /dev/urandom | base64 >text
	"$peer" sign li label@classd <text >ours.sig
	ok "ssh-keygen verifies ours ($n)" theirs_verifies ours.sig label@classd
	ssh-keygen -q -Y sign -f li -n label@classd <text >theirs.sig 2>/dev/null
	ok "we verify ssh-keygen's ($n)" "$peer" verify li.pub theirs.sig label@classd <text
done
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
echo changed >>text
refused "a changed text" "not over this text" verify li.pub theirs.sig label@classd
is "fingerprints agree" "$("$peer" fingerprint li.pub </dev/null)" "$(ssh-keygen -lf li.pub | cut -d' ' -f2)"

if command -v ssh-agent >/dev/null; then
	eval "$(ssh-agent -s -a "$dir/agent.sock")" >/dev/null
	agent=$SSH_AGENT_PID
	refused "an empty agent" "no key" agent label@classd
	ssh-add -q other li 2>/dev/null
	"$peer" agent label@classd <text >agent.sig
	ok "ssh-keygen verifies what the agent signed for us" theirs_verifies agent.sig label@classd
	ok "and so do we" "$peer" verify li.pub agent.sig label@classd <text
else
	skip "ssh-agent" "ssh-agent is not installed"
fi
SSH_AUTH_SOCK=$dir/absent refused "an absent agent" "no agent" agent label@classd
done_testing

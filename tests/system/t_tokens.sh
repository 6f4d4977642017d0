#!/usr/bin/env bash
# Which keys sign decisions: a policy may ask for a security token, touched, and for one that verifies its person; a key
# that is revoked signs no more, and what it signed before stays good. Tokens are played in software. As root only.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "keys of decisions" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer") varlink=$PWD/tests/system/varlink.py
person anna
person boris
today=$(date -u +%F)
after() { date -u -d "$today + $1" +%F; }
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
mkdir "$agent_dir/policy.d"
cat >"$agent_dir/policy.d/keys.yaml" <<'YAML'
levels: [{code: CONFIDENTIAL, signed_with: token}, {code: SECRET, signed_with: verified-token}]
YAML
chmod -R a+rX "$agent_dir/policy.d"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
{
	for id in dana li; do
		enter "$id" --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
	done
	enter olga --department office --role secrecy-office
	appoint li --kind statutory --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	ctl anna train li --content 定密 --hours 4 --held "$(after '-30 days')"
	sign_key li
} >"$agent_dir/register.log" 2>&1
is "five persons are in the register" "$(ctl anna person list | grep -c ' valid')" 5

# call WHO METHOD KEY=VALUE…: the first reply. A value that begins with @ is the content of that file.
call() {
	local who=$1 method=$2
	shift 2
	as "$who" /usr/bin/python3 "$varlink" "$agent_socket" "org.classd.$method" "$(/usr/bin/python3 -c 'import json, sys
given = dict(a.split("=", 1) for a in sys.argv[1:])
print(json.dumps({k: open(v[1:]).read() if v[:1] == "@" else v for k, v in given.items()}))' "$@")"
}
reply_field() { /usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)["parameters"][sys.argv[1]], end="")' "$1"; }
scratch=$agent_dir/scratch
mkdir -m 755 "$scratch"
cp "$home/li/key" "$home/li/key.pub" "$scratch"

# The token's key is vouched for by the one that is there.
"$peer" sk-public "$scratch/key.pub" </dev/null | tr -d '\n' >"$scratch/token.pub"
"$peer" sign "$scratch/key" key@classd <"$scratch/token.pub" >"$scratch/proof"
chmod -R a+rX "$scratch"
like "a token's key is registered" "$(call li Persons.RegisterKey "key=@$scratch/token.pub" "proof=@$scratch/proof")" '"state":"valid"'
like "and shown as one" "$(ctl li person show li --json)" '"kind":"token"'

n=
submitted() { # NAME ITEM: the number is in $n
	save dana "$1" plain-zh.docx && ctl dana tag "$1" --item "$2" --scope dept:planning --responsible li \
		>"$agent_dir/said" 2>&1 && n=$(number_of) && ctl dana submit "$n" --wait >>"$agent_dir/said" 2>&1 ||
		{ sed 's/^/# /' "$agent_dir/said"; return 1; }
}
decide() { # FLAGS, or "plain": li decides $n with what such a key signs
	call li Records.PrepareDecision "number=$n" act=approve | reply_field text >"$scratch/text"
	if [ "$1" = plain ]; then "$peer" sign "$scratch/key" label@classd <"$scratch/text" >"$scratch/sig"
	else "$peer" sk-sign "$scratch/key" label@classd "$1" <"$scratch/text" >"$scratch/sig"; fi
	call li Records.Decide "number=$n" act=approve "text=@$scratch/text" "signature=@$scratch/sig"
}
undecided() { # NAME FLAGS WORDS
	local said
	said=$(decide "$2")
	like "$1: refused" "$said" 'token-needed'
	like "$1: what it says" "$said" "$3"
	is "$1: nothing was decided" "$(state_of "$n")" proposed
}
submitted token.docx 1.4
tap $? "one that asks for a token"
undecided "a key file" plain 'touched security token'
undecided "a token that was not touched" 0 'touched security token'
undecided "one that says only that it knew its person" 4 'touched security token'
like "a touched token decides" "$(decide 1)" '"state":"classified"'
token=$n
submitted verified.docx 1.1
tap $? "one that asks for more"
undecided "a key file" plain 'touched security token'
undecided "a token that was only touched" 1 'did not verify its owner'
like "with ssh-keygen's words for what to do" "$(decide 1)" 'verify-required'
like "a token that verified its person decides" "$(decide 5)" '"state":"classified"'
verify() { ctl olga verify "$1" --json; }
like "its signature holds" "$(verify "$n")" '"result":"ok","what":"signature"'
like "by a key on a token" "$(verify "$n")" '"detail":"[^"]*, a key on a token of the responsible person","result":"ok","what":"key"'

# classctl and the key file of a token: ssh-keygen signs with it, as it would with a real one.
export SSH_SK_PROVIDER=$agent_build/vector/token.so
if [ -e "$SSH_SK_PROVIDER" ] && as li ssh-keygen -q -t ed25519-sk -N '' -f "$home/li/sk" 2>/dev/null; then
	cut -d' ' -f1,2 "$home/li/sk.pub" | tr -d '\n' >"$scratch/sk.pub"
	"$peer" sign "$scratch/key" key@classd <"$scratch/sk.pub" >"$scratch/proof"
	chmod -R a+rX "$scratch"
	like "another token's key" "$(call li Persons.RegisterKey "key=@$scratch/sk.pub" "proof=@$scratch/proof")" '"state":"valid"'
	submitted touch.docx 1.4
	tap $? "a document for it"
	exits li 4 'touched security token' "classctl with a key file" approve "$n" --key "$home/li/key"
	ok "classctl with the token" ctl li approve "$n" --key "$home/li/sk"
	is "it is decided" "$(state_of "$n")" classified
else
	skip "classctl with a token" "this ssh-keygen takes no middleware"
fi

# Revoked on a later day: no more from then on; what is there stays.
day "$(after '10 days')"
fingerprint=$("$peer" fingerprint "$scratch/token.pub" </dev/null)
ok "li's token is lost" ctl li person revoke-key li "$fingerprint" --reason lost
submitted later.docx 1.4
tap $? "a document after that"
like "the revoked key decides nothing" "$(decide 1)" 'not-your-key'
is "and nothing was decided" "$(state_of "$n")" proposed
like "what it signed before is good" "$(verify "$token")" '"result":"ok","what":"key"'

# The same with ssh-keygen alone, from the list that the register gives.
ok "the keys as a list of signers" eval 'ctl olga person signers >"$scratch/signers"'
like "of both keys" "$(cat "$scratch/signers")" $'li valid-before="[0-9]{14}",namespaces="label@classd,issue@classd,set@classd" sk-ssh-ed25519@openssh.com [A-Za-z0-9+/=]+'
like "of all keys of li" "$(grep -c '^li ' "$scratch/signers")" '^[23]$'
"$peer" sk-sign "$scratch/key" label@classd 1 <"$scratch/text" >"$scratch/sig"
keygen() { ssh-keygen -Y verify -f "$scratch/signers" -I li -n label@classd -s "$1" "-Overify-time=$(after "$2" | tr -d -)" <"$scratch/text"; }
ok "the token's key is good before the day" keygen "$scratch/sig" '9 days'
ok "and on it" keygen "$scratch/sig" '10 days'
fails "not after it" keygen "$scratch/sig" '11 days'
"$peer" sign "$scratch/key" label@classd <"$scratch/text" >"$scratch/sig"
ok "the other key is good then" keygen "$scratch/sig" '11 days'
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

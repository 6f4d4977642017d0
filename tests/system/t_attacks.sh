#!/usr/bin/env bash
# Attacks on a whole agent by persons with logins of their own: each tries what the rules do not give him. As root only:
# it needs real users.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "attacks on a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
home=$agent_dir/home
mkdir -m 755 "$home"
for name in anna boris dana li olga paul mallory eve; do
	login=$(agent_person "$name")
	install -d -m 700 -o "$login" "$home/$name"
done
agent_config 'pack: cn' 'security_administrators: [cdt-anna, cdt-boris]'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en

as() { # as WHO COMMAND…
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" "$@" </dev/null)
}
ctl() { local who=$1; shift; as "$who" classctl "$@"; }
# refused WHO REGEX NAME COMMAND…
refused() {
	local who=$1 words=$2 name=$3 said
	shift 3
	if said=$(ctl "$who" "$@" 2>&1); then tap 1 "$name: refused"; printf '%s\n' "$said" | sed 's/^/# /'; return; fi
	like "$name" "$said" "$words"
}
person() { # person ID DEPARTMENT ROLES
	ctl anna person add "$1" --name "$1" --login "cdt-$1" --department "$2" --role "$3" --category core \
		--cleared-until 2040-12-31 --undertaking 2026-01-05 >/dev/null && ctl boris person confirm "$1" >/dev/null
}
appoint() { # appoint ID LEVEL
	ctl anna appoint "$1" --kind designated --level "$2" --department planning --from 2026-01-01 --until 2039-12-31 \
		--document "Order of $1" >/dev/null || return
	ctl anna train "$1" --content 'duties and limits' --hours 8 --held "$(date -u +%Y)-01-10" >/dev/null
	as "$1" ssh-keygen -q -t ed25519 -N '' -f "$home/$1/key"
	ctl "$1" identity --key "$home/$1/key" >/dev/null 2>&1
	ctl boris person confirm "$1" --key "$(ssh-keygen -lf "$home/$1/key.pub" | cut -d' ' -f2)" >/dev/null
}
confirm_appointment() {
	ctl boris person confirm "$1" --appointment "$(ctl boris person show "$1" --json | grep -oE '"id":[0-9]+' | head -n 1 | cut -d: -f2)"
}
save() { # save WHO NAME TEXT
	printf '%s\n' "$3" >"$agent_root/$2" && chown "cdt-$1:cdt" "$agent_root/$2"
}
is_seen() { ctl "$1" status "$2" | grep -q settled; }
draft() { # draft WHO NAME ITEM: its number
	save "$1" "$2" "a text of its own: $2" && wait_until 10 is_seen "$1" "$2" &&
		ctl "$1" tag "$2" --item "$3" --json | grep -oE '"number":"[0-9]{4}-[0-9]{6}' | head -n 1 | cut -d'"' -f4
}
state_is() { [ "$(ctl "$1" show "$2" | sed -nE 's/^state +//p' | head -n 1)" = "$3" ]; }
is_sealed() { ctl "$1" show "$2" | grep -qE '^sealing +sealed'; }

ok "persons" person dana planning drafter
person li planning drafter,responsible
person olga planning drafter,responsible
person paul planning drafter,responsible
person mallory catering drafter
person eve audit auditor
ok "li is appointed" appoint li secret
ok "and confirmed" confirm_appointment li
ok "olga is appointed" appoint olga secret
ok "paul for less" appoint paul confidential
ok "and confirmed" confirm_appointment paul

# Who sees what: a draft is nobody else's, and an appointment that waits or an auditor's post shows no title.
a=$(draft dana plan.txt 1.6)
ok "a draft" test -n "$a"
refused mallory 'not visible' "somebody else's draft is not shown" show "$a"
refused mallory 'not visible' "nor read" cat "$a"
refused olga 'not visible' "an appointment that waits for its second person shows nothing" show "$a"
is "nor a list" "$(ctl olga list --json)" '{"records":[]}'
ok "olga is confirmed" confirm_appointment olga
ok "then the department is hers" ctl olga show "$a"
refused mallory . "nor may its level be heard through a source" tag plan.txt --source "$a" --level CONFIDENTIAL
is "due lists are of one's own" "$(ctl mallory due --until 2099-01-01 --json 2>&1 | grep -c "$a")" 0
is "findings too" "$(ctl mallory findings --json 2>&1 | grep -c 'plan.txt')" 0

# A decision of two persons: whoever wrote the new content does not decide it, and nobody lowers what is above him.
approve() { ctl "$1" approve "$2" --key "$home/$1/key" "${@:3}"; }
ok "submitted" ctl dana submit "$a"
ok "sealed" wait_until 15 is_sealed dana "$a"
refused dana . "the drafter approves nothing" approve "$a"
ok "li decides" approve li "$a"
is_settled() { state_is li "$a" classified && is_sealed li "$a"; }
ok "decided" wait_until 10 is_settled
cp "$agent_root/plan.txt.age" "$agent_dir/old.age"
path=$(ctl li open --print-path "$a")
as li bash -c "echo more >>'$path'"
ok "li changes it" ctl li close "$a"
ok "it is changed" wait_until 10 state_is li "$a" changed
refused olga 'nobody has proposed' "nobody decides what nobody proposed" approve "$a" --key "$home/olga/key"
ok "li proposes it" ctl li submit "$a"
refused li 'two persons' "li does not decide on his own content" approve "$a" --key "$home/li/key"
ok "olga does" approve olga "$a"

# An older sealed file at the name of the newest: refused, whoever may read either.
is_settled() { state_is olga "$a" classified && is_sealed olga "$a"; }
ok "decided again" wait_until 10 is_settled
like "the newest is read" "$(ctl dana cat "$a")" more
mv "$agent_root/plan.txt.age" "$agent_dir/new.age"
install -m 600 -o cdt-sealer -g cdt "$agent_dir/old.age" "$agent_root/plan.txt.age"
refused dana 'not the newest' "an old file put back" cat "$a"
mv "$agent_dir/new.age" "$agent_root/plan.txt.age"
like "the newest again" "$(ctl dana cat "$a")" more

# What was proposed is not taken back and denied; what was sealed high is not opened low.
b=$(draft dana figures.txt 1.4)
ok "submitted again" ctl dana submit "$b"
ok "sealed again" wait_until 15 is_sealed dana "$b"
ok "withdrawn" ctl dana withdraw "$b"
like "denied after that: not alone" "$(ctl dana declare "$b" --not-secret --reason none 2>&1)" 'proposed before'

# Lowering asks for what setting asked for.
peer=$PWD/tests/system/varlink.py
plan=$(as li /usr/bin/python3 "$peer" "$agent_socket" org.classd.Records.PrepareDecision "{\"number\":\"$b\",\"act\":\"unclassified\"}")
unsigned=$(/usr/bin/python3 -c 'import json, sys
print(json.dumps({"number": sys.argv[2], "act": "unclassified", "text": json.loads(sys.argv[1])["parameters"]["text"]}))' "$plan" "$b")
like "an unsigned decision does not lower" "$(as li /usr/bin/python3 "$peer" "$agent_socket" org.classd.Records.Decide "$unsigned")" signature-needed

c=$(draft dana forecast.txt 3.2)
ok "a secret is submitted" ctl dana submit "$c"
ok "and sealed" wait_until 15 is_sealed dana "$c"
ok "and decided" approve li "$c"
is_settled() { state_is li "$c" classified && is_sealed li "$c"; }
ok "for good" wait_until 10 is_settled
path=$(ctl dana open --print-path "$c")
as dana bash -c "echo more >>'$path'"
ok "dana changes it" ctl dana close "$c"
ok "it waits for a new decision" wait_until 10 state_is li "$c" changed
ok "dana proposes it anew" ctl dana submit "$c"
refused paul 'CONFIDENTIAL|ceiling' "nobody lowers what is above his ceiling" approve "$c" --level CONFIDENTIAL --term 2y \
	--reason 'not that bad' --key "$home/paul/key"

# Attach names a file by a descriptor; its path is what the caller's own mounts make of it.
path=$(ctl dana open --print-path "$a")
m=$(draft mallory menu.txt 1.6)
ok "mallory's own is sealed" eval 'ctl mallory submit "$m" && wait_until 15 is_sealed mallory "$m"'
own=$(ctl mallory open --print-path "$m")
cp --attributes-only "$own" "$(dirname "$own")/$(basename "$path")" && chown cdt-mallory "$(dirname "$own")/$(basename "$path")"
lie=$(unshare -m bash -c "mount --bind '$(dirname "$own")' '$(dirname "$path")' &&
	exec setpriv --reuid cdt-mallory --regid cdt --clear-groups /usr/bin/python3 tests/system/varlink.py '$agent_socket' \
	--fd '$path' org.classd.Documents.Attach '{\"number\":\"$m\",\"descriptor\":0,\"version\":1}'")
like "a path of another's mounts is no checkout" "$lie" 'not-a-checkout'
as dana bash -c "echo 'the very secret' >>'$path'"
ok "what dana writes is hers" ctl dana close "$a"
is "and never mallory's" "$(ctl mallory cat "$m" | grep -c 'very secret')" 0

# A directory that somebody made before us is not ours: the socket and the lock in it would be his.
install -d -m 755 -o cdt-mallory "$agent_dir/his"
sed -E "s|^runtime_dir:.*|runtime_dir: $agent_dir/his|; s|^state_dir:.*|state_dir: $agent_dir/state2|" "$agent_dir/classd.yaml" >"$agent_dir/his.yaml"
like "the agent does not move in with others" \
	"$("$agent_build/classd" --trial --config "$agent_dir/his.yaml" --init --escrow-out "$agent_dir/escrow2.key" 2>&1)" \
	'belongs to another user'

# Suspended: nothing any more, at once.
ok "suspended" ctl anna person suspend li --reason 'lost his token'
refused li suspended "no list" list
refused li suspended "no content" cat "$a"
refused li suspended "no queue" queue
refused li suspended "no findings" findings
done_testing

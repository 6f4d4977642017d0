#!/usr/bin/env bash
# The public socket with a peer that shares no code with us, and with everything that is not a call.
. "$(dirname "$0")/../tap.sh"
[ -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ] || {
	skip "api" "classd-registrar is not built"
	done_testing
	exit
}
. "$(dirname "$0")/agent.sh"
peer=$(realpath "$(dirname "$0")/varlink.py")
call() { python3 "$peer" "$agent_socket" "$@"; }
agent_config
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
registrar=$(agent_pids registrar)

like "it says who it is" "$(call org.varlink.service.GetInfo)" '"product":"classd"'
for file in include/classd/org.classd.*.varlink; do
	interface=$(basename "$file" .varlink)
	is "$interface is served as the file says" "$(call org.varlink.service.GetInterfaceDescription "{\"interface\":\"$interface\"}" |
		python3 -c 'import json,sys; sys.stdout.write(json.load(sys.stdin)["parameters"]["description"])' | sha256sum)" \
		"$(sha256sum <"$file")"
done
# Every method of every interface is there: called without parameters it refuses them, or works.
missing=$(sed -n 's/^interface \(.*\)/I \1/p; s/^method \([A-Za-z]*\).*/M \1/p' include/classd/org.classd.*.varlink |
	while read -r kind name; do
		[ "$kind" = I ] && interface=$name && continue
		call "$interface.$name" | grep -Eo 'Method(NotFound|NotImplemented).*'
	done)
is "every method of the interface files has a row" "$missing" ""
like "an unknown interface" "$(call org.example.A.B)" 'org.varlink.service.InterfaceNotFound'
like "an unknown method" "$(call org.classd.Agent.Fly)" 'org.varlink.service.MethodNotFound'
like "an unknown parameter" "$(call org.classd.Agent.GetStatus '{"uid":0}')" '"parameter":"uid"'
like "root is no person" "$(call org.classd.Records.Queue)" '"code":"no-person"'
like "not JSON" "$(call --raw 'hello\0')" '"code":"malformed-message"'
like "too deep" "$(call --raw '[[[[[[[[[]]]]]]]]]\0')" '"code":"malformed-message"'
like "twice the same key" "$(call --raw '{"method":"a.B","method":"a.B"}\0')" 'same key twice'
like "64 KiB without an end" "$(call --raw "$(head -c 70000 /dev/zero | tr '\0' ' ')")" 'larger than 64 KiB'
like "half a message" "$(call --raw '{"method":"org.classd.Agent')" 'did not come to its end'
like "a descriptor nobody asked for" "$(call --fd /dev/null org.classd.Agent.GetStatus '{}')" '"code":"descriptors"'
mkfifo "$agent_dir/fifo"
like "a pipe for somebody without a name" \
	"$(call --fd "$agent_dir/fifo" org.classd.Documents.Read '{"document":{"number":"1"},"pipe":0,"purpose":"cat"}')" no-person
if command -v varlinkctl >/dev/null; then
	address=unix:$agent_socket
	like "varlinkctl works with it" "$(varlinkctl info "$address" 2>&1)" 'Product: classd'
	like "varlinkctl reads an interface" "$(varlinkctl introspect "$address" org.classd.Agent 2>&1)" 'method GetStatus'
	like "varlinkctl calls" "$(varlinkctl call "$address" org.classd.Agent.GetStatus '{}' 2>&1)" '"pack".*"us"'
	like "varlinkctl is refused as any other" "$(varlinkctl call "$address" org.classd.Records.Queue '{}' 2>&1)" 'no-person|Refused'
else
	skip "varlinkctl works with it" "varlinkctl is not installed (systemd 257 has it)"
fi
is "the registrar lived through all of it" "$(agent_pids registrar)" "$registrar"
agent_stop
done_testing

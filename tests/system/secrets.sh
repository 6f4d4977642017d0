# shellcheck shell=bash
# Secrets that are planted, and looked for with search.py: source it after tap.sh instead of agent.sh and register.sh.
#
#   $safe              a folder outside of what is searched: what may be known lies there
#   $disk              the small disk that the whole agent lives on, or nothing where there is no loop device
#   word, plant NAME WORD              makes a word that stands nowhere else; lists it in $safe/planted
#   nothing NAME HITS  no hits; those that are there are shown
#   traced N           the agent that starts next writes what its processes send and run to $safe/trace.N
#   traced_ctl WHO ARGUMENT…           classctl, with what it sends and runs in $safe/client/WHO
#   look_at_files PATH                 what lies in files beneath it
safe=$(mktemp -d /tmp/classd-safe.XXXXXX) disk=''
chmod 711 "$safe"
mkdir "$safe/disk" "$safe/plain"
truncate -s 96M "$safe/image" && mkfs.ext4 -q -F "$safe/image" && mount -o loop,nodiscard "$safe/image" "$safe/disk" 2>/dev/null && disk=$safe/disk
chmod 1777 "$safe/plain" "${disk:-$safe/plain}"
export TMPDIR=${disk:-$safe/plain}
. tests/system/agent.sh
. tests/system/register.sh
secrets_end() {
	local one
	for one in ${holder:-} ${present:-}; do kill "$one" 2>/dev/null; done
	agent_clean
	[ -z "$disk" ] || wait_until 20 umount "$disk" # a tracer may still be closing its files
	rm -rf "$safe"
}
trap secrets_end EXIT
search() { python3 tests/system/search.py "$@"; }
word() { printf 'zq%s' "$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"; }
plant() { printf '%s %s\n' "$1" "$(printf %s "$2" | od -An -tx1 | tr -d ' \n')" >>"$safe/planted"; }
nothing() { is "$1" "$(sort -u <<<"$2" | head -n 12)" ''; }
traced() { agent_under="strace -D -f -qq -o $safe/trace.$1 -s 70000 -xx -v -e trace=sendmsg,recvmsg,execve,execveat"; }
mkdir -m 1777 "$safe/client"
calls=sendmsg,recvmsg,sendto,recvfrom,execve
traced_ctl() {
	local who=$1
	shift
	as "$who" strace -f -qq -A -o "$safe/client/$who" -s 70000 -xx -v -e trace=$calls classctl "$@"
}
look_at_files() { search files "$secrets" "$1" | sort -u; }

# shellcheck shell=bash
# Protectors of the machine key in tests: source it after agent.sh. As root only.
#
#   works              the agent that runs seals a new document and opens it again
#   words LINE… | …    lines for standard input of --protect and --unprotect
#   protect KIND …, unprotect KIND, protectors      the acts of classd, with what stands on standard input
#   is_locked          the running agent says so
li=$(agent_person li) wang=$(agent_person wang)
agent_config "security_administrators: [$li, $wang]" 'protector_timeout_s: 20'
key=$agent_dir/state/machine.key
kept=$agent_dir/state/protectors
pass='correct horse battery staple'
as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
words() { printf '%s\n' "$@"; }
protect() { agent_run --protect "$@" 2>&1; }
unprotect() { agent_run --unprotect "$@" 2>&1; }
protectors() { agent_run --protectors </dev/null 2>&1; }
works() {
	local name
	echo >>"$agent_dir/works" # a file counts: `ok` runs this in a subshell
	name=work-$(wc -l <"$agent_dir/works").txt
	runuser -u "$li" -- sh -c "echo 'secret of $name' >'$agent_root/$name'"
	wait_until 20 work_is_seen "$name" &&
		as "$li" tag "$agent_root/$name" --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" --reason test --submit >"$agent_dir/said" 2>&1 &&
		wait_until 20 test -e "$agent_root/$name.age" && wait_until 20 work_is "$name" && age -d -i "$agent_dir/escrow.key" "$agent_root/$name.age" >/dev/null && return
	sed 's/^/# /' "$agent_dir/said"
	return 1
}
work_is_seen() { as "$li" status --all --json --limit 1000 | grep -q "\"path\":\"[^\"]*/$1\""; }
work_is() { as "$li" cat "$agent_root/$1.age" | grep -q secret; }
reads_all() { for f in "$agent_root"/work-*.age; do as "$li" cat "$f" | grep -q secret || return 1; done; }
is_locked() { as "$li" status --json | grep -q '"code":"supervisor.0/locked"'; }
opened_by() { as "$li" protectors --json | grep -o '{[^{}]*"opened":true[^{}]*}' | grep -o '"kind":"[^"]*"' | cut -d'"' -f4; }
journal_has() { as root journal show --json 2>/dev/null | grep -q "$1" || grep -rqa "$1" "$agent_dir/state/registrar/journal"; }

#!/usr/bin/env bash
# Other names of what is sealed: hard links of a plaintext are a finding until they are gone, also over a restart; a save
# that collided with sealing gets a record of its own and is sealed as well.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ]; then
	skip "other names" "needs root"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
fixtures=$(realpath "$(dirname "$0")/../fixtures")
li=$(agent_person li) wang=$(agent_person wang)
outside=$agent_dir/outside
install -d -m 755 -o "$li" "$outside"
agent_config "security_administrators: [$li, $wang]"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
looked_at() { as "$li" status --all --json | grep -o '{[^{}]*}' | grep "/$1\"" | grep -q '"digest":"[0-9a-f]'; }
tag() { as "$li" tag "$agent_root/$1" --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" --reason test; }
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
# Of two names of one file the agent takes either: they are told apart by nothing that it is given.
one_is_sealed() { is_sealed "$1" || is_sealed "$2"; }
sealed_of() { is_sealed "$1" && echo "$1" || echo "$2"; }
other_of() { is_sealed "$1" && echo "$2" || echo "$1"; }
finding() { { as "$li" findings --json; as "$wang" findings --json; } | grep -o '{[^{}]*}' | grep "\"code\":\"$1\"" | grep "$2"; }
no_finding() { ! finding "$@"; }
witnesses() { find "$agent_root/.classd" -name '*.alias' | wc -l; }
no_witness() { [ "$(witnesses)" -eq 0 ]; }

runuser -u "$li" -- cp "$fixtures/report-en.docx" "$agent_root/a.docx"
runuser -u "$li" -- ln "$agent_root/a.docx" "$outside/a-elsewhere.docx"
runuser -u "$li" -- ln "$agent_root/a.docx" "$agent_root/a-also.docx"
ok "it is looked at" wait_until 20 looked_at a.docx
ok "and its other name" wait_until 20 looked_at a-also.docx
ok "a file with other names is tagged" tag a.docx
ok "and sealed all the same" wait_until 20 one_is_sealed a.docx a-also.docx
sealed=$(sealed_of a.docx a-also.docx) also=$(other_of a.docx a-also.docx)
ok "its other names are a finding" wait_until 20 finding D18 "other names (hard links)"
like "which names the one that is known" "$(finding D18 'other names')" "$also, in no watched folder: 1"
ok "the known one has a finding of its own" wait_until 20 finding D18 'a copy in clear of'
ok "the plaintext is whole under it" cmp "$agent_root/$also" "$fixtures/report-en.docx"
rm "$agent_root/$also"
ok "that one closes with its name" wait_until 20 no_finding D18 'a copy in clear of'
ok "the other one does not" finding D18 "other names (hard links)"
agent_stop
agent_start || { tap 1 "the agent starts again"; done_testing; exit 1; }
ok "nor with a restart" finding D18 "other names (hard links)"
rm "$outside/a-elsewhere.docx"
ok "it closes when the last name is gone" wait_until 90 no_finding D18 "other names (hard links)"
ok "and nothing of the plaintext stays" wait_until 10 no_witness

# Two records of one inode: both plaintexts go, and neither waits for the other's witness.
runuser -u "$li" -- cp "$fixtures/report-en.odt" "$agent_root/b.odt"
runuser -u "$li" -- ln "$agent_root/b.odt" "$agent_root/c.odt"
ok "another file with two names is looked at" wait_until 20 looked_at b.odt
ok "both of them" wait_until 20 looked_at c.odt
ok "the first one is tagged" tag b.odt
ok "and sealed" wait_until 20 one_is_sealed b.odt c.odt
also=$(other_of b.odt c.odt)
ok "its other name is a finding" wait_until 20 finding D18 "other names (hard links).*$also, in no watched folder: 0"
rm "$agent_root/$also"
ok "which closes" wait_until 90 no_finding D18 "other names (hard links)"
ok "without a rest" wait_until 10 no_witness

# What a sealer puts aside for a third save is a document like any other.
runuser -u "$li" -- cp "$fixtures/report-en.pdf" "$agent_root/$sealed.conflict-20261127T101112Z"
ok "a save that collided gets a record of its own" wait_until 30 finding D32 "a save that collided with"
ok "and is sealed" wait_until 30 is_sealed "$sealed.conflict-20261127T101112Z"
is "with its content" "$(age -d -i "$agent_dir/escrow.key" "$agent_root/$sealed.conflict-20261127T101112Z.age" | sha256sum)" "$(sha256sum <"$fixtures/report-en.pdf")"
agent_stop
is "the agent ends well" "$agent_status" 0
done_testing

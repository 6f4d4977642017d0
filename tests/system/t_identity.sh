#!/usr/bin/env bash
# Which file is which record's document (DESIGN 2), whatever editors, cp, mv, links and a killed registrar do to names.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "identity" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
li=$(agent_person li) wang=$(agent_person wang) office=$(agent_person office)
agent_config "security_administrators: [$li, $wang]"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
root=$agent_root
as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
li_sh() { runuser -u "$li" -- sh -c "cd '$root' && $1"; }
status() { as "$li" status --all --json --limit 1000; }
row() { status | grep -o "{[^{}]*\"path\":\"$root/$1\"[^{}]*}"; }
record_of() { row "$1" | grep -o '"record":"[^"]*"' | cut -d'"' -f4; }
is_of() { [ "$(record_of "$1")" = "$2" ]; }
is_looked_at() { row "$1" | grep -q '"digest":"'; }
no_row() { [ -z "$(row "$1")" ]; }
place_of() { as "$li" show "$1" --json | grep -o '"path":"[^"]*"' | head -1 | cut -d'"' -f4; }
is_at() { [ "$(place_of "$1")" = "$2" ]; }
findings() { as "$office" findings --json; } # findings are of one's own; the secrecy office sees all
has() { findings | grep -o '{[^{}]*}' | grep "\"code\":\"$1\"" | grep -q -- "$2"; }
has_no() { ! has "$@"; }
fields() { as "$li" tag "$root/$1" --item 5.1 --level "$2" --term 5y --scope "person:$li" --responsible "$wang" --reason test --json 2>/dev/null | grep -o '[0-9]\{4\}-[0-9]\{6\}' | head -1; }
draft() { li_sh "echo 'draft $1' >'$1'" && wait_until 20 is_looked_at "$1" && fields "$1" "${2:-CONFIDENTIAL}"; }
is_sealed() { [ -e "$root/$1.age" ] && [ ! -e "$root/$1" ]; }
content_is() { [ "$(as "$li" cat "$1")" = "$2" ]; }
serves() { as "$li" status; }
li_sh "mkdir -p a b"
ok "the secrecy office is entered" as "$li" person add office --name Office --login "$office" --department office --role secrecy-office
ok "and confirmed" as "$wang" person confirm office

# A draft in clear, and what people and editors do.
one=$(draft one.txt)
like "a draft in clear" "$one" '^[0-9]{4}-[0-9]{6}$'
li_sh "mv one.txt a/two.txt"
ok "mv to another folder is followed" wait_until 20 is_at "$one" a/two.txt
ok "and the file there is the record's" is_of a/two.txt "$one"
li_sh "cd a && printf 'edited' >.two.tmp && mv .two.tmp two.txt"
ok "save by rename is the same document" wait_until 20 is_of a/two.txt "$one"
li_sh "sed -i s/edited/again/ a/two.txt"
ok "sed -i too" wait_until 20 is_of a/two.txt "$one"
li_sh "cd a && mv two.txt two.txt~ && printf vim >two.txt && rm two.txt~"
ok "a backup, a new file, no backup (vim) too" wait_until 20 is_of a/two.txt "$one"
ok "and the place is the same" is_at "$one" a/two.txt
wait_until 20 is_looked_at a/two.txt
li_sh "cp a/two.txt b/copy.txt"
ok "a copy is a finding" wait_until 20 has D31 "a copy in clear of $one"
is "and no record" "$(record_of b/copy.txt)" ""
li_sh "rm b/copy.txt"
ok "which ends with it" wait_until 20 has_no D31 "a copy in clear of $one"
li_sh "cp a/two.txt b/three.txt" && wait_until 20 has D31 "a copy in clear of $one"
li_sh "rm a/two.txt"
ok "the copy of what is gone is the document moved" wait_until 20 is_at "$one" b/three.txt
ok "and no finding" wait_until 20 has_no D31 "a copy in clear of $one"
li_sh "mv b/three.txt b/kept.txt"
ok "moved again" wait_until 20 is_at "$one" b/kept.txt
sleep 2 # a name that is taken again within 1.5 s is a save (adr/0021)
li_sh "echo other >b/three.txt"
wait_until 20 is_looked_at b/three.txt
is "another file under the old name is not the document" "$(record_of b/three.txt)" ""
ok "which is where it was moved to" is_at "$one" b/kept.txt
for i in $(seq 40); do li_sh "rm -f x.txt && echo $i >x.txt"; done
wait_until 20 is_looked_at x.txt
two=$(draft reuse.txt)
li_sh "rm reuse.txt"
ok "the row of a removed draft goes" wait_until 20 no_row reuse.txt
for i in $(seq 20); do li_sh "echo new $i >b/new-$i.txt"; done
wait_until 20 is_looked_at b/new-20.txt
is "no new file takes over its record" "$(status | grep -o "\"record\":\"$two\"")" ""
echo root >"$root/taken.tmp"
three=$(draft taken.txt)
mv "$root/taken.tmp" "$root/taken.txt"
ok "somebody else's file in its place is a finding" wait_until 20 has D32 "somebody else"
is "and does not get its record" "$(record_of taken.txt)" ""

# Sealed files.
four=$(draft four.txt SECRET)
as "$li" submit "$four" >/dev/null 2>&1
ok "a document is sealed" wait_until 30 is_sealed four.txt
li_sh "echo 'draft four.txt' >four.txt"
ok "the same plaintext beside it is taken again" wait_until 30 is_sealed four.txt
ok "and whole" content_is "$four" "draft four.txt"
runuser -u "$wang" -- sh -c "echo 'draft four.txt' >'$root/four.txt'"
ok "of somebody else it is a finding" wait_until 20 has D23 "sealed file beside it"
rm "$root/four.txt"
ok "which ends with it" wait_until 20 has_no D23 "sealed file beside it"
li_sh "echo 'draft four.txt' >a/elsewhere.txt"
ok "a plaintext copy elsewhere too" wait_until 20 has D18 "a copy in clear of $four"
li_sh "rm a/elsewhere.txt"
li_sh "echo 'next' >four.txt"
ok "what the drafter saves beside it is the next content" wait_until 30 content_is "$four" next
ok "and is taken" wait_until 20 is_sealed four.txt
runuser -u "$wang" -- sh -c "echo mine >'$root/four.txt'"
ok "what somebody else saves is a draft of its own and a finding" wait_until 30 has D32 "beside $four"
conflict_is_sealed() { compgen -G "$root/four.txt.conflict-*.age" && [ ! -e "$root/four.txt" ]; }
ok "sealed under a name of its own" wait_until 30 conflict_is_sealed
ok "the sealed file is untouched" content_is "$four" next
li_sh "cp four.txt.age a/cp.txt.age"
ok "a copy of the sealed file is a finding" wait_until 20 has D31 "a copy of the sealed file of $four"
cp "$root/four.txt.age" "$root/b/ours.txt.age"
rm "$root/a/cp.txt.age"
ok "one that root makes too" wait_until 20 has D31 "a copy of the sealed file of $four"
rm "$root/b/ours.txt.age"
ok "both end" wait_until 20 has_no D31 "a copy of the sealed file of $four"
li_sh "printf 'a newer save' >'four.txt.conflict-20260101T000000Z'"
ok "a save that collided is a draft of its own" wait_until 30 has D32 "collided with $four"
li_sh "echo 'linked' >link.txt && ln link.txt b/link-2.txt"
wait_until 20 is_looked_at link.txt
five=$(fields link.txt SECRET)
as "$li" submit "$five" >/dev/null 2>&1
wait_until 30 is_sealed link.txt
ok "the other name of a sealed plaintext is a finding" wait_until 30 has D18 "a copy in clear of $five"
li_sh "rm b/link-2.txt"
ok "which ends with it" wait_until 20 has_no D18 "a copy in clear of $five"

# Other kinds.
li_sh "ln -s /etc/passwd symlink && mkfifo fifo && echo last >last.txt"
ok "a file that came after them is looked at" wait_until 20 is_looked_at last.txt
is "a symlink is no document" "$(row symlink)" ""
is "nor a FIFO" "$(row fifo)" ""
is "neither is a record" "$(fields symlink SECRET)" ""

# The kept copies are taken away: a finding, and they are made anew.
rm -rf "$root/.classd"
six=$(draft six.txt SECRET)
wait_until 30 is_sealed six.txt
kept() { find "$root/.classd/keep" -name "$four.*.age" | grep -q .; }
ok "and what was kept is kept again" wait_until 30 kept
rm "$root/four.txt.age"
ok "so that a deleted file comes back" wait_until 20 as "$li" restore "$four"
ok "whole" content_is "$four" next

agent_stop
is "it ends in order" "$agent_status" 0
done_testing

#!/usr/bin/env bash
# What a file is besides its content is kept in its sealed form and comes back with it: owner, group, mode, access list,
# extended attributes, the time of its last change to the nanosecond; as far as whoever takes it out has the rights, and
# he is told what did not.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ]; then
	skip "what a file is" "needs root"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
if ! (touch "$agent_root/.probe.swp" && setfattr -n user.probe -v 1 "$agent_root/.probe.swp" && setfacl -m u:1:r "$agent_root/.probe.swp") 2>/dev/null; then
	skip "what a file is" "this file system has no access lists or attributes"
	done_testing
	exit
fi
rm "$agent_root/.probe.swp"
fixtures=$(realpath "$(dirname "$0")/../fixtures")
li=$(agent_person li) wang=$(agent_person wang) zhao=$(agent_person zhao)
getent group cdt-side >/dev/null || groupadd cdt-side
agent_config "security_administrators: [$li, $wang]"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
looked_at() { as "$li" status --all --json | grep -o '{[^{}]*}' | grep "/$1\"" | grep -q '"digest":"[0-9a-f]'; }
tag() { as "$li" tag "$agent_root/$1" --item 5.1 --level SECRET --term 5y --scope "person:$li,person:$wang" --responsible "$wang" --reason test; }
number_of() { as "$li" show "$agent_root/$1" --json | grep -oE '"number":"[^"]*' | head -n 1 | cut -d'"' -f4; }
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
what_is() { stat -c '%u %g %a %y' "$1"; getfacl --omit-header --numeric --absolute-names "$1"; getfattr --dump --absolute-names --encoding=hex "$1" | tail -n +2; }
taken=$agent_dir/taken
make_folder() { install -d -m 755 -o "$1" "$taken/$2" && echo "$taken/$2"; }
mkdir -m 755 "$taken"

file=$agent_root/report.docx
runuser -u "$li" -- cp "$fixtures/report-en.docx" "$file"
chgrp cdt-side "$file"
chmod 0640 "$file"
setfacl -m "u:$zhao:r,g:cdt:r,m::r" "$file"
setfattr -n user.xdg.origin.url -v 'https://example.org/a b' "$file"
setfattr -n user.empty "$file"
setfattr -n user.bytes -v 0x00ff0a22 "$file"
setfattr -n security.capability -v 0x0100000200000000000000000000000000000000 "$file" 2>/dev/null
setfattr -n trusted.test -v 1 "$file"
touch -d '2019-07-08 09:10:11.123456789' "$file"
before=$(what_is "$file")
size_before=$(wc -c <"$file")
ok "it is looked at" wait_until 20 looked_at report.docx
ok "tag" tag report.docx
ok "it is sealed" wait_until 20 is_sealed report.docx
number=$(number_of report.docx.age)
fails "nothing of it is to be seen in clear on the sealed file" getfattr -n user.xdg.origin.url "$agent_root/report.docx.age"

to=$(make_folder "$li" own)
ok "its owner exports it" as "$li" export "$number" --to "$to" --for wang --reason test
# li is not in cdt-side: the group does not come back, and then nobody of his own group may read it.
is "owner, time and attributes are as they were" "$(what_is "$to/report.docx" | grep -v 'group\|mask\|^[0-9]')" "$(echo "$before" | grep -v 'group\|mask\|^[0-9]')"
is "to the nanosecond" "$(stat -c %y "$to/report.docx")" "$(echo "$before" | head -n 1 | cut -d' ' -f4-)"
is "without its group, which he may not give, the group has no rights" "$(getfacl --omit-header --numeric --absolute-names "$to/report.docx" | grep '^group::')" "group::---"
said=$(as "$li" export "$number" --to "$(make_folder "$li" again)" --for wang --reason test 2>&1 >/dev/null)
like "and that is said" "$said" "group"
like "for programs, too" "$(as "$li" export "$number" --to "$(make_folder "$li" json)" --for wang --reason test --json)" '"lost":\["group"\]'
usermod -a -G cdt-side "$li"
to=$(make_folder "$li" whole)
ok "with the group he exports it once more" as "$li" export "$number" --to "$to" --for wang --reason test
is "everything of users is as it was" "$(what_is "$to/report.docx")" "$before"
is "and so is the content" "$(wc -c <"$to/report.docx")" "$size_before"
fails "a capability does not travel" getfattr -n security.capability "$to/report.docx"
fails "nor does what is the administrator's" getfattr -n trusted.test "$to/report.docx"
# A version that is saved in a checkout is the same file, later.
path=$(as "$li" open --print-path "$number")
is "in a checkout it has its time" "$(stat -c %y "$path")" "$(echo "$before" | head -n 1 | cut -d' ' -f4-)"
is "and is its reader's alone" "$(stat -c %a "$path")" 600
runuser -u "$li" -- sh -c "cp '$fixtures/report-en.odt' '$path'"
saved=$(stat -c %y "$path")
ok "close waits for it" as "$li" close "$number"
to=$(make_folder "$li" next)
ok "the next version is exported" as "$li" export "$number" --to "$to" --for wang --reason test
is "it is the new content" "$(sha256sum <"$to/report.docx")" "$(sha256sum <"$fixtures/report-en.odt")"
is "with the time of the save" "$(stat -c %y "$to/report.docx")" "$saved"
is "and all else as it was" "$(what_is "$to/report.docx" | tail -n +2)" "$(echo "$before" | tail -n +2)"

# More than a record carries is a refusal with its reason, and goes on by itself when it is less.
runuser -u "$li" -- cp "$fixtures/report-en.docx" "$agent_root/much.docx"
many=$(mktemp)
for i in $(seq 400); do echo "u:$((100000 + i)):r"; done >"$many"
if setfacl -M "$many" "$agent_root/much.docx" 2>/dev/null; then
	wait_until 20 looked_at much.docx
	tag much.docx >/dev/null
	finding() { as "$li" findings --json | grep -o '{[^{}]*}' | grep '"code":"D41"' | grep "$1"; }
	ok "too many entries are a finding" wait_until 30 finding "more than the 6 KiB"
	ok "and the plaintext stays" cmp "$agent_root/much.docx" "$fixtures/report-en.docx"
	setfacl -b "$agent_root/much.docx"
	ok "without them it is sealed" wait_until 60 is_sealed much.docx
	no_finding() { ! finding .; }
	ok "and the finding closes itself" wait_until 20 no_finding
else
	skip "too many entries" "this file system takes no long access list"
fi
rm -f "$many"
gpasswd -d "$li" cdt-side >/dev/null
agent_stop
is "the agent ends well" "$agent_status" 0
done_testing

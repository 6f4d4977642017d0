#!/usr/bin/env bash
# Documents through the whole agent: seen, sealed, worked on in a checkout, deleted and restored; and every role killed
# while many files are being sealed.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "documents" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
fixtures=$(realpath "$(dirname "$0")/../fixtures")
li=$(agent_person li) wang=$(agent_person wang)
agent_config "security_administrators: [$li, $wang]"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
as() { runuser -u "$1" -- "$agent_build/classctl" --socket "$agent_socket" "${@:2}"; }
save() { runuser -u "$li" -- cp "$fixtures/report-en.docx" "$agent_root/$1"; }
status_has() { as "$li" status --all --json | grep -q "$1"; }
tag() { as "$li" tag "$1" --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" --reason test; }
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
cat_is() { [ "$(as "$li" cat "$1" | sha256sum)" = "$2  -" ]; }

save report.docx
digest=$(sha256sum <"$fixtures/report-en.docx" | cut -d' ' -f1)
ok "a saved file is seen" wait_until 20 status_has '"path":"[^"]*/report.docx"'
ok "and looked at" wait_until 20 status_has "\"digest\":\"$digest\""
like "it has no record" "$(as "$li" status --json)" '"unrecorded":1'
ok "tag" tag "$agent_root/report.docx"
number=$(as "$li" status --all --json | grep -o '"record":"[^"]*"' | cut -d'"' -f4 | sort -u)
ok "submit" as "$li" submit "$number"
ok "it is sealed" wait_until 20 is_sealed report.docx
# classctl marked it at submit, while or after it was sealed for the first time: the marked bytes are what counts.
shown() { as "$li" show "$number" --json | grep -o '"digest":"[0-9a-f]*"' | head -1 | cut -d'"' -f4; }
is_marked() { [ -n "$(shown)" ] && [ "$(shown)" != "$digest" ] && cat_is "$number" "$(shown)"; }
ok "with its mark" wait_until 20 is_marked
digest=$(shown)
is "stock age gives the marked document back" "$(age -d -i "$agent_dir/escrow.key" "$agent_root/report.docx.age" | sha256sum | cut -d' ' -f1)" "$digest"
as "$li" cat "$number" >"$agent_dir/marked.docx"
fails "out of scope it is not even there" as "$wang-no" show "$number"

path=$(as "$li" open --print-path "$number")
ok "a checkout is the document" cmp "$path" "$agent_dir/marked.docx"
runuser -u "$li" -- sh -c "cp '$fixtures/report-en.odt' '$path'"
changed=$(sha256sum <"$fixtures/report-en.odt" | cut -d' ' -f1)
ok "what is saved in a checkout is the next content" wait_until 20 cat_is "$number" "$changed"
ok "a save by rename too" runuser -u "$li" -- sh -c "cp '$fixtures/report-en.pdf' '${path%/*}/.new' && mv '${path%/*}/.new' '$path'"
ok "close waits for it" as "$li" close "$number"
ok "and it is sealed" cat_is "$number" "$(sha256sum <"$fixtures/report-en.pdf" | cut -d' ' -f1)"
is "no checkout is left" "$(as "$li" checkouts --json)" '{"checkouts":[]}'

rm "$agent_root/report.docx.age"
has_finding() { as "$li" findings --json | grep -q '"code":"D24"'; }
has_none() { ! has_finding; }
ok "a deleted sealed file is a finding" wait_until 20 has_finding
ok "restore brings it back" as "$li" restore "$number"
ok "with its content" cat_is "$number" "$(sha256sum <"$fixtures/report-en.pdf" | cut -d' ' -f1)"
ok "and the finding is closed" wait_until 20 has_none
mkdir -m 1777 "$agent_root/folder"
mv "$agent_root/report.docx.age" "$agent_root/folder/other.docx.age"
moved() { as "$li" show "$number" --json | grep -q '"path":"folder/other.docx.age"'; }
ok "a moved one is followed" wait_until 20 moved
is "and counts as settled: nobody writes a sealed file but the sealer" \
	"$(as "$li" status --all --json | jq -r '.documents[] | select(.path | endswith("/folder/other.docx.age")) | .state')" settled

# The watcher is late: what was submitted is not seen yet, and no failure.
save late.docx
about_late() { as "$li" status --all --json | jq -r ".. | objects | select((.path? // \"\" | tostring) | endswith(\"late.docx\")) | .$1 // empty"; }
is_looked_at() { [ -n "$(about_late digest)" ]; }
ok "another file is looked at" wait_until 20 is_looked_at
as "$li" tag "$agent_root/late.docx" --item 5.1 --level CONFIDENTIAL --term 5y --scope "person:$li" --responsible "$wang" --reason test >/dev/null 2>&1 # lies in clear
number=$(about_late record)
agent_pids watcher | xargs kill -STOP
as "$li" submit "$number" --wait >"$agent_dir/late" 2>&1 &
late=$!
is_waited_for() { as "$li" show "$number" --json | grep -q 'has not been seen in the folder yet'; }
ok "a submitted file that the watcher has not seen is waited for" wait_until 20 is_waited_for
agent_pids watcher | xargs kill -CONT
wait $late
tap $? "and sealed when it has"

# Kill every role while files are sealed: all of them end sealed, and all of them whole.
for i in $(seq 1 30); do save "many-$i.docx"; done
seen_all() { [ "$(as "$li" status --all --json --limit 1000 | grep -o '"path":"[^"]*many-' | wc -l)" -eq 30 ]; }
ok "thirty files are seen" wait_until 30 seen_all
kill_role() { agent_pids "$1" | xargs -r kill -9; }
for i in $(seq 1 30); do
	tag "$agent_root/many-$i.docx" >/dev/null 2>&1
	case $i in 5 | 12 | 20) kill_role sealer ;; 9) kill_role watcher ;; 15) kill_role keeper ;; esac
done
tag_rest() { for f in "$agent_root"/many-*.docx; do [ ! -e "$f" ] || tag "$f"; done; }
kill_role registrar
serves() { as "$li" status; }
ok "the registrar comes back" wait_until 30 serves
wait_until 30 seen_all
tag_rest >/dev/null 2>&1
all_sealed() { [ "$(find "$agent_root" -maxdepth 1 -name 'many-*.age' | wc -l)" -eq 30 ] && ! compgen -G "$agent_root/many-*.docx" >/dev/null; }
ok "all are sealed in the end" wait_until 90 all_sealed
bad=0
for f in "$agent_root"/many-*.age; do
	age -d -i "$agent_dir/escrow.key" "$f" | cmp -s - "$fixtures/report-en.docx" || bad=$((bad + 1))
done
is "and each is whole" "$bad" 0
# More at once than one turn of the loop takes.
mkdir -m 1777 "$agent_root/hundred"
for i in $(seq 100); do echo "document $i" >"$agent_dir/one" && runuser -u "$li" -- cp "$agent_dir/one" "$agent_root/hundred/$i.txt"; done
seen_hundred() { [ "$(as "$li" status --all --json --limit 1000 | grep -o '"digest":' | wc -l)" -ge 100 ]; }
ok "a hundred files are looked at" wait_until 60 seen_hundred
ok "a folder is tagged" as "$li" tag -r "$agent_root/hundred" --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" --reason test
hundred_sealed() { [ "$(find "$agent_root/hundred" -name '*.age' | wc -l)" -eq 100 ] && ! compgen -G "$agent_root/hundred/*.txt" >/dev/null; }
ok "and sealed" wait_until 60 hundred_sealed
ok "the journal's chain is whole" as "$li" journal verify
is "one record a document" "$(as "$li" status --json | grep -o '"records":[0-9]*')" '"records":132'
# Tagged and submitted in one go: one entry of the journal, one version of the record, for each.
mkdir -m 1777 "$agent_root/twenty"
for i in $(seq 20); do echo "proposal $i" >"$agent_dir/one" && runuser -u "$li" -- cp "$agent_dir/one" "$agent_root/twenty/$i.txt"; done
seen_twenty() { [ "$(as "$li" status --all --json --limit 1000 | grep -o '"digest":"[0-9a-f]*","[^}]*twenty/' | wc -l)" -eq 20 ]; }
ok "twenty more are looked at" wait_until 60 seen_twenty
proposed() { as "$wang" queue --json | grep -o '"kind":"proposed"' | wc -l; }
before=$(proposed)
as "$li" tag -r "$agent_root/twenty" --item 5.1 --level SECRET --term 5y --scope "person:$li" --responsible "$wang" \
	--reason twenty --submit --json >"$agent_dir/twenty"
twenty_sealed() { [ "$(find "$agent_root/twenty" -name '*.age' | wc -l)" -eq 20 ] && ! compgen -G "$agent_root/twenty/*.txt" >/dev/null; }
ok "a folder is submitted and sealed" wait_until 60 twenty_sealed
is "all of it waits for who decides" "$(($(proposed) - before))" 20
one=$(grep -om1 '"number":"[^"]*"' "$agent_dir/twenty" | cut -d'"' -f4)
as "$li" show "$one" --json >"$agent_dir/shown"
is "the first version is the proposal" \
	"$(grep -o '"version":1\b' "$agent_dir/shown" | sort -u) $(grep -o '"act":"[a-z]*"' "$agent_dir/shown" | head -1)" '"version":1 "act":"submit"'
ok "with its reason" grep -q '"detail":"twenty"' "$agent_dir/shown"
ok "and the sealed file carries its label" as "$li" verify "$one"
ok "the whole chain still holds" as "$li" journal verify
agent_stop
is "it ends in order" "$agent_status" 0
done_testing

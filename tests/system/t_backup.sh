#!/usr/bin/env bash
# Backups: made while documents are being sealed, verified, altered in every way, and opened with stock tools.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "backups of a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
home=$agent_dir/home
mkdir -m 755 "$home"
for name in anna boris dana sysop; do
	login=$(agent_person "$name")
	install -d -m 700 -o "$login" "$home/$name"
done
agent_config 'security_administrators: [cdt-anna, cdt-boris]'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en
as() {
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" "$@" </dev/null)
}
ctl() { local who=$1; shift; as "$who" classctl "$@"; }
root_ctl() { "$agent_build/classctl" "$@" </dev/null; }
exits() { # CODE REGEX NAME COMMAND…
	local code=$1 words=$2 name=$3 said status
	shift 3
	said=$("$@" 2>&1)
	status=$?
	is "$name: exit code" $status "$code"
	like "$name: what it says" "$said" "$words"
}
enter() { # ID ROLE
	ctl anna person add "$1" --name "$1" --login "cdt-$1" --department planning --role "$2" --category important \
		--cleared-until 2040-12-31 --undertaking 2026-01-05 && ctl boris person confirm "$1"
}
ok "a drafter is entered" enter dana drafter
ok "a system administrator is entered" enter sysop system-administrator
is_seen() { ctl dana status "$1" | grep -q settled; }
save() { cp tests/fixtures/report-en.docx "$agent_root/$1" && chown cdt-dana:cdt "$agent_root/$1" && wait_until 15 is_seen "$1"; }
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
make() { save "$1" && ctl dana tag "$1" --item 5.1 --level SECRET --term 5y --scope person:dana --reason plan >/dev/null && wait_until 15 is_sealed "$1"; }
ok "a document is sealed" make first.docx

# ---- create: who, and how often ----
work=$agent_dir/work
install -d -m 1777 "$work"
exits 4 'may not: backup' "a drafter makes no backup" ctl dana backup create "$work/dana.age"
ok "who made none leaves nothing" test ! -e "$work/dana.age" -a ! -e "$work/dana.age.part"
for i in 1 2 3 4 5 6 7 8; do save "many$i.docx"; done
for i in 1 2 3 4 5 6 7 8; do ctl dana tag "many$i.docx" --item 5.1 --level SECRET --term 5y --scope person:dana --reason plan >/dev/null; done
said=$(ctl sysop backup create "$work/good.age")
tap $? "a system administrator makes one while documents are being sealed"
like "what it says" "$said" 'good.age: [0-9]+ bytes, the journal up to entry [0-9]+.*sha256:? +[0-9a-f]{64}'
is "the sum is that of the file" "$(grep -oE '[0-9a-f]{64}' <<<"$said")" "$(sha256sum <"$work/good.age" | cut -d' ' -f1)"
ok "a security administrator as well" ctl anna backup create "$work/anna.age"
ok "and root, for the machine" root_ctl backup create "$work/root.age"
exits 5 'a file of this name already' "never over a file" ctl sysop backup create "$work/good.age"
root_ctl backup create - >"$work/piped.age"
tap $? "through a pipe"
for i in 1 2 3 4 5 6 7 8; do wait_until 15 is_sealed "many$i.docx" || tap 1 "many$i is sealed"; done
is "each is in the journal, begun and done" "$(ctl anna journal verify >/dev/null; grep -c '"op":"backup"' "$agent_dir/state/registrar/journal/entries")" 8
ok "no copy of the store stays" test ! -e "$agent_dir/state/registrar/backup.db"

# A client that makes its pipe a waiting one and reads nothing: everybody else is served.
python3 - "$agent_socket" "$work/holds" <<'PY' &
import array, fcntl, json, os, socket, struct, sys, termios, time
r, w = os.pipe()
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
call = {"method": "org.classd.Backup.Create", "parameters": {"pipe": 0}}
s.sendmsg([json.dumps(call).encode() + b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w]))])
while True:
    fcntl.fcntl(w, fcntl.F_SETFL, os.O_WRONLY)
    if struct.unpack("i", fcntl.ioctl(r, termios.FIONREAD, b"    "))[0] >= 49152:
        open(sys.argv[2], "w").close()
PY
holder=$!
ok "a client holds a backup up" wait_until 20 test -e "$work/holds"
ok "and nobody else" timeout 20 "$agent_build/classctl" status
kill $holder
wait $holder 2>/dev/null
again() { root_ctl backup create "$work/after.age"; }
ok "when it is gone there is another backup" wait_until 20 again

# ---- verify ----
key=$agent_dir/escrow.key
verify() { root_ctl backup verify "$1" --identity "${2:-$key}"; }
for name in good anna root piped; do
	said=$(verify "$work/$name.age")
	tap $? "$name verifies" || sed 's/^/# /' <<<"$said"
done
like "what is proved" "$said" 'proved +every file.*proved +the journal: [0-9]+ entries.*proved +the store: whole, and the state of entry.*proved +[0-9]+ level keys open with this identity, 0 do not.*proved +the machine key.*not proved +nothing of documents.*not proved +who made it'
said=$(root_ctl backup verify "$work/good.age" --identity "$key" --sample "$agent_root" --count 5)
tap $? "a sample opens"
like "five of those there" "$said" 'proved +5 of [0-9]+ sealed documents opened with these keys'
like "for scripts" "$(root_ctl backup verify "$work/good.age" --identity "$key" --json)" '"good":true.*"proved":true'

# ---- stock tools ----
mkdir "$work/out"
(cd "$work/out" && age -d -i "$key" ../good.age | tar x)
tap $? "age and tar open it"
ok "sha256sum checks it" bash -c "cd '$work/out' && sha256sum --quiet -c SHA256SUMS"
is "the list has every file" "$(cd "$work/out" && find . -type f ! -name SHA256SUMS | sed 's|^./||' | sort)" "$(cut -c67- "$work/out/SHA256SUMS" | sort)"
is "the machine key comes out as it is" "$(age -d -i "$key" "$work/out/keys/machine.key.age")" "$(cat "$agent_dir/state/machine.key")"
age -d -i "$key" "$work/out/keys/SECRET.$(date -u +%Y).age" >"$work/level.key" 2>/dev/null
is "with a level key a document opens" "$(age -d -i "$work/level.key" "$agent_root/first.docx.age" | sha256sum)" "$(sha256sum <tests/fixtures/report-en.docx)"
ok "the store is a plain database" test "$(sqlite3 "$work/out/store.db" 'PRAGMA integrity_check' 2>/dev/null || echo ok)" = ok
age -r "$(age-keygen -y "$key")" -o "$work/again.age" <(cd "$work/out" && tar c backup.json $(grep -v backup.json SHA256SUMS | cut -c67-) SHA256SUMS)
ok "what age and tar make again verifies" verify "$work/again.age"

# ---- the four refusals, and what is none ----
age-keygen -o "$work/other.key" 2>/dev/null
exits 3 'wrong key' "with another identity" verify "$work/good.age" "$work/other.key"
head -c 100000 "$work/good.age" >"$work/cut.age"
exits 10 'damaged' "cut off" verify "$work/cut.age"
cp "$work/good.age" "$work/flipped.age"
flip "$work/flipped.age" 70000
exits 10 'damaged' "one byte is another" verify "$work/flipped.age"
exits 1 'cannot read' "a folder" verify "$work"
exits 1 'cannot read' "not there" verify "$work/missing.age"
(cd "$work/out" && sed -i 's/"format":1/"format":2/' backup.json && tar c backup.json SHA256SUMS | age -r "$(age-keygen -y "$key")" -o ../newer.age)
exits 5 'newer format' "of a later version" verify "$work/newer.age"
age -r "$(age-keygen -y "$key")" -o "$work/letter.age" README.md
exits 3 'not a backup' "another age file" verify "$work/letter.age"
exits 3 'not a backup' "no age file" verify README.md
exits 1 'identity cannot be read.*next: name a file' "no identity" verify "$work/good.age" "$work/none.key"
exits 3 'no identity in this file' "a file that is none" verify "$work/good.age" README.md
sed -e 's/\(AGE-SECRET-KEY-1.\{10\}\)Q/\1P/;t' -e 's/\(AGE-SECRET-KEY-1.\{10\}\)./\1Q/' "$key" >"$work/typo.key"
exits 3 'checksum|wrong key' "a mistyped one" verify "$work/good.age" "$work/typo.key"
(cd "$work/out" && sed -i 's/"format":2/"format":1/' backup.json && sed -i '3s/"op":"[a-z]*"/"op":"note"/' journal/entries && tar c backup.json store.db journal/entries | tar x -C "$work" && sha256sum backup.json store.db journal/entries >SHA256SUMS && tar c backup.json store.db journal/entries SHA256SUMS | age -r "$(age-keygen -y "$key")" -o ../forged.age)
exits 10 'not proved +the journal: entry 4 does not follow' "a changed entry" verify "$work/forged.age"
mkdir "$work/documents"
cp "$agent_root/first.docx.age" "$work/documents/one.age"
flip "$work/documents/one.age" 6000
exits 10 'not proved +0 of 1 sealed documents? opened; 1 did not, first .*one.age: it is damaged' "a damaged document" root_ctl backup verify "$work/good.age" --identity "$key" --sample "$work/documents"

# ---- the disk is full, and the reader goes ----
mkdir "$work/small"
mount -t tmpfs -o size=64k tmpfs "$work/small" && {
	exits 1 'cannot be written' "the disk is full" root_ctl backup create "$work/small/full.age"
	is "nothing of it stays" "$(ls -A "$work/small")" ""
	umount "$work/small"
}
root_ctl backup create - 2>/dev/null | head -c 100 >/dev/null
is_failed() { grep -q '"op":"backup".*"what":"failed"' "$agent_dir/state/registrar/journal/entries"; }
ok "a reader that goes ends it" wait_until 15 is_failed
ok "and the next one is made" root_ctl backup create "$work/next.age"
ok "which verifies" verify "$work/next.age"
agent_stop
is "the agent ends well" "$agent_status" 0
done_testing

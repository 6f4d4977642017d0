#!/usr/bin/env bash
# What happens in a watched folder is seen, whatever way it happens (security.md 4.1).
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
watch_start
ok "the first scan ends" wait_until 20 scan_done

# A new folder may be full before anybody watches it.
li_does <<'X'
for i in $(seq 1 200); do mkdir -p race$i/b/c/d && cp /etc/hostname race$i/b/c/d/f$i.txt; done
X
deep_ones() { names | grep -cE '^race[0-9]+/b/c/d/f[0-9]+\.txt$'; }
deep_are() { [ "$(deep_ones)" = "$1" ]; }
ok "mkdir -p a/b/c/d && cp, 200 times: all are seen" wait_until 20 deep_are 200
li_does <<'X'
for i in $(seq 1 200); do echo again >race$i/b/c/d/f$i.txt; done
X
all_again() { [ "$(documents "select(.path | test(\"/race\")) | .digest" | sort | uniq -c | awk '{print $1, $2}')" = "200 $(echo again | sha256sum | cut -d' ' -f1)" ]; }
ok "and watched from then on" wait_until 30 all_again
rm -r "$agent_root"/race*
ok "what goes is gone" wait_until 20 files_are 0

# Renames
put a.txt one
put b.txt two
ok "two files" wait_until 20 files_are 2
mv "$agent_root/a.txt" "$agent_root/c.txt"
ok "a rename is followed" wait_until 20 has_name c.txt
ok "the old name is gone" has_no_name a.txt
mv "$agent_root/c.txt" "$agent_root/b.txt"
ok "a rename over another" wait_until 20 files_are 1
ok "has the content of the first" wait_until 20 has_content b.txt
put outside.tmp2 three
mv "$agent_root/b.txt" "$agent_dir/away.txt"
mv "$agent_root/outside.tmp2" "$agent_root/d.txt"
mv "$agent_dir/away.txt" "$agent_root/back.txt"
only() { [ "$(names | tr '\n' ' ')" = "$1" ]; }
ok "out of the folder and back under another name" wait_until 20 only "back.txt d.txt "
for _ in $(seq 1 300); do
	mv "$agent_root/d.txt" "$agent_root/e.txt"
	mv "$agent_root/e.txt" "$agent_root/d.txt"
done
ok "to and fro 300 times" wait_until 20 only "back.txt d.txt "
python3 - "$agent_root/d.txt" "$agent_root/back.txt" <<'P'
import ctypes, os, sys
for _ in range(101):
    assert ctypes.CDLL(None).renameat2(-100, os.fsencode(sys.argv[1]), -100, os.fsencode(sys.argv[2]), 2) == 0
P
ok "exchanged: both are what they are now" wait_until 20 has_content d.txt
ok "the other one too" wait_until 20 has_content back.txt
rm "$agent_root/d.txt" "$agent_root/back.txt"

# Folders are renamed with all that is in them, and are watched under the new name.
li_does <<<'mkdir -p x/y/z'
put x/y/z/deep.txt deep
put x/top.txt top
ok "a folder of two" wait_until 20 files_are 2
mv "$agent_root/x" "$agent_root/w"
ok "renamed: its files are there" wait_until 20 only "w/top.txt w/y/z/deep.txt "
put w/y/z/deep.txt other
ok "and heard of" wait_until 20 has_content w/y/z/deep.txt
mv "$agent_root/w/y" "$agent_root/v"
ok "a folder out of a folder" wait_until 20 only "v/z/deep.txt w/top.txt "
li_does <<<'mkdir w/y && echo new >w/y/new.txt'
ok "another folder in its place" wait_until 20 only "v/z/deep.txt w/top.txt w/y/new.txt "
for i in $(seq 1 50); do mv "$agent_root/v" "$agent_root/v$i" && mv "$agent_root/v$i" "$agent_root/v"; done
put v/z/deep.txt last
ok "renamed a hundred times" wait_until 20 only "v/z/deep.txt w/top.txt w/y/new.txt "
ok "and still watched" wait_until 20 has_content v/z/deep.txt
mv "$agent_root/v" "$agent_dir/v"
ok "out of the root: gone" wait_until 20 only "w/top.txt w/y/new.txt "
mv "$agent_dir/v" "$agent_root/w/y/v"
ok "and back, somewhere else" wait_until 20 only "w/top.txt w/y/new.txt w/y/v/z/deep.txt "
rm -r "$agent_root/w"
ok "a whole tree deleted" wait_until 20 files_are 0

# A writer through a mapping gives no event until it lets go.
cp "$tools" "$agent_dir/watch.py"
mkfifo -m 666 "$agent_dir/go"
setpriv --reuid "$li" --regid cdt --clear-groups /usr/bin/python3 "$agent_dir/watch.py" mapped "$agent_root/mapped.txt" "first words" "last words!" <"$agent_dir/go" >"$agent_dir/mapped.out" &
mapper=$!
exec 7<>"$agent_dir/go"
wait_until 20 test -s "$agent_dir/mapped.out"
is_open() { [ "$(documents "select(.path == \"$agent_root/mapped.txt\") | .state")" = open ]; }
ok "a file that is mapped for writing counts as open" wait_until 20 is_open
echo >&7
echo >&7
wait "$mapper"
exec 7>&-
ok "when the mapping ends, what it wrote is looked at" wait_until 40 has_content mapped.txt
like "to the last word" "$(head -c 11 "$agent_root/mapped.txt")" '^last words!$'
rm "$agent_root/mapped.txt"

# What is no document
python3 "$tools" special "$agent_root"
put real.txt real
ok "beside pipes, sockets, devices and links the file is seen" wait_until 20 has_content real.txt
is "and they are no documents" "$(names | tr '\n' ' ')" "real.txt "
is "nor counted as ones without a record" "$(status ".status.roots[0].unrecorded")" 1
rm "$agent_root"/{pipe,socket,device,block,dangling,loop,circle,passwd}

# Hard links
ln "$agent_root/real.txt" "$agent_root/link.txt"
ok "a second name is seen" wait_until 20 only "link.txt real.txt "
echo more >>"$agent_root/link.txt"
ok "what is written through it is looked at" wait_until 20 has_content link.txt
rm "$agent_root/real.txt"
ok "the other name stays" wait_until 20 only "link.txt "
put x outside
mv "$agent_root/x" "$agent_dir/outside.txt"
ln "$agent_dir/outside.txt" "$agent_root/inside.txt"
ok "a link to a file outside is seen" wait_until 20 has_content inside.txt
echo changed >>"$agent_dir/outside.txt"
ok "what is written through the name outside, too, by the next rescan" wait_until 40 has_content inside.txt
rm "$agent_root/link.txt" "$agent_root/inside.txt"

# Names
put 'a.txt' small
put 'A.txt' large
nfc=$(printf 'caf\xc3\xa9.txt') nfd=$(printf 'cafe\xcc\x81.txt')
put "$nfc" composed
put "$nfd" decomposed
put '机密 文件.txt' chinese
put $'two\nlines.txt' newline
put ' -rf; $(x) `y` "q".txt' shell
put "$(printf 'n%.0s' $(seq 1 251)).txt" long
ok "names that look alike are names of their own" wait_until 20 files_are 8
for name in a.txt A.txt "$nfc" "$nfd" '机密 文件.txt' ' -rf; $(x) `y` "q".txt'; do
	ok "looked at: $name" wait_until 20 has_content "$name"
done
all_looked_at() { [ "$(documents '.digest' | grep -c .)" = 8 ]; }
ok "all eight are" wait_until 20 all_looked_at
rm -r "${agent_root:?}"/*
ok "and gone again" wait_until 20 files_are 0
is "nothing is degraded after all this" "$(degraded)" ""
[ "$tap_bad" -ne 0 ] || echo "# figure: watching: 200 folders filled while they were made, 702 renames, 101 exchanges: missed 0"
done_testing

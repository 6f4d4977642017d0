#!/usr/bin/env bash
# `classctl root rescan`: what no event told of is found, with --digests also what size and times do not show.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
watch_start 'rescan_s: 100000'
ok "the first scan ends" wait_until 20 scan_done
put a.txt 'first words'
put b.txt 'other words'
ok "a file is looked at" wait_until 20 has_content a.txt
ok "and another" wait_until 20 has_content b.txt
is "a rescan says what there is" "$(as "$li" root rescan --json | jq -c .)" '{"files":2,"folders":1}'

# In place, the same size, the time put back before anybody is told that it was written.
was=$(digest_of a.txt)
python3 - "$agent_root/a.txt" <<'P'
import os, sys
s = os.stat(sys.argv[1])
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, b"SECOND")
os.utime(fd, ns=(s.st_atime_ns, s.st_mtime_ns))
os.close(fd)
P
ok "a rescan waits" as "$li" root rescan
is "without reading it nobody knows" "$(digest_of a.txt)" "$was"
like "with reading it" "$(as "$li" root rescan --digests 2>&1)" '2 files in 1 folder$'
ok "its content is another" has_content a.txt
ok "the other is as it was" has_content b.txt
rm "$agent_root/b.txt"
like "what is gone is gone" "$(as "$li" root rescan 2>&1)" '1 file in 1 folder$'
other=$(agent_person dana)
fails "who is no person of the register may not ask" as "$other" root rescan
done_testing

#!/usr/bin/env bash
# The first scan of a large tree: how far it is, that others are served meanwhile, that a kill does not begin it from
# nothing; and what the site leaves out of it.
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/watch.sh"
folders=2000 each=10
[ -z "${CLASSD_LONG:-}" ] || folders=20000
total=$((folders * each))
/usr/bin/python3 "$tools" tree "$agent_root" $folders $each
li_does <<'X'
mkdir a-mine && cd a-mine && for i in $(seq 1 50); do echo "document $i" >$i.txt; done
X
total=$((total + 50))
watch_start "ignore: ['*.bak', 'node_modules/']" "rescan_s: 1000"
/usr/bin/python3 "$tools" scanning "$agent_socket" "$agent_root" >"$agent_dir/progress"
like "the scan ends with all files" "$(tail -n 1 "$agent_dir/progress")" "^over $total $((folders + 2)) 0 $total\$"
answers=$(grep -vc over "$agent_dir/progress")
tap $((answers < 2)) "it answers while it goes on"
shown() { awk '$1 != "over" && $1 > 0 && $1 < '$total' && $3 > 0 { n++ } END { exit n < 1 }' "$agent_dir/progress"; }
ok "and says how far it is, and how much is left" shown
# A registrar that comes while the watcher scans has it begin anew, once.
grows() { awk '$1 != "over" { if ($1 < last && ++anew > 1) exit 1; last = $1 }' "$agent_dir/progress"; }
ok "which grows" grows
ok "the log has the count" grep -q "scanned folder 1: $total files in $((folders + 2)) folders, 0 names ignored" "$agent_log"
echo "# figure: first scan: $total files in $((folders + 2)) folders, $answers requests answered meanwhile"

# What happens while a scan goes on is seen while it goes on.
scans() { root_has scanning true; }
ends() { root_has scanning false; }
try_during() {
	local n
	for n in $(seq 1 10); do
		agent_pids watcher | xargs kill -9
		wait_until 20 scans || continue
		put "during-$n.txt" "$n"
		while scans; do
			has_name "during-$n.txt" && scans && return
		done
	done
	return 1
}
ok "a file that comes during a scan is seen before it ends" try_during
ok "the scan ends all the same" wait_until 60 ends
rm "$agent_root"/during-*
files_total() { files_are "$total"; }
ok "with all files" wait_until 60 files_total

# Killed in the midst of its first scan it goes on with what it knows.
some_known() { scans && [ "$(files)" -gt 5000 ]; }
try_kill() {
	local n
	for n in $(seq 1 5); do
		agent_stop
		rm -rf "$agent_dir/state" "$agent_dir/escrow.key"
		agent_start || return
		wait_until 20 some_known && break
	done
	kill -KILL "$agent_pid"
	wait "$agent_pid" 2>/dev/null
	agent_pid=''
}
ok "killed in its first scan" try_kill
agent_start || tap 1 "it starts again"
/usr/bin/python3 "$tools" scanning "$agent_socket" "$agent_root" >"$agent_dir/progress"
known=$(head -n 1 "$agent_dir/progress" | awk '{ print $1 == "over" ? $5 : $4 }')
listed=$(head -n 1 "$agent_dir/progress" | awk '{ print $1 == "over" ? $2 : $1 }')
tap $((known <= 2000)) "what was known is known"
echo "# figure: killed in the first scan: $known files known when $listed were listed anew"
like "the scan ends with all files" "$(tail -n 1 "$agent_dir/progress")" "^over $total $((folders + 2)) 0 $total\$"

# What the site ignores gets no watch and no record, and is counted.
li_does <<'X'
mkdir -p node_modules/deep b
echo x | tee node_modules/deep/x.txt b/y.bak b/z.bak b/z~ >b/seen.txt
X
ok "beside ignored names the document is seen" wait_until 20 has_content b/seen.txt
is "and nothing else" "$(names | grep -v a-mine | tr '\n' ' ')" "b/seen.txt "
agent_pids watcher | xargs kill -9
ignored() { root_has ignored_by_site 3; }
ok "how many names the site's rules leave out is shown" wait_until 60 ignored
is "beside those that are always left out" "$(status '.status.roots[0].ignored')" 4
like "for people, too" "$(as "$li" status)" "$agent_root: 3 names are ignored by rules of the configuration"
agent_stop

# An editor's backup, swap file or temporary may be the whole document in clear: one that stays is a file like any other.
is "a backup is left alone while it is new" "$(names | grep -c 'z~')" 0
watch_start "side_files_s: 1" "rescan_s: 1" "ignore: ['*.bak', 'node_modules/']"
ok "one that stays is seen" wait_until 60 has_content b/z~
li_does <<<'rm b/z~'
gone() { ! has_name b/z~; }
ok "until it goes" wait_until 60 gone
agent_stop
agent_config "security_administrators: [$li, $wang]" "ignore: ['*.docx']"
like "a rule that would hide documents is refused" "$(agent_run 2>&1)" "classd.yaml:[0-9]+:[0-9]+: ignore: '\*.docx' would hide documents"
done_testing

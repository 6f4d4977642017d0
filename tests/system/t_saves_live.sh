#!/usr/bin/env bash
# Programs that are installed here save for real, before a whole agent: a check of what t_saves.sh replays.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "real programs" "needs root and all roles"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
saves=$(realpath tests/saves)
fixtures=$(realpath tests/fixtures)
live=$agent_root/live
install -d -m 1777 "$live"
dana=$(agent_person dana)
agent_config "security_administrators: [$dana, $(agent_person anna)]"
person dana
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
run() { # run prepare|run NAME: exit status 77: not installed here
	as dana env XDG_RUNTIME_DIR="$home/dana" python3 -B "$saves/live.py" "$1" "$live/$2" "$2" "$fixtures"
}
names=() recordings=()
for name in vim vim-backup-bak vim-save-as nano emacs sed sed-backup cp cp-backup cp-copy mv shell patch rsync rsync-backup tar tar-into \
	unzip unzip-into git writer writer-docx; do
	run prepare "$name" >"$agent_dir/said" 2>&1
	case $? in
	0) names+=("$name") recordings+=("$saves/$name.save") ;;
	77) skip "$name" "not installed here" ;;
	*) tap 1 "$name: $(cat "$agent_dir/said")" ;;
	esac
done
judge() { # judge WHAT NUMBERS
	ctl dana status --all --limit 100000 --json | NUMBERS=$2 INSIDE=docs python3 -B "$saves/judge.py" "$1" "$live" "${recordings[@]}"
}
is_looked_at() { [ "$(ctl dana status --all --limit 100000 --json | grep -o '"digest":"' | wc -l)" -eq "$(find "$live" -type f | wc -l)" ]; }
ok "what lies there is looked at" wait_until 30 is_looked_at
for name in "${names[@]}"; do
	[ -z "$(find "$live/$name/docs" -type f)" ] ||
		ctl dana tag -r "$live/$name/docs" --item 1.2 --scope "person:$dana" --responsible "$dana" --reason test >>"$agent_dir/tagged" 2>&1 || cat "$agent_dir/tagged"
done
judge numbers '' >"$agent_dir/numbers"
is "every document has a record" "$(wc -l <"$agent_dir/numbers")" "$(grep -l '^before' "${recordings[@]}" | wc -l)"
running=()
for name in "${names[@]}"; do
	run run "$name" >"$agent_dir/$name.said" 2>&1 &
	running+=("$!")
done
for i in "${!names[@]}"; do
	wait "${running[i]}"
	tap $? "${names[i]} saves"
	grep -aE 'Error|rror:' "$agent_dir/${names[i]}.said" | sed 's/^/# /'
done
is_right() { judge records "$agent_dir/numbers" >"$agent_dir/wrong"; }
ok "the record stays with the document, and nothing else has one" wait_until 30 is_right
sed 's/^/# /' "$agent_dir/wrong"
is "there are as many records as before" "$(ctl dana list --limit 100000 --json | grep -o '"number":' | wc -l)" "$(wc -l <"$agent_dir/numbers")"
ok "as many as any machine has" test "${#names[@]}" -ge 8
echo "# saves: ${#names[@]} programs and ways to save, live"
done_testing

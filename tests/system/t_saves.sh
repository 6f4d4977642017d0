#!/usr/bin/env bash
# Save patterns of real programs (tests/saves), replayed before a whole agent: the record stays with the document, its
# content is the newest, and nothing temporary ever gets a record or a finding.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "save patterns" "needs root and all roles"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
saves=$(realpath tests/saves)
recordings=(${SAVES:-"$saves"/*.save})
[ -z "${CLASSD_LONG:-}" ] || export SAVES_SLOW_MS=400
person anna
person boris
enforced=$agent_dir/enforced
install -d -m 1777 "$enforced" "$agent_root"/{drafts,none,decided,slow}
today=$(date -u +%F)
after() { date -u -d "$today + $1" +%F; }
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' "clock: file:$agent_dir/clock" "watch: ${CLASSD_WATCH:-auto}" \
	"roots: [{path: $agent_root, mode: observe, department: planning}, {path: $enforced, mode: enforce, floor: CONFIDENTIAL}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
{
	for id in dana li; do enter "$id" --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05; done
	enter olga --department office --role secrecy-office
	appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2044-12-31
	ctl anna train li --content duties --hours 4 --held "$(date -u +%Y)-01-02"
	sign_key li
} >"$agent_dir/register.log" 2>&1
replay() { as dana python3 -B "$saves/replay.py" "$@"; }
judge() { # judge WHAT FOLDER SAVE…: what is wrong is in $agent_dir/wrong
	local numbers=$agent_dir/${2##*/}.numbers
	[ -e "$numbers" ] || numbers=''
	case $1 in
	records) ctl olga status --all --limit 100000 --json ;;
	findings | unrecorded) ctl olga findings --limit 100000 --state "${state:-open}" --json ;;
	*) echo '[]' ;;
	esac | NUMBERS=$numbers ROOT=$agent_root python3 -B "$saves/judge.py" "$@" >"$agent_dir/wrong"
}
judged() { # judged SECONDS NAME WHAT FOLDER SAVE…
	local limit=$1 name=$2
	shift 2
	wait_until "$limit" judge "$@"
	tap $? "$name"
	[ ! -s "$agent_dir/wrong" ] || sed 's/^/# /' "$agent_dir/wrong"
}
begun() { # the recordings that begin with a document
	local f
	for f in "${recordings[@]}"; do ! grep -q '^before' "$f" || echo "$f"; done
}
readarray -t drafts < <(begun)

count() { grep -o "$1" | wc -l; }
rows() { ctl "$1" status --all --limit 100000 --json; }
is_looked_at() { [ "$(rows dana | tr '}' '\n' | grep "\"path\":\"$1/" | count '"digest":"')" -ge "$2" ]; }
records() { ctl olga list --limit 100000 --json | count '"number":'; }
files_of() { python3 -B "$saves/replay.py" expect "${recordings[@]}" | grep -cE "\s($1)\s"; }
tagged() { # tagged FOLDER SAVES OPTION…: what lies there before the recordings begin has records; SAVES: a variable
	local folder=$1 which=$2[@]
	shift 2
	ok "${folder##*/}: what lay there before" replay prepare "$folder" "${!which}"
	ok "${folder##*/}: is looked at" wait_until 30 is_looked_at "$folder" "$(find "$folder" -type f | wc -l)"
	ok "${folder##*/}: is tagged" ctl dana tag -r "$folder" --item 1.2 --responsible li "$@"
}

recorded() { sed -n 's/^# program \([^ ]*\) .*/\1/p' "${recordings[@]}" | sort -u; }
for program in libreoffice-writer libreoffice-calc vim nano emacs-nox gedit kate mousepad coreutils rsync tar unzip sed git chromium; do
	recorded | grep -qx $program || echo "$program"
done >"$agent_dir/missing"
is "every program is recorded" "$(cat "$agent_dir/missing")" ''

# Drafts in clear in an observed folder. The same in an enforced and an observed one where nobody tags anything.
tagged "$agent_root/drafts" drafts
numbers() { # numbers FOLDER SAVE…: lines "NAME NUMBER"
	rows olga | python3 -B "$saves/judge.py" numbers "$@"
}
numbers "$agent_root/drafts" "${drafts[@]}" >"$agent_dir/drafts.numbers"
is "every document has a record" "$(wc -l <"$agent_dir/drafts.numbers")" "${#drafts[@]}"
running=() operations=0
begin() { # begin FOLDER SAVE…
	replay run "$@" >"$agent_dir/$(basename "$1").log" 2>&1 &
	running+=("${1##*/}:$!")
}
end() {
	local one
	for one in "${running[@]}"; do
		wait "${one#*:}"
		tap $? "${one%:*}: replayed $(cat "$agent_dir/${one%:*}.log")"
		operations=$((operations + $(grep -oE '[0-9]+ operations' "$agent_dir/${one%:*}.log" | grep -oE '[0-9]+' || echo 0)))
	done
	running=()
}
replay prepare "$enforced" "${recordings[@]}"
replay prepare "$agent_root/none" "${recordings[@]}"
begin "$enforced" "${recordings[@]}"
begin "$agent_root/none" "${recordings[@]}"
begin "$agent_root/drafts" "${drafts[@]}"
sweeps=0
while kill -0 "${running[@]/*:/}" 2>/dev/null; do ctl olga sweep >/dev/null && sweeps=$((sweeps + 1)); done
end
echo "# $sweeps sweeps meanwhile"
judged 20 "the record stays with the document, and nothing else has one" records "$agent_root/drafts" "${drafts[@]}"
is "there are as many records as before" "$(records)" "${#drafts[@]}"
judged 20 "enforced: all that is left is known of, and nothing else" records "$enforced" "${recordings[@]}"
judged 20 "observed: the same" records "$agent_root/none" "${recordings[@]}"
like "a copy is a finding" "$(ctl olga findings --json)" "a copy in clear of $(sed -n 's/^cp-copy //p' "$agent_dir/drafts.numbers")"
for one in open corrected; do
	state=$one judged 1 "no finding about a temporary, $one" findings "$agent_root/drafts" "${drafts[@]}"
	is "nor one that something cannot be read, $one" "$(ctl olga findings --code D40 --state $one --limit 100000 --json)" '{"findings":[]}'
	is "nor one that there is no record, $one" "$(ctl olga findings --code D01 --state $one --limit 100000 --json)" '{"findings":[]}'
done

# Who saves again and again comes to the end of the grace period all the same.
printf '%s 09:50\n' "$today" >"$agent_dir/clock"
again=("$saves"/{vim,sed,gedit,emacs,cp-preserve}.save)
begin "$agent_root/none" "${again[@]}"

# On a machine so slow that everything settles in between: temporaries, what was moved aside, names that are empty.
slow=("$saves"/{sed,sed-backup,patch,cp-preserve,rsync,tar,mv-folder}.save)
tagged "$agent_root/slow" slow
numbers "$agent_root/slow" "${slow[@]}" >"$agent_dir/slow.numbers"
SAVES_SLOW_MS=400 begin "$agent_root/slow" "${slow[@]}"

# Decided, and saved in checkouts.
setpriv --reuid cdt-dana --regid cdt --clear-groups tail -f /dev/null & # or her checkouts end with her last process
present=$!
trap 'kill $present; agent_clean' EXIT
single() { # the document alone lies there, and keeps its name
	local f
	for f in "${drafts[@]}"; do
		[ "$(grep -c '^before' "$f")" -ne 1 ] || ! grep -q "^before $(sed -n 's/^document //p' "$f") " "$f" || echo "$f"
	done
}
readarray -t decided < <(single)
tagged "$agent_root/decided" decided --submit
all_sealed() { [ "$(find "$agent_root/decided" -type f | wc -l)" -eq "$(find "$agent_root/decided" -name '*.age' | wc -l)" ]; }
ok "and sealed" wait_until 30 all_sealed
numbers "$agent_root/decided" "${decided[@]}" >"$agent_dir/decided.numbers"
is "every one has a record" "$(wc -l <"$agent_dir/decided.numbers")" "${#decided[@]}"
n_before=$(records)
open=()
: >"$agent_dir/open"
while read -r name n; do
	ctl li approve "$n" --key "$home/li/key" >>"$agent_dir/approved" 2>&1 || echo "# not approved: $n"
	path=$(ctl dana open --print-path "$n") && open+=("$saves/$name.save=$path") && echo "$n $path" >>"$agent_dir/open"
done <"$agent_dir/decided.numbers"
is "and is decided" "$(ctl olga list --state classified --limit 100000 --json | count '"number":')" "${#decided[@]}"
is "and in a checkout" "${#open[@]}" "${#decided[@]}"
begin - "${open[@]}"
end
are_newest() { ctl dana list --limit 100000 --json | python3 -B "$saves/judge.py" contents "$agent_dir/open" >"$agent_dir/wrong"; }
ok "every checkout's newest content is its record's" wait_until 40 are_newest
sed 's/^/# /' "$agent_dir/wrong"
is "and nothing there has another" "$(records)" "$n_before"
judged 20 "slow: the record stays with the document" records "$agent_root/slow" "${slow[@]}"
judged 20 "observed: known of as before" records "$agent_root/none" "${recordings[@]}"

# The grace period ends: what is left in the enforced folder gets its record and finding once, in the observed one its
# finding, temporaries none.
printf '%s 10:10\n' "$today" >"$agent_dir/clock"
ctl olga sweep >/dev/null
judged 60 "everything that is left is sealed, once, and no side file" sealed "$enforced" "${recordings[@]}"
is "with a record each" "$(($(records) - n_before))" "$(files_of 'document|after')"
n_findings=$(ctl olga findings --code D01 --limit 100000 --json | grep -o '"number":"[0-9][^"]*"' | sort | uniq -c | awk '$1 == 1' | wc -l)
is "and a finding each" "$n_findings" "$(files_of 'document|after')"
judged 20 "observed: a finding each" unrecorded "$agent_root/none" "${recordings[@]}"
for one in open corrected; do
	state=$one judged 1 "and none about a temporary, $one" findings "$agent_root/none" "${recordings[@]}"
done
ok "as many operations as there should be" test "$operations" -ge 8000
echo "# saves: ${#recordings[@]} recordings of $(recorded | wc -l) packages, $operations operations replayed in four kinds of folders; $tap_bad of $tap_n checks failed"
done_testing

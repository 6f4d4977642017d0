# shellcheck shell=bash
# Persons of a test agent and what they do: source it after agent.sh, before agent_start. As root only.
#
#   person ID KEYWORD…   a login with a home (before agent_start for the two administrators anna and boris)
#   enter ID OPTION…     anna enters, boris confirms
#   appoint ID OPTION…   the same for an appointment
#   sign_key ID          makes, registers and confirms a key: $home/ID/key
#   as ID COMMAND…       in the watched folder, without a terminal;   ctl ID ARGUMENT… is classctl
#   exits ID CODE REGEX NAME ARGUMENT…     refused with that exit code and these words
#   refused ID CODE REGEX NAME ARGUMENT…   the same, and no record is other than before
#   save ID NAME [FIXTURE]                 a real document, as its owner would save it
#   day DATE             what the agent's clock says from now on
#   office_agent [RULES]        an agent of the pack cn; $today (that of the test, else the real one) and
#                               after '3 days' are dates from then on. RULES: the site's own
#   office_begins LEVEL [RULES] the same with register_planning
home=$agent_dir/home
mkdir -m 755 "$home"
export CLASSD_SOCKET=$agent_socket LC_ALL=C.UTF-8 LANGUAGE=en

person() {
	local login
	login=$(agent_person "$1")
	install -d -m 700 -o "$login" "$home/$1"
}
as() {
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" PATH="$agent_build:$PATH" "$@" </dev/null)
}
ctl() { local who=$1; shift; as "$who" classctl "$@"; }
enter() {
	local id=$1
	shift
	person "$id"
	ctl anna person add "$id" --name "$id" --login "cdt-$id" "$@" && ctl boris person confirm "$id"
}
appoint() {
	local id=$1
	shift
	ctl anna appoint "$id" --document 'Order 12/2026' "$@" &&
		ctl boris person confirm "$id" --appointment "$(ctl boris person show "$id" --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | tail -n 1)"
}
sign_key() {
	as "$1" ssh-keygen -q -t ed25519 -N '' -f "$home/$1/key" && ctl "$1" identity --key "$home/$1/key" &&
		ctl boris person confirm "$1" --key "$(ssh-keygen -lf "$home/$1/key.pub" | cut -d' ' -f2)"
}
exits() {
	local who=$1 code=$2 words=$3 name=$4 said status
	shift 4
	said=$(ctl "$who" "$@" 2>&1)
	status=$?
	is "$name: exit code" $status "$code"
	like "$name: what it says" "$said" "$words"
}
# What is in the records, without how far an earlier sealing is by now.
records_now() { ctl olga list --json | sed -E 's/"sealing(_detail)?":"[^"]*",?//g'; }
refused() {
	local before name=$4
	before=$(records_now)
	exits "$@"
	is "$name: nothing changed" "$(records_now)" "$before"
}
save() { # whole and owned before it has its name, as a save by rename is
	install -o "cdt-$1" -g cdt -m 644 "tests/fixtures/${3:-report-en.docx}" "$agent_dir/saved" && mv "$agent_dir/saved" "$agent_root/$2"
}
field() { sed -nE "s/^$1 +//p" | head -n 1; }
state_of() { ctl olga show "$1" | field state; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
number_of() { ctl olga list --json | grep -oE '"number":"[0-9-]+"' | cut -d'"' -f4 | tail -n 1; }
is_sealed() { ctl olga show "$1" --json | grep -q '"sealing":"sealed"'; }
has_finding() { ctl olga findings --json | grep -oE '"code":"[^"]*"|"number":"[^"]*"|"path":"[^"]*"' | paste -sd' ' | sed 's/"code"/\n"code"/g' | grep -q "\"$1\".*$2"; }
has_no_finding() { ! has_finding "$@"; }
day() { printf '%s 09:00\n' "$1" >"$agent_dir/clock"; }

# The drafter dana, and li and wang, trained on the day HELD, who decide up to LEVEL, in the department planning; olga of the office.
register_planning() { # LEVEL HELD
	local id
	{
		for id in dana li wang; do
			enter "$id" --department planning --role drafter,responsible --category core --cleared-until 2045-12-31 --undertaking 2026-01-05
		done
		enter olga --department office --role secrecy-office
		for id in li wang; do
			appoint "$id" --kind statutory --level "$1" --department planning --from 2026-01-01 --until 2044-12-31
			ctl anna train "$id" --content 定密 --hours 4 --held "$2"
			sign_key "$id"
		done
	} >"$agent_dir/register.log" 2>&1
}
office_agent() { # [RULES]: these are the site's own, beside the pack
	person anna
	person boris
	: "${today:=$(date -u +%F)}"
	day "$today"
	[ $# -eq 0 ] || { mkdir "$agent_dir/policy.d" && echo "$1" >"$agent_dir/policy.d/site.yaml" && chmod -R a+rX "$agent_dir/policy.d"; }
	agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
		"roots: [{path: $agent_root, mode: observe, department: planning}]"
	agent_start || { tap 1 "the agent starts"; done_testing; exit; }
}
office_begins() { # LEVEL [RULES]
	office_agent "${@:2}"
	register_planning "$1" "$(after '-30 days')"
}
after() { date -u -d "$today + $1" +%F; }

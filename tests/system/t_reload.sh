#!/usr/bin/env bash
# A policy pack that changes under a running agent: a bad one never replaces a good one, a good one rules at SIGHUP.
. "$(dirname "$0")/../tap.sh"
if [ "$(id -u)" -ne 0 ] || [ ! -x "${CLASSD_BUILD:-build/release}/libexec/classd/classd-registrar" ]; then
	skip "reload" "needs root and all roles"
	done_testing
	exit
fi
. "$(dirname "$0")/agent.sh"
li=$(agent_person li) wang=$(agent_person wang)
agent_config "security_administrators: [$li, $wang]"
mkdir "$agent_dir/policy.d" && chmod 755 "$agent_dir/policy.d"
agent_start || { tap 1 "the agent starts"; done_testing; exit 1; }
as() { setpriv --reuid "$1" --regid cdt --clear-groups "$agent_build/classctl" --socket "$agent_socket" "${@:2}" </dev/null; }
status() { as "$li" status --json; }
is_bad() { status | grep -q '"code":"registrar.0/policy"'; }
is_good() { ! is_bad; }
policies() { cat "$agent_dir"/state/registrar/journal/* | grep -ac '"op":"policy"'; }
version=$(status | grep -o '"pack_version":"[^"]*"')
pack=$agent_dir/policy/us/pack.yaml
before=$(policies)
ok "the pack is in the journal" test "$before" -ge 1

cp "$pack" "$agent_dir/good.yaml"
echo 'no such: [thing' >>"$pack"
kill -HUP "$agent_pid"
ok "a bad pack is a degraded state" wait_until 20 is_bad
like "with file, line and column" "$(status)" "the old one stays: [^\"]*/[a-z]+[.]yaml:[0-9]+:[0-9]+: "
is "and the old one rules" "$(status | grep -o '"pack_version":"[^"]*"')" "$version"
is "nothing is journalled" "$(policies)" "$before"

sed 's/^  version: .*/  version: "2099.1"/' "$agent_dir/good.yaml" >"$pack"
kill -HUP "$agent_pid"
ok "a good one rules" wait_until 20 eval 'status | grep -q "\"pack_version\":\"2099.1\""'
ok "the degraded state is over" wait_until 20 is_good
is "and it is in the journal" "$(policies)" $((before + 1))
kill -HUP "$agent_pid"
ok "reading the same files again" wait_until 20 eval '[ "$(grep -c event=policy-loaded "$agent_log")" -ge 2 ]'
is "journals nothing" "$(policies)" $((before + 1))

# ---- a site may loosen a cap only by somebody's authority, and that is journalled ----
loosen() { printf 'levels: [{code: SECRET, max_term: 30y%s}]\n' "$1" >"$agent_dir/policy.d/site.yaml" && chmod -R a+rX "$agent_dir/policy.d"; kill -HUP "$agent_pid"; }
loosen ''
ok "a looser cap of a site is refused" wait_until 20 is_bad
like "with what would allow it" "$(status)" 'site.yaml:1:[0-9]+: a site may only tighten max_term, or name the authority for it'
loosen ', authority: Directive 9'
ok "with an authority it rules" wait_until 20 is_good
ok "and the journal has both" wait_until 20 eval 'cat "$agent_dir"/state/registrar/journal/* | grep -aq "\"loosened\":\[\"[^]]*levels.SECRET.max_term, by Directive 9\"\]"'
rm "$agent_dir/policy.d/site.yaml"
kill -HUP "$agent_pid"

# ---- a new level: sealing at it waits for its key, whichever of the two the keeper hears of first ----
# It stops, and the registrar has other words for it before those of the new level: the sealer's are heard between them.
dana=$(agent_person dana)
enter() {
	as "$li" person add dana --name Dana --login "$dana" --department planning --role drafter --category core \
		--cleared-until 2040-12-31 --undertaking 2026-01-05 && as "$wang" person confirm dana &&
		as "$li" person add olga --name Olga --login "$(agent_person olga)" --department planning --role responsible \
			--category core --cleared-until 2040-12-31 --undertaking 2026-01-05 && as "$wang" person confirm olga
}
ok "persons are entered" enter
save() { printf 'document %s\n' "$1" >"$agent_dir/new" && install -m 640 -o "$dana" -g cdt "$agent_dir/new" "$agent_root/$1"; }
tag() { as "$dana" tag "$agent_root/$1" --item 5.1 --level "$2" --term 5y --scope person:dana --responsible olga --reason plan >/dev/null 2>&1; }
is_asked() { grep -ahE '"op":"intent"' "$agent_dir"/state/registrar/journal/* | grep -q "[0-9]-0*$1\""; }
is_sealed() { [ -e "$agent_root/$1.age" ] && [ ! -e "$agent_root/$1" ]; }
is_settled() { as "$dana" status "$agent_root/$1" | grep -q settled; }
save new.txt
ok "a document" wait_until 20 is_settled new.txt
keeper=$(agent_pids keeper)
kill -STOP "$keeper"
for _ in 1 2 3 4 5 6 7 8; do as "$li" lock >/dev/null 2>&1; done
awk '/^posts:/ { print "  - code: SPECIAL\n    name: SPECIAL\n    portion: SP\n    max_term: 25y\n    missing_term: 25y\n    draft_in_clear: never\n    needs_post: core\n    needs_clearance: true\n    needs_undertaking: true\n    signature: true\n" } { print }' "$pack" >"$agent_dir/more.yaml" && cp "$agent_dir/more.yaml" "$pack"
kill -HUP "$agent_pid"
ok "it has a new level" wait_until 20 tag new.txt SPECIAL
ok "and is being sealed" wait_until 20 is_asked 1
kill -CONT "$keeper"
ok "it is sealed" wait_until 30 is_sealed new.txt
is "and nobody was told that there is no key" "$(cat "$agent_dir"/state/registrar/journal/* | grep -ac '"outcome":"no-key"')" 0
agent_stop
is "it ends in order" "$agent_status" 0

# ---- started with a pack that does not load: the state is said all the same ----
agent_stop
cp "$pack" "$agent_dir/good.yaml"
echo 'no such: [thing' >>"$pack"
agent_start
ok "without any rules the state is told" wait_until 20 is_bad
like "to people, too" "$(as "$li" status)" 'registrar.0/policy: .*[a-z]+.yaml:[0-9]+:[0-9]+: '
cp "$agent_dir/good.yaml" "$pack"
kill -HUP "$agent_pid"
ok "until a good one is there" wait_until 20 is_good
done_testing

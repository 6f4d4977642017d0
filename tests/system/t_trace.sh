#!/usr/bin/env bash
# The chain of one record, in the pack cn: whole at first, then each link broken behind the agent's back and named: the file
# on disk, the key, a row of the store, the register, an entry of the journal.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "the chain of a record" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
office_begins SECRET
enter aron --department office --role auditor >>"$agent_dir/register.log" 2>&1
{ save dana plan.docx plain-zh.docx && ctl dana tag plan.docx --item 1.4 --scope dept:planning --responsible li && n=$(number_of) &&
	ctl dana submit "$n" --wait && ctl li approve "$n" --key "$home/li/key" --term 5y --reason 五年足够; } >"$agent_dir/said" 2>&1
tap $? "a record is decided" "$(cat "$agent_dir/said")"
# The new header is on disk, and the journal has it.
settled() { ctl olga verify "$n" >/dev/null; }
ok "its file carries the decision" wait_until 15 settled

# Whole.
traced() { ctl "${1:-olga}" trace "$n" 2>&1; }
said=$(traced)
is "a whole chain: exit code" $? 0
like "the item and the version of its catalogue" "$said" 'item +ok +1\.4 of cn [0-9.]+; today.s catalogue says CONFIDENTIAL'
like "what was proposed" "$said" "proposed +ok +$today, entry [0-9]+ \(submit\): CONFIDENTIAL"
like "the authority of that moment" "$said" 'authority +ok +statutory'
like "what was decided" "$said" "decided +ok +$today, entry [0-9]+ \(correct\): CONFIDENTIAL, P5Y"
like "the signature" "$said" 'signature +ok'
like "the sealed file" "$said" 'sealed file +ok'
like "the store" "$said" 'store +ok +as [0-9]+ entries'
like "the register" "$said" 'register +ok'
like "the journal" "$said" 'journal +ok +[0-9]+ entries in one chain'
like "it was due for no sweep yet" "$said" 'sweeps +(none|ok) +0 of [0-9]+ sweeps'
is "an auditor follows it, too" "$(traced aron >"$agent_dir/said"; echo $?)" 0
fails "and learns no name" grep -qE 'dana|\bli\b|plan\.docx' "$agent_dir/said"
exits dana 2 '' "without a record" trace

# In the reader's language: levels by their names, periods in words, sentences with their values in their places.
mkdir "$agent_dir/locales"
localedef -i zh_CN -f UTF-8 "$agent_dir/locales/zh_CN.UTF-8"
chinese() { as olga env "LOCPATH=$agent_dir/locales" LC_ALL=zh_CN.UTF-8 LANGUAGE=zh_CN classctl "$@" 2>&1; }
like "the record in Chinese" "$(chinese show "$n")" '已决定 +秘密, 5年, 事项 1\.4'
like "its chain" "$(chinese trace "$n")" '日志 +正确 +[0-9]+ 条连成一链，末条 [0-9a-f]{16}'
like "what is due" "$(chinese due --until 2060-01-01)" '期限届满 +已定密'
like "codes for scripts" "$(chinese show "$n" --json)" '"decided":\{[^}]*"level":"CONFIDENTIAL"[^}]*"term":"P5Y"'
exits wang 6 'no record|没有' "of a record that is not there" trace 2026-999999

# Each link, broken.
broken() { # WHAT DETAIL NAME: the chain breaks there, and nowhere else but where MORE says
	local said status
	said=$(traced)
	status=$?
	is "$3: exit code" $status 10
	like "$3: is named" "$said" "$1 +broken +.*$2"
	is "$3: nothing else" "$(grep -c ' broken ' <<<"$said")" "${4:-1}"
	[ "$(grep -c " broken " <<<"$said")" = "${4:-1}" ] || sed "s/^/# /" <<<"$said"
}
sealed=$agent_root/plan.docx.age
flip() { # FILE OFFSET
	local was
	was=$(dd if="$1" bs=1 skip="$2" count=1 status=none | od -An -tu1 | tr -d ' ')
	printf "\\x$(printf %x $((was ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
flip "$sealed" $(($(stat -c %s "$sealed") - 100))
broken 'sealed file' '' "a byte of the file"
flip "$sealed" $(($(stat -c %s "$sealed") - 100))
is "put back it is whole" "$(traced >/dev/null; echo $?)" 0
entries=$agent_dir/state/registrar/journal/entries
at=$(grep -abo "\"number\":\"$n\"" "$entries" | head -n 1 | cut -d: -f1)
flip "$entries" $((at + 11))
broken journal 'entry [0-9]+ ' "an entry of the journal"
flip "$entries" $((at + 11))

# Every sweep that considered it.
day "$(after '1 year')"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null
said=$(traced)
like "the sweep that considered it" "$said" "sweep +ok +$(after '1 year'), entry [0-9]+: considered; task [0-9]+"
like "of how many" "$said" 'sweeps +ok +1 of [0-9]+ sweeps'
tapped=$(ctl olga trace "$n" --json)
like "as JSON" "$tapped" '^\{"links":\[\{.*"what":"journal"\}\]\}$'

# A row of the store, between two starts.
alter() { # SQL NAME
	agent_stop
	python3 tests/system/alter.py "$agent_dir/state/registrar/store.db" "$1"
	agent_start
	tap $? "$2: the agent starts"
}
alter "UPDATE records SET decided_level='SECRET'" "a level in the store"
broken store 'the record is not as the journal says' "a level in the store" 2
alter "UPDATE records SET decided_level='CONFIDENTIAL'" "put back"
alter "UPDATE appointments SET until='2050-01-01'" "an appointment"
broken register 'an appointment is not' "an appointment"
alter "UPDATE appointments SET until='2044-12-31'" "put back"
alter "UPDATE keys SET revoked='$(after '-1 day')' WHERE person='li'" "a key revoked before"
broken key 'revoked' "a key revoked before" 2
alter "UPDATE keys SET revoked=NULL" "put back"

# What waits for another decision is told beside it, and is not what was decided on.
ctl dana release "$n" --reason 不再需要 >"$agent_dir/said" 2>&1
tap $? "its release is asked for" "$(cat "$agent_dir/said")"
said=$(traced)
like "the decision keeps its proposal" "$said" "proposed +ok +$today, entry [0-9]+ \(submit\): CONFIDENTIAL"
like "what was asked since" "$said" "asked since +ok +[0-9-]+, entry [0-9]+ \(request-release\)"
ctl dana withdraw "$n" --reason 还需要 >"$agent_dir/said" 2>&1
tap $? "and taken back" "$(cat "$agent_dir/said")"
said=$(traced)
fails "nothing is asked then" grep -q 'asked since' <<<"$said"
like "and the proposal stands" "$said" "proposed +ok +$today, entry [0-9]+ \(submit\): CONFIDENTIAL"

# A label of the store.
alter "UPDATE labels SET text=replace(text,'P5Y','P9Y') WHERE kind='label'" "a term in a label"
said=$(traced)
is "a term in a label: exit code" $? 10
for link in decided signature store 'label in the file'; do
	like "a term in a label breaks: $link" "$said" "$link +broken"
done
done_testing

#!/usr/bin/env bash
# A record over its life, as those see it who check it: verify and rollback, what is not marked, names that are hidden,
# history with roles, and refusals in the reader's language. As root only: it needs real users.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "records in a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
home=$agent_dir/home
mkdir -m 755 "$home"
for name in anna boris dana li olga; do
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
enter() { # enter NAME OPTION…: a person, entered and confirmed
	ctl anna person add "$1" --name "${1^}" --login "cdt-$1" --department planning "${@:2}" && ctl boris person confirm "$1"
}
people() {
	local cleared='--category core --cleared-until 2040-12-31 --undertaking 2026-01-05'
	# shellcheck disable=SC2086
	enter dana --role drafter $cleared && enter li --role drafter,responsible $cleared &&
		enter olga --role auditor &&
		ctl anna appoint li --kind oca --level 'TOP SECRET' --department planning --from 2026-01-01 --until 2039-12-31 --document 'Order 12' &&
		ctl boris person confirm li --appointment "$(ctl boris person show li --json | grep -oE '"id":[0-9]+' | grep -oE '[0-9]+' | head -n 1)" &&
		ctl anna train li --content duties --hours 4 --held "$(date -u +%Y)-01-10" &&
		as li ssh-keygen -q -t ed25519 -N '' -f "$home/li/key" && ctl li identity --key "$home/li/key" &&
		ctl boris person confirm li --key "$(ssh-keygen -lf "$home/li/key.pub" | cut -d' ' -f2)"
}
save() { # save NAME: a real document, as its drafter would save it
	cp tests/fixtures/report-en.docx "$agent_root/$1" && chown cdt-dana:cdt "$agent_root/$1"
	wait_until 10 is_seen "$1"
}
is_seen() { ctl dana status "$1" | grep -q settled; }
is_sealed() { ctl dana show "$1" | grep -qE '^sealing +sealed'; }
is_verified() { ctl li verify "$1" >/dev/null; }
number_of() { ctl dana show "$1" --json | grep -oE '"number":"[0-9]{4}-[0-9]{6}' | head -n 1 | cut -d'"' -f4; }
draft() { # draft NAME OPTION…: saved, tagged and sealed; its number is in $n
	save "$1" && ctl dana tag "$1" --responsible li "${@:2}" >/dev/null && n=$(number_of "$1") &&
		ctl dana submit "$1" >/dev/null && wait_until 15 is_sealed "$n"
}

ok "persons, an auditor among them" people

# Verify: the decision, the authority of that day, and the file itself.
draft plan.docx --item 1.2
is "a document is proposed and sealed" $? 0
like "before the decision: nothing to check but the file" "$(ctl dana verify "$n")" 'signature +none.*authority +none.*sealed file +ok.*label in the file +ok'
cp "$agent_root/plan.docx.age" "$agent_dir/proposed.age"
ok "it is decided" ctl li approve "$n" --key "$home/li/key"
ok "and everything verifies" wait_until 15 is_verified "$n"
like "signature, key, commitment, authority, file and label" "$(ctl li verify "$n")" \
	'signature +ok.*key +ok.*commitment +ok.*authority +ok +oca.*sealed file +ok.*label in the file +ok'

# An outsider with the escrow identity does what classd-sealed(7) prints, with Debian's own programs.
of_the_page() {
	sed -n '/^\.Sh CHECKING BY HAND/,/^where the time/p' "$page" | sed -n '/^\.Bd -literal/,/^\.Ed/p' | grep -v '^\.' |
		sed "s/20260301/$(date -u +%Y%m%d)/"
}
by_hand() {
	local page=$PWD/packaging/man/classd-sealed.7 reader=$PWD/packaging/examples
	mkdir -p "$agent_dir/hand" && cd "$agent_dir/hand" || return
	cp "$agent_root/plan.docx.age" report.docx.age && cp "$agent_dir/escrow.key" .
	env -i PATH="$reader:/usr/bin:/bin" bash -e <(of_the_page) 2>&1
}
mkdir "$agent_dir/hand"
ctl anna person signers >"$agent_dir/hand/allowed_signers"
said=$(by_hand)
is "by the page: every command succeeds" $? 0
like "the signature is good" "$said" 'Good "label@classd" signature for li with ED25519 key SHA256:'
label() { sed -n "s/^$1 //p" "$agent_dir/hand/entries/entry-1"; }
digest=$(sha256sum <"$agent_dir/hand/report.docx" | cut -c1-64)
like "the document is the one of the record" "$said" "content-sha256 $digest"$'\n'"$digest  report.docx"
like "the commitment is recomputed, and who may know" "$said" "$(label commit)  -"$'\n'"$(label scope)  -"
sed -i 's/^level .*/level UNCLASSIFIED/' "$agent_dir/hand/entries/entry-1"
fails "another label is not what was signed" bash -c 'cd "$1" && ssh-keygen -Y verify -f allowed_signers -I li -n label@classd -s label.sig <entries/entry-1' - "$agent_dir/hand"
like "a file that is none is called so" "$(packaging/examples/read-sealed-record "$agent_dir/escrow.key" README.md 2>&1)" 'no sealed document$'
said=$(ctl olga verify "$n")
is "an auditor verifies" $? 0
ok "without names" bash -c '! grep -qiE "plan|dana|\bli\b" <<<"$1"' - "$said"
fails "and sees no record" ctl olga show "$n"
cat "$agent_dir/proposed.age" >"$agent_dir/back.age" && chown --reference="$agent_root/plan.docx.age" "$agent_dir/back.age"
mv "$agent_dir/back.age" "$agent_root/plan.docx.age"
said=$(ctl olga verify "$n")
is "a file that was put back is noticed" $? 10
like "and called what it is" "$said" 'label in the file +failed +an older'
printf 'xxxx' | dd of="$agent_root/plan.docx.age" bs=1 seek=400 conv=notrunc status=none
like "a damaged one" "$(ctl olga verify "$n")" 'sealed file +failed'
like "the history says in what part each acted" "$(ctl dana show "$n")" \
	'dana \(drafter\) tag.*dana \(drafter\) submit.*\(agent\) sealed.*li \(responsible\) read.*li \(oca\) approve'

# Submitted while a program has it open: no mark until the decision, which never goes without.
marked() { age -d -i "$agent_dir/escrow.key" "$agent_root/$1" >"$agent_dir/out.docx" && unzip -p "$agent_dir/out.docx" word/document.xml | grep -q CONFIDENTIAL; }
save open.docx && ctl dana tag open.docx --item 1.2 --responsible li >/dev/null
like "open elsewhere: said, and what becomes of the mark" "$(as dana bash -c 'exec 3<>open.docx; classctl submit open.docx 2>&1 >/dev/null')" 'marked before it is decided'
n=$(number_of open.docx)
ok "it is sealed when it is closed" wait_until 15 is_sealed "$n"
fails "without its mark" marked open.docx.age
ok "it is decided all the same" ctl li approve "$n" --key "$home/li/key"
ok "with its mark" wait_until 15 marked open.docx.age
ok "which the signature covers" wait_until 15 is_verified "$n"

# The highest level hides the name of its sealed files; who made the document still finds it by its own.
save top.docx && ctl dana tag top.docx --item 1.2 --level 'TOP SECRET' --reason 'sources of it' --responsible li >/dev/null
hidden() { ls "$agent_root" | grep -qE '^[0-9]{4}-[0-9]{6}[.]age$'; }
ok "sealed under its number" wait_until 15 hidden
n=$(basename "$(ls "$agent_root"/[0-9]*-[0-9]*.age)" .age)
is "the drafter finds it by its old name" "$(number_of top.docx)" "$n"
is "the responsible person, too, by the whole path" "$(cd / && ctl li show "$agent_root/top.docx" --json | grep -oE '"number":"[^"]+' | head -n 1 | cut -d'"' -f4)" "$n"
fails "nobody else" ctl anna show top.docx
like "its checkout has the name that programs know" "$(path=$(ctl dana open --print-path top.docx) && echo "$path" && ctl dana close top.docx)" '/top.docx'
ok "it is submitted by its old name" ctl dana submit --wait top.docx
fails "a name that never was" ctl dana show nothing.docx

# In the reader's language: the agent's sentences too, with their values.
mkdir "$agent_dir/locales" # C.UTF-8 is no language in newer C libraries
localedef -i zh_CN -f UTF-8 "$agent_dir/locales/zh_CN.UTF-8"
export LOCPATH=$agent_dir/locales LC_ALL=zh_CN.UTF-8 LANGUAGE=zh_CN
like "a refusal in Chinese, its values in their places" "$(ctl dana show 2026-999999 2>&1)" '没有“2026-999999”这份记录'
like "one about authority" "$(ctl dana approve "$n" 2>&1)" '没有可以决定此事的任命'
done_testing

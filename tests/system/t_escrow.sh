#!/usr/bin/env bash
# The escrow from paper to document: made, proposed, confirmed, drilled, and used by somebody who has three pages and
# Debian's own programs and does only what is printed. As root only: it needs users of its own.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "the escrow with a whole agent" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
pages=$agent_dir/pages
memory=/dev/shm/escrow # the page says so
emergency=$agent_dir/emergency
mkdir -m 755 "$pages" "$emergency"
for name in anna boris; do person $name; done
day 2026-03-02
agent_config 'security_administrators: [cdt-anna, cdt-boris]' "clock: file:$agent_dir/clock" 'unit: Prüfstelle 三处'
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
ok "the secrecy office is entered" enter olga --department office --role secrecy-office --category important
ok "a responsible person is entered" enter li --department planning --role drafter,responsible --category core \
	--cleared-until 2040-12-31 --undertaking 2026-01-05
ok "is appointed" appoint li --kind oca --level SECRET --department planning --from 2026-01-01 --until 2039-12-31
ok "is trained" ctl anna train li --content 'classification' --hours 4 --held 2026-01-10

# make_document NAME: sealed; its number is in ${number[NAME]}, its content in $emergency/NAME.content
declare -A number=()
is_seen() { ctl li status "$1" | grep -q settled; }
make_document() {
	save li "$1" && wait_until 15 is_seen "$1" &&
		ctl li tag "$1" --item 5.1 --level SECRET --term 5y --scope person:li --responsible li --reason plan || return 1
	number[$1]=$(ctl li show "$1" --json | jq -r .record.number)
	wait_until 15 is_sealed_of_li "${number[$1]}" && ctl li cat "${number[$1]}" >"$emergency/$1.content"
}
is_sealed_of_li() { ctl li show "$1" --json | grep -q '"sealing":"sealed"'; }
make_document before >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
like "a document is sealed with the first escrow" "${number[before]}" '^[0-9]+-[0-9]+$'

# ---- the escrow of the first start ----
escrow() { ctl anna key escrow status --json | jq -r ".$1"; }
is "the escrow of the first start has no shares" "$(escrow shares)" 0
is "and opens the document" "$(escrow documents)" 1
ok "that it may still be here is a finding" wait_until 10 has_finding D27 .
exits li 4 'another role|may not' "who is no administrator does not confirm that it was moved" key escrow confirm --moved
install -m 600 -o cdt-olga "$agent_dir/escrow.key" "$home/olga/escrow.key"
ok "a drill with the file of the first start" ctl olga key escrow drill --identity "$home/olga/escrow.key"
like "without shares it is asked for with the file" "$(as olga script -qec 'classctl key escrow drill' /dev/null 2>&1)" 'knows of no shares'
ok "it is moved off the machine" ctl anna key escrow confirm --moved
ok "the finding is gone" has_no_finding D27 .
exits anna 5 'not waiting to be moved' "moved twice" key escrow confirm --moved

# ---- making ----
install -d -m 700 -o cdt-anna "$pages/anna"
create=(key escrow create --out "$pages/anna" --yes)
exits anna 2 'threshold is at least 2' "a threshold of one" "${create[@]}" --shares 5 --threshold 1
exits anna 2 'threshold is at least 2' "more than there are" "${create[@]}" --shares 3 --threshold 4
exits anna 2 'at most 255' "too many" "${create[@]}" --shares 256 --threshold 3
exits anna 2 'No such file' "a directory that is not there" key escrow create --out "$pages/none" --yes
exits anna 2 'nobody is there to read' "nobody to read the pages back" key escrow create --out "$pages/anna"
exits anna 2 'where the pages go' "no place for pages" key escrow create --yes
exits li 4 'may not' "a drafter" key escrow create --out "$home/li" --yes
exits olga 4 'another role' "the secrecy office" key escrow create --out "$home/olga" --yes
is "nothing was written by them" "$(find "$pages" "$home" -name "escrow-*")" ""
is "nothing waits" "$(escrow proposal)" null
exits boris 5 'no new escrow waits' "nothing to confirm" key escrow confirm age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z
ok "five pages are made" ctl anna "${create[@]}" --shares 5 --threshold 3
key=$(escrow proposal.key) recipient=$(escrow proposal.recipient)
is "each as PDF and text, for its owner only" "$(find "$pages/anna" -name "escrow-$key-share-[1-5].*" -user cdt-anna -perm 600 | wc -l)" 10
page() { echo "$pages/anna/escrow-$key-share-$1.$2"; }
like "the page names unit, number and threshold" "$(cat "$(page 2 txt)")" "share 2 of 5.*[Aa]ny 3.*Prüfstelle 三处.*$key.*2026-03-02.*$recipient"
is "the present one stays until somebody else confirms" "$(escrow shares)" 0
exits anna 4 'entered this yourself' "not who made it" key escrow confirm "$recipient"
exits boris 5 'another recipient than the proposal' "another recipient" key escrow confirm age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z
exits boris 3 'mistyped' "a mistyped recipient" key escrow confirm "${recipient/age1/age1q}"
exits li 4 'may not' "not a drafter" key escrow confirm "$recipient"
# A full key directory: nobody is told that the keeper has it, and a sweep tries again.
is_present() { [ "$(escrow 'recipient,.installed' | paste -sd' ')" = "$recipient true" ]; }
chmod 500 "$agent_dir/state/keys"
said=$(ctl boris key escrow confirm "${recipient^^}" 2>&1)
tap $? "another administrator confirms, in capitals"
like "it says that the keeper does not have it" "$said" 'confirmed; the keeper takes it when it is back'
fails "nor does the status" is_present
chmod 700 "$agent_dir/state/keys"
ctl olga sweep >/dev/null 2>&1
ok "the next sweep tells the keeper again" wait_until 20 is_present
is "and nothing is wrong any more" "$(ctl anna status | grep -cE 'escrow-(unwritable|differs)')" 0
is "it is the present one" "$(escrow 'recipient,.shares,.threshold,.installed,.earlier,.keys_waiting' | paste -sd' ')" "$recipient 5 3 true 1 0"
make_document after >"$agent_dir/said" 2>&1 || sed 's/^/# /' "$agent_dir/said"
is "a new document is sealed to it at once" "$(escrow documents)" 1

# ---- with paper, and what is printed on it ----
# Lines of the share, and what stands four spaces in beside them and the square: that is typed.
share_lines() { grep -E '^    [a-f]( [A-Z2-7]{4}){5} [a-p]{4}$' "$(page "$1" txt)" | sed 's/^    //'; }
commands() { grep -E '^    ' "$(page "$1" txt)" | grep -vE '^    [a-f]( [A-Z2-7]{4}){5} [a-p]{4}$|[▀▄█]|^ +$' | sed 's/^    //'; }
is "six lines a page" "$(for n in 1 2 3 4 5; do share_lines $n; done | wc -l)" 30
# as_printed FILE SHARE…: a person at another computer, without anything of ours, types the commands of page 2.
as_printed() {
	local file=$1 n
	shift
	{
		echo 'set -e'
		commands 2 | sed -n 1p
		for n in "$@"; do printf 'cat >lines.%03d <<"PAGE"\n%s\nPAGE\n' "$n" "$(share_lines "$n")"; done
		[ -z "${mistake:-}" ] || printf '%s\n' "$mistake"
		commands 2 | sed -n '2,/^age /p' | sed "s|FILE.age >FILE|$emergency/$file.age >$emergency/opened|"
		commands 2 | sed '1,/^age /d'
	} >"$emergency/script"
	rm -f "$emergency/opened"
	install -m 644 "$agent_root/$file.age" "$emergency/$file.age"
	(cd / && env -i PATH=/usr/bin:/bin unshare --net bash "$emergency/script")
	local status=$?
	rm -rf "$memory"
	return $status
}
for tool in gfcombine base32 age; do
	command -v $tool >/dev/null || { skip "recovery by the page" "$tool is missing"; done_testing; exit; }
done
rm -rf "$memory"
ok "three pages open a document" as_printed after 1 3 5
ok "byte for byte" cmp "$emergency/after.content" "$emergency/opened"
ok "three others, too" as_printed after 4 2 3
ok "byte for byte again" cmp "$emergency/after.content" "$emergency/opened"
ok "and all five" as_printed after 1 2 3 4 5
fails "two pages do not" as_printed after 1 5
fails "nothing came out" test -s "$emergency/opened"
fails "what was sealed before needs the escrow of then" as_printed before 1 3 5
mistake='sed -i "s/^\(c ....\) ..../\1 AAAA/" lines.003'
like "a typing error is named by what is printed" "$(as_printed after 1 3 5 2>&1)" '^lines.003: c'
mistake='cp lines.001 lines.003'
like "a page typed under another number, too" "$(as_printed after 1 3 5 2>&1)" 'lines.003: a.*lines.003: f'
mistake=''
# The keys of the levels followed: with the same key, and from there to the document.
key_of_level() {
	mkdir -m 700 "$memory" && cd "$memory" &&
		for n in 1 2 3; do share_lines $n >lines.00$n && base32 -d -i lines.00$n >share.00$n; done &&
		gfcombine -o escrow.key share.* && age -d -i escrow.key "$agent_dir/state/keys/SECRET.2026.age" >LEVEL &&
		age -d -i LEVEL "$agent_root/$1.age" | cmp - "$emergency/$1.content" && cp escrow.key "$emergency/secret"
}
ok "a level key opens with it, and an earlier document with that" key_of_level before
cd "$OLDPWD" || exit
rm -rf "$memory"

# ---- the printed form ----
if command -v pdftotext >/dev/null && command -v zbarimg >/dev/null; then
	for n in 1 5; do
		ok "page $n as PDF says the same" diff <(pdftotext -layout "$(page $n pdf)" - | tr -d ' \f' | grep .) \
			<(grep -vE '[▀▄█]|^ +$' "$(page $n txt)" | tr -d ' ' | grep .)
		is "the PDF has one page" "$(pdfinfo "$(page $n pdf)" | sed -nE 's/^Pages: +//p')" 1
		pdftoppm -r 150 -gray "$(page $n pdf)" "$emergency/page"
		is "the square on paper is the share" "$(zbarimg --quiet --raw "$emergency"/page*.pgm)" \
			"$(share_lines $n | cut -c3-26 | tr -d ' \n')"
		rm "$emergency"/page*.pgm
	done
	python3 - "$(page 3 txt)" >"$emergency/square.pbm" <<'PY'
import sys
rows = [l[4:-1] for l in open(sys.argv[1], encoding="utf-8") if set(l[4:-1]) <= set(" ▀▄█") and len(l) > 40]
wide = max(map(len, rows))
dots = []
for row in rows:
    row = row.ljust(wide)
    dots.append([c in "▀█" for c in row])
    dots.append([c in "▄█" for c in row])
print("P1", wide * 6, len(dots) * 6)
for d in dots:
    line = " ".join("1" if x else "0" for x in d for _ in range(6))
    for _ in range(6):
        print(line)
PY
	is "the square in the text is the share" "$(zbarimg --quiet --raw "$emergency/square.pbm")" \
		"$(share_lines 3 | cut -c3-26 | tr -d ' \n')"
else
	skip "pages on paper" "pdftotext or zbarimg is missing"
fi

# ---- the drill ----
install -d -m 700 -o cdt-olga "$home/olga/shares"
for n in 1 2 3 4 5; do share_lines $n | install -m 600 -o cdt-olga /dev/stdin "$home/olga/shares/lines.00$n"; done
give() { for n in "$@"; do printf -- '--share %s ' "$home/olga/shares/lines.00$n"; done; }
# shellcheck disable=SC2046
drill() { ctl olga key escrow drill $(give "$@") --holder 'Zhao Liu' --holder 'Qian Qi'; }
journal() { cat "$agent_dir"/state/registrar/journal/*; }
last() { journal | grep -a "\"op\":\"$1\"" | tail -n 1 | grep -oaE '\{.*' | jq -r "$2"; }
said=$(drill 1 3 5 --json 2>&1)
like "three shares open what the agent chose" "$(drill 2 3 5 2>&1)" "record ${number[after]}, level SECRET.*the drill is done"
is "the reading is in the journal" "$(last read '"\(.purpose) \(.number)"')" "drill ${number[after]}"
is "and the outcome" "$(last drill '"\(.outcome) \(.number) \(.actor)"')" "good ${number[after]} olga"
is "the reading comes first" "$(journal | grep -aoE '"op":"(read|drill)"' | tail -n 2 | paste -sd' ')" '"op":"read" "op":"drill"'
fails "who gave a share is sealed there" grep -qaE 'Zhao|Qian' <(journal)
exits olga 1 '2 shares were entered, and it takes 3.*does not give the key' "two shares" key escrow drill $(give 1 3)
is "a failed drill is in the journal, with its step" "$(last drill '"\(.outcome) \(.step)"')" "failed shares"
ok "and a finding" has_finding D36 .
ok "until one is good" drill 1 2 3
ok "the finding is gone" has_no_finding D36 .
# The same shares prove a backup, with no agent and no file of the key.
"$agent_build/classctl" backup create "$agent_dir/shared.age" >/dev/null && chmod 644 "$agent_dir/shared.age"
tap $? "a backup is made"
like "three typed shares prove it" "$(ctl olga --socket /nowhere backup verify "$agent_dir/shared.age" --key "$key" $(give 1 2 3))" \
	'proved +[0-9]+ level keys open with this identity, 0 do not'
for n in 2 4 5; do install -m 600 -o cdt-olga "$(page $n txt)" "$home/olga/shares/page.$n"; done
paper() { for n in "$@"; do printf -- '--share %s ' "$home/olga/shares/page.$n"; done; }
ok "so do three pages, which name their escrow" ctl olga --socket /nowhere backup verify "$agent_dir/shared.age" $(paper 2 4 5)
exits olga 3 'these files do not say which escrow' "typed ones do not" backup verify "$agent_dir/shared.age" $(give 1 2 3)
exits olga 3 "2 shares do not give the key $key: they are too few" "two are too few" backup verify "$agent_dir/shared.age" $(paper 2 4)
exits olga 3 'share 1 was given twice' "one twice" backup verify "$agent_dir/shared.age" --key "$key" $(give 1 1 2)
exits olga 3 'no share of escrow 00000000|line [a-f] of share' "of another escrow" backup verify "$agent_dir/shared.age" --key 00000000 $(paper 2 4 5)
exits olga 3 'is no key of an escrow' "a key that is none" backup verify "$agent_dir/shared.age" --key zz $(give 1 2 3)
exits olga 2 'either shares or an identity' "both" backup verify "$agent_dir/shared.age" --identity x $(give 1 2 3)
sed 's/^\(    d ....\) ..../\1 AAAA/' "$home/olga/shares/page.4" | install -m 600 -o cdt-olga /dev/stdin "$home/olga/shares/page.9"
exits olga 3 'line d of share 4 is missing or mistyped' "a mistyped one is named" backup verify "$agent_dir/shared.age" $(paper 2 9 5)
sed -i 's/^\(d ....\) ..../\1 AAAA/' "$home/olga/shares/lines.004"
exits olga 3 'line d of share 4 is missing or mistyped' "a mistyped file" key escrow drill $(give 1 2 4)
exits olga 3 'given twice' "a share twice" key escrow drill $(give 1 2 2)
install -m 600 -o cdt-olga /etc/hostname "$home/olga/shares/none"
exits olga 3 'no share of escrow' "no share at all" key escrow drill --share "$home/olga/shares/none"
exits olga 2 'either shares or' "shares and a file" key escrow drill --share x --identity y
exits olga 2 'an option is missing' "without a terminal" key escrow drill
exits li 4 'may not' "not a drafter's" key escrow drill $(give 1 2 3)
day 2027-03-01
ctl olga sweep >/dev/null 2>&1
ok "within a year nothing is due" has_no_finding D36 .
day 2027-03-04
ctl anna clock confirm --day 2027-03-04 >/dev/null 2>&1
ctl olga sweep >/dev/null 2>&1
ok "after a year a drill is due" has_finding D36 .
ok "documents on the earlier escrow are a finding by then" has_finding D37 .
ok "a rotation moves them" ctl anna key rotate --all --wait
is "none is left" "$(escrow earlier)" 0
ctl olga sweep >/dev/null 2>&1
ok "and the finding is gone" has_no_finding D37 .
ok "the first document opens with the new pages now" as_printed before 2 3 4
ok "byte for byte, too" cmp "$emergency/before.content" "$emergency/opened"

# ---- on a terminal ----
cat >"$agent_dir/type.py" <<'PY'
# type.py LINES COMMAND…: runs it on a terminal and answers its questions from LINES ("REGEX<TAB>ANSWER", in order; a
# "Type line X of share N" is answered from the page in $PAGES).
import os, pty, re, sys, select
answers = [l.rstrip("\n").split("\t") for l in open(sys.argv[1], encoding="utf-8")]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said = seen = ""
while True:
    if not select.select([fd], [], [], 60)[0]:
        sys.exit("nothing more is said: " + said[-300:])
    try:
        got = os.read(fd, 65536).decode("utf-8", "replace")
    except OSError:
        break
    said += got
    seen += got
    back = re.search(r"Type line (.) of share (\d+) as it is on the paper: $", seen)
    if back:
        page = os.environ["PAGES"] % back.group(2)
        line = next(l for l in open(page, encoding="utf-8") if re.match("    %s( [A-Z2-7]{4}){5} " % back.group(1), l))
        os.write(fd, line.encode())
        seen = ""
    elif answers and re.search(answers[0][0] + r"[^\n]*: $", seen):
        os.write(fd, (answers.pop(0)[1] + "\n").encode())
        seen = ""
print(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
on_terminal() { # WHO ARGUMENT…
	local who=$1
	shift
	(cd "$agent_root" && exec setpriv --reuid "cdt-$who" --regid cdt --clear-groups env HOME="$home/$who" TERM=xterm \
		PATH="$agent_dir/bin:$agent_build:$PATH" PAGES="$pages/anna/escrow-KEY-share-%s.txt" \
		python3 "$agent_dir/type.py" "$agent_dir/answers" classctl "$@")
}
# An age that notes how it was started before it works: the key must not be seen there.
mkdir "$agent_dir/bin"
cat >"$agent_dir/bin/age" <<SH
#!/bin/sh
{ tr '\\0' ' ' </proc/\$\$/cmdline; tr '\\0' ' ' </proc/\$PPID/cmdline; env; } >>$agent_dir/started 2>/dev/null
exec $(command -v age) "\$@"
SH
: >"$agent_dir/started"
chmod 755 "$agent_dir/bin" "$agent_dir/bin/age"
chmod 666 "$agent_dir/started"
chmod 644 "$agent_dir/type.py"
{
	for n in 5 1 2; do
		printf 'Number of the next share\t%s\n' $n
		share_lines $n | while read -r letter rest; do
			[ "$n$letter" != 1c ] || printf 'Share 1, line c\tc AAAA %s\n' "${rest#* }"
			printf 'Share %s, line %s\t%s\n' "$n" "$letter" "$letter ${rest,,}"
		done
		printf 'Who holds it\tHolder %s\n' $n
	done
} >"$agent_dir/answers"
said=$(on_terminal boris key escrow drill)
is "a drill with typed shares: exit code" $? 0
like "the typing error is named at once" "$said" 'Share 1, line c: .*this line is mistyped.*Share 1, line c: '
like "and in the end the document was opened" "$said" "the drill is done"
ok "the finding is gone again" has_no_finding D36 .
like "age was started with the key in a pipe" "$(cat "$agent_dir/started")" 'age -d -i /dev/fd/3'

# ---- the secret is where it belongs, and nowhere else ----
secret=$(cat "$emergency/secret")
like "the secret of this test" "$secret" '^AGE-SECRET-KEY-1[0-9A-Z]{58}$'
rm "$emergency/secret"
letters=$(share_lines 3 | sed -n 2p | cut -c3-6,8-11,13-16)
nowhere() { # TEXT: in no file of the agent, no log, no started program
	! grep -rqaF -- "$1" "$agent_dir/state" "$agent_dir/log" "$agent_dir/run" "$agent_dir/started" "$agent_root"
}
ok "the key is in no file, journal, log or argument" nowhere "${secret:16:40}"
ok "nor a share" nowhere "$letters"
ok "nor the first key" nowhere "$(grep -o '1[0-9A-Z]\{58\}$' "$agent_dir/escrow.key" | cut -c1-40)"

# ---- somebody exchanges the escrow on the disk, to read along ----
is_installed() { [ "$(escrow 'recipient,.installed' | paste -sd' ')" = "$recipient true" ]; }
agent_stop
echo age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z >"$agent_dir/state/keys/escrow.pub"
agent_start
ok "what two persons agreed on is put back" wait_until 20 is_installed
is "on the disk, too" "$(cat "$agent_dir/state/keys/escrow.pub")" "$recipient"
ok "and it is in the journal" grep -q '"what":"differs"' <(journal | grep -a '"op":"escrow"')

# ---- read back on a terminal ----
rm -rf "${pages:?}/anna"/*
: >"$agent_dir/answers"
python3 - "$agent_dir/type.py" <<'PY'
import sys
p = sys.argv[1]
s = open(p).read()
s = s.replace('page = os.environ["PAGES"] % back.group(2)', 'import glob; page = glob.glob(os.environ["PAGES"].replace("KEY", "*") % back.group(2))[0]')
open(p, "w").write(s)
PY
said=$(on_terminal anna key escrow create --shares 3 --threshold 2 --out "$pages/anna")
is "made on a terminal, each page read back: exit code" $? 0
like "every share was asked for" "$said" 'of share 1 .*of share 2 .*of share 3 '
is "it waits for another administrator" "$(escrow 'proposal.shares,.proposal.by' | paste -sd' ')" "3 cdt-anna"
day 2027-04-10
ctl anna clock confirm --day 2027-04-10 >/dev/null 2>&1
ctl olga sweep >/dev/null 2>&1
ok "a proposal that waits too long is a finding" has_finding D37 .
# The keeper is killed while it changes over; what was confirmed is finished.
recipient=$(escrow proposal.recipient)
kill -KILL "$(agent_pids keeper)"
ctl boris key escrow confirm "$recipient" >/dev/null 2>&1
ok "a confirmation outlives the keeper" wait_until 30 is_installed
day 2027-04-11
printf 'Enter, when\t\nEnter, when\t\n' >"$agent_dir/answers"
said=$(on_terminal anna key escrow create --shares 2 --threshold 2 --yes)
is "pages on the terminal: exit code" $? 0
like "with the square in colours, wiped afterwards" "$said" $'share 1 of 2.*\033\\[30;107m.*[▀▄█].*\033\\[3J.*share 2 of 2.*\033\\[3J'

for role in supervisor watcher inspector sealer keeper registrar; do
	binary=$agent_build/libexec/classd/classd-$role
	[ $role != supervisor ] || binary=$agent_build/classd
	fails "$role: not linked with what only classctl needs" grep -qE 'gfshare|qrencode' <(ldd "$binary")
done
done_testing

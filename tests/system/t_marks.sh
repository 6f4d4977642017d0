#!/usr/bin/env bash
# Marks in real documents, from the drafter's submit to the decision: a PDF and a table carry the mark in their
# properties, what cannot carry it gets a written notice and stays as it is, and a mark that differs is a finding.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "marks" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
today=$(date -u +%F)
day "$today"
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning SECRET "$(date -u -d "$today - 30 days" +%F)"
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
submitted() { # submitted NAME FIXTURE: drafted and proposed by dana; the number is in $n, what was said in $said
	save dana "$1" "$2" && ctl dana tag "$1" --item 1.4 --scope dept:planning --responsible li >/dev/null && n=$(number_of) &&
		said=$(ctl dana submit "$n" --wait 2>&1)
}
opened() { ctl li cat "$n" >"$agent_dir/out"; }
notices() { ctl olga show "$n" --json | grep -oE '"act":"mark-notice","detail":"[^"]*"'; }

# A PDF: its properties say it, its pages are the same, and it is as sound as before.
submitted plan.pdf draft-zh.pdf
tap $? "a PDF is proposed"
ok "and decided" approve li "$n"
opened
like "its information carries the mark" "$(pdfinfo -custom "$agent_dir/out")" 'classd_mark: +秘密★6个月'
like "and its XMP" "$(pdfinfo -meta "$agent_dir/out")" '>秘密★6个月.*</classd:classd_mark>'
ok "it is a sound PDF" qpdf --check "$agent_dir/out"
is "its pages say what they said" "$(pdftotext "$agent_dir/out" -)" "$(pdftotext tests/fixtures/draft-zh.pdf -)"
picture() { pdftoppm -r 40 -png "$1" | sha256sum; }
is "and look as they looked" "$(picture "$agent_dir/out")" "$(picture tests/fixtures/draft-zh.pdf)"
is "no notice was needed" "$(notices)" ""

# A mark of its pages that is another than that of the record: seen as soon as it lies in clear.
submitted other.pdf report-zh.pdf
ok "a PDF whose page says another level is decided" approve li "$n"
ok "opened" ctl li open --print-path "$n"
ok "the mark that differs is a finding" wait_until 20 has_finding D11 "$n"
like "which says so" "$(ctl olga findings --json)" 'not that of the record'
ok "closed" ctl li close "$n"

# R62: what was declared not secret bears the mark of a secret; the responsible person confirms it all the same.
save dana menu.docx report-zh.docx && n=$(ctl dana declare menu.docx --not-secret --reason x --json | grep -oE '"number":"[0-9-]+"' | head -n 1 | cut -d'"' -f4)
ok "what is declared waits sealed" wait_until 20 is_sealed "$n"
ok "declared not secret against its mark" approve li "$n"
is "it is not secret" "$(state_of "$n")" unclassified
ok "opened" ctl dana open --print-path "$n"
ok "that it bears a mark is a finding" wait_until 20 has_finding D11 "$n"

# A table.
submitted table.xlsx table-zh.xlsx
tap $? "a table is proposed"
opened
like "its properties carry the mark" "$(unzip -p "$agent_dir/out" docProps/custom.xml)" 'classd_mark.*秘密★6个月'
like "and the header of its sheet" "$(unzip -p "$agent_dir/out" xl/worksheets/sheet1.xml)" '<oddHeader>&amp;L&amp;B秘密★6个月'
# Its header is read before its cells: one that says another level is a finding.
ok "the table is decided" approve li "$n"
path=$(ctl li open --print-path "$n")
cp "$path" "$agent_dir/book.xlsx"
python3 - "$agent_dir/book.xlsx" "$path" <<'END'
import sys, zipfile
old = zipfile.ZipFile(sys.argv[1])
parts = [(name, old.read(name)) for name in old.namelist()]
with zipfile.ZipFile(sys.argv[2], "w") as new:
    for name, content in parts:
        new.writestr(name, content.replace("&amp;L&amp;B秘密★6个月".encode(), "&amp;L&amp;B机密★6个月".encode()))
END
ok "a header that says another level is a finding" wait_until 20 has_finding D11 "$n"
ok "closed" ctl li close "$n"
submitted slides.odp slides-en.odp
tap $? "slides are proposed"
opened
is "each shows the mark" "$(unzip -p "$agent_dir/out" content.xml | grep -o 'draw:name="classd_mark".\{0,250\}秘密★6个月' | wc -l)" 2

# What cannot carry it stays as it is, and a written notice stands for the mark, once.
submitted notes.txt report-gb18030.txt
tap $? "a text without a place for a mark is proposed"
like "the drafter is told" "$said" 'cannot carry the mark.*written notice.*秘密★6个月; 知悉范围：planning'
like "it is in the history" "$(notices)" '秘密★6个月.*its format carries no mark'
ok "decided" approve li "$n"
is "it was told once" "$(notices | wc -l)" 1
opened
ok "the document is as it was" cmp "$agent_dir/out" tests/fixtures/report-gb18030.txt
submitted signed.docx plain-zh.docx
ok "corrected to a higher level" approve li "$n" --level 机密 --reason x
is "a document that carries it needs no notice" "$(notices)" ""
submitted broken.docx hostile/truncated.docx
tap $? "a damaged document is proposed"
like "with a notice in place of its mark" "$(notices)" '秘密★6个月.*it is damaged'
ok "and decided" approve li "$n"
opened
ok "as it was" cmp "$agent_dir/out" tests/fixtures/hostile/truncated.docx
submitted locked.pdf hostile/locked.pdf
like "an encrypted PDF" "$(notices)" 'encrypted with a password'
ok "is decided otherwise" approve li "$n" --level 机密 --reason x
like "the notice says what is decided" "$(notices | tail -n 1)" '机密★6个月'


# A draft is marked by its drafter when he likes; who may know and the copy are lines of the mark.
save dana draft.docx plain-zh.docx && ctl dana tag draft.docx --item 1.4 --scope dept:planning,person:olga --responsible li >/dev/null && n=$(number_of)
like "a draft is marked" "$(ctl dana mark "$n")" '秘密★6个月.*知悉范围：planning、olga'
like "in its file" "$(unzip -p "$agent_root/draft.docx" word/document.xml)" '秘密★6个月.*知悉范围：planning、olga'
ok "it is proposed" ctl dana submit "$n" --wait
ok "and decided" approve li "$n"
exits dana 5 'stays as it is' "what is decided is not marked again" mark "$n"
ok "a copy leaves" ctl li export "$n" --to "$home/li" --for 'a unit' --reason 'exchange'
ok "it gets its number" ctl li mark "$n" --file "$home/li/draft.docx" --copy 2
like "above the mark" "$(unzip -p "$home/li/draft.docx" word/document.xml)" '份号 000002</w:t><w:br/>.*秘密★6个月'
ok "issued in two copies" ctl li issue "$n" --document-number 'X 1/2026' --copies 2 --key "$home/li/key"
exits li 3 'no copy of that number' "there is no third one" mark "$n" --file "$home/li/draft.docx" --copy 3

# A release strikes the mark through, before it is signed; what a program struck through is no mark any more.
ok "a release is asked for" ctl dana release "$n" --reason '已公布'
ok "and decided" approve li "$n"
is "it is released" "$(state_of "$n")" released
like "the record has the mark of the release" "$(ctl olga show "$n")" "mark +解密 "
ok "it verifies" ctl li verify "$n"
rm -f "$home/li/draft.docx"
ok "it leaves" ctl li unseal "$n" --to "$home/li"
like "with its mark struck through" "$(unzip -p "$home/li/draft.docx" word/document.xml)" '<w:strike/></w:rPr><w:t xml:space="preserve">秘密★6个月.*解密 [0-9]'
is "its content is what was decided" "$(sha256sum <"$home/li/draft.docx" | cut -d' ' -f1)" "$(ctl olga show "$n" --json | grep -oE '"digest":"[0-9a-f]{64}"' | head -n 1 | cut -d'"' -f4)"
# Its term over by date, nobody decided anything: struck through as it leaves.
submitted late.odt draft-zh.odt
ok "another one is decided" approve li "$n"
day "$(date -u -d "$today + 7 months" +%F)"
ctl anna clock confirm >/dev/null 2>&1
ctl olga sweep >/dev/null
is "its term is over" "$(state_of "$n")" expired
ok "it leaves as it is" ctl li unseal "$n" --to "$home/li" --as-it-is
like "with its mark" "$(unzip -p "$home/li/late.odt" content.xml)" '>秘密★6个月<'
ok "a copy is struck through" ctl li mark "$n" --file "$home/li/late.odt"
like "with the day on which it was over" "$(unzip -p "$home/li/late.odt" content.xml)" "classd_mark_struck\">秘密★6个月.*解密 $(date -u -d "$today + 6 months" +%Y年%-m月%-d日)<"
rm -f "$home/li/late.odt"
ok "or by itself" ctl li unseal "$n" --to "$home/li"
like "as it leaves" "$(unzip -p "$home/li/late.odt" content.xml)" 'classd_mark_struck">秘密★6个月.*解密 '
done_testing

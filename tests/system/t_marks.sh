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
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' \
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
like "and its XMP" "$(pdfinfo -meta "$agent_dir/out")" '>秘密★6个月</classd:classd_mark>'
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

# A table.
submitted table.xlsx table-zh.xlsx
tap $? "a table is proposed"
opened
like "its properties carry the mark" "$(unzip -p "$agent_dir/out" docProps/custom.xml)" 'classd_mark.*秘密★6个月'

# What cannot carry it stays as it is, and a written notice stands for the mark, once.
submitted notes.txt report-gb18030.txt
tap $? "a text without a place for a mark is proposed"
like "the drafter is told" "$said" 'cannot carry the mark.*written notice.*秘密★6个月 \(for dept:planning\)'
like "it is in the history" "$(notices)" '秘密★6个月.*its format carries no mark'
ok "decided" approve li "$n"
is "it was told once" "$(notices | wc -l)" 1
opened
ok "the document is as it was" cmp "$agent_dir/out" tests/fixtures/report-gb18030.txt
submitted signed.docx plain-zh.docx
ok "corrected to a higher level" approve li "$n" --level 机密 --reason x
is "a document that carries it needs no notice" "$(notices)" ""
submitted locked.pdf hostile/locked.pdf
like "an encrypted PDF" "$(notices)" 'encrypted with a password'
ok "is decided otherwise" approve li "$n" --level 机密 --reason x
like "the notice says what is decided" "$(notices | tail -n 1)" '机密★6个月'

done_testing

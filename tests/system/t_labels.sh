#!/usr/bin/env bash
# Labels of other systems: a record as ADatP-4774 (sidecar, part of an OOXML document), as urn:bails: and as a Microsoft
# label; what theirs say is shown and begins a draft, and sets nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "labels of other systems" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
today=$(date -u +%F)
guid=2f11a5f1-1111-4a4a-9c9c-000000000001 site=7c7c7c7c-2222-4b4b-8d8d-000000000002
mkdir "$agent_dir/policy.d"
cat >"$agent_dir/policy.d/site.yaml" <<END
labels:
  equivalents:
    - {policy: $site, id: $guid, label: Company secret, level: 秘密}
    - {policy: NATO, label: SECRET, level: 机密}
END
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "policy_overlay: $agent_dir/policy.d" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning SECRET "$(date -u -d "$today - 30 days" +%F)"
is "six persons are in the register" "$(ctl anna person list | grep -c ' valid')" 6
approve() { local who=$1 n=$2; shift 2; ctl "$who" approve "$n" --key "$home/$who/key" "$@"; }
out=$home/li
part() { unzip -p "$1" "$2"; }
likely() { ctl "$1" label show "$2" --json | grep -oE '"likely":"[^"]*"' | paste -sd' '; }

save dana plan.docx plain-zh.docx && ctl dana tag plan.docx --item 1.4 --scope dept:planning --responsible li >/dev/null && n=$(number_of)
exits dana 5 'in force' "a draft has no label" label export "$n"
ctl dana submit "$n" --wait >/dev/null && approve li "$n" >/dev/null
ok "a decided one has" ctl li label export "$n" --to "$out"
ok "as XML" xmllint --noout "$out/plan.docx.bdo"
at() { xmllint --xpath "string(//*[local-name()='$1'])" "$out/plan.docx.bdo"; }
is "of this policy" "$(at PolicyIdentifier)" CHN
is "and level" "$(at Classification)" CONFIDENTIAL
is "until the day after the last" "$(at SuccessionDateTime)" "$(date -u -d "$today + 6 months + 1 day" +%FT00:00:00Z)"
is "then not secret" "$(xmllint --xpath "string(//*[local-name()='SuccessorConfidentialityLabel']//*[local-name()='Classification'])" "$out/plan.docx.bdo")" UNCLASSIFIED
is "bound to the document beside it" "$(xmllint --xpath "string(//*[local-name()='DataReference']/@URI)" "$out/plan.docx.bdo")" ./plan.docx
cp "$out/plan.docx.bdo" "$agent_dir/first"
ok "once more" ctl li label export "$n" --to "$out"
ok "is the same" cmp "$out/plan.docx.bdo" "$agent_dir/first"

# Beside a label of others ours is an alternative; theirs stays (R63).
sed -E 's/Id="classd-label"/Id="theirs"/; s/>CHN</>NATO</; s/>CONFIDENTIAL</>SECRET</' "$agent_dir/first" >"$out/plan.docx.bdo"
ok "beside a label of others" ctl li label export "$n" --to "$out"
is "both stand there" "$(xmllint --xpath "count(//*[local-name()='originatorConfidentialityLabel' or local-name()='alternativeConfidentialityLabel'])" "$out/plan.docx.bdo")" 2
is "theirs first" "$(at Classification)" SECRET
ok "and again" ctl li label export "$n" --to "$out"
is "still both" "$(xmllint --xpath "count(//*[local-name()='MetadataBinding'])" "$out/plan.docx.bdo")" 2
printf 'no XML' >"$out/plan.docx.bdo"
exits li 3 'cannot carry' "over what is no binding" label export "$n" --to "$out"
is "it stays" "$(cat "$out/plan.docx.bdo")" 'no XML'
rm "$out/plan.docx.bdo"

# In a copy that was taken out.
ok "a copy" ctl li export "$n" --to "$out" --for 'a unit' --reason exchange
ok "with a part" ctl li label export "$n" --file "$out/plan.docx"
like "bound to its parts" "$(part "$out/plan.docx" customXml/classd-label.xml)" 'DataReference URI="pack:///word/document.xml"'
like "and related" "$(part "$out/plan.docx" word/_rels/document.xml.rels)" 'relationships/customXml" Target="../customXml/classd-label.xml"'
ok "with properties" ctl li label export "$n" --form odf --file "$out/plan.docx"
like "that LibreOffice knows" "$(part "$out/plan.docx" docProps/custom.xml)" 'name="urn:bails:NationalSecurity:BusinessAuthorizationCategory:Name".*秘密'
ok "and with the Microsoft label of the site" ctl li label export "$n" --form msip --file "$out/plan.docx"
like "by its id" "$(part "$out/plan.docx" docProps/custom.xml)" "name=\"MSIP_Label_${guid}_SiteId\".*$site"
is "all three are read" "$(likely li "$out/plan.docx")" '"likely":"CONFIDENTIAL" "likely":"CONFIDENTIAL" "likely":"CONFIDENTIAL"'
like "and the mark is still there" "$(part "$out/plan.docx" word/document.xml)" '秘密★6个月'
install -o cdt-li -g cdt -m 600 tests/fixtures/report-en.pdf "$out/copy.pdf"
ok "into a PDF" ctl li label export "$n" --file "$out/copy.pdf"
like "as XMP" "$(pdfinfo -meta "$out/copy.pdf")" '<mbxmp:bindingInformation.*&lt;slab:Classification&gt;CONFIDENTIAL'
ok "that is sound" qpdf --check "$out/copy.pdf"
is "and is read" "$(likely li "$out/copy.pdf")" '"likely":"CONFIDENTIAL"'
exits li 3 'cannot carry' "but has no properties of LibreOffice" label export "$n" --form odf --file "$out/copy.pdf"
exits li 3 'cannot carry' "a text has no place" label export "$n" --file "$home/li/key.pub"
exits li 2 'no such form' "an unknown form" label export "$n" --form purple
like "without a file they are printed" "$(ctl li label export "$n" --form odf)" 'Authorization:StopValidity='

# A label of others is a hint.
cat >"$agent_dir/nato.bdo" <<END
<b xmlns="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"><OriginatorConfidentialityLabel><ConfidentialityInformation>
<PolicyIdentifier>NATO</PolicyIdentifier><Classification>secret</Classification></ConfidentialityInformation></OriginatorConfidentialityLabel></b>
END
chmod 644 "$agent_dir/nato.bdo"
save dana foreign.pdf report-en.pdf
like "it is shown, with what is odd about it" "$(ctl dana label show "$agent_dir/nato.bdo")" 'NATO: secret.*likely means here: SECRET.*names are written otherwise'
ok "a draft begins with it" wait_until 10 ctl dana label import foreign.pdf --from "$agent_dir/nato.bdo"
n=$(number_of)
like "it lowers nothing: what is unsure is held highest, for somebody to judge" "$(ctl dana show "$n" --json)" '"detail":"label 4774, NATO: secret".*"proposed":\{[^}]*"level":"".*"protection":"TOP-SECRET"'
ok "it is sealed" wait_until 20 is_sealed "$n"
exits dana 5 'sets nothing' "over a record" label import foreign.pdf --from "$agent_dir/nato.bdo"
printf "<a/>" >"$agent_dir/nothing.xml" && chmod 644 "$agent_dir/nothing.xml"
save dana other.pdf draft-zh.pdf
refused dana 6 "means anything" "from what says nothing" label import other.pdf --from "$agent_dir/nothing.xml"

# An inspector reads it as well: the catalogue of files shows it, and nobody declares it not secret alone.
install -o cdt-dana -g cdt -m 644 "$out/plan.docx" "$agent_root/labelled.docx"
suggests() { ctl dana status "$1" | grep -q "label $2"; }
install -o cdt-dana -g cdt -m 644 "$agent_dir/nato.bdo" "$agent_root/nato.xml"
ok "the label of a sidecar is suggested" wait_until 20 suggests nato.xml SECRET
like "with what it says" "$(ctl dana status nato.xml --json)" '"labels":\[\{"kind":"4774","label":"secret","likely":"SECRET","policy":"NATO"'
like "it speaks against declaring" "$(ctl dana declare nato.xml --not-secret --reason x --json)" '"contrary":\["the document carries the label NATO, secret"\].*"decided":false'
shows_three() { [ "$(ctl dana status labelled.docx --json | grep -oE '"likely":"CONFIDENTIAL"' | wc -l)" -eq 3 ]; }
ok "all three of a document are seen" wait_until 20 shows_three
done_testing

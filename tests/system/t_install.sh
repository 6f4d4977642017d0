#!/usr/bin/env bash
# Rules that arrive as one file: approved by two, installed by one security administrator and confirmed by another, held back until
# their day, records they touch are looked at again, dropped again. Bad bundles change nothing. R75.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
if [ "$(id -u)" -ne 0 ]; then
	skip "installing policies" "needs root, for users of its own"
	done_testing
	exit
fi
. tests/system/agent.sh
. tests/system/register.sh
person anna
person boris
today=$(date -u +%F)
after() { date -u -d "$today + $1" +%F; }
day "$today"
made=$agent_dir/made
mkdir "$made" && chmod 755 "$made"
for key in first second third; do ssh-keygen -q -t ed25519 -N '' -f "$made/$key"; done
signer() { printf '%s %s' "$1" "$(cut -d' ' -f1,2 "$made/$2.pub")"; }
agent_config 'security_administrators: [cdt-anna, cdt-boris]' 'pack: cn' "clock: file:$agent_dir/clock" \
	"policy_signers: [$(signer issuer-a first), $(signer issuer-b second)]" \
	"roots: [{path: $agent_root, mode: observe, department: planning}]"
agent_start || { tap 1 "the agent starts"; done_testing; exit; }
register_planning 绝密 "$(date -u +%Y)-01-02"

# A record of item 1.4, which the new catalogue raises.
save dana plan.docx
wait_until 20 ctl dana tag plan.docx --item 1.4 --responsible li >/dev/null 2>&1
n=$(number_of)
ctl dana submit "$n" --wait >/dev/null 2>&1 && ctl li approve "$n" --key "$home/li/key" >/dev/null 2>&1
is "a record is decided" "$(state_of "$n")" classified

# new VERSION EFFECTIVE [LEVEL]: a pack in $made/VERSION with item 1.4 at LEVEL
new() {
	rm -rf "${made:?}/$1" && cp -r policy/cn "$made/$1" && rm -rf "$made/$1/cases"
	sed -i "s/^  version: .*/  version: \"$1\"/; s/^  effective: .*/  effective: $2/" "$made/$1/pack.yaml"
	awk -v level="${3:-机密}" '/id: "1.4"/ { found = 1 } found && /level:/ { sub(/level: .*/, "level: " level); found = 0 } { print }' \
		policy/cn/catalogue.yaml >"$made/$1/catalogue.yaml"
}
bundle() { # VERSION [OPTION…]: a whole bundle of it
	local version=$1
	shift
	rm -f "$made/$version.bundle"
	classctl policy bundle "$made/$version" --output "$made/$version.bundle" --issuer 'Test issuer' --key "$made/first" "$@" 2>/dev/null &&
		classctl policy approve "$made/$version.bundle" --key "$made/second" >/dev/null
}
PATH=$agent_build:$PATH
rules() { ctl anna policy show --json | grep -oE '"version":"[^"]*"' | cut -d'"' -f4; }
waiting() { ctl anna policy sets --json | grep -oE '"set":[0-9]+,"starts":"[^"]*","state":"waiting"' | grep -oE '[0-9]+' | head -n 1; }
before=$(rules)

new 2027.1 "$today"
ok "a bundle is made and approved" bundle 2027.1
(cd "$made" && tar xf 2027.1.bundle manifest approval-1.sig && printf 'x %s\n' "$(cat first.pub)" >allowed &&
	ssh-keygen -Y verify -q -f allowed -I x -n policy@classd -s approval-1.sig <manifest)
is "ssh-keygen verifies an approval over the manifest" $? 0
ok "policy check reads a bundle" classctl policy check "$made/2027.1.bundle"

# Bad ones: each one message, and what runs stays.
bad() { # NAME EXIT WORDS FILE [OPTION…]
	local name=$1 code=$2 words=$3 file=$4
	shift 4
	exits anna "$code" "$words" "$name" policy install "$file" "$@"
	is "$name: what runs stays" "$(rules)$(waiting)" "$before"
}
cp "$made/2027.1.bundle" "$made/good.bundle"
head -c 20000 "$made/good.bundle" >"$made/cut.bundle"
bad "cut off" 3 'cut off' "$made/cut.bundle"
head -c -1024 "$made/good.bundle" >"$made/endless.bundle"
bad "cut off before its end" 3 'cut off' "$made/endless.bundle"
{ cat "$made/good.bundle" && printf 'x: 1'; } >"$made/behind.bundle"
bad "with something behind its end" 3 'behind its end' "$made/behind.bundle"
cat "$made/good.bundle" "$made/good.bundle" >"$made/double.bundle"
bad "two in one" 3 'behind its end' "$made/double.bundle"
printf 'no tar' >"$made/none.bundle"
bad "no bundle" 3 'no policy bundle' "$made/none.bundle"
classctl policy bundle "$made/2027.1" --output "$made/one.bundle" --issuer x --key "$made/first" 2>/dev/null
bad "one approval" 3 '1 of the 2 approvals' "$made/one.bundle"
cp "$made/one.bundle" "$made/third.bundle" && classctl policy approve "$made/third.bundle" --key "$made/third" >/dev/null
bad "an approval by somebody else" 3 'does not trust' "$made/third.bundle"
like "the same key twice" "$(classctl policy approve "$made/one.bundle" --key "$made/first" 2>&1)" 'has approved'
python3 - "$made" <<'PY'
import io, sys, tarfile
made = sys.argv[1]
whole = tarfile.open(made + "/good.bundle")
members = [(m, whole.extractfile(m).read()) for m in whole.getmembers()]
def write(name, change):
    with tarfile.open(made + "/" + name + ".bundle", "w", format=tarfile.PAX_FORMAT) as to:
        for m, content in change([(m, c) for m, c in members]):
            m.size = len(content)
            to.addfile(m, io.BytesIO(content))
def named(name, kind=tarfile.REGTYPE, content=b""):
    m = tarfile.TarInfo(name)
    m.type = kind
    if kind == tarfile.SYMTYPE: m.linkname = "/etc/passwd"
    return (m, content)
write("changed", lambda l: [(m, c.replace(b"1.4", b"1.5") if m.name == "catalogue.yaml" else c) for m, c in l])
write("signature", lambda l: [(m, members[2][1] if m.name == "approval-1.sig" else c) for m, c in l])
write("unsigned", lambda l: [(m, c) for m, c in l if not m.name.startswith("approval")])
write("swapped", lambda l: [(m, c.replace(b"unit *", b"unit x") if m.name == "manifest" else c) for m, c in l])
write("more", lambda l: l + [named("zz.yaml", content=b"x: 1\n")])
write("twice", lambda l: l + [l[-1]])
write("up", lambda l: l[:3] + [named("../up.yaml", content=b"x")] + l[3:])
write("absolute", lambda l: l[:3] + [named("/etc/x.yaml", content=b"x")] + l[3:])
write("link", lambda l: l[:3] + [named("catalogue.yaml", tarfile.SYMTYPE)] + l[3:])
write("device", lambda l: l[:3] + [named("catalogue.yaml", tarfile.CHRTYPE)] + l[3:])
write("folder", lambda l: l[:3] + [named("catalogue.yaml", tarfile.DIRTYPE)] + l[3:])
write("less", lambda l: l[:-1])
write("large", lambda l: [(m, c + b"#" * 1000000 if m.name == "catalogue.yaml" else c) for m, c in l])
write("manifest", lambda l: [(m, b"classd-policy/v1\npack cn\n" if m.name == "manifest" else c) for m, c in l])
PY
bad "a changed file" 3 'not the file that was approved' "$made/changed.bundle"
bad "a signature by the same person twice" 3 'one person' "$made/signature.bundle"
bad "no signature" 3 '0 of the 2' "$made/unsigned.bundle"
bad "a signature over another manifest" 3 'not over this text' "$made/swapped.bundle"
bad "a member more" 3 'zz.yaml.*does not name' "$made/more.bundle"
bad "a member twice" 3 'does not name' "$made/twice.bundle"
bad "a path upward" 3 'up.yaml.* is expected' "$made/up.bundle"
bad "an absolute path" 3 'is expected' "$made/absolute.bundle"
bad "a link" 3 'not a regular file' "$made/link.bundle"
bad "a device" 3 'not a regular file' "$made/device.bundle"
bad "a folder" 3 'not a regular file' "$made/folder.bundle"
bad "a member less" 3 'ends before' "$made/less.bundle"
bad "a member that is larger than said" 3 'more than' "$made/large.bundle"
bad "a manifest that does not read" 3 'manifest:2:1|manifest:3:1' "$made/manifest.bundle"
bundle 2027.1 --unit 'Another unit'
bad "for another unit" 3 'for Another unit, and this is Test unit' "$made/2027.1.bundle"
new 2027.2 "$today"
sed -i 's/^  weekend: .*/  weekend: [someday]/' "$made/2027.2/calendar.yaml"
like "a wrong pack is not made into a bundle" "$(classctl policy bundle "$made/2027.2" --output "$made/x.bundle" --issuer x --key "$made/first" 2>&1)" 'calendar.yaml:[0-9]+:[0-9]+'
python3 - "$made" <<'PY'
import hashlib, io, subprocess, sys, tarfile
made = sys.argv[1]
whole = tarfile.open(made + "/good.bundle")
files = {m.name: whole.extractfile(m).read() for m in whole.getmembers()}
files["calendar.yaml"] = open(made + "/2027.2/calendar.yaml", "rb").read()
lines = [l for l in files["manifest"].decode().splitlines() if not l.startswith("file ")]
names = sorted(n for n in files if n.endswith(".yaml"))
lines += ["file %s %d %s" % (hashlib.sha256(files[n]).hexdigest(), len(files[n]), n) for n in names]
manifest = ("\n".join(lines) + "\n").encode()
with tarfile.open(made + "/wrong.bundle", "w") as to:
    def add(name, content):
        m = tarfile.TarInfo(name); m.size = len(content); to.addfile(m, io.BytesIO(content))
    add("manifest", manifest)
    for i, key in enumerate(("first", "second")):
        add("approval-%d.sig" % (i + 1), subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", made + "/" + key, "-n", "policy@classd"], input=manifest, capture_output=True).stdout)
    for n in names: add(n, files[n])
PY
bad "a pack that fails its check, signed all the same" 3 'calendar.yaml:[0-9]+:[0-9]+' "$made/wrong.bundle"
new 2024.9 2025-01-01
bundle 2024.9
bad "an older one" 5 'not newer than' "$made/2024.9.bundle"
bad "an older one without a reason" 3 'without a reason' "$made/2024.9.bundle" --older
exits dana 4 . "a drafter installs nothing" policy install "$made/good.bundle"
exits dana 4 . "nor looks at one" policy install "$made/good.bundle" --dry-run

# The way in.
said=$(ctl anna policy install "$made/good.bundle" --dry-run)
like "dry run: the difference" "$said" 'catalogue.1.4.level: CONFIDENTIAL, then SECRET'
like "dry run: the record" "$said" "record $n: item 1.4"
is "a dry run changes nothing" "$(rules)$(waiting)" "$before"
like "one installs it" "$(ctl anna policy install "$made/good.bundle")" 'waits for a second'
set=$(waiting)
like "as status says" "$(ctl boris status 2>&1)" "set $set waits for a second person"
exits anna 4 'second person' "not confirmed by the same person" policy confirm "$set"
is "it does not rule yet" "$(rules)" "$before"
like "the second looks at the difference" "$(ctl boris policy diff "set-$set")" 'catalogue.1.4.level'
exits boris 6 'no set' "no other number" policy confirm 1
ok "another confirms" ctl boris policy confirm "$set"
is "it rules at once" "$(rules)" 2027.1
has_task() { ctl olga tasks --all --json | grep -q '"kind":"review-policy"[^}]*"number":"'"$n"'"'; }
ok "whoever answers for the record is asked" wait_until 20 has_task
exits anna 3 'installed already' "not twice" policy install "$made/good.bundle"

# A kill leaves the one that was confirmed.
kill -9 "$agent_pid"; wait "$agent_pid" 2>/dev/null
agent_pid=''
agent_start || tap 1 "it starts again"
is "after a kill it rules still" "$(rules)" 2027.1

# A later day.
new 2027.5 "$(after '40 days')" 绝密
bundle 2027.5
ctl anna policy install "$made/2027.5.bundle" >/dev/null && ctl boris policy confirm "$(waiting)" >/dev/null
is "a set for a later day does not rule before" "$(rules)" 2027.1
like "it is held" "$(ctl anna policy sets)" 'held'
like "as status says" "$(ctl anna status 2>&1)" "2027.5 takes over on $(after '40 days')"
day "$(after '39 days')"
ctl olga sweep >/dev/null 2>&1
is "nor on the eve" "$(rules)" 2027.1
day "$(after '40 days')"
ctl olga sweep >/dev/null 2>&1
is "on its day it takes over, with the sweep" "$(rules)" 2027.5

# The way back.
exits anna 2 'reason' "no way back without a reason" policy rollback
like "somebody wants the way back" "$(ctl boris policy rollback --reason '1.4 cannot be applied')" 'waits'
exits boris 4 'second person' "not alone" policy confirm "$(waiting)"
mkdir "$agent_dir/aside" && mv "$agent_dir"/state/registrar/policy/*.bundle "$agent_dir/aside"
exits anna 3 'what ruled before does not load.*not in the state directory' "nor to nothing" policy confirm "$(waiting)"
is "what runs stays" "$(rules)" 2027.5
mv "$agent_dir"/aside/*.bundle "$agent_dir/state/registrar/policy"
ok "another agrees" ctl anna policy confirm "$(waiting)"
is "what ruled before rules again" "$(rules)" 2027.1
# A day that comes while the agent does not run.
new 2027.9 "$(after '60 days')"
sed -i "s/^catalogue:/catalogue:\n  reviewed: $today\n  review_every: 30d/" "$made/2027.9/catalogue.yaml"
bundle 2027.9
ctl boris policy install "$made/2027.9.bundle" >/dev/null && ctl anna policy confirm "$(waiting)" >/dev/null
is "it is held, too" "$(rules)" 2027.1
agent_stop
day "$(after '60 days')"
agent_start
is "it takes over at the next start" "$(rules)" 2027.9

# R43: a catalogue that nobody has looked at for longer than it says itself.
like "its own review is due" "$(ctl olga due)" "$(after '30 days') +catalogue +version .*"
ctl olga sweep >/dev/null 2>&1
ok "and late, a finding of the office" has_finding D48 ''
ctl anna policy rollback --reason 'the test goes on' >/dev/null && ctl boris policy confirm "$(waiting)" >/dev/null
is "and goes again" "$(rules)" 2027.1
ctl olga sweep >/dev/null 2>&1
ok "with the catalogue that asks for a review" has_no_finding D48 ''

# A signer is taken away between one hand and the other: his approval counts no more, and another one takes its place.
ctl anna policy install "$made/2027.9.bundle" >/dev/null
trusts() {
	sed -i '/^policy_signers:/d' "$agent_dir/classd.yaml"
	printf 'policy_signers: [%s]\n' "$1" >>"$agent_dir/classd.yaml"
	agent_stop
	agent_start
}
trusts "$(signer issuer-a first), $(signer issuer-c third)"
exits boris 3 'does not trust' "what nobody approves any more is not confirmed" policy confirm "$(waiting)"
is "what runs stays" "$(rules)" 2027.1
classctl policy bundle "$made/2027.9" --output "$made/again.bundle" --issuer 'Test issuer' --key "$made/first" 2>/dev/null &&
	classctl policy approve "$made/again.bundle" --key "$made/third" >/dev/null
ctl anna policy install "$made/again.bundle" >/dev/null
ok "the same set with other approvals is" ctl boris policy confirm "$(waiting)"
is "and rules" "$(rules)" 2027.9
ctl anna policy rollback --reason 'the test goes on' >/dev/null && ctl boris policy confirm "$(waiting)" >/dev/null
trusts "$(signer issuer-a first), $(signer issuer-b second)"
classctl backup create "$agent_dir/backup.age" >/dev/null 2>&1
mkdir "$agent_dir/unpacked"
ok "a backup is unpacked" classctl backup restore "$agent_dir/backup.age" --identity "$agent_dir/escrow.key" --into "$agent_dir/unpacked"
sums() { (cd "$1" && sha256sum -- *.bundle); }
is "it has every set" "$(sums "$agent_dir/unpacked/registrar/policy")" "$(sums "$agent_dir/state/registrar/policy" | grep -F "$(ctl anna policy sets --json | grep -oE '"digest":"[0-9a-f]{64}"' | cut -d'"' -f4 | sort -u)")"
agent_stop
mv "$agent_dir"/state/registrar/policy "$agent_dir/away"
agent_start
like "without its file nothing is changed" "$(ctl anna status 2>&1)" 'its file is not in the state directory'
mv "$agent_dir/away" "$agent_dir/state/registrar/policy"
kill -HUP "$agent_pid"
ok "and it is back with the file" wait_until 20 eval '[ "$(rules)" = 2027.1 ]'
agent_stop
is "the agent ends well" "$agent_status" 0
done_testing

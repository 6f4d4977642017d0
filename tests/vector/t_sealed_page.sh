#!/usr/bin/env bash
# classd-sealed(7) is what the program does: its worked example, and a reader that was written from the page alone.
. "$(dirname "$0")/../tap.sh"
root=$(realpath "$(dirname "$0")/../..")
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer")
page=$root/packaging/man/classd-sealed.7
reader=$root/packaging/examples/read-sealed-record
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$root"/tests/vector/example/* "$dir"
cd "$dir" || exit 1

in_page() { # every line of standard input stands in the page as a line of its own
	local line bad=0
	while IFS= read -r line; do grep -Fxq -e "$line" "$page" || { echo "not in the page: $line"; bad=1; }; done
	return $bad
}
ok "the example opens" "$peer" decrypt escrow.key <document.txt.age
is "and gives its document" "$("$peer" decrypt level.key <document.txt.age)" "$(cat document.txt)"
"$peer" explain level.key <document.txt.age >explained
"$peer" label level.key <document.txt.age >label
is "it is explained" "$(wc -l <explained) $(wc -l <label)" "18 19"
ok "the page has its keys and entries" in_page <explained
ok "the page has its label" in_page <label
sed -n 2p document.txt.age >line
ok "the page has its clear line" in_page <line
"$peer" rebuild level.key document.txt 0 <document.txt.age >again.age
ok "the example is made again, byte for byte, from its document, keys and nonces" cmp again.age document.txt.age
"$peer" rebuild level.key document.txt 26 <document.txt.age >even.age
"$peer" rebuild level.key document.txt 127 <document.txt.age >odd.age
"$peer" label level.key <odd.age >read
ok "an unknown odd entry is ignored" cmp read label
like "an unknown even one is refused" "$("$peer" label level.key <even.age 2>&1)" 'newer version'
ok "age does not mind either" eval 'age -d -i escrow.key even.age | cmp - document.txt'
keys=$(sed -nE 's/^\.It Sy ([a-z]+) Ta.*/\1/p' "$page" | tr '\n' ' ')
is "the page has the keys of a label in their order" "$keys" "$(tail -n +2 label | cut -d' ' -f1 | tr '\n' ' ')"

if command -v python3 >/dev/null; then
	mkdir entries
	"$reader" escrow.key document.txt.age entries >read
	is "the page's reader reads the same label" "$? $(head -n -1 read)" "0 $(cat label)"
	is "and the digest" "$(tail -n1 read)" "content-sha256 $(sha256sum document.txt | cut -c1-64)"
	is "and the entries" "$(cat entries/entry-7) $(cat entries/entry-15)" "report.docx 2026-000123"
	sed 's/ 1 secret / 1 public /' document.txt.age >forged.age
	"$reader" level.key odd.age >read
	is "it ignores the odd entry" "$(head -n -1 read)" "$(cat label)"
	like "and refuses the even one" "$("$reader" level.key even.age 2>&1)" 'newer version'
	fails "it refuses a changed clear line" "$reader" escrow.key forged.age
else
	skip "the page's reader" "python3 is not installed"
fi
done_testing

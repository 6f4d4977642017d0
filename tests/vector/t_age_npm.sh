#!/usr/bin/env bash
# A second, independent age: npm's age-encryption (TypeScript), 1,000 random files each way around the borders of a chunk.
. "$(dirname "$0")/../tap.sh"
rounds=$(realpath "${CLASSD_BUILD:-build/release}/vector/rounds")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
	skip "npm's age-encryption" "npm or node is not installed"; done_testing; exit
fi
if ! timeout 100 npm install --silent --no-audit --no-fund --ignore-scripts age-encryption >/dev/null 2>&1; then
	skip "npm's age-encryption" "npm cannot fetch it"; done_testing; exit
fi
command -v age-keygen >/dev/null || { skip "npm's age-encryption" "age-keygen is not installed"; done_testing; exit; }
n=1000
age-keygen -o level.key 2>/dev/null
age-keygen -o escrow.key 2>/dev/null
mkdir files
cat >run.mjs <<'JS'
import * as age from "age-encryption";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const [identity, escrow, text] = process.argv.slice(2), n = Number(text);
const recipient = await age.identityToRecipient(identity);
const sha256 = (b) => createHash("sha256").update(b).digest("hex");
const sums = readFileSync("files/sums.0", "utf8").trimEnd().split("\n").map((l) => l.split(" "));
let opened = 0;
for (let i = 0; i < n; i++) {
	const d = new age.Decrypter();
	/* Every other file is a sealed document, which escrow opens as well. */
	d.addIdentity(i % 4 === 3 ? escrow : identity);
	const plain = await d.decrypt(readFileSync(`files/ours.${i}`));
	if (sha256(plain) === sums[i][0] && plain.length === Number(sums[i][1])) opened++;
	/* Of the same size, other content. */
	const e = new age.Encrypter(), next = randomBytes(i % 3 === 2 ? randomInt(200000) : plain.length);
	e.addRecipient(recipient);
	writeFileSync(`files/theirs.${i}`, await e.encrypt(next));
	writeFileSync(`files/theirs.sum.${i}`, sha256(next));
}
console.log(`${opened} of ${n} of ours by age-encryption`);
JS
ok "we write $n files" "$rounds" give files level.key escrow.key $n
said=$(node run.mjs "$(tail -n1 level.key)" "$(tail -n1 escrow.key)" $n 2>err) || sed 's/^/# /' err
is "age-encryption opens ours" "$said" "$n of $n of ours by age-encryption"
is "we open age-encryption's" "$("$rounds" take files level.key escrow.key $n)" "$n of $n of theirs by us"
echo "# $said"
done_testing

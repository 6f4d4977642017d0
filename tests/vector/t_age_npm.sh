#!/usr/bin/env bash
# A second, independent age: npm's age-encryption (TypeScript), both ways at the borders of a chunk.
. "$(dirname "$0")/../tap.sh"
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
	skip "npm's age-encryption" "npm or node is not installed"; done_testing; exit
fi
if ! timeout 100 npm install --silent --no-audit --no-fund --ignore-scripts age-encryption >/dev/null 2>&1; then
	skip "npm's age-encryption" "npm cannot fetch it"; done_testing; exit
fi
cat >run.mjs <<'JS'
import * as age from "age-encryption";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

const [peer, ...sizes] = process.argv.slice(2);
const identity = await age.generateIdentity(), recipient = await age.identityToRecipient(identity);
writeFileSync("key", identity + "\n");
const ours = (args, input) => execFileSync(peer, args, { input, maxBuffer: 1 << 26 });
const decrypt = async (file) => {
	const d = new age.Decrypter();
	d.addIdentity(identity);
	return Buffer.from(await d.decrypt(file));
};
for (const size of sizes) {
	const plain = randomBytes(Number(size));
	const e = new age.Encrypter();
	e.addRecipient(recipient);
	const said = [
		plain.equals(ours(["decrypt", "key"], Buffer.from(await e.encrypt(plain)))),
		plain.equals(await decrypt(ours(["encrypt", recipient], plain))),
		plain.equals(await decrypt(ours(["seal", recipient, recipient], plain))),
	];
	console.log(size, said.join(" "));
}
JS
sizes="0 1 65535 65536 65537 131072 131073 $((RANDOM * 9))"
# shellcheck disable=SC2086
node run.mjs "$peer" $sizes >said 2>err || sed 's/^/# /' err
for size in $sizes; do
	is "both ways and a sealed document, $size bytes" "$(grep "^$size " said)" "$size true true true"
done
done_testing
